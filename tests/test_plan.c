/* test_plan.c - what a run is said to need, beside what it takes; what a process may use.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* wait4() */
#include "support/files.h"

#include "base/memory.h"
#include "data/npy.h"
#include "mien_study.h"

#include <sys/resource.h>
#include <sys/wait.h>

static void write_images(const char *path, size_t n, size_t side)
{
    uint8_t *values = mien_alloc_raw(n, side * side);
    assert_non_null(values);
    uint32_t state = 1;
    for (size_t k = 0; k < n * side * side; k++) {
        state = state * 1664525u + 1013904223u;
        values[k] = (uint8_t)(state >> 24);
    }
    assert_int_equal(mien_npy_write_bytes(path, values, (size_t[]){n, side, side}, 3, NULL),
                     MIEN_OK);
    mien_free(values);
}

/* Reads and learns, in a process of its own; exits with 0. *plan <- what it planned. */
static void learn(const char *path, const char *name, size_t r, mien_plan *plan, int to)
{
    const mien_method *method = mien_method_find(name);
    mien_load_options load = {.threads = 2};
    mien_options options = mien_options_default();
    mien_dataset dataset;
    mien_fit fit;
    mien_error err;
    options.r = r;
    options.iterations = 3;
    options.restarts = 1;
    options.threads = 2;
    if (mien_dataset_load(path, &load, &dataset, &err))
        _exit(2);
    mien_source X = mien_dataset_source(&dataset);
    *plan = mien_plan_make(&dataset, &options, &method, 1, 1, 0);
    if (mien_fit_run(method, &X, &options, &fit, &err))
        _exit(3);
    ssize_t written = write(to, plan, sizeof *plan);
    _exit(written == (ssize_t)sizeof *plan ? 0 : 4);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#endif

/* The estimate is 0.8 to 2.5 times what was measured, what is written in the end apart. */
static void test_estimates(void **state)
{
    (void)state;
#ifdef UNDER_SANITIZER
    skip(); /* they take memory of their own */
#endif
    static const struct {
        size_t n, side, r;
        const char *method;
    } cases[] = {{300, 16, 4, "nmf"},    {40000, 24, 40, "nmf"},    {40000, 24, 40, "kmeans"},
                 {40000, 24, 40, "pca"}, {40000, 24, 40, "ica"},    {3000, 128, 20, "nmf"},
                 {3000, 128, 20, "pca"}, {100000, 8, 16, "kmeans"}, {100000, 8, 16, "nmf"}};
    size_t beyond = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int pipes[2], status;
        mien_plan plan;
        struct rusage usage;
        write_images("images.npy", cases[c].n, cases[c].side);
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            learn("images.npy", cases[c].method, cases[c].r, &plan, pipes[1]);
        assert_int_equal(wait4(child, &status, 0, &usage), child);
        assert_int_equal(status, 0);
        assert_int_equal(read(pipes[0], &plan, sizeof plan), sizeof plan);
        close(pipes[0]);
        close(pipes[1]);
        double measured = 1024 * (double)usage.ru_maxrss, planned = plan.total - plan.output;
        print_message("%6zu x %5zu, r = %2zu, %-6s: %6.1f MB planned, %6.1f MB measured\n",
                      cases[c].n, cases[c].side * cases[c].side, cases[c].r, cases[c].method,
                      planned / (1 << 20), measured / (1 << 20));
        beyond += planned < 0.8 * measured || planned > 2.5 * measured;
    }
    assert_int_equal(beyond, 0); /* all of them are told first */
    unlink("images.npy");
}

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

/* The least limit of all groups from the own one up, of either version; "max" is none. */
static void test_control_groups(void **state)
{
    const char *folder = *state;
    char text[2048], here[512];
    assert_int_equal(chdir(folder), 0);
    assert_non_null(getcwd(here, sizeof here));
    size_t without = mien_memory_allowed_by("nowhere");
    assert_true(without > 0);
    static const char *const folders[] = {"self", "v1", "v1/a", "v1/a/b", "v2", "v2/a", "v2/a/b"};
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++)
        assert_int_equal(mkdir(folders[k], 0755), 0);
    snprintf(text, sizeof text,
             "none %s/cpu cgroup rw,cpu 0 0\nnone %s/v1 cgroup rw,memory 0 0\n"
             "none %s/v2 cgroup2 rw 0 0\n",
             here, here, here);
    write_text("self/mounts", text);
    write_text("self/cgroup", "4:memory:/a/b\n3:cpu:/a\n0::/a/b\n");
    assert_int_equal(mien_memory_allowed_by("."), without);
    write_text("v2/a/b/memory.max", "max\n");
    assert_int_equal(mien_memory_allowed_by("."), without);
    write_text("v2/a/memory.max", "9000000\n"); /* above the own group */
    assert_int_equal(mien_memory_allowed_by("."), 9000000);
    write_text("v1/a/b/memory.limit_in_bytes", "8000000\n");
    assert_int_equal(mien_memory_allowed_by("."), 8000000);
    write_text("v1/memory.limit_in_bytes", "7000000\n"); /* the root */
    assert_int_equal(mien_memory_allowed_by("."), 7000000);
    write_text("v2/a/b/memory.max", "6000000\n");
    assert_int_equal(mien_memory_allowed_by("."), 6000000);
    write_text("self/cgroup", "0::/\n"); /* a container sees its own as the root */
    write_text("v2/memory.max", "5000000\n");
    assert_int_equal(mien_memory_allowed_by("."), 5000000);
    write_text("self/cgroup", "nonsense\n:\n7:memory\n");
    assert_int_equal(mien_memory_allowed_by("."), without);
    assert_int_equal(chdir("/"), 0);
}

/* Large blocks beyond the limit stand in files, hold zeros and keep what is written. */
static void test_spilled(void **state)
{
    enum { SIZE = 3 << 20 };
    mien_error err;
    char problem[64];
    assert_int_equal(mien_memory_limit(8 << 20, "/nowhere", &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "/nowhere"));
    assert_int_equal(mien_memory_limit(8 << 20, *state, &err), MIEN_OK);
    unsigned char *blocks[4];
    for (size_t k = 0; k < 4; k++) {
        blocks[k] = mien_alloc_array(SIZE, 1);
        assert_non_null(blocks[k]);
        assert_int_equal(mien_memory_spilled(problem, sizeof problem) > 0, k > 0);
        assert_string_equal(problem, "");
        for (size_t i = 0; i < SIZE; i += 4099)
            assert_int_equal(blocks[k][i], 0);
        memset(blocks[k], (int)k + 1, SIZE);
    }
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < SIZE; i += 4099)
            assert_int_equal(blocks[k][i], k + 1);
    size_t most = mien_memory_spilled(NULL, 0);
    assert_true(most >= 3 * SIZE && most < 4 * SIZE);
    for (size_t k = 0; k < 4; k++)
        mien_free(blocks[k]);
    blocks[0] = mien_alloc_raw(SIZE, 1); /* there is room again */
    assert_int_equal(mien_memory_spilled(NULL, 0), most);
    mien_free(blocks[0]);
    assert_null(mien_alloc_raw((size_t)1 << 60, 1)); /* no disk is so large */
    mien_memory_spilled(problem, sizeof problem);
    assert_true(*problem != '\0');
    assert_int_equal(mien_memory_limit(0, NULL, &err), MIEN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimates),
        cmocka_unit_test_setup_teardown(test_control_groups, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_spilled, make_folder, remove_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
