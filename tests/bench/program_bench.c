// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the whole guard (tc) and the whole gateway (XDP) cost a packet, each beside an empty program
 * of its kind on the same packets (BPF_PROG_RUN).
 *
 * Both are loaded as they are for an apply, with their own ring and attached to nothing. The
 * gateway asks the kernel's routes of a denied packet: they are those of a router, in a network
 * namespace of this process.
 */
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <sys/mman.h>

#include "tests/bench/program.h"
#include "tests/bench/program.skel.h"
#include "tests/bench/world.h"
#include "userspace/kernel/gateway.h"

#define INTERVAL_NS 3600000000000ull /* no flow is reported a second time while we measure */
#define REPEATS     (1u << 20)
#define NEW_FLOWS   (1u << 14) /* as many as ring and flow table hold with room to spare */
#define CHECKS      4096       /* targets whose verdict is looked at before the clock runs */
#define FRAME_SIZE  128

struct frame {
	unsigned char bytes[FRAME_SIZE];
	size_t size;
};

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

/* A kind of program. */
struct subject {
	const char *name;
	int program, empty, measured; /* file descriptors */
	int drivers[FAMILIES];
	int drop; /* what the program answers to deny */
};

enum subject_kind { HOOKED_TC, HOOKED_XDP, HOOKED };

struct bench {
	unsigned runs;
	uint32_t repeats;
	struct world world;
	struct prefixes prefixes[FAMILIES][2]; /* by verdict */
	struct program_bpf *driver;
	struct egress_bpf *guard;
	struct gateway_bpf *gateway;
	struct subject hooks[HOOKED];
	struct ring_buffer *ring;
	uint64_t random;
};

static int ignore_event(void *context, void *event, size_t size)
{
	(void)context, (void)event, (void)size;
	return 0;
}

static void fill_hooks(struct bench *bench)
{
	const struct program_bpf *driver = bench->driver;

	bench->hooks[HOOKED_TC] = (struct subject){
		.name = "tc",
		.program = loaded_program(bench->guard, FORM_ETHERNET),
		.empty = bpf_program__fd(driver->progs.empty_tc),
		.measured = bpf_map__fd(driver->maps.measured_tc),
		.drivers = {[FAMILY_V4] = bpf_program__fd(driver->progs.drive_tc_v4),
			    [FAMILY_V6] = bpf_program__fd(driver->progs.drive_tc_v6)},
		.drop = TC_ACT_SHOT,
	};
	bench->hooks[HOOKED_XDP] = (struct subject){
		.name = "xdp",
		.program = gateway_program(bench->gateway, FORM_ETHERNET),
		.empty = bpf_program__fd(driver->progs.empty_xdp),
		.measured = bpf_map__fd(driver->maps.measured_xdp),
		.drivers = {[FAMILY_V4] = bpf_program__fd(driver->progs.drive_xdp_v4),
			    [FAMILY_V6] = bpf_program__fd(driver->progs.drive_xdp_v6)},
		.drop = XDP_DROP,
	};
}

static void load(struct bench *bench)
{
	const struct kernel_options options = {
		.control = bench->world.policy->control,
		.flow_interval_ns = INTERVAL_NS,
	};
	const struct load_request request = {
		.table = bench->world.table,
		.options = &options,
		.generation = 1,
	};
	struct diagnostics diagnostics = {0};

	bench->driver = program_bpf__open_and_load();
	if (!bench->driver)
		bench_die("the driver cannot be loaded");
	if (load_generation(&request, &bench->guard, &diagnostics) ||
	    gateway_load(bench->guard, &bench->gateway, &diagnostics))
		world_refused(&diagnostics);
	fill_hooks(bench);
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

static struct frame make_frame(const struct trial *trial, struct address destination)
{
	bool v4 = trial->family == FAMILY_V4;
	struct frame frame = {.size = v4 ? 64 : 84};
	struct ethhdr *ethernet = (void *)frame.bytes;
	unsigned char *network = frame.bytes + sizeof(*ethernet);
	unsigned char *transport = network + (v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	size_t length = frame.size - (size_t)(transport - frame.bytes);

	ethernet->h_proto = htons(v4 ? ETH_P_IP : ETH_P_IPV6);
	if (v4) {
		struct iphdr *ip = (void *)network;

		*ip = (struct iphdr){.version = 4,
				     .ihl = 5,
				     .tot_len = htons((uint16_t)(sizeof(*ip) + length)),
				     .ttl = 64,
				     .protocol = trial->protocol,
				     .saddr = htonl(0x0a000001)};
		address_to_bytes(destination, &ip->daddr);
	} else {
		struct ipv6hdr *ip = (void *)network;

		*ip = (struct ipv6hdr){.version = 6,
				       .payload_len = htons((uint16_t)length),
				       .hop_limit = 64,
				       .nexthdr = trial->protocol};
		ip->saddr.s6_addr[0] = 0xfd;
		address_to_bytes(destination, &ip->daddr);
	}
	if (trial->protocol == IPPROTO_TCP)
		*(struct tcphdr *)transport = (struct tcphdr){
			.source = htons(40000), .dest = htons(443), .doff = 5, .ack = 1};
	else
		*(struct udphdr *)transport = (struct udphdr){
			.source = htons(40000), .dest = htons(443), .len = htons((uint16_t)length)};
	return frame;
}

/* CPU nanoseconds for each of @repeats runs; *action is what the last one returned. */
static double run_for(int program, const struct frame *frame, uint32_t repeats, int *action)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = (__u32)frame->size, .repeat = (int)repeats);
	double begin = bench_cpu_ns();

	if (bpf_prog_test_run_opts(program, &options))
		bench_die("BPF_PROG_RUN");
	*action = (int)options.retval;
	return (bench_cpu_ns() - begin) / repeats;
}

