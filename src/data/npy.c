/* npy.c - NumPy's .npy arrays, and the .idx arrays of MNIST and its kin.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "data/npy.h"

#include "base/disk/files.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/input.h"
#include "data/pixels.h"

#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const unsigned char MAGIC[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

enum {
    MAX_HEADER = 1 << 16, /* ours take 128 bytes; longer ones are structured types */
    BLOCK = 1 << 16       /* values converted at a time */
};

bool mien_npy_is(const unsigned char *bytes, size_t nbytes)
{
    return nbytes >= sizeof MAGIC && memcmp(bytes, MAGIC, sizeof MAGIC) == 0;
}

void mien_npy_free(mien_npy *npy)
{
    if (!npy)
        return;
    if (!npy->mapping)
        mien_free(npy->values);
    mien_mapping_free(npy->mapping);
    *npy = (mien_npy){0};
}

mien_status mien_npy_own(mien_npy *npy)
{
    mien_pixels all = {.n = npy->dims[0],
                       .p = npy->count / npy->dims[0],
                       .type = npy->type,
                       .values = npy->values,
                       .mapping = npy->mapping};
    mien_status st = mien_pixels_own(&all);
    npy->values = all.values;
    npy->mapping = all.mapping;
    return st;
}

/* ---------------------------------------------------------------- elements */

/* Unsigned bytes and 16-bit words stay as they are; everything else becomes float32. Whole numbers
 * that float32 does not hold exactly are an error, not rounded. */
typedef enum mien_element {
    MIEN_ELEMENT_BOOL,
    MIEN_ELEMENT_I8,
    MIEN_ELEMENT_U8,
    MIEN_ELEMENT_I16,
    MIEN_ELEMENT_U16,
    MIEN_ELEMENT_I32,
    MIEN_ELEMENT_U32,
    MIEN_ELEMENT_I64,
    MIEN_ELEMENT_U64,
    MIEN_ELEMENT_F16,
    MIEN_ELEMENT_F32,
    MIEN_ELEMENT_F64
} mien_element;

static size_t element_size(mien_element element)
{
    static const unsigned char sizes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
    return sizes[element];
}

static mien_pixel_type element_store(mien_element element)
{
    return element == MIEN_ELEMENT_U8 ? MIEN_U8 : element == MIEN_ELEMENT_U16 ? MIEN_U16 : MIEN_F32;
}

/* Whether this machine stores the least byte first. */
static bool is_little_endian(void)
{
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

static void swap_items(unsigned char *bytes, size_t count, size_t item)
{
    for (size_t i = 0; i < count; i++, bytes += item)
        for (size_t k = 0; k < item / 2; k++) {
            unsigned char byte = bytes[k];
            bytes[k] = bytes[item - 1 - k];
            bytes[item - 1 - k] = byte;
        }
}

static float narrowed(double x)
{
    if (x > (double)FLT_MAX)
        return INFINITY;
    if (x < -(double)FLT_MAX)
        return -INFINITY;
    return (float)x;
}

/* IEEE 754 binary16. */
static float from_half(uint16_t h)
{
    unsigned exponent = h >> 10 & 0x1F, digits = h & 0x3FF;
    float size = exponent == 31 ? (digits ? NAN : INFINITY)
                 : exponent     ? ldexpf((float)(digits | 0x400), (int)exponent - 25)
                                : ldexpf((float)digits, -24);
    return h & 0x8000 ? -size : size;
}

/* Elements of a type of C, of any alignment, to floats. EXACT ends at the first whole number that
 * does not come back from float32; above `most` it could not be turned back at all. */
#define CONVERT(name, type, value)                                                                 \
    static size_t name(const unsigned char *from, size_t count, float *out)                        \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            type v;                                                                                \
            memcpy(&v, from + i * sizeof v, sizeof v);                                             \
            out[i] = (value);                                                                      \
        }                                                                                          \
        return count;                                                                              \
    }
#define EXACT(name, type, wide, most)                                                              \
    static size_t name(const unsigned char *from, size_t count, float *out)                        \
    {                                                                                              \
        for (size_t i = 0; i < count; i++) {                                                       \
            type narrow;                                                                           \
            memcpy(&narrow, from + i * sizeof narrow, sizeof narrow);                              \
            wide v = narrow;                                                                       \
            if (v > (most) || (wide)(float)v != v)                                                 \
                return i;                                                                          \
            out[i] = (float)v;                                                                     \
        }                                                                                          \
        return count;                                                                              \
    }
