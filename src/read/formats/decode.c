/* decode.c - the pixels of an image file: which decoder, and what becomes of colour and alpha.
 * SPDX-License-Identifier: MIT */
#include "read/formats/decode.h"

#include "base/memory.h"
#include "base/status.h"
#include "read/formats/bmp.h"
#include "read/formats/exif.h"
#include "read/formats/gif.h"
#include "read/formats/jpeg_check.h"
#include "read/formats/png_rows.h"
#include "read/formats/pnm.h"
#include "read/formats/stb.h"

#include <string.h>

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

static mien_status png_head(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                            mien_error *err)
{
    mien_png png;
    mien_status st = mien_png_head(bytes, nbytes, &png, err);
    if (st)
        return st;
    *out = png.head;
    if (mien_exif_is_sideways(png.head.orientation)) {
        out->width = png.head.height;
        out->height = png.head.width;
    }
    return MIEN_OK;
}

mien_status mien_decode_probe(const unsigned char *bytes, size_t nbytes, mien_picture_head *out,
                              mien_error *err)
{
    if (mien_pnm_is(bytes, nbytes))
        return mien_pnm_probe(bytes, nbytes, out, err);
    if (mien_jpeg_is(bytes, nbytes))
        return mien_jpeg_head(bytes, nbytes, out, err);
    if (mien_png_is(bytes, nbytes))
        return png_head(bytes, nbytes, out, err);
    if (mien_bmp_is(bytes, nbytes))
        return mien_bmp_head(bytes, nbytes, out, err);
    if (mien_gif_is(bytes, nbytes))
        return mien_gif_head(bytes, nbytes, out, err);
    const char *kind = foreign_kind(bytes, nbytes);
    static const char targa[] = "TRUEVISION-XFILE."; /* at its end, with a zero */
    if (nbytes > sizeof targa && memcmp(bytes + nbytes - sizeof targa, targa, sizeof targa) == 0)
        kind = "a TGA";
    if (kind)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%s image, which mien does not read (convert it to PNG)", kind);
    return mien_fail(err, MIEN_ERR_DATA, nbytes ? "not an image" : "empty");
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

/* The two loops below exist for 8 and for 16 bits; LOAD and STORE are all that differs, and the
 * compiler sees through the constant `depth`. */
static inline uint32_t load(const void *from, size_t i, unsigned depth)
{
    return depth == 8 ? ((const uint8_t *)from)[i] : ((const uint16_t *)from)[i];
}

static inline void store(void *to, size_t i, uint32_t value, unsigned depth)
{
    if (depth == 8)
        ((uint8_t *)to)[i] = (uint8_t)value;
    else
        ((uint16_t *)to)[i] = (uint16_t)value;
}

/* `from` has 1 to 4 channels, `to` one of grey. */
static inline void to_grey(const void *from, size_t channels, void *to, size_t count,
                           unsigned depth)
{
    const uint32_t full = depth == 8 ? UINT8_MAX : UINT16_MAX;
    if (channels == 2) {
        for (size_t i = 0; i < count; i++)
            store(to, i,
                  (uint32_t)rounded(
                      (uint64_t)load(from, 2 * i, depth) * load(from, 2 * i + 1, depth), full),
                  depth);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t k = i * channels;
        uint32_t sum =
            luma_sum(load(from, k, depth), load(from, k + 1, depth), load(from, k + 2, depth));
        uint64_t grey = channels == 3
                            ? (sum + 500) / 1000
                            : rounded((uint64_t)sum * load(from, k + 3, depth), 1000ull * full);
        store(to, i, (uint32_t)grey, depth);
    }
}

/* `to` has R, G, B. */
static inline void to_color(const void *from, size_t channels, void *to, size_t count,
                            unsigned depth)
{
    const uint32_t full = depth == 8 ? UINT8_MAX : UINT16_MAX;
    bool grey = channels < 3, alpha = channels == 2 || channels == 4;
    for (size_t i = 0; i < count; i++) {
        uint32_t a = alpha ? load(from, i * channels + channels - 1, depth) : full;
        for (size_t c = 0; c < 3; c++) {
            uint32_t value = load(from, i * channels + (grey ? 0 : c), depth);
            if (alpha)
                value = (uint32_t)rounded((uint64_t)value * a, full);
            store(to, 3 * i + c, value, depth);
        }
    }
}

/* Bring a decoded picture to the channels asked for; on failure it is freed. */
static mien_status finish(mien_picture *picture, bool color, mien_error *err)
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

/* ---------------------------------------------------------------- PNG's own ways */

/* From a picture of indices, which the decoder took for grey, to R, G, B, alpha. */
static mien_status apply_palette(const mien_png *png, mien_picture *picture, mien_error *err)
{
    size_t count = picture->width * picture->height;
    unsigned step = png->bits == 8 ? 1 : UINT8_MAX / ((1u << png->bits) - 1);
    const uint8_t *index = picture->pixels;
    uint8_t *rgba = mien_alloc_raw(count, 4);
    if (!rgba)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < count; i++) {
        unsigned k = index[i] / step;
        if (k >= png->n_colors) {
            mien_free(rgba);
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "damaged: a pixel of color %u in a palette of %zu", k, png->n_colors);
        }
        memcpy(rgba + 4 * i, png->palette + 3 * k, 3);
        rgba[4 * i + 3] = k < png->n_alpha ? png->alpha[k] : UINT8_MAX;
    }
    mien_free(picture->pixels);
    picture->pixels = rgba;
    picture->channels = 4;
    return MIEN_OK;
}

