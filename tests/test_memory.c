/* test_memory.c - large blocks: their pages, what is kept of them, and memory that is out.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* msync, setrlimit */
#include "support/cmocka_plus.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MB = 1 << 20, HUGE_PAGE = 2 * MB };

/* Sanitizers watch malloc, which is then all there is, and need more room than a limit leaves. */
static void need_pages(void)
{
#if defined(MIEN_SANITIZED) || !defined(MADV_HUGEPAGE)
    skip();
#endif
}

static bool is_mapped(void *memory)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char *first = (unsigned char *)memory - (uintptr_t)memory % page;
    return msync(first, page, MS_ASYNC) == 0 || errno != ENOMEM;
}

static size_t count_other(const unsigned char *memory, size_t nbytes, unsigned char value)
{
    size_t others = 0;
    for (size_t i = 0; i < nbytes; i++)
        others += memory[i] != value;
    return others;
}

/* Of all sizes around whole pages: zero, aligned and apart, to the last byte. */
static void test_large_blocks(void **state)
{
    (void)state;
    static const size_t sizes[] = {
        MB / 2 - 1,          MB / 2,     MB,         2 * MB - 1, 2 * MB, 2 * MB + 1, 2 * MB + 4097,
        2 * MB + MB / 2 - 1, 5 * MB / 2, 4 * MB - 1, 6 * MB + 13};
    enum { COUNT = sizeof sizes / sizeof *sizes };
    unsigned char *blocks[COUNT];
    for (size_t k = 0; k < COUNT; k++) {
        blocks[k] = mien_alloc_array(sizes[k], 1);
        assert_non_null(blocks[k]);
        assert_int_equal((uintptr_t)blocks[k] % 64, 0);
        assert_int_equal(count_other(blocks[k], sizes[k], 0), 0);
        memset(blocks[k], (int)k + 1, sizes[k]);
    }
    for (size_t k = 0; k < COUNT; k++)
        assert_int_equal(count_other(blocks[k], sizes[k], (unsigned char)(k + 1)), 0);
    for (size_t k = 0; k < COUNT; k++)
        mien_free(blocks[k]);
}

/* A freed page comes back, and zero when it is asked to, while somebody holds; then it goes. */
static void test_pages_are_kept_while_held(void **state)
{
    (void)state;
    need_pages();
    unsigned char *block = mien_alloc_raw(3 * MB / 2, 1);
    assert_non_null(block);
    assert_true(is_mapped(block));
    mien_free(block);
    assert_false(is_mapped(block));
    mien_memory_hold();
    mien_memory_hold();
    block = mien_alloc_raw(3 * MB / 2, 1);
    assert_non_null(block);
    memset(block, 7, 3 * MB / 2);
    mien_free(block);
    assert_true(is_mapped(block));
    unsigned char *again = mien_alloc_array(2 * MB, 1);
    assert_ptr_equal(again, block);
    assert_int_equal(count_other(again, 2 * MB, 0), 0);
    mien_memory_release(); /* the other one still holds */
    mien_free(again);
    assert_true(is_mapped(again));
    mien_memory_release();
    assert_false(is_mapped(again));
}

/* Blocks of an arena, and of its workers, are zero, be their page new or used; workers' blocks
 * stand in different pages. */
static void test_arenas_give_zeros(void **state)
{
    (void)state;
    enum { WORKERS = 3, COUNT = 3000, ROUNDS = 3 };
    mien_memory_hold();
    for (int round = 0; round < ROUNDS; round++) {
        mien_arena arena = {0};
        for (int block = 0; block < 40; block++) {
            unsigned char *common = mien_arena_alloc(&arena, COUNT, 1);
            unsigned char **each = mien_arena_alloc_each(&arena, WORKERS, COUNT, 1);
            assert_non_null(common);
            assert_non_null(each);
            assert_int_equal(count_other(common, COUNT, 0), 0);
            memset(common, 7, COUNT);
            for (unsigned w = 0; w < WORKERS; w++) {
                assert_int_equal(count_other(each[w], COUNT, 0), 0);
                memset(each[w], 7, COUNT);
                for (unsigned v = 0; v < w && arena.room.page && block >= 30; v++)
                    assert_true((uintptr_t)each[v] / HUGE_PAGE != (uintptr_t)each[w] / HUGE_PAGE);
            }
        }
        mien_arena_free(&arena);
    }
    mien_memory_release();
}

static size_t address_space(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        skip();
    if (fscanf(file, "%zu", &pages) != 1)
        pages = 0;
    assert_int_equal(fclose(file), 0);
    assert_true(pages > 0);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Blocks of `nbytes` until there are no more; each keeps its own bytes. */
static size_t use_up(unsigned char **blocks, size_t count, size_t most, size_t nbytes)
{
    while (count < most && (blocks[count] = mien_alloc_array(nbytes, 1)) != NULL) {
        blocks[count][0] = blocks[count][nbytes - 1] = (unsigned char)(count + 1);
        count++;
    }
    assert_true(count < most); /* the limit was met */
    return count;
}

/* Where no huge page can be mapped any more, malloc has the rest; then it is NULL, and all that was
 * had can be given back and had again. */
static void test_memory_is_out(void **state)
{
    (void)state;
    need_pages();
    enum { MOST = 200 };
    static const size_t sizes[] = {3 * MB, 3 * MB / 2, MB / 2 + 100};
    unsigned char *blocks[MOST];
    struct rlimit before, low;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    low = before;
    for (int round = 0; round < 2; round++) {
        size_t count = 0, whole = 0, ends[3];
        low.rlim_cur = address_space() + 40 * MB;
        assert_int_equal(setrlimit(RLIMIT_AS, &low), 0);
        for (size_t k = 0; k < 3; k++)
            ends[k] = count = use_up(blocks, count, MOST, sizes[k]);
        mien_arena arena = {0};
        void *shared = mien_arena_alloc(&arena, 3 * MB / 4, 1);
        assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
        assert_null(shared);
        assert_true(arena.failed);
        mien_arena_free(&arena);
        assert_true(ends[0] >= 8); /* 4 MB each, of 40: none is lost to alignment */
        for (size_t i = 0; i < count; i++) {
            size_t k = i < ends[0] ? 0 : i < ends[1] ? 1 : 2;
            whole += (uintptr_t)blocks[i] % HUGE_PAGE == 0;
            assert_int_equal(blocks[i][0], (unsigned char)(i + 1));
            assert_int_equal(blocks[i][sizes[k] - 1], (unsigned char)(i + 1));
            mien_free(blocks[i]);
        }
        if (whole < 8 || whole == count) /* both kinds shall be there */
            fail_msg("%zu of %zu blocks begin with a huge page", whole, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_blocks),
        cmocka_unit_test(test_pages_are_kept_while_held),
        cmocka_unit_test(test_arenas_give_zeros),
        cmocka_unit_test(test_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
