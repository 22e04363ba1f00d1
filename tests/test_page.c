/* test_page.c - report.html: what stands in it is what was learned, whatever files are called, and
 * the same from a run and from its folder.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/disk/files.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "data/pixels.h"
#include "mien_report.h"
#include "read/normalize.h"

#include <float.h>
#include <jansson.h>

enum { N = 40, HEIGHT = 9, WIDTH = 7, R = 3, METHODS = 4 };

/* ---------------------------------------------------------------- a page, taken apart */

typedef struct page {
    char *html;
    json_t *json;
} page;

static page read_page(const char *folder, const char *result)
{
    page read;
    size_t nbytes;
    char name[64];
    json_error_t why;
    snprintf(name, sizeof name, "%s/report.html", result);
    assert_int_equal(mien_file_read(in_folder(folder, name), 1 << 26, &read.html, &nbytes, NULL),
                     MIEN_OK);
    const char *at = strstr(read.html, "id=\"mien-data\">");
    assert_non_null(at);
    at = strchr(at, '>') + 1;
    read.json = json_loadb(at, (size_t)(strchr(at, '<') - at), 0, &why); /* no "<" in the JSON */
    if (!read.json)
        fail_msg("%s", why.text);
    return read;
}

static void free_page(page *read)
{
    mien_free(read->html);
    json_decref(read->json);
}

static const json_t *at_path(const json_t *o, const char *first, const char *second)
{
    const json_t *value = json_object_get(json_object_get(o, first), second);
    if (!value)
        fail_msg("no %s.%s", first, second);
    return value;
}

static size_t size_at(const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    if (!json_is_integer(value))
        fail_msg("%s is no whole number", key);
    return (size_t)json_integer_value(value);
}

static unsigned letter_value(char letter)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(alphabet, letter);
    if (!at || !*at)
        fail_msg("%c is no base64", letter);
    return (unsigned)(at - alphabet);
}

static long expected(const double *v, size_t j, size_t row, size_t step)
{
    long left = j % row >= step ? (long)v[j - step] : 0, above = j >= row ? (long)v[j - row] : 0;
    long corner = j % row >= step && j >= row ? (long)v[j - row - step] : 0;
    long low = left < above ? left : above, high = left < above ? above : left;
    return corner >= high ? low : corner <= low ? high : left + above - corner;
}

/* An array by its name, as doubles; by zlib and plain loops. NULL where the page has none. */
static double *read_array(const page *read, const json_t *name, size_t length)
{
    char begin[128];
    if (json_is_null(name))
        return NULL;
    const json_t *told = at_path(read->json, "blobs", json_string_value(name));
    const char *type = json_string_value(json_object_get(told, "type"));
    assert_int_equal(size_at(told, "length"), length);
    snprintf(begin, sizeof begin, "<script type=\"text/plain\" id=\"blob-%s\">",
             json_string_value(name));
    const char *at = strstr(read->html, begin);
    assert_non_null(at);
    at += strlen(begin);
    size_t count = (size_t)(strchr(at, '<') - at), used = 0;
    unsigned char *packed = calloc(count + 1, 1), *bytes = calloc(length + 1, 4);
    for (size_t c = 0; c < count && at[c] != '='; c++, used++)
        for (unsigned bit = 0; bit < 6; bit++) {
            size_t to = 6 * c + bit;
            packed[to / 8] |=
                (unsigned char)((letter_value(at[c]) >> (5 - bit) & 1) << (7 - to % 8));
        }
    uLongf made = length * 4;
    assert_int_equal(uncompress(bytes, &made, packed, used * 6 / 8), Z_OK);
    double *values = calloc(length + 1, sizeof *values);
    size_t width = strcmp(type, "u8") == 0 ? 1 : strcmp(type, "i16") == 0 ? 2 : 4;
    assert_int_equal(made, width * length);
    for (size_t i = 0; i < length; i++) {
        uint32_t word = 0;
        for (unsigned b = 0; b < 4 && width == 4; b++)
            word |= (uint32_t)bytes[4 * i + b] << 8 * b;
        float real;
        memcpy(&real, &word, sizeof real);
        int turns = width == 2 ? bytes[i] | bytes[length + i] << 8 : 0;
        values[i] = width == 1   ? bytes[i]
                    : width == 4 ? (double)real
                                 : (turns % 2 ? -(turns / 2) - 1 : turns / 2);
    }
    size_t pixels = size_at(told, "pixels"), row = size_at(told, "row");
    size_t channels = (size_t)json_integer_value(at_path(read->json, "data", "channels"));
    for (size_t i = 0; i < length && size_at(told, "filter"); i++) {
        double *image = values + i / pixels * pixels;
        long v = (long)values[i] + expected(image, i % pixels, row, channels);
        values[i] = width == 1 ? (double)(v & 255) : (double)(int16_t)(uint16_t)(v & 65535);
    }
    free(packed);
    free(bytes);
    return values;
}

