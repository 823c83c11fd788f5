// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a policy's own groups stand for what they were written to stand for, and none can take the
 * name of what others know. */
#include "tests/unit/policy_check.h"
#include "tests/unit/random.h"

static char messages[MESSAGES_SIZE];

static struct country_set set_of(const char *codes)
{
	struct country_set set = {{0}};

	for (; *codes; codes += strcspn(codes, " "), codes += strspn(codes, " "))
		country_set_add(&set, country_parse(codes, 2));
	return set;
}

static void expect_set(const struct country_set *set, const char *codes)
{
	struct country_set expected = set_of(codes);

	assert_memory_equal(set, &expected, sizeof(expected));
}

static void groups_hold_codes_and_groups(void **state)
{
	/* Also when they stand behind the rules that use them. */
	struct policy *policy = expect_policy("gabelou: 1\n"
					      "allow: [{soil: [NORDIC, FR], owner: [NEAR]}]\n"
					      "deny: [{soil: [FAR-2]}]\n"
					      "groups:\n"
					      "  NORDIC: [SE, NO, FI, DK, IS]\n"
					      "  NEAR: [NORDIC, EFTA, EE]\n"
					      "  FAR-2: [FR-DROM]\n",
					      messages);

	(void)state;
	assert_string_equal(messages, "");
	assert_int_equal(policy->rule_count, 2);
	expect_set(&policy->rules[0].soil, "GP MQ GF RE YT");
	expect_set(&policy->rules[1].soil, "SE NO FI DK IS FR");
	expect_set(&policy->rules[1].owner, "SE NO FI DK IS CH LI EE");
	assert_string_equal(policy->rules[1].soil_text, "NORDIC, FR");
	assert_string_equal(policy->rules[1].owner_text, "NEAR");
	policy_free(policy);
	/* They are of that policy alone. */
	assert_null(groups_find(test_groups, "NORDIC", 6));
	policy = expect_policy(HEAD "groups: {}\n", messages);
	policy_free(policy);
}

static void without_groups_of_the_product_there_are_own_ones(void **state)
{
	static const char text[] = "gabelou: 1\ngroups: {ONE: [FR], TWO: [ONE, DE]}\n"
				   "allow: [{soil: [TWO]}]\n";
	struct diagnostics diagnostics = {0};
	struct policy *policy;

	(void)state;
	assert_int_equal(policy_parse("p.yaml", text, strlen(text), NULL, &policy, &diagnostics),
			 0);
	expect_set(&policy->rules[0].soil, "FR DE");
	policy_free(policy);
}

