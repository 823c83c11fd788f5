// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/agent/user.h"
#include "userspace/base/address.h"
#include "userspace/cli/except.h"

#define ADDRESSES_MOST 64 /* of all names together */

struct composer {
	const struct except_request *request;
	FILE *to;       /* "192.0.2.0/24, ..." */
	FILE *asn;      /* "2376, ..." */
	FILE *resolved; /* comment lines: which name was which addresses */
	struct prefix names[ADDRESSES_MOST];
	size_t name_count;
	bool any_to, any_asn;
};

static int fault(struct diagnostics *diagnostics, const char *text, const char *remedy)
{
	return diagnostics_error(diagnostics, EINVAL, (struct location){0}, "%s: %s", text, remedy);
}

static void add_prefix(struct composer *composer, const struct prefix *prefix)
{
	char text[PREFIX_TEXT_SIZE];

	fprintf(composer->to, "%s\"%s\"", composer->any_to ? ", " : "",
		prefix_format(prefix, text));
	composer->any_to = true;
}

/* One address of a name; each once, also where two names have it. */
static int add_address(struct composer *composer, const struct addrinfo *item, bool *first)
{
	bool v6 = item->ai_family == AF_INET6;
	const void *bytes = v6 ? (const void *)&((struct sockaddr_in6 *)item->ai_addr)->sin6_addr
			       : (const void *)&((struct sockaddr_in *)item->ai_addr)->sin_addr;
	struct address address = address_from_bytes(v6 ? FAMILY_V6 : FAMILY_V4, bytes);
	struct prefix prefix = {.family = address.family,
				.value = address.value,
				.length = family_bits(address.family)};
	char text[ADDRESS_TEXT_SIZE];

	fprintf(composer->resolved, "%s%s", *first ? " " : ", ", address_format(address, text));
	*first = false;
	for (size_t i = 0; i < composer->name_count; i++)
		if (composer->names[i].family == prefix.family &&
		    composer->names[i].value == prefix.value)
			return 0;
	if (composer->name_count == ADDRESSES_MOST)
		return -E2BIG;
	composer->names[composer->name_count++] = prefix;
	add_prefix(composer, &prefix);
	return 0;
}

/* The kernel knows addresses only: a name is what it is now. */
static int add_name(struct composer *composer, const char *name, struct diagnostics *diagnostics)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	bool first = true;
	int error = 0;

	if (!composer->request->port)
		return fault(diagnostics, name,
			     "a name may share its addresses with many others; give --port "
			     "443/tcp");
	int failed = getaddrinfo(name, NULL, &hints, &found);
	if (failed)
		return diagnostics_error(diagnostics, ENOENT, (struct location){0},
					 "%s: cannot be resolved: %s; give an address", name,
					 gai_strerror(failed));
	fprintf(composer->resolved, "# %s was", name);
	for (struct addrinfo *item = found; item && !error; item = item->ai_next)
		if (item->ai_family == AF_INET || item->ai_family == AF_INET6)
			error = add_address(composer, item, &first);
	fputs(" then; addresses that it gets later are not let through.\n", composer->resolved);
	freeaddrinfo(found);
	return error ? fault(diagnostics, name, "too many addresses; give the prefixes") : 0;
}

static bool is_name(const char *text)
{
	return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-_")] &&
	       text[strspn(text, "0123456789.")] != '\0' && text[0] != '-' && *text;
}

static int add_target(struct composer *composer, const char *text, struct diagnostics *diagnostics)
{
	struct prefix prefix;
	char suggested[PREFIX_TEXT_SIZE];

	switch (prefix_parse(text, strlen(text), &prefix)) {
	case PREFIX_OK:
		add_prefix(composer, &prefix);
		return 0;
	case PREFIX_HOST_BITS:
		return diagnostics_error(diagnostics, EINVAL, (struct location){0},
					 "%s: the prefix has bits behind its length; write %s",
					 text, prefix_format(&prefix, suggested));
	case PREFIX_BAD_LENGTH:
		return fault(diagnostics, text,
			     "no such prefix length; write it like "
			     "203.0.113.0/24");
	case PREFIX_NOT_AN_ADDRESS:
		break;
	}
	if (strncmp(text, "AS", 2) == 0 && text[2] && !text[2 + strspn(text + 2, "0123456789")]) {
		fprintf(composer->asn, "%s%s", composer->any_asn ? ", " : "", text + 2);
		composer->any_asn = true;
		return 0;
	}
	if (!is_name(text))
		return fault(diagnostics, text,
			     "neither an address, a prefix, an AS number nor a name; write one "
			     "like 203.0.113.0/24, AS64496 or example.org, and ports after --port");
	return add_name(composer, text, diagnostics);
}

/* In double quotes, where only these two mean something else. */
static void print_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* "443/tcp,80/tcp" as a list. */
static void print_ports(FILE *out, const char *ports)
{
	fputs("    port: [", out);
	for (const char *at = ports; *at;) {
		size_t length = strcspn(at, ",");

		fprintf(out, "%s\"%.*s\"", at == ports ? "" : ", ", (int)length, at);
		at += length;
		at += *at == ',';
	}
	fputs("]\n", out);
}

static void print(FILE *out, const struct composer *composer, const char *to, const char *asn,
		  const char *resolved, time_t now)
{
	const struct except_request *request = composer->request;
	struct user user = user_find();
	char when[32];
	struct tm utc;

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	fprintf(out, "# Written by 'gabelou except add'; 'gabelou except remove' takes it away.\n");
	fprintf(out, "%sgabelou: 1\nexcept:\n  - ", resolved);
	if (composer->any_to)
		fprintf(out, "to: [%s]\n", to);
	if (composer->any_asn)
		fprintf(out, "%sasn: [%s]\n", composer->any_to ? "    " : "", asn);
	if (request->port)
		print_ports(out, request->port);
	fputs("    until: ", out);
	print_quoted(out, request->until);
	fputs("\n    why: ", out);
	print_quoted(out, request->why);
	fputs("\n    by: ", out);
	print_quoted(out, user.name);
	fprintf(out, "\n    added: %s\n", when);
}

static bool has_control_characters(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

char *except_compose(const struct except_request *request, time_t now,
		     struct diagnostics *diagnostics)
{
	struct composer composer = {.request = request};
	char *to = NULL, *asn = NULL, *resolved = NULL, *text = NULL;
	size_t size;
	int error = 0;

	if (has_control_characters(request->why) || has_control_characters(request->until) ||
	    (request->port && request->port[strspn(request->port, "0123456789-/,abcdefghijklmnopqr"
								  "stuvwxyz")])) {
		fault(diagnostics, "--why, --until and --port",
		      "each is one line of text without control characters, and ports are written "
		      "like 443/tcp,80/tcp");
		return NULL;
	}
	composer.to = open_memstream(&to, &size);
	composer.asn = open_memstream(&asn, &size);
	composer.resolved = open_memstream(&resolved, &size);
	FILE *out = open_memstream(&text, &size);
	if (composer.to && composer.asn && composer.resolved && out) {
		for (size_t i = 0; i < request->operand_count && !error; i++)
			error = add_target(&composer, request->operands[i], diagnostics);
		fflush(composer.to);
		fflush(composer.asn);
		fflush(composer.resolved);
		print(out, &composer, to, asn, resolved, now);
	} else {
		error = fault(diagnostics, "except", "out of memory");
	}
	FILE *const files[] = {composer.to, composer.asn, composer.resolved, out};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i])
			fclose(files[i]);
	free(to);
	free(asn);
	free(resolved);
	if (error) {
		free(text);
		return NULL;
	}
	return text;
}
