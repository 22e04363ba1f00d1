/* cone_report.c - the cone of the data and NMF's basis vectors: in words, as pictures, as JSON.
 * SPDX-License-Identifier: MIT
 *
 * What is said follows from what was measured: that NMF is not unique is said only when three
 * starts have ended at loss 0 in different places. */
#include "base/disk/files.h"
#include "base/disk/outdir.h"
#include "base/status.h"
#include "base/text.h"
#include "figures/cone_picture.h"
#include "report/studies.h"
#include "report/summary.h"
#include "study/cone.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double DEGREES = 57.295779513082320877;

/* Less room than this between an axis and the data, in degrees, is no room; directions that are
 * nearer to each other are not called different. */
static const double ROOM = 0.5, DIFFERENT = 1;

enum { STDOUT_WIDTH = 92 };

typedef struct wording {
    mien_cone_words words;
    char axes[2][96], keys[2][96], starts[MIEN_CONE_STARTS][96];
    mien_text paragraph;
} wording;

/* ---------------------------------------------------------------- words */

static double room(const mien_cone *cone, size_t side)
{
    return DEGREES * (side ? cone->edges[1] - cone->rays[1] : cone->rays[0] - cone->edges[0]);
}

/* The smallest distance between two of the starts, in degrees. */
static double distance(const mien_cone *cone)
{
    double nearest = INFINITY;
    for (size_t a = 0; a < MIEN_CONE_STARTS; a++)
        for (size_t b = 0; b < a; b++)
            nearest = fmin(nearest, hypot(cone->starts[a].basis[0] - cone->starts[b].basis[0],
                                          cone->starts[a].basis[1] - cone->starts[b].basis[1]));
    return DEGREES * nearest;
}

static void find_losses(const mien_cone *cone, double *min, double *max)
{
    *min = INFINITY;
    *max = 0;
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++) {
        *min = fmin(*min, cone->starts[k].loss);
        *max = fmax(*max, cone->starts[k].loss);
    }
}

static const char *title_of(const mien_cone *cone)
{
    if (cone->plane)
        return "NMF with two basis images, seen in the plane of two singular vectors";
    if (room(cone, 0) < ROOM && room(cone, 1) < ROOM)
        return "Data that reach both axes leave NMF no choice";
    if (cone->exact && distance(cone) >= DIFFERENT)
        return "NMF is not unique: three starts, three answers, the same loss";
    return "NMF with two basis vectors, and where they may lie";
}

static void name_axes(const mien_cone *cone, const char *input, mien_shape shape, wording *out)
{
    for (size_t c = 0; c < 2; c++) {
        size_t pixel = cone->pixels[c], at = shape.channels ? pixel / shape.channels : pixel;
        char *name = out->axes[c];
        if (cone->plane)
            snprintf(name, sizeof *out->axes, "along singular vector %zu", c + 1);
        else if (!input)
            snprintf(name, sizeof *out->axes, "pixel %zu", c + 1);
        else if (shape.height <= 1 || shape.width == 0)
            snprintf(name, sizeof *out->axes, "column %zu", pixel + 1);
        else
            snprintf(name, sizeof *out->axes, "pixel %zu (row %zu, column %zu)", pixel + 1,
                     at / shape.width + 1, at % shape.width + 1);
        out->words.axes[c] = name;
    }
}

/* Grouped digits while the key has room for them. */
static void name_loss(double loss, char *text, size_t size)
{
    if (loss < 1e7)
        mien_number_words(loss, text, size);
    else
        mien_format(text, size, "%.4e", loss);
}

static void name_keys(const mien_cone *cone, wording *out)
{
    mien_format(out->keys[0], sizeof *out->keys, "cone of the data: %.1f\u00b0 to %.1f\u00b0",
                DEGREES * cone->rays[0], DEGREES * cone->rays[1]);
    snprintf(out->keys[1], sizeof *out->keys,
             cone->plane ? "basis vectors, were r = 2 exact"
                         : "where the two basis vectors may lie");
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++) {
        const struct mien_cone_start *start = &cone->starts[k];
        char loss[32];
        if (cone->exact)
            mien_format(loss, sizeof loss, "%.0e", start->loss);
        else
            name_loss(start->loss, loss, sizeof loss);
        mien_format(out->starts[k], sizeof *out->starts,
                    "seed %llu: %.1f\u00b0, %.1f\u00b0, loss %s", (unsigned long long)start->seed,
                    DEGREES * start->basis[0], DEGREES * start->basis[1], loss);
        out->words.starts[k] = out->starts[k];
    }
    out->words.keys[0] = out->keys[0];
    out->words.keys[1] = out->keys[1];
}

