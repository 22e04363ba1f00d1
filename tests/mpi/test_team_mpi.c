/* test_team_mpi.c - ranks of an MPI job: sums in the tree, rows and words, as test_team.c has them
 * among threads. Run under mpirun; every rank tests, and says so by its exit status.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "support/tree_sums.h"

#include "base/team.h"
#include "mpi/team_mpi.h"

#include <stdlib.h>

static void sums_are_those_of_the_tree(void **state)
{
    (void)state;
    static const size_t shapes[][2] = {{3, 0}, {0, 5}, {1, 9001}, {700, 300000}};
    mien_pool *pool;
    assert_int_equal(mien_pool_create(2, &pool), MIEN_OK);
    for (size_t leaves = 1; leaves <= 64; leaves *= 2)
        for (size_t at = 0; at < sizeof shapes / sizeof *shapes; at++) {
            mien_arena arena = {0};
            mien_sums s = mien_sums_alloc(&arena, pool, leaves, shapes[at][0], shapes[at][1]);
            for (int twice = 0; twice < 2; twice++) {
                mien_reduce(pool, &s, tree_fill, &s);
                assert_true(tree_is_right(&s));
            }
            mien_arena_free(&arena);
        }
    mien_pool_free(pool);
}

static size_t one_each(const void *context, unsigned rank)
{
    (void)context;
    return rank;
}

static void ranks_agree(void **state)
{
    (void)state;
    const mien_team *team = mien_team_now();
    unsigned size = mien_team_size(team), rank = mien_team_rank(team);
    uint32_t *all = calloc(size, sizeof *all);
    all[rank] = 100 + rank;
    mien_team_gather(team, all, sizeof *all, one_each, NULL);
    for (unsigned k = 0; k < size; k++)
        assert_int_equal(all[k], 100 + k);
    free(all);
    for (unsigned root = 0; root < size; root++) {
        uint64_t word = rank == root ? 77 + root : 0;
        mien_team_broadcast(team, root, &word, sizeof word);
        assert_int_equal(word, 77 + root);
    }
    assert_int_equal(mien_team_most(team, rank), size - 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_are_those_of_the_tree),
                                       cmocka_unit_test(ranks_agree)};
    mien_mpi_end end = {0};
    unsigned rank;
    const mien_team *team = mien_mpi_begin(&argc, &argv);
    mien_team_set(team->size > 1 ? team : NULL);
    end.status = cmocka_run_group_tests(tests, NULL, NULL);
    return mien_mpi_end_all(&end, &rank);
}
