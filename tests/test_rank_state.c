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

static mien_checkpoint *open_file(const char *path, mien_status expected, mien_error *err)
{
    mien_checkpoint *checkpoint = NULL;
    const mien_checkpoint_options o = {.path = path, .seconds = 0};
    mien_status st = mien_checkpoint_open(&o, &checkpoint, err);
    if (st != expected)
        fail_msg("status %d: %s", st, err->message);
    return checkpoint;
}

static mien_status open_state(mien_checkpoint *checkpoint, mien_rank_state *s, mien_error *err)
{
    mien_rank_options o = options();
    return mien_rank_state_open(checkpoint, &data, &o, s, err);
}

static void fill(const char *path)
{
    mien_rank_state s;
    mien_error err = {0};
    mien_checkpoint *checkpoint = open_file(path, MIEN_OK, &err);
    assert_int_equal(open_state(checkpoint, &s, &err), MIEN_OK);
    mien_cell_keeper keeper = mien_rank_state_keeper(&s);
    for (size_t i = 0; i < CELLS; i++)
        assert_int_equal(keeper.keep(keeper.user, &cells[i], &err), MIEN_OK);
    mien_rank_state_close(&s);
    mien_checkpoint_close(checkpoint);
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
    char own[512];
    strcpy(own, in_folder(*state, "k.checkpoint"));
    mien_rank_state s;
    mien_error err = {0};
    fill(own);
    mien_checkpoint *checkpoint = open_file(own, MIEN_OK, &err);
    assert_int_equal(open_state(checkpoint, &s, &err), MIEN_OK);
    assert_int_equal(count_found(&s), CELLS);
    mien_rank_state_close(&s);
    mien_checkpoint_remove(checkpoint);
    checkpoint = open_file(own, MIEN_OK, &err);
    assert_int_equal(open_state(checkpoint, &s, &err), MIEN_OK);
    assert_int_equal(count_found(&s), 0);
    mien_rank_state_close(&s);
    mien_checkpoint_close(checkpoint);
}

static const mien_cell odd[] = {
    {.kind = MIEN_CELL_HELD_OUT, .r = 3, .value = {INFINITY, 1, 0}},
    {.kind = MIEN_CELL_HELD_OUT, .r = 3, .value = {1, 1, 0.5}},
    {.kind = MIEN_CELL_HELD_OUT, .r = 3, .value = {1, 1, 0, INFINITY, 1, 1}},
    {.kind = MIEN_CELL_HELD_OUT, .r = 13, .value = {1, 1, 0}},
    {.kind = MIEN_CELL_HELD_OUT, .r = 0, .value = {1, 1, 0}},
    {.kind = MIEN_CELL_HELD_OUT, .loss = 2, .r = 3, .value = {1, 1, 0}},
    {.kind = MIEN_CELL_RELEVANT, .r = 9, .value = {-1, 0.1, 1}},
    {.kind = MIEN_CELL_RELEVANT, .r = 9, .value = {10, 0.1, 1}},
    {.kind = MIEN_CELL_RELEVANT, .r = 9, .value = {NAN, 0.1, 1}},
    {.kind = (mien_cell_kind)9, .r = 9, .value = {1, 1, 1}},
};
enum { ODD = sizeof odd / sizeof *odd };

/* What no fit gives is not kept: it would be refused when it is read. */
static void test_impossible_cells_are_not_kept(void **state)
{
    mien_rank_state s;
    mien_error err = {0};
    mien_checkpoint *checkpoint = open_file(in_folder(*state, "k"), MIEN_OK, &err);
    assert_int_equal(open_state(checkpoint, &s, &err), MIEN_OK);
    mien_cell_keeper keeper = mien_rank_state_keeper(&s);
    for (size_t i = 0; i < ODD; i++) {
        mien_cell cell = odd[i];
        assert_int_equal(keeper.keep(keeper.user, &odd[i], &err), MIEN_OK);
        if (keeper.find(keeper.user, &cell))
            fail_msg("row %zu was kept", i);
    }
    mien_rank_state_close(&s);
    mien_checkpoint_close(checkpoint);
}

