/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of every entry program:
 *
 *   parse -> judge -> (except, reply, reconsider) -> count -> report -> act
 */
#ifndef GABELOU_BPF_GUARD_H
#define GABELOU_BPF_GUARD_H

#include "bpf/answer.h"
#include "bpf/except.h"
#include "bpf/judge_packet.h"
#include "bpf/parse.h"
#include "bpf/parse_plain.h"
#include "bpf/pause.h"
#include "bpf/reply.h"
#include "bpf/report.h"

/* Does a packet stop here? */
static __always_inline bool is_stopped(const struct decision *decision)
{
	return unlikely(decision->verdict == VERDICT_DENY) && !config.monitor &&
	       !(decision->flags & EVENT_PAUSED);
}

/* Is its answer drafted? */
static __always_inline bool is_rejected(const struct decision *decision)
{
	return config.reject && unlikely(decision->flags & EVENT_REJECTED);
}

/* Told apart from what was not understood: that may not be what it seems, and who sent it may not
 * be either. What is in a tunnel has no sender here. */
static __always_inline bool is_answered(const struct packet *packet,
					const struct decision *decision)
{
	return config.reject && !config.trial && is_stopped(decision) &&
	       decision->row != ROW_NOT_JUDGED && !packet->outer;
}

/* What an entry program defines for itself. */

/* The program's answer to the kernel. */
static __always_inline int act(context_t *context, const struct decision *decision);
/* Puts the decision of a trial where user space finds it: enum trial_word. */
static __always_inline void leave_trial(context_t *context, const struct decision *decision);
/* A packet that the table denies: does it pass for another reason? */
static __always_inline struct decision reconsider(context_t *context, const struct packet *packet,
						  struct decision denied);
/* The packet goes on its way, and is counted here. */
static __always_inline void hand_on(const context_t *context, const struct packet *packet);

/* Where a packet passes on its way to another guard, which counts and reports it: an upper link, as
 * a bridge over a port. What is denied here does not come there. */
#define UPPER true

static __always_inline bool is_left_to_lower(bool upper, const struct decision *decision)
{
	return upper && (decision->verdict == VERDICT_ALLOW || config.monitor ||
			 decision->flags & EVENT_PAUSED);
}

static __always_inline int guard(context_t *context, const struct packet *packet,
				 struct decision decision, bool upper)
{
	if (unlikely(decision.verdict == VERDICT_DENY) && config.entries)
		decision = except(context, packet, decision);
	if (unlikely(decision.verdict == VERDICT_DENY) && config.reply_count)
		decision = reply(context, packet, decision, upper || PACKET_FLAGS & EVENT_GATEWAY);
	if (unlikely(decision.verdict == VERDICT_DENY))
		decision = reconsider(context, packet, decision);
	if (unlikely(decision.verdict == VERDICT_DENY) && !config.monitor && pause_holds())
		decision.flags |= EVENT_PAUSED;
	if (is_left_to_lower(upper, &decision) && !config.trial)
		return act(context, &decision);
	if (is_answered(packet, &decision) && answer_prepare(context, report_where(packet)))
		decision.flags |= EVENT_REJECTED;
	count(context, decision.counter);
	if (config.books && !is_stopped(&decision))
		hand_on(context, packet);
	if (config.trial)
		leave_trial(context, &decision);
	else if (unlikely(decision.verdict == VERDICT_DENY))
		report(context, report_where(packet), report_what(&decision));
	return act(context, &decision);
}

static __noinline int guard_any(context_t *context, bool layer3, bool upper)
{
	struct packet packet;
	int answer = parse(context, &packet, layer3);

	return guard(context, &packet,
		     answer == PARSE_DONE ? judge(context, &packet) : judge_unseen((__u8)answer),
		     upper);
}

static __always_inline int guard_ethernet(context_t *context, bool upper)
{
	struct packet packet = {};
	__be16 ethertype = plain_ethertype(context);

	if (likely(ethertype == bpf_htons(ETH_P_IP)) && likely(plain_ipv4(context, &packet)))
		return guard(context, &packet, judge_packet_ipv4(context, &packet), upper);
	if (likely(ethertype == bpf_htons(ETH_P_IPV6)) && likely(plain_ipv6(context, &packet)))
		return guard(context, &packet, judge_packet_ipv6(context, &packet), upper);
	return guard_any(context, false, upper);
}

#endif
