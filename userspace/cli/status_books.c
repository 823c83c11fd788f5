// SPDX-License-Identifier: GPL-2.0-or-later
/* The books as status shows them: what interfaces sent against what the guard let pass. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "userspace/cli/page.h"
#include "userspace/cli/status.h"

#define WHEN_SIZE 32

static const char *when_of(const struct agent_book *book, char when[WHEN_SIZE])
{
	time_t seconds = (time_t)book->bypass_seconds;
	struct tm utc;

	strftime(when, WHEN_SIZE, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
	return when;
}

char *status_books_problem(const struct agent_book *book)
{
	char count[PAGE_COUNT_SIZE], when[WHEN_SIZE], *text;

	if (!book->bypassed)
		return NULL;
	page_count(book->bypassed, count);
	if (asprintf(&text,
		     "bypass: at least %s packet%s went past the guard on %s (the last was noticed "
		     "at %s): a program in front, a raw packet socket (CAP_NET_RAW) or AF_XDP; see "
		     "docs/bypass.md",
		     count, book->bypassed == 1 ? "" : "s", book->interface,
		     when_of(book, when)) < 0)
		return NULL;
	return text;
}

static void print_book(FILE *out, const char *label, const struct agent_book *book)
{
	char sent[PAGE_COUNT_SIZE], hidden[PAGE_COUNT_SIZE];

	page_count(book->sent, sent);
	page_count(book->hidden, hidden);
	if (book->why)
		page_item(out, label, "%s: not checkable here: %s%s%s", book->interface,
			  books_why_text(book->why), book->why == BOOKS_DRIVER ? ": " : "",
			  book->why == BOOKS_DRIVER ? book->driver : "");
	else if (book->bypassed)
		page_item(out, label, "%s: see problems", book->interface);
	else if (book->hidden)
		page_item(out, label,
			  "%s: balanced, %s packets, but for up to %s that may be on their way",
			  book->interface, sent, hidden);
	else
		page_item(out, label, "%s: balanced, %s packet%s", book->interface, sent,
			  book->sent == 1 ? "" : "s");
}

void status_print_books(FILE *out, const struct status *status)
{
	if (!status->agent_running)
		page_field(out, "books", "not kept: no agent runs");
	else if (!status->book_count)
		page_field(out, "books", "not kept");
	for (size_t i = 0; status->agent_running && i < status->book_count; i++)
		print_book(out, i ? "" : "books", &status->books[i]);
}

json_t *status_books_json(const struct status *status)
{
	json_t *list = json_array();
	char when[WHEN_SIZE];

	for (size_t i = 0; i < status->book_count; i++) {
		const struct agent_book *book = &status->books[i];

		json_array_append_new(
			list, json_pack("{s:o, s:s, s:s?, s:o, s:I, s:I, s:I, s:I, s:I, s:s?}",
					"interface", text_json(book->interface), "verdict",
					books_verdict_name(book->verdict), "why",
					books_why_name(book->why), "driver",
					text_json(book->driver), "sent", (json_int_t)book->sent,
					"handed_on", (json_int_t)book->handed, "bypassed",
					(json_int_t)book->bypassed, "lost", (json_int_t)book->lost,
					"could_hide", (json_int_t)book->hidden, "last_bypass",
					book->bypassed ? when_of(book, when) : NULL));
	}
	return list;
}
