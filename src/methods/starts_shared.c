/* starts_shared.c - the best of starts that several ranks made, brought to all of them.
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "base/team.h"
#include "methods/method.h"
#include "methods/snapshots.h"
#include "methods/starts.h"

#include <math.h>

bool mien_share_array(const mien_team *team, unsigned owner, void **array, size_t count,
                      size_t size)
{
    bool there = *array != NULL;
    mien_team_broadcast(team, owner, &there, sizeof there);
    if (mien_team_rank(team) != owner)
        *array = there ? mien_alloc_raw(count, size) : NULL;
    uint64_t lost = there && !*array;
    mien_team_agree(team, MIEN_TEAM_MOST, &lost, 1);
    if (!lost && there)
        mien_team_broadcast(team, owner, *array, count * size);
    return !lost;
}

/* The owner's fit comes to all; pointers of one process mean nothing in another. */
static mien_status share_fit(const mien_team *team, unsigned owner, const mien_options *options,
                             mien_fit *fit)
{
    const mien_method *method = fit->method;
    mien_fit own = *fit;
    mien_team_broadcast(team, owner, fit, sizeof *fit);
    if (mien_team_rank(team) != owner) {
        fit->W = fit->H = fit->mu = NULL;
        fit->trace = NULL;
        fit->snapshots.iteration = NULL;
        fit->snapshots.values = NULL;
        fit->snapshots.scale = NULL;
        mien_fit_free(&own);
    } else {
        *fit = own;
    }
    fit->method = method;
    fit->loss_name = mien_loss_name(method->loss(options));
    mien_snapshots *s = &fit->snapshots;
    bool whole = mien_share_array(team, owner, (void **)&fit->W, fit->n * fit->r, sizeof *fit->W);
    whole = whole && mien_share_array(team, owner, (void **)&fit->H, fit->r * fit->p, sizeof *fit->H);
    whole = whole && mien_share_array(team, owner, (void **)&fit->mu, fit->p, sizeof *fit->mu);
    whole =
        whole && mien_share_array(team, owner, (void **)&fit->trace, fit->n_trace, sizeof *fit->trace);
    whole =
        whole && mien_share_array(team, owner, (void **)&s->iteration, s->count, sizeof *s->iteration);
    whole = whole && mien_share_array(team, owner, (void **)&s->values, s->count * fit->r, fit->p);
    whole =
        whole && mien_share_array(team, owner, (void **)&s->scale, s->count * fit->r, sizeof *s->scale);
    return whole ? MIEN_OK : MIEN_ERR_NOMEM;
}

struct standing {
    bool filled, whole;
    size_t index;
    double objective;
};

static bool is_better(const struct standing *a, const struct standing *b)
{
    if (!a->filled || !b->filled || a->whole != b->whole)
        return a->filled && (!b->filled || a->whole);
    return a->objective < b->objective || (a->objective == b->objective && a->index < b->index);
}

mien_status mien_best_share(mien_best *best, const mien_team *team, const mien_method *method,
                            const mien_options *options, mien_error *err)
{
    unsigned owner = 0;
    struct standing leader = {0};
    for (unsigned k = 0; team && k < team->size; k++) {
        struct standing now = {0};
        if (k == team->rank && best->filled)
            now = (struct standing){true, best->whole, best->index, mien_fit_objective(&best->fit)};
        mien_team_broadcast(team, k, &now, sizeof now);
        if (is_better(&now, &leader)) {
            leader = now;
            owner = k;
        }
    }
    if (!leader.filled)
        return MIEN_OK;
    best->fit.method = method;
    best->filled = true;
    best->whole = leader.whole;
    best->index = leader.index;
    mien_status st = share_fit(team, owner, options, &best->fit);
    return st ? mien_fail_plain(err, st) : MIEN_OK;
}
