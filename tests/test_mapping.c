/* test_mapping.c - files that are mapped: the same values, and no more of them than the window.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "data/mapping.h"
#include "data/npy.h"
#include "data/pixels.h"
#include "data/source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { P = 1000, MEGABYTE = 1 << 20, N = 60 * MEGABYTE / P, WINDOW = 16 * MEGABYTE };

static unsigned char value_of(size_t i, size_t j)
{
    return (unsigned char)((i * 2654435761u) >> 11 ^ (j * 40503u));
}

static void write_array(const char *path, size_t n)
{
    unsigned char *values = mien_alloc_raw(n, P);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < P; j++)
            values[i * P + j] = value_of(i, j);
    assert_int_equal(mien_npy_write_bytes(path, values, (size_t[]){n, P}, 2, NULL), MIEN_OK);
    mien_free(values);
}

static int make_array(void **state)
{
    (void)state;
    write_array("large.npy", N);
    return 0;
}

static int remove_array(void **state)
{
    (void)state;
    return unlink("large.npy");
}

static mien_pixels mapped(size_t window)
{
    mien_npy npy;
    mien_error err = {0};
    assert_int_equal(mien_npy_map("large.npy", 0, &npy, &err), MIEN_OK);
    assert_non_null(npy.mapping);
    mien_mapping_stream(npy.mapping, window);
    assert_int_equal(mien_mapping_streams(npy.mapping), window != 0);
    return (mien_pixels){
        .n = N, .p = P, .type = MIEN_U8, .values = npy.values, .mapping = npy.mapping};
}

/* Pages of the array that this process has mapped in, in bytes. */
static size_t resident(void)
{
    char line[256];
    size_t kilobytes = 0;
    bool inside = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        if (strstr(line, "large.npy"))
            inside = true;
        if (inside && sscanf(line, "Rss: %zu kB", &kilobytes) == 1)
            break;
    }
    fclose(maps);
    return kilobytes * 1024;
}

struct look {
    size_t wrong[64], seen[64], most[64]; /* a worker each */
};

static void look_at_tile(void *context, const mien_tile *tile)
{
    struct look *look = context;
    unsigned w = tile->worker;
    for (size_t i = 0; i < tile->count; i++)
        for (size_t j = 0; j < P; j += 37)
            look->wrong[w] += tile->x[i * P + j] != (float)value_of(tile->first + i, j);
    look->seen[w] += tile->count;
    if (w == 0 && tile->first % 64 == 0) {
        size_t now = resident();
        look->most[w] = now > look->most[w] ? now : look->most[w];
    }
}

/* Passes by threads see what is in the file; what stays is the window at most. */
static void test_passes(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads += 2)
        for (int streamed = 0; streamed < 2; streamed++) {
            mien_pixels pixels = mapped(streamed ? WINDOW : 0);
            mien_source X = mien_pixels_source(&pixels);
            mien_tiling tiling = mien_tiling_plan(N, P, 4);
            mien_arena arena = {0};
            mien_pool *pool;
            struct look look = {{0}, {0}, {0}};
            assert_int_equal(mien_pool_create(threads, &pool), MIEN_OK);
            float **buffers = (float **)mien_arena_alloc_each(&arena, mien_pool_threads(pool),
                                                              tiling.rows * P, sizeof(float));
            assert_non_null(buffers);
            for (int pass = 0; pass < 2; pass++)
                mien_pass(pool, &X, &tiling, buffers, look_at_tile, &look, NULL);
            size_t wrong = 0, seen = 0;
            for (size_t w = 0; w < 64; w++) {
                wrong += look.wrong[w];
                seen += look.seen[w];
            }
            assert_int_equal(wrong, 0);
            assert_int_equal(seen, 2 * N);
            if (streamed) {
                /* and what each thread has asked for ahead, if the system has mapped it already */
                assert_true(look.most[0] <= WINDOW + threads * 6 * MEGABYTE);
                assert_true(mien_mapping_held(pixels.mapping) <= WINDOW);
            } else {
                assert_true(look.most[0] > WINDOW + threads * 6 * MEGABYTE);
                assert_int_equal(mien_mapping_held(pixels.mapping), 0);
            }
            mien_pool_free(pool);
            mien_arena_free(&arena);
            mien_pixels_free(&pixels);
        }
}

