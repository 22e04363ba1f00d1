/* test_report.c - results as files: what is written comes back, what is broken is refused.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/memory.h"

#include <jansson.h>

enum { N = 12, HEIGHT = 5, WIDTH = 4, P = HEIGHT * WIDTH, R = 3 };

/* A small data set made by hand, and the fits of all methods to it. */
struct run {
    char *folder;
    float *X;
    mien_image_info images[N];
    mien_refusal refused[1];
    mien_dataset dataset;
    mien_options options;
    mien_run_info info;
    mien_style style;
    mien_fit fits[4];
    mien_parts parts[4];
    const mien_fit *pointers[4];
    mien_failure failure;
};

static int make_run(void **state)
{
    struct run *run = calloc(1, sizeof *run);
    void *folder;
    if (make_folder(&folder))
        return -1;
    run->folder = folder;
    run->X = noise(N, P, 0.3, 3);
    for (size_t i = 0; i < N; i++)
        run->images[i] = (mien_image_info){i == 1 ? "a,\"b\".pgm" : "plain.pgm", WIDTH, HEIGHT};
    run->refused[0] = (mien_refusal){"bad\xff.png", "truncated <script>"};
    run->dataset = (mien_dataset){.pixels = {.n = N,
                                             .p = P,
                                             .type = MIEN_F32,
                                             .values = run->X,
                                             .lower = -INFINITY,
                                             .upper = INFINITY},
                                  .shape = {HEIGHT, WIDTH, 1},
                                  .normalize = MIEN_NORMALIZE_UNIT,
                                  .images = run->images,
                                  .refused = run->refused,
                                  .n_refused = 1};
    run->options = test_options(R, 5, 12);
    run->info = (mien_run_info){.command = "mien compare <faces> & more",
                                .input = "in\xff"
                                         "put",
                                .options = &run->options,
                                .example = 2,
                                .parts = run->parts};
    run->style = mien_style_default();
    for (size_t m = 0; m < 4; m++) {
        const char *name = mien_method_describe(mien_method_at(m))->name;
        run->fits[m] = must_fit(name, run->X, N, P, &run->options);
        run->pointers[m] = &run->fits[m];
    }
    run->failure = (mien_failure){mien_method_at(3), "it <could> not"};
    *state = run;
    return 0;
}

static int free_run(void **state)
{
    struct run *run = *state;
    for (size_t m = 0; m < 4; m++)
        mien_fit_free(&run->fits[m]);
    free(run->X);
    void *folder = run->folder;
    free(run);
    return remove_folder(&folder);
}

static mien_status write_all(const struct run *run, mien_outdir *dir, size_t n_fits,
                             mien_error *err)
{
    return mien_comparison_write(dir, run->pointers, n_fits, &run->failure, n_fits < 4,
                                 &run->dataset, &run->info, &run->style, err);
}

/* OUT with all methods in it. */
static void write_out(const struct run *run, const char *name)
{
    mien_outdir *dir;
    mien_error err = {0};
    if (mien_outdir_begin(in_folder(run->folder, name), false, &dir, &err) ||
        write_all(run, dir, 4, &err) || mien_outdir_commit(dir, &err))
        fail_msg("%s", err.message);
}

static json_t *load_json(const struct run *run, const char *name)
{
    json_error_t why;
    json_t *o = json_load_file(in_folder(run->folder, name), 0, &why);
    if (!o)
        fail_msg("%s: line %d: %s", name, why.line, why.text);
    return o;
}

/* ---------------------------------------------------------------- there and back */

