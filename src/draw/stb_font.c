/* stb_font.c - stb_truetype, compiled once, with our memory.
 * SPDX-License-Identifier: MIT
 *
 * stb_truetype (1.26) draws less, or nothing, when memory is out and does not say so; and a bitmap
 * wider than 64 pixels makes it write through an unchecked pointer. So its memory function leaves
 * a mark in the font, which is looked at after every call, and bitmaps are drawn in strips of 64
 * pixels, for which it needs no such memory. */
#include "draw/stb_font.h"

#include "base/memory.h"

static void *font_alloc(size_t nbytes, void *user)
{
    void *memory = mien_alloc_raw(nbytes, 1);
    if (!memory)
        *(bool *)user = true;
    return memory;
}

#define STB_TRUETYPE_IMPLEMENTATION
#define STBTT_STATIC
#define STBTT_malloc(nbytes, user) font_alloc((nbytes), (user))
#define STBTT_free(memory, user)   ((void)(user), mien_free(memory))
#define STBTT_assert(x)            ((void)0)
#include <stb_truetype.h>

enum { STRIP = 64 };

/* Curves are drawn as lines that stay this close, in pixels. */
static const float FLATNESS = 0.1f;

struct mien_font {
    stbtt_fontinfo info;
    bool failed; /* memory ran out during a call */
};

mien_font *mien_font_open(const unsigned char *file)
{
    mien_font *font = mien_alloc_array(1, sizeof *font);
    if (!font)
        return NULL;
    font->info.userdata = &font->failed;
    if (!stbtt_InitFont(&font->info, file, 0)) {
        mien_free(font);
        return NULL;
    }
    return font;
}

void mien_font_close(mien_font *font)
{
    mien_free(font);
}

int mien_font_glyph(const mien_font *font, int character)
{
    return stbtt_FindGlyphIndex(&font->info, character);
}

static float scale_of(const mien_font *font, double size)
{
    return stbtt_ScaleForMappingEmToPixels(&font->info, (float)size);
}

double mien_font_advance(const mien_font *font, int glyph, int next, double size)
{
    int advance, bearing;
    stbtt_GetGlyphHMetrics(&font->info, glyph, &advance, &bearing);
    if (next)
        advance += stbtt_GetGlyphKernAdvance(&font->info, glyph, next);
    return advance * (double)scale_of(font, size);
}

static void draw_strips(mien_font *font, stbtt_vertex *outline, int count, float scale, float shift,
                        mien_glyph *glyph)
{
    for (size_t x = 0; x < glyph->width; x += STRIP) {
        size_t width = glyph->width - x < STRIP ? glyph->width - x : STRIP;
        stbtt__bitmap strip = {.w = (int)width,
                               .h = (int)glyph->height,
                               .stride = (int)glyph->width,
                               .pixels = glyph->coverage + x};
        stbtt_Rasterize(&strip, FLATNESS, outline, count, scale, scale, shift, 0,
                        glyph->left + (int)x, glyph->top, 1, &font->failed);
    }
}

bool mien_font_draw(mien_font *font, int glyph, double size, double shift, mien_glyph *out)
{
    float scale = scale_of(font, size);
    int x0, y0, x1, y1;
    stbtt_GetGlyphBitmapBoxSubpixel(&font->info, glyph, scale, scale, (float)shift, 0, &x0, &y0,
                                    &x1, &y1);
    mien_glyph drawn = {.left = x0, .top = y0};
    if (x1 <= x0 || y1 <= y0) {
        *out = drawn;
        return true;
    }
    drawn.width = (size_t)(x1 - x0);
    drawn.height = (size_t)(y1 - y0);
    drawn.coverage = mien_alloc_array(drawn.width, drawn.height);
    font->failed = !drawn.coverage;
    stbtt_vertex *outline = NULL;
    if (!font->failed) {
        int count = stbtt_GetGlyphShape(&font->info, glyph, &outline);
        if (!font->failed)
            draw_strips(font, outline, count, scale, (float)shift, &drawn);
    }
    mien_free(outline);
    if (font->failed) {
        mien_free(drawn.coverage);
        return false;
    }
    *out = drawn;
    return true;
}
