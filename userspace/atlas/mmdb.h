/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A MaxMind DB (https://maxmind.github.io/MaxMind-DB/, version 2.0), open, and what its records
 * say. */
#ifndef GABELOU_ATLAS_MMDB_H
#define GABELOU_ATLAS_MMDB_H

#include <maxminddb.h>

#include "userspace/atlas/layer.h"
#include "userspace/base/intern.h"

#define MMDB_KEYS_MOST 8

struct mmdb {
	struct reader *reader;
	const struct layer_context *context;
	MMDB_s db;
	char *field;                          /* what the policy names, cut into keys */
	const char *path[MMDB_KEYS_MOST + 1]; /* where the word stands; path[0] NULL: not known
					       * yet */
	/* Many networks share a record: what those that were read say, by their offsets. */
	struct intern records;
	uint32_t *values;
	uint32_t capacity;
};

/* Takes the path that the policy names, if it names one. 0 or -errno with a message. */
int mmdb_take_field(struct mmdb *mmdb);
/* The value of the record at @entry. 0 or -errno with a message. */
int mmdb_value(struct mmdb *mmdb, MMDB_entry_s *entry, uint32_t *value);
/* No record had a word: says where one was looked for. -errno. */
int mmdb_silent(struct mmdb *mmdb);

#endif
