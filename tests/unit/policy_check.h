/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the policy share: parse a text, look at its messages. */
#ifndef GABELOU_TESTS_UNIT_POLICY_CHECK_H
#define GABELOU_TESTS_UNIT_POLICY_CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/policy/policy.h"

#define MESSAGES_SIZE 8192

/* What every policy needs, as line 1 and 2. */
#define HEAD "gabelou: 1\nallow: [{soil: [FR]}]\n"

static struct groups *test_groups;

__attribute__((unused)) static int read_groups(void **state)
{
	struct diagnostics diagnostics = {0};

	(void)state;
	return groups_read("data/groups.csv", &test_groups, &diagnostics);
}

__attribute__((unused)) static int free_groups(void **state)
{
	(void)state;
	groups_free(test_groups);
	return 0;
}

/* Every message on a line of its own. */
static inline void join_messages(const struct diagnostics *diagnostics, char *text)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < diagnostics->count && used < MESSAGES_SIZE - 1024; i++) {
		diagnostic_format(&diagnostics->items[i], text + used, 1000);
		used += strlen(text + used);
		used += (size_t)sprintf(text + used, "\n");
	}
}

/* The policy that @text is, with whatever warnings; fails the test if it is refused. */
static inline struct policy *expect_policy(const char *text, char *messages)
{
	struct diagnostics diagnostics = {0};
	struct policy *policy = NULL;
	int error = policy_parse("p.yaml", text, strlen(text), test_groups, &policy, &diagnostics);

	join_messages(&diagnostics, messages);
	diagnostics_free(&diagnostics);
	if (error)
		fail_msg("refused:\n%s\n%s", text, messages);
	return policy;
}

/* @messages of a text of @size bytes that must be refused; fails the test if it is not. */
static inline void expect_refusal(const char *text, size_t size, char *messages)
{
	struct diagnostics diagnostics = {0};
	struct policy *policy = NULL;
	int error = policy_parse("p.yaml", text, size, test_groups, &policy, &diagnostics);
	size_t errors = diagnostics.errors;

	join_messages(&diagnostics, messages);
	diagnostics_free(&diagnostics);
	if (!error || policy || !errors)
		fail_msg("not refused: %s\n%s", text, messages);
}

/* A refused text, and a part of one message: begins with "LINE:COLUMN: ". */
struct refusal {
	const char *text;
	const char *message;
};

static inline void expect_refusals(const struct refusal *refusals, size_t count)
{
	static char messages[MESSAGES_SIZE];

	for (size_t i = 0; i < count; i++) {
		char expected[512];

		snprintf(expected, sizeof(expected), "p.yaml:%s", refusals[i].message);
		expect_refusal(refusals[i].text, strlen(refusals[i].text), messages);
		if (!strstr(messages, expected))
			fail_msg("%s\n-- gave:\n%s-- not: %s", refusals[i].text, messages,
				 expected);
		if (strchr(messages, '\n')[1])
			fail_msg("%s\n-- gave more than one message:\n%s", refusals[i].text,
				 messages);
	}
}

#endif
