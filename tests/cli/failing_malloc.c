/* failing_malloc.c - a library to be preloaded: lets one allocation of a program fail.
 * SPDX-License-Identifier: MIT
 *
 * MIEN_FAIL_AT=K   the K-th allocation after main began fails; 0: none
 * MIEN_FAIL_FOR=N  and the N - 1 after it (default 1; 0: all of them)
 * MIEN_FAIL_COUNT=FILE   gets the number of allocations when the program ends
 *
 * Counted are malloc, calloc and realloc of any thread, in mien and in the libraries it uses. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, below the names that are taken here */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

typedef int main_fn(int argc, char **argv, char **envp);
int __libc_start_main(main_fn *program, int argc, char **argv, main_fn *init, void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end);

static atomic_bool counting;
static atomic_size_t calls;
static size_t first, last;
static main_fn *wrapped;

static bool fails(void)
{
    if (!atomic_load(&counting))
        return false;
    size_t call = atomic_fetch_add(&calls, 1) + 1;
    if (!first || call < first || call > last)
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails() ? NULL : __libc_realloc(block, size);
}

static size_t number(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

static void tell_count(void)
{
    const char *path = getenv("MIEN_FAIL_COUNT");
    atomic_store(&counting, false);
    int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (file < 0)
        return;
    dprintf(file, "%zu\n", atomic_load(&calls));
    close(file);
}

static int counted_main(int argc, char **argv, char **envp)
{
    first = number("MIEN_FAIL_AT", 0);
    size_t many = number("MIEN_FAIL_FOR", 1);
    last = many ? first + many - 1 : (size_t)-1;
    atexit(tell_count);
    atomic_store(&counting, true);
    return wrapped(argc, argv, envp);
}

int __libc_start_main(main_fn *program, int argc, char **argv, main_fn *init, void (*fini)(void),
                      void (*loader_fini)(void), void *stack_end)
{
    static const char name[] = "__libc_start_main";
    int (*real)(main_fn *, int, char **, main_fn *, void (*)(void), void (*)(void), void *);
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(&real, &found, sizeof real); /* ISO C has no cast from data to function */
    wrapped = program;
    return real(counted_main, argc, argv, init, fini, loader_fini, stack_end);
}
