// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree of a location.db. Networks may be nested, and the most specific one decides: what has
 * none of its own has that of the node above.
 *
 * libloc's enumerator is made for files that are trusted: a tree that is deeper than 128 bits makes
 * it write behind its arrays. So the tree is walked here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "userspace/atlas/location.h"
#include "userspace/atlas/tree.h"

#define NODE_SIZE    12 /* both children (0: none), the network (all ones: none) */
#define NETWORK_SIZE 12 /* country, two bytes of nothing, ASN, flags, two bytes of nothing */
#define ASN_SIZE     8  /* number, name in the pool */

#define NO_NETWORK   UINT32_MAX
#define FLAG_ANYCAST (1u << 2)

/* What holds below a node. */
struct word {
	uint32_t value;
	bool anycast;
};

struct pending {
	struct tree_leaf at;
	uint32_t node;
	bool ends; /* there is no node: all below has the word */
	struct word word;
};

struct walk {
	struct location_db *location;
	struct layer *layer;
	size_t visits; /* of nodes */
	struct pending stack[TREE_BITS + 2];
	size_t count;
};

static int bad_node(struct walk *walk, uint32_t node, const char *fault)
{
	const struct location_db *location = walk->location;

	return reader_fault(location->reader, EBADMSG, NULL,
			    "node %u (byte %zu) of the tree %s; fetch the file again", node,
			    location->nodes.offset + (size_t)node * NODE_SIZE, fault);
}

static int take_network(struct walk *walk, uint32_t node, uint32_t network, struct word *word)
{
	struct location_db *location = walk->location;
	struct reader *reader = location->reader;
	const struct layer_context *context = location->context;

	if (network >= location->networks.size / NETWORK_SIZE)
		return bad_node(walk, node, "has a network outside of the file");
	const uint8_t *bytes = location->networks.bytes + (size_t)network * NETWORK_SIZE;
	reader->rows++;
	word->anycast = (bytes[8] << 8 | bytes[9]) & FLAG_ANYCAST;
	if (context->kind == LAYER_ASN)
		return layer_asn(reader, context, location_number(bytes + 4), NULL, &word->value);
	/* EU, AP, A1 and the like are not ISO codes: not known. */
	word->value = country_parse((const char *)bytes, 2);
	return 0;
}

/* Pushes what lies below @node, which @above leads to. */
static int push_node(struct walk *walk, const struct pending *above)
{
	const struct location_table *nodes = &walk->location->nodes;
	struct tree_leaf at = above->at;
	struct word word = above->word;

	if (above->node >= nodes->size / NODE_SIZE)
		return bad_node(walk, above->node, "lies outside of the file");
	if (++walk->visits > nodes->size / NODE_SIZE)
		return bad_node(walk, above->node, "is reached twice");
	const uint8_t *bytes = nodes->bytes + (size_t)above->node * NODE_SIZE;
	uint32_t network = location_number(bytes + 8);
	int error = network == NO_NETWORK ? 0 : take_network(walk, above->node, network, &word);
	uint32_t zero = location_number(bytes), one = location_number(bytes + 4);
	if (error)
		return error;
	if (at.depth == TREE_BITS && (zero || one))
		return bad_node(walk, above->node, "has nodes below the last bit of an address");
	if (!zero && !one) {
		walk->stack[walk->count++] = (struct pending){at, 0, true, word};
		return 0;
	}
	u128 half = (u128)1 << (TREE_BITS - 1 - at.depth);
	walk->stack[walk->count++] =
		(struct pending){{at.start | half, at.depth + 1}, one, !one, word};
	walk->stack[walk->count++] = (struct pending){{at.start, at.depth + 1}, zero, !zero, word};
	return 0;
}

/* One more range that is anycast; neighbours become one. */
static int put_anycast(struct rows *anycast, struct tree_leaf leaf)
{
	u128 start, last;
	enum family family = tree_range(TREE_V4_MAPPED, leaf, &start, &last);
	struct rows *rows = &anycast[family];

	if (rows->count && rows->lasts[rows->count - 1] + 1 == start) {
		rows->lasts[rows->count - 1] = last;
		return 0;
	}
	return rows_append(rows, start, last, 1);
}

static int take_leaf(struct walk *walk, const struct pending *leaf)
{
	struct location_db *location = walk->location;
	struct rows *anycast = location->context->anycast;
	int error = tree_put(walk->layer, TREE_V4_MAPPED, leaf->at, leaf->word.value);

	if (!error && leaf->word.anycast && anycast)
		error = put_anycast(anycast, leaf->at);
	return error ? reader_no_memory(location->reader) : 0;
}

static int walk_tree(struct walk *walk)
{
	int error = 0;

	walk->stack[walk->count++] = (struct pending){0};
	while (!error && walk->count) {
		struct pending pending = walk->stack[--walk->count];

		error = pending.ends ? take_leaf(walk, &pending) : push_node(walk, &pending);
	}
	return error;
}

/* Names of the ASNs that announce something. */
static int take_names(struct location_db *location)
{
	const struct layer_context *context = location->context;
	size_t count = location->asns.size / ASN_SIZE;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *bytes = location->asns.bytes + i * ASN_SIZE;
		uint32_t asn = location_number(bytes);
		const struct asn_operator *known = operators_find(context->operators, asn);
		const char *name = location_text(location, location_number(bytes + 4));

		if (!name)
			return reader_fault(location->reader, EBADMSG, NULL,
					    "the name of AS%u (byte %zu) lies outside of the file; "
					    "fetch it again",
					    asn, location->asns.offset + i * ASN_SIZE);
		if (!known || *known->name)
			continue;
		int64_t number = operators_add(context->operators, asn);
		const char *copy = arena_text(context->arena, name, strlen(name));
		if (number < 0 || !copy)
			return reader_no_memory(location->reader);
		context->operators->entries[number].known.name = copy;
	}
	return 0;
}

int location_rows(struct location_db *location, struct layer *layer)
{
	struct walk walk = {.location = location, .layer = layer};
	struct reader *reader = location->reader;
	int error = walk_tree(&walk);

	if (!error && location->context->kind == LAYER_ASN)
		error = take_names(location);
	if (!error && !reader->rows)
		error = reader_fault(reader, ENODATA, NULL,
				     "no networks in it; fetch the file again");
	reader_set_date(reader, (time_t)location->created);
	if (!reader->name[0])
		snprintf(reader->name, sizeof(reader->name), "%.40s location.db",
			 location->vendor ? location->vendor : "");
	return error;
}
