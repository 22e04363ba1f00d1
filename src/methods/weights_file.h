/* weights_file.h - the weights of a fit that ranks share: one file, of which each writes its rows.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_WEIGHTS_FILE_H
#define MIEN_WEIGHTS_FILE_H

#include "methods/run.h"

/* Where ranks share the run and its options name a file: each writes the rows of fit->W that are
 * its own there, in place. The first then has W mapped from it, and the others have none. Where one
 * of them cannot - it sees no such file, there is no room - the rows come to the first one's
 * memory, and the file goes: what is wrong with the disk is told when OUT is written there. To be
 * called by all ranks; once more changes nothing. */
void mien_weights_settle(const mien_run *run, mien_fit *fit);

/* Whether that is how this run's weights end. */
bool mien_weights_are_filed(const mien_run *run);

#endif
