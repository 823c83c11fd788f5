/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is meant for the gateway itself: this host takes it and does not send it on.
 *
 * bpf_fib_lookup() says "not forwarded" of an address of this host, and of one to which there is no
 * route. Both stay here, but for
 *
 *   ports that hand frames on before anybody routes them: to a bridge, a bond, macvlan, a VLAN,
 *     which may lie in another network namespace. There nothing is known to be meant for us;
 *   routing by marks and other rules, which are not known yet where XDP stands: then the main table
 *     alone, which does not hold the addresses of this host, must have a way for it.
 *
 * Other answers mean nothing: that a port forwards nothing ("forwarding disabled") is no word about
 * IPv6, which is forwarded by a switch for all ports. The sender's address is not part of the
 * question: it may be forged, and with a link-local one the kernel would not even look.
 */
#ifndef GABELOU_BPF_OWN_H
#define GABELOU_BPF_OWN_H

#include <linux/if_ether.h>

#include <bpf/bpf_core_read.h>

#include "bpf/packet.h"

#define OWN_AF_INET  2 /* <sys/socket.h> */
#define OWN_AF_INET6 10

#define OWN_LAYOUT __attribute__((preserve_access_index))

/* The kernel's own view, as much of it as is needed. */
struct netns_ipv4___own {
	bool fib_has_custom_rules;
} OWN_LAYOUT;

struct netns_ipv6___own {
	bool fib6_has_custom_rules;
} OWN_LAYOUT;

struct net___own {
	struct netns_ipv4___own ipv4;
	struct netns_ipv6___own ipv6;
} OWN_LAYOUT;

struct net_device___own {
	void *rx_handler; /* takes frames away: a bridge, a bond, macvlan... */
	void *vlan_info;  /* VLANs stand on it */
	struct {
		struct net___own *net;
	} nd_net;
} OWN_LAYOUT;

struct xdp_rxq_info___own {
	struct net_device___own *dev;
} OWN_LAYOUT;

struct xdp_buff___own {
	struct xdp_rxq_info___own *rxq;
} OWN_LAYOUT;

/* Does all that comes in here go to the stack of this namespace? */
static __always_inline bool own_reaches_stack(const struct net_device___own *port)
{
	if (port->rx_handler)
		return false;
	return !bpf_core_field_exists(port->vlan_info) || !port->vlan_info;
}

static __always_inline bool own_has_rules(const struct net_device___own *port, __u8 family)
{
	const struct net___own *net = port->nd_net.net;

	if (family == OWN_AF_INET)
		return bpf_core_field_exists(net->ipv4.fib_has_custom_rules) &&
		       net->ipv4.fib_has_custom_rules;
	return bpf_core_field_exists(net->ipv6.fib6_has_custom_rules) &&
	       net->ipv6.fib6_has_custom_rules;
}

static __always_inline long own_ask(context_t *xdp, __u8 family, __u64 high, __u64 low, __u32 flags)
{
	struct bpf_fib_lookup route = {
		.family = family,
		.ifindex = packet_interface(xdp),
	};

	if (family == OWN_AF_INET) {
		route.ipv4_dst = bpf_htonl((__u32)low);
	} else {
		route.ipv6_dst[0] = bpf_htonl((__u32)(high >> 32));
		route.ipv6_dst[1] = bpf_htonl((__u32)high);
		route.ipv6_dst[2] = bpf_htonl((__u32)(low >> 32));
		route.ipv6_dst[3] = bpf_htonl((__u32)low);
	}
	return bpf_fib_lookup(xdp, &route, sizeof(route), flags);
}

/* Sent to a group of hosts: then it is not for this one alone. */
static __always_inline bool own_is_group(context_t *xdp)
{
	const __u8 *first = packet_data(xdp);

	return (void *)(first + 1) > packet_end(xdp) || *first & 1;
}

/* An IPv4 address is in @low. In registers, as report() has it: only denied packets come here. On a
 * kernel that does not show the port nothing is known to be our own. */
__noinline int own_address(context_t *xdp, __u8 family, __u64 high, __u64 low)
{
	long answer;

	if (!packet_is_shown())
		return false;
	const struct xdp_buff___own *seen = bpf_cast_to_kern_ctx(xdp);
	const struct net_device___own *port = seen->rxq->dev;
	if (!own_reaches_stack(port) ||
	    own_ask(xdp, family, high, low, 0) != BPF_FIB_LKUP_RET_NOT_FWDED)
		return false;
	if (!own_has_rules(port, family))
		return true;
	answer = own_ask(xdp, family, high, low, BPF_FIB_LOOKUP_DIRECT);
	return answer == BPF_FIB_LKUP_RET_SUCCESS || answer == BPF_FIB_LKUP_RET_NO_NEIGH;
}

#endif
