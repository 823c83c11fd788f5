// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: of any source address the table finds the scope whose prefix holds it, as a search through
 * all prefixes does: few or many, wide or narrow, alike or not, at both ends of a family. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "userspace/table/sources.h"

#define ROUNDS   400
#define SCOPES   8
#define PREFIXES 6 /* of each, at most */
#define DRAWN    300

static struct prefix prefixes[SCOPES][PREFIXES];
static struct policy_scope scopes[SCOPES];
static struct policy policy = {.file = (char *)"p.yaml", .scopes = scopes, .scope_count = SCOPES};
static size_t claimed, unclaimed;

static bool meet(const struct prefix *a, const struct prefix *b)
{
	const struct prefix *wide = a->length < b->length ? a : b, *other = wide == a ? b : a;

	return a->family == b->family &&
	       prefix_contains(wide, (struct address){wide->family, other->value});
}

static bool is_free(const struct prefix *prefix, unsigned scope)
{
	for (unsigned i = 0; i < scope; i++)
		for (size_t j = 0; j < scopes[i].prefix_count; j++)
			if (meet(prefix, &prefixes[i][j]))
				return false;
	return true;
}

/* Around @base by as many bits as @alike says they have in common. */
static struct prefix draw(enum family family, u128 base, unsigned alike)
{
	unsigned bits = family_bits(family);
	unsigned length = alike + (unsigned)(random_next() % (bits - alike + 1));
	u128 value = ((u128)random_next() << 64 | random_next()) & family_last(family);

	if (random_chance(2))
		value = random_chance(8) ? 0 : family_last(family);
	value = (base & ~prefix_host_mask(family, alike)) |
		(value & prefix_host_mask(family, alike));
	return (struct prefix){family, (uint8_t)length, value & ~prefix_host_mask(family, length)};
}

static void draw_scopes(enum family family, u128 base, unsigned alike)
{
	for (unsigned i = 0; i < SCOPES; i++) {
		scopes[i] = (struct policy_scope){.prefixes = prefixes[i]};
		for (unsigned j = random_next() % (PREFIXES + 1); j > 0; j--) {
			struct prefix prefix = draw(family, base, alike);

			if (is_free(&prefix, i))
				prefixes[i][scopes[i].prefix_count++] = prefix;
		}
	}
}

static unsigned naive(struct address address)
{
	for (unsigned i = 0; i < SCOPES; i++)
		for (size_t j = 0; j < scopes[i].prefix_count; j++)
			if (prefixes[i][j].family == address.family &&
			    prefix_contains(&prefixes[i][j], address))
				return i + 1;
	return SCOPE_UNCLAIMED;
}

static void check(const struct table *table, enum family family, u128 value)
{
	struct address address = {family, value & family_last(family)};
	unsigned found = table_source_scope(table, address), expected = naive(address);
	char text[ADDRESS_TEXT_SIZE];

	if (found != expected)
		fail_msg("%s: scope %u, and not %u", address_format(address, text), found,
			 expected);
	claimed += found != SCOPE_UNCLAIMED;
	unclaimed += found == SCOPE_UNCLAIMED;
}

static void check_all(const struct table *table, enum family family, u128 base, unsigned alike)
{
	for (unsigned i = 0; i < SCOPES; i++)
		for (size_t j = 0; j < scopes[i].prefix_count; j++) {
			check(table, family, prefixes[i][j].value - 1);
			check(table, family, prefixes[i][j].value);
			check(table, family, prefix_last(&prefixes[i][j]));
			check(table, family, prefix_last(&prefixes[i][j]) + 1);
			check(table, !family, prefixes[i][j].value);
		}
	for (unsigned i = 0; i < DRAWN; i++)
		check(table, family,
		      i % 2 ? (u128)random_next() << 64 | random_next()
			    : draw(family, base, alike).value);
	check(table, family, 0);
	check(table, family, family_last(family));
}

static void every_source_finds_its_scope(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		enum family family = round % 2 ? FAMILY_V6 : FAMILY_V4;
		struct diagnostics diagnostics = {0};
		struct table *table = calloc(1, sizeof(*table));
		u128 base = ((u128)random_next() << 64 | random_next()) & family_last(family);
		unsigned alike = (unsigned)(random_next() % family_bits(family));

		assert_non_null(table);
		draw_scopes(family, base, alike);
		assert_int_equal(sources_fill(&policy, table, &diagnostics), 0);
		check_all(table, family, base, alike);
		table_free(table);
	}
	print_message("# %zu claimed, %zu not\n", claimed, unclaimed);
	assert_true(claimed > 10000 && unclaimed > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_source_finds_its_scope)};

	random_seed(11);
	return cmocka_run_group_tests_name("table sources", tests, NULL, NULL);
}
