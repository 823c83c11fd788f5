// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: every policy that is shipped is accepted, without a warning, and says what it promises. */
#include "tests/unit/policy_check.h"

#include <glob.h>

#include "userspace/base/file.h"

static char messages[MESSAGES_SIZE];

static struct policy *read_policy(const char *path)
{
	struct diagnostics diagnostics = {0};
	struct policy *policy = NULL;
	int error = policy_read(path, test_groups, &policy, &diagnostics);

	join_messages(&diagnostics, messages);
	diagnostics_free(&diagnostics);
	if (error || messages[0])
		fail_msg("%s: %s", path, messages);
	return policy;
}

static void every_shipped_policy_is_accepted(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("policies/*.yaml", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 4);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct policy *policy = read_policy(found.gl_pathv[i]);
		char expected[256];

		snprintf(expected, sizeof(expected), "policies/%s.yaml", policy->name);
		assert_string_equal(found.gl_pathv[i], expected);
		assert_int_equal(policy->mode, POLICY_ENFORCE);
		assert_int_equal(policy->unlisted, POLICY_UNLISTED_DENY);
		assert_false(policy->anycast);
		policy_free(policy);
	}
	globfree(&found);
}

static void every_shipped_policy_says_what_it_does_not_promise(void **state)
{
	static const char *const words[] = {"What it promises", "What it does not",
					    "not legal advice"};
	glob_t found;

	(void)state;
	assert_int_equal(glob("policies/*.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		static char text[16384];
		FILE *stream = fopen(found.gl_pathv[i], "r");

		assert_non_null(stream);
		text[fread(text, 1, sizeof(text) - 1, stream)] = '\0';
		fclose(stream);
		for (size_t j = 0; j < sizeof(words) / sizeof(*words); j++)
			if (!strstr(text, words[j]))
				fail_msg("%s lacks \"%s\"", found.gl_pathv[i], words[j]);
	}
	globfree(&found);
}

static void the_two_french_policies_differ_in_the_owner(void **state)
{
	struct policy *soil = read_policy("policies/french-soil.yaml");
	struct policy *owner = read_policy("policies/french-soil-european-owner.yaml");

	(void)state;
	assert_true(soil->rule_count == 1 && owner->rule_count == 1);
	assert_string_equal(soil->rules[0].soil_text, "FR");
	assert_string_equal(owner->rules[0].soil_text, "FR");
	assert_false(soil->rules[0].has_owner);
	assert_string_equal(owner->rules[0].owner_text, "EU");
	policy_free(soil);
	policy_free(owner);
}

/* Each network is named by one rule, with a word on the qualification behind it. */
static void qualified_operators_are_named_with_a_reason(void **state)
{
	struct policy *policy = read_policy("policies/qualified-operators.yaml");

	(void)state;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		assert_int_equal(rule->kind, RULE_ALLOW);
		assert_true(rule->asn_count > 0 && rule->has_owner && rule->has_soil);
		assert_non_null(rule->why);
		assert_non_null(strstr(rule->why, "qualified"));
		for (size_t j = 0; j < rule->asn_count; j++)
			assert_int_not_equal(rule->asns[j], 53306); /* a US legal person */
	}
	policy_free(policy);
}

/* A policy of the shipped ones, and some drop-ins beside it, as "check" reads them. */
static struct policy *read_beside(char *const *snippets, size_t count)
{
	struct diagnostics diagnostics = {0};
	struct policy_sources sources = {0};
	struct policy *policy = NULL;
	int error = policy_sources_read("policies/french-soil-european-owner.yaml", &sources,
					&diagnostics);

	for (size_t i = 0; i < count && !error; i++) {
		struct file file;

		error = file_read(snippets[i], 1 << 16, &file, &diagnostics);
		if (error)
			break;
		error = policy_sources_add(&sources, snippets[i], file.bytes, file.size);
		file_free(&file);
	}
	if (!error)
		error = policy_parse_sources(&sources, test_groups, &policy, &diagnostics);
	join_messages(&diagnostics, messages);
	diagnostics_free(&diagnostics);
	policy_sources_free(&sources);
	if (error || messages[0])
		fail_msg("%s: %s", snippets[0], messages);
	return policy;
}

#define SNIPPETS "policies/snippets/*.yaml"

static void each_snippet_is_a_drop_in(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob(SNIPPETS, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 9);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct policy *policy = read_beside(&found.gl_pathv[i], 1);

		/* It says something, and it opens nothing as a whole. */
		assert_true(policy->rule_count > 1 || policy->nat64_count == 1);
		for (size_t j = 0; j < policy->rule_count; j++) {
			const struct rule *rule = &policy->rules[j];

			assert_true(rule->kind != RULE_EXCEPT || rule->service_count > 0);
			assert_true(rule->kind != RULE_ALLOW || rule->index == 1);
		}
		policy_free(policy);
	}
	/* And all of them stand beside each other. */
	policy_free(read_beside(found.gl_pathv, found.gl_pathc));
	globfree(&found);
}

static void each_snippet_says_what_to_whom_and_what_moves(void **state)
{
	static const char *const words[] = {"What it lets out:", "To whom:", "What moves:",
					    "general knowledge, to be verified"};
	glob_t found;

	(void)state;
	assert_int_equal(glob(SNIPPETS, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct diagnostics diagnostics = {0};
		struct file file;

		assert_int_equal(file_read(found.gl_pathv[i], 1 << 16, &file, &diagnostics), 0);
		for (size_t j = 0; j < sizeof(words) / sizeof(*words); j++)
			if (!memmem(file.bytes, file.size, words[j], strlen(words[j])))
				fail_msg("%s lacks \"%s\"", found.gl_pathv[i], words[j]);
		file_free(&file);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_snippet_is_a_drop_in),
		cmocka_unit_test(each_snippet_says_what_to_whom_and_what_moves),
		cmocka_unit_test(every_shipped_policy_is_accepted),
		cmocka_unit_test(every_shipped_policy_says_what_it_does_not_promise),
		cmocka_unit_test(the_two_french_policies_differ_in_the_owner),
		cmocka_unit_test(qualified_operators_are_named_with_a_reason),
	};

	return cmocka_run_group_tests_name("shipped policies", tests, read_groups, free_groups);
}
