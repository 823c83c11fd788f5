/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether an address is on the link, by the kernel's own routes. */
#ifndef GABELOU_BPF_NEIGHBOUR_H
#define GABELOU_BPF_NEIGHBOUR_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NEIGHBOUR_AF_INET  2 /* <sys/socket.h> */
#define NEIGHBOUR_AF_INET6 10

/* The route out of this interface leads to the address itself, and to no router before it. The
 * kernel tells only where the interface forwards; elsewhere nothing is known to be on the link. */
__noinline int neighbour_on_link(struct __sk_buff *skb, bool v4, __u64 high, __u64 low)
{
	struct bpf_fib_lookup route = {
		.family = v4 ? NEIGHBOUR_AF_INET : NEIGHBOUR_AF_INET6,
		.ifindex = skb->ifindex,
	};
	__be32 address[4] = {bpf_htonl((__u32)(high >> 32)), bpf_htonl((__u32)high),
			     bpf_htonl((__u32)(low >> 32)), bpf_htonl((__u32)low)};

	if (v4)
		route.ipv4_dst = address[3];
	else
		__builtin_memcpy(route.ipv6_dst, address, sizeof(address));
	long answer = bpf_fib_lookup(skb, &route, sizeof(route), BPF_FIB_LOOKUP_OUTPUT);
	if (answer != BPF_FIB_LKUP_RET_SUCCESS && answer != BPF_FIB_LKUP_RET_NO_NEIGH)
		return false;
	if (v4)
		return route.ipv4_dst == address[3];
	return route.ipv6_dst[0] == address[0] && route.ipv6_dst[1] == address[1] &&
	       route.ipv6_dst[2] == address[2] && route.ipv6_dst[3] == address[3];
}

#endif