static void explain_room(const mien_cone *cone, mien_text *text)
{
    bool tight[2] = {room(cone, 0) < ROOM, room(cone, 1) < ROOM};
    if (tight[0] && tight[1]) {
        mien_text_add(text,
                      "Here the data reach both axes, so there is nothing in between: the answer "
                      "is unique. Zeros in the data are what takes NMF's freedom away (Donoho & "
                      "Stodden 2003; ESL p. 556).");
        return;
    }
    mien_text_add(text, tight[0] || tight[1]
                            ? "The data reach one axis and leave no room there; on the other side "
                              "any direction in between will do. "
                            : "In between any direction will do. ");
    if (cone->exact && distance(cone) >= DIFFERENT)
        mien_text_add(text,
                      "NMF (r = 2, Kullback-Leibler) from three starts ended at three pairs, "
                      "and each has loss 0, to 1e-8 of the data's sum. The factorization "
                      "is not unique; it would be if the data reached both axes (Donoho & Stodden "
                      "2003; ESL p. 556).");
    else if (cone->exact)
        mien_text_add(text, "NMF (r = 2, Kullback-Leibler) from three starts ended at loss 0, to "
                            "1e-8 of the data's sum (Donoho & Stodden 2003; ESL p. 556).");
}

static void explain_quadrant(const mien_cone *cone, mien_text *text)
{
    mien_text_add(text, "Every point is a sum of two basis vectors with weights that are not "
                        "negative: so the two must enclose the cone of the data. Basis images are "
                        "not negative either: so the two cannot leave the quadrant. ");
    if (cone->rays[1] - cone->rays[0] < 1e-6)
        mien_text_add(text, "All points lie on one ray, which one vector of its direction would "
                            "reproduce alone. ");
    explain_room(cone, text);
    double outside = 0;
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++)
        outside = fmax(outside, DEGREES * mien_cone_outside(cone, k));
    if (!cone->exact)
        mien_text_printf(text,
                         "NMF (r = 2, Kullback-Leibler) had not reached loss 0 when it ended; its "
                         "basis vectors are up to %.2g\u00b0 beside the regions.",
                         outside);
}

static void explain_plane(const mien_cone *cone, mien_text *text)
{
    double min, max, turned = 0;
    find_losses(cone, &min, &max);
    for (size_t k = 1; k < MIEN_CONE_STARTS; k++)
        for (size_t b = 0; b < 2; b++)
            turned = fmax(turned, fabs(cone->starts[k].basis[b] - cone->starts[0].basis[b]));
    mien_text_printf(text,
                     "The plane holds %.1f %% of the data's sum of squares; a point is an image's "
                     "projection. Dashed: the edges of the projection of all that is not negative. "
                     "Were X = WH exact, the two basis vectors would project between an edge and "
                     "the cone of the data. That is necessary; unlike in two dimensions it is not "
                     "sufficient. NMF (r = 2, Kullback-Leibler) learned all pixels, and its basis "
                     "images are projected. Its loss is not 0, so points outside of their cone are "
                     "not reproduced exactly. ",
                     100 * cone->explained);
    if (max - min <= 1e-6 * cone->total)
        mien_text_add(text, "The three losses agree to a millionth of the sum of X");
    else
        mien_text_printf(text, "The three losses differ by %.2g %%",
                         min > 0 ? 100 * (max - min) / min : 0);
    mien_text_printf(text, "; the directions differ by up to %.1f\u00b0.", DEGREES * turned);
}

static void find_words(const mien_cone *cone, const char *input, mien_shape shape, wording *out)
{
    name_axes(cone, input, shape, out);
    name_keys(cone, out);
    out->words.title = title_of(cone);
    if (cone->plane)
        explain_plane(cone, &out->paragraph);
    else
        explain_quadrant(cone, &out->paragraph);
    double min, max;
    find_losses(cone, &min, &max);
    bool alike = max - min <= MIEN_CONE_ZERO * cone->total;
    mien_text_printf(&out->paragraph, " Of %zu starts these are the three %s.", cone->n_tried,
                     alike ? "that differ most" : "of least loss");
    out->words.paragraph = out->paragraph.bytes;
}

/* ---------------------------------------------------------------- for a terminal */

static void add_paragraph(mien_text *out, const char *text)
{
    for (size_t column = 0, length; *text; text += length + strspn(text + length, " ")) {
        length = strcspn(text, " ");
        mien_text_add_wrapped(out, &column, STDOUT_WIDTH, text, length);
    }
    mien_text_add(out, "\n");
}

static void tell(const mien_cone *cone, const wording *w, mien_text *out)
{
    mien_text_printf(out, "%s\n\naxes       %s; %s\npoints     %zu", w->words.title, w->axes[0],
                     w->axes[1], cone->n);
    if (cone->n_zero)
        mien_text_printf(out, ", %zu of them 0", cone->n_zero);
    mien_text_printf(out, "\ncone       %.2f\u00b0 to %.2f\u00b0\nregions    ",
                     DEGREES * cone->rays[0], DEGREES * cone->rays[1]);
    mien_text_printf(out, "%.2f\u00b0 to %.2f\u00b0 and %.2f\u00b0 to %.2f\u00b0\n\n",
                     DEGREES * cone->edges[0], DEGREES * cone->rays[0], DEGREES * cone->rays[1],
                     DEGREES * cone->edges[1]);
    mien_text_add(out, "seed       basis vectors at        loss   share of the sum of X\n");
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++) {
        const struct mien_cone_start *s = &cone->starts[k];
        mien_text_printf(out, "%-8llu %9.2f\u00b0 %9.2f\u00b0 %12.6g %22.2g\n",
                         (unsigned long long)s->seed, DEGREES * s->basis[0], DEGREES * s->basis[1],
                         s->loss, s->loss / cone->total);
    }
    mien_text_add(out, "\n");
    add_paragraph(out, w->words.paragraph);
}

