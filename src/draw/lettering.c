/* lettering.c - text on a canvas, in DejaVu Sans.
 * SPDX-License-Identifier: MIT */
#include "draw/lettering.h"

#include "base/bake.h"
#include "base/memory.h"
#include "base/status.h"
#include "draw/stb_font.h"

#include <math.h>
#include <string.h>

/* DejaVu Sans, whole TrueType files. */
MIEN_BAKE(mien_font_sans, MIEN_FONT_FILE);
MIEN_BAKE(mien_font_sans_bold, MIEN_FONT_BOLD_FILE);
extern const unsigned char mien_font_sans[], mien_font_sans_bold[];

static const double CAPITAL = 1493.0 / 2048; /* DejaVu Sans: cap height of both weights, in em */

enum { ELLIPSIS = 0x2026, REPLACEMENT = 0xFFFD };

/* A line of text as glyphs, ready to draw. */
typedef struct text_line {
    mien_font *font;
    int *glyphs;  /* count of them */
    double *pens; /* count + 1: where each starts, and the end of the line */
    size_t count;
    bool cut; /* the last one is an ellipsis in the place of what had no room */
} text_line;

static void free_line(text_line *line)
{
    mien_font_close(line->font);
    mien_free(line->glyphs);
    mien_free(line->pens);
    *line = (text_line){0};
}

/* Next character of *text, which moves on; REPLACEMENT for a byte that starts none. */
static int next_character(const char **text)
{
    const unsigned char *s = (const unsigned char *)*text;
    size_t more = s[0] >= 0xF0 ? 3 : s[0] >= 0xE0 ? 2 : s[0] >= 0xC0 ? 1 : 0;
    static const int first[] = {0, 0x80, 0x800, 0x10000};
    int code = more ? s[0] & (0x3F >> more) : s[0];
    *text += 1;
    if (s[0] >= 0xF8 || (s[0] & 0xC0) == 0x80)
        return REPLACEMENT;
    for (size_t i = 1; i <= more; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return REPLACEMENT;
        code = code << 6 | (s[i] & 0x3F);
    }
    if (code < first[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return REPLACEMENT;
    *text += more;
    return code;
}

static void place(text_line *line, double size)
{
    double pen = 0;
    for (size_t i = 0; i < line->count; i++) {
        line->pens[i] = pen;
        int next = i + 1 < line->count ? line->glyphs[i + 1] : 0;
        pen += mien_font_advance(line->font, line->glyphs[i], next, size);
    }
    line->pens[line->count] = pen;
}

/* Drop glyphs from the end until the rest and an ellipsis fit. */
static void shorten(text_line *line, const mien_lettering *style)
{
    if (!(style->max_width > 0) || line->pens[line->count] <= style->max_width)
        return;
    int dots = mien_font_glyph(line->font, ELLIPSIS), blank = mien_font_glyph(line->font, ' ');
    double room = style->max_width - mien_font_advance(line->font, dots, 0, style->size);
    size_t kept = line->count - 1;
    while (kept > 0 && (line->pens[kept] > room || line->glyphs[kept - 1] == blank))
        kept--;
    line->glyphs[kept] = dots;
    line->count = kept + 1;
    line->cut = true;
    place(line, style->size);
}

/* Text as placed glyphs. A byte gives at most one glyph, so its length bounds their number. */
static mien_status set_line(const mien_lettering *style, const char *text, text_line *out,
                            mien_error *err)
{
    size_t length = strlen(text);
    text_line line = {0};
    line.font = mien_font_open(style->bold ? mien_font_sans_bold : mien_font_sans);
    line.glyphs = mien_alloc_array(length + 1, sizeof *line.glyphs);
    line.pens = mien_alloc_array(length + 1, sizeof *line.pens);
    if (!line.font || !line.glyphs || !line.pens) {
        free_line(&line);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    for (const char *at = text; *at;)
        line.glyphs[line.count++] = mien_font_glyph(line.font, next_character(&at));
    place(&line, style->size);
    shorten(&line, style);
    *out = line;
    return MIEN_OK;
}

mien_status mien_lettering_width(const mien_lettering *style, const char *text, double *out,
                                 mien_error *err)
{
    text_line line;
    mien_status st = set_line(style, text, &line, err);
    if (st)
        return st;
    *out = line.pens[line.count];
    free_line(&line);
    return MIEN_OK;
}

mien_status mien_lettering_kept(const mien_lettering *style, const char *text, size_t *nbytes,
                                bool *whole, mien_error *err)
{
    text_line line;
    mien_status st = set_line(style, text, &line, err);
    if (st)
        return st;
    const char *at = text;
    for (size_t i = line.cut; i < line.count; i++)
        next_character(&at);
    *whole = !line.cut;
    *nbytes = (size_t)(at - text);
    free_line(&line);
    return MIEN_OK;
}

static void stamp(mien_canvas *canvas, const mien_glyph *glyph, ptrdiff_t x, ptrdiff_t y,
                  mien_rgb color)
{
    for (size_t row = 0; row < glyph->height; row++)
        for (size_t column = 0; column < glyph->width; column++)
            mien_canvas_blend(canvas, x + glyph->left + (ptrdiff_t)column,
                              y + glyph->top + (ptrdiff_t)row, color,
                              glyph->coverage[row * glyph->width + column]);
}

/* Baselines lie on whole pixels and pens on quarters: stems stay crisp, spacing stays even. */
static bool draw_glyphs(const text_line *line, const mien_lettering *style, double x, double y,
                        mien_glyph *glyphs)
{
    for (size_t i = 0; i < line->count; i++) {
        double pen = round(4 * (x + line->pens[i])) / 4;
        if (!mien_font_draw(line->font, line->glyphs[i], style->size, pen - floor(pen), &glyphs[i]))
            return false;
        glyphs[i].left += (int)floor(pen);
        glyphs[i].top += (int)lround(y);
    }
    return true;
}

mien_status mien_lettering_draw(mien_canvas *canvas, double x, double y,
                                const mien_lettering *style, const char *text, mien_error *err)
{
    text_line line;
    mien_status st = set_line(style, text, &line, err);
    if (st)
        return st;
    double share = style->align == MIEN_ALIGN_LEFT     ? 0
                   : style->align == MIEN_ALIGN_CENTER ? 0.5
                                                       : 1;
    mien_glyph *glyphs = mien_alloc_array(line.count, sizeof *glyphs);
    bool whole = glyphs && draw_glyphs(&line, style, x - share * line.pens[line.count], y, glyphs);
    for (size_t i = 0; glyphs && i < line.count; i++) {
        if (whole)
            stamp(canvas, &glyphs[i], 0, 0, style->color);
        mien_free(glyphs[i].coverage);
    }
    mien_free(glyphs);
    free_line(&line);
    return whole ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
}

double mien_lettering_capital(const mien_lettering *style)
{
    return CAPITAL * style->size;
}
