/* plan.c - what a run needs, before it begins.
 * SPDX-License-Identifier: MIT
 *
 * Counted is what grows with N, p, r and the threads; numbers that are no sizes were fitted to
 * measured peaks (tests/test_plan.c holds them to it). */
#include "mien_study.h"

#include "base/parallel.h"
#include "data/pixels.h"
#include "data/source.h"
#include "methods/method.h"
#include "methods/pca/spectrum.h"
#include "methods/stream.h"

#include <math.h>
#include <string.h>

static const double MEGABYTE = 1 << 20;
static const double PROGRAM = 4, A_THREAD = 0.5; /* MB: code, OpenBLAS's buffers, stacks */

/* n r floats that a descent keeps beside W: transposed, extrapolated, before. NMF's are the most;
 * others have some numbers an image. */
static double weights_beside(const mien_method_info *info)
{
    return info->traits & MIEN_NEEDS_NONNEG ? 2 : info->traits & MIEN_CLUSTERS ? 1 : 0.5;
}

/* The pixels' matrices of PCA and of ICA after it. */
static double matrices_of(const mien_method_info *info, double n, double p, double r)
{
    double side = fmin(n, p);
    if (!(info->traits & MIEN_RANK_BOUND))
        return 0;
    return side > MIEN_SPECTRUM_EXACT && 8 * r <= side ? 12 * sizeof(double) * r * p
                                                       : 3 * sizeof(double) * side * side;
}

mien_plan mien_plan_make(const mien_dataset *dataset, const mien_options *options,
                         const mien_method *const *methods, size_t n_methods, size_t side_by_side,
                         size_t page_images)
{
    const mien_pixels *pixels = &dataset->pixels;
    double n = (double)pixels->n, p = (double)pixels->p, r = (double)options->r;
    double threads = options->threads ? options->threads : mien_processors();
    double fits = side_by_side ? (double)side_by_side : 1, beside = 0, matrices = 0;
    bool pictures = dataset->shape.height > 0 && !dataset->is_table, levels = false;
    for (size_t m = 0; m < n_methods; m++) {
        const mien_method_info *info = mien_method_describe(methods[m]);
        beside = fmax(beside, weights_beside(info));
        matrices = fmax(matrices, matrices_of(info, n, p, r));
        levels = levels || (methods[m]->levels_pay && pictures && options->levels != 1);
    }
    mien_tiling tiling = mien_tiling_plan(pixels->n, pixels->p, options->r);
    double depth = fmax(0, log2((double)tiling.leaves / (4 * threads))) * threads;
    double sums = fmin((double)tiling.leaves, 4 * threads + depth);
    double seen = n, copied = 0; /* images whose weights are kept at a time */
    if (options->no_weights) {
        seen = (double)mien_stream_sample(pixels->n, pixels->p, options->r);
        copied = seen * p * sizeof(float);
    }
    double shown = fmin(n, (double)page_images), path = pixels->n && dataset->images ? 64 : 16;
    mien_plan plan = {
        .data = n * p * (double)mien_pixel_size(pixels->type),
        .images = n * (path + sizeof(mien_image_info) + 3 * sizeof(float) + 6 * sizeof(double)),
        .weights = copied + sizeof(float) * seen * r * (fits * (1 + beside) + (double)n_methods),
        .levels = levels ? fits * seen * p * sizeof(uint16_t) / 4 : 0,
        .basis = matrices + fits * (sums * sizeof(float) * r * (p + r) +
                                    r * p * ((double)n_methods + 4) * sizeof(double)),
        .threads = threads * 4 * sizeof(float) * (double)tiling.rows * (p + r),
        .output = (pictures ? 12 * MEGABYTE : 4 * MEGABYTE) + (double)n_methods * r * p * 16 +
                  shown * (p + 4 * r * (double)n_methods),
        .program = (PROGRAM + A_THREAD * threads) * MEGABYTE};
    plan.least = plan.images + plan.basis + plan.threads + plan.output + plan.program;
    plan.total = plan.least + plan.data + plan.weights + plan.levels;
    return plan;
}
