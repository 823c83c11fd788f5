/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is denied may be local through this interface. Only denied packets come here, and only where
 * the policy has such a list. */
#ifndef GABELOU_BPF_LOCAL_H
#define GABELOU_BPF_LOCAL_H

#include "bpf/judge.h"
#include "bpf/local_net.h"
#include "bpf/packet.h"

/* What the parser or the table's own fault denied was not understood: it stays denied. */
static __always_inline struct decision local(context_t *context, const struct packet *packet,
					     struct decision denied)
{
	bool v4 = packet->ethertype == ETH_P_IP;
	__u32 interface = packet_interface(context);
	__u32 *entries;

	if (denied.row == ROW_NOT_JUDGED)
		return denied;
	entries = bpf_map_lookup_elem(&local_interfaces, &interface);
	if (!entries ||
	    !local_net(v4 ? 0 : packet->destination_high,
		       v4 ? packet->destination_v4 : packet->destination_low, v4, *entries))
		return denied;
	denied.row = ROW_NOT_JUDGED;
	denied.counter = REASON_LOCAL;
	denied.rule = RULE_NONE;
	denied.reason = REASON_LOCAL;
	denied.verdict = VERDICT_ALLOW;
	return denied;
}

#endif
