/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every subcommand shares: arguments, exit codes, diagnostics. */
#ifndef GABELOU_CLI_CLI_H
#define GABELOU_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "userspace/base/diagnostic.h"

enum cli_exit {
	CLI_DONE,
	CLI_NO,     /* the answer is no: an invalid policy, nothing enforced */
	CLI_USAGE,  /* the command line is wrong */
	CLI_SYSTEM, /* the system refused: permissions, the kernel */
};

/* One option: --name, or --name ARGUMENT if argument is not NULL. */
struct cli_option {
	const char *name;
	const char *argument;
	bool *flag;         /* set to true; where argument is NULL */
	const char **value; /* set to the argument */
	const char *help;
};

#define CLI_OPTIONS_MOST 8
struct cli_verb {
	const char *name;
	const char *operands; /* "POLICY", "TARGET..."; "" if it takes none */
	const char *text;     /* what it does, for --help */
	size_t least, most;   /* how many operands */
	struct cli_option options[CLI_OPTIONS_MOST]; /* ended by one without a name */
};

/* What was on the command line beside the options. */
struct cli_operands {
	char **items;
	size_t count;
	bool json;
};

/* Reads argv[1...]; every verb has --json and --help. -1 to go on; else the exit code (0 after
 * --help, CLI_USAGE after a message). */
int cli_parse(int argc, char **argv, const struct cli_verb *verb, struct cli_operands *operands);

/* Messages to stderr; nothing else of the program prints any. */
void cli_complain(const struct diagnostics *diagnostics);
/* [{"file","line","column","text","severity"}] */
json_t *cli_errors(const struct diagnostics *diagnostics);
/* One object on one line of stdout; drops the reference. */
void cli_print_json(json_t *object);

/*
 * The end of a verb: complains, prints {"errors"} where @json asks for JSON and @error says that
 * the verb printed none itself, frees the diagnostics, and gives the exit code.
 */
int cli_finish(struct diagnostics *diagnostics, bool json, enum cli_exit code);
/* The exit code of -errno from reading files: CLI_NO, or CLI_SYSTEM if a right is missing. */
enum cli_exit cli_exit_of(int error);

/* userspace/main.c's table. */
int check_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int plan_main(int argc, char **argv);
int apply_main(int argc, char **argv);
int update_main(int argc, char **argv);
int confirm_main(int argc, char **argv);
int rollback_main(int argc, char **argv);
int pause_main(int argc, char **argv);
int except_main(int argc, char **argv);
int status_main(int argc, char **argv);
int why_main(int argc, char **argv);
int survey_main(int argc, char **argv);
int agent_main(int argc, char **argv);
int detach_main(int argc, char **argv);

#endif
