/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard's side of the books: what it handed on, by interface, to be compared with what the
 * interface says it sent.
 *
 * One slot per interface and CPU. It counts on over all generations, so that a swap is no gap in
 * the books. Interfaces have the same slot where their numbers differ by a multiple of BOOKS_SLOTS;
 * then neither can be checked, which the reader finds out.
 */
#ifndef GABELOU_MAPS_BOOKS_H
#define GABELOU_MAPS_BOOKS_H

#include <linux/types.h>

#define BOOKS_SLOTS         1024 /* a power of two */
#define BOOKS_SLOT(ifindex) ((ifindex) & (BOOKS_SLOTS - 1))

/* GSO packets, by what a device must be able to do to take them whole (linux/netdev_features.h).
 * Where it cannot, the kernel cuts them up behind the guard. */
enum book_gso {
	BOOK_TCP4,
	BOOK_TCP6,
	BOOK_UDP,
	BOOK_OTHER, /* forwarded, of an unknown number of segments, or inside a tunnel: any of them
		     */
	BOOK_GSO_KINDS
};

struct book {
	__u64 packets; /* a GSO packet is one */
	/* And what GSO packets come to on the wire beyond that. Where the kernel has not counted
	 * the segments (it was told of them by a guest, or a packet socket), as many as there can
	 * be. */
	__u64 segments_more[BOOK_GSO_KINDS];
};

#endif
