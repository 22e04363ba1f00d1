/* unique_program.h - parts of which no factorisation near this one differs: by linear programs.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_UNIQUE_PROGRAM_H
#define MIEN_UNIQUE_PROGRAM_H

#include "study/stability/unique_signs.h"

/* More entries of D than these, left open by their signs, are not tried. */
enum { MIEN_UNIQUE_MOST = 1500 };

/* Try to prove the parts that are open.
 *   up, down  r x r, what is known of the signs of D
 *   open      r: parts to prove; false afterwards where a direction of change was found
 *   *reason   why parts are neither, a constant; untouched otherwise
 *   *proven   whether all that are still open are proven
 * MIEN_OK or MIEN_ERR_NOMEM. */
mien_status mien_unique_prove(const mien_fit *fit, const bool *up, const bool *down,
                              mien_go_on_fn go_on, void *user, bool *open, bool *proven,
                              const char **reason);

#endif
