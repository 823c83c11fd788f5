/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is denied may be an answer to what came in (maps/reply.h). Only denied packets come here.
 *
 * A connection that is proven lets everything of it out. Before that, what the other end needs to
 * prove it: so whoever forges the address of another can make us send there a SYN-ACK, but no data.
 * A SYN is never an answer, whatever port it comes from.
 */
#ifndef GABELOU_BPF_REPLY_H
#define GABELOU_BPF_REPLY_H

#include "bpf/packet.h"
#include "bpf/parse_transport.h"
#include "bpf/reply_table.h"
#include "bpf/report.h"

enum reply_answer { REPLY_NOT, REPLY_PASSES, REPLY_WITHOUT_ROOM };

#define REPLY_WHERE_BITS 56 /* of report_where(); above: only looked at, counted further on */
#define REPLY_LOOK       (1ull << REPLY_WHERE_BITS)

#define REPLY_IPV4_SIZE     20
#define REPLY_IPV6_SIZE     40
#define REPLY_IPV6_READ     48 /* with a fragment header, or the 8 bytes that any transport has */
#define REPLY_ICMP_READ     8
#define REPLY_MORE_V4       0x20 /* of the first byte of offset and flags */
#define REPLY_LENGTH_IS_GSO 0

/* A denied packet, as far as it is read. */
struct reply_packet {
	struct reply_key key;
	__u32 identification; /* of its fragments, as on the wire */
	__u32 end;            /* offset behind its last byte */
	bool fragmented;
	bool look; /* nothing is used up: it comes to another guard */
};

/* Invalidates packet pointers. */
static __always_inline bool reply_read_ipv4(context_t *context, const struct packet *packet,
					    struct reply_packet *reply)
{
	__u8 ip[REPLY_IPV4_SIZE];

	if (!packet_copy(context, packet->network, ip, sizeof(ip)))
		return false;
	__builtin_memcpy(reply->key.own, ip + 12, 4);
	__builtin_memcpy(reply->key.remote, ip + 16, 4);
	__builtin_memcpy(&reply->identification, ip + 4, 2);
	__u32 length = ip[2] << 8 | ip[3];
	reply->end = length == REPLY_LENGTH_IS_GSO ? ~0u : packet->network + length;
	reply->fragmented = ip[6] & ~0x40 || ip[7];
	return true;
}

/* Of its extension headers a fragment header alone is looked for. */
static __always_inline bool reply_read_ipv6(context_t *context, const struct packet *packet,
					    struct reply_packet *reply)
{
	__u8 ip[REPLY_IPV6_READ];

	if (!packet_copy(context, packet->network, ip, sizeof(ip)))
		return false;
	__builtin_memcpy(reply->key.own, ip + 8, 16);
	__builtin_memcpy(reply->key.remote, ip + 24, 16);
	__u32 length = ip[4] << 8 | ip[5];
	reply->end =
		length == REPLY_LENGTH_IS_GSO ? ~0u : packet->network + REPLY_IPV6_SIZE + length;
	reply->fragmented = ip[6] == IPPROTO_FRAGMENT;
	if (reply->fragmented)
		__builtin_memcpy(&reply->identification, ip + 44, 4);
	return true;
}

static __always_inline void reply_fill_fragment(struct reply_fragment *fragment,
						const struct reply_packet *reply)
{
	*fragment = (struct reply_fragment){
		.identification = reply->identification,
		.ethertype = reply->key.ethertype,
		.protocol = reply->key.protocol,
	};
	__builtin_memcpy(fragment->remote, reply->key.remote, sizeof(fragment->remote));
	__builtin_memcpy(fragment->own, reply->key.own, sizeof(fragment->own));
}

static __always_inline int reply_later_fragment(const struct reply_fragment *fragment, __u64 now)
{
	const __u64 *first = bpf_map_lookup_elem(&reply_fragments, fragment);

	return first && now - *first < REPLY_LIFE_FRAGMENT ? REPLY_PASSES : REPLY_NOT;
}

