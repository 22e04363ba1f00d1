/* stb.c - stb_image behind a fence; no other file compiles it.
 * SPDX-License-Identifier: MIT
 *
 * stb_image asks for images one can trust, and the distributions carry old versions of it. So:
 *   - only the decoders that are needed are compiled, without file access;
 *   - its memory is zeroed: what it forgets to fill is black, not a piece of this process; so are
 *     its variables, where the compiler can do that (CMakeLists.txt);
 *   - its memory has a budget that follows from the picture's size: a bomb is an error;
 *   - when memory or budget is out, or one of its assertions fails, control leaves it by longjmp()
 *     and everything it holds is freed here: its own handling of such cases is not relied upon;
 *   - it reads through callbacks that notice when it asks for more than there is: it would go on
 *     with zeros and report success, and that is how a truncated file is told;
 *   - behind each scan of a JPEG the callbacks hold it up: whether it has used up what was there,
 *     more, or less, it would not say itself;
 *   - files come in a form of our own (png_read.c, jpeg.c, bmp.c);
 *   - the zlib stream of a PNG is inflated by libdeflate, with its checksum, into as many bytes as
 *     its rows take: no bomb, and faster than stb's own (256x256: 0.37 ms for 0.50, 2026-11);
 *   - GIF and PNM are not its business (gif.c, pnm.c). */
#include "read/formats/stb.h"

#include "base/deflate.h"
#include "base/memory.h"
#include "base/status.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BLOCKS = 64,       /* alive at a time; a progressive JPEG has about twenty */
    BYTES_PER_PIXEL = 24,  /* progressive JPEG, four components: 4 x (1 + 2) and the result twice */
    BYTES_BESIDE = 4 << 20 /* tables, and the compressed data of a small file */
};

typedef enum escape { ESCAPE_NONE, ESCAPE_NOMEM, ESCAPE_BUDGET, ESCAPE_ASSERT } escape;

/* One decoding, the one this thread is doing. */
typedef struct fence {
    jmp_buf way_out;
    struct block {
        void *memory;
        size_t nbytes;
    } blocks[MAX_BLOCKS];
    size_t n_blocks;
    size_t budget; /* bytes that may still be taken */
    const mien_stb_file *file;
    size_t at;           /* next byte to be handed over */
    size_t scan;         /* those before it are behind us */
    void *context;       /* stbi__context */
    size_t unused;       /* bytes it had in hand in the end */
    bool past_end;       /* of the file */
    bool past_scan;      /* a scan's pixels end early */
    bool before_restart; /* it stopped before the last restart marker */
    mien_status status;  /* of inflating */
    mien_error *err;
} fence;

static _Thread_local fence *current;

static _Noreturn void leave(escape why)
{
    longjmp(current->way_out, (int)why);
}

static void *take_raw(size_t nbytes)
{
    if (nbytes > current->budget || current->n_blocks == MAX_BLOCKS)
        leave(ESCAPE_BUDGET);
    void *memory = mien_alloc_raw(nbytes, 1);
    if (!memory)
        leave(ESCAPE_NOMEM);
    current->budget -= nbytes;
    current->blocks[current->n_blocks++] = (struct block){memory, nbytes};
    return memory;
}

static void *take(size_t nbytes)
{
    return memset(take_raw(nbytes), 0, nbytes);
}

static void give_back(void *memory)
{
    for (size_t i = current->n_blocks; memory && i-- > 0;) {
        if (current->blocks[i].memory != memory)
            continue;
        current->budget += current->blocks[i].nbytes;
        current->blocks[i] = current->blocks[--current->n_blocks];
        mien_free(memory);
        return;
    }
}

static void *take_again(void *memory, size_t old_nbytes, size_t nbytes)
{
    void *larger = take(nbytes);
    if (memory)
        memcpy(larger, memory, old_nbytes < nbytes ? old_nbytes : nbytes);
    give_back(memory);
    return larger;
}

#define stbi__g_failure_reason mien_stbi_failure_reason /* the one global that is not static */
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_ZLIB /* but what a PNG needs, below */
#define STBI_NO_HDR
#define STBI_MAX_DIMENSIONS                    MIEN_PICTURE_SIDE
#define STBI_ASSERT(x)                         ((x) ? (void)0 : leave(ESCAPE_ASSERT))
#define STBI_MALLOC(size)                      take(size)
#define STBI_REALLOC_SIZED(memory, old, fresh) take_again(memory, old, fresh)
#define STBI_FREE(memory)                      give_back(memory)
#include <stb_image.h>

/* The one function of its zlib that its PNG reader calls, with data that is not looked at. */
static char *stbi_zlib_decode_malloc_guesssize_headerflag(const char *data, int nbytes, int guess,
                                                          int *size, int header)
{
    const mien_stb_file *file = current->file;
    unsigned char *rows = take_raw(file->inflated);
    current->status =
        mien_inflate(file->data, file->data_bytes, rows, file->inflated, current->err);
    *size = (int)file->inflated;
    return current->status ? NULL : (char *)rows;
}

/* Bytes that the decoder has been given and not used yet. */
static size_t in_hand(const fence *f)
{
    const stbi__context *s = f->context;
    return (size_t)(s->img_buffer_end - s->img_buffer);
}

static size_t limit(const fence *f)
{
    return f->scan < f->file->n_scans ? f->file->scans[f->scan].next : f->file->nbytes;
}

