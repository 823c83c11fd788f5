// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes what the other benches share into a folder, so that every contender gets the same:
 *
 *   allowed.v4, allowed.v6          what the policy allows, the fewest prefixes, one a line
 *   all.v4, all.v6                  the whole table, as the sources have it: prefix and class
 *   FAMILY.VERDICT.targets          destinations uniform over the prefixes of that verdict, as
 *                                   packets have them (struct forward_target)
 */
#include "tests/bench/forward.h"
#include "tests/bench/world.h"

static const char *const family_names[] = {"v4", "v6"};
static const char *const verdict_names[] = {"deny", "allow"};

static FILE *open_file(const char *folder, const char *name, const char *suffix)
{
	char path[4096];
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s.%s", folder, name, suffix) >= (int)sizeof(path))
		bench_die("path");
	file = fopen(path, "w");
	if (!file)
		bench_die(path);
	return file;
}

static void close_file(FILE *file)
{
	if (ferror(file) | fclose(file))
		bench_die("write");
}

static void write_prefixes(const struct world *world, const struct prefixes *prefixes,
			   bool with_class, FILE *file)
{
	char text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < prefixes->count; i++) {
		const struct prefix *prefix = &prefixes->items[i];
		struct address first = {prefix->family, prefix->value};

		fputs(prefix_format(prefix, text), file);
		if (with_class)
			fprintf(file, " %u", table_class(world->table, first));
		putc('\n', file);
	}
}

static void write_targets(const struct prefixes *prefixes, FILE *file)
{
	uint64_t random = BENCH_SEED;

	for (size_t i = 0; i < FORWARD_TARGETS; i++) {
		struct forward_target target = {0};

		address_to_bytes(prefixes_draw(prefixes, &random), target.words);
		fwrite(&target, sizeof(target), 1, file);
	}
}

static void write_family(const struct world *world, enum family family, const char *folder)
{
	struct prefixes allowed = world_prefixes(world, family, VERDICT_ALLOW, true);
	FILE *all = open_file(folder, "all", family_names[family]);
	FILE *list = open_file(folder, "allowed", family_names[family]);

	write_prefixes(world, &allowed, false, list);
	close_file(list);
	for (int verdict = 0; verdict < 2; verdict++) {
		struct prefixes prefixes =
			world_prefixes(world, family, (enum verdict)verdict, false);
		char name[16];

		snprintf(name, sizeof(name), "%s.%s", family_names[family], verdict_names[verdict]);
		FILE *targets = open_file(folder, name, "targets");
		write_targets(&prefixes, targets);
		close_file(targets);
		write_prefixes(world, &prefixes, true, all);
		prefixes_free(&prefixes);
	}
	close_file(all);
	prefixes_free(&allowed);
}

int main(int argc, char **argv)
{
	struct world world;

	if (argc != 4) {
		fprintf(stderr, "usage: lists_bench DATA_DIR POLICY FOLDER\n");
		return 2;
	}
	world_open(argv[1], argv[2], &world);
	for (int family = 0; family < FAMILIES; family++)
		write_family(&world, (enum family)family, argv[3]);
	world_close(&world);
	return 0;
}
