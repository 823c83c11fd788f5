// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What grows with the number of prefixes: lookup, building and filling, memory; beside
 * BPF_MAP_TYPE_LPM_TRIE with the same classes of the same prefixes.
 *
 * With a folder as the last argument the prefixes are also written there, as FAMILY.COUNT, for
 * other contenders.
 */
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include "tests/bench/growth.h"
#include "tests/bench/lookup.h"
#include "tests/bench/lookup.skel.h"

#define TARGETS   (1u << 20)
#define TRIE_STEP 65536 /* prefixes in one bpf() call */

static const char *const family_names[] = {"v4", "v6"};

struct bench {
	unsigned runs;
	uint64_t random;
	struct world world;
	const char *folder; /* NULL: write no lists */
};

static void write_list(const struct bench *bench, const struct entries *entries, enum family family)
{
	char path[4096], text[PREFIX_TEXT_SIZE];

	snprintf(path, sizeof(path), "%s/%s.%zu", bench->folder, family_names[family],
		 entries->count);
	FILE *file = fopen(path, "we");

	if (!file)
		bench_die(path);
	for (size_t i = 0; i < entries->count; i++)
		fprintf(file, "%s\n", prefix_format(&entries->items[i].prefix, text));
	if (ferror(file) | fclose(file))
		bench_die(path);
}

/* CPU nanoseconds from sorted ranges to the bytes of the table. */
static double build(const struct class_ranges *ranges, enum family family, struct table *table)
{
	struct diagnostics diagnostics = {0};
	const struct class_ranges nothing = {
		.count = 1, .starts = (u128[]){0}, .classes = (uint16_t[]){CLASS_NONE}};
	bool v4 = family == FAMILY_V4;
	double begin = bench_cpu_ns(), spent;

	if (v4 ? lookup_v4_build(ranges, LOOKUP_SECTION_MOST, table, &diagnostics)
	       : lookup_v6_build(ranges, LOOKUP_SECTION_MOST, table, &diagnostics))
		world_refused(&diagnostics);
	spent = bench_cpu_ns() - begin;
	if (v4 ? lookup_v6_build(&nothing, LOOKUP_SECTION_MOST, table, &diagnostics)
	       : lookup_v4_build(&nothing, LOOKUP_SECTION_MOST, table, &diagnostics))
		world_refused(&diagnostics);
	if (table_section_alloc(table, TABLE_ROWS, 0) ||
	    table_section_alloc(table, TABLE_ENTRIES, 0) ||
	    table_section_alloc(table, TABLE_SOURCES, 0))
		bench_die("memory");
	return spent;
}

static struct lookup_bpf *load(const struct table *table)
{
	struct lookup_bpf *loaded = lookup_bpf__open();

	if (!loaded)
		bench_die("open");
#define SECTION(identifier, name, text)                                               \
	loaded->rodata->size_##identifier = table->sections[TABLE_##identifier].size; \
	bpf_map__set_value_size(loaded->maps.table_##identifier,                      \
				(__u32)table->sections[TABLE_##identifier].size);
	TABLE_SECTIONS(SECTION)
#undef SECTION
	loaded->rodata->size_targets = TARGETS * sizeof(struct lookup_target);
	loaded->rodata->target_count = TARGETS;
	bpf_map__set_value_size(loaded->maps.targets, TARGETS * sizeof(struct lookup_target));
	if (lookup_bpf__load(loaded))
		bench_die("load");
	return loaded;
}

static double fill_section(const struct bpf_map *map, const void *bytes, size_t size)
{
	double begin = bench_cpu_ns();
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (memory == MAP_FAILED)
		bench_die("mmap");
	memcpy(memory, bytes, size);
	munmap(memory, size);
	return bench_cpu_ns() - begin;
}

static double fill_table(const struct lookup_bpf *programs, const struct table *table)
{
	double spent = 0;

#define SECTION(identifier, name, text)                                  \
	spent += fill_section(programs->maps.table_##identifier,         \
			      table->sections[TABLE_##identifier].bytes, \
			      table->sections[TABLE_##identifier].size);
	TABLE_SECTIONS(SECTION)
#undef SECTION
	return spent;
}

static double fill_trie(const struct entries *entries, const struct bpf_map *map)
{
	size_t key_size = bpf_map__key_size(map);
	char *keys = bench_alloc(TRIE_STEP, key_size);
	uint32_t *values = bench_alloc(TRIE_STEP, sizeof(*values));
	double spent = 0;

	for (size_t i = 0; i < entries->count;) {
		uint32_t count = 0;

		for (; count < TRIE_STEP && i < entries->count; count++, i++) {
			const struct entry *entry = &entries->items[i];
			uint32_t length = entry->prefix.length;

			memcpy(keys + count * key_size, &length, sizeof(length));
			address_to_bytes(
				(struct address){entry->prefix.family, entry->prefix.value},
				keys + count * key_size + sizeof(length));
			values[count] = entry->class;
		}
		double begin = bench_cpu_ns();
		if (bpf_map_update_batch(bpf_map__fd(map), keys, values, &count, NULL))
			bench_die("fill the trie");
		spent += bench_cpu_ns() - begin;
	}
	free(keys);
	free(values);
	return spent;
}

/* Uniform over the prefixes. Returns the sum of their classes. */
static uint64_t draw_targets(struct bench *bench, const struct entries *entries,
			     const struct lookup_bpf *programs)
{
	size_t size = TARGETS * sizeof(struct lookup_target);
	struct lookup_target *targets = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
					     bpf_map__fd(programs->maps.targets), 0);
	uint64_t sum = 0;

	if (targets == MAP_FAILED)
		bench_die("mmap");
	for (uint32_t i = 0; i < TARGETS; i++) {
		struct entry *entry =
			&entries->items[bench_random(&bench->random) % entries->count];
		struct prefixes one = {.items = &entry->prefix, .count = 1};
		struct address address = prefixes_draw(&one, &bench->random);
		bool v4 = address.family == FAMILY_V4;

		targets[i].high = (uint64_t)(v4 ? address.value : address.value >> 64);
		targets[i].low = v4 ? 0 : (uint64_t)address.value;
		targets[i].random = bench_random(&bench->random);
		sum += entry->class;
	}
	munmap(targets, size);
	return sum;
}

static double run(const struct lookup_bpf *programs, const struct bpf_program *program,
		  uint64_t *sum)
{
	char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet));
	double begin = bench_cpu_ns();

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options))
		bench_die("BPF_PROG_RUN");
	*sum = programs->bss->sum;
	return (bench_cpu_ns() - begin) / TARGETS;
}

