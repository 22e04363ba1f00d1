/* cmd_demo.c - mien demo: the lesson, on the images that come with mien.
 * SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
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
    const char *example; /* an image that teaches; NULL: the first */
    const char *truth;   /* what is known of the images, beside them; NULL: nothing */
    const char *look;    /* what to look at */
    const char *package; /* of Debian, that has the images; NULL: they come with mien */
    const char *file;    /* where it has them, below /usr/share */
} lesson;

static const lesson lessons[] = {
    /* face222: dark glasses, beard, hair and smile, all of them parts */
    {"faces", "mien-demo-faces", 49, MIEN_NORMALIZE_LEE_SEUNG, "face222.pgm", "faces.csv",
     "400 drawn faces, 48x48, in which hair, brows, eyes, glasses, nose, mouth and beard vary by\n"
     "themselves. Look at the basis images in the figure:\n"
     "  NMF  may only add, so it keeps parts: a brow, a pair of glasses, half of the\n"
     "       hair.\n"
     "  VQ   keeps whole faces, each the mean of those that look alike.\n"
     "  PCA  keeps whole faces, positive here and negative there, which cancel each\n"
     "       other.\n"
     "  ICA  turns PCA's images until they are as independent as they can be.\n"
     "The weights grid beside each shows how few or how many of them the example needs.",
     NULL, NULL},
    /* swimmer120: its limbs are in four different positions, so it lies on no axis of PCA, as the
     * symmetric ones do */
    {"swimmer", "mien-demo-swimmer", 17, MIEN_NORMALIZE_UNIT, "swimmer120.pgm", "swimmer_parts.npy",
     "256 stick figures, 32x32: a torso and four limbs, each in one of four positions (Donoho &\n"
     "Stodden 2003). 17 parts made them, so there is a right answer. Look for the 16 limbs, one "
     "to\n"
     "a basis image, in NMF's row; the torso, which never moves, is spread over them or stands\n"
     "alone. No other row shows a single limb.",
     NULL, NULL},
    {"fashion", "mien-demo-fashion", 25, MIEN_NORMALIZE_UNIT, NULL, NULL,
     "10,000 photographs of garments, 28x28, the test set of Fashion-MNIST (Xiao, Rasul &\n"
     "Vollgraf 2017), 1,000 of each of ten kinds. Look at the basis images in the figure:\n"
     "  NMF  sleeves, soles, heels, trouser legs, to be worn by many garments.\n"
     "  VQ   whole shirts, trousers and boots.\n"
     "In the tables above, a component of VQ is one kind of garment or two that look alike;\n"
     "one of NMF may be shared by many, as a sleeve is.",
     "dataset-fashion-mnist", "datasets/fashion-mnist/t10k-images-idx3-ubyte.gz"},
};
/* The labels of Fashion-MNIST. */
static const char *const garments[] = {"T-shirt", "trouser", "pullover", "dress", "coat",
                                       "sandal",  "shirt",   "sneaker",  "bag",   "boot"};

enum { LESSON_COUNT = sizeof lessons / sizeof *lessons };

static bool is_there(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
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
                is_there(path))
                return true;
    }
    return false;
}

