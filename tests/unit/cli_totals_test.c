// SPDX-License-Identifier: GPL-2.0-or-later
/* The goal: every packet that the kernel counted is shown once, under the right soil and owner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "userspace/cli/totals.c"

#define FR COUNTRY('F', 'R')
#define NL COUNTRY('N', 'L')
#define US COUNTRY('U', 'S')

static struct manifest_row rows[] = {
	{.act = ROW_DENY, .reason = REASON_INTERNAL},
	{.info = {.soil = FR, .state = SOIL_AGREED, .reach = {{FR}, 1, 0}},
	 .act = ROW_ALLOW,
	 .reason = REASON_RULE_ALLOW},
	{.info = {.soil = FR, .state = SOIL_AGREED, .reach = {{NL, US}, 2, 0}},
	 .act = ROW_DENY,
	 .reason = REASON_OWNER},
	{.info = {.special = SPECIAL_PRIVATE, .state = SOIL_SPECIAL, .local = 1},
	 .act = ROW_ALLOW,
	 .reason = REASON_LOCAL},
	{.info = {.soil = US, .state = SOIL_ANYCAST, .reach = {{US}, 1, 0}},
	 .act = ROW_DENY,
	 .reason = REASON_ANYCAST},
	/* The same soil and reach as row 2, denied for another reason. */
	{.info = {.soil = FR, .state = SOIL_AGREED, .reach = {{NL, US}, 2, 0}},
	 .act = ROW_DENY,
	 .reason = REASON_RULE_DENY},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* An entry of row 1 denies a port. */
static struct manifest_entry entries[] = {
	{.row = 1, .verdict = VERDICT_DENY, .reason = REASON_RULE_DENY},
};
#define ENTRIES 1

static struct manifest manifest = {
	.rows = rows, .row_count = ROWS, .entries = entries, .entry_count = ENTRIES};

static struct counter counters[COUNTER_SLOTS_WITH_REPLIES(ROWS, ENTRIES)];

static void check(const struct total *total, country_t soil, const char *owner,
		  enum verdict verdict, uint64_t packets)
{
	assert_int_equal(total->soil, soil);
	assert_string_equal(total->owner, owner);
	assert_int_equal(total->verdict, verdict);
	assert_int_equal(total->counter.packets, packets);
	assert_int_equal(total->counter.bytes, packets * 100);
}

static void count(size_t slot, uint64_t packets)
{
	counters[slot] = (struct counter){packets, packets * 100};
}

static void test_sums(void **state)
{
	struct totals totals;
	uint64_t sum = 0;

	(void)state;
	count(REASON_TRUNCATED, 5);
	count(REASON_CONTROL, 7);
	count(COUNTER_OF_ROW(1), 100);
	count(COUNTER_OF_ROW(2), 20);
	count(COUNTER_OF_ROW(3), 1000);
	count(COUNTER_OF_ROW(4), 3);
	count(COUNTER_OF_ROW(5), 30);
	count(COUNTER_OF_ENTRY(ROWS, 0), 40);
	assert_int_equal(totals_of(&manifest, counters, COUNTER_SLOTS(ROWS, ENTRIES), &totals), 0);
	assert_int_equal(totals.count, 4);
	check(&totals.items[0], FR, "FR", VERDICT_ALLOW, 100);
	check(&totals.items[1], FR, "NL+US", VERDICT_DENY, 50);
	check(&totals.items[2], FR, "FR", VERDICT_DENY, 40);
	check(&totals.items[3], COUNTRY_NONE, "US", VERDICT_DENY, 3);
	assert_int_equal(totals.reasons[REASON_LOCAL].packets, 1000);
	assert_int_equal(totals.reasons[REASON_RULE_DENY].packets, 70);
	assert_int_equal(totals.reasons[REASON_TRUNCATED].packets, 5);
	for (int i = 0; i < REASON_COUNT; i++)
		sum += totals.reasons[i].packets;
	assert_int_equal(sum, 5 + 7 + 100 + 20 + 1000 + 3 + 30 + 40);
	free(totals.items);
}

/* Answers to the same soil and owner as row 2 stand apart from what is denied, and allowed, there.
 */
static void test_answers_are_counted_apart(void **state)
{
	struct totals totals;

	(void)state;
	memset(counters, 0, sizeof(counters));
	count(COUNTER_OF_ROW(2), 20);
	count(COUNTER_OF_REPLY(ROWS, ENTRIES, 2), 11);
	count(COUNTER_OF_REPLY(ROWS, ENTRIES, 5), 4);
	count(COUNTER_OF_REPLY(ROWS, ENTRIES, 1), 9);
	count(COUNTER_OF_ROW(1), 10);
	assert_int_equal(
		totals_of(&manifest, counters, COUNTER_SLOTS_WITH_REPLIES(ROWS, ENTRIES), &totals),
		0);
	assert_int_equal(totals.count, 4);
	check(&totals.items[0], FR, "NL+US", VERDICT_DENY, 20);
	assert_false(totals.items[0].reply);
	check(&totals.items[1], FR, "NL+US", VERDICT_ALLOW, 15);
	assert_true(totals.items[1].reply);
	check(&totals.items[2], FR, "FR", VERDICT_ALLOW, 10);
	assert_false(totals.items[2].reply);
	check(&totals.items[3], FR, "FR", VERDICT_ALLOW, 9);
	assert_true(totals.items[3].reply);
	assert_int_equal(totals.reasons[REASON_REPLY].packets, 24);
	free(totals.items);
}

static void test_other_counters_are_refused(void **state)
{
	struct totals totals;

	(void)state;
	assert_int_equal(totals_of(&manifest, counters, COUNTER_SLOTS(ROWS, ENTRIES) - 1, &totals),
			 -EINVAL);
}

static void test_what_is_not_judged(void **state)
{
	(void)state;
	assert_true(totals_not_judged(REASON_LOCAL));
	assert_true(totals_not_judged(REASON_CONTROL));
	assert_true(totals_not_judged(REASON_LIFELINE));
	assert_true(totals_not_judged(REASON_GATEWAY));
	assert_false(totals_not_judged(REASON_RULE_ALLOW));
	assert_false(totals_not_judged(REASON_TRUNCATED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_answers_are_counted_apart),
		cmocka_unit_test(test_other_counters_are_refused),
		cmocka_unit_test(test_what_is_not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
