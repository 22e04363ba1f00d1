/* halving.h - which of several starts go on: successive halving on the loss.
 * SPDX-License-Identifier: MIT
 *
 * At some iterations, each twice the one before, a start is compared with those that began before
 * it and came as far; it goes on when it is in the better half. (Jamieson & Talwalkar, AISTATS
 * 2016; without waiting for all, Li et al., MLSys 2020.) The first start always does, and one that
 * leads, always. A start waits for those before it, never for one after it: so what is decided
 * depends on the seeds alone, whatever the number of threads, no start is kept in memory while it
 * waits, and one that goes on is the same, byte for byte, as alone. */
#ifndef MIEN_HALVING_H
#define MIEN_HALVING_H

#include "mien.h"

typedef struct mien_halving mien_halving;

/* For so many starts, first compared at iteration `first`. MIEN_ERR_NOMEM or MIEN_OK. */
mien_status mien_halving_create(size_t starts, size_t first, mien_halving **out);
void mien_halving_free(mien_halving *halving); /* NULL: nothing */

/* Start `index` is at `iteration`, at such a loss: whether it goes on. Iterations only grow. */
bool mien_halving_goes_on(mien_halving *halving, size_t index, size_t iteration, double loss);

/* Start `index` has ended by itself at such a loss; NaN: it was behind, or failed. Every start that
 * began has to say so once: others wait for it. halving NULL: nothing. */
void mien_halving_end(mien_halving *halving, size_t index, double loss);

/* What start `index` came to so far, to be kept; and back again, before the start goes on, or in
 * the place of mien_halving_end() where it had ended. Any other thread may wait for it meanwhile.
 */
enum { MIEN_HALVING_RUNGS = 6 };
typedef struct mien_contender {
    uint64_t rungs;                  /* comparisons it came to; MIEN_HALVING_RUNGS: it has ended */
    double loss[MIEN_HALVING_RUNGS]; /* there; NaN: it did not come as far */
    uint64_t behind;                 /* it was ended */
} mien_contender;
mien_contender mien_halving_at(mien_halving *halving, size_t index);
void mien_halving_restore(mien_halving *halving, size_t index, const mien_contender *at);

/* How many starts were ended because they were behind. */
size_t mien_halving_behind(const mien_halving *halving);

#endif