CONVERT(from_bool, unsigned char, v != 0)
CONVERT(from_i8, int8_t, v)
CONVERT(from_i16, int16_t, v)
CONVERT(from_f16, uint16_t, from_half(v))
CONVERT(from_f64, double, narrowed(v))
EXACT(from_i32, int32_t, int64_t, INT32_MAX)
EXACT(from_u32, uint32_t, int64_t, UINT32_MAX)
/* the largest float32 below 2^63 or 2^64 can be turned back, those powers cannot */
EXACT(from_i64, int64_t, int64_t, INT64_MAX - (INT64_C(1) << 39) + 1)
EXACT(from_u64, uint64_t, uint64_t, UINT64_MAX - (UINT64_C(1) << 40) + 1)

/* Turn `count` elements at `from`, which is changed, into values of the store's type.
 *   swap  they are in the other byte order
 *   to    may be `from` where nothing becomes larger or smaller
 * Returns the place of the first whole number that float32 cannot hold exactly, else `count`.
 * Floats beyond float32 become infinite. */
static size_t convert_elements(mien_element element, bool swap, unsigned char *from, size_t count,
                               void *to)
{
    static size_t (*const convert[])(const unsigned char *from, size_t count, float *out) = {
        [MIEN_ELEMENT_BOOL] = from_bool, [MIEN_ELEMENT_I8] = from_i8,
        [MIEN_ELEMENT_I16] = from_i16,   [MIEN_ELEMENT_I32] = from_i32,
        [MIEN_ELEMENT_U32] = from_u32,   [MIEN_ELEMENT_I64] = from_i64,
        [MIEN_ELEMENT_U64] = from_u64,   [MIEN_ELEMENT_F16] = from_f16,
        [MIEN_ELEMENT_F64] = from_f64};
    size_t item = element_size(element);
    if (swap && item > 1)
        swap_items(from, count, item);
    if (convert[element])
        return convert[element](from, count, to);
    if (to != from)
        memcpy(to, from, count * item);
    return count;
}

/* ---------------------------------------------------------------- header */

static const char BLANKS[] = " \t\n";

typedef struct header {
    char descr[16];
    bool fortran;
    size_t dims[MIEN_NPY_DIMS];
    unsigned n_dims;
    mien_element element;
    bool swap;
} header;

/* Where the bytes come from: an open file, or a memory. */
typedef struct input {
    int fd;        /* -1: the memory */
    bool maps;     /* the file's values need not be read, if they are what is wanted */
    size_t memory; /* as of mien_npy_map() */
    const unsigned char *bytes;
    size_t left;
} input;

static mien_status take_bytes(input *in, void *to, size_t nbytes, size_t *got, mien_error *err)
{
    if (in->fd >= 0)
        return mien_input_read(in->fd, to, nbytes, got, err);
    *got = nbytes < in->left ? nbytes : in->left;
    memcpy(to, in->bytes, *got);
    in->bytes += *got;
    in->left -= *got;
    return MIEN_OK;
}

/* The header is a Python dictionary of three entries in any order: where the value of one of them
 * begins, or NULL when it is not there once. */
static const char *find_value(const char *text, const char *key)
{
    const char *at = strstr(text, key), *colon = at ? at + strlen(key) : NULL;
    if (!at || strstr(colon, key) || (*colon != '\'' && *colon != '"'))
        return NULL;
    colon += 1 + strspn(colon + 1, BLANKS);
    return *colon == ':' ? colon + 1 + strspn(colon + 1, BLANKS) : NULL;
}

/* "(2, 3)"; Python 2 wrote (2L, 3L). */
static mien_status read_shape(const char *at, header *h, mien_error *err)
{
    bool good = *at == '(';
    for (at++; good && *(at += strspn(at, BLANKS)) != ')';) {
        char *end;
        unsigned long long dim = strtoull(at, &end, 10);
        good = *at >= '0' && *at <= '9' && dim < PTRDIFF_MAX;
        if (good && h->n_dims == MIEN_NPY_DIMS)
            return mien_fail(err, MIEN_ERR_FORMAT, "more than five dimensions");
        if (good)
            h->dims[h->n_dims++] = (size_t)dim;
        at = end + (*end == 'L');
        at += strspn(at, BLANKS);
        good = good && (*at == ',' || *at == ')');
        at += *at == ',';
    }
    if (!good)
        return mien_fail(err, MIEN_ERR_FORMAT, "the array's shape cannot be read");
    if (h->n_dims == 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "a single number, not an array");
    return MIEN_OK;
}

