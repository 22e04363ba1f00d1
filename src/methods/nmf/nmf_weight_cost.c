/* nmf_weight_cost.c - what the weights of an image cost beyond its loss, with the basis fixed.
 * SPDX-License-Identifier: MIT
 *
 * Coordinate descent as in nmf_ccd.c, with a + c w in the place of t. Along one weight w, with the
 * gradient s and the curvature b of sum_j x_j log m_j (b the negative second derivative) and q = a
 * + c w:
 *
 *   s > q   the gradient after a step d is at least s / (1 + d b / s); the weight grows to where
 * that meets a + c (w + d), never beyond the minimum: c b d^2 + (q b + c s) d = s (s - q) s < q the
 * minimum over w' of a w' + c / 2 w'^2 - b w^2 log w' + (b w - s) w', which lies above the
 * objective below w and touches it there: c w'^2 + (a + b w - s) w' = b w^2
 *
 * So no step increases the objective. Where a and c are 0 nothing ends the growth; penalties leave
 * no such component. */
#include "methods/nmf/nmf_weight_cost.h"

#include "methods/nmf/kernels/nmf_sweep.h"

#include <math.h>

/* A weight whose share of the image's total has shrunk below this one is 0. */
static const double NOTHING = 1e-9;

/* ---------------------------------------------------------------- costs */

bool mien_weight_cost_alloc(size_t r, bool norms, mien_arena *arena, mien_weight_cost *out)
{
    *out = (mien_weight_cost){.r = r};
    out->linear = mien_arena_alloc(arena, r, sizeof(double));
    out->curvature = mien_arena_alloc(arena, r, sizeof(double));
    if (norms)
        out->norm = mien_arena_alloc(arena, r, sizeof(double));
    return !arena->failed;
}

double mien_weight_cost_follow(mien_weight_cost *cost, const float *W, size_t n)
{
    double most = 0, largest = 0;
    for (size_t k = 0; k < cost->r && cost->norm; k++) {
        double square = 0, *curvature = &cost->curvature[k];
        double before =
            *curvature > 0 ? cost->norm[k] / *curvature : 0; /* 0 of an infinite one, too */
        for (size_t i = 0; i < n; i++)
            square += (double)W[i * cost->r + k] * W[i * cost->r + k];
        double length = sqrt(square);
        *curvature = length > 0 ? cost->norm[k] / length : INFINITY;
        largest = fmax(largest, length);
        most = cost->norm[k] > 0 ? fmax(most, fabs(length - before)) : most;
    }
    return largest > 0 ? most / largest : 0;
}

/* ---------------------------------------------------------------- descent */

/* The new weight: see above. */
static double step_to(double w, double a, double c, double s, double b)
{
    double q = a + c * w;
    if (!(b > 0))
        return q > 0 ? 0 : w; /* no x > 0 under this component: it only costs */
    if (s > q) {
        double B = q * b + c * s, C = s * (s - q);
        double down = B + sqrt(B * B + 4 * c * b * C);
        return down > 0 ? w + 2 * C / down : w;
    }
    double E = a + b * w - s;
    double down = E + sqrt(E * E + 4 * c * b * w * w);
    return w > 0 && down > 0 ? 2 * b * w * w / down : w;
}

double mien_weight_cost_descend(const mien_weight_cost *cost, const float *x, float *m, size_t ld,
                                float floor, const float *H, const float *sum, float *w, int sweeps)
{
    double most = 0, total = 0;
    const float *last = H;
    float step = 0, sums[2];
    for (size_t j = 0; j < ld; j++)
        total += x[j];
    for (int sweep = 0; sweep < sweeps; sweep++) {
        most = 0;
        for (size_t k = 0; k < cost->r; k++) {
            /* the first sweep sees which weights want to leave 0 */
            if (!isfinite(cost->curvature[k]) || (sweep > 0 && !(w[k] > 0)))
                continue;
            const float *h = H + k * ld;
            mien_kl_curvature(x, m, ld, floor, last, step, h, sums);
            double a = cost->linear[k],
                   next = step_to(w[k], a, cost->curvature[k], sums[0], sums[1]);
            next = next * sum[k] > NOTHING * total || next > w[k] ? next : 0;
            step = (float)next - w[k];
            w[k] = (float)next;
            last = h;
            most = fmax(most, fabs((double)step) * sum[k]);
        }
    }
    return most;
}
