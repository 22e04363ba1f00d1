/* session.h - what compare, learn and the demos do: read, learn, write.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_SESSION_H
#define MIEN_SESSION_H

#include "cli/options/options.h"

/* Run the methods of the options on INPUT and write OUT. Returns the exit status. */
int cli_session(cli_options *options);

/* mien demo cone: NMF in two dimensions, where one can see that it is not unique. The same. */
int cli_demo_cone(cli_options *options);

#endif
