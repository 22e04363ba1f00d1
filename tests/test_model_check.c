/* test_model_check.c - models may come from anywhere: numbers that no method gives, paths that lead
 * elsewhere.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "report/model/model.h"

enum { N = 3, P = 4, R = 2 };

struct numbers {
    const char *method, *words; /* of the refusal; NULL: it is a model */
    float W[N * R], H[R * P];
};

static const struct numbers cases[] = {
    {"nmf", NULL, {1, 0, 0.5f, 2, 0, 0}, {1, 0, 0, 0.5f, 0, 1, 0, 0}},
    {"nmf", "basis.npy: component 2 is -0.1 at pixel 3", {0}, {1, 0, 0, 0, 0, 1, -0.1f, 0}},
    {"nmf", "weights.npy: component 2 of image 2 is -1", {0, 0, 0, -1}, {1, 1, 1, 1, 1, 1, 1, 1}},
    {"nmf", "basis.npy", {0}, {1, NAN, 0, 0, 0, 1, 0, 0}},
    {"kmeans", NULL, {1, 0, 0, 1, 1, 0}, {1, -2, 3, 4, 1, 2, 3, 4}},
    {"kmeans", "weights.npy: image 2 does not have a single 1", {1, 0, 1, 1, 1, 0}, {0}},
    {"kmeans", "weights.npy: image 3", {1, 0, 0, 1, 0.5f, 0}, {0}},
    {"kmeans", "weights.npy: image 1", {1, 0.1f, 0, 1, 1, 0}, {0}},
    {"pca", NULL, {-1, 2}, {0.6f, -0.8f, 0, 0, 0.8f, 0.6f, 0, 0}},
    {"pca", NULL, {-1, 2}, {0.6f, -0.8f, 0, 0, 0, 0, 0, 0}}, /* beyond the rank of the data */
    {"pca", "not orthonormal", {0}, {0.6f, -0.8f, 0, 0, 0.81f, 0.6f, 0, 0}},
    {"pca", "not orthonormal", {0}, {0.6f, -0.8f, 0, 0, 0.6f, -0.8f, 0, 0}},
    {"pca", "not orthonormal", {0}, {0.6f, -0.8f, 0, 0, 0.8f, 0.36f, 0.48f, 0}},
    {"pca", "not orthonormal", {0}, {NAN, 0, 0, 0, 0, 1, 0, 0}},
    {"ica", NULL, {-1, 2}, {5, -3, 1, 0, 2, 2, 2, 2}}, /* nothing is promised */
};

static void test_numbers_that_a_method_does_not_give(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct numbers c = cases[i];
        mien_error err = {0};
        mien_model model = {
            .fit = {
                .method = mien_method_find(c.method), .n = N, .p = P, .r = R, .W = c.W, .H = c.H}};
        mien_status st = mien_model_check(&model, "m", &err);
        if (st != (c.words ? MIEN_ERR_FORMAT : MIEN_OK) ||
            (c.words && !strstr(err.message, c.words)))
            fail_msg("row %zu: status %d: %s", i, st, err.message);
    }
}

/* Every method's title under every other method's name. */
static void test_methods_that_were_changed(void **state)
{
    (void)state;
    for (size_t a = 0; a < mien_method_count(); a++)
        for (size_t b = 0; b < mien_method_count(); b++) {
            const mien_method *method = mien_method_at(a);
            mien_error err = {0};
            mien_status st = mien_model_check_title(
                method, mien_method_describe(mien_method_at(b))->title, "m", &err);
            assert_int_equal(st, a == b ? MIEN_OK : MIEN_ERR_FORMAT);
        }
    assert_int_equal(mien_model_check_title(mien_method_at(0), "a title of before", "m", NULL),
                     MIEN_OK);
}

/* model.json led render through the whole of /usr. */
static void test_paths_are_followed_below_only(void **state)
{
    static const struct {
        const char *input;
        bool followed;
    } rows[] = {{"in", true},     {"./in/", true},     {"in/../in", false}, {"..", false},
                {"../in", false}, {"/usr", false},     {"/", false},        {"", false},
                {"none", false},  {"beside", true},    {"link", false},     {"in/a..b", true},
                {"inner", true},  {"../../usr", false}};
    char before[512], path[512], folder[512], wanted[512];
    assert_non_null(getcwd(before, sizeof before));
    put_folder(*state, "here");
    put_folder(*state, "here/in");
    put_folder(*state, "here/in/a..b");
    put_folder(*state, "there"); /* where the result lies */
    put_folder(*state, "there/beside");
    put_folder(*state, "there/out");
    put_folder(*state, "there/out/nmf");
    put_folder(*state, "outside");
    assert_int_equal(symlink("../outside", in_folder(*state, "here/link")), 0);
    assert_int_equal(symlink("in", in_folder(*state, "here/inner")), 0);
    snprintf(folder, sizeof folder, "%s/there/out/nmf", (char *)*state);
    assert_int_equal(chdir(in_folder(*state, "here")), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mien_model model = {.is_table = false};
        snprintf(model.input, sizeof model.input, "%s", rows[i].input);
        if (mien_model_source(&model, folder, NULL, path, sizeof path) != rows[i].followed)
            fail_msg("'%s' is %sfollowed", rows[i].input, rows[i].followed ? "not " : "");
        assert_true(mien_model_source(&model, folder, "/named", path, sizeof path));
        assert_string_equal(path, "/named");
    }
    mien_model model = {.input = "beside"};
    assert_true(mien_model_source(&model, folder, NULL, path, sizeof path));
    snprintf(wanted, sizeof wanted, "%s/there/beside", (char *)*state);
    assert_string_equal(path, wanted);
    assert_int_equal(chdir("/"), 0); /* nothing is below the root: everything is */
    snprintf(model.input, sizeof model.input, "usr");
    assert_false(mien_model_source(&model, folder, NULL, path, sizeof path));
    assert_int_equal(chdir(before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_that_a_method_does_not_give),
        cmocka_unit_test(test_methods_that_were_changed),
        cmocka_unit_test_setup_teardown(test_paths_are_followed_below_only, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
