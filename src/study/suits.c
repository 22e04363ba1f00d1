/* suits.c - whether a method takes a data set, told before anything is computed.
 * SPDX-License-Identifier: MIT */
#include "base/status.h"

mien_status mien_method_suits(const mien_method *method, const mien_dataset *dataset,
                              mien_error *err)
{
    const mien_method_info *info = mien_method_describe(method);
    if (!(info->traits & MIEN_NEEDS_NONNEG) || !dataset->negative ||
        dataset->normalize == MIEN_NORMALIZE_LEE_SEUNG)
        return MIEN_OK;
    return mien_fail(err, MIEN_ERR_DOMAIN,
                     "%s; %s assumes that no number is (PCA, k-means and ICA take it)",
                     dataset->negative, info->title);
}
