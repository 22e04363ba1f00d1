/* test_inputs.c - arrays of every kind, .npz archives, .idx files, lists of images, and rows of a
 * table that are images: what is read, and every lie they can tell.
 * SPDX-License-Identifier: MIT */
#include "support/files.h"

#include "data/npy.h"
#include "data/pixels.h"
#include "read/npz.h"

static const mien_load_options plain = {.threads = 1};

static mien_dataset load(const char *input, const mien_load_options *options)
{
    mien_dataset ds;
    mien_error err;
    if (mien_dataset_load(input, options, &ds, &err))
        fail_msg("%s", err.message);
    return ds;
}

static void refuse(const char *input, const mien_load_options *options, mien_status status,
                   const char *words)
{
    mien_dataset ds;
    mien_error err = {.message = ""};
    mien_status st = mien_dataset_load(input, options, &ds, &err);
    if (st != status || !strstr(err.message, words))
        fail_msg("%d '%s', expected %d '%s'", st, err.message, status, words);
}

/* ---------------------------------------------------------------- .npy of every type */

static size_t make_npy(unsigned char *to, const char *descr, const char *shape, const void *data,
                       size_t nbytes)
{
    char header[256];
    int length =
        snprintf(header, sizeof header,
                 "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", descr, shape);
    memcpy(to, "\x93NUMPY\1\0", 8);
    to[8] = (unsigned char)length;
    to[9] = 0;
    memcpy(to + 10, header, (size_t)length);
    memcpy(to + 10 + length, data, nbytes);
    return 10 + (size_t)length + nbytes;
}

#define VALUES 6

