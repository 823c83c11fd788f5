// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: of rows in any order, nested or overlapping, the most specific decides; equals clash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "userspace/atlas/ranges.h"

#define WORLD 64 /* addresses 0 to 63 */

/* Values are sets of bits, so that every word that clashed shows. */
static uint32_t unite(uint32_t first, uint32_t second)
{
	return first | second;
}

static void check(const struct rows *rows, u128 end)
{
	struct changes changes = {0};
	size_t change = 0;

	assert_int_equal(rows_resolve(rows, end, unite, &changes), 0);
	assert_true(changes.count >= 1 && changes.starts[0] == 0);
	for (size_t i = 1; i < changes.count; i++) {
		assert_true(changes.starts[i] > changes.starts[i - 1] && changes.starts[i] <= end);
		assert_int_not_equal(changes.values[i], changes.values[i - 1]);
	}
	for (u128 at = end - WORLD + 1; at <= end && at >= end - WORLD + 1; at++) {
		u128 smallest = ~(u128)0;
		uint32_t value = 0;

		for (size_t i = 0; i < rows->count; i++) {
			u128 size = rows->lasts[i] - rows->starts[i];

			if (rows->starts[i] > at || rows->lasts[i] < at || size > smallest)
				continue;
			value = size < smallest ? rows->values[i] : value | rows->values[i];
			smallest = size;
		}
		while (change + 1 < changes.count && changes.starts[change + 1] <= at)
			change++;
		assert_int_equal(changes.values[change], value);
	}
	changes_free(&changes);
}

static void random_rows(u128 end, unsigned seed)
{
	random_seed(seed);
	for (unsigned round = 0; round < 3000; round++) {
		struct rows rows = {0};
		unsigned count = random_next() % 12;

		for (unsigned i = 0; i < count; i++) {
			u128 start = random_next() % WORLD, last = start + random_next() % WORLD;

			start += end - WORLD + 1;
			last = last > WORLD - 1 ? end : last + end - WORLD + 1;
			assert_int_equal(
				rows_append(&rows, start, last, random_chance(2) ? 0 : 1u << i), 0);
		}
		check(&rows, end);
		rows_free(&rows);
	}
}

static void overlaps_at_the_start_of_a_family(void **state)
{
	(void)state;
	random_rows(WORLD - 1, 1);
}

static void overlaps_at_the_end_of_ipv4(void **state)
{
	(void)state;
	random_rows(family_last(FAMILY_V4), 2);
}

static void overlaps_at_the_end_of_ipv6(void **state)
{
	(void)state;
	random_rows(family_last(FAMILY_V6), 3);
}

static void disjoint_rows_leave_gaps(void **state)
{
	struct rows rows = {0};
	struct changes changes = {0};
	static const uint32_t values[] = {0, 1, 0, 2, 0};
	static const unsigned starts[] = {0, 10, 20, 30, 40};

	(void)state;
	assert_int_equal(rows_append(&rows, 10, 14, 1), 0);
	assert_int_equal(rows_append(&rows, 15, 19, 1), 0);
	assert_int_equal(rows_append(&rows, 30, 39, 2), 0);
	assert_int_equal(rows_resolve(&rows, 255, unite, &changes), 0);
	assert_int_equal(changes.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_true(changes.starts[i] == starts[i]);
		assert_int_equal(changes.values[i], values[i]);
	}
	changes_free(&changes);
	rows_free(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlaps_at_the_start_of_a_family),
		cmocka_unit_test(overlaps_at_the_end_of_ipv4),
		cmocka_unit_test(overlaps_at_the_end_of_ipv6),
		cmocka_unit_test(disjoint_rows_leave_gaps),
	};

	return cmocka_run_group_tests_name("atlas_ranges", tests, NULL, NULL);
}
