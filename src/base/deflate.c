/* deflate.c - zlib streams and checksums, by libdeflate.
 * SPDX-License-Identifier: MIT
 *
 * Its memory is malloc's, some kilobytes to inflate and about a megabyte to deflate: before version
 * 1.19 it can be told another allocator only for the whole process. */
#include "base/deflate.h"

#include "base/memory.h"
#include "base/status.h"

#include <libdeflate.h>
#include <string.h>

/* Measured on the pictures of a comparison (CBCL, 20 MB of rows): 49 ms and 691 kB at level 6, 47
 * and 690 at 5, 37 and 733 at 3, 62 and 841 at 1; zlib's level 6 took 95 ms for 707 kB. On the
 * differences of a page's arrays (ORL, 10.2 MB) level 1 leaves 5.74 MB in 0.10 s, 6 leaves 5.77 in
 * 0.16, 9 leaves 5.75 in 0.34, 10 leaves 5.57 in 0.79: they have few repetitions, and the middle
 * levels take worthless ones. Level 10 also takes 9 MB for itself. */
static const int levels[] = {
    [MIEN_EFFORT_FAST] = 6, [MIEN_EFFORT_SMALL] = 10, [MIEN_EFFORT_DIFFERENCES] = 1};

/* The first `wanted` bytes of a stream that gives more. It is written in order until its next piece
 * has no room, and no piece is larger than a stored block. */
static mien_status inflate_beginning(struct libdeflate_decompressor *inflater,
                                     const unsigned char *bytes, size_t nbytes, unsigned char *to,
                                     size_t wanted, mien_error *err)
{
    enum { MAX_PIECE = 1 << 16 };
    size_t produced = 0;
    unsigned char *room = mien_alloc_raw(wanted + MAX_PIECE, 1);
    if (!room)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    enum libdeflate_result result =
        libdeflate_zlib_decompress(inflater, bytes, nbytes, room, wanted + MAX_PIECE, &produced);
    bool good = result == LIBDEFLATE_SUCCESS || result == LIBDEFLATE_INSUFFICIENT_SPACE;
    if (good)
        memcpy(to, room, wanted);
    mien_free(room);
    return good ? MIEN_OK
                : mien_fail(err, MIEN_ERR_FORMAT, "damaged: its compressed data is wrong");
}

/* With a zlib head and checksum, or bare. */
static mien_status inflate(bool bare, const unsigned char *bytes, size_t nbytes, unsigned char *to,
                           size_t wanted, mien_error *err)
{
    size_t produced = 0;
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    if (!inflater)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    enum libdeflate_result result =
        (bare ? libdeflate_deflate_decompress : libdeflate_zlib_decompress)(inflater, bytes, nbytes,
                                                                            to, wanted, &produced);
    mien_status st = MIEN_OK;
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && !bare)
        st = inflate_beginning(inflater, bytes, nbytes, to, wanted, err);
    else if (result != LIBDEFLATE_SUCCESS || (bare && produced != wanted))
        st = mien_fail(err, MIEN_ERR_FORMAT, "damaged: its compressed data is wrong");
    else if (produced != wanted)
        st = mien_fail(err, MIEN_ERR_FORMAT, "truncated: not all of its pixels are there");
    libdeflate_free_decompressor(inflater);
    return st;
}

mien_status mien_inflate(const unsigned char *bytes, size_t nbytes, unsigned char *to,
                         size_t wanted, mien_error *err)
{
    return inflate(false, bytes, nbytes, to, wanted, err);
}

mien_status mien_inflate_bare(const unsigned char *bytes, size_t nbytes, unsigned char *to,
                              size_t wanted, mien_error *err)
{
    return inflate(true, bytes, nbytes, to, wanted, err);
}

/* A run of 258 bytes takes two bits at least; a little more for what a stream begins with. */
uint64_t mien_inflate_max(uint64_t nbytes)
{
    uint64_t max;
    return __builtin_mul_overflow(nbytes, 1032, &max) || max > UINT64_MAX - 1024 ? UINT64_MAX
                                                                                 : max + 1024;
}

bool mien_gzip_is(const unsigned char *bytes, size_t nbytes)
{
    return nbytes >= 3 && bytes[0] == 0x1F && bytes[1] == 0x8B && bytes[2] == 8;
}

/* One member, into what is left of a buffer that grows until it is enough. */
static mien_status gunzip_member(struct libdeflate_decompressor *inflater,
                                 const unsigned char **bytes, size_t *nbytes, unsigned char **out,
                                 size_t *used, size_t *capacity, mien_error *err)
{
    uint64_t max = mien_inflate_max(*nbytes);
    for (;;) {
        size_t took, made;
        enum libdeflate_result result = libdeflate_gzip_decompress_ex(
            inflater, *bytes, *nbytes, *out + *used, *capacity - *used, &took, &made);
        if (result == LIBDEFLATE_SUCCESS) {
            *bytes += took;
            *nbytes -= took;
            *used += made;
            return MIEN_OK;
        }
        if (result != LIBDEFLATE_INSUFFICIENT_SPACE || *capacity - *used > max)
            return mien_fail(err, MIEN_ERR_FORMAT, "damaged: its compressed data is wrong");
        if (!mien_grow((void **)out, capacity, *used, *capacity + 1, 1))
            return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
}

mien_status mien_gunzip(const unsigned char *bytes, size_t nbytes, unsigned char **out,
                        size_t *size, mien_error *err)
{
    unsigned char *text = NULL;
    size_t used = 0, capacity = 0, wanted = nbytes;
    if (nbytes >= 4) { /* what the last member says of its size, modulo 2^32 */
        const unsigned char *end = bytes + nbytes - 4;
        uint64_t said = (uint64_t)end[0] | (uint64_t)end[1] << 8 | (uint64_t)end[2] << 16 |
                        (uint64_t)end[3] << 24;
        if (said <= mien_inflate_max(nbytes))
            wanted = (size_t)said;
    }
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    if (!inflater || !mien_grow((void **)&text, &capacity, 0, wanted + 64, 1)) {
        libdeflate_free_decompressor(inflater);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    mien_status st = MIEN_OK;
    do
        st = gunzip_member(inflater, &bytes, &nbytes, &text, &used, &capacity, err);
    while (!st && mien_gzip_is(bytes, nbytes)); /* zeros may fill up a block of a tape */
    libdeflate_free_decompressor(inflater);
    if (!st && !mien_grow((void **)&text, &capacity, used, used + 1, 1))
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (st) {
        mien_free(text);
        return st;
    }
    text[used] = '\0';
    *out = text;
    *size = used;
    return MIEN_OK;
}

unsigned char *mien_deflate(const unsigned char *bytes, size_t nbytes, mien_effort effort,
                            size_t *used)
{
    size_t room = libdeflate_zlib_compress_bound(NULL, nbytes);
    unsigned char *to = mien_alloc_raw(room, 1);
    struct libdeflate_compressor *deflater =
        to ? libdeflate_alloc_compressor(levels[effort]) : NULL;
    *used = deflater ? libdeflate_zlib_compress(deflater, bytes, nbytes, to, room) : 0;
    libdeflate_free_compressor(deflater);
    if (*used)
        return to;
    mien_free(to);
    return NULL;
}

uint32_t mien_crc32(const unsigned char *bytes, size_t nbytes)
{
    return mien_crc32_more(0, bytes, nbytes);
}

uint32_t mien_crc32_more(uint32_t before, const unsigned char *bytes, size_t nbytes)
{
    return libdeflate_crc32(before, bytes, nbytes);
}
