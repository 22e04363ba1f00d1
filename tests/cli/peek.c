/* peek.c - looks into the files that mien writes, for the scripts beside it.
 * SPDX-License-Identifier: MIT
 *
 *   peek json FILE [KEY...]     the value there; the number of entries for an object or a list
 *   peek npy FILE               "<f4 49x48x48 least greatest" or "|u1 ...", after checking size and
 *                               finiteness
 *   peek alike FILE FILE        two float32 arrays: the least of the cosines between a row of the
 * first and the row of the second that is most like it, up to sign; each row of the second must be
 * one's choice peek png FILE               "1600x2192", after checking every chunk peek make FILE N
 * P [ROW COLUMN VALUE]    write a float32 .npy of made-up numbers in 0..1, with one of them
 * replaced
 *
 * Shares no code with mien. Exits 1 with a message when a file is not what it should be. */
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static _Noreturn void fail(const char *path, const char *why)
{
    fprintf(stderr, "peek: %s: %s\n", path, why);
    exit(1);
}

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path, "cannot be opened");
    size_t capacity = 1 << 16, used = 0, got;
    unsigned char *bytes = malloc(capacity);
    while (bytes && (got = fread(bytes + used, 1, capacity - used, file)) > 0) {
        used += got;
        if (used == capacity)
            bytes = realloc(bytes, capacity *= 2);
    }
    fclose(file);
    if (!bytes)
        fail(path, "out of memory");
    *size = used;
    return bytes;
}

/* ---------------------------------------------------------------- JSON */

static int peek_json(const char *path, char **keys)
{
    json_error_t why;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        fail(path, why.text);
    const json_t *at = root;
    for (; *keys && at; keys++)
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(*keys, NULL, 10))
                               : json_object_get(at, *keys);
    if (!at)
        fail(path, "no such key");
    if (json_is_string(at))
        puts(json_string_value(at));
    else if (json_is_object(at) || json_is_array(at))
        printf("%zu\n", json_is_object(at) ? json_object_size(at) : json_array_size(at));
    else if (json_is_real(at))
        printf("%.17g\n", json_real_value(at));
    else if (json_is_integer(at))
        printf("%lld\n", (long long)json_integer_value(at));
    else
        puts(json_is_true(at) ? "true" : json_is_false(at) ? "false" : "null");
    json_decref(root);
    return 0;
}

/* ---------------------------------------------------------------- arrays */

enum { PREAMBLE = 10 }; /* magic, version, length of the header */

static int peek_npy(const char *path)
{
    size_t size;
    unsigned char *bytes = read_file(path, &size);
    if (size < PREAMBLE || memcmp(bytes, "\x93NUMPY\x01\x00", 8) != 0)
        fail(path, "no .npy of version 1");
    size_t header = (size_t)bytes[8] + 256 * (size_t)bytes[9];
    if ((PREAMBLE + header) % 64 != 0 || PREAMBLE + header > size)
        fail(path, "the header does not end on a multiple of 64");
    char text[1024];
    snprintf(text, sizeof text, "%.*s", (int)header, (const char *)bytes + PREAMBLE);
    bool is_bytes = strstr(text, "'descr': '|u1'");
    if (text[header - 1] != '\n' || !(is_bytes || strstr(text, "'descr': '<f4'")) ||
        !strstr(text, "'fortran_order': False") || !strstr(text, "'shape': ("))
        fail(path, "not the header of a float32 or uint8 array in C order");
    size_t count = 1, each = is_bytes ? 1 : sizeof(float);
    printf(is_bytes ? "|u1 " : "<f4 ");
    const char *times = "";
    for (char *at = strstr(text, "'shape': (") + strlen("'shape': ("); *at && *at != ')';) {
        if (*at < '0' || *at > '9') {
            at++;
            continue;
        }
        unsigned long long dim = strtoull(at, &at, 10);
        printf("%s%llu", times, dim);
        times = "x";
        count *= (size_t)dim;
    }
    if (PREAMBLE + header + count * each != size)
        fail(path, "size and shape disagree");
    float least = INFINITY, greatest = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        const unsigned char *from = bytes + PREAMBLE + header + i * each;
        float value = *from;
        if (!is_bytes)
            memcpy(&value, from, sizeof value);
        if (!isfinite(value))
            fail(path, "holds a value that is not finite");
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
    }
    printf(" %g %g\n", (double)least, (double)greatest);
    free(bytes);
    return 0;
}