/* ---------------------------------------------------------------- a run */

struct run {
    char *folder;
    mien_dataset dataset;
    char names[N][64];
    mien_image_info images[N];
    float *X; /* N x p, as the methods see it */
    mien_options options;
    mien_run_info info;
    mien_style style;
    mien_fit fits[METHODS];
    const mien_fit *pointers[METHODS];
    mien_parts parts[METHODS];
};

/* What is stored, how it is prepared. */
struct kind {
    const char *what;
    mien_pixel_type type;
    mien_normalize normalize;
    mien_ink_kind ink;
    size_t channels;
    double white; /* 0: the type's */
    bool is_table, is_signed;
};

static void store(mien_pixels *pixels, size_t k, double v)
{
    if (pixels->type == MIEN_U8)
        ((uint8_t *)pixels->values)[k] = (uint8_t)v;
    else if (pixels->type == MIEN_U16)
        ((uint16_t *)pixels->values)[k] = (uint16_t)v;
    else
        ((float *)pixels->values)[k] = (float)v;
}

static void fill_run(struct run *run, const struct kind *kind)
{
    mien_dataset *d = &run->dataset;
    mien_pool *pool;
    size_t p = HEIGHT * WIDTH * kind->channels;
    float *v = noise(N, p, 0.2, 7);
    *d = (mien_dataset){.shape = {HEIGHT, WIDTH, kind->channels},
                        .is_table = kind->is_table,
                        .normalize = kind->normalize,
                        .ink = kind->ink,
                        .images = run->images,
                        .fingerprint = 0x1234567890abcdef};
    if (kind->is_table)
        d->shape = (mien_shape){1, p, 1};
    assert_int_equal(mien_pixels_alloc(N, p, kind->type, &d->pixels), MIEN_OK);
    double top = kind->white > 0          ? kind->white
                 : kind->type == MIEN_F32 ? 3
                                          : mien_pixel_max(kind->type);
    for (size_t k = 0; k < N * p; k++)
        store(&d->pixels, k,
              fmin((double)v[k] / 2, 1) * top * (kind->is_signed && k % 3 == 0 ? -1 : 1));
    d->pixels.white = kind->white;
    assert_int_equal(mien_pool_create(1, &pool), MIEN_OK);
    assert_int_equal(mien_normalize_set(&d->pixels, kind->normalize, kind->ink, pool), MIEN_OK);
    mien_pool_free(pool);
    if (!(d->pixels.white > 0))
        d->pixels.white = mien_white(&d->pixels);
    mien_source X = mien_pixels_source(&d->pixels);
    const float *x = X.tile(X.data, 0, N, v);
    if (x != v)
        memcpy(v, x, N * p * sizeof *v);
    run->X = v;
    for (size_t m = 0; m < METHODS; m++) {
        const mien_method *method = mien_method_at(m);
        if (kind->is_signed && mien_method_describe(method)->traits & MIEN_NEEDS_NONNEG)
            method = mien_method_find("pca");
        run->fits[m] = must_fit(mien_method_describe(method)->name, v, N, p, &run->options);
    }
}

static const struct kind plain = {"8 bit", MIEN_U8, MIEN_NORMALIZE_LEE_SEUNG, MIEN_INK_DARK, 1, 0,
                                  false,   false};

