// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hooks on sockets (cgroup2): refuse at once, with EPERM, what the guard would drop in silence,
 * and note who sends. The guard stays the authority: what is not sure here passes, and it judges.
 *
 * A cgroup holds processes of any network namespace; those of others pass untouched, first thing.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/entries.h"
#include "bpf/flows.h"
#include "bpf/judge.h"
#include "bpf/local_net.h"
#include "bpf/pause.h"
#include "bpf/reply_named.h"
#include "bpf/sender.h"

#define SCOPE_CONTEXT                  struct bpf_sock_addr
#define SCOPE_ANCESTOR(context, level) ((void)(context), bpf_get_current_ancestor_cgroup_id(level))
#include "bpf/scope_walk.h"

#define REFUSE 0 /* EPERM */
#define PASS   1

#define IS_HERE(context) (bpf_get_netns_cookie(context) == socket_config.namespace)

/* <sys/socket.h>, <linux/if_packet.h>, <linux/in6.h>, <linux/if_xdp.h> */
#define SOCKET_STREAM       1
#define LEVEL_IPV6          41
#define LEVEL_PACKET        263
#define LEVEL_XDP           283
#define OPTION_QDISC_BYPASS 20 /* PACKET_QDISC_BYPASS */
#define OPTION_ROUTING      57 /* IPV6_RTHDR */
#define OPTION_XDP_TRANSMIT 3  /* XDP_TX_RING: without one an AF_XDP socket sends nothing */
#define OPTION_COPIED_MOST  4096

/* Where to, in host order; an IPv4 address is mapped. */
struct target {
	__u64 high, low;
	bool v4;
};

static __always_inline bool is_mapped(__u64 high, __u64 low)
{
	return !high && low >> 32 == 0xffff;
}

/* An address that sockets map is sent to as IPv4, and judged as the guard will see it. */
static __always_inline struct target target_v6(const struct bpf_sock_addr *context)
{
	struct target target = {
		.high = (__u64)bpf_ntohl(context->user_ip6[0]) << 32 |
			bpf_ntohl(context->user_ip6[1]),
		.low = (__u64)bpf_ntohl(context->user_ip6[2]) << 32 |
		       bpf_ntohl(context->user_ip6[3]),
	};

	target.v4 = is_mapped(target.high, target.low);
	return target;
}

static __always_inline struct target target_v4(const struct bpf_sock_addr *context)
{
	return (struct target){.low = 0xffffull << 32 | bpf_ntohl(context->user_ip4), .v4 = true};
}

/* No address is this host. Groups are the guard's: whether they are control traffic is a matter of
 * the packet's shape. */
static __always_inline bool is_for_guard(const struct target *target)
{
	__u32 v4 = (__u32)target->low;

	if (target->v4)
		return !v4 || v4 >> 28 == 0xe || v4 == 0xffffffff;
	return target->high >> 56 == 0xff || (!target->high && !target->low);
}

static __always_inline void put_address(__u8 to[16], const struct target *target)
{
	__be64 halves[2] = {bpf_cpu_to_be64(target->high), bpf_cpu_to_be64(target->low)};

	__builtin_memcpy(to, halves, sizeof(halves));
}

/* Does it leave past every guard, as far as the routes say? */
static __always_inline bool goes_elsewhere(const struct target *target, __u32 device)
{
	struct elsewhere_key key = {.bits = ELSEWHERE_DEVICE_BITS + ELSEWHERE_ADDRESS_BITS};

	put_address(key.address, target);
	if (bpf_map_lookup_elem(&elsewhere, &key))
		return true;
	if (!device)
		return false;
	key.device = device;
	return bpf_map_lookup_elem(&elsewhere, &key) != NULL;
}

/* One attempt is one packet of no bytes. */
static __always_inline void count_refusal(__u32 slot)
{
	struct counter *counter = bpf_map_lookup_elem(&counters, &slot);

	if (counter)
		counter->packets++;
}

static __always_inline void report_refusal(struct flow_key *key, __u32 row, __u16 rule)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct flow_state fresh = {
		.first = now,
		.reported = now,
		.packets = 1,
		.row = row,
		.rule = rule,
		.flags = EVENT_SOCKET,
	};

	key->generation = config.generation;
	key->process = sender_process();
	struct flow_state *known = bpf_map_lookup_elem(&flows, key);
	if (!known) {
		sender_fill(&fresh.sender);
		known = flow_first(key, &fresh);
	}
	if (known)
		flow_later(key, known, &fresh);
}