static mien_status decide_type(header *h, mien_error *err)
{
    static const struct {
        const char *code;
        mien_element element;
    } kinds[] = {{"b1", MIEN_ELEMENT_BOOL}, {"i1", MIEN_ELEMENT_I8},  {"u1", MIEN_ELEMENT_U8},
                 {"i2", MIEN_ELEMENT_I16},  {"u2", MIEN_ELEMENT_U16}, {"i4", MIEN_ELEMENT_I32},
                 {"u4", MIEN_ELEMENT_U32},  {"i8", MIEN_ELEMENT_I64}, {"u8", MIEN_ELEMENT_U64},
                 {"f2", MIEN_ELEMENT_F16},  {"f4", MIEN_ELEMENT_F32}, {"f8", MIEN_ELEMENT_F64}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (h->descr[0] == '\0' || strcmp(h->descr + 1, kinds[i].code) != 0)
            continue;
        char order = h->descr[0];
        bool several = element_size(kinds[i].element) > 1;
        if (!strchr("<>=|", order) || (order == '|' && several))
            break;
        h->element = kinds[i].element;
        h->swap = several &&
                  ((order == '<' && !is_little_endian()) || (order == '>' && is_little_endian()));
        return MIEN_OK;
    }
    return mien_fail(err, MIEN_ERR_FORMAT,
                     "entries of type '%s'; mien reads whole numbers, bool, and float16 to float64 "
                     "(save X.astype('float32'))",
                     h->descr);
}

static mien_status parse_header(const char *text, header *h, mien_error *err)
{
    const char *descr = find_value(text, "descr"), *order = find_value(text, "fortran_order");
    const char *shape = find_value(text, "shape");
    if (descr && *descr == '[')
        return mien_fail(err, MIEN_ERR_FORMAT, "a structured array; mien reads plain ones");
    size_t length = descr && *descr ? strcspn(descr + 1, "'\"") : sizeof h->descr;
    if (length >= sizeof h->descr || descr[1 + length] != *descr || !order || !shape)
        return mien_fail(err, MIEN_ERR_FORMAT, "the header of the array cannot be read");
    memcpy(h->descr, descr + 1, length);
    h->fortran = strncmp(order, "True", 4) == 0;
    if (!h->fortran && strncmp(order, "False", 5) != 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "the header of the array cannot be read");
    mien_status st = read_shape(shape, h, err);
    return st ? st : decide_type(h, err);
}

/* Reads magic, version and header; the file then stands at the first value. */
static mien_status read_header(input *in, header *h, uint64_t *offset, mien_error *err)
{
    unsigned char start[12];
    char *text = NULL;
    size_t got;
    mien_status st = take_bytes(in, start, 10, &got, err);
    if (st)
        return st;
    if (!mien_npy_is(start, got))
        return mien_fail(err, MIEN_ERR_FORMAT, "not an .npy array");
    if (got < 10)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
    unsigned version = start[6];
    if (version < 1 || version > 3)
        return mien_fail(err, MIEN_ERR_FORMAT, "version %u.%u of the format; mien reads 1 to 3",
                         version, (unsigned)start[7]);
    size_t length = (size_t)start[8] | (size_t)start[9] << 8;
    *offset = 10;
    if (version > 1) {
        st = take_bytes(in, start + 10, 2, &got, err);
        if (st)
            return st;
        if (got < 2)
            return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
        length |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
        *offset = 12;
    }
    if (length > MAX_HEADER)
        return mien_fail(err, MIEN_ERR_FORMAT, "a header of %zu bytes is no plain array's", length);
    text = mien_alloc_array(length + 1, 1);
    if (!text)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    st = take_bytes(in, text, length, &got, err);
    if (!st && got < length)
        st = mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its header");
    if (!st)
        st = parse_header(text, h, err);
    *offset += length;
    mien_free(text);
    return st;
}

/* ---------------------------------------------------------------- values */

void mien_npy_describe(const size_t *dims, unsigned n_dims, bool fortran, size_t place, char *text,
                       size_t size)
{
    static const char *const table[] = {"row", "column"}, *const one[] = {"entry"};
    static const char *const images[MIEN_NPY_DIMS] = {"image", "row", "column", "channel", "entry"};
    const char *const *words = n_dims == 1 ? one : n_dims == 2 ? table : images;
    size_t at[MIEN_NPY_DIMS] = {0}, used = 0;
    for (unsigned k = 0; k < n_dims; k++) {
        unsigned d = fortran ? k : n_dims - 1 - k;
        at[d] = place % dims[d];
        place /= dims[d];
    }
    for (unsigned d = 0; d < n_dims && used < size; d++)
        used += (size_t)snprintf(text + used, size - used, "%s%s %zu", d ? ", " : "", words[d],
                                 at[d] + 1);
}

