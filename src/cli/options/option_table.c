/* option_table.c - every option of mien: its words, its help and what it sets.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strsep */
#include "cli/options/option_table.h"

#include "cli/options/suggest.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------- values */

/* A whole number from min to max; says what is wrong otherwise. */
static bool read_whole(const char *name, const char *text, unsigned long long min,
                       unsigned long long max, unsigned long long *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && *out >= min && *out <= max)
        return true;
    cli_say("--%s %s: give a whole number from %llu to %llu", name, text, min, max);
    return false;
}

/* A number from min to max; NaN is none. */
static bool read_real(const char *text, double min, double max, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && !*end && *out >= min && *out <= max;
}

/* Two or three whole numbers up to `max` with `separator` between. Returns how many; 0: it is
 * something else. Whether they make sense is the caller's to say. */
static size_t read_numbers(const char *text, char separator, unsigned long long max,
                           unsigned long long value[3])
{
    errno = 0;
    for (size_t count = 0; count < 3; count++) {
        char *end;
        if (*text < '0' || *text > '9')
            return 0;
        value[count] = strtoull(text, &end, 10);
        if (errno || value[count] > max || (*end && *end != separator))
            return 0;
        if (!*end)
            return count > 0 ? count + 1 : 0;
        text = end + 1;
    }
    return 0;
}

/* Find `text` among words separated by '|'; says which there are otherwise. */
static bool read_choice(const char *name, const char *text, const char *choices, int *out)
{
    size_t length = strlen(text);
    int index = 0;
    for (const char *at = choices; *at; index++) {
        size_t width = strcspn(at, "|");
        if (width == length && strncmp(at, text, width) == 0) {
            *out = index;
            return true;
        }
        at += width + (at[width] == '|');
    }
    cli_guess guess = cli_guess_begin(text, length);
    char meant[96];
    cli_guess_offer_choices(&guess, choices);
    cli_say("--%s %s: give one of %s%s", name, text, choices,
            cli_guess_words(&guess, meant, sizeof meant));
    return false;
}

/* "64", "8X8", "8*8", "8,8": what is meant is clear, what is read is one form alone. */
static bool wrong_pair(const char *name, const char *text, const char *form)
{
    size_t first = strspn(text, "0123456789"), rest = first + strcspn(text + first, "0123456789");
    size_t second = strspn(text + rest, "0123456789");
    if (first && first < 6 && !text[first])
        cli_say("--%s %s: give %s; did you mean %sx%s?", name, text, form, text, text);
    else if (first && first < 6 && rest == first + 1 && text[first] != 'x' && text[first] != '.' &&
             second && second < 6 && !text[rest + second])
        cli_say("--%s %s: give %s; did you mean %.*sx%s?", name, text, form, (int)first, text,
                text + rest);
    else
        cli_say("--%s %s: give %s, for example 7x7", name, text, form);
    return false;
}

/* "AxB", both from 1 to 65535. `form` names the two: "COLUMNSxROWS". */
static bool read_pair(const char *name, const char *text, const char *form, size_t *first,
                      size_t *second)
{
    unsigned long long value[3];
    if (read_numbers(text, 'x', 65535, value) != 2 || !value[0] || !value[1])
        return wrong_pair(name, text, form);
    *first = (size_t)value[0];
    *second = (size_t)value[1];
    return true;
}

/* ---------------------------------------------------------------- values of their own kind */

static bool set_tolerance(cli_options *o, const char *text)
{
    if (read_real(text, 0, 1, &o->fit.tolerance) && o->fit.tolerance < 1)
        return true;
    cli_say("--tolerance %s: give a number from 0 (never stop early) to below 1", text);
    return false;
}

/* 0 is "auto". */
static bool set_levels(cli_options *o, const char *text)
{
    unsigned long long levels = 0;
    if (strcmp(text, "auto") != 0 && !read_whole("levels", text, 1, 16, &levels))
        return false;
    o->fit.levels = (size_t)levels;
    return true;
}

/* "off" is below 0. */
static bool set_checkpoint(cli_options *o, const char *text)
{
    o->checkpoint = -1;
    if (strcmp(text, "off") == 0 || read_real(text, 0, 1e6, &o->checkpoint))
        return true;
    cli_say("--checkpoint %s: give seconds, 0 for every iteration, or off", text);
    return false;
}

