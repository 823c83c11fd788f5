// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a lookup costs, beside BPF_MAP_TYPE_LPM_TRIE with the same classes of the same prefixes, and
 * beside one random read of the table's memory, which no lookup can undercut. The loop's own cost
 * is taken off.
 */
#include <bpf/libbpf.h>
#include <math.h>
#include <sys/mman.h>

#include "tests/bench/lookup.h"
#include "tests/bench/lookup.skel.h"
#include "tests/bench/world.h"
#include "userspace/table/lookup.h"

#define TARGETS   (1u << 20)
#define HOT       4096  /* destinations */
#define TRIE_STEP 65536 /* prefixes in one bpf() call */

enum draw { DRAW_COLD, DRAW_HOT, DRAW_ZIPF, DRAWS };
static const char *const draw_names[DRAWS] = {"cold", "hot", "zipf"};

struct bench {
	unsigned runs;
	uint32_t target_count;
	uint64_t random;
	struct world world;
	struct prefixes prefixes[FAMILIES];
	struct lookup_bpf *programs[2]; /* whether each lookup waits for the one before it */
	struct lookup_target *targets;
};

/* The prefixes of the table: neighbours of one class are one range. */
static struct prefixes class_prefixes(const struct world *world, enum family family)
{
	struct atlas_ranges ranges = atlas_ranges(world->atlas, family);
	struct prefixes prefixes = {0};
	u128 first = 0;

	for (size_t i = 1; i <= ranges.count; i++) {
		bool end = i == ranges.count;

		if (!end && table_class(world->table, (struct address){family, ranges.starts[i]}) ==
				    table_class(world->table, (struct address){family, first}))
			continue;
		prefixes_add_range(&prefixes, family, first,
				   end ? family_last(family) : ranges.starts[i] - 1);
		first = end ? 0 : ranges.starts[i];
	}
	return prefixes;
}

static void *map_memory(const struct bpf_map *map, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (memory == MAP_FAILED)
		bench_die("mmap of a map");
	return memory;
}

