// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/enforce.h"
#include "userspace/cli/progress.h"
#include "userspace/table/bound.h"

/* @max_change is NULL where any change is welcome. */
static int read_bound(const char *max_change, unsigned *share, struct diagnostics *diagnostics)
{
	if (!max_change || bound_parse(max_change, share))
		return 0;
	return diagnostics_error(
		diagnostics, EINVAL, (struct location){0},
		"--max-change %s: not a share; write it like 2%% or 0.5%%, from 0%% to "
		"100%%",
		max_change);
}

int apply_main(int argc, char **argv)
{
	const char *max_change = NULL;
	unsigned share = 0;
	bool strict = false;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "apply",
		.operands = "POLICY",
		.text = "Compiles a policy, loads and proves it, and enforces it in place of the "
			"last one. Whatever fails, the last one stays.",
		.least = 1,
		.most = 1,
		.options = {{"strict", NULL, &strict, NULL, "a warning is an error"},
			    {"max-change", "SHARE", NULL, &max_change,
			     "refuse if more than this (2%) of the allowed space changes"}},
	};
	struct diagnostics diagnostics = {0};
	struct pipeline pipeline = {0};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	if (read_bound(max_change, &share, &diagnostics))
		return cli_finish(&diagnostics, operands.json, CLI_USAGE);
	progress_begin("reading and compiling");
	pipeline.into_maps = true;
	int error = pipeline_build(&pipeline, operands.items[0], &diagnostics);
	progress_end();

	code = cli_exit_of(error);
	if (!error) {
		const struct enforcement enforcement = {
			.strict = strict,
			.json = operands.json,
			.bound = max_change ? &share : NULL,
		};

		code = enforce(&pipeline, &enforcement, &diagnostics);
	}
	pipeline_free(&pipeline);
	return cli_finish(&diagnostics, operands.json, code);
}
