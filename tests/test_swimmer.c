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
#include "study/truth.h"

enum { N = 256, SIDE = 32, P = SIDE * SIDE, LIMBS = 16, R = 17 };

/* Under a sanitizer a few seeds have to do. */
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
enum { SEEDS = 10 };
#else
enum { SEEDS = 3 };
#endif

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

/* By default but for the seed and r; "mu" or another solver where asked for. */
static mien_fit fit_swimmer(const struct swimmer *s, const char *solver, uint64_t seed)
{
    mien_options options = mien_options_default();
    options.r = R;
    options.seed = seed;
    if (solver)
        set_option(&options, "solver", solver);
    return must_fit("nmf", s->X, N, P, &options);
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

/* Limbs that the demo counts: the whole part's cosine, one component each. */
static size_t limbs_told(const struct swimmer *s, const mien_fit *fit)
{
    size_t component[R], found = 0;
    double cosine[R];
    assert_int_equal(mien_truth_match(fit, part(s, 0), R, component, cosine), MIEN_OK);
    for (size_t t = 0; t < LIMBS; t++)
        found += cosine[t] >= 0.95;
    return found;
}

/* The demo's sentence, 16 of 16, holds for the default seed and for nine of ten. */
static void test_demo_finds_all_limbs(void **state)
{
    size_t all = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        mien_fit fit = fit_swimmer(*state, NULL, seed);
        size_t found = limbs_told(*state, &fit);
        all += found == LIMBS;
        if (seed == 0)
            assert_int_equal(found, LIMBS);
        mien_fit_free(&fit);
    }
    assert_in_range(all, SEEDS - 1, SEEDS);
}

/* Of ten seeds at least nine find 15 of 16 limbs within 0.95, and outside the torso, whose share in
 * a limb is ambiguous, exactly. */
static void check_limbs(const struct swimmer *s, const char *solver)
{
    size_t good = 0;
    char report[512] = "";
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        mien_fit fit = fit_swimmer(s, solver, seed);
        size_t found = limbs_found(s, &fit, 0.95, false), exact = limbs_found(s, &fit, 0.99, true);
        good += found >= 15 && exact >= 15;
        size_t used = strlen(report);
        snprintf(report + used, sizeof report - used, " %zu, %zu (loss %.2g)", found, exact,
                 fit.loss);
        mien_fit_free(&fit);
    }
    if (good + 1 < SEEDS)
        fail_msg("15 limbs are found for %zu of %d seeds:%s", good, SEEDS, report);
}

static void test_limbs_are_found_by_default(void **state)
{
    check_limbs(*state, NULL);
}

static void test_limbs_are_found_by_mu(void **state)
{
    check_limbs(*state, "mu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images_are_sums_of_five_parts),
        cmocka_unit_test(test_demo_finds_all_limbs),
        cmocka_unit_test(test_limbs_are_found_by_default),
        cmocka_unit_test(test_limbs_are_found_by_mu),
    };
    return cmocka_run_group_tests(tests, load_swimmer, free_swimmer);
}
