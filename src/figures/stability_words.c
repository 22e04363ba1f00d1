/* stability_words.c - what a stability study is summed up as, and the order of its components.
 * SPDX-License-Identifier: MIT */
#include "figures/stability_words.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *mien_stability_verdict_words(mien_verdict verdict)
{
    return verdict == MIEN_VERDICT_STABLE ? "found again" : mien_verdict_name(verdict);
}

void mien_stability_words(const mien_stability *study, char *text, size_t size)
{
    const size_t *v = study->verdicts;
    char copies[48] = "", undefined[48] = "";
    if (study->judged < MIEN_MIN_RUNS) {
        snprintf(text, size, "%zu run%s arrived, verdicts need %d", study->judged,
                 study->judged == 1 ? "" : "s", MIEN_MIN_RUNS);
        return;
    }
    if (v[MIEN_VERDICT_COPY])
        snprintf(copies, sizeof copies, ", %zu %s", v[MIEN_VERDICT_COPY],
                 v[MIEN_VERDICT_COPY] == 1 ? "is a copy" : "are copies");
    if (v[MIEN_VERDICT_UNDEFINED])
        snprintf(undefined, sizeof undefined, ", %zu %s zero", v[MIEN_VERDICT_UNDEFINED],
                 v[MIEN_VERDICT_UNDEFINED] == 1 ? "is" : "are");
    snprintf(text, size, "%zu of %zu components %s found again, %zu drift%s, %zu %s absent%s%s",
             v[MIEN_VERDICT_STABLE], study->r, v[MIEN_VERDICT_STABLE] == 1 ? "is" : "are",
             v[MIEN_VERDICT_DRIFTS], v[MIEN_VERDICT_DRIFTS] == 1 ? "s" : "", v[MIEN_VERDICT_ABSENT],
             v[MIEN_VERDICT_ABSENT] == 1 ? "is" : "are", copies, undefined);
}

void mien_stability_run_words(const mien_stability *study, char *text, size_t size)
{
    char worse[64] = "", repeated[64] = "";
    if (study->worse)
        snprintf(worse, sizeof worse, ", %zu in %s", study->worse,
                 study->worse == 1 ? "a local minimum" : "local minima");
    if (study->repeated)
        snprintf(repeated, sizeof repeated, ", %zu the same again", study->repeated);
    if (study->judged < study->runs)
        snprintf(text, size, "%zu of %zu runs%s%s", study->judged, study->runs, worse, repeated);
    else
        snprintf(text, size, "%zu run%s", study->runs, study->runs == 1 ? "" : "s");
}

/* How many starts give five that arrive, if as many arrive as did; rounded up to tens. */
static size_t starts_needed(const mien_stability *s)
{
    size_t arrived = s->judged + s->repeated;
    size_t wanted = (MIEN_MIN_RUNS + 1) * s->runs / (arrived ? arrived : 1);
    size_t starts = s->asked > wanted ? s->asked + 1 : wanted;
    return (starts + 9) / 10 * 10;
}

void mien_stability_advice(const mien_stability *study, char *text, size_t size)
{
    const mien_stability *s = study;
    *text = '\0';
    if (s->judged >= MIEN_MIN_RUNS)
        return;
    if (s->interrupted)
        snprintf(text, size,
                 "The study was interrupted after %zu of %zu runs: too few for verdicts, which "
                 "need %d.",
                 s->runs, s->asked, MIEN_MIN_RUNS);
    else if (s->identical)
        snprintf(text, size, "%s",
                 s->random_start
                     ? "Every run is the same, start and basis, byte for byte, and counts as one: "
                       "this start is not random. There are no verdicts (use --init random)."
                     : "This method has no random start: all runs are the same and count as one. "
                       "There are no verdicts.");
    else
        snprintf(text, size,
                 "Verdicts need %d runs that arrived, and %zu of %zu did. Give more starts: "
                 "--restarts %zu.",
                 MIEN_MIN_RUNS, s->judged, s->runs, starts_needed(s));
}

