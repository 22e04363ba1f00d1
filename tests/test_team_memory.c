/* test_team_memory.c - ranks of which one cannot have some memory: all of them end alike. Here a
 * rank is a process, and a message goes through a socket.
 * SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include "support/files.h"
#include "support/fits.h"

#include "base/memory.h"
#include "base/team.h"
#include "methods/keep.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE = 60, /* seconds that a rank waits for the other: then they are out of step */
    OUT_OF_STEP = 9
};

static size_t countdown; /* allocations until one fails; 0: none does */
static bool has_failed;

static void *count_down(size_t nbytes)
{
    bool fails = countdown && --countdown == 0;
    has_failed = has_failed || fails;
    return fails ? NULL : malloc(nbytes);
}

/* A message begins with its length: two that are not at the same step see it there. */
static void exchange(void *transport, int to, const void *out, size_t n_out, int from, void *in,
                     size_t n_in)
{
    int socket = *(const int *)transport;
    size_t length = n_out;
    if (to != MIEN_NO_RANK && (write(socket, &length, sizeof length) != sizeof length ||
                               write(socket, out, n_out) != (ssize_t)n_out))
        _exit(OUT_OF_STEP);
    if (from != MIEN_NO_RANK &&
        (recv(socket, &length, sizeof length, MSG_WAITALL) != sizeof length || length != n_in ||
         recv(socket, in, n_in, MSG_WAITALL) != (ssize_t)n_in))
        _exit(OUT_OF_STEP);
}

/* What the ranks do together, in a folder: in the end all have the same status. */
typedef mien_status (*work_fn)(const char *folder, mien_error *err);

/* One rank's whole life. Its exit status: 0, that of the work was the same in both, and possible;
 * 2, that, and no allocation failed; 1. */
static int live(unsigned rank, int socket, work_fn work, const char *folder, size_t failing)
{
    const mien_team team = {
        .rank = rank, .size = 2, .here = 2, .exchange = exchange, .transport = &socket};
    mien_error err = {0};
    mien_team_set(&team);
    mien_set_allocator(count_down, free);
    countdown = rank == 1 ? failing : 0;
    mien_status st = work(folder, &err);
    countdown = 0;
    uint64_t most[3] = {st, UINT64_MAX - st, has_failed};
    mien_team_agree(&team, MIEN_TEAM_MOST, most, 3);
    bool possible = st == MIEN_OK || (most[2] && st == MIEN_ERR_NOMEM); /* or it could do without */
    if (most[0] != UINT64_MAX - most[1] || !possible)
        return 1;
    return most[2] ? 0 : 2;
}

/* Two ranks, the second without its allocation number `failing`. Whether one was to fail. */
static bool run_ranks(work_fn work, const char *folder, size_t failing)
{
    int sockets[2], status[2];
    pid_t child[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    for (unsigned k = 0; k < 2; k++) {
        child[k] = fork();
        assert_true(child[k] >= 0);
        if (child[k] == 0) {
            close(sockets[1 - k]);
            alarm(PATIENCE);
            _exit(live(k, sockets[k], work, folder, failing));
        }
    }
    close(sockets[0]);
    close(sockets[1]);
    for (unsigned k = 0; k < 2; k++)
        assert_int_equal(waitpid(child[k], &status[k], 0), child[k]);
    if (status[0] != status[1] || !WIFEXITED(status[0]) || WEXITSTATUS(status[0]) % 2)
        fail_msg("without allocation %zu the ranks ended with %d and %d", failing, status[0],
                 status[1]);
    return WEXITSTATUS(status[0]) == 0;
}

static void check(work_fn work, const char *folder, size_t least)
{
    size_t failing = 1;
    while (run_ranks(work, folder, failing))
        failing++;
    assert_true(failing > least); /* so many were there to be had */
}

/* ---------------------------------------------------------------- a folder */

static mien_status read_folder(const char *folder, mien_error *err)
{
    const mien_load_options options = {.threads = 1};
    mien_dataset dataset;
    mien_status st = mien_memory_limit(1 << 30, folder, err);
    if (!st)
        st = mien_dataset_load(in_folder(folder, "faces"), &options, &dataset, err);
    if (!st)
        mien_dataset_free(&dataset);
    return st;
}

/* Of two sizes, so that some are refused, and the first is not what most are. */
static void test_a_folder(void **state)
{
    put_folder(*state, "faces");
    for (int k = 0; k < 7; k++) {
        char name[32], bytes[64];
        int length = snprintf(bytes, sizeof bytes, "P5\n%d 4\n255\n", k % 3 ? 4 : 5);
        for (int j = 0; j < (k % 3 ? 16 : 20); j++)
            bytes[length++] = (char)(17 * j + 5 * k);
        snprintf(name, sizeof name, "faces/%d.pgm", k);
        put_file(*state, name, bytes, (size_t)length);
    }
    check(read_folder, *state, 20);
}

/* ---------------------------------------------------------------- a checkpoint */

enum { N = 30, P = 12, R = 3 };
static float values[N * P];

static mien_source source(void)
{
    static const mien_float_view view = {values, N, P};
    for (size_t i = 0; i < N * P; i++)
        values[i] = (float)(1 + i * 37 % 101);
    return mien_float_source(&view);
}

static mien_status go_on(const char *folder, mien_error *err)
{
    const mien_checkpoint_options options = {
        .path = in_folder(folder, "k"), .seconds = 1e9, .identity = "who: me\n"};
    const mien_options fit_options = test_options(R, 1, 4);
    mien_source X = source();
    mien_checkpoint *c;
    mien_fit fit;
    bool found = false;
    mien_status st = mien_checkpoint_open(&options, &c, err);
    if (st)
        return st;
    char *words = mien_strdup("words: these\n");
    st = mien_keep_identify(c, "fit", words, err);
    mien_free(words);
    if (!st)
        st = mien_kept_fit(c, "fit", method_named("nmf"), &X, &fit_options, &fit, &found, err);
    mien_checkpoint_close(c);
    if (!st && found)
        mien_fit_free(&fit);
    return st ? st : found ? MIEN_OK : MIEN_ERR_DATA;
}

static void test_a_checkpoint(void **state)
{
    const mien_checkpoint_options options = {
        .path = in_folder(*state, "k"), .seconds = 0, .identity = "who: me\n"};
    mien_options fit_options = test_options(R, 1, 4);
    mien_source X = source();
    mien_checkpoint *c;
    mien_fit fit;
    mien_error err;
    fit_options.snapshots = true;
    assert_int_equal(mien_fit_run(method_named("nmf"), &X, &fit_options, &fit, &err), MIEN_OK);
    assert_int_equal(mien_checkpoint_open(&options, &c, &err), MIEN_OK);
    assert_int_equal(mien_keep_identify(c, "fit", "words: these\n", &err), MIEN_OK);
    mien_keep_fit(c, "fit", NULL, &fit, NULL, 0);
    mien_checkpoint_close(c);
    mien_fit_free(&fit);
    check(go_on, *state, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_folder, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_a_checkpoint, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
