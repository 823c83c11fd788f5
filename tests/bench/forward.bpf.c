// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic through a forwarding host: a source, the two places where it is counted, and a guard made
 * of an LPM trie to compare with.
 *
 * The source runs on live frames, which come back to it used: it writes every byte each time.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "tests/bench/forward.h"

struct frame_v4 {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct udphdr udp;
	__u8 payload[FORWARD_PAYLOAD];
} __attribute__((packed));

struct frame_v6 {
	struct ethhdr ethernet;
	struct ipv6hdr ip;
	struct udphdr udp;
	__u8 payload[FORWARD_PAYLOAD];
} __attribute__((packed));

const volatile __u32 out_ifindex;
const volatile __u8 source_mac[ETH_ALEN], host_mac[ETH_ALEN];
const volatile __u32 source_v4;    /* network byte order */
const volatile __u32 source_v6[4]; /* likewise */

__u32 position;    /* of the next target */
__u32 target_mask; /* number of targets - 1 */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FORWARD_TARGETS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct forward_target);
} targets SEC(".maps");

/* Per CPU, so that packets on another CPU than ours are noticed. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} arrived SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1 << 22);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct forward_key_v4);
	__type(value, __u32);
} allowed_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1 << 22);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct forward_key_v6);
	__type(value, __u32);
} allowed_v6 SEC(".maps");

static __always_inline const struct forward_target *next_target(void)
{
	__u32 index = position++ & target_mask;

	return bpf_map_lookup_elem(&targets, &index);
}

static __always_inline void write_ethernet(struct ethhdr *ethernet, __u16 protocol)
{
	for (int i = 0; i < ETH_ALEN; i++) {
		ethernet->h_dest[i] = host_mac[i];
		ethernet->h_source[i] = source_mac[i];
	}
	ethernet->h_proto = bpf_htons(protocol);
}

/* Headers are handed on as void *: behind 14 bytes of Ethernet they are not aligned. */
static __always_inline void write_udp(void *header)
{
	struct udphdr *udp = header;

	udp->source = bpf_htons(FORWARD_PORT);
	udp->dest = bpf_htons(443);
	udp->len = bpf_htons(sizeof(*udp) + FORWARD_PAYLOAD);
	udp->check = 0;
	__builtin_memset(udp + 1, 0, FORWARD_PAYLOAD);
}

/* RFC 1071, over a header whose checksum field is 0. */
static __always_inline __u16 ip_checksum(const void *header)
{
	const __u16 *words = header;
	__u32 sum = 0;

	for (unsigned i = 0; i < sizeof(struct iphdr) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

SEC("xdp")
int generate_v4(struct xdp_md *xdp)
{
	struct frame_v4 *frame = (void *)(long)xdp->data;
	const struct forward_target *target = next_target();

	if (!target || (void *)(frame + 1) > (void *)(long)xdp->data_end)
		return XDP_ABORTED;
	write_ethernet(&frame->ethernet, ETH_P_IP);
	frame->ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.tot_len = bpf_htons(sizeof(*frame) - sizeof(frame->ethernet)),
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.saddr = source_v4,
		.daddr = target->words[0],
	};
	frame->ip.check = ip_checksum(&frame->ip);
	write_udp(&frame->udp);
	return bpf_redirect(out_ifindex, 0);
}

SEC("xdp")
int generate_v6(struct xdp_md *xdp)
{
	struct frame_v6 *frame = (void *)(long)xdp->data;
	const struct forward_target *target = next_target();

	if (!target || (void *)(frame + 1) > (void *)(long)xdp->data_end)
		return XDP_ABORTED;
	write_ethernet(&frame->ethernet, ETH_P_IPV6);
	*(__u32 *)(void *)&frame->ip = bpf_htonl(6u << 28);
	frame->ip.payload_len = bpf_htons(sizeof(frame->udp) + FORWARD_PAYLOAD);
	frame->ip.nexthdr = IPPROTO_UDP;
	frame->ip.hop_limit = 64;
	for (int i = 0; i < 4; i++) {
		frame->ip.saddr.s6_addr32[i] = source_v6[i];
		frame->ip.daddr.s6_addr32[i] = target->words[i];
	}
	write_udp(&frame->udp);
	return bpf_redirect(out_ifindex, 0);
}

static __always_inline bool is_ours(const struct __sk_buff *skb)
{
	const struct frame_v4 *v4 = (void *)(long)skb->data;
	const struct frame_v6 *v6 = (void *)(long)skb->data;
	const void *end = (void *)(long)skb->data_end;

	if ((const void *)(v4 + 1) > end)
		return false;
	if (v4->ethernet.h_proto == bpf_htons(ETH_P_IP))
		return v4->udp.source == bpf_htons(FORWARD_PORT);
	return (const void *)(v6 + 1) <= end && v6->ethernet.h_proto == bpf_htons(ETH_P_IPV6) &&
	       v6->udp.source == bpf_htons(FORWARD_PORT);
}

/* The end of the way: counts our packets and drops them. */
SEC("tc")
int discard(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&arrived, &zero);

	if (!is_ours(skb))
		return TC_ACT_UNSPEC;
	if (count)
		*count += 1;
	return TC_ACT_SHOT;
}

/* What any program at this hook costs. */
SEC("tc")
int empty_guard(struct __sk_buff *skb __attribute__((unused)))
{
	return TC_ACT_UNSPEC;
}

/* What any program costs where the gateway stands. */
SEC("xdp.frags")
int empty_gateway(struct xdp_md *xdp __attribute__((unused)))
{
	return XDP_PASS;
}

/* The least guard that can be written with an LPM trie: it parses nothing that it does not need
 * and counts nothing. */
SEC("tc")
int trie_guard(struct __sk_buff *skb)
{
	const struct frame_v4 *v4 = (void *)(long)skb->data;
	const struct frame_v6 *v6 = (void *)(long)skb->data;
	const void *end = (void *)(long)skb->data_end;

	if ((const void *)&v4->udp > end)
		return TC_ACT_SHOT;
	if (v4->ethernet.h_proto == bpf_htons(ETH_P_IP)) {
		struct forward_key_v4 key = {32, v4->ip.daddr};

		return bpf_map_lookup_elem(&allowed_v4, &key) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
	}
	if (v4->ethernet.h_proto == bpf_htons(ETH_P_IPV6) && (const void *)&v6->udp <= end) {
		struct forward_key_v6 key = {.length = 128};

		__builtin_memcpy(key.address, &v6->ip.daddr, sizeof(key.address));
		return bpf_map_lookup_elem(&allowed_v6, &key) ? TC_ACT_UNSPEC : TC_ACT_SHOT;
	}
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "GPL";
