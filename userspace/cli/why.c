// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/why.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "userspace/base/clock.h"
#include "userspace/cli/cli.h"
#include "userspace/cli/duration.h"
#include "userspace/cli/logs.h"
#include "userspace/cli/progress.h"

#define SINCE_DEFAULT "10m"

/* A log that was named must be there; the usual one need not. */
static int read_log(struct why *why, const char *log, int64_t since,
		    struct diagnostics *diagnostics)
{
	char *files[] = {(char *)(uintptr_t)log};
	struct diagnostics messages = {0};
	int error = survey_begin(&why->log, since);

	if (error)
		return error;
	why->log.wanted = why_target_matches;
	why->log.context = &why->target;
	error = logs_read(&why->log, files, log != NULL, since, &messages);
	why->log_read = !error;
	if (!error)
		error = survey_end(&why->log);
	if (error && !log) {
		diagnostics_move_as_warnings(&messages, diagnostics);
		return 0;
	}
	diagnostics_move(&messages, diagnostics);
	return error;
}

static int find_out(struct why *why, const char *target, const char *log, int64_t since,
		    struct diagnostics *diagnostics)
{
	int error = why_target_parse(target, &why->target, diagnostics);

	progress_begin("reading the log");
	/* Before the kernel side is opened: it may change the mount namespace. */
	if (!error)
		error = read_log(why, log, since, diagnostics);
	progress_end();
	if (!error)
		why_ask_kernel(why, since, diagnostics);
	if (!error && !why->log_read && !why->kernel_read)
		error = diagnostics_error(diagnostics, EPERM, (struct location){0},
					  "neither a log nor the kernel can be read, so there is "
					  "no answer; run it as root, or name the agent's log "
					  "with --log");
	if (error && !diagnostics->errors)
		diagnostics_error(diagnostics, -error, (struct location){0}, "%s",
				  strerror(-error));
	return error;
}

int why_main(int argc, char **argv)
{
	const char *since_text = SINCE_DEFAULT, *log = NULL;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "why",
		.operands = "HOST|PID",
		.text = "Is it gabelou? Says in one line whether something that was sent to this "
			"address or name, or by this process, was denied, by which rule, and what "
			"to do about it; then the evidence, from the agent's log and from the "
			"kernel. Exit status: 0 it is, 1 it is not.",
		.least = 1,
		.most = 1,
		.options = {{"since", "TIME", NULL, &since_text, "so far back: 10m (the default)"},
			    {"log", "FILE", NULL, &log,
			     "the agent's log; without it, " LOGS_DEFAULT}},
	};
	struct diagnostics diagnostics = {0};
	struct why why = {0};
	uint64_t since_ns;
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	if (!duration_parse(since_text, &since_ns)) {
		fprintf(stderr, "gabelou why: --since %s: not a time; write 10m, 1h or 2d\n",
			since_text);
		return CLI_USAGE;
	}
	why.since = since_text;
	int64_t since = (int64_t)time(NULL) - (int64_t)(since_ns / SECOND_NS);
	int error = find_out(&why, operands.items[0], log, since, &diagnostics);

	code = cli_exit_of(error);
	/* "No" is 1, so what cannot be answered is not. */
	if (code == CLI_NO)
		code = CLI_SYSTEM;
	if (!error) {
		if (operands.json)
			cli_print_json(why_json(&why));
		else
			why_print(stdout, &why);
		code = why_answer(&why) ? CLI_DONE : CLI_NO;
	}
	why_free(&why);
	return cli_finish(&diagnostics, operands.json && error, code);
}
