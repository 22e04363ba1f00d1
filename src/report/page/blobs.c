/* blobs.c - arrays on a page: filtered, packed by zlib, as base64 in scripts that do not run.
 * SPDX-License-Identifier: MIT
 *
 * Pictures are smooth, so what is packed is the difference of a value to what its neighbours at the
 * left, above and in the corner let expect (the predictor of JPEG-LS); 16-bit values go as all low
 * bytes, then all high ones, and signs in the lowest bit, so that small differences leave the high
 * bytes zero. The page of ORL, four methods, is 7.8 MB by that; 8.3 MB with left + above - corner
 * and signs at the top, and 15 MB without all this. */
#include "report/page/blobs.h"

#include "base/deflate.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t nbytes;
} types[] = {
    [MIEN_BLOB_U8] = {"u8", 1}, [MIEN_BLOB_I16] = {"i16", 2}, [MIEN_BLOB_F32] = {"f32", 4}};

#define ID_BEGIN "<script type=\"text/plain\" id=\"blob-"

mien_blob *mien_blobs_add(mien_blobs *blobs, mien_blob_type type, const char *format, ...)
{
    va_list args;
    mien_blob *blob = &blobs->list[blobs->count++];
    *blob = (mien_blob){.type = type};
    va_start(args, format);
    vsnprintf(blob->name, sizeof blob->name, format, args);
    va_end(args);
    return blob;
}

/* ---------------------------------------------------------------- packing */

static inline int expect(int left, int above, int corner)
{
    int low = left < above ? left : above, high = left < above ? above : left;
    return corner >= high ? low : corner <= low ? high : left + above - corner;
}

/* From the end, so that neighbours are still what they were. */
#define DIFFERENCES(name, type)                                                                    \
    static void name(type *v, const mien_blob *blob)                                               \
    {                                                                                              \
        size_t row = blob->row, step = blob->channels;                                             \
        for (size_t first = 0; first < blob->length; first += blob->pixels)                        \
            for (size_t j = blob->pixels; j-- > 0;) {                                              \
                type *at = v + first + j;                                                          \
                bool left = j % row >= step, above = j >= row;                                     \
                *at = (type)(*at - expect(left ? at[-(ptrdiff_t)step] : 0,                         \
                                          above ? at[-(ptrdiff_t)row] : 0,                         \
                                          left && above ? at[-(ptrdiff_t)(row + step)] : 0));      \
            }                                                                                      \
    }
DIFFERENCES(differ_u8, uint8_t)
DIFFERENCES(differ_i16, int16_t)

/* Little-endian bytes, in place of the values; i16 as the header of this file tells. */
static bool order_bytes(const mien_blob *blob, unsigned char *values)
{
    size_t count = blob->length;
    if (blob->type == MIEN_BLOB_I16) {
        unsigned char *bytes = mien_alloc_raw(count, 2);
        for (size_t i = 0; i < count && bytes; i++) {
            int16_t v;
            memcpy(&v, values + 2 * i, sizeof v);
            unsigned turns = v < 0 ? 2U * (unsigned)(-(v + 1)) + 1 : 2U * (unsigned)v;
            bytes[i] = (unsigned char)(turns & 0xFF);
            bytes[count + i] = (unsigned char)(turns >> 8);
        }
        if (bytes)
            memcpy(values, bytes, 2 * count);
        mien_free(bytes);
        return bytes;
    }
    for (size_t i = 0; i < count && blob->type == MIEN_BLOB_F32; i++) {
        uint32_t v;
        memcpy(&v, values + 4 * i, sizeof v);
        for (unsigned at = 0; at < 4; at++)
            values[4 * i + at] = (unsigned char)(v >> 8 * at & 0xFF);
    }
    return true;
}