static void wrong_groups_are_refused(void **state)
{
#define GROUPS(text) HEAD "groups: " text "\n"
	static const struct refusal cases[] = {
		{GROUPS("{EU: [FR]}"), "3:10: EU comes with gabelou and cannot be redefined; give "
				       "the group another name"},
		{GROUPS("{FR-DROM: [RE]}"), "3:10: FR-DROM comes with gabelou and cannot be "
					    "redefined; give the group another name"},
		{GROUPS("{SE: [NO]}"), "3:10: SE is a country; give the group another name"},
		{GROUPS("{nordic: [NO]}"), "3:10: `nordic` is not the name of a group; write 3 to "
					   "23 capitals, digits and dashes, as in NORDIC"},
		{GROUPS("{UK: [GB]}"), "3:10: `UK` is not the name of a group; write 3 to 23"},
		{GROUPS("{\"\": [GB]}"), "3:10: `` is not the name of a group; write 3 to 23"},
		{GROUPS("{A23456789012345678901234: [GB]}"), "is not the name of a group"},
		{GROUPS("{[A]: [GB]}"), "3:10: `[...]` is not the name of a group"},
		{GROUPS("{ABC: [SE], ABC: [NO]}"), "3:21: ABC stands here twice; remove one"},
		{GROUPS("{ABC: []}"), "3:15: an empty list; name countries or groups, as in [FR, "
				      "DE], or remove the key"},
		{GROUPS("{ABC: SE}"),
		 "3:15: `SE` is not a list of countries or groups; write [SE]"},
		{GROUPS("{ABC: [XX]}"), "3:16: `XX` is no country; write a two-letter code"},
		{GROUPS("{ABC: [ABD]}"), "3:16: `ABD` is neither a country nor a group; write"},
		{GROUPS("{ABC: [ABC]}"), "3:16: ABC cannot be a member of itself; remove it"},
		{GROUPS("{ABC: [ABD], ABD: [SE]}"), "3:16: ABD is defined further down, in line 3; "
						    "move it above ABC"},
		{GROUPS("{ABC: [ABD], ABD: [ABC]}"),
		 "3:16: ABD is defined further down, in line 3; "
		 "move it above ABC"},
		{GROUPS("[ABC]"), "3:9: `groups:` is made of names and lists; write {NORDIC: [SE, "
				  "NO, FI]}"},
		{"gabelou: 1\ngroups: {DROM: [FR-DROM]}\nallow: [{owner: [DROM]}]\n",
		 "3:18: DROM never matches an owner"},
		{"gabelou: 1\ngroups: {NORDIC: [SE]}\nallow: [{soil: [NORDICS]}]\n",
		 "3:17: `NORDICS` is no group; write NORDIC"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		expect_refusal(cases[i].text, strlen(cases[i].text), messages);
		if (!strstr(messages, cases[i].message))
			fail_msg("%s is not %s", messages, cases[i].message);
		if (strchr(messages, '\n') != messages + strlen(messages) - 1)
			fail_msg("more than one message: %s", messages);
	}
}

static void a_wrong_group_is_not_called_unknown_in_each_rule(void **state)
{
	static const char text[] = "gabelou: 1\ngroups: {ABC: [XX], ABD: [ABC]}\n"
				   "allow: [{soil: [ABC], owner: [ABD]}]\n";

	(void)state;
	expect_refusal(text, strlen(text), messages);
	assert_non_null(strstr(messages, "2:16: `XX` is no country"));
	assert_int_equal(strchr(messages, '\n') - messages, strlen(messages) - 1);
}

static void too_many_groups_are_refused(void **state)
{
	static char text[8192];

	(void)state;
	strcpy(text, HEAD "groups: {");
	for (unsigned i = 0; i <= 256; i++)
		sprintf(text + strlen(text), "G-%u: [FR], ", i);
	strcat(text, "}\n");
	expect_refusal(text, strlen(text), messages);
	assert_non_null(strstr(messages, "3:9: 257 groups; define at most 256"));
}

#define RANDOM_GROUPS 12

/* Against sets that are joined here. */
static void random_groups_nest(void **state)
{
	static const char *const codes[] = {"FR", "DE", "SE", "NO", "US", "CN"};

	(void)state;
	random_seed(7);
	for (unsigned round = 0; round < 200; round++) {
		struct country_set expected[RANDOM_GROUPS] = {{{0}}};
		char text[4096] = "gabelou: 1\ngroups:\n";

		for (unsigned i = 0; i < RANDOM_GROUPS; i++) {
			unsigned members = 1 + random_next() % 3;

			sprintf(text + strlen(text), "  G-%u: [", i);
			for (unsigned j = 0; j < members; j++) {
				unsigned other = i ? random_next() % i : 0;
				const char *code = codes[random_next() % 6];

				if (i && random_chance(8)) {
					sprintf(text + strlen(text), "G-%u, ", other);
					country_set_merge(&expected[i], &expected[other]);
				} else {
					sprintf(text + strlen(text), "%s, ", code);
					country_set_add(&expected[i], country_parse(code, 2));
				}
			}
			strcat(text, "]\n");
		}
		unsigned soil = random_next() % RANDOM_GROUPS,
			 owner = random_next() % RANDOM_GROUPS;
		sprintf(text + strlen(text), "allow: [{soil: [G-%u], owner: [G-%u]}]\n", soil,
			owner);
		struct policy *policy = expect_policy(text, messages);
		assert_memory_equal(&policy->rules[0].soil, &expected[soil], sizeof(*expected));
		assert_memory_equal(&policy->rules[0].owner, &expected[owner], sizeof(*expected));
		policy_free(policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_hold_codes_and_groups),
		cmocka_unit_test(without_groups_of_the_product_there_are_own_ones),
		cmocka_unit_test(wrong_groups_are_refused),
		cmocka_unit_test(a_wrong_group_is_not_called_unknown_in_each_rule),
		cmocka_unit_test(too_many_groups_are_refused),
		cmocka_unit_test(random_groups_nest),
	};

	return cmocka_run_group_tests_name("own groups", tests, read_groups, free_groups);
}