/* Single images in any order, and strips of pixels through all of them. */
static void test_any_order(void **state)
{
    (void)state;
    enum { COUNT = 3000, PIXELS = 19 };
    static size_t rows[COUNT];
    mien_pixels pixels = mapped(WINDOW);
    mien_source X = mien_pixels_source(&pixels);
    float *strip = mien_alloc_raw((size_t)N * PIXELS, sizeof *strip), image[P];
    assert_non_null(strip);
    size_t wrong = 0;
    for (size_t k = 0; k < COUNT; k++) {
        rows[k] = k * 7919 % N;
        const float *x = X.tile(X.data, rows[k], 1, image);
        for (size_t j = 0; j < P; j++)
            wrong += x[j] != (float)value_of(rows[k], j);
    }
    assert_int_equal(wrong, 0);
    X.strip(X.data, rows, COUNT, 500, PIXELS, strip, COUNT);
    for (size_t k = 0; k < COUNT; k++)
        for (size_t c = 0; c < PIXELS; c++)
            wrong += strip[c * COUNT + k] != (float)value_of(rows[k], 500 + c);
    assert_int_equal(wrong, 0);
    X.strip(X.data, NULL, N, 981, PIXELS, strip, N);
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < PIXELS; c++)
            wrong += strip[c * N + i] != (float)value_of(i, 981 + c);
    assert_int_equal(wrong, 0);
    assert_true(resident() <= WINDOW + MEGABYTE);
    assert_true(mien_pixels_largest(&pixels) == 255);
    assert_true(resident() <= WINDOW + 6 * MEGABYTE);
    mien_free(strip);
    mien_pixels_free(&pixels);
}

/* A copy in memory is one's own. */
static void test_own(void **state)
{
    (void)state;
    mien_pixels pixels = mapped(WINDOW);
    assert_int_equal(mien_pixels_own(&pixels), MIEN_OK);
    assert_null(pixels.mapping);
    unsigned char *row = mien_pixels_row(&pixels, N - 1);
    assert_int_equal(row[P - 1], value_of(N - 1, P - 1));
    row[P - 1]++;
    assert_int_equal(mien_pixels_own(&pixels), MIEN_OK);
    assert_ptr_equal(row, mien_pixels_row(&pixels, N - 1));
    mien_pixels_free(&pixels);
}

static void *refuse(size_t nbytes)
{
    (void)nbytes;
    return NULL;
}

/* What is not there cannot be mapped, nor without memory. */
static void test_bounds(void **state)
{
    (void)state;
    mien_mapping *mapping = NULL;
    mien_error err = {0};
    int fd = open("large.npy", O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(mien_mapping_open(fd, 128, (size_t)N * P + 1, &mapping, &err), MIEN_ERR_IO);
    assert_non_null(strstr(err.message, "shorter"));
    assert_int_equal(mien_mapping_open(fd, (uint64_t)N * P + 129, 1, &mapping, &err), MIEN_ERR_IO);
    assert_int_equal(mien_mapping_open(fd, UINT64_MAX, 2, &mapping, &err), MIEN_ERR_IO);
    assert_int_equal(mien_mapping_open(-1, 0, 2, &mapping, &err), MIEN_ERR_IO);
    mien_set_allocator(refuse, NULL);
    assert_int_equal(mien_mapping_open(fd, 0, 2, &mapping, &err), MIEN_ERR_NOMEM);
    mien_set_allocator(NULL, NULL);
    assert_null(mapping);
    assert_int_equal(mien_mapping_open(fd, 4097, 5000, &mapping, &err), MIEN_OK);
    close(fd); /* the mapping has its own */
    unsigned char *bytes = mien_mapping_bytes(mapping);
    assert_int_equal(bytes[3], value_of((4100 - 128) / P, (4100 - 128) % P));
    mien_mapping_stream(mapping, 1);
    mien_mapping_touch(mapping, bytes, 5000);
    assert_int_equal(bytes[4999], value_of((9096 - 128) / P, (9096 - 128) % P));
    mien_mapping_free(mapping);
    mien_mapping_free(NULL);
}

/* What has to be converted is read, whatever is asked for. */
static void test_conversions(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool maps;
    } kinds[] = {
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }", true},
        {"{'descr': '<u2', 'fortran_order': False, 'shape': (2, 1), }", true},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", true},
        {"{'descr': '>u2', 'fortran_order': False, 'shape': (2, 1), }", false},
        {"{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2), }", false},
        {"{'descr': '|b1', 'fortran_order': False, 'shape': (2, 2), }", false},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1), }", false},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t pad = 0; pad < 2; pad++) { /* values at an odd place: not mapped as words */
            unsigned char file[256];
            mien_npy npy;
            size_t length = 118 + pad;
            memcpy(file, "\x93NUMPY\1\0", 8);
            file[8] = (unsigned char)length;
            file[9] = 0;
            memset(file + 10, ' ', length);
            memcpy(file + 10, kinds[k].header, strlen(kinds[k].header));
            memcpy(file + 10 + length, "\1\0\2\0", 4);
            FILE *to = fopen("small.npy", "wb");
            assert_non_null(to);
            assert_int_equal(fwrite(file, 1, 14 + length, to), 14 + length);
            fclose(to);
            assert_int_equal(mien_npy_map("small.npy", 0, &npy, NULL), MIEN_OK);
            bool bytes = strstr(kinds[k].header, "|u1") != NULL;
            assert_int_equal(npy.mapping != NULL, kinds[k].maps && (bytes || !pad));
            mien_npy_free(&npy);
        }
    unlink("small.npy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes), cmocka_unit_test(test_any_order), cmocka_unit_test(test_own),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_conversions)};
    return cmocka_run_group_tests(tests, make_array, remove_array);
}
