/* fuzz_image.c - any bytes as an image in a folder: read, or refused with a reason.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "mien.h"

#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char folder[128];
    if (!*folder) {
        const char *path = fuzz_path("in");
        for (size_t i = 0; path[i]; i++)
            folder[i] = path[i];
        if (mkdir(folder, 0700) != 0)
            abort();
    }
    fuzz_write("in/image", data, size);
    for (int color = 0; color < 2; color++) {
        mien_dataset dataset;
        mien_error err = {.message = ""};
        mien_load_options options = {
            .color = color, .threads = 1, .for_model = true, .statistics = color};
        if (mien_dataset_load(folder, &options, &dataset, &err) == MIEN_OK)
            mien_dataset_free(&dataset);
        else if (!*err.message)
            abort(); /* refused without a word */
    }
    return 0;
}
