// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the corners of the two structures: full and nearly full blocks, the highest class, hosts at
 * both ends of the address space, and overflow, which has a name and no effect. */
#include "tests/unit/lookup_check.h"

#define V6(high, low) ((u128)(high) << 64 | (low))

/* @count classes in the /24 at @base, the first not at its first address. */
static void add_split(struct class_ranges *ranges, uint32_t base, unsigned count)
{
	for (unsigned i = 1; i < count; i++)
		ranges_add(ranges, base + 255 - count + i, 0);
}

static void number_classes(struct class_ranges *ranges, unsigned first)
{
	ranges_sort(ranges);
	for (size_t i = 0; i < ranges->count; i++)
		ranges->classes[i] = (uint16_t)(first + i % 200);
}

static void check(struct class_ranges *ranges, enum family family)
{
	ranges_check(ranges, family, 1000);
	ranges_free(ranges);
}

static void a_block_holds_any_number_of_classes(void **state)
{
	struct class_ranges *ranges = ranges_new();

	(void)state;
	for (unsigned count = 2; count <= 255; count++)
		add_split(ranges, 0x0a000000 + count * 0x300, count);
	for (unsigned i = 0; i < 256; i++) /* one for each address */
		ranges_add(ranges, 0x0b000000 + i, 0);
	number_classes(ranges, 7);
	check(ranges, FAMILY_V4);
}

static void every_24_of_a_16_is_a_block(void **state)
{
	struct class_ranges *ranges = ranges_new();

	(void)state;
	for (uint32_t i = 0; i < 256; i++) {
		ranges_add(ranges, 0x00000000 + i * 256 + 1 + i % 255, 0);
		ranges_add(ranges, 0xc0a80000 + i * 256 + 128, 0);
		ranges_add(ranges, 0xffff0000 + i * 256 + 255, 0);
	}
	number_classes(ranges, 1);
	check(ranges, FAMILY_V4);
}

static void the_highest_class_is_no_block(void **state)
{
	(void)state;
	for (enum family family = 0; family < FAMILIES; family++) {
		struct class_ranges *ranges = ranges_new();

		for (uint32_t i = 1; i < 64; i++)
			ranges_add(ranges, (u128)i << (family == FAMILY_V4 ? 20 : 90), 0);
		number_classes(ranges, CLASSES_MOST - 200);
		ranges->classes[3] = CLASSES_MOST - 1;
		check(ranges, family);
	}
}

static void one_range_is_all(void **state)
{
	(void)state;
	for (enum family family = 0; family < FAMILIES; family++) {
		struct class_ranges *ranges = ranges_new();

		number_classes(ranges, 42);
		assert_int_equal(ranges->count, 1);
		check(ranges, family);
	}
}

static void hosts_at_both_ends(void **state)
{
	(void)state;
	for (enum family family = 0; family < FAMILIES; family++) {
		struct class_ranges *ranges = ranges_new();

		ranges_add(ranges, 1, 0);
		ranges_add(ranges, 2, 0);
		ranges_add(ranges, family_last(family) - 1, 0);
		ranges_add(ranges, family_last(family), 0);
		number_classes(ranges, 1);
		check(ranges, family);
	}
}

/* The shape of special-use space: prefixes at /96 and hosts, far below the trie's root. */
static void ipv6_is_exact_below_64(void **state)
{
	struct class_ranges *ranges = ranges_new();

	(void)state;
	ranges_add(ranges, V6(0, 1), 0);
	ranges_add(ranges, V6(0, 2), 0);
	ranges_add(ranges, V6(0, 0xffff00000000), 0);
	ranges_add(ranges, V6(0, 0x1000000000000), 0);
	ranges_add(ranges, V6(0x0064ff9b00000000, 0), 0);
	ranges_add(ranges, V6(0x0064ff9b00000000, 0x100000000), 0);
	for (unsigned i = 0; i < 64; i++) {
		ranges_add(ranges, V6(0x20010db800000000, 1ull << i), 0);
		ranges_add(ranges, V6(0x20010db800000000 | 1ull << i % 32, (1ull << i) + 1), 0);
	}
	for (unsigned i = 0; i < 256; i++) /* dense on both sides of the 64th bit */
		ranges_add(ranges, V6(0x20010db800010000 | i >> 4, (uint64_t)i << 60), 0);
	for (unsigned i = 0; i < 70000; i++) /* more than one node of the longest stride */
		ranges_add(ranges, V6(0x20010db8ffff0000, 0xabcdef0000000000 + i * 3ull), 0);
	number_classes(ranges, 1);
	check(ranges, FAMILY_V6);
}

static void check_overflow(enum family family, const char *name)
{
	struct class_ranges *ranges = ranges_new();
	struct diagnostics diagnostics = {0};
	struct table table = {0};
	size_t need;

	for (uint32_t i = 0; i < 100; i++)
		ranges_add(ranges, ((u128)i << (family == FAMILY_V4 ? 20 : 80)) + 5, 0);
	number_classes(ranges, 1);
	struct table *built = ranges_table(ranges, family);
	need = built->sections[family == FAMILY_V4 ? TABLE_V4_BLOCKS : TABLE_V6_NODES].size;
	table_free(built);

	assert_int_equal(ranges_build(ranges, family, need - 1, &table, &diagnostics), -EOVERFLOW);
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].text, name));
	for (int i = 0; i < TABLE_SECTION_COUNT; i++)
		assert_null(table.sections[i].bytes);
	diagnostics_free(&diagnostics);
	ranges_free(ranges);
}

static void overflow_has_a_name(void **state)
{
	(void)state;
	check_overflow(FAMILY_V4, "block overflow: 100 /24s");
	check_overflow(FAMILY_V6, "node overflow: ");
}

/* A table that is damaged, or of another size, gives no answer; nothing beyond it is read. */
static void a_short_section_gives_no_class(void **state)
{
	struct class_ranges *ranges = ranges_new();

	(void)state;
	ranges_add(ranges, 5, 0);
	number_classes(ranges, 1);
	for (enum family family = 0; family < FAMILIES; family++) {
		struct table *table = ranges_table(ranges, family);
		size_t sizes[TABLE_SECTION_COUNT];

		for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
			sizes[i] = table->sections[i].size;
			table->sections[i].size = sizes[i] ? 8 : 0;
		}
		check_address(ranges, table, family, 5, CLASS_NONE);
		for (int i = 0; i < TABLE_SECTION_COUNT; i++)
			table->sections[i].size = sizes[i];
		table_free(table);
	}
	ranges_free(ranges);
}

static void bits_are_counted(void **state)
{
	(void)state;
	random_seed(99);
	for (int i = 0; i < 10000; i++) {
		uint64_t word = random_next() & random_next(), count = 0;

		for (unsigned bit = 0; bit < 64; bit++)
			count += word >> bit & 1;
		assert_int_equal(lookup_count_bits(word), count);
	}
	assert_int_equal(lookup_count_bits(~0ull), 64);
	assert_int_equal(lookup_count_bits(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_holds_any_number_of_classes),
		cmocka_unit_test(every_24_of_a_16_is_a_block),
		cmocka_unit_test(the_highest_class_is_no_block),
		cmocka_unit_test(one_range_is_all),
		cmocka_unit_test(hosts_at_both_ends),
		cmocka_unit_test(ipv6_is_exact_below_64),
		cmocka_unit_test(overflow_has_a_name),
		cmocka_unit_test(a_short_section_gives_no_class),
		cmocka_unit_test(bits_are_counted),
	};

	return cmocka_run_group_tests_name("lookup_edge", tests, NULL, NULL);
}
