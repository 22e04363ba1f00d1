/* faces.c - small portraits, drawn by lot.
 * SPDX-License-Identifier: MIT
 *
 * Every part of a face (head, light, hair, brows, eyes, nose, mouth, beard, glasses, ears,
 * clothes, background) is drawn by lot from its own random stream and knows nothing of the
 * others. That independence is what a method for parts should find again. The faces are nearly
 * aligned: a part moves by about a pixel, as in a set of portraits aligned by the eyes.
 *
 * The bytes are the same on every machine. The arithmetic is + - * / sqrt and floor in double,
 * all rounded exactly by IEEE 754; there is no sin, exp or pow, which differ between C
 * libraries. Fusing a * b + c would round differently, so it is switched off: below for clang,
 * by -std=c11 (or -ffp-contract=off) for gcc, which does not know the pragma. */
#include "live/faces.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

enum { SUBSAMPLES = 3 }; /* per side of a pixel; edges are soft besides, see edge() */

/* ---- chance ------------------------------------------------------------------------------ */

/* One random stream for each part of each face: a change to one part leaves the others alone. */
enum stream {
    STREAM_POSE,
    STREAM_LIGHT,
    STREAM_HEAD,
    STREAM_SKIN,
    STREAM_HAIR,
    STREAM_BROWS,
    STREAM_EYES,
    STREAM_NOSE,
    STREAM_MOUTH,
    STREAM_BEARD,
    STREAM_GLASSES,
    STREAM_EARS,
    STREAM_CLOTHES,
    STREAM_BACKGROUND,
    N_STREAMS
};

typedef struct rng {
    uint64_t state;
} rng;

static const uint64_t SEED = 19991021; /* the day Lee & Seung's paper appeared in Nature */

