/* test_rank_judge.c - what is made of measurements of r that are known: every cell comes from a
 * keeper, so that nothing is fitted.
 * SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/problems.h"

#include "study/rank/masked_noise.h"
#include "study/rank/rank.h"

#include <math.h>
#include <string.h>

enum { N = 20, P = 10, HIGH = 9, MASKS = 3 };

/* What the fits are to have shown. */
typedef struct script {
    double held[2][HIGH + 1]; /* KL, Frobenius; by r */
    double steep[HIGH + 1];   /* negative binomial */
    double wobble[HIGH + 1];  /* mask m adds (m - 1) of it */
    double apart;             /* and mask m at every r so much */
    double growth, busy;
    size_t relevant[2][3]; /* by loss and start, */
    double objective[2][3];
} script;

static bool find(void *user, mien_cell *cell)
{
    const script *s = user;
    memset(cell->value, 0, sizeof cell->value);
    if (cell->kind == MIEN_CELL_RELEVANT) {
        cell->value[0] = (double)s->relevant[cell->loss][cell->index];
        cell->value[2] = s->objective[cell->loss][cell->index];
        return true;
    }
    double mask = ((double)cell->index - 1) * s->wobble[cell->r] + (double)cell->index * s->apart;
    cell->value[0] = s->held[cell->loss][cell->r] + mask;
    cell->value[1] = 1;
    cell->value[3] = s->steep[cell->r] + mask;
    cell->value[4] = s->busy;
    cell->value[5] = s->growth;
    return true;
}

/* Curves with their least at KL 4, Frobenius 5, negative binomial 6; relevance says 4 and 5. */
static script plain(void)
{
    script s = {.growth = 1, .busy = 1, .relevant = {{4, 4, 4}, {5, 5, 5}}};
    for (size_t r = 1; r <= HIGH; r++) {
        s.held[0][r] = 10 + (r < 4 ? 5 * (4.0 - (double)r) : 0.5 * ((double)r - 4));
        s.held[1][r] = 10 + (r < 5 ? 5 * (5.0 - (double)r) : 0.5 * ((double)r - 5));
        s.steep[r] = 10 + (r < 6 ? 5 * (6.0 - (double)r) : 0.5 * ((double)r - 6));
    }
    return s;
}

static mien_rank rank_by(script *s, size_t low, size_t high)
{
    float *X = noise(N, P, 0.2, 1);
    for (size_t at = 0; at < N * P; at++)
        X[at] *= 100; /* the loss of the mean image is no small one */
    mien_float_view view = {X, N, P};
    mien_source source = mien_float_source(&view);
    mien_cell_keeper keeper = {.find = find, .user = s};
    mien_rank_options o = mien_rank_options_default();
    o.low = low;
    o.high = high;
    o.masks = MASKS;
    o.starts = 0;
    o.threads = 1;
    mien_rank rank;
    mien_error err = {0};
    if (mien_rank_study(&source, &o, &keeper, &rank, &err))
        fail_msg("%s", err.message);
    assert_int_equal(rank.known, rank.total);
    free(X);
    return rank;
}

static const mien_criterion *of(const mien_rank *rank, const char *key)
{
    for (size_t i = 0; i < rank->n_criteria; i++)
        if (strcmp(rank->criteria[i].key, key) == 0)
            return &rank->criteria[i];
    fail_msg("there is no criterion %s", key);
    return NULL;
}

/* Errors of +-sqrt(y^b) at models an octave apart: the slope is b, in any unit. Where all models
 * are alike there is none. */