static struct run *begin_run(const struct kind *kind)
{
    struct run *run = calloc(1, sizeof *run);
    void *folder;
    assert_int_equal(make_folder(&folder), 0);
    run->folder = folder;
    for (size_t i = 0; i < N; i++) {
        snprintf(run->names[i], sizeof run->names[i], "%c/%zu.pgm", i % 2 ? 'b' : 'a', i);
        run->images[i] = (mien_image_info){run->names[i], WIDTH, HEIGHT};
    }
    run->options = test_options(R, 5, 30);
    run->options.snapshots = true;
    run->info = (mien_run_info){.command = "mien compare faces",
                                .input = "faces",
                                .options = &run->options,
                                .example = 17,
                                .parts = run->parts};
    run->style = mien_style_default();
    fill_run(run, kind);
    for (size_t m = 0; m < METHODS; m++)
        run->pointers[m] = &run->fits[m];
    return run;
}

static void end_run(struct run *run)
{
    for (size_t m = 0; m < METHODS; m++)
        mien_fit_free(&run->fits[m]);
    mien_pixels_free(&run->dataset.pixels);
    free(run->X);
    void *folder = run->folder;
    free(run);
    assert_int_equal(remove_folder(&folder), 0);
}

static void write_out(const struct run *run, const char *name, size_t n_fits)
{
    mien_outdir *dir;
    mien_error err = {0};
    if (mien_outdir_begin(in_folder(run->folder, name), false, &dir, &err) ||
        mien_comparison_write(dir, run->pointers, n_fits, NULL, 0, &run->dataset, &run->info,
                              &run->style, &err) ||
        mien_outdir_commit(dir, &err))
        fail_msg("%s", err.message);
}

/* Draw it again in place; INPUT is nowhere, so images come from the page. */
static void redraw(const struct run *run, const char *name, const mien_style *style)
{
    mien_outdir *dir;
    mien_error err = {0};
    if (mien_redraw_begin(in_folder(run->folder, name), &dir, &err) ||
        mien_redraw(in_folder(run->folder, name), NULL, dir, style, NULL, &err) ||
        mien_outdir_commit(dir, &err))
        fail_msg("%s", err.message);
}

/* ---------------------------------------------------------------- arrays */

/* W H of the page against that of the fit, image by image: half a grey level at most. */
static void check_products(const page *read, const json_t *method, const mien_fit *fit,
                           const json_t *index, size_t count)
{
    size_t p = fit->p, r = fit->r;
    double range = json_number_value(at_path(read->json, "data", "high")) -
                   json_number_value(at_path(read->json, "data", "low"));
    double *H = read_array(read, json_object_get(method, "basis"), r * p);
    double *W = read_array(read, json_object_get(method, "weights"), count * r);
    for (size_t at = 0; at < count; at++) {
        size_t i = json_is_null(index) ? at : (size_t)json_integer_value(json_array_get(index, at));
        for (size_t j = 0; j < p; j++) {
            double told = 0, is = 0;
            for (size_t k = 0; k < r; k++) {
                double hs = json_number_value(
                           json_array_get(json_object_get(method, "basis_scale"), k)),
                       ws = json_number_value(
                           json_array_get(json_object_get(method, "weights_scale"), k));
                told += W[at * r + k] * ws * H[k * p + j] * hs;
                is += (double)fit->W[i * r + k] * (double)fit->H[k * p + j];
            }
            if (!(fabs(told - is) < 0.5 * range / 255))
                fail_msg("%s: image %zu, pixel %zu: %g instead of %g",
                         json_string_value(json_object_get(method, "name")), i, j, told, is);
        }
    }
    double *mean = read_array(read, json_object_get(method, "mean"), p);
    assert_int_equal(mean != NULL, fit->mu != NULL);
    for (size_t j = 0; j < p && mean; j++)
        assert_true(mean[j] == (double)fit->mu[j]);
    free(H);
    free(W);
    free(mean);
}

/* Images of the page against X; `exact`: but for float32 rounding, else to half of 8 bits, rows of
 * tables and what is below 0 to half of 15. */
