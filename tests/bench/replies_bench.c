// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What replies cost a packet (BPF_PROG_RUN): nothing where what is allowed leaves, and how much
 * where packets come in and where answers leave.
 *
 *   replies_bench [RUNS]
 *   replies_bench flood SECONDS
 *
 * Guards with replies and without run in turn; a line each: name, median nanoseconds, of how many
 * runs, and the spread. A flood: forged SYNs by two threads as fast as they can, and how many of
 * the connections that were established before are lost (exit 1 if any).
 */
#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "maps/config.h"

#include "bpf/egress.skel.h"
#include "tests/bench/forge.skel.h"
#include "tests/prog/hand_table.h"
#include "tests/prog/reply_frames.h"
#include "userspace/kernel/replies.h"

#define REPEATS   (1u << 18)
#define RUNS_MOST 101

static const struct peers denied = {false, IPPROTO_TCP, 0x05050505, 40000, 443};
static const struct peers allowed = {false, IPPROTO_TCP, 0xc6336407, 40000, 443};
static const struct peers unnamed = {false, IPPROTO_TCP, 0x05050505, 40000, 80};

struct loaded {
	struct table *table;
	struct egress_bpf *guard;
	struct ingress_bpf *ingress; /* NULL: without replies */
};

static void die(const char *what, const struct diagnostics *diagnostics)
{
	fprintf(stderr, "replies_bench: %s: %s\n", what,
		diagnostics && diagnostics->count ? diagnostics->items[0].text : "");
	exit(1);
}

static struct loaded load(uint8_t services)
{
	struct kernel_options options = {.reply_count = services};
	struct diagnostics diagnostics = {0};
	struct loaded loaded = {.table = hand_table(false, NULL, &diagnostics)};
	const struct load_request request = {
		.table = loaded.table, .options = &options, .generation = 1};

	for (uint8_t i = 0; i < services; i++)
		options.replies[i] = (struct reply_service){.low = (uint16_t)(1000 + i),
							    .high = (uint16_t)(1000 + i),
							    .protocol = IPPROTO_TCP};
	if (services)
		options.replies[services - 1].low = options.replies[services - 1].high = 443;
	if (load_generation(&request, &loaded.guard, &diagnostics) ||
	    replies_load(loaded.guard, &options, &loaded.ingress, &diagnostics))
		die("load", &diagnostics);
	return loaded;
}

static double run(int program, struct reply_frame frame, unsigned repeats)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.bytes,
		    .data_size_in = (__u32)frame.size, .repeat = (int)repeats);

	if (bpf_prog_test_run_opts(program, &options))
		die("BPF_PROG_RUN", NULL);
	return options.duration;
}

static struct reply_frame tcp(const struct peers *peers, enum way way, uint8_t flags,
			      uint32_t sequence, uint32_t acknowledged)
{
	return reply_tcp(peers, way, (struct segment){flags, sequence, acknowledged, 0});
}

/* --- a flood --- */

#define FLOOD_THREADS 2
#define ESTABLISHED   10000

struct flood {
	int program; /* changes the address, and hands on */
	double seconds;
	uint64_t sent;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *pour(void *argument)
{
	struct flood *flood = argument;
	double end = now() + flood->seconds;

	for (; now() < end; flood->sent += REPEATS)
		run(flood->program, tcp(&denied, CAME_IN, SYN, 1, 0), REPEATS);
	return NULL;
}

static struct peers established(unsigned number)
{
	struct peers peers = denied;

	peers.remote_port = (uint16_t)(1024 + number);
	return peers;
}

static int guard_of(const struct loaded *loaded)
{
	return loaded_program(loaded->guard, FORM_ETHERNET);
}

static void shake_hands(const struct loaded *loaded, const struct peers *peers)
{
	int ingress = replies_program(loaded->ingress, FORM_ETHERNET);

	run(ingress, tcp(peers, CAME_IN, SYN, 1, 0), 1);
	run(guard_of(loaded), tcp(peers, GOES_OUT, SYN | ACK, 9, 2), 1);
	run(ingress, tcp(peers, CAME_IN, ACK, 2, 10), 1);
}

static unsigned count_lost(const struct loaded *loaded)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < ESTABLISHED; i++) {
		struct peers peers = established(i);
		struct reply_frame frame = tcp(&peers, GOES_OUT, ACK, 10, 2);
		LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.bytes,
			    .data_size_in = (__u32)frame.size, .repeat = 1);

		if (bpf_prog_test_run_opts(guard_of(loaded), &options))
			die("BPF_PROG_RUN", NULL);
		lost += options.retval == TC_ACT_SHOT;
	}
	return lost;
}