/* Never beyond the padding of the scan at hand: what asks for that has used it all up. */
static int read_bytes(void *user, char *data, int size)
{
    fence *f = user;
    if (f->at == limit(f) && f->at < f->file->nbytes) {
        f->past_scan = true;
        f->scan++;
    }
    size_t left = limit(f) - f->at, count = size < 0 ? 0 : (size_t)size;
    if (left == 0 && count)
        f->past_end = true;
    if (count > left)
        count = left;
    if (count)
        memcpy(data, f->file->bytes + f->at, count);
    f->at += count;
    return (int)count;
}

static void skip_bytes(void *user, int count)
{
    fence *f = user;
    size_t left = f->file->nbytes - f->at;
    if (count < 0 || (size_t)count > left) {
        f->past_end = true;
        f->at = f->file->nbytes;
    } else {
        f->at += (size_t)count;
    }
}

/* Asked first when a scan is over, before the next marker is looked for: it stands ready. */
static int at_end(void *user)
{
    fence *f = user;
    if (f->scan < f->file->n_scans) {
        const mien_stb_scan *scan = &f->file->scans[f->scan];
        if (f->at - in_hand(f) <= scan->last_restart)
            f->before_restart = true;
        stbi__context *s = f->context;
        s->img_buffer = s->img_buffer_end;
        f->at = scan->next;
        f->scan++;
    }
    return f->at == f->file->nbytes;
}

/* The decoder itself. Nothing of this frame is used after a longjmp(). */
static escape run(fence *f, unsigned depth, int *width, int *height, int *channels, void **pixels)
{
    static const stbi_io_callbacks callbacks = {read_bytes, skip_bytes, at_end};
    stbi__context context;
    int why = setjmp(f->way_out);
    if (why)
        return (escape)why;
    f->context = &context;
    stbi__start_callbacks(&context, (stbi_io_callbacks *)&callbacks, f);
    if (depth == 16)
        *pixels = stbi__load_and_postprocess_16bit(&context, width, height, channels, 0);
    else
        *pixels = stbi__load_and_postprocess_8bit(&context, width, height, channels, 0);
    f->unused = in_hand(f);
    f->context = NULL;
    return ESCAPE_NONE;
}

/* Why a JPEG without pixels has none: a code that does not exist was met, in the ones behind its
 * pixels or before. */
static bool ends_early(const fence *f)
{
    const mien_stb_file *file = f->file;
    return f->past_scan ||
           (f->scan < file->n_scans && f->at - f->unused >= file->scans[f->scan].end);
}

static mien_status judge(const fence *f, escape why, const void *pixels, mien_error *err)
{
    if (why == ESCAPE_NOMEM)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (why == ESCAPE_BUDGET)
        return mien_fail(err, MIEN_ERR_FORMAT, "it takes more memory than its size explains");
    if (why == ESCAPE_ASSERT)
        return mien_fail(err, MIEN_ERR_FORMAT, "its decoder gave up (convert it to PNG)");
    if (f->status)
        return f->status;
    if (f->before_restart)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "stray bytes before a restart marker, which mien does not read (convert "
                         "it to PNG)");
    if (f->past_scan || (!pixels && ends_early(f)))
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: its pixels end early");
    if (f->past_end)
        return mien_fail(err, MIEN_ERR_FORMAT, "truncated: it ends within its pixels");
    const char *reason = stbi_failure_reason();
    if (!reason || !*reason)
        reason = "no picture in it";
    if (!pixels && f->file->inflated)
        return mien_fail(err, MIEN_ERR_FORMAT, "damaged: %s", reason);
    if (!pixels)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "damaged, or of a kind that mien does not read: %s (convert it to PNG)",
                         reason);
    return MIEN_OK;
}

mien_status mien_stb_decode(mien_stb_file *file, const mien_picture_head *head, mien_picture *out,
                            mien_error *err)
{
    size_t area = head->width * head->height;
    fence f = {.budget = area * BYTES_PER_PIXEL + BYTES_BESIDE + 2 * file->nbytes,
               .file = file,
               .err = err};
    int w = 0, h = 0, channels = 0;
    void *pixels = NULL;
    current = &f;
    stbi__g_failure_reason = NULL;
    escape why = run(&f, head->depth, &w, &h, &channels, &pixels);
    current = NULL;
    mien_status st = judge(&f, why, pixels, err);
    if (!st && (w < 1 || (size_t)w != head->width || h < 1 || (size_t)h != head->height ||
                channels < 1 || channels > 4))
        st = mien_fail(err, MIEN_ERR_FORMAT, "its header and its pixels disagree about its size");
    bool found = false;
    for (size_t i = 0; i < f.n_blocks; i++) {
        size_t size = area * (size_t)channels * (head->depth / 8);
        if (!st && f.blocks[i].memory == pixels && f.blocks[i].nbytes >= size)
            found = true; /* this one belongs to the caller now */
        else
            mien_free(f.blocks[i].memory);
    }
    mien_free(file->bytes);
    if (!st && !found)
        st = mien_fail(err, MIEN_ERR_FORMAT, "its decoder returned no picture");
    if (!st)
        *out = (mien_picture){head->width, head->height, (size_t)channels,
                              head->depth, head->white,  pixels};
    return st;
}