/* ---------------------------------------------------------------- files */

static json_t *pair_json(const double pair[2], double scale)
{
    return mien_json_append(mien_json_append(json_array(), mien_json_real(scale * pair[0])),
                            mien_json_real(scale * pair[1]));
}

static json_t *starts_json(const mien_cone *cone)
{
    json_t *list = json_array();
    for (size_t k = 0; k < MIEN_CONE_STARTS; k++) {
        const struct mien_cone_start *s = &cone->starts[k];
        list = mien_json_append(
            list,
            MIEN_JSON({"seed", mien_json_seed(s->seed)},
                      {"basis_degrees", pair_json(s->basis, DEGREES)},
                      {"loss", mien_json_real(s->loss)},
                      {"outside_degrees", mien_json_real(DEGREES * mien_cone_outside(cone, k))},
                      {"iterations", mien_json_size(s->iterations)}));
    }
    return list;
}

/* The points of the picture, the outermost two among them; of many an even sample. */
static json_t *points_json(const mien_cone *cone)
{
    enum { MOST = 2000 };
    size_t count = cone->n < MOST ? cone->n : MOST, ends[2] = {cone->n, cone->n};
    json_t *list = json_array();
    for (size_t i = 0; i < cone->n; i++)
        for (size_t side = 0; side < 2; side++) {
            const float *p = cone->points + 2 * i;
            double angle = atan2((double)p[1], (double)p[0]);
            if (ends[side] == cone->n && (p[0] != 0 || p[1] != 0) &&
                fabs(angle - cone->rays[side]) < 1e-9)
                ends[side] = i;
        }
    for (size_t at = 0; at < count + 2; at++) {
        size_t i =
            at < count ? at * (cone->n / count) + at * (cone->n % count) / count : ends[at - count];
        if (i == cone->n || (at >= count && count == cone->n))
            continue;
        const double point[2] = {(double)cone->points[2 * i], (double)cone->points[2 * i + 1]};
        list = mien_json_append(list, pair_json(point, 1));
    }
    return list;
}

static mien_status write_json(mien_outdir *dir, const mien_cone *cone, const char *command,
                              const char *input, const wording *w, mien_error *err)
{
    json_t *axes = mien_json_append(mien_json_append(json_array(), mien_json_text(w->axes[0])),
                                    mien_json_text(w->axes[1]));
    const double pixels[2] = {(double)cone->pixels[0] + 1, (double)cone->pixels[1] + 1};
    json_t *o = mien_summary_begin(command);
    if (input)
        o = mien_json_path(o, "input", input);
    o = mien_json_more(
        o, MIEN_MEMBERS(
               {"N", mien_json_size(cone->n)}, {"zeros", mien_json_size(cone->n_zero)},
               {"plane", json_boolean(cone->plane)},
               {"pixels", mien_json_if(!cone->plane, pair_json(pixels, 1))},
               {"edges_degrees", pair_json(cone->edges, DEGREES)},
               {"cone_degrees", pair_json(cone->rays, DEGREES)},
               {"held", mien_json_real(cone->explained)}, {"sum", mien_json_real(cone->total)},
               {"tried", mien_json_size(cone->n_tried)}, {"exact", json_boolean(cone->exact)},
               {"starts", starts_json(cone)}, {"points", points_json(cone)},
               {"no_room_degrees", mien_json_real(ROOM)}, {"title", mien_json_text(w->words.title)},
               {"axes", axes}, {"paragraph", mien_json_text(w->words.paragraph)}));
    return mien_json_write(o, dir, "summary.json", err);
}

mien_status mien_cone_write(mien_outdir *dir, const mien_cone *cone, const char *command,
                            const char *input, mien_shape shape, char **text, mien_error *err)
{
    wording w = {0};
    mien_text told = {0};
    find_words(cone, input, shape, &w);
    mien_status st = w.paragraph.failed ? mien_fail_plain(err, MIEN_ERR_NOMEM) : MIEN_OK;
    if (!st)
        tell(cone, &w, &told);
    if (!st && told.failed)
        st = mien_fail_plain(err, MIEN_ERR_NOMEM);
    if (!st)
        st = mien_cone_draw(dir, cone, &w.words, err);
    if (!st)
        st = write_json(dir, cone, command, input, &w, err);
    if (!st) {
        mien_output out = {.dir = dir, .folder = "", .err = err};
        mien_study_page_write(&out);
        st = out.status;
    }
    mien_text_free(&w.paragraph);
    if (st)
        mien_text_free(&told);
    else
        *text = told.bytes;
    return mien_outdir_told(dir, st, err);
}
