/* parts.c - learns the parts of faces, to be read: NMF, vector quantization, PCA, in plain loops.
 * SPDX-License-Identifier: MIT
 *
 *   cc -std=c11 -O2 parts.c -o parts -lm
 *   ./parts FOLDER OUT [R]      FOLDER: grey images of one size (.pgm, binary, 8 bit)
 *
 * Each method writes image i as a mixture of R basis images,  x_i ~ mu + sum_k W[i][k] H[k]:
 *   nmf   W, H >= 0     nothing is ever taken away: the basis images become parts
 *   vq    one W is 1    k-means: each image is one of R means: wholes
 *   pca   H H' = I      the directions in which images differ most; they cancel: wholes, too
 * (Lee & Seung, Nature 401, 1999; The Elements of Statistical Learning, section 14.6.)
 * OUT/nmf, OUT/vq, OUT/pca get a picture (parts.ppm) and numbers (basis.npy, weights.npy);
 * OUT/nmf-start, OUT/vq-start what these two began with: from there mien must find the same, which
 * tests/cli/test_plain.sh checks. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ITERATIONS = 100 }; /* of nmf */

static size_t N, P, R, width, height; /* images; pixels of each: width x height; basis images */
static const char *out;               /* the folder for results */

static void die(const char *what, const char *why)
{
    fprintf(stderr, "parts: %s: %s\n", what, why);
    exit(1);
}

static void *zeros(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory)
        die("memory", "there is not enough");
    return memory;
}

/* Lee & Seung's scaling of each image: mean and standard deviation 0.25, then clipped to 0..1. */
static void normalize(float *x)
{
    double mean = 0, squares = 0;
    for (size_t j = 0; j < P; j++)
        mean += x[j] / (double)P, squares += x[j] * x[j];
    double variance = (squares - (double)P * mean * mean) / (double)(P - 1);
    double scale = variance > 0 ? 0.25 / sqrt(variance) : 0;
    for (size_t j = 0; j < P; j++)
        x[j] = (float)fmin(fmax(0.25 + scale * (x[j] - mean), 0), 1);
}

/* A folder's images by name, N x P. As darkness: on white paper it is the pencil that is added. */
static float *read_folder(const char *folder)
{
    char pattern[4096];
    glob_t paths;
    snprintf(pattern, sizeof pattern, "%s/*.pgm", folder);
    if (glob(pattern, 0, NULL, &paths))
        die(folder, "no folder with .pgm files");
    N = paths.gl_pathc;
    float *X = NULL;
    for (size_t i = 0; i < N; i++) {
        const char *path = paths.gl_pathv[i];
        FILE *file = fopen(path, "rb");
        if (!file || fscanf(file, "P5 %zu %zu 255", &width, &height) != 2 || fgetc(file) == EOF)
            die(path, "no binary PGM of 8 bits");
        if (i == 0)
            X = zeros(N * (P = width * height), sizeof *X);
        for (size_t j = 0; j < P && width * height == P; j++)
            X[i * P + j] = 255 - (float)fgetc(file);
        if (width * height != P || feof(file))
            die(path, "cut short, or of another size than the first");
        normalize(X + i * P);
        fclose(file);
    }
    globfree(&paths);
    return X;
}

static void save(const char *folder, const char *name, const char *header, size_t length,
                 const void *data, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", out, folder);
    mkdir(out, 0777);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", out, folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || !fwrite(header, length, 1, file) || !fwrite(data, size, 1, file) || fclose(file))
        die(path, strerror(errno));
}

/* In numpy's format: 128 bytes that say what follows, then the numbers. */
static void save_array(const char *folder, const char *name, size_t rows, size_t columns,
                       const void *values)
{
    char header[160] = "\x93NUMPY\x01\x00\x76\x00", shape[64];
    snprintf(shape, sizeof shape, "(%zu, %zu), }", rows, columns);
    snprintf(header + 10, sizeof header - 10,
             "{'descr': '<f4', 'fortran_order': False, 'shape': %-66s\n", shape);
    save(folder, name, header, 128, values, rows * columns * sizeof(float));
}

static void save_model(const char *folder, float W[N][R], float H[R][P])
{
    save_array(folder, "weights.npy", N, R, W);
    save_array(folder, "basis.npy", R, P, H);
}

