/* gram.c - blocks of a Gram matrix A'A, for registers of 16 floats.
 * SPDX-License-Identifier: MIT
 *
 * ROWS x STRIP entries stand in 24 registers while DEPTH rows of A run by. The strip of those rows
 * waits in the first-level cache for all ROWS of a block. Sums of DEPTH products are in float,
 * those of the sums in double. */
#include "linalg/gram.h"

#include "base/cpu.h"

enum {
    LANES = 16,
    WIDE = 3,
    STRIP = WIDE * LANES,
    ROWS = 8,
    BLOCK = 2 * STRIP, /* rows of G in a block: STRIP columns of them */
    DEPTH = 128
};

size_t mien_gram_stride(size_t side)
{
    size_t lines = (side + LANES - 1) / LANES;
    return (lines | 1) * LANES;
}

/* Of a row of blocks: those that begin left of its part of the diagonal are left out. */
static size_t strips_in_row(size_t side, size_t row)
{
    return (side + STRIP - 1) / STRIP - row * (BLOCK / STRIP);
}

size_t mien_gram_blocks(size_t side)
{
    size_t count = 0;
    for (size_t row = 0; row * BLOCK < side; row++)
        count += strips_in_row(side, row);
    return count;
}

#if MIEN_CPU_X86

#include <immintrin.h>
#include <string.h>

#define TARGET MIEN_FOR_AVX512
#define INLINE TARGET static inline __attribute__((always_inline))
#define APART  TARGET static __attribute__((noinline))

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 24")
#endif

typedef __m512 lanes;

bool mien_gram_available(void)
{
    return (mien_cpu_level() == MIEN_CPU_AVX512);
}

/* product (ROWS x STRIP) <- a'b, the first V vectors of a row of it. */
INLINE void multiply(const float *a, const float *b, size_t count, size_t stride, int V,
                     float product[ROWS][STRIP])
{
    lanes sum[ROWS][WIDE];
    UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < V; v++) sum[i][v] =
        _mm512_setzero_ps();
    for (size_t k = 0; k < count; k++, a += stride, b += stride) {
        lanes right[WIDE];
        UNROLL for (int v = 0; v < V; v++) right[v] = _mm512_loadu_ps(b + v * LANES);
        UNROLL for (int i = 0; i < ROWS; i++)
        {
            lanes left = _mm512_set1_ps(a[i]);
            UNROLL for (int v = 0; v < V; v++) sum[i][v] =
                _mm512_fmadd_ps(left, right[v], sum[i][v]);
        }
    }
    UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < V; v++)
        _mm512_storeu_ps(product[i] + v * LANES, sum[i][v]);
}

APART void multiply_3(const float *a, const float *b, size_t count, size_t stride,
                      float product[ROWS][STRIP])
{
    multiply(a, b, count, stride, 3, product);
}

APART void multiply_2(const float *a, const float *b, size_t count, size_t stride,
                      float product[ROWS][STRIP])
{
    multiply(a, b, count, stride, 2, product);
}

APART void multiply_1(const float *a, const float *b, size_t count, size_t stride,
                      float product[ROWS][STRIP])
{
    multiply(a, b, count, stride, 1, product);
}

/* G <- product, or added. */
APART void add(const float product[ROWS][STRIP], size_t rows, size_t width, bool keep, double *G,
               size_t side)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            G[i * side + j] = (keep ? G[i * side + j] : 0) + (double)product[i][j];
}

void mien_gram_block(const float *A, size_t count, size_t side, size_t block, bool keep, double *G)
{
    size_t row = 0, stride = mien_gram_stride(side);
    for (; block >= strips_in_row(side, row); row++)
        block -= strips_in_row(side, row);
    size_t first = row * BLOCK, j = first + block * STRIP, width = side - j;
    width = width < STRIP ? width : STRIP;
    size_t end = first + BLOCK < j + width ? first + BLOCK : j + width; /* below: lower triangle */
    for (size_t k = 0; k < count; k += DEPTH) {
        const float *a = A + k * stride;
        size_t depth = count - k < DEPTH ? count - k : DEPTH;
        for (size_t i = first; i < end; i += ROWS) {
            _Alignas(64) float product[ROWS][STRIP];
            size_t rows = end - i < ROWS ? end - i : ROWS;
            if (width > 2 * LANES)
                multiply_3(a + i, a + j, depth, stride, product);
            else if (width > LANES)
                multiply_2(a + i, a + j, depth, stride, product);
            else
                multiply_1(a + i, a + j, depth, stride, product);
            add((const float(*)[STRIP])product, rows, width, keep || k, G + i * side + j, side);
        }
    }
}

#else

bool mien_gram_available(void)
{
    return false;
}

void mien_gram_block(const float *A, size_t count, size_t side, size_t block, bool keep, double *G)
{
    (void)A, (void)count, (void)side, (void)block, (void)keep, (void)G;
}

#endif