/* Of a connection that is proven. */
static __always_inline int reply_goes_on(const struct reply_packet *packet, struct reply *reply,
					 const struct reply_segment *segment)
{
	if (packet->look)
		return REPLY_PASSES;
	if (segment->flags & TCP_RST) {
		bpf_map_delete_elem(&replies, &packet->key);
		return REPLY_PASSES;
	}
	if (segment->flags & TCP_ACK)
		reply->expected = segment->acknowledged;
	if (segment->flags & TCP_FIN && !(reply->ends & REPLY_END_OWN))
		reply->ends |= REPLY_END_OWN;
	return REPLY_PASSES;
}

/* A SYN-ACK, or the RST of a port where nobody listens: without data, to the SYN that came in. Sent
 * again it says the same, so that nothing can be told by its numbers. */
static __always_inline int reply_to_opening(const struct reply_packet *packet,
					    struct reply_opening *opening,
					    const struct reply_segment *segment, bool data)
{
	if (data || !(segment->flags & TCP_ACK) ||
	    segment->acknowledged - opening->remote_next > opening->carried)
		return REPLY_NOT;
	if (segment->flags & TCP_RST) {
		if (segment->sequence)
			return REPLY_NOT;
		if (!packet->look)
			bpf_map_delete_elem(&openings, &packet->key);
		return REPLY_PASSES;
	}
	if (opening->state == OPENING_ANSWERED && segment->sequence + 1 != opening->own_next)
		return REPLY_NOT;
	opening->own_next = segment->sequence + 1;
	opening->state = OPENING_ANSWERED;
	return REPLY_PASSES;
}

/* Invalidates packet pointers. */
static __always_inline int reply_tcp(context_t *context, const struct packet *packet,
				     const struct reply_packet *found, __u64 now)
{
	__u8 bytes[TCP_READ];
	struct reply_opening *opening;
	struct reply *proven;

	if (!packet_copy(context, packet->transport, bytes, sizeof(bytes)))
		return REPLY_NOT;
	struct reply_segment segment = reply_segment(bytes);
	bool data = found->end > packet->transport + segment.header;
	bool syn = segment.flags & TCP_SYN;
	if (syn && !(segment.flags & TCP_ACK))
		return REPLY_NOT;
	opening = reply_opening(&found->key, now);
	if (syn && opening && opening->state != OPENING_PROVEN)
		return reply_to_opening(found, opening, &segment, data);
	proven = reply_proven(&found->key, now);
	if (proven)
		return reply_goes_on(found, proven, &segment);
	if (!opening)
		return REPLY_NOT;
	if (opening->state == OPENING_PROVEN)
		return reply_prove(&found->key, opening, now) ? REPLY_PASSES : REPLY_WITHOUT_ROOM;
	return segment.flags & TCP_RST ? reply_to_opening(found, opening, &segment, data)
				       : REPLY_NOT;
}

/* One datagram less may leave to what is not proven. */
static __always_inline int reply_by_credit(const struct reply_packet *packet,
					   struct reply_opening *opening)
{
	if (!opening->credit || opening->credit > REPLY_CREDIT)
		return REPLY_NOT;
	if (packet->look)
		return REPLY_PASSES;
	__u32 before = __sync_fetch_and_sub(&opening->credit, 1);
	if (!before || before > REPLY_CREDIT) /* another CPU took the last */
		return REPLY_NOT;
	if (opening->state == OPENING_CAME)
		opening->state = OPENING_ANSWERED;
	return REPLY_PASSES;
}

static __always_inline int reply_datagram(const struct reply_packet *packet, __u64 now)
{
	struct reply_opening *opening;

	if (reply_proven(&packet->key, now))
		return REPLY_PASSES;
	opening = reply_opening(&packet->key, now);
	if (!opening)
		return REPLY_NOT;
	if (opening->state == OPENING_PROVEN)
		return reply_prove(&packet->key, opening, now) ? REPLY_PASSES : REPLY_WITHOUT_ROOM;
	return reply_by_credit(packet, opening);
}

