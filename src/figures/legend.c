/* legend.c - what the colours of a figure mean, in bars and words.
 * SPDX-License-Identifier: MIT */
#include "figures/legend.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* The titles of the rows that are signed, or of the others. */
static void list_rows(const mien_figure *figure, bool is_signed, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < figure->n_rows; i++)
        if (figure->rows[i].is_signed == is_signed && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     figure->rows[i].title);
}

static bool any_signed(const mien_figure *figure)
{
    for (size_t i = 0; i < figure->n_rows; i++)
        if (figure->rows[i].is_signed)
            return true;
    return false;
}

static mien_key key_of(mien_palette palette, bool is_signed, bool colored, bool dark)
{
    mien_tone tone = {is_signed ? MIEN_TONE_SIGNED : MIEN_TONE_UNSIGNED, palette, dark,
                      is_signed ? -1 : 0, 1};
    return (mien_key){tone,
                      colored,
                      is_signed ? "negative" : "0",
                      is_signed ? "0" : NULL,
                      is_signed ? "positive" : "much",
                      ""};
}

/* Grey values and weights: one bar, or in the grey palette one for what is signed as well, whose
 * zero is another. */
static size_t palette_keys(const mien_figure *figure, mien_palette palette, const char *of,
                           mien_key *keys)
{
    bool both = any_signed(figure), gray = palette == MIEN_PALETTE_GRAY;
    char names[96];
    keys[0] = key_of(palette, both && !gray, false, false);
    keys[0].right = "much";
    snprintf(keys[0].words, sizeof keys[0].words, "%s%s = much%s", of, gray ? "light" : "dark",
             !both || gray                 ? ""
             : palette == MIEN_PALETTE_ESL ? ", red = negative"
                                           : ", blue = negative");
    if (!gray || !both)
        return 1;
    list_rows(figure, true, names, sizeof names);
    keys[1] = key_of(palette, true, false, false);
    snprintf(keys[1].words, sizeof keys[1].words, "%s of %s: 0 = mid-grey",
             *of ? "weights" : "basis and weights", names);
    return 2;
}

/* Colour images: what the palette says holds for the weights alone. */
static size_t color_keys(const mien_figure *figure, bool dark, mien_key *keys)
{
    char names[96];
    size_t count = 0;
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        list_rows(figure, is_signed, names, sizeof names);
        if (!*names)
            continue;
        keys[count] = key_of(MIEN_PALETTE_GRAY, is_signed, true, dark);
        snprintf(keys[count++].words, sizeof keys->words, "basis of %s: %s", names,
                 is_signed ? "differences on mid-grey"
                 : dark    ? "colours that are taken from white"
                           : "colours of light, added to black");
    }
    return count;
}

size_t mien_legend_keys(const mien_figure *figure, const mien_style *style,
                        mien_key keys[MIEN_LEGEND_MAX_KEYS])
{
    if (figure->shape.channels != 3) {
        size_t count = palette_keys(figure, style->palette, "", keys);
        size_t used = strlen(keys[0].words);
        if (figure->low > 0) /* from zero on, nothing would be seen of them */
            mien_format(keys[0].words + used, sizeof keys[0].words - used,
                        "; images: from %.3g to %.3g", figure->low, figure->high);
        return count;
    }
    size_t count = color_keys(figure, style->ink == MIEN_INK_DARK, keys);
    return count + palette_keys(figure, style->palette, "weights: ", keys + count);
}

mien_rgb mien_key_color(const mien_key *key, double t)
{
    double value = key->tone.kind == MIEN_TONE_SIGNED ? 2 * t - 1 : t;
    float three[3] = {(float)value, (float)value, (float)value};
    return key->colored ? mien_tone_color3(&key->tone, three) : mien_tone_color(&key->tone, value);
}
