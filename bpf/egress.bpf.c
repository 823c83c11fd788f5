// SPDX-License-Identifier: GPL-2.0-or-later
/* The guard: judges what leaves through an interface (tc egress). */
#include "bpf/packet_skb.h"

#include "bpf/answer_skb.h"
#include "bpf/books.h"
#include "bpf/guard.h"

#define TC_NEXT (-1) /* TCX_NEXT; TC_ACT_UNSPEC to clsact: the programs behind us go on */

static __always_inline int act(context_t *skb, const struct decision *decision)
{
	if (is_rejected(decision) && answer_place(skb))
		return (int)bpf_redirect(skb->ifindex, BPF_F_INGRESS);
	if (is_stopped(decision))
		return TC_ACT_SHOT;
	return config.last_word ? TC_ACT_OK : TC_NEXT;
}

static __always_inline void leave_trial(context_t *skb, const struct decision *decision)
{
	skb->cb[TRIAL_CLASS] = decision->class;
	skb->cb[TRIAL_REASON] = decision->reason;
	skb->cb[TRIAL_VERDICT] = decision->verdict;
	skb->cb[TRIAL_RULE] = decision->rule;
}

static __always_inline struct decision reconsider(context_t *skb, const struct packet *packet,
						  struct decision denied)
{
	(void)skb, (void)packet;
	return denied;
}

static __always_inline void hand_on(const context_t *skb, const struct packet *packet)
{
	books_enter(skb, packet);
}

SEC("tc")
int egress(context_t *skb)
{
	return guard_ethernet(skb, !UPPER);
}

/* For links over another one that is guarded. */
SEC("tc")
int egress_upper(context_t *skb)
{
	return guard_ethernet(skb, UPPER);
}

/* For links without a link header. */
SEC("tc")
int egress_layer3(context_t *skb)
{
	return guard_any(skb, true, !UPPER);
}

char _license[] SEC("license") = "GPL";
