// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "userspace/cli/cli.h"
#include "userspace/cli/page.h"

static void print_usage(const struct cli_verb *verb)
{
	char left[40];

	printf("Usage: gabelou %s [OPTION...]%s%s\n\n", verb->name, *verb->operands ? " " : "",
	       verb->operands);
	page_wrap(stdout, 0, 0, verb->text);
	putchar('\n');
	for (const struct cli_option *option = verb->options; option->name; option++) {
		snprintf(left, sizeof(left), "--%s%s%s", option->name, option->argument ? " " : "",
			 option->argument ? option->argument : "");
		printf("  %-18s %s\n", left, option->help);
	}
	printf("  %-18s %s\n  %-18s %s\n", "--json", "for programs: JSON on standard output",
	       "--help", "this text");
}

static int complain(const struct cli_verb *verb, const char *what, const char *which)
{
	fprintf(stderr, "gabelou %s: %s%s; see: gabelou %s --help\n", verb->name, what, which,
		verb->name);
	return CLI_USAGE;
}

static const struct cli_option *find(const struct cli_verb *verb, const char *name, size_t length)
{
	for (const struct cli_option *option = verb->options; option->name; option++)
		if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
			return option;
	return NULL;
}

/* @next is the argument that follows. 1: it was taken; 0: it was not; else -(exit code). */
static int take(const struct cli_verb *verb, const char *text, char *next)
{
	const char *name = text + 2, *equals = strchr(name, '=');
	const struct cli_option *option =
		strncmp(text, "--", 2) == 0
			? find(verb, name, equals ? (size_t)(equals - name) : strlen(name))
			: NULL;

	if (!option)
		return -complain(verb, "no such option: ", text);
	if (!option->argument) {
		if (equals)
			return -complain(verb, "this option takes no value: ", text);
		*option->flag = true;
		return 0;
	}
	if (!equals && !next)
		return -complain(verb, "a value is missing after ", text);
	*option->value = equals ? equals + 1 : next;
	return !equals;
}

int cli_parse(int argc, char **argv, const struct cli_verb *verb, struct cli_operands *operands)
{
	bool only_operands = false;

	*operands = (struct cli_operands){.items = argv};
	for (int i = 1; i < argc; i++) {
		char *text = argv[i];

		if (only_operands || text[0] != '-' || text[1] == '\0') {
			operands->items[operands->count++] = text;
		} else if (strcmp(text, "--") == 0) {
			only_operands = true;
		} else if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
			print_usage(verb);
			return CLI_DONE;
		} else if (strcmp(text, "--json") == 0) {
			operands->json = true;
		} else {
			int taken = take(verb, text, i + 1 < argc ? argv[i + 1] : NULL);

			if (taken < 0)
				return -taken;
			i += taken;
		}
	}
	if (operands->count < verb->least)
		return complain(verb, "missing: ", verb->operands);
	if (operands->count > verb->most)
		return complain(verb, "too many arguments: ", operands->items[verb->most]);
	return -1;
}
