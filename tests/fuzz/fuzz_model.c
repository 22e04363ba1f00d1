/* fuzz_model.c - any bytes as the model.json of a folder whose other files are whole: read and
 * told, or refused with a reason. MIEN_FUZZ_MODEL names the folder of a model (tools/fuzz makes
 * one). SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "mien_report.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *model = getenv("MIEN_FUZZ_MODEL");
    char command[512];
    snprintf(command, sizeof command, "cp %s/* %s", model ? model : ".", fuzz_folder());
    if (!model || system(command) != 0) {
        fputs("fuzz_model: MIEN_FUZZ_MODEL has to name the folder of a model\n", stderr);
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_write("model.json", data, size);
    mien_model model;
    mien_error err = {.message = ""};
    if (mien_model_load(fuzz_folder(), &model, &err) == MIEN_OK)
        mien_model_free(&model);
    else if (!*err.message)
        abort();
    char *text;
    for (int json = 0; json < 2; json++)
        if (mien_inspect_model(fuzz_folder(), json, &text, &err) == MIEN_OK)
            mien_string_free(text);
    return 0;
}
