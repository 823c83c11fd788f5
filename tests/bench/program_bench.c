// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the whole guard (tc) and the whole gateway (XDP) cost a packet, each beside an empty program
 * of its kind on the same packets (BPF_PROG_RUN).
 *
 * Both are loaded as they are for an apply, with their own ring and attached to nothing. The
 * gateway asks the kernel's routes of a denied packet: they are those of a router, in a network
 * namespace of this process.
 */
#include <sys/mman.h>

#include "tests/bench/drive.h"
#include "tests/bench/growth.h"
#include "userspace/kernel/scopes.h"

#define INTERVAL_NS 3600000000000ull /* no flow is reported a second time while we measure */
#define REPEATS     (1u << 20)
#define NEW_FLOWS   (1u << 14) /* as many as ring and flow table hold with room to spare */
#define CHECKS      4096       /* targets whose verdict is looked at before the clock runs */

/* Which destinations, and how many of them in turn. */
enum case_kind {
	CASE_ONE,   /* one packet again and again, no driver */
	CASE_HOT,   /* 4,096 destinations */
	CASE_COLD,  /* as many as there is room for, uniform over the prefixes */
	CASE_NEW,   /* every packet is of a flow never seen: an event each */
	CASE_FLOOD, /* so many flows that flow table and ring are full */
};

static const struct {
	const char *name;
	uint32_t targets; /* a power of two */
} kinds[] = {
	[CASE_ONE] = {"one-flow", 1},
	[CASE_HOT] = {"hot", 4096},
	[CASE_COLD] = {"cold", DRIVE_TARGETS},
	[CASE_NEW] = {"new-flows", NEW_FLOWS},
	[CASE_FLOOD] = {"flood", DRIVE_TARGETS},
};

struct trial {
	enum family family;
	uint8_t protocol;
	enum verdict verdict;
	enum case_kind kind;
};

static const struct trial trials[] = {
	{FAMILY_V4, IPPROTO_TCP, VERDICT_ALLOW, CASE_ONE},
	{FAMILY_V6, IPPROTO_TCP, VERDICT_ALLOW, CASE_ONE},
	{FAMILY_V4, IPPROTO_UDP, VERDICT_ALLOW, CASE_ONE},
	{FAMILY_V6, IPPROTO_UDP, VERDICT_ALLOW, CASE_ONE},
	{FAMILY_V4, IPPROTO_TCP, VERDICT_ALLOW, CASE_HOT},
	{FAMILY_V6, IPPROTO_TCP, VERDICT_ALLOW, CASE_HOT},
	{FAMILY_V4, IPPROTO_TCP, VERDICT_ALLOW, CASE_COLD},
	{FAMILY_V6, IPPROTO_TCP, VERDICT_ALLOW, CASE_COLD},
	{FAMILY_V4, IPPROTO_TCP, VERDICT_DENY, CASE_ONE},
	{FAMILY_V6, IPPROTO_TCP, VERDICT_DENY, CASE_ONE},
	{FAMILY_V4, IPPROTO_TCP, VERDICT_DENY, CASE_HOT},
	{FAMILY_V6, IPPROTO_TCP, VERDICT_DENY, CASE_HOT},
	{FAMILY_V4, IPPROTO_TCP, VERDICT_DENY, CASE_NEW},
	{FAMILY_V6, IPPROTO_TCP, VERDICT_DENY, CASE_NEW},
	{FAMILY_V4, IPPROTO_TCP, VERDICT_DENY, CASE_FLOOD},
	{FAMILY_V6, IPPROTO_TCP, VERDICT_DENY, CASE_FLOOD},
};

struct bench {
	unsigned runs;
	uint32_t repeats;
	struct world world;
	const struct table *table;
	size_t grown; /* to so many prefixes of each family; 0: it is the real one */
	struct prefixes prefixes[FAMILIES][2]; /* by verdict */
	struct program_bpf *driver;
	struct egress_bpf *guard;
	struct gateway_bpf *gateway;
	struct subject subjects[SUBJECTS];
	struct ring_buffer *ring;
	uint64_t random;
};

static int ignore_event(void *context, void *event, size_t size)
{
	(void)context, (void)event, (void)size;
	return 0;
}

