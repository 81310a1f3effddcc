/* SPDX-License-Identifier: MIT
 * The exit codes of every command, in one table. */
#ifndef YOKE_CLI_EXIT_H
#define YOKE_CLI_EXIT_H

#include <yoke/status.h>

enum cli_exit {
    EXIT_DONE = 0,
    EXIT_SOME_FAILED = 1, /* finished, but some items failed or differ */
    EXIT_USAGE = 2,       /* usage, plan or script error: nothing was processed */
    EXIT_INCOMPLETE = 3,  /* incomplete, can be resumed */
    EXIT_WRONG = 4,       /* wrong results were found */
    EXIT_MISSING = 5,     /* a facility that was demanded is missing */
    EXIT_INTERNAL = 70,   /* a defect of this program, or no memory */
    EXIT_SIGNAL = 128,    /* plus the signal's number: 129 hang-up, 130 interrupt, 143 termination */
    CLI_GO_ON = -1        /* not an exit code: the command goes on */
};

/* The code for a command that a library call ended as a whole. */
int cli_exit_for(enum yk_status status);

#endif
