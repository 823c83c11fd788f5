// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends packets from a source through a forwarding host to a sink, on one CPU, and says what each
 * has cost. Each of the three is a network namespace; the links between them exist already. What
 * guards the forwarding host is the caller's business, but for four that are made here:
 * "generator" drops every packet where it enters the host; at its outside link "empty-tc" lets
 * every packet pass, and "lpm-trie" those to the allowed prefixes; at its inside link "empty-xdp"
 * lets every packet pass.
 *
 * A line on stdout for each mix of traffic:
 * {"sample", "subject", "cpu_ns", "wall_ns" (of each packet), "sent", "received"}
 */
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/forward.h"
#include "tests/bench/forward.skel.h"
#include "userspace/base/address.h"
#include "userspace/kernel/kernel.h"

#define CPU         1
#define BATCH       64 /* frames between two flushes: a quarter of what a veth queue holds */
#define SETTLE_US   20000
#define TRIES       5
#define TCX_INGRESS ((enum bpf_attach_type)46) /* libbpf 1.1 has no name for them */
#define TCX_EGRESS  ((enum bpf_attach_type)47)

struct mix {
	const char *name;
	const char *file;
	uint32_t targets; /* a power of two */
	bool v6, denied;
};

/* The floods come last: they leave the guard's flow table full. */
static const struct mix mixes[] = {
	{"forward/v4/allow/hot", "v4.allow.targets", 4096, false, false},
	{"forward/v6/allow/hot", "v6.allow.targets", 4096, true, false},
	{"forward/v4/allow/cold", "v4.allow.targets", FORWARD_TARGETS, false, false},
	{"forward/v6/allow/cold", "v6.allow.targets", FORWARD_TARGETS, true, false},
	{"forward/v4/deny/hot", "v4.deny.targets", 4096, false, true},
	{"forward/v6/deny/hot", "v6.deny.targets", 4096, true, true},
	{"forward/v4/deny/flood", "v4.deny.targets", FORWARD_TARGETS, false, true},
	{"forward/v6/deny/flood", "v6.deny.targets", FORWARD_TARGETS, true, true},
};

struct bench {
	const char *source, *host, *sink; /* names of namespaces */
	const char *lists, *subject;
	uint32_t packets;
	struct forward_bpf *programs;
	int softirq; /* /proc/PID/schedstat of our CPU's ksoftirqd */
};

static void enter(const char *namespace)
{
	char path[256];
	int file;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || setns(file, CLONE_NEWNET))
		bench_die(path);
	close(file);
	if (kernel_in_initial_namespace()) {
		fprintf(stderr, "bench: refused in the network namespace of the machine itself\n");
		exit(1);
	}
}

static unsigned link_index(const char *name)
{
	unsigned index = if_nametoindex(name);

	if (!index)
		bench_die(name);
	return index;
}

static void attach(const struct bpf_program *program, const char *name, enum bpf_attach_type type)
{
	/* Holds until this process ends. */
	if (bpf_link_create(bpf_program__fd(program), (int)link_index(name), type, NULL) < 0)
		bench_die("attach");
}

/* A veth takes redirected frames only where its peer has GRO on. */
static void turn_gro_on(const char *name)
{
	struct ethtool_value value = {ETHTOOL_SGRO, 1};
	struct ifreq request = {.ifr_data = (void *)&value};
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (any < 0 || ioctl(any, SIOCETHTOOL, &request))
		bench_die("turning GRO on");
	close(any);
}

static void read_mac(const char *name, const volatile uint8_t *mac)
{
	struct ifreq request = {0};
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (any < 0 || ioctl(any, SIOCGIFHWADDR, &request))
		bench_die("hardware address");
	memcpy((void *)mac, request.ifr_hwaddr.sa_data, 6);
	close(any);
}