/* "500M", "1.5G", "800000000": bytes, K to T are powers of 1024. */
static bool set_memory(cli_options *o, const char *text)
{
    static const char units[] = "KMGT";
    enum { LEAST = 1 << 20 };
    char *end;
    double size = text[0] >= '0' && text[0] <= '9' ? strtod(text, &end) : 0;
    const char *unit = size > 0 && (*end & ~0x20) ? strchr(units, *end & ~0x20) : NULL;
    for (const char *at = units; unit && at <= unit; at++)
        size *= 1024;
    if (size >= LEAST && size < (double)PTRDIFF_MAX && text[strspn(text, "0123456789.")] == *end &&
        (!*end || (unit && !end[1]))) {
        o->load.memory = (size_t)size;
        return true;
    }
    cli_say("--memory %s: give a size from 1M on, for example 500M or 4G", text);
    return false;
}

static bool set_hidden(cli_options *o, const char *text)
{
    if (read_real(text, 0.01, 0.5, &o->rank.hidden))
        return true;
    cli_say("--hidden %s: give a share from 0.01 to 0.5", text);
    return false;
}

/* "LOW:HIGH" or "LOW:HIGH:STEP". Whether the data allows them is asked when it is there. */
static bool set_ranks(cli_options *o, const char *text)
{
    unsigned long long value[3] = {0, 0, 1};
    if (!read_numbers(text, ':', INT_MAX, value)) {
        cli_say("--ranks %s: give LOW:HIGH or LOW:HIGH:STEP, for example 2:60:2", text);
        return false;
    }
    if (value[0] < 1 || value[2] < 1 || value[1] < value[0]) {
        cli_say("--ranks %s holds no r: %s", text,
                value[0] < 1   ? "the least r is 1"
                : value[2] < 1 ? "the step is at least 1"
                               : "LOW is above HIGH");
        return false;
    }
    o->rank.low = (size_t)value[0];
    o->rank.high = (size_t)value[1];
    o->rank.step = (size_t)value[2];
    return true;
}

/* The word of before for --ink dark. */
static bool set_invert(cli_options *o, const char *text)
{
    (void)text;
    o->load.ink = MIEN_INK_DARK;
    return true;
}

static bool set_image_size(cli_options *o, const char *text)
{
    return read_pair("size", text, "WIDTHxHEIGHT", &o->load.width, &o->load.height);
}

static bool set_tile(cli_options *o, const char *text)
{
    return read_pair("tile", text, "COLUMNSxROWS", &o->style.columns, &o->style.rows);
}

/* "HxW" or "HxWxC". */
static bool set_shape(cli_options *o, const char *text)
{
    unsigned long long value[3] = {0, 0, 1};
    if (!read_numbers(text, 'x', 65535, value) || !value[0] || !value[1] ||
        (value[2] != 1 && value[2] != 3)) {
        cli_say("--shape %s: give HEIGHTxWIDTH, or HEIGHTxWIDTHx3 of colours, for example 28x28",
                text);
        return false;
    }
    o->load.rows_are = (mien_shape){(size_t)value[0], (size_t)value[1], (size_t)value[2]};
    return true;
}

static bool set_pixels(cli_options *o, const char *text)
{
    unsigned long long value[3];
    if (read_numbers(text, ',', SIZE_MAX, value) != 2 || value[0] == value[1] || !value[0] ||
        !value[1]) {
        cli_say("--pixels %s: give the indices of two pixels, from 1, for example 120,200", text);
        return false;
    }
    o->pixels[0] = (size_t)value[0] - 1;
    o->pixels[1] = (size_t)value[1] - 1;
    return true;
}

static bool set_scale(cli_options *o, const char *text)
{
    int choice;
    if (!read_choice("scale", text, "component|common", &choice))
        return false;
    o->style.common_scale = choice == 1;
    return true;
}

static bool set_ignore(cli_options *o, const char *text)
{
    if (o->load.n_ignore == MAX_IGNORED) {
        cli_say("--ignore: name several columns at once, with commas between");
        return false;
    }
    o->ignored[o->load.n_ignore++] = text;
    return true;
}

static bool wrong_method(const char *name)
{
    char known[128] = "", meant[96];
    cli_guess guess = cli_guess_begin(name, strlen(name));
    for (size_t i = 0; i < mien_method_count(); i++) {
        const char *there = mien_method_describe(mien_method_at(i))->name;
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", there);
        cli_guess_offer(&guess, there, strlen(there));
    }
    static const struct {
        const char *word, *method;
    } synonyms[] = {{"vq", "kmeans"}, {"k-means", "kmeans"}, {"fastica", "ica"}, {"svd", "pca"}};
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (strcasecmp(name, synonyms[i].word) == 0)
            snprintf(guess.best, sizeof guess.best, "%s", synonyms[i].method);
    if (*name)
        cli_say("there is no method '%s'; there are %s%s", name, known,
                cli_guess_words(&guess, meant, sizeof meant));
    else
        cli_say(
            "there is no method '': a name is missing beside a comma (without blanks: nmf,pca)");
    return false;
}

