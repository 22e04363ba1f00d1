/* rank_choice.c - from curves over r to a choice of r, and from choices to a recommendation.
 * SPDX-License-Identifier: MIT */
#include "study/rank_choice.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

ptrdiff_t mien_place_least(const double *value, size_t count)
{
    ptrdiff_t best = MIEN_NO_PLACE;
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]) && (best < 0 || value[i] < value[best]))
            best = (ptrdiff_t)i;
    return best;
}

ptrdiff_t mien_place_one_error(const double *value, const double *error, size_t count)
{
    ptrdiff_t best = mien_place_least(value, count);
    if (best < 0)
        return best;
    double bar = value[best] + (isfinite(error[best]) ? error[best] : 0);
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]) && value[i] <= bar)
            return (ptrdiff_t)i;
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
    double most = -INFINITY;
    ptrdiff_t last = MIEN_NO_PLACE;
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]))
            most = fmax(most, value[i]);
    for (size_t i = 0; i < count; i++)
        if (isfinite(value[i]) && value[i] >= share * most)
            last = (ptrdiff_t)i;
    return last;
}

void mien_mean_and_error(const double *values, size_t count, double *mean, double *error)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    *mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - *mean) * (values[i] - *mean);
    *error = count > 1 ? sqrt(squares / ((double)count - 1) / (double)count) : 0;
}

/* ---------------------------------------------------------------- recommendation */

size_t mien_rank_slack(size_t r, size_t step)
{
    size_t slack = r >= 40 ? r / 20 : 1;
    return slack > step ? slack : step;
}

/* Choices of those that decide, sorted; returns how many. */
static size_t deciding(const mien_rank *rank, size_t *sorted)
{
    size_t count = 0;
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        if (!c->decides || c->choice == 0)
            continue;
        size_t at = count++;
        for (; at > 0 && sorted[at - 1] > c->choice; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = c->choice;
    }
    return count;
}

