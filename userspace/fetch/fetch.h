/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetches one file over https (libcurl), whole or not at all.
 *
 * What comes is written beside its place, counted and hashed on the way, unpacked if it is
 * compressed by gzip, and synced. Nothing else is touched: whoever called decides what becomes of
 * it. Only https is spoken, also after a redirect (at most five).
 */
#ifndef GABELOU_FETCH_FETCH_H
#define GABELOU_FETCH_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "userspace/base/diagnostic.h"
#include "userspace/base/digest.h"

#define FETCH_BYTES_MOST   ((size_t)1 << 30)
#define FETCH_SECONDS_MOST 900 /* for a whole file */
#define FETCH_SILENCE_MOST 30  /* seconds with under 1 kB/s */

/* Of an HTTP answer, to ask next time whether anything is new (RFC 9110, 8.8). "": none. */
struct fetch_validators {
	char etag[256];
	char modified[64];
};

struct fetch_request {
	const char *url;
	const char *to;          /* a file that is written anew, mode 0644 */
	size_t most;             /* bytes, unpacked; more is refused */
	unsigned seconds;        /* for all of it; 0: FETCH_SECONDS_MOST */
	const char *authorities; /* PEM file of who may sign certificates; NULL: the system's */
	struct fetch_validators known; /* of what is there already */
};

struct fetch_answer {
	bool unchanged; /* the server says that what is there is the latest: nothing is written */
	size_t size;    /* as written */
	struct digest digest; /* of what came, before it was unpacked */
	struct fetch_validators validators;
};

/* 0; or -errno with one message at the url, and no file. */
int fetch_file(const struct fetch_request *request, struct fetch_answer *answer,
	       struct diagnostics *diagnostics);

/* Reads the SHA-256 of @name from a list of checksums, or its only one, as sha256sum writes them:
 * "64 hexadecimal digits, blanks, name". */
int fetch_checksum(const struct fetch_request *request, const char *name, struct digest *digest,
		   struct diagnostics *diagnostics);

#endif
