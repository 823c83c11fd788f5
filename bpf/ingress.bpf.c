// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notes what comes in on the ports that the policy names, from where the table would let nothing go
 * (maps/reply.h). It stands where packets come in on uplinks (tc ingress), judges nothing of them
 * and lets all pass. What it does not understand it does not note, and then no answer leaves.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/reply_table.h"

#define TC_NEXT (-1) /* TCX_NEXT; TC_ACT_UNSPEC to clsact */

#define IPV4_SIZE     20
#define IPV6_SIZE     40
#define FRAGMENT_SIZE 8
#define OFFSET_V4     0x1f /* in the first byte of offset and flags */
#define OFFSET_V6     0xf8 /* in the last byte of them */
#define PORTS_SIZE    4
#define ICMP_READ     8
#define PULLED        128 /* bytes of headers */
#define OFFSET_MASK   127 /* no transport header lies further behind the IP header's start */

/* What came in. */
struct arrival {
	struct reply_key key;
	struct reply_segment segment;
	__u32 transport; /* offset from the IP header */
	__u32 end;       /* of the IP packet, from there */
};

/* @network: offset of the IP header, known when the program is compiled; @offset: from there.
 * Nearly always it lies in the linear part. Invalidates packet pointers. */
static __always_inline bool load(struct __sk_buff *skb, __u32 network, __u32 offset, void *to,
				 __u32 size)
{
	__asm__ volatile("" : "+r"(offset)); /* the verifier shall see the bound anew */
	offset &= OFFSET_MASK;
	const void *at = (const void *)(long)skb->data + network + offset;

	if (likely(at + size <= (const void *)(long)skb->data_end)) {
		__builtin_memcpy(to, at, size);
		return true;
	}
	bpf_skb_pull_data(skb, skb->len < PULLED ? skb->len : PULLED);
	return bpf_skb_load_bytes(skb, network + offset, to, size) == 0;
}

static __always_inline bool read_ipv4(struct __sk_buff *skb, __u32 network, struct arrival *arrival)
{
	__u8 ip[IPV4_SIZE];

	if (!load(skb, network, 0, ip, sizeof(ip)) || ip[6] & OFFSET_V4 || ip[7])
		return false;
	arrival->key.protocol = ip[9];
	__builtin_memcpy(arrival->key.remote, ip + 12, 4);
	__builtin_memcpy(arrival->key.own, ip + 16, 4);
	arrival->transport = (ip[0] & 0xf) * 4;
	arrival->end = ip[2] << 8 | ip[3];
	return ip[0] >> 4 == 4 && arrival->transport >= IPV4_SIZE;
}

static __always_inline bool read_ipv6(struct __sk_buff *skb, __u32 network, struct arrival *arrival)
{
	__u8 ip[IPV6_SIZE], fragment[FRAGMENT_SIZE];

	if (!load(skb, network, 0, ip, sizeof(ip)) || ip[0] >> 4 != 6)
		return false;
	arrival->key.protocol = ip[6];
	__builtin_memcpy(arrival->key.remote, ip + 8, 16);
	__builtin_memcpy(arrival->key.own, ip + 24, 16);
	arrival->transport = IPV6_SIZE;
	arrival->end = IPV6_SIZE + (ip[4] << 8 | ip[5]);
	if (ip[6] != IPPROTO_FRAGMENT)
		return true;
	if (!load(skb, network, IPV6_SIZE, fragment, sizeof(fragment)) || fragment[2] ||
	    fragment[3] & OFFSET_V6)
		return false;
	arrival->key.protocol = fragment[0];
	arrival->transport += FRAGMENT_SIZE;
	return true;
}