static void test_types_of_arrays(void **state)
{
    static const int8_t i1[] = {0, 1, -2, 3, 127, -128};
    static const int16_t i2[] = {0, 1, -2, 300, 32767, -32768};
    static const int32_t i4[] = {0, 1, -2, 16777216, -16777218, INT32_MIN};
    static const uint32_t u4[] = {0, 1, 2, 16777218, 4294967040u, 3};
    static const int64_t i8[] = {0, 1, -2, 16777216, INT64_MAX - (INT64_C(1) << 39) + 1, INT64_MIN};
    /* the largest float32 below 2^63 and below 2^64 */
    static const uint64_t u8[] = {0, 1, 2, 3, UINT64_MAX - (UINT64_C(1) << 40) + 1, 5};
    static const uint8_t b1[] = {0, 1, 0, 1, 1, 0};
    /* 0, 1, -2, the least subnormal 2^-24, 65504, 1/3 rounded */
    static const uint16_t f2[] = {0, 0x3C00, 0xC000, 1, 0x7BFF, 0x3555};
    static const struct {
        const char *descr;
        const void *data;
        size_t item;
        double expected[VALUES];
    } cases[] = {
        {"|i1", i1, 1, {0, 1, -2, 3, 127, -128}},
        {"=i2", i2, 2, {0, 1, -2, 300, 32767, -32768}},
        {"=i4", i4, 4, {0, 1, -2, 16777216, -16777218, -2147483648.0}},
        {"=u4", u4, 4, {0, 1, 2, 16777218, 4294967040.0, 3}},
        {"=i8", i8, 8, {0, 1, -2, 16777216, 9223371487098961920.0, -9223372036854775808.0}},
        {"=u8", u8, 8, {0, 1, 2, 3, 18446742974197923840.0, 5}},
        {"|b1", b1, 1, {0, 1, 0, 1, 1, 0}},
        {"=f2", f2, 2, {0, 1, -2, 5.9604644775390625e-8, 65504, 0.333251953125}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        unsigned char file[512];
        size_t size = make_npy(file, cases[c].descr, "2, 3", cases[c].data, VALUES * cases[c].item);
        mien_npy npy;
        mien_error err;
        if (mien_npy_read(put_file(*state, "x.npy", file, size), &npy, &err))
            fail_msg("%s: %s", cases[c].descr, err.message);
        assert_int_equal(npy.type, MIEN_F32);
        for (size_t k = 0; k < VALUES; k++)
            assert_near(((float *)npy.values)[k], cases[c].expected[k], 0);
        mien_npy_free(&npy);
    }
    /* what float32 does not hold is told by its place */
    const int64_t large[VALUES] = {0, 1, 2, 3, 16777217, 5};
    const uint64_t larger[VALUES] = {0, UINT64_MAX, 2, 3, 4, 5};
    unsigned char file[512];
    mien_npy npy;
    mien_error err;
    size_t size = make_npy(file, "=i8", "2, 3", large, sizeof large);
    assert_int_equal(mien_npy_read(put_file(*state, "x.npy", file, size), &npy, &err),
                     MIEN_ERR_DOMAIN);
    assert_non_null(strstr(err.message, "row 2, column 2 is a whole number that float32"));
    size = make_npy(file, "=u8", "2, 3", larger, sizeof larger);
    assert_int_equal(mien_npy_read(put_file(*state, "x.npy", file, size), &npy, &err),
                     MIEN_ERR_DOMAIN);
    assert_non_null(strstr(err.message, "row 1, column 2"));
}

/* Images of whole numbers are the same data, whatever they are stored as. */
static void test_arrays_of_images(void **state)
{
    uint8_t bytes[24];
    int64_t wide[24];
    float floats[24];
    unsigned char file[1024];
    for (size_t k = 0; k < 24; k++)
        floats[k] = (float)(wide[k] = bytes[k] = (uint8_t)(11 * k % 256));
    const struct {
        const char *descr, *shape;
        const void *data;
        size_t nbytes, h, w;
    } cases[] = {{"|u1", "4, 3, 2", bytes, sizeof bytes, 3, 2},
                 {"=i8", "4, 3, 2", wide, sizeof wide, 3, 2},
                 {"=f4", "4, 3, 2", floats, sizeof floats, 3, 2},
                 {"|u1", "4, 1, 3, 2", bytes, sizeof bytes, 3, 2},
                 {"|u1", "4, 3, 2, 1", bytes, sizeof bytes, 3, 2}};
    uint64_t fingerprint = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t size =
            make_npy(file, cases[c].descr, cases[c].shape, cases[c].data, cases[c].nbytes);
        mien_dataset ds = load(put_file(*state, "x.npy", file, size), &plain);
        assert_true(!ds.is_table && ds.shape.height == cases[c].h && ds.shape.width == cases[c].w);
        assert_int_equal(ds.shape.channels, 1);
        assert_int_equal(ds.pixels.type, MIEN_U8);
        assert_int_equal(ds.normalize, MIEN_NORMALIZE_LEE_SEUNG);
        assert_true(c == 0 || ds.fingerprint == fingerprint);
        fingerprint = ds.fingerprint;
        mien_dataset_free(&ds);
    }
    for (size_t k = 0; k < 24; k++) /* shares stay shares, and are images, too */
        floats[k] = (float)k / 24;
    size_t size = make_npy(file, "=f4", "4, 2, 3", floats, sizeof floats);
    mien_dataset ds = load(put_file(*state, "x.npy", file, size), &plain);
    assert_int_equal(ds.pixels.type, MIEN_F32);
    assert_int_equal(ds.normalize, MIEN_NORMALIZE_LEE_SEUNG);
    assert_string_equal(ds.images[0].path, "image 1");
    mien_dataset_free(&ds);
    /* N x 3 x h x w: the colours move to the end */
    size = make_npy(file, "|u1", "2, 3, 2, 2", bytes, sizeof bytes);
    mien_load_options raw = plain;
    raw.normalize = MIEN_NORMALIZE_NONE;
    raw.ink = MIEN_INK_LIGHT;
    ds = load(put_file(*state, "x.npy", file, size), &raw);
    assert_true(ds.shape.channels == 3 && ds.shape.height == 2 && ds.shape.width == 2);
    const uint8_t *values = ds.pixels.values;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 4; k++)
            for (size_t ch = 0; ch < 3; ch++)
                assert_int_equal(values[12 * i + 3 * k + ch], bytes[12 * i + 4 * ch + k]);
    mien_dataset_free(&ds);
    size = make_npy(file, "|u1", "2, 2, 2, 3", bytes, sizeof bytes);
    ds = load(put_file(*state, "x.npy", file, size), &plain);
    assert_int_equal(ds.shape.channels, 3);
    mien_dataset_free(&ds);
    size = make_npy(file, "|u1", "2, 2, 2, 3", bytes, sizeof bytes);
    refuse(put_file(*state, "x.npy", file, make_npy(file, "|u1", "2, 2, 3, 2", bytes, 24)), &plain,
           MIEN_ERR_SHAPE, "2 channels, the last of 2 x 2 x 3 x 2");
}

