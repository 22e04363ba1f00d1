/* test_swimmer.c - the Swimmer of Donoho & Stodden 2003: does NMF find the limbs?
 * SPDX-License-Identifier: MIT
 *
 * 256 images of 32 x 32: a torso, and four limbs in one of four positions each. Each image is
 * exactly the sum of five of 17 parts, so r = 17 fits without error; but not in one way only: an
 * image always has one position of each limb, so any share of the torso may as well be drawn with
 * the four positions of a limb. Limbs are unique up to that, the torso is not. */
#include "support/cmocka_plus.h"
#include "support/fits.h"

#include "data/npy.h"

enum { N = 256, SIDE = 32, P = SIDE * SIDE, LIMBS = 16, R = 17, SEEDS = 10 };

struct swimmer {
    float X[N * P];
    mien_npy parts; /* limb 0's four positions, limb 1's ...; the torso */
};

static int load_swimmer(void **state)
{
    static const char head[] = "P5\n32 32\n255\n";
    struct swimmer *s = calloc(1, sizeof *s);
    char path[1024];
    for (size_t i = 0; i < N; i++) {
        unsigned char file[sizeof head - 1 + P + 1];
        snprintf(path, sizeof path, "%s/assets/swimmer/swimmer%03zu.pgm", MIEN_SOURCE_DIR, i);
        FILE *stream = fopen(path, "rb");
        assert_non_null(stream);
        assert_int_equal(fread(file, 1, sizeof file, stream), sizeof file - 1);
        fclose(stream);
        assert_memory_equal(file, head, sizeof head - 1);
        for (size_t j = 0; j < P; j++)
            s->X[i * P + j] = (float)file[sizeof head - 1 + j] / 255;
    }
    snprintf(path, sizeof path, "%s/assets/swimmer_parts.npy", MIEN_SOURCE_DIR);
    assert_int_equal(mien_npy_read_floats(path, 3, &s->parts, NULL), MIEN_OK);
    assert_int_equal(s->parts.count, R * P);
    *state = s;
    return 0;
}

static int free_swimmer(void **state)
{
    struct swimmer *s = *state;
    mien_npy_free(&s->parts);
    free(s);
    return 0;
}

static const float *part(const struct swimmer *s, size_t t)
{
    return (const float *)s->parts.values + t * P;
}

static double cosine(const float *a, const float *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t j = 0; j < P; j++) {
        ab += (double)a[j] * b[j];
        aa += (double)a[j] * a[j];
        bb += (double)b[j] * b[j];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* Limbs with a component of their own, cosine >= least. A component cannot be near two limbs, which
 * share no pixel: for least > sqrt(1/2) taking the best of each is a one-to-one matching. With
 * `mask`, pixels of the torso do not count. */
static size_t limbs_found(const struct swimmer *s, const mien_fit *fit, double least, bool mask)
{
    const float *torso = part(s, LIMBS);
    size_t found = 0;
    for (size_t t = 0; t < LIMBS; t++) {
        double best = 0;
        for (size_t k = 0; k < fit->r; k++) {
            float h[P];
            for (size_t j = 0; j < P; j++)
                h[j] = mask && torso[j] > 0 ? 0 : fit->H[k * P + j];
            best = fmax(best, cosine(h, part(s, t)));
        }
        found += best >= least;
    }
    return found;
}

/* The images are what the test believes they are. */
static void test_images_are_sums_of_five_parts(void **state)
{
    const struct swimmer *s = *state;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < P; j++) {
            float sum = part(s, LIMBS)[j];
            for (size_t limb = 0; limb < 4; limb++)
                sum += part(s, 4 * limb + (i >> 2 * limb & 3))[j];
            assert_true(s->X[i * P + j] == sum);
        }
}

/* Of ten seeds at least nine find 15 of 16 limbs, whatever share of the torso they took along. */
static void test_limbs_are_found(void **state)
{
    const struct swimmer *s = *state;
    size_t good = 0;
    char report[512] = "";
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        mien_options options = test_options(R, 1000 * seed, 500);
        options.tolerance = -1;
        options.threads = 2;
        options.restarts = 5;
        mien_fit fit = must_fit("nmf", s->X, N, P, &options);
        size_t found = limbs_found(s, &fit, 0.85, false);
        good += found >= 15;
        size_t used = strlen(report);
        snprintf(report + used, sizeof report - used, " %zu (loss %.2g)", found, fit.loss);
        mien_fit_free(&fit);
    }
    if (good < 9)
        fail_msg("15 limbs are found for %zu of %d seeds:%s", good, SEEDS, report);
}

/* What cannot be ambiguous: with restarts the fit is exact, and outside the torso every limb is
 * itself and nothing else. */
static void test_limbs_are_exact_up_to_the_torso(void **state)
{
    const struct swimmer *s = *state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        mien_options options = test_options(R, 1000 * seed, 500);
        options.tolerance = -1;
        options.threads = 2;
        options.restarts = 5;
        mien_fit fit = must_fit("nmf", s->X, N, P, &options);
        if (!(fit.loss < 1e-2) || limbs_found(s, &fit, 0.999, true) != LIMBS)
            fail_msg("seed %d: loss %g, %zu limbs", (int)(1000 * seed), fit.loss,
                     limbs_found(s, &fit, 0.999, true));
        mien_fit_free(&fit);
    }
}

/* The textbook's updates leave the torso to itself: within 0.95. */
static void test_limbs_are_found_by_mu(void **state)
{
    const struct swimmer *s = *state;
    size_t good = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        mien_options options = test_options(R, 1000 * seed, 500);
        options.tolerance = -1;
        options.threads = 2;
        options.restarts = 5;
        set_option(&options, "solver", "mu");
        mien_fit fit = must_fit("nmf", s->X, N, P, &options);
        good += limbs_found(s, &fit, 0.95, false) >= 15;
        mien_fit_free(&fit);
    }
    assert_true(good >= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images_are_sums_of_five_parts),
        cmocka_unit_test(test_limbs_are_found),
        cmocka_unit_test(test_limbs_are_exact_up_to_the_torso),
        cmocka_unit_test(test_limbs_are_found_by_mu),
    };
    return cmocka_run_group_tests(tests, load_swimmer, free_swimmer);
}