static __always_inline bool read_echo(struct __sk_buff *skb, __u32 network, struct arrival *arrival)
{
	__u8 icmp[ICMP_READ];

	if (!load(skb, network, arrival->transport, icmp, sizeof(icmp)) ||
	    icmp[0] != (arrival->key.protocol == IPPROTO_ICMP ? ICMP_ECHO : ICMPV6_REQUEST) ||
	    !reply_named(arrival->key.protocol, icmp[0]))
		return false;
	__builtin_memcpy(&arrival->key.remote_port, icmp + 4, 2);
	return true;
}

static __always_inline bool read_ports(struct __sk_buff *skb, __u32 network,
				       struct arrival *arrival)
{
	__be16 ports[2];

	if (!load(skb, network, arrival->transport, ports, PORTS_SIZE) ||
	    !reply_named(arrival->key.protocol, bpf_ntohs(ports[1])))
		return false;
	arrival->key.remote_port = ports[0];
	arrival->key.own_port = ports[1];
	return true;
}

static __always_inline bool read_tcp(struct __sk_buff *skb, __u32 network, struct arrival *arrival)
{
	__u8 bytes[TCP_READ];

	if (!load(skb, network, arrival->transport, bytes, sizeof(bytes)))
		return false;
	arrival->segment = reply_segment(bytes);
	return true;
}

/* Is it something that may be answered on a port that is named? */
static __always_inline bool read_arrival(struct __sk_buff *skb, __u32 network,
					 struct arrival *arrival)
{
	bool v4 = skb->protocol == bpf_htons(ETH_P_IP);

	if (!v4 && skb->protocol != bpf_htons(ETH_P_IPV6))
		return false;
	arrival->key.ethertype = v4 ? ETH_P_IP : ETH_P_IPV6;
	if (!(v4 ? read_ipv4(skb, network, arrival) : read_ipv6(skb, network, arrival)))
		return false;
	switch (arrival->key.protocol) {
	case IPPROTO_TCP:
		return read_ports(skb, network, arrival) && read_tcp(skb, network, arrival);
	case IPPROTO_UDP:
		return read_ports(skb, network, arrival);
	case IPPROTO_ICMP:
		return v4 && read_echo(skb, network, arrival);
	case IPPROTO_ICMPV6:
		return !v4 && read_echo(skb, network, arrival);
	}
	return false;
}

/* Where answers go anyway, whoever gives them, nothing need be known. Whether they may go against
 * what denies, is asked where they leave. */
static __always_inline bool needs_reply(const struct arrival *arrival)
{
	__be64 halves[2];
	__be32 v4;
	struct decision decision;
	__u32 scope = (config.scopes - 1) * config.classes; /* the strictest */

	__builtin_memcpy(halves, arrival->key.remote, sizeof(halves));
	__builtin_memcpy(&v4, arrival->key.remote, sizeof(v4));
	decision =
		arrival->key.ethertype == ETH_P_IP
			? judge_ipv4(scope, bpf_ntohl(v4))
			: judge_ipv6(scope, bpf_be64_to_cpu(halves[0]), bpf_be64_to_cpu(halves[1]));
	return decision.row != ROW_NOT_JUDGED && decision.verdict == VERDICT_DENY;
}

/* A write for every packet would send the entry from CPU to CPU. */
static __always_inline void saw(struct reply *reply, __u64 now)
{
	if (now - reply->seen >= REPLY_SECOND)
		reply->seen = now;
}

static __always_inline void open_tcp(const struct arrival *arrival, __u64 now)
{
	__u32 data = arrival->end - arrival->transport - arrival->segment.header;
	const struct reply_opening opening = {
		.seen = now,
		.remote_next = arrival->segment.sequence + 1,
		.carried = data > 0xffff ? 0 : (__u16)data,
		.state = OPENING_CAME,
		.credit = 1, /* an error about it */
	};

	bpf_map_update_elem(&openings, &arrival->key, &opening, BPF_ANY);
}

