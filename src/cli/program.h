/* program.h - the mien program, whoever calls it: main.c, or ranks (mpi/).
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_PROGRAM_H
#define MIEN_PROGRAM_H

/* What the words ask for; returns the exit status. Standard output is flushed. */
int cli_program(int argc, char **argv);

#endif
