/* cmd_demo_cone.h - mien demo cone: NMF in two dimensions.
 * SPDX-License-Identifier: MIT */
#ifndef MIEN_CMD_DEMO_CONE_H
#define MIEN_CMD_DEMO_CONE_H

#include "cli/options.h"

/* Run the lesson; returns the exit status. */
int cli_demo_cone(cli_options *options);

#endif