static void check_images(const page *read, const struct run *run, bool exact)
{
    const json_t *images = json_object_get(read->json, "images");
    size_t count = size_at(images, "count"), p = run->dataset.pixels.p;
    const json_t *index = json_object_get(images, "index");
    double *stored = read_array(read, json_object_get(images, "untouched"), count * p);
    double *prepared = read_array(read, json_object_get(images, "prepared"), count * p);
    double *gain = read_array(read, json_object_get(images, "gain"), count);
    double *center = read_array(read, json_object_get(images, "center"), count);
    double *offset = read_array(read, json_object_get(images, "offset"), count);
    double lower = json_number_value(json_object_get(images, "lower"));
    double upper = json_number_value(json_object_get(images, "upper"));
    double scale = json_number_value(json_object_get(images, "prepared_scale")), largest = 0;
    bool wide = run->dataset.is_table;
    for (size_t k = 0; k < N * p; k++) {
        largest = fmax(largest, fabs((double)run->X[k]));
        wide = wide || run->X[k] < 0;
    }
    assert_int_equal(prepared == NULL, exact);
    for (size_t at = 0; at < count; at++)
        for (size_t j = 0; j < p; j++) {
            size_t i =
                json_is_null(index) ? at : (size_t)json_integer_value(json_array_get(index, at));
            double x =
                prepared
                    ? scale * prepared[at * p + j]
                    : fmin(fmax(gain[at] * (stored[at * p + j] - center[at]) + offset[at], lower),
                           upper);
            if (!(fabs(x - (double)run->X[i * p + j]) <=
                  largest *
                      (exact ? 4 * (double)FLT_EPSILON : 0.5001 / (wide ? INT16_MAX : UINT8_MAX))))
                fail_msg("image %zu, pixel %zu: %g instead of %g", i, j, x,
                         (double)run->X[i * p + j]);
        }
    free(stored);
    free(prepared);
    free(gain);
    free(center);
    free(offset);
}

static void test_arrays_are_those_of_the_run(void **state)
{
    (void)state;
    static const struct kind kinds[] = {
        {"8 bit, dark", MIEN_U8, MIEN_NORMALIZE_LEE_SEUNG, MIEN_INK_DARK, 1, 0, false, false},
        {"8 bit, light", MIEN_U8, MIEN_NORMALIZE_LEE_SEUNG, MIEN_INK_LIGHT, 1, 0, false, false},
        {"unit", MIEN_U8, MIEN_NORMALIZE_UNIT, MIEN_INK_LIGHT, 1, 0, false, false},
        {"max, dark", MIEN_U8, MIEN_NORMALIZE_MAX, MIEN_INK_DARK, 1, 0, false, false},
        {"none", MIEN_U8, MIEN_NORMALIZE_NONE, MIEN_INK_LIGHT, 1, 0, false, false},
        {"colour", MIEN_U8, MIEN_NORMALIZE_UNIT, MIEN_INK_LIGHT, 3, 0, false, false},
        {"maxval 100", MIEN_U8, MIEN_NORMALIZE_UNIT, MIEN_INK_LIGHT, 1, 100, false, false},
        {"16 bit", MIEN_U16, MIEN_NORMALIZE_LEE_SEUNG, MIEN_INK_DARK, 1, 0, false, false},
        {"floats", MIEN_F32, MIEN_NORMALIZE_NONE, MIEN_INK_LIGHT, 1, 0, false, false},
        {"below zero", MIEN_F32, MIEN_NORMALIZE_NONE, MIEN_INK_NONE, 1, 0, false, true},
        {"a table", MIEN_F32, MIEN_NORMALIZE_NONE, MIEN_INK_NONE, 1, 0, true, false}};
    for (size_t c = 0; c < sizeof kinds / sizeof *kinds; c++) {
        const struct kind *kind = &kinds[c];
        struct run *run = begin_run(kind);
        size_t n_fits = kind->is_signed ? 1 : METHODS; /* PCA alone */
        write_out(run, "out", n_fits);
        page read = read_page(run->folder, "out");
        const json_t *images = json_object_get(read.json, "images");
        const json_t *methods = json_object_get(read.json, "methods");
        assert_int_equal(size_at(images, "count"), N);
        assert_true(json_is_null(json_object_get(images, "index")));
        assert_int_equal(json_is_true(at_path(read.json, "data", "is_table")), kind->is_table);
        assert_int_equal(json_array_size(methods), n_fits);
        for (size_t m = 0; m < n_fits; m++)
            check_products(&read, json_array_get(methods, m), &run->fits[m], json_null(), N);
        bool exact = kind->type == MIEN_U8 && kind->white == 0;
        check_images(&read, run, exact);
        bool shown = kind->ink != MIEN_INK_NONE;
        assert_int_equal(json_is_string(json_object_get(images, "untouched")), shown);
        free_page(&read);
        end_run(run);
    }
}

