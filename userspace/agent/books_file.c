// SPDX-License-Identifier: GPL-2.0-or-later
/* /run/gabelou/books-COOKIE.json. */
#include "userspace/agent/books_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/agent/state.h"
#include "userspace/base/file.h"

#define FILE_MODE 0600

static json_t *book_json(const struct agent_book *book)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:I}", "interface",
			 book->interface, "ifindex", (json_int_t)book->ifindex, "driver",
			 book->driver, "verdict", books_verdict_name(book->verdict), "why",
			 books_why_name(book->why), "bypassed", (json_int_t)book->bypassed, "lost",
			 (json_int_t)book->lost, "hidden", (json_int_t)book->hidden, "sent",
			 (json_int_t)book->sent, "handed", (json_int_t)book->handed,
			 "bypass_seconds", (json_int_t)book->bypass_seconds);
}

static uint64_t number(const json_t *json, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(json, key));
}

static void copy(const json_t *json, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(json, key));

	snprintf(text, size, "%s", value ? value : "");
}

static struct agent_book book_of(const json_t *json)
{
	struct agent_book book = {
		.ifindex = (uint32_t)number(json, "ifindex"),
		.why = books_why_named(json_string_value(json_object_get(json, "why"))),
		.bypassed = number(json, "bypassed"),
		.lost = number(json, "lost"),
		.hidden = number(json, "hidden"),
		.sent = number(json, "sent"),
		.handed = number(json, "handed"),
		.bypass_seconds = (int64_t)number(json, "bypass_seconds"),
	};

	copy(json, "interface", book.interface, sizeof(book.interface));
	copy(json, "driver", book.driver, sizeof(book.driver));
	book.verdict = book.bypassed ? BOOKS_BYPASS : book.why ? BOOKS_UNCHECKED : BOOKS_BALANCED;
	return book;
}

/* An account between two samples, as a list of numbers: what agents of another build wrote has
 * another length, or counts from a reboot ago, and is then a new account. */
#define ACCOUNT_NUMBERS 23

/* Either from the account into the list, or back. */
static void exchange(struct books_account *account, json_int_t numbers[ACCOUNT_NUMBERS], bool back)
{
	struct books_sample *last = &account->last;
	uint64_t *unsigned64[] = {
		&account->since_ns, &account->lost_ns, &account->offload_ns, &last->time_ns,
		&last->sent,        &last->dropped,    &last->queue_dropped, &last->queued,
	};
	__u64 *counted[] = {&last->after.packets, &last->after.segments_more[0],
			    &last->after.segments_more[1], &last->after.segments_more[2],
			    &last->after.segments_more[3]};
	int64_t *signed64[] = {&account->sent, &account->dropped, &account->handed, &account->floor,
			       &account->ceiling};
	uint32_t *unsigned32[] = {&last->counters, &last->generation};
	uint8_t *unsigned8[] = {&last->whole, &last->cut};
	size_t at = 0;

#define EXCHANGE(list, type)                                                \
	for (size_t i = 0; i < sizeof(list) / sizeof(*(list)); i++, at++) { \
		if (back)                                                   \
			*(list)[i] = (type)numbers[at];                     \
		else                                                        \
			numbers[at] = (json_int_t) * (list)[i];             \
	}
	EXCHANGE(unsigned64, uint64_t)
	EXCHANGE(counted, __u64)
	EXCHANGE(signed64, int64_t)
	EXCHANGE(unsigned32, uint32_t)
	EXCHANGE(unsigned8, uint8_t)
#undef EXCHANGE
	if (back)
		account->bounded = numbers[at];
	else
		numbers[at] = account->bounded;
	_Static_assert(BOOK_GSO_KINDS == 4, "segments_more is listed one by one");
}

static json_t *account_json(const struct books_account *account)
{
	struct books_account copy_of = *account;
	json_int_t numbers[ACCOUNT_NUMBERS] = {0};
	json_t *list = json_array();

	exchange(&copy_of, numbers, false);
	for (size_t i = 0; i < ACCOUNT_NUMBERS; i++)
		json_array_append_new(list, json_integer(numbers[i]));
	return list;
}

static void read_account(const json_t *list, const struct agent_book *book,
			 struct books_account *account)
{
	json_int_t numbers[ACCOUNT_NUMBERS] = {0};

	*account = (struct books_account){.bypassed = book->bypassed, .lost = book->lost};
	if (json_array_size(list) != ACCOUNT_NUMBERS)
		return;
	for (size_t i = 0; i < ACCOUNT_NUMBERS; i++)
		numbers[i] = json_integer_value(json_array_get(list, i));
	exchange(account, numbers, true);
	account->begun = true;
	account->history[0].time_ns = account->last.time_ns;
	account->history[0].handed = account->handed;
	account->history[0].queued = account->last.queued;
}

/* In place of the old one: who reads finds either, whole. Not synced, since it does not outlive
 * the machine. */
static int replace(const char *path, const char *text)
{
	char aside[AGENT_PATH_SIZE + 8];

	snprintf(aside, sizeof(aside), "%s.new", path);
	int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0)
		return -errno;
	int error = file_write(fd, text, strlen(text));
	close(fd);
	if (!error && rename(aside, path))
		error = -errno;
	if (error)
		unlink(aside);
	return error;
}

int books_file_write(const struct agent_books *books)
{
	char path[AGENT_PATH_SIZE];
	json_t *list = json_array();
	int error = agent_run_path("books", path);

	for (size_t i = 0; i < books->count; i++) {
		const struct agent_entry *entry = &books->entries[i];
		json_t *json = book_json(&entry->book);

		if (entry->account.begun)
			json_object_set_new(json, "account", account_json(&entry->account));
		json_array_append_new(list, json);
	}
	char *text = json_dumps(list, JSON_COMPACT);
	if (!error)
		error = text ? replace(path, text) : -ENOMEM;
	free(text);
	json_decref(list);
	return error;
}

void books_file_remove(void)
{
	char path[AGENT_PATH_SIZE];

	if (agent_run_path("books", path) == 0)
		unlink(path);
}

static json_t *load(void)
{
	char path[AGENT_PATH_SIZE];
	int error = agent_run_path("books", path);

	return error ? NULL : json_load_file(path, 0, NULL);
}

int agent_books_read(struct agent_book **books, size_t *count)
{
	json_t *list = load();
	size_t size = json_array_size(list);
	struct agent_book *read = json_is_array(list) ? calloc(size + 1, sizeof(*read)) : NULL;

	for (size_t i = 0; read && i < size; i++)
		read[i] = book_of(json_array_get(list, i));
	json_decref(list);
	if (!read)
		return -ENOENT;
	*books = read;
	*count = size;
	return 0;
}

void agent_books_take(struct agent_books *books)
{
	json_t *list = load();
	size_t size = json_array_size(list);

	books->entries = calloc(size + 1, sizeof(*books->entries));
	books->count = books->entries ? size : 0;
	for (size_t i = 0; i < books->count; i++) {
		struct agent_entry *entry = &books->entries[i];
		const json_t *json = json_array_get(list, i);

		entry->book = book_of(json);
		read_account(json_object_get(json, "account"), &entry->book, &entry->account);
	}
	json_decref(list);
}