static void test_growth_is_the_exponent_of_the_variance(void **state)
{
    (void)state;
    for (double b = 0; b <= 2; b += 0.5)
        for (double unit = 1; unit < 1e7; unit *= 1000) {
            mien_noise_sums sums = {.n = 0};
            double busy = 0;
            for (size_t i = 0; i < 200; i++) {
                double y = 3 * ldexp(1, (int)(i % 5)),
                       x = y + (i / 5 % 2 ? 0.5 : -0.5) * pow(y, b / 2);
                mien_noise_add(&sums, 10 * unit, x * unit, y * unit);
                busy += (x * log(x / y) - x + y) * unit / 200;
            }
            for (size_t i = 0; i < 50; i++) /* next to nothing, and nothing was met */
                mien_noise_add(&sums, 10 * unit, 0, 0.01 * unit);
            mien_held_out_noise spread = mien_noise_measure(&sums);
            assert_near(spread.growth, b, 1e-9);
            assert_relative(spread.busy, busy, 1e-9);
        }
    mien_noise_sums flat = {.n = 0};
    for (size_t i = 0; i < 100; i++)
        mien_noise_add(&flat, 10, i % 2 ? 9 : 11, 10);
    assert_true(isnan(mien_noise_measure(&flat).growth));
    mien_noise_sums none = {.n = 0};
    assert_true(isnan(mien_noise_measure(&none).steep));
}

/* The negative binomial's deviance by its definition; 0 where the model is met. */
static void test_steep_is_half_the_deviance(void **state)
{
    (void)state;
    const double k = 4, x[] = {0, 3, 9}, y[] = {1, 3, 5};
    double expected = 0;
    mien_noise_sums sums = {.n = 0};
    for (size_t i = 0; i < 3; i++) {
        expected +=
            (x[i] > 0 ? x[i] * log(x[i] / y[i]) : 0) - (x[i] + k) * log((x[i] + k) / (y[i] + k));
        mien_noise_add(&sums, k, x[i], y[i]);
    }
    assert_near(mien_noise_measure(&sums).steep, expected / 3, 1e-12);
    assert_true(expected > 0);
}

/* By how fast the variance grows other criteria decide, and say other numbers. */
static void test_the_noise_chooses_who_decides(void **state)
{
    (void)state;
    static const struct {
        double growth;
        mien_rank_noise noise;
        bool kl, frobenius, steep; /* which of the held-out ones decide */
        size_t recommended, least, most;
    } cases[] = {
        {0, MIEN_NOISE_CONSTANT, false, true, false, 5, 5, 5},
        {0.5, MIEN_NOISE_UNKNOWN, true, true, false, 0, 4, 5},
        {1, MIEN_NOISE_COUNTS, true, false, false, 4, 4, 4},
        {1.8, MIEN_NOISE_STEEP, false, false, true, 0, 4, 6},
        {NAN, MIEN_NOISE_UNKNOWN, true, true, false, 0, 4, 5},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        script s = plain();
        s.growth = cases[c].growth;
        mien_rank rank = rank_by(&s, 1, HIGH);
        assert_int_equal(rank.noise, cases[c].noise);
        assert_int_equal(of(&rank, "held-out-kl")->decides, cases[c].kl);
        assert_int_equal(of(&rank, "held-out-frobenius")->decides, cases[c].frobenius);
        assert_int_equal(of(&rank, "held-out-negative-binomial")->decides, cases[c].steep);
        assert_int_equal(of(&rank, "relevance-frobenius")->decides, cases[c].frobenius);
        if (rank.recommended != cases[c].recommended || rank.min != cases[c].least ||
            rank.max != cases[c].most)
            fail_msg("growth %g: %s", cases[c].growth, rank.sentence);
        mien_rank_free(&rank);
    }
}

/* Without noise nothing grows, whatever slope rounding has. */
static void test_no_noise_has_no_growth(void **state)
{
    (void)state;
    script s = plain();
    for (size_t r = 4; r <= HIGH; r++)
        s.held[0][r] = 1e-6;
    s.growth = 2;
    mien_rank rank = rank_by(&s, 1, HIGH);
    assert_true(rank.noise == MIEN_NOISE_UNKNOWN && isnan(rank.growth));
    mien_rank_free(&rank);
}

