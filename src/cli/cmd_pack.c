/* cmd_pack.c - mien pack: a folder as one array, which is mapped, not read.
 * SPDX-License-Identifier: MIT */
#include "cli/work.h"

#include <sys/stat.h>

/* Whether two names are of one file, which has to be there. */
static bool is_same_file(const char *one, const char *other)
{
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* Whether FILE is INPUT itself, before anything is written. */
static int check_paths(const cli_options *o)
{
    mien_error err;
    if (!mien_team_leads()) /* the first rank alone writes */
        return EXIT_DONE;
    if (is_same_file(o->input, o->output)) {
        cli_say("%s is INPUT itself; give -o another name", o->output);
        return EXIT_USAGE;
    }
    return mien_pack_check(o->output, o->force, &err) ? cli_fail(&err) : EXIT_DONE;
}

static int pack(cli_options *o)
{
    mien_error err;
    cli_work work = {.options = o};
    int status = mien_team_worst(check_paths(o));
    if (status)
        return status;
    cli_work_watch(&work);
    status = cli_work_read(&work, o->input, true);
    if (!status && mien_team_leads() &&
        mien_pack(&work.dataset, &o->load, o->output, o->force, &err))
        status = err.status == MIEN_ERR_STOPPED ? cli_work_fail(&work, &err) : cli_fail(&err);
    cli_progress_clear(&work.progress);
    mien_dataset_free(&work.dataset);
    if (!status)
        cli_output_print(o, "");
    return status;
}

static const cli_own_help own[] = {
    {"output", "array to write, FILE.npy; it is complete or absent"},
    {"force", "replace FILE.npy when mien pack wrote it"},
    {NULL, NULL},
};

extern const cli_command command_pack;
const cli_command command_pack = {
    .name = "pack",
    .arguments = "INPUT -o FILE.npy",
    .summary = "decode INPUT once into one array, which other commands map instead of reading",
    .details =
        "INPUT as for compare, but no table. FILE.npy is an ordinary array, N x h x w or\n"
        "N x h x w x 3, of bytes, 16-bit words or float32 as they were stored; FILE.npy.list\n"
        "beside it has names, labels, what was refused, and a fingerprint. Named as INPUT\n"
        "it gives the same results as what it was packed from, without decoding anything,\n"
        "and it may be larger than memory. --size, --fit and --color are decided in packing;\n"
        "--normalize and --ink given here are the default of later commands.",
    .examples = "  mien pack faces/ -o faces.npy\n"
                "  mien pack photographs/ -o photographs.npy --size 64x64 --fit crop\n"
                "  mien compare faces.npy -o out",
    .own = own,
    .groups = GROUP_OUTPUT | GROUP_READ | GROUP_THREADS,
    .run = pack,
};