static size_t apart(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

static bool is_near(const mien_rank *rank, size_t a, size_t b)
{
    return apart(a, b) <= mien_rank_slack(b, rank->options.step);
}

/* How many that decide support r, and how many say just that. A choice at the end of the range is a
 * lower bound: no support. */
static size_t support(const mien_rank *rank, size_t r, size_t *exact)
{
    size_t count = 0;
    *exact = 0;
    for (size_t i = 0; i < rank->n_criteria; i++) {
        const mien_criterion *c = &rank->criteria[i];
        if (!c->decides || c->choice == 0 || c->at_end)
            continue;
        count += is_near(rank, c->choice, r);
        *exact += c->choice == r;
    }
    return count;
}

/* Of the numbers with a majority's support, and that of two at least, the one that most say; of
 * several the one with more support, then the one nearer to the median, then the lower one. 0:
 * none. */
static size_t of_majority(const mien_rank *rank, size_t count, size_t median)
{
    size_t best = 0, best_exact = 0, most = 0;
    for (size_t r = rank->least; r <= rank->most; r++) {
        size_t exact, near = support(rank, r, &exact);
        if (near < 2 || 2 * near <= count)
            continue;
        bool better =
            exact > best_exact || (exact == best_exact && near > most) ||
            (exact == best_exact && near == most && apart(r, median) < apart(best, median));
        if (best && !better)
            continue;
        best = r;
        best_exact = exact;
        most = near;
    }
    return best;
}

void mien_rank_recommend(mien_rank *rank)
{
    size_t sorted[MIEN_RANK_CRITERIA], count = deciding(rank, sorted);
    rank->recommended = rank->least = rank->most = 0;
    rank->beyond = false;
    snprintf(
        rank->rule, sizeof rank->rule,
        "A number that more than half of the criteria that decide (NMF's own: held-out entries "
        "under both losses, relevance under both), and at least two, lie within 1 of (5 %% "
        "from r = 40 on; at least a step of the range), not at the end of the range; of several "
        "the one that most of them "
        "say. Else their range and no single number. The others are shown for comparison.");
    if (count == 0)
        return;
    for (size_t i = 0; i < rank->n_criteria; i++)
        rank->beyond |= rank->criteria[i].decides && rank->criteria[i].at_end;
    rank->least = sorted[0];
    rank->most = sorted[count - 1];
    rank->recommended = of_majority(rank, count, sorted[(count - 1) / 2]);
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

/* Those of whom a list tells. */
typedef struct party {
    bool decides;
    size_t near; /* those that agree with it, or those that do not; 0: all */
    bool agree;
} party;

static bool is_of(const mien_rank *rank, const mien_criterion *c, const party *who)
{
    return c->choice && c->decides == who->decides &&
           (!who->near || is_near(rank, c->choice, who->near) == who->agree);
}

/* Letters of a name before its loss: "relevance, KL". */
static size_t stem(const char *name)
{
    const char *comma = strrchr(name, ',');
    return comma ? (size_t)(comma - name) : strlen(name);
}

/* Both say the same thing by the same measure, at most under another loss. */
static bool is_twin(const mien_criterion *a, const mien_criterion *b)
{
    size_t length = stem(a->name);
    return a->choice == b->choice && a->at_end == b->at_end && length == stem(b->name) &&
           strncmp(a->name, b->name, length) == 0;
}

/* "held-out entries under KL and Frobenius, relevance under KL": who of the party says what
 * criterion `first` says. */
static void list_names(mien_rank *rank, const party *who, size_t first)
{
    const mien_criterion *all = rank->criteria;
    const char *before = NULL;
    for (size_t i = first; i < rank->n_criteria; i++) {
        const mien_criterion *c = &all[i];
        bool told = false;
        if (!is_of(rank, c, who) || c->choice != all[first].choice ||
            c->at_end != all[first].at_end)
            continue;
        for (size_t k = first; k < i; k++)
            told = told || (is_of(rank, &all[k], who) && is_twin(&all[k], c));
        if (told)
            continue;
        add(rank, "%s%.*s", before ? ", " : "", (int)stem(c->name), c->name);
        before = " under";
        for (size_t k = i; k < rank->n_criteria && c->name[stem(c->name)]; k++)
            if (is_of(rank, &all[k], who) && is_twin(c, &all[k])) {
                add(rank, "%s%s", before, all[k].name + stem(all[k].name) + 1);
                before = " and";
            }
    }
}

/* "10 (held-out entries under KL and Frobenius); 12 or more (relevance under KL)": lower numbers
 * first. Returns how many numbers. */
static size_t list(mien_rank *rank, party who)
{
    size_t told = 0, last = 0;
    for (;;) {
        const mien_criterion *next = NULL; /* twice the number, and one more at the end of range */
        size_t value = SIZE_MAX;
        for (size_t i = 0; i < rank->n_criteria; i++) {
            const mien_criterion *c = &rank->criteria[i];
            size_t order = 2 * c->choice + c->at_end;
            if (!is_of(rank, c, &who) || order <= last || order >= value)
                continue;
            value = order;
            next = c;
        }
        if (!next)
            return told;
        last = value;
        add(rank, "%s%zu%s (", told++ ? "; " : "", next->choice, next->at_end ? " or more" : "");
        list_names(rank, &who, (size_t)(next - rank->criteria));
        add(rank, ")");
    }
}

/* How finely r was asked. */
static void add_resolution(mien_rank *rank)
{
    if (rank->options.step > 1)
        add(rank, ", to the nearest %zu", rank->options.step);
}

void mien_rank_tell(mien_rank *rank)
{
    rank->sentence[0] = '\0';
    if (rank->least == 0) {
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
    } else if (rank->least == rank->most) {
        if (rank->beyond)
            add(rank, "No single number: %zu or more, as the range ends there. ", rank->least);
        else
            add(rank, "r = %zu, on the word of one criterion: ", rank->least);
        list(rank, (party){.decides = true});
    } else {
        add(rank, "No single number: between %zu and %zu%s", rank->least, rank->most,
            rank->beyond ? " or more, as the range ends there" : "");
        add_resolution(rank);
        add(rank, ". ");
        list(rank, (party){.decides = true});
    }
    add(rank, ".");
    size_t before = strlen(rank->sentence);
    add(rank, " For comparison: ");
    if (list(rank, (party){.decides = false}))
        add(rank, ".");
    else
        rank->sentence[before] = '\0';
}
