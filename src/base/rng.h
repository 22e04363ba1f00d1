/* rng.h - counter-based random numbers, Philox4x32-10.
 * SPDX-License-Identifier: MIT
 *
 * Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A number
 * is a function of (seed, stream, index) alone: entry (i,k) of a start is the same whoever
 * computes it, in whatever order, with however many threads. Streams keep uses apart. */
#ifndef MIEN_RNG_H
#define MIEN_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Uses of random numbers; each has numbers of its own. */
enum mien_stream {
    MIEN_STREAM_WEIGHTS = 1,
    MIEN_STREAM_BASIS,
    MIEN_STREAM_CENTROIDS,
    MIEN_STREAM_ROTATION,
    MIEN_STREAM_SKETCH,
    MIEN_STREAM_REVIVE,
    MIEN_STREAM_BATCHES,
    MIEN_STREAM_CONE,
    MIEN_STREAM_CERTIFICATE,
    MIEN_STREAM_BLOCKS,
    MIEN_STREAM_MASK = 40,
    MIEN_STREAM_PERMUTATION = 41,
    MIEN_STREAM_TEST = 1000
};

/* One block of the generator: four 32-bit words from a 128-bit counter and a 64-bit key. */
void mien_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 64 random bits, the index-th of a stream. */
uint64_t mien_random_bits(uint64_t seed, uint32_t stream, uint64_t index);

/* Uniform on the open interval (0, 1). */
double mien_random_uniform(uint64_t seed, uint32_t stream, uint64_t index);

/* Standard normal (Box & Muller). */
double mien_random_normal(uint64_t seed, uint32_t stream, uint64_t index);

#endif
