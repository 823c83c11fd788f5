/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A survey as people read it: items of one sender, operator and port together, and the exceptions
 * that would let them pass. Pure. */
#ifndef GABELOU_FLOW_SURVEY_GROUPS_H
#define GABELOU_FLOW_SURVEY_GROUPS_H

#include "userspace/flow/hosts.h"
#include "userspace/flow/survey.h"

/* What one sender sent to one operator and port. */
struct survey_group {
	const struct survey_item *sample; /* the one with the most flows: names and reason */
	const struct survey_item **items; /* by address; borrowed */
	size_t count;
	/* Somebody can say what it is for: its sender is known, or the name of a destination. */
	bool explained;
	bool excepting; /* an exception can let it pass */
	uint64_t flows, cut, packets, bytes;
	const char *first, *last;
};

/* An exception that has more prefixes would list what cannot be listed: then the ASN. */
#define SURVEY_TO_MOST 16

/* An item, and the ASN that its address counts under. */
struct survey_chosen {
	const struct survey_item *item;
	uint32_t asn;
};

/* What was sent to one operator and port, by whomever; by address. */
struct survey_port {
	const struct survey_chosen *items;
	size_t count;
};

/*
 * What would let some ports pass: alike in operator and addresses. An exception holds for every
 * sender, so no address and port are in two of them.
 */
struct survey_exception {
	const struct survey_port *ports;
	size_t count;
	struct prefix *to; /* the fewest that hold the addresses and nothing else; sorted */
	size_t to_count;
	uint32_t asn;     /* of the addresses; 0: not known */
	bool whole;       /* the ASN instead of to */
	size_t addresses; /* how many of them were seen */
	uint64_t flows;
	const char *first;
};

struct survey_report {
	const struct survey *survey;
	struct survey_group *groups; /* most flows first */
	size_t group_count;
	struct survey_exception *exceptions; /* of what is explained; most flows first */
	size_t exception_count;
	const struct survey_item **sorted; /* groups[].items lie in it */
	struct survey_chosen *chosen;      /* ports[].items likewise */
	struct survey_port *ports;         /* exceptions[].ports likewise */
};

/* Of survey_end()'s items; @hosts, borrowed, says which destinations have a name. 0 or -ENOMEM. The
 * caller frees it, also on failure. */
int survey_report_make(const struct survey *survey, const struct hosts *hosts,
		       struct survey_report *report);
void survey_report_free(struct survey_report *report);

/* Whoever sent to an exception's addresses: one item of each, most flows first, of at most @most;
 * how many there are. */
#define SURVEY_SENDERS_MOST 64
size_t survey_senders(const struct survey_exception *exception, const struct survey_item **senders,
		      size_t most);

/* "443/tcp", "8/icmp", "icmpv6", as a policy has it; of other protocols "gre", "protocol 99". */
#define SURVEY_SERVICE_SIZE 32
const char *survey_service(const struct survey_item *item, char text[SURVEY_SERVICE_SIZE]);

/* survey_exceptions.c: fills the exceptions of a report that has its groups. 0 or -ENOMEM. */
int survey_exceptions_make(struct survey_report *report);

int survey_compare_addresses(const struct survey_item *left, const struct survey_item *right);

#endif
