/* limits.c - a process whose memory is limited starts, or says why it cannot.
 * SPDX-License-Identifier: MIT
 *
 * OpenBLAS starts a thread a processor, each with a buffer of 128 MB of address space, before main
 * is reached, and when the system refuses one it asks again for ever: under `ulimit -v 150000` even
 * --version never ended, on a node with 64 processors not under 8 GB. With OPENBLAS_NUM_THREADS=1
 * it starts no thread and takes no buffer. The environment is read before main, too, so that the
 * word can only come from outside: where memory is limited, the program starts itself once more
 * with it. What buffers the work needs is taken by mien_blas_reserve(), which can fail.
 *
 * The dynamic linker runs .preinit_array before any library's constructor: no function of libc that
 * needs one may be called here, and no sanitizer is ready yet (theirs need terabytes anyway). */
#define _GNU_SOURCE
#include "cli/limits.h"

#include "mien_report.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define UNDER_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#endif

bool cli_memory_is_limited(void)
{
    struct rlimit space, data;
    return (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) ||
           (getrlimit(RLIMIT_DATA, &data) == 0 && data.rlim_cur != RLIM_INFINITY);
}

int cli_limit_memory(cli_options *o)
{
    static const double SHARE = 0.8; /* the rest is the system's and what cannot be counted */
    const char *places[] = {o->cache, getenv("TMPDIR"), "/var/tmp", "/tmp"};
    mien_error err = {0};
    if (!o->load.memory)
        o->load.memory = (size_t)(SHARE * (double)mien_memory_allowed() / mien_team_here());
    for (size_t k = o->cache ? 0 : 1; k < sizeof places / sizeof *places; k++) {
        if (!places[k] || !*places[k])
            continue;
        if (!mien_memory_limit(o->load.memory, places[k], &err)) {
            o->cache = places[k];
            return EXIT_DONE;
        }
        if (o->cache) {
            cli_say("--cache %s", err.message);
            return EXIT_FAILED;
        }
    }
    return EXIT_DONE; /* nowhere to write: what does not fit is out of memory */
}

/* OpenBLAS has begun a thread a processor before main, and each waits busily for its first work: 25
 * ms of `learn --method pca` on two processors. There is no call that ends them, but OpenBLAS does
 * so itself before a fork, since a child has none of its parent's threads; the fork takes 0.2 ms.
 * They would come back if more than one was asked for: first, none is. */
void cli_end_idle_threads(void)
{
    mien_blas_alone();
    if (cli_memory_is_limited()) /* see below: none were begun */
        return;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    if (child > 0)
        (void)waitpid(child, NULL, 0);
}

#if defined(__ELF__) && defined(__linux__) && !defined(UNDER_SANITIZER)

static void start_again_when_limited(int argc, char **argv, char **envp)
{
    static char name[] = "OPENBLAS_NUM_THREADS=", one[] = "OPENBLAS_NUM_THREADS=1";
    static char reason[] = "mien: memory is limited (ulimit -v or -d) and the program could not be "
                           "started anew for it;"
                           " give the command as OPENBLAS_NUM_THREADS=1 mien ...\n";
    (void)argc;
    if (!cli_memory_is_limited())
        return;
    size_t count = 0;
    for (; envp[count]; count++)
        if (strcmp(envp[count], one) == 0)
            return;
    char **anew = mmap(NULL, (count + 2) * sizeof *anew, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (anew != MAP_FAILED) {
        size_t kept = 0;
        anew[kept++] = one;
        for (size_t i = 0; i < count; i++)
            if (strncmp(envp[i], name, sizeof name - 1) != 0)
                anew[kept++] = envp[i];
        anew[kept] = NULL;
        execve("/proc/self/exe", argv, anew);
    }
    ssize_t written = write(STDERR_FILENO, reason, sizeof reason - 1);
    (void)written;
    _exit(1);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(int, char **,
                                                            char **) = start_again_when_limited;

#endif
