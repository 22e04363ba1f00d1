/* progress.h - the bar on a terminal.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PROGRESS_H
#define MIEN_PROGRESS_H

#include "cli/signals.h"
#include "mien.h"

/* Shows a bar when stderr is a terminal; returns false after Ctrl-C. user: a cli_progress. */
typedef struct cli_progress {
    bool shown;     /* a bar is allowed */
    bool on_screen; /* and stands there now */
    double began, drawn;
    const char *stage;
    size_t method, methods; /* at work on method 1 .. methods; 0, 0: there is one */
} cli_progress;

cli_progress cli_progress_start(bool quiet);
bool cli_progress_update(void *user, const mien_progress *now);
void cli_progress_clear(cli_progress *progress);

#endif
