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

/* Bytes that a stream of so many can take at most at mien_deflate()'s level. */
size_t mien_deflate_bound(size_t nbytes);

/* Compress into `to`, which has room for the bound; returns the bytes used, 0 when memory is
 * out. */
size_t mien_deflate(const unsigned char *bytes, size_t nbytes, unsigned char *to, size_t room);

/* CRC-32 as in PNG and zlib. */
uint32_t mien_crc32(const unsigned char *bytes, size_t nbytes);

#endif
