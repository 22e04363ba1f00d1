/* option_table.c - every option of mien: its words, its help and what it sets.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strsep */
#include "cli/option_table.h"

#include "cli/suggest.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------- values */

/* A whole number from least to most; says what is wrong otherwise. */
static bool read_whole(const char *name, const char *text, unsigned long long least,
                       unsigned long long most, unsigned long long *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value < least || value > most) {
        cli_say("--%s %s: give a whole number from %llu to %llu", name, text, least, most);
        return false;
    }
    *out = value;
    return true;
}

static bool set_size(const char *name, const char *text, size_t least, size_t most, size_t *out)
{
    unsigned long long value;
    if (!read_whole(name, text, least, most, &value))
        return false;
    *out = (size_t)value;
    return true;
}

static bool set_components(cli_options *o, const char *text)
{
    o->components_given = true;
    return set_size("components", text, 1, INT_MAX, &o->fit.r);
}

static bool set_iterations(cli_options *o, const char *text)
{
    bool good = set_size("iterations", text, 1, INT_MAX, &o->fit.iterations);
    o->rank.iterations = o->fit.iterations;
    return good;
}

static bool set_restarts(cli_options *o, const char *text)
{
    return set_size("restarts", text, 1, 1000000, &o->fit.restarts);
}

static bool set_tolerance(cli_options *o, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0 && value < 1)) {
        cli_say("--tolerance %s: give a number from 0 (never stop early) to below 1", text);
        return false;
    }
    o->fit.tolerance = o->rank.tolerance = value;
    return true;
}

static bool set_seed(cli_options *o, const char *text)
{
    unsigned long long value;
    if (!read_whole("seed", text, 0, INT64_MAX, &value))
        return false;
    o->fit.seed = o->rank.seed = value;
    return true;
}

static bool set_threads(cli_options *o, const char *text)
{
    unsigned long long value;
    if (!read_whole("threads", text, 1, 256, &value))
        return false;
    o->fit.threads = o->load.threads = o->rank.threads = (unsigned)value;
    return true;
}

/* "LOW:HIGH" or "LOW:HIGH:STEP". Whether the data allows them is asked when it is there. */
static bool set_ranks(cli_options *o, const char *text)
{
    unsigned long long value[3] = {0, 0, 1};
    const char *at = text;
    int count = 0;
    bool good = true;
    errno = 0;
    for (; good && count < 3; count++) {
        char *end;
        good = *at >= '0' && *at <= '9';
        if (good)
            value[count] = strtoull(at, &end, 10);
        good = good && !errno && value[count] <= INT_MAX && (*end == ':' || *end == '\0');
        if (good && *end == '\0') {
            count++;
            at = end;
            break;
        }
        at = good ? end + 1 : at;
    }
    if (!good || count < 2 || (*at != '\0')) {
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

static bool set_masks(cli_options *o, const char *text)
{
    return set_size("masks", text, 2, 100, &o->rank.masks);
}

static bool set_hidden(cli_options *o, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= 0.01 && value <= 0.5)) {
        cli_say("--hidden %s: give a share from 0.01 to 0.5", text);
        return false;
    }
    o->rank.hidden = value;
    return true;
}