/* The basis images in a square: 0 is white, an image's largest number black, as far below 0 red. */
static void draw(const char *folder, float H[R][P])
{
    size_t across = (size_t)ceil(sqrt((double)R)), down = (R + across - 1) / across;
    size_t wide = across * (width + 2), high = down * (height + 2);
    unsigned char(*picture)[wide][3] = zeros(high, sizeof *picture);
    memset(picture, 200, high * sizeof *picture);
    for (size_t k = 0; k < R; k++) {
        float most = 1e-30f;
        for (size_t j = 0; j < P; j++)
            most = fmaxf(most, fabsf(H[k][j]));
        for (size_t j = 0; j < P; j++) {
            size_t y = k / across * (height + 2) + j / width, x = k % across * (width + 2);
            unsigned char *rgb = picture[y][x + j % width];
            rgb[0] = (unsigned char)(255 - 255 * fmaxf(H[k][j], 0) / most);
            rgb[1] = rgb[2] = (unsigned char)(255 - 255 * fabsf(H[k][j]) / most);
        }
    }
    char header[64];
    snprintf(header, sizeof header, "P6\n%zu %zu\n255\n", wide, high);
    save(folder, "parts.ppm", header, strlen(header), picture, high * sizeof *picture);
    free(picture);
}

static double dot(const float *a, const float *b)
{
    double even = 0, odd = 0; /* two sums: an addition need not wait for the one before */
    for (size_t j = 0; j + 1 < P; j += 2)
        even += a[j] * b[j], odd += a[j + 1] * b[j + 1];
    return even + odd + (P % 2 ? a[P - 1] * b[P - 1] : 0);
}

/* y <- y + a x */
static void add(float a, const float *x, float *y)
{
    for (size_t j = 0; j < P; j++)
        y[j] += a * x[j];
}

/* y <- mu + sum_k w[k] H[k] */
static void mix(const float *w, float H[R][P], const float *mu, float *y)
{
    memcpy(y, mu, P * sizeof *y);
    for (size_t k = 0; k < R; k++)
        add(w[k], H[k], y);
}

/* Minimise  sum x log(x / wh) - x + wh  over W, H >= 0 by multiplicative updates, W before H:
 *   W[i][k] <- W[i][k] (sum_j H[k][j] x_ij / wh_ij) / sum_j H[k][j]
 *   H[k][j] <- H[k][j] (sum_i W[i][k] x_ij / wh_ij) / sum_i W[i][k]    It never grows. */
static void nmf(float X[N][P], float W[N][R], float H[R][P], float *mu)
{
    double h_sum[R], w_sum[R], top = 1 / sqrt((double)R); /* W H and X have the mean 1/4 */
    for (size_t at = 0; at < N * R; at++)
        W[at / R][at % R] = (float)(top * (rand() + 0.5) / RAND_MAX);
    for (size_t at = 0; at < R * P; at++)
        H[at / P][at % P] = (float)(top * (rand() + 0.5) / RAND_MAX);
    save_model("nmf-start", W, H);

    float *ratio = zeros(P, sizeof *ratio), (*sum)[P] = zeros(R, sizeof *sum);
    for (int iteration = 0; iteration < ITERATIONS; iteration++) {
        memset(sum, 0, R * sizeof *sum);
        for (size_t k = 0; k < R; k++) {
            h_sum[k] = w_sum[k] = 0;
            for (size_t j = 0; j < P; j++)
                h_sum[k] += H[k][j];
        }
        for (size_t at = 0; at < 2 * N; at++) { /* each image twice: for its W; with that, for H */
            size_t i = at / 2;
            mix(W[i], H, mu, ratio);
            for (size_t j = 0; j < P; j++)
                ratio[j] = X[i][j] / fmaxf(ratio[j], 1e-30f);
            for (size_t k = 0; k < R; k++)
                if (at % 2 == 0)
                    w_sum[k] += W[i][k] *= (float)(dot(ratio, H[k]) / fmax(h_sum[k], 1e-30));
                else
                    add(W[i][k], ratio, sum[k]);
        }
        for (size_t k = 0; k < R; k++)
            for (size_t j = 0; j < P; j++)
                H[k][j] *= sum[k][j] / (float)fmax(w_sum[k], 1e-30);
    }
    free(ratio), free(sum);
}