/* The ACK that completes a handshake proves that its sender has had the SYN-ACK. */
static __always_inline void complete(const struct arrival *arrival, __u64 now)
{
	struct reply_opening *opening = reply_opening(&arrival->key, now);

	if (!opening || opening->state == OPENING_CAME ||
	    arrival->segment.acknowledged != opening->own_next)
		return;
	if (reply_prove(&arrival->key, opening, now))
		bpf_map_delete_elem(&openings, &arrival->key);
	else
		opening->state = OPENING_PROVEN;
}

/* Of a connection that is proven. A RST that the receiver would not believe ends nothing. */
static __always_inline void go_on(const struct arrival *arrival, struct reply *reply, __u64 now)
{
	if (arrival->segment.flags & TCP_RST) {
		if (arrival->segment.sequence == reply->expected)
			bpf_map_delete_elem(&replies, &arrival->key);
		return;
	}
	if (arrival->segment.flags & TCP_FIN && !(reply->ends & REPLY_END_REMOTE))
		reply->ends |= REPLY_END_REMOTE;
	if (reply->ends != REPLY_ENDED)
		saw(reply, now);
}

/* A SYN may be a forger's, or begin another connection from the same port: what is proven stays,
 * and a handshake of its own proves the other. */
static __always_inline void note_tcp(const struct arrival *arrival, __u64 now)
{
	__u8 flags = arrival->segment.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
	struct reply *reply = reply_proven(&arrival->key, now);

	if (flags == TCP_SYN) {
		open_tcp(arrival, now);
		return;
	}
	if (flags & TCP_ACK && !(flags & (TCP_SYN | TCP_RST)) &&
	    (!reply || reply->ends == REPLY_ENDED)) {
		complete(arrival, now);
		return;
	}
	if (reply)
		go_on(arrival, reply, now);
}

static __always_inline void open_datagram(const struct arrival *arrival, __u32 credit, __u64 now)
{
	const struct reply_opening opening = {.seen = now, .credit = credit, .state = OPENING_CAME};

	bpf_map_update_elem(&openings, &arrival->key, &opening, BPF_ANY);
}

static __always_inline void note_datagram(const struct arrival *arrival, __u64 now)
{
	struct reply *reply = reply_proven(&arrival->key, now);
	struct reply_opening *opening;

	if (reply) {
		saw(reply, now);
		return;
	}
	opening = reply_opening(&arrival->key, now);
	if (!opening) {
		open_datagram(arrival, REPLY_CREDIT, now);
		return;
	}
	opening->seen = now;
	opening->credit = REPLY_CREDIT;
	if (opening->state == OPENING_CAME)
		return;
	if (reply_prove(&arrival->key, opening, now))
		bpf_map_delete_elem(&openings, &arrival->key);
	else
		opening->state = OPENING_PROVEN;
}

static __always_inline void note_echo(const struct arrival *arrival, __u64 now)
{
	struct reply_opening *opening = reply_opening(&arrival->key, now);

	if (!opening) {
		open_datagram(arrival, 1, now);
		return;
	}
	opening->seen = now;
	if (opening->credit < REPLY_CREDIT)
		__sync_fetch_and_add(&opening->credit, 1);
}

static __always_inline int note(struct __sk_buff *skb, __u32 network)
{
	struct arrival arrival = {};

	if (!read_arrival(skb, network, &arrival) || !needs_reply(&arrival))
		return TC_NEXT;
	switch (arrival.key.protocol) {
	case IPPROTO_TCP:
		note_tcp(&arrival, reply_now());
		break;
	case IPPROTO_UDP:
		note_datagram(&arrival, reply_now());
		break;
	default:
		note_echo(&arrival, reply_now());
	}
	return TC_NEXT;
}

SEC("tc")
int ingress(struct __sk_buff *skb)
{
	return note(skb, ETH_HLEN); /* the kernel has taken a tag off */
}

/* For links without a link header. */
SEC("tc")
int ingress_layer3(struct __sk_buff *skb)
{
	return note(skb, 0);
}

char _license[] SEC("license") = "GPL";