static void load(struct bench *bench)
{
	const struct policy *policy = bench->world.policy;
	struct kernel_options options = {
		.control = bench->world.policy->control,
		.flow_interval_ns = INTERVAL_NS,
		.scopes = bench->world.policy->scopes,
		.scope_count = bench->world.policy->scope_count,
	};
	for (; options.reply_count < policy->reply_count; options.reply_count++) {
		const struct service *on = &policy->replies[options.reply_count].on;

		options.replies[options.reply_count] = (struct reply_service){
			.protocol = on->protocol, .low = on->low, .high = on->high};
	}
	const struct load_request request = {
		.table = bench->table,
		.options = &options,
		.generation = 1,
	};
	struct diagnostics diagnostics = {0};

	bench->driver = program_bpf__open_and_load();
	if (!bench->driver)
		bench_die("the driver cannot be loaded");
	if (load_generation(&request, &bench->guard, &diagnostics) ||
	    gateway_load(bench->guard, &bench->gateway, &diagnostics) ||
	    (options.scope_count && scopes_fill(bench->guard, &options, &diagnostics)))
		world_refused(&diagnostics);
	drive_subjects(bench->driver, bench->guard, bench->gateway, bench->subjects);
	bench->ring =
		ring_buffer__new(loaded_map(bench->guard, "events"), ignore_event, NULL, NULL);
	if (!bench->ring)
		bench_die("ring buffer");
}

/* After this every flow is new and the ring is empty. */
static void forget_flows(struct bench *bench)
{
	int flows = loaded_map(bench->guard, "flows");
	struct flow_key key;

	ring_buffer__consume(bench->ring);
	while (bpf_map_get_next_key(flows, NULL, &key) == 0)
		bpf_map_delete_elem(flows, &key);
}

/* A number for the wrong verdict is worth nothing. */
static void check(struct bench *bench, const struct trial *trial, const struct subject *subject,
		  const struct frame *frame)
{
	int driver = drive_prepare(bench->driver, subject, trial->family, subject->program);
	uint32_t count = kinds[trial->kind].targets;

	for (uint32_t i = 0; i < count && i < CHECKS; i++) {
		int action;

		drive_run(driver, frame, 1, &action);
		if ((action == subject->drop) != (trial->verdict == VERDICT_DENY)) {
			fprintf(stderr, "bench: the program (%s) %s what the table %s\n",
				subject->name, action == subject->drop ? "denies" : "allows",
				trial->verdict == VERDICT_DENY ? "denies" : "allows");
			exit(1);
		}
	}
}

static void draw_targets(struct bench *bench, const struct trial *trial,
			 const struct prefixes *prefixes)
{
	size_t size = DRIVE_TARGETS * sizeof(struct drive_target);
	uint32_t count = kinds[trial->kind].targets;
	struct drive_target *targets = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
					    bpf_map__fd(bench->driver->maps.targets), 0);

	if (targets == MAP_FAILED)
		bench_die("mmap");
	for (uint32_t i = 0; i < count; i++)
		address_to_bytes(prefixes_draw(prefixes, &bench->random), targets[i].words);
	munmap(targets, size);
	bench->driver->bss->target_mask = count - 1;
}

static double run(int program, const struct frame *frame, uint32_t repeats)
{
	int ignored;

	return drive_run(program, frame, repeats, &ignored);
}

static double drive(struct bench *bench, const struct trial *trial, const struct subject *subject,
		    int program, const struct frame *frame, uint32_t repeats)
{
	return run(drive_prepare(bench->driver, subject, trial->family, program), frame, repeats);
}

static double measure(struct bench *bench, const struct trial *trial, const struct subject *subject,
		      int program, const struct frame *frame)
{
	double spent = 0;

	switch (trial->kind) {
	case CASE_ONE:
		run(program, frame, bench->repeats / 64);
		return run(program, frame, bench->repeats);
	case CASE_NEW:
		for (uint32_t done = 0; done < bench->repeats / 4; done += NEW_FLOWS) {
			forget_flows(bench);
			spent +=
				drive(bench, trial, subject, program, frame, NEW_FLOWS) * NEW_FLOWS;
		}
		return spent / (bench->repeats / 4);
	default:
		drive(bench, trial, subject, program, frame, kinds[trial->kind].targets);
		return drive(bench, trial, subject, program, frame, bench->repeats);
	}
}

