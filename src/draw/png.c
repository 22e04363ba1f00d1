/* png.c - canvases as PNG, in memory and in a folder of results; no other file compiles
 * stb_image_write. SPDX-License-Identifier: MIT
 *
 * It does the filtering and the chunks, libdeflate the rest. Its own writing of files reports
 * success on a full disk, so it writes to memory. Enlarged pixels repeat the row above: filter "up"
 * made figure.png of a comparison in 42 ms and 373 kB (CBCL), 116 ms and 2.57 MB (ORL); the best of
 * five for each row, its own choice, 71 ms and 398 kB, 156 ms and 2.47 MB (2026-11). */
#include "draw/png.h"

#include "base/deflate.h"
#include "base/disk/outdir.h"
#include "base/memory.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

/* Where the writer's first block, the filtered rows, goes: over the canvas, which is spent (a
 * second 17 MB for the figure of a comparison otherwise). The writer frees it when it is
 * compressed. */
static _Thread_local void *rows;

/* The stream that the writer has in hand: when there is no memory for the file, it forgets it. */
static _Thread_local void *stream;

static void *take(size_t nbytes)
{
    void *memory = rows ? rows : mien_alloc_raw(nbytes, 1);
    rows = NULL;
    return memory;
}

static void give_back(void *memory)
{
    if (memory == stream)
        stream = NULL;
    mien_free(memory);
}

static unsigned char *compress(const unsigned char *bytes, int nbytes, int *out_nbytes)
{
    size_t used;
    stream = mien_deflate(bytes, (size_t)nbytes, MIEN_EFFORT_FAST, &used);
    *out_nbytes = (int)used;
    return stream;
}

/* One of its functions is declared and never defined, which is reported at the end. */
#pragma GCC diagnostic ignored "-Wunused-function"
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STBIW_MALLOC(nbytes)                             take(nbytes)
#define STBIW_REALLOC(memory, nbytes)                    NULL /* only its own compressor asks */
#define STBIW_FREE(memory)                               give_back(memory)
#define STBIW_ASSERT(x)                                  ((void)0)
#define STBIW_ZLIB_COMPRESS(bytes, nbytes, out, quality) compress(bytes, nbytes, out)
#define STBIW_CRC32(bytes, nbytes)                       mien_crc32(bytes, (size_t)(nbytes))
#include <stb_image_write.h>

/* Before main: stb's own variable, which threads that draw may read but none may write. */
__attribute__((constructor)) static void choose_filter(void)
{
    enum { FILTER_UP = 2 }; /* fewest bytes for enlarged pixels, which repeat the row above */
    stbi_write_force_png_filter = FILTER_UP;
}

/* ---------------------------------------------------------------- canvases */

static const uint8_t *row_of(const mien_canvas *canvas, size_t y)
{
    return canvas->pixels + y * canvas->width * 3;
}

static bool is_grey(const mien_canvas *canvas)
{
    for (size_t y = 0; y < canvas->height; y++) {
        const uint8_t *pixel = row_of(canvas, y), *end = pixel + canvas->width * 3;
        if (y && memcmp(pixel, row_of(canvas, y - 1), canvas->width * 3) == 0)
            continue; /* most rows of an enlarged picture repeat the one above */
        for (; pixel < end; pixel += 3)
            if (pixel[0] != pixel[1] || pixel[0] != pixel[2])
                return false;
    }
    return true;
}

mien_status mien_png_encode(mien_canvas *canvas, unsigned char **out, size_t *nbytes,
                            mien_error *err)
{
    size_t count = canvas->width * canvas->height;
    int channels = is_grey(canvas) ? 1 : 3, used = 0;
    for (size_t k = 0; channels == 1 && k < count; k++)
        canvas->pixels[k] = canvas->pixels[3 * k];
    rows = canvas->memory;
    *out = stbi_write_png_to_mem(canvas->pixels, 0, (int)canvas->width, (int)canvas->height,
                                 channels, &used);
    *nbytes = (size_t)used;
    *canvas = (mien_canvas){0};
    mien_free(stream);
    stream = NULL;
    return *out ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
}

mien_status mien_canvas_write(mien_outdir *dir, const char *folder, const char *name,
                              mien_canvas *canvas, mien_error *err)
{
    char path[128];
    unsigned char *png;
    size_t nbytes;
    snprintf(path, sizeof path, "%s%s%s", folder, *folder ? "/" : "", name);
    mien_status st = mien_png_encode(canvas, &png, &nbytes, err);
    if (st)
        return st;
    st = mien_outdir_write(dir, path, png, nbytes, err);
    mien_free(png);
    return st;
}
