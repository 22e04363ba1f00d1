/* tree.h - what stands below a folder: walked in order, made safe on disk, removed. Links are never
 * followed, and other file systems never entered.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TREE_H
#define MIEN_TREE_H

#include "mien.h"

#include <sys/stat.h>

typedef enum mien_tree_step { MIEN_TREE_GO_ON, MIEN_TREE_PASS, MIEN_TREE_END } mien_tree_step;

typedef struct mien_tree_entry {
    const char *path; /* below the root, "nmf/basis.npy" */
    int folder;       /* open on the folder it stands in */
    const char *name; /* there */
    struct stat info; /* of itself, not of what a link points to */
    bool mounted;     /* another file system, or another place of this one, begins here */
} mien_tree_entry;

/* Called for every name, a folder before what is in it. MIEN_TREE_PASS: do not enter this folder
 * (mounted ones are not entered anyway); MIEN_TREE_END: stop, which is no error. */
typedef mien_tree_step (*mien_tree_visit)(void *user, const mien_tree_entry *entry);

/* Walk what is below `root`, names in the order of their bytes. MIEN_ERR_IO naming the path,
 * MIEN_ERR_NOMEM. */
mien_status mien_tree_walk(const char *root, mien_tree_visit visit, void *user, mien_error *err);

/* Flush all files and folders below `root`, and itself, to the disk: what is renamed after that is
 * whole also after the power failed. MIEN_ERR_IO, MIEN_ERR_NOMEM. */
mien_status mien_tree_sync(const char *root, mien_error *err);

/* Names in a folder. */
typedef struct mien_name {
    char *text;         /* owned */
    unsigned char type; /* DT_... of <dirent.h> */
} mien_name;

typedef struct mien_names {
    mien_name *items;
    size_t count, capacity;
} mien_names;

/* Read the names in an open folder, which is closed in any case: all but . and .. and those that
 * `take` says no to (NULL: none). They come in no order. Returns an errno, or 0; -1 when memory is
 * out. *names holds what mien_names_free() takes. */
int mien_names_read(int fd, bool (*take)(void *user, const char *text, unsigned char type),
                    void *user, mien_names *names);
void mien_names_free(mien_names *names);

/* Remove `name` in the open folder `parent` (or AT_FDCWD), with everything in it. Only system calls
 * are made: a handler of signals may do this. False when something is left. */
bool mien_tree_remove(int parent, const char *name);

/* Remove what the folder `root` holds, but for names in it that `spare` says stay (NULL: none). By
 * system calls only, as long as `spare` makes no others. False when something else is left. */
typedef bool (*mien_tree_spare)(const char *name);
bool mien_tree_empty(const char *root, mien_tree_spare spare);

/* Whether a file system, or a part of one that was bound there, begins at `name`. */
bool mien_tree_is_mount(int parent, const char *name, dev_t outside);

#endif
