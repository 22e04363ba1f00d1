/* live_checkpoint.c - base/disk/checkpoint.h where there is no disk: nothing is ever kept.
 * SPDX-License-Identifier: MIT
 *
 * A page makes no mien_checkpoint, so nothing of this is called; methods/keep.c has to be linked.
 */
#include "base/disk/checkpoint.h"

double mien_checkpoint_seconds(const mien_checkpoint *checkpoint)
{
    (void)checkpoint;
    return 0;
}

double mien_checkpoint_clock(void)
{
    return 0;
}

double mien_checkpoint_written(mien_checkpoint *checkpoint)
{
    (void)checkpoint;
    return 0;
}

void mien_checkpoint_change(mien_checkpoint *checkpoint, const char *drop,
                            const mien_section *sections, size_t count)
{
    (void)checkpoint, (void)drop, (void)sections, (void)count;
}

void mien_checkpoint_note(mien_checkpoint *checkpoint, const mien_section *section)
{
    (void)checkpoint, (void)section;
}

bool mien_checkpoint_find(mien_checkpoint *checkpoint, const char *name, size_t *rows,
                          size_t *row_bytes)
{
    (void)checkpoint, (void)name, (void)rows, (void)row_bytes;
    return false;
}

mien_status mien_checkpoint_read(mien_checkpoint *checkpoint, const char *name, void *to,
                                 size_t rows, size_t row_bytes, mien_error *err)
{
    (void)checkpoint, (void)name, (void)to, (void)rows, (void)row_bytes, (void)err;
    return MIEN_ERR_FORMAT;
}

mien_status mien_checkpoint_compare(const char *path, const char *kept, const char *now,
                                    mien_error *err)
{
    (void)path, (void)kept, (void)now, (void)err;
    return MIEN_OK;
}

const char *mien_checkpoint_path(const mien_checkpoint *checkpoint)
{
    (void)checkpoint;
    return "";
}

size_t mien_checkpoint_runs(mien_checkpoint *checkpoint, int change)
{
    (void)checkpoint, (void)change;
    return 0;
}

void mien_checkpoint_say(mien_checkpoint *checkpoint, const char *words)
{
    (void)checkpoint, (void)words;
}
