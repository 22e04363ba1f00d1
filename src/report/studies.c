/* studies.c - results that tell more of the same data, as sections of a page.
 * SPDX-License-Identifier: MIT
 *
 * The numbers and words of a section are its summary.json, without what only its folder needs;
 * arrays are bytes, compressed and in base64; pictures that a page cannot draw itself come along as
 * they are. A folder may come from anywhere: what a section cannot do without is looked for. */
#include "report/studies.h"

#include "base/deflate.h"
#include "base/disk/files.h"
#include "base/disk/manifest.h"
#include "base/disk/outdir.h"
#include "base/json_parse.h"
#include "base/memory.h"
#include "base/status.h"
#include "data/npy.h"
#include "report/page/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* ---------------------------------------------------------------- what there is */

enum { NEEDS = 10 };

/* A kind of result: the member that no other has, a heading where summary.json has no title of its
 * own, and what the section cannot do without. */
static const struct kind {
    const char *name, *sign, *title;
    struct need {
        const char *key;
        json_type type;
    } needs[NEEDS];
} kinds[] = {
    {"stability",
     "judged_runs",
     "Is the answer unique?",
     {{"components", JSON_ARRAY},
      {"objectives", JSON_ARRAY},
      {"in_local_minimum", JSON_ARRAY},
      {"seeds", JSON_ARRAY},
      {"verdicts", JSON_OBJECT},
      {"thresholds", JSON_OBJECT},
      {"unique", JSON_OBJECT},
      {"consensus", JSON_OBJECT},
      {"words", JSON_OBJECT}}},
    {"rank",
     "criteria",
     "How many components?",
     {{"criteria", JSON_ARRAY}, {"points", JSON_ARRAY}, {"sentence", JSON_STRING}}},
    {"transform",
     "training",
     "New images on what was learned",
     {{"new", JSON_OBJECT},
      {"training", JSON_OBJECT},
      {"outliers", JSON_ARRAY},
      {"worst", JSON_ARRAY},
      {"histogram", JSON_OBJECT}}},
    {"cone",
     "edges_degrees",
     "Where the basis vectors may lie",
     {{"points", JSON_ARRAY},
      {"starts", JSON_ARRAY},
      {"edges_degrees", JSON_ARRAY},
      {"cone_degrees", JSON_ARRAY},
      {"axes", JSON_ARRAY},
      {"paragraph", JSON_STRING}}},
};

static const struct kind *find_kind(const json_t *summary)
{
    for (size_t k = 0; k < COUNT(kinds); k++)
        if (json_object_get(summary, kinds[k].sign))
            return &kinds[k];
    return NULL;
}

const char *mien_study_kind(const json_t *summary)
{
    const struct kind *kind = find_kind(summary);
    if (kind)
        return kind->name;
    return json_is_object(json_object_get(summary, "methods")) ? "comparison" : NULL;
}

const char *mien_study_fingerprint(const json_t *summary)
{
    const char *training = mien_json_words(summary, "training_fingerprint");
    return *training ? training : mien_json_words(json_object_get(summary, "data"), "fingerprint");
}

mien_status mien_summary_read(const char *folder, json_t **out, mien_error *err)
{
    char path[MIEN_PATH_MAX + 16], *text;
    size_t nbytes;
    snprintf(path, sizeof path, "%s/summary.json", folder);
    mien_status st = mien_file_read(path, MIEN_SUMMARY_LIMIT, &text, &nbytes, NULL);
    if (st == MIEN_ERR_NOMEM)
        return mien_fail_plain(err, st);
    if (st)
        return mien_fail(err, MIEN_ERR_FORMAT,
                         "%.200s holds no result of mien: give folders that mien compare, learn, "
                         "stability, rank, transform or demo cone wrote",
                         folder);
    st = mien_json_parse(text, nbytes, path, out, err);
    mien_free(text);
    return st;
}

static mien_status check_needs(const struct kind *kind, const json_t *summary, const char *name,
                               mien_error *err)
{
    for (size_t k = 0; k < NEEDS && kind->needs[k].key; k++) {
        const json_t *value = json_object_get(summary, kind->needs[k].key);
        if (!value || json_typeof(value) != kind->needs[k].type)
            return mien_fail(err, MIEN_ERR_FORMAT,
                             "%.200s/summary.json has no '%s' that a page could show: let this "
                             "version of mien write the result again",
                             name, kind->needs[k].key);
    }
    return MIEN_OK;
}

