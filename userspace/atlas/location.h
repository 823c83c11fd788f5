/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPFire's location.db, version 1 (https://www.ipfire.org/location): a header with two signatures,
 * tables of ASNs, networks and countries, a binary tree over the bits of addresses in which IPv4
 * lies at ::ffff:0:0/96, and a pool of strings. Numbers are big-endian.
 *
 * Read here and not by libloc, which takes 4.5 seconds to verify one (0.1 here) and trusts the
 * offsets of a file before it has verified it. The tests compare with what libloc writes and reads.
 */
#ifndef GABELOU_ATLAS_LOCATION_H
#define GABELOU_ATLAS_LOCATION_H

#include "userspace/atlas/layer.h"

/* IPFire's public key, in the folder of the embedded files. */
#define LOCATION_KEY "location-key.pem"

struct location_table {
	const uint8_t *bytes;
	size_t size;
	uint32_t offset; /* in the file */
};

struct location_db {
	struct reader *reader;
	const struct layer_context *context;
	uint64_t created;
	const char *vendor;
	struct location_table asns, networks, nodes, pool;
};

/* Finds the tables. What they say is not looked at yet, and may be anything. 0 or -errno with a
 * message. */
int location_open(struct reader *reader, const struct layer_context *context,
		  struct location_db *location);
/* Whether the owner of the key in the file @path signed these bytes. 0 or -errno with a message. */
int location_verify(struct reader *reader, const char *path);
/* Every network of a file that may be hostile. 0 or -errno with a message. */
int location_rows(struct location_db *location, struct layer *layer);

uint32_t location_number(const uint8_t *bytes);
/* The string at @offset of the pool, NULL if it is not there as a whole. */
const char *location_text(const struct location_db *location, uint32_t offset);

#endif
