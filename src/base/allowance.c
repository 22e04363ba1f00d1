/* allowance.c - how much memory this process may use.
 * SPDX-License-Identifier: MIT
 *
 * The one place for the rule: the least of the machine's memory, what setrlimit() leaves of data
 * and address space, and the limits of the control groups that the process is in, of version 1 and
 * 2, from its own up to the root: each of them counts. A group's folder may lie elsewhere than its
 * path says (a container sees its own as the root): then what is there is taken. */
#define _GNU_SOURCE
#include "base/memory.h"

#include "mien.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PATH_ROOM = 4096 + 64 };

/* A file with one number; "max", and what is no number, is no limit. */
static void take_file(const char *path, size_t *least)
{
    char text[64];
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    char *end, *got = fgets(text, sizeof text, file);
    fclose(file);
    unsigned long long value = got ? strtoull(text, &end, 10) : 0;
    if (got && end != text && value < *least)
        *least = (size_t)value;
}

/* A group and all above it. */
static void take_groups(const char *root, const char *group, const char *file, size_t *least)
{
    char path[2 * PATH_ROOM];
    for (size_t length = strlen(group);; length--) {
        while (length && group[length - 1] == '/')
            length--;
        snprintf(path, sizeof path, "%s%.*s/%s", root, (int)length, group, file);
        take_file(path, least);
        while (length && group[length - 1] != '/')
            length--;
        if (!length)
            break;
    }
    snprintf(path, sizeof path, "%s/%s", root, file);
    take_file(path, least);
}

/* Where a hierarchy is mounted: of version 2, or the one of version 1 with the memory controller.
 */
static bool find_mount(const char *proc, bool second, char *root, size_t size)
{
    char path[PATH_ROOM], *line = NULL;
    size_t room = 0;
    bool found = false;
    snprintf(path, sizeof path, "%s/self/mounts", proc);
    FILE *mounts = fopen(path, "re");
    while (mounts && !found && getline(&line, &room, mounts) > 0) {
        char *rest = line, *word[4];
        for (size_t k = 0; k < 4; k++)
            word[k] = strsep(&rest, " ");
        if (!word[3])
            continue;
        char options[1024];
        snprintf(options, sizeof options, ",%s,", word[3]);
        found = second ? strcmp(word[2], "cgroup2") == 0
                       : strcmp(word[2], "cgroup") == 0 && strstr(options, ",memory,");
        if (found)
            snprintf(root, size, "%s", word[1]);
    }
    free(line);
    if (mounts)
        fclose(mounts);
    return found;
}

/* `proc`: where the process tells of itself; another one in tests. */
static void take_control_groups(const char *proc, size_t *least)
{
    char path[PATH_ROOM], root[PATH_ROOM], *line = NULL;
    size_t room = 0;
    snprintf(path, sizeof path, "%s/self/cgroup", proc);
    FILE *groups = fopen(path, "re");
    while (groups && getline(&line, &room, groups) > 0) {
        char *rest = line, controllers[1024];
        char *number = strsep(&rest, ":"), *names = strsep(&rest, ":");
        if (!rest)
            continue;
        rest[strcspn(rest, "\n")] = '\0';
        snprintf(controllers, sizeof controllers, ",%s,", names);
        bool second = strcmp(number, "0") == 0 && !*names;
        if ((second || strstr(controllers, ",memory,")) &&
            find_mount(proc, second, root, sizeof root))
            take_groups(root, rest, second ? "memory.max" : "memory.limit_in_bytes", least);
    }
    free(line);
    if (groups)
        fclose(groups);
}

size_t mien_memory_allowed_by(const char *proc)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    size_t least = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : SIZE_MAX;
    static const int kinds[] = {RLIMIT_AS, RLIMIT_DATA};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct rlimit limit;
        if (getrlimit((unsigned)kinds[k], &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
            limit.rlim_cur < least)
            least = (size_t)limit.rlim_cur;
    }
    take_control_groups(proc, &least);
    return least;
}

size_t mien_memory_allowed(void)
{
    return mien_memory_allowed_by("/proc");
}
