/* test_verdicts.c - what is found again, drifts, is absent, a copy or a local minimum: made-up
 * runs. SPDX-License-Identifier: MIT */
#include "support/cmocka_plus.h"
#include "support/fits.h"
#include "support/problems.h"

#include "base/memory.h"
#include "study/stability/stability.h"

/* A study of made-up runs: basis and losses as given, dominant components at random. */
static mien_stability judged_from(const char *method, const float *basis, size_t runs, size_t r,
                                  size_t p, size_t best, const double *losses, double mean_loss,
                                  const size_t *firsts)
{
    mien_stability s = {.method = method_named(method),
                        .n = 5,
                        .p = p,
                        .r = r,
                        .asked = runs,
                        .runs = runs,
                        .best_run = best,
                        .mean_loss = mean_loss};
    s.consensus.n = 5;
    s.outcomes = mien_alloc_array(runs, sizeof *s.outcomes);
    for (size_t run = 0; run < runs; run++) {
        s.outcomes[run].loss = s.outcomes[run].objective = losses ? losses[run] : 0;
        s.outcomes[run].first = (double)(firsts ? firsts[run] : run); /* starts that differ */
    }
    s.basis = mien_alloc_array(runs * r * p, sizeof *s.basis);
    memcpy(s.basis, basis, runs * r * p * sizeof *s.basis);
    uint32_t *dominant = calloc(runs * 5, sizeof *dominant);
    for (size_t at = 0; at < runs * 5; at++)
        dominant[at] = (uint32_t)(mien_random_bits(1, MIEN_STREAM_TEST, at) % r);
    mien_error err = {0};
    if (mien_stability_judge(&s, dominant, 2, &err))
        fail_msg("%s", err.message);
    free(dominant);
    return s;
}

static mien_stability judged_at(const char *method, const float *basis, size_t runs, size_t r,
                                size_t p, size_t best, const double *losses, double mean_loss)
{
    return judged_from(method, basis, runs, r, p, best, losses, mean_loss, NULL);
}

static mien_stability judged(const char *method, const float *basis, size_t runs, size_t r,
                             size_t p, size_t best)
{
    return judged_at(method, basis, runs, r, p, best, NULL, 0);
}

/* The null: parts that have nothing to do with each other, from flat to sparse, and wholes that
 * share a common image. None may be stable, whatever cosine chance gives. */
static void test_random_parts_are_not_stable(void **state)
{
    (void)state;
    enum { RUNS = 8, R = 15, P = 120 };
    for (uint64_t seed = 0; seed < 5; seed++)
        for (int kind = 0; kind < 4; kind++) {
            float *basis = noise(RUNS * R, P, 0.3 * (kind % 3), 40 + seed);
            for (size_t at = 0; at < RUNS * R * P; at++)
                basis[at] += kind == 3 ? 4 : 0;
            mien_stability s = judged("nmf", basis, RUNS, R, P, 0);
            assert_int_equal(s.verdicts[MIEN_VERDICT_STABLE], 0);
            assert_int_equal(s.verdicts[MIEN_VERDICT_COPY], 0);
            assert_int_equal(s.verdicts[MIEN_VERDICT_ABSENT], R);
            mien_stability_free(&s);
            free(basis);
        }
}

/* Median, worst, found, neighbour and spread by hand: three runs of two components, two pixels. */
static void test_numbers_by_hand(void **state)
{
    (void)state;
    const float basis[] = {1, 0, 0, 1, /**/ 0, 2, 4, 3, /**/ 3, 4, 0, 5};
    mien_stability s = judged("nmf", basis, 3, 2, 2, 0);
    assert_int_equal(s.twins[2 + 0], 1);
    assert_int_equal(s.twins[2 + 1], 0);
    assert_near(s.components[0].median, 0.7, 1e-12); /* 0.8 and 0.6 */
    assert_near(s.components[0].worst, 0.6, 1e-12);
    assert_near(s.components[0].found, 0.5, 0);
    assert_near(s.components[1].median, 1, 0);
    assert_near(s.components[0].neighbour, 0, 0);
    assert_int_equal(s.verdicts[MIEN_VERDICT_UNDEFINED], 2); /* of three runs */
    assert_near(s.mean_similarity, (0.8 + 0.6 + 1 + 1) / 4, 1e-12);
    /* rows of maximum 1: (1, 0), (1, 0.75), (0.75, 1) */
    assert_near(s.deviation[0], sqrt(1.0 / 72), 1e-6);
    assert_near(s.deviation[1], sqrt((0 + 0.5625 + 1) / 3 - pow(1.75 / 3, 2)), 1e-6);
    mien_stability_free(&s);
}

