/* options.h - the command line as one struct.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_OPTIONS_H
#define MIEN_OPTIONS_H

#include "cli/say.h"

/* Groups of options; a command names those it takes. */
enum option_group {
    GROUP_OUTPUT = 1,  /* -o, --force */
    GROUP_READ = 2,    /* how images become numbers */
    GROUP_METHODS = 4, /* --methods */
    GROUP_METHOD = 8,  /* --method */
    GROUP_FIT = 16,    /* components, iterations, options of methods */
    GROUP_DRAW = 32,   /* palettes and grids */
    GROUP_EXAMPLE = 64,
    GROUP_JSON = 128,
    GROUP_GENERAL = 256, /* --quiet, --help: every command */
    GROUP_THREADS = 512,
    GROUP_NEW = 1024,        /* new images for a model: what the model leaves open */
    GROUP_RESIDUAL = 2048,   /* --residual and its palette */
    GROUP_RANK = 4096,       /* --ranks and what else choosing r takes */
    GROUP_CONE = 8192,       /* --from, --pixels, --plane */
    GROUP_SNAPSHOTS = 16384, /* --no-snapshots */
    GROUP_CALIBRATE = 32768,
    GROUP_PAGE = 65536,        /* --report-images */
    GROUP_CHECKPOINT = 131072, /* --checkpoint, --no-resume */
    GROUP_WEIGHTS = 262144     /* --no-weights */
};

enum { MAX_METHODS = 16, MAX_IGNORED = 32, CHECKPOINT_SECONDS = 60 };

/* What a demo says in the end. */
typedef struct cli_lesson {
    const char *look;  /* what to look at */
    const char *truth; /* file of what is known beforehand, for mien_truth_load(); NULL: nothing */
} cli_lesson;

typedef struct cli_options {
    const char *model;          /* the first argument, of commands that take a model */
    const char *input;          /* the argument, or NULL */
    const char *output;         /* -o */
    const char *const *results; /* the arguments, of commands that take results; n_results */
    size_t n_results;
    bool force, strict, quiet, verbose, json, help, residual, calibrate, no_calibrate;
    mien_load_options load;
    mien_options fit;
    mien_rank_options rank;
    mien_style style;
    const mien_method *methods[MAX_METHODS];
    size_t n_methods;
    const char *ignored[MAX_IGNORED]; /* --ignore, as often as it was given */
    const char *example;              /* --example, a file or an index */
    const char *init_from;            /* --init-from */
    const char *from;                 /* --from */
    const cli_lesson *lesson;         /* demo only, else NULL */
    size_t pixels[2];                 /* --pixels */
    const char *training;             /* --training, or NULL */
    const char *cache;                /* --cache, or where it is when nobody says */
    bool plane, no_snapshots, no_resume;
    double checkpoint;       /* seconds; below 0: none is kept */
    uint64_t given;          /* a bit for each row of the table of options; see cli_was_given() */
    bool components_chosen;  /* r by the size of the data; fit.r is 0 until somebody chooses */
    bool is_lesson;          /* on the images that come with mien */
    char command_line[2048]; /* as typed, quoted for a shell */
    /* of it what says how to read, and how to fit, for another command on the same data; without r,
     * restarts and start */
    char reading[1024], fitting[1024];
} cli_options;

/* An option that means something of its own to a command: help in place of the table's. */
typedef struct cli_own_help {
    const char *option, *help;
} cli_own_help;

typedef struct cli_command {
    const char *name;
    const char *arguments; /* "INPUT -o OUT" */
    const char *summary;   /* one line for the list of commands */
    const char *details;   /* paragraphs for --help */
    const char *examples;
    const cli_own_help *own; /* ends with option == NULL; NULL: none */
    unsigned groups;
    bool input_optional;
    bool takes_model;   /* before INPUT */
    bool takes_results; /* instead of INPUT: one or more */
    int (*run)(cli_options *options);
} cli_command;

/* Read the words after the command's name. On wrong usage says why on stderr and returns
 * EXIT_USAGE, else EXIT_DONE. */
int cli_parse(const cli_command *command, int argc, char **argv, cli_options *out);

/* Whether an option of the table was given: "normalize". */
bool cli_was_given(const cli_options *options, const char *name);

/* The help of one command, and of all of mien: at most 80 columns, fewer where COLUMNS says so. */
void cli_print_help(const cli_command *command, FILE *to);
void cli_print_usage(FILE *to);

/* Text in lines as wide as those of help: paragraphs are wrapped anew, lines that begin with a
 * blank stay as they are. */
void cli_print_paragraphs(FILE *to, const char *text);

#endif
