/* fuzz.h - what the harnesses share: the fuzzer's bytes as a file in memory, where mien reads
 * files. SPDX-License-Identifier: MIT */
#ifndef MIEN_FUZZ_H
#define MIEN_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's two entries. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A folder of this process's own, made once and removed at the end; ends the process when it cannot
 * be made. */
const char *fuzz_folder(void);

/* NAME in that folder, in a buffer that the next call reuses. */
const char *fuzz_path(const char *name);

/* NAME in that folder holds these bytes; ends the process when it cannot be written, since nothing
 * would be tested then. */
void fuzz_write(const char *name, const void *bytes, size_t nbytes);

#endif
