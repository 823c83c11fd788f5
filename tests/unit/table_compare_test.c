// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: what a comparison of two tables says, by country, owner and ASN, is what counting address
 * by address says, with the oracle for a judge. */
#include "tests/unit/compare_count.h"
#include "userspace/table/unfold.h"

#define ROUNDS 8

static void same(const char *what, unsigned key, const struct compare_space *found,
		 const struct compare_space *expected)
{
	if (memcmp(found, expected, sizeof(*found)) == 0)
		return;
	fail_msg("%s %u: before %zu after %zu lost %zu in %zu gained %zu in %zu, by hand before "
		 "%zu after %zu lost %zu in %zu gained %zu in %zu",
		 what, key, (size_t)found->before, (size_t)found->after, (size_t)found->lost,
		 (size_t)found->lost_prefixes, (size_t)found->gained,
		 (size_t)found->gained_prefixes, (size_t)expected->before, (size_t)expected->after,
		 (size_t)expected->lost, (size_t)expected->lost_prefixes, (size_t)expected->gained,
		 (size_t)expected->gained_prefixes);
}

/* Each row of a list against its key's sum, and each sum that is not 0 has a row. */
static void same_list(const char *what, const struct compare_list *list,
		      struct compare_space (*expected)[FAMILIES], bool asn)
{
	static const struct compare_space nothing;
	bool seen[KEYS] = {false};

	for (size_t i = 0; i < list->count; i++) {
		const struct place place = {.soil = list->items[i].country, .state = SOIL_AGREED};
		unsigned key = asn ? list->items[i].asn : key_of_country(&place);

		assert_true(key < KEYS && !seen[key]);
		seen[key] = true;
		for (enum family family = 0; family < FAMILIES; family++)
			same(what, key, &list->items[i].space[family], &expected[key][family]);
	}
	for (unsigned i = 0; i < KEYS; i++)
		for (enum family family = 0; family < FAMILIES && !seen[i]; family++)
			same(what, i, &nothing, &expected[i][family]);
}

/* The owners' sums are those of all ASNs together. */
static void same_owners(const struct comparison *comparison)
{
	struct compare_space sums[FAMILIES];

	memset(sums, 0, sizeof(sums));
	for (size_t i = 0; i < comparison->owners.count; i++)
		for (enum family family = 0; family < FAMILIES; family++) {
			sums[family].before += comparison->owners.items[i].space[family].before;
			sums[family].after += comparison->owners.items[i].space[family].after;
			sums[family].lost += comparison->owners.items[i].space[family].lost;
			sums[family].gained += comparison->owners.items[i].space[family].gained;
		}
	for (enum family family = 0; family < FAMILIES; family++) {
		assert_true(sums[family].before == comparison->judged[family].before);
		assert_true(sums[family].after == comparison->judged[family].after);
		assert_true(sums[family].lost == comparison->judged[family].lost);
		assert_true(sums[family].gained == comparison->judged[family].gained);
	}
}

static void compare(const struct side sides[2], bool shared)
{
	struct compare_side before = {sides[0].table, shared ? NULL : sides[0].atlas};
	struct compare_side after = {sides[1].table, sides[1].atlas};
	struct comparison comparison;

	count_by_hand(sides, shared);
	assert_int_equal(compare_tables(&before, &after, &comparison), 0);
	same_list("country", &comparison.countries, counted.countries, false);
	same_list("AS", &comparison.asns, counted.asns, true);
	same_owners(&comparison);
	for (enum family family = 0; family < FAMILIES; family++) {
		same("judged", family, &comparison.judged[family], &counted.judged[family]);
		/* Also what is special-use space, outside of the regions: the same before and
		 * after. */
		counted.local[family].before +=
			comparison.local[family].after - counted.local[family].after;
		counted.local[family].after = comparison.local[family].after;
		same("local", family, &comparison.local[family], &counted.local[family]);
	}
	comparison_free(&comparison);
}

static void a_comparison_is_what_counting_says(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < ROUNDS; seed++) {
		struct side sides[2];
		bool same_data = seed % 3 == 0;

		print_message("# seed %zu\n", (size_t)seed);
		random_seed(seed);
		memset(sides, 0, sizeof(sides));
		open_side(&sides[0], NULL);
		open_side(&sides[1], same_data ? &sides[0] : NULL);
		compare(sides, same_data || seed % 3 == 1);
		close_side(&sides[1], !same_data);
		close_side(&sides[0], true);
	}
}

static void a_table_unfolds_into_what_it_was_made_of(void **state)
{
	(void)state;
	for (uint64_t seed = 100; seed < 100 + ROUNDS; seed++) {
		struct side side;

		random_seed(seed);
		memset(&side, 0, sizeof(side));
		open_side(&side, NULL);
		for (enum family family = 0; family < FAMILIES; family++) {
			struct changes ranges = {0};

			assert_int_equal(table_unfold(side.table, family, &ranges), 0);
			assert_true(ranges.count > 20 && ranges.starts[0] == 0);
			for (size_t i = 0; i < ranges.count; i++) {
				u128 last = i + 1 < ranges.count ? ranges.starts[i + 1] - 1
								 : family_last(family);

				assert_int_equal(
					table_class(side.table,
						    (struct address){family, ranges.starts[i]}),
					ranges.values[i]);
				assert_int_equal(
					table_class(side.table, (struct address){family, last}),
					ranges.values[i]);
			}
			changes_free(&ranges);
		}
		close_side(&side, true);
	}
}

/* What is in a table may come from a damaged map: it is refused, not followed. */
static void a_damaged_table_is_refused(void **state)
{
	struct changes ranges = {0};
	struct side side;

	(void)state;
	random_seed(7);
	memset(&side, 0, sizeof(side));
	open_side(&side, NULL);
	((uint32_t *)side.table->sections[TABLE_V6_ROOT].bytes)[0x2a00] = (1u << 30) | 4;
	assert_int_equal(table_unfold(side.table, FAMILY_V6, &ranges), -EBADMSG);
	changes_free(&ranges);
	((uint16_t *)side.table->sections[TABLE_V4_ROOT].bytes)[0x050101] = UINT16_MAX;
	((uint32_t *)side.table->sections[TABLE_V4_BLOCKS].bytes)[0x0501] = UINT32_MAX;
	assert_int_equal(table_unfold(side.table, FAMILY_V4, &ranges), -EBADMSG);
	changes_free(&ranges);
	close_side(&side, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_comparison_is_what_counting_says),
		cmocka_unit_test(a_table_unfolds_into_what_it_was_made_of),
		cmocka_unit_test(a_damaged_table_is_refused),
	};

	return cmocka_run_group_tests_name("table_compare", tests, NULL, NULL);
}
