/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the oracle of the atlas: scan.c and what it is helped by. */
#ifndef GABELOU_ATLAS_SCAN_H
#define GABELOU_ATLAS_SCAN_H

#include "userspace/atlas/atlas.h"
#include "userspace/base/file.h"

/* What the smallest row so far says of an address. */
struct mark {
	bool covered;
	u128 size;            /* of that row, minus one */
	uint32_t low, higher; /* the two lowest of the words of all rows of that size; 0: none */
};

struct scan {
	const struct atlas_config *config;
	const struct address *addresses;
	size_t count;
	struct mark *marks;    /* of the file that was scanned last */
	uint8_t *contradicted; /* per address, a bit for each soil source */
	bool *unclear;         /* per address: the sources of ASNs say two, and no other one */
	bool has_prefixes;     /* the file that was scanned last */
	struct diagnostics *diagnostics;
	struct location where;
};

enum word_kind { WORD_COUNTRY, WORD_ASN, WORD_PREFIX };

/* Fills scan->marks from @path, or from the embedded file @name. 0 or -errno with a message. */
int scan_file(struct scan *scan, enum word_kind kind, const char *path, const char *name);

/* Every line of it that is neither empty nor a comment. */
typedef int (*scan_line)(struct scan *scan, char *text, void *argument);
int scan_lines(struct scan *scan, const char *path, const char *name, scan_line take,
	       void *argument);

/* The first fields of a row, cut out in place; unquoted and without blanks around. */
size_t scan_cut(char *text, char *fields[], size_t most);

/* What the feeds say that count at each address; its ASN is known. 0 or -errno. */
int scan_feeds(struct scan *scan, struct place *places);

#endif
