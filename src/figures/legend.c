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

static mien_tone key_tone(mien_palette palette, bool is_signed, bool dark)
{
    return (mien_tone){is_signed ? MIEN_TONE_SIGNED : MIEN_TONE_UNSIGNED, palette, dark,
                       is_signed ? -1 : 0, 1};
}

/* Grey values and weights: one bar, or in the grey palette one for what is signed as well, whose
 * zero is another. */
static size_t palette_keys(const mien_figure *figure, mien_palette palette, const char *of,
                           mien_key *keys)
{
    bool both = any_signed(figure);
    char names[96];
    if (palette == MIEN_PALETTE_GRAY) {
        list_rows(figure, true, names, sizeof names);
        keys[0] = (mien_key){key_tone(palette, false, false), false, "0", NULL, "much", ""};
        snprintf(keys[0].words, sizeof keys[0].words, "%slight = much", of);
        keys[1] =
            (mien_key){key_tone(palette, true, false), false, "negative", "0", "positive", ""};
        snprintf(keys[1].words, sizeof keys[1].words, "%s of %s: 0 = mid-grey",
                 *of ? "weights" : "basis and weights", names);
        return both ? 2 : 1;
    }
    keys[0] = (mien_key){key_tone(palette, both, false),
                         false,
                         both ? "negative" : "0",
                         both ? "0" : NULL,
                         "much",
                         ""};
    snprintf(keys[0].words, sizeof keys[0].words, "%sdark = much%s", of,
             !both                         ? ""
             : palette == MIEN_PALETTE_ESL ? ", red = negative"
                                           : ", blue = negative");
    return 1;
}

/* Colour images: what the palette says holds for the weights alone. */
static size_t color_keys(const mien_figure *figure, bool dark, mien_key *keys)
{
    char names[96];
    size_t count = 0;
    list_rows(figure, false, names, sizeof names);
    if (*names) {
        keys[count] =
            (mien_key){key_tone(MIEN_PALETTE_GRAY, false, dark), true, "0", NULL, "much", ""};
        snprintf(keys[count++].words, sizeof keys->words, "basis of %s: colours %s", names,
                 dark ? "that are taken from white" : "of light, added to black");
    }
    list_rows(figure, true, names, sizeof names);
    if (*names) {
        keys[count] = (mien_key){
            key_tone(MIEN_PALETTE_GRAY, true, dark), true, "negative", "0", "positive", ""};
        snprintf(keys[count++].words, sizeof keys->words, "basis of %s: differences on mid-grey",
                 names);
    }
    return count;
}

size_t mien_legend_keys(const mien_figure *figure, const mien_style *style,
                        mien_key keys[MIEN_MOST_KEYS])
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
