/* idx.c - the arrays of MNIST and its kin: .idx files.
 * SPDX-License-Identifier: MIT */
#include "read/idx.h"

#include "base/memory.h"
#include "base/status.h"
#include "data/elements.h"
#include "data/pixels.h"

#include <stdio.h>
#include <string.h>

typedef struct header {
    mien_element element;
    size_t dims[MIEN_NPY_DIMS];
    unsigned n_dims;
    size_t start; /* of the values */
} header;

static bool find_element(unsigned code, mien_element *out)
{
    static const struct {
        unsigned char code;
        mien_element element;
    } types[] = {{0x08, MIEN_ELEMENT_U8},  {0x09, MIEN_ELEMENT_I8},  {0x0B, MIEN_ELEMENT_I16},
                 {0x0C, MIEN_ELEMENT_I32}, {0x0D, MIEN_ELEMENT_F32}, {0x0E, MIEN_ELEMENT_F64}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].code == code) {
            *out = types[i].element;
            return true;
        }
    return false;
}

/* False when it is no header of this kind. */
static bool read_header(const unsigned char *b, size_t got, header *h)
{
    if (got < 4 || b[0] || b[1] || !find_element(b[2], &h->element) || b[3] < 1 ||
        b[3] > MIEN_NPY_DIMS || got < 4 + 4 * (size_t)b[3])
        return false;
    h->n_dims = b[3];
    for (unsigned d = 0; d < h->n_dims; d++) {
        const unsigned char *at = b + 4 + 4 * d;
        h->dims[d] = (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    }
    h->start = 4 + 4 * (size_t)h->n_dims;
    return true;
}

/* Number of values and their bytes; false: more than any file has. */
static bool measure(const header *h, size_t *count, size_t *nbytes)
{
    *count = 1;
    for (unsigned d = 0; d < h->n_dims; d++)
        if (!mien_product(*count, h->dims[d], 1, count))
            return false;
    return mien_product(*count, mien_element_size(h->element), 1, nbytes);
}

bool mien_idx_is(const unsigned char *bytes, size_t got)
{
    header h;
    size_t count, values;
    return read_header(bytes, got, &h) && measure(&h, &count, &values);
}

mien_status mien_idx_read(const unsigned char *bytes, size_t nbytes, mien_npy *out, mien_error *err)
{
    header h;
    size_t count, wanted;
    if (!read_header(bytes, nbytes, &h) || !measure(&h, &count, &wanted))
        return mien_fail(err, MIEN_ERR_FORMAT, "no .idx array: its header cannot be read");
    if (count == 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "an array without entries");
    size_t have = nbytes - h.start;
    if (wanted > have)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "truncated: its header promises %zu bytes, and %zu follow", wanted, have);
    if (wanted < have)
        return mien_fail(err, MIEN_ERR_FORMAT, "%zu bytes too many for what its header says",
                         have - wanted);
    mien_npy npy = {.n_dims = h.n_dims,
                    .count = count,
                    .type = mien_element_store(h.element),
                    .whole = h.element < MIEN_ELEMENT_F16};
    memcpy(npy.dims, h.dims, sizeof npy.dims);
    npy.values = mien_alloc_raw(count, mien_pixel_size(npy.type));
    unsigned char *copy = mien_alloc_raw(wanted, 1); /* conversion swaps bytes in place */
    if (!npy.values || !copy) {
        mien_free(copy);
        mien_npy_free(&npy);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    memcpy(copy, bytes + h.start, wanted);
    size_t good =
        mien_elements_convert(h.element, mien_is_little_endian(), copy, count, npy.values);
    mien_free(copy);
    if (good < count) {
        char place[160];
        mien_npy_describe(npy.dims, npy.n_dims, false, good, place, sizeof place);
        mien_npy_free(&npy);
        return mien_fail(err, MIEN_ERR_DOMAIN,
                         "%s is a whole number that float32, in which mien calculates, cannot hold "
                         "exactly",
                         place);
    }
    *out = npy;
    return MIEN_OK;
}

bool mien_idx_labels_name(const char *images, char *labels, size_t size)
{
    const char *slash = strrchr(images, '/'), *name = slash ? slash + 1 : images;
    const char *word = strstr(name, "images");
    if (!word || (size_t)snprintf(labels, size, "%.*slabels%s", (int)(word - images), images,
                                  word + strlen("images")) >= size)
        return false;
    char *dims = strstr(labels + (word - images), "idx");
    if (dims && dims[3] >= '2' && dims[3] <= '4')
        dims[3] = '1';
    return true;
}
