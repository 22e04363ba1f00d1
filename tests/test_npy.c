/* test_npy.c - .npy arrays: every kind that is read, and every lie a header can tell.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "base/memory.h"
#include "data/npy.h"

/* A file of a given version, header text and data. */
static size_t make_npy(unsigned char *to, unsigned version, const char *header, const void *data,
                       size_t nbytes)
{
    size_t length = strlen(header), used = version == 1 ? 10 : 12;
    memcpy(to, "\x93NUMPY", 6);
    to[6] = (unsigned char)version;
    to[7] = 0;
    for (size_t i = 8; i < used; i++)
        to[i] = (unsigned char)(length >> (8 * (i - 8)) & 0xff);
    memcpy(to + used, header, length);
    memcpy(to + used + length, data, nbytes);
    return used + length + nbytes;
}

static void put_value(unsigned char *to, char kind, size_t item, bool big, unsigned v)
{
    unsigned char raw[8];
    float f = (float)v;
    double d = v;
    uint16_t u = (uint16_t)v;
    uint8_t b = (uint8_t)v;
    const uint16_t one = 1;
    bool host_big = *(const unsigned char *)&one == 0;
    memcpy(raw,
           kind == 'f' ? (item == 4 ? (void *)&f : (void *)&d)
                       : (item == 2 ? (void *)&u : (void *)&b),
           item);
    for (size_t i = 0; i < item; i++)
        to[i] = raw[big != host_big ? item - 1 - i : i];
}

/* 2 x 3 x 4 of every type, byte order, order of indices and version; entry (i,j,k) is 100i+10j+k.
 */
static void test_all_kinds(void **state)
{
    static const struct {
        const char *descr;
        char kind;
        size_t item;
        bool big;
        mien_pixel_type type;
    } kinds[] = {{"|u1", 'u', 1, false, MIEN_U8}, {"<u2", 'u', 2, false, MIEN_U16},
                 {">u2", 'u', 2, true, MIEN_U16}, {"<f4", 'f', 4, false, MIEN_F32},
                 {">f4", 'f', 4, true, MIEN_F32}, {"<f8", 'f', 8, false, MIEN_F32},
                 {">f8", 'f', 8, true, MIEN_F32}};
    for (size_t t = 0; t < sizeof kinds / sizeof *kinds; t++)
        for (unsigned version = 1; version <= 3; version++)
            for (int fortran = 0; fortran < 2; fortran++) {
                unsigned char data[24 * 8], file[512];
                char header[200];
                for (size_t k = 0; k < 24; k++) {
                    size_t at[3] = {k / 12, k / 4 % 3, k % 4};
                    size_t place = fortran ? at[0] + 2 * (at[1] + 3 * at[2]) : k;
                    put_value(data + place * kinds[t].item, kinds[t].kind, kinds[t].item,
                              kinds[t].big, (unsigned)(100 * at[0] + 10 * at[1] + at[2]));
                }
                snprintf(header, sizeof header,
                         "{'descr': '%s', 'fortran_order': %s, 'shape': (2, 3, 4), }     \n",
                         kinds[t].descr, fortran ? "True" : "False");
                size_t size = make_npy(file, version, header, data, 24 * kinds[t].item);
                mien_npy npy;
                mien_error err;
                if (mien_npy_read(put_file(*state, "x.npy", file, size), &npy, &err))
                    fail_msg("%s", err.message);
                assert_int_equal(npy.n_dims, 3);
                assert_int_equal(npy.dims[1], 3);
                assert_int_equal(npy.type, kinds[t].type);
                for (size_t k = 0; k < 24; k++) {
                    double v = npy.type == MIEN_U8    ? ((uint8_t *)npy.values)[k]
                               : npy.type == MIEN_U16 ? ((uint16_t *)npy.values)[k]
                                                      : (double)((float *)npy.values)[k];
                    assert_near(v, 100 * (k / 12) + 10 * (k / 4 % 3) + k % 4, 0);
                }
                mien_npy_free(&npy);
            }
}

