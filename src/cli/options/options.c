/* options.c - the command line as one struct, read by getopt_long.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cli/options/options.h"

#include "cli/options/option_table.h"
#include "cli/options/suggest.h"

#include <getopt.h>
#include <string.h>
#include <strings.h>

/* ---------------------------------------------------------------- parsing */

enum { MAX_LONG = 96, CODE_METHOD = 1000, CODE_NO_METHOD = 2000, CODE_ROW = 3000, NAME_SIZE = 32 };

/* What getopt_long is to know: every option of mien, so that one which another command has can be
 * told from one that nobody has. */
struct parser {
    struct option longs[MAX_LONG];
    char negated[MAX_LONG][NAME_SIZE]; /* "no-center" */
    char shorts[64];
    size_t count;
};

static void add_long(struct parser *p, const char *name, bool has_value, int code)
{
    if (p->count + 1 < MAX_LONG)
        p->longs[p->count++] =
            (struct option){name, has_value ? required_argument : no_argument, NULL, code};
}

static void fill_parser(struct parser *p)
{
    *p = (struct parser){0};
    size_t at = 0;
    p->shorts[at++] = ':';
    const struct option_row *row;
    for (int i = 0; (row = cli_option_at((size_t)i)); i++) {
        add_long(p, row->name, row->value != NULL, CODE_ROW + i);
        if (row->letter) {
            p->shorts[at++] = row->letter;
            if (row->value)
                p->shorts[at++] = ':';
        }
    }
    const mien_option *option;
    for (int k = 0; (option = cli_method_option_at((size_t)k, NULL)); k++) {
        add_long(p, option->key, true, CODE_METHOD + k);
        if (cli_is_yes_no(option)) {
            snprintf(p->negated[k], NAME_SIZE, "no-%s", option->key);
            add_long(p, p->negated[k], false, CODE_NO_METHOD + k);
        }
    }
}

static const struct option_row *find_row(int code)
{
    const struct option_row *row;
    for (int i = 0; (row = cli_option_at((size_t)i)); i++)
        if (code == CODE_ROW + i || (row->letter && code == row->letter))
            return row;
    return NULL;
}

/* ---------------------------------------------------------------- what was meant */

/* Words of other programs for what mien has. */
static const struct synonym {
    const char *word, *option;
} synonyms[] = {
    {"algorithm", "solver"},  {"beta-loss", "objective"}, {"cmap", "palette"},
    {"clobber", "force"},     {"colormap", "palette"},    {"colour", "color"},
    {"epochs", "iterations"}, {"jobs", "threads"},        {"k", "components"},
    {"loss", "objective"},    {"max-iter", "iterations"}, {"n-components", "components"},
    {"n-init", "restarts"},   {"n-jobs", "threads"},      {"overwrite", "force"},
    {"random-state", "seed"}, {"rank", "components"},     {"resize", "size"},
    {"runs", "restarts"},     {"silent", "quiet"},        {"nrun", "restarts"},
};

/* The long name of an option of that code which this command takes; NULL when it does not. */
static const char *own_name(const cli_command *command, const struct parser *p, size_t index)
{
    const struct option_row *row = find_row(p->longs[index].val);
    bool own = row ? cli_takes(command, row) : (command->groups & GROUP_FIT) != 0;
    return own ? p->longs[index].name : NULL;
}

/* "; did you mean --normalize?" or "" */
static const char *guess_option(const cli_command *command, const struct parser *p,
                                const char *name, size_t length, char *text, size_t size)
{
    cli_guess guess = cli_guess_begin(name, length);
    *text = '\0';
    for (size_t i = 0; i < p->count; i++) {
        const char *own = own_name(command, p, i);
        if (own)
            cli_guess_offer(&guess, own, strlen(own));
        for (size_t k = 0; own && k < sizeof synonyms / sizeof *synonyms; k++)
            if (strcmp(own, synonyms[k].option) == 0 && strlen(synonyms[k].word) == length &&
                strncasecmp(synonyms[k].word, name, length) == 0) {
                snprintf(text, size, "; did you mean --%s?", own);
                return text;
            }
    }
    if (*guess.best)
        snprintf(text, size, "; did you mean --%s?", guess.best);
    return text;
}

static bool wrong_command(const cli_command *command, const struct parser *p, const char *name)
{
    char meant[96];
    cli_say("--%s: mien %s has no such option%s (see mien %s --help)", name, command->name,
            guess_option(command, p, name, strlen(name), meant, sizeof meant), command->name);
    return false;
}