/* Whoever writes them with the right checksums: an endless loop, another answer. */
static void test_impossible_cells_are_refused(void **state)
{
    struct record {
        uint32_t kind, loss;
        uint64_t r, index, iterations;
        double value[MIEN_CELL_VALUES];
    };
    mien_rank_state s;
    mien_error err = {0};
    for (size_t i = 0; i < ODD; i++) {
        mien_checkpoint *checkpoint = open_file(in_folder(*state, "k"), MIEN_OK, &err);
        assert_int_equal(open_state(checkpoint, &s, &err), MIEN_OK);
        mien_rank_state_close(&s);
        struct record record = {(uint32_t)odd[i].kind, (uint32_t)odd[i].loss, odd[i].r, 0, 0, {0}};
        memcpy(record.value, odd[i].value, sizeof record.value);
        mien_section section = {"rank/fits", &record, 1, sizeof record};
        mien_checkpoint_change(checkpoint, NULL, &section, 1);
        if (open_state(checkpoint, &s, &err) != MIEN_ERR_FORMAT)
            fail_msg("row %zu was believed", i);
        assert_non_null(strstr(err.message, "k: fit 1 is none that a search makes"));
        section.row_bytes = 4; /* of another length */
        mien_checkpoint_change(checkpoint, NULL, &section, 1);
        assert_int_equal(open_state(checkpoint, &s, &err), MIEN_ERR_FORMAT);
        mien_checkpoint_remove(checkpoint);
    }
}

/* A fit takes more than a second here, so that each generation is waited for (generations.c). */
double __wrap_mien_checkpoint_clock(void);
double __wrap_mien_checkpoint_clock(void)
{
    static double now;
    return now += 2;
}

/* One flipped bit made an endless loop, 126 of 500 damaged states another answer. Now it costs the
 * last fit, or those of the last second, and without the generation before, all. */
static void test_damaged_states_are_not_believed(void **state)
{
    char own[512], old[512], *good;
    size_t nbytes;
    mien_rank_state s;
    mien_error err = {0};
    strcpy(own, in_folder(*state, "k.checkpoint"));
    strcpy(old, in_folder(*state, "k.checkpoint.old"));
    fill(own);
    assert_int_equal(mien_file_read(own, 1 << 20, &good, &nbytes, &err), MIEN_OK);
    unsigned char *bad = malloc(nbytes);
    for (size_t at = 0; at < nbytes; at++) {
        memcpy(bad, good, nbytes);
        bad[at] = (unsigned char)(bad[at] ^ 1u << at % 8);
        unlink(own); /* file systems write down at once what replaces the content of a file */
        put_file(*state, "k.checkpoint", bad, nbytes);
        mien_checkpoint *checkpoint = open_file(own, MIEN_OK, &err);
        assert_int_equal(open_state(checkpoint, &s, &err), MIEN_OK);
        if (count_found(&s) != CELLS - 1)
            fail_msg("byte %zu: %zu fits", at, count_found(&s));
        mien_rank_state_close(&s);
        mien_checkpoint_close(checkpoint);
    }
    assert_int_equal(unlink(old), 0);
    open_file(own, MIEN_ERR_FORMAT, &err);
    assert_non_null(strstr(err.message, "k.checkpoint is damaged"));
    assert_non_null(strstr(err.message, "remove it to begin anew"));
    free(bad);
    mien_free(good);
}

/* Fits of other data or options are nobody's. */
static void test_states_do_not_mix(void **state)
{
    mien_rank_state s;
    mien_error err = {0};
    char own[512];
    strcpy(own, in_folder(*state, "a"));
    fill(own);
    mien_checkpoint *checkpoint = open_file(own, MIEN_OK, &err);
    const struct {
        mien_dataset data;
        const char *words;
    } rows[] = {
        {data, "\"seed: 0\", and now it is \"seed: 1\""},
        {data, "\"iterations: 200\", and now it is \"iterations: 9\""},
        {{.pixels = {.n = 20, .p = 12}, .fingerprint = 5}, "\"data: 20 of 12 values"},
        {{.pixels = {.n = 20, .p = 12}, .fingerprint = 0x1234abcd, .ink = MIEN_INK_DARK},
         "\"ink: light\", and now it is \"ink: dark\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mien_rank_options o = options();
        o.seed = i == 0;
        o.iterations = i == 1 ? 9 : o.iterations;
        assert_int_equal(mien_rank_state_open(checkpoint, &rows[i].data, &o, &s, &err),
                         MIEN_ERR_ARG);
        if (!strstr(err.message, rows[i].words))
            fail_msg("row %zu: %s", i, err.message);
    }
    mien_rank_options o = options(); /* other r and masks use what fits */
    o.high = 4;
    o.masks = 5;
    assert_int_equal(mien_rank_state_open(checkpoint, &data, &o, &s, &err), MIEN_OK);
    assert_int_equal(count_found(&s), CELLS);
    mien_rank_state_close(&s);
    mien_checkpoint_close(checkpoint);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_state_is_found_again),
        IN_FOLDER(test_impossible_cells_are_not_kept),
        IN_FOLDER(test_impossible_cells_are_refused),
        IN_FOLDER(test_damaged_states_are_not_believed),
        IN_FOLDER(test_states_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
