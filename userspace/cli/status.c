// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/status.h"

#include <errno.h>

#include "userspace/cli/cli.h"

int status_main(int argc, char **argv)
{
	bool metrics = false;
	struct cli_operands operands;
	const struct cli_verb verb = {
		.name = "status",
		.operands = "",
		.text = "Says what is enforced in this network namespace, where and since when; "
			"anything wrong first; counters since this generation began.",
		.options = {{"metrics", NULL, &metrics, NULL, "as metrics for Prometheus"}},
	};
	struct diagnostics diagnostics = {0};
	struct status status = {0};
	struct kernel *kernel = NULL;
	int code = cli_parse(argc, argv, &verb, &operands);

	if (code >= 0)
		return code;
	int error = kernel_open(KERNEL_READ, &kernel, &diagnostics);

	code = error ? CLI_SYSTEM : CLI_DONE;
	if (!error) {
		error = status_read(kernel, &status, &diagnostics);
		code = error == -ENOENT ? CLI_NO : error ? CLI_SYSTEM : CLI_DONE;
	}
	if (code == CLI_DONE && metrics)
		status_metrics(stdout, &status);
	else if (code == CLI_DONE && operands.json)
		cli_print_json(status_json(&status));
	else if (code == CLI_DONE)
		status_print(stdout, &status);
	status_free(&status);
	kernel_close(kernel);
	return cli_finish(&diagnostics, operands.json, code);
}
