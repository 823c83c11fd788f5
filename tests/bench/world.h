/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real table of a policy, and addresses drawn from it. */
#ifndef GABELOU_TESTS_BENCH_WORLD_H
#define GABELOU_TESTS_BENCH_WORLD_H

#include "tests/bench/bench.h"
#include "userspace/table/table.h"

struct world {
	struct groups *groups;
	struct policy *policy;
	struct atlas *atlas;
	struct table *table;
};

struct prefixes {
	struct prefix *items;
	size_t count, room;
};

static inline void world_refused(const struct diagnostics *diagnostics)
{
	char line[2048];

	for (size_t i = 0; i < diagnostics->count; i++)
		fprintf(stderr, "%s\n",
			diagnostic_format(&diagnostics->items[i], line, sizeof(line)));
	exit(1);
}

/* The embedded data in @data_dir, judged by the policy file. Ends the program on failure. */
static inline void world_open(const char *data_dir, const char *policy_path, struct world *world)
{
	struct diagnostics diagnostics = {0};
	const struct table_context context = {0};
	struct atlas_config config = {.data_dir = data_dir, .now = time(NULL)};
	char *groups_path;

	if (asprintf(&groups_path, "%s/groups.csv", data_dir) < 0)
		bench_die("memory");
	if (groups_read(groups_path, &world->groups, &diagnostics) ||
	    policy_read(policy_path, world->groups, &world->policy, &diagnostics) ||
	    atlas_build(&config, &world->atlas, &diagnostics) ||
	    table_compile(world->policy, world->atlas, &context, &world->table, &diagnostics))
		world_refused(&diagnostics);
	free(groups_path);
	diagnostics_free(&diagnostics);
}

static inline void world_close(struct world *world)
{
	table_free(world->table);
	atlas_free(world->atlas);
	policy_free(world->policy);
	groups_free(world->groups);
}

static inline void prefixes_add(struct prefixes *prefixes, struct prefix prefix)
{
	if (prefixes->count == prefixes->room) {
		prefixes->room = prefixes->room ? prefixes->room * 2 : 1 << 16;
		prefixes->items =
			realloc(prefixes->items, prefixes->room * sizeof(*prefixes->items));
		if (!prefixes->items)
			bench_die("memory");
	}
	prefixes->items[prefixes->count++] = prefix;
}

/* The fewest prefixes that are exactly first..last. */
static inline void prefixes_add_range(struct prefixes *prefixes, enum family family, u128 first,
				      u128 last)
{
	for (;;) {
		struct prefix prefix = {family, (uint8_t)family_bits(family), first};

		while (prefix.length > 0) {
			u128 mask = prefix_host_mask(family, prefix.length - 1u);

			if ((first & mask) || (first | mask) > last)
				break;
			prefix.length--;
		}
		prefixes_add(prefixes, prefix);
		if (prefix_last(&prefix) == last)
			return;
		first = prefix_last(&prefix) + 1;
	}
}

/* Ordinary space with this verdict: not special, not private. With @merge neighbours of the same
 * verdict are one, as an operator would list them; without, each is as the sources have it. */
static inline struct prefixes world_prefixes(const struct world *world, enum family family,
					     enum verdict verdict, bool merge)
{
	struct atlas_ranges ranges = atlas_ranges(world->atlas, family);
	struct prefixes prefixes = {0};
	u128 first = 0;
	bool open = false;

	for (size_t i = 0; i < ranges.count; i++) {
		struct address start = {family, ranges.starts[i]};
		const struct place *place = atlas_place(world->atlas, ranges.places[i]);
		bool wanted = place->special == SPECIAL_NONE &&
			      table_judge(world->table, start).verdict == verdict;

		if (open && (!wanted || !merge))
			prefixes_add_range(&prefixes, family, first, start.value - 1);
		if (wanted && (!open || !merge))
			first = start.value;
		open = wanted;
	}
	if (open)
		prefixes_add_range(&prefixes, family, first, family_last(family));
	return prefixes;
}

/* Uniform over the prefixes, and within each over its addresses. */
static inline struct address prefixes_draw(const struct prefixes *prefixes, uint64_t *random)
{
	const struct prefix *prefix = &prefixes->items[bench_random(random) % prefixes->count];
	u128 low = (u128)bench_random(random) << 64 | bench_random(random);

	return (struct address){prefix->family,
				prefix->value |
					(low & prefix_host_mask(prefix->family, prefix->length))};
}

static inline void prefixes_free(struct prefixes *prefixes)
{
	free(prefixes->items);
	*prefixes = (struct prefixes){0};
}

#endif