/* Numbers that people read are those of the fits, to the last digit. */
static void test_numbers_are_exact(void **state)
{
    (void)state;
    static const char *const objectives[METHODS] = {"kl", "squares", "half-squares",
                                                    "half-squares"};
    struct run *run = begin_run(&plain);
    write_out(run, "out", METHODS);
    page read = read_page(run->folder, "out");
    assert_int_equal(size_at(read.json, "format"), 1);
    assert_int_equal(size_at(read.json, "example"), 17);
    assert_string_equal(json_string_value(json_object_get(read.json, "kind")), "comparison");
    assert_string_equal(json_string_value(at_path(read.json, "run", "command")),
                        "mien compare faces");
    assert_string_equal(json_string_value(at_path(read.json, "run", "fingerprint")),
                        "1234567890abcdef");
    assert_int_equal(json_integer_value(at_path(read.json, "run", "seed")), 5);
    assert_string_equal(json_string_value(at_path(read.json, "data", "ink")), "dark");
    for (size_t m = 0; m < METHODS; m++) {
        const mien_fit *fit = &run->fits[m];
        const mien_method_info *info = mien_method_describe(fit->method);
        const json_t *o = json_array_get(json_object_get(read.json, "methods"), m);
        const json_t *history = json_object_get(o, "history");
        const json_t *exemplars = json_object_get(o, "exemplars");
        bool memberships = info->traits & MIEN_MEMBERSHIPS;
        assert_string_equal(json_string_value(json_object_get(o, "name")), info->name);
        assert_string_equal(json_string_value(json_object_get(o, "objective")), objectives[m]);
        assert_true(json_real_value(json_object_get(o, "loss")) == fit->loss);
        assert_true(json_real_value(json_object_get(o, "relative_error")) == fit->relative_error);
        assert_true(json_real_value(json_object_get(o, "overlap")) == run->parts[m].overlap);
        assert_int_equal(size_at(o, "iterations"), fit->iterations);
        assert_int_equal(json_array_size(json_object_get(history, "loss")), fit->n_trace);
        for (size_t t = 0; t < fit->n_trace; t++) {
            const json_t *loss = json_array_get(json_object_get(history, "loss"), t);
            assert_relative(json_real_value(loss), fit->trace[t].loss, 1e-9);
        }
        assert_int_equal(json_is_array(json_object_get(o, "share")), memberships);
        assert_int_equal(json_is_object(json_object_get(o, "cross")), memberships);
        assert_int_equal(json_array_size(exemplars), memberships ? R : 0);
        for (size_t k = 0; k < R && memberships && !(info->traits & MIEN_CLUSTERS); k++) {
            size_t first =
                (size_t)json_integer_value(json_array_get(json_array_get(exemplars, k), 0));
            for (size_t i = 0; i < N; i++)
                assert_true(fit->W[i * R + k] <= fit->W[first * R + k]);
        }
    }
    free_page(&read);
    end_run(run);
}

