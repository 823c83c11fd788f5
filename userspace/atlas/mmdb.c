// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MaxMind DB: a binary tree over the bits of addresses, and records of any form below it.
 *
 * IPv4 lies at ::/96 of an IPv6 tree. Most files show it again at 2002::/16, ::ffff:0:0/96 and
 * 2001::/32 by pointers into the same tree: these are skipped, special-use space is decided by us.
 */
#include "userspace/atlas/mmdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/atlas/tree.h"

/* A record of the tree that is still to be looked at. */
struct pending {
	struct tree_leaf at;
	uint64_t record;
	uint32_t parent; /* the node that it is in */
	uint8_t type;    /* MMDB_RECORD_TYPE_... */
	MMDB_entry_s entry;
};

struct walk {
	struct mmdb *mmdb;
	struct layer *layer;
	unsigned top; /* the depth of the root: 96 for a tree of IPv4 alone */
	struct pending stack[TREE_BITS + 2];
	size_t count;
	size_t leaves;
};

static const struct prefix aliases[] = {
	{FAMILY_V6, 96, (u128)0xffff << 32},
	{FAMILY_V6, 16, (u128)0x2002 << 112},
	{FAMILY_V6, 32, (u128)0x20010000 << 96},
};

static bool is_alias(struct tree_leaf leaf)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (leaf.depth == aliases[i].length && leaf.start == aliases[i].value)
			return true;
	return false;
}

static int bad_node(struct walk *walk, uint32_t node, const char *fault)
{
	const MMDB_metadata_s *metadata = &walk->mmdb->db.metadata;

	return reader_fault(walk->mmdb->reader, EBADMSG, NULL,
			    "node %u (byte %zu) of the tree %s; fetch the file again", node,
			    (size_t)node * metadata->record_size / 4, fault);
}

/* Pushes both records of @node, which the leaf @at leads to. */
static int push_node(struct walk *walk, uint32_t node, struct tree_leaf at)
{
	MMDB_search_node_s read;

	if (at.depth == TREE_BITS)
		return bad_node(walk, node, "lies below the last bit of an address");
	if (MMDB_read_node(&walk->mmdb->db, node, &read) != MMDB_SUCCESS)
		return bad_node(walk, node, "cannot be read");
	u128 half = (u128)1 << (TREE_BITS - 1 - at.depth);
	walk->stack[walk->count++] = (struct pending){{at.start | half, at.depth + 1},
						      read.right_record,
						      node,
						      read.right_record_type,
						      read.right_record_entry};
	walk->stack[walk->count++] = (struct pending){{at.start, at.depth + 1},
						      read.left_record,
						      node,
						      read.left_record_type,
						      read.left_record_entry};
	return 0;
}

static int take_leaf(struct walk *walk, struct pending *pending)
{
	struct reader *reader = walk->mmdb->reader;
	uint32_t value = 0;
	int error = 0;

	if (++walk->leaves > SOURCE_ROWS_MOST)
		return bad_node(walk, pending->parent,
				"is reached too often (it has over 16,777,216 ends)");
	if (pending->type == MMDB_RECORD_TYPE_DATA && !is_alias(pending->at)) {
		reader->rows++;
		error = mmdb_value(walk->mmdb, &pending->entry, &value);
	}
	if (!error && tree_put(walk->layer, TREE_V4_LOW, pending->at, value))
		error = reader_no_memory(reader);
	return error;
}

static int walk_tree(struct walk *walk)
{
	int error = push_node(walk, 0, (struct tree_leaf){0, walk->top});

	while (!error && walk->count) {
		struct pending pending = walk->stack[--walk->count];

		if (pending.type == MMDB_RECORD_TYPE_INVALID)
			error = bad_node(walk, pending.parent, "points outside of the file");
		else if (pending.type == MMDB_RECORD_TYPE_SEARCH_NODE && !is_alias(pending.at))
			error = push_node(walk, (uint32_t)pending.record, pending.at);
		else
			error = take_leaf(walk, &pending);
	}
	return error;
}

/* ip-location-db calls every file "country ipv4" or the like: its own name says more. */
static void take_metadata(struct reader *reader, const MMDB_metadata_s *metadata)
{
	const char *type = metadata->database_type;

	reader_set_date(reader, (time_t)metadata->build_epoch);
	if (!reader->name[0] && type && !strstr(type, " ipv"))
		snprintf(reader->name, sizeof(reader->name), "%s", type);
}

/* The library opens a path: that of the bytes that were read and hashed. */
static int open_database(struct reader *reader, MMDB_s *db)
{
	char path[32];
	int fd = file_descriptor(&reader->file);

	if (fd == -ENOMEM)
		return reader_no_memory(reader);
	if (fd < 0)
		return reader_fault(reader, -fd, NULL, "cannot be held in memory: %s; try again",
				    strerror(-fd));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int status = MMDB_open(path, MMDB_MODE_MMAP, db);
	close(fd);
	if (status == MMDB_OUT_OF_MEMORY_ERROR)
		return reader_no_memory(reader);
	if (status != MMDB_SUCCESS)
		return reader_fault(reader, EBADMSG, NULL,
				    "not a whole MaxMind DB of %zu bytes: %s; fetch the file again",
				    reader->file.size, MMDB_strerror(status));
	return 0;
}

static int read_database(struct mmdb *mmdb, struct layer *layer)
{
	const MMDB_metadata_s *metadata = &mmdb->db.metadata;
	struct walk walk = {
		.mmdb = mmdb,
		.layer = layer,
		.top = metadata->ip_version == 4 ? TREE_BITS - 32 : 0,
	};
	int error = mmdb_take_field(mmdb);

	take_metadata(mmdb->reader, metadata);
	if (!error)
		error = walk_tree(&walk);
	if (!error && !mmdb->path[0])
		error = mmdb_silent(mmdb);
	return error;
}

int mmdb_read(struct reader *reader, const struct layer_context *context, struct layer_rows *rows)
{
	struct mmdb mmdb = {.reader = reader, .context = context};
	int error = reader_refuse_page(reader);

	if (!error)
		error = open_database(reader, &mmdb.db);
	if (error)
		return error;
	intern_init(&mmdb.records, sizeof(uint32_t));
	error = read_database(&mmdb, rows->layer);
	intern_free(&mmdb.records);
	free(mmdb.values);
	free(mmdb.field);
	MMDB_close(&mmdb.db);
	return error;
}
