/* decode.c - the pixels of an image file: which decoder, and what becomes of colour and alpha.
 * SPDX-License-Identifier: MIT */
#include "read/formats/decode.h"

#include "base/memory.h"
#include "base/status.h"
#include "read/formats/exif.h"

#include <string.h>

/* Whether a name ends in a dot and that word. */
static bool ends_in(const char *path, const char *ending)
{
    const char *dot = strrchr(path, '.');
    if (!dot || strchr(dot, '/'))
        return false;
    for (dot++; *dot && *ending && (*dot | 0x20) == *ending; dot++)
        ending++;
    return !*dot && !*ending;
}

bool mien_is_picture_name(const char *path)
{
    static const char *const endings[] = {"pgm", "ppm",  "pnm",  "pbm",  "png", "apng",
                                          "jpg", "jpeg", "jpe",  "jfif", "bmp", "dib",
                                          "gif", "tif",  "tiff", "webp"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends_in(path, endings[i]))
            return true;
    return false;
}

const char *mien_foreign_name(const char *path)
{
    static const struct {
        const char *ending, *name;
    } kinds[] = {{"tga", "a TGA"},       {"targa", "a TGA"},      {"pcx", "a PCX"},
                 {"ico", "an ICO"},      {"cur", "a CUR"},        {"xbm", "an XBM"},
                 {"xpm", "an XPM"},      {"ras", "a Sun raster"}, {"sun", "a Sun raster"},
                 {"sgi", "an SGI"},      {"pict", "a PICT"},      {"pct", "a PICT"},
                 {"wbmp", "a WBMP"},     {"svg", "an SVG"},       {"svgz", "an SVG"},
                 {"psd", "a Photoshop"}, {"heic", "an HEIF"},     {"heif", "an HEIF"},
                 {"avif", "an AVIF"},    {"jxl", "a JPEG XL"},    {"jp2", "a JPEG 2000"},
                 {"j2k", "a JPEG 2000"}, {"jpx", "a JPEG 2000"},  {"exr", "an OpenEXR"},
                 {"hdr", "an HDR"},      {"pfm", "a PFM"},        {"pam", "a PAM"},
                 {"qoi", "a QOI"},       {"xcf", "a GIMP"},       {"dcm", "a DICOM"},
                 {"nii", "a NIfTI"},     {"fits", "a FITS"},      {"fit", "a FITS"},
                 {"raw", "a raw"},       {"cr2", "a raw"},        {"cr3", "a raw"},
                 {"nef", "a raw"},       {"arw", "a raw"},        {"orf", "a raw"},
                 {"rw2", "a raw"},       {"dng", "a raw"},        {"eps", "an EPS"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (ends_in(path, kinds[i].ending))
            return kinds[i].name;
    return NULL;
}

/* ---------------------------------------------------------------- which format */

static bool has(const unsigned char *bytes, size_t nbytes, size_t offset, const char *text,
                size_t length)
{
    return nbytes >= offset + length && memcmp(bytes + offset, text, length) == 0;
}

/* Images of kinds that are not read: their names, so that the message can tell the remedy. */
static const char *foreign_kind(const unsigned char *bytes, size_t nbytes)
{
    static const struct {
        size_t offset;
        const char *text;
        size_t length;
        const char *name;
    } kinds[] = {
        {0, "II*\0", 4, "a TIFF"},
        {0, "MM\0*", 4, "a TIFF"},
        {0, "II+\0", 4, "a TIFF"},
        {0, "MM\0+", 4, "a TIFF"},
        {8, "WEBP", 4, "a WebP"},
        {0, "8BPS", 4, "a Photoshop"},
        {0, "#?RADIANCE", 10, "an HDR"},
        {0, "#?RGBE", 6, "an HDR"},
        {0, "v/1\x01", 4, "an OpenEXR"},
        {0, "\0\0\0\x0cjP  ", 8, "a JPEG 2000"},
        {0, "\xff\x4f\xff\x51", 4, "a JPEG 2000"},
        {0, "\0\0\0\x0cJXL ", 8, "a JPEG XL"},
        {0, "\xff\x0a", 2, "a JPEG XL"},
        {4, "ftypavi", 7, "an AVIF"}, /* avif, avis */
        {4, "ftyphei", 7, "an HEIF"}, /* heic, heix, heim ... */
        {4, "ftyphev", 7, "an HEIF"},
        {4, "ftypmif1", 8, "an HEIF"},
        {4, "ftypmsf1", 8, "an HEIF"},
        {0, "gimp xcf", 8, "a GIMP"},
        {128, "DICM", 4, "a DICOM"},
        {0, "SIMPLE  =", 9, "a FITS"},
        {0, "PF\n", 3, "a PFM"},
        {0, "Pf\n", 3, "a PFM"},
        {0, "PF ", 3, "a PFM"},
        {0, "Pf ", 3, "a PFM"},
        {0, "qoif", 4, "a QOI"},
        {0, "\0\0\1\0\1\0", 6, "an ICO"}, /* of one size, of two, three */
        {0, "\0\0\1\0\2\0", 6, "an ICO"},
        {0, "\0\0\1\0\3\0", 6, "an ICO"},
        {0, "\x0a\x05\x01\x08", 4, "a PCX"},
        {0, "\x8aMNG", 4, "an MNG"},
        {0, "\x8bJNG", 4, "a JNG"},
        {0, "\x59\xa6\x6a\x95", 4, "a Sun raster"},
        {0, "<svg", 4, "an SVG"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (has(bytes, nbytes, kinds[i].offset, kinds[i].text, kinds[i].length))
            return kinds[i].name;
    return NULL;
}

static const mien_image_reader *const readers[] = {
    &mien_reader_pnm, &mien_reader_jpeg, &mien_reader_png, &mien_reader_bmp, &mien_reader_gif};

/* The head with the picture as stored. *reader: what decodes it. */
static mien_status probe(const unsigned char *bytes, size_t nbytes,
                         const mien_image_reader **reader, mien_picture_head *out, mien_error *err)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (readers[i]->is(bytes, nbytes)) {
            *reader = readers[i];
            return readers[i]->head(bytes, nbytes, out, err);
        }
    const char *kind = foreign_kind(bytes, nbytes);
    static const char targa[] = "TRUEVISION-XFILE."; /* at its end, with a zero */
    if (nbytes > sizeof targa && memcmp(bytes + nbytes - sizeof targa, targa, sizeof targa) == 0)
        kind = "a TGA";
    if (kind)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s image, which mien does not read (convert it to PNG)", kind);
    return mien_fail(err, MIEN_ERR_DATA, nbytes ? "not an image" : "empty");
}

mien_status mien_decode_probe(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                              mien_error *err)
{
    const mien_image_reader *reader;
    mien_picture_head stored;
    mien_status st = probe(bytes, nbytes, &reader, &stored, err);
    if (st)
        return st;
    *out = stored;
    if (mien_exif_is_sideways(stored.orientation)) {
        out->width = stored.height;
        out->height = stored.width;
    }
    return MIEN_OK;
}

/* ---------------------------------------------------------------- colour and alpha */

/* round(sum / divisor); all operands are small enough for 64 bits */
static inline uint64_t rounded(uint64_t sum, uint64_t divisor)
{
    return (sum + divisor / 2) / divisor;
}

static inline uint32_t luma_sum(uint32_t r, uint32_t g, uint32_t b)
{
    return 299 * r + 587 * g + 114 * b; /* at most 65,535,000 */
}

/* The two loops below exist for 8 and for 16 bits: the compiler sees through the constant `depth`.
 * `from` has 1 to 4 channels, `to` one of grey. */
static inline void to_grey(const void *from, size_t channels, void *to, size_t count,
                           unsigned depth)
{
    const uint64_t full = depth == 8 ? UINT8_MAX : UINT16_MAX;
    bool alpha = channels == 2 || channels == 4;
    for (size_t i = 0, k = 0; i < count; i++, k += channels) {
        uint32_t v = mien_sample_get(from, depth, k);
        uint32_t sum = channels < 3 ? 1000 * v
                                    : luma_sum(v, mien_sample_get(from, depth, k + 1),
                                               mien_sample_get(from, depth, k + 2));
        uint64_t a = alpha ? mien_sample_get(from, depth, k + channels - 1) : full;
        uint64_t grey = alpha ? rounded(sum * a, 1000 * full) : (sum + 500) / 1000;
        mien_sample_set(to, depth, i, (uint32_t)grey);
    }
}

/* `to` has R, G, B. */
static inline void to_color(const void *from, size_t channels, void *to, size_t count,
                            unsigned depth)
{
    const uint32_t full = depth == 8 ? UINT8_MAX : UINT16_MAX;
    bool grey = channels < 3, alpha = channels == 2 || channels == 4;
    for (size_t i = 0; i < count; i++) {
        uint32_t a = alpha ? mien_sample_get(from, depth, i * channels + channels - 1) : full;
        for (size_t c = 0; c < 3; c++) {
            uint32_t value = mien_sample_get(from, depth, i * channels + (grey ? 0 : c));
            if (alpha)
                value = (uint32_t)rounded((uint64_t)value * a, full);
            mien_sample_set(to, depth, 3 * i + c, value);
        }
    }
}

mien_status mien_picture_finish(mien_picture *picture, bool color, mien_error *err)
{
    size_t wanted = color ? 3 : 1, count = picture->width * picture->height;
    if (picture->channels == wanted)
        return MIEN_OK;
    void *to = mien_alloc_raw(count * wanted, picture->depth / 8);
    if (!to) {
        mien_picture_free(picture);
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    if (picture->depth == 8 && !color)
        to_grey(picture->pixels, picture->channels, to, count, 8);
    else if (!color)
        to_grey(picture->pixels, picture->channels, to, count, 16);
    else if (picture->depth == 8)
        to_color(picture->pixels, picture->channels, to, count, 8);
    else
        to_color(picture->pixels, picture->channels, to, count, 16);
    mien_free(picture->pixels);
    picture->pixels = to;
    picture->channels = wanted;
    return MIEN_OK;
}

mien_status mien_decode(const unsigned char *bytes, size_t nbytes, bool color, mien_picture *out,
                        mien_error *err)
{
    const mien_image_reader *reader;
    mien_picture_head head;
    mien_picture picture;
    mien_status st = probe(bytes, nbytes, &reader, &head, err);
    if (!st && head.memory > MIEN_PICTURE_MEMORY)
        st = mien_fail(err, MIEN_ERR_FORMAT,
                       "%zux%zu with so many bits a pixel, larger than mien reads (%d MiB)",
                       head.width, head.height, MIEN_PICTURE_MEMORY >> 20);
    if (!st)
        st = reader->decode(bytes, nbytes, &head, &picture, err);
    if (!st)
        st = mien_picture_finish(&picture, color, err);
    if (st)
        return st;
    st = mien_exif_turn(head.orientation, &picture);
    if (st) {
        mien_picture_free(&picture);
        return mien_fail_plain(err, st);
    }
    *out = picture;
    return MIEN_OK;
}
