// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/base/file.h"
#include "userspace/fetch/fetch.h"

#define CHECKSUMS_BYTES_MOST ((size_t)1 << 20)
#define HEX_SIZE             (2 * DIGEST_SIZE)

static bool read_hex(const char *text, struct digest *digest)
{
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		unsigned byte;

		if (!isxdigit((unsigned char)text[2 * i]) ||
		    !isxdigit((unsigned char)text[2 * i + 1]) ||
		    sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		digest->bytes[i] = (uint8_t)byte;
	}
	return true;
}

/* Does "DIGEST  name" or "DIGEST *path/name" speak of @name? */
static bool speaks_of(const char *rest, const char *name)
{
	const char *slash = strrchr(rest, '/');

	rest += strspn(rest, " \t*");
	return strcmp(slash ? slash + 1 : rest, name) == 0;
}

/* The digest of @name, or the only one there is. */
static bool find(char *text, const char *name, struct digest *digest)
{
	size_t found = 0;
	char *rest;

	for (char *line = strtok_r(text, "\r\n", &rest); line;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		struct digest one;

		if (strlen(line) < HEX_SIZE || !read_hex(line, &one) ||
		    isxdigit((unsigned char)line[HEX_SIZE]))
			continue;
		*digest = one;
		found++;
		if (speaks_of(line + HEX_SIZE, name))
			return true;
	}
	return found == 1;
}

int fetch_checksum(const struct fetch_request *request, const char *name, struct digest *digest,
		   struct diagnostics *diagnostics)
{
	struct fetch_request list = *request;
	struct fetch_answer answer;
	struct file file;

	list.most = CHECKSUMS_BYTES_MOST;
	list.known = (struct fetch_validators){0};
	int error = fetch_file(&list, &answer, diagnostics);
	if (error)
		return error;
	error = file_read(list.to, CHECKSUMS_BYTES_MOST, &file, diagnostics);
	unlink(list.to);
	if (error)
		return error;
	char *text = strndup(file.bytes, file.size);
	if (!text)
		error = diagnostics_error(diagnostics, ENOMEM, (struct location){0},
					  "out of memory");
	else if (!find(text, name, digest))
		error = diagnostics_error(diagnostics, EBADMSG, (struct location){.file = list.url},
					  "no SHA-256 of %s in it; name a list as sha256sum writes "
					  "them",
					  name);
	free(text);
	file_free(&file);
	return error;
}
