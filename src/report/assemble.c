/* assemble.c - one page of several results: a comparison, and what else is known of its data.
 * SPDX-License-Identifier: MIT */
#include "base/disk/files.h"
#include "base/disk/manifest.h"
#include "base/disk/outdir.h"
#include "base/memory.h"
#include "base/status.h"
#include "report/page/page.h"
#include "report/redraw.h"
#include "report/studies.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A result that was named. */
struct source {
    const char *path, *kind;
    json_t *summary;
};

/* All of them; `root` is the one whose page it is. */
struct sources {
    struct source *list;
    size_t count;
    const struct source *root;
};

static bool compares(const struct source *source)
{
    return strcmp(source->kind, "comparison") == 0;
}

static mien_status read_source(const char *path, struct source *source, mien_error *err)
{
    source->path = path;
    mien_status st = mien_summary_read(path, &source->summary, err);
    if (st)
        return st;
    source->kind = mien_study_kind(source->summary);
    return source->kind ? MIEN_OK
                        : mien_fail(err, MIEN_ERR_FORMAT,
                                    "%.200s holds no result that a page shows: give folders that "
                                    "mien compare, learn, stability, rank, transform or demo cone "
                                    "wrote",
                                    path);
}

/* A page is of one comparison, and what stands beside it is of the same data; the cone is a lesson
 * of its own. */
static mien_status check_sources(const struct sources *all, mien_error *err)
{
    const struct source *first = NULL; /* that tells of which data it is */
    for (size_t i = 0; i < all->count; i++) {
        const struct source *s = &all->list[i];
        if (compares(s) && s != all->root)
            return mien_fail(err, MIEN_ERR_ARG,
                             "%.200s and %.200s are both comparisons, and a page is of one: make a "
                             "page of each",
                             all->root->path, s->path);
        if (strcmp(s->kind, "cone") == 0)
            continue;
        if (!first)
            first = compares(all->root) ? all->root : s;
        const char *print = mien_study_fingerprint(s->summary);
        const char *of_first = mien_study_fingerprint(first->summary);
        if (s != first && !(*print && *of_first))
            return mien_fail(err, MIEN_ERR_DATA,
                             "%.200s does not say of which data it is: let this version of mien "
                             "write the result again",
                             *print ? first->path : s->path);
        if (strcmp(print, of_first) != 0)
            return mien_fail(err, MIEN_ERR_DATA,
                             "%.200s is of other data than %.200s: a page shows results of the "
                             "same images, or table",
                             s->path, first->path);
    }
    return MIEN_OK;
}

static void free_sources(struct sources *all)
{
    for (size_t i = 0; i < all->count && all->list; i++)
        json_decref(all->list[i].summary);
    mien_free(all->list);
}

static mien_status read_sources(const char *const *paths, size_t count, struct sources *all,
                                mien_error *err)
{
    *all = (struct sources){.list = mien_alloc_array(count, sizeof *all->list), .count = count};
    mien_status st = all->list ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < count && !st; i++) {
        st = read_source(paths[i], &all->list[i], err);
        if (!st && (!all->root || (!compares(all->root) && compares(&all->list[i]))))
            all->root = &all->list[i];
    }
    if (!st)
        st = check_sources(all, err);
    if (st)
        free_sources(all);
    return st;
}

/* A page that mien did not write is not replaced. */
static mien_status check_page(const char *root, mien_error *err)
{
    char path[MIEN_PATH_MAX + 16];
    mien_manifest own = {0};
    snprintf(path, sizeof path, "%s/report.html", root);
    if (access(path, F_OK) != 0)
        return MIEN_OK;
    mien_status st = mien_manifest_read(root, &own, err);
    if (!st && !mien_manifest_has(&own, "report.html"))
        st = mien_fail(err, MIEN_ERR_ARG,
                       "%.200s/report.html is not of the result there: move it away", root);
    mien_manifest_free(&own);
    return st;
}

mien_status mien_assemble_begin(const char *const *paths, size_t count, mien_outdir **out,
                                mien_error *err)
{
    struct sources all;
    mien_status st = mien_check_given(err, paths, out);
    if (!st && !count)
        st = mien_fail(err, MIEN_ERR_ARG, "no result is given");
    if (!st)
        st = read_sources(paths, count, &all, err);
    if (st)
        return st;
    st = check_page(all.root->path, err);
    if (!st)
        st = mien_outdir_begin_inside(all.root->path, out, err);
    free_sources(&all);
    return st;
}

static mien_status read_studies(const struct sources *all, json_t **out, mien_error *err)
{
    json_t *list = json_array(), *study = NULL;
    mien_status st = list ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
    for (size_t i = 0; i < all->count && !st; i++) {
        const struct source *s = &all->list[i];
        if (compares(s))
            continue;
        st = mien_study_read(s->path, s->path, s->summary, &study, err);
        if (!st && json_array_append_new(list, study) != 0)
            st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    }
    if (st)
        json_decref(list);
    else
        *out = list;
    return st;
}

mien_status mien_assemble(mien_outdir *dir, const char *const *paths, size_t count,
                          const mien_style *style, mien_error *err)
{
    struct sources all;
    json_t *studies = NULL;
    mien_status st = read_sources(paths, count, &all, err);
    if (st)
        return st;
    st = read_studies(&all, &studies, err);
    if (!st && compares(all.root)) {
        st = mien_comparison_page(all.root->path, dir, studies, style, err);
    } else if (!st) {
        mien_output out = {.dir = dir, .folder = "", .style = style, .err = err};
        mien_page page = {.kind = all.root->kind, .summary = all.root->summary, .studies = studies};
        mien_page_write(&out, &page);
        st = out.status;
    }
    json_decref(studies);
    free_sources(&all);
    return mien_outdir_told(dir, st, err);
}
