// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: of two policies, every exception that lets out more, less or for another time is found, and
 * no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/table/compare_exceptions.h"

#define NOW 1795478400 /* 2026-11-24 */

static struct policy *policies[2];
static struct compared_exceptions found;
static char words[1024];

static struct policy *parse(const char *except)
{
	struct diagnostics diagnostics = {0};
	struct policy *policy = NULL;
	char text[2048];

	snprintf(text, sizeof(text), "gabelou: 1\nallow: [{soil: [FR]}]\n%s%s",
		 *except ? "except:\n" : "", except);
	if (policy_parse("p", text, strlen(text), NULL, &policy, &diagnostics))
		fail_msg("%s", diagnostics.items[0].text);
	diagnostics_free(&diagnostics);
	return policy;
}

/* "gained except #1, lost except #2", and how many are as before. */
static const char *change(const char *before, const char *after)
{
	char name[RULE_NAME_SIZE];
	size_t used = 0;

	compared_exceptions_free(&found);
	for (int i = 0; i < 2; i++) {
		policy_free(policies[i]);
		policies[i] = parse(i ? after : before);
	}
	assert_int_equal(compare_exceptions(policies[0], policies[1], NOW, &found), 0);
	words[0] = '\0';
	for (size_t i = 0; i < found.count; i++)
		used += (size_t)snprintf(words + used, sizeof(words) - used, "%s %s, ",
					 exception_change_name(found.items[i].change),
					 rule_name(found.items[i].rule, name));
	snprintf(words + used, sizeof(words) - used, "%zu kept", found.kept);
	return words;
}

#define A        "  - {to: [203.0.113.0/24], port: [443/tcp, 80/tcp], until: 2027-01-31, why: a}\n"
#define A2       "  - {to: [203.0.113.0/24], port: [80/tcp, 443/tcp], until: 2027-01-31, why: other}\n"
#define A_LATER  "  - {to: [203.0.113.0/24], port: [443/tcp, 80/tcp], until: 2027-06-30, why: a}\n"
#define A_OVER   "  - {to: [203.0.113.0/24], port: [443/tcp, 80/tcp], until: 2026-11-01, why: a}\n"
#define A_WIDE   "  - {to: [203.0.113.0/24], until: 2027-01-31, why: a}\n"
#define A_NARROW "  - {to: [203.0.113.0/24], port: [443/tcp], until: 2027-01-31, why: a}\n"
#define B        "  - {asn: [64500], port: [53/udp], until: 2027-01-31, why: b}\n"
#define B2       "  - {asn: [64501], port: [53/udp], until: 2027-01-31, why: b}\n"
#define C        "  - {to: [203.0.112.0/23], port: [443/tcp, 80/tcp], until: 2027-01-31, why: a}\n"

static void changes_are_found(void **state)
{
	(void)state;
	assert_string_equal(change("", ""), "0 kept");
	assert_string_equal(change(A B, A B), "2 kept");
	assert_string_equal(change(A B, B A2), "2 kept");
	assert_string_equal(change(B, A B), "gained except #1, 1 kept");
	assert_string_equal(change(A B, A), "lost except #2, 1 kept");
	assert_string_equal(change(A, A_LATER), "moved except #1, 0 kept");
	assert_int_equal(found.items[0].until_before, policies[0]->rules[0].until);
	assert_string_equal(change(A, A_WIDE), "gained except #1, lost except #1, 0 kept");
	assert_string_equal(change(A_WIDE, A), "gained except #1, lost except #1, 0 kept");
	assert_string_equal(change(A, A_NARROW), "gained except #1, lost except #1, 0 kept");
	assert_string_equal(change(A, C), "gained except #1, lost except #1, 0 kept");
	assert_string_equal(change(B, B2), "gained except #1, lost except #1, 0 kept");
}

static void what_is_over_lets_nothing_pass(void **state)
{
	(void)state;
	assert_string_equal(change(A, A_OVER), "lost except #1, 0 kept");
	assert_string_equal(change(A_OVER, A), "gained except #1, 0 kept");
	assert_string_equal(change(A_OVER, A_OVER), "over except #1, 0 kept");
	assert_string_equal(change(A_OVER, ""), "0 kept");
	assert_string_equal(change("", A_OVER), "over except #1, 0 kept");
	/* What is not known has none. */
	compared_exceptions_free(&found);
	assert_int_equal(compare_exceptions(NULL, policies[1], NOW, &found), 0);
	assert_int_equal(found.items[0].change, EXCEPTION_OVER);
}

static int end(void **state)
{
	(void)state;
	compared_exceptions_free(&found);
	for (int i = 0; i < 2; i++)
		policy_free(policies[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_found),
		cmocka_unit_test(what_is_over_lets_nothing_pass),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