/* One for each request. */
static __always_inline int reply_echo(const struct reply_packet *packet, __u64 now)
{
	struct reply_opening *opening = reply_opening(&packet->key, now);

	return opening ? reply_by_credit(packet, opening) : REPLY_NOT;
}

/* Invalidates packet pointers. */
static __always_inline bool reply_ports(context_t *context, __u32 at, __be16 ports[2])
{
	return packet_copy(context, at, ports, TRANSPORT_PORTS);
}

static __always_inline bool reply_same_v4(const __u8 *a, const __u8 *b)
{
	__u32 left, right;

	__builtin_memcpy(&left, a, sizeof(left));
	__builtin_memcpy(&right, b, sizeof(right));
	return left == right;
}

static __always_inline bool reply_same_v6(const __u8 *a, const __u8 *b)
{
	return reply_same_v4(a, b) && reply_same_v4(a + 4, b + 4) && reply_same_v4(a + 8, b + 8) &&
	       reply_same_v4(a + 12, b + 12);
}

/* What the error is about came from @reply's remote end to a port that is named. Offset of its
 * transport header; 0: it is something else. */
static __always_inline __u32 reply_error_about(context_t *context, const struct packet *packet,
					       struct reply_packet *reply)
{
	__u32 at = packet->transport + REPLY_ICMP_READ;
	bool v4 = packet->ethertype == ETH_P_IP;
	__u8 ip[REPLY_IPV6_SIZE];
	__u32 header = REPLY_IPV6_SIZE;

	if (!packet_copy(context, at, ip, v4 ? REPLY_IPV4_SIZE : REPLY_IPV6_SIZE))
		return 0;
	if (v4) {
		header = (ip[0] & 0xf) * 4;
		if (header < REPLY_IPV4_SIZE || ip[6] & 0x1f || ip[7])
			return 0;
		reply->key.protocol = ip[9];
		if (!reply_same_v4(reply->key.remote, ip + 12))
			return 0;
		__builtin_memcpy(reply->key.own, ip + 16, 4);
	} else {
		reply->key.protocol = ip[6];
		if (!reply_same_v6(reply->key.remote, ip + 8))
			return 0;
		__builtin_memcpy(reply->key.own, ip + 24, 16);
	}
	return at + header;
}

/* An error about what came in of a connection that is known (RFC 1122, 3.2.2; RFC 4443, 2.4). */
static __always_inline int reply_error(context_t *context, const struct packet *packet,
				       struct reply_packet *reply, __u64 now)
{
	__u32 at = reply_error_about(context, packet, reply);
	__be16 ports[2]; /* as it came in: of the other end, and ours */
	struct reply_opening *opening;

	if (!at || (reply->key.protocol != IPPROTO_TCP && reply->key.protocol != IPPROTO_UDP) ||
	    !reply_ports(context, at, ports) ||
	    !reply_named(reply->key.protocol, bpf_ntohs(ports[1])))
		return REPLY_NOT;
	reply->key.remote_port = ports[0];
	reply->key.own_port = ports[1];
	if (reply_proven(&reply->key, now))
		return REPLY_PASSES;
	opening = reply_opening(&reply->key, now);
	return opening ? reply_by_credit(reply, opening) : REPLY_NOT;
}

