/* live_keep.c - methods/keep.h and methods/weights_file.h where there is no disk: nothing is kept,
 * and nothing is gone on from. SPDX-License-Identifier: MIT */
#include "methods/keep.h"

#include "methods/weights_file.h"

void mien_keep_open(mien_keep *keep, mien_run *run, size_t start, size_t starts)
{
    (void)keep, (void)run, (void)start, (void)starts;
}

void mien_keep_close(mien_keep *keep)
{
    (void)keep;
}

mien_status mien_keep_check(mien_run *run, const char *first)
{
    (void)run, (void)first;
    return MIEN_OK;
}

void mien_keep_floats(mien_run *run, const char *name, float **slot, size_t rows, size_t columns)
{
    (void)run, (void)name, (void)slot, (void)rows, (void)columns;
}

void mien_keep_bytes(mien_run *run, const char *name, void *at, size_t rows, size_t row_bytes)
{
    (void)run, (void)name, (void)at, (void)rows, (void)row_bytes;
}

void mien_keep_rows(mien_run *run, const char *name, void *at, size_t rows, size_t row_bytes,
                    mien_team_share_fn share, const void *context)
{
    (void)run, (void)name, (void)at, (void)rows, (void)row_bytes, (void)share, (void)context;
}

void mien_keep_float_rows(mien_run *run, const char *name, float **slot, size_t rows,
                          size_t columns, mien_team_share_fn share, const void *context)
{
    (void)run, (void)name, (void)slot, (void)rows, (void)columns, (void)share, (void)context;
}

size_t mien_keep_begin(mien_run *run, const char *loop, size_t first)
{
    (void)run, (void)loop;
    return first;
}

void mien_keep_state(mien_run *run, size_t iteration)
{
    (void)run, (void)iteration;
}

bool mien_keep_is_due(const mien_run *run)
{
    (void)run;
    return false;
}

void mien_keep_take(mien_run *run, size_t iteration)
{
    (void)run, (void)iteration;
}

void mien_keep_end(mien_run *run)
{
    (void)run;
}

void mien_keep_refuse(mien_run *run)
{
    (void)run;
}

bool mien_keep_is_at(const mien_run *run, const char *loop)
{
    (void)run, (void)loop;
    return false;
}

size_t mien_keep_level(mien_run *run)
{
    (void)run;
    return 0;
}

bool mien_keep_has_ended(mien_run *run, size_t index, mien_contender *at)
{
    (void)run, (void)index, (void)at;
    return false;
}

void mien_keep_ended(mien_run *run, size_t index, const mien_contender *at, const mien_fit *best)
{
    (void)run, (void)index, (void)at, (void)best;
}

mien_status mien_keep_best(mien_run *run, mien_fit *fit, size_t *index, bool *found)
{
    (void)run, (void)fit, (void)index;
    *found = false;
    return MIEN_OK;
}

void mien_weights_settle(const mien_run *run, mien_fit *fit)
{
    (void)run, (void)fit;
}

bool mien_weights_are_filed(const mien_run *run)
{
    (void)run;
    return false;
}
