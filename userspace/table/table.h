/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict table: policy x atlas -> the bytes that the kernel reads. Pure.
 *
 * The same bytes answer explain and plan, with no kernel. What the kernel does not need to know
 * (which soil and owner a class stands for) is kept beside them, in struct class_info.
 */
#ifndef GABELOU_TABLE_TABLE_H
#define GABELOU_TABLE_TABLE_H

#include "maps/reason.h"
#include "maps/table.h"
#include "maps/tunnel.h"
#include "userspace/atlas/atlas.h"
#include "userspace/policy/policy.h"

/* What a class stands for. Equal keys are one class. */
struct class_info {
	country_t soil;
	uint8_t state;   /* enum soil_state */
	uint8_t special; /* enum special */
	struct reach reach;
	uint8_t local;  /* 1: not judged, by "local:" or the lifeline */
	uint8_t routed; /* 1: some ASN announces it */
	uint32_t rules; /* number of the set of rules whose address part matches */
};

struct table {
	struct {
		void *bytes; /* page-aligned, size rounded up to a multiple of 8 */
		size_t size;
		int map; /* file descriptor of what the bytes are mapped from; 0: of nothing */
	} sections[TABLE_SECTION_COUNT];
	const struct table_memory *memory; /* NULL: anonymous */
	uint32_t class_count;
	uint32_t row_count;
	uint32_t entry_count;
	struct class_info *classes;
};

/* Where sections lie. The kernel side hands out the very memory that the guard will read, so that
 * some 50 MB need not be made twice and copied. */
struct table_memory {
	/* Zeroed, writable, shared memory of @size bytes (a multiple of 8), and the file descriptor
	 * that it is mapped from. 0 or -errno: then anonymous memory serves. */
	int (*allocate)(enum table_section section, size_t size, void **bytes, int *map);
};

struct table_context {
	/* Prefixes that the host is connected to; used only under "local: connected". */
	const struct prefix *connected;
	size_t connected_count;
	const struct table_memory *memory; /* NULL: anonymous */
};

int table_compile(const struct policy *policy, const struct atlas *atlas,
		  const struct table_context *context, struct table **table,
		  struct diagnostics *diagnostics);
void table_free(struct table *table);

/* SHA-256 of the sections' SHA-256s, in their order. */
struct digest table_digest(const struct table *table);

/* As the kernel would: class 0 if the table knows nothing. Embedded IPv4 is followed by
 * table_judge, not by table_class. */
uint16_t table_class(const struct table *table, struct address address);

struct decision {
	enum verdict verdict;
	enum reason reason;
	uint16_t rule; /* number in policy->rules, or RULE_NONE */
	uint16_t class;
};
struct decision table_judge(const struct table *table, struct address address);

/* What exceptions ask of a packet, and when it is sent. */
struct table_flow {
	uint8_t protocol; /* IP protocol number */
	bool later_fragment;
	uint16_t port;   /* destination port; of ICMP the type */
	int64_t seconds; /* since 1970, UTC */
	unsigned scope;  /* the sender's; policy_scopes() - 1 of them: the strictest */
};
/* The same of one packet: what is denied may be an exception. */
struct decision table_judge_flow(const struct table *table, struct address address,
				 const struct table_flow *flow);
/* The scope that claims a source address; SCOPE_UNCLAIMED where none does. */
unsigned table_source_scope(const struct table *table, struct address source);
/* No clock that is right says less: exceptions do not hold by one that does. To be raised with each
 * release. Seconds since 1970, UTC: 2026-11-01. */
#define TABLE_CLOCK_FLOOR 1793491200

/* The moment that an entry's until is compared with: TAI, nanoseconds. */
uint64_t table_moment(int64_t seconds);

/* The IPv4 address that decides in the place of this IPv6 one; the address itself if none does. */
struct address table_inner(const struct table *table, struct address address);
struct address table_inner_in(const struct table *table, unsigned scope, struct address address);

/* The oracle: judges one address by the policy's text, with no classes and no table. @inner is the
 * place of special_inner(@address) where that is another address, else NULL.
 * The class is not set. */
struct decision oracle_judge(const struct policy *policy, const struct atlas *atlas,
			     const struct place *place, const struct place *inner,
			     const struct table_context *context, struct address address);

/* The same of one packet, with exceptions. */
struct decision oracle_judge_flow(const struct policy *policy, const struct atlas *atlas,
				  const struct place *place, const struct place *inner,
				  const struct table_context *context, struct address address,
				  const struct table_flow *flow);

/* The same in flow->scope, also the strictest: which passes what every scope lets pass, by no
 * exception. */
struct decision oracle_judge_scope(const struct policy *policy, const struct atlas *atlas,
				   const struct place *place, const struct place *inner,
				   const struct table_context *context, struct address address,
				   const struct table_flow *flow);

/* The endpoints of "tunnels:" as the kernel reads them. The policy has at most TUNNELS_MOST; the
 * number of them. */
uint8_t table_tunnels(const struct policy *policy, struct guard_tunnel tunnels[TUNNELS_MOST]);

/* Sorted changes: everything from starts[i] up to starts[i + 1] - 1 has classes[i].
 * starts[0] is 0. */
struct class_ranges {
	size_t count;
	u128 *starts;
	uint16_t *classes;
};

/* The address part of the table: what maps/lookup.h reads. -EOVERFLOW with a message that names
 * what overflowed: a section would have more than @section_most bytes (LOOKUP_SECTION_MOST); or
 * -ENOMEM without one. */
int lookup_v4_build(const struct class_ranges *ranges, size_t section_most, struct table *table,
		    struct diagnostics *diagnostics);
int lookup_v6_build(const struct class_ranges *ranges, size_t section_most, struct table *table,
		    struct diagnostics *diagnostics);

/* mmap'd zero pages; size is rounded up to a multiple of 8, at least 8. 0 or -ENOMEM. */
int table_section_alloc(struct table *table, enum table_section section, size_t size);

const char *reason_name(enum reason reason);
const char *reason_text(enum reason reason);
enum verdict reason_verdict(enum reason reason);

#endif