static __always_inline bool reply_is_error(const struct packet *packet, __u8 type)
{
	if (packet->protocol == IPPROTO_ICMPV6)
		return type && type < ICMPV6_ERRORS_END;
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

/* Invalidates packet pointers. */
static __always_inline int reply_icmp(context_t *context, const struct packet *packet,
				      struct reply_packet *reply, __u64 now)
{
	bool v6 = packet->protocol == IPPROTO_ICMPV6;
	__u8 icmp[REPLY_ICMP_READ];

	if (!packet_copy(context, packet->transport, icmp, sizeof(icmp)))
		return REPLY_NOT;
	if (reply_is_error(packet, icmp[0]))
		return reply_error(context, packet, reply, now);
	if (icmp[0] != (v6 ? ICMPV6_ANSWER : ICMP_ECHOREPLY) ||
	    !reply_named(packet->protocol, v6 ? ICMPV6_REQUEST : ICMP_ECHO))
		return REPLY_NOT;
	__builtin_memcpy(&reply->key.remote_port, icmp + 4, 2);
	return reply_echo(reply, now);
}

static __always_inline int reply_of(context_t *context, const struct packet *packet,
				    struct reply_packet *reply, __u64 now)
{
	__be16 ports[2];

	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6)
		return reply_icmp(context, packet, reply, now);
	if ((packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP) ||
	    !reply_ports(context, packet->transport, ports) ||
	    !reply_named(packet->protocol, bpf_ntohs(ports[0])))
		return REPLY_NOT;
	reply->key.own_port = ports[0];
	reply->key.remote_port = ports[1];
	return packet->protocol == IPPROTO_TCP ? reply_tcp(context, packet, reply, now)
					       : reply_datagram(reply, now);
}

/* As report_drafts, and for the same reason. */
struct reply_draft {
	struct reply_packet packet;
	struct reply_packet about; /* of an ICMP error: another */
	struct reply_fragment fragment;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reply_draft);
} reply_drafts SEC(".maps");

static __always_inline int reply_find_in(context_t *context, const struct packet *packet,
					 struct reply_draft *draft, __u64 now)
{
	struct reply_packet *reply = &draft->packet;
	int answer;

	if (!(packet->ethertype == ETH_P_IP ? reply_read_ipv4(context, packet, reply)
					    : reply_read_ipv6(context, packet, reply)))
		return REPLY_NOT;
	reply_fill_fragment(&draft->fragment, reply);
	if (!packet->transport)
		return reply->fragmented ? reply_later_fragment(&draft->fragment, now) : REPLY_NOT;
	draft->about = *reply;
	answer = reply_of(context, packet, &draft->about, now);
	if (answer == REPLY_PASSES && reply->fragmented)
		bpf_map_update_elem(&reply_fragments, &draft->fragment, &now, BPF_ANY);
	return answer;
}

/* A function of its own, in registers, as report() is. @where: report_where(), and REPLY_LOOK. The
 * answer is an enum reply_answer. */
__noinline int reply_find(context_t *context, __u64 where)
{
	__u32 zero = 0;
	struct reply_draft *draft = bpf_map_lookup_elem(&reply_drafts, &zero);
	const struct packet packet = report_packet(where);

	if (!draft)
		return REPLY_NOT;
	draft->packet = (struct reply_packet){
		.key = {.ethertype = packet.ethertype, .protocol = packet.protocol},
		.look = where >> REPLY_WHERE_BITS,
	};
	return reply_find_in(context, &packet, draft, reply_now());
}

/* Invalidates packet pointers. @look: it comes to another guard, which counts it. */
static __always_inline struct decision reply(context_t *context, const struct packet *packet,
					     struct decision denied, bool look)
{
	if (!reply_may(&denied) || packet->outer)
		return denied;
	int answer = reply_find(context, report_where(packet) | (look ? REPLY_LOOK : 0));
	if (answer == REPLY_NOT)
		return denied;
	denied.rule = RULE_NONE;
	if (answer == REPLY_WITHOUT_ROOM) {
		denied.reason = REASON_REPLY_FULL;
		denied.counter = REASON_REPLY_FULL;
		return denied;
	}
	denied.reason = REASON_REPLY;
	denied.counter = COUNTER_OF_REPLY(config.rows, config.entries, denied.row);
	denied.verdict = VERDICT_ALLOW;
	return denied;
}

#endif
