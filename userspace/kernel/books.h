/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What interfaces say they sent, and what the guard handed on to them. */
#ifndef GABELOU_KERNEL_BOOKS_H
#define GABELOU_KERNEL_BOOKS_H

#include "maps/books.h"
#include "userspace/kernel/kernel.h"

#define KERNEL_DRIVER_SIZE 32

/* Counters of one interface, packets. See userspace/flow/books.h for what they are good for. */
struct kernel_book {
	char interface[IF_NAMESIZE];
	uint32_t ifindex;
	char driver[KERNEL_DRIVER_SIZE]; /* as ethtool -i says it; "" if it does not */
	bool driver_known;               /* its way to count; without it the rest tells nothing */
	bool prompt;                     /* what is not queued is counted within a second */
	bool answers;              /* a gateway of ours answers there what it denies, by XDP_TX */
	uint32_t counters;         /* id of the map that the guard counts in */
	uint32_t generation;       /* in force */
	bool shared;               /* another one of these has the same slot */
	struct book before, after; /* read before the interface's counters, and after them */
	uint64_t sent, dropped;
	uint64_t queue_dropped, queued;
	uint32_t on_way_most; /* packets between queue and counter */
	uint8_t whole, cut;   /* masks of 1 << enum book_gso: known to be counted as one, as many */
};

/*
 * Of the interfaces that what is in force wants guarded, whether there is a guard on them now or
 * not; without those whose packets are counted at an interface below. *books is freed by the
 * caller. -ENOENT without a message: nothing is in force, or it does not count; other -errno with
 * messages.
 */
int kernel_books(struct kernel *kernel, struct kernel_book **books, size_t *count,
		 struct diagnostics *diagnostics);

/* Of one interface, by what ethtool (SIOCETHTOOL) says: driver, driver_known, prompt, on_way_most,
 * whole and cut. @queues: of its hardware, each of up to @queue_length packets. */
void books_ways(struct kernel_book *book, uint32_t queues, uint32_t queue_length);

#endif
