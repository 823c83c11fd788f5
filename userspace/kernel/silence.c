// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "userspace/kernel/load.h"

/*
 * The end of what libbpf said: of a verifier log the last lines tell why. libbpf's callback has no
 * context, so this is the one variable of the folder, one for each thread.
 */
#define SAID_MOST 600
static _Thread_local char said[SAID_MOST] = ": ";
#define SAID_START 2

static int keep(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char line[SAID_MOST - SAID_START];
	size_t length, have = strlen(said);

	if (level == LIBBPF_DEBUG || level == LIBBPF_INFO)
		return 0;
	vsnprintf(line, sizeof(line), format, arguments);
	length = strlen(line);
	if (have + length >= sizeof(said)) {
		size_t over = have + length + 1 - sizeof(said);

		memmove(said + SAID_START, said + SAID_START + over, have - SAID_START - over + 1);
	}
	strncat(said, line, sizeof(said) - strlen(said) - 1);
	return 0;
}

void libbpf_silence(void)
{
	said[SAID_START] = '\0';
	libbpf_set_print(keep);
}

const char *libbpf_said(void)
{
	return said[SAID_START] ? said : "";
}
