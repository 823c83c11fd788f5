// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a surprising change is seen for what it is, in each family by itself; a country that a
 * policy names is missed however small it is, and the noise of an ordinary update is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/table/bound.h"

#define PERCENT (BOUND_WHOLE / 100)
#define BLOCK   ((u128)1 << 80) /* a /48 */

static struct compared countries[2], owners[2];
static struct comparison comparison;
static struct diagnostics diagnostics;
static struct rule rule;
static struct policy policy;

/* A million IPv4 addresses and a thousand /48s, in FR and in LU; FR is named by a rule. */
static int begin(void **state)
{
	(void)state;
	memset(&rule, 0, sizeof(rule));
	rule.kind = RULE_ALLOW;
	rule.has_soil = true;
	country_set_add(&rule.soil, COUNTRY('F', 'R'));
	policy = (struct policy){.rules = &rule, .rule_count = 1};
	memset(countries, 0, sizeof(countries));
	countries[0].country = COUNTRY('F', 'R');
	countries[1].country = COUNTRY('L', 'U');
	memset(owners, 0, sizeof(owners));
	owners[0].parent = owners[1].parent = "Owner SA";
	owners[0].country = COUNTRY('F', 'R');
	memset(&comparison, 0, sizeof(comparison));
	comparison.judged[FAMILY_V4].before = comparison.judged[FAMILY_V4].after = 1000000;
	comparison.judged[FAMILY_V6].before = comparison.judged[FAMILY_V6].after = 1000 * BLOCK;
	comparison.countries = (struct compare_list){countries, 2, 2};
	comparison.owners = (struct compare_list){owners, 2, 2};
	return 0;
}

static int end(void **state)
{
	(void)state;
	diagnostics_free(&diagnostics);
	diagnostics = (struct diagnostics){0};
	return 0;
}

static size_t exceeded(unsigned share)
{
	end(NULL);
	size_t count = bound_exceeded(&comparison, &policy, share, &diagnostics);

	assert_int_equal(diagnostics.errors > 0, count > 0);
	return count;
}

static void said(const char *text)
{
	assert_int_equal(diagnostics.errors, 1);
	assert_string_equal(diagnostics.items[0].text, text);
}

static void shares_are_read(void **state)
{
	static const struct {
		const char *text;
		unsigned share;
	} good[] = {{"2%", 20000},     {"0%", 0},      {"100%", BOUND_WHOLE}, {"0.5%", 5000},
		    {"12.5%", 125000}, {"0.0001%", 1}, {"007%", 70000},       {"99.9999%", 999999}};
	static const char *const bad[] = {"",     "%",     "2",    "2 %",        "-1%",  "100.1%",
					  "101%", "1.%",   ".5%",  "1.00001%",   "1e1%", "2%%",
					  "+2%",  "0002%", "two%", "9999999999%"};
	unsigned share;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(bound_parse(good[i].text, &share));
		assert_int_equal(share, good[i].share);
	}
	share = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(bound_parse(bad[i], &share));
	assert_int_equal(share, 77);
}

static void a_loss_over_the_share_is_seen(void **state)
{
	(void)state;
	assert_int_equal(exceeded(0), 0);
	comparison.judged[FAMILY_V4].lost = 20000;
	assert_int_equal(exceeded(2 * PERCENT), 0);
	comparison.judged[FAMILY_V4].lost = 20001;
	assert_int_equal(exceeded(2 * PERCENT), 1);
	said("over 2 % of the IPv4 space that is allowed now would be cut (20001 of 1000000 "
	     "addresses, 2 %)");
	assert_int_equal(exceeded(3 * PERCENT), 0);
}

static void each_family_is_judged_by_itself(void **state)
{
	(void)state;
	comparison.judged[FAMILY_V6].lost = 25 * BLOCK + BLOCK / 2;
	assert_int_equal(exceeded(2 * PERCENT), 1);
	said("over 2 % of the IPv6 space that is allowed now would be cut (25.5 of 1000 /48s, "
	     "2.55 %)");
}

static void a_gain_over_the_share_is_seen(void **state)
{
	(void)state;
	comparison.judged[FAMILY_V4].gained = 3000000;
	assert_int_equal(exceeded(100 * PERCENT), 1);
	said("over 100 % would be added to the IPv4 space that is allowed now (3000000 of 1000000 "
	     "addresses, 300 %)");
	comparison.judged[FAMILY_V4] = (struct compare_space){.after = 5, .gained = 5};
	assert_int_equal(exceeded(100 * PERCENT), 1);
	said("over 100 % would be added to the IPv4 space that is allowed now (5 addresses, and "
	     "there are none now)");
}

