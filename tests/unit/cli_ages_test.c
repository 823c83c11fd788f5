// SPDX-License-Identifier: GPL-2.0-or-later
/* The goal: the age of data, and the durations that people type, are read as they are meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "userspace/cli/ages.c"
#include "userspace/cli/duration.c"

#undef SECOND_NS
#define SECOND_NS 1000000000ull
#define NOON      1795003200 /* 2026-11-18T12:00:00Z */

static void test_days(void **state)
{
	(void)state;
	assert_int_equal(age_days("2026-11-18", NOON), 0);
	assert_int_equal(age_days("2026-11-17", NOON), 1);
	assert_int_equal(age_days("2025-11-18", NOON), 365);
	assert_int_equal(age_days("2026-11-17T23:59:59Z", NOON), 1);
	assert_int_equal(age_days("2030-01-01", NOON), 0);
	assert_int_equal(age_days("2026-11", NOON), -1);
	assert_int_equal(age_days("2026-11-18x", NOON), -1);
	assert_int_equal(age_days("", NOON), -1);
	assert_int_equal(age_days(NULL, NOON), -1);
}

static void test_message(void **state)
{
	const struct aged items[] = {
		{"old", "2026-06-01"},  {"aging", "2026-09-01"}, {"old", "2026-06-01"},
		{"new", "2026-11-01"},  {"odd", "yesterday"},    {"older", "2025-01-01"},
		{"edge", "2026-07-21"},
	};
	char *text;

	(void)state;
	text = ages_message(items, 7, 45, 120, NOON);
	assert_string_equal(text, "stale data: older is 686 days old, and 3 more are over 45");
	free(text);
	text = ages_message(items, 7, 119, 1000, NOON);
	assert_string_equal(text, "old data: older is 686 days old, and 2 more are over 119");
	free(text);
	text = ages_message(items, 4, 75, 170, NOON);
	assert_string_equal(text, "old data: old is 170 days old, and 1 more is over 75");
	free(text);
	text = ages_message(items, 1, 45, 169, NOON);
	assert_string_equal(text, "stale data: old is 170 days old");
	free(text);
	assert_null(ages_message(items, 7, 686, 1000, NOON));
}

static void test_durations(void **state)
{
	static const char *const wrong[] = {"",    "10",   "s",         "0s",
					    "-1s", "1.5s", "1w",        "10ss",
					    " 5s", "+5s",  "99999999h", "18446744073709551616s"};
	uint64_t ns = 1;

	(void)state;
	assert_true(duration_parse("10s", &ns));
	assert_int_equal(ns, 10 * SECOND_NS);
	assert_true(duration_parse("5m", &ns));
	assert_int_equal(ns, 300 * SECOND_NS);
	assert_true(duration_parse("14d", &ns));
	assert_int_equal(ns, 14 * 86400 * SECOND_NS);
	assert_true(duration_parse("2h", &ns));
	assert_int_equal(ns, 7200 * SECOND_NS);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(duration_parse(wrong[i], &ns));
	assert_int_equal(ns, 7200 * SECOND_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