/* Data sets of other packages stand below the folders of XDG_DATA_DIRS. */
static bool find_data_set(const char *file, char *path, size_t size)
{
    const char *folders = getenv("XDG_DATA_DIRS");
    if (!folders || !*folders)
        folders = "/usr/local/share:/usr/share";
    for (const char *at = folders; *at;) {
        size_t length = strcspn(at, ":");
        if ((size_t)snprintf(path, size, "%.*s/%s", (int)length, at, file) < size && is_there(path))
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

static bool find_images(const lesson *chosen, char *path, size_t size)
{
    if (!chosen->package && find_assets(chosen->name, path, size))
        return true;
    if (chosen->package && find_data_set(chosen->file, path, size))
        return true;
    if (chosen->package)
        cli_say("the images of the demo are in Debian's package %s, which is not installed "
                "(apt-get install %s)",
                chosen->package, chosen->package);
    else
        cli_say("the images of the demo are not found beside the program "
                "(share/mien/%s where it is installed, assets/%s in the source tree)",
                chosen->name, chosen->name);
    return false;
}

static int demo(cli_options *o)
{
    const lesson *chosen = NULL;
    const char *name = o->input ? o->input : lessons[0].name;
    if (strcmp(name, "cone") == 0)
        return cli_demo_cone(o);
    if (o->from || cli_was_given(o, "pixels") || o->plane) {
        cli_say("--from, --pixels and --plane belong to the cone: mien demo cone");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < LESSON_COUNT; i++)
        if (strcmp(lessons[i].name, name) == 0)
            chosen = &lessons[i];
    if (!chosen) {
        cli_say("there is no demo '%s'; there are faces, swimmer, fashion and cone", name);
        return EXIT_USAGE;
    }
    static char path[PATH_SIZE];
    static char truth[PATH_SIZE];
    if (!find_images(chosen, path, sizeof path))
        return EXIT_FAILED;
    if (chosen->truth && !find_assets(chosen->truth, truth, sizeof truth))
        snprintf(truth, sizeof truth, "%s", chosen->truth); /* said when it is read */
    cli_lesson told = {chosen->look, chosen->truth ? truth : NULL};
    o->input = path;
    if (chosen->package) {
        o->load.label_names = garments;
        o->load.n_label_names = sizeof garments / sizeof *garments;
    }
    o->lesson = &told;
    if (!o->example)
        o->example = chosen->example;
    if (!o->output)
        o->output = chosen->output;
    if (!o->fit.r && !o->init_from)
        o->fit.r = chosen->r;
    if (!cli_was_given(o, "normalize"))
        o->load.normalize = chosen->normalize;
    o->is_lesson = true;
    int status = cli_session(o);
    o->lesson = NULL;
    return status;
}

static const cli_own_help own_help[] = {
    {"output", "folder to write (default: mien-demo-faces, -swimmer, -fashion, -cone)"},
    {"components", "how many basis images (default: 49 of faces, 17 of swimmers, 25 of garments)"},
    {"normalize", "auto|lee-seung|unit|max|none (default: lee-seung for faces, else unit)"},
    {0},
};

extern const cli_command command_demo;
const cli_command command_demo = {
    .name = "demo",
    .arguments = "[faces|swimmer|fashion|cone] [-o OUT]",
    .summary = "the lesson, on the images that come with mien",
    .details =
        "Runs compare on 400 drawn faces (r = 49), or on the 256 swimmers of Donoho &\n"
        "Stodden 2003 (r = 17), says what to look at, and ends with what was found of\n"
        "what was drawn. fashion: the 10,000 test images of Fashion-MNIST, photographs of\n"
        "garments (r = 25), where Debian's package dataset-fashion-mnist is installed.\n"
        "Takes compare's options.\n"
        "The cone shows in two dimensions why NMF is not unique (ESL p. 556): OUT/cone.png,\n"
        "cone.svg. With --from it is the cone of two pixels of your own images, greys as\n"
        "stored unless --normalize says otherwise. Of compare's options it takes --seed,\n"
        "--threads, and those for output and reading.",
    .examples = "  mien demo -o out\n"
                "  mien demo swimmer -o out --seed 3\n"
                "  mien demo fashion -o out\n"
                "  mien demo cone -o out\n"
                "  mien demo cone --from faces/ --pixels 120,200 -o out",
    .own = own_help,
    .groups = GROUP_OUTPUT | GROUP_READ | GROUP_METHODS | GROUP_FIT | GROUP_SNAPSHOTS | GROUP_DRAW |
              GROUP_EXAMPLE | GROUP_PAGE | GROUP_THREADS | GROUP_CONE | GROUP_JSON,
    .input_optional = true,
    .run = demo,
};
