/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source of a packet that leaves, as it was before a NAT of this host changed it: connection
 * tracking remembers it. */
#ifndef GABELOU_BPF_SCOPE_NAT_H
#define GABELOU_BPF_SCOPE_NAT_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/checksum.h" /* bpf_cast_to_kern_ctx() */
#include "bpf/config.h"
#include "maps/scope.h"

struct scope_address {
	__u64 high, low; /* as in struct scope_range */
};

/* The kernel's own views, as much of them as is needed (<net/netfilter/nf_conntrack.h>). */
struct sk_buff___tracked {
	unsigned long _nfct; /* struct nf_conn *, and in its low bits enum ip_conntrack_info */
} __attribute__((preserve_access_index));

struct nf_conntrack_man___scope {
	union nf_inet_addr___scope {
		__be32 all[4];
	} u3;
} __attribute__((preserve_access_index));
struct nf_conntrack_tuple___scope {
	struct nf_conntrack_man___scope src;
} __attribute__((preserve_access_index));
struct nf_conntrack_tuple_hash___scope {
	struct nf_conntrack_tuple___scope tuple;
} __attribute__((preserve_access_index));
struct nf_conn___scope {
	struct nf_conntrack_tuple_hash___scope tuplehash[2]; /* by direction */
} __attribute__((preserve_access_index));

#define NAT_INFO_BITS  7ul
#define NAT_REPLY_FROM 3 /* enum ip_conntrack_info: from here on, replies */

/* 1: it is in *source; 0: the packet shows it; -1: it cannot be known on this kernel. */
static __always_inline int scope_before_nat(struct __sk_buff *skb, bool v4,
					    struct scope_address *source)
{
	const struct sk_buff___tracked *seen = (void *)skb;
	__be32 words[4] = {};
	unsigned long tracked;
	long failed;

	if (config.without & WITHOUT_READS)
		return -1;
	if (!bpf_core_field_exists(seen->_nfct)) /* a kernel without connection tracking */
		return 0;
	if (config.without & WITHOUT_CONTEXT || !bpf_cast_to_kern_ctx) {
		/* As in checksum_place_copied(); the stack is scarce. */
		if (bpf_core_read(words, sizeof(tracked), &seen->_nfct))
			return -1;
		__builtin_memcpy(&tracked, words, sizeof(tracked));
	} else {
		seen = bpf_cast_to_kern_ctx(skb);
		tracked = seen->_nfct;
	}
	const struct nf_conn___scope *connection = (void *)(tracked & ~NAT_INFO_BITS);
	if (!connection)
		return 0;
	if (!bpf_core_field_exists(connection->tuplehash))
		return -1;
	failed = (tracked & NAT_INFO_BITS) < NAT_REPLY_FROM
			 ? bpf_core_read(words, sizeof(words),
					 &connection->tuplehash[0].tuple.src.u3)
			 : bpf_core_read(words, sizeof(words),
					 &connection->tuplehash[1].tuple.src.u3);
	if (failed)
		return -1;
	source->high = v4 ? SCOPE_V4_HIGH(bpf_ntohl(words[0]))
			  : (__u64)bpf_ntohl(words[0]) << 32 | bpf_ntohl(words[1]);
	source->low = v4 ? 0 : (__u64)bpf_ntohl(words[2]) << 32 | bpf_ntohl(words[3]);
	return 1;
}

#endif