/* A value that an option of a method does not have. */
static bool wrong_value(const mien_option *option, const char *value, const mien_error *err)
{
    cli_guess guess = cli_guess_begin(value, strlen(value));
    char meant[96];
    if (option->choices)
        cli_guess_offer_choices(&guess, option->choices);
    cli_say("--%s%s", err->message, cli_guess_words(&guess, meant, sizeof meant));
    return false;
}

/* Keep " --name value"; what has no room is left out. */
static void keep_option(char *kept, size_t size, const char *name, const char *value)
{
    size_t at = strlen(kept), used = at;
    used += (size_t)snprintf(kept + used, size - used, " --%s", name);
    if (value && used < size)
        used += mien_shell_word(value, kept + used, size - used);
    if (used >= size)
        kept[at] = '\0';
}

/* Options of a fit that mean something else to another command, or are told anew. */
static bool is_own_business(const char *name)
{
    return strcmp(name, "components") == 0 || strcmp(name, "restarts") == 0 ||
           strcmp(name, "init-from") == 0;
}

static bool apply(const cli_command *command, const struct parser *p, int code, const char *value,
                  cli_options *out)
{
    const struct option_row *row = find_row(code);
    if (row) {
        if (!(row->group & (command->groups | GROUP_GENERAL)))
            return wrong_command(command, p, row->name);
        if (row->group & GROUP_READ)
            keep_option(out->reading, sizeof out->reading, row->name, value);
        else if (row->group & GROUP_FIT && !is_own_business(row->name))
            keep_option(out->fitting, sizeof out->fitting, row->name, value);
        out->given |= UINT64_C(1) << cli_option_index(row);
        return cli_set(row, out, value);
    }
    bool negated = code >= CODE_NO_METHOD;
    const mien_option *option =
        cli_method_option_at((size_t)(code - (negated ? CODE_NO_METHOD : CODE_METHOD)), NULL);
    if (!(command->groups & GROUP_FIT))
        return wrong_command(command, p, option->key);
    keep_option(out->fitting, sizeof out->fitting,
                negated ? p->negated[code - CODE_NO_METHOD] : option->key, value);
    mien_error err;
    return mien_options_set(&out->fit, option->key, negated ? "no" : value, &err)
               ? wrong_value(option, value, &err)
               : true;
}

/* A long option that getopt found twice: the beginnings of options that other commands have do not
 * count. Returns whether it was read. */
static bool apply_beginning(const cli_command *command, const struct parser *p, int argc,
                            char **argv, cli_options *out, const char *name, size_t length)
{
    char list[512] = "";
    size_t found = 0, which = 0, at = 0;
    for (size_t i = 0; i < p->count; i++) {
        const char *own = own_name(command, p, i);
        if (!own || strncmp(own, name, length) != 0)
            continue;
        at += at < sizeof list
                  ? (size_t)snprintf(list + at, sizeof list - at, "%s--%s", found ? ", " : "", own)
                  : 0;
        found++;
        which = i;
    }
    if (found == 1) {
        const struct option *option = &p->longs[which];
        const char *value = name[length] == '=' ? name + length + 1 : NULL;
        if (option->has_arg == no_argument && value)
            cli_say("--%s takes no value", option->name);
        else if (option->has_arg == required_argument && !value && optind >= argc)
            cli_say("--%s needs a value (see mien %s --help)", option->name, command->name);
        else
            return apply(command, p, option->val,
                         option->has_arg == required_argument && !value ? argv[optind++] : value,
                         out);
        return false;
    }
    char meant[96];
    if (found)
        cli_say("--%.*s may be %s (see mien %s --help)", (int)length, name, list, command->name);
    else
        cli_say("--%.*s: unknown option%s (see mien %s --help)", (int)length, name,
                guess_option(command, p, name, length, meant, sizeof meant), command->name);
    return false;
}

/* The word that getopt could not read stands before optind. Returns whether it could be read. */
static bool read_again(const cli_command *command, const struct parser *p, int what, int argc,
                       char **argv, cli_options *out)
{
    const char *word = argv[optind - 1];
    bool is_long = strncmp(word, "--", 2) == 0;
    if (what == ':')
        cli_say("%s needs a value (see mien %s --help)", word, command->name);
    else if (optopt && optopt < 256 && !is_long)
        cli_say("-%c: unknown option (see mien %s --help)", optopt, command->name);
    else if (optopt)
        cli_say("%s takes no value", word);
    else
        return apply_beginning(command, p, argc, argv, out, word + 2, strcspn(word + 2, "="));
    return false;
}

