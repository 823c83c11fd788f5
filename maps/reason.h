/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why: a named code for every verdict.
 *
 * One list makes the enum, the text that users see, the metric label and the manual:
 * REASON(identifier, "name", VERDICT, "one sentence for people").
 *
 * The order is the order of judgement: what cannot be understood, control, then what the verdict
 * table decides. Add at the end of a group; names are a promise, numbers belong to a generation.
 */
#ifndef GABELOU_MAPS_REASON_H
#define GABELOU_MAPS_REASON_H

enum verdict { VERDICT_DENY, VERDICT_ALLOW };

#define REASONS(REASON)                                                                            \
	/* Cannot be understood: decided by the parser, always denied. */                          \
	REASON(TRUNCATED, "truncated", DENY, "the packet ends before its headers do")              \
	REASON(ETHERTYPE, "ethertype", DENY,                                                       \
	       "neither IP nor a control protocol that the policy names")                          \
	REASON(ETHERTYPE_LIE, "ethertype-lie", DENY,                                               \
	       "the frame says another protocol than the kernel was told")                         \
	REASON(VLAN, "vlan", DENY, "more than one VLAN tag")                                       \
	REASON(IP_VERSION, "ip-version", DENY, "the IP version contradicts the ethertype")         \
	REASON(IP_LENGTH, "ip-length", DENY, "the IP length contradicts the frame")                \
	REASON(IP_OPTIONS, "ip-options", DENY,                                                     \
	       "IPv4 options: a source route can send it elsewhere")                               \
	REASON(IPV6_ROUTING, "ipv6-routing", DENY, "an IPv6 routing header can send it elsewhere") \
	REASON(IPV6_EXTENSION, "ipv6-extension", DENY,                                             \
	       "IPv6 extension headers that are unknown, out of place or too many")                \
	REASON(JUMBOGRAM, "jumbogram", DENY, "an IPv6 jumbogram that the kernel did not build")    \
	REASON(TUNNEL, "tunnel", DENY, "a tunnel hides the destination")                           \
	REASON(IP_PROTOCOL, "ip-protocol", DENY, "an IP protocol other than TCP, UDP, ICMP")       \
	REASON(CONTROL_SHAPE, "control-shape", DENY,                                               \
	       "looks like control traffic but is not in its narrow shape")                        \
	REASON(INTERNAL, "internal", DENY, "the verdict table gave no answer")                     \
	REASON(CHECKSUM, "checksum", DENY, "its checksum would be written over what was judged")   \
	REASON(BYPASS, "bypass", DENY, "a socket option that would send past the guard")           \
	/* Not judged: passes and is counted apart. */                                             \
	REASON(CONTROL, "control", ALLOW, "control traffic of the link")                           \
	REASON(LIFELINE, "lifeline", ALLOW, "the lifeline, open under every policy")               \
	REASON(LOCAL, "local", ALLOW, "local: private or connected space, not judged")             \
	REASON(GATEWAY, "gateway", ALLOW, "for the gateway itself, which does not forward it")     \
	/* Not by its destination. */                                                              \
	REASON(REPLY, "reply", ALLOW, "an answer to a connection that came in")                    \
	REASON(REPLY_FULL, "reply-full", DENY,                                                     \
	       "an answer, but the table of connections that came in is full")                     \
	/* A rule decided. */                                                                      \
	REASON(RULE_EXCEPT, "rule-except", ALLOW, "an exception allows it")                        \
	REASON(RULE_DENY, "rule-deny", DENY, "a deny rule matches")                                \
	REASON(RULE_ALLOW, "rule-allow", ALLOW, "an allow rule matches")                           \
	/* No rule allows it: what the nearest allow rule lacked. */                               \
	REASON(SOIL, "soil", DENY, "its soil is not approved")                                     \
	REASON(SOIL_UNKNOWN, "soil-unknown", DENY, "its soil is not known")                        \
	REASON(SOIL_CONTESTED, "soil-contested", DENY,                                             \
	       "the sources contradict each other about its soil")                                 \
	REASON(ANYCAST, "anycast", DENY, "anycast: it has no one soil")                            \
	REASON(OWNER, "owner", DENY,                                                               \
	       "its owner is in reach of a jurisdiction that is not approved")                     \
	REASON(OWNER_UNKNOWN, "owner-unknown", DENY, "its operator is in no owner table")          \
	REASON(UNROUTED, "unrouted", DENY, "no network announces it, so it has no owner")          \
	REASON(SPECIAL, "special", DENY, "special-use space that no policy approves")              \
	REASON(MULTICAST, "multicast", DENY, "multicast or broadcast beyond the link")             \
	REASON(NO_RULE, "no-rule", DENY, "no rule allows it")

enum reason {
#define REASON(identifier, name, verdict, text) REASON_##identifier,
	REASONS(REASON)
#undef REASON
		REASON_COUNT
};

#endif