/* ---------------------------------------------------------------- pictures */

/* `of_table`: the caption where a row is no image; NULL: the same. */
static const struct picture {
    const char *kind, *name, *alt, *caption, *of_table;
} pictures[] = {
    {"stability", "twins.png",
     "Components of the best run in a row, below each its twins from other runs",
     "A column a component: in the frame as the best run has it, below as other runs have it, the "
     "most similar first. A dark bar: that run finds the component.",
     NULL},
    {"stability", "spread.png",
     "For each component the standard deviation over the runs, place by place",
     "Dark pixels are those on which the runs do not agree.",
     "Dark variables are those on which the runs do not agree."},
    {"transform", "residual.png",
     "The worst images, what the model makes of them, and what is missing",
     "The largest errors: as prepared, as the model rebuilds them, and what it misses.", NULL},
    {"transform", "reconstruction.png",
     "Upper row: some of the new images; lower row: what the model makes of them",
     "Some of the new images, as prepared, above their reconstructions.",
     "Some of the new rows, as prepared, above their reconstructions."},
};

static size_t big_endian(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

/* A PNG as the page shows it; null: none is there. NULL when memory is out. */
static json_t *picture_json(const char *folder, const struct picture *picture, bool is_table)
{
    enum { PICTURE_LIMIT = 64 * 1024 * 1024, HEAD = 24 };
    char path[MIEN_PATH_MAX + 32], *png;
    size_t nbytes;
    snprintf(path, sizeof path, "%s/%s", folder, picture->name);
    mien_status st = mien_file_read(path, PICTURE_LIMIT, &png, &nbytes, NULL);
    if (st)
        return st == MIEN_ERR_NOMEM ? NULL : json_null();
    if (nbytes <= HEAD || memcmp(png, "\x89PNG\r\n\x1a\n", 8) != 0) {
        mien_free(png);
        return json_null();
    }
    mien_text source = {0};
    json_t *o = NULL;
    mien_text_add(&source, "data:image/png;base64,");
    mien_text_add_base64(&source, (const unsigned char *)png, nbytes);
    if (!source.failed)
        o = MIEN_JSON({"name", json_string(picture->name)}, {"alt", json_string(picture->alt)},
                      {"caption", json_string(is_table && picture->of_table ? picture->of_table
                                                                            : picture->caption)},
                      {"width", mien_json_size(big_endian(png + 16))},
                      {"height", mien_json_size(big_endian(png + 20))},
                      {"source", json_string(source.bytes)});
    mien_text_free(&source);
    mien_free(png);
    return o;
}

static json_t *pictures_json(const char *folder, const char *kind, const json_t *summary)
{
    const json_t *data = json_object_get(summary, "data");
    bool is_table = json_integer_value(json_object_get(data, "height")) == 1;
    json_t *list = json_array();
    for (size_t k = 0; k < COUNT(pictures); k++) {
        if (strcmp(pictures[k].kind, kind) != 0)
            continue;
        json_t *picture = picture_json(folder, &pictures[k], is_table);
        if (json_is_null(picture))
            json_decref(picture);
        else
            list = mien_json_append(list, picture);
    }
    return list;
}

/* ---------------------------------------------------------------- arrays */

/* Bytes with their shape, compressed; NULL when memory is out. */
static json_t *bytes_json(const uint8_t *bytes, const mien_npy *npy, bool is_signed)
{
    size_t used;
    unsigned char *packed = mien_deflate(bytes, npy->count, MIEN_EFFORT_SMALL, &used);
    json_t *shape = json_array(), *o = NULL;
    mien_text text = {0};
    for (unsigned d = 0; d < npy->n_dims; d++)
        shape = mien_json_append(shape, mien_json_size(npy->dims[d]));
    if (packed)
        mien_text_add_base64(&text, packed, used);
    if (text.bytes && !text.failed)
        o = MIEN_JSON({"shape", shape}, {"signed", json_boolean(is_signed)},
                      {"data", json_string(text.bytes)});
    else
        json_decref(shape);
    mien_text_free(&text);
    mien_free(packed);
    return o;
}

/* Each row of floats in the whole range of a byte: 0 .. 255, with signs 128 +- 127. */
static void scale_rows(const mien_npy *npy, bool is_signed, uint8_t *to)
{
    const float *from = npy->values;
    size_t p = npy->count / npy->dims[0];
    for (size_t k = 0; k < npy->dims[0]; k++, from += p, to += p) {
        float size = 0;
        for (size_t j = 0; j < p; j++)
            size = isfinite(from[j]) ? fmaxf(size, fabsf(from[j])) : size;
        for (size_t j = 0; j < p; j++) {
            float value = size > 0 && isfinite(from[j]) ? from[j] / size : 0;
            to[j] = (uint8_t)lroundf(is_signed ? 128 + 127 * value : 255 * fmaxf(value, 0));
        }
    }
}

/* An array of the folder; null when there is none, or one of another kind. NULL: memory is out. */
static json_t *array_json(const char *folder, const char *name, unsigned least_dims, bool is_signed)
{
    enum { MOST = 16 * 1024 * 1024 }; /* values: more would make the page slow to open */
    char path[MIEN_PATH_MAX + 64];
    mien_npy npy;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    mien_status st = mien_npy_read(path, &npy, NULL);
    if (st)
        return st == MIEN_ERR_NOMEM ? NULL : json_null();
    json_t *o = json_null();
    if (npy.n_dims >= least_dims && npy.count <= MOST && npy.type == MIEN_U8) {
        o = bytes_json(npy.values, &npy, is_signed);
    } else if (npy.n_dims >= least_dims && npy.count <= MOST && npy.type == MIEN_F32) {
        uint8_t *bytes = mien_alloc_array(npy.count, 1);
        if (bytes)
            scale_rows(&npy, is_signed, bytes);
        o = bytes ? bytes_json(bytes, &npy, is_signed) : NULL;
        mien_free(bytes);
    }
    mien_npy_free(&npy);
    return o;
}

/* ---------------------------------------------------------------- a study */

/* The basis of the best run, and the consensus of images. */
static json_t *add_arrays(json_t *study, const char *folder, const json_t *summary)
{
    const mien_method *method = mien_method_find(mien_json_words(summary, "method"));
    char name[64] = "";
    if (method)
        snprintf(name, sizeof name, "%s/basis.npy", mien_method_describe(method)->name);
    bool is_signed = method && mien_method_describe(method)->traits & MIEN_SIGNED;
    return mien_json_more(study,
                          MIEN_MEMBERS({"basis", array_json(folder, name, 3, is_signed)},
                                       {"matrix", array_json(folder, "consensus.npy", 2, false)}));
}

mien_status mien_study_read(const char *folder, const char *name, json_t *summary, json_t **out,
                            mien_error *err)
{
    static const char *const of_the_folder[] = {"files", "rejected", "skipped", "losses"};
    const struct kind *kind = find_kind(summary);
    if (!kind)
        return mien_fail(err, MIEN_ERR_FORMAT, "%.200s holds no study", name);
    mien_status st = check_needs(kind, summary, name, err);
    if (st)
        return st;
    const char *title = mien_json_words(summary, "title");
    json_t *said = json_copy(summary);
    for (size_t k = 0; k < COUNT(of_the_folder) && said; k++)
        json_object_del(said, of_the_folder[k]);
    json_t *study = MIEN_JSON(
        {"kind", json_string(kind->name)}, {"title", mien_json_text(*title ? title : kind->title)},
        {"summary", said}, {"pictures", pictures_json(folder, kind->name, summary)});
    study = mien_json_path(study, "folder", name);
    if (strcmp(kind->name, "stability") == 0)
        study = add_arrays(study, folder, summary);
    *out = study;
    return study ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
}

void mien_study_page_write(mien_output *out)
{
    char folder[MIEN_PATH_MAX];
    json_t *summary = NULL, *study = NULL;
    if (!out->status)
        out->status = mien_outdir_path(out->dir, "", folder, sizeof folder, out->err);
    if (!out->status)
        out->status = mien_summary_read(folder, &summary, out->err);
    if (!out->status)
        out->status =
            mien_study_read(folder, mien_outdir_final(out->dir), summary, &study, out->err);
    if (!out->status) {
        mien_page page = {.kind = mien_study_kind(summary), .summary = summary};
        page.studies = mien_json_append(json_array(), study);
        if (page.studies)
            mien_page_write(out, &page);
        else
            mien_output_fail(out, MIEN_ERR_NOMEM);
        json_decref(page.studies);
    }
    json_decref(summary);
}
