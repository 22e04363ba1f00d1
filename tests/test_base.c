/* test_base.c - memory, random numbers, threads.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"

#include "base/budget.h"
#include "base/jobs.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/status.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

static void test_alloc_overflow_is_refused(void **state)
{
    (void)state;
    assert_null(mien_alloc_array(SIZE_MAX / 2, 3));
    assert_null(mien_alloc_array(SIZE_MAX, 1));
    size_t product;
    assert_false(mien_product(SIZE_MAX / 2, 3, 1, &product));
    assert_true(mien_product(3, 4, 5, &product));
    assert_int_equal(product, 60);
}

static void test_alloc_is_zeroed_and_aligned(void **state)
{
    (void)state;
    for (size_t size = 0; size < 300; size += 7) {
        unsigned char *memory = mien_alloc_array(size, 1);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(memory[i], 0);
        mien_free(memory);
    }
}

/* Known answers of the Random123 distribution for Philox4x32-10. */
static void test_philox_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], expected[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t out[4];
        mien_philox(cases[i].counter, cases[i].key, out);
        assert_memory_equal(out, cases[i].expected, sizeof out);
    }
}

static void test_random_moments(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    double uniform = 0, normal = 0, square = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        double u = mien_random_uniform(7, MIEN_STREAM_TEST, i);
        assert_true(u > 0 && u < 1);
        double z = mien_random_normal(7, MIEN_STREAM_TEST, i);
        uniform += u;
        normal += z;
        square += z * z;
    }
    assert_near(uniform / COUNT, 0.5, 0.005);
    assert_near(normal / COUNT, 0.0, 0.015);
    assert_near(square / COUNT, 1.0, 0.02);
    assert_true(mien_random_bits(7, 1, 5) != mien_random_bits(7, 2, 5));
    assert_true(mien_random_bits(7, 1, 5) != mien_random_bits(8, 1, 5));
}

static void count_task(void *context, size_t task, unsigned worker)
{
    (void)worker;
    atomic_fetch_add((atomic_int *)context + task, 1);
}

static void test_pool_runs_each_task_once(void **state)
{
    (void)state;
    enum { TASKS = 100 };
    for (unsigned threads = 1; threads <= 8; threads++) {
        mien_pool *pool;
        assert_int_equal(mien_pool_create(threads, &pool), MIEN_OK);
        for (int round = 0; round < 200; round++) {
            atomic_int counts[TASKS] = {0};
            size_t n = (size_t)(round % (TASKS + 1));
            mien_pool_run(pool, n, count_task, counts);
            for (size_t i = 0; i < TASKS; i++)
                assert_int_equal(atomic_load(&counts[i]), i < n ? 1 : 0);
        }
        mien_pool_free(pool);
    }
}

/* Blocks of all sizes, in pages that have been used before: zero, aligned, and apart. */
static void test_arena_blocks(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 0, 20000, 30000, 70000, 250000, 300000, 600000, 3000000};
    enum { COUNT = sizeof sizes / sizeof *sizes, EACH = 9 };
    for (int round = 0; round < 4; round++) {
        mien_arena arena = {0};
        unsigned char *blocks[COUNT * EACH];
        for (size_t k = 0; k < COUNT * EACH; k++) {
            size_t size = sizes[k % COUNT], others = 0;
            blocks[k] = mien_arena_alloc(&arena, size, 1);
            assert_non_null(blocks[k]);
            assert_int_equal((uintptr_t)blocks[k] % 64, 0);
            for (size_t i = 0; i < size; i++)
                others += blocks[k][i] != 0;
            assert_int_equal(others, 0);
            memset(blocks[k], (int)k + 1, size);
        }
        for (size_t k = 0; k < COUNT * EACH; k++) {
            size_t others = 0;
            for (size_t i = 0; i < sizes[k % COUNT]; i++)
                others += blocks[k][i] != k + 1;
            assert_int_equal(others, 0);
        }
        mien_arena_free(&arena);
    }
}

