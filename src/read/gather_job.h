/* gather_job.h - what the two halves of gathering share.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_GATHER_JOB_H
#define MIEN_GATHER_JOB_H

#include "base/budget.h"
#include "base/parallel.h"
#include "data/input.h"
#include "read/folder.h"
#include "read/formats/decode.h"

#include <stdatomic.h>

typedef enum mien_gather_state {
    MIEN_UNSEEN,
    MIEN_SKIPPED,
    MIEN_REFUSED,
    MIEN_OTHER_SIZE,
    MIEN_KEPT
} mien_gather_state;

typedef struct mien_gather_file {
    mien_gather_state state;
    bool is_image; /* its header could be read: `head` holds it */
    mien_picture_head head;
    char *reason; /* MIEN_REFUSED; owned */
} mien_gather_file;

typedef struct mien_gather_chunk {
    unsigned char *values; /* room for all files of the chunk, p values of `depth` bits each */
    bool owned;            /* or in the store */
    unsigned depth;
    size_t count; /* files kept */
} mien_gather_chunk;

typedef struct mien_gather_job {
    const char *input;
    mien_folder *folder;
    const mien_load_options *options;
    mien_pool *pool;
    mien_gather_file *files;
    unsigned char *store; /* count x p bytes, or NULL when there was no room for so much */
    mien_gather_chunk *chunks;
    size_t n_chunks, per_chunk;
    size_t width, height, channels, p; /* what is wanted */
    bool fit_others;                   /* images of another size are resized in this pass */
    mien_bytes *buffers;               /* one a worker */
    mien_budget memory;                /* of all that is being decoded */
    atomic_size_t done;
    atomic_bool stopped; /* the callback asked for it */
    atomic_bool nomem;
} mien_gather_job;

/* The file will not be used, and this is why; sets job->nomem when memory is out. */
void mien_gather_refuse(mien_gather_job *j, mien_gather_file *f, const char *reason);

/* Size of the first image there is, the guess. 0 x 0 when there is none. MIEN_ERR_NOMEM. */
mien_status mien_gather_guess(mien_gather_job *j, size_t *width, size_t *height);

/* Fix the size that is wanted and start with empty chunks. MIEN_ERR_NOMEM. */
mien_status mien_gather_aim(mien_gather_job *j, size_t width, size_t height);

/* Look at the files that are of use and have not been kept yet; pixels go into the chunks, what
 * else there is to say into the files. MIEN_ERR_NOMEM, MIEN_ERR_ARG when it was interrupted. */
mien_status mien_gather_pass(mien_gather_job *j, mien_error *err);

void mien_gather_free_chunks(mien_gather_job *j);

/* Where the values of file i lie in its chunk, which has some. */
unsigned char *mien_gather_place(const mien_gather_job *j, const mien_gather_chunk *c, size_t i);

/* 8 bits to 16, the same values. */
void mien_widen(const uint8_t *from, uint16_t *to, size_t count);

#endif