static mien_status fail_lossy(const header *h, size_t place, mien_error *err)
{
    char entry[160];
    mien_npy_describe(h->dims, h->n_dims, h->fortran, place, entry, sizeof entry);
    return mien_fail(err, MIEN_ERR_DOMAIN,
                     "%s is a whole number that float32, in which mien calculates, cannot hold "
                     "exactly (save X / X.max(), or X.astype('float32') if rounding does no harm)",
                     entry);
}

/* The largest absolute value of `count` doubles, of any alignment. */
static double largest_of(const unsigned char *bytes, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, bytes + i * sizeof value, sizeof value);
        largest = fmax(largest, fabs(value));
    }
    return largest;
}

/* Read `count` values in the order of the file. */
static mien_status read_values(input *in, const header *h, size_t count, void *values,
                               mien_error *err)
{
    size_t stored = mien_pixel_size(element_store(h->element)), got;
    size_t item = element_size(h->element);
    unsigned char *block = NULL;
    double largest = 0;
    mien_status st = MIEN_OK;
    if (item != stored || h->element == MIEN_ELEMENT_I32 || h->element == MIEN_ELEMENT_U32) {
        block = mien_alloc_raw(count < BLOCK ? count : BLOCK, item);
        if (!block)
            return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    for (size_t done = 0; done < count && !st;) {
        size_t now = block && count - done > BLOCK ? BLOCK : count - done;
        unsigned char *to = (unsigned char *)values + done * stored;
        unsigned char *place = block ? block : to;
        st = take_bytes(in, place, now * item, &got, err);
        if (!st && got < now * item)
            st = mien_fail(err, MIEN_ERR_FORMAT, "truncated: it became shorter while it was read");
        if (st)
            break;
        size_t good = convert_elements(h->element, h->swap, place, now, to);
        if (good < now)
            st = fail_lossy(h, done + good, err);
        if (h->element == MIEN_ELEMENT_F64)
            largest = fmax(largest, largest_of(place, now));
        done += now;
    }
    mien_free(block);
    return st ? st : mien_floats_range(largest, err);
}

/* From Fortran order (first index fastest) to C order. */
static void reorder(const header *h, const void *from, void *to)
{
    size_t d[MIEN_NPY_DIMS] = {1, 1, 1, 1, 1}, k = 0;
    memcpy(d, h->dims, h->n_dims * sizeof *d);
    size_t size = mien_pixel_size(element_store(h->element));
    for (size_t a = 0; a < d[0]; a++)
        for (size_t b = 0; b < d[1]; b++)
            for (size_t c = 0; c < d[2]; c++)
                for (size_t e = 0; e < d[3]; e++)
                    for (size_t f = 0; f < d[4]; f++, k++) {
                        size_t place = a + d[0] * (b + d[1] * (c + d[2] * (e + d[3] * f)));
                        memcpy((char *)to + k * size, (const char *)from + place * size, size);
                    }
}

/* Whether the file holds what mien_npy_read() would make of it, at an address for its type. */
static bool is_as_wanted(const header *h, uint64_t offset)
{
    size_t item = element_size(h->element);
    bool same = h->element == MIEN_ELEMENT_U8 || h->element == MIEN_ELEMENT_U16 ||
                h->element == MIEN_ELEMENT_F32;
    return same && !h->swap && (!h->fortran || h->n_dims == 1) && offset % item == 0;
}

/* What follows a header that ends at `offset`, `have` bytes. */
static mien_status read_body(input *in, const header *h, uint64_t offset, uint64_t have,
                             mien_npy *npy, mien_error *err)
{
    void *columns = NULL;
    size_t count = 1, nbytes = 0;
    bool fits = true;
    for (unsigned i = 0; i < h->n_dims; i++)
        fits = fits && mien_product(count, h->dims[i], 1, &count);
    fits = fits && mien_product(count, element_size(h->element), 1, &nbytes);
    if (fits && count == 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "an array without entries");
    if (!fits || nbytes > have)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "truncated: its header promises more than the %llu bytes that follow",
                         (unsigned long long)have);
    if (nbytes < have)
        return mien_fail(err, MIEN_ERR_FORMAT, "%llu bytes too many for what its header says",
                         (unsigned long long)(have - nbytes));
    *npy = (mien_npy){.n_dims = h->n_dims,
                      .count = count,
                      .type = element_store(h->element),
                      .whole = h->element < MIEN_ELEMENT_F16};
    memcpy(npy->dims, h->dims, sizeof npy->dims);
    if (in->maps && is_as_wanted(h, offset)) {
        mien_status st = mien_mapping_open(in->fd, offset, nbytes, &npy->mapping, err);
        if (st)
            return st;
        npy->values = mien_mapping_bytes(npy->mapping);
        if (in->memory && nbytes > in->memory / 2)
            mien_mapping_stream(npy->mapping, true);
        return MIEN_OK;
    }
    npy->values = mien_alloc_raw(count, mien_pixel_size(npy->type));
    bool turn = h->fortran && h->n_dims > 1;
    if (turn)
        columns = mien_alloc_raw(count, mien_pixel_size(npy->type));
    mien_status st = npy->values && (columns || !turn)
                         ? read_values(in, h, count, turn ? columns : npy->values, err)
                         : mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st && turn)
        reorder(h, columns, npy->values);
    mien_free(columns);
    return st;
}