/* tRNS of a grey or colour image: one value that is transparent. It is made black here, which is
 * what laying over black would make of it. */
static void apply_color_key(const mien_png *png, mien_picture *picture)
{
    size_t count = picture->width * picture->height, channels = picture->channels;
    uint32_t key[3] = {0};
    unsigned step = png->bits < 8 ? UINT8_MAX / ((1u << png->bits) - 1) : 1;
    uint32_t mask = (1u << png->bits) - 1; /* low bits count, says the standard */
    for (size_t c = 0; c < channels; c++)
        key[c] = (((uint32_t)png->alpha[2 * c] << 8 | png->alpha[2 * c + 1]) & mask) * step;
    for (size_t i = 0; i < count; i++) {
        bool same = true;
        for (size_t c = 0; c < channels; c++)
            same = same && load(picture->pixels, i * channels + c, picture->depth) == key[c];
        for (size_t c = 0; same && c < channels; c++)
            store(picture->pixels, i * channels + c, 0, picture->depth);
    }
}

static mien_status decode_png(const unsigned char *bytes, size_t nbytes, mien_picture *out,
                              mien_error *err)
{
    mien_png png;
    unsigned char *rows;
    mien_picture picture;
    mien_status st = mien_png_check(bytes, nbytes, &png, &rows, err);
    if (st)
        return st;
    st = mien_png_rows(&png, rows, &picture, err);
    mien_free(rows);
    if (st)
        return st;
    if (png.color_type == MIEN_PNG_PALETTE)
        st = apply_palette(&png, &picture, err);
    else if (png.alpha)
        apply_color_key(&png, &picture);
    if (st)
        mien_picture_free(&picture);
    else
        *out = picture;
    return st;
}

/* What stb_image reads, which knows nothing of orientation. */
static mien_status decode_foreign(const unsigned char *bytes, size_t nbytes,
                                  const mien_picture_head *head, mien_picture *out, mien_error *err)
{
    mien_stb_file file = {.n_scans = 0};
    bool sideways = mien_exif_is_sideways(head->orientation);
    mien_status st = head->format == MIEN_FORMAT_JPEG
                         ? mien_jpeg_plain(bytes, nbytes, &file, err)
                         : mien_bmp_plain(bytes, nbytes, &file.bytes, &file.nbytes, err);
    if (st)
        return st;
    st = mien_stb_decode(&file, sideways ? head->height : head->width,
                         sideways ? head->width : head->height, out, err);
    mien_free(file.bytes);
    return st;
}

mien_status mien_decode(const unsigned char *bytes, size_t nbytes, bool color, mien_picture *out,
                        mien_error *err)
{
    mien_picture_head head;
    mien_picture picture;
    mien_status st = mien_decode_probe(bytes, nbytes, &head, err);
    if (!st && head.memory > MIEN_PICTURE_MEMORY)
        st = mien_fail(err, MIEN_ERR_FORMAT,
                       "%zux%zu with so many bits a pixel, larger than mien reads (%d MiB)",
                       head.width, head.height, MIEN_PICTURE_MEMORY >> 20);
    if (st)
        return st;
    if (head.format <= MIEN_FORMAT_PPM)
        st = mien_pnm_decode(bytes, nbytes, &picture, err);
    else if (head.format == MIEN_FORMAT_PNG)
        st = decode_png(bytes, nbytes, &picture, err);
    else if (head.format == MIEN_FORMAT_GIF)
        st = mien_gif_decode(bytes, nbytes, &picture, err);
    else
        st = decode_foreign(bytes, nbytes, &head, &picture, err);
    if (!st)
        st = finish(&picture, color, err);
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

/* A PNG is grey without more ado when no colour of it is transparent, which stands behind the
 * header: what has been inflated in vain is rare. */
static mien_status decode_png_to(const unsigned char *bytes, size_t nbytes, void *place, bool *done,
                                 mien_error *err)
{
    mien_png png;
    unsigned char *rows;
    mien_status st = mien_png_head(bytes, nbytes, &png, err);
    if (st || png.color_type != MIEN_PNG_GREY)
        return st;
    st = mien_png_check(bytes, nbytes, &png, &rows, err);
    if (st)
        return st;
    *done = !png.alpha;
    if (*done)
        st = mien_png_rows_to(&png, rows, place, err);
    mien_free(rows);
    return st;
}

mien_status mien_decode_to(const unsigned char *bytes, size_t nbytes, void *place, bool *done,
                           mien_error *err)
{
    mien_picture_head head;
    mien_status st = mien_decode_probe(bytes, nbytes, &head, err);
    *done = false;
    if (st || head.orientation > 1)
        return st;
    if (head.format == MIEN_FORMAT_PNG)
        return decode_png_to(bytes, nbytes, place, done, err);
    if (head.format != MIEN_FORMAT_PGM && head.format != MIEN_FORMAT_PBM)
        return MIEN_OK;
    *done = true;
    return mien_pnm_decode_to(bytes, nbytes, place, err);
}
