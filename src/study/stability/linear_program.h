/* linear_program.h - a linear program whose rows come one after another; the only door to lp_solve.
 * SPDX-License-Identifier: MIT
 *
 *   maximise c'd  subject to  G d >= 0,  lower <= d <= upper,   lower <= 0 <= upper
 *
 * d = 0 satisfies it, and the bounds are finite: there is always an answer. Rows may be added to a
 * program that was solved, which then goes on from where it was. */
#ifndef MIEN_LINEAR_PROGRAM_H
#define MIEN_LINEAR_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mien_program mien_program;

/* Asked now and then while a program is solved. */
typedef bool (*mien_program_fn)(void *user);

/* `size` variables. lp_solve allocates by malloc and does not look at every result: so a program
 * that might not find the memory for `max_rows` rows of at most `max_values` coefficients is not
 * begun. NULL then. */
mien_program *mien_program_create(size_t size, const double *objective, const double *lower,
                                  const double *upper, size_t max_rows, size_t max_values);
void mien_program_free(mien_program *program); /* NULL is fine */

/* One row of G: `count` coefficients, at most `size`, of the variables that `at` tells. False: out
 * of memory. */
bool mien_program_add(mien_program *program, size_t count, const int *at, const double *values);

/* Solve it. *d <- the solution, size values; *y <- multipliers of the rows so far, y >= 0: at the
 * maximum c + G'y is zero but for variables at a bound. Both belong to the program and are valid
 * until it changes. False: go_on() said so, or memory or arithmetic failed; nothing is known. */
bool mien_program_solve(mien_program *program, mien_program_fn go_on, void *user, const double **d,
                        const double **y);

#endif
