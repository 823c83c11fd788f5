/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flow events: the record of a judged flow that user space logs.
 *
 * The first packet of a denied flow is reported at once, later ones are summed up and reported
 * again after an interval. The kernel keeps one flow_state per flow_key; user space sweeps those
 * that fell silent. Losses are counted per CPU in the map "events_lost".
 */
#ifndef GABELOU_MAPS_EVENT_H
#define GABELOU_MAPS_EVENT_H

#include <linux/types.h>

#define EVENT_ABI 4 /* bump with any change of the structs below */

#define COMMAND_SIZE 16 /* TASK_COMM_LEN: the kernel cuts the name of a task there */

/* Who sent it, as far as it is known: the process that made, connected or last sent through the
 * socket, whichever came last. It may be gone, or have handed the socket on since. */
struct sender {
	__u64 cgroup;  /* id in the cgroup2 hierarchy: its folder's inode; 0: not known */
	__u32 process; /* in the first pid namespace; 0: not known */
	__u32 user;    /* in the first user namespace; USER_UNKNOWN */
	char command[COMMAND_SIZE];
};

#define USER_UNKNOWN 0xffffffff

/* Addresses in network byte order; IPv4 in the first 4 bytes, the rest zero. Ports in host order.
 * What the parser did not reach is zero. */
struct flow_key {
	__u8 source[16];
	__u8 destination[16];
	__u16 source_port;
	__u16 destination_port; /* ICMP: type << 8 | code */
	__u32 ifindex;          /* where it was judged; 0: at the socket */
	__u32 generation;
	__u16 ethertype; /* host order: 0x0800, 0x86dd, ... */
	__u8 protocol;   /* IP protocol number */
	__u8 reason;     /* enum reason */
	__u32 process;   /* judged at the socket: whose it is; else 0 */
	__u8 paused;     /* 1: it passed, in a pause; a flow of its own */
	__u8 reserved[3];
};

struct flow_state {
	__u64 first;    /* CLOCK_BOOTTIME nanoseconds of the first packet since the last event */
	__u64 reported; /* of the last event */
	__u64 packets;  /* since the last event */
	__u64 bytes;
	__u32 row; /* row of the verdict table; ROW_NOT_JUDGED if the table was not asked */
	__u16 rule;
	__u8 flags; /* enum event_flag, but for EVENT_MONITOR */
	__u8 reserved;
	struct sender sender; /* of the first packet */
};

#define ROW_NOT_JUDGED 0xffffffff

enum event_kind {
	EVENT_FIRST = 1, /* the first packet of a flow */
	EVENT_SUMMARY,   /* what came since the last event of the flow */
};

enum event_flag {
	EVENT_MONITOR = 1 << 0,  /* let pass: the policy is in monitor mode */
	EVENT_GATEWAY = 1 << 1,  /* judged where it came in; else where it was to go out */
	EVENT_SOCKET = 1 << 2,   /* judged at the socket: the sender was told (EPERM) */
	EVENT_PAUSED = 1 << 3,   /* let pass: a pause held */
	EVENT_REJECTED = 1 << 4, /* the sender was told: of the first packet (maps/answer.h) */
};

struct flow_event {
	struct flow_key key;
	__u64 time;    /* CLOCK_BOOTTIME nanoseconds of the packet that made the event */
	__u64 first;   /* of the first packet in this event */
	__u64 packets; /* in this event */
	__u64 bytes;
	__u32 row;
	__u16 rule; /* RULE_NONE if no rule decided */
	__u8 kind;  /* enum event_kind */
	__u8 flags; /* enum event_flag */
	struct sender sender;
};

#endif