static void pack(mien_blob *blob)
{
    size_t nbytes = blob->length * types[blob->type].nbytes, used;
    unsigned char *values = mien_alloc_raw(blob->length, types[blob->type].nbytes);
    unsigned char *packed = NULL;
    if (values) {
        blob->fill(blob->context, values);
        if (blob->pixels && blob->type == MIEN_BLOB_U8)
            differ_u8(values, blob);
        else if (blob->pixels && blob->type == MIEN_BLOB_I16)
            differ_i16((int16_t *)(void *)values, blob);
        if (order_bytes(blob, values))
            packed = mien_deflate(values, nbytes, MIEN_EFFORT_DIFFERENCES, &used);
    }
    if (packed)
        mien_text_add_base64(&blob->packed, packed, used);
    else
        blob->packed.failed = true;
    mien_free(packed);
    mien_free(values);
}

/* The blobs that are not packed yet, the largest first: the last to be done then takes no long time
 * alone. */
struct work {
    mien_blob *blobs[MIEN_BLOBS_MAX];
    size_t count;
};

static void pack_task(void *context, size_t task, unsigned worker)
{
    (void)worker;
    struct work *work = context;
    pack(work->blobs[task]);
}

static int compare_sizes(const void *a, const void *b)
{
    const mien_blob *x = *(mien_blob *const *)a, *y = *(mien_blob *const *)b;
    size_t p = x->length * types[x->type].nbytes, q = y->length * types[y->type].nbytes;
    return p != q ? (p < q) - (p > q) : (x > y) - (x < y);
}

mien_status mien_blobs_pack(mien_blobs *blobs, unsigned threads, mien_error *err)
{
    struct work work = {.count = 0};
    mien_pool *pool = NULL;
    for (size_t b = 0; b < blobs->count; b++)
        if (!blobs->list[b].packed.bytes)
            work.blobs[work.count++] = &blobs->list[b];
    qsort(work.blobs, work.count, sizeof *work.blobs, compare_sizes);
    mien_status st = mien_pool_create(threads, &pool);
    if (!st)
        mien_pool_run(pool, work.count, pack_task, &work);
    mien_pool_free(pool);
    for (size_t b = 0; b < blobs->count && !st; b++)
        st = blobs->list[b].packed.failed ? MIEN_ERR_NOMEM : MIEN_OK;
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}

void mien_blobs_free(mien_blobs *blobs)
{
    for (size_t b = 0; b < blobs->count; b++)
        mien_text_free(&blobs->list[b].packed);
    blobs->count = 0;
}

/* ---------------------------------------------------------------- on the page */

json_t *mien_blobs_json(const mien_blobs *blobs)
{
    json_t *o = json_object();
    for (size_t b = 0; b < blobs->count; b++) {
        const mien_blob *blob = &blobs->list[b];
        o = mien_json_more(
            o, MIEN_MEMBERS({blob->name, MIEN_JSON({"type", json_string(types[blob->type].name)},
                                                   {"length", mien_json_size(blob->length)},
                                                   {"row", mien_json_size(blob->row)},
                                                   {"pixels", mien_json_size(blob->pixels)},
                                                   {"filter", json_integer(blob->pixels > 0)})}));
    }
    return o;
}

void mien_blobs_add_html(mien_blobs *blobs, mien_text *html)
{
    size_t nbytes = 0;
    for (size_t b = 0; b < blobs->count; b++)
        nbytes += sizeof ID_BEGIN + sizeof blobs->list->name + 16 + blobs->list[b].packed.length;
    mien_text_reserve(html, nbytes);
    for (size_t b = 0; b < blobs->count; b++) {
        mien_text_printf(html, "\n" ID_BEGIN "%s\">", blobs->list[b].name);
        mien_text_add_bytes(html, blobs->list[b].packed.bytes, blobs->list[b].packed.length);
        mien_text_add(html, "</script>");
        mien_text_free(&blobs->list[b].packed);
    }
}

/* ---------------------------------------------------------------- out of a page */

