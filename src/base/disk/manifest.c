/* manifest.c - which files belong to a result: "files" in its summary.json.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "base/disk/manifest.h"

#include "base/disk/files.h"
#include "base/disk/tree.h"
#include "base/json_parse.h"
#include "base/memory.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------------------------------------------- mien's own marks */

/* The first bytes of a regular file as a string; what cannot be read is empty. */
static void read_beginning(const char *path, char *text, size_t size)
{
    struct stat info;
    size_t done = 0;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        while (done + 1 < size) {
            ssize_t got = read(fd, text + done, size - 1 - done);
            if (got <= 0 && !(got < 0 && errno == EINTR))
                break;
            done += got > 0 ? (size_t)got : 0;
        }
    if (fd >= 0)
        close(fd);
    text[done] = '\0';
}

/* The text behind "key": " in JSON, or "" when there is none. Good enough to know mien's own. */
static const char *value_of(const char *json, const char *key)
{
    const char *at = strstr(json, key);
    if (!at)
        return "";
    at += strlen(key);
    at += strspn(at, " \t\r\n");
    if (*at != ':')
        return "";
    at++;
    at += strspn(at, " \t\r\n");
    return *at == '"' ? at + 1 : "";
}

static bool is_own_text(const char *version, const char *command)
{
    return version && command && version[0] >= '0' && version[0] <= '9' &&
           strncmp(command, "mien ", 5) == 0;
}

/* Whether folder/name is a file in which mien says what it did: a version, and a command that
 * begins with its name. Both stand at its beginning. */
static bool is_own_mark(const char *folder, const char *name)
{
    enum { BEGINNING = 8192 };
    char path[MIEN_PATH_MAX + 32], text[BEGINNING];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    read_beginning(path, text, sizeof text);
    return text[0] == '{' &&
           is_own_text(value_of(text, "\"version\""), value_of(text, "\"command\""));
}

bool mien_is_result(const char *folder)
{
    static const char *const marks[] = {"summary.json", "model.json"};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        if (is_own_mark(folder, marks[k]))
            return true;
    return false;
}

bool mien_is_mark(const char *name)
{
    static const size_t length = sizeof MIEN_BUILDING_MARK - 1;
    return strncmp(name, MIEN_BUILDING_MARK, length) == 0 &&
           (!name[length] ||
            (name[length] == '.' && name[length + 1] &&
             strspn(name + length + 1, "0123456789") == strlen(name + length + 1)));
}

