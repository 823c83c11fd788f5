// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/ages.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DAY_SECONDS 86400

int age_days(const char *date, time_t now)
{
	struct tm tm = {0};
	const char *end = date ? strptime(date, "%Y-%m-%d", &tm) : NULL;
	time_t then;

	if (!end || (*end && *end != 'T'))
		return -1;
	then = timegm(&tm);
	return then >= now ? 0 : (int)((now - then) / DAY_SECONDS);
}

static bool seen(const struct aged *items, size_t until)
{
	for (size_t i = 0; i < until; i++)
		if (strcmp(items[i].name, items[until].name) == 0 &&
		    strcmp(items[i].date, items[until].date) == 0)
			return true;
	return false;
}

char *ages_message(const struct aged *items, size_t count, unsigned warn, unsigned stale,
		   time_t now)
{
	const struct aged *oldest = NULL;
	int age = 0;
	size_t found = 0;
	char others[64] = "", *text;

	for (size_t i = 0; i < count; i++) {
		int days = age_days(items[i].date, now);

		if (days <= (int)warn || seen(items, i))
			continue;
		found++;
		if (days > age) {
			oldest = &items[i];
			age = days;
		}
	}
	if (found > 1)
		snprintf(others, sizeof(others), ", and %zu more %s over %u", found - 1,
			 found == 2 ? "is" : "are", warn);
	if (!oldest || asprintf(&text, "%s data: %s is %d days old%s",
				age > (int)stale ? "stale" : "old", oldest->name, age, others) < 0)
		return NULL;
	return text;
}
