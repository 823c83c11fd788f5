/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to a denied packet (maps/answer.h): drafted while the packet is whole, since it is to
 * be reported yet, and put in its place after that. How it gets to the sender is the entry
 * program's: bpf/answer_skb.h or bpf/answer_xdp.h, included first.
 *
 * Nothing of this is there without `on-deny: reject`, and only denied packets come here.
 */
#ifndef GABELOU_BPF_ANSWER_H
#define GABELOU_BPF_ANSWER_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include "bpf/answer_draft.h"
#include "bpf/answer_rate.h"
#include "bpf/config.h"
#include "bpf/packet.h"
#include "bpf/report.h"

#define ANSWER_LIFETIME  64
#define ANSWER_DSCP_ICMP 0xc0 /* internetwork control (RFC 1812, 4.3.2.5) */
#define IPV4_DONT        0x4000
#define IPV4_FRAGMENTED  0x3fff /* more to come, or an offset */
#define IPV6_GROUP       0xff   /* first byte */

/* RFC 792, RFC 1812 5.2.7.1, RFC 4443 3.1; <linux/icmp.h> is not for programs. */
#define ICMP_UNREACHABLE  3
#define ICMP_PROHIBITED   13
#define ICMP_ASKS_ECHO    8
#define ICMP_ASKS_TIME    13
#define ICMP6_UNREACHABLE 1
#define ICMP6_PROHIBITED  1
#define ICMP6_ASKS_ECHO   128

/* What was sent, as much of it as the answer depends on. */
struct answered {
	__u16 transport; /* offset in the frame */
	__u16 header;    /* bytes of the answer's IP header: 20 or 40 */
	__u32 length;    /* bytes behind the IP headers */
	__u8 protocol;
	bool fragment; /* a first one */
};

static __always_inline __u16 answer_fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)((sum & 0xffff) + (sum >> 16));
}

static __always_inline __u64 answer_sum(void *bytes, __u32 size, __u32 seed)
{
	return (__u32)bpf_csum_diff(NULL, 0, bytes, size, seed);
}

/* RFC 1122, 3.2.2: never to or about what is not one host's. @address in host order. */
static __always_inline bool answer_is_host_v4(__u32 address)
{
	__u32 first = address >> 24;

	return first && first != 127 && first < 224;
}

static __always_inline bool answer_is_host_v6(const struct in6_addr *address)
{
	const __u32 *words = address->s6_addr32;

	if (address->s6_addr[0] == IPV6_GROUP)
		return false;
	return words[0] || words[1] || words[2] || bpf_ntohl(words[3]) > 1;
}

/* The head of the answer, and what it depends on; false: there is to be none. */
static __always_inline bool answer_begin_v4(context_t *context, const struct packet *packet,
					    struct answer_draft *draft, struct answered *was)
{
	struct iphdr *head = (void *)draft->bytes, sent;

	if (packet_load(context, packet->network, &sent, sizeof(sent)) ||
	    !answer_is_host_v4(bpf_ntohl(sent.saddr)) || !answer_is_host_v4(bpf_ntohl(sent.daddr)))
		return false;
	was->header = sizeof(sent);
	was->length = (__u32)bpf_ntohs(sent.tot_len) - sizeof(sent);
	was->fragment = sent.frag_off & bpf_htons(IPV4_FRAGMENTED);
	draft->pair = sent.saddr * 31 ^ sent.daddr;
	*head = (struct iphdr){
		.version = 4,
		.ihl = sizeof(sent) / 4,
		.frag_off = bpf_htons(IPV4_DONT), /* then the id means nothing (RFC 6864) */
		.ttl = ANSWER_LIFETIME,
		.tos = packet->protocol == IPPROTO_TCP ? 0 : ANSWER_DSCP_ICMP,
		.protocol = packet->protocol == IPPROTO_TCP ? IPPROTO_TCP : IPPROTO_ICMP,
		.saddr = sent.daddr,
		.daddr = sent.saddr,
	};
	return true;
}