static void report_one(enum family family, size_t count, const char *what, const char *unit,
		       const struct bench_series *ours, const struct bench_series *trie)
{
	char name[96];

	snprintf(name, sizeof(name), "growth/%s/%zu/%s", family_names[family], count, what);
	bench_report(name, unit, ours, "LPM trie", trie);
}

static void measure_lookups(struct bench *bench, enum family family, const struct entries *entries,
			    const struct lookup_bpf *programs)
{
	bool v4 = family == FAMILY_V4;
	struct bench_series ours = {0}, trie = {0};
	uint64_t expected = draw_targets(bench, entries, programs), ignored, ours_sum, trie_sum;

	for (unsigned i = 0; i < bench->runs; i++) {
		double loop =
			run(programs, v4 ? programs->progs.empty_v4 : programs->progs.empty_v6,
			    &ignored);

		bench_add(&ours,
			  run(programs, v4 ? programs->progs.ours_v4 : programs->progs.ours_v6,
			      &ours_sum) -
				  loop);
		bench_add(&trie,
			  run(programs,
			      v4 ? programs->progs.trie_lookup_v4 : programs->progs.trie_lookup_v6,
			      &trie_sum) -
				  loop);
		if (ours_sum != expected || trie_sum != expected) {
			fprintf(stderr, "bench: the lookups do not find the same\n");
			exit(1);
		}
	}
	report_one(family, entries->count, "lookup", "ns", &ours, &trie);
}

static void measure(struct bench *bench, enum family family, size_t count)
{
	struct entries entries = growth_entries(&bench->world, family, count, &bench->random);
	struct class_ranges ranges = growth_ranges(&entries, family);
	struct bench_series ours_fill = {0}, trie_fill = {0}, ours_bytes = {0}, trie_bytes = {0};
	bool v4 = family == FAMILY_V4;
	struct lookup_bpf *programs;

	if (bench->folder)
		write_list(bench, &entries, family);
	for (unsigned i = 0; i < bench->runs; i++) {
		struct table *table = bench_alloc(1, sizeof(*table));
		double built = build(&ranges, family, table);

		programs = load(table);
		const struct bpf_map *trie = v4 ? programs->maps.trie_v4 : programs->maps.trie_v6;
		bench_add(&ours_fill, built + fill_table(programs, table));
		bench_add(&trie_fill, fill_trie(&entries, trie));
		if (i + 1 == bench->runs) {
			bench_add(&ours_bytes,
				  v4 ? bench_map_bytes(bpf_map__fd(programs->maps.table_V4_ROOT)) +
						  bench_map_bytes(bpf_map__fd(
							  programs->maps.table_V4_BLOCKS))
				     : bench_map_bytes(bpf_map__fd(programs->maps.table_V6_ROOT)) +
						  bench_map_bytes(bpf_map__fd(
							  programs->maps.table_V6_NODES)));
			bench_add(&trie_bytes, bench_map_bytes(bpf_map__fd(trie)));
			measure_lookups(bench, family, &entries, programs);
		}
		lookup_bpf__destroy(programs);
		table_free(table);
	}
	report_one(family, count, "build-and-fill", "ns", &ours_fill, &trie_fill);
	report_one(family, count, "memory", "B", &ours_bytes, &trie_bytes);
	free(ranges.starts);
	free(ranges.classes);
	free(entries.items);
}

int main(int argc, char **argv)
{
	struct bench bench = {.random = BENCH_SEED};
	size_t most;

	if (argc != 5 && argc != 6) {
		fprintf(stderr, "usage: growth_bench DATA_DIR POLICY RUNS MOST [FOLDER]\n");
		return 2;
	}
	bench.runs = (unsigned)atoi(argv[3]);
	most = (size_t)atol(argv[4]);
	bench.folder = argv[5];
	bench_pin(1);
	world_open(argv[1], argv[2], &bench.world);
	for (enum family family = 0; family < FAMILIES; family++)
		for (size_t i = 0; i < GROWTH_COUNTS; i++)
			if (growth_counts[i] <= most)
				measure(&bench, family, growth_counts[i]);
	world_close(&bench.world);
	return 0;
}
