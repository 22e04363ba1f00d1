/* test_mapping.c - files that are mapped: the same values, and no more of them in memory than the
 * threads' buffers.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "data/mapping.h"
#include "data/npy.h"
#include "data/pixels.h"
#include "data/source.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { P = 1000, MEGABYTE = 1 << 20, N = 60 * MEGABYTE / P };

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

static mien_pixels mapped(bool streams)
{
    mien_npy npy;
    mien_error err = {0};
    assert_int_equal(mien_npy_map("large.npy", 0, &npy, &err), MIEN_OK);
    assert_non_null(npy.mapping);
    mien_mapping_stream(npy.mapping, streams);
    assert_int_equal(mien_mapping_streams(npy.mapping), streams);
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

/* Passes by threads see what is in the file; of a streamed one no page is mapped in. */
static void test_passes(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads += 2)
        for (int streamed = 0; streamed < 2; streamed++) {
            mien_pixels pixels = mapped(streamed);
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
            assert_true(streamed ? look.most[0] == 0 : look.most[0] > 16 * MEGABYTE);
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
    mien_pixels pixels = mapped(true);
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
    assert_true(mien_pixels_largest(&pixels) == 255);
    mien_free(strip);
    mien_pixels_free(&pixels);
}

static void *refuse(size_t nbytes)
{
    (void)nbytes;
    return NULL;
}

/* Tiles and strips of each type, scaled, of all images and of some: streamed as mapped. Rows may be
 * larger than what is read at a time. */
static void test_types(void **state)
{
    (void)state;
    static const struct {
        size_t n, p;
        mien_pixel_type type;
    } shapes[] = {{1999, 37, MIEN_U8}, {1999, 37, MIEN_U16},    {1999, 37, MIEN_F32},
                  {70000, 3, MIEN_U8}, {130, 300000, MIEN_F32}, {4, 1200001, MIEN_U8}};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (int scaled = 0; scaled < 2; scaled++) {
            size_t n = shapes[k].n, p = shapes[k].p, size = mien_pixel_size(shapes[k].type);
            size_t count = p < 21 ? p : 21, some = n < 65 ? n : 65, rows[65];
            mien_pixels whole;
            mien_npy npy;
            char head[MIEN_NPY_HEADER];
            size_t length;
            assert_int_equal(mien_pixels_alloc(n, p, shapes[k].type, &whole), MIEN_OK);
            for (size_t e = 0; e < n * p; e++)
                if (whole.type == MIEN_F32)
                    ((float *)whole.values)[e] = (float)value_of(e, k);
                else
                    memset((char *)whole.values + e * size, value_of(e, k), size);
            assert_int_equal(mien_npy_header(whole.type, (size_t[]){n, p}, 2, head, &length),
                             MIEN_OK);
            FILE *to = fopen("types.npy", "wb");
            assert_non_null(to);
            assert_int_equal(fwrite(head, 1, length, to), length);
            assert_int_equal(fwrite(whole.values, size, n * p, to), n * p);
            fclose(to);
            assert_int_equal(mien_npy_map("types.npy", 0, &npy, NULL), MIEN_OK);
            assert_non_null(npy.mapping);
            mien_mapping_stream(npy.mapping, true);
            float *gain = mien_alloc_array(n, sizeof *gain), *a, *b;
            assert_non_null(gain);
            for (size_t i = 0; i < n; i++)
                gain[i] = (float)(i % 7) / 8;
            whole.gain = whole.center = whole.offset = scaled ? gain : NULL;
            whole.upper = 100;
            mien_pixels streamed = whole;
            streamed.values = npy.values;
            streamed.mapping = npy.mapping;
            mien_source X = mien_pixels_source(&whole), Y = mien_pixels_source(&streamed);
            a = mien_alloc_raw(n * count + 3 * p, sizeof *a);
            b = mien_alloc_raw(n * count + 3 * p, sizeof *b);
            assert_true(a && b);
            Y.expect(Y.data, 1, n - 1);
            for (size_t i = 1; i + 3 <= n; i += 3 + i % 2) /* in order, with gaps */
                assert_memory_equal(X.tile(X.data, i, 3, a), Y.tile(Y.data, i, 3, b),
                                    3 * p * sizeof *a);
            X.strip(X.data, NULL, n, p - count, count, a, n);
            Y.strip(Y.data, NULL, n, p - count, count, b, n);
            assert_memory_equal(a, b, n * count * sizeof *a);
            X.strip(X.data, NULL, some, 0, count, a, some);
            Y.strip(Y.data, NULL, some, 0, count, b, some);
            assert_memory_equal(a, b, some * count * sizeof *a);
            for (size_t i = 0; i < some; i++) /* enough of them in order, or not */
                rows[i] = k < 3 && scaled ? i * 31 % n : i * (n / some);
            X.strip(X.data, rows, some, p - count, count, a, some);
            Y.strip(Y.data, rows, some, p - count, count, b, some);
            assert_memory_equal(a, b, some * count * sizeof *a);
            size_t most = 0, *listed = mien_alloc_array(n, sizeof *listed);
            assert_non_null(listed);
            for (size_t i = 0; i < n; i++)
                if (i % 3)
                    listed[most++] = i;
            X.strip(X.data, listed, most, p - count, count, a, n);
            Y.strip(Y.data, listed, most, p - count, count, b, n);
            for (size_t c = 0; c < count; c++)
                assert_memory_equal(a + c * n, b + c * n, most * sizeof *a);
            mien_free(listed);
            mien_mapping_free(npy.mapping);
            mien_free(whole.values);
            mien_free(gain);
            mien_free(a);
            mien_free(b);
        }
    unlink("types.npy");
}

