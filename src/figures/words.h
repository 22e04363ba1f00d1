/* words.h - what pictures and pages call the rows and columns of X: rows of a table are people, not
 * thin images.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_WORDS_H
#define MIEN_WORDS_H

#include <stdbool.h>

typedef struct mien_words {
    const char *thing, *things; /* "image", "images" */
    const char *unit, *units;   /* "pixel", "pixels" */
    const char *basis;          /* "basis images" */
} mien_words;

static inline mien_words mien_words_for(bool is_table)
{
    static const mien_words images = {"image", "images", "pixel", "pixels", "basis images"};
    static const mien_words table = {"observation", "observations", "variable", "variables",
                                     "components"};
    return is_table ? table : images;
}

#endif
