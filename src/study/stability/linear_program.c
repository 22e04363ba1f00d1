/* linear_program.c - a linear program whose rows come one after another, by lp_solve 5.5.
 * SPDX-License-Identifier: MIT
 *
 * Measured beside Clp 1.17, both of Debian 12, on the programs of unique.c: lp_solve needed 9 s for
 * the 600 unknowns of faces (r = 25) where Clp was not done after 60, and starts in 16 MB of
 * address space where Clp, with the C++ library and a second LAPACK, needs 300. lp_solve is C: no
 * exception can pass through us. It writes nothing at verbosity 0. */
#include "study/stability/linear_program.h"

#include <lpsolve/lp_lib.h>

#include <limits.h>
#include <stdlib.h>

struct mien_program {
    lprec *lp;
    mien_program_fn go_on;
    void *user;
    int *columns; /* of a row that is added; and its values, as lp_solve takes no const */
    double *values;
};

/* More than lp_solve takes: at most a quarter of it was measured, factors and all, for 90 to 1,260
 * variables. It crashes on most allocations that fail, so they are not to. */
static bool has_room(size_t size, size_t max_rows, size_t max_values)
{
    enum { OF_VALUE = 64, OF_LINE = 640, OF_PROGRAM = 4 << 20 };
    if (max_rows > INT_MAX - size || max_values > INT_MAX)
        return false;
    void *room = malloc(OF_VALUE * max_values + OF_LINE * (max_rows + size) + OF_PROGRAM);
    bool found = room != NULL;
    free(room);
    return found;
}

static void set_up(lprec *lp, size_t size, const double *objective, const double *lower,
                   const double *upper)
{
    set_verbose(lp, NEUTRAL);
    set_minim(lp); /* of -c */
    set_epslevel(lp, EPS_TIGHT);
    set_presolve(lp, PRESOLVE_SENSDUALS, get_presolveloops(lp)); /* keeps the multipliers */
    for (size_t v = 0; v < size; v++) {
        set_obj(lp, (int)v + 1, -objective[v]);
        set_bounds(lp, (int)v + 1, lower[v], upper[v]);
    }
}

mien_program *mien_program_create(size_t size, const double *objective, const double *lower,
                                  const double *upper, size_t max_rows, size_t max_values)
{
    if (size > INT_MAX || !has_room(size, max_rows, max_values))
        return NULL;
    mien_program *program = calloc(1, sizeof *program);
    if (!program)
        return NULL;
    program->lp = make_lp(0, (int)size);
    program->columns = calloc(size + 1, sizeof *program->columns);
    program->values = calloc(size + 1, sizeof *program->values);
    if (!program->lp || !program->columns || !program->values) {
        mien_program_free(program);
        return NULL;
    }
    set_up(program->lp, size, objective, lower, upper);
    return program;
}

void mien_program_free(mien_program *program)
{
    if (!program)
        return;
    if (program->lp)
        delete_lp(program->lp);
    free(program->columns);
    free(program->values);
    free(program);
}

bool mien_program_add(mien_program *program, size_t count, const int *at, const double *values)
{
    for (size_t i = 0; i < count; i++) {
        program->columns[i] = at[i] + 1;
        program->values[i] = values[i];
    }
    return add_constraintex(program->lp, (int)count, program->values, program->columns, GE, 0);
}

static int __WINAPI is_to_end(lprec *lp, void *user)
{
    (void)lp;
    mien_program *program = user;
    return !program->go_on(program->user);
}

bool mien_program_solve(mien_program *program, mien_program_fn go_on, void *user, const double **d,
                        const double **y)
{
    double *variables, *multipliers;
    program->go_on = go_on;
    program->user = user;
    put_abortfunc(program->lp, is_to_end, program);
    int end = solve(program->lp);
    if ((end != OPTIMAL && end != PRESOLVED) || !go_on(user) ||
        !get_ptr_variables(program->lp, &variables) ||
        !get_ptr_sensitivity_rhs(program->lp, &multipliers, NULL, NULL))
        return false;
    *d = variables;
    *y = multipliers;
    return true;
}