/* The first r that is no worse than the least by more than the error of the difference; what all
 * masks show alike is no error. */
static void test_one_standard_error_is_that_of_the_difference(void **state)
{
    (void)state;
    script s = plain();
    s.held[0][3] = s.held[0][4] + 0.1;
    mien_rank rank = rank_by(&s, 1, HIGH);
    assert_int_equal(of(&rank, "held-out-kl")->choice, 4);
    mien_rank_free(&rank);
    s.wobble[3] = 1; /* standard error 0.58 */
    rank = rank_by(&s, 1, HIGH);
    assert_int_equal(of(&rank, "held-out-kl")->choice, 3);
    assert_int_equal(of(&rank, "held-out-kl-minimum")->choice, 4);
    mien_rank_free(&rank);
    s.wobble[3] = 0;
    s.apart = 50;
    rank = rank_by(&s, 1, HIGH);
    assert_int_equal(of(&rank, "held-out-kl")->choice, 4);
    mien_rank_free(&rank);
}

static void test_the_start_with_the_least_objective_counts(void **state)
{
    (void)state;
    for (size_t best = 0; best < 3; best++) {
        script s = plain();
        for (size_t i = 0; i < 3; i++) {
            s.relevant[0][i] = i == best ? 4 : 8;
            s.objective[0][i] = i == best ? 1 : 2 + (double)i;
        }
        mien_rank rank = rank_by(&s, 1, HIGH);
        assert_int_equal(of(&rank, "relevance-kl")->choice, 4);
        mien_rank_free(&rank);
    }
}

/* Twice the loss: under KL of entries that are not next to nothing, at the best r. */
static void test_dispersion_is_that_of_busy_entries(void **state)
{
    (void)state;
    script s = plain();
    s.busy = 70;
    mien_rank rank = rank_by(&s, 1, HIGH);
    assert_near(rank.relevance_dispersion[0], 140, 1e-9);
    mien_rank_free(&rank);
}

/* The answer is the same from any range that holds it; else it is a bound. */
static void test_the_range_makes_no_difference_while_it_holds_the_truth(void **state)
{
    (void)state;
    for (size_t low = 1; low <= 3; low++)
        for (size_t high = 5; high <= HIGH; high++) {
            script s = plain();
            mien_rank rank = rank_by(&s, low, high);
            assert_int_equal(rank.recommended, 4);
            assert_false(rank.below || rank.beyond);
            mien_rank_free(&rank);
        }
    script s = plain();
    mien_rank rank = rank_by(&s, 6, HIGH);
    assert_true(rank.recommended == 0 && rank.below);
    assert_true(of(&rank, "held-out-kl")->at_start);
    assert_non_null(strstr(rank.sentence, "6 or fewer"));
    mien_rank_free(&rank);
    s.relevant[0][0] = s.relevant[0][1] = s.relevant[0][2] = 3;
    rank = rank_by(&s, 1, 3);
    assert_true(rank.recommended == 0 && rank.beyond && !rank.below);
    static const char once[] = "No single number, since it may lie beyond the range: 3 or more "
                               "(held-out entries under KL, relevance under KL). For comparison: ";
    assert_memory_equal(rank.sentence, once, sizeof once - 1);
    mien_rank_free(&rank);
    rank = rank_by(&s, 4, 4); /* nothing is compared with nothing */
    assert_int_equal(of(&rank, "held-out-kl")->choice, 0);
    mien_rank_free(&rank);
}

/* "At least" where the last component gains less than three times what a superfluous one costs. */
static void test_faint_components_are_told(void **state)
{
    (void)state;
    for (int faint = 0; faint < 2; faint++) {
        script s = plain();
        s.held[0][3] = s.held[0][4] + (faint ? 1.4 : 1.6); /* the next ones cost 0.5 each */
        mien_rank rank = rank_by(&s, 1, HIGH);
        assert_int_equal(rank.recommended, 4);
        assert_int_equal(rank.faint, faint ? 4 : 0);
        assert_int_equal(strstr(rank.sentence, "At least") != NULL, faint);
        mien_rank_free(&rank);
    }
}

