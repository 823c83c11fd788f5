// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MOST 253 /* bytes (RFC 1035, 2.3.4, less what the wire form adds) */

void targets_open(struct targets *targets, const struct cli_operands *operands, int input,
		  FILE *output)
{
	targets->operands = operands;
	targets->operand = 0;
	targets->output = output;
	targets->found = targets->next = NULL;
	targets->input.fd = input;
	targets->input.line = 0;
	targets->input.start = targets->input.end = 0;
	targets->input.open = targets->input.ended = targets->input.skipping = false;
}

/* Letters, digits, dots and hyphens (RFC 1123, 2.1), and the underscore of service names. What is
 * no name is not sent to a name server. The resolver also takes the likes of "10.1" and "0x7f":
 * those are slips, not names. */
static bool is_name(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789.-_");

	return length && !text[length] && length <= NAME_MOST && text[0] != '-' &&
	       text[strspn(text, "0123456789.")] != '\0' && strncmp(text, "0x", 2) != 0;
}

static int resolve(struct targets *targets, const char *name, struct location where,
		   struct diagnostics *diagnostics)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

	fflush(targets->output);
	int fault = getaddrinfo(name, NULL, &hints, &targets->found);
	if (fault) {
		targets->found = NULL;
		return diagnostics_error(diagnostics, ENOENT, where,
					 "%s: cannot be resolved: %s; give an address", name,
					 gai_strerror(fault));
	}
	targets->next = targets->found;
	targets->name = name;
	return 0;
}

static bool next_of_name(struct targets *targets, struct target *target)
{
	struct addrinfo *item = targets->next;

	if (!item) {
		if (targets->found)
			freeaddrinfo(targets->found);
		targets->found = NULL;
		return false;
	}
	bool v6 = item->ai_family == AF_INET6;
	const void *bytes = v6 ? (const void *)&((struct sockaddr_in6 *)item->ai_addr)->sin6_addr
			       : (const void *)&((struct sockaddr_in *)item->ai_addr)->sin_addr;

	*target = (struct target){targets->name,
				  address_from_bytes(v6 ? FAMILY_V6 : FAMILY_V4, bytes)};
	targets->next = item->ai_next;
	return true;
}

/* 1: *target is an address; 0: @text is a name, and its addresses are next. */
static int take(struct targets *targets, const char *text, struct location where,
		struct target *target, struct diagnostics *diagnostics)
{
	if (address_parse(text, strlen(text), &target->address) == 0) {
		target->text = text;
		return 1;
	}
	if (!is_name(text))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "\"%.80s%s\" is neither an address nor a name; write an "
					 "address whole, without a prefix length or a port",
					 text, strlen(text) > 80 ? "..." : "");
	return resolve(targets, text, where, diagnostics);
}

/* More bytes behind those that are there. 1, 0 at the end, -errno. */
static int fill(struct targets *targets)
{
	size_t kept = targets->input.end - targets->input.start;
	ssize_t got;

	memmove(targets->input.bytes, targets->input.bytes + targets->input.start, kept);
	targets->input.start = 0;
	targets->input.end = kept;
	fflush(targets->output); /* whoever feeds us may be waiting for the answers */
	do
		got = read(targets->input.fd, targets->input.bytes + kept, TARGETS_INPUT - kept);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	targets->input.end += (size_t)got;
	return got > 0;
}

/* What is left of a line without its comment, its blanks and a byte order mark. */
static char *trim(char *line, unsigned number)
{
	static const char mark[] = "\xef\xbb\xbf";
	char *end;

	if (number == 1 && strncmp(line, mark, strlen(mark)) == 0)
		line += strlen(mark);
	line += strspn(line, " \t\r");
	end = line + strcspn(line, "#");
	while (end > line && strchr(" \t\r", end[-1]))
		end--;
	*end = '\0';
	return line;
}

/* The next line of the input, ended by a NUL. 1, 0 at the end, -errno if it is not to be read;
 * -E2BIG for a line that is too long. The last one needs no newline. */
static int next_line(struct targets *targets, char **line, size_t *length)
{
	for (;;) {
		char *start = targets->input.bytes + targets->input.start;
		size_t size = targets->input.end - targets->input.start;
		char *newline = memchr(start, '\n', size);

		if (!newline && targets->input.ended)
			newline = size ? start + size : NULL;
		if (newline || targets->input.ended) {
			bool skipped = targets->input.skipping;

			if (!newline)
				return 0;
			targets->input.start +=
				(size_t)(newline - start) + (newline < start + size);
			targets->input.skipping = false;
			if (skipped)
				continue;
			*newline = '\0';
			*line = start;
			*length = (size_t)(newline - start);
			targets->input.line++;
			return 1;
		}
		if (size == TARGETS_INPUT) {
			bool first = !targets->input.skipping;

			targets->input.start = targets->input.end = 0;
			targets->input.skipping = true;
			if (first) {
				targets->input.line++;
				return -E2BIG;
			}
		}
		int more = fill(targets);
		if (more < 0)
			return more;
		targets->input.ended = more == 0;
	}
}

/* As take(), of the next line that says something; -ENODATA at the end. */
static int take_line(struct targets *targets, struct target *target,
		     struct diagnostics *diagnostics)
{
	struct location where = {.file = "stdin"};
	char *line, *text;
	size_t length;
	int status;

	do {
		status = next_line(targets, &line, &length);
		if (status == 0)
			return -ENODATA;
		where.line = targets->input.line;
		if (status == -E2BIG)
			return diagnostics_error(diagnostics, E2BIG, where,
						 "the line has over %d bytes; write one address or "
						 "name on a line",
						 TARGETS_INPUT);
		if (status < 0) {
			targets->input.open = false;
			where.line = 0;
			return diagnostics_error(diagnostics, -status, where, "cannot be read: %s",
						 strerror(-status));
		}
		if (strlen(line) != length)
			return diagnostics_error(diagnostics, EINVAL, where,
						 "there is a NUL byte in the line; give text");
		text = trim(line, where.line);
	} while (!*text);
	return take(targets, text, where, target, diagnostics);
}

int targets_next(struct targets *targets, struct target *target, struct diagnostics *diagnostics)
{
	for (;;) {
		int status = 0;

		if (next_of_name(targets, target))
			return 1;
		if (targets->input.open) {
			status = take_line(targets, target, diagnostics);
			if (status == -ENODATA) {
				targets->input.open = false;
				status = 0;
			}
		} else if (targets->operand == targets->operands->count) {
			return 0;
		} else {
			const char *text = targets->operands->items[targets->operand++];

			if (strcmp(text, "-") == 0)
				targets->input.open = true;
			else
				status = take(targets, text, (struct location){0}, target,
					      diagnostics);
		}
		if (status)
			return status;
	}
}

void targets_close(struct targets *targets)
{
	if (targets->found)
		freeaddrinfo(targets->found);
	targets->found = NULL;
}
