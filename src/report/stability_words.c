/* stability_words.c - what a stability study is summed up as, and the order of its components.
 * SPDX-License-Identifier: MIT */
#include "report/stability_pictures.h"

#include <stdio.h>

void mien_stability_words(const mien_stability *study, char *text, size_t size)
{
    const size_t *v = study->verdicts;
    size_t copies = v[MIEN_VERDICT_COPY];
    char more[48] = "";
    if (copies)
        snprintf(more, sizeof more, ", %zu %s", copies, copies == 1 ? "is a copy" : "are copies");
    if (study->runs < 2)
        snprintf(text, size, "One run: stability is undefined");
    else if (study->judged < 2)
        snprintf(text, size, "All runs but one failed: stability is undefined");
    else
        snprintf(text, size, "%zu of %zu components %s stable, %zu drift%s, %zu %s absent%s",
                 v[MIEN_VERDICT_STABLE], study->r, v[MIEN_VERDICT_STABLE] == 1 ? "is" : "are",
                 v[MIEN_VERDICT_DRIFTS], v[MIEN_VERDICT_DRIFTS] == 1 ? "s" : "",
                 v[MIEN_VERDICT_ABSENT], v[MIEN_VERDICT_ABSENT] == 1 ? "is" : "are", more);
}

void mien_stability_run_words(const mien_stability *study, char *text, size_t size)
{
    size_t failed = study->runs - study->judged;
    if (failed)
        snprintf(text, size, "%zu of %zu runs (%zu failed)", study->judged, study->runs, failed);
    else
        snprintf(text, size, "%zu run%s", study->runs, study->runs == 1 ? "" : "s");
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