/* SplitMix64 (Steele, Lea & Flood, OOPSLA 2014). */
static uint64_t rng_next(rng *g)
{
    uint64_t z = g->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static rng rng_open(int face, enum stream stream)
{
    rng g = {SEED + (uint64_t)face * N_STREAMS + (uint64_t)stream};

    g.state = rng_next(&g); /* neighbouring seeds must not give overlapping streams */
    return g;
}

static double rng_between(rng *g, double low, double high)
{
    return low + (high - low) * ((double)(rng_next(g) >> 11) / 9007199254740992.0);
}

static bool rng_chance(rng *g, double probability)
{
    return rng_between(g, 0.0, 1.0) < probability;
}

/* An index, drawn with the given weights in percent (they add up to 100). */
static int rng_pick(rng *g, int n, const int percent[])
{
    double left = rng_between(g, 0.0, 100.0);
    int i = 0;

    while (i < n - 1 && left >= percent[i])
        left -= percent[i++];
    return i;
}

/* ---- shapes: coverage in 0..1 ------------------------------------------------------------- */

static double clamp(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

static double mix(double from, double to, double share)
{
    return from + (to - from) * share;
}

/* Coverage by a shape whose border is `inside` pixels away (negative: outside); it rises over
 * `width` pixels. */
static double ramp(double inside, double width)
{
    double t = clamp(inside / width + 0.5, 0.0, 1.0);

    return t * t * (3.0 - 2.0 * t);
}

static double edge(double inside)
{
    return ramp(inside, 0.7);
}

static double ellipse(double x, double y, double rx, double ry)
{
    double q = (x / rx) * (x / rx) + (y / ry) * (y / ry);

    return edge((1.0 - sqrt(q)) * (rx < ry ? rx : ry));
}

/* A soft hill of height 1, zero from the ellipse outwards: for shadows and highlights. */
static double hill(double x, double y, double rx, double ry)
{
    double q = (x / rx) * (x / rx) + (y / ry) * (y / ry);

    return q >= 1.0 ? 0.0 : (1.0 - q) * (1.0 - q);
}

/* Inside distance of a rounded frame: power 2 gives an ellipse, power 4 a rounded rectangle. */
static double frame_inside(double x, double y, double rx, double ry, bool square)
{
    double qx = (x / rx) * (x / rx);
    double qy = (y / ry) * (y / ry);
    double q = square ? sqrt(sqrt(qx * qx + qy * qy)) : sqrt(qx + qy);

    return (1.0 - q) * (rx < ry ? rx : ry);
}

/* 0 at multiples of the period, 1 half way between. */
static double zigzag(double x, double period)
{
    double t = x / period;

    return 1.0 - fabs(2.0 * (t - floor(t)) - 1.0);
}

/* A stroke along the parabola y = bend * (1 - (x/w)^2) + tilt * x, |x| <= w, thinning towards
 * its ends. Negative bend arches upwards, as y grows downwards. */
static double stroke(double x, double y, double w, double bend, double tilt, double thickness)
{
    double t = x / w;
    double curve = bend * (1.0 - t * t) + tilt * x;
    double half = 0.5 * thickness * (1.0 - 0.6 * t * t);

    if (t < -1.2 || t > 1.2)
        return 0.0;
    return edge(half - fabs(y - curve)) * edge(w - fabs(x));
}

/* ---- the lots ----------------------------------------------------------------------------- */

static void draw_head_lots(mien_face *f, int number)
{
    static const struct {
        double x, y, z;
    } directions[] = {{-0.72, -0.35, 0.60}, {0.72, -0.35, 0.60}, {0.0, -0.66, 0.75}};
    static const int light_percent[] = {34, 33, 33};
    rng g = rng_open(number, STREAM_POSE);
    int direction;

    f->pose.x = rng_between(&g, -0.5, 0.5);
    f->pose.y = rng_between(&g, -0.5, 0.5);
    f->pose.scale = rng_between(&g, 1.04, 1.08);

    g = rng_open(number, STREAM_LIGHT);
    direction = rng_pick(&g, 3, light_percent);
    f->light.x = directions[direction].x;
    f->light.y = directions[direction].y;
    f->light.z = directions[direction].z;
    f->light.strength = rng_between(&g, 0.25, 0.95);
    f->light.ambient = 1.0 - 0.62 * f->light.strength;

    g = rng_open(number, STREAM_HEAD);
    f->head.half_width = rng_between(&g, 12.6, 15.2);
    f->head.middle = rng_between(&g, 19.5, 21.5);
    f->head.top = rng_between(&g, 5.5, 7.0);
    f->head.chin = rng_between(&g, 40.8, 43.4);
    f->head.jaw = rng_between(&g, 0.0, 0.9);
    f->head.taper = rng_between(&g, 0.0, 0.22);

    g = rng_open(number, STREAM_SKIN);
    f->skin = rng_between(&g, 0.42, 0.92);

    g = rng_open(number, STREAM_EARS);
    f->ears.rx = rng_between(&g, 1.5, 2.5);
    f->ears.ry = rng_between(&g, 2.8, 4.2);
    f->ears.y = rng_between(&g, 23.0, 25.0);
    f->ears.out = rng_between(&g, -0.2, 1.0);
}

static void draw_hair_lots(mien_face *f, int number)
{
    static const int hair_percent[N_HAIR_STYLES] = {9, 14, 13, 11, 12, 9, 9, 9, 7, 7};
    static const int beard_percent[N_BEARD_STYLES] = {73, 4, 8, 5, 5, 5};
    static const int shade_percent[] = {45, 30, 25};
    static const double shade_low[] = {0.05, 0.25, 0.60};
    static const double shade_high[] = {0.20, 0.50, 0.86};
    rng g = rng_open(number, STREAM_HAIR);
    int shade;

    f->hair.style = (enum hair_style)rng_pick(&g, N_HAIR_STYLES, hair_percent);
    shade = rng_pick(&g, 3, shade_percent);
    f->hair.grey = rng_between(&g, shade_low[shade], shade_high[shade]);
    f->hair.volume = rng_between(&g, 0.8, 2.6);
    f->hair.hairline = rng_between(&g, -1.2, 1.2);
    f->hair.length = rng_between(&g, -2.5, 2.5);
    f->hair.inner = rng_between(&g, -0.8, 1.2);
    f->hair.part = rng_chance(&g, 0.5) ? -1.0 : 1.0;
    f->hair.shine = rng_between(&g, 0.05, 0.30);
    f->hair.wave = rng_between(&g, 0.0, 1.0);

    g = rng_open(number, STREAM_BEARD);
    f->beard.style = (enum beard_style)rng_pick(&g, N_BEARD_STYLES, beard_percent);
    shade = rng_pick(&g, 3, shade_percent);
    f->beard.grey = rng_between(&g, shade_low[shade], shade_high[shade]);
    f->beard.density = rng_between(&g, 0.75, 1.0);
    f->beard.size = rng_between(&g, -1.0, 1.0);

    g = rng_open(number, STREAM_BROWS);
    f->brows.y = rng_between(&g, 16.2, 18.4);
    f->brows.half_width = rng_between(&g, 3.4, 4.8);
    f->brows.bend = rng_between(&g, -1.6, 0.1);
    f->brows.tilt = rng_between(&g, -0.16, 0.16);
    f->brows.thickness = rng_between(&g, 0.9, 2.6);
    f->brows.darkness = rng_between(&g, 0.15, 0.92);
}

static void draw_feature_lots(mien_face *f, int number)
{
    rng g = rng_open(number, STREAM_EYES);

    f->eyes.x = rng_between(&g, 6.2, 7.2);
    f->eyes.y = rng_between(&g, 21.6, 22.4);
    f->eyes.half_width = rng_between(&g, 2.8, 3.8);
    f->eyes.opening = rng_chance(&g, 0.06) ? 0.15 : rng_between(&g, 1.0, 2.1);
    f->eyes.iris = rng_between(&g, 1.3, 1.8);
    f->eyes.gaze = rng_chance(&g, 0.5) ? 0.0 : rng_between(&g, -1.4, 1.4);
    f->eyes.iris_grey = rng_between(&g, 0.08, 0.5);
    f->eyes.lid = rng_between(&g, 0.5, 1.1);
    f->eyes.socket = rng_between(&g, 0.0, 0.38);

    g = rng_open(number, STREAM_NOSE);
    f->nose.tip = rng_between(&g, 28.2, 30.8);
    f->nose.half_width = rng_between(&g, 2.0, 3.5);
    f->nose.ridge = rng_between(&g, 0.02, 0.20);
    f->nose.shadow = rng_between(&g, 0.12, 0.42);

    g = rng_open(number, STREAM_MOUTH);
    f->mouth.y = rng_between(&g, 34.4, 36.0);
    f->mouth.half_width = rng_between(&g, 3.9, 6.6);
    f->mouth.smile = rng_between(&g, -0.8, 2.2);
    f->mouth.opening = rng_chance(&g, 0.35) ? rng_between(&g, 1.2, 3.2) : 0.0;
    f->mouth.teeth = rng_chance(&g, 0.75);
    f->mouth.upper = rng_between(&g, 0.8, 1.6);
    f->mouth.lower = rng_between(&g, 0.9, 2.1);
    f->mouth.lip = rng_between(&g, 0.40, 0.86);
    f->mouth.folds = rng_chance(&g, 0.4) ? rng_between(&g, 0.1, 0.26) : 0.0;
}

static void draw_accessory_lots(mien_face *f, int number)
{
    static const int collar_percent[N_COLLAR_STYLES] = {35, 30, 20, 15};
    rng g = rng_open(number, STREAM_GLASSES);

    f->glasses.worn = rng_chance(&g, 0.26);
    f->glasses.square = rng_chance(&g, 0.5);
    f->glasses.rx = rng_between(&g, 4.6, 5.4);
    f->glasses.ry = rng_between(&g, 3.5, 4.6);
    f->glasses.rim = rng_chance(&g, 0.5) ? rng_between(&g, 0.5, 0.8) : rng_between(&g, 1.0, 1.5);
    f->glasses.grey =
        rng_chance(&g, 0.75) ? rng_between(&g, 0.04, 0.2) : rng_between(&g, 0.7, 0.95);
    f->glasses.tint = rng_chance(&g, 0.22) ? rng_between(&g, 0.7, 0.93) : 0.04;
    f->glasses.glare = rng_chance(&g, 0.6) ? rng_between(&g, 0.15, 0.6) : 0.0;

    g = rng_open(number, STREAM_CLOTHES);
    f->clothes.style = (enum collar_style)rng_pick(&g, N_COLLAR_STYLES, collar_percent);
    f->clothes.grey = rng_between(&g, 0.08, 0.9);
    f->clothes.shirt = rng_between(&g, 0.7, 0.98);
    f->clothes.neck = rng_between(&g, 6.0, 8.4);
    f->clothes.shoulder = rng_between(&g, 42.6, 44.2);

    g = rng_open(number, STREAM_BACKGROUND);
    f->background.grey = rng_between(&g, 0.28, 0.40);
    f->background.slope_x = rng_between(&g, -0.04, 0.04);
    f->background.slope_y = rng_between(&g, -0.05, 0.05);
}

/* ---- painting: each layer takes the grey below it and gives the grey with it --------------- */

/* The head's outline as a radius: below 1 inside. */
static double head_radius(const mien_face *f, double x, double y)
{
    double a = f->head.half_width;
    double t;

    if (y < f->head.middle) {
        t = (f->head.middle - y) / (f->head.middle - f->head.top);
        return sqrt((x / a) * (x / a) + t * t);
    }
    t = (y - f->head.middle) / (f->head.chin - f->head.middle);
    a *= 1.0 - f->head.taper * (t < 1.2 ? t : 1.2);
    return sqrt((x / a) * (x / a) + mix(t * t, t * t * t * t, f->head.jaw));
}

static double head_cover(const mien_face *f, double x, double y)
{
    return edge((1.0 - head_radius(f, x, y)) * f->head.half_width);
}

/* How much light a surface facing (nx, ny) gets, about 0.4 .. 1.1. */
static double lit(const mien_face *f, double nx, double ny)
{
    double nz = sqrt(clamp(1.0 - nx * nx - ny * ny, 0.04, 1.0));
    double facing = clamp(nx * f->light.x + ny * f->light.y + nz * f->light.z, 0.0, 1.0);

    return f->light.ambient + 0.72 * f->light.strength * facing;
}

static double paint_background(const mien_face *f, double x, double y)
{
    return f->background.grey + f->background.slope_x * x / 24.0 +
           f->background.slope_y * (y - 24.0) / 24.0;
}

static double paint_body(const mien_face *f, double below, double x, double y)
{
    double away = fabs(x);
    double neck = edge(f->clothes.neck - away) * edge(y - 34.0);
    double skin = f->skin * lit(f, 0.9 * x / f->clothes.neck, 0.2);
    double chin_shadow = 1.0 - 0.42 * ramp(f->head.chin + 3.0 - y, 4.0);
    double shoulder_y = f->clothes.shoulder + 0.014 * (away - 6.0) * (away - 6.0);
    double cloth = edge(y - shoulder_y) * edge(away - 0.55 * f->clothes.neck - (48.0 - y) * 0.45);
    double v = mix(below, skin * chin_shadow, neck);

    if (f->clothes.style == COLLAR_HIGH)
        cloth = edge(y - shoulder_y + 1.5) * edge(y - 42.5);
    v = mix(v, f->clothes.grey * lit(f, x / 26.0, -0.4), cloth);
    if (f->clothes.style == COLLAR_SHIRT || f->clothes.style == COLLAR_TIE) {
        double lean = f->clothes.neck - 0.5 + (y - 44.0) * -0.55;
        double collar = edge(2.0 - fabs(away - lean)) * edge(y - shoulder_y + 1.2);
        v = mix(v, f->clothes.shirt, collar);
    }
    if (f->clothes.style == COLLAR_TIE)
        v = mix(v, 0.15, edge(1.8 + 0.2 * (y - 46.0) - away) * edge(y - 45.0));
    return v;
}

static double paint_ears(const mien_face *f, double below, double x, double y)
{
    double away = fabs(x) - f->head.half_width - f->ears.out;
    double tall = y - f->ears.y;
    double side = x < 0.0 ? -0.6 : 0.6;
    double v =
        mix(below, 0.94 * f->skin * lit(f, side, 0.0), ellipse(away, tall, f->ears.rx, f->ears.ry));

    return v * (1.0 - 0.35 * hill(away, tall, 0.75 * f->ears.rx, 0.7 * f->ears.ry));
}

static double paint_head(const mien_face *f, double below, double x, double y)
{
    double cover = head_cover(f, x, y);
    double mid = 0.5 * (f->head.top + f->head.chin);
    double nx = 0.92 * x / f->head.half_width;
    double ny = 0.85 * (y - mid) / (f->head.chin - mid);
    double v;

    if (cover <= 0.0)
        return below;
    v = f->skin * lit(f, nx, ny);
    v *= 1.0 + 0.10 * hill(fabs(x) - 7.5, y - 28.5, 5.0, 4.5);   /* cheeks */
    v *= 1.0 + 0.08 * hill(x, y - 12.0, 9.0, 5.0);               /* forehead */
    v *= 1.0 + 0.07 * hill(x, y - f->head.chin + 3.0, 4.0, 2.5); /* chin */
    v *= 1.0 - 0.16 * hill(x, y - f->mouth.y - 2.9, 4.5, 1.6);   /* under the lip */
    v *= 1.0 - f->mouth.folds * hill(fabs(x) - 5.6 - 0.30 * (y - 31.0), y - 31.5, 1.2, 4.5);
    return mix(below, v, cover);
}

static double paint_nose(const mien_face *f, double v, double x, double y)
{
    double tip = f->nose.tip;
    double w = f->nose.half_width;
    double along = clamp((y - 19.0) / (tip - 19.0), 0.0, 1.0);
    double flank = 1.0 + (0.75 * w - 1.0) * along;
    double dark_side = f->light.x > 0.0 ? -x : x;
    double side_depth = f->light.x == 0.0 ? 0.4 : 1.0;

    v *= 1.0 + f->nose.ridge * hill(x, y - mix(19.0, tip, 0.55), 1.5, 0.55 * (tip - 17.0));
    v *= 1.0 + 1.3 * f->nose.ridge * hill(x, y - tip + 0.6, 2.0, 1.8);
    v *= 1.0 - side_depth * f->nose.shadow *
                   hill(dark_side - flank - 0.9, y - mix(19.0, tip, 0.6), 1.9, 0.5 * (tip - 16.0));
    if (f->light.x == 0.0)
        v *= 1.0 - 0.4 * f->nose.shadow *
                       hill(dark_side + flank + 0.9, y - mix(19.0, tip, 0.6), 1.9, 6.5);
    v *= 1.0 - (0.15 + 0.6 * f->nose.shadow) * hill(x, y - tip - 1.9, w + 1.2, 1.5);
    v *= 1.0 - 0.30 * hill(fabs(x) - w - 0.3, y - tip + 0.2, 0.9, 1.7);            /* wings */
    return v * (1.0 - 0.60 * hill(fabs(x) - 0.58 * w, y - tip - 1.1, 1.25, 0.95)); /* nostrils */
}

static double paint_beard(const mien_face *f, double v, double x, double y)
{
    double size = f->beard.size;
    double hair = f->beard.grey * (0.72 + 0.4 * lit(f, 0.8 * x / 14.0, 0.2) - 0.1);
    double away = fabs(x);
    double lip = y - f->mouth.y + 2.6; /* from the middle of the upper lip's skin */
    double moustache = stroke(x, lip + 0.3, 6.0 + size, -1.0, 0.0, 2.2);
    double cover = 0.0;

    switch (f->beard.style) {
    case BEARD_STUBBLE:
    case BEARD_FULL: {
        double line = 33.0 - 0.085 * (away - 4.0) * (away - 4.0) * (away > 4.0 ? 1.0 : 0.0) - size;
        cover = ramp(y - line, 2.4) * edge((1.05 - head_radius(f, x, 0.97 * y)) * 14.0);
        cover *= 1.0 - hill(x, y - f->mouth.y - 0.6, f->mouth.half_width + 1.0, 2.6);
        if (f->beard.style == BEARD_STUBBLE)
            cover *= 0.38;
        break;
    }
    case BEARD_GOATEE:
        cover = ellipse(x, y - f->head.chin + 1.4, 4.6 + size, 3.4);
        if (size > 0.0 && moustache > cover)
            cover = moustache;
        break;
    case BEARD_MOUSTACHE:
        cover = stroke(x, lip, 5.2 + size, -0.8, 0.0, 1.7 + 0.3 * size);
        break;
    case BEARD_WALRUS:
        cover = stroke(x, lip - 0.4, 7.0 + size, -1.9, 0.0, 3.6 + 0.5 * size);
        break;
    case BEARD_NONE:
    default:
        return v;
    }
    return mix(v, hair, cover * f->beard.density);
}

static double paint_mouth(const mien_face *f, double v, double x, double y)
{
    double w = f->mouth.half_width;
    double t = clamp(x / w, -1.0, 1.0);
    double arch = 1.0 - t * t;
    double middle = f->mouth.y + f->mouth.smile * (arch - 0.5); /* where the lips meet */
    double half_gap = 0.5 * f->mouth.opening * arch;
    double cupid = 1.0 - 0.35 * hill(x, 0.0, 1.3, 1.0); /* the notch of the upper lip */
    double above = middle - half_gap - y;
    double under = y - middle - half_gap;
    double ends = edge(w - fabs(x));
    double lip = f->skin * f->mouth.lip * lit(f, 0.8 * x / 14.0, 0.45);
    double upper = edge(above + 0.2) * edge(f->mouth.upper * sqrt(arch) * cupid - above);
    double lower = edge(under + 0.2) * edge(f->mouth.lower * sqrt(arch) - under);
    double gap = edge(half_gap - fabs(y - middle));

    v = mix(v, 0.86 * lip, ends * upper);
    v = mix(v, lip * (1.0 + 0.22 * hill(x, under - 0.5 * f->mouth.lower, 0.6 * w, 0.8)),
            ends * lower);
    if (f->mouth.opening > 0.0) {
        double teeth = f->mouth.teeth ? edge(middle + 0.15 * half_gap - y) : 0.0;
        double shade = 1.0 - 0.5 * t * t; /* the corners of the mouth lie deeper */
        return mix(v, mix(0.10, 0.92, teeth * shade) * shade, edge(w - 0.7 - fabs(x)) * gap);
    }
    return v * (1.0 - 0.62 * stroke(x, y - middle + f->mouth.smile * (arch - 0.5), w + 0.4,
                                    f->mouth.smile, 0.0, 1.1));
}

static double paint_eye(const mien_face *f, double v, double x, double y)
{
    double side = x < 0.0 ? -1.0 : 1.0;
    double u = x - side * f->eyes.x; /* from the eye's middle */
    double h = y - f->eyes.y;
    double w = f->eyes.half_width;
    double t = clamp(u / w, -1.0, 1.0);
    double arch = 1.0 - t * t;
    double top = -f->eyes.opening * arch;
    double bottom = 0.62 * f->eyes.opening * arch;
    double open = edge(h - top) * edge(bottom - h) * edge(w - fabs(u));
    double iris_x = u - f->eyes.gaze;
    double ball;

    v *= 1.0 - f->eyes.socket * hill(u, h + 0.6, 5.2, 4.4);
    v *= 1.0 - 0.6 * f->eyes.socket * hill(u + side * 2.2, h + 1.5, 3.0, 3.0);
    v *= 1.0 - 0.14 * hill(u, h - 2.9, 4.0, 1.1); /* fold below */
    ball = 0.93 * (1.0 - 0.22 * t * t) * (0.55 + 0.45 * lit(f, 0.5 * x / 14.0, -0.1));
    ball = mix(ball, f->eyes.iris_grey, ellipse(iris_x, h + 0.2, f->eyes.iris, f->eyes.iris));
    ball = mix(ball, 0.03, ellipse(iris_x, h + 0.2, 0.7, 0.7));
    ball = mix(ball, 1.0, 0.9 * ellipse(iris_x + 0.55, h + 0.75, 0.42, 0.42));
    ball *= 1.0 - 0.30 * ramp(top + 0.9 - h, 1.0); /* the lid's shadow */
    v = mix(v, ball, open);
    v = mix(v, 0.06,
            0.88 * stroke(u, h, w + 0.5, -f->eyes.opening - 0.1, 0.02 * side, f->eyes.lid + 0.35));
    v *= 1.0 - 0.28 * stroke(u, h, w, 0.62 * f->eyes.opening + 0.1, 0.0, 0.7);
    return v * (1.0 - 0.20 * stroke(u, h + 1.1, w + 0.3, -f->eyes.opening - 0.2, 0.0, 0.8));
}

static double paint_brow(const mien_face *f, double v, double x, double y)
{
    double u = fabs(x) - f->eyes.x - 0.4;
    double cover = stroke(u, y - f->brows.y, f->brows.half_width, f->brows.bend, f->brows.tilt,
                          f->brows.thickness);

    return mix(v, 0.07 + 0.1 * f->skin, f->brows.darkness * cover);
}

/* Where the curtains of long hair end, or 0 for short hair. */
static double curtain_end(const mien_face *f)
{
    switch (f->hair.style) {
    case HAIR_LONG:
    case HAIR_LONG_FRINGE:
        return 45.0 + f->hair.length;
    case HAIR_BOB:
        return 35.5 + f->hair.length;
    default:
        return 0.0;
    }
}

/* Outline of the hair over the skull as a radius: below 1 inside. Short hair draws in towards
 * the ears. */
static double hair_radius(const mien_face *f, double x, double y)
{
    double a = f->head.half_width + 0.6 + 0.55 * f->hair.volume;
    double h = f->head.middle - f->head.top + 0.4 + f->hair.volume;
    double t = y < f->head.middle ? (f->head.middle - y) / h : 0.0;

    if (curtain_end(f) <= 0.0)
        a -= (0.9 + 0.55 * f->hair.volume) * clamp((y - 12.0) / 11.0, 0.0, 1.0);
    return sqrt((x / a) * (x / a) + t * t);
}

/* Curls: a cloud of discs around the skull. */
static double curls_inside(const mien_face *f, double x, double y)
{
    static const struct {
        double x, y;
    } disc[] = {{0.00, -1.00}, {0.36, -0.96}, {0.68, -0.80}, {0.92, -0.52},
                {1.04, -0.14}, {1.04, 0.26},  {0.96, 0.60}};
    double a = f->head.half_width + 0.5 * f->hair.volume;
    double h = f->head.middle - f->head.top + 0.2 * f->hair.volume;
    double radius = 3.0 + 0.5 * f->hair.volume;
    double best = y < f->head.middle ? (1.0 - hair_radius(f, x, y)) * a : -1.0;

    for (size_t k = 0; k < sizeof disc / sizeof disc[0]; k++) {
        double u = fabs(x) - a * disc[k].x;
        double w = y - f->head.middle - h * disc[k].y * (disc[k].y > 0.0 ? 0.8 : 1.0);
        double inside = radius + (k % 2 ? 0.5 : 0.0) - sqrt(u * u + w * w);
        if (y < f->head.middle + 0.6 * h && inside > best)
            best = inside;
    }
    return best;
}

/* How far inside the hair's outline, the face not yet cut out. */
static double hair_inside(const mien_face *f, double x, double y)
{
    double end = curtain_end(f);
    double a = f->head.half_width + 1.0 + 0.6 * f->hair.volume;
    double inside;

    if (f->hair.style == HAIR_CURLS)
        return curls_inside(f, x, y);
    if (end <= 0.0 || y < f->head.middle)
        return (1.0 - hair_radius(f, x, y)) * a;
    inside = a + 0.07 * (y - f->head.middle) * f->hair.wave - fabs(x);
    if (f->hair.style == HAIR_BOB && y > end - 5.0)
        inside -= 0.20 * (y - end + 5.0) * (y - end + 5.0);
    return end - y < inside ? end - y : inside;
}

static double hair_grey(const mien_face *f, double x, double y)
{
    double r = hair_radius(f, x, y);
    double ring = hill(r - 0.80, 0.0, 0.17, 1.0) * ramp(f->head.middle - 4.0 - y, 8.0);
    double fan = 17.0 * x / (fabs(y - f->head.top) + 15.0) + 0.1 * f->hair.wave * y;
    double v = f->hair.grey * (0.45 + 0.6 * lit(f, 0.8 * x / 17.0, -0.5 * (r < 1.0 ? r : 1.0)));

    if (f->hair.style == HAIR_CURLS)
        v *= 0.86 + 0.14 * zigzag(x + 0.3 * y, 4.1) * zigzag(y - 0.4 * x, 3.7) +
             0.10 * zigzag(0.8 * x - y, 5.3);
    else
        v *= 0.92 + 0.10 * zigzag(fan, 2.6) + 0.06 * zigzag(fan, 1.7);
    return v + f->hair.shine * ring * (0.35 + 0.65 * f->hair.grey);
}

static double paint_hair_behind(const mien_face *f, double v, double x, double y)
{
    if (f->hair.style != HAIR_CURLS && curtain_end(f) <= 0.0)
        return v;
    return mix(v, hair_grey(f, x, y) * 0.75, edge(hair_inside(f, x, y)));
}

enum { PARTING_X = 3 }; /* of long hair, to either side */

/* The hair's lower border over the forehead, as a height that may depend on x. */
static double hairline(const mien_face *f, double x)
{
    double base = f->head.top + 4.6 + f->hair.hairline;
    double outside = fabs(x) > 8.5 ? fabs(x) - 8.5 : 0.0;
    double drop = clamp(1.1 * outside * outside, 0.0, 9.0);
    double temple = drop - 0.9 * f->hair.wave * hill(fabs(x) - 7.0, 0.0, 4.0, 1.0);
    double from_part = (x * f->hair.part + 5.0) / 18.0; /* 0 at the parting, 1 far side */
    double fall = x - PARTING_X * f->hair.part;

    switch (f->hair.style) {
    case HAIR_FRINGE:
    case HAIR_LONG_FRINGE:
        return 14.8 + 0.9 * f->hair.hairline + 0.012 * x * x + 0.8 * zigzag(x + 0.4, 2.3);
    case HAIR_PARTED:
        return base - 1.5 + (from_part > 0.0 ? 7.5 * from_part : -9.0 * from_part);
    case HAIR_LONG:
    case HAIR_BOB:
        return base - 2.6 + 0.045 * fall * fall + 0.25 * fabs(fall);
    case HAIR_RECEDING:
        return f->head.top - 2.5 + f->hair.hairline + 1.4 * drop;
    case HAIR_CURLS:
        return base + 0.8 * temple + 0.9 * zigzag(x, 3.4);
    default:
        return base + temple;
    }
}

static double paint_bun(const mien_face *f, double v, double x, double y)
{
    double h = y - f->head.top + f->hair.volume - 0.2;
    double grey = hair_grey(f, x, y) * (0.80 + 0.35 * hill(x + 1.5, h + 1.0, 4.0, 3.0));

    return mix(v, grey, ellipse(x, h, 4.8 + f->hair.wave, 3.8));
}

static double paint_hair_front(const mien_face *f, double v, double x, double y)
{
    double away = fabs(x);
    double a = f->head.half_width;
    double outline = edge(hair_inside(f, x, y));
    double line = hairline(f, x);
    double above = ramp(line - y, 1.6);
    double sides, grey;

    if (f->hair.style == HAIR_BALD)
        return v;
    if (f->hair.style == HAIR_BUN)
        v = paint_bun(f, v, x, y);
    if (curtain_end(f) > 0.0) {
        sides = edge(away - a + 1.2 + f->hair.inner - 0.10 * fabs(y - 24.0));
    } else { /* sideburns */
        double inner = a - 1.6 - 0.5 * f->hair.inner + 0.16 * clamp(y - 17.0, 0.0, 12.0);
        sides = ramp(away - inner, 1.2) * ramp(24.5 + 0.9 * f->hair.length - y, 2.5);
    }
    v *= 1.0 - 0.22 * outline * ramp(line + 1.1 - y, 2.4); /* shadow on the forehead */
    grey = hair_grey(f, x, y);
    if (f->hair.style == HAIR_LONG || f->hair.style == HAIR_BOB)
        grey *= 1.0 - 0.30 * hill(x - PARTING_X * f->hair.part, y - f->head.top, 1.1, 8.0);
    return mix(v, grey, outline * (above > sides ? above : sides));
}

static double paint_glasses(const mien_face *f, double v, double x, double y)
{
    double side = x < 0.0 ? -1.0 : 1.0;
    double u = x - side * (f->eyes.x + 0.35);
    double h = y - f->eyes.y - 0.5;
    double inside, lens, rim, bridge, temple, band;

    if (!f->glasses.worn)
        return v;
    inside = frame_inside(u, h, f->glasses.rx, f->glasses.ry, f->glasses.square);
    lens = edge(inside);
    rim = edge(0.5 * f->glasses.rim - fabs(inside));
    bridge = stroke(x, h + 0.6, f->eyes.x - f->glasses.rx + 1.2, -0.9, 0.0, f->glasses.rim + 0.3);
    temple = edge(0.45 * f->glasses.rim - fabs(h + 1.0)) * edge(side * u - f->glasses.rx) *
             edge(f->head.half_width + 0.5 - fabs(x));
    band = u + h + 1.5;
    v = mix(v, 0.06, f->glasses.tint * lens);
    v = mix(v, 1.0, f->glasses.glare * lens * (hill(band, 0.0, 1.8, 1.0)));
    v = mix(v, f->glasses.grey, rim > bridge ? rim : bridge);
    return mix(v, f->glasses.grey, 0.9 * temple);
}

/* The grey of one point of the picture, painted from the back to the front. */
static double paint(const mien_face *f, double px, double py)
{
    double x = (px - 0.5 * MIEN_FACE_SIDE - f->pose.x) / f->pose.scale;
    double y = 24.0 + (py - 24.0 - f->pose.y) / f->pose.scale;
    double v = paint_background(f, x, y);

    v = paint_hair_behind(f, v, x, y);
    v = paint_body(f, v, x, y);
    v = paint_ears(f, v, x, y);
    v = paint_head(f, v, x, y);
    v = paint_nose(f, v, x, y);
    v = paint_beard(f, v, x, y);
    v = paint_mouth(f, v, x, y);
    v = paint_eye(f, v, x, y);
    v = paint_brow(f, v, x, y);
    v = paint_hair_front(f, v, x, y);
    return paint_glasses(f, v, x, y);
}

void mien_face_draw_lots(mien_face *f, int number)
{
    *f = (mien_face){0};
    draw_head_lots(f, number);
    draw_hair_lots(f, number);
    draw_feature_lots(f, number);
    draw_accessory_lots(f, number);
}

void mien_face_render(const mien_face *f, unsigned char pixels[MIEN_FACE_PIXELS])
{
    for (int i = 0; i < MIEN_FACE_PIXELS; i++) {
        double sum = 0.0;
        for (int k = 0; k < SUBSAMPLES * SUBSAMPLES; k++) {
            double x = i % MIEN_FACE_SIDE + (k % SUBSAMPLES + 0.5) / SUBSAMPLES;
            double y = (int)(i / MIEN_FACE_SIDE) + ((int)(k / SUBSAMPLES) + 0.5) / SUBSAMPLES;
            sum += clamp(paint(f, x, y), 0.0, 1.0);
        }
        pixels[i] = (unsigned char)(255.0 * sum / (SUBSAMPLES * SUBSAMPLES) + 0.5);
    }
}
