/* rank_choice.c - from curves over r to a choice of r, and from choices to a recommendation.
 * SPDX-License-Identifier: MIT */
#include "study/rank/rank_choice.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Sample mean of `count` differences and its standard error; NaN when one of the values is. */
static void compare(const double *values, const double *with, size_t count, double *mean,
                    double *error)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] - (with ? with[i] : 0);
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        double d = values[i] - (with ? with[i] : 0) - *mean;
        squares += d * d;
    }
    *error = count > 1 ? sqrt(squares / ((double)count - 1) / (double)count) : 0;
}

void mien_mean_and_error(const double *values, size_t count, double *mean, double *error)
{
    compare(values, NULL, count, mean, error);
}

ptrdiff_t mien_place_min(const double *values, size_t count, size_t masks)
{
    ptrdiff_t best = MIEN_NO_PLACE;
    double min = INFINITY, mean, unused;
    for (size_t i = 0; i < count; i++) {
        mien_mean_and_error(values + i * masks, masks, &mean, &unused);
        if (!isfinite(mean) || mean >= min)
            continue;
        best = (ptrdiff_t)i;
        min = mean;
    }
    return best;
}

ptrdiff_t mien_place_one_error(const double *values, size_t count, size_t masks)
{
    ptrdiff_t best = mien_place_min(values, count, masks);
    for (ptrdiff_t i = 0; i < best; i++) {
        double mean, error;
        compare(values + (size_t)i * masks, values + (size_t)best * masks, masks, &mean, &error);
        if (isfinite(mean) && mean <= error)
            return i;
    }
    return best;
}

ptrdiff_t mien_place_above_noise(const double *value, const double *permuted, size_t count)
{
    ptrdiff_t last = MIEN_NO_PLACE;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(value[i]) || !isfinite(permuted[i]))
            continue;
        if (last >= 0 && value[last] - value[i] <= permuted[last] - permuted[i])
            return last;
        last = (ptrdiff_t)i;
    }
    return last;
}

ptrdiff_t mien_place_before_fall(const double *value, size_t count, double share)
{
    double max = -INFINITY;
    ptrdiff_t last = MIEN_NO_PLACE;
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            max = fmax(max, value[i]);
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]) && value[i] >= share * max)
            last = (ptrdiff_t)i;
    return last;
}

/* ---------------------------------------------------------------- recommendation */

static size_t rank_slack(size_t r, size_t step)
{
    size_t slack = r >= 40 ? r / 20 : r > 4;
    return slack > step || step == 1 ? slack : step;
}

/* Whether a criterion decides and says one number: at an end of the range it is a bound. */
static bool is_exact(const mien_criterion *c)
{
    return c->decides && c->choice && !c->at_start && !c->at_end;
}

/* Choices of those that decide within the slack of `low` and not below it. */
static size_t count_window(const mien_rank *rank, size_t low)
{
    size_t count = 0, high = low + rank_slack(low, rank->options.step);
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        count += is_exact(c) && c->choice >= low && c->choice <= high;
    }
    return count;
}

/* Those that say r: of those that decide, and of all of NMF's own, whose keys begin so. */
static size_t count_sayers(const mien_rank *rank, size_t r, bool all)
{
    size_t count = 0;
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        count += c->choice == r && !c->at_start && !c->at_end && (c->decides || (all && c->own));
    }
    return count;
}

/* Of a window the number that most of those that decide say; of several the one that more of NMF's
 * own criteria say, then the one that the first of them says, which is a held-out one. */
static size_t of_window(const mien_rank *rank, size_t low)
{
    size_t best = 0, high = low + rank_slack(low, rank->options.step);
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        if (!is_exact(c) || c->choice < low || c->choice > high)
            continue;
        size_t sure = count_sayers(rank, c->choice, false), was = count_sayers(rank, best, false);
        if (!best || sure > was ||
            (sure == was && count_sayers(rank, c->choice, true) > count_sayers(rank, best, true)))
            best = c->choice;
    }
    return best;
}

/* The number of the window in which the most choices lie, when these are more than half of `count`
 * and at least two; 0: none. Two that are apart cannot both have more than half; of two that
 * overlap the one whose number more criteria say, then the first. */
static size_t of_majority(const mien_rank *rank, size_t count)
{
    size_t best = 0, max = 1, sayers = 0;
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        size_t inside = is_exact(c) ? count_window(rank, c->choice) : 0;
        if (2 * inside <= count || inside < 2 || inside < max)
            continue;
        size_t r = of_window(rank, c->choice), now = count_sayers(rank, r, true);
        if (inside == max && now <= sayers)
            continue;
        best = r;
        max = inside;
        sayers = now;
    }
    return best;
}

void mien_rank_recommend(mien_rank *rank)
{
    size_t count = 0;
    rank->recommended = rank->min = rank->max = 0;
    rank->beyond = rank->below = false;
    snprintf(rank->rule, sizeof rank->rule,
             "Those decide that suit the noise of the data: held-out entries and relevance, under "
             "KL, Frobenius or both. A number that one of them says and that more than half of "
             "them, at least two, agree upon: all within 1 of each other (equal up to 4; 5 %% from "
             "40 on; at least a step of the range). A choice at an end of the range is a bound and "
             "agrees with none. Else their range and no single number. The others are shown for "
             "comparison.");
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        if (!c->decides || !c->choice)
            continue;
        count++;
        rank->min = count == 1 || c->choice < rank->min ? c->choice : rank->min;
        rank->max = c->choice > rank->max ? c->choice : rank->max;
        rank->beyond |= c->at_end;
        rank->below |= c->at_start;
    }
    rank->recommended = of_majority(rank, count);
}

