/* cmd_demo.c - mien demo: the lesson, on the images that come with mien.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "cli/cmd_demo_cone.h"
#include "cli/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

typedef struct lesson {
    const char *name;
    const char *output; /* when -o is not given */
    size_t r;
    mien_normalize normalize;
    const char *look; /* what to look at */
} lesson;

static const lesson lessons[] = {
    {"faces", "mien-demo-faces", 49, MIEN_NORMALIZE_LEE_SEUNG,
     "400 drawn faces, 48x48, in which hair, brows, eyes, glasses, nose, mouth and beard vary by\n"
     "themselves. Look at the basis images in the figure:\n"
     "  NMF  may only add, so it keeps parts: a brow, a pair of glasses, half of the\n"
     "       hair.\n"
     "  VQ   keeps whole faces, each the mean of those that look alike.\n"
     "  PCA  keeps whole faces, positive here and negative there, which cancel each\n"
     "       other.\n"
     "  ICA  turns PCA's images until they are as independent as they can be.\n"
     "The weights grid beside each shows how few or how many of them the example needs."},
    {"swimmer", "mien-demo-swimmer", 17, MIEN_NORMALIZE_UNIT,
     "256 stick figures, 32x32: a torso and four limbs, each in one of four positions (Donoho &\n"
     "Stodden 2003). 17 parts made them, so there is a right answer. Look for the 16 limbs, one "
     "to\n"
     "a basis image, in NMF's row; the torso, which never moves, is spread over them or stands\n"
     "alone. No other row shows a single limb."},
};
enum { LESSON_COUNT = sizeof lessons / sizeof *lessons };

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The images beside the program: in the source tree of a build below it, or in share/mien of the
 * place it is installed in. */
static bool find_assets(const char *name, char *path, size_t size)
{
    char program[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return false;
    program[length] = '\0';
    for (int up = 0; up < 5; up++) {
        char *slash = strrchr(program, '/');
        if (!slash)
            return false;
        *slash = '\0';
        static const char *const places[] = {"share/mien", "assets"};
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            if ((size_t)snprintf(path, size, "%s/%s/%s", program, places[i], name) < size &&
                is_folder(path))
                return true;
    }
    return false;
}

static int demo(cli_options *o)
{
    const lesson *chosen = NULL;
    const char *name = o->input ? o->input : lessons[0].name;
    if (strcmp(name, "cone") == 0)
        return cli_demo_cone(o);
    if (o->from || o->pixels_given || o->plane) {
        cli_say("--from, --pixels and --plane belong to the cone: mien demo cone");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < LESSON_COUNT; i++)
        if (strcmp(lessons[i].name, name) == 0)
            chosen = &lessons[i];
    if (!chosen) {
        cli_say("there is no demo '%s'; there are faces, swimmer and cone", name);
        return EXIT_USAGE;
    }
    static char path[PATH_SIZE];
    if (!find_assets(chosen->name, path, sizeof path)) {
        cli_say("the images of the demo are not found beside the program "
                "(share/mien/%s where it is installed, assets/%s in the source tree)",
                chosen->name, chosen->name);
        return EXIT_FAILED;
    }
    o->input = path;
    if (!o->output)
        o->output = chosen->output;
    if (!o->components_given && !o->init_from) {
        o->fit.r = chosen->r;
        o->components_given = true;
    }
    if (!o->normalize_given)
        o->load.normalize = chosen->normalize;
    o->is_lesson = true;
    int status = cli_session(o);
    if (!status && !o->quiet && !o->json) {
        putchar('\n');
        cli_print_paragraphs(stdout, chosen->look);
    }
    return status;
}

static const cli_own_help own_help[] = {
    {"output", "folder to write (default: mien-demo-faces, -swimmer or -cone)"},
    {"components", "how many basis images (default: 49 of faces, 17 of swimmers)"},
    {"normalize", "auto|lee-seung|unit|max|none (default: lee-seung for faces, unit for swimmers)"},
    {0},
};

extern const cli_command command_demo;
const cli_command command_demo = {
    .name = "demo",
    .arguments = "[faces|swimmer|cone] [-o OUT]",
    .summary = "the lesson, on the images that come with mien",
    .details =
        "Runs compare on 400 drawn faces (r = 49), or on the 256 swimmers of Donoho &\n"
        "Stodden 2003 (r = 17), and says what to look at. Takes compare's options.\n"
        "The cone shows in two dimensions why NMF is not unique (ESL p. 556): OUT/cone.png,\n"
        "cone.svg. With --from it is the cone of two pixels of your own images, greys as\n"
        "stored unless --normalize says otherwise. Of compare's options it takes --seed,\n"
        "--threads, and those for output and reading.",
    .examples = "  mien demo -o out\n"
                "  mien demo swimmer -o out --seed 3\n"
                "  mien demo cone -o out\n"
                "  mien demo cone --from faces/ --pixels 120,200 -o out",
    .own = own_help,
    .groups = GROUP_OUTPUT | GROUP_READ | GROUP_METHODS | GROUP_FIT | GROUP_SNAPSHOTS | GROUP_DRAW |
              GROUP_EXAMPLE | GROUP_THREADS | GROUP_CONE | GROUP_JSON,
    .input_optional = true,
    .run = demo,
};
