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

#include <bpf/bpf_helpers.h>

#include "tests/bench/program.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DRIVE_TARGETS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct drive_target);
} targets SEC(".maps");

/* The program that is measured. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} measured SEC(".maps");

__u32 position;    /* of the next target */
__u32 target_mask; /* number of targets - 1 */

SEC("tc")
int empty_tc(struct __sk_buff *skb __attribute__((unused)))
{
	return TC_ACT_UNSPEC;
}

SEC("xdp")
int empty_xdp(struct xdp_md *xdp __attribute__((unused)))
{
	return XDP_PASS;
}

static __always_inline const struct drive_target *next_target(void)
{
	__u32 index = position++ & target_mask;

	return bpf_map_lookup_elem(&targets, &index);
}

SEC("tc")
int drive_v4(struct __sk_buff *skb)
{
	struct iphdr *ip = (void *)(long)skb->data + ETH_HLEN;
	const struct drive_target *target = next_target();

	if (!target || (void *)(ip + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	ip->daddr = target->words[0];
	bpf_tail_call(skb, &measured, 0);
	return TC_ACT_SHOT;
}

SEC("tc")
int drive_v6(struct __sk_buff *skb)
{
	struct ipv6hdr *ip = (void *)(long)skb->data + ETH_HLEN;
	const struct drive_target *target = next_target();

	if (!target || (void *)(ip + 1) > (void *)(long)skb->data_end)
		return TC_ACT_SHOT;
	__builtin_memcpy(&ip->daddr, target->words, sizeof(ip->daddr));
	bpf_tail_call(skb, &measured, 0);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