/* Curves of stability that fall once, and how many of their points were asked for. */
typedef struct falls {
    size_t parts, images; /* the last r at which parts, and images, are alike */
    size_t asked;
} falls;

static bool find_fall(void *user, mien_cell *cell)
{
    falls *f = user;
    memset(cell->value, 0, sizeof cell->value);
    cell->value[0] = 10;
    if (cell->kind != MIEN_CELL_STABLE)
        return true;
    f->asked++;
    cell->value[0] = cell->r <= f->parts ? 0.9 : 0.8;
    cell->value[1] = 0.01;
    cell->value[2] = cell->r <= f->images ? 0.999 : 0.9;
    return true;
}

/* Of a long range few points are measured, and the choices are those of all of them. */
static void test_few_points_tell_where_stability_ends(void **state)
{
    (void)state;
    enum { MANY = 40, MOST = 9 + 2 * 3 };
    static const size_t ends[][2] = {{1, 40}, {40, 2}, {7, 7}, {13, 31}, {39, 5}, {26, 27}};
    float *X = noise(2 * MANY, MANY, 0.2, 1);
    mien_float_view view = {X, 2 * MANY, MANY};
    mien_source source = mien_float_source(&view);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        falls f = {ends[i][0], ends[i][1], 0};
        mien_cell_keeper keeper = {.find = find_fall, .user = &f};
        mien_rank_options o = mien_rank_options_default();
        o.low = 1;
        o.high = MANY;
        o.threads = 1;
        mien_rank rank;
        size_t measured = 0;
        assert_int_equal(mien_rank_study(&source, &o, &keeper, &rank, NULL), MIEN_OK);
        assert_int_equal(of(&rank, "stability")->choice, f.parts);
        assert_int_equal(of(&rank, "cophenetic")->choice, f.images);
        for (size_t k = 0; k < MANY; k++) {
            const mien_rank_point *at = &rank.points[k];
            measured += at->alike_measured;
            assert_near(at->stability, k < f.parts ? 0.9 : 0.8, 1e-12);
            assert_near(at->cophenetic, k < f.images ? 0.999 : 0.9, 1e-12);
        }
        assert_int_equal(measured, f.asked);
        assert_in_range(measured, 9, MOST);
        assert_int_equal(rank.done, rank.total);
        mien_rank_free(&rank);
    }
    free(X);
}

/* Where curves of hidden entries have their least, and what falls faster than permuted data its
 * end. */
typedef struct valleys {
    size_t kl, frobenius, steep, fitted;
    bool steeper;    /* it ends since permuted data falls faster from there on, else since X hardly
                      * falls any more */
    size_t asked;    /* of KL and Frobenius, over masks */
    size_t permuted; /* of permuted data */
} valleys;

static double valley(size_t r, size_t least)
{
    return 10 + (r < least ? 5.0 * (double)(least - r) : 0.5 * (double)(r - least));
}

static bool find_valley(void *user, mien_cell *cell)
{
    valleys *v = user;
    memset(cell->value, 0, sizeof cell->value);
    if (cell->kind == MIEN_CELL_PERMUTED) {
        v->permuted++;
        cell->value[1] = 1000 - (double)cell->r;
        if (v->steeper && cell->r > v->fitted)
            cell->value[1] -= 20 * (double)(cell->r - v->fitted);
    } else if (cell->kind == MIEN_CELL_HELD_OUT) {
        v->asked++;
        cell->value[0] = valley(cell->r, cell->loss == MIEN_RANK_KL ? v->kl : v->frobenius);
        cell->value[1] = cell->r < v->fitted || v->steeper
                             ? 1000 - 10 * (double)cell->r
                             : 1000 - 9.9 * (double)v->fitted - 0.1 * (double)cell->r;
        cell->value[3] = valley(cell->r, v->steep);
        cell->value[4] = 1;
        cell->value[5] = 1;
    }
    return true;
}