/* ---------------------------------------------------------------- .npz */

static void put_number(unsigned char **at, uint64_t value, unsigned nbytes)
{
    for (unsigned k = 0; k < nbytes; k++)
        *(*at)++ = (unsigned char)((k < 8 ? value >> (8 * k) : 0) & 0xff);
}

struct entry {
    const char *name;
    const unsigned char *bytes;
    size_t size;
    bool deflate, wide; /* wide: sizes stand in ZIP64's field */
};

/* A ZIP file as zipfile makes it. */
static size_t make_zip(unsigned char *to, const struct entry *entries, size_t count)
{
    unsigned char *at = to, directory[1024], *d = directory;
    for (size_t e = 0; e < count; e++) {
        const struct entry *one = &entries[e];
        unsigned char packed[1024];
        uLongf length = one->size;
        memcpy(packed, one->bytes, one->size);
        if (one->deflate) {
            z_stream z = {0};
            assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
            z.next_in = (Bytef *)(uintptr_t)one->bytes;
            z.avail_in = (uInt)one->size;
            z.next_out = packed;
            z.avail_out = sizeof packed;
            assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
            length = z.total_out;
            deflateEnd(&z);
        }
        uint64_t offset = (uint64_t)(at - to), crc = crc32(0, one->bytes, (uInt)one->size);
        size_t name = strlen(one->name);
        put_number(&at, 0x04034b50, 4);
        put_number(&at, 20, 2);
        put_number(&at, 0, 2);
        put_number(&at, one->deflate ? 8 : 0, 2);
        put_number(&at, 0, 4);
        put_number(&at, crc, 4);
        put_number(&at, length, 4);
        put_number(&at, one->size, 4);
        put_number(&at, name, 2);
        put_number(&at, 0, 2);
        memcpy(at, one->name, name);
        at += name;
        memcpy(at, packed, length);
        at += length;
        put_number(&d, 0x02014b50, 4);
        put_number(&d, 20, 2);
        put_number(&d, 20, 2);
        put_number(&d, 0, 2);
        put_number(&d, one->deflate ? 8 : 0, 2);
        put_number(&d, 0, 4);
        put_number(&d, crc, 4);
        put_number(&d, one->wide ? UINT32_MAX : length, 4);
        put_number(&d, one->wide ? UINT32_MAX : one->size, 4);
        put_number(&d, name, 2);
        put_number(&d, one->wide ? 28 : 0, 2);
        put_number(&d, 0, 2 + 2 + 2 + 4);
        put_number(&d, one->wide ? UINT32_MAX : offset, 4);
        memcpy(d, one->name, name);
        d += name;
        if (one->wide) {
            put_number(&d, 1, 2);
            put_number(&d, 24, 2);
            put_number(&d, one->size, 8);
            put_number(&d, length, 8);
            put_number(&d, offset, 8);
        }
    }
    uint64_t start = (uint64_t)(at - to), size = (uint64_t)(d - directory);
    memcpy(at, directory, size);
    at += size;
    put_number(&at, 0x06054b50, 4);
    put_number(&at, 0, 4);
    put_number(&at, count, 2);
    put_number(&at, count, 2);
    put_number(&at, size, 4);
    put_number(&at, start, 4);
    put_number(&at, 0, 2);
    return (size_t)(at - to);
}