/* No memory for a buffer, nor for what is turned: the pages themselves. */
static void test_without_memory(void **state)
{
    (void)state;
    mien_pixels pixels = mapped(true);
    mien_source X = mien_pixels_source(&pixels);
    static float strip[N], image[P];
    mien_set_allocator(refuse, NULL);
    X.tile(X.data, 5, 1, image);
    X.strip(X.data, NULL, N, 7, 1, strip, N);
    mien_set_allocator(NULL, NULL);
    for (size_t j = 0; j < P; j++)
        assert_true(image[j] == (float)value_of(5, j));
    for (size_t i = 0; i < N; i++)
        assert_true(strip[i] == (float)value_of(i, 7));
    mien_pixels_free(&pixels);
}

/* Threads that took memory for what they read: by mien_set_allocator(). */
static struct {
    pthread_mutex_t mutex;
    pthread_t seen[8];
    size_t count;
} readers = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void *note_reader(size_t nbytes)
{
    pthread_mutex_lock(&readers.mutex);
    size_t k = 0;
    while (k < readers.count && !pthread_equal(readers.seen[k], pthread_self()))
        k++;
    if (k == readers.count && nbytes > 1000000 && nbytes < 2000000)
        readers.seen[readers.count++] = pthread_self();
    pthread_mutex_unlock(&readers.mutex);
    return malloc(nbytes);
}

static size_t count_readers(void)
{
    pthread_mutex_lock(&readers.mutex);
    size_t count = readers.count;
    pthread_mutex_unlock(&readers.mutex);
    return count;
}

struct wait {
    size_t others;       /* readers that are waited for before the calling thread goes on */
    size_t calls, until; /* the call that asks for an end; 0: none */
};

static bool wait_for_others(void *user, const mien_progress *now)
{
    struct wait *w = user;
    assert_string_equal(now->stage, "turning");
    assert_true(now->done < now->total && now->total == N);
    for (int ms = 0; ms < 20000 && count_readers() < w->others; ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return ++w->calls != w->until;
}

static void check_strip(const mien_pixels *pixels, size_t first)
{
    enum { PIXELS = 3 };
    mien_source X = mien_pixels_source(pixels);
    float *strip = mien_alloc_raw((size_t)N * PIXELS, sizeof *strip);
    assert_non_null(strip);
    X.strip(X.data, NULL, N, first, PIXELS, strip, N);
    size_t wrong = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < PIXELS; c++)
            wrong += strip[c * N + i] != (float)value_of(i, first + c);
    assert_int_equal(wrong, 0);
    mien_free(strip);
}

/* What is turned on its side is made by all threads; an end that is asked for leaves nothing that
 * is believed, and the next call makes it whole. */
