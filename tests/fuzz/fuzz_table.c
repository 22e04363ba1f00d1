/* fuzz_table.c - any bytes as x.csv: read, or refused with a reason.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "mien.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_write("x.csv", data, size);
    mien_dataset dataset;
    mien_error err = {.message = ""};
    mien_load_options options = {.threads = 1, .statistics = size % 2};
    if (mien_dataset_load(fuzz_path("x.csv"), &options, &dataset, &err) == MIEN_OK)
        mien_dataset_free(&dataset);
    else if (!*err.message)
        abort(); /* refused without a word */
    return 0;
}
