/* test_memory.c - large blocks, and memory that is out.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* setrlimit */
#include "support/cmocka_plus.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MIEN_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define MIEN_SANITIZED 1
#endif
#endif

enum { MB = 1 << 20 };

/* Sanitizers need more room than a limit leaves. */
static void need_limits(void)
{
#if defined(MIEN_SANITIZED)
    skip();
#endif
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

/* All that was had before memory was out can be given back and had again. */
static void test_memory_is_out(void **state)
{
    (void)state;
    need_limits();
    enum { MOST = 400 };
    static const size_t sizes[] = {3 * MB, MB / 4};
    unsigned char *blocks[MOST];
    struct rlimit before, low;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    low = before;
    for (int round = 0; round < 2; round++) {
        size_t count = 0, n_large;
        low.rlim_cur = address_space() + 40 * MB;
        assert_int_equal(setrlimit(RLIMIT_AS, &low), 0);
        n_large = count = use_up(blocks, count, MOST, sizes[0]);
        count = use_up(blocks, count, MOST, sizes[1]);
        mien_arena arena = {0};
        void *first = mien_arena_alloc(&arena, 3 * MB / 4, 1);
        void *second = mien_arena_alloc(&arena, 1, 1);
        assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
        assert_null(first);
        assert_null(second); /* an arena that failed gives nothing more */
        assert_true(arena.failed);
        mien_arena_free(&arena);
        assert_true(n_large >= 10); /* of 40 MB */
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(blocks[i][0], (unsigned char)(i + 1));
            assert_int_equal(blocks[i][sizes[i >= n_large] - 1], (unsigned char)(i + 1));
            mien_free(blocks[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_blocks),
        cmocka_unit_test(test_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
