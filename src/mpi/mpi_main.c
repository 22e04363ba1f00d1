/* mpi_main.c - mien-mpi: the mien program in as many processes as mpirun or srun starts.
 * SPDX-License-Identifier: MIT
 *
 * All ranks run the same command and come to the same results; the first alone is heard. What
 * others have to say goes to a file that nobody sees, of which the last line is told where a rank
 * fails by itself. */
#define _POSIX_C_SOURCE 200809L
#include "cli/limits.h"
#include "cli/program.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "mpi/team_mpi.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What has to be the same in all ranks before the first of them reads anything. */
struct identity {
    uint64_t words; /* of the command line */
    char version[32];
};

static struct identity identity_of(int argc, char **argv)
{
    struct identity own = {.words = 0xcbf29ce484222325u}; /* FNV-1a */
    for (int i = 1; i < argc; i++)
        for (const char *c = argv[i];; c++) {
            own.words = (own.words ^ (unsigned char)*c) * 0x100000001b3u;
            if (!*c)
                break;
        }
    strncpy(own.version, mien_version(), sizeof own.version - 1);
    return own;
}

static size_t one_each(const void *context, unsigned rank)
{
    (void)context;
    return rank;
}

/* Says in the first rank who differs from it; false: someone does. */
static bool all_alike(const mien_team *team, int argc, char **argv)
{
    struct identity *all = calloc(team->size, sizeof *all);
    bool alike = all != NULL;
    if (!all) {
        cli_no_memory();
        return false;
    }
    all[team->rank] = identity_of(argc, argv);
    mien_team_gather(team, all, sizeof *all, one_each, NULL);
    for (unsigned k = 1; k < team->size && alike; k++) {
        all[k].version[sizeof all[k].version - 1] = '\0';
        if (strcmp(all[k].version, all[0].version) != 0)
            cli_say(
                "rank %u runs mien %s, rank 0 runs mien %s: start the same program on all nodes", k,
                all[k].version, all[0].version);
        else if (all[k].words != all[0].words)
            cli_say("rank %u has other words on its command line than rank 0: start all ranks by "
                    "one command",
                    k);
        else
            continue;
        alike = false;
    }
    free(all);
    return alike;
}

/* ---------------------------------------------------------------- ranks that do not meet */

/* What starts processes tells each how many there are, and which it is. The innermost first: mpirun
 * may itself have been started by srun. */
static const struct launcher {
    const char *size, *rank;
} launchers[] = {
    {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"}, /* Open MPI's mpirun */
    {"PMI_SIZE", "PMI_RANK"},                         /* MPICH's mpiexec, srun --mpi=pmi2 */
    {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},         /* srun */
};

static unsigned long number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text ? strtoul(text, NULL, 10) : 0;
}

/* Whether this is one of several processes of which each is a job of its own, since what started
 * them does not speak the language of this MPI: all would do the same work, into one OUT. The first
 * says so; the others stay a moment, or mpirun, which ends all with one, would not let it. */
static bool among_strangers(const mien_team *team)
{
    enum { COURTESY = 2 }; /* seconds */
    const struct launcher *by = launchers, *end = by + sizeof launchers / sizeof *launchers;
    while (by < end && !getenv(by->size))
        by++;
    if (team->size > 1 || by == end || number_of(by->size) < 2)
        return false;
    const mien_mpi_library *mpi = mien_mpi_in_use();
    if (number_of(by->rank) > 0)
        sleep(COURTESY);
    else
        cli_say("%lu processes were started (%s), and to %s each is alone, and would do all the "
                "work: start them by %s's own mpirun, or under Slurm by srun --mpi=%s (srun "
                "--mpi=list names what there is)",
                number_of(by->size), by->size, mpi->name, mpi->name, mpi->srun);
    return true;
}

/* ---------------------------------------------------------------- ranks that are not heard */

static FILE *unheard; /* what this rank says; NULL: all hear it */

static void say_to_nobody(void)
{
    unheard = tmpfile();
    if (!freopen("/dev/null", "w", stdout) || !unheard || dup2(fileno(unheard), STDERR_FILENO) < 0)
        _exit(EXIT_FAILED);
}

/* The last line that was said, without "mien: " in front. */
static void read_last_words(char *words, size_t size)
{
    char line[MIEN_MPI_WORDS];
    rewind(unheard);
    while (fgets(line, sizeof line, unheard)) {
        line[strcspn(line, "\n")] = '\0';
        const char *start = strncmp(line, "mien: ", 6) == 0 ? line + 6 : line;
        if (*start)
            snprintf(words, size, "%s", start);
    }
}

static void say_failure(unsigned rank, const mien_mpi_end *end)
{
    cli_say("rank %u: %s", rank, *end->words ? end->words : "it ended without a word");
}

static void fail(unsigned rank, const mien_mpi_end *end)
{
    say_failure(rank, end);
    cli_drop_watched();
}

/* One line more than mien's own. */
static void add_to_help(int argc, char **argv)
{
    bool asked = argc < 2;
    for (int i = 1; i < argc; i++)
        asked = asked || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0 ||
                (i == 1 && strcmp(argv[i], "help") == 0);
    if (asked)
        fputs("\nRanks: mpirun -n K mien-mpi COMMAND ... shares the work among K processes.\n",
              argc < 2 ? stderr : stdout);
    fflush(stdout);
}

/* mpirun and srun ask all others for an end when a rank has died, and soon kill them. */
static void wonder(void)
{
    static bool told;
    if (told || !cli_interrupted())
        return;
    told = true;
    static const char words[] = "asked to end, and not all ranks answer (one of them died?)";
    const char *kept = cli_kept();
    if (kept)
        cli_say("%s: %s stands, and the same command goes on from there, on any number of ranks",
                words, kept);
    else
        cli_say("%s: no checkpoint was written yet, and the same command begins anew", words);
}

int main(int argc, char **argv)
{
    cli_end_idle_threads(); /* forks, which a process of MPI may not */
    const mien_team *team = mien_mpi_begin(&argc, &argv);
    mien_mpi_end end = {0};
    unsigned rank;
    if (team->rank)
        say_to_nobody();
    mien_mpi_on_failure(fail);
    mien_mpi_on_wait(wonder);
    if (among_strangers(team) || !all_alike(team, argc, argv)) {
        end.status = EXIT_USAGE;
    } else {
        if (team->size > 1)
            mien_team_set(team);
        end.status = cli_program(argc, argv);
        add_to_help(argc, argv);
    }
    if (team->rank && end.status)
        read_last_words(end.words, sizeof end.words);
    int status = mien_mpi_end_all(&end, &rank);
    if (rank)
        say_failure(rank, &end);
    return status;
}