/* Keep the command line for the report: words that a shell would cut are quoted. */
static void keep_command_line(const cli_command *command, int argc, char **argv, cli_options *out)
{
    size_t size = sizeof out->command_line, at = 0;
    at += (size_t)snprintf(out->command_line, size, "mien %s", command->name);
    for (int i = 1; i < argc && at < size; i++)
        at += mien_shell_word(argv[i], out->command_line + at, size - at);
    if (at >= size) /* not all of it: say so */
        memcpy(out->command_line + size - sizeof " ...", " ...", sizeof " ...");
}

/* More words than a command takes: mostly the files of a folder, which the shell has written out.
 */
static void say_too_many(const cli_command *command, int count, char **words)
{
    const char *word = words[0], *slash = strrchr(word, '/');
    if (count > 2 && strrchr(word, '.') > slash)
        cli_say("%d arguments: give the folder itself instead of its files: mien %s %.*s ...",
                count, command->name, slash ? (int)(slash - word + 1) : 1, slash ? word : ".");
    else
        cli_say("%s: one argument too many (see mien %s --help)", words[count - 1], command->name);
}

static bool check_rest(const cli_command *command, int argc, char **argv, cli_options *out)
{
    int most = command->takes_model ? 2 : 1;
    if (command->takes_results) {
        out->results = (const char *const *)argv + optind;
        out->n_results = (size_t)(argc - optind);
        out->input = optind < argc ? argv[optind] : NULL; /* one at least */
        optind = argc;
    }
    if (argc - optind > most) {
        bool many = argc - optind > most + 1;
        say_too_many(command, many ? argc - optind - most + 1 : 2, argv + optind + most - 1);
        return false;
    }
    if (command->takes_model && optind < argc)
        out->model = argv[optind++];
    if (optind < argc)
        out->input = argv[optind];
    if (!out->input && !command->input_optional) {
        cli_say("mien %s %s: what to work on is missing (see mien %s --help)", command->name,
                command->arguments, command->name);
        return false;
    }
    if (command->groups & GROUP_OUTPUT && !out->output && !command->input_optional) {
        const char *what = strstr(command->arguments, "-o "); /* OUT, or FILE.npy */
        what = what ? what + 3 : "OUT";
        cli_say("-o %s is missing: the %s to write", what, strchr(what, '.') ? "file" : "folder");
        return false;
    }
    mien_error err;
    for (size_t i = 0; i < out->n_methods; i++) {
        mien_options own = mien_options_for(&out->fit, out->methods[i]);
        if (mien_options_check(&own, out->methods[i], &err)) {
            cli_say("%s", err.message);
            return false;
        }
    }
    if (out->n_methods < 2) /* studies are of NMF, the first; what is for others has no effect */
        out->fit =
            mien_options_for(&out->fit, out->n_methods ? out->methods[0] : mien_method_at(0));
    return true;
}

int cli_parse(const cli_command *command, int argc, char **argv, cli_options *out)
{
    struct parser parser;
    fill_parser(&parser);
    *out = (cli_options){.fit = mien_options_default(),
                         .rank = mien_rank_options_default(),
                         .style = mien_style_default(),
                         .checkpoint = CHECKPOINT_SECONDS};
    out->fit.r = 0;
    keep_command_line(command, argc, argv, out);
    opterr = 0;
    optind = 0; /* 0 and not 1: forget where an earlier command line ended, too (GNU, musl) */
    for (;;) {
        optopt = 0;
        int code = getopt_long(argc, argv, parser.shorts, parser.longs, NULL);
        if (code == -1)
            break;
        bool good = code == '?' || code == ':' ? read_again(command, &parser, code, argc, argv, out)
                                               : apply(command, &parser, code, optarg, out);
        if (!good)
            return EXIT_USAGE;
    }
    if (out->help)
        return EXIT_DONE;
    if (command->groups & (GROUP_METHODS | GROUP_METHOD) && out->n_methods == 0) {
        size_t all = command->groups & GROUP_METHODS ? mien_method_count() : 1;
        for (size_t i = 0; i < all; i++)
            out->methods[out->n_methods++] = mien_method_at(i);
    }
    out->load.ignore = out->ignored;
    out->load.threads = out->rank.threads = out->fit.threads;
    out->rank.seed = out->fit.seed;
    if (cli_was_given(out, "iterations"))
        out->rank.iterations = out->fit.iterations;
    if (cli_was_given(out, "tolerance"))
        out->rank.tolerance = out->fit.tolerance;
    return check_rest(command, argc, argv, out) ? EXIT_DONE : EXIT_USAGE;
}
