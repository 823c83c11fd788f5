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

	for (size_t i = 0; i < books->count; i++)
		json_array_append_new(list, book_json(&books->entries[i].book));
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

int agent_books_read(struct agent_book **books, size_t *count)
{
	char path[AGENT_PATH_SIZE];
	int error = agent_run_path("books", path);
	json_t *list = error ? NULL : json_load_file(path, 0, NULL);
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