static void test_archives(void **state)
{
    unsigned char one[256], two[256], file[2048];
    const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {7, 8, 9, 10};
    size_t one_size = make_npy(one, "=f4", "2, 3", a, sizeof a);
    size_t two_size = make_npy(two, "=f4", "2, 2", b, sizeof b);
    for (int how = 0; how < 4; how++) {
        struct entry entries[] = {{"x.npy", one, one_size, how & 1, how & 2},
                                  {"more/y.npy", two, two_size, how & 1, how & 2}};
        size_t size = make_zip(file, entries, 2);
        char path[600];
        snprintf(path, sizeof path, "%s", put_file(*state, "f.npz", file, size));
        refuse(path, &plain, MIEN_ERR_ARG, "2 arrays (x, more/y)");
        snprintf(path + strlen(path), 20, ":more/y");
        mien_dataset ds = load(path, &plain);
        assert_true(ds.is_table && ds.pixels.p == 2);
        assert_near(((float *)ds.pixels.values)[3], 10, 0);
        mien_dataset_free(&ds);
        snprintf(path, sizeof path, "%s:z", in_folder(*state, "f.npz"));
        refuse(path, &plain, MIEN_ERR_ARG, "holds no array 'z'; there are: x, more/y");
        size = make_zip(file, entries, 1);
        ds = load(put_file(*state, "f.npz", file, size), &plain);
        assert_int_equal(ds.pixels.p, 3);
        assert_non_null(strstr(ds.remarks[0], "its array 'x' is read"));
        mien_dataset_free(&ds);
        /* every byte of it may be wrong, and every length */
        for (size_t at = 0; at < size; at++) {
            mien_npy npy;
            mien_error err = {.message = ""};
            file[at] ^= 0xFF;
            put_file(*state, "bad.npz", file, size);
            if (!mien_npz_read(in_folder(*state, "bad.npz"), "x", NULL, &npy, &err))
                mien_npy_free(&npy);
            else
                assert_true(*err.message);
            file[at] ^= 0xFF;
            put_file(*state, "bad.npz", file, at);
            assert_int_not_equal(mien_npz_read(in_folder(*state, "bad.npz"), "x", NULL, &npy, &err),
                                 MIEN_OK);
        }
    }
    struct entry lie = {"x.npy", one, one_size, true, false};
    size_t size = make_zip(file, &lie, 1);
    memset(file + size - 22 - 46 - 5 + 24, 0xF0, 4); /* the size of what it unpacks to */
    refuse(put_file(*state, "f.npz", file, size), &plain, MIEN_ERR_FORMAT,
           "a size that its bytes cannot have");
}

/* ---------------------------------------------------------------- .idx */

static size_t make_idx(unsigned char *to, unsigned type, unsigned n_dims, const unsigned *dims,
                       const void *data, size_t nbytes)
{
    to[0] = to[1] = 0;
    to[2] = (unsigned char)type;
    to[3] = (unsigned char)n_dims;
    for (unsigned d = 0; d < n_dims; d++)
        for (unsigned k = 0; k < 4; k++)
            to[4 + 4 * d + k] = (unsigned char)(dims[d] >> (24 - 8 * k) & 0xff);
    memcpy(to + 4 + 4 * n_dims, data, nbytes);
    return 4 + 4 * n_dims + nbytes;
}