/* A .npy of float32: its numbers, how many, and how many of them a row has. */
static float *read_rows(const char *path, size_t *count, size_t *columns)
{
    size_t size;
    unsigned char *bytes = read_file(path, &size);
    size_t start = size > PREAMBLE ? PREAMBLE + (size_t)bytes[8] + 256 * (size_t)bytes[9] : 0;
    const char *shape =
        start && start < size ? strstr((char *)bytes + PREAMBLE, "'shape': (") : NULL;
    size_t rows = shape ? (size_t)strtoul(shape + strlen("'shape': ("), NULL, 10) : 0;
    *count = (size - start) / sizeof(float);
    if (rows == 0 || *count % rows != 0)
        fail(path, "no array with rows");
    *columns = *count / rows;
    memmove(bytes, bytes + start, size - start);
    return (float *)(void *)bytes;
}

static double cosine(const float *a, const float *b, size_t count)
{
    double aa = 0, bb = 0, ab = 0;
    for (size_t j = 0; j < count; j++) {
        aa += (double)a[j] * (double)a[j];
        bb += (double)b[j] * (double)b[j];
        ab += (double)a[j] * (double)b[j];
    }
    return fabs(ab) / sqrt(aa * bb);
}

static int peek_alike(const char *path, const char *other)
{
    size_t count, columns, other_count, other_columns;
    float *a = read_rows(path, &count, &columns);
    float *b = read_rows(other, &other_count, &other_columns);
    if (count != other_count || columns != other_columns)
        fail(other, "has another shape");
    size_t rows = count / columns;
    bool *chosen = calloc(rows, sizeof *chosen);
    if (!chosen)
        fail(path, "out of memory");
    double least = 1;
    for (size_t k = 0; k < rows; k++) {
        size_t best = 0;
        double most = -1;
        for (size_t l = 0; l < rows; l++) {
            double c = cosine(a + k * columns, b + l * columns, columns);
            if (c > most) {
                most = c;
                best = l;
            }
        }
        if (chosen[best])
            fail(other, "one row is most like two");
        chosen[best] = true;
        least = most < least ? most : least;
    }
    printf("%.9f\n", least);
    free(chosen);
    free(a);
    free(b);
    return 0;
}

static int make_npy(const char *path, char **words, int n_words)
{
    size_t n = (size_t)strtoul(words[0], NULL, 10), p = (size_t)strtoul(words[1], NULL, 10);
    size_t special = n * p;
    float value = 0;
    if (n_words == 5) {
        special = (size_t)strtoul(words[2], NULL, 10) * p + (size_t)strtoul(words[3], NULL, 10);
        value = strtof(words[4], NULL);
    }
    FILE *file = fopen(path, "wb");
    if (!file)
        fail(path, "cannot be written");
    char header[118]; /* 10 + 118 = 128, a multiple of 64 */
    snprintf(header, sizeof header,
             "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", n, p);
    fwrite("\x93NUMPY\x01\x00\x76\x00", 1, PREAMBLE, file);
    fprintf(file, "%-117s\n", header);
    uint32_t state = 12345;
    for (size_t i = 0; i < n * p; i++) {
        state = state * 1664525U + 1013904223U;
        float x = i == special ? value : (float)(state >> 8) / (float)(1 << 24);
        fwrite(&x, sizeof x, 1, file);
    }
    if (fclose(file) != 0)
        fail(path, "cannot be written");
    return 0;
}

/* ---------------------------------------------------------------- pictures */

static uint32_t big(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int peek_png(const char *path)
{
    size_t size, at = 8;
    unsigned char *bytes = read_file(path, &size);
    if (size < 33 || memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) != 0 ||
        memcmp(bytes + 12, "IHDR", 4) != 0)
        fail(path, "no PNG");
    bool ended = false;
    while (at < size && !ended) {
        if (size - at < 12 || big(bytes + at) > size - at - 12)
            fail(path, "cut short");
        uint32_t length = big(bytes + at);
        if (crc32(0, bytes + at + 4, length + 4) != big(bytes + at + 8 + length))
            fail(path, "a chunk's checksum is wrong");
        ended = memcmp(bytes + at + 4, "IEND", 4) == 0;
        at += 12 + (size_t)length;
    }
    if (!ended || at != size)
        fail(path, "does not end with its last chunk");
    printf("%ux%u\n", big(bytes + 16), big(bytes + 20));
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";
    if (strcmp(what, "json") == 0)
        return peek_json(argv[2], argv + 3);
    if (strcmp(what, "npy") == 0)
        return peek_npy(argv[2]);
    if (strcmp(what, "alike") == 0 && argc == 4)
        return peek_alike(argv[2], argv[3]);
    if (strcmp(what, "png") == 0)
        return peek_png(argv[2]);
    if (strcmp(what, "make") == 0 && (argc == 5 || argc == 8))
        return make_npy(argv[2], argv + 3, argc - 3);
    fputs("usage: peek json|npy|alike|png|make FILE ...\n", stderr);
    return 2;
}
