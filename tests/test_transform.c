/* test_transform.c - a saved model at work on new images: what it remembers, what is written, the
 * picture of what is missing.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"
#include "support/fits.h"
#include "support/problems.h"

#include "figures/residual.h"

#include <jansson.h>

enum { N = 12, HEIGHT = 5, WIDTH = 4, P = HEIGHT * WIDTH, R = 3 };

/* A model of made-up images, saved under `out`, and those images as a data set. */
struct world {
    char *folder;
    float *X;
    mien_image_info images[N];
    mien_dataset dataset;
    mien_options options;
    mien_run_info info;
    mien_style style;
    mien_fit fit;
};

static void save(const struct world *w)
{
    const mien_fit *fits[] = {&w->fit};
    mien_outdir *dir;
    mien_error err = {0};
    if (mien_outdir_begin(in_folder(w->folder, "out"), false, &dir, &err) ||
        mien_comparison_write(dir, fits, 1, NULL, 0, &w->dataset, &w->info, &w->style, &err) ||
        mien_outdir_commit(dir, &err))
        fail_msg("%s", err.message);
}

static int make_world(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    void *folder;
    if (make_folder(&folder))
        return -1;
    w->folder = folder;
    w->X = noise(N, P, 0.3, 3);
    for (size_t i = 0; i < N; i++)
        w->images[i] = (mien_image_info){i == 1 ? "a,\"b\".pgm" : "s1/plain.pgm", WIDTH, HEIGHT};
    w->dataset = (mien_dataset){.pixels = {.n = N,
                                           .p = P,
                                           .type = MIEN_F32,
                                           .values = w->X,
                                           .lower = -INFINITY,
                                           .upper = INFINITY,
                                           .white = 0.75},
                                .shape = {HEIGHT, WIDTH, 1},
                                .normalize = MIEN_NORMALIZE_UNIT,
                                .images = w->images};
    w->options = test_options(R, 5, 400);
    set_option(&w->options, "objective", "frobenius");
    w->info = (mien_run_info){.command = "mien", .input = "in", .options = &w->options};
    w->style = mien_style_default();
    w->style.zoom = 1;
    w->fit = must_fit("nmf", w->X, N, P, &w->options);
    save(w);
    *state = w;
    return 0;
}

static int free_world(void **state)
{
    struct world *w = *state;
    mien_fit_free(&w->fit);
    free(w->X);
    void *folder = w->folder;
    free(w);
    return remove_folder(&folder);
}

static mien_model load(const struct world *w)
{
    mien_model model;
    mien_error err = {0};
    if (mien_model_load(in_folder(w->folder, "out/nmf"), &model, &err))
        fail_msg("%s", err.message);
    return model;
}

static mien_encoding encode(const struct world *w, const mien_model *model)
{
    mien_float_view view = {w->X, N, P};
    mien_source X = mien_float_source(&view);
    mien_encoding e;
    mien_error err = {0};
    if (mien_fit_encode(&model->fit, &model->options, &X, &e, &err))
        fail_msg("%s", err.message);
    return e;
}

/* ---------------------------------------------------------------- what a model remembers */

static void test_a_model_remembers_what_it_minimised(void **state)
{
    struct world *w = *state;
    mien_model model = load(w);
    mien_encoding e = encode(w, &model);
    assert_string_equal(e.fit.loss_name, w->fit.loss_name);
    assert_relative(e.fit.loss, w->fit.loss, 1e-4);
    assert_int_equal(model.options.r, R);
    assert_int_equal(model.options.seed, 5);
    assert_int_equal(model.options.iterations, 400);
    assert_true(model.white == 0.75);
    assert_string_equal(model.stored, "float32");
    assert_false(model.is_table);
    assert_memory_equal(&model.fit.image_errors, &w->fit.image_errors, sizeof(mien_quantiles));
    mien_encoding_free(&e);
    mien_model_free(&model);
}

