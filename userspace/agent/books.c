// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/books.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/agent/books_file.h"
#include "userspace/base/clock.h"

static struct agent_entry *add(struct agent_books *books)
{
	void *entries = realloc(books->entries, (books->count + 1) * sizeof(*books->entries));

	if (!entries)
		return NULL;
	books->entries = entries;
	struct agent_entry *entry = &books->entries[books->count++];
	memset(entry, 0, sizeof(*entry));
	return entry;
}

/* Where a number has a new owner, it is a new entry. */
static struct agent_entry *entry_of(struct agent_books *books, const struct kernel_book *book)
{
	for (size_t i = 0; i < books->count; i++)
		if (books->entries[i].book.ifindex == book->ifindex)
			return &books->entries[i];
	struct agent_entry *entry = add(books);
	if (entry)
		entry->book.ifindex = book->ifindex;
	return entry;
}

/* Behind the guard, where it may drop what the guard handed on. */
static bool has_others_behind(uint32_t ifindex, const struct kernel_foreign *foreign, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (foreign[i].ifindex == ifindex && !foreign[i].in_front &&
		    strncmp(foreign[i].hook, "xdp", 3) != 0)
			return true;
	return false;
}

static struct books_sample sample_of(const struct kernel_book *book, bool others_behind)
{
	return (struct books_sample){
		.time_ns = clock_ns(CLOCK_MONOTONIC),
		.counters = book->counters,
		.generation = book->generation,
		.before = book->before,
		.after = book->after,
		.sent = book->sent,
		.dropped = book->dropped,
		.queue_dropped = book->queue_dropped,
		.queued = book->queued,
		.on_way_most = book->on_way_most,
		.prompt = book->prompt,
		.whole = book->whole,
		.cut = book->cut,
		.why = !book->driver_known ? BOOKS_DRIVER
		       : book->shared      ? BOOKS_SHARED
		       : book->answers     ? BOOKS_ANSWERS
		       : others_behind     ? BOOKS_BEHIND
					   : BOOKS_SURE,
	};
}

static void enter(struct agent_entry *entry, const struct kernel_book *read,
		  const struct books_sample *sample, const struct agent_books_news *news)
{
	struct agent_book *book = &entry->book;
	struct books_result result = books_enter(&entry->account, sample);

	memcpy(book->interface, read->interface, sizeof(book->interface));
	memcpy(book->driver, read->driver, sizeof(book->driver));
	book->verdict = result.verdict;
	book->why = result.why;
	book->hidden = result.hidden;
	book->bypassed = entry->account.bypassed;
	book->lost = entry->account.lost;
	book->sent = (uint64_t)entry->account.sent;
	book->handed = (uint64_t)entry->account.handed;
	entry->there = true;
	if (!result.news)
		return;
	book->bypass_seconds = time(NULL);
	news->tell(book, result.news, news->context);
}

/* An interface that is gone, or no longer to be guarded, leaves only what went past it. */
static void forget_gone(struct agent_books *books)
{
	size_t kept = 0;

	for (size_t i = 0; i < books->count; i++) {
		struct agent_entry *entry = &books->entries[i];

		if (!entry->there)
			entry->account = (struct books_account){.bypassed = entry->book.bypassed,
								.lost = entry->book.lost};
		if (entry->there || entry->book.bypassed)
			books->entries[kept++] = *entry;
	}
	books->count = kept;
}

int agent_books_look(struct agent_books *books, struct kernel *kernel,
		     const struct kernel_foreign *foreign, size_t foreign_count,
		     const struct agent_books_news *news, struct diagnostics *diagnostics)
{
	struct kernel_book *read;
	size_t count;
	int error = kernel_books(kernel, &read, &count, diagnostics);

	if (error == -ENOENT) {
		agent_books_free(books);
		books_file_remove();
	}
	if (error)
		return error;
	for (size_t i = 0; i < books->count; i++)
		books->entries[i].there = false;
	for (size_t i = 0; i < count; i++) {
		struct agent_entry *entry = entry_of(books, &read[i]);
		struct books_sample sample = sample_of(
			&read[i], has_others_behind(read[i].ifindex, foreign, foreign_count));

		if (entry)
			enter(entry, &read[i], &sample, news);
	}
	free(read);
	forget_gone(books);
	return books_file_write(books);
}

void agent_books_free(struct agent_books *books)
{
	free(books->entries);
	*books = (struct agent_books){0};
}
