/* cmd_compare.c - mien compare: all methods on the same data.
 * SPDX-License-Identifier: MIT */
#include "cli/session.h"

extern const cli_command command_compare;
const cli_command command_compare = {
    .name = "compare",
    .arguments = "INPUT -o OUT",
    .summary = "learn the parts of INPUT by every method, and draw what each learned",
    .details = "INPUT is a folder of images (recursive; PNM, PNG, JPEG, BMP, GIF), a .npy array\n"
               "(N x p, N x h x w or N x h x w x c), FILE.npz:NAME, an .idx file, a list of image\n"
               "files (path;label) or a table as text, whose columns --id, --label and --ignore\n"
               "tell apart. OUT gets figure.png, report.html, summary.json, images.csv and a\n"
               "folder a method.",
    .examples = "  mien compare faces/ -o out\n"
                "  mien compare faces/ -o out -r 25 --methods nmf,pca --example anna/3.png\n"
                "  mien compare volumes.csv -o out -r 4 --id subject --label group --ignore age",
    .groups = GROUP_OUTPUT | GROUP_READ | GROUP_METHODS | GROUP_FIT | GROUP_SNAPSHOTS |
              GROUP_WEIGHTS | GROUP_DRAW | GROUP_EXAMPLE | GROUP_PAGE | GROUP_THREADS |
              GROUP_CALIBRATE | GROUP_JSON | GROUP_CHECKPOINT,
    .run = cli_session,
};
