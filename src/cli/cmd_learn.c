/* cmd_learn.c - mien learn: one method.
 * SPDX-License-Identifier: MIT */
#include "cli/session.h"

extern const cli_command command_learn;
const cli_command command_learn = {
    .name = "learn",
    .arguments = "INPUT -o OUT",
    .summary = "learn the parts of INPUT by one method",
    .details = "The same as compare, with one method (--method, default nmf). numpy.load reads\n"
               "OUT/<method>/basis.npy (r x h x w) and OUT/<method>/weights.npy (N x r).",
    .examples = "  mien learn faces/ -o out\n"
                "  mien learn faces/ -o out --method pca --no-center\n"
                "  mien learn faces/ -o out --solver mu --iterations 2000 --tolerance 0",
    .groups = GROUP_OUTPUT | GROUP_READ | GROUP_METHOD | GROUP_FIT | GROUP_SNAPSHOTS |
              GROUP_WEIGHTS | GROUP_DRAW | GROUP_EXAMPLE | GROUP_PAGE | GROUP_THREADS |
              GROUP_CALIBRATE | GROUP_JSON | GROUP_CHECKPOINT,
    .run = cli_session,
};
