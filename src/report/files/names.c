/* names.c - values of enumerations and fingerprints as words, on the page and in files.
 * SPDX-License-Identifier: MIT
 *
 * Words of files are an interface: saved models are read back by them, and so are tables by the
 * scripts of others. A new value gets a word; the word of an old one stays. */
#include "report/files/names.h"

#include <stdio.h>
#include <string.h>

#define COUNT(names) (sizeof(names) / sizeof *(names))

static const char *const normalize_names[] = {
    [MIEN_NORMALIZE_AUTO] = "auto", [MIEN_NORMALIZE_LEE_SEUNG] = "lee-seung",
    [MIEN_NORMALIZE_UNIT] = "unit", [MIEN_NORMALIZE_MAX] = "max",
    [MIEN_NORMALIZE_NONE] = "none",
};
static const char *const resize_names[] = {[MIEN_RESIZE_REJECT] = "reject",
                                           [MIEN_RESIZE_CROP] = "crop",
                                           [MIEN_RESIZE_STRETCH] = "stretch",
                                           [MIEN_RESIZE_PAD] = "pad"};
static const char *const scale_names[] = {
    [MIEN_SCALE_NONE] = "none", [MIEN_SCALE_MAX] = "max", [MIEN_SCALE_SD] = "sd"};
static const char *const type_names[] = {
    [MIEN_U8] = "8-bit", [MIEN_U16] = "16-bit", [MIEN_F32] = "float32"};
static const char *const ink_names[] = {[MIEN_INK_DARK] = "dark", [MIEN_INK_LIGHT] = "light"};

static const char *const stop_names[][4] = {
    [MIEN_STOP_CONVERGED] = {"converged", "converged", "converged", "converged"},
    [MIEN_STOP_ITERATIONS] = {"iterations used up", "iterations", "all used",
                              "all iterations used"},
    [MIEN_STOP_INTERRUPTED] = {"interrupted", "interrupted", "interrupted", "interrupted"},
    [MIEN_STOP_STALLED] = {"stalled", "stalled", "stalled", "stalled: rounding allows no step"},
};

/* The place of a name, or `none`: what a file says is never an index before it was found here. */
static size_t find(const char *const *names, size_t count, const char *name, size_t none)
{
    for (size_t i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return i;
    return none;
}

const char *mien_normalize_name(mien_normalize normalize)
{
    return (size_t)normalize < COUNT(normalize_names) ? normalize_names[normalize] : "?";
}

bool mien_normalize_parse(const char *name, mien_normalize *out)
{
    size_t at = find(normalize_names, COUNT(normalize_names), name, COUNT(normalize_names));
    if (at < COUNT(normalize_names))
        *out = (mien_normalize)at;
    return at < COUNT(normalize_names);
}

const char *mien_resize_name(mien_resize_mode mode)
{
    return (size_t)mode < COUNT(resize_names) ? resize_names[mode] : "?";
}

mien_resize_mode mien_resize_parse(const char *name)
{
    return (mien_resize_mode)find(resize_names, COUNT(resize_names), name, MIEN_RESIZE_REJECT);
}

const char *mien_ink_name(mien_ink_kind ink)
{
    return (size_t)ink < COUNT(ink_names) ? ink_names[ink] : NULL;
}

const char *mien_ink_words(mien_ink_kind ink)
{
    return ink == MIEN_INK_DARK ? ", dark ink" : ink == MIEN_INK_LIGHT ? ", light ink" : "";
}

const char *mien_scale_name(mien_scale_columns scale)
{
    return scale_names[scale];
}

const char *mien_pixel_type_name(mien_pixel_type type)
{
    return type_names[type];
}

const char *mien_stop_name(mien_stop stop, mien_stop_style style)
{
    return stop_names[stop][style];
}

mien_stop mien_stop_parse(const char *name)
{
    for (size_t i = 0; i < COUNT(stop_names); i++)
        if (strcmp(stop_names[i][MIEN_STOP_FILE], name) == 0)
            return (mien_stop)i;
    return MIEN_STOP_INTERRUPTED;
}

json_t *mien_fingerprint_json(uint64_t fingerprint)
{
    char text[32];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)fingerprint);
    return json_string(text);
}