static bool add_method(cli_options *o, const char *name)
{
    const mien_method *method = mien_method_find(name);
    if (!method)
        return wrong_method(name);
    for (size_t i = 0; i < o->n_methods; i++)
        if (o->methods[i] == method) {
            cli_say("method %s is named twice", name);
            return false;
        }
    if (o->n_methods == MAX_METHODS)
        return false;
    o->methods[o->n_methods++] = method;
    return true;
}

/* "nmf,pca": in the order of the figure, whatever the order of the words. */
static bool set_methods(cli_options *o, const char *text)
{
    char words[256];
    if (strlen(text) >= sizeof words) {
        cli_say("--methods: too many words");
        return false;
    }
    strcpy(words, text);
    o->n_methods = 0;
    for (char *rest = words, *word; (word = strsep(&rest, ","));)
        if (!add_method(o, word))
            return false;
    size_t used = 0;
    const mien_method *ordered[MAX_METHODS];
    for (size_t m = 0; m < mien_method_count(); m++)
        for (size_t i = 0; i < o->n_methods; i++)
            if (o->methods[i] == mien_method_at(m))
                ordered[used++] = o->methods[i];
    memcpy(o->methods, ordered, used * sizeof *ordered);
    return true;
}

static bool set_method(cli_options *o, const char *text)
{
    o->n_methods = 0;
    return add_method(o, text);
}

/* ---------------------------------------------------------------- the table */

/* One row is all that an option has: parsing, help, manual, completion and "did you mean" read it,
 * so that none can be forgotten. Where a value goes, in the words of the table below. A choice is
 * one of the words that its help begins with; the enumerations of the library are in their order.
 */
#define PLACE(field)            offsetof(cli_options, field), sizeof(((cli_options *)0)->field)
#define FLAG(field)             TAKES_NOTHING, PLACE(field), 0, 0, NULL
#define TEXT(field)             TAKES_TEXT, PLACE(field), 0, 0, NULL
#define CHOICE(field)           TAKES_CHOICE, PLACE(field), 0, 0, NULL
#define WHOLE(field, low, high) TAKES_WHOLE, PLACE(field), low, high, NULL
#define OWN(set)                TAKES_OWN, 0, 0, 0, 0, set

