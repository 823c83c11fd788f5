// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the table of groups that is shipped is right, and a wrong one is refused line by line. */
#include "tests/unit/policy_check.h"

#include <unistd.h>

static char messages[MESSAGES_SIZE];

static const struct country_set *group(const char *name)
{
	return groups_find(test_groups, name, strlen(name));
}

static size_t size_of(const struct country_set *set)
{
	size_t size = 0;

	assert_non_null(set);
	for (const country_t *country = country_all(); *country; country++)
		size += country_set_has(set, *country);
	return size;
}

static bool has(const char *name, const char *code)
{
	return country_set_has(group(name), country_parse(code, 2));
}

static bool within(const char *inner, const char *outer)
{
	for (const country_t *country = country_all(); *country; country++)
		if (country_set_has(group(inner), *country) &&
		    !country_set_has(group(outer), *country))
			return false;
	return true;
}

static void shipped_groups_have_their_members(void **state)
{
	(void)state;
	assert_int_equal(size_of(group("EU")), 27);
	assert_int_equal(size_of(group("EEA")), 30);
	assert_int_equal(size_of(group("EFTA")), 4);
	assert_int_equal(size_of(group("FR-DROM")), 5);
	assert_int_equal(size_of(group("FR-COM")), 5);
	assert_int_equal(size_of(group("FR-OM")), 12);
	assert_int_equal(size_of(group("EU-OMR")), 6);
	assert_true(within("EU", "EEA") && within("FR-DROM", "FR-OM") && within("FR-COM", "FR-OM"));
	assert_true(has("EU", "GR") && has("EU", "FR") && has("EU", "HR") && has("EU", "CY"));
	assert_false(has("EU", "GB") || has("EU", "CH") || has("EU", "NO") || has("EU", "RE"));
	assert_true(has("EEA", "NO") && has("EEA", "IS") && has("EEA", "LI"));
	assert_false(has("EEA", "CH"));
	assert_true(has("EFTA", "CH"));
	assert_false(has("FR-OM", "FR") || has("FR-DROM", "NC"));
	/* All of them belong to France; all others that do are in the table, too. */
	for (const country_t *country = country_all(); *country; country++)
		assert_int_equal(country_set_has(group("FR-OM"), *country),
				 country_state(*country) == COUNTRY('F', 'R') &&
					 *country != COUNTRY('F', 'R'));
	/* A name must not be cut short or run on. */
	assert_null(groups_find(test_groups, "EUX", 3));
	assert_non_null(groups_find(test_groups, "EUX", 2));
	assert_null(groups_find(test_groups, "E", 1));
	assert_null(groups_find(NULL, "EU", 2));
	groups_free(NULL);
}

static void wrong_tables_are_refused(void **state)
{
#define TABLE "group,member,since,source\n"
	static const struct refusal cases[] = {
		{"<html>\n", ":1:1: not a table of groups; begin it with"},
		{"# only\n# comments\n", ": no group in it"},
		{TABLE, ": no group in it"},
		{TABLE "EU,FR,1958\n", ":2:1: too few fields; write group,member,since,source"},
		{TABLE "eu,FR,1958,x\n", ":2:1: `eu` is not the name of a group"},
		{TABLE "E,FR,1958,x\n", ":2:1: `E` is not the name of a group"},
		{TABLE "DE,FR,1958,x\n", ":2:1: DE is a country; give the group another name"},
		{TABLE "EU,UK,1973,x\n", ":2:4: `UK` is no country"},
		{TABLE "EU,FR,58,x\n", ":2:7: `58` is no date; write 1993 or 1993-11-01"},
		{TABLE "EU,FR,1958/01/01,x\n", ":2:7: `1958/01/01` is no date"},
		{TABLE "EU,FR,1958,\n", ":2:12: no source; name the treaty"},
		{TABLE "EU,FR,1958,x\nEU,DE,1958,x\nEU,FR,1958,y\n", ":4:1: FR is in EU already"},
		{TABLE "EU,FR,1958,x\nEU,DE", ":3: the file ends in the middle of a line"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char path[] = "/tmp/gabelou-groups-XXXXXX", expected[256];
		struct diagnostics diagnostics = {0};
		struct groups *groups = NULL;
		FILE *stream = fdopen(mkstemp(path), "w");

		assert_non_null(stream);
		fputs(cases[i].text, stream);
		fclose(stream);
		assert_true(groups_read(path, &groups, &diagnostics) < 0);
		unlink(path);
		assert_null(groups);
		assert_int_equal(diagnostics.count, 1);
		join_messages(&diagnostics, messages);
		diagnostics_free(&diagnostics);
		snprintf(expected, sizeof(expected), "%s%s", path, cases[i].message);
		if (!strstr(messages, expected))
			fail_msg("%s is not %s", messages, expected);
	}
}

/* Not a member of the set of groups, but of the same kind: a file that is not there. */
static void an_absent_table_is_named(void **state)
{
	struct diagnostics diagnostics = {0};
	struct groups *groups = NULL;

	(void)state;
	assert_int_equal(groups_read("/nonexistent/groups.csv", &groups, &diagnostics), -ENOENT);
	join_messages(&diagnostics, messages);
	diagnostics_free(&diagnostics);
	assert_non_null(strstr(messages, "/nonexistent/groups.csv: cannot be read"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_groups_have_their_members),
		cmocka_unit_test(wrong_tables_are_refused),
		cmocka_unit_test(an_absent_table_is_named),
	};

	return cmocka_run_group_tests_name("groups", tests, read_groups, free_groups);
}