/* Five other runs: a part that four of them find is stable, one that three find drifts, one that
 * two find is absent, whatever the median says. */
static void test_four_of_five_find_a_stable_part(void **state)
{
    (void)state;
    enum { RUNS = 6, R = 3, P = 9 };
    float basis[RUNS * R * P] = {0};
    for (size_t run = 0; run < RUNS; run++)
        for (size_t k = 0; k < R; k++) {
            bool finds = run <= 4 - k; /* part 0: runs 0 to 4, part 2: runs 0 to 2 */
            basis[(run * R + k) * P + 3 * k + (finds ? 0 : 1 + run % 2)] = 1;
        }
    mien_stability s = judged("nmf", basis, RUNS, R, P, 0);
    const double found[R] = {0.8, 0.6, 0.4}, median[R] = {1, 1, 0};
    const mien_verdict verdict[R] = {MIEN_VERDICT_STABLE, MIEN_VERDICT_DRIFTS, MIEN_VERDICT_ABSENT};
    for (size_t k = 0; k < R; k++) {
        assert_near(s.components[k].found, found[k], 1e-12);
        assert_near(s.components[k].median, median[k], 1e-12);
        assert_int_equal(s.components[k].verdict, verdict[k]);
    }
    mien_stability_free(&s);
}

/* A part that every run finds, but at a cosine of 0.85 only, is found, and yet drifts. */
static void test_a_part_that_changes_in_every_run_drifts(void **state)
{
    (void)state;
    enum { RUNS = 6, P = 8 };
    float basis[RUNS * 2 * P] = {0};
    for (size_t run = 0; run < RUNS; run++) {
        float *part = basis + run * 2 * P, *other = part + P;
        part[0] = run ? 0.85f : 1;
        part[1 + run] = run ? 0.5268f : 0;
        other[P - 1] = 1;
    }
    mien_stability s = judged("nmf", basis, RUNS, 2, P, 0);
    assert_near(s.components[0].found, 1, 0);
    assert_near(s.components[0].median, 0.85, 1e-3);
    assert_int_equal(s.components[0].verdict, MIEN_VERDICT_DRIFTS);
    assert_int_equal(s.components[1].verdict, MIEN_VERDICT_STABLE);
    mien_stability_free(&s);
}

/* What is near everything is no twin: as k-means' centroids of faces. */
static void test_near_neighbours_are_no_twins(void **state)
{
    (void)state;
    float basis[5 * 4] = {10, 1, 10, 2};
    for (size_t run = 1; run < 5; run++)
        memcpy(basis + 4 * run, (const float[]){10, 2.9f, 10, 0.2f}, 4 * sizeof *basis);
    mien_stability s = judged("nmf", basis, 5, 2, 2, 0);
    assert_true(s.components[0].worst > 0.99);
    assert_int_equal(s.verdicts[MIEN_VERDICT_COPY], 0); /* nor a copy */
    assert_int_equal(s.verdicts[MIEN_VERDICT_ABSENT], 2);
    mien_stability_free(&s);
}

/* A part that the best run has twice, which every run finds, is one stable part; whichever of the
 * two the other runs' twin is given to. */