/* As the key of a flow has it: IPv4 in the first 4 bytes. */
static __always_inline void put_destination(struct flow_key *key, const struct target *target)
{
	__be32 v4 = bpf_htonl((__u32)target->low);

	if (target->v4)
		__builtin_memcpy(key->destination, &v4, sizeof(v4));
	else
		put_address(key->destination, target);
}

/* What is bound already is part of it. */
static __always_inline void put_source(struct flow_key *key, const struct bpf_sock *sk, bool v4)
{
	__u32 words[4] = {sk->src_ip6[0], sk->src_ip6[1], sk->src_ip6[2], sk->src_ip6[3]};
	__u32 word = sk->src_ip4;

	key->source_port = (__u16)sk->src_port;
	if (v4)
		__builtin_memcpy(key->source, &word, sizeof(word));
	else
		__builtin_memcpy(key->source, words, sizeof(words));
}

static __noinline void report_target(struct bpf_sock_addr *context, const struct target *target,
				     const struct decision *decision)
{
	struct flow_key key = {
		.destination_port = bpf_ntohs((__be16)context->user_port),
		.ethertype = target->v4 ? ETH_P_IP : ETH_P_IPV6,
		.protocol = (__u8)context->protocol,
		.reason = decision->reason,
	};

	put_destination(&key, target);
	put_source(&key, context->sk, target->v4);
	report_refusal(&key, decision->row, decision->rule);
}

/* May it be an exception? Of what has no ports the guard alone sees the type. */
static __always_inline bool may_be_exception(const struct bpf_sock_addr *context, __u32 row)
{
	bool tcp = context->type == SOCKET_STREAM;
	__u16 port = bpf_ntohs((__be16)context->user_port);

	if (!tcp && context->protocol != IPPROTO_UDP)
		return true;
	return except_entry(row, EXCEPT_FLOW(tcp ? IPPROTO_TCP : IPPROTO_UDP, 0, port));
}

/* May it be an answer to what came in? A datagram of a port that is named, and an echo; the guard
 * alone knows what came in. To connect a stream is never one. */
static __always_inline bool may_be_reply(const struct bpf_sock_addr *context,
					 const struct decision *decision)
{
	if (!reply_may(decision) || context->type == SOCKET_STREAM)
		return false;
	if (context->protocol == IPPROTO_UDP)
		return reply_named(IPPROTO_UDP, (__u16)context->sk->src_port);
	return (context->protocol == IPPROTO_ICMP && reply_named(IPPROTO_ICMP, ICMP_ECHO)) ||
	       (context->protocol == IPPROTO_ICMPV6 && reply_named(IPPROTO_ICMPV6, ICMPV6_REQUEST));
}

/* Of the address that the socket is bound to; another one it will have is not known yet. */
static __always_inline __u32 scope_by_bound(const struct bpf_sock *sk, bool v4)
{
	__u32 words[4] = {sk->src_ip6[0], sk->src_ip6[1], sk->src_ip6[2], sk->src_ip6[3]};
	__u32 word = sk->src_ip4;

	if (v4)
		return word ? scope_of_source(true, SCOPE_V4_HIGH(bpf_ntohl(word)), 0)
			    : SCOPE_UNKNOWN;
	if (!(words[0] | words[1] | words[2] | words[3]))
		return SCOPE_UNKNOWN;
	return scope_of_source(false, (__u64)bpf_ntohl(words[0]) << 32 | bpf_ntohl(words[1]),
			       (__u64)bpf_ntohl(words[2]) << 32 | bpf_ntohl(words[3]));
}

/* Its scope is that of the process, which nearly always is the one that made the socket.
 * SCOPE_UNKNOWN: it is not sure. */
static __always_inline __u32 scope_of_target(struct bpf_sock_addr *context, bool v4)
{
	__u32 scope = SCOPE_UNCLAIMED;

	if (config.scoped_by & SCOPES_BY_CGROUP)
		scope = scope_of_cgroup(context, bpf_get_current_cgroup_id());
	if (config.scoped_by & SCOPES_BY_SOURCE) {
		__u32 other = scope_by_bound(context->sk, v4);

		scope = SCOPE_JOINED(scope, other);
	}
	return scope;
}

static __always_inline bool may_be_local(const struct target *target)
{
	return local_net(target->v4 ? 0 : target->high,
			 target->v4 ? (__u32)target->low : target->low, target->v4, ~0u);
}