static void test_a_saved_fit_comes_back(void **state)
{
    struct run *run = *state;
    write_out(run, "out");
    assert_true(mien_is_comparison(in_folder(run->folder, "out")));
    assert_false(mien_is_model(in_folder(run->folder, "out")));
    for (size_t m = 0; m < 4; m++) {
        const mien_fit *fit = &run->fits[m];
        char name[64];
        mien_model model;
        mien_error err = {0};
        snprintf(name, sizeof name, "out/%s", mien_method_describe(fit->method)->name);
        assert_true(mien_is_model(in_folder(run->folder, name)));
        if (mien_model_load(in_folder(run->folder, name), &model, &err))
            fail_msg("%s", err.message);
        const mien_fit *back = &model.fit;
        assert_ptr_equal(back->method, fit->method);
        if (!same_fit(back, fit) || back->stop != fit->stop || back->seconds != fit->seconds ||
            back->explained_variance != fit->explained_variance ||
            back->sparseness != fit->sparseness ||
            back->weights_sparseness != fit->weights_sparseness ||
            strcmp(back->loss_name, fit->loss_name) != 0)
            fail_msg("%s does not come back as it was", name);
        assert_int_equal(model.shape.height, HEIGHT);
        assert_int_equal(model.shape.width, WIDTH);
        assert_int_equal(model.shape.channels, 1);
        assert_int_equal(model.normalize, MIEN_NORMALIZE_UNIT);
        assert_int_equal(model.examples.count, 8);
        assert_int_equal(model.examples.index[0], 2);
        for (size_t e = 0; e < 8; e++)
            assert_memory_equal(model.examples.originals + e * P,
                                run->X + model.examples.index[e] * P, P * sizeof(float));
        mien_model_free(&model);
    }
}

static void test_summary_holds_the_numbers(void **state)
{
    struct run *run = *state;
    write_out(run, "out");
    json_t *o = load_json(run, "out/summary.json");
    assert_int_equal(json_integer_value(json_object_get(o, "N")), N);
    assert_int_equal(json_integer_value(json_object_get(o, "p")), P);
    assert_int_equal(json_integer_value(json_object_get(o, "r")), R);
    assert_int_equal(json_integer_value(json_object_get(o, "seed")), 5);
    const json_t *methods = json_object_get(o, "methods");
    assert_int_equal(json_object_size(methods), 4);
    for (size_t m = 0; m < 4; m++) {
        const mien_fit *fit = &run->fits[m];
        const json_t *one = json_object_get(methods, mien_method_describe(fit->method)->name);
        assert_true(json_real_value(json_object_get(one, "loss")) == fit->loss);
        assert_true(json_real_value(json_object_get(one, "relative_error")) == fit->relative_error);
        assert_int_equal(json_integer_value(json_object_get(one, "iterations")), fit->iterations);
        assert_int_equal(json_is_true(json_object_get(one, "converged")),
                         fit->stop == MIEN_STOP_CONVERGED);
        mien_parts parts;
        assert_int_equal(mien_parts_measure(fit, run->dataset.shape, 1, &parts, NULL), MIEN_OK);
        assert_true(json_real_value(json_object_get(one, "localisation")) == parts.localisation);
        assert_true(json_real_value(json_object_get(one, "overlap")) == parts.overlap);
        assert_true(json_real_value(json_object_get(one, "cancellation")) == parts.cancellation);
        assert_true(run->parts[m].overlap == parts.overlap); /* told to the caller, too */
        assert_true(run->parts[m].localisation == parts.localisation);
        assert_true(run->parts[m].cancellation == parts.cancellation);
        assert_null(json_object_get(one, "n_labels")); /* the images are in no folders */
    }
    /* a name that is no UTF-8 is readable in one field and exact in the other */
    const json_t *rejected = json_array_get(json_object_get(o, "rejected"), 0);
    assert_string_equal(json_string_value(json_object_get(rejected, "path")),
                        "bad\xef\xbf\xbd.png");
    assert_string_equal(json_string_value(json_object_get(rejected, "path_base64")),
                        "YmFk/y5wbmc=");
    json_decref(o);
    char *bytes;
    size_t nbytes;
    assert_int_equal(
        mien_file_read(in_folder(run->folder, "out/images.csv"), 1 << 20, &bytes, &nbytes, NULL),
        MIEN_OK);
    assert_non_null(strstr(bytes, "\n2,\"a,\"\"b\"\".pgm\",4,5\n"));
    mien_free(bytes);
    assert_int_equal(
        mien_file_read(in_folder(run->folder, "out/report.html"), 1 << 26, &bytes, &nbytes, NULL),
        MIEN_OK);
    assert_null(strstr(bytes, "<faces>"));
    assert_non_null(strstr(bytes, "mien compare \\u003cfaces> & more"));
    assert_non_null(strstr(bytes, "truncated \\u003cscript>"));
    mien_free(bytes);
}