static void test_copies_are_one_part(void **state)
{
    (void)state;
    enum { RUNS = 6, R = 5, P = 30, COPY = 3 };
    float *made = noise(R - 1, P, 0.7, 21), *rest = noise(RUNS, P, 0.7, 22);
    float basis[RUNS * R * P];
    for (size_t run = 0; run < RUNS; run++)
        for (size_t k = 0; k < R; k++)
            for (size_t j = 0; j < P; j++) {
                double off = mien_random_uniform(run * R + k, MIEN_STREAM_TEST, j);
                float value = k < R - 1 ? made[k * P + j]
                              : run     ? rest[run * P + j]
                                        : made[1 * P + j];
                size_t at = k == R - 1 ? COPY : k >= COPY ? k + 1 : k;
                basis[(run * R + at) * P + j] = value * (float)(1 + 0.05 * off);
            }
    mien_stability s = judged("nmf", basis, RUNS, R, P, 0);
    assert_int_equal(s.components[COPY].same_as, 1);
    assert_int_equal(s.components[COPY].verdict, MIEN_VERDICT_COPY);
    assert_int_equal(s.verdicts[MIEN_VERDICT_STABLE], R - 1);
    assert_true(s.components[1].worst > 0.99);
    assert_true(s.components[1].found == 1);
    assert_true(s.components[1].neighbour < 0.9); /* another part, not itself */
    for (size_t run = 1; run < RUNS; run++) {     /* twins are still one to one */
        bool taken[R] = {false};
        for (size_t k = 0; k < R; k++) {
            assert_false(taken[s.twins[run * R + k]]);
            taken[s.twins[run * R + k]] = true;
        }
    }
    mien_stability_free(&s);
    free(made);
    free(rest);
}

/* Wholes are all alike: what two of seven runs find is absent, however high the cosines are. */
static void test_few_find_what_is_absent(void **state)
{
    (void)state;
    enum { RUNS = 8, R = 3, P = 30 };
    float *own = noise(R * RUNS, P, 0, 23), basis[RUNS * R * P];
    for (size_t run = 0; run < RUNS; run++)
        for (size_t k = 0; k < R; k++)
            for (size_t j = 0; j < P; j++) {
                size_t from = k > 0 || run < 3 ? 0 : run; /* component 0: runs 1 and 2 */
                basis[(run * R + k) * P + j] = 2 + own[(from * R + k) * P + j];
            }
    mien_stability s = judged("nmf", basis, RUNS, R, P, 0);
    assert_true(s.components[0].median > 0.95);
    assert_near(s.components[0].found, 2.0 / 7, 1e-12);
    assert_int_equal(s.components[0].verdict, MIEN_VERDICT_ABSENT);
    assert_int_equal(s.components[1].verdict, MIEN_VERDICT_STABLE);
    assert_int_equal(s.verdicts[MIEN_VERDICT_COPY], 0);
    mien_stability_free(&s);
    free(own);
}

/* Other runs that find component 0, of so many: the verdict of it. */
static mien_verdict verdict_when_found(size_t found, size_t others)
{
    float basis[20 * 4];
    assert_true(others < 20);
    for (size_t run = 0; run <= others; run++) {
        bool finds = run <= found;
        memcpy(basis + 4 * run, finds ? (const float[]){1, 0, 0, 1} : (const float[]){5, 4, 0, 1},
               4 * sizeof *basis);
    }
    mien_stability s = judged("nmf", basis, others + 1, 2, 2, 0);
    assert_near(s.components[0].found, (double)found / (double)others, 1e-12);
    mien_verdict verdict = s.components[0].verdict;
    mien_stability_free(&s);
    return verdict;
}

/* Found again takes four of five, however high the median is; absent are fewer than half; and five
 * runs are the fewest that say anything. */
