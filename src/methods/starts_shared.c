/* starts_shared.c - a fit that one of several ranks made, brought to all of them.
 * SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "base/team.h"
#include "methods/method.h"
#include "methods/snapshots.h"
#include "methods/starts.h"

/* An array of the fit: `count` of `size` bytes where the owner has it, else NULL in all. */
static bool share_array(const mien_team *team, unsigned owner, void **array, size_t count,
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

/* Pointers of one process mean nothing in another. */
mien_status mien_fit_share(const mien_team *team, unsigned owner, const mien_method *method,
                           const mien_options *options, mien_fit *fit, mien_error *err)
{
    mien_fit own = *fit;
    mien_team_broadcast(team, owner, fit, sizeof *fit);
    if (mien_team_rank(team) != owner) {
        fit->W = fit->H = fit->mu = NULL;
        fit->trace = NULL;
        fit->snapshots.iteration = NULL;
        fit->snapshots.values = NULL;
        fit->snapshots.scale = NULL;
    } else {
        *fit = own;
    }
    fit->method = method;
    fit->loss_name = mien_loss_name(method->loss(options));
    mien_snapshots *s = &fit->snapshots;
    size_t n = fit->n, p = fit->p, r = fit->r;
    const struct {
        void **array;
        size_t count, size;
    } arrays[] = {{(void **)&fit->W, n * r, sizeof *fit->W},
                  {(void **)&fit->H, r * p, sizeof *fit->H},
                  {(void **)&fit->mu, p, sizeof *fit->mu},
                  {(void **)&fit->trace, fit->n_trace, sizeof *fit->trace},
                  {(void **)&s->iteration, s->count, sizeof *s->iteration},
                  {(void **)&s->values, s->count * r, p},
                  {(void **)&s->scale, s->count * r, sizeof *s->scale}};
    bool whole = true;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays && whole; i++)
        whole = share_array(team, owner, arrays[i].array, arrays[i].count, arrays[i].size);
    if (whole)
        return MIEN_OK;
    mien_fit_free(fit);
    return mien_fail_plain(err, MIEN_ERR_NOMEM);
}
