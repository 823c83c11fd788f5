/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sender of a denied packet is told where the policy says `on-deny: reject`: a TCP reset
 * (RFC 9293, 3.10.7.1), else "administratively prohibited" (ICMP type 3 code 13, RFC 1812;
 * ICMPv6 type 1 code 1, RFC 4443), as though from the destination.
 *
 * Two limits hold the answers down on each CPU: one for all, and one for senders and destinations
 * that share one of ANSWER_PAIRS buckets, so that a flood to one place leaves the others theirs.
 */
#ifndef GABELOU_MAPS_ANSWER_H
#define GABELOU_MAPS_ANSWER_H

#include <linux/types.h>

/* What became of it, counted per CPU in the map "answers", for all generations. What is not
 * answered is dropped. */
#define ANSWER_LIST(ANSWER)                                                                        \
	ANSWER(SENT, "sent", "were answered")                                                      \
	ANSWER(LIMITED, "limited", "were dropped, above the rate of answers")                      \
	ANSWER(UNANSWERABLE, "unanswerable",                                                       \
	       "were dropped, since they may not be answered (groups, resets, fragments, errors)") \
	ANSWER(FAILED, "failed", "were dropped, since the kernel refused the answer")

enum answer {
#define ANSWER(identifier, name, text) ANSWER_##identifier,
	ANSWER_LIST(ANSWER)
#undef ANSWER
		ANSWERS
};

#define ANSWER_PAIR_BITS  8
#define ANSWER_PAIRS      (1 << ANSWER_PAIR_BITS)
#define ANSWER_RATE       1000
#define ANSWER_BURST      200
#define ANSWER_PAIR_RATE  100
#define ANSWER_PAIR_BURST 100

/* Of the packet that is answered, from its IP header on. */
#define ANSWER_QUOTE_MOST 128

#endif