static const struct option_row rows[] = {
    {"output", 'o', "OUT", GROUP_OUTPUT, TEXT(output), "folder to write; it is complete or absent"},
    {"force", 0, NULL, GROUP_OUTPUT, FLAG(force), "replace OUT when it holds an earlier result"},
    {"methods", 0, "LIST", GROUP_METHODS, OWN(set_methods),
     "which methods, separated by commas without blanks (default: all)"},
    {"method", 0, "NAME", GROUP_METHOD, OWN(set_method), "which method (default: nmf)"},
    {"components", 'r', "R", GROUP_FIT, WHOLE(fit.r, 1, INT_MAX),
     "how many basis images (default: 49, or the largest square up to a quarter of the images or "
     "pixels, whichever are fewer)"},
    {"iterations", 0, "K", GROUP_FIT | GROUP_RANK, WHOLE(fit.iterations, 1, INT_MAX),
     "at most so many (default: 500)"},
    {"tolerance", 0, "T", GROUP_FIT | GROUP_RANK, OWN(set_tolerance),
     "stop when the loss falls by less, relatively, in 10 iterations; 0: not before all iterations "
     "are used or rounding allows no step"},
    {"restarts", 0, "K", GROUP_FIT, WHOLE(fit.restarts, 1, 1000000),
     "so many starts, the best is kept (default: 10 on small data, else 1)"},
    {"levels", 0, "L", GROUP_FIT, OWN(set_levels),
     "auto|1..: begin on pictures halved L - 1 times (NMF, k-means); 1: on whole ones (default: "
     "auto, as pays)"},
    {"seed", 0, "S", GROUP_FIT | GROUP_RANK, WHOLE(fit.seed, 0, INT64_MAX),
     "of the random start (default: 0)"},
    {"init-from", 0, "DIR", GROUP_FIT, TEXT(init_from),
     "start from DIR/weights.npy and DIR/basis.npy"},
    {"calibrate", 0, NULL, GROUP_CALIBRATE, FLAG(calibrate),
     "NMF: measure errors of unseen images, too, for transform's verdict"},
    {"ranks", 0, "LO:HI[:STEP]", GROUP_RANK, OWN(set_ranks),
     "which r to try (default: by the data)"},
    {"masks", 0, "K", GROUP_RANK, WHOLE(rank.masks, 2, 100),
     "speckled masks, each of which hides other entries (default: 3)"},
    {"hidden", 0, "SHARE", GROUP_RANK, OWN(set_hidden),
     "of the entries that a mask hides (default: 0.1)"},
    {"starts", 0, "K", GROUP_RANK, WHOLE(rank.starts, 0, 1000),
     "of each r, for the stability of parts; 0: leave it out (default: 10)"},
    {"normalize", 0, "HOW", GROUP_READ, CHOICE(load.normalize),
     "auto|lee-seung|unit|max|none (auto: lee-seung for grey images, unit for --color, none for "
     "tables and negative numbers)"},
    {"ink", 0, "WHICH", GROUP_READ, CHOICE(load.ink),
     "auto|dark|light: learn from darkness or brightness (auto: light when the images have black "
     "borders)"},
    {"invert", 0, NULL, GROUP_READ, OWN(set_invert), NULL},
    {"size", 0, "WxH", GROUP_READ, OWN(set_image_size),
     "size of the images (default: what most of them have)"},
    {"fit", 0, "HOW", GROUP_READ | GROUP_NEW, CHOICE(load.resize),
     "reject|crop|stretch|pad: images of another size (default: reject)"},
    {"color", 0, NULL, GROUP_READ, FLAG(load.color), "keep red, green and blue instead of luma"},
    {"id", 0, "COL", GROUP_READ | GROUP_NEW, TEXT(load.id),
     "column of a table that names the rows, by name or number"},
    {"label", 0, "COL", GROUP_READ | GROUP_NEW, TEXT(load.label),
     "column that says what each row is, to compare components with"},
    {"ignore", 0, "COL,..", GROUP_READ | GROUP_NEW, OWN(set_ignore), "columns to leave out"},
    {"scale-columns", 0, "HOW", GROUP_READ, CHOICE(load.scale_columns),
     "none|max|sd: divide each column of a table by its largest value or its standard deviation "
     "(default: none)"},
    {"shape", 0, "HxW[x3]", GROUP_READ, OWN(set_shape),
     "rows of a table or an N x p array are images"},
    {"strict", 0, NULL, GROUP_READ | GROUP_NEW, FLAG(strict),
     "any refused image ends the run with status 3"},
    {"training", 0, "INPUT", GROUP_NEW, TEXT(training),
     "what the model was learned from, if it is not beside it (NMF)"},
    {"no-calibrate", 0, NULL, GROUP_NEW, FLAG(no_calibrate),
     "no verdict by a model that would have to be calibrated first"},
    {"threads", 0, "N", GROUP_THREADS, WHOLE(fit.threads, 1, 256),
     "threads to use (default: one a processor)"},
    {"memory", 0, "SIZE", GROUP_THREADS, OWN(set_memory),
     "memory to use, as 500M or 4G; larger data are mapped from the disk (default: 80 % of what "
     "the "
     "system allows)"},
    {"cache", 0, "DIR", GROUP_THREADS, TEXT(cache),
     "folder for what does not fit, in files that are gone in the end (default: TMPDIR, else "
     "/var/tmp)"},
    {"example", 0, "FILE|INDEX", GROUP_EXAMPLE, TEXT(example),
     "the image that the figure takes apart; INDEX from 1 (default: the first)"},
    {"report-images", 0, "K", GROUP_PAGE, WHOLE(style.page_images, 0, 1000000),
     "images that report.html holds, at most: of more an even sample; 0: those of the model alone "
     "(default: 3000)"},
    {"residual", 0, NULL, GROUP_RESIDUAL, FLAG(residual),
     "also draw residual.png: the worst images, and what the model misses in them"},
    {"palette", 0, "NAME", GROUP_DRAW | GROUP_RESIDUAL, CHOICE(style.palette),
     "esl|gray|diverging (default: esl)"},
    {"scale", 0, "HOW", GROUP_DRAW, OWN(set_scale),
     "component|common: one scale each or one for all (default: component)"},
    {"no-snapshots", 0, NULL, GROUP_SNAPSHOTS, FLAG(no_snapshots),
     "do not keep the basis along the iterations (snapshots.npy, emerge.png)"},
    {"no-weights", 0, NULL, GROUP_WEIGHTS, FLAG(fit.no_weights),
     "do not keep the weights: no memory grows with N, every image is looked at once after a "
     "sample (NMF, --solver minibatch); mien transform finds them"},
    {"checkpoint", 0, "SECONDS", GROUP_CHECKPOINT, OWN(set_checkpoint),
     "keep in OUT.checkpoint what to go on from after the run was killed, every so many seconds; "
     "the same command goes on, and the result is the same; off: never (default: 60)"},
    {"no-resume", 0, NULL, GROUP_CHECKPOINT, FLAG(no_resume),
     "begin anew, whatever OUT.checkpoint keeps"},
    {"layout", 0, "HOW", GROUP_DRAW, CHOICE(style.layout),
     "page|slide: the figure with a method below the other, or for 16:9 (default: page)"},
    {"width", 0, "PIXELS", GROUP_DRAW, WHOLE(style.width, 480, 16000),
     "width of the figure (default: 1600, a slide 1920)"},
    {"tile", 0, "CxR", GROUP_DRAW, OWN(set_tile),
     "columns and rows of a montage (default: a square)"},
    {"gap", 0, "PIXELS", GROUP_DRAW, WHOLE(style.gap, 0, 100), "between the images of a montage"},
    {"zoom", 0, "K", GROUP_DRAW, WHOLE(style.zoom, 1, 64),
     "whole enlargement of small images (default: by size)"},
    {"from", 0, "INPUT", GROUP_CONE, TEXT(from), "draw the cone of your own data"},
    {"pixels", 0, "A,B", GROUP_CONE, OWN(set_pixels),
     "of these two pixels, counted from 1 (default: large variance, not collinear)"},
    {"plane", 0, NULL, GROUP_CONE, FLAG(plane),
     "or in the plane of the first two singular vectors"},
    {"json", 0, NULL, GROUP_JSON, FLAG(json),
     "print JSON instead of tables: summary.json, or what inspect found"},
    {"quiet", 'q', NULL, GROUP_GENERAL, FLAG(quiet), "no progress, no remarks, only errors"},
    {"verbose", 'v', NULL, GROUP_GENERAL, FLAG(verbose),
     "say what was read and which options are in force; name every refused image"},
    {"help", 'h', NULL, GROUP_GENERAL, FLAG(help), "this page"},
};

