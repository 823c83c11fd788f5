/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may be a reply (maps/reply.h), as far as the policy says. */
#ifndef GABELOU_BPF_REPLY_NAMED_H
#define GABELOU_BPF_REPLY_NAMED_H

#include <linux/in.h>
#include <linux/in6.h>

#include "bpf/judge.h"

/* RFC 792, RFC 4443 */
#define ICMP_ECHOREPLY     0
#define ICMP_DEST_UNREACH  3
#define ICMP_ECHO          8
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETERPROB 12
#define ICMPV6_ERRORS_END  128 /* types below are errors (RFC 4443, section 2.1) */
#define ICMPV6_REQUEST     128
#define ICMPV6_ANSWER      129

/* Does the policy in force name this port of ours (host order), or type of a request? A function of
 * its own, or the verifier would go on for each port with what it then knows of the number. */
__noinline int reply_named(__u32 protocol, __u32 port)
{
	for (__u32 i = 0; i < REPLY_SERVICES_MOST && i < config.reply_count; i++) {
		__u32 low = config.replies[i].low, width = config.replies[i].high - low;

		if (config.replies[i].protocol == protocol && port - low <= width)
			return true;
	}
	return false;
}

/* Answers go where the table lets nothing else go, but not against a deny rule, and to nobody that
 * cannot have asked. */
static __always_inline bool reply_may(const struct decision *denied)
{
	return denied->row != ROW_NOT_JUDGED && denied->verdict == VERDICT_DENY &&
	       denied->reason != REASON_RULE_DENY && denied->reason != REASON_MULTICAST &&
	       denied->reason != REASON_INTERNAL;
}

#endif