/* @logged false: it is refused and counted alone. */
static __always_inline int judge_target(struct bpf_sock_addr *context, const struct target *target,
					bool logged)
{
	__u32 scope = SCOPE_UNCLAIMED;
	struct decision decision;

	if (config.monitor || is_for_guard(target))
		return PASS;
	if (config.scopes > 1)
		scope = scope_of_target(context, target->v4);
	if (scope >= SCOPE_UNKNOWN)
		return PASS;
	scope *= config.classes;
	decision = target->v4 ? judge_ipv4(scope, (__u32)target->low)
			      : judge_ipv6(scope, target->high, target->low);
	if (decision.verdict != VERDICT_DENY || goes_elsewhere(target, context->sk->bound_dev_if))
		return PASS;
	/* Which interface it will leave through is not known here. */
	if (config.local_count && may_be_local(target))
		return PASS;
	if (config.entries && may_be_exception(context, decision.row))
		return PASS;
	if (config.reply_count && may_be_reply(context, &decision))
		return PASS;
	if (pause_holds()) /* the guard counts and reports what comes of it */
		return PASS;
	count_refusal(decision.counter);
	if (logged)
		report_target(context, target, &decision);
	return REFUSE;
}

/* A datagram socket that is connected has sent nothing yet, and getaddrinfo() connects one to each
 * address only to sort them. */
static __always_inline int connect_to(struct bpf_sock_addr *context, const struct target *target)
{
	sender_note(context->sk);
	return judge_target(context, target, context->type == SOCKET_STREAM);
}

SEC("cgroup/connect4")
int socket_connect4(struct bpf_sock_addr *context)
{
	if (!IS_HERE(context))
		return PASS;
	struct target target = target_v4(context);
	return connect_to(context, &target);
}

SEC("cgroup/connect6")
int socket_connect6(struct bpf_sock_addr *context)
{
	if (!IS_HERE(context))
		return PASS;
	struct target target = target_v6(context);
	return connect_to(context, &target);
}

SEC("cgroup/sendmsg4")
int socket_sendmsg4(struct bpf_sock_addr *context)
{
	if (!IS_HERE(context))
		return PASS;
	struct target target = target_v4(context);
	sender_note(context->sk);
	return judge_target(context, &target, true);
}

SEC("cgroup/sendmsg6")
int socket_sendmsg6(struct bpf_sock_addr *context)
{
	if (!IS_HERE(context))
		return PASS;
	struct target target = target_v6(context);
	sender_note(context->sk);
	return judge_target(context, &target, true);
}

/* Raw sockets and listeners do not connect. */
SEC("cgroup/sock_create")
int socket_create(struct bpf_sock *context)
{
	if (IS_HERE(context))
		sender_note(context);
	return PASS;
}

/* The reason to refuse an option; REASON_COUNT: there is none. */
static __always_inline __u8 judge_option(struct bpf_sockopt *context, int size)
{
	const int *value = context->optval;

	if (context->level == LEVEL_XDP && context->optname == OPTION_XDP_TRANSMIT)
		return REASON_BYPASS;
	if (context->level == LEVEL_IPV6 && context->optname == OPTION_ROUTING)
		return size > 0 ? REASON_IPV6_ROUTING : REASON_COUNT; /* 0 takes it off */
	if (context->level != LEVEL_PACKET || context->optname != OPTION_QDISC_BYPASS)
		return REASON_COUNT;
	return (const void *)(value + 1) > context->optval_end || *value ? REASON_BYPASS
									 : REASON_COUNT;
}

/* Also in a pause: what the option lets a socket do would outlast it. */
SEC("cgroup/setsockopt")
int socket_option(struct bpf_sockopt *context)
{
	struct flow_key key = {};
	int size = context->optlen;
	__u8 reason;

	/* Of a larger value the kernel has copied a part, and would hand on that part. */
	if (size > OPTION_COPIED_MOST)
		context->optlen = 0;
	if (!IS_HERE(context) || config.monitor)
		return PASS;
	reason = judge_option(context, size);
	if (reason == REASON_COUNT)
		return PASS;
	count_refusal(reason);
	key.reason = reason;
	key.ethertype = reason == REASON_IPV6_ROUTING ? ETH_P_IPV6 : 0;
	report_refusal(&key, ROW_NOT_JUDGED, RULE_NONE);
	return REFUSE;
}

char _license[] SEC("license") = "GPL";
