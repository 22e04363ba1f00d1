/* team_mpi.h - the ranks of an MPI job as a team.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_TEAM_MPI_H
#define MIEN_TEAM_MPI_H

#include "base/team.h"

/* Start MPI; the team of this process. The argument vector is the program's. */
const mien_team *mien_mpi_begin(int *argc, char ***argv);

/* The MPI that this program runs with, and the word that Slurm's srun wants for it, --mpi=WORD.
 * Static. */
typedef struct mien_mpi_library {
    const char *name, *srun;
} mien_mpi_library;
const mien_mpi_library *mien_mpi_in_use(void);

enum { MIEN_MPI_WORDS = 512 };

/* How a rank's work ended, and the last it had to say ("": nothing). */
typedef struct mien_mpi_end {
    int status;
    char words[MIEN_MPI_WORDS];
} mien_mpi_end;

/* Called in the first rank when another one has ended badly and this one waits in vain for what
 * that one would have sent: tells it and cleans up. The job is then ended with the status. */
typedef void (*mien_mpi_fail_fn)(unsigned rank, const mien_mpi_end *end);
void mien_mpi_on_failure(mien_mpi_fail_fn failed);

/* Called in every rank while it waits for another one, over and over, once half a second has gone
 * by. */
typedef void (*mien_mpi_wait_fn)(void);
void mien_mpi_on_wait(mien_mpi_wait_fn waits);

/* Every rank's end, called once by each. In the first: *rank <- the lowest rank whose status is not
 * 0, if this one's is 0, and *end <- its end. Returns the status of the job, the same in all. */
int mien_mpi_end_all(mien_mpi_end *end, unsigned *rank);

#endif
