/* formats.c - what the readers of image files share.
 * SPDX-License-Identifier: MIT */
#include "read/formats/formats.h"

#include "base/memory.h"
#include "base/status.h"

const char *mien_format_name(mien_format format)
{
    static const char *const names[] = {"PBM", "PGM", "PPM", "PNG", "JPEG", "BMP", "GIF"};
    return format < MIEN_N_FORMATS ? names[format] : "?";
}

void mien_picture_free(mien_picture *picture)
{
    if (!picture)
        return;
    mien_free(picture->pixels);
    *picture = (mien_picture){0};
}

mien_status mien_picture_check_size(uint64_t width, uint64_t height, mien_error *err)
{
    if (width == 0 || height == 0)
        return mien_fail(err, MIEN_ERR_FORMAT, "an image without pixels");
    if (width > MIEN_PICTURE_SIDE || height > MIEN_PICTURE_SIDE ||
        width * height > MIEN_PICTURE_AREA)
        return mien_fail(err, MIEN_ERR_FORMAT, "%llux%llu, larger than mien reads (%d Mpx)",
                         (unsigned long long)width, (unsigned long long)height,
                         MIEN_PICTURE_AREA >> 20);
    return MIEN_OK;
}
