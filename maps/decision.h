/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From class to decision, as the kernel reads it.
 *
 * A class is (soil, reach, set of rules whose address part matches), interned to 16 bits. The row
 * of a class says what happens to packets of that class. Rows form a matrix, scope x class: the
 * row of class c in scope s is rows[s * classes + c]. Without scopes there is one scope, 0; with
 * them the last one is the strictest, for senders that may be in several (maps/scope.h).
 *
 * Most rows are a plain verdict. Where exceptions let a part of what is denied pass (by protocol,
 * port, until a day), the row names a run of entries: the first one that matches decides, and if
 * none does, the row itself. A row that allows has none, so what is allowed never pays for them.
 */
#ifndef GABELOU_MAPS_DECISION_H
#define GABELOU_MAPS_DECISION_H

#include <linux/types.h>

#define CLASSES_MOST 0xff00 /* class numbers above this mean something else in the v4 root */
#define RULE_NONE    0xffff
#define ROWS_MOST    (1u << 22) /* each has a counter per CPU */

/* Class 0 is always "the table knows nothing": decided as REASON_INTERNAL. */
#define CLASS_NONE 0

/* What a row does. The embedded kinds send the judge to the IPv4 address inside an IPv6 one. */
enum row_act {
	ROW_DENY,            /* = VERDICT_DENY */
	ROW_ALLOW,           /* = VERDICT_ALLOW */
	ROW_EMBEDDED_LOW,    /* bits 96..127: mapped, compatible, NAT64 /96 (RFC 4291, 6052) */
	ROW_EMBEDDED_6TO4,   /* bits 16..47 (RFC 3056) */
	ROW_EMBEDDED_TEREDO, /* bits 96..127, inverted (RFC 4380) */
	/* NAT64 prefixes of these lengths (RFC 6052, section 2.2): what follows the prefix, and
	 * bits 64..71 are left out. */
	ROW_EMBEDDED_NAT64_32,
	ROW_EMBEDDED_NAT64_40,
	ROW_EMBEDDED_NAT64_48,
	ROW_EMBEDDED_NAT64_56,
	ROW_EMBEDDED_NAT64_64,
};

struct class_row {
	__u8 act;      /* enum row_act */
	__u8 reason;   /* enum reason */
	__u16 rule;    /* number of the rule that decided; RULE_NONE */
	__u32 entries; /* ROW_ENTRIES(first, count); 0: none */
};

/* A run of up to ROW_ENTRIES_MOST entries among up to 2^20: what is looked through for one packet.
 */
#define ROW_ENTRIES_MOST           128
#define ROW_ENTRIES_COUNT_BITS     12
#define ROW_ENTRIES(first, count)  ((__u32)(first) << ROW_ENTRIES_COUNT_BITS | (count))
#define ROW_ENTRIES_FIRST(entries) ((entries) >> ROW_ENTRIES_COUNT_BITS)
#define ROW_ENTRIES_COUNT(entries) ((entries) & ((1 << ROW_ENTRIES_COUNT_BITS) - 1))

enum entry_flag {
	/* A later fragment has no ports: it matches only an entry with this flag. */
	ENTRY_LATER_FRAGMENTS = 1 << 0,
};

struct class_entry {
	__u64 until;    /* TAI nanoseconds; 0: for ever */
	__u16 port_low; /* destination ports, host order, inclusive; ICMP: the type */
	__u16 port_high;
	__u16 rule;
	__u8 protocol; /* IP protocol number; 0: any */
	__u8 verdict;  /* enum verdict */
	__u8 reason;   /* enum reason */
	__u8 flags;    /* enum entry_flag */
	__u8 reserved[6];
};

/*
 * Counters, one slot per decision, so that a packet costs one increment:
 * slots [0, REASON_COUNT)        what was decided without the table, by reason
 * then one slot per row          in the order of the rows
 * then one slot per entry        in the order of the entries
 * then, with replies, one per row: those to its destinations
 */
struct counter {
	__u64 packets; /* GSO counted by segments */
	__u64 bytes;   /* as the interface sees them, link header included */
};

/* A program loaded for a trial (BPF_PROG_RUN, never attached) leaves its decision in skb->cb. */
enum trial_word {
	TRIAL_CLASS,   /* the class that decided (of the inner address, if embedded); CLASS_NONE */
	TRIAL_REASON,  /* enum reason */
	TRIAL_VERDICT, /* enum verdict, whatever the mode */
	TRIAL_RULE,    /* RULE_NONE */
	TRIAL_WORDS
};

#define COUNTER_OF_ROW(row)           (REASON_COUNT + (row))
#define COUNTER_OF_ENTRY(rows, entry) (REASON_COUNT + (rows) + (entry))
#define COUNTER_SLOTS(rows, entries)  (REASON_COUNT + (rows) + (entries))

#define COUNTER_OF_REPLY(rows, entries, row)      (COUNTER_SLOTS(rows, entries) + (row))
#define COUNTER_SLOTS_WITH_REPLIES(rows, entries) (COUNTER_SLOTS(rows, entries) + (rows))

#endif