/* The last snapshot is the basis. */
static void test_snapshots_end_with_the_basis(void **state)
{
    (void)state;
    struct run *run = begin_run(&plain);
    write_out(run, "out", 1);
    page read = read_page(run->folder, "out");
    const json_t *o = json_array_get(json_object_get(read.json, "methods"), 0);
    const json_t *snapshots = json_object_get(o, "snapshots");
    size_t moments = json_array_size(json_object_get(snapshots, "iteration"));
    size_t p = HEIGHT * WIDTH, last = (moments - 1) * R;
    assert_in_range(moments, 2, 8);
    double *values = read_array(&read, json_object_get(snapshots, "values"), moments * R * p);
    const json_t *scale = json_object_get(snapshots, "scale");
    assert_int_equal(json_array_size(scale), moments * R);
    for (size_t k = 0; k < R; k++)
        for (size_t j = 0; j < p; j++) {
            double s = json_number_value(json_array_get(scale, last + k));
            assert_near(values[(last + k) * p + j] / 255 * s, (double)run->fits[0].H[k * p + j],
                        0.51 / 255 * s);
        }
    free(values);
    free_page(&read);
    end_run(run);
}

/* ---------------------------------------------------------------- names */

static void test_names_are_data(void **state)
{
    (void)state;
    static const char bad[] = "</script><script>alert(1)</script><!--<b>&\"'";
    struct run *run = begin_run(&plain);
    snprintf(run->names[3], sizeof run->names[3], "%s", bad);
    snprintf(run->names[4], sizeof run->names[4], "a/\xff.pgm");
    run->info.input = run->info.command = bad;
    write_out(run, "out", METHODS);
    for (size_t again = 0; again < 2; again++) {
        page read = read_page(run->folder, "out");
        assert_null(strstr(read.html, "alert(1)</script>"));
        assert_null(strstr(read.html, "<script>alert"));
        assert_null(strstr(read.html, "<b>&"));
        assert_string_equal(
            json_string_value(json_array_get(at_path(read.json, "images", "names"), 3)), bad);
        assert_string_equal(
            json_string_value(json_array_get(at_path(read.json, "images", "names"), 4)),
            "a/\xef\xbf\xbd.pgm");
        assert_string_equal(json_string_value(at_path(read.json, "run", "input")), bad);
        free_page(&read);
        redraw(run, "out", &run->style);
    }
    end_run(run);
}

/* ---------------------------------------------------------------- which images */

static bool is_in(const json_t *list, size_t place)
{
    bool found = false;
    for (size_t at = 0; at < json_array_size(list); at++)
        found = found || (size_t)json_integer_value(json_array_get(list, at)) == place;
    return found;
}

static void test_many_images_are_an_even_sample(void **state)
{
    (void)state;
    struct run *run = begin_run(&plain);
    static const size_t asked[] = {1, 8, 30, N - 1};
    for (size_t a = 0; a < sizeof asked / sizeof *asked; a++) {
        char name[16];
        snprintf(name, sizeof name, "out%zu", a);
        run->style.page_images = asked[a];
        write_out(run, name, METHODS);
        page read = read_page(run->folder, name);
        const json_t *images = json_object_get(read.json, "images");
        const json_t *index = json_object_get(images, "index");
        assert_int_equal(size_at(images, "count"), asked[a]);
        assert_int_equal(size_at(images, "asked"), asked[a]);
        assert_int_equal(json_array_size(index), asked[a]);
        assert_true(is_in(index, 17));
        for (size_t at = 0; at < asked[a]; at++) {
            size_t i = (size_t)json_integer_value(json_array_get(index, at));
            assert_true(i < N);
            assert_true(!at || i > (size_t)json_integer_value(json_array_get(index, at - 1)));
            assert_string_equal(
                json_string_value(json_array_get(json_object_get(images, "names"), at)),
                run->names[i]);
        }
        for (size_t m = 0; m < 2 && asked[a] > 1; m++) { /* the first exemplars of NMF, k-means */
            const json_t *o = json_array_get(json_object_get(read.json, "methods"), m);
            const json_t *exemplars = json_object_get(o, "exemplars");
            for (size_t k = 0; k < R; k++)
                assert_true(is_in(index, (size_t)json_integer_value(
                                             json_array_get(json_array_get(exemplars, k), 0))));
        }
        size_t gap = 0; /* none is far from its neighbours, when there are many */
        for (size_t at = 1; at < asked[a]; at++) {
            size_t step = (size_t)(json_integer_value(json_array_get(index, at)) -
                                   json_integer_value(json_array_get(index, at - 1)));
            gap = step > gap ? step : gap;
        }
        assert_true(asked[a] < 30 || gap <= 4);
        check_images(&read, run, true);
        for (size_t m = 0; m < METHODS; m++)
            check_products(&read, json_array_get(json_object_get(read.json, "methods"), m),
                           &run->fits[m], index, asked[a]);
        free_page(&read);
    }
    end_run(run);
}

