/* reflect.c - a symmetric matrix brought into tridiagonal form by reflections, in one pass a row.
 * SPDX-License-Identifier: MIT
 *
 *   row k, beyond the diagonal, <- (beside_k, 0, ...) by I - s u u'
 *   y = A u,  w = s y - s^2/2 (y'u) u,  A <- A - u w' - w u'
 *
 * Householder's method (Golub & Van Loan, Matrix Computations, 8.3.1). The update waits until the
 * next row's product reads A, so that each entry of the triangle is loaded once for both; LAPACK
 * gathers updates of many rows for GEMM and multiplies them into every product meanwhile, which
 * gains on this the larger A is: 2.6 ms and here 1.7 at n = 361, 129 and 100 at 1400. Of the blocks
 * of LANES x LANES on the diagonal both halves are kept, everything else stands above it. */
#include "linalg/reflect.h"

#include "base/cpu.h"

#if MIEN_CPU_X86

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define TARGET MIEN_FOR_AVX512
#define INLINE TARGET static inline __attribute__((always_inline))
#define APART  TARGET static __attribute__((noinline))

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

enum {
    LANES = 8,
    ROWS = 4,   /* that share what is loaded of the vectors */
    LEAST = 32, /* rows: for less, nobody waits */
    MOST = 640, /* above it the copy of A weighs more than the time: a quarter at 1400 */
    VECTORS = 4,
    GROUP = 8 /* vectors that are turned back together: they stay in the first-level cache */
};

typedef __m512d lanes;

static size_t padded(size_t n)
{
    return ((n + LANES - 1) / LANES | 1) * LANES; /* odd: rows do not meet in the same lines */
}

size_t mien_reflect_scratch(size_t n)
{
    bool able = (mien_cpu_level() == MIEN_CPU_AVX512);
    return able && n >= LEAST && n <= MOST ? padded(n) * (padded(n) + VECTORS) : 0;
}

/* A matrix being reduced, in rows of `stride`; vectors have that length and zeros where the rows
 * that are done would stand. */
struct reduction {
    size_t n, stride;
    double *A;
    double *u, *w;    /* the update that waits */
    double *next, *y; /* the new reflection, and A times it */
};

/* A <- A - u w' - w u' in rows i .. i + ROWS - 1, and y <- y + (those rows and their columns) next.
 */
INLINE void pass_rows(const struct reduction *s, size_t i)
{
    size_t stride = s->stride, corner = i / LANES * LANES;
    double *A = s->A + i * stride;
    lanes u[ROWS], w[ROWS], next[ROWS], sum[ROWS];
    UNROLL for (int r = 0; r < ROWS; r++)
    {
        u[r] = _mm512_set1_pd(s->u[i + (size_t)r]);
        w[r] = _mm512_set1_pd(s->w[i + (size_t)r]);
        next[r] = _mm512_set1_pd(s->next[i + (size_t)r]);
        double *at = A + (size_t)r * stride + corner;
        lanes a = _mm512_load_pd(at);
        a = _mm512_fnmadd_pd(u[r], _mm512_load_pd(s->w + corner), a);
        a = _mm512_fnmadd_pd(w[r], _mm512_load_pd(s->u + corner), a);
        _mm512_store_pd(at, a);
        sum[r] = a * _mm512_load_pd(s->next + corner);
    }
    for (size_t j = corner + LANES; j < stride; j += LANES) {
        lanes right_u = _mm512_load_pd(s->u + j), right_w = _mm512_load_pd(s->w + j);
        lanes right = _mm512_load_pd(s->next + j), y = _mm512_load_pd(s->y + j);
        UNROLL for (int r = 0; r < ROWS; r++)
        {
            double *at = A + (size_t)r * stride + j;
            lanes a = _mm512_load_pd(at);
            a = _mm512_fnmadd_pd(u[r], right_w, a);
            a = _mm512_fnmadd_pd(w[r], right_u, a);
            _mm512_store_pd(at, a);
            sum[r] = _mm512_fmadd_pd(a, right, sum[r]);
            y = _mm512_fmadd_pd(a, next[r], y);
        }
        _mm512_store_pd(s->y + j, y);
    }
    UNROLL for (int r = 0; r < ROWS; r++) s->y[i + (size_t)r] += _mm512_reduce_add_pd(sum[r]);
}