static void test_idx_types(void **state)
{
    (void)state;
    /* 2, -1 or 1.5 big-endian */
    static const struct {
        unsigned type;
        unsigned char bytes[16];
        size_t nbytes;
        double first, second;
    } cases[] = {
        {0x08, {2, 255}, 2, 2, 255},
        {0x09, {2, 255}, 2, 2, -1},
        {0x0B, {0, 2, 255, 255}, 4, 2, -1},
        {0x0C, {0, 0, 0, 2, 255, 255, 255, 255}, 8, 2, -1},
        {0x0D, {0x40, 0, 0, 0, 0x3F, 0xC0, 0, 0}, 8, 2, 1.5},
        {0x0E, {0x40, 0, 0, 0, 0, 0, 0, 0, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0}, 16, 2, 1.5},
    };
    const unsigned dims[] = {2, 1, 1};
    unsigned char file[64];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t size = make_idx(file, cases[c].type, 3, dims, cases[c].bytes, cases[c].nbytes);
        mien_npy npy;
        mien_error err;
        assert_true(mien_idx_is(file, size));
        if (mien_idx_read(file, size, &npy, &err))
            fail_msg("%x: %s", cases[c].type, err.message);
        bool bytes = npy.type == MIEN_U8;
        for (size_t k = 0; k < 2; k++)
            assert_near(bytes ? ((uint8_t *)npy.values)[k] : (double)((float *)npy.values)[k],
                        k ? cases[c].second : cases[c].first, 0);
        mien_npy_free(&npy);
        for (size_t cut = 0; cut < size; cut++)
            assert_int_equal(mien_idx_read(file, cut, &npy, &err), MIEN_ERR_FORMAT);
        assert_int_equal(mien_idx_read(file, size + 1, &npy, &err), MIEN_ERR_FORMAT);
    }
    const unsigned endless[] = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, none[] = {2, 0, 3};
    mien_npy npy;
    mien_error err;
    size_t size = make_idx(file, 0x0E, 3, endless, "", 0);
    assert_int_equal(mien_idx_read(file, size, &npy, &err), MIEN_ERR_FORMAT);
    size = make_idx(file, 8, 3, none, "", 0);
    assert_int_equal(mien_idx_read(file, size, &npy, &err), MIEN_ERR_FORMAT);
}

static void put_gzip(const char *path, const void *bytes, size_t nbytes)
{
    gzFile file = gzopen(path, "wb");
    assert_int_equal(gzwrite(file, bytes, (unsigned)nbytes), nbytes);
    assert_int_equal(gzclose(file), Z_OK);
}

static void test_idx_with_labels(void **state)
{
    unsigned char pixels[3 * 4], file[64];
    const unsigned dims[] = {3, 2, 2};
    for (size_t k = 0; k < sizeof pixels; k++)
        pixels[k] = (unsigned char)(20 * k);
    size_t size = make_idx(file, 8, 3, dims, pixels, sizeof pixels);
    put_file(*state, "train-images-idx3-ubyte", file, size);
    put_gzip(in_folder(*state, "t10k-images.idx3-ubyte.gz"), file, size);
    size = make_idx(file, 8, 1, dims, "\7\5\7", 3);
    put_file(*state, "train-labels-idx1-ubyte", file, size);
    put_gzip(in_folder(*state, "t10k-labels.idx1-ubyte.gz"), file, size);
    static const char *const names[] = {"train-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz"};
    for (size_t c = 0; c < 2; c++) {
        mien_dataset ds = load(in_folder(*state, names[c]), &plain);
        assert_true(ds.pixels.n == 3 && ds.shape.height == 2 && ds.pixels.type == MIEN_U8);
        assert_memory_equal(ds.pixels.values, pixels, sizeof pixels);
        assert_string_equal(ds.formats[0].name, "IDX");
        assert_string_equal(ds.labels[1], "5");
        mien_dataset_free(&ds);
    }
    refuse(in_folder(*state, "train-labels-idx1-ubyte"), &plain, MIEN_ERR_SHAPE, "labels?");
    size = make_idx(file, 8, 1, (const unsigned[]){2}, "\7\5", 2);
    put_file(*state, "train-labels-idx1-ubyte", file, size); /* of other images */
    mien_dataset ds = load(in_folder(*state, names[0]), &plain);
    assert_null(ds.labels);
    assert_non_null(strstr(ds.remarks[0], "left out"));
    mien_dataset_free(&ds);
    /* a table packed by gzip, and one that is cut */
    put_gzip(in_folder(*state, "t.csv.gz"), "a,b\n1,2\n3,4\n", 12);
    ds = load(in_folder(*state, "t.csv.gz"), &plain);
    assert_true(ds.is_table && ds.pixels.n == 2 && ds.columns);
    mien_dataset_free(&ds);
    unsigned char packed[256];
    FILE *stream = fopen(in_folder(*state, "t.csv.gz"), "rb");
    size = fread(packed, 1, sizeof packed, stream);
    if (size < 20)
        fail_msg("t.csv.gz holds %zu bytes", size);
    fclose(stream);
    for (size_t cut = 3; cut < size; cut++)
        refuse(put_file(*state, "cut.gz", packed, cut), &plain, MIEN_ERR_FORMAT, "damaged");
    for (size_t k = 1; k <= 4 && k < size; k++) /* a claim of 2 GB */
        packed[size - k] = 0x7F;
    refuse(put_file(*state, "lie.gz", packed, size), &plain, MIEN_ERR_FORMAT, "damaged");
}

