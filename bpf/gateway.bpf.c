// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The gateway: judges what comes in from workloads to go out (XDP, on the inside ports of a
 * router). The same steps as the guard's, but that what is meant for the gateway itself passes.
 */
#include "bpf/packet_xdp.h"

#include "bpf/answer_xdp.h"
#include "bpf/guard.h"
#include "bpf/own.h"

static __always_inline int act(context_t *xdp, const struct decision *decision)
{
	if (is_rejected(decision) && answer_place(xdp))
		return XDP_TX;
	return is_stopped(decision) ? XDP_DROP : XDP_PASS;
}

/* In front of the packet, where BPF_PROG_RUN gives it back. Invalidates packet pointers. */
static __always_inline void leave_trial(context_t *xdp, const struct decision *decision)
{
	if (bpf_xdp_adjust_meta(xdp, -(int)(TRIAL_WORDS * sizeof(__u32))))
		return;
	__u32 *words = (void *)(long)xdp->data_meta;
	if ((void *)(words + TRIAL_WORDS) > packet_data(xdp))
		return;
	words[TRIAL_CLASS] = decision->class;
	words[TRIAL_REASON] = decision->reason;
	words[TRIAL_VERDICT] = decision->verdict;
	words[TRIAL_RULE] = decision->rule;
}

/* Only what was understood whole: the rest could be anything once it is delivered (options,
 * tunnels; and what is in a named one is not sent to us). A trial is about the table, whatever the
 * addresses of this host. */
static __always_inline struct decision reconsider(context_t *xdp, const struct packet *packet,
						  struct decision denied)
{
	bool v4 = packet->ethertype == ETH_P_IP;

	if (config.trial || denied.row == ROW_NOT_JUDGED || packet->outer)
		return denied;
	if (packet->network && own_is_group(xdp)) /* without a link header there are no groups */
		return denied;
	if (!own_address(xdp, v4 ? OWN_AF_INET : OWN_AF_INET6, packet->destination_high,
			 v4 ? packet->destination_v4 : packet->destination_low))
		return denied;
	denied.reason = REASON_GATEWAY;
	denied.counter = REASON_GATEWAY;
	denied.verdict = VERDICT_ALLOW;
	return denied;
}

/* What comes in here is counted where it leaves. */
static __always_inline void hand_on(const context_t *xdp, const struct packet *packet)
{
	(void)xdp, (void)packet;
}

SEC("xdp.frags")
int gateway(context_t *xdp)
{
	return guard_ethernet(xdp, !UPPER);
}

/* For links without a link header. */
SEC("xdp.frags")
int gateway_layer3(context_t *xdp)
{
	return guard_any(xdp, true, !UPPER);
}

char _license[] SEC("license") = "GPL";
