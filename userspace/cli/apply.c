// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "userspace/agent/manifest.h"
#include "userspace/cli/cli.h"
#include "userspace/cli/duration.h"
#include "userspace/cli/enforce.h"
#include "userspace/cli/progress.h"
#include "userspace/cli/rollback.h"

/*
 * --again: what was enforced last, from its record, and not from a policy file that may have
 * changed since. Where it is enforced already, by this very build, it is only shown. Returns the
 * exit code; -1: it is in @pipeline, to be enforced.
 */
static int apply_again(const struct enforcement *enforcement, struct pipeline *pipeline,
		       struct diagnostics *diagnostics)
{
	struct manifest *manifest = NULL;
	struct kernel *kernel = NULL;
	json_t *record;
	bool whole = false;
	int error = kernel_open(KERNEL_CHANGE, &kernel, diagnostics);

	if (error)
		return cli_exit_of(error);
	/* After a reboot, what was on trial is not what is to be enforced. */
	error = rollback_if_due(kernel, NULL, diagnostics);
	if (!error)
		error = kernel_last_record(kernel, &record, &whole, diagnostics);
	if (error == -ENOENT && !diagnostics->errors)
		diagnostics_error(diagnostics, ENOENT, (struct location){0},
				  "nothing was enforced here before; gabelou apply POLICY begins");
	if (!error && whole) {
		json_decref(record);
		error = enforce_show(kernel, enforcement, diagnostics);
		kernel_close(kernel);
		return error ? CLI_SYSTEM : CLI_DONE;
	}
	kernel_close(kernel);
	if (!error)
		error = manifest_read(record, &manifest, diagnostics);
	if (!error)
		error = pipeline_read_sources(pipeline, &manifest->sources, diagnostics);
	manifest_free(manifest);
	if (!error)
		error = pipeline_survey(pipeline, diagnostics);
	if (!error)
		error = pipeline_compile(pipeline, diagnostics);
	return error ? (int)cli_exit_of(error) : -1;
}

static int apply_file(const char *path, struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	progress_begin("reading and compiling");
	int error = pipeline_build(pipeline, path, diagnostics);
	progress_end();

	return error ? (int)cli_exit_of(error) : -1;
}

#define CONFIRM_MOST_NS (24ull * 3600 * 1000000000)

static int read_confirm(const char *text, bool again, uint64_t *time_ns,
			struct diagnostics *diagnostics)
{
	if (again)
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "--confirm is for a new policy: what was enforced last "
					 "needs no trial");
	if (duration_parse(text, time_ns) && *time_ns <= CONFIRM_MOST_NS)
		return 0;
	return diagnostics_error(diagnostics, EINVAL, (struct location){0},
				 "--confirm %s: not a time; write 60s, 5m or 1h, a day at most",
				 text);
}

int apply_main(int argc, char **argv)
{
	const char *max_change = NULL, *confirm = NULL;
	uint64_t confirm_ns = 0;
	unsigned share = 0;
	bool strict = false, again = false, force = false;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "apply",
		.operands = "[POLICY]",
		.text = "Compiles a policy, loads and proves it, and enforces it in place of the "
			"last one. Whatever fails, the last one stays.",
		.most = 1,
		.options = {{"strict", NULL, &strict, NULL, "a warning is an error"},
			    {"max-change", "SHARE", NULL, &max_change,
			     "refuse if more than this (2%) of the allowed space changes"},
			    {"confirm", "TIME", NULL, &confirm,
			     "on trial: what was before comes back after 60s, 5m..."},
			    {"force", NULL, &force, NULL,
			     "even if it cuts the SSH connection that you come by"},
			    {"again", NULL, &again, NULL,
			     "instead of POLICY: what was enforced last, after a reboot or by "
			     "another version"}},
	};
	struct diagnostics diagnostics = {0};
	struct pipeline pipeline = {0};
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	if (again == (operands.count == 1)) {
		diagnostics_error(&diagnostics, EINVAL, (struct location){0},
				  "gabelou apply takes a policy file, or --again and none");
		return cli_finish(&diagnostics, operands.json, CLI_USAGE);
	}
	if (max_change && enforce_read_bound(max_change, &share, &diagnostics))
		return cli_finish(&diagnostics, operands.json, CLI_USAGE);
	if (confirm && read_confirm(confirm, again, &confirm_ns, &diagnostics))
		return cli_finish(&diagnostics, operands.json, CLI_USAGE);
	const struct enforcement enforcement = {
		.confirm_ns = confirm_ns,
		.force = force || again, /* after a boot nobody is there to ask */
		.strict = strict,
		.json = operands.json,
		.early = again,
		.ask = !again && !strict && !operands.json,
		.bound = max_change ? &share : NULL,
	};

	pipeline.into_maps = true;
	code = again ? apply_again(&enforcement, &pipeline, &diagnostics)
		     : apply_file(operands.items[0], &pipeline, &diagnostics);
	if (code < 0)
		code = (int)enforce(&pipeline, &enforcement, &diagnostics);
	pipeline_free(&pipeline);
	return cli_finish(&diagnostics, operands.json, code);
}
