// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes what the other benches share into a folder, so that every contender gets the same:
 *
 *   allowed.v4, allowed.v6          what the policy allows, the fewest prefixes, one a line
 *   all.v4, all.v6                  the whole table, as the sources have it: prefix and class
 *   FAMILY.VERDICT.targets          destinations uniform over the prefixes of that verdict, as
 *                                   packets have them (struct forward_target)
 *
 * With a number, the same of a world grown to so many prefixes of each family, and what is needed
 * to apply it: soil.csv, in which France has what is allowed, asn.csv and policy.yaml.
 */
#include <limits.h>

#include "tests/bench/forward.h"
#include "tests/bench/growth.h"
#include "userspace/base/country.h"

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

/* A country for each class: what is denied is anywhere but in France. */
static country_t country_of_class(const struct world *world, uint16_t class)
{
	const struct class_row *rows = world->table->sections[TABLE_ROWS].bytes;
	const country_t *all = country_all();
	size_t count = 0;

	if (rows[class].act == ROW_ALLOW)
		return COUNTRY('F', 'R');
	while (all[count])
		count++;
	country_t country = all[class % count];
	return country == COUNTRY('F', 'R') ? COUNTRY('D', 'E') : country;
}

static void write_soil(const struct world *world, const struct entries *entries, FILE *soil,
		       FILE *allowed)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct entry *entry = &entries->items[i];
		char first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE], prefix[PREFIX_TEXT_SIZE];
		char code[3];
		country_t country = country_of_class(world, entry->class);
		struct address from = {entry->prefix.family, entry->prefix.value};
		struct address to = {entry->prefix.family, prefix_last(&entry->prefix)};

		fprintf(soil, "%s,%s,%s\n", address_format(from, first), address_format(to, last),
			country_format(country, code));
		if (country == COUNTRY('F', 'R'))
			fprintf(allowed, "%s\n", prefix_format(&entry->prefix, prefix));
	}
}

static void write_grown_family(const struct world *world, enum family family, size_t count,
			       const char *folder, FILE *soil)
{
	uint64_t random = BENCH_SEED;
	struct entries entries = growth_entries(world, family, count, &random);
	struct prefixes prefixes[2] = {0};
	FILE *allowed = open_file(folder, "allowed", family_names[family]);
	char name[16];

	write_soil(world, &entries, soil, allowed);
	close_file(allowed);
	growth_sort_out(world, &entries, prefixes);
	snprintf(name, sizeof(name), "%s.allow", family_names[family]);
	FILE *targets = open_file(folder, name, "targets");
	write_targets(&prefixes[VERDICT_ALLOW], targets);
	close_file(targets);
	for (int verdict = 0; verdict < 2; verdict++)
		prefixes_free(&prefixes[verdict]);
	free(entries.items);
}

static void write_grown(const struct world *world, size_t count, const char *folder)
{
	char path[PATH_MAX];
	FILE *soil = open_file(folder, "soil", "csv");
	FILE *asn = open_file(folder, "asn", "csv");
	FILE *policy = open_file(folder, "policy", "yaml");

	for (int family = 0; family < FAMILIES; family++)
		write_grown_family(world, (enum family)family, count, folder, soil);
	close_file(soil);
	fputs("5.1.1.0,5.1.1.255,64496,Bench\n", asn);
	close_file(asn);
	if (!realpath(folder, path))
		bench_die(folder);
	fprintf(policy,
		"gabelou: 1\nname: growth\ndata:\n  soil: [\"%s/soil.csv\"]\n"
		"  asn: [\"%s/asn.csv\"]\nanycast: allow\nallow:\n  - soil: [FR]\n",
		path, path);
	close_file(policy);
}

int main(int argc, char **argv)
{
	struct world world;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: lists_bench DATA_DIR POLICY FOLDER [COUNT]\n");
		return 2;
	}
	world_open(argv[1], argv[2], &world);
	if (argc == 5)
		write_grown(&world, (size_t)atol(argv[4]), argv[3]);
	for (int family = 0; argc == 4 && family < FAMILIES; family++)
		write_family(&world, (enum family)family, argv[3]);
	world_close(&world);
	return 0;
}
