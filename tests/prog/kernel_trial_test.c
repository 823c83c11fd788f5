// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF_PROG_RUN through the guard: the kernel decides as the table says, counts, and attaches
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "maps/control.h"
#include "tests/prog/trial_fixture.h"
#include "userspace/kernel/kernel.h"
#include "userspace/kernel/packet.h"

static int set_up(void **state)
{
	struct kernel_options options = {.control = CONTROL_DEFAULT};

	return fixture_set_up(state, &options);
}

static struct kernel_outcome run(struct fixture *fixture, const char *address)
{
	uint8_t frame[PACKET_MOST];
	struct kernel_outcome outcome;
	size_t size = packet_udp(hand_address(address), frame);

	assert_int_equal(
		kernel_trial_run(fixture->trial, KERNEL_GUARD, true, frame, size, &outcome), 0);
	return outcome;
}

static void test_allows_and_denies(void **state)
{
	static const struct {
		const char *address;
		enum verdict verdict;
	} rows[] = {
		{"198.51.99.255", VERDICT_DENY},       {"198.51.100.0", VERDICT_ALLOW},
		{"198.51.100.255", VERDICT_ALLOW},     {"198.51.101.0", VERDICT_DENY},
		{"203.0.113.15", VERDICT_DENY},        {"203.0.113.16", VERDICT_ALLOW},
		{"203.0.113.31", VERDICT_ALLOW},       {"203.0.113.32", VERDICT_DENY},
		{"2001:db8:a::1", VERDICT_ALLOW},      {"2001:db8:b::1", VERDICT_DENY},
		{"64:ff9b::c633:6401", VERDICT_ALLOW}, {"64:ff9b::c633:6501", VERDICT_DENY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kernel_outcome outcome = run(*state, rows[i].address);

		assert_int_equal(outcome.decision.verdict, rows[i].verdict);
		assert_int_equal(outcome.action, rows[i].verdict == VERDICT_ALLOW ? -1 : 2);
		assert_int_equal(outcome.decision.reason, rows[i].verdict == VERDICT_ALLOW
								  ? REASON_RULE_ALLOW
								  : REASON_SOIL);
	}
}

static void test_judge_equals_table(void **state)
{
	enum { COUNT = 4096 };
	struct fixture *fixture = *state;
	static struct address addresses[COUNT];
	static struct decision decisions[COUNT];

	for (uint32_t i = 0; i < COUNT; i++)
		addresses[i] =
			i % 2 ? (struct address){FAMILY_V4, i * 2654435761u}
			      : (struct address){FAMILY_V6, V6(0x20010db8000a0000 + i * 64, i)};
	assert_int_equal(
		kernel_trial_judge(fixture->trial, KERNEL_GUARD, addresses, COUNT, decisions), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct decision want = table_judge(fixture->table, addresses[i]);

		assert_int_equal(decisions[i].verdict, want.verdict);
		assert_int_equal(decisions[i].reason, want.reason);
		assert_int_equal(decisions[i].rule, want.rule);
		assert_int_equal(decisions[i].class, want.class);
	}
}

static void test_without_link_header(void **state)
{
	struct fixture *fixture = *state;
	uint8_t frame[PACKET_MOST];
	struct kernel_outcome outcome;
	size_t size = packet_udp(hand_address("198.51.100.7"), frame);

	assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GUARD, false, frame + 14,
					  size - 14, &outcome),
			 0);
	assert_int_equal(outcome.decision.verdict, VERDICT_ALLOW);
	size = packet_udp(hand_address("2001:db8:b::1"), frame);
	assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GUARD, false, frame + 14,
					  size - 14, &outcome),
			 0);
	assert_int_equal(outcome.decision.verdict, VERDICT_DENY);
	assert_int_equal(outcome.decision.reason, REASON_SOIL);
}

static void test_shorter_than_it_says(void **state)
{
	struct fixture *fixture = *state;
	uint8_t frame[PACKET_MOST];
	struct kernel_outcome outcome;

	size_t size = packet_udp(hand_address("198.51.100.7"), frame);

	assert_int_equal(
		kernel_trial_run(fixture->trial, KERNEL_GUARD, true, frame, size - 1, &outcome), 0);
	assert_int_equal(outcome.decision.verdict, VERDICT_DENY);
	assert_int_equal(outcome.decision.reason, REASON_IP_LENGTH);
	assert_int_equal(outcome.decision.class, CLASS_NONE);
	assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GUARD, true, frame, 13, &outcome),
			 -EINVAL);
}

static void test_counts(void **state)
{
	struct fixture *fixture = *state;
	struct counter counters[COUNTER_SLOTS(HAND_CLASSES, 0)];

	for (int i = 0; i < 3; i++)
		run(fixture, "198.51.100.7");
	run(fixture, "192.0.2.9");
	assert_int_equal(
		kernel_trial_counters(fixture->trial, counters, COUNTER_SLOTS(HAND_CLASSES, 0)), 0);
	assert_int_equal(counters[COUNTER_OF_ROW(HAND_ALLOWED)].packets, 3);
	assert_int_equal(counters[COUNTER_OF_ROW(HAND_ALLOWED)].bytes, 3 * (14 + 20 + 8 + 4));
	assert_int_equal(counters[COUNTER_OF_ROW(HAND_DENIED)].packets, 1);
}

static void test_refuses_an_empty_section(void **state)
{
	struct diagnostics diagnostics = {0};
	struct kernel_options options = {0};
	struct kernel_trial *trial = NULL;
	struct table *table = calloc(1, sizeof(*table));

	(void)state;
	assert_int_equal(kernel_trial_open(table, &options, &trial, &diagnostics), -EINVAL);
	assert_null(trial);
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].text, "empty section"));
	diagnostics_free(&diagnostics);
	table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_allows_and_denies, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_judge_equals_table, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_without_link_header, set_up,
						fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_shorter_than_it_says, set_up,
						fixture_tear_down),
		cmocka_unit_test_setup_teardown(test_counts, set_up, fixture_tear_down),
		cmocka_unit_test(test_refuses_an_empty_section),
	};

	return cmocka_run_group_tests_name("kernel trial", tests, NULL, NULL);
}
