/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is denied may be an exception: by protocol, port or ICMP type, until a day. Only denied
 * packets come here, so what is allowed pays nothing.
 */
#ifndef GABELOU_BPF_EXCEPT_H
#define GABELOU_BPF_EXCEPT_H

#include "bpf/entries.h"
#include "bpf/parse_transport.h"

/* Of TCP and UDP the destination port, of ICMP the type. False: it cannot be read. */
static __always_inline bool except_port(context_t *context, const struct packet *packet,
					__u16 *port)
{
	__u8 bytes[TRANSPORT_PORTS];

	if (!packet_copy(context, packet->transport, bytes, sizeof(bytes)))
		return false;
	*port = packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP
			? (__u16)(bytes[2] << 8 | bytes[3])
			: bytes[0];
	return true;
}

/* Invalidates packet pointers. */
static __always_inline struct decision except(context_t *context, const struct packet *packet,
					      struct decision denied)
{
	bool later_fragment = !packet->transport;
	const struct class_entry *entry;
	__u16 port = 0;

	if (denied.row == ROW_NOT_JUDGED ||
	    (!later_fragment && !except_port(context, packet, &port)))
		return denied;
	__u32 found = except_entry(denied.row, EXCEPT_FLOW(packet->protocol, later_fragment, port));
	entry = found ? LOOKUP_WITHIN(0, ENTRIES, (__u64)(found - 1) * sizeof(*entry),
				      sizeof(*entry))
		      : NULL;
	if (!entry)
		return denied;
	denied.counter = COUNTER_OF_ENTRY(config.rows, found - 1);
	denied.rule = entry->rule;
	denied.reason = entry->reason;
	denied.verdict = entry->verdict;
	return denied;
}

#endif