_Static_assert(sizeof(mien_ink_kind) == sizeof(int), "choices are stored as int");

bool cli_option_choices(const struct option_row *row, char *text, size_t size)
{
    size_t length = strcspn(row->help, " :,;");
    if (!row->value || length >= size || !memchr(row->help, '|', length))
        return false;
    snprintf(text, size, "%.*s", (int)length, row->help);
    return true;
}

bool cli_set(const struct option_row *row, cli_options *o, const char *text)
{
    char *place = (char *)o + row->at, choices[64];
    unsigned long long whole;
    int choice;
    switch (row->kind) {
    case TAKES_NOTHING:
        memcpy(place, &(bool){true}, row->size);
        return true;
    case TAKES_TEXT:
        memcpy(place, &text, row->size);
        return true;
    case TAKES_CHOICE:
        cli_option_choices(row, choices, sizeof choices);
        if (!read_choice(row->name, text, choices, &choice))
            return false;
        memcpy(place, &choice, row->size);
        return true;
    case TAKES_WHOLE:
        if (!read_whole(row->name, text, row->min, row->max, &whole))
            return false;
        if (row->size == sizeof(unsigned))
            memcpy(place, &(unsigned){(unsigned)whole}, row->size);
        else
            memcpy(place, &(uint64_t){whole}, row->size);
        return true;
    case TAKES_OWN:
    default:
        return row->set(o, text);
    }
}

_Static_assert(sizeof rows / sizeof *rows <= 64, "cli_options.given has a bit for each");

size_t cli_option_index(const struct option_row *row)
{
    return (size_t)(row - rows);
}

bool cli_was_given(const cli_options *o, const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return o->given >> i & 1;
    return false;
}

const struct option_row *cli_option_at(size_t index)
{
    return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

bool cli_takes(const cli_command *command, const struct option_row *row)
{
    return row->help && row->group & (command->groups | GROUP_GENERAL);
}

/* ---------------------------------------------------------------- options of methods */

const mien_option *cli_method_option_at(size_t index, const mien_method **method)
{
    for (size_t m = 0; m < mien_method_count(); m++) {
        const mien_option *option = mien_method_describe(mien_method_at(m))->options;
        for (; option->key; option++) {
            bool seen = false;
            for (size_t before = 0; before < m && !seen; before++) {
                const mien_option *other = mien_method_describe(mien_method_at(before))->options;
                for (; other->key; other++)
                    seen = seen || strcmp(other->key, option->key) == 0;
            }
            if (!seen && index-- == 0) {
                if (method)
                    *method = mien_method_at(m);
                return option;
            }
        }
    }
    return NULL;
}

bool cli_is_yes_no(const mien_option *option)
{
    return option->choices && strcmp(option->choices, "yes|no") == 0;
}
