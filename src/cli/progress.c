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

static void draw(const cli_progress *progress, const mien_progress *now, double elapsed)
{
    enum { WIDTH = 28 };
    double share = now->total ? (double)now->done / (double)now->total : 0;
    share = share > 1 ? 1 : share;
    char bar[WIDTH + 1];
    for (int i = 0; i < WIDTH; i++)
        bar[i] = i < share * WIDTH ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%-8s [%s] %3.0f%%", progress->stage, bar, 100 * share);
    if (now->runs > 1)
        fprintf(stderr, "  run %zu of %zu", now->run, now->runs);
    if (!isnan(now->loss))
        fprintf(stderr, "  loss %.6g", now->loss);
    if (share > 0.02)
        fprintf(stderr, "  %.0f s left", elapsed / share - elapsed);
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