static __always_inline bool answer_begin_v6(context_t *context, const struct packet *packet,
					    struct answer_draft *draft, struct answered *was)
{
	struct ipv6hdr *head = (void *)draft->bytes, sent;

	if (packet_load(context, packet->network, &sent, sizeof(sent)) ||
	    !answer_is_host_v6(&sent.saddr) || !answer_is_host_v6(&sent.daddr))
		return false;
	was->header = sizeof(sent);
	was->length = (__u32)bpf_ntohs(sent.payload_len) -
		      (packet->transport - packet->network - sizeof(sent));
	was->fragment = packet->transport != packet->network + sizeof(sent); /* or options */
	draft->pair = (sent.saddr.s6_addr32[1] ^ sent.saddr.s6_addr32[3]) * 31 ^
		      sent.daddr.s6_addr32[1] ^ sent.daddr.s6_addr32[3];
	*head = (struct ipv6hdr){
		.version = 6,
		.hop_limit = ANSWER_LIFETIME,
		.nexthdr = packet->protocol == IPPROTO_TCP ? IPPROTO_TCP : IPPROTO_ICMPV6,
		.saddr = sent.daddr,
		.daddr = sent.saddr,
	};
	return true;
}

/* RFC 9293, 3.10.7.1: as from where nothing listens. Never for a reset. */
static __always_inline bool answer_tcp(context_t *context, const struct answered *was,
				       struct tcphdr *reset)
{
	struct tcphdr sent;

	if (was->fragment || packet_load(context, was->transport, &sent, sizeof(sent)) || sent.rst)
		return false;
	reset->source = sent.dest;
	reset->dest = sent.source;
	reset->doff = sizeof(*reset) / 4;
	reset->rst = 1;
	if (sent.ack) {
		reset->seq = sent.ack_seq;
		return true;
	}
	if (was->length < sent.doff * 4u)
		return false;
	reset->ack = 1;
	reset->ack_seq =
		bpf_htonl(bpf_ntohl(sent.seq) + was->length - sent.doff * 4u + sent.syn + sent.fin);
	return true;
}

/* Of ICMP only questions: an error is never answered with another (RFC 1122, 3.2.2; RFC 4443,
 * 2.4). */
static __always_inline bool answer_is_question(context_t *context, const struct answered *was)
{
	__u8 type;

	if (was->protocol == IPPROTO_UDP)
		return true;
	if (packet_load(context, was->transport, &type, sizeof(type)))
		return false;
	if (was->protocol == IPPROTO_ICMP)
		return type == ICMP_ASKS_ECHO || type == ICMP_ASKS_TIME;
	return was->protocol == IPPROTO_ICMPV6 && type == ICMP6_ASKS_ECHO;
}

/* The packet itself follows, as much of it as there is room for. Returns the bytes of both, or 0.
 */
static __always_inline __u32 answer_icmp(context_t *context, const struct packet *packet,
					 const struct answered *was, __u8 *message)
{
	__u32 quoted = packet_length(context) - packet->network;
	bool v4 = was->header == sizeof(struct iphdr);

	if (!answer_is_question(context, was))
		return 0;
	message[0] = v4 ? ICMP_UNREACHABLE : ICMP6_UNREACHABLE;
	message[1] = v4 ? ICMP_PROHIBITED : ICMP6_PROHIBITED;
	barrier_var(quoted);
	if (quoted > ANSWER_QUOTE_MOST)
		quoted = ANSWER_QUOTE_MOST;
	if (quoted < ANSWER_QUOTE_LEAST ||
	    packet_load(context, packet->network, message + ANSWER_ICMP_SIZE, quoted))
		return 0;
	return ANSWER_ICMP_SIZE + quoted;
}

/*
 * A checksum that the kernel would still have written into the packet it will write into the
 * answer, at the same place, if that ever leaves this host. The sum of all is right then if what
 * lies there is the sum of the pseudo-header, as always; of ICMP, which has none, 0. (@later is
 * that place, from the transport header on: TCP's checksum, or of the ICMP message four bytes that
 * mean nothing.)
 */
