// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/duration.h"

int agent_main(int argc, char **argv)
{
	const char *log = NULL, *duration = NULL;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "agent",
		.operands = "",
		.text = "Writes each blocked flow as a line of JSON (ECS): its first packet at "
			"once, later ones summed up. What is lost is counted and written too. "
			"SIGHUP reopens the log. Enforcement does not depend on it.",
		.options = {{"log", "FILE", NULL, &log, "to this file; without it, to stdout"},
			    {"duration", "TIME", NULL, &duration,
			     "end after this time: 10s, 5m, 1h"}},
	};
	struct diagnostics diagnostics = {0};
	struct agent_options options = {.say = cli_complain};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	if (duration && !duration_parse(duration, &options.duration_ns)) {
		fprintf(stderr, "gabelou agent: --duration %s: not a time; write 10s, 5m or 1h\n",
			duration);
		return CLI_USAGE;
	}
	options.log_path = log;
	int error = agent_run(&options, &diagnostics);

	return cli_finish(&diagnostics, operands.json, error ? CLI_SYSTEM : CLI_DONE);
}
