/* progress.c - the bar on a terminal.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

cli_progress cli_progress_start(bool quiet)
{
    return (cli_progress){.shown = !quiet && isatty(STDERR_FILENO)};
}

/* One line of a terminal of 80 columns. Percent are of all that there is to do; methods that
 * converge need less than that, so that the time is told as the most it may be. */
static void draw(const cli_progress *progress, const mien_progress *now, double elapsed)
{
    enum { WIDTH = 12, COLUMNS = 79 };
    double share = now->total ? (double)now->done / (double)now->total : 0, whole;
    share = share > 1 ? 1 : share;
    whole = progress->methods ? ((double)progress->method - 1 + share) / (double)progress->methods
                              : share;
    char bar[WIDTH + 1], line[256];
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < whole * WIDTH ? '#' : '.';
    bar[WIDTH] = '\0';
    size_t size = sizeof line;
    size_t at = (size_t)snprintf(line, size, "[%s] %3.0f%%  %s", bar, 100 * whole, progress->stage);
    if (progress->methods > 1)
        at += (size_t)snprintf(line + at, size - at, " (%zu of %zu)", progress->method,
                               progress->methods);
    if (now->runs > 1)
        at += (size_t)snprintf(line + at, size - at, "  run %zu of %zu", now->run, now->runs);
    if (!isnan(now->loss))
        at += (size_t)snprintf(line + at, size - at, "  loss %.5g", now->loss);
    if (share > 0.02)
        snprintf(line + at, size - at, "  %s%.0f s left", isnan(now->loss) ? "" : "at most ",
                 elapsed / share - elapsed);
    fprintf(stderr, "\r\033[K%.*s", COLUMNS, line);
    fflush(stderr);
}

bool cli_progress_update(void *user, const mien_progress *now)
{
    cli_progress *progress = user;
    if (progress->shown) {
        double time = seconds();
        if (!progress->stage || strcmp(progress->stage, now->stage) != 0) {
            progress->stage = now->stage;
            progress->began = time;
        }
        /* ten times a second, and not at all for what is done before anyone can read it */
        if (time - progress->began > 0.3 && time - progress->drawn > 0.1) {
            progress->drawn = time;
            progress->on_screen = true;
            draw(progress, now, time - progress->began);
        }
    }
    return !cli_interrupted();
}

void cli_progress_clear(cli_progress *progress)
{
    if (progress->on_screen)
        fputs("\r\033[K", stderr);
    progress->on_screen = false;
}