/* Loads the programs with maps of the table's sizes; shares the maps of @with if there is one. */
static struct lookup_bpf *load(const struct bench *bench, bool dependent,
			       const struct lookup_bpf *with)
{
	const struct table *table = bench->world.table;
	size_t targets_size = TARGETS * sizeof(struct lookup_target);
	struct lookup_bpf *loaded = lookup_bpf__open();
	struct bpf_map *map;

	if (!loaded)
		bench_die("open");
	if (with)
		bpf_object__for_each_map(
			map, loaded->obj) if (!bpf_map__is_internal(map) &&
					      bpf_map__reuse_fd(
						      map, bpf_object__find_map_fd_by_name(
								   with->obj, bpf_map__name(map))))
			bench_die("reuse");
#define SECTION(identifier, name, text)                                               \
	loaded->rodata->size_##identifier = table->sections[TABLE_##identifier].size; \
	if (!with)                                                                    \
		bpf_map__set_value_size(loaded->maps.table_##identifier,              \
					(__u32)table->sections[TABLE_##identifier].size);
	TABLE_SECTIONS(SECTION)
#undef SECTION
	loaded->rodata->size_targets = targets_size;
	loaded->rodata->target_count = bench->target_count;
	loaded->rodata->dependent = dependent;
	if (!with)
		bpf_map__set_value_size(loaded->maps.targets, (__u32)targets_size);
	if (lookup_bpf__load(loaded))
		bench_die("load");
	return loaded;
}

static double fill_table(const struct bench *bench)
{
	const struct table *table = bench->world.table;
	const struct bpf_map *maps[] = {
#define SECTION(identifier, name, text) bench->programs[0]->maps.table_##identifier,
		TABLE_SECTIONS(SECTION)
#undef SECTION
	};
	double begin = bench_cpu_ns();

	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		void *memory = map_memory(maps[i], table->sections[i].size);

		memcpy(memory, table->sections[i].bytes, table->sections[i].size);
		munmap(memory, table->sections[i].size);
	}
	return bench_cpu_ns() - begin;
}

static double fill_trie(const struct bench *bench, enum family family)
{
	const struct lookup_bpf *programs = bench->programs[0];
	int map =
		bpf_map__fd(family == FAMILY_V4 ? programs->maps.trie_v4 : programs->maps.trie_v6);
	const struct prefixes *prefixes = &bench->prefixes[family];
	size_t key_size =
		family == FAMILY_V4 ? sizeof(struct trie_key_v4) : sizeof(struct trie_key_v6);
	char *keys = bench_alloc(TRIE_STEP, key_size);
	uint32_t *values = bench_alloc(TRIE_STEP, sizeof(*values));
	double spent = 0;

	for (size_t i = 0; i < prefixes->count;) {
		uint32_t count = 0;

		for (; count < TRIE_STEP && i < prefixes->count; count++, i++) {
			const struct prefix *prefix = &prefixes->items[i];
			struct address address = {family, prefix->value};
			uint32_t length = prefix->length;

			memcpy(keys + count * key_size, &length, sizeof(length));
			address_to_bytes(address, keys + count * key_size + sizeof(length));
			values[count] = table_class(bench->world.table, address);
		}
		double begin = bench_cpu_ns();
		if (bpf_map_update_batch(map, keys, values, &count, NULL))
			bench_die("fill the trie");
		spent += bench_cpu_ns() - begin;
	}
	free(keys);
	free(values);
	return spent;
}

/* Zipf's law with exponent 1: rank r with a probability in proportion to 1 / r. */
static size_t draw_rank(uint64_t *random, size_t count)
{
	double uniform = (double)(bench_random(random) >> 11) / (double)(1ull << 53);
	size_t rank = (size_t)exp(uniform * log((double)count));

	return rank < count ? rank : count - 1;
}

/* Where the floor reads. IPv4: the very root entry that the lookup must read, so that no cache line
 * differs. IPv6: anywhere in the nodes. (lookup.bpf.c scales the high half to the section.) */
static uint64_t floor_of(struct bench *bench, struct address address)
{
	if (address.family == FAMILY_V4)
		return (uint64_t)address.value << 32;
	return bench_random(&bench->random);
}

static struct lookup_target draw_target(struct bench *bench, enum family family)
{
	struct address address = prefixes_draw(&bench->prefixes[family], &bench->random);

	return (struct lookup_target){
		.high = (uint64_t)(family == FAMILY_V4 ? address.value : address.value >> 64),
		.low = (uint64_t)(family == FAMILY_V4 ? 0 : address.value),
		.random = floor_of(bench, address),
	};
}

static void draw_targets(struct bench *bench, enum family family, enum draw draw)
{
	size_t pool_size = draw == DRAW_HOT ? HOT : bench->target_count;
	struct lookup_target *pool = bench_alloc(pool_size, sizeof(*pool));

	for (size_t i = 0; i < pool_size; i++)
		pool[i] = draw_target(bench, family);
	for (uint32_t i = 0; i < bench->target_count; i++)
		bench->targets[i] = draw == DRAW_COLD  ? pool[i]
				    : draw == DRAW_HOT ? pool[bench_random(&bench->random) % HOT]
						       : pool[draw_rank(&bench->random, pool_size)];
	free(pool);
}

static double run(const struct bench *bench, const struct lookup_bpf *programs,
		  const struct bpf_program *program, uint64_t *sum)
{
	char packet[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet, .data_size_in = sizeof(packet));
	double begin = bench_cpu_ns();

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options))
		bench_die("BPF_PROG_RUN");
	*sum = programs->bss->sum;
	return (bench_cpu_ns() - begin) / bench->target_count;
}

/* The sum of the classes, by user space. */
static uint64_t expected_sum(const struct bench *bench, enum family family)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < bench->target_count; i++) {
		const struct lookup_target *target = &bench->targets[i];

		sum += family == FAMILY_V4
			       ? lookup_v4(bench->world.table, (uint32_t)target->high)
			       : lookup_v6(bench->world.table, target->high, target->low);
	}
	return sum;
}

