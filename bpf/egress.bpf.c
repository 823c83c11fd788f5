// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard: judges what leaves through an interface (tc egress).
 *
 *   parse -> judge -> count -> report -> act
 */
#include "bpf/parse.h"
#include "bpf/parse_plain.h"
#include "bpf/report.h"

#define TC_NEXT (-1) /* TCX_NEXT; TC_ACT_UNSPEC to clsact: the programs behind us go on */

static __always_inline int act(const struct decision *decision)
{
	if (unlikely(decision->verdict == VERDICT_DENY) && !config_monitor)
		return TC_ACT_SHOT;
	return config_last_word ? TC_ACT_OK : TC_NEXT;
}

static __always_inline void leave_trial(struct __sk_buff *skb, const struct decision *decision)
{
	skb->cb[TRIAL_CLASS] = decision->class;
	skb->cb[TRIAL_REASON] = decision->reason;
	skb->cb[TRIAL_VERDICT] = decision->verdict;
	skb->cb[TRIAL_RULE] = decision->rule;
}

static __always_inline int guard(struct __sk_buff *skb, const struct packet *packet,
				 struct decision decision)
{
	count(skb, decision.counter);
	if (config_trial)
		leave_trial(skb, &decision);
	else if (unlikely(decision.verdict == VERDICT_DENY))
		report(skb, report_where(packet), report_what(&decision));
	return act(&decision);
}

static __noinline int guard_any(struct __sk_buff *skb, bool layer3)
{
	struct packet packet;
	int answer = parse(skb, &packet, layer3);

	return guard(skb, &packet,
		     answer == PARSE_DONE ? judge(&packet) : judge_unseen((__u8)answer));
}

SEC("tc")
int egress(struct __sk_buff *skb)
{
	struct packet packet = {};
	__be16 ethertype = plain_ethertype(skb);

	if (likely(ethertype == bpf_htons(ETH_P_IP)) && likely(plain_ipv4(skb, &packet)))
		return guard(skb, &packet, judge_ipv4(&packet));
	if (likely(ethertype == bpf_htons(ETH_P_IPV6)) && likely(plain_ipv6(skb, &packet)))
		return guard(skb, &packet, judge_ipv6(&packet));
	return guard_any(skb, false);
}

/* For links without a link header. */
SEC("tc")
int egress_layer3(struct __sk_buff *skb)
{
	return guard_any(skb, true);
}

char _license[] SEC("license") = "GPL";
