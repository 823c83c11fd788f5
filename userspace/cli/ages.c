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

static bool in_bounds(const struct aged *item, unsigned over, unsigned not_over, time_t now)
{
	int days = age_days(item->date, now);

	return days >= 0 && (unsigned)days > over && (!not_over || (unsigned)days <= not_over);
}

static bool seen(const struct aged *items, size_t until)
{
	for (size_t i = 0; i < until; i++)
		if (strcmp(items[i].name, items[until].name) == 0 &&
		    strcmp(items[i].date, items[until].date) == 0)
			return true;
	return false;
}

char *ages_message(const struct aged *items, size_t count, unsigned over, unsigned not_over,
		   time_t now)
{
	const struct aged *oldest = NULL;
	size_t found = 0;
	char others[32] = "", *text;

	for (size_t i = 0; i < count; i++) {
		if (!in_bounds(&items[i], over, not_over, now) || seen(items, i))
			continue;
		if (!oldest || age_days(items[i].date, now) > age_days(oldest->date, now))
			oldest = &items[i];
		found++;
	}
	if (found > 1)
		snprintf(others, sizeof(others), " and %zu more", found - 1);
	if (!oldest || asprintf(&text, "data older than %u days: %s (%s)%s", over, oldest->name,
				oldest->date, others) < 0)
		return NULL;
	return text;
}