static void test_arena_remembers_failure(void **state)
{
    (void)state;
    mien_arena arena = {0};
    for (int i = 0; i < 20; i++)
        assert_non_null(mien_arena_alloc(&arena, 10, 4));
    assert_false(arena.failed);
    assert_null(mien_arena_alloc(&arena, SIZE_MAX, 4));
    assert_true(arena.failed);
    assert_null(mien_arena_alloc(&arena, 1, 4));
    mien_arena_free(&arena);
    assert_null(arena.blocks);
}

/* ---------------------------------------------------------------- jobs */

enum { JOBS = 40 };

typedef struct errand {
    atomic_uint runs[JOBS];
    size_t failing[2]; /* jobs that fail, JOBS for none */
    size_t stop_at;    /* watch() wants an end once so many units are done */
    size_t side_by_side;
    size_t looks, ended;
    double lowest;
    bool over;
} errand;

static mien_status do_errand(void *context, const mien_job *job)
{
    errand *e = context;
    atomic_fetch_add(&e->runs[job->index], 1);
    assert_true(job->worker < e->side_by_side);
    for (size_t done = 1; done <= 3; done++)
        if (!mien_job_tell(job, done, (double)(job->index + 10) - (double)done) && job->index > 0)
            break;
    if (job->index == e->failing[0] || job->index == e->failing[1])
        return mien_fail(job->err, MIEN_ERR_DATA, "job %zu", job->index);
    mien_job_tell(job, 4, NAN);
    return MIEN_OK;
}

static bool look(void *context, const mien_jobs *jobs)
{
    errand *e = context;
    e->looks++;
    e->over = e->over || mien_jobs_done(jobs) >= e->stop_at;
    e->lowest = mien_jobs_lowest(jobs);
    e->ended = 0;
    for (size_t i = 0; i < JOBS; i++)
        e->ended += mien_job_ended(jobs, i);
    return !e->over;
}

static mien_status run_errand(errand *e, unsigned side_by_side, mien_error *err)
{
    mien_job_plan plan = {JOBS, side_by_side, do_errand, look, e, NULL};
    e->side_by_side = side_by_side;
    return mien_jobs_run(&plan, err);
}

static void test_jobs_run_once_and_are_watched(void **state)
{
    (void)state;
    for (unsigned side_by_side = 1; side_by_side <= 4; side_by_side++) {
        errand e = {.failing = {JOBS, JOBS}, .stop_at = SIZE_MAX};
        assert_int_equal(run_errand(&e, side_by_side, NULL), MIEN_OK);
        for (size_t i = 0; i < JOBS; i++)
            assert_int_equal(atomic_load(&e.runs[i]), 1);
        assert_true(e.looks > 0 && e.lowest == 7); /* of the first job */
        assert_int_equal(e.ended, JOBS);
    }
}

/* One after the other it is certain which begin. */
static void test_jobs_end_with_the_lowest_failure(void **state)
{
    (void)state;
    mien_error err;
    errand one = {.failing = {7, 20}, .stop_at = SIZE_MAX};
    assert_int_equal(run_errand(&one, 1, &err), MIEN_ERR_DATA);
    assert_string_equal(err.message, "job 7");
    for (size_t i = 0; i < JOBS; i++)
        assert_int_equal(atomic_load(&one.runs[i]), i <= 7);
    for (int round = 0; round < 20; round++) { /* of both, the lower */
        errand both = {.failing = {0, 1}, .stop_at = SIZE_MAX};
        assert_int_equal(run_errand(&both, 2, &err), MIEN_ERR_DATA);
        assert_string_equal(err.message, "job 0");
    }
}

/* A job may wait for those before it: when some fail, all before one that ran have run. */
static void test_jobs_begin_without_a_gap(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        errand e = {.failing = {2, 5}, .stop_at = SIZE_MAX};
        assert_int_equal(run_errand(&e, 4, NULL), MIEN_ERR_DATA);
        for (size_t i = 1; i < JOBS; i++)
            assert_true(atomic_load(&e.runs[i]) <= atomic_load(&e.runs[i - 1]));
    }
}

static mien_status last_until_told(void *context, const mien_job *job)
{
    errand *e = context;
    atomic_fetch_add(&e->runs[job->index], 1);
    while (mien_job_tell(job, 1, NAN))
        sched_yield();
    return MIEN_OK;
}