/* Softirqs that take long go on in ksoftirqd, which is a thread of its own. */
static int open_softirq(void)
{
	char wanted[32], path[300], comm[64];
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	int found = -1;

	snprintf(wanted, sizeof(wanted), "ksoftirqd/%d\n", CPU);
	while (proc && found < 0 && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		FILE *file = fopen(path, "re");

		if (!file)
			continue;
		if (fgets(comm, sizeof(comm), file) && strcmp(comm, wanted) == 0) {
			snprintf(path, sizeof(path), "/proc/%s/schedstat", entry->d_name);
			found = open(path, O_RDONLY | O_CLOEXEC);
		}
		fclose(file);
	}
	if (found < 0)
		bench_die("ksoftirqd");
	closedir(proc);
	return found;
}

static double softirq_ns(const struct bench *bench)
{
	char text[128] = "";

	if (pread(bench->softirq, text, sizeof(text) - 1, 0) <= 0)
		bench_die("schedstat");
	return strtod(text, NULL);
}

struct arrived {
	uint64_t here, elsewhere; /* on our CPU, on others */
};

static struct arrived read_arrived(const struct bench *bench)
{
	struct arrived arrived = {0};
	uint64_t counts[1024];
	int cpus = libbpf_num_possible_cpus();
	__u32 zero = 0;

	if (cpus > 1024 ||
	    bpf_map_lookup_elem(bpf_map__fd(bench->programs->maps.arrived), &zero, counts))
		bench_die("counters");
	for (int i = 0; i < cpus; i++)
		*(i == CPU ? &arrived.here : &arrived.elsewhere) += counts[i];
	return arrived;
}

static void load_trie(const struct bench *bench, const char *suffix, const struct bpf_map *map)
{
	char path[4096], line[128];
	uint32_t one = 1;

	snprintf(path, sizeof(path), "%s/allowed.%s", bench->lists, suffix);
	FILE *file = fopen(path, "re");

	if (!file)
		bench_die(path);
	while (fgets(line, sizeof(line), file)) {
		struct forward_key_v6 key = {0};
		struct prefix prefix;

		line[strcspn(line, "\n")] = 0;
		if (prefix_parse(line, strlen(line), &prefix) != PREFIX_OK)
			bench_die(line);
		key.length = prefix.length;
		address_to_bytes((struct address){prefix.family, prefix.value}, key.address);
		if (bpf_map_update_elem(bpf_map__fd(map), &key, &one, 0))
			bench_die("LPM trie");
	}
	fclose(file);
}

static void prepare(struct bench *bench)
{
	struct forward_bpf *programs = forward_bpf__open();

	if (!programs)
		bench_die("open");
	enter(bench->host);
	turn_gro_on("inside0");
	read_mac("inside0", programs->rodata->host_mac);
	enter(bench->source);
	read_mac("source0", programs->rodata->source_mac);
	programs->rodata->out_ifindex = link_index("source0");
	inet_pton(AF_INET, "10.78.0.1", (void *)&programs->rodata->source_v4);
	inet_pton(AF_INET6, "fd78::1", (void *)programs->rodata->source_v6);
	if (forward_bpf__load(programs))
		bench_die("load");
	bench->programs = programs;
	if (strcmp(bench->subject, "empty-tc") == 0) {
		enter(bench->host);
		attach(programs->progs.empty_guard, "outside0", TCX_EGRESS);
	}
	if (strcmp(bench->subject, "empty-xdp") == 0) {
		enter(bench->host);
		attach(programs->progs.empty_gateway, "inside0", BPF_XDP);
	}
	if (strcmp(bench->subject, "lpm-trie") == 0) {
		load_trie(bench, "v4", programs->maps.allowed_v4);
		load_trie(bench, "v6", programs->maps.allowed_v6);
		enter(bench->host);
		attach(programs->progs.trie_guard, "outside0", TCX_EGRESS);
	}
	if (strcmp(bench->subject, "generator") == 0) {
		enter(bench->host);
		attach(programs->progs.discard, "inside0", TCX_INGRESS);
	} else {
		enter(bench->sink);
		attach(programs->progs.discard, "sink0", TCX_INGRESS);
	}
	enter(bench->source);
}