static int flood(double seconds)
{
	struct loaded one = load(1);
	struct flood floods[FLOOD_THREADS];
	pthread_t threads[FLOOD_THREADS];
	uint64_t sent = 0;
	struct forge_bpf *forge = forge_bpf__open_and_load();
	int ingress = replies_program(one.ingress, FORM_ETHERNET);
	uint32_t zero = 0;

	if (!forge ||
	    bpf_map_update_elem(bpf_map__fd(forge->maps.subject), &zero, &ingress, BPF_ANY))
		die("the forger cannot be loaded", NULL);
	for (unsigned i = 0; i < ESTABLISHED; i++) {
		struct peers peers = established(i);

		shake_hands(&one, &peers);
	}
	clock_t before = clock();
	for (unsigned i = 0; i < FLOOD_THREADS; i++) {
		floods[i] = (struct flood){bpf_program__fd(forge->progs.forge), seconds, 0};
		if (pthread_create(&threads[i], NULL, pour, &floods[i]))
			die("thread", NULL);
	}
	for (unsigned i = 0; i < FLOOD_THREADS; i++) {
		pthread_join(threads[i], NULL);
		sent += floods[i].sent;
	}
	double spent = (double)(clock() - before) / CLOCKS_PER_SEC;
	forge_bpf__destroy(forge);
	unsigned lost = count_lost(&one);
	printf("the program alone: %llu forged SYNs in %.0f s (%.0f a second, %.0f a second of "
	       "CPU), "
	       "lost: %u of %u\n",
	       (unsigned long long)sent, seconds, (double)sent / seconds, (double)sent / spent,
	       lost, ESTABLISHED);
	return lost ? 1 : 0;
}

struct row {
	const char *name;
	int program;
	struct reply_frame frame;
	double results[RUNS_MOST];
};

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "flood") == 0)
		return flood(atof(argv[2]));
	unsigned runs = argc > 1 ? (unsigned)atoi(argv[1]) : 21;
	struct loaded plain = load(0), one = load(1), many = load(REPLY_SERVICES_MOST);
	int ingress = replies_program(one.ingress, FORM_ETHERNET);
	struct row rows[] = {
		{"out, allowed, no replies",
		 guard_of(&plain),
		 tcp(&allowed, GOES_OUT, ACK, 1, 1),
		 {0}},
		{"out, allowed, replies", guard_of(&one), tcp(&allowed, GOES_OUT, ACK, 1, 1), {0}},
		{"out, denied, no replies",
		 guard_of(&plain),
		 tcp(&denied, GOES_OUT, ACK, 1, 1),
		 {0}},
		{"out, denied, port not named",
		 guard_of(&one),
		 tcp(&unnamed, GOES_OUT, ACK, 1, 1),
		 {0}},
		{"out, an answer", guard_of(&one), tcp(&denied, GOES_OUT, ACK, 10, 2), {0}},
		{"in, port not named, of 1", ingress, tcp(&unnamed, CAME_IN, ACK, 1, 1), {0}},
		{"in, port not named, of 32",
		 replies_program(many.ingress, FORM_ETHERNET),
		 tcp(&unnamed, CAME_IN, ACK, 1, 1),
		 {0}},
		{"in, from where all may go", ingress, tcp(&allowed, CAME_IN, ACK, 1, 1), {0}},
		{"in, of a connection", ingress, tcp(&denied, CAME_IN, ACK, 2, 10), {0}},
		{"in, a SYN", ingress, tcp(&denied, CAME_IN, SYN, 1, 0), {0}},
	};
	size_t count = sizeof(rows) / sizeof(rows[0]);

	if (runs < 1 || runs > RUNS_MOST)
		die("RUNS is 1 to 101", NULL);
	shake_hands(&one, &denied);
	for (unsigned i = 0; i < runs; i++)
		for (size_t j = 0; j < count; j++)
			rows[j].results[i] = run(rows[j].program, rows[j].frame, REPEATS);
	for (size_t j = 0; j < count; j++) {
		double *results = rows[j].results;

		qsort(results, runs, sizeof(*results), by_size);
		printf("%-30s %6.0f ns  (%u runs, %.0f to %.0f)\n", rows[j].name, results[runs / 2],
		       runs, results[0], results[runs - 1]);
	}
	return 0;
}