/* None but the models' examples; and a page made again holds no more than it was to hold. */
static void test_no_images_are_the_examples(void **state)
{
    (void)state;
    struct run *run = begin_run(&plain);
    mien_style style = run->style;
    run->style.page_images = 0;
    write_out(run, "out", METHODS);
    for (size_t again = 0; again < 2; again++) {
        page read = read_page(run->folder, "out");
        const json_t *images = json_object_get(read.json, "images");
        assert_int_equal(size_at(images, "count"), 8);
        assert_int_equal(size_at(images, "asked"), 0);
        assert_true(is_in(json_object_get(images, "index"), 17));
        check_images(&read, run, !again);
        free_page(&read);
        redraw(run, "out", again ? &style : &run->style);
    }
    end_run(run);
}

/* ---------------------------------------------------------------- from a run and from its folder
 */

/* The text of a page, for comparisons. */
static char *text_of(const struct run *run, const char *name)
{
    page read = read_page(run->folder, name);
    json_decref(read.json);
    return read.html;
}

static void assert_same_page(const char *is, const char *was)
{
    size_t at = 0;
    while (is[at] && is[at] == was[at])
        at++;
    if (is[at] != was[at])
        fail_msg("%.60s instead of %.60s", is + (at < 30 ? 0 : at - 30),
                 was + (at < 30 ? 0 : at - 30));
}

static void test_a_folder_gives_the_page_of_its_run(void **state)
{
    (void)state;
    static const struct kind table = {"a table", MIEN_F32, MIEN_NORMALIZE_NONE, MIEN_INK_NONE, 1, 0,
                                      true,      false};
    static const struct kind deep = {
        "16 bit", MIEN_U16, MIEN_NORMALIZE_LEE_SEUNG, MIEN_INK_DARK, 1, 0, false, false};
    const struct kind *const kinds[] = {&plain, &table, &deep};
    for (size_t c = 0; c < sizeof kinds / sizeof *kinds; c++) {
        struct run *run = begin_run(kinds[c]);
        run->style.page_images = c == 2 ? 20 : N;
        write_out(run, "out", METHODS);
        char *before = text_of(run, "out");
        mien_style style = mien_style_default();
        redraw(run, "out", &style);
        char *after = text_of(run, "out");
        assert_same_page(after, before);
        style.palette = MIEN_PALETTE_DIVERGING;
        redraw(run, "out", &style);
        page read = read_page(run->folder, "out");
        assert_string_equal(json_string_value(json_object_get(read.json, "palette")), "diverging");
        free_page(&read);
        mien_free(before);
        mien_free(after);
        end_run(run);
    }
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    struct run *run = begin_run(&plain);
    char *first = NULL;
    for (unsigned threads = 1; threads <= 3; threads++) {
        char name[16];
        run->options.threads = threads;
        snprintf(name, sizeof name, "out%u", threads);
        write_out(run, name, METHODS);
        char *text = text_of(run, name), *at = strstr(text, "\"threads\":");
        assert_non_null(at);
        at[strlen("\"threads\":")] = '0';
        if (first)
            assert_same_page(text, first);
        mien_free(first);
        first = text;
    }
    mien_free(first);
    end_run(run);
}

