/* html.c - what the report pages are made of.
 * SPDX-License-Identifier: MIT */
#include "report/files/html.h"

#include "base/bake.h"
#include "base/files.h"
#include "base/memory.h"
#include "base/outdir.h"

#include <math.h>

enum { PICTURE_LIMIT = 256 * 1024 * 1024 };

MIEN_BAKE(mien_style_sheet, MIEN_STYLE_FILE);
extern const char mien_style_sheet[];

void mien_html_add_escaped(mien_text *page, const char *before, const char *text, const char *after)
{
    mien_text_add(page, before);
    mien_text_add_html(page, text);
    mien_text_add(page, after);
}

void mien_html_begin(mien_text *page, const char *title, const char *heading, const char *input)
{
    mien_text_add(page,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                  "img-src data:; style-src 'unsafe-inline'\">\n<title>");
    mien_text_printf(page, "%s: ", title);
    mien_html_add_escaped(page, "", input, "</title>\n<style>\n");
    mien_text_add(page, mien_style_sheet);
    mien_text_printf(page, "</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n<p class=\"lead\">",
                     heading);
    mien_text_add_html(page, input);
}

void mien_html_end(mien_text *page)
{
    mien_text_add(page, "<footer>Made by mien " MIEN_VERSION ".</footer>\n</main>\n</body>\n"
                        "</html>\n");
}

void mien_html_add_png(mien_text *page, const void *png, size_t nbytes, const char *alt)
{
    mien_html_add_escaped(page, "<img class=\"\" alt=\"", alt, "\" src=\"data:image/png;base64,");
    mien_text_add_base64(page, png, nbytes);
    mien_text_add(page, "\">");
}

void mien_html_add_picture(mien_text *page, mien_output *out, const char *name, const char *alt)
{
    char path[MIEN_PATH_MAX], *png;
    size_t nbytes;
    if (!out->status)
        out->status = mien_outdir_path(out->dir, name, path, sizeof path, out->err);
    if (!out->status)
        out->status = mien_file_read(path, PICTURE_LIMIT, &png, &nbytes, out->err);
    if (out->status)
        return;
    mien_html_add_png(page, png, nbytes, alt);
    mien_free(png);
}

void mien_html_open_table(mien_text *page, const char *caption, const char *const *columns,
                          size_t count)
{
    mien_text_printf(
        page, "<div class=\"card scroll\">\n<table>\n<caption>%s</caption>\n<thead><tr>", caption);
    for (size_t c = 0; c < count; c++)
        mien_text_printf(page, "<th scope=\"col\"%s>%s</th>",
                         *columns[c] == MIEN_HTML_WORDS ? " class=\"words\"" : "",
                         columns[c] + (*columns[c] == MIEN_HTML_WORDS));
    mien_text_add(page, "</tr></thead>\n<tbody>\n");
}

void mien_html_close_table(mien_text *page)
{
    mien_text_add(page, "</tbody>\n</table>\n</div>\n");
}

void mien_html_open_row(mien_text *page, const char *head)
{
    mien_html_add_escaped(page, "<tr><th scope=\"row\">", head, "</th>");
}

void mien_html_add_cell(mien_text *page, const char *format, double value)
{
    mien_text_add(page, "<td>");
    if (isnan(value))
        mien_text_add(page, "&ndash;");
    else
        mien_text_printf(page, format, value);
    mien_text_add(page, "</td>");
}

void mien_html_add_note(mien_text *page, const char *class, const char *words)
{
    mien_text_printf(page, "<p class=\"%s\">%s</p>\n", class, words);
}