static void test_turn(void **state)
{
    (void)state;
    mien_pixels pixels = mapped(true);
    mien_error err = {0};
    struct wait wait = {.others = 2, .until = 3};
    mien_set_allocator(note_reader, NULL);
    mien_status st = mien_pixels_turn(&pixels, 3, wait_for_others, &wait, &err);
    mien_set_allocator(NULL, NULL);
    assert_int_equal(st, MIEN_ERR_STOPPED);
    assert_int_equal(err.status, MIEN_ERR_STOPPED);
    assert_int_equal(wait.calls, 3);
    assert_in_range(count_readers(), 2, 3);
    wait = (struct wait){.others = 0};
    assert_int_equal(mien_pixels_turn(&pixels, 3, wait_for_others, &wait, &err), MIEN_OK);
    assert_true(wait.calls > 0);
    check_strip(&pixels, 11);
    wait.calls = 0; /* it is there */
    assert_int_equal(mien_pixels_turn(&pixels, 2, wait_for_others, &wait, NULL), MIEN_OK);
    assert_int_equal(wait.calls, 0);
    mien_pixels_free(&pixels);

    pixels = mapped(true); /* stopped, and made by the threads that want strips */
    wait = (struct wait){.until = 1};
    assert_int_equal(mien_pixels_turn(&pixels, 1, wait_for_others, &wait, NULL), MIEN_ERR_STOPPED);
    check_strip(&pixels, 500);
    mien_pixels_free(&pixels);

    pixels = mapped(true);
    mien_set_allocator(refuse, NULL);
    mien_status none = mien_pixels_turn(&pixels, 2, NULL, NULL, NULL);
    mien_set_allocator(NULL, NULL);
    assert_int_equal(none, MIEN_ERR_NOMEM);
    mien_pixels_free(&pixels);

    pixels = mapped(false); /* nothing to be done */
    assert_int_equal(mien_pixels_turn(&pixels, 2, wait_for_others, &wait, &err), MIEN_OK);
    assert_int_equal(wait.calls, 1);
    mien_pixels_free(&pixels);
    assert_int_equal(mien_pixels_turn(NULL, 1, NULL, NULL, &err), MIEN_ERR_ARG);
}

struct strips {
    const mien_pixels *pixels;
    size_t wrong[4];
};

static void look_at_strip(void *context, size_t task, unsigned worker)
{
    struct strips *s = context;
    static float strips[4][N];
    mien_source X = mien_pixels_source(s->pixels);
    X.strip(X.data, NULL, N, task * 7, 1, strips[worker], N);
    for (size_t i = 0; i < N; i++)
        s->wrong[worker] += strips[worker][i] != (float)value_of(i, task * 7);
}

/* Threads that come for strips before anything was turned do it together. */
static void test_turned_in_a_pass(void **state)
{
    (void)state;
    mien_pool *pool;
    mien_pixels pixels = mapped(true);
    struct strips s = {.pixels = &pixels};
    assert_int_equal(mien_pool_create(4, &pool), MIEN_OK);
    mien_pool_run(pool, 40, look_at_strip, &s);
    for (size_t w = 0; w < 4; w++)
        assert_int_equal(s.wrong[w], 0);
    mien_pool_free(pool);
    mien_pixels_free(&pixels);
}

/* What was looked at where it is mapped goes again. */
static void test_peek(void **state)
{
    (void)state;
    enum { PEEKS = 256 };
    mien_pixels pixels = mapped(true);
    const unsigned char *values = pixels.values;
    size_t sum = 0;
    for (size_t k = 0; k < PEEKS; k++)
        mien_mapping_peek(pixels.mapping);
    for (size_t at = 0; at < (size_t)N * P; at += 4096)
        sum += values[at];
    assert_true(sum > 0 && resident() > 50 * MEGABYTE);
    for (size_t k = 0; k < PEEKS; k++)
        mien_mapping_peek(pixels.mapping);
    assert_int_equal(resident(), 0);
    mien_pixels_free(&pixels);
}

/* A copy in memory is one's own. */
static void test_own(void **state)
{
    (void)state;
    mien_pixels pixels = mapped(true);
    assert_int_equal(mien_pixels_own(&pixels), MIEN_OK);
    assert_null(pixels.mapping);
    unsigned char *row = (unsigned char *)pixels.values + (size_t)(N - 1) * P;
    assert_ptr_equal(row, mien_pixels_row(&pixels, N - 1));
    assert_int_equal(row[P - 1], value_of(N - 1, P - 1));
    row[P - 1]++;
    assert_int_equal(mien_pixels_own(&pixels), MIEN_OK);
    assert_ptr_equal(row, mien_pixels_row(&pixels, N - 1));
    mien_pixels_free(&pixels);
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
    assert_ptr_equal(mien_mapping_at(mapping, bytes, 5000), bytes);
    mien_mapping_stream(mapping, true);
    assert_ptr_not_equal(mien_mapping_at(mapping, bytes, 5000), bytes);
    assert_memory_equal(mien_mapping_at(mapping, bytes, 5000), bytes, 5000);
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
        cmocka_unit_test(test_passes), cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_types),  cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_turn),   cmocka_unit_test(test_turned_in_a_pass),
        cmocka_unit_test(test_peek),   cmocka_unit_test(test_own),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_conversions)};
    return cmocka_run_group_tests(tests, make_array, remove_array);
}
