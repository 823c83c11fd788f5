// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the codes are those of ISO 3166-1, no more and no less; territories have a state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/base/country.h"

static country_t code(const char *text)
{
	return country_parse(text, strlen(text));
}

/* ISO 3166-1 has 249 codes since South Sudan and the end of the Netherlands Antilles. */
static void every_code_stands_for_itself(void **state)
{
	size_t count = 0;
	country_t before = COUNTRY_NONE;

	(void)state;
	for (const country_t *country = country_all(); *country; country++, count++) {
		char text[3];

		assert_true(*country > before);
		before = *country;
		assert_int_equal(code(country_format(*country, text)), *country);
		assert_non_null(country_name(*country));
		assert_true(strlen(country_name(*country)) > 1);
	}
	assert_int_equal(count, 249);
	assert_int_equal(code("FR"), 0x4652);
	assert_string_equal(country_name(code("NO")), "Norway");
}

static void what_iso_does_not_assign_is_no_country(void **state)
{
	static const char *const texts[] = {"EU",  "AP", "UK", "EL",   "XK", "XI",      "ZZ",
					    "CS",  "AN", "SU", "fr",   "Fr", "F",       "",
					    "FRA", "??", "F ", "\0\0", "--", "\xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(code(texts[i]), COUNTRY_NONE);
	assert_int_equal(country_parse("FRANCE", 2), code("FR"));
	assert_null(country_name(COUNTRY_NONE));
	assert_null(country_name(COUNTRY('Z', 'Z')));
	assert_null(country_name(0xffff));
}

static void a_territory_has_a_state_and_a_state_itself(void **state)
{
	static const char *const pairs[][2] = {
		{"RE", "FR"}, {"GP", "FR"}, {"MQ", "FR"}, {"GF", "FR"}, {"YT", "FR"}, {"PM", "FR"},
		{"BL", "FR"}, {"MF", "FR"}, {"NC", "FR"}, {"PF", "FR"}, {"WF", "FR"}, {"TF", "FR"},
		{"PR", "US"}, {"GU", "US"}, {"VI", "US"}, {"AS", "US"}, {"MP", "US"}, {"UM", "US"},
		{"AX", "FI"}, {"SJ", "NO"}, {"GL", "DK"}, {"JE", "GB"}, {"HK", "CN"}, {"FR", "FR"},
		{"US", "US"}, {"MC", "MC"}, {"TW", "TW"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		assert_int_equal(country_state(code(pairs[i][0])), code(pairs[i][1]));
	assert_int_equal(country_state(COUNTRY_NONE), COUNTRY_NONE);
	for (const country_t *country = country_all(); *country; country++) {
		country_t its = country_state(*country);

		assert_non_null(country_name(its));
		assert_int_equal(country_state(its), its); /* one step is enough */
	}
}

static void a_set_holds_what_was_added(void **state)
{
	struct country_set set = {{0}}, other = {{0}};

	(void)state;
	assert_true(country_set_empty(&set));
	for (const country_t *country = country_all(); *country; country++) {
		assert_false(country_set_has(&set, *country));
		country_set_add(&set, *country);
		assert_true(country_set_has(&set, *country));
	}
	country_set_add(&other, code("FR"));
	country_set_add(&other, COUNTRY_NONE);
	country_set_add(&other, 0xffff);
	assert_false(country_set_has(&other, COUNTRY_NONE));
	assert_false(country_set_has(&other, 0xffff));
	assert_false(country_set_has(&other, code("DE")));
	memset(&set, 0, sizeof(set));
	country_set_add(&set, code("DE"));
	country_set_merge(&set, &other);
	assert_true(country_set_has(&set, code("FR")) && country_set_has(&set, code("DE")));
	assert_false(country_set_empty(&set));
}

static void no_country_is_written_as_question_marks(void **state)
{
	char text[3];

	(void)state;
	assert_string_equal(country_format(COUNTRY_NONE, text), "??");
	assert_string_equal(country_format(code("FR"), text), "FR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_stands_for_itself),
		cmocka_unit_test(what_iso_does_not_assign_is_no_country),
		cmocka_unit_test(a_territory_has_a_state_and_a_state_itself),
		cmocka_unit_test(a_set_holds_what_was_added),
		cmocka_unit_test(no_country_is_written_as_question_marks),
	};

	return cmocka_run_group_tests_name("country", tests, NULL, NULL);
}