/* The update that waits, and y <- A next, for rows `first` and below. */
APART void pass(const struct reduction *s, size_t first)
{
    memset(s->y, 0, s->stride * sizeof *s->y);
    for (size_t i = first / ROWS * ROWS; i < s->n; i += ROWS)
        pass_rows(s, i);
    memset(s->y, 0, first * sizeof *s->y);
}

/* The update that waits, in row k alone, which then is left out of it. */
APART void finish_row(const struct reduction *s, size_t k)
{
    double *row = s->A + k * s->stride;
    lanes u = _mm512_set1_pd(s->u[k]), w = _mm512_set1_pd(s->w[k]);
    for (size_t j = k / LANES * LANES; j < s->stride; j += LANES) {
        lanes a = _mm512_load_pd(row + j);
        a = _mm512_fnmadd_pd(u, _mm512_load_pd(s->w + j), a);
        a = _mm512_fnmadd_pd(w, _mm512_load_pd(s->u + j), a);
        _mm512_store_pd(row + j, a);
    }
    s->u[k] = s->w[k] = 0;
}

APART double inner(const double *a, const double *b, size_t count)
{
    lanes sum = _mm512_setzero_pd();
    for (size_t j = 0; j < count; j += LANES)
        sum = _mm512_fmadd_pd(_mm512_load_pd(a + j), _mm512_load_pd(b + j), sum);
    return _mm512_reduce_add_pd(sum);
}

/* next <- the vector that reflects row k beyond the diagonal to its first axis, with 1 there;
 * returns its scale. Squares up to `nothing` count as zero. */
static double reflect_row(const struct reduction *s, size_t k, double nothing, double *beside)
{
    const double *row = s->A + k * s->stride;
    size_t head = k + 1;
    memset(s->next, 0, (head + 1) * sizeof *s->next);
    memcpy(s->next + head + 1, row + head + 1, (s->stride - head - 1) * sizeof *s->next);
    double rest = inner(s->next, s->next, s->stride), alpha = row[head];
    s->next[head] = 1;
    if (rest <= nothing) {
        memset(s->next + head + 1, 0, (s->stride - head - 1) * sizeof *s->next);
        *beside = alpha;
        return 0;
    }
    double beta = -copysign(sqrt(alpha * alpha + rest), alpha), share = 1 / (alpha - beta);
    for (size_t j = head + 1; j < s->stride; j++)
        s->next[j] *= share;
    *beside = beta;
    return (beta - alpha) / beta;
}

/* w <- what u = next and y = A u make it. */
APART void turn_to_update(struct reduction *s, double scale)
{
    double half = -0.5 * scale * scale * inner(s->y, s->next, s->stride);
    lanes a = _mm512_set1_pd(scale), b = _mm512_set1_pd(half);
    for (size_t j = 0; j < s->stride; j += LANES)
        _mm512_store_pd(s->w + j, a * _mm512_load_pd(s->y + j) + b * _mm512_load_pd(s->next + j));
    double *swap = s->u;
    s->u = s->next;
    s->next = swap;
}

/* The copy with both halves of the diagonal's blocks; returns the largest absolute value. */
static double take_matrix(struct reduction *s, const double *A)
{
    double most = 0;
    size_t n = s->n;
    for (size_t i = 0; i < n; i++) {
        double *row = s->A + i * s->stride;
        size_t corner = i / LANES * LANES;
        for (size_t j = corner; j < i; j++)
            row[j] = A[j * n + i];
        memcpy(row + i, A + i * n + i, (n - i) * sizeof *row);
        memset(row + n, 0, (s->stride - n) * sizeof *row);
        for (size_t j = i; j < n; j++)
            most = fabs(row[j]) > most ? fabs(row[j]) : most;
    }
    memset(s->A + n * s->stride, 0, (s->stride - n) * s->stride * sizeof *s->A);
    return most;
}

