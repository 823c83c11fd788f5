/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decision on where a parsed packet goes. */
#ifndef GABELOU_BPF_JUDGE_PACKET_H
#define GABELOU_BPF_JUDGE_PACKET_H

#include "bpf/judge.h"
#include "bpf/packet.h"
#include "bpf/scope.h"

static __always_inline struct decision judge_packet_ipv4(context_t *context,
							 const struct packet *packet)
{
	return judge_ipv4(scope_first_row(context, scope_ask(packet)), packet->destination_v4);
}

static __always_inline struct decision judge_packet_ipv6(context_t *context,
							 const struct packet *packet)
{
	return judge_ipv6(scope_first_row(context, scope_ask(packet)), packet->destination_high,
			  packet->destination_low);
}

static __always_inline struct decision judge_in(__u32 scope, const struct packet *packet)
{
	return packet->ethertype == ETH_P_IP
		       ? judge_ipv4(scope, packet->destination_v4)
		       : judge_ipv6(scope, packet->destination_high, packet->destination_low);
}

static __always_inline struct decision judge(context_t *context, const struct packet *packet)
{
	return judge_in(scope_first_row(context, scope_ask(packet)), packet);
}

#endif
