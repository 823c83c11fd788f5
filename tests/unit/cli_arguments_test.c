// SPDX-License-Identifier: GPL-2.0-or-later
/* The goal: a command line is taken as it is meant, or refused with exit code 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "userspace/cli/arguments.c"
#include "userspace/cli/page.c"

static bool strict;
static const char *policy;
static struct cli_operands operands;

static int parse(const char *a, const char *b, const char *c)
{
	static char texts[3][32];
	char *argv[5] = {"verb"};
	const char *given[] = {a, b, c};
	const struct cli_verb verb = {
		.name = "verb",
		.operands = "TARGET...",
		.text = "text",
		.least = 1,
		.most = 2,
		.options = {{"strict", NULL, &strict, NULL, "help"},
			    {"policy", "FILE", NULL, &policy, "help"}},
	};
	int argc = 1;

	strict = false;
	policy = NULL;
	for (int i = 0; i < 3 && given[i]; i++) {
		strcpy(texts[i], given[i]);
		argv[argc++] = texts[i];
	}
	return cli_parse(argc, argv, &verb, &operands);
}

static void test_accepted(void **state)
{
	(void)state;
	assert_int_equal(parse("x", NULL, NULL), -1);
	assert_int_equal(operands.count, 1);
	assert_false(operands.json);
	assert_int_equal(parse("--json", "x", "y"), -1);
	assert_true(operands.json);
	assert_int_equal(operands.count, 2);
	assert_int_equal(parse("x", "--strict", NULL), -1);
	assert_true(strict);
	assert_int_equal(parse("--policy", "p", "x"), -1);
	assert_string_equal(policy, "p");
	assert_int_equal(operands.count, 1);
	assert_int_equal(parse("x", "--policy=a=b", NULL), -1);
	assert_string_equal(policy, "a=b");
	assert_int_equal(parse("--", "--json", NULL), -1);
	assert_false(operands.json);
	assert_int_equal(parse("-", NULL, NULL), -1);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(parse(NULL, NULL, NULL), CLI_USAGE);
	assert_int_equal(parse("x", "y", "z"), CLI_USAGE);
	assert_int_equal(parse("x", "--no", NULL), CLI_USAGE);
	assert_int_equal(parse("x", "-s", NULL), CLI_USAGE);
	assert_int_equal(parse("x", "--stric", NULL), CLI_USAGE);
	assert_int_equal(parse("x", "--strict=1", NULL), CLI_USAGE);
	assert_int_equal(parse("x", "--policy", NULL), CLI_USAGE);
	assert_int_equal(parse("--help", NULL, NULL), CLI_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