static bool set_starts(cli_options *o, const char *text)
{
    return set_size("starts", text, 0, 1000, &o->rank.starts);
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

#define NORMALIZE_CHOICES "auto|lee-seung|unit|max|none"
#define INK_CHOICES       "auto|dark|light"
#define FIT_CHOICES       "reject|crop|stretch|pad"
#define LAYOUT_CHOICES    "page|slide"
#define PALETTE_CHOICES   "esl|gray|diverging"
#define SCALE_CHOICES     "component|common"
#define COLUMNS_CHOICES   "none|max|sd"

static bool set_normalize(cli_options *o, const char *text)
{
    int choice;
    if (!read_choice("normalize", text, NORMALIZE_CHOICES, &choice))
        return false;
    o->load.normalize = (mien_normalize)choice;
    o->normalize_given = true;
    return true;
}

static bool set_ink(cli_options *o, const char *text)
{
    int choice;
    if (!read_choice("ink", text, INK_CHOICES, &choice))
        return false;
    o->load.ink = (mien_ink_kind)choice;
    return true;
}

/* The word of before for --ink dark. */
static bool set_invert(cli_options *o, const char *text)
{
    (void)text;
    o->load.ink = MIEN_INK_DARK;
    return true;
}

static bool set_fit_mode(cli_options *o, const char *text)
{
    int choice;
    if (!read_choice("fit", text, FIT_CHOICES, &choice))
        return false;
    o->load.resize = (mien_resize_mode)choice;
    return true;
}

static bool set_palette(cli_options *o, const char *text)
{
    int choice;
    if (!read_choice("palette", text, PALETTE_CHOICES, &choice))
        return false;
    o->style.palette = (mien_palette)choice;
    return true;
}

static bool set_scale(cli_options *o, const char *text)
{
    int choice;
    if (!read_choice("scale", text, SCALE_CHOICES, &choice))
        return false;
    o->style.common_scale = choice == 1;
    return true;
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

/* "AxB", both from 1 to `most`. */
static bool read_pair(const char *name, const char *text, const char *form, size_t most, size_t *a,
                      size_t *b)
{
    char *end;
    errno = 0;
    unsigned long long first = strtoull(text, &end, 10), second = 0;
    bool good = text[0] >= '0' && text[0] <= '9' && *end == 'x' && end[1] >= '0' && end[1] <= '9';
    if (good)
        second = strtoull(end + 1, &end, 10);
    if (!good || *end || errno || first < 1 || second < 1 || first > most || second > most) {
        return wrong_pair(name, text, form);
    }
    *a = (size_t)first;
    *b = (size_t)second;
    return true;
}

static bool set_image_size(cli_options *o, const char *text)
{
    return read_pair("size", text, "WIDTHxHEIGHT", 65535, &o->load.width, &o->load.height);
}

/* "HxW" or "HxWxC". */
static bool set_shape(cli_options *o, const char *text)
{
    unsigned long long value[3] = {0, 0, 1};
    const char *at = text;
    int count = 0;
    bool good = true;
    errno = 0;
    while (good && count < 3) {
        char *end;
        good = *at >= '0' && *at <= '9';
        value[count] = good ? strtoull(at, &end, 10) : 0;
        good = good && !errno && value[count] >= 1 && value[count] <= 65535;
        count += good;
        if (!good || *end != 'x') {
            good = good && *end == '\0';
            break;
        }
        at = end + 1;
        good = count < 3;
    }
    if (!good || count < 2 || (value[2] != 1 && value[2] != 3)) {
        cli_say("--shape %s: give HEIGHTxWIDTH, or HEIGHTxWIDTHx3 of colours, for example 28x28",
                text);
        return false;
    }
    o->load.rows_are = (mien_shape){(size_t)value[0], (size_t)value[1], (size_t)value[2]};
    return true;
}

static bool set_scale_columns(cli_options *o, const char *text)
{
    int choice;
    if (!read_choice("scale-columns", text, COLUMNS_CHOICES, &choice))
        return false;
    o->load.scale_columns = (mien_scale_columns)choice;
    return true;
}

static bool set_id(cli_options *o, const char *text)
{
    o->load.id = text;
    return true;
}

static bool set_label(cli_options *o, const char *text)
{
    o->load.label = text;
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

static bool set_tile(cli_options *o, const char *text)
{
    return read_pair("tile", text, "COLUMNSxROWS", 65535, &o->style.columns, &o->style.rows);
}

static bool set_gap(cli_options *o, const char *text)
{
    return set_size("gap", text, 0, 100, &o->style.gap);
}

static bool set_no_snapshots(cli_options *o, const char *text)
{
    (void)text;
    o->no_snapshots = true;
    return true;
}

static bool set_layout(cli_options *o, const char *text)
{
    int choice;
    if (!read_choice("layout", text, LAYOUT_CHOICES, &choice))
        return false;
    o->style.layout = (mien_layout)choice;
    return true;
}

static bool set_figure_width(cli_options *o, const char *text)
{
    return set_size("width", text, 480, 16000, &o->style.width);
}

static bool set_zoom(cli_options *o, const char *text)
{
    return set_size("zoom", text, 1, 64, &o->style.zoom);
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
    o->methods_given = true;
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
    o->methods_given = true;
    return add_method(o, text);
}

static bool set_output(cli_options *o, const char *text)
{
    o->output = text;
    return true;
}

static bool set_example(cli_options *o, const char *text)
{
    o->example = text;
    return true;
}

static bool set_init_from(cli_options *o, const char *text)
{
    o->init_from = text;
    return true;
}

static bool set_from(cli_options *o, const char *text)
{
    o->from = text;
    return true;
}

static bool set_training(cli_options *o, const char *text)
{
    o->training = text;
    return true;
}

static bool set_pixels(cli_options *o, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long first = strtoull(text, &end, 10), second = 0;
    bool good = text[0] >= '0' && text[0] <= '9' && *end == ',' && end[1] >= '0' && end[1] <= '9';
    if (good)
        second = strtoull(end + 1, &end, 10);
    if (!good || *end || errno || first == second || !first || !second) {
        cli_say("--pixels %s: give the indices of two pixels, from 1, for example 120,200", text);
        return false;
    }
    o->pixels[0] = (size_t)first - 1;
    o->pixels[1] = (size_t)second - 1;
    o->pixels_given = true;
    return true;
}

#define FLAG(name, field)                                                                          \
    static bool name(cli_options *o, const char *text)                                             \
    {                                                                                              \
        (void)text;                                                                                \
        o->field = true;                                                                           \
        return true;                                                                               \
    }
FLAG(set_force, force)
FLAG(set_strict, strict)
FLAG(set_quiet, quiet)
FLAG(set_verbose, verbose)
FLAG(set_json, json)
FLAG(set_help, help)
FLAG(set_residual, residual)
FLAG(set_calibrate, calibrate)
FLAG(set_no_calibrate, no_calibrate)
FLAG(set_color, load.color)
FLAG(set_plane, plane)

/* ---------------------------------------------------------------- the table */

static const struct option_row rows[] = {
    {"output", 'o', "OUT", GROUP_OUTPUT, set_output, "folder to write; it is complete or absent"},
    {"force", 0, NULL, GROUP_OUTPUT, set_force, "replace OUT when it holds an earlier result"},
    {"methods", 0, "LIST", GROUP_METHODS, set_methods,
     "which methods, separated by commas without blanks (default: all)"},
    {"method", 0, "NAME", GROUP_METHOD, set_method, "which method (default: nmf)"},
    {"components", 'r', "R", GROUP_FIT, set_components,
     "how many basis images (default: 49, or the largest square up to a quarter of the images or "
     "pixels, whichever are fewer)"},
    {"iterations", 0, "K", GROUP_FIT | GROUP_RANK, set_iterations,
     "at most so many (default: 500)"},
    {"tolerance", 0, "T", GROUP_FIT | GROUP_RANK, set_tolerance,
     "stop when the loss falls by less, relatively, in 10 iterations; 0: not before all "
     "iterations are used or rounding allows no step"},
    {"restarts", 0, "K", GROUP_FIT, set_restarts,
     "so many starts, the best is kept (default: 10 on small data, else 1)"},
    {"seed", 0, "S", GROUP_FIT | GROUP_RANK, set_seed, "of the random start (default: 0)"},
    {"init-from", 0, "DIR", GROUP_FIT, set_init_from,
     "start from DIR/weights.npy and DIR/basis.npy"},
    {"calibrate", 0, NULL, GROUP_CALIBRATE, set_calibrate,
     "NMF: measure errors of unseen images, too, for transform's verdict"},
    {"ranks", 0, "LO:HI[:STEP]", GROUP_RANK, set_ranks, "which r to try (default: by the data)"},
    {"masks", 0, "K", GROUP_RANK, set_masks,
     "speckled masks, each of which hides other entries (default: 3)"},
    {"hidden", 0, "SHARE", GROUP_RANK, set_hidden,
     "of the entries that a mask hides (default: 0.1)"},
    {"starts", 0, "K", GROUP_RANK, set_starts,
     "of each r, for the stability of parts; 0: leave it out (default: 10)"},
    {"normalize", 0, "HOW", GROUP_READ, set_normalize,
     NORMALIZE_CHOICES " (auto: lee-seung for grey images, unit for --color, none for tables and "
                       "negative numbers)"},
    {"ink", 0, "WHICH", GROUP_READ, set_ink,
     INK_CHOICES ": learn from darkness or brightness (auto: light when the images have black "
                 "borders)"},
    {"invert", 0, NULL, GROUP_READ, set_invert, NULL},
    {"size", 0, "WxH", GROUP_READ, set_image_size,
     "size of the images (default: what most of them have)"},
    {"fit", 0, "HOW", GROUP_READ | GROUP_NEW, set_fit_mode,
     FIT_CHOICES ": images of another size (default: reject)"},
    {"color", 0, NULL, GROUP_READ, set_color, "keep red, green and blue instead of luma"},
    {"id", 0, "COL", GROUP_READ | GROUP_NEW, set_id,
     "column of a table that names the rows, by name or number"},
    {"label", 0, "COL", GROUP_READ | GROUP_NEW, set_label,
     "column that says what each row is, to compare components with"},
    {"ignore", 0, "COL,..", GROUP_READ | GROUP_NEW, set_ignore, "columns to leave out"},
    {"scale-columns", 0, "HOW", GROUP_READ, set_scale_columns,
     COLUMNS_CHOICES ": divide each column of a table by its largest value or its standard "
                     "deviation (default: none)"},
    {"shape", 0, "HxW[x3]", GROUP_READ, set_shape, "rows of a table or an N x p array are images"},
    {"strict", 0, NULL, GROUP_READ | GROUP_NEW, set_strict,
     "any refused image ends the run with status 3"},
    {"training", 0, "INPUT", GROUP_NEW, set_training,
     "what the model was learned from, if it is not beside it (NMF)"},
    {"no-calibrate", 0, NULL, GROUP_NEW, set_no_calibrate,
     "no verdict by a model that would have to be calibrated first"},
    {"threads", 0, "N", GROUP_THREADS, set_threads, "threads to use (default: one a processor)"},
    {"example", 0, "FILE|INDEX", GROUP_EXAMPLE, set_example,
     "the image that the figure takes apart; INDEX from 1 (default: the first)"},
    {"residual", 0, NULL, GROUP_RESIDUAL, set_residual,
     "also draw residual.png: the worst images, and what the model misses in them"},
    {"palette", 0, "NAME", GROUP_DRAW | GROUP_RESIDUAL, set_palette,
     PALETTE_CHOICES " (default: esl)"},
    {"scale", 0, "HOW", GROUP_DRAW, set_scale,
     SCALE_CHOICES ": one scale each or one for all (default: component)"},
    {"no-snapshots", 0, NULL, GROUP_SNAPSHOTS, set_no_snapshots,
     "do not keep the basis along the iterations (snapshots.npy, emerge.png)"},
    {"layout", 0, "HOW", GROUP_DRAW, set_layout,
     LAYOUT_CHOICES ": the figure with a method below the other, or for 16:9 (default: page)"},
    {"width", 0, "PIXELS", GROUP_DRAW, set_figure_width,
     "width of the figure (default: 1600, a slide 1920)"},
    {"tile", 0, "CxR", GROUP_DRAW, set_tile, "columns and rows of a montage (default: a square)"},
    {"gap", 0, "PIXELS", GROUP_DRAW, set_gap, "between the images of a montage"},
    {"zoom", 0, "K", GROUP_DRAW, set_zoom, "whole enlargement of small images (default: by size)"},
    {"from", 0, "INPUT", GROUP_CONE, set_from, "draw the cone of your own data"},
    {"pixels", 0, "A,B", GROUP_CONE, set_pixels,
     "of these two pixels, counted from 1 (default: large variance, not collinear)"},
    {"plane", 0, NULL, GROUP_CONE, set_plane, "or in the plane of the first two singular vectors"},
    {"json", 0, NULL, GROUP_JSON, set_json,
     "print JSON instead of tables: summary.json, or what inspect found"},
    {"quiet", 'q', NULL, GROUP_GENERAL, set_quiet, "no progress, no remarks, only errors"},
    {"verbose", 'v', NULL, GROUP_GENERAL, set_verbose,
     "say what was read and which options are in force; name every refused image"},
    {"help", 'h', NULL, GROUP_GENERAL, set_help, "this page"},
};

const struct option_row *cli_option_at(size_t index)
{
    return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

bool cli_takes(const cli_command *command, const struct option_row *row)
{
    return row->help && row->group & (command->groups | GROUP_GENERAL);
}

/* ---------------------------------------------------------------- knobs of methods */

const mien_option *cli_knob_at(size_t index, const mien_method **method)
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