/* "part 2 by part 1 to cosine 0.927", of the part that is turned the farthest. */
static void add_farthest(const mien_certificate *c, char *text, size_t size)
{
    size_t at = 0, used = strlen(text);
    for (size_t k = 1; k < c->r; k++)
        at = c->parts[k].cosine < c->parts[at].cosine ? k : at;
    mien_format(text + used, size - used, "part %zu by part %zu to cosine %.3f", at + 1,
                c->parts[at].by + 1, fmin(c->parts[at].cosine, 0.999999));
}

void mien_stability_unique_words(const mien_stability *study, char *text, size_t size)
{
    const mien_certificate *c = &study->certificate;
    size_t proven = c->counts[MIEN_UNIQUE_PROVEN], is_free = c->counts[MIEN_UNIQUE_FREE];
    size_t open = c->counts[MIEN_UNIQUE_NOT_KNOWN];
    *text = '\0';
    if (!(mien_method_describe(study->method)->traits & MIEN_NEEDS_NONNEG))
        return;
    snprintf(text, size, "Unique, given W H: %zu of %zu parts proven, %zu free, %zu not known.",
             proven, c->r, is_free, open);
    if (is_free) {
        snprintf(text + strlen(text), size - strlen(text),
                 " What is free can be turned into another part without changing W H: ");
        add_farthest(c, text, size);
        snprintf(text + strlen(text), size - strlen(text), ".");
    }
    if (open && c->rank_weights < c->r)
        snprintf(text + strlen(text), size - strlen(text),
                 " The weights have rank %zu, not %zu: nothing can be proven.", c->rank_weights,
                 c->r);
    else if (open && c->rank_basis < c->r)
        snprintf(text + strlen(text), size - strlen(text),
                 " The parts have rank %zu, not %zu: nothing can be proven.", c->rank_basis, c->r);
    else if (open)
        snprintf(text + strlen(text), size - strlen(text), " Not known: %s.", c->reason);
}

bool mien_stability_models_differ(const mien_stability *study)
{
    const size_t *v = study->verdicts;
    bool other = false;
    for (size_t run = 0; run < study->runs; run++)
        other = other || (study->outcomes[run].judged && run != study->best_run &&
                          study->outcomes[run].objective != mien_fit_objective(&study->best));
    return other && study->certificate.counts[MIEN_UNIQUE_PROVEN] == study->r &&
           v[MIEN_VERDICT_DRIFTS] + v[MIEN_VERDICT_ABSENT] > 0;
}

static bool goes_before(const mien_component *a, const mien_component *b)
{
    bool copies[2] = {a->verdict == MIEN_VERDICT_COPY, b->verdict == MIEN_VERDICT_COPY};
    if (copies[0] != copies[1])
        return copies[1];
    return a->median > b->median || (a->median == b->median && a->worst > b->worst);
}

void mien_stability_sort(const mien_stability *study, size_t *order)
{
    for (size_t k = 0; k < study->r; k++) { /* insertion: r is small, ties keep their order */
        size_t at = k;
        for (; at > 0 && goes_before(&study->components[k], &study->components[order[at - 1]]);
             at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
}

/* Runs stand by what they minimised, the penalty included, as they were compared. */
static double largest_loss(const mien_stability *s)
{
    double largest = mien_fit_objective(&s->best);
    for (size_t run = 0; run < s->runs; run++)
        largest = fmax(largest, s->outcomes[run].objective);
    return largest;
}

bool mien_stability_in_percent(const mien_stability *study)
{
    double lowest = mien_fit_objective(&study->best);
    return lowest > 0 && largest_loss(study) <= 10 * lowest;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

mien_status mien_stability_losses(const mien_stability *study, double *median, double *largest)
{
    size_t runs = study->runs;
    double *losses = mien_alloc_array(runs, sizeof *losses);
    if (!losses)
        return MIEN_ERR_NOMEM;
    for (size_t run = 0; run < runs; run++)
        losses[run] = study->outcomes[run].objective;
    qsort(losses, runs, sizeof *losses, compare_doubles);
    *median = losses[(runs - 1) / 2] / 2 + losses[runs / 2] / 2;
    *largest = losses[runs - 1];
    mien_free(losses);
    return MIEN_OK;
}