/* Shares in the table are those of W and H, to the nearest of seven digits. */
static void test_shares_in_the_table(void **state)
{
    struct run *run = *state;
    const mien_fit *fit = &run->fits[0];
    double brightness[R] = {0};
    for (size_t i = 0; i < R * P; i++)
        brightness[i / P] += (double)fit->H[i];
    write_out(run, "out");
    FILE *file = fopen(in_folder(run->folder, "out/nmf/membership.csv"), "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    for (size_t i = 0; i < N; i++) {
        const float *w = fit->W + i * R;
        double sum = 0;
        for (size_t k = 0; k < R; k++)
            sum += w[k] * brightness[k];
        assert_non_null(fgets(line, sizeof line, file));
        const char *at = strchr(line, i == 1 ? 'm' : ','); /* "a,""b"".pgm" */
        for (size_t k = 0; k < R; k++) {
            at = strchr(k ? at + 1 : at, ',');
            assert_non_null(at);
            assert_near(atof(at + 1), w[k] * brightness[k] / sum, 5.1e-8);
        }
    }
    fclose(file);
}

/* With folders: labels are compared, and paths are quoted where they must be. */
static void test_folders_are_compared(void **state)
{
    struct run *run = *state;
    for (size_t i = 0; i < N; i++)
        run->images[i].path = i % 2 ? "b/x,y.pgm" : "a/1.pgm";
    write_out(run, "out");
    json_t *o = load_json(run, "out/summary.json");
    const json_t *nmf = json_object_get(json_object_get(o, "methods"), "nmf");
    assert_int_equal(json_integer_value(json_object_get(nmf, "n_labels")), 2);
    double rand = json_real_value(json_object_get(nmf, "adjusted_rand_index"));
    double mutual = json_real_value(json_object_get(nmf, "normalized_mutual_information"));
    assert_true(rand > -1 && rand < 1 && mutual >= 0 && mutual < 1);
    json_decref(o);
    FILE *file = fopen(in_folder(run->folder, "out/kmeans/membership.csv"), "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "path,component_1,component_2,component_3,dominant,entropy\n");
    for (size_t i = 0; i < N; i++) {
        const float *w = run->fits[1].W + i * R;
        char expected[256];
        snprintf(expected, sizeof expected, "%s,%d,%d,%d,%d,0.000000\n",
                 i % 2 ? "\"b/x,y.pgm\"" : "a/1.pgm", (int)w[0], (int)w[1], (int)w[2],
                 w[0] > 0   ? 1
                 : w[1] > 0 ? 2
                            : 3);
        assert_non_null(fgets(line, sizeof line, file));
        assert_string_equal(line, expected);
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
}

static void test_history_is_the_trace(void **state)
{
    struct run *run = *state;
    write_out(run, "out");
    FILE *file = fopen(in_folder(run->folder, "out/nmf/history.csv"), "r");
    assert_non_null(file);
    char line[256];
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "iteration,seconds,loss,level\n");
    for (size_t t = 0; t < run->fits[0].n_trace; t++) {
        size_t iteration, level;
        double seconds, loss;
        assert_int_equal(fscanf(file, "%zu,%lf,%lf,%zu\n", &iteration, &seconds, &loss, &level), 4);
        assert_int_equal(level, run->fits[0].trace[t].level);
        assert_int_equal(iteration, run->fits[0].trace[t].iteration);
        assert_relative(loss, run->fits[0].trace[t].loss, 1e-9);
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
}

static void test_render_draws_again(void **state)
{
    struct run *run = *state;
    write_out(run, "out");
    mien_outdir *dir;
    mien_error err = {0};
    size_t example = 1, beyond = N;
    assert_int_equal(mien_outdir_begin(in_folder(run->folder, "again"), false, &dir, &err),
                     MIEN_OK);
    assert_int_equal(
        mien_render(in_folder(run->folder, "out"), NULL, dir, &run->style, &beyond, &err),
        MIEN_ERR_ARG);
    if (mien_render(in_folder(run->folder, "out"), NULL, dir, &run->style, &example, &err) ||
        mien_outdir_commit(dir, &err))
        fail_msg("%s", err.message);
    static const char *const names[] = {"again/figure.png", "again/nmf/basis.png",
                                        "again/ica/reconstruction.png", "again/summary.json"};
    for (size_t f = 0; f < sizeof names / sizeof *names; f++)
        assert_int_equal(access(in_folder(run->folder, names[f]), R_OK), 0);
}

/* ---------------------------------------------------------------- what is broken */

static void refuse_model_at(const struct run *run, const char *folder, const char *what)
{
    mien_model model, untouched;
    memset(&model, 0xa5, sizeof model);
    memset(&untouched, 0xa5, sizeof untouched);
    mien_error err = {0};
    mien_status st = mien_model_load(in_folder(run->folder, folder), &model, &err);
    if (st != MIEN_ERR_FORMAT && st != MIEN_ERR_IO && st != MIEN_ERR_DOMAIN)
        fail_msg("%s: status %d: %s", what, (int)st, err.message);
    if (err.status != st || !*err.message)
        fail_msg("%s: no message", what);
    if (memcmp(&model, &untouched, sizeof model) != 0)
        fail_msg("%s: output written", what);
}

static void refuse_model(const struct run *run, const char *what)
{
    refuse_model_at(run, "out/pca", what);
}

/* Set a member of model.json and look; value NULL takes it away. */
static void test_wrong_members_are_refused(void **state)
{
    struct run *run = *state;
    static const struct {
        const char *key, *value;
    } cases[] = {
        {"format", NULL},
        {"format", "2"},
        {"format", "\"1\""},
        {"method", NULL},
        {"method", "\"svd\""},
        {"method", "7"},
        {"N", NULL},
        {"N", "0"},
        {"N", "-12"},
        {"N", "13"},
        {"N", "12.0"},
        {"N", "\"12\""},
        {"N", "9223372036854775807"},
        {"p", "21"},
        {"p", "0"},
        {"p", "4611686018427387904"},
        {"r", "4"},
        {"r", "2"},
        {"r", "9223372036854775807"},
        {"r", "[3]"},
        {"height", "4"},
        {"height", "4611686018427387904"},
        {"width", "0"},
        {"width", "{}"},
        {"channels", "3"},
        {"channels", "-1"},
        {"channels", "null"},
        {"normalize", "\"global\""},
        {"normalize", "1"},
        {"examples", NULL},
        {"examples", "[]"},
        {"examples", "5"},
        {"examples", "[0,1]"},
        {"examples", "[0,1,2,3,4,5,6,12]"},
        {"examples", "[0,1,2,3,4,5,6,-1]"},
        {"examples", "[0,1,2,3,4,5,6,9223372036854775807]"},
    };
    write_out(run, "out");
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        json_t *o = load_json(run, "out/pca/model.json"), *whole = json_deep_copy(o);
        if (cases[c].value)
            json_object_set_new(o, cases[c].key, json_loads(cases[c].value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(o, cases[c].key);
        assert_int_equal(json_dump_file(o, in_folder(run->folder, "out/pca/model.json"), 0), 0);
        char what[128];
        snprintf(what, sizeof what, "%s = %s", cases[c].key,
                 cases[c].value ? cases[c].value : "nothing");
        refuse_model(run, what);
        assert_int_equal(json_dump_file(whole, in_folder(run->folder, "out/pca/model.json"), 0), 0);
        json_decref(o);
        json_decref(whole);
    }
    mien_model model; /* and with everything put back it is read */
    assert_int_equal(mien_model_load(in_folder(run->folder, "out/pca"), &model, NULL), MIEN_OK);
    mien_model_free(&model);
}

/* ---------------------------------------------------------------- ink */

/* A folder of PGM of the given greatest value, learned and saved in `out`; its stored pixels. */
static void learn_folder(struct run *run, const char *input, const char *out, unsigned maxval,
                         const mien_load_options *load, mien_dataset *dataset)
{
    char name[64], path[512];
    put_folder(run->folder, input);
    for (unsigned i = 0; i < N; i++) {
        char text[2048];
        int used = snprintf(text, sizeof text, "P2\n%d %d\n%u\n", (int)WIDTH, (int)HEIGHT, maxval);
        for (unsigned j = 0; j < P; j++)
            used += snprintf(text + used, sizeof text - (size_t)used, "%u\n",
                             (i * 37 + j * j * 11 + i * j) % (maxval + 1));
        snprintf(name, sizeof name, "%s/%02u.pgm", input, i);
        put_file(run->folder, name, text, (size_t)used);
    }
    mien_error err = {0};
    mien_outdir *dir;
    snprintf(path, sizeof path, "%s", in_folder(run->folder, input));
    if (mien_dataset_load(path, load, dataset, &err))
        fail_msg("%s", err.message);
    mien_source X = mien_pixels_source(&dataset->pixels);
    mien_options options = mien_options_default();
    mien_fit fit;
    const mien_fit *fits[] = {&fit};
    options.r = 3;
    options.iterations = 5;
    mien_run_info info = {.command = "test", .input = path, .options = &options, .example = 4};
    if (mien_fit_run(mien_method_find("nmf"), &X, &options, &fit, &err) ||
        mien_outdir_begin(in_folder(run->folder, out), true, &dir, &err) ||
        mien_comparison_write(dir, fits, 1, NULL, 0, dataset, &info, &run->style, &err) ||
        mien_outdir_commit(dir, &err))
        fail_msg("%s", err.message);
    mien_fit_free(&fit);
}

/* The files' own pixels stand in the model, whatever was made of them: equal to the file within
 * one of 255, with its name; the prepared ones rise or fall with them. */
static void test_untouched_examples_are_those_of_the_files(void **state)
{
    struct run *run = *state;
    static const mien_normalize how[] = {MIEN_NORMALIZE_LEE_SEUNG, MIEN_NORMALIZE_UNIT,
                                         MIEN_NORMALIZE_MAX, MIEN_NORMALIZE_NONE};
    static const unsigned maxvals[] = {255, 65535, 100};
    for (size_t c = 0; c < 8; c++) {
        mien_ink_kind ink = c % 2 ? MIEN_INK_DARK : MIEN_INK_LIGHT;
        unsigned maxval = maxvals[c % 3];
        mien_load_options load = {.normalize = how[c / 2], .ink = ink, .threads = 1};
        char input[32], out[32];
        mien_dataset dataset;
        mien_model model;
        snprintf(input, sizeof input, "ink-in-%zu", c);
        snprintf(out, sizeof out, "ink-%zu", c);
        learn_folder(run, input, out, maxval, &load, &dataset);
        snprintf(out, sizeof out, "ink-%zu/nmf", c);
        assert_int_equal(mien_model_load(in_folder(run->folder, out), &model, NULL), MIEN_OK);
        assert_true(model.ink == ink);
        assert_non_null(model.examples.untouched);
        for (size_t e = 0; e < model.examples.count; e++) {
            size_t i = model.examples.index[e];
            const uint8_t *untouched = model.examples.untouched + e * P;
            const float *x = model.examples.originals + e * P;
            assert_string_equal(model.examples.names[e], dataset.images[i].path);
            for (size_t j = 0; j < P; j++) {
                double stored = (double)((i * 37 + j * j * 11 + i * j) % (maxval + 1)) / maxval;
                assert_near(untouched[j], 255 * stored, 1);
                for (size_t k = 0; k < j; k++)
                    if (untouched[j] > untouched[k])
                        assert_true(ink == MIEN_INK_DARK ? x[j] <= x[k] : x[j] >= x[k]);
            }
        }
        mien_model_free(&model);
        mien_dataset_free(&dataset);
    }
}

/* What no image uses is drawn as what is zero, whatever its basis image holds. */
static void test_unused_components_are_empty(void **state)
{
    struct run *run = *state;
    static const char *const names[] = {"figure.png", "pca/basis.png"};
    mien_fit *pca = NULL;
    for (size_t m = 0; m < 4; m++)
        if (strcmp(mien_method_describe(run->fits[m].method)->name, "pca") == 0)
            pca = &run->fits[m];
    for (size_t i = 0; i < N; i++)
        pca->W[i * R + R - 1] = 0;
    write_out(run, "unused");
    for (size_t j = 0; j < P; j++)
        pca->H[(R - 1) * P + j] = 0;
    write_out(run, "zero");
    for (size_t k = 0; k < 2; k++) {
        char a[64], b[64], *bytes[2];
        size_t nbytes[2];
        snprintf(a, sizeof a, "unused/%s", names[k]);
        snprintf(b, sizeof b, "zero/%s", names[k]);
        assert_int_equal(
            mien_file_read(in_folder(run->folder, a), 1 << 24, &bytes[0], &nbytes[0], NULL),
            MIEN_OK);
        assert_int_equal(
            mien_file_read(in_folder(run->folder, b), 1 << 24, &bytes[1], &nbytes[1], NULL),
            MIEN_OK);
        assert_int_equal(nbytes[0], nbytes[1]);
        assert_memory_equal(bytes[0], bytes[1], nbytes[0]);
        mien_free(bytes[0]);
        mien_free(bytes[1]);
    }
}

/* "invert" of a model of before is ink; one without either is light, a table has none. */
static void test_inks_of_models(void **state)
{
    struct run *run = *state;
    static const struct {
        const char *ink, *invert;
        bool is_table;
        mien_ink_kind read;
    } cases[] = {
        {"\"dark\"", NULL, false, MIEN_INK_DARK}, {"\"light\"", NULL, false, MIEN_INK_LIGHT},
        {"null", NULL, true, MIEN_INK_NONE},      {NULL, "true", false, MIEN_INK_DARK},
        {NULL, "false", false, MIEN_INK_LIGHT},   {NULL, NULL, false, MIEN_INK_LIGHT},
        {NULL, "false", true, MIEN_INK_NONE},     {NULL, "true", true, MIEN_INK_DARK},
        {"null", NULL, false, MIEN_INK_NONE},
    };
    mien_dataset dataset;
    mien_load_options load = {.threads = 1};
    learn_folder(run, "ink-in", "ink", 255, &load, &dataset);
    mien_dataset_free(&dataset);
    unlink(in_folder(run->folder, "ink/nmf/untouched.npy"));
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        json_t *o = load_json(run, "ink/nmf/model.json");
        mien_model model;
        json_object_del(o, "ink");
        json_object_del(o, "invert");
        json_object_del(o, "example_names");
        if (cases[c].ink)
            json_object_set_new(o, "ink", json_loads(cases[c].ink, JSON_DECODE_ANY, NULL));
        if (cases[c].invert)
            json_object_set_new(o, "invert", json_loads(cases[c].invert, JSON_DECODE_ANY, NULL));
        json_object_set_new(o, "table", json_boolean(cases[c].is_table));
        assert_int_equal(json_dump_file(o, in_folder(run->folder, "ink/nmf/model.json"), 0), 0);
        json_decref(o);
        assert_int_equal(mien_model_load(in_folder(run->folder, "ink/nmf"), &model, NULL), MIEN_OK);
        if (model.ink != cases[c].read)
            fail_msg("case %zu: ink %d", c, (int)model.ink);
        assert_null(model.examples.untouched);
        assert_null(model.examples.names);
        mien_model_free(&model);
    }
    put_file(run->folder, "ink/nmf/untouched.npy", "\x93NUMPY", 6);
    refuse_model_at(run, "ink/nmf", "untouched.npy cut");
}

/* Every file cut at many places, made longer, emptied, replaced, taken away. */
static void test_broken_files_are_refused(void **state)
{
    struct run *run = *state;
    static const char *const names[] = {"out/pca/model.json", "out/pca/basis.npy",
                                        "out/pca/weights.npy", "out/pca/mean.npy",
                                        "out/pca/examples.npy"};
    write_out(run, "out");
    for (size_t f = 0; f < sizeof names / sizeof *names; f++) {
        char *bytes, what[128];
        size_t nbytes;
        assert_int_equal(
            mien_file_read(in_folder(run->folder, names[f]), 1 << 20, &bytes, &nbytes, NULL),
            MIEN_OK);
        bool is_json = f == 0;
        for (size_t length = 0; length + 2 < nbytes; length += 1 + nbytes / 40) {
            put_file(run->folder, names[f], bytes, length);
            snprintf(what, sizeof what, "%s cut to %zu bytes", names[f], length);
            refuse_model(run, what);
        }
        snprintf(what, sizeof what, "%s with something behind", names[f]);
        char *longer = malloc(nbytes + 4);
        memcpy(longer, bytes, nbytes);
        memcpy(longer + nbytes, "more", 4);
        put_file(run->folder, names[f], longer, nbytes + 4);
        refuse_model(run, what);
        if (!is_json) { /* the last number becomes NaN */
            memcpy(longer, bytes, nbytes);
            memset(longer + nbytes - 4, 0xff, 4);
            put_file(run->folder, names[f], longer, nbytes);
            snprintf(what, sizeof what, "%s with NaN", names[f]);
            refuse_model(run, what);
        }
        free(longer);
        unlink(in_folder(run->folder, names[f]));
        snprintf(what, sizeof what, "no %s", names[f]);
        refuse_model(run, what);
        put_folder(run->folder, names[f]);
        snprintf(what, sizeof what, "%s is a folder", names[f]);
        refuse_model(run, what);
        rmdir(in_folder(run->folder, names[f]));
        put_file(run->folder, names[f], bytes, nbytes);
        mien_free(bytes);
    }
    /* another model's arrays */
    char *bytes;
    size_t nbytes;
    assert_int_equal(mien_file_read(in_folder(run->folder, "out/pca/weights.npy"), 1 << 20, &bytes,
                                    &nbytes, NULL),
                     MIEN_OK);
    put_file(run->folder, "out/pca/basis.npy", bytes, nbytes);
    mien_free(bytes);
    refuse_model(run, "weights in the place of the basis");
}

static void test_json_that_is_none(void **state)
{
    struct run *run = *state;
    static const char *const texts[] = {
        "",
        "[]",
        "null",
        "7",
        "\"model\"",
        "{}",
        "{\"format\":1}",
        "{\"format\":1e999}",
        "{\"N\":99999999999999999999999}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\xff\"}",
    };
    write_out(run, "out");
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        put_text(run->folder, "out/pca/model.json", texts[t]);
        refuse_model(run, texts[t]);
    }
    char deep[100000];
    memset(deep, '[', sizeof deep);
    put_file(run->folder, "out/pca/model.json", deep, sizeof deep);
    refuse_model(run, "deep nesting");
}

/* ---------------------------------------------------------------- memory */

/* Mien's allocations fail and, `with_json`, jansson's as well. A failure may be made good (a string
 * is tried a second time, as bytes that may be no UTF-8), but it is never lost: done is what
 * succeeds. */
static void check_out_of_memory(const struct run *run,
                                mien_status (*work)(const struct run *, mien_error *),
                                bool with_json, size_t least)
{
    json_malloc_t json_malloc_before;
    json_free_t json_free_before;
    json_get_alloc_funcs(&json_malloc_before, &json_free_before);
    size_t refused = 0;
    bool fired = true;
    for (long k = 0; fired; k = failing_next(k)) {
        mien_error err = {0};
        mien_set_allocator(failing_malloc, failing_free);
        if (with_json)
            json_set_alloc_funcs(failing_malloc, failing_free);
        failing_countdown = k;
        mien_status st = work(run, &err);
        fired = failing_countdown < 0;
        json_set_alloc_funcs(json_malloc_before, json_free_before);
        mien_set_allocator(NULL, NULL);
        if (failing_alive != 0)
            fail_msg("%ld blocks leak when allocation %ld fails", failing_alive, k);
        if (st && (st != MIEN_ERR_NOMEM || err.status != st || !*err.message))
            fail_msg("allocation %ld fails: status %d: %s", k, (int)st, err.message);
        refused += st != MIEN_OK;
        if (!fired)
            assert_int_equal(st, MIEN_OK);
    }
    if (refused < least)
        fail_msg("only %zu failures were seen", refused);
}

/* Everything of one fit. */
static mien_status write_and_abandon(const struct run *run, mien_error *err)
{
    mien_outdir *dir;
    mien_status st = mien_outdir_begin(in_folder(run->folder, "out"), false, &dir, err);
    if (st)
        return st;
    st = write_all(run, dir, 1, err);
    mien_outdir_abandon(dir);
    return st;
}

static mien_status load_and_free(const struct run *run, mien_error *err)
{
    mien_model model;
    mien_status st = mien_model_load(in_folder(run->folder, "out/pca"), &model, err);
    if (!st)
        mien_model_free(&model);
    return st;
}

static void test_out_of_memory_while_writing(void **state)
{
    struct run *run = *state;
    run->style.zoom = 1;
    check_out_of_memory(run, write_and_abandon, true, 100);
    assert_int_not_equal(access(in_folder(run->folder, "out"), F_OK), 0);
}

static void test_out_of_memory_while_loading(void **state)
{
    struct run *run = *state;
    write_out(run, "out");
    /* while reading, jansson calls its own lack of memory a syntax error */
    check_out_of_memory(run, load_and_free, false, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_saved_fit_comes_back, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_summary_holds_the_numbers, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_shares_in_the_table, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_folders_are_compared, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_history_is_the_trace, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_render_draws_again, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_wrong_members_are_refused, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_untouched_examples_are_those_of_the_files, make_run,
                                        free_run),
        cmocka_unit_test_setup_teardown(test_unused_components_are_empty, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_inks_of_models, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_broken_files_are_refused, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_json_that_is_none, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_out_of_memory_while_writing, make_run, free_run),
        cmocka_unit_test_setup_teardown(test_out_of_memory_while_loading, make_run, free_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
