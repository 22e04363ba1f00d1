/* progress.h - the bar on a terminal, and Ctrl-C.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PROGRESS_H
#define MIEN_PROGRESS_H

#include "mien.h"

/* Take over SIGINT, SIGTERM and SIGHUP, where they are not ignored: the first asks for an end, the
 * second ends at once. SIGPIPE and SIGXFSZ are ignored, so that a write returns an error instead.
 */
void cli_catch_signals(void);

/* Whether the user asked for an end. */
bool cli_interrupted(void);

/* Shows a bar when stderr is a terminal; returns false after Ctrl-C. user: a cli_progress. */
typedef struct cli_progress {
    bool shown;     /* a bar is allowed */
    bool on_screen; /* and stands there now */
    double began, drawn;
    const char *stage;
} cli_progress;

cli_progress cli_progress_start(bool quiet);
bool cli_progress_update(void *user, const mien_progress *now);
void cli_progress_clear(cli_progress *progress);

#endif