/* The four take turns: what disturbs the machine for longer disturbs all. */
static void measure(struct bench *bench, enum family family, enum draw draw, bool dependent)
{
	const struct lookup_bpf *programs = bench->programs[dependent];
	bool v4 = family == FAMILY_V4;
	const struct bpf_program *empty = v4 ? programs->progs.empty_v4 : programs->progs.empty_v6;
	const struct bpf_program *floor = v4 ? programs->progs.floor_v4 : programs->progs.floor_v6;
	const struct bpf_program *ours = v4 ? programs->progs.ours_v4 : programs->progs.ours_v6;
	const struct bpf_program *trie =
		v4 ? programs->progs.trie_lookup_v4 : programs->progs.trie_lookup_v6;
	struct bench_series floor_ns = {0}, ours_ns = {0}, trie_ns = {0};
	uint64_t expected = expected_sum(bench, family), ignored, ours_sum, trie_sum;
	char name[64];

	for (unsigned i = 0; i < bench->runs; i++) {
		double loop = run(bench, programs, empty, &ignored);

		bench_add(&floor_ns, run(bench, programs, floor, &ignored) - loop);
		bench_add(&ours_ns, run(bench, programs, ours, &ours_sum) - loop);
		bench_add(&trie_ns, run(bench, programs, trie, &trie_sum) - loop);
		if (ours_sum != expected || trie_sum != expected) {
			fprintf(stderr, "bench: the lookups do not find the same\n");
			exit(1);
		}
	}
	snprintf(name, sizeof(name), "lookup/%s/%s%s", v4 ? "v4" : "v6", draw_names[draw],
		 dependent ? "/dependent" : "");
	bench_report(name, "ns", &ours_ns, "LPM trie", &trie_ns);
	snprintf(name + strlen(name), sizeof(name) - strlen(name), "/floor");
	bench_report(name, "ns", &ours_ns, "one random read", &floor_ns);
}

/* Bytes that a map is charged for, by the kernel. */
static double map_bytes(const struct bpf_map *map)
{
	char path[64], line[128];
	double bytes = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
	FILE *file = fopen(path, "r");
	if (!file)
		bench_die(path);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "memlock: %lf", &bytes);
	fclose(file);
	return bytes;
}

static void report_size(const struct bench *bench, enum family family, double trie_fill)
{
	const struct lookup_bpf *programs = bench->programs[0];
	bool v4 = family == FAMILY_V4;
	struct bench_series ours = {0}, trie = {0}, prefixes = {0}, fill = {0};
	const char *name = v4 ? "v4" : "v6";
	char text[64];

	bench_add(&ours, v4 ? map_bytes(programs->maps.table_V4_ROOT) +
					 map_bytes(programs->maps.table_V4_BLOCKS)
			    : map_bytes(programs->maps.table_V6_ROOT) +
					 map_bytes(programs->maps.table_V6_NODES));
	bench_add(&trie, map_bytes(v4 ? programs->maps.trie_v4 : programs->maps.trie_v6));
	bench_add(&prefixes, (double)bench->prefixes[family].count);
	bench_add(&fill, trie_fill);
	snprintf(text, sizeof(text), "lookup/%s/memory", name);
	bench_report(text, "B", &ours, "LPM trie", &trie);
	snprintf(text, sizeof(text), "lookup/%s/prefixes", name);
	bench_report(text, "", &prefixes, NULL, NULL);
	snprintf(text, sizeof(text), "lookup/%s/trie-fill", name);
	bench_report(text, "ns", &fill, NULL, NULL);
}

int main(int argc, char **argv)
{
	struct bench bench = {.runs = 7, .target_count = TARGETS, .random = BENCH_SEED};
	struct bench_series fill = {0};

	if (argc < 3) {
		fprintf(stderr, "usage: lookup_bench DATA_DIR POLICY [RUNS [TARGETS]]\n");
		return 2;
	}
	if (argc > 3)
		bench.runs = (unsigned)atoi(argv[3]);
	if (argc > 4 && (uint32_t)atoi(argv[4]) < TARGETS)
		bench.target_count = (uint32_t)atoi(argv[4]);
	bench_pin(1);
	world_open(argv[1], argv[2], &bench.world);
	bench.programs[0] = load(&bench, false, NULL);
	bench.programs[1] = load(&bench, true, bench.programs[0]);
	bench.targets =
		map_memory(bench.programs[0]->maps.targets, TARGETS * sizeof(*bench.targets));
	bench_add(&fill, fill_table(&bench));
	bench_report("lookup/fill", "ns", &fill, NULL, NULL);
	for (enum family family = 0; family < FAMILIES; family++) {
		bench.prefixes[family] = class_prefixes(&bench.world, family);
		report_size(&bench, family, fill_trie(&bench, family));
		for (enum draw draw = 0; draw < DRAWS; draw++) {
			draw_targets(&bench, family, draw);
			measure(&bench, family, draw, false);
			measure(&bench, family, draw, true);
		}
		prefixes_free(&bench.prefixes[family]);
	}
	lookup_bpf__destroy(bench.programs[1]);
	lookup_bpf__destroy(bench.programs[0]);
	world_close(&bench.world);
	return 0;
}
