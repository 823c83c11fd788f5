/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a guard or a gateway, and the empty program of its kind, on packets to many destinations. */
#ifndef GABELOU_TESTS_BENCH_DRIVE_H
#define GABELOU_TESTS_BENCH_DRIVE_H

#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include "tests/bench/bench.h"
#include "tests/bench/program.h"
#include "tests/bench/program.skel.h"
#include "userspace/kernel/gateway.h"

#define FRAME_SIZE 128

struct frame {
	unsigned char bytes[FRAME_SIZE];
	size_t size;
};

/* A kind of program. */
struct subject {
	const char *name;
	int program, empty, measured; /* file descriptors */
	int drivers[FAMILIES];
	int drop; /* what the program answers to deny */
};

enum subject_kind { SUBJECT_TC, SUBJECT_XDP, SUBJECTS };

static inline void drive_subjects(const struct program_bpf *driver, const struct egress_bpf *guard,
				  const struct gateway_bpf *gateway,
				  struct subject subjects[SUBJECTS])
{
	subjects[SUBJECT_TC] = (struct subject){
		.name = "tc",
		.program = loaded_program(guard, FORM_ETHERNET),
		.empty = bpf_program__fd(driver->progs.empty_tc),
		.measured = bpf_map__fd(driver->maps.measured_tc),
		.drivers = {[FAMILY_V4] = bpf_program__fd(driver->progs.drive_tc_v4),
			    [FAMILY_V6] = bpf_program__fd(driver->progs.drive_tc_v6)},
		.drop = TC_ACT_SHOT,
	};
	subjects[SUBJECT_XDP] = (struct subject){
		.name = "xdp",
		.program = gateway_program(gateway, FORM_ETHERNET),
		.empty = bpf_program__fd(driver->progs.empty_xdp),
		.measured = bpf_map__fd(driver->maps.measured_xdp),
		.drivers = {[FAMILY_V4] = bpf_program__fd(driver->progs.drive_xdp_v4),
			    [FAMILY_V6] = bpf_program__fd(driver->progs.drive_xdp_v6)},
		.drop = XDP_DROP,
	};
}

static inline struct frame drive_frame(struct address destination, uint8_t protocol)
{
	bool v4 = destination.family == FAMILY_V4;
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
				     .protocol = protocol,
				     .saddr = htonl(0x0a000001)};
		address_to_bytes(destination, &ip->daddr);
	} else {
		struct ipv6hdr *ip = (void *)network;

		*ip = (struct ipv6hdr){.version = 6,
				       .payload_len = htons((uint16_t)length),
				       .hop_limit = 64,
				       .nexthdr = protocol};
		ip->saddr.s6_addr[0] = 0xfd;
		address_to_bytes(destination, &ip->daddr);
	}
	if (protocol == IPPROTO_TCP)
		*(struct tcphdr *)transport = (struct tcphdr){
			.source = htons(40000), .dest = htons(443), .doff = 5, .ack = 1};
	else
		*(struct udphdr *)transport = (struct udphdr){
			.source = htons(40000), .dest = htons(443), .len = htons((uint16_t)length)};
	return frame;
}

/* CPU nanoseconds for each of @repeats runs; *action is what the last one returned. */
static inline double drive_run(int program, const struct frame *frame, uint32_t repeats,
			       int *action)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = (__u32)frame->size, .repeat = (int)repeats);
	double begin = bench_cpu_ns();

	if (bpf_prog_test_run_opts(program, &options))
		bench_die("BPF_PROG_RUN");
	*action = (int)options.retval;
	return (bench_cpu_ns() - begin) / repeats;
}

/* The driver, which from now on begins at the first target and calls @program. */
static inline int drive_prepare(struct program_bpf *driver, const struct subject *subject,
				enum family family, int program)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(subject->measured, &zero, &program, 0))
		bench_die("the program cannot be called");
	driver->bss->position = 0;
	return subject->drivers[family];
}

/* A router's, as small as can be: the gateway asks it for the way of a denied packet. */
static inline void drive_routes(void)
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

#endif
