/* truth_report.h - what is known of the images beforehand, and what the fits found of it: in words
 * and in summary.json.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TRUTH_REPORT_H
#define MIEN_TRUTH_REPORT_H

#include "base/memory.h"
#include "base/text.h"
#include "mien_report.h"
#include "report/files/json.h"
#include "study/truth.h"

/* Images that have something, as the one who drew them says. */
typedef struct mien_truth_group {
    const char *name; /* "dark glasses" */
    size_t count;     /* images that have it, of n */
    bool *has;        /* n */
    double luck;      /* see mien_truth_luck() */
} mien_truth_group;

/* One fit against the truth. */
typedef struct mien_finding {
    const mien_method *method;
    mien_hit *hits;    /* n_groups */
    size_t *component; /* n_parts, as the next: see mien_truth_match() */
    double *cosine;    /* n_parts */
    size_t found;      /* limbs with a cosine of MIEN_TRUTH_SAME or more */
    double min, mean;  /* cosines of the limbs */
} mien_finding;

/* What counts as found: an AUC, a cosine. */
#define MIEN_TRUTH_FOUND 0.95
#define MIEN_TRUTH_SAME  0.95

/* Groups, or parts: the other is empty. All memory is that of the arenas. */
struct mien_truth {
    char source[64]; /* the file's name, without folders */
    size_t n, p;
    mien_truth_group *groups;
    size_t n_groups;
    const float *parts; /* n_parts x p: the limbs, then the torso */
    size_t n_parts;
    mien_finding *findings;
    size_t n_findings;
    mien_arena arena, found; /* of what is known, of the findings */
};

/* Measure the fits; what was measured before is forgotten. MIEN_ERR_SHAPE when they are not of the
 * images that the truth is of, MIEN_ERR_NOMEM. */
mien_status mien_truth_measure(mien_truth *truth, const mien_fit *const *fits, size_t n_fits,
                               mien_error *err);

/* As an object. */
json_t *mien_truth_json(const mien_truth *truth);

#endif
