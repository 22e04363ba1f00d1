/* rank_stability.c - how alike the answers from several starts are, at one r.
 * SPDX-License-Identifier: MIT
 *
 * The one place where choosing r meets study/stability. */
#include "study/rank_stability.h"

#include "base/status.h"

bool mien_rank_stability_is_there(void)
{
    return false;
}

mien_status mien_rank_stability_find(const mien_source *X, const mien_rank_options *options,
                                     size_t r, mien_rank_stability *out, mien_error *err)
{
    (void)X;
    (void)options;
    (void)r;
    (void)out;
    return mien_fail(err, MIEN_ERR_ARG, "stability cannot be measured");
}