static __always_inline void answer_close(struct answer_draft *draft, const struct answered *was,
					 __u8 *message, __u32 later)
{
	bool v4 = was->header == sizeof(struct iphdr), tcp = was->protocol == IPPROTO_TCP;
	__u32 length = draft->size - was->header, at = tcp ? 16 : 2;
	__u64 pseudo = 0;

	if (!v4)
		pseudo = answer_sum(draft->bytes + offsetof(struct ipv6hdr, saddr), 32,
				    bpf_htonl(length + (tcp ? IPPROTO_TCP : IPPROTO_ICMPV6)));
	else if (tcp)
		pseudo = answer_sum(draft->bytes + offsetof(struct iphdr, saddr), 8,
				    bpf_htonl(length + IPPROTO_TCP));
	/* Behind its end all is zero. */
	__u64 sum = answer_sum(message, tcp ? sizeof(struct tcphdr) : ANSWER_MESSAGE_MOST, 0);
	*(__u16 *)(message + at) = (__u16)~answer_fold(sum + pseudo);
	if (later != CHECKSUM_SETTLED)
		*(__u16 *)(message + (tcp ? 16 : 6)) = answer_fold(pseudo);
	if (v4) {
		struct iphdr *head = (void *)draft->bytes;

		head->tot_len = bpf_htons((__u16)draft->size);
		head->check =
			(__u16)~answer_fold(answer_sum(draft->bytes, sizeof(struct iphdr), 0));
	} else {
		((struct ipv6hdr *)draft->bytes)->payload_len = bpf_htons((__u16)length);
	}
}

/* Where the answer leaves the checksum to the kernel; CHECKSUM_SETTLED: nowhere. False: where the
 * answer has something else. */
static __always_inline bool answer_later(context_t *context, const struct packet *packet,
					 const struct answered *was, __u32 *later)
{
	*later = packet_unsettled(context);
	if (*later == CHECKSUM_SETTLED)
		return true;
	return packet->transport == packet->network + was->header &&
	       *later == packet->transport + (packet->protocol == IPPROTO_TCP ? 16u : 6u);
}

static __always_inline bool answer_write(context_t *context, const struct packet *packet,
					 struct answer_draft *draft)
{
	struct answered was = {.transport = packet->transport, .protocol = packet->protocol};
	bool v4 = packet->ethertype == ETH_P_IP;
	__u32 later, size;

	if (!packet->transport || !answer_link(context, packet->network, draft) ||
	    !(v4 ? answer_begin_v4(context, packet, draft, &was)
		 : answer_begin_v6(context, packet, draft, &was)) ||
	    !answer_later(context, packet, &was, &later))
		return false;
	__u8 *message = draft->bytes + (v4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	if (packet->protocol == IPPROTO_TCP)
		size = answer_tcp(context, &was, (struct tcphdr *)message) ? sizeof(struct tcphdr)
									   : 0;
	else
		size = answer_icmp(context, packet, &was, message);
	if (!size)
		return false;
	draft->size = was.header + size;
	draft->network = packet->network;
	answer_close(draft, &was, message, later);
	return true;
}

/* Will the sender be told? @where: report_where(). */
__noinline int answer_prepare(context_t *context, __u64 where)
{
	const struct packet packet = report_packet(where);
	struct answer_draft *draft = answer_drafted();

	if (!config.reject || !draft)
		return false;
	*draft = (struct answer_draft){};
	if (!answer_write(context, &packet, draft)) {
		answer_count(ANSWER_UNANSWERABLE);
		return false;
	}
	if (!answer_token(draft->pair)) {
		answer_count(ANSWER_LIMITED);
		return false;
	}
	return true;
}

/* Puts the answer in the packet's place. False: it is to be dropped. */
__noinline int answer_place(context_t *context)
{
	struct answer_draft *draft = answer_drafted();

	if (!config.reject || !draft)
		return false;
	if (!answer_replace(context, draft)) {
		answer_count(ANSWER_FAILED);
		return false;
	}
	answer_count(ANSWER_SENT);
	return true;
}

#endif
