/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a frame to its destination, or to the reason why it has none. */
#ifndef GABELOU_BPF_PARSE_H
#define GABELOU_BPF_PARSE_H

#include <linux/if_ether.h>

#include "bpf/parse_ipv4.h"
#include "bpf/parse_ipv6.h"

struct vlan_tag {
	__be16 control;
	__be16 ethertype; /* of what follows */
};

static __always_inline bool is_vlan(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/* What the frame says it carries must be what the kernel was told (a raw socket may lie). With an
 * LLC length in its place, the kernel says ETH_P_802_2, or repeats the length. */
static __always_inline bool ethertype_honest(const context_t *context, __be16 ethertype)
{
	__be16 told = packet_told(context, ethertype);

	return told == ethertype ||
	       (bpf_ntohs(ethertype) < ETH_P_802_3_MIN && told == bpf_htons(ETH_P_802_2));
}

static __always_inline int parse_network(context_t *context, struct packet *packet,
					 enum level level)
{
	if (likely(packet->ethertype == ETH_P_IP))
		return parse_ipv4(context, packet, level);
	if (packet->ethertype == ETH_P_IPV6)
		return parse_ipv6(context, packet, level);
	return control_link(context, packet->ethertype, packet->network, packet->link);
}

/* A tag may stand in the frame or beside it (skb->vlan_tci): together one is understood. */
static __always_inline int parse_ethernet(context_t *context, struct packet *packet)
{
	struct ethhdr *ethernet = packet_data(context);
	struct vlan_tag *tag = (void *)(ethernet + 1);

	if (unlikely((void *)(ethernet + 1) > packet_end(context)))
		return packet_short(context, sizeof(*ethernet));
	__be16 ethertype = ethernet->h_proto;
	packet->ethertype = bpf_ntohs(ethertype);
	packet->network = sizeof(*ethernet);
	if (unlikely(!ethertype_honest(context, ethertype)))
		return REASON_ETHERTYPE_LIE;
	if (unlikely(is_vlan(ethertype))) {
		if ((void *)(tag + 1) > packet_end(context))
			return packet_short(context, sizeof(*ethernet) + sizeof(*tag));
		if (packet_tag_beside(context) || is_vlan(tag->ethertype))
			return REASON_VLAN;
		packet->ethertype = bpf_ntohs(tag->ethertype);
		packet->network += sizeof(*tag);
	}
	return parse_network(context, packet, LEVEL_OUTER);
}

/* Links without a header of their own (tun, wireguard): the kernel's word is all there is. Where it
 * was told nothing, or in a trial something about an Ethernet frame, the version speaks. */
static __always_inline int parse_layer3(context_t *context, struct packet *packet)
{
	__u8 *first = packet_data(context);

	packet->network = 0;
	packet->ethertype = bpf_ntohs(packet_told(context, 0));
	if ((void *)(first + 1) > packet_end(context))
		return packet_short(context, sizeof(*first));
	if (!PACKET_TOLD || config.trial)
		packet->ethertype = *first >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	if (packet->ethertype == ETH_P_IP)
		return parse_ipv4(context, packet, LEVEL_OUTER);
	if (packet->ethertype == ETH_P_IPV6)
		return parse_ipv6(context, packet, LEVEL_OUTER);
	return REASON_ETHERTYPE;
}

/* The end of what the verdict is read from: a checksum may still be written behind it. Where there
 * is no transport header to be summed, nowhere. */
static __always_inline __u32 packet_read_end(const struct packet *packet)
{
	if (!packet->transport)
		return TRANSPORT_NONE;
	return packet->transport +
	       (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP
			? TRANSPORT_PORTS
			: sizeof(__u16)); /* ICMP: type and code */
}

/* May what is still to be written touch what was read? Not the sum of the UDP that carries a
 * tunnel.
 */
static __always_inline bool packet_settled(const context_t *context, const struct packet *packet)
{
	__u32 place = packet_unsettled(context);

	return place >= packet_read_end(packet) ||
	       (packet->outer_udp && place == packet->outer + offsetof(struct udphdr, check));
}

/* From a tunnel to the packet in it: PARSE_DONE or a reason. A global function: it is verified once
 * and by itself. */
__noinline int parse_carried(context_t *context, struct packet *packet)
{
	struct packet inside = {};

	if (!packet || packet->network > HEADERS_MOST || !packet_pull(context))
		return REASON_TUNNEL;
	__u32 network = packet->network;
	__asm__ volatile("" : "+r"(network)); /* the verifier shall see the bound anew */
	inside.outer = packet->outer;
	inside.outer_udp = packet->outer_udp;
	inside.link = packet->link;
	inside.network = network & (2 * HEADERS_MOST - 1);
	inside.ethertype = packet->ethertype;
	int answer = parse_network(context, &inside, LEVEL_INSIDE);
	*packet = inside;
	return answer == PARSE_PULL ? REASON_TUNNEL : answer;
}

/* One reading of a frame. Global functions: each is verified once and by itself, and what follows
 * is verified once too, and not once per way of reading. */
__noinline int parse_frame(context_t *context, struct packet *packet)
{
	struct packet read = {};
	int answer = parse_ethernet(context, &read);

	if (packet)
		*packet = read;
	return answer;
}

__noinline int parse_frame_layer3(context_t *context, struct packet *packet)
{
	struct packet read = {};
	int answer = parse_layer3(context, &read);

	if (packet)
		*packet = read;
	return answer;
}

static __always_inline int parse_once(context_t *context, struct packet *packet, bool layer3)
{
	return layer3 ? parse_frame_layer3(context, packet) : parse_frame(context, packet);
}

/* The second time round every header that counts is linear. */
static __always_inline int parse_linear(context_t *context, struct packet *packet, bool layer3)
{
	int answer = parse_once(context, packet, layer3);

	if (answer != PARSE_PULL)
		return answer;
	if (!packet_pull(context))
		return REASON_TRUNCATED;
	answer = parse_once(context, packet, layer3);
	return answer == PARSE_PULL ? REASON_TRUNCATED : answer;
}

/* PARSE_DONE with the destination in @packet, or the reason that decides without it. */
static __always_inline int parse(context_t *context, struct packet *packet, bool layer3)
{
	*packet = (struct packet){};
	int answer = parse_linear(context, packet, layer3);

	if (config.tunnel_count && answer == PARSE_INSIDE)
		answer = parse_carried(context, packet);
	if ((answer == PARSE_DONE || answer == REASON_CONTROL) && !packet_settled(context, packet))
		return REASON_CHECKSUM;
	return answer;
}

#endif