static void read_targets(const struct bench *bench, const struct mix *mix)
{
	size_t size = FORWARD_TARGETS * sizeof(struct forward_target), wanted;
	struct forward_target *targets = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
					      bpf_map__fd(bench->programs->maps.targets), 0);
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", bench->lists, mix->file);
	FILE *file = fopen(path, "re");

	wanted = mix->targets;
	if (targets == MAP_FAILED || !file ||
	    fread(targets, sizeof(*targets), wanted, file) != wanted)
		bench_die(path);
	fclose(file);
	munmap(targets, size);
	bench->programs->bss->target_mask = mix->targets - 1;
}

static void send_packets(const struct bench *bench, const struct mix *mix, uint32_t count)
{
	const struct bpf_program *program =
		mix->v6 ? bench->programs->progs.generate_v6 : bench->programs->progs.generate_v4;
	unsigned char frame[14 + 40 + 8 + FORWARD_PAYLOAD] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = sizeof(frame) - (mix->v6 ? 0 : 20), .repeat = (int)count,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);

	bench->programs->bss->position = 0;
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options))
		bench_die("live frames");
}

/* Nothing may get lost for another reason than the verdict. */
static void check(const struct bench *bench, const struct mix *mix, uint64_t received)
{
	static const char *const open[] = {"none", "generator", "empty-tc", "empty-xdp"};
	bool guarded = true;
	uint64_t expected;

	for (size_t i = 0; i < sizeof(open) / sizeof(*open); i++)
		guarded = guarded && strcmp(bench->subject, open[i]) != 0;
	expected = guarded && mix->denied ? 0 : bench->packets;

	if (received == expected)
		return;
	fprintf(stderr, "bench: %s, %s: %u packets sent, %llu arrived, expected %llu\n",
		bench->subject, mix->name, bench->packets, (unsigned long long)received,
		(unsigned long long)expected);
	exit(1);
}

/* False: another CPU took part, since it was just then at work on one of the links; so the numbers
 * mean nothing. */
static bool try(const struct bench *bench, const struct mix *mix)
{
	double cpu, wall, softirq;
	struct arrived before, after;

	read_targets(bench, mix);
	send_packets(bench, mix, mix->targets < bench->packets ? mix->targets : bench->packets);
	usleep(SETTLE_US);
	before = read_arrived(bench);
	softirq = softirq_ns(bench);
	wall = bench_clock(CLOCK_MONOTONIC);
	cpu = bench_cpu_ns();
	send_packets(bench, mix, bench->packets);
	cpu = bench_cpu_ns() - cpu;
	wall = bench_clock(CLOCK_MONOTONIC) - wall;
	usleep(SETTLE_US);
	cpu += softirq_ns(bench) - softirq;
	after = read_arrived(bench);
	if (after.elsewhere != before.elsewhere)
		return false;
	check(bench, mix, after.here - before.here);
	printf("{\"sample\": \"%s\", \"subject\": \"%s\", \"cpu_ns\": %.2f, \"wall_ns\": %.2f, "
	       "\"sent\": %u, \"received\": %llu}\n",
	       mix->name, bench->subject, cpu / bench->packets, wall / bench->packets,
	       bench->packets, (unsigned long long)(after.here - before.here));
	fflush(stdout);
	return true;
}

static void insist(const struct bench *bench, const struct mix *mix)
{
	for (int i = 0; i < TRIES; i++)
		if (try(bench, mix))
			return;
	fprintf(stderr, "bench: %s, %s: packets arrive on another CPU again and again\n",
		bench->subject, mix->name);
	exit(1);
}

int main(int argc, char **argv)
{
	struct bench bench;

	if (argc != 7) {
		fprintf(stderr, "usage: forward_bench SOURCE HOST SINK LISTS SUBJECT PACKETS\n");
		return 2;
	}
	bench = (struct bench){
		.source = argv[1],
		.host = argv[2],
		.sink = argv[3],
		.lists = argv[4],
		.subject = argv[5],
		.packets = (uint32_t)atoi(argv[6]),
	};
	bench_pin(CPU);
	bench.softirq = open_softirq();
	prepare(&bench);
	for (size_t i = 0; i < sizeof(mixes) / sizeof(*mixes); i++)
		insist(&bench, &mixes[i]);
	forward_bpf__destroy(bench.programs);
	return 0;
}
