/* signals.h - Ctrl-C and its like.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SIGNALS_H
#define MIEN_SIGNALS_H

#include <stdbool.h>

/* Take over SIGINT, SIGTERM and SIGHUP, where they are not ignored: the first asks for an end; the
 * second ends at once, and so do five seconds after the first in which nothing moved (see
 * mien_pulse()), and SIGQUIT and other signals that end a program. What ends at once takes the
 * folder that is being built with it. SIGPIPE and SIGXFSZ are ignored, so that a write returns an
 * error instead. */
void cli_catch_signals(void);

/* Whether the user asked for an end. */
bool cli_interrupted(void);

/* The same in all ranks, which call it together: whether one of them was asked. From then on each
 * says so. */
bool cli_any_interrupted(void);

/* The folder that is being built; NULL: none. The path is copied. */
void cli_watch(const char *building);

/* Remove it, before a process ends that cannot go on. */
void cli_drop_watched(void);

/* What the run would be gone on from; NULL: nothing is kept. The path is copied. */
void cli_watch_kept(const char *checkpoint);

/* That path, where there is something on the disk now, of this run or of the one that it went on
 * from; NULL: there is not. */
const char *cli_kept(void);

#endif
