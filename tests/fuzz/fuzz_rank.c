/* fuzz_rank.c - a search for r goes on from a damaged state: an answer, or a refusal with a reason.
 * SPDX-License-Identifier: MIT
 *
 * The bytes are changes to a whole state, three each: where (two bytes) and what. A last one or two
 * that make no change say how much of the state is cut off. */
#include "fuzz.h"

#include "mien_study.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 8, P = 5, STATE = 1 << 16 };

static float values[N * P];
static mien_dataset dataset;
static mien_rank_options options;
static unsigned char whole[STATE];
static size_t whole_size;

static void run(void)
{
    mien_rank rank;
    mien_error err = {.message = ""};
    mien_checkpoint *checkpoint = NULL;
    const mien_checkpoint_options kept = {.path = fuzz_path("state")};
    mien_status st = mien_checkpoint_open(&kept, &checkpoint, &err);
    if (!st)
        st = mien_rank_run(&dataset, &options, checkpoint, &rank, &err);
    if (!st)
        mien_rank_free(&rank);
    else if (!*err.message)
        abort();
    mien_checkpoint_close(checkpoint);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < N * P; i++)
        values[i] = (float)(i * 7 % 11) + (float)(i / P == i % P);
    dataset = (mien_dataset){.pixels = {.n = N, .p = P, .type = MIEN_F32, .values = values},
                             .shape = {.height = 1, .width = P, .channels = 1},
                             .is_table = true,
                             .normalize = MIEN_NORMALIZE_NONE};
    dataset.pixels.upper = 1e30f;
    options = mien_rank_options_default();
    options.low = 1;
    options.high = 2;
    options.masks = 2;
    options.starts = 2;
    options.iterations = 2;
    options.threads = 1;
    run();
    FILE *file = fopen(fuzz_path("state"), "rb");
    if (!file || !(whole_size = fread(whole, 1, sizeof whole, file)) || fclose(file) != 0) {
        fputs("fuzz_rank: no state was kept\n", stderr);
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char state[STATE];
    memcpy(state, whole, whole_size);
    size_t cut = 0;
    for (; size >= 3; size -= 3, data += 3)
        state[((size_t)data[0] << 8 | data[1]) % whole_size] = data[2];
    for (; size; size--, data++)
        cut = cut << 8 | *data;
    remove(fuzz_path("state.old")); /* nothing to fall back to */
    fuzz_write("state", state, whole_size - cut % whole_size);
    run();
    return 0;
}
