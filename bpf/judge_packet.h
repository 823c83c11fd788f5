/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decision on where a parsed packet goes. */
#ifndef GABELOU_BPF_JUDGE_PACKET_H
#define GABELOU_BPF_JUDGE_PACKET_H

#include "bpf/judge.h"
#include "bpf/packet.h"

static __always_inline struct decision judge_packet_ipv4(const struct packet *packet)
{
	return judge_ipv4(packet->destination_v4);
}

static __always_inline struct decision judge_packet_ipv6(const struct packet *packet)
{
	return judge_ipv6(packet->destination_high, packet->destination_low);
}

static __always_inline struct decision judge(const struct packet *packet)
{
	return packet->ethertype == ETH_P_IP ? judge_packet_ipv4(packet)
					     : judge_packet_ipv6(packet);
}

#endif