/* ---------------------------------------------------------------- lists */

static void test_lists(void **state)
{
    put_folder(*state, "in");
    put_folder(*state, "in/old ones");
    for (unsigned i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "in/%u.pgm", i);
        put_pgm(*state, name, 4, 3, i, 7);
        snprintf(name, sizeof name, "in/old ones/%u,x.pgm", i);
        put_pgm(*state, name, 4, 3, i, 7);
    }
    static const struct {
        const char *text, *column;
        size_t n;
        const char *path, *label; /* of the second image */
    } cases[] = {
        {"0.pgm;7\n1.pgm;8\n2.pgm;8\n", NULL, 3, "1.pgm", "8"},
        {"0.pgm,7\r\n1.pgm,8\r\n2.pgm,8", NULL, 3, "1.pgm", "8"},
        {"0.pgm 7\n1.pgm 8\n2.pgm 8\n", NULL, 3, "1.pgm", "8"},
        {"0.pgm\tann\n1.pgm\tben\n2.pgm\tben\n", NULL, 3, "1.pgm", "ben"},
        {"7,0.pgm\n8,1.pgm\n", NULL, 2, "1.pgm", "8"},
        {"7 0.pgm\n8 1.pgm\n", NULL, 2, "1.pgm", "8"},
        {"# all of them\n0.pgm\n\n1.pgm\n2.pgm\n", NULL, 3, "1.pgm", NULL},
        {"path,label\n0.pgm,7\n1.pgm,\"8\"\n", NULL, 2, "1.pgm", "8"},
        {"n,file,who\n1,0.pgm,ann\n2,1.pgm,ben\n", NULL, 2, "1.pgm", "ben"},
        {"n,file,who\n1,0.pgm,ann\n2,1.pgm,ben\n", "n", 2, "1.pgm", "2"},
        {"n,file,who\n1,0.pgm,ann\n2,1.pgm,ben\n", "3", 2, "1.pgm", "ben"},
        {"old ones/0,x.pgm\nold ones/1,x.pgm\n", NULL, 2, "old ones/1,x.pgm", NULL},
        {"old ones/0,x.pgm 7\nold ones/1,x.pgm 8\n", NULL, 2, "old ones/1,x.pgm", "8"},
        {"\"old ones/0,x.pgm\",7\n\"old ones/1,x.pgm\",8\n", NULL, 2, "old ones/1,x.pgm", "8"},
        /* the second of three is not there: its label goes with it */
        {"0.pgm;7\nnone.pgm;9\n1.pgm;8\n", NULL, 2, "1.pgm", "8"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_load_options options = plain;
        options.label = cases[c].column;
        mien_dataset ds = load(put_text(*state, "in/list.txt", cases[c].text), &options);
        if (ds.pixels.n != cases[c].n || ds.shape.width != 4 || ds.is_table)
            fail_msg("%s: %zu images", cases[c].text, ds.pixels.n);
        assert_string_equal(ds.images[1].path, cases[c].path);
        assert_int_equal(ds.labels != NULL, cases[c].label != NULL);
        if (ds.labels)
            assert_string_equal(ds.labels[1], cases[c].label);
        assert_int_equal(((uint8_t *)ds.pixels.values)[12], 1); /* its first pixel */
        mien_dataset_free(&ds);
    }
    mien_load_options options = plain;
    options.label = "person";
    refuse(put_text(*state, "in/list.txt", "path,who\n0.pgm,7\n1.pgm,8\n"), &options, MIEN_ERR_ARG,
           "--label person");
    refuse(put_text(*state, "in/list.txt", "a.pgm;7\nb.pgm;8\n"), &plain, MIEN_ERR_DATA, "a.pgm");
    /* numbers beside a name are no labels */
    mien_dataset ds =
        load(put_text(*state, "in/f.csv", "0.pgm,1.5,2,3\n1.pgm,2.5,3,1\n9.pgm,4,1,1\n"), &plain);
    assert_false(ds.is_table); /* four cells, and the files are there: the last is the label */
    mien_dataset_free(&ds);
    ds = load(put_text(*state, "in/f.csv", "7.pgm,1.5,2,3\n8.pgm,2.5,3,1\n9.pgm,4,1,1\n"), &plain);
    assert_true(ds.is_table && ds.pixels.p == 3);
    assert_string_equal(ds.images[0].path, "7.pgm");
    mien_dataset_free(&ds);
}

