// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

json_t *text_json(const char *text)
{
	json_t *string;
	char *plain;

	if (!text || !*text)
		return json_null();
	string = json_string(text);
	if (string)
		return string;
	plain = strdup(text);
	if (!plain)
		return NULL;
	for (char *c = plain; *c; c++)
		if ((unsigned char)*c > 0x7f)
			*c = '?';
	string = json_string(plain);
	free(plain);
	return string;
}

json_t *text_json_country(country_t country)
{
	char text[3];

	return country ? json_string(country_format(country, text)) : json_null();
}

json_t *text_json_reach(const struct reach *reach)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < reach->count; i++)
		json_array_append_new(array, text_json_country(reach->countries[i]));
	return array;
}

const char *text_time(int64_t realtime_ns, char *text)
{
	time_t seconds = realtime_ns / 1000000000;
	long microseconds = realtime_ns % 1000000000 / 1000;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	size_t length = strftime(text, TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, TIME_TEXT_SIZE - length, ".%06ldZ", microseconds);
	return text;
}

const char *text_reach(const struct reach *reach, char *text)
{
	char *end = text;

	*text = '\0';
	for (unsigned i = 0; i < reach->count && i < REACH_MOST; i++) {
		if (i)
			*end++ = '+';
		country_format(reach->countries[i], end);
		end += 2;
	}
	return text;
}