static void a_named_country_is_missed_however_small(void **state)
{
	(void)state;
	countries[0].space[FAMILY_V4] = (struct compare_space){.before = 8, .after = 4, .lost = 4};
	assert_int_equal(exceeded(100 * PERCENT), 0);
	countries[0].space[FAMILY_V4].lost = 5;
	assert_int_equal(exceeded(100 * PERCENT), 1);
	said("FR soil (France) would lose over half of its IPv4 space that is allowed now (5 of 8 "
	     "addresses, 62.5 %)");
	countries[0].space[FAMILY_V4].lost = 0;
	countries[0].space[FAMILY_V6] = (struct compare_space){.before = BLOCK, .lost = BLOCK};
	assert_int_equal(exceeded(100 * PERCENT), 1);
	said("FR soil (France) would lose over half of its IPv6 space that is allowed now (1 of 1 "
	     "/48s, 100 %)");
}

static void what_happens_to_be_there_may_go(void **state)
{
	struct compare_space *space = &countries[1].space[FAMILY_V4];

	(void)state;
	*space = (struct compare_space){.before = 999, .lost = 999};
	assert_int_equal(exceeded(100 * PERCENT), 0);
	/* Not if it is a thousandth of all, nor where it is not known what was named. */
	*space = (struct compare_space){.before = 1000, .lost = 501};
	assert_int_equal(exceeded(100 * PERCENT), 1);
	*space = (struct compare_space){.before = 999, .lost = 999};
	end(NULL);
	assert_int_equal(bound_exceeded(&comparison, NULL, BOUND_WHOLE, &diagnostics), 1);
	/* To deny a country's soil is not to name it. */
	country_set_add(&rule.soil, COUNTRY('L', 'U'));
	assert_int_equal(exceeded(100 * PERCENT), 1);
	rule.kind = RULE_DENY;
	assert_int_equal(exceeded(100 * PERCENT), 0);
}

static void an_owner_is_missed(void **state)
{
	(void)state;
	owners[0].space[FAMILY_V4] = (struct compare_space){.before = 999, .lost = 999};
	assert_int_equal(exceeded(100 * PERCENT), 0);
	owners[0].space[FAMILY_V4] = (struct compare_space){.before = 2000, .lost = 1999};
	assert_int_equal(exceeded(100 * PERCENT), 1);
	said("Owner SA (FR) would lose over half of its IPv4 space that is allowed now (1999 of "
	     "2000 addresses, 99.95 %)");
}

static void local_space_is_missed(void **state)
{
	(void)state;
	comparison.local[FAMILY_V4] = (struct compare_space){.before = 100, .lost = 60};
	assert_int_equal(exceeded(100 * PERCENT), 1);
	said("over half of the IPv4 space that passes unjudged (local:) would be cut (60 of 100 "
	     "addresses, 60 %)");
}

static void a_long_list_is_cut(void **state)
{
	struct compared many[20];

	(void)state;
	memset(many, 0, sizeof(many));
	for (size_t i = 0; i < 20; i++) {
		many[i].country = country_all()[i];
		many[i].space[FAMILY_V4] = (struct compare_space){.before = 5000, .lost = 5000};
	}
	comparison.countries = (struct compare_list){many, 20, 20};
	assert_int_equal(exceeded(100 * PERCENT), 20);
	assert_int_equal(diagnostics.errors, 6);
	assert_string_equal(diagnostics.items[5].text, "and 15 more countries");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shares_are_read, begin, end),
		cmocka_unit_test_setup_teardown(a_loss_over_the_share_is_seen, begin, end),
		cmocka_unit_test_setup_teardown(each_family_is_judged_by_itself, begin, end),
		cmocka_unit_test_setup_teardown(a_gain_over_the_share_is_seen, begin, end),
		cmocka_unit_test_setup_teardown(a_named_country_is_missed_however_small, begin,
						end),
		cmocka_unit_test_setup_teardown(what_happens_to_be_there_may_go, begin, end),
		cmocka_unit_test_setup_teardown(an_owner_is_missed, begin, end),
		cmocka_unit_test_setup_teardown(local_space_is_missed, begin, end),
		cmocka_unit_test_setup_teardown(a_long_list_is_cut, begin, end),
	};

	return cmocka_run_group_tests_name("table_bound", tests, NULL, NULL);
}