bool mien_is_building(int parent, const char *name)
{
    char mark[NAME_MAX + 32];
    return strstr(name, ".tmp-") &&
           (size_t)snprintf(mark, sizeof mark, "%s/" MIEN_BUILDING_MARK, name) < sizeof mark &&
           faccessat(parent, mark, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---------------------------------------------------------------- the list */

/* Where a name is, or should stand. */
static size_t place_of(const mien_manifest *m, const char *name)
{
    size_t low = 0, high = m->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(m->names[middle], name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool mien_manifest_has(const mien_manifest *m, const char *name)
{
    size_t at = place_of(m, name);
    return at < m->count && strcmp(m->names[at], name) == 0;
}

static bool manifest_has_folder(const mien_manifest *m, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < m->count; i++)
        if (strncmp(m->names[i], name, length) == 0 && m->names[i][length] == '/')
            return true;
    return false;
}

bool mien_manifest_add(mien_manifest *m, const char *name)
{
    size_t at = place_of(m, name);
    if (at < m->count && strcmp(m->names[at], name) == 0)
        return true;
    char *copy = mien_strdup(name);
    if (!copy ||
        !mien_grow((void **)&m->names, &m->capacity, m->count, m->count + 1, sizeof *m->names)) {
        mien_free(copy);
        return false;
    }
    memmove(m->names + at + 1, m->names + at, (m->count - at) * sizeof *m->names);
    m->names[at] = copy;
    m->count++;
    return true;
}

void mien_manifest_free(mien_manifest *m)
{
    for (size_t i = 0; i < m->count; i++)
        mien_free(m->names[i]);
    mien_free(m->names);
    *m = (mien_manifest){0};
}

/* ---------------------------------------------------------------- reading */

static mien_status parse_list(const json_t *root, const char *folder, mien_manifest *out,
                              mien_error *err)
{
    const json_t *files = json_object_get(root, "files");
    if (!is_own_text(json_string_value(json_object_get(root, "version")),
                     json_string_value(json_object_get(root, "command"))))
        return mien_fail(err, MIEN_ERR_DATA, "%s holds no result of mien", folder);
    bool good = true;
    for (size_t i = 0; i < json_array_size(files) && good; i++) {
        const char *name = json_string_value(json_array_get(files, i));
        if (name)
            good = mien_manifest_add(out, name);
    }
    return good ? MIEN_OK : mien_fail_plain(err, MIEN_ERR_NOMEM);
}

/* *root is folder/summary.json as JSON. MIEN_ERR_DATA: it is not there, or no JSON. */
static mien_status read_summary(const char *folder, json_t **root, mien_error *err)
{
    char path[MIEN_PATH_MAX + 32], *text;
    size_t nbytes;
    struct stat info;
    snprintf(path, sizeof path, "%s/summary.json", folder);
    if (lstat(path, &info) != 0 && errno == ENOENT)
        return mien_fail(err, MIEN_ERR_DATA, "%s holds no result of mien", folder);
    mien_status st = mien_file_read(path, MIEN_SUMMARY_LIMIT, &text, &nbytes, err);
    if (st)
        return st == MIEN_ERR_FORMAT ? MIEN_ERR_DATA : st;
    st = mien_json_parse(text, nbytes, path, root, err);
    mien_free(text);
    return st == MIEN_ERR_FORMAT
               ? mien_fail(err, MIEN_ERR_DATA, "%s holds no result of mien", folder)
               : st;
}

mien_status mien_manifest_read(const char *folder, mien_manifest *out, mien_error *err)
{
    mien_manifest manifest = {0};
    json_t *root;
    mien_status st = read_summary(folder, &root, err);
    if (st)
        return st;
    st = parse_list(root, folder, &manifest, err);
    json_decref(root);
    if (st)
        mien_manifest_free(&manifest);
    else
        *out = manifest;
    return st;
}

/* ---------------------------------------------------------------- looking */

struct look {
    const mien_manifest *own;
    mien_manifest *found; /* of collecting */
    char foreign[MIEN_PATH_MAX];
    const char *why;
    bool descend; /* into a folder that is foreign, to name a file in it */
    bool nomem;
};

/* What a killed run left inside: "OUT/.tmp-123" with its mark. */
static bool is_litter(const mien_tree_entry *entry)
{
    return S_ISDIR(entry->info.st_mode) && !entry->mounted && !strchr(entry->path, '/') &&
           mien_is_building(entry->folder, entry->name);
}

static mien_tree_step look_at(void *user, const mien_tree_entry *entry)
{
    struct look *look = user;
    bool is_folder = S_ISDIR(entry->info.st_mode), is_file = S_ISREG(entry->info.st_mode);
    size_t above = strlen(look->foreign);
    if (look->descend &&
        (strncmp(entry->path, look->foreign, above) != 0 || entry->path[above] != '/'))
        return MIEN_TREE_END; /* the folder is empty */
    bool own = is_folder ? manifest_has_folder(look->own, entry->path)
                         : is_file && (mien_manifest_has(look->own, entry->path) ||
                                       mien_is_mark(entry->path));
    if (is_litter(entry))
        return MIEN_TREE_PASS;
    if (own && !entry->mounted)
        return MIEN_TREE_GO_ON;
    snprintf(look->foreign, sizeof look->foreign, "%s", entry->path);
    look->why = entry->mounted         ? "where another file system begins"
                : is_folder || is_file ? "which is not of the result there"
                                       : "which is no regular file";
    look->descend = is_folder && !entry->mounted;
    return look->descend ? MIEN_TREE_GO_ON : MIEN_TREE_END;
}

mien_status mien_manifest_check(const mien_manifest *manifest, const char *folder, mien_error *err)
{
    struct look look = {.own = manifest};
    mien_status st = mien_tree_walk(folder, look_at, &look, err);
    if (st || !look.why)
        return st;
    return mien_fail(err, MIEN_ERR_ARG, "%.160s holds %.160s, %s", folder, look.foreign, look.why);
}

static mien_tree_step collect(void *user, const mien_tree_entry *entry)
{
    struct look *look = user;
    if (is_litter(entry))
        return MIEN_TREE_PASS;
    if (!S_ISREG(entry->info.st_mode) || mien_is_mark(entry->path) ||
        (look->own && !mien_manifest_has(look->own, entry->path)))
        return MIEN_TREE_GO_ON;
    look->nomem = !mien_manifest_add(look->found, entry->path);
    return look->nomem ? MIEN_TREE_END : MIEN_TREE_GO_ON;
}

mien_status mien_manifest_collect(mien_manifest *manifest, const char *folder,
                                  const mien_manifest *own, mien_error *err)
{
    struct look look = {.own = own, .found = manifest};
    mien_status st = mien_tree_walk(folder, collect, &look, err);
    return look.nomem ? mien_fail_plain(err, MIEN_ERR_NOMEM) : st;
}

/* ---------------------------------------------------------------- writing */

static json_t *list_json(const mien_manifest *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->count && list; i++)
        if (json_array_append_new(list, json_string(m->names[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

mien_status mien_manifest_write(const mien_manifest *manifest, const char *from, const char *to,
                                mien_error *err)
{
    char path[MIEN_PATH_MAX + 32];
    json_t *root;
    mien_status st = read_summary(from, &root, err);
    if (st)
        return st;
    char *text = NULL;
    json_t *list = list_json(manifest);
    if (list && json_object_set_new(root, "files", list) == 0)
        text = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(root);
    if (!text)
        return mien_fail_plain(err, MIEN_ERR_NOMEM);
    snprintf(path, sizeof path, "%s/summary.json", to);
    size_t length = strlen(text);
    text[length] = '\n'; /* in the place of its end, which nobody reads any more */
    st = mien_file_write(path, text, length + 1, err);
    free(text);
    return st;
}
