/* test_rank_state.c - finished fits on disk: kept, found again, and never believed when damaged.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "base/disk/files.h"
#include "base/memory.h"
#include "mien_report.h"
#include "report/rank_state.h"

static const mien_dataset data = {.pixels = {.n = 20, .p = 12}, .fingerprint = 0x1234abcd};

static mien_rank_options options(void)
{
    mien_rank_options o = mien_rank_options_default();
    o.high = 9;
    return o;
}

static const mien_cell cells[] = {
    {.kind = MIEN_CELL_HELD_OUT,
     .loss = 0,
     .r = 3,
     .index = 2,
     .value = {0.5, 0.25, 7, 0.4, 0.75, NAN},
     .iterations = 9},
    {.kind = MIEN_CELL_PERMUTED, .loss = 1, .r = 4, .index = 1, .value = {1e-9, 2, 0}},
    {.kind = MIEN_CELL_RELEVANT, .loss = 1, .r = 9, .index = 0, .value = {4, 0.1, -3.5}},
    {.kind = MIEN_CELL_STABLE, .loss = 0, .r = 5, .index = 0, .value = {0.9, 0.01, NAN}},
};
enum { CELLS = sizeof cells / sizeof *cells };

static mien_status open_state(const char *path, mien_rank_state *s, mien_error *err)
{
    mien_rank_options o = options();
    return mien_rank_state_open(path, &data, &o, s, err);
}

/* Anew: file systems write down at once what replaces the content of a file. */
static void put_anew(const char *folder, const char *name, const void *bytes, size_t nbytes)
{
    unlink(in_folder(folder, name));
    put_file(folder, name, bytes, nbytes);
}

static void fill(const char *path)
{
    mien_rank_state s;
    mien_error err = {0};
    assert_int_equal(open_state(path, &s, &err), MIEN_OK);
    mien_cell_keeper keeper = mien_rank_state_keeper(&s);
    for (size_t i = 0; i < CELLS; i++)
        assert_int_equal(keeper.keep(keeper.user, &cells[i], &err), MIEN_OK);
    mien_rank_state_close(&s);
}

/* How many of the cells a state has, with the values they were kept with. */
static size_t count_found(mien_rank_state *s)
{
    mien_cell_keeper keeper = mien_rank_state_keeper(s);
    size_t found = 0;
    for (size_t i = 0; i < CELLS; i++) {
        mien_cell cell = cells[i];
        memset(cell.value, 0, sizeof cell.value);
        if (cell.kind == MIEN_CELL_RELEVANT)
            cell.value[1] = cells[i].value[1];
        if (!keeper.find(keeper.user, &cell))
            continue;
        found++;
        assert_memory_equal(cell.value, cells[i].value, sizeof cell.value);
        assert_int_equal(cell.iterations, cells[i].iterations);
    }
    return found;
}

static void test_state_is_found_again(void **state)
{
    const char *path = in_folder(*state, "k.partial");
    char own[512];
    strcpy(own, path);
    mien_rank_state s;
    mien_error err = {0};
    fill(own);
    assert_int_equal(open_state(own, &s, &err), MIEN_OK);
    assert_int_equal(count_found(&s), CELLS);
    mien_rank_state_close(&s);
    mien_rank_forget(own);
    assert_int_equal(open_state(own, &s, &err), MIEN_OK);
    assert_int_equal(count_found(&s), 0);
    mien_rank_state_close(&s);
}

/* What no fit gives is not kept: it would be refused when it is read. */
static void test_impossible_cells_are_not_kept(void **state)
{
    static const mien_cell odd[] = {
        {.kind = MIEN_CELL_HELD_OUT, .r = 3, .value = {INFINITY, 1, 0}},
        {.kind = MIEN_CELL_HELD_OUT, .r = 3, .value = {1, 1, 0.5}},
        {.kind = MIEN_CELL_HELD_OUT, .r = 3, .value = {1, 1, 0, INFINITY, 1, 1}},
        {.kind = MIEN_CELL_HELD_OUT, .r = 13, .value = {1, 1, 0}},
        {.kind = MIEN_CELL_HELD_OUT, .r = 0, .value = {1, 1, 0}},
        {.kind = MIEN_CELL_RELEVANT, .r = 9, .value = {-1, 0.1, 1}},
        {.kind = MIEN_CELL_RELEVANT, .r = 9, .value = {10, 0.1, 1}},
        {.kind = MIEN_CELL_RELEVANT, .r = 9, .value = {NAN, 0.1, 1}},
        {.kind = (mien_cell_kind)9, .r = 9, .value = {1, 1, 1}},
    };
    char own[512];
    strcpy(own, in_folder(*state, "k.partial"));
    mien_rank_state s;
    mien_error err = {0};
    assert_int_equal(open_state(own, &s, &err), MIEN_OK);
    mien_cell_keeper keeper = mien_rank_state_keeper(&s);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        mien_cell cell = odd[i];
        assert_int_equal(keeper.keep(keeper.user, &odd[i], &err), MIEN_OK);
        if (keeper.find(keeper.user, &cell))
            fail_msg("row %zu was kept", i);
    }
    mien_rank_state_close(&s);
}

