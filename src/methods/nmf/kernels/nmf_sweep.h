/* nmf_sweep.h - coordinate descent on one image's weights for the Kullback-Leibler divergence.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_NMF_SWEEP_H
#define MIEN_NMF_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

/* Rows are padded to a multiple of this many floats. */
enum { MIEN_SWEEP_PAD = 32 };

static inline size_t mien_sweep_padded(size_t count)
{
    return (count + MIEN_SWEEP_PAD - 1) / MIEN_SWEEP_PAD * MIEN_SWEEP_PAD;
}

/* A coordinate is worth another visit when its step gained more than this share of the best one. */
#define MIEN_SWEEP_WORTH 0.1f

/* Minimise f(w) = sum_j m_j - x_j log m_j, m = w' H, over w >= 0, one coordinate after the other.
 *   x        ld     the image; padded with 0
 *   m        ld     the model w' H, kept up to date and at or above `floor` > 0; padded with 1
 *   H        r x ld the basis; padded with 0
 *   sum      r      sums of H's rows
 *   w        r      changed in place
 *   active   which coordinates to visit, `count` of them; on return those worth another visit
 * Returns how many are left in `active`. The step and why f never increases: nmf_ccd.c. */
size_t mien_kl_sweep(const float *x, float *m, size_t ld, float floor, const float *H,
                     const float *sum, float *w, unsigned *active, size_t count);

/* A version of it, for some processors. */
typedef struct mien_sweep_version {
    const char *name;
    bool (*can)(void); /* whether this processor can run it */
    size_t (*sweep)(const float *x, float *m, size_t ld, float floor, const float *H,
                    const float *sum, float *w, unsigned *active, size_t count);
} mien_sweep_version;

/* All there are, best first; the last one runs everywhere. mien_kl_sweep() is the first that can.
 */
enum { MIEN_SWEEP_VERSIONS = 3 };
extern const mien_sweep_version mien_sweep_versions[MIEN_SWEEP_VERSIONS];

#endif
