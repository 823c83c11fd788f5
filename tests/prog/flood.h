/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flood through one guarded link, every packet of which is counted at both ends: as it is sent,
 * by a process of its own, and as it arrives, by a socket filter at the far end of the wire.
 */
#ifndef GABELOU_TESTS_PROG_FLOOD_H
#define GABELOU_TESTS_PROG_FLOOD_H

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <signal.h>
#include <sys/prctl.h>

#include "tests/prog/applied.h"

#define FLOOD_NEAR      "gone0"
#define FLOOD_FAR       "far0"
#define FLOOD_UNDER_WAY 200  /* milliseconds without an arrival */
#define FLOOD_MARK      0xa5 /* in frames of the flood */
#define FLOOD_SETTLE    1500 /* milliseconds of silence: nothing comes any more */

/* Both families, and IPv4 inside IPv6; the class decides which of two generations denies it. */
struct flood_target {
	const char *address;
	enum hand_class class;
};

static const struct flood_target flood_targets[] = {
	{"198.51.100.7", HAND_ALLOWED},       {"192.0.2.99", HAND_DENIED},
	{"2001:db8:a::7", HAND_ALLOWED},      {"2001:db8:b::7", HAND_DENIED},
	{"64:ff9b::c633:6407", HAND_ALLOWED}, {"64:ff9b::c000:263", HAND_DENIED},
};
#define FLOOD_TARGETS (sizeof(flood_targets) / sizeof(flood_targets[0]))

struct flood {
	pid_t sender;
	int result;   /* end of a pipe, on which the sender says what it sent */
	int arrivals; /* map: packets by target */
	int tap;
	uint64_t sent[FLOOD_TARGETS];
	uint64_t arrived[FLOOD_TARGETS];
};

static volatile sig_atomic_t flood_over;

static inline void flood_stop_sending(int signal)
{
	(void)signal;
	flood_over = 1;
}

/* The last two bytes of the sender's address tell the far end what to count: MARK, target. */
static inline size_t flood_frame(size_t target, uint8_t frame[PACKET_MOST])
{
	size_t size = packet_udp(hand_address(flood_targets[target].address), frame);

	frame[2 * ETH_ALEN - 2] = FLOOD_MARK;
	frame[2 * ETH_ALEN - 1] = (uint8_t)target;
	return size;
}

/* One frame to each in turn until it is told to stop. */
static inline void flood_send(int result)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(FLOOD_NEAR),
	};
	uint8_t frames[FLOOD_TARGETS][PACKET_MOST];
	size_t sizes[FLOOD_TARGETS];
	uint64_t sent[FLOOD_TARGETS] = {0};
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < FLOOD_TARGETS; i++)
		sizes[i] = flood_frame(i, frames[i]);
	for (size_t i = 0; !flood_over; i = (i + 1) % FLOOD_TARGETS) {
		at.sll_protocol =
			htons(strchr(flood_targets[i].address, ':') ? ETH_P_IPV6 : ETH_P_IP);
		/* A dropped frame is ENOBUFS to a packet socket: it was judged like the others. */
		if (sendto(raw, frames[i], sizes[i], 0, (struct sockaddr *)&at, sizeof(at)) < 0 &&
		    errno != ENOBUFS)
			break;
		sent[i]++;
	}
	_exit(write(result, sent, sizeof(sent)) == sizeof(sent) && flood_over ? 0 : 1);
}

/*
 * Counts a frame of the flood by its target, and takes none of it into the socket:
 *
 *   if (frame[10] == MARK && (counter = arrivals[frame[11]])) (*counter)++;
 *   return 0;
 */
static inline int flood_counter_load(int arrivals)
{
#define CODE(operation, destination, source, offset, immediate)   \
	(struct bpf_insn)                                         \
	{                                                         \
		operation, destination, source, offset, immediate \
	}
	const struct bpf_insn code[] = {
		CODE(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0),
		CODE(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 2 * ETH_ALEN - 2),
		CODE(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 10, FLOOD_MARK),
		CODE(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 2 * ETH_ALEN - 1),
		CODE(BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, BPF_REG_0, -4, 0),
		CODE(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
		CODE(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
		CODE(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, arrivals),
		CODE(0, 0, 0, 0, 0),
		CODE(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		CODE(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0),
		CODE(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1),
		CODE(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD),
		CODE(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		CODE(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
#undef CODE
	return bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "arrivals", "GPL", code,
			     sizeof(code) / sizeof(code[0]), NULL);
}

static inline void flood_start(struct flood *flood)
{
	int result[2];

	flood->arrivals = bpf_map_create(BPF_MAP_TYPE_ARRAY, "arrivals", sizeof(uint32_t),
					 sizeof(uint64_t), FLOOD_TARGETS, NULL);
	assert_true(flood->arrivals >= 0);
	int counter = flood_counter_load(flood->arrivals);
	assert_true(counter >= 0);
	flood->tap = applied_tap(FLOOD_FAR);
	assert_int_equal(
		setsockopt(flood->tap, SOL_SOCKET, SO_ATTACH_BPF, &counter, sizeof(counter)), 0);
	close(counter);
	assert_int_equal(pipe(result), 0);
	flood->result = result[0];
	flood_over = 0;
	signal(SIGUSR1, flood_stop_sending);
	flood->sender = fork();
	if (flood->sender == 0)
		flood_send(result[1]);
	close(result[1]);
	assert_true(flood->sender > 0);
}

static inline uint64_t flood_count(struct flood *flood)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < FLOOD_TARGETS; i++) {
		assert_int_equal(bpf_map_lookup_elem(flood->arrivals, &i, &flood->arrived[i]), 0);
		sum += flood->arrived[i];
	}
	return sum;
}

/* Ends it; from here sent and arrived are known. */
static inline void flood_stop(struct flood *flood)
{
	kill(flood->sender, SIGUSR1);
	int exit_of_sender = applied_exit_of(flood->sender);
	flood->sender = 0;
	assert_int_equal(exit_of_sender, 0);
	assert_int_equal(read(flood->result, flood->sent, sizeof(flood->sent)),
			 sizeof(flood->sent));
	close(flood->result);
	/* Until nothing is under way any more. */
	for (uint64_t before = UINT64_MAX, now; (now = flood_count(flood)) != before; before = now)
		applied_sleep_ms(FLOOD_UNDER_WAY);
	close(flood->arrivals);
	close(flood->tap);
}

/* After a failed test: nobody goes on sending. */
static inline void flood_abandon(struct flood *flood)
{
	if (flood->sender <= 0)
		return;
	kill(flood->sender, SIGKILL);
	waitpid(flood->sender, NULL, 0);
	flood->sender = 0;
}

#endif
