/* deflate.h - zlib streams and checksums, whole buffers at a time; the one door to libdeflate.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_DEFLATE_H
#define MIEN_DEFLATE_H

#include "mien.h"

/* Inflate the zlib stream (RFC 1950) at the beginning of `bytes`, which has to give `wanted` bytes
 * and carry their Adler checksum; what stands behind its end is not looked at, and of a stream that
 * gives more, neither the rest nor the checksum.
 *   to   wanted bytes, written; never more
 * MIEN_ERR_FORMAT with the reason, MIEN_ERR_NOMEM. */
mien_status mien_inflate(const unsigned char *bytes, size_t nbytes, unsigned char *to,
                         size_t wanted, mien_error *err);

/* The same of a bare deflate stream (RFC 1951), without a checksum. */
mien_status mien_inflate_bare(const unsigned char *bytes, size_t nbytes, unsigned char *to,
                              size_t wanted, mien_error *err);

/* Most bytes that deflate can make of so many: a claim beyond it is untrue. */
uint64_t mien_inflate_max(uint64_t nbytes);

/* True when these are the first bytes of a gzip file. */
bool mien_gzip_is(const unsigned char *bytes, size_t nbytes);

/* Undo gzip (RFC 1952), several members in a row included; the size at its end is a guess and is
 * not trusted. *out, of *size bytes and a NUL behind them, is freed with mien_free().
 * MIEN_ERR_FORMAT, MIEN_ERR_NOMEM. */
mien_status mien_gunzip(const unsigned char *bytes, size_t nbytes, unsigned char **out,
                        size_t *size, mien_error *err);

typedef enum mien_effort {
    MIEN_EFFORT_FAST,       /* of pictures */
    MIEN_EFFORT_SMALL,      /* of what repeats itself, when bytes count more than time */
    MIEN_EFFORT_DIFFERENCES /* of values less what was expected of them: little repeats itself */
} mien_effort;

/* Compress into a zlib stream of *used bytes, which is freed with mien_free(); NULL when memory is
 * out. */
unsigned char *mien_deflate(const unsigned char *bytes, size_t nbytes, mien_effort effort,
                            size_t *used);

/* CRC-32 as in PNG and zlib. */
uint32_t mien_crc32(const unsigned char *bytes, size_t nbytes);

/* The same of what goes on behind bytes whose CRC-32 is `before`; 0 for none. */
uint32_t mien_crc32_more(uint32_t before, const unsigned char *bytes, size_t nbytes);

#endif
