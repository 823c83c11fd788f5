// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line for the next address of a kind that was seen before costs two copies.
 *
 * A kind is a place, a class (which has the verdict in it), and a segment of the address space that
 * no prefix of the policy begins or ends in. Kinds are kept in a table without chains, where the
 * newer one takes the slot: it is bounded, and what comes often is mostly there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/cli/explanation.h"

#define KEPT_MOST (64u << 20) /* bytes: the lines of a policy with many rules are long */

struct kind {
	uint32_t place;
	uint32_t segment;
	uint16_t class;
	bool known;
	bool has_service;
	uint8_t protocol; /* of the service */
	uint16_t port;
};

struct slot {
	struct kind kind;
	size_t facts;         /* bytes of the line before the target */
	struct writer writer; /* then those behind it */
};

struct explanation_lines {
	const struct explainer *explainer;
	u128 *edges[FAMILIES]; /* where the prefixes of the policy begin, and where they are over */
	size_t edge_count[FAMILIES];
	struct writer line, ending;
	struct slot embedded;   /* not kept: there the inner address is in the line */
	size_t kept, kept_most; /* bytes in slots; over the latter, all are forgotten */
	size_t slot_count;
	struct slot slots[];
};

static int compare_edges(const void *a, const void *b)
{
	const u128 *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static void add_edges(struct explanation_lines *lines, const struct prefix *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct prefix *prefix = &prefixes[i];
		u128 *edges = lines->edges[prefix->family], last = prefix_last(prefix);

		edges[lines->edge_count[prefix->family]++] = prefix->value;
		if (last != family_last(prefix->family))
			edges[lines->edge_count[prefix->family]++] = last + 1;
	}
}

/* Of rules, and of what has a note. */
static bool collect_edges(struct explanation_lines *lines)
{
	const struct policy *policy = lines->explainer->policy;
	size_t most = 0;

	for (size_t i = 0; i < policy->rule_count; i++)
		most += 2 * policy->rules[i].to_count;
	for (size_t i = 0; i < policy->tunnel_count; i++)
		most += 2 * policy->tunnels[i].to_count;
	for (size_t i = 0; i < policy->local_count; i++)
		most += 2 * policy->locals[i].to_count;
	for (enum family family = 0; family < FAMILIES; family++) {
		lines->edges[family] = calloc(most + 1, sizeof(*lines->edges[family]));
		if (!lines->edges[family])
			return false;
	}
	for (size_t i = 0; i < policy->rule_count; i++)
		add_edges(lines, policy->rules[i].to, policy->rules[i].to_count);
	for (size_t i = 0; i < policy->tunnel_count; i++)
		add_edges(lines, policy->tunnels[i].to, policy->tunnels[i].to_count);
	for (size_t i = 0; i < policy->local_count; i++)
		add_edges(lines, policy->locals[i].to, policy->locals[i].to_count);
	for (enum family family = 0; family < FAMILIES; family++)
		qsort(lines->edges[family], lines->edge_count[family], sizeof(u128), compare_edges);
	return true;
}

/* By how many edges are at or below the address. */
static uint32_t segment_of(const struct explanation_lines *lines, struct address address)
{
	const u128 *edges = lines->edges[address.family];
	size_t low = 0, high = lines->edge_count[address.family];

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (edges[middle] <= address.value)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint32_t)low * FAMILIES + address.family;
}

struct explanation_lines *explanation_lines_open(const struct explainer *explainer, size_t kinds)
{
	struct explanation_lines *lines =
		calloc(1, sizeof(*lines) + kinds * sizeof(lines->slots[0]));

	if (!lines)
		return NULL;
	lines->explainer = explainer;
	lines->slot_count = kinds;
	lines->kept_most = KEPT_MOST;
	explanation_write_ending(&lines->ending, explainer);
	if (!collect_edges(lines) || lines->ending.failed) {
		explanation_lines_close(lines);
		return NULL;
	}
	return lines;
}

static void compose(struct slot *slot, const struct explainer *explainer,
		    struct explanation *explanation)
{
	writer_clear(&slot->writer);
	explanation_complete(explainer, explanation);
	explanation_write_facts(&slot->writer, explainer, explanation);
	slot->facts = slot->writer.length;
	explanation_write_reasons(&slot->writer, explainer, explanation);
}

#define GOLDEN 0x9e3779b97f4a7c15ull /* Fibonacci hashing (Knuth, TAOCP 6.4) */

static struct slot *slot_of(struct explanation_lines *lines, const struct kind *kind)
{
	uint64_t key = ((uint64_t)kind->segment << 16 | kind->class) * GOLDEN ^ kind->place ^
		       (uint64_t)(kind->protocol << 16 | kind->port) << 32;

	return &lines->slots[(key * GOLDEN >> 32) % lines->slot_count];
}

static void forget(struct explanation_lines *lines)
{
	for (size_t i = 0; i < lines->slot_count; i++) {
		writer_free(&lines->slots[i].writer);
		lines->slots[i].kind.known = false;
	}
	lines->kept = 0;
}

static const struct slot *find(struct explanation_lines *lines, struct explanation *explanation)
{
	const struct kind kind = {
		explanation->place_number,   segment_of(lines, explanation->judged),
		explanation->decision.class, true,
		explanation->has_service,    explanation->service.protocol,
		explanation->service.low};
	struct slot *slot = slot_of(lines, &kind);

	if (explanation->judged.family != explanation->address.family) {
		compose(&lines->embedded, lines->explainer, explanation);
		return &lines->embedded;
	}
	if (slot->kind.known && slot->kind.place == kind.place && slot->kind.class == kind.class &&
	    slot->kind.segment == kind.segment && slot->kind.has_service == kind.has_service &&
	    slot->kind.protocol == kind.protocol && slot->kind.port == kind.port)
		return slot;
	if (lines->kept > lines->kept_most)
		forget(lines);
	lines->kept -= slot->writer.capacity;
	compose(slot, lines->explainer, explanation);
	lines->kept += slot->writer.capacity;
	slot->kind = kind;
	slot->kind.known = !slot->writer.failed;
	return slot;
}

int explanation_lines_print(struct explanation_lines *lines, FILE *out, const char *target,
			    struct address address, const struct service *service)
{
	struct explanation explanation =
		explanation_begin(lines->explainer, target, address, service);
	const struct slot *slot = find(lines, &explanation);
	struct writer *line = &lines->line;
	char text[ADDRESS_TEXT_SIZE];

	if (slot->writer.failed)
		return -ENOMEM;
	writer_clear(line);
	writer_raw(line, "{\"address\":");
	writer_text(line, address_format(address, text));
	writer_bytes(line, slot->writer.bytes, slot->facts);
	writer_raw(line, ",\"target\":");
	writer_text(line, target);
	writer_bytes(line, slot->writer.bytes + slot->facts, slot->writer.length - slot->facts);
	writer_bytes(line, lines->ending.bytes, lines->ending.length);
	if (line->failed)
		return -ENOMEM;
	fwrite_unlocked(line->bytes, 1, line->length, out);
	return 0;
}

void explanation_lines_close(struct explanation_lines *lines)
{
	if (!lines)
		return;
	forget(lines);
	for (enum family family = 0; family < FAMILIES; family++)
		free(lines->edges[family]);
	writer_free(&lines->embedded.writer);
	writer_free(&lines->ending);
	writer_free(&lines->line);
	free(lines);
}
