// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/agent/state.h"
#include "userspace/cli/cli.h"
#include "userspace/cli/enforced.h"
#include "userspace/cli/page.h"

static void print_text(const struct enforced *enforced, const char *where)
{
	char *line = NULL;

	if (!enforced->manifest)
		line = strdup("removed what was left of a guard; nothing is enforced any more");
	else if (asprintf(&line,
			  "detached %s (generation %u, since %s) from %s: nothing is enforced any "
			  "more",
			  enforced->manifest->policy_name, enforced->manifest->generation,
			  enforced->manifest->since, where ? where : "?") < 0)
		line = NULL;
	if (line)
		page_wrap(stdout, 0, 2, line);
	free(line);
}

static void print_json(const struct enforced *enforced, const struct diagnostics *diagnostics)
{
	const struct manifest *manifest = enforced->manifest;

	cli_print_json(json_pack("{s:o, s:o, s:o, s:o}", "detached",
				 manifest ? enforced_policy(enforced) : json_null(), "generation",
				 manifest ? json_integer(manifest->generation) : json_null(),
				 "interfaces", enforced_interfaces(enforced), "errors",
				 cli_errors(diagnostics)));
}

int detach_main(int argc, char **argv)
{
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "detach",
		.operands = "",
		.text = "Stops enforcing: removes the guard from every interface of this network "
			"namespace.",
	};
	struct diagnostics diagnostics = {0}, unheard = {0};
	struct enforced enforced = {0};
	struct kernel *kernel = NULL;
	char *where = NULL;
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	int error = kernel_open(KERNEL_CHANGE, &kernel, &diagnostics);

	code = error ? CLI_SYSTEM : CLI_DONE;
	if (!error) {
		/* A record that cannot be read must not keep a guard alive. */
		if (enforced_read(kernel, &enforced, &unheard) == 0)
			where = enforced_where(&enforced);
		error = kernel_detach(kernel, &diagnostics);
		code = error == -ENOENT ? CLI_NO : error ? CLI_SYSTEM : CLI_DONE;
		agent_state_remove();
	}
	if (error == -ENOENT)
		diagnostics_error(&diagnostics, ENOENT, (struct location){0},
				  "nothing is enforced here, so there is nothing to detach");
	if (code == CLI_DONE && operands.json)
		print_json(&enforced, &diagnostics);
	else if (code == CLI_DONE)
		print_text(&enforced, where);
	free(where);
	enforced_free(&enforced);
	diagnostics_free(&unheard);
	kernel_close(kernel);
	return cli_finish(&diagnostics, operands.json, code);
}
