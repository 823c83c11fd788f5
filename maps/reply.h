/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replies: answers to what came in on ports that the policy names. They leave wherever they go, but
 * not against a deny rule; nothing else does.
 *
 * What comes in is noted where it comes in (bpf/ingress.bpf.c), in two steps:
 *
 *   openings   what came in and is not proven to be from where it says: a SYN, a first datagram, an
 *              echo request. The oldest makes way (LRU), so a flood of them ends nothing else.
 *   replies,   what is proven: by the ACK that completes a handshake, or by a second datagram after
 *   exchanges  an answer (which a forger can send as well: so datagrams have a table of their own).
 *              Nothing makes way there; what finds it full is denied.
 *
 * An opening lets out what a handshake needs and no data: the SYN-ACK, or the RST of a closed port;
 * of datagrams a few, of echo requests one answer each. The maps outlive a generation, so that a
 * swap ends no connection; whether a port is named, the generation in force says.
 */
#ifndef GABELOU_MAPS_REPLY_H
#define GABELOU_MAPS_REPLY_H

#include <linux/types.h>

#define REPLY_SERVICES_MOST 32

/* A port that the policy names. */
struct reply_service {
	__u16 low, high; /* own ports, host order, inclusive; ICMP: the type of the request */
	__u8 protocol;   /* IP protocol number */
	__u8 reserved[3];
};

/* As on the wire at the uplink, so behind NAT as before it: both directions are the same there.
 * Addresses and ports in network order, IPv4 in the first 4 bytes. Another layout needs another
 * EVENT_ABI. */
struct reply_key {
	__u8 remote[16];
	__u8 own[16];
	__be16 remote_port; /* ICMP: the identifier */
	__be16 own_port;    /* ICMP: 0 */
	__u16 ethertype;    /* host order */
	__u8 protocol;
	__u8 reserved;
};

enum opening_state {
	OPENING_CAME,     /* nothing answered it yet */
	OPENING_ANSWERED, /* a SYN-ACK, or a datagram, left */
	OPENING_PROVEN,   /* and there was no room for it */
};

/* Numbers of TCP in host order. */
struct reply_opening {
	__u64 seen;        /* of what came in last: CLOCK_MONOTONIC_COARSE, nanoseconds */
	__u32 remote_next; /* TCP: what a SYN-ACK acknowledges, at least */
	__u32 own_next;    /* TCP, OPENING_ANSWERED: what proves that it arrived */
	__u32 credit;      /* datagrams that may still leave */
	__u16 carried;     /* TCP: bytes of data in the SYN (TFO, RFC 7413) */
	__u8 state;        /* enum opening_state */
	__u8 reserved;
};

enum reply_end { REPLY_END_REMOTE = 1 << 0, REPLY_END_OWN = 1 << 1, REPLY_ENDED = 3 };

struct reply {
	__u64 seen;     /* of what came in last */
	__u32 expected; /* TCP: the sequence number that a valid RST has (RFC 5961) */
	__u8 ends;      /* TCP: mask of enum reply_end, the FINs seen */
	__u8 reserved[3];
};

/* A first fragment that left as a reply: those that follow it have no ports. */
struct reply_fragment {
	__u8 remote[16];
	__u8 own[16];
	__u32 identification; /* as on the wire */
	__u16 ethertype;
	__u8 protocol;
	__u8 reserved;
};

/* Entries. The tables of what is proven take memory as they fill, some 130 bytes an entry. */
#define REPLY_ROOM      262144
#define REPLY_OPENINGS  65536
#define REPLY_FRAGMENTS 4096

/* How long without a packet that came in; sizes of credit. */
#define REPLY_SECOND        1000000000ull
#define REPLY_LIFE_TCP      (7440 * REPLY_SECOND) /* 2 h 4 min: RFC 5382, REQ-5 */
#define REPLY_LIFE_ENDED    (60 * REPLY_SECOND)   /* FINs of both ends: what is sent again */
#define REPLY_LIFE_DATAGRAM (300 * REPLY_SECOND)  /* RFC 4787, REQ-5 */
#define REPLY_LIFE_OPENING  (75 * REPLY_SECOND)   /* a SYN-ACK is sent again for 63 s */
#define REPLY_LIFE_FRAGMENT (30 * REPLY_SECOND)   /* as receivers wait for the others */
#define REPLY_CREDIT        64                    /* datagrams to an address that is not proven */

/* An idle entry stays until a full table is swept, which takes its time: not more often. */
#define REPLY_SWEEP_PAUSE (5 * REPLY_SECOND)

/* When each table may be swept again: TCP's, datagrams'. */
#define REPLY_TABLES 2
struct reply_sweep {
	__u64 after[REPLY_TABLES];
};

#endif