/* Each image goes to the nearest mean, each mean to the middle of its images, until none moves. */
static void vq(float X[N][P], float W[N][R], float H[R][P], float *mu)
{
    double size[R];
    size_t moved, *own = zeros(N, sizeof *own);
    for (size_t k = 0; k < R; k++) /* images from all over the folder */
        memcpy(H[k], X[k * N / R], sizeof H[k]);
    save_model("vq-start", W, H); /* its W plays no part */
    do {
        moved = 0;
        memset(size, 0, sizeof size);
        for (size_t i = 0; i < N; i++) {
            size_t nearest = 0;
            double least = INFINITY; /* of |x - h|^2, without |x|^2, which is the same for all */
            for (size_t k = 0; k < R; k++) {
                double d = dot(H[k], H[k]) - 2 * dot(X[i], H[k]);
                if (d < least)
                    least = d, nearest = k;
            }
            moved += own[i] != nearest;
            own[i] = nearest;
            size[nearest]++;
        }
        for (size_t k = 0; k < R; k++)
            if (size[k] > 0) /* one without images stays where it is */
                memcpy(H[k], mu, sizeof H[k]);
        for (size_t i = 0; i < N; i++)
            add((float)(1 / size[own[i]]), X[i], H[own[i]]);
    } while (moved > 0);
    for (size_t i = 0; i < N; i++)
        W[i][own[i]] = 1;
    free(own);
}

/* The images without their mean are turned in pairs, the first to be the longer, until all are at
 * right angles (Jacobi 1846; Hestenes 1958): the first of all show where images differ most. */
static void pca(float X[N][P], float W[N][R], float H[R][P], float *mu)
{
    float(*C)[P] = zeros(N, sizeof *C);
    for (size_t i = 0; i < N; i++)
        add(1 / (float)N, X[i], mu);
    for (size_t i = 0; i < N; i++) {
        add(1, X[i], C[i]);
        add(-1, mu, C[i]);
    }
    for (size_t a = 0, still = 0; still < N; a = (a + 1) % N, still++)
        for (size_t b = a + 1; b < N; b++) {
            double aa = dot(C[a], C[a]), bb = dot(C[b], C[b]), ab = dot(C[a], C[b]);
            if (aa >= bb && fabs(ab) <= 1e-6 * sqrt(aa * bb) + 1e-9)
                continue;
            double angle = atan2(2 * ab, aa - bb) / 2;
            float c = (float)cos(angle), s = (float)sin(angle);
            for (size_t j = 0; j < P; j++) {
                float u = C[a][j], v = C[b][j];
                C[a][j] = c * u + s * v;
                C[b][j] = c * v - s * u;
            }
            still = 0;
        }
    for (size_t k = 0; k < R; k++) {
        add((float)(1 / fmax(sqrt(dot(C[k], C[k])), 1e-30)), C[k], H[k]); /* zeros stay zeros */
        for (size_t i = 0; i < N; i++)
            W[i][k] = (float)(dot(X[i], H[k]) - dot(mu, H[k]));
    }
    free(C);
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4)
        die("usage", "parts FOLDER OUT [R]");
    void *pixels = read_folder(argv[1]); /* sets N and P */
    float(*X)[P] = pixels;
    size_t smaller = N < P ? N : P, side = 7; /* R: 49, or the largest square up to a quarter */
    while (side > 1 && 4 * side * side > smaller)
        side--;
    R = argc == 4 ? strtoul(argv[3], NULL, 10) : side * side;
    if (R < 1 || R > smaller)
        die("R", "from 1 to the number of images, and of pixels");
    out = argv[2];

    static const char *const names[] = {"nmf", "vq", "pca"};
    void (*const methods[])(float[N][P], float[N][R], float[R][P], float *) = {nmf, vq, pca};
    for (size_t m = 0; m < 3; m++) {
        float(*W)[R] = zeros(N, sizeof *W), (*H)[P] = zeros(R, sizeof *H);
        float *mu = zeros(P, sizeof *mu), *model = zeros(P, sizeof *model);
        methods[m](X, W, H, mu);
        double error = 0, squares = 0;
        for (size_t i = 0; i < N; i++) {
            mix(W[i], H, mu, model);
            add(-1, X[i], model);
            error += dot(model, model);
            squares += dot(X[i], X[i]);
        }
        printf("%-4s relative error %.4f\n", names[m], sqrt(error / squares));
        save_model(names[m], W, H);
        draw(names[m], H);
        free(W), free(H), free(mu), free(model);
    }
    free(X);
}
