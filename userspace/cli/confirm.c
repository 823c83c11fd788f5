// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/enforce.h"
#include "userspace/cli/rollback.h"

static int confirm(struct kernel *kernel, uint32_t *generation, struct diagnostics *diagnostics)
{
	struct kernel_pending pending;

	if (!kernel_pending(kernel, &pending))
		return diagnostics_error(diagnostics, ENOENT, (struct location){0},
					 "nothing is on trial here; 'gabelou status' says what is "
					 "enforced, and whether something was taken back");
	if (!pending.left_ns && !*pending.failed) {
		int error = rollback_if_due(kernel, NULL, diagnostics);

		return error ? error
			     : diagnostics_error(diagnostics, ETIME, (struct location){0},
						 "too late to confirm it; apply it again");
	}
	*generation = pending.generation;
	return kernel_confirm(kernel, diagnostics);
}

int confirm_main(int argc, char **argv)
{
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "confirm",
		.operands = "",
		.text = "Keeps what 'gabelou apply --confirm' put in force on trial. From a new "
			"connection, it proves that one can still be made.",
	};
	struct diagnostics diagnostics = {0};
	struct kernel *kernel = NULL;
	uint32_t generation = 0;
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	int error = kernel_open(KERNEL_CHANGE, &kernel, &diagnostics);

	code = CLI_SYSTEM;
	if (!error)
		code = confirm(kernel, &generation, &diagnostics) ? CLI_NO : CLI_DONE;
	if (code == CLI_DONE && operands.json)
		cli_print_json(json_pack("{s:I, s:o}", "confirmed", (json_int_t)generation,
					 "errors", cli_errors(&diagnostics)));
	else if (code == CLI_DONE)
		printf("generation %u stays\n", generation);
	kernel_close(kernel);
	return cli_finish(&diagnostics, operands.json, code);
}
