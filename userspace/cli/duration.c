// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "userspace/base/clock.h"

#define SECONDS_MOST (366ull * 86400)

bool duration_parse(const char *text, uint64_t *duration_ns)
{
	unsigned long long number, unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	unit = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 0;
	if (errno || !unit || end[1] || !number || number > SECONDS_MOST / unit)
		return false;
	*duration_ns = number * unit * SECOND_NS;
	return true;
}