/* ---------------------------------------------------------------- words */

static void add(mien_rank *rank, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(mien_rank *rank, const char *format, ...)
{
    size_t used = strlen(rank->sentence);
    va_list args;
    va_start(args, format);
    vsnprintf(rank->sentence + used, sizeof rank->sentence - used, format, args);
    va_end(args);
}

/* The criteria that a list is of. */
typedef struct party {
    bool decides;
    size_t near; /* those that agree with it, or those that do not; 0: all */
    bool agree;
} party;

static bool agrees(const mien_rank *rank, const mien_criterion *c, size_t r)
{
    size_t low = c->choice < r ? c->choice : r, high = c->choice < r ? r : c->choice;
    return !c->at_start && !c->at_end && high - low <= rank_slack(low, rank->options.step);
}

static bool is_of(const mien_rank *rank, const mien_criterion *c, const party *of)
{
    return c->choice && c->decides == of->decides &&
           (!of->near || agrees(rank, c, of->near) == of->agree);
}

/* Letters of a name before its loss: "relevance, KL". */
static size_t stem(const char *name)
{
    const char *comma = strrchr(name, ',');
    return comma ? (size_t)(comma - name) : strlen(name);
}

/* -1: its choice is an upper bound, 1: a lower bound. */
static int bound(const mien_criterion *c)
{
    return c->at_end ? 1 : c->at_start ? -1 : 0;
}

/* Both say the same thing by the same measure, at most under another loss. */
static bool is_twin(const mien_criterion *a, const mien_criterion *b)
{
    size_t length = stem(a->name);
    return a->choice == b->choice && bound(a) == bound(b) && length == stem(b->name) &&
           strncmp(a->name, b->name, length) == 0;
}

/* "held-out entries under KL and Frobenius, relevance under KL": all of these say the same. */
static void list_names(mien_rank *rank, const mien_criterion *const *sayers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = sayers[i]->name, *before = " under";
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told = told || is_twin(sayers[k], sayers[i]);
        if (told)
            continue;
        add(rank, "%s%.*s", i ? ", " : "", (int)stem(name), name);
        for (size_t k = i; k < count && name[stem(name)]; k++)
            if (is_twin(sayers[i], sayers[k])) {
                add(rank, "%s%s", before, sayers[k]->name + stem(name) + 1);
                before = " and";
            }
    }
}

/* A place in a list: lower numbers first, of the same one upper bounds, then those that are exact.
 */
static size_t order_of(const mien_criterion *c)
{
    return (size_t)((long)(3 * c->choice) + bound(c));
}

/* "10 (held-out entries under KL and Frobenius); 12 or more (relevance under KL)". Returns how many
 * numbers. */
static size_t list(mien_rank *rank, party of)
{
    const mien_criterion *all[MIEN_RANK_CRITERIA];
    size_t count = 0, numbers = 0;
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        if (!is_of(rank, c, &of))
            continue;
        size_t at = count++;
        for (; at > 0 && order_of(all[at - 1]) > order_of(c); at--)
            all[at] = all[at - 1];
        all[at] = c;
    }
    for (size_t first = 0, end; first < count; first = end) {
        const mien_criterion *c = all[first];
        for (end = first + 1; end < count && order_of(all[end]) == order_of(c);)
            end++;
        add(rank, "%s%zu%s (", numbers++ ? "; " : "", c->choice,
            c->at_end     ? " or more"
            : c->at_start ? " or fewer"
                          : "");
        list_names(rank, all + first, end - first);
        add(rank, ")");
    }
    return numbers;
}

/* How finely r was asked. */
static void add_resolution(mien_rank *rank)
{
    if (rank->options.step > 1)
        add(rank, ", to the nearest %zu", rank->options.step);
}

/* Whether all that decide and choose the end that is asked for are bounds. */
static bool is_bound(const mien_rank *rank, size_t end, int side)
{
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        if (c->decides && c->choice == end && bound(c) != side)
            return false;
    }
    return true;
}

static void tell_range(mien_rank *rank)
{
    bool below = rank->below && is_bound(rank, rank->min, -1);
    size_t min = rank->min, max = rank->max;
    if (min == max) { /* the list says the number */
        add(rank, rank->beyond || rank->below
                      ? "No single number, since it may lie beyond the range: "
                      : "One criterion alone says ");
        list(rank, (party){.decides = true});
        return;
    }
    add(rank, "No single number: between %zu%s and %zu%s", min,
        below ? " or fewer, as the range begins there," : "", max,
        rank->beyond ? " or more, as the range ends there" : "");
    add_resolution(rank);
    add(rank, ". ");
    list(rank, (party){.decides = true});
}

void mien_rank_tell(mien_rank *rank)
{
    rank->sentence[0] = '\0';
    if (rank->min == 0) {
        add(rank, "No criterion says anything about r.");
        return;
    }
    if (rank->recommended) {
        add(rank, "r = %zu", rank->recommended);
        add_resolution(rank);
        add(rank, ": ");
        list(rank, (party){true, rank->recommended, true});
        size_t before = strlen(rank->sentence);
        add(rank, ", but ");
        if (!list(rank, (party){true, rank->recommended, false}))
            rank->sentence[before] = '\0';
    } else {
        tell_range(rank);
    }
    add(rank, ".");
    if (rank->faint)
        add(rank,
            " At least: a component half as strong as the weakest of these %zu would be lost in "
            "the noise.",
            rank->faint);
    size_t before = strlen(rank->sentence);
    add(rank, " For comparison: ");
    if (list(rank, (party){.decides = false}))
        add(rank, ".");
    else
        rank->sentence[before] = '\0';
}
