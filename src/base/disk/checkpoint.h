/* checkpoint.h - what a run would need to go on after it was killed: named sections in a file.
 * SPDX-License-Identifier: MIT
 *
 * Opened, closed and removed by the caller of the library (mien.h); what is in it is a matter of
 * methods/keep.h and of studies. Two generations stand on disk, PATH and PATH.old. A section is
 * rows of equal length, so that whoever owns some rows alone can write these. In memory there is no
 * more than what came since the last generation was written. Any thread may call any function.
 *
 * Of ranks (team.h) the first one alone has the file, the others have one that holds nothing: what
 * is asked for comes to all from there, so that all call mien_checkpoint_open(), _find() and
 * _read() together; what others change or say is dropped.
 *
 * Its bytes: checkpoint_format.h. Its two generations: generations.h. */
#ifndef MIEN_CHECKPOINT_H
#define MIEN_CHECKPOINT_H

#include "mien.h"

typedef struct mien_section {
    const char *name;
    const void *bytes; /* rows x row_bytes */
    size_t rows, row_bytes;
} mien_section;

enum { MIEN_SECTION_NAME = 256 }; /* bytes of a name, with the zero at its end */

/* Seconds after which a state is to be kept again, and the clock that counts them. */
double mien_checkpoint_seconds(const mien_checkpoint *checkpoint);
double mien_checkpoint_clock(void);

/* When the last generation was written, or was tried to be. */
double mien_checkpoint_written(mien_checkpoint *checkpoint);

/* In one step: the sections whose names begin with `drop` go (NULL: none), these come, in the place
 * of others of their names. They are copied, or written down at once where it is time or they are
 * large. What fails is told, once, and costs no more than the state: a run does not end for want of
 * a checkpoint. */
void mien_checkpoint_change(mien_checkpoint *checkpoint, const char *drop,
                            const mien_section *sections, size_t count);

/* The same of a section that is worth no generation of its own: it goes along with the next. */
void mien_checkpoint_note(mien_checkpoint *checkpoint, const mien_section *section);

/* Whether there is such a section, and of what size. */
bool mien_checkpoint_find(mien_checkpoint *checkpoint, const char *name, size_t *rows,
                          size_t *row_bytes);

/* to <- a section, which has to be of this size: else, and where there is none, MIEN_ERR_FORMAT
 * with the remedy. MIEN_ERR_IO. */
mien_status mien_checkpoint_read(mien_checkpoint *checkpoint, const char *name, void *to,
                                 size_t rows, size_t row_bytes, mien_error *err);

/* *out <- a section of rows that are so long, allocated (mien_free()), *rows how many; NULL and 0
 * where there are none. As mien_checkpoint_read() for rows of another length; MIEN_ERR_NOMEM. */
mien_status mien_checkpoint_read_rows(mien_checkpoint *checkpoint, const char *name,
                                      size_t row_bytes, void **out, size_t *rows, mien_error *err);

/* MIEN_ERR_ARG unless two identities are the same: names the first line that is not. */
mien_status mien_checkpoint_compare(const char *path, const char *kept, const char *now,
                                    mien_error *err);

/* The file's name. */
const char *mien_checkpoint_path(const mien_checkpoint *checkpoint);

/* How many runs keep a state in it now; `change` of that: 1, -1 or 0. */
size_t mien_checkpoint_runs(mien_checkpoint *checkpoint, int change);

/* Tell the caller. */
void mien_checkpoint_say(mien_checkpoint *checkpoint, const char *words);

#endif
