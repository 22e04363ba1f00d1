/* main.c - the mien program, in a process by itself.
 * SPDX-License-Identifier: MIT */
#include "cli/limits.h"
#include "cli/program.h"

int main(int argc, char **argv)
{
    cli_end_idle_threads();
    return cli_program(argc, argv);
}