static void name_of(const struct bench *bench, const struct trial *trial,
		    const struct subject *subject, char *name, size_t size)
{
	const char *family = trial->family == FAMILY_V4 ? "v4" : "v6";

	if (bench->grown)
		snprintf(name, size, "growth/%s/%zu/%s", family, bench->grown, subject->name);
	else
		snprintf(name, size, "program/%s/%s/%s/%s/%s", subject->name, family,
			 trial->protocol == IPPROTO_TCP ? "tcp" : "udp",
			 trial->verdict == VERDICT_ALLOW ? "allow" : "deny",
			 kinds[trial->kind].name);
}

/* The programs take turns: what disturbs the machine for longer disturbs both. */
static void try(struct bench *bench, const struct trial *trial, const struct subject *subject)
{
	const struct prefixes *prefixes = &bench->prefixes[trial->family][trial->verdict];
	struct frame frame = drive_frame(prefixes_draw(prefixes, &bench->random), trial->protocol);
	struct bench_series ours = {0}, theirs = {0}, added = {0};
	char name[96];

	draw_targets(bench, trial, prefixes);
	check(bench, trial, subject, &frame);
	forget_flows(bench);
	for (unsigned i = 0; i < bench->runs; i++) {
		double without = measure(bench, trial, subject, subject->empty, &frame);
		double with = measure(bench, trial, subject, subject->program, &frame);

		bench_add(&theirs, without);
		bench_add(&ours, with);
		bench_add(&added, with - without);
	}
	forget_flows(bench);
	name_of(bench, trial, subject, name, sizeof(name));
	bench_report(name, "ns", &ours, "empty program", &theirs);
	snprintf(name + strlen(name), sizeof(name) - strlen(name), "/added");
	bench_report(name, "ns", &added, NULL, NULL);
}

/* Everything in @some, on bench->table and its prefixes, which are freed. */
static void try_all(struct bench *bench, const struct trial *some, size_t count)
{
	load(bench);
	for (int subject = 0; subject < SUBJECTS; subject++)
		for (size_t i = 0; i < count; i++)
			try(bench, &some[i], &bench->subjects[subject]);
	ring_buffer__free(bench->ring);
	gateway_destroy(bench->gateway);
	loaded_destroy(bench->guard);
	program_bpf__destroy(bench->driver);
	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < 2; verdict++)
			prefixes_free(&bench->prefixes[family][verdict]);
}

static void try_real(struct bench *bench)
{
	bench->table = bench->world.table;
	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < 2; verdict++)
			bench->prefixes[family][verdict] = world_prefixes(
				&bench->world, (enum family)family, (enum verdict)verdict, false);
	try_all(bench, trials, sizeof(trials) / sizeof(*trials));
}

static void try_grown(struct bench *bench, size_t count)
{
	static const struct trial cold[] = {
		{FAMILY_V4, IPPROTO_TCP, VERDICT_ALLOW, CASE_COLD},
		{FAMILY_V6, IPPROTO_TCP, VERDICT_ALLOW, CASE_COLD},
	};
	struct table *table = growth_table(&bench->world, count, bench->prefixes, &bench->random);

	bench->table = table;
	bench->grown = count;
	try_all(bench, cold, sizeof(cold) / sizeof(*cold));
	table_free(table);
}

int main(int argc, char **argv)
{
	struct bench bench = {.runs = 7, .repeats = REPEATS, .random = BENCH_SEED};
	size_t most = argc > 5 ? (size_t)atol(argv[5]) : 0;

	if (argc < 3) {
		fprintf(stderr, "usage: program_bench DATA_DIR POLICY [RUNS [REPEATS [MOST]]]\n"
				"MOST: only the growth, up to so many prefixes\n");
		return 2;
	}
	if (argc > 3)
		bench.runs = (unsigned)atoi(argv[3]);
	if (argc > 4)
		bench.repeats = (uint32_t)atoi(argv[4]);
	bench_pin(1);
	world_open(argv[1], argv[2], &bench.world);
	drive_routes();
	if (!most)
		try_real(&bench);
	for (size_t i = 0; i < GROWTH_COUNTS; i++)
		if (growth_counts[i] <= most)
			try_grown(&bench, growth_counts[i]);
	world_close(&bench.world);
	return 0;
}