static mien_status read_from(input in, uint64_t nbytes, mien_npy *out, mien_error *err)
{
    mien_npy npy = {0};
    header h = {.n_dims = 0};
    uint64_t offset = 0;
    mien_status st = read_header(&in, &h, &offset, err);
    if (!st)
        st = read_body(&in, &h, offset, nbytes > offset ? nbytes - offset : 0, &npy, err);
    if (st)
        mien_npy_free(&npy);
    else
        *out = npy;
    return st;
}

mien_status mien_npy_read_part(int fd, uint64_t nbytes, mien_npy *out, mien_error *err)
{
    return read_from((input){.fd = fd}, nbytes, out, err);
}

mien_status mien_npy_read_bytes(const unsigned char *bytes, size_t nbytes, mien_npy *out,
                                mien_error *err)
{
    return read_from((input){.fd = -1, .bytes = bytes, .left = nbytes}, nbytes, out, err);
}

static mien_status read_path(const char *path, input in, mien_npy *out, mien_error *err)
{
    int fd;
    uint64_t nbytes;
    mien_error why;
    mien_status st = mien_input_open(AT_FDCWD, path, &fd, &nbytes, &why);
    if (!st) {
        in.fd = fd;
        st = read_from(in, nbytes, out, &why);
        close(fd);
    }
    return st ? mien_fail(err, st, "%s: %s", path, why.message) : MIEN_OK;
}

mien_status mien_npy_read(const char *path, mien_npy *out, mien_error *err)
{
    return read_path(path, (input){.maps = false}, out, err);
}

mien_status mien_npy_map(const char *path, size_t memory, mien_npy *out, mien_error *err)
{
    return read_path(path, (input){.maps = true, .memory = memory}, out, err);
}

mien_status mien_npy_read_floats(const char *path, unsigned n_dims, mien_npy *out, mien_error *err)
{
    mien_npy npy;
    mien_status st = mien_npy_read(path, &npy, err);
    if (st)
        return st;
    if (npy.type != MIEN_F32)
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: whole numbers where float32 is expected", path);
    else if (npy.n_dims != n_dims)
        st = mien_fail(err, MIEN_ERR_FORMAT, "%s: %u dimensions, expected %u", path, npy.n_dims,
                       n_dims);
    for (size_t i = 0; !st && i < npy.count; i++) {
        if (!isfinite(((const float *)npy.values)[i]))
            st = mien_fail(err, MIEN_ERR_DOMAIN, "%s: entry %zu (in C order, from 1) is not finite",
                           path, i + 1);
    }
    if (st)
        mien_npy_free(&npy);
    else
        *out = npy;
    return st;
}

/* ---------------------------------------------------------------- .idx */

/* Two zeros, a type, a number of dimensions and their sizes; all is big-endian. False when it is no
 * header of this kind. */
static bool read_idx_header(const unsigned char *b, size_t nbytes, header *h)
{
    enum { CODES = 0x0F };
    static const signed char types[CODES] = {
        [0x08] = MIEN_ELEMENT_U8,  [0x09] = MIEN_ELEMENT_I8,  [0x0B] = MIEN_ELEMENT_I16,
        [0x0C] = MIEN_ELEMENT_I32, [0x0D] = MIEN_ELEMENT_F32, [0x0E] = MIEN_ELEMENT_F64};
    if (nbytes < 4 || b[0] || b[1] || b[2] >= CODES || !types[b[2]] || b[3] < 1 ||
        b[3] > MIEN_NPY_DIMS || nbytes < 4 + 4 * (size_t)b[3])
        return false;
    *h = (header){.n_dims = b[3], .element = (mien_element)types[b[2]]};
    h->swap = is_little_endian() && element_size(h->element) > 1;
    for (unsigned d = 0; d < h->n_dims; d++) {
        const unsigned char *at = b + 4 + 4 * d;
        h->dims[d] = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    }
    return true;
}

