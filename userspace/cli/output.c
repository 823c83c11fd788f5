// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/page.h"
#include "userspace/flow/text.h"

#define MESSAGE_SIZE 4096

/* Wrapped for eyes, whole for programs. */
static void complain(enum severity severity, const char *message)
{
	const char *label = severity == SEVERITY_WARNING ? "warning: " : "";

	fputs(label, stderr);
	if (isatty(STDERR_FILENO))
		page_wrap(stderr, strlen(label), 2, message);
	else
		fprintf(stderr, "%s\n", message);
}

void cli_complain(const struct diagnostics *diagnostics)
{
	char message[MESSAGE_SIZE];

	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *item = &diagnostics->items[i];

		diagnostic_format(item, message, sizeof(message));
		complain(item->severity, page_clean(message, message));
	}
}

static json_t *number_or_null(unsigned number)
{
	return number ? json_integer(number) : json_null();
}

json_t *cli_errors(const struct diagnostics *diagnostics)
{
	json_t *errors = json_array();

	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *item = &diagnostics->items[i];

		json_array_append_new(
			errors, json_pack("{s:o, s:o, s:o, s:o, s:s}", "file",
					  text_json(item->file), "line", number_or_null(item->line),
					  "column", number_or_null(item->column), "text",
					  text_json(item->text), "severity",
					  item->severity == SEVERITY_ERROR ? "error" : "warning"));
	}
	return errors;
}

void cli_print_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

int cli_finish(struct diagnostics *diagnostics, bool json, enum cli_exit code)
{
	fflush(stdout);
	cli_complain(diagnostics);
	if (json && code != CLI_DONE)
		cli_print_json(json_pack("{s:o}", "errors", cli_errors(diagnostics)));
	diagnostics_free(diagnostics);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("gabelou: standard output");
		return CLI_SYSTEM;
	}
	return code;
}

enum cli_exit cli_exit_of(int error)
{
	switch (-error) {
	case 0:
		return CLI_DONE;
	case EPERM:
	case EACCES:
	case ENOTSUP:
	case ENOMEM:
		return CLI_SYSTEM;
	default:
		return CLI_NO;
	}
}
