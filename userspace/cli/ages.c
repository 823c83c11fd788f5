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
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool any = false;

	if (!out)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!in_bounds(&items[i], over, not_over, now) || seen(items, i))
			continue;
		if (any)
			fprintf(out, ", ");
		else
			fprintf(out, "data older than %u days: ", over);
		fprintf(out, "%s (%s)", items[i].name, items[i].date);
		any = true;
	}
	fclose(out);
	if (any)
		return text;
	free(text);
	return NULL;
}