/* ---------------------------------------------------------------- rows and columns */

static void test_rows_that_are_images(void **state)
{
    char text[512] = "label,p\n";
    size_t used = 0;
    used += (size_t)snprintf(text, sizeof text, "label,a,b,c,d\n");
    for (unsigned i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u.pgm", i);
        put_folder(*state, i ? "unused" : "in");
        assert_int_equal(remove(in_folder(*state, i ? "unused" : "nothing")), i ? 0 : -1);
        char path[32];
        snprintf(path, sizeof path, "in/%s", name);
        put_pgm(*state, path, 2, 2, 50 * i, 60);
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%c,%u,%u,%u,%u\n", "xyx"[i], 50 * i,
                             (50 * i + 60) % 256, (50 * i + 120) % 256, (50 * i + 180) % 256);
    }
    mien_load_options options = plain;
    options.rows_are = (mien_shape){2, 2, 1};
    options.label = "label";
    mien_dataset folder = load(in_folder(*state, "in"), &plain);
    mien_dataset rows = load(put_text(*state, "x.csv", text), &options);
    assert_false(rows.is_table);
    assert_int_equal(rows.pixels.type, MIEN_U8);
    assert_true(rows.fingerprint == folder.fingerprint); /* the same bytes, so the same result */
    assert_int_equal(rows.normalize, folder.normalize);
    assert_int_equal(rows.ink, folder.ink);
    assert_string_equal(rows.labels[2], "x");
    mien_dataset_free(&rows);
    mien_dataset_free(&folder);
    options.rows_are = (mien_shape){2, 3, 1};
    refuse(in_folder(*state, "x.csv"), &options, MIEN_ERR_SHAPE, "--shape 2x3 is 6");
    refuse(in_folder(*state, "in"), &options, MIEN_ERR_ARG, "--shape is for tables");
    options.rows_are.height = 0;
    refuse(in_folder(*state, "in"), &options, MIEN_ERR_ARG, "--label is for tables");
}

static void test_scales_of_columns(void **state)
{
    const char *path = put_text(*state, "x.csv", "1,-8,5,0\n3,4,5,0\n2,4,5,0\n");
    mien_load_options options = plain;
    options.scale_columns = MIEN_SCALE_MAX;
    mien_dataset ds = load(path, &options);
    static const float by_max[] = {3, 8, 5, 1};
    for (size_t j = 0; j < 4; j++)
        assert_near(ds.column_scales[j], by_max[j], 0);
    assert_near(((float *)ds.pixels.values)[1], -1, 0);
    mien_dataset_free(&ds);
    options.scale_columns = MIEN_SCALE_SD; /* a constant column becomes 1, zeros stay */
    ds = load(path, &options);
    static const double by_sd[] = {1, 6.928203230275509, 5, 1};
    for (size_t j = 0; j < 4; j++)
        assert_near(ds.column_scales[j], by_sd[j], 1e-6);
    mien_dataset_free(&ds);
    /* a model's own */
    static const float model[] = {2, 2, 10, 4};
    options.for_model = true;
    options.column_scales = model;
    options.n_columns = 4;
    ds = load(path, &options);
    assert_near(((float *)ds.pixels.values)[2], 0.5, 0);
    mien_dataset_free(&ds);
}

