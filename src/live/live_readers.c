/* live_readers.c - pictures that the browser decodes: known by their first bytes, and not read.
 * SPDX-License-Identifier: MIT
 *
 * In place of the readers of read/formats/ that need libraries. A page hands in what its browser
 * makes of such a file; whose bytes come all the same are refused with the reason. */
#include "base/status.h"
#include "read/formats/formats.h"

#include <string.h>

static bool begins(const unsigned char *bytes, size_t nbytes, const char *with)
{
    size_t length = strlen(with);
    return nbytes >= length && memcmp(bytes, with, length) == 0;
}

static bool is_png(const unsigned char *bytes, size_t nbytes)
{
    return begins(bytes, nbytes, "\x89PNG\r\n\x1a\n");
}

static bool is_jpeg(const unsigned char *bytes, size_t nbytes)
{
    return begins(bytes, nbytes, "\xff\xd8\xff");
}

static bool is_bmp(const unsigned char *bytes, size_t nbytes)
{
    return begins(bytes, nbytes, "BM");
}

static bool is_gif(const unsigned char *bytes, size_t nbytes)
{
    return begins(bytes, nbytes, "GIF8");
}

static mien_status head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                        mien_error *err)
{
    (void)bytes, (void)nbytes, (void)out;
    return mien_fail(err, MIEN_ERR_FORMAT, "an image that the browser could not decode");
}

static mien_status decode(const unsigned char *bytes, size_t nbytes, const mien_picture_head *info,
                          mien_picture *out, mien_error *err)
{
    (void)out;
    mien_picture_head none = *info;
    return head(bytes, nbytes, &none, err);
}

const mien_image_reader mien_reader_png = {is_png, head, decode};
const mien_image_reader mien_reader_jpeg = {is_jpeg, head, decode};
const mien_image_reader mien_reader_bmp = {is_bmp, head, decode};
const mien_image_reader mien_reader_gif = {is_gif, head, decode};