static void test_jobs_stop_when_told(void **state)
{
    (void)state;
    errand e = {.stop_at = 2};
    mien_job_plan plan = {JOBS, 2, last_until_told, look, &e, NULL};
    assert_int_equal(mien_jobs_run(&plan, NULL), MIEN_OK); /* or it never ends */
    for (size_t i = 0; i < JOBS; i++)
        assert_int_equal(atomic_load(&e.runs[i]), i < 2);
}

/* The linker puts this in the place of mien_thread_create() where jobs.c calls it. */
int __real_mien_thread_create(void *handle, void *(*work)(void *), void *argument);
int __wrap_mien_thread_create(void *handle, void *(*work)(void *), void *argument);
static bool no_threads;

int __wrap_mien_thread_create(void *handle, void *(*work)(void *), void *argument)
{
    return no_threads ? EAGAIN : __real_mien_thread_create(handle, work, argument);
}

/* In the caller's thread jobs are watched while they run, after each, and hear of an end. */
static void test_jobs_are_watched_without_threads(void **state)
{
    (void)state;
    errand all = {.failing = {JOBS, JOBS}, .stop_at = SIZE_MAX};
    errand told = {.failing = {JOBS, JOBS}, .stop_at = 2};
    errand kept = {.failing = {JOBS, JOBS}, .stop_at = 4 * 3};
    no_threads = true;
    mien_status st = run_errand(&all, 2, NULL);
    mien_status told_st = run_errand(&told, 2, NULL), kept_st = run_errand(&kept, 2, NULL);
    no_threads = false;
    assert_int_equal(st, MIEN_OK);
    assert_true(all.looks > 4 * JOBS && all.lowest == 7);
    assert_int_equal(all.ended, JOBS);
    assert_int_equal(told_st, MIEN_OK);
    assert_int_equal(kept_st, MIEN_OK);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(atomic_load(&told.runs[i]), i < 1);
        assert_int_equal(atomic_load(&kept.runs[i]), i < 3);
    }
    assert_int_equal(told.ended, 1);
    assert_int_equal(kept.ended, 3);
}

typedef struct sharing {
    mien_budget budget;
    atomic_size_t held, most, alone;
} sharing;

static void hold_some(void *context, size_t task, unsigned worker)
{
    (void)worker;
    sharing *s = context;
    size_t wanted = task % 7 == 3 ? 150 : 10 + task % 5 * 20; /* of 100 */
    mien_budget_take(&s->budget, wanted);
    size_t now = atomic_fetch_add(&s->held, wanted) + wanted, most = atomic_load(&s->most);
    while (now > most && !atomic_compare_exchange_weak(&s->most, &most, now))
        continue;
    if (wanted > 100 && now == wanted)
        atomic_fetch_add(&s->alone, 1);
    sched_yield();
    atomic_fetch_sub(&s->held, wanted);
    mien_budget_give(&s->budget, wanted);
}

/* Together threads hold no more than there is, unless one that needs more is alone. */
static void test_budget_is_kept(void **state)
{
    (void)state;
    sharing s = {.held = 0};
    mien_pool *pool;
    mien_budget_init(&s.budget, 100);
    assert_int_equal(mien_pool_create(4, &pool), MIEN_OK);
    mien_pool_run(pool, 700, hold_some, &s);
    mien_pool_free(pool);
    mien_budget_free(&s.budget);
    assert_int_equal(atomic_load(&s.held), 0);
    assert_int_equal(atomic_load(&s.most), 150);
    assert_int_equal(atomic_load(&s.alone), 100);
    assert_int_equal(s.budget.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_overflow_is_refused),
        cmocka_unit_test(test_alloc_is_zeroed_and_aligned),
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_random_moments),
        cmocka_unit_test(test_pool_runs_each_task_once),
        cmocka_unit_test(test_budget_is_kept),
        cmocka_unit_test(test_arena_blocks),
        cmocka_unit_test(test_arena_remembers_failure),
        cmocka_unit_test(test_jobs_run_once_and_are_watched),
        cmocka_unit_test(test_jobs_end_with_the_lowest_failure),
        cmocka_unit_test(test_jobs_begin_without_a_gap),
        cmocka_unit_test(test_jobs_stop_when_told),
        cmocka_unit_test(test_jobs_are_watched_without_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
