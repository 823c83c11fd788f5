// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: whatever the ranges, the lookup finds for each address the class that a scan of them
 * finds. Ranges are drawn in clusters, for prefixes of the Internet come in clusters too. */
#include "tests/unit/lookup_check.h"

#define ROUNDS 60

/* Starts at prefixes of every length, some of them beside or within one drawn before. */
static struct class_ranges *draw_ranges(enum family family, size_t most)
{
	struct class_ranges *ranges = ranges_new();
	unsigned bits = family_bits(family);
	size_t count = random_next() % most;
	u128 base = random_value(family);

	for (size_t i = 0; i < count; i++) {
		unsigned length = (unsigned)(random_next() % (bits + 1));
		unsigned near = (unsigned)(random_next() % (bits + 1));

		/* the first bits of the base, the others at random, host bits zero */
		if (random_next() % 8 == 0)
			base = random_value(family);
		u128 free_bits = prefix_host_mask(family, near);
		u128 value = (base & ~free_bits) | (random_value(family) & free_bits);
		ranges_add(ranges, value & ~prefix_host_mask(family, length), 0);
	}
	if (random_next() % 2)
		ranges_add(ranges, family_last(family), 0);
	ranges_sort(ranges);
	for (size_t i = 0; i < ranges->count; i++)
		ranges->classes[i] = (uint16_t)(1 + random_next() % (CLASSES_MOST - 1));
	return ranges;
}

static void check_rounds(enum family family)
{
	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		struct class_ranges *ranges;

		random_seed(seed);
		ranges = draw_ranges(family, seed % 4 ? 300 : 3000);
		print_message("# seed %zu: %zu ranges\n", (size_t)seed, ranges->count);
		ranges_check(ranges, family, 2000);
		ranges_free(ranges);
	}
}

static void ipv4_finds_what_a_scan_finds(void **state)
{
	(void)state;
	check_rounds(FAMILY_V4);
}

static void ipv6_finds_what_a_scan_finds(void **state)
{
	(void)state;
	check_rounds(FAMILY_V6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_finds_what_a_scan_finds),
		cmocka_unit_test(ipv6_finds_what_a_scan_finds),
	};

	return cmocka_run_group_tests_name("lookup_random", tests, NULL, NULL);
}
