/* make_faces.c - draws 400 small portraits, so that parts can be learned without photographs.
 *
 * SPDX-License-Identifier: MIT
 *
 *   make_faces ASSETS
 *
 * writes ASSETS/faces/face000.pgm .. face399.pgm (48 x 48, 8 bit grey), and ASSETS/faces.csv: what
 * was drawn by lot, a row a face. Greys are 0 (black) to 1 (white), lengths pixels; what a face
 * does not wear has no grey.
 *
 * How they are drawn stands in src/live/faces.c. The bytes are the same on every machine. */
#define _POSIX_C_SOURCE 200809L /* mkdir, stat */

#include "live/faces.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096 };

/* ---- files -------------------------------------------------------------------------------- */

static bool make_folder(const char *path)
{
    struct stat info;

    if (mkdir(path, 0777) == 0)
        return true;
    if (errno == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return true;
    fprintf(stderr, "%s: cannot make folder: %s\n", path, strerror(errno));
    return false;
}

static bool join(char path[PATH_SIZE], const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(path, PATH_SIZE, format, args);
    va_end(args);
    if (length >= 0 && length < PATH_SIZE)
        return true;
    fprintf(stderr, "assets: path too long\n");
    return false;
}

/* Closing is checked too: a full disk may show only there. */
static bool write_pgm(const char *path, const unsigned char pixels[MIEN_FACE_PIXELS])
{
    FILE *file = fopen(path, "wb");
    bool ok;

    if (!file) {
        fprintf(stderr, "%s: cannot create: %s\n", path, strerror(errno));
        return false;
    }
    ok = fprintf(file, "P5\n%d %d\n255\n", MIEN_FACE_SIDE, MIEN_FACE_SIDE) > 0 &&
         fwrite(pixels, 1, MIEN_FACE_PIXELS, file) == MIEN_FACE_PIXELS;
    ok = (fclose(file) == 0) && ok;
    if (!ok)
        fprintf(stderr, "%s: cannot write: %s\n", path, strerror(errno));
    return ok;
}

static const char TRUTH_HEAD[] =
    "file,glasses,glasses_square,glasses_rim,glasses_grey,glasses_tint,glasses_glare,"
    "beard,moustache,beard_grey,beard_density,hair,hair_grey,hair_volume,light,light_strength,"
    "skin,smile,mouth_opening,mouth_teeth,mouth_width,lip,brows_darkness,brows_thickness,brows_y,"
    "eyes,eyes_width,gaze,iris_grey,socket,nose_width,nose_tip,nose_shadow,ears_out,jaw,"
    "head_width,chin,collar,clothes_grey,background_grey,pose_x,pose_y\n";

/* ",0.1234", or "," alone for what is not there. */
static bool put_number(FILE *file, bool there, double value)
{
    return there ? fprintf(file, ",%.4f", value) > 0 : fputc(',', file) != EOF;
}

static bool put_numbers(FILE *file, int count, const double values[])
{
    bool ok = true;

    for (int i = 0; i < count; i++)
        ok = put_number(file, true, values[i]) && ok;
    return ok;
}

/* A moustache may come with a goatee, see paint_beard(). */
static const char *moustache_word(const mien_face *f)
{
    switch (f->beard.style) {
    case BEARD_MOUSTACHE:
        return "plain";
    case BEARD_WALRUS:
        return "walrus";
    case BEARD_GOATEE:
        return f->beard.size > 0.0 ? "with_goatee" : "none";
    case BEARD_NONE:
    case BEARD_STUBBLE:
    case BEARD_FULL:
    default:
        return "none";
    }
}

static bool put_truth(FILE *file, const mien_face *f, int number)
{
    static const char *const hair[N_HAIR_STYLES] = {"bald",     "crop",        "parted", "fringe",
                                                    "long",     "long_fringe", "bob",    "curls",
                                                    "receding", "bun"};
    static const char *const beard[N_BEARD_STYLES] = {"none",   "stubble", "full",
                                                      "goatee", "none",    "none"};
    static const char *const collar[N_COLLAR_STYLES] = {"round", "shirt", "tie", "high"};
    const char *light = f->light.x < 0.0 ? "left" : f->light.x > 0.0 ? "right" : "top";
    bool worn = f->glasses.worn, bearded = f->beard.style != BEARD_NONE;
    bool ok = fprintf(file, "face%03d.pgm,%d,", number, worn) > 0;

    if (worn)
        ok = fprintf(file, "%d", f->glasses.square) > 0 && ok;
    ok = put_number(file, worn, f->glasses.rim) && ok;
    ok = put_number(file, worn, f->glasses.grey) && ok;
    ok = put_number(file, worn, f->glasses.tint) && ok;
    ok = put_number(file, worn, f->glasses.glare) && ok;
    ok = fprintf(file, ",%s,%s", beard[f->beard.style], moustache_word(f)) > 0 && ok;
    ok = put_number(file, bearded, f->beard.grey) && ok;
    ok = put_number(file, bearded, f->beard.density) && ok;
    ok = fprintf(file, ",%s", hair[f->hair.style]) > 0 && ok;
    ok = put_number(file, f->hair.style != HAIR_BALD, f->hair.grey) && ok;
    ok = put_number(file, f->hair.style != HAIR_BALD, f->hair.volume) && ok;
    ok = fprintf(file, ",%s", light) > 0 && ok;
    ok = put_numbers(file, 4,
                     (double[]){f->light.strength, f->skin, f->mouth.smile, f->mouth.opening}) &&
         ok;
    ok = fprintf(file, ",%d", f->mouth.opening > 0.0 && f->mouth.teeth) > 0 && ok;
    ok = put_numbers(file, 5,
                     (double[]){f->mouth.half_width, f->mouth.lip, f->brows.darkness,
                                f->brows.thickness, f->brows.y}) &&
         ok;
    ok = fprintf(file, ",%s", f->eyes.opening < 0.5 ? "closed" : "open") > 0 && ok;
    ok = put_numbers(file, 11,
                     (double[]){f->eyes.half_width, f->eyes.gaze, f->eyes.iris_grey, f->eyes.socket,
                                f->nose.half_width, f->nose.tip, f->nose.shadow, f->ears.out,
                                f->head.jaw, f->head.half_width, f->head.chin}) &&
         ok;
    ok = fprintf(file, ",%s", collar[f->clothes.style]) > 0 && ok;
    ok = put_numbers(file, 4,
                     (double[]){f->clothes.grey, f->background.grey, f->pose.x, f->pose.y}) &&
         ok;
    return fputc('\n', file) != EOF && ok;
}

int main(int argc, char **argv)
{
    static unsigned char pixels[MIEN_FACE_PIXELS];
    char path[PATH_SIZE], truth_path[PATH_SIZE];
    FILE *truth;
    bool ok;

    if (argc != 2) {
        fprintf(stderr, "usage: make_faces ASSETS\n");
        return 1;
    }
    if (!make_folder(argv[1]) || !join(path, "%s/faces", argv[1]) || !make_folder(path) ||
        !join(truth_path, "%s/faces.csv", argv[1]))
        return 1;
    truth = fopen(truth_path, "wb");
    if (!truth) {
        fprintf(stderr, "%s: cannot create: %s\n", truth_path, strerror(errno));
        return 1;
    }
    ok = fputs(TRUTH_HEAD, truth) != EOF;
    for (int number = 0; number < MIEN_FACES; number++) {
        mien_face f;

        mien_face_draw_lots(&f, number);
        mien_face_render(&f, pixels);
        if (!join(path, "%s/faces/face%03d.pgm", argv[1], number) || !write_pgm(path, pixels))
            return 1;
        ok = put_truth(truth, &f, number) && ok;
    }
    ok = (fclose(truth) == 0) && ok;
    if (!ok)
        fprintf(stderr, "%s: cannot write: %s\n", truth_path, strerror(errno));
    return ok ? 0 : 1;
}
