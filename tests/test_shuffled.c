/* test_shuffled.c - the order in which a file system lists names makes no difference: readdir() of
 * this program hands the entries of a folder over in an order of its own.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE   /* RTLD_NEXT */
#define _XOPEN_SOURCE 700
#include "support/files.h"

#include "base/rng.h"
#include "mien.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- a readdir() that shuffles */

static uint64_t shuffle; /* 0: as the file system has it */
static size_t moved;     /* entries that were handed over at another place */

static struct listing {
    DIR *stream; /* whose entries these are */
    struct dirent *entries[64];
    size_t count, next;
} listings[8];

/* One function pointer in the bytes of another kind, as POSIX has it. */
static struct dirent *read_next(DIR *stream)
{
    static struct dirent *(*real)(DIR *);
    if (!real) {
        void *found = dlsym(RTLD_NEXT, "readdir");
        assert_non_null(found);
        memcpy(&real, &found, sizeof real);
    }
    return real(stream);
}

static struct listing *listing_of(DIR *stream)
{
    struct listing *free_one = NULL;
    for (size_t l = 0; l < sizeof listings / sizeof *listings; l++) {
        if (listings[l].stream == stream)
            return &listings[l];
        if (!listings[l].stream)
            free_one = &listings[l];
    }
    assert_non_null(free_one);
    free_one->stream = stream;
    for (struct dirent *entry; (entry = read_next(stream));) {
        assert_true(free_one->count < sizeof free_one->entries / sizeof *free_one->entries);
        struct dirent *copy = malloc(sizeof *copy);
        assert_non_null(copy);
        memcpy(copy, entry, entry->d_reclen < sizeof *copy ? entry->d_reclen : sizeof *copy);
        free_one->entries[free_one->count++] = copy;
    }
    for (size_t at = free_one->count; at-- > 1;) { /* Fisher and Yates */
        size_t other = mien_random_bits(shuffle, MIEN_STREAM_TEST, at) % (at + 1);
        struct dirent *held = free_one->entries[at];
        free_one->entries[at] = free_one->entries[other];
        free_one->entries[other] = held;
        moved += other != at;
    }
    return free_one;
}

struct dirent *readdir(DIR *stream)
{
    if (!shuffle)
        return read_next(stream);
    struct listing *l = listing_of(stream);
    if (l->next < l->count)
        return l->entries[l->next++];
    for (size_t at = 0; at < l->count; at++)
        free(l->entries[at]);
    *l = (struct listing){0};
    return NULL;
}

/* ---------------------------------------------------------------- tests */

enum { W = 7, H = 6, FILES = 20 };

/* Folders, a size that most images have, others that are refused, files that are no images. */
static void put_images(const char *folder)
{
    char name[64];
    put_folder(folder, "b");
    put_folder(folder, "a");
    put_folder(folder, "a/deep");
    for (size_t i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%s%zu.pgm",
                 i % 3 == 0   ? ""
                 : i % 3 == 1 ? "b/"
                              : "a/deep/",
                 i);
        put_pgm(folder, name, i % 7 == 5 ? W + 1 : W, H, 11 * i, 3 + i);
    }
    put_text(folder, "notes.txt", "no image");
    put_text(folder, "a/broken.png", "none either");
}

static mien_dataset load(const char *folder, uint64_t seed, mien_resize_mode fit)
{
    mien_load_options options = {.threads = 2, .statistics = true, .resize = fit};
    mien_dataset dataset;
    mien_error err = {0};
    shuffle = seed;
    mien_status st = mien_dataset_load(folder, &options, &dataset, &err);
    shuffle = 0;
    if (st)
        fail_msg("%s", err.message);
    return dataset;
}

static void assert_same_dataset(const mien_dataset *a, const mien_dataset *b)
{
    assert_int_equal(a->pixels.n, b->pixels.n);
    assert_int_equal(a->pixels.p, b->pixels.p);
    assert_int_equal(a->pixels.type, MIEN_U8);
    assert_memory_equal(a->pixels.values, b->pixels.values, a->pixels.n * a->pixels.p);
    assert_true(a->fingerprint == b->fingerprint);
    for (size_t i = 0; i < a->pixels.n; i++)
        assert_string_equal(a->images[i].path, b->images[i].path);
    assert_int_equal(a->n_skipped, b->n_skipped);
    assert_int_equal(a->n_refused, b->n_refused);
    for (size_t i = 0; i < a->n_refused; i++) {
        assert_string_equal(a->refused[i].path, b->refused[i].path);
        assert_string_equal(a->refused[i].reason, b->refused[i].reason);
    }
    assert_int_equal(a->n_sizes, b->n_sizes);
    for (size_t s = 0; s < a->n_sizes; s++)
        assert_memory_equal(&a->sizes[s], &b->sizes[s], sizeof a->sizes[s]);
}

static void test_order_of_names_makes_no_difference(void **state)
{
    static const mien_resize_mode modes[] = {MIEN_RESIZE_REJECT, MIEN_RESIZE_STRETCH};
    put_images(*state);
    for (size_t m = 0; m < 2; m++) {
        mien_dataset plain = load(*state, 0, modes[m]);
        assert_true(plain.pixels.n > FILES / 2 && plain.n_refused > 0 && plain.n_skipped > 0);
        for (uint64_t seed = 1; seed <= 6; seed++) {
            moved = 0;
            mien_dataset shuffled = load(*state, seed, modes[m]);
            assert_true(moved > FILES / 2); /* else nothing was tested */
            assert_same_dataset(&plain, &shuffled);
            mien_dataset_free(&shuffled);
        }
        mien_dataset_free(&plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_of_names_makes_no_difference, make_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
