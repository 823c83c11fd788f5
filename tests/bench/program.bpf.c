// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Around the program that is measured: the empty programs to compare with, and a driver that gives
 * the packet its next destination before it calls the program. BPF_PROG_RUN repeats on one and the
 * same packet, so that a million repeats with the driver are a million destinations.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

#include "tests/bench/program.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DRIVE_TARGETS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct drive_target);
} targets SEC(".maps");

/* The program that is measured. A map of programs takes only those of one kind. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} measured_tc SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} measured_xdp SEC(".maps");

__u32 position;    /* of the next target */
__u32 target_mask; /* number of targets - 1 */

SEC("tc")
int empty_tc(struct __sk_buff *skb __attribute__((unused)))
{
	return TC_ACT_UNSPEC;
}

SEC("xdp.frags")
int empty_xdp(struct xdp_md *xdp __attribute__((unused)))
{
	return XDP_PASS;
}

static __always_inline const struct drive_target *next_target(void)
{
	__u32 index = position++ & target_mask;

	return bpf_map_lookup_elem(&targets, &index);
}

/* Gives the IPv4 packet its next destination. False: there is no room for one. */
static __always_inline bool turn_v4(void *data, void *end)
{
	struct iphdr *ip = data + ETH_HLEN;
	const struct drive_target *target = next_target();

	if (!target || (void *)(ip + 1) > end)
		return false;
	ip->daddr = target->words[0];
	return true;
}

static __always_inline bool turn_v6(void *data, void *end)
{
	struct ipv6hdr *ip = data + ETH_HLEN;
	const struct drive_target *target = next_target();

	if (!target || (void *)(ip + 1) > end)
		return false;
	__builtin_memcpy(&ip->daddr, target->words, sizeof(ip->daddr));
	return true;
}

#define DRIVER(section, name, context, turn, map, refused)                            \
	SEC(section)                                                                  \
	int name(struct context *packet)                                              \
	{                                                                             \
		if (turn((void *)(long)packet->data, (void *)(long)packet->data_end)) \
			bpf_tail_call(packet, &map, 0);                               \
		return refused;                                                       \
	}

DRIVER("tc", drive_tc_v4, __sk_buff, turn_v4, measured_tc, TC_ACT_SHOT)
DRIVER("tc", drive_tc_v6, __sk_buff, turn_v6, measured_tc, TC_ACT_SHOT)
DRIVER("xdp.frags", drive_xdp_v4, xdp_md, turn_v4, measured_xdp, XDP_DROP)
DRIVER("xdp.frags", drive_xdp_v6, xdp_md, turn_v6, measured_xdp, XDP_DROP)

char _license[] SEC("license") = "GPL";