/* A page that was there is used when it is of these images and whole, whatever stands in it. */
static void test_an_old_page_is_not_trusted(void **state)
{
    (void)state;
    static const struct {
        const char *old, *fresh;
    } changes[] = {
        {"1234567890abcdef", "1234567890abcdee"},
        {"\"count\":20", "\"count\":21"},
        {"\"count\":20", "\"count\":2000000000000000000"},
        {"\"count\":20", "\"count\":-1"},
        {"\"index\":[", "\"index\":[40,"},
        {"\"index\":[", "\"index\":[-1,"},
        {"\"names\":[", "\"names\":[\"one more\","},
        {"\"labels\":[", "\"labels\":[\"one more\","},
        {"\"untouched\":\"untouched\"", "\"untouched\":\"nmf-basis\""},
        {"\"untouched\":{\"type\":\"u8\"", "\"untouched\":{\"type\":\"i16\""},
        {"\"gain\":{\"type\":\"f32\",\"length\":20", "\"gain\":{\"type\":\"f32\",\"length\":21"},
        {"\"upper\":1.0", "\"upper\":\"\""},
        {"id=\"blob-untouched\">", "id=\"blob-untouched\">AAAA"},
        {"id=\"blob-untouched\">", "id=\"blob-untouched\">\""},
        {"id=\"blob-untouched\">", "id=\"blob-untouch\">"},
        {"id=\"blob-gain\">eNp", "id=\"blob-gain\">eNq"},
        {"id=\"mien-data\">{", "id=\"mien-data\">"},
    };
    struct run *run = begin_run(&plain);
    run->style.page_images = 20;
    write_out(run, "out", METHODS);
    char *before = text_of(run, "out");
    mien_style style = mien_style_default();
    for (size_t c = 0; c < sizeof changes / sizeof *changes; c++) {
        size_t length = strlen(before) + 64, head;
        char *changed = calloc(length, 1);
        const char *at = strstr(before, changes[c].old);
        if (!at && strstr(changes[c].old, "eNp")) {
            free(changed);
            continue; /* zlib's header is another one here */
        }
        if (!at)
            fail_msg("the page does not hold %s", changes[c].old);
        head = (size_t)(at - before);
        snprintf(changed, length, "%.*s%s%s", (int)head, before, changes[c].fresh,
                 at + strlen(changes[c].old));
        put_text(run->folder, "out/report.html", changed);
        redraw(run, "out", &style);
        page read = read_page(run->folder, "out");
        if (size_at(json_object_get(read.json, "images"), "count") != 8)
            fail_msg("images of a page with %s instead of %s", changes[c].fresh, changes[c].old);
        check_images(&read, run, false);
        free_page(&read);
        free(changed);
    }
    mien_free(before);
    end_run(run);
}

/* ---------------------------------------------------------------- memory */

/* A failed allocation while a page is made again is told, and the page that was there stays. */
static void test_out_of_memory_keeps_the_page(void **state)
{
    (void)state;
    struct run *run = begin_run(&plain);
    run->style.page_images = 10;
    write_out(run, "out", 1);
    char *before = text_of(run, "out");
    size_t refused = 0;
    bool fired = true;
    for (long k = 0; fired; k = failing_next(k)) {
        mien_outdir *dir;
        mien_error err = {0};
        mien_set_allocator(failing_malloc, failing_free);
        failing_countdown = k;
        mien_status st = mien_redraw_begin(in_folder(run->folder, "out"), &dir, &err);
        if (!st) {
            st = mien_redraw(in_folder(run->folder, "out"), NULL, dir, &run->style, NULL, &err);
            if (st)
                mien_outdir_abandon(dir);
            else
                st = mien_outdir_commit(dir, &err);
        }
        fired = failing_countdown < 0;
        mien_set_allocator(NULL, NULL);
        if (failing_alive != 0)
            fail_msg("%ld blocks leak when allocation %ld fails", failing_alive, k);
        if (st && (st != MIEN_ERR_NOMEM || !*err.message))
            fail_msg("allocation %ld fails: status %d: %s", k, (int)st, err.message);
        refused += st != MIEN_OK;
        char *after = text_of(run, "out");
        assert_same_page(after, before);
        mien_free(after);
    }
    assert_true(refused > 100);
    mien_free(before);
    end_run(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_are_those_of_the_run),
        cmocka_unit_test(test_numbers_are_exact),
        cmocka_unit_test(test_snapshots_end_with_the_basis),
        cmocka_unit_test(test_names_are_data),
        cmocka_unit_test(test_many_images_are_an_even_sample),
        cmocka_unit_test(test_no_images_are_the_examples),
        cmocka_unit_test(test_a_folder_gives_the_page_of_its_run),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_an_old_page_is_not_trusted),
        cmocka_unit_test(test_out_of_memory_keeps_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
