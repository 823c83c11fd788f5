/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cgroup of the socket that sent a packet, as bpf_skb_cgroup_id() has it, without the call. */
#ifndef GABELOU_BPF_SCOPE_CGROUP_H
#define GABELOU_BPF_SCOPE_CGROUP_H

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/checksum.h" /* bpf_cast_to_kern_ctx() */
#include "bpf/likely.h"

/* Of these the rest of a socket is not there (<net/tcp_states.h>). */
#define SOCKET_TIME_WAIT    6
#define SOCKET_NEW_SYN_RECV 12

/* The kernel's own views, as much of them as is needed. */
struct kernfs_node___scope {
	__u64 id;
} __attribute__((preserve_access_index));
struct cgroup___scope {
	struct kernfs_node___scope *kn;
} __attribute__((preserve_access_index));
struct sock_common___scope {
	volatile unsigned char skc_state;
} __attribute__((preserve_access_index));
struct sock_cgroup_data___scope {
	struct cgroup___scope *cgroup;
} __attribute__((preserve_access_index));
struct sock___scope {
	struct sock_common___scope __sk_common;
	struct sock_cgroup_data___scope sk_cgrp_data;
} __attribute__((preserve_access_index));
struct sk_buff___scope {
	struct sock___scope *sk;
} __attribute__((preserve_access_index));

/* 0: it takes the call. */
static __always_inline __u64 scope_cgroup_seen(struct __sk_buff *skb)
{
	const struct sk_buff___scope *seen;
	const struct sock___scope *sk;

	if (!bpf_cast_to_kern_ctx)
		return 0;
	seen = bpf_cast_to_kern_ctx(skb);
	sk = seen->sk;
	if (!sk || !bpf_core_field_exists(sk->sk_cgrp_data.cgroup) ||
	    sk->__sk_common.skc_state == SOCKET_TIME_WAIT ||
	    sk->__sk_common.skc_state == SOCKET_NEW_SYN_RECV)
		return 0;
	return sk->sk_cgrp_data.cgroup->kn->id;
}

static __always_inline __u64 scope_cgroup(struct __sk_buff *skb)
{
	__u64 cgroup = scope_cgroup_seen(skb);

	return likely(cgroup) ? cgroup : bpf_skb_cgroup_id(skb);
}

#endif