static void test_bad_headers(void **state)
{
    static const struct {
        const char *header;
        size_t nbytes;
        const char *word;
    } cases[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 23, "truncated"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 25, "1 bytes too many"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 300000000000), }", 24, "truncated"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 24,
         "truncated"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 1), }", 24,
         "shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", 0, "without entries"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", 4, "single number"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,6), }", 24, "five"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }", 24, "shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), }", 24, "shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", 24, "shape"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1, 3), }", 24, "float16 to float64"},
        {"{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3), }", 24, "float16 to float64"},
        {"{'descr': '', 'fortran_order': False, 'shape': (2, 3), }", 24, "float16 to float64"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", 24, "structured"},
        {"{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2, 3), }", 24, "header"},
        {"{'descr': '<f4', 'shape': (2, 3), }", 24, "header"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24,
         "header"},
        {"{'other': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24, "header"},
        {"{'descr': '<f4'", 24, "header"},
        {"", 24, "header"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char file[512], data[64] = {0};
        size_t size = make_npy(file, 1, cases[i].header, data, cases[i].nbytes);
        const char *path = put_file(*state, "bad.npy", file, size);
        mien_npy npy;
        mien_error err = {0};
        mien_status st = mien_npy_read(path, &npy, &err);
        if (st != MIEN_ERR_FORMAT || !strstr(err.message, cases[i].word) ||
            strncmp(err.message, path, strlen(path)) != 0)
            fail_msg("%s: %d '%s', expected '%s'", cases[i].header, st, err.message, cases[i].word);
    }
}

static void test_lying_lengths(void **state)
{
    unsigned char file[512];
    float data[6] = {1, 2, 3, 4, 5, 6};
    mien_npy npy;
    mien_error err;
    size_t size = make_npy(file, 2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
                           data, sizeof data);
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(mien_npy_read(put_file(*state, "cut.npy", file, cut), &npy, &err),
                         MIEN_ERR_FORMAT);
    file[11] = 0xff; /* a header of 4 GB */
    assert_int_equal(mien_npy_read(put_file(*state, "x.npy", file, size), &npy, &err),
                     MIEN_ERR_FORMAT);
    assert_non_null(strstr(err.message, "no plain array"));
    file[6] = 4;
    assert_int_equal(mien_npy_read(put_file(*state, "x.npy", file, size), &npy, &err),
                     MIEN_ERR_FORMAT);
    assert_non_null(strstr(err.message, "version 4.0"));
    assert_int_equal(mien_npy_read(in_folder(*state, "none"), &npy, &err), MIEN_ERR_IO);
    assert_int_equal(mien_npy_read(*state, &npy, &err), MIEN_ERR_IO);
}

static void test_write_and_read_back(void **state)
{
    float values[60];
    for (size_t k = 0; k < 60; k++)
        values[k] = (float)k - 30.5f;
    const size_t shapes[][4] = {{60}, {6, 10}, {3, 4, 5}, {2, 5, 2, 3}};
    for (unsigned n_dims = 1; n_dims <= 4; n_dims++) {
        const char *path = in_folder(*state, "w.npy");
        mien_npy npy;
        mien_error err;
        unsigned char file[1024];
        assert_int_equal(mien_npy_write(path, values, shapes[n_dims - 1], n_dims, &err), MIEN_OK);
        assert_int_equal(mien_npy_read_floats(path, n_dims, &npy, &err), MIEN_OK);
        assert_memory_equal(npy.values, values, sizeof values);
        assert_memory_equal(npy.dims, shapes[n_dims - 1], n_dims * sizeof(size_t));
        mien_npy_free(&npy);
        assert_int_equal(mien_npy_read_floats(path, n_dims % 4 + 1, &npy, &err), MIEN_ERR_FORMAT);
        FILE *stream = fopen(path, "rb");
        size_t nbytes = fread(file, 1, sizeof file, stream);
        fclose(stream);
        assert_int_equal((nbytes - sizeof values) % 64, 0);
        assert_memory_equal(file + nbytes - sizeof values, values, sizeof values);
    }
    values[7] = NAN;
    mien_npy npy;
    mien_error err;
    const char *path = in_folder(*state, "nan.npy");
    assert_int_equal(mien_npy_write(path, values, shapes[0], 1, &err), MIEN_OK);
    assert_int_equal(mien_npy_read_floats(path, 1, &npy, &err), MIEN_ERR_DOMAIN);
    assert_non_null(strstr(err.message, "entry 8"));
}

static void test_write_failures(void **state)
{
    float value = 1;
    size_t dims[6] = {1, 1, 1, 1, 1, 1}, huge[2] = {SIZE_MAX / 2, 3};
    mien_error err;
    assert_int_equal(mien_npy_write(in_folder(*state, "no/x.npy"), &value, dims, 1, &err),
                     MIEN_ERR_IO);
    assert_int_equal(mien_npy_write(in_folder(*state, "x.npy"), &value, dims, 6, &err),
                     MIEN_ERR_ARG);
    assert_int_equal(mien_npy_write(in_folder(*state, "x.npy"), &value, huge, 2, &err),
                     MIEN_ERR_ARG);
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(mien_npy_write("/dev/full", &value, dims, 1, &err), MIEN_ERR_IO);
        assert_non_null(strstr(err.message, "No space"));
    }
}

static void test_doubles_beyond_float(void **state)
{
    double data[3] = {1e300, -1e300, 1e-300};
    unsigned char file[512];
    mien_npy npy;
    size_t size = make_npy(file, 1, "{'descr': '=f8', 'fortran_order': False, 'shape': (3L,)}",
                           data, sizeof data);
    assert_int_equal(mien_npy_read(put_file(*state, "x.npy", file, size), &npy, NULL), MIEN_OK);
    const float *x = npy.values;
    assert_true(isinf(x[0]) && x[0] > 0 && isinf(x[1]) && x[1] < 0 && x[2] == 0);
    mien_npy_free(&npy);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_all_kinds),      IN_FOLDER(test_bad_headers),
        IN_FOLDER(test_lying_lengths),  IN_FOLDER(test_write_and_read_back),
        IN_FOLDER(test_write_failures), IN_FOLDER(test_doubles_beyond_float),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