/* What the columns of an array are, by number. */
static void test_columns_of_arrays(void **state)
{
    unsigned char file[512];
    const double X[] = {7, 1, 2, 5, 7, 3, 4, 6, 8, 5, 6, 4};
    size_t size = make_npy(file, "=f8", "3, 4", X, sizeof X);
    const char *path = put_file(*state, "x.npy", file, size);
    static const char *const ignore[] = {"4"};
    mien_load_options options = plain;
    options.label = "1";
    options.ignore = ignore;
    options.n_ignore = 1;
    mien_dataset ds = load(path, &options);
    assert_true(ds.is_table && ds.pixels.p == 2);
    for (size_t k = 0; k < 6; k++)
        assert_near(((float *)ds.pixels.values)[k], k + 1, 0);
    assert_string_equal(ds.labels[2], "8");
    mien_dataset_free(&ds);
    options.label = "5";
    refuse(path, &options, MIEN_ERR_ARG, "give a number from 1 to 4");
}

static void test_out_of_memory(void **state)
{
    unsigned char file[512];
    const double X[] = {7, 1, 2, 5, 7, 3, 4, 6, -8, 5, 6, 4};
    size_t size = make_npy(file, "=f8", "3, 4", X, sizeof X);
    put_file(*state, "x.npy", file, size);
    struct entry entry = {"x.npy", file, size, true, false};
    unsigned char zip[1024];
    put_file(*state, "x.npz", zip, make_zip(zip, &entry, 1));
    put_pgm(*state, "0.pgm", 4, 3, 0, 7);
    put_pgm(*state, "1.pgm", 4, 3, 9, 7);
    put_text(*state, "list.csv", "0.pgm,a\n1.pgm,b\n");
    put_gzip(in_folder(*state, "t.csv.gz"), "g,a,b\nx,1,2\ny,3,-4\n", 20 - 1);
    static const char *const inputs[] = {"x.npy", "x.npz", "list.csv", "t.csv.gz"};
    static const char *const labels[] = {"1", "1", "2", "g"};
    for (size_t c = 0; c < 4; c++)
        for (long k = 0;; k = failing_next(k)) {
            mien_dataset ds;
            mien_load_options options = plain;
            options.label = labels[c];
            options.scale_columns = c == 2 ? MIEN_SCALE_NONE : MIEN_SCALE_MAX;
            failing_countdown = k;
            mien_set_allocator(failing_malloc, failing_free);
            mien_status st = mien_dataset_load(in_folder(*state, inputs[c]), &options, &ds, NULL);
            if (!st)
                mien_dataset_free(&ds);
            mien_set_allocator(NULL, NULL);
            if (failing_alive)
                fail_msg("%s: %ld left at allocation %ld, status %d", inputs[c],
                         (long)failing_alive, k, st);
            if (!st)
                break;
            if (st != MIEN_ERR_NOMEM)
                fail_msg("%s: status %d at allocation %ld", inputs[c], st, k);
        }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_types_of_arrays),
        IN_FOLDER(test_arrays_of_images),
        IN_FOLDER(test_archives),
        cmocka_unit_test(test_idx_types),
        IN_FOLDER(test_idx_with_labels),
        IN_FOLDER(test_lists),
        IN_FOLDER(test_rows_that_are_images),
        IN_FOLDER(test_scales_of_columns),
        IN_FOLDER(test_columns_of_arrays),
        IN_FOLDER(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