static void test_thresholds_decide(void **state)
{
    (void)state;
    static const struct {
        size_t found, others;
        mien_verdict verdict;
    } cases[] = {{4, 5, MIEN_VERDICT_STABLE},    {3, 5, MIEN_VERDICT_DRIFTS},
                 {3, 4, MIEN_VERDICT_DRIFTS},    {4, 4, MIEN_VERDICT_STABLE},
                 {8, 10, MIEN_VERDICT_STABLE},   {7, 10, MIEN_VERDICT_DRIFTS},
                 {5, 10, MIEN_VERDICT_DRIFTS},   {4, 10, MIEN_VERDICT_ABSENT},
                 {2, 4, MIEN_VERDICT_DRIFTS},    {1, 4, MIEN_VERDICT_ABSENT},
                 {3, 3, MIEN_VERDICT_UNDEFINED}, {1, 1, MIEN_VERDICT_UNDEFINED}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        if (verdict_when_found(cases[c].found, cases[c].others) != cases[c].verdict)
            fail_msg("found by %zu of %zu: the verdict is not %s", cases[c].found, cases[c].others,
                     mien_verdict_name(cases[c].verdict));
}

/* Ten runs that are one, as from a start that is not random, say nothing; ten starts that lead to
 * the same bytes do. */
static void test_repetitions_count_once(void **state)
{
    (void)state;
    enum { RUNS = 10 };
    float basis[RUNS * 4];
    size_t same[RUNS] = {0}, two[RUNS] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
    for (size_t run = 0; run < RUNS; run++)
        memcpy(basis + 4 * run, (const float[]){1, 0, 0, 1}, 4 * sizeof *basis);
    mien_stability s = judged_from("nmf", basis, RUNS, 2, 2, 0, NULL, 0, same);
    assert_int_equal(s.judged, 1);
    assert_int_equal(s.repeated, RUNS - 1);
    assert_true(s.identical);
    assert_int_equal(s.outcomes[9].same_as, 0);
    assert_int_equal(s.verdicts[MIEN_VERDICT_UNDEFINED], 2);
    mien_stability_free(&s);
    s = judged_from("nmf", basis, RUNS, 2, 2, 0, NULL, 0, two);
    assert_int_equal(s.judged, 2);
    assert_false(s.identical);
    mien_stability_free(&s);
    s = judged("nmf", basis, RUNS, 2, 2, 0);
    assert_int_equal(s.judged, RUNS);
    assert_int_equal(s.verdicts[MIEN_VERDICT_STABLE], 2);
    mien_stability_free(&s);
}

/* A part of zeros is no part, and two of them are not one part twice. */
static void test_zeros_are_no_part(void **state)
{
    (void)state;
    float basis[6 * 6];
    for (size_t run = 0; run < 6; run++)
        memcpy(basis + 6 * run, (const float[]){0, 0, 1, 2, 0, 0}, 6 * sizeof *basis);
    mien_stability s = judged("nmf", basis, 6, 3, 2, 0);
    assert_int_equal(s.verdicts[MIEN_VERDICT_UNDEFINED], 2);
    assert_int_equal(s.components[1].verdict, MIEN_VERDICT_STABLE);
    mien_stability_free(&s);
}

/* Components that share a mean have high cosines: a copy for NMF, never for ICA, whose components
 * are uncorrelated. */
static void test_signed_components_are_no_copies(void **state)
{
    (void)state;
    float basis[6 * 8];
    for (size_t run = 0; run < 6; run++)
        memcpy(basis + 8 * run, (const float[]){9, 9, 9, 9.1f, 9, 9, 9.1f, 9}, 8 * sizeof *basis);
    mien_stability s = judged("ica", basis, 6, 2, 4, 0);
    assert_int_equal(s.verdicts[MIEN_VERDICT_COPY], 0);
    assert_int_equal(s.components[1].same_as, 1);
    mien_stability_free(&s);
    for (size_t run = 0; run < 6; run++)
        memcpy(basis + 8 * run + 4, basis + 8 * run, 4 * sizeof *basis);
    s = judged("nmf", basis, 6, 2, 4, 0);
    assert_int_equal(s.verdicts[MIEN_VERDICT_COPY], 1);
    mien_stability_free(&s);
}

/* A run in a local minimum is counted, and counts in nothing else. */
static void test_local_minima_are_not_judged(void **state)
{
    (void)state;
    enum { RUNS = 7, R = 3, P = 20, ARRIVED = 5 };
    static const struct {
        double losses[RUNS], mean_loss;
        size_t worse;
    } cases[] = {{{100, 109, 105, 101, 102, 111, 200}, 1000, 2}, /* a tenth */
                 {{100, 109, 105, 101, 102, 111, 200}, 1e6, 0}, /* nothing beside the mean's loss */
                 {{1e-9, 3e-7, 1e-6, 1e-7, 1e-8, 0.5, 90}, 200, 2} /* near 0 no factor counts */};
    float *part = noise(R, P, 0.5, 24), *other = noise(R, P, 0.5, 25), basis[RUNS * R * P];
    for (size_t run = 0; run < RUNS; run++)
        memcpy(basis + run * R * P, run < ARRIVED ? part : other, R * P * sizeof *basis);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mien_stability s =
            judged_at("nmf", basis, RUNS, R, P, 0, cases[c].losses, cases[c].mean_loss);
        assert_int_equal(s.runs, RUNS);
        assert_int_equal(s.judged, RUNS - cases[c].worse);
        assert_int_equal(s.consensus.runs, s.judged);
        assert_int_equal(s.outcomes[ARRIVED].worse, cases[c].worse > 0);
        assert_int_equal(s.worse, cases[c].worse);
        assert_int_equal(s.verdicts[MIEN_VERDICT_STABLE], cases[c].worse == 2 ? R : 0);
        assert_true((s.mean_similarity == 1) == (cases[c].worse == 2));
        assert_true((s.deviation[0] == 0 && s.deviation[1] == 0) == (cases[c].worse == 2));
        mien_stability_free(&s);
    }
    free(part);
    free(other);
}

