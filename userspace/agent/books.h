/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The books of all guarded interfaces, kept by the agent, and left for status and for the next
 * agent in /run/gabelou/books-COOKIE.json.
 */
#ifndef GABELOU_AGENT_BOOKS_H
#define GABELOU_AGENT_BOOKS_H

#include "userspace/flow/books.h"
#include "userspace/kernel/books.h"

/* The books of one interface. */
struct agent_book {
	char interface[IF_NAMESIZE];
	uint32_t ifindex;
	char driver[KERNEL_DRIVER_SIZE];
	enum books_verdict verdict;
	enum books_why why;
	uint64_t bypassed, lost, hidden; /* packets; see flow/books.h */
	uint64_t sent, handed;           /* since the account began */
	int64_t bypass_seconds;          /* of CLOCK_REALTIME: when the last bypass was seen */
};

struct agent_entry {
	struct agent_book book;
	struct books_account account;
	bool there; /* at the last look */
};

struct agent_books {
	struct agent_entry *entries;
	size_t count;
};

/* Goes on from where an earlier agent ended: what went past the guard is not forgotten, and what
 * did meanwhile is noticed. */
void agent_books_take(struct agent_books *books);
/* To be called every second: reads, compares, writes the file. @news is called for each interface
 * with packets past the guard that were not known yet, @packets of them. @foreign: programs of
 * others. 0; -ENOENT: nothing is in force, or it does not count, and all is forgotten; other -errno
 * with a message. */
struct agent_books_news {
	void (*tell)(const struct agent_book *book, uint64_t packets, void *context);
	void *context;
};
int agent_books_look(struct agent_books *books, struct kernel *kernel,
		     const struct kernel_foreign *foreign, size_t foreign_count,
		     const struct agent_books_news *news, struct diagnostics *diagnostics);
void agent_books_free(struct agent_books *books);

/* For status: what the agent last wrote; freed by the caller. -ENOENT: there is none. */
int agent_books_read(struct agent_book **books, size_t *count);

#endif
