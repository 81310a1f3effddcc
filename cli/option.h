/* SPDX-License-Identifier: MIT
 *
 * Commands and their options as tables. From a table come the parser, the help text, the suggestions for
 * misspelt names and the shell completion; a new option is one line in the file of its command.
 */
#ifndef YOKE_CLI_OPTION_H
#define YOKE_CLI_OPTION_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cli_kind {
    CLI_FLAG,   /* bool, no value */
    CLI_TEXT,   /* const char *, borrowed from argv */
    CLI_PATH,   /* the same, completed with names of files */
    CLI_CHOICE, /* unsigned: position in `choices` */
    CLI_NUMBER, /* uint64_t within least .. greatest */
    CLI_TEXTS,  /* struct cli_texts: a text each time the option is given */
    CLI_SIZE    /* uint64_t bytes with a suffix K, M, G, T (powers of 1024), within least .. greatest */
};

enum { CLI_TEXTS_MOST = 32 };

struct cli_texts {
    const char *text[CLI_TEXTS_MOST]; /* borrowed from argv */
    size_t count;
};

struct cli_option {
    const char *name; /* without the dashes; NULL ends a table */
    char letter;      /* 0: none */
    enum cli_kind kind;
    size_t offset;              /* of its field in the command's structure of values */
    const char *value;          /* what help calls the value; for choices made from the table */
    const char *const *choices; /* NULL at the end */
    uint64_t least, greatest;
    const char *doc;
};

struct cli_command {
    const char *name;
    const char *arguments; /* for the usage line */
    const char *doc;       /* one line */
    const char *details;   /* lines of at most 80 columns, each ended, or NULL */
    const struct cli_option *options;
    const char *complete; /* what arguments are: "file", "op", "command", or "" */
    /* Commands of its own, whose names are "NAME WORD" ("bench sim"); NULL at the end. NULL: none. */
    const struct cli_command *const *parts;
    /* Runs with the words behind the command's name; returns an exit code. */
    int (*run)(const struct cli_command *command, int count, char **words);
};

/* Command number `index`, NULL past the end. */
const struct cli_command *cli_command_at(size_t index);

/* The part of a command that is called `word`, NULL where there is none. */
const struct cli_command *cli_part(const struct cli_command *command, const char *word);

/* The word of a part: "sim" of "bench sim". */
const char *cli_part_word(const struct cli_command *part);

/* The arguments that are no options. */
struct cli_words {
    char **words; /* owned; the strings are borrowed from argv */
    size_t count;
};

/* Parses the words into `values` (the command's structure, already holding the defaults) and `words`. Options
 * may stand anywhere before "--"; every command has -h and --help. Returns CLI_GO_ON, or the exit code where
 * the command ends here: help was printed, or an error. On CLI_GO_ON the caller frees words->words. */
int cli_parse(const struct cli_command *command, int count, char **argv, void *values,
              struct cli_words *words);

/* "yoke COMMAND: message", then where help is. Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int cli_usage_error(const struct cli_command *command,
                                                          const char *format, ...);

/* Help, at most 80 columns: of one command, or of the program. */
void cli_help_command(FILE *to, const struct cli_command *command);
void cli_help_program(FILE *to);

/* The longest help column of an option: "-o, --output PATH". Written to `text`. */
void cli_option_synopsis(const struct cli_option *option, char *text, size_t size);

/* Keeps the nearest of the names that it is shown: the edit distance is at most half the word's length. */
struct cli_nearest {
    const char *word, *name;
    size_t distance;
};
void cli_nearest_try(struct cli_nearest *nearest, const char *name);

#endif
