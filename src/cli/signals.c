/* signals.c - Ctrl-C and its like.
 * SPDX-License-Identifier: MIT
 *
 * All is done in handlers, by system calls: a process that hangs because memory is out could not
 * start a thread that helps it. */
#define _POSIX_C_SOURCE 200809L
#include "cli/signals.h"

#include "cli/options/options.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 5 }; /* seconds without a sign of life */

static volatile sig_atomic_t interrupted, watching, still;
static bool others_are; /* of ranks; this one's own first signal is still its first */
static unsigned long pulse_then;
static char watched[4096], kept[4096 + 16];

void cli_drop_watched(void)
{
    if (watching)
        mien_outdir_drop(watched);
}

/* With the effect that the signal has on a program that knows nothing of it. */
static void leave(int number)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t this_one;
    cli_drop_watched();
    sigemptyset(&this_one);
    sigaddset(&this_one, number);
    sigaction(number, &usual, NULL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &this_one, NULL);
    _exit(EXIT_INTERRUPTED);
}

static void ask_for_end(int number)
{
    if (interrupted)
        leave(number);
    interrupted = 1;
    pulse_then = mien_pulse();
    alarm(1);
}

static void write_words(const char *words)
{
    ssize_t told = write(STDERR_FILENO, words, strlen(words));
    (void)told;
}

/* Every second after the first signal. */
static void look_for_life(int number)
{
    if (!interrupted)
        leave(number);
    unsigned long now = mien_pulse();
    still = now == pulse_then ? still + 1 : 0;
    pulse_then = now;
    if (still < PATIENCE) {
        alarm(1);
        return;
    }
    cli_drop_watched();
    write_words(
        "\nmien: nothing moved for five seconds after the signal: ended without a result\n");
    _exit(EXIT_INTERRUPTED);
}

/* A page of a mapped file could not be had. */
static void file_is_gone(int number)
{
    const char *failed = mien_read_failure();
    (void)number;
    cli_drop_watched();
    write_words("\nmien: ");
    write_words(failed ? failed
                       : "a file that is mapped into memory (INPUT, or one of the cache) became "
                         "shorter while it was read, or its disk failed");
    write_words(": ended without a result\n");
    _exit(EXIT_FAILED);
}

/* A background job of a script, or nohup: who started us wants some ignored. */
static void take_over(int number, void (*handler)(int))
{
    struct sigaction before, now = {.sa_handler = handler};
    sigfillset(&now.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &now, NULL);
}

void cli_catch_signals(void)
{
    static const int asking[] = {SIGINT, SIGTERM, SIGHUP};
    static const int ending[] = {SIGQUIT, SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF};
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        take_over(asking[i], ask_for_end);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        take_over(ending[i], leave);
    struct sigaction alive = {.sa_handler = look_for_life, .sa_flags = SA_RESTART};
    sigfillset(&alive.sa_mask);
    sigaction(SIGALRM, &alive, NULL);
    take_over(SIGBUS, file_is_gone);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

bool cli_interrupted(void)
{
    return interrupted || others_are;
}

bool cli_any_interrupted(void)
{
    others_are = mien_team_worst(cli_interrupted());
    return others_are;
}

void cli_watch(const char *building)
{
    watching = 0;
    if (!building || strlen(building) >= sizeof watched)
        return;
    strcpy(watched, building);
    watching = 1;
}

void cli_watch_kept(const char *checkpoint)
{
    if (!checkpoint || strlen(checkpoint) >= sizeof kept)
        *kept = '\0';
    else
        strcpy(kept, checkpoint);
}

const char *cli_kept(void)
{
    char before[sizeof kept + 8]; /* the generation before, while the last one takes its place */
    snprintf(before, sizeof before, "%s.old", kept);
    return *kept && (access(kept, F_OK) == 0 || access(before, F_OK) == 0) ? kept : NULL;
}
