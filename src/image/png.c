/* png.c - canvases as PNG, in memory and on disk.
 * SPDX-License-Identifier: MIT */
#include "image/png.h"

#include "base/memory.h"
#include "base/status.h"
#include "image/stb_write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_grey(const mien_canvas *canvas)
{
    size_t count = canvas->width * canvas->height;
    const uint8_t *pixel = canvas->pixels;
    for (size_t i = 0; i < count; i++, pixel += 3)
        if (pixel[0] != pixel[1] || pixel[0] != pixel[2])
            return false;
    return true;
}

mien_status mien_png_encode(const mien_canvas *canvas, unsigned char **out, size_t *nbytes,
                            mien_error *err)
{
    size_t count = canvas->width * canvas->height, size = 0;
    uint8_t *grey = NULL;
    if (is_grey(canvas)) {
        grey = mien_alloc_raw(count, 1);
        if (!grey)
            return mien_fail_plain(err, MIEN_ERR_NOMEM);
        for (size_t i = 0; i < count; i++)
            grey[i] = canvas->pixels[3 * i];
    }
    unsigned char *png = mien_stb_png(grey ? grey : canvas->pixels, canvas->width, canvas->height,
                                      grey ? 1 : 3, &size);
    mien_free(grey);
    if (!png)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    *out = png;
    *nbytes = size;
    return MIEN_OK;
}

mien_status mien_png_write(const mien_canvas *canvas, const char *path, mien_error *err)
{
    unsigned char *png;
    size_t nbytes;
    mien_status st = mien_png_encode(canvas, &png, &nbytes, err);
    if (st)
        return st;
    FILE *file = fopen(path, "wb");
    bool whole = file && fwrite(png, 1, nbytes, file) == nbytes && fflush(file) == 0;
    int why = errno;
    if (file && fclose(file) != 0 && whole) {
        whole = false;
        why = errno;
    }
    mien_free(png);
    return whole ? MIEN_OK : mien_fail(err, MIEN_ERR_IO, "%s: %s", path, strerror(why));
}
