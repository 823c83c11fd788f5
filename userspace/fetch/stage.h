/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New versions of the files of a data_config, fetched beside the old ones: to be read and compared
 * first, and then put in their place, all of them or none.
 *
 * A file that cannot be fetched keeps its old version, and the others go on. What each attempt came
 * to is kept in FETCH_RECORD, with what the servers said to ask for changes only.
 */
#ifndef GABELOU_FETCH_STAGE_H
#define GABELOU_FETCH_STAGE_H

#include <jansson.h>

#include "userspace/base/data_file.h"
#include "userspace/fetch/fetch.h"

#define FETCH_RECORD "/var/lib/gabelou/update.json"

enum stage_outcome { STAGE_UNCHANGED, STAGE_FETCHED, STAGE_FAILED };

struct staged {
	const struct data_file *file; /* borrowed */
	enum stage_outcome outcome;
	char *fetched;      /* path of the new version, in the folder of the old one */
	char *message;      /* why it failed; NULL */
	size_t size;        /* of the new version */
	size_t size_before; /* 0: there was none */
	struct fetch_validators validators;
};

struct stage {
	struct staged *items;
	size_t count; /* each path once, however often it is named */
	int lock;     /* one update at a time */
};

struct stage_options {
	const char *authorities; /* see struct fetch_request */
	unsigned seconds;        /* for each file; 0: the default */
	bool any_size; /* else a file has between half and four times the bytes that it had */
};

/* Fetches every file that has a url. 0, also where some failed; -EBUSY with a message if another
 * update runs; -errno. The stage is to be freed in either case, which removes what was not put in
 * place. */
int stage_fetch(const struct data_config *config, const struct stage_options *options,
		struct stage *stage, struct diagnostics *diagnostics);
size_t stage_count(const struct stage *stage, enum stage_outcome outcome);

/* Points the files of another data_config at their new versions, where there are any. */
int stage_point(const struct stage *stage, struct data_config *config);

/* Renames every new version over the old one. Not undone if one of them fails. */
int stage_keep(struct stage *stage, struct diagnostics *diagnostics);

/* Writes FETCH_RECORD: @outcome ("applied", "unchanged", "refused", "failed") and why, or NULL. */
int stage_record(const struct stage *stage, const char *outcome, const char *message,
		 struct diagnostics *diagnostics);
void stage_free(struct stage *stage);

/*
 * What the last update came to, a new reference; NULL: there was none.
 *   time (RFC 3339), outcome, message (or null)
 *   files [{file, url, outcome, message, checked, etag, modified, size, mtime}]
 */
json_t *stage_last(void);

#endif