static double run(int program, const struct frame *frame, uint32_t repeats)
{
	int ignored;

	return run_for(program, frame, repeats, &ignored);
}

/* The driver, which from now on begins at the first target and calls @program. */
static int prepare_driver(struct bench *bench, const struct trial *trial,
			  const struct subject *hook, int program)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(hook->measured, &zero, &program, 0))
		bench_die("the program cannot be called");
	bench->driver->bss->position = 0;
	return hook->drivers[trial->family];
}

static double drive(struct bench *bench, const struct trial *trial, const struct subject *hook,
		    int program, const struct frame *frame, uint32_t repeats)
{
	return run(prepare_driver(bench, trial, hook, program), frame, repeats);
}

/* A number for the wrong verdict is worth nothing. */
static void check(struct bench *bench, const struct trial *trial, const struct subject *hook,
		  const struct frame *frame)
{
	int driver = prepare_driver(bench, trial, hook, hook->program);
	uint32_t count = kinds[trial->kind].targets;

	for (uint32_t i = 0; i < count && i < CHECKS; i++) {
		int action;

		run_for(driver, frame, 1, &action);
		if ((action == hook->drop) != (trial->verdict == VERDICT_DENY)) {
			fprintf(stderr, "bench: the program (%s) %s what the table %s\n",
				hook->name, action == hook->drop ? "denies" : "allows",
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

static double measure(struct bench *bench, const struct trial *trial, const struct subject *hook,
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
			spent += drive(bench, trial, hook, program, frame, NEW_FLOWS) * NEW_FLOWS;
		}
		return spent / (bench->repeats / 4);
	default:
		drive(bench, trial, hook, program, frame, kinds[trial->kind].targets);
		return drive(bench, trial, hook, program, frame, bench->repeats);
	}
}

/* The programs take turns: what disturbs the machine for longer disturbs both. */
static void try(struct bench *bench, const struct trial *trial, const struct subject *hook)
{
	const struct prefixes *prefixes = &bench->prefixes[trial->family][trial->verdict];
	struct frame frame = make_frame(trial, prefixes_draw(prefixes, &bench->random));
	struct bench_series ours = {0}, theirs = {0}, added = {0};
	char name[96];

	draw_targets(bench, trial, prefixes);
	check(bench, trial, hook, &frame);
	forget_flows(bench);
	for (unsigned i = 0; i < bench->runs; i++) {
		double without = measure(bench, trial, hook, hook->empty, &frame);
		double with = measure(bench, trial, hook, hook->program, &frame);

		bench_add(&theirs, without);
		bench_add(&ours, with);
		bench_add(&added, with - without);
	}
	forget_flows(bench);
	snprintf(name, sizeof(name), "program/%s/%s/%s/%s/%s", hook->name,
		 trial->family == FAMILY_V4 ? "v4" : "v6",
		 trial->protocol == IPPROTO_TCP ? "tcp" : "udp",
		 trial->verdict == VERDICT_ALLOW ? "allow" : "deny", kinds[trial->kind].name);
	bench_report(name, "ns", &ours, "empty program", &theirs);
	snprintf(name + strlen(name), sizeof(name) - strlen(name), "/added");
	bench_report(name, "ns", &added, NULL, NULL);
}

/* A router's, as small as can be: the gateway asks it for the way of a denied packet. */
static void make_routes(void)
{
	if (unshare(CLONE_NEWNET))
		bench_die("unshare");
	if (kernel_in_initial_namespace()) {
		fprintf(stderr, "bench: refused in the network namespace of the machine itself\n");
		exit(1);
	}
	if (system("ip link set lo up && ip link add out0 type veth peer name out1 && "
		   "ip address add 10.79.0.1/24 dev out0 && ip address add fd79::1/64 dev out0 && "
		   "ip link set out0 up && ip link set out1 up && "
		   "echo 1 >/proc/sys/net/ipv4/conf/all/forwarding && "
		   "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding && "
		   "ip route add default via 10.79.0.2 && ip -6 route add default via fd79::2"))
		bench_die("routes");
}

int main(int argc, char **argv)
{
	struct bench bench = {.runs = 7, .repeats = REPEATS, .random = BENCH_SEED};

	if (argc < 3) {
		fprintf(stderr, "usage: program_bench DATA_DIR POLICY [RUNS [REPEATS]]\n");
		return 2;
	}
	if (argc > 3)
		bench.runs = (unsigned)atoi(argv[3]);
	if (argc > 4)
		bench.repeats = (uint32_t)atoi(argv[4]);
	bench_pin(1);
	world_open(argv[1], argv[2], &bench.world);
	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < 2; verdict++)
			bench.prefixes[family][verdict] = world_prefixes(
				&bench.world, (enum family)family, (enum verdict)verdict, false);
	make_routes();
	load(&bench);
	for (int hook = 0; hook < HOOKED; hook++)
		for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++)
			try(&bench, &trials[i], &bench.hooks[hook]);
	ring_buffer__free(bench.ring);
	gateway_destroy(bench.gateway);
	loaded_destroy(bench.guard);
	program_bpf__destroy(bench.driver);
	for (int family = 0; family < FAMILIES; family++)
		for (int verdict = 0; verdict < 2; verdict++)
			prefixes_free(&bench.prefixes[family][verdict]);
	world_close(&bench.world);
	return 0;
}