/* Bytes of base64 in groups of four, at most one of them filled up; false when it is none. */
static bool decode(const char *text, size_t length, unsigned char *to, size_t *nbytes)
{
    size_t used = 0;
    if (length % 4 || length == 0)
        return false;
    for (size_t at = 0; at < length; at += 4) {
        uint32_t group = 0;
        size_t fill = 0;
        for (size_t c = 0; c < 4; c++) {
            char letter = text[at + c];
            uint32_t v = letter >= 'A' && letter <= 'Z'   ? (uint32_t)(letter - 'A')
                         : letter >= 'a' && letter <= 'z' ? (uint32_t)(letter - 'a') + 26
                         : letter >= '0' && letter <= '9' ? (uint32_t)(letter - '0') + 52
                         : letter == '+'                  ? 62
                         : letter == '/'                  ? 63
                                                          : 64;
            if (letter == '=' && at + 4 == length && c >= 2) {
                fill++;
                v = 0;
            }
            if (v == 64 || (fill && letter != '='))
                return false;
            group = group << 6 | v;
        }
        for (size_t c = 0; c < 3 - fill; c++)
            to[used++] = (unsigned char)(group >> (16 - 8 * c) & 0xFF);
    }
    *nbytes = used;
    return true;
}

/* Whether base64 unpacks to so many bytes: MIEN_ERR_FORMAT, MIEN_ERR_NOMEM. */
static mien_status check_packed(const char *text, size_t length, size_t wanted)
{
    size_t nbytes;
    unsigned char *packed = mien_alloc_raw(length, 1), *bytes = NULL;
    mien_status st = packed ? MIEN_OK : MIEN_ERR_NOMEM;
    if (!st && (!decode(text, length, packed, &nbytes) || wanted > mien_inflate_max(nbytes)))
        st = MIEN_ERR_FORMAT;
    if (!st)
        bytes = mien_alloc_raw(wanted, 1);
    if (!st)
        st = bytes ? mien_inflate(packed, nbytes, bytes, wanted, NULL) : MIEN_ERR_NOMEM;
    mien_free(packed);
    mien_free(bytes);
    return st;
}

static bool has_size(const json_t *o, const char *key, size_t wanted)
{
    const json_t *value = json_object_get(o, key);
    return json_is_integer(value) && json_integer_value(value) == (json_int_t)wanted;
}

mien_status mien_blobs_take(mien_blobs *blobs, const char *html, const json_t *json,
                            const char *name, mien_blob_type type, size_t length)
{
    char begin[128];
    size_t nbytes;
    const json_t *told = json_object_get(json, name);
    if (strlen(name) >= sizeof blobs->list->name || blobs->count == MIEN_BLOBS_MAX ||
        strcmp(mien_json_words(told, "type"), types[type].name) != 0 ||
        !has_size(told, "length", length) || !mien_product(length, types[type].nbytes, 1, &nbytes))
        return MIEN_ERR_FORMAT;
    json_int_t row = json_integer_value(json_object_get(told, "row"));
    json_int_t pixels = json_integer_value(json_object_get(told, "pixels"));
    bool filter = has_size(told, "filter", 1);
    snprintf(begin, sizeof begin, ID_BEGIN "%s\">", name);
    const char *at = strstr(html, begin), *end = at ? strchr(at + strlen(begin), '<') : NULL;
    if (!end || (filter && (row < 1 || pixels < 1 || pixels % row || length % (size_t)pixels)))
        return MIEN_ERR_FORMAT;
    at += strlen(begin);
    mien_status st = check_packed(at, (size_t)(end - at), nbytes);
    if (st)
        return st;
    mien_blob *blob = mien_blobs_add(blobs, type, "%s", name);
    blob->length = length;
    blob->row = filter ? (size_t)row : 0;
    blob->pixels = filter ? (size_t)pixels : 0;
    mien_text_add_bytes(&blob->packed, at, (size_t)(end - at));
    return blob->packed.failed ? MIEN_ERR_NOMEM : MIEN_OK;
}
