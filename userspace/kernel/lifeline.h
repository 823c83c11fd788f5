/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lifeline in the backstop: rules in front of the one that drops.
 *
 *   meta protocol ip @nh,0,8 0x45 ip daddr 198.51.100.7/32 accept
 *   meta protocol ip6 ip6 nexthdr {tcp, udp, ipv6-icmp} ip6 daddr 2001:db8::/64 accept
 *
 * IPv4 options and IPv6 extension headers could send a packet elsewhere, so that what has any is
 * not let pass. With a lifeline come ARP, or neighbour solicitations and advertisements of hop
 * limit 255: without them nothing leaves through an interface that is new.
 */
#ifndef GABELOU_KERNEL_LIFELINE_H
#define GABELOU_KERNEL_LIFELINE_H

#include "userspace/base/address.h"
#include "userspace/kernel/nftables.h"

/* Appends the rules to @chain of @table, as part of the transaction. */
void lifeline_put(struct nftables *nftables, const char *table, const char *chain,
		  const struct prefix *lifeline, size_t count);

#endif