bool mien_reflect(double *A, size_t n, double *diagonal, double *beside, double *scales,
                  double *scratch)
{
    const double least = 1e-100, largest = 1e100, negligible = 1e-25; /* share of the largest */
    size_t stride = padded(n);
    struct reduction s = {.n = n, .stride = stride, .A = scratch};
    s.u = scratch + stride * stride;
    s.w = s.u + stride;
    s.next = s.w + stride;
    s.y = s.next + stride;
    double most = take_matrix(&s, A), nothing = most * negligible * most * negligible;
    if (!(most > least && most < largest))
        return false;
    memset(s.u, 0, stride * VECTORS * sizeof *s.u);
    for (size_t k = 0; k < n; k++) {
        finish_row(&s, k);
        diagonal[k] = s.A[k * stride + k];
        if (k + 1 == n)
            break;
        scales[k] = reflect_row(&s, k, nothing, &beside[k]);
        memcpy(A + k * n + k + 1, s.next + k + 1, (n - k - 1) * sizeof *A);
        pass(&s, k + 1);
        turn_to_update(&s, scales[k]);
    }
    return true;
}

/* count vectors <- (I - s v v') each; v has 1 in front of `rest`. */
INLINE void reflect_group(const double *rest, size_t length, double scale, double *z, size_t n,
                          int count)
{
    lanes sum[GROUP];
    size_t even = length / LANES * LANES;
    __mmask8 tail = (__mmask8)((1u << (length - even)) - 1);
    lanes last = _mm512_maskz_loadu_pd(tail, rest + even);
    UNROLL for (int g = 0; g < count; g++)
    {
        sum[g] = last * _mm512_maskz_loadu_pd(tail, z + (size_t)g * n + 1 + even);
    }
    for (size_t j = 0; j < even; j += LANES) {
        lanes v = _mm512_loadu_pd(rest + j);
        UNROLL for (int g = 0; g < count; g++)
        {
            sum[g] = _mm512_fmadd_pd(v, _mm512_loadu_pd(z + (size_t)g * n + 1 + j), sum[g]);
        }
    }
    UNROLL for (int g = 0; g < count; g++)
    {
        double *own = z + (size_t)g * n, share = scale * (own[0] + _mm512_reduce_add_pd(sum[g]));
        own[0] -= share;
        sum[g] = _mm512_set1_pd(share);
    }
    for (size_t j = 0; j < even; j += LANES) {
        lanes v = _mm512_loadu_pd(rest + j);
        UNROLL for (int g = 0; g < count; g++)
        {
            double *at = z + (size_t)g * n + 1 + j;
            _mm512_storeu_pd(at, _mm512_fnmadd_pd(sum[g], v, _mm512_loadu_pd(at)));
        }
    }
    UNROLL for (int g = 0; g < count; g++)
    {
        double *at = z + (size_t)g * n + 1 + even;
        lanes left = _mm512_fnmadd_pd(sum[g], last, _mm512_maskz_loadu_pd(tail, at));
        _mm512_mask_storeu_pd(at, tail, left);
    }
}

APART void back_group(const double *A, size_t n, const double *scales, double *Z)
{
    for (size_t k = n - 1; k-- > 0;)
        reflect_group(A + k * n + k + 2, n - k - 2, scales[k], Z + k + 1, n, GROUP);
}

APART void back_one(const double *A, size_t n, const double *scales, double *Z)
{
    for (size_t k = n - 1; k-- > 0;)
        reflect_group(A + k * n + k + 2, n - k - 2, scales[k], Z + k + 1, n, 1);
}

void mien_reflect_back(const double *A, size_t n, const double *scales, double *Z, size_t r)
{
    size_t k = 0;
    for (; k + GROUP <= r; k += GROUP)
        back_group(A, n, scales, Z + k * n);
    for (; k < r; k++)
        back_one(A, n, scales, Z + k * n);
}

#else

size_t mien_reflect_scratch(size_t n)
{
    (void)n;
    return 0;
}

bool mien_reflect(double *A, size_t n, double *diagonal, double *beside, double *scales,
                  double *scratch)
{
    (void)A, (void)n, (void)diagonal, (void)beside, (void)scales, (void)scratch;
    return false;
}

void mien_reflect_back(const double *A, size_t n, const double *scales, double *Z, size_t r)
{
    (void)A, (void)n, (void)scales, (void)Z, (void)r;
}

#endif