/* Change a member of model.json at keys[0] / keys[1], or take it away. */
static void change(const struct world *w, const char *object, const char *key, const char *value)
{
    const char *path = in_folder(w->folder, "out/nmf/model.json");
    json_t *o = json_load_file(path, 0, NULL);
    assert_non_null(o);
    json_t *at = object ? json_object_get(o, object) : o;
    if (value)
        assert_int_equal(json_object_set_new(at, key, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
    else
        json_object_del(at, key);
    assert_int_equal(json_dump_file(o, path, 0), 0);
    json_decref(o);
}

static void test_strange_knobs_are_refused(void **state)
{
    struct world *w = *state;
    mien_model model;
    mien_error err = {0};
    change(w, "options", "objective", "\"itakura-saito\"");
    assert_int_equal(mien_model_load(in_folder(w->folder, "out/nmf"), &model, &err),
                     MIEN_ERR_FORMAT);
    assert_non_null(strstr(err.message, "model.json: objective itakura-saito"));
    change(w, "options", "objective", NULL); /* missing: the default of old */
    model = load(w);
    mien_encoding e = encode(w, &model);
    assert_string_equal(e.fit.loss_name, "generalised KL divergence");
    mien_encoding_free(&e);
    mien_model_free(&model);
}

static void test_strange_errors_are_no_measure(void **state)
{
    struct world *w = *state;
    static const char *const values[] = {
        "{}",
        "[]",
        "7",
        "{\"N\": -3}",
        "{\"N\": 12, \"lower_quartile\": 2, \"upper_quartile\": 1}",
        "{\"N\": 12, \"lower_quartile\": null}",
        NULL};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        change(w, "fit", "image_errors", values[v]);
        mien_model model = load(w);
        assert_int_equal(model.fit.image_errors.n, 0);
        mien_model_free(&model);
    }
}

static void test_the_model_of_a_folder(void **state)
{
    struct world *w = *state;
    char path[600], wanted[600];
    mien_error err = {0};
    snprintf(wanted, sizeof wanted, "%s/out/nmf", w->folder);
    static const char *const names[] = {"out", "out/", "out/nmf", "out/nmf//"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(mien_model_find(in_folder(w->folder, names[i]), path, sizeof path, &err),
                         MIEN_OK);
        assert_string_equal(path, wanted);
    }
    assert_int_equal(mien_model_find(in_folder(w->folder, "out"), path, 8, &err), MIEN_ERR_ARG);
    assert_int_equal(mien_model_find(w->folder, path, sizeof path, &err), MIEN_ERR_FORMAT);
}

/* ---------------------------------------------------------------- writing */

static mien_status write_transform(const struct world *w, const mien_model *model,
                                   const mien_encoding *e, const mien_outliers *outliers,
                                   bool commit, mien_error *err)
{
    mien_outdir *dir;
    mien_status st = mien_outdir_begin(in_folder(w->folder, "new"), false, &dir, err);
    if (st)
        return st;
    st = mien_transform_write(dir, model, "out/nmf", e, outliers, &w->dataset, &w->info, true,
                              &w->style, err);
    if (!st && commit)
        return mien_outdir_commit(dir, err);
    mien_outdir_abandon(dir);
    return st;
}

static void test_errors_as_a_table(void **state)
{
    struct world *w = *state;
    mien_model model = load(w);
    mien_encoding e = encode(w, &model);
    mien_quantiles strict = {.n = N,
                             .lower_quartile = model.fit.image_errors.median,
                             .upper_quartile = model.fit.image_errors.median};
    mien_outliers outliers;
    mien_error err = {0};
    assert_int_equal(mien_outliers_find(&strict, &e, &outliers, &err), MIEN_OK);
    if (write_transform(w, &model, &e, &outliers, true, &err))
        fail_msg("%s", err.message);
    FILE *file = fopen(in_folder(w->folder, "new/errors.csv"), "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "index,path,loss,relative_error,outlier\n");
    size_t flagged = 0;
    for (size_t i = 0; i < N; i++) {
        char head[64];
        double loss, error;
        int outlier;
        assert_non_null(fgets(line, sizeof line, file));
        int length = snprintf(head, sizeof head, "%zu,%s,", i + 1,
                              i == 1 ? "\"a,\"\"b\"\".pgm\"" : "s1/plain.pgm");
        assert_memory_equal(line, head, (size_t)length);
        assert_int_equal(sscanf(line + length, "%lf,%lf,%d", &loss, &error, &outlier), 3);
        assert_relative(loss, e.losses[i], 1e-7);
        assert_relative(error, e.errors[i], 1e-7);
        assert_int_equal(outlier, e.errors[i] > outliers.fence);
        flagged += (size_t)outlier;
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_int_equal(flagged, outliers.count);
    assert_true(flagged > 0 && flagged < N);
    mien_outliers_free(&outliers);
    mien_encoding_free(&e);
    mien_model_free(&model);
}

static void test_out_of_memory_while_writing(void **state)
{
    struct world *w = *state;
    mien_model model = load(w);
    mien_encoding e = encode(w, &model);
    mien_outliers outliers;
    mien_error err = {0};
    assert_int_equal(mien_outliers_find(&(mien_quantiles){.n = N}, &e, &outliers, &err), MIEN_OK);
    mien_set_allocator(failing_malloc, failing_free);
    long k = 0;
    mien_status st = MIEN_ERR_NOMEM;
    for (; st; k += k < 60 ? 1 : 23) { /* text alone allocates thousands of times */
        failing_countdown = k;
        failing_alive = 0;
        err = (mien_error){0};
        st = write_transform(w, &model, &e, &outliers, false, &err);
        if (failing_alive || (st && (st != MIEN_ERR_NOMEM || err.status != st)))
            fail_msg("allocation %ld: status %d, %ld blocks leak", k, (int)st, failing_alive);
    }
    mien_set_allocator(NULL, NULL);
    assert_true(k > 30);
    assert_int_not_equal(access(in_folder(w->folder, "new"), F_OK), 0);
    mien_outliers_free(&outliers);
    mien_encoding_free(&e);
    mien_model_free(&model);
}

/* ---------------------------------------------------------------- the picture */

static size_t count_color(const mien_canvas *canvas, mien_rgb color)
{
    size_t count = 0;
    for (size_t y = 0; y < canvas->height; y++)
        for (size_t x = 0; x < canvas->width; x++) {
            mien_rgb c = mien_canvas_get(canvas, x, y);
            count += c.r == color.r && c.g == color.g && c.b == color.b;
        }
    return count;
}

/* One image, half of it above its reconstruction and a quarter below. */
static mien_canvas draw(bool flagged, const char *name)
{
    static const float original[4] = {1, 1, 0, 0.5f}, rebuilt[4] = {0.5f, 0.5f, 0.5f, 0.5f};
    mien_residual_image image = {original, rebuilt, name, "error 0.5", flagged};
    mien_residual sheet = {.title = "",
                           .subtitle = "",
                           .images = &image,
                           .count = 1,
                           .shape = {2, 2, 1},
                           .high = 1,
                           .style = &(mien_style){.palette = MIEN_PALETTE_ESL}};
    mien_canvas canvas;
    mien_error err = {0};
    if (mien_residual_draw(&sheet, &canvas, &err))
        fail_msg("%s", err.message);
    return canvas;
}

static void test_residual_shows_what_is_missing(void **state)
{
    (void)state;
    enum { QUARTER = 80 * 80, SWATCH = 18 * 18 };
    mien_canvas plain = draw(false, "x"), flagged = draw(true, "x");
    mien_rgb red = {170, 0, 0}, black = {0, 0, 0}, flag = {196, 30, 30};
    /* the quarter that has less, and the legend */
    assert_int_equal(count_color(&plain, red), QUARTER + SWATCH);
    /* the half that has more than its reconstruction, the legend, and the original's own half */
    assert_int_equal(count_color(&plain, black), 4 * QUARTER + SWATCH);
    assert_int_equal(count_color(&plain, flag), 0);
    assert_true(count_color(&flagged, flag) >= 4 * 4 * 160);
    mien_canvas_free(&plain);
    mien_canvas_free(&flagged);
}

static void test_residual_with_names_of_any_kind(void **state)
{
    (void)state;
    static char endless[2000];
    memset(endless, 'm', sizeof endless - 1);
    const char *names[] = {"", endless, "\xff\xfe", "\xe2\x80",
                           "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        mien_canvas canvas = draw(true, names[i]);
        mien_canvas_free(&canvas);
    }
    mien_residual nothing = {.title = "", .subtitle = "", .shape = {2, 2, 1}};
    mien_canvas canvas;
    assert_int_equal(mien_residual_draw(&nothing, &canvas, NULL), MIEN_ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_model_remembers_what_it_minimised, make_world,
                                        free_world),
        cmocka_unit_test_setup_teardown(test_strange_knobs_are_refused, make_world, free_world),
        cmocka_unit_test_setup_teardown(test_strange_errors_are_no_measure, make_world, free_world),
        cmocka_unit_test_setup_teardown(test_the_model_of_a_folder, make_world, free_world),
        cmocka_unit_test_setup_teardown(test_errors_as_a_table, make_world, free_world),
        cmocka_unit_test_setup_teardown(test_out_of_memory_while_writing, make_world, free_world),
        cmocka_unit_test(test_residual_shows_what_is_missing),
        cmocka_unit_test(test_residual_with_names_of_any_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
