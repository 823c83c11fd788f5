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

static int resolve(struct targets *targets, const char *name, const struct target *asked,
		   struct location where, struct diagnostics *diagnostics)
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
	targets->asked = *asked;
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

	*target = targets->asked;
	target->address = address_from_bytes(v6 ? FAMILY_V6 : FAMILY_V4, bytes);
	targets->next = item->ai_next;
	return true;
}

#define HOST_MOST (NAME_MOST + 2) /* with brackets */

static int port_fault(const char *text, struct location where, struct diagnostics *diagnostics)
{
	return diagnostics_error(diagnostics, EINVAL, where,
				 "\"%.80s\": behind the colon there is no port; write one with its "
				 "protocol, as in 443/tcp, 53/udp or 8/icmp",
				 text);
}

/* "name:443/tcp", "192.0.2.1:443/tcp" and "[2001:db8::1]:443/tcp" into host and port; without a
 * port
 * @host is @text. */
static int split(const char *text, char host[HOST_MOST + 1], struct target *target,
		 struct location where, struct diagnostics *diagnostics)
{
	const char *slash = strchr(text, '/');
	const char *colon = memrchr(text, ':', slash ? (size_t)(slash - text) : strlen(text));
	size_t length = colon ? (size_t)(colon - text) : strlen(text);
	bool bracket = colon && length > 2 && text[0] == '[' && colon[-1] == ']';

	if (!colon || (!slash && !bracket && memchr(text, ':', length)) || length > HOST_MOST) {
		snprintf(host, HOST_MOST + 1, "%s", text);
		return 0;
	}
	if (!bracket && memchr(text, ':', length))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "\"%.80s\": where the address ends and the port begins "
					 "cannot be told; write [%.*s]:%.16s",
					 text, (int)length, text, colon + 1);
	if (!service_parse(colon + 1, &target->service))
		return port_fault(text, where, diagnostics);
	target->has_service = true;
	snprintf(host, HOST_MOST + 1, "%.*s", (int)length - 2 * bracket, text + bracket);
	return 0;
}

/* 1: *target is an address; 0: @text is a name, and its addresses are next. */
static int take(struct targets *targets, const char *text, struct location where,
		struct target *target, struct diagnostics *diagnostics)
{
	char host[HOST_MOST + 1];
	int error;

	*target = (struct target){.text = text};
	error = split(text, host, target, where, diagnostics);
	if (error)
		return error;
	if (address_parse(host, strlen(host), &target->address) == 0)
		return 1;
	if (!is_name(host) || (!target->has_service && strlen(text) > NAME_MOST))
		return diagnostics_error(diagnostics, EINVAL, where,
					 "\"%.80s%s\" is neither an address nor a name; write an "
					 "address whole, without a prefix length, with a port as "
					 "in 192.0.2.1:443/tcp",
					 text, strlen(text) > 80 ? "..." : "");
	return resolve(targets, host, target, where, diagnostics);
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
