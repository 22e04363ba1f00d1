/* test_variants.c - every variant of the image formats, against what an independent reader says.
 * SPDX-License-Identifier: MIT
 *
 * tests/reference/images.pack has the files and the greys; tools/reference/image_variants.py makes
 * it and says how it is laid out. */
#define _POSIX_C_SOURCE 200809L /* fmemopen */
#include "support/decoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

typedef struct entry {
    char name[80], want[40];
    unsigned width, height, depth, tolerance, nbytes;
    unsigned char *file, *greys;
} entry;

/* The whole pack, as a file. */
static FILE *open_pack(unsigned char **bytes)
{
    FILE *file = fopen(MIEN_SOURCE_DIR "/tests/reference/images.pack", "rb");
    unsigned char size[8], *packed = malloc(1 << 24);
    uLongf length = 0;
    assert_non_null(file);
    assert_non_null(packed);
    assert_int_equal(fread(size, 1, sizeof size, file), sizeof size);
    size_t nbytes = fread(packed, 1, 1 << 24, file);
    fclose(file);
    for (size_t k = sizeof size; k-- > 0;)
        length = length << 8 | size[k];
    assert_true(length > 0 && length < 1 << 26);
    *bytes = malloc(length);
    assert_non_null(*bytes);
    assert_int_equal(uncompress(*bytes, &length, packed, nbytes), Z_OK);
    free(packed);
    return fmemopen(*bytes, length, "rb");
}

static bool next_entry(FILE *pack, entry *e)
{
    if (fscanf(pack, "%79[^\t]\t%39[^\t]\t%u\t%u\t%u\t%u\t%u", e->name, e->want, &e->width,
               &e->height, &e->depth, &e->tolerance, &e->nbytes) != 7 ||
        fgetc(pack) != '\n')
        return false;
    size_t greys = (size_t)e->width * e->height * e->depth / 8;
    e->file = malloc(e->nbytes); /* of exactly this size: asan looks on */
    e->greys = malloc(greys + 1);
    return e->file && e->greys && fread(e->file, 1, e->nbytes, pack) == e->nbytes &&
           fread(e->greys, 1, greys, pack) == greys && fgetc(pack) == '\n';
}

/* What is wrong with a picture, or an empty text. */
static void compare(const entry *e, const mien_picture *picture, char text[128])
{
    text[0] = '\0';
    if (picture->width != e->width || picture->height != e->height || picture->depth != e->depth) {
        snprintf(text, 128, "%zux%zu of %u bits, expected %ux%u of %u", picture->width,
                 picture->height, picture->depth, e->width, e->height, e->depth);
        return;
    }
    unsigned most = 0;
    for (unsigned k = 0; k < e->width * e->height; k++) {
        unsigned wanted =
            e->depth == 8 ? e->greys[k] : (unsigned)e->greys[2 * k] << 8 | e->greys[2 * k + 1];
        unsigned got = pixel(picture, k), off = got > wanted ? got - wanted : wanted - got;
        most = off > most ? off : most;
    }
    if (most > e->tolerance)
        snprintf(text, 128, "off by up to %u", most);
}

static bool check(const entry *e)
{
    mien_picture picture;
    mien_picture_head head;
    mien_error err = {0};
    char text[128];
    mien_status st = mien_decode(e->file, e->nbytes, false, &picture, &err);
    if (strcmp(e->want, "load") != 0) {
        if (!st)
            mien_picture_free(&picture);
        if (!st || !strstr(err.message, e->want))
            print_error("%s: %s\n", e->name, st ? err.message : "read");
        return st == MIEN_ERR_FORMAT && strstr(err.message, e->want);
    }
    if (st) {
        print_error("%s: refused: %s\n", e->name, err.message);
        return false;
    }
    compare(e, &picture, text);
    mien_picture_free(&picture);
    if (*text)
        print_error("%s: %s\n", e->name, text);
    st = mien_decode_probe(e->file, e->nbytes, &head, NULL);
    return !*text && !st && head.width == e->width && head.height == e->height &&
           head.depth == e->depth;
}

static void test_every_variant(void **state)
{
    (void)state;
    unsigned char *bytes;
    FILE *pack = open_pack(&bytes);
    size_t count = 0, wrong = 0;
    entry e;
    assert_non_null(pack);
    for (; next_entry(pack, &e); count++) {
        wrong += !check(&e);
        free(e.file);
        free(e.greys);
    }
    assert_true(feof(pack));
    fclose(pack);
    free(bytes);
    assert_true(count > 500);
    if (wrong)
        fail_msg("%zu of %zu files", wrong, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_variant)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
