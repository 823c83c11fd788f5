// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/targets.h"
#include "userspace/cli/why.h"

#define PROCESS_MOST (1u << 22) /* PID_MAX_LIMIT of 64-bit kernels */

static void add_address(struct why_target *target, struct address address)
{
	if (target->count == WHY_ADDRESSES_MOST)
		return;
	target->addresses[target->count] = address;
	address_format(address, target->address_texts[target->count]);
	target->count++;
}

static int parse_process(const char *text, struct why_target *target,
			 struct diagnostics *diagnostics)
{
	unsigned long number = strlen(text) < 9 ? strtoul(text, NULL, 10) : 0;

	if (!number || number > PROCESS_MOST)
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "\"%.40s\" is no process; give its number, an address or "
					 "a name",
					 text);
	target->process = (uint32_t)number;
	return 0;
}

static int parse_host(const char *text, struct why_target *target, struct diagnostics *diagnostics)
{
	char *items[] = {(char *)(uintptr_t)text, NULL};
	const struct cli_operands operands = {.items = items, .count = 1};
	struct targets *targets = malloc(sizeof(*targets));
	struct target found;
	int status = targets ? 1 : -ENOMEM;

	if (targets)
		targets_open(targets, &operands, -1, stdout);
	while (status > 0) {
		status = targets_next(targets, &found, diagnostics);
		if (status > 0 && found.has_service)
			status = diagnostics_error(diagnostics, EINVAL, (struct location){0},
						   "why is asked about all ports; give the address "
						   "or name without one");
		if (status > 0)
			add_address(target, found.address);
	}
	if (targets)
		targets_close(targets);
	free(targets);
	return status;
}

int why_target_parse(const char *text, struct why_target *target, struct diagnostics *diagnostics)
{
	struct address address;

	*target = (struct why_target){.text = text};
	if (*text && text[strspn(text, "0123456789")] == '\0')
		return parse_process(text, target, diagnostics);
	if (strcmp(text, "-") == 0)
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "why is asked about one thing; give a process, an "
					 "address or a name");
	target->name = address_parse(text, strlen(text), &address) != 0;
	return parse_host(text, target, diagnostics);
}

static bool is_text(struct slice slice, const char *text)
{
	return slice.text && slice.length == strlen(text) &&
	       memcmp(slice.text, text, slice.length) == 0;
}

bool why_target_matches(const struct flow_line *line, const void *context)
{
	const struct why_target *target = context;

	if (target->process)
		return line->process == target->process;
	if (target->name && is_text(line->domain, target->text))
		return true;
	for (size_t i = 0; i < target->count; i++)
		if (is_text(line->destination, target->address_texts[i]))
			return true;
	return false;
}