static void test_all_others_are_worse(void **state)
{
    (void)state;
    const float basis[] = {1, 0, 0, 1, /**/ 1, 0, 0, 1};
    const double losses[] = {9, 1};
    mien_stability s = judged_at("nmf", basis, 2, 2, 2, 1, losses, 20);
    assert_int_equal(s.judged, 1);
    assert_int_equal(s.verdicts[MIEN_VERDICT_UNDEFINED], 2);
    assert_true(isnan(s.mean_similarity) && isnan(s.components[0].found));
    assert_null(s.deviation);
    assert_non_null(s.consensus.undefined);
    mien_stability_free(&s);
}

/* Another order of runs, pixels and components permutes the results and changes nothing else. */
static void test_permutations_permute(void **state)
{
    (void)state;
    enum { RUNS = 6, R = 5, P = 24 };
    float *A = noise(RUNS * R, P, 0.6, 11), B[RUNS * R * P];
    for (size_t run = 1; run < RUNS; run++) /* resembling the first run, more or less */
        for (size_t at = 0; at < R * P; at++)
            A[run * R * P + at] = A[at] + 0.3f * (float)run * A[run * R * P + at];
    for (size_t run = 0; run < RUNS; run++)
        for (size_t k = 0; k < R; k++)
            for (size_t j = 0; j < P; j++)
                B[((run + 2) % RUNS * R + (k * 2 + run) % R) * P + (j * 5 + 3) % P] =
                    A[(run * R + k) * P + j];
    mien_stability s = judged("nmf", A, RUNS, R, P, 0), t = judged("nmf", B, RUNS, R, P, 2);
    for (size_t k = 0; k < R; k++) {
        const mien_component *a = &s.components[k], *b = &t.components[k * 2 % R];
        assert_near(a->median, b->median, 1e-12);
        assert_near(a->worst, b->worst, 1e-12);
        assert_near(a->found, b->found, 0);
        assert_near(a->neighbour, b->neighbour, 1e-12);
        assert_int_equal(a->verdict, b->verdict);
        for (size_t j = 0; j < P; j++)
            assert_near(s.deviation[k * P + j], t.deviation[k * 2 % R * P + (j * 5 + 3) % P], 1e-6);
        for (size_t run = 0; run < RUNS; run++)
            assert_int_equal((s.twins[run * R + k] * 2 + run) % R,
                             t.twins[(run + 2) % RUNS * R + k * 2 % R]);
    }
    assert_memory_equal(s.verdicts, t.verdicts, sizeof s.verdicts);
    mien_stability_free(&s);
    mien_stability_free(&t);
    free(A);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_parts_are_not_stable),
        cmocka_unit_test(test_numbers_by_hand),
        cmocka_unit_test(test_four_of_five_find_a_stable_part),
        cmocka_unit_test(test_a_part_that_changes_in_every_run_drifts),
        cmocka_unit_test(test_near_neighbours_are_no_twins),
        cmocka_unit_test(test_copies_are_one_part),
        cmocka_unit_test(test_few_find_what_is_absent),
        cmocka_unit_test(test_thresholds_decide),
        cmocka_unit_test(test_repetitions_count_once),
        cmocka_unit_test(test_zeros_are_no_part),
        cmocka_unit_test(test_signed_components_are_no_copies),
        cmocka_unit_test(test_local_minima_are_not_judged),
        cmocka_unit_test(test_all_others_are_worse),
        cmocka_unit_test(test_permutations_permute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