/* More values than any file has are none. */
bool mien_idx_is(const unsigned char *bytes, size_t nbytes)
{
    header h;
    size_t size = 8; /* no element is larger */
    bool good = read_idx_header(bytes, nbytes, &h);
    for (unsigned d = 0; good && d < h.n_dims; d++)
        good = mien_product(size, h.dims[d], 1, &size);
    return good;
}

mien_status mien_idx_read(const unsigned char *bytes, size_t nbytes, mien_npy *out, mien_error *err)
{
    header h;
    mien_npy npy = {0};
    if (!read_idx_header(bytes, nbytes, &h))
        return mien_fail(err, MIEN_ERR_FORMAT, "no .idx array: its header cannot be read");
    size_t start = 4 + 4 * (size_t)h.n_dims;
    input in = {.fd = -1, .bytes = bytes + start, .left = nbytes - start};
    mien_status st = read_body(&in, &h, start, nbytes - start, &npy, err);
    if (st)
        mien_npy_free(&npy);
    else
        *out = npy;
    return st;
}

/* ---------------------------------------------------------------- writing */

/* Magic and header, padded so that the values start at a multiple of 64. Returns the length and
 * the bytes of the values. */
static mien_status make_header(mien_pixel_type type, const size_t *dims, unsigned n_dims,
                               char text[MIEN_NPY_HEADER], size_t *length, size_t *nbytes)
{
    static const char *const codes[][2] = {
        [MIEN_U8] = {"|u1", "|u1"}, [MIEN_U16] = {">u2", "<u2"}, [MIEN_F32] = {">f4", "<f4"}};
    if (n_dims == 0 || n_dims > MIEN_NPY_DIMS)
        return MIEN_ERR_ARG;
    char shape[96]; /* four dimensions of twenty digits leave some of it free */
    int used = 0;
    *nbytes = mien_pixel_size(type);
    for (unsigned i = 0; i < n_dims; i++) {
        used +=
            snprintf(shape + used, sizeof shape - (size_t)used, "%s%zu", i ? ", " : "", dims[i]);
        if (!mien_product(*nbytes, dims[i], 1, nbytes))
            return MIEN_ERR_ARG;
    }
    int words = snprintf(text + 10, MIEN_NPY_HEADER - 10,
                         "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }",
                         codes[type][is_little_endian()], shape, n_dims == 1 ? "," : "");
    size_t total = (10 + (size_t)words + 1 + 63) / 64 * 64;
    memset(text + 10 + words, ' ', total - 10 - (size_t)words);
    text[total - 1] = '\n';
    memcpy(text, MAGIC, sizeof MAGIC);
    text[6] = 1;
    text[7] = 0;
    text[8] = (char)((total - 10) & 0xff);
    text[9] = (char)((total - 10) >> 8);
    *length = total;
    return MIEN_OK;
}

mien_status mien_npy_header(mien_pixel_type type, const size_t *dims, unsigned n_dims,
                            char text[MIEN_NPY_HEADER], size_t *length)
{
    size_t nbytes;
    return make_header(type, dims, n_dims, text, length, &nbytes);
}

static mien_status write_file(const char *path, mien_pixel_type type, const void *values,
                              const size_t *dims, unsigned n_dims, mien_error *err)
{
    char text[MIEN_NPY_HEADER];
    size_t length, size;
    mien_status st = make_header(type, dims, n_dims, text, &length, &size);
    if (st)
        return mien_fail(err, st, "%s: not the shape of an array", path);
    st = mien_file_write(path, text, length, err);
    return st ? st : mien_file_append(path, values, size, err);
}

mien_status mien_npy_write(const char *path, const float *values, const size_t *dims,
                           unsigned n_dims, mien_error *err)
{
    return write_file(path, MIEN_F32, values, dims, n_dims, err);
}

mien_status mien_npy_write_bytes(const char *path, const uint8_t *values, const size_t *dims,
                                 unsigned n_dims, mien_error *err)
{
    return write_file(path, MIEN_U8, values, dims, n_dims, err);
}