/* One flipped bit made an endless loop, 126 of 500 damaged states another answer. */
static void test_damaged_states_are_refused(void **state)
{
    char own[512], *good;
    size_t nbytes;
    mien_rank_state s;
    mien_error err = {0};
    strcpy(own, in_folder(*state, "k.partial"));
    fill(own);
    assert_int_equal(mien_file_read(own, 1 << 20, &good, &nbytes, &err), MIEN_OK);
    unsigned char *bad = malloc(nbytes + 64);
    for (size_t at = 0; at < nbytes; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(bad, good, nbytes);
            bad[at] = (unsigned char)(bad[at] ^ 1u << bit);
            put_anew(*state, "k.partial", bad, nbytes);
            mien_status st = open_state(own, &s, &err);
            if (st != MIEN_ERR_FORMAT && st != MIEN_ERR_ARG)
                fail_msg("byte %zu, bit %u: status %d", at, bit, st);
            if (!strstr(err.message, "k.partial"))
                fail_msg("not named: %s", err.message);
        }
    for (size_t cut = 0; cut < nbytes; cut++) { /* whole lines may be missing, not pieces */
        put_anew(*state, "k.partial", good, cut);
        mien_status st = open_state(own, &s, &err);
        if ((st == MIEN_OK) != (cut && good[cut - 1] == '\n'))
            fail_msg("cut to %zu bytes: status %d", cut, st);
        if (!st) {
            assert_true(count_found(&s) < CELLS);
            mien_rank_state_close(&s);
        }
    }
    memcpy(bad, good, nbytes);
    memcpy(bad + nbytes, "0 0 3\n", 6);
    put_anew(*state, "k.partial", bad, nbytes + 6);
    assert_int_equal(open_state(own, &s, &err), MIEN_ERR_FORMAT);
    assert_non_null(strstr(err.message, "damaged in line 6; remove it to begin anew"));
    free(bad);
    mien_free(good);
}

/* Lines of a state of other data do not fit under another first line. */
static void test_states_do_not_mix(void **state)
{
    char own[512], other[512], *a, *b;
    size_t na, nb;
    mien_rank_state s;
    mien_error err = {0};
    strcpy(own, in_folder(*state, "a"));
    strcpy(other, in_folder(*state, "b"));
    fill(own);
    mien_rank_options o = options();
    o.seed = 1;
    assert_int_equal(mien_rank_state_open(other, &data, &o, &s, &err), MIEN_OK);
    mien_cell_keeper keeper = mien_rank_state_keeper(&s);
    assert_int_equal(keeper.keep(keeper.user, &cells[0], &err), MIEN_OK);
    mien_rank_state_close(&s);
    assert_int_equal(open_state(other, &s, &err), MIEN_ERR_ARG);
    assert_non_null(strstr(err.message, "keeps fits of other data or options"));
    assert_int_equal(mien_file_read(own, 1 << 20, &a, &na, &err), MIEN_OK);
    assert_int_equal(mien_file_read(other, 1 << 20, &b, &nb, &err), MIEN_OK);
    size_t head = (size_t)(strchr(a, '\n') + 1 - a);
    const char *line = strchr(b, '\n') + 1;
    char *mixed = malloc(head + strlen(line));
    memcpy(mixed, a, head);
    memcpy(mixed + head, line, strlen(line));
    put_file(*state, "a", mixed, head + strlen(line));
    assert_int_equal(open_state(own, &s, &err), MIEN_ERR_FORMAT);
    free(mixed);
    mien_free(a);
    mien_free(b);
}

static void test_state_is_not_opened_through_links(void **state)
{
    char own[512];
    mien_rank_state s;
    mien_error err = {0};
    strcpy(own, in_folder(*state, "k.partial"));
    put_text(*state, "precious", "mine");
    assert_int_equal(symlink("precious", own), 0);
    assert_int_equal(open_state(own, &s, &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "a link, which is not followed here"));
    assert_int_equal(unlink(own), 0);
    assert_int_equal(symlink("precious", in_folder(*state, "k.partial.new")), 0);
    fill(own);
    char *bytes;
    size_t nbytes;
    assert_int_equal(mien_file_read(in_folder(*state, "precious"), 99, &bytes, &nbytes, &err),
                     MIEN_OK);
    assert_string_equal(bytes, "mine");
    mien_free(bytes);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_state_is_found_again),
        IN_FOLDER(test_impossible_cells_are_not_kept),
        IN_FOLDER(test_damaged_states_are_refused),
        IN_FOLDER(test_states_do_not_mix),
        IN_FOLDER(test_state_is_not_opened_through_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
