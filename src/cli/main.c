/* main.c - the mien program, in a process by itself.
 * SPDX-License-Identifier: MIT */
#include "cli/program.h"

int main(int argc, char **argv)
{
    return cli_program(argc, argv);
}