/* Of a long range few points of hidden entries are fitted, and the choices are those of all. */
static void test_few_points_tell_where_a_loss_is_least(void **state)
{
    (void)state;
    enum { MANY = 40, PIXELS = 45, MOST = 2 * (9 + 9) };
    static const size_t least[][4] = {{1, 40, 20, 40}, {40, 1, 2, 1},  {7, 8, 7, 30},
                                      {13, 31, 22, 5}, {39, 2, 1, 39}, {26, 27, 33, 17}};
    float *X = noise(2 * MANY, PIXELS, 0.2, 1);
    for (size_t at = 0; at < (size_t)2 * MANY * PIXELS; at++)
        X[at] *= 100; /* the loss of the mean image is no small one */
    mien_float_view view = {X, 2 * MANY, PIXELS};
    mien_source source = mien_float_source(&view);
    for (size_t i = 0; i < 2 * (sizeof least / sizeof *least); i++) {
        const size_t *at = least[i / 2];
        valleys v = {at[0], at[1], at[2], at[3], .steeper = i % 2};
        mien_cell_keeper keeper = {.find = find_valley, .user = &v};
        mien_rank_options o = mien_rank_options_default();
        o.low = 1;
        o.high = MANY;
        o.starts = 0;
        o.threads = 1;
        mien_rank rank;
        size_t measured = 0, permuted = 0;
        assert_int_equal(mien_rank_study(&source, &o, &keeper, &rank, NULL), MIEN_OK);
        assert_int_equal(of(&rank, "held-out-kl")->choice, v.kl);
        assert_int_equal(of(&rank, "held-out-kl-minimum")->choice, v.kl);
        assert_int_equal(of(&rank, "held-out-frobenius")->choice, v.frobenius);
        assert_int_equal(of(&rank, "held-out-frobenius-minimum")->choice, v.frobenius);
        assert_int_equal(of(&rank, "held-out-negative-binomial")->choice, v.steep);
        assert_int_equal(of(&rank, "permuted")->choice, v.fitted);
        for (size_t k = 0; k < MANY; k++) {
            const mien_rank_point *point = &rank.points[k];
            permuted += point->permuted_measured;
            for (size_t loss = 0; loss < 2; loss++)
                measured += point->held_out_measured[loss];
            if (point->r + 1 >= v.fitted && point->r <= v.fitted + 1) /* measured with measured */
                assert_true(point->permuted_measured && point->held_out_measured[MIEN_RANK_KL]);
        }
        assert_int_equal(measured * o.masks, v.asked);
        assert_int_equal(permuted * o.masks, v.permuted);
        assert_in_range(permuted, 9, 9 + 2 * 3);
        assert_in_range(measured, 18, MOST);
        assert_int_equal(rank.done, rank.total);
        assert_int_equal(rank.known, rank.total);
        mien_rank_free(&rank);
    }
    free(X);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth_is_the_exponent_of_the_variance),
        cmocka_unit_test(test_steep_is_half_the_deviance),
        cmocka_unit_test(test_the_noise_chooses_who_decides),
        cmocka_unit_test(test_no_noise_has_no_growth),
        cmocka_unit_test(test_one_standard_error_is_that_of_the_difference),
        cmocka_unit_test(test_the_start_with_the_least_objective_counts),
        cmocka_unit_test(test_dispersion_is_that_of_busy_entries),
        cmocka_unit_test(test_the_range_makes_no_difference_while_it_holds_the_truth),
        cmocka_unit_test(test_faint_components_are_told),
        cmocka_unit_test(test_few_points_tell_where_stability_ends),
        cmocka_unit_test(test_few_points_tell_where_a_loss_is_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
