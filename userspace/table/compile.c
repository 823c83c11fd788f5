// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy x atlas -> classes -> verdict table, in one sweep over each family.
 *
 * The sweep walks the atlas' ranges and the policy's prefixes side by side. Only a pair (place, set
 * of prefixes that cover it) that was never seen is judged. So the cost is linear in the ranges,
 * and rules are evaluated some 100,000 times, not once per range. Most space is covered by no
 * prefix at all: there an array by place stands for the pairs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/base/aside.h"
#include "userspace/base/intern.h"
#include "userspace/table/class_ranges.h"
#include "userspace/table/edges.h"
#include "userspace/table/entries.h"
#include "userspace/table/lookup.h"
#include "userspace/table/match.h"
#include "userspace/table/sources.h"

/* Equal keys are one class. The reason is part of it: two places of one soil and reach can fail a
 * rule for different causes, and each is counted under its own. */
struct class_key {
	struct class_info info;
	struct class_row rows[]; /* of each scope */
};

/* The policy as it is for one scope. */
struct scope_view {
	struct policy policy;
	size_t first; /* number of its first rule */
};

struct compiler {
	const struct policy *policy;
	const struct atlas *atlas;
	const struct table_context *context;
	struct diagnostics *diagnostics;
	unsigned scopes;          /* sets of rules; the strictest is the last of several */
	struct scope_view *views; /* of all but the strictest */
	struct class_key *key;    /* scratch of judge() */
	size_t key_size;
	struct edges edges;
	int *depth;    /* by struct edge's rule: how many of its prefixes cover us */
	bool *covered; /* the same as a key: depth > 0 */
	bool *matched; /* scratch of judge() */
	bool *prefix_matched;
	struct intern coverings, rule_sets, pairs, classes;
	struct reach *reaches;    /* by place; NULL: not all are there yet */
	uint16_t *class_of_place; /* under covering 0; CLASS_NONE: not judged yet */
	uint16_t *class_of_pair;  /* under any other */
	size_t class_of_pair_capacity;
	struct class_ranges ranges[FAMILIES];
};

static int collect(struct compiler *compiler, enum family family)
{
	const struct policy *policy = compiler->policy;

	memset(compiler->depth, 0, EDGE_OWNERS(policy) * sizeof(*compiler->depth));
	memset(compiler->covered, 0, EDGE_OWNERS(policy) * sizeof(*compiler->covered));
	return edges_collect(&compiler->edges, policy, compiler->context, family);
}

static uint8_t row_nat64(unsigned length)
{
	return length == 96 ? ROW_EMBEDDED_LOW
			    : (uint8_t)(ROW_EMBEDDED_NAT64_32 + (length - 32) / 8);
}

/* The act that sends the judge to the IPv4 address inside; 0 if there is none. */
static uint8_t row_embedded(const struct compiler *compiler, const struct place *place)
{
	const struct policy *policy = compiler->policy;

	for (size_t i = 0; i < policy->nat64_count; i++)
		if (compiler->covered[EDGE_NAT64(policy, i)])
			return row_nat64(policy->nat64[i].length);
	switch (place->special) {
	case SPECIAL_EMBEDDED_LOW:
		return ROW_EMBEDDED_LOW;
	case SPECIAL_EMBEDDED_6TO4:
		return ROW_EMBEDDED_6TO4;
	case SPECIAL_EMBEDDED_TEREDO:
		return ROW_EMBEDDED_TEREDO;
	default:
		return 0;
	}
}

/*
 * The row of a place. An embedded IPv4 address is judged in its place, unless a deny rule names the
 * IPv6 address: no allow rule and no "local:" about a translation prefix says anything of what lies
 * behind it. The reason is for an inner address that would not be judged (maps/lookup.h).
 */
static struct class_row row_of(uint8_t embedded, const struct decision *decision)
{
	if (embedded && decision->reason != REASON_RULE_DENY)
		return (struct class_row){embedded, REASON_SPECIAL, RULE_NONE, 0};
	return (struct class_row){decision->verdict == VERDICT_ALLOW ? ROW_ALLOW : ROW_DENY,
				  (uint8_t)decision->reason, decision->rule, 0};
}

static struct reach reach_of(const struct compiler *compiler, const struct place *place)
{
	return atlas_reach(compiler->atlas, place,
			   compiler->policy->unlisted == POLICY_UNLISTED_REGISTRY);
}

/* A sender that may be in any scope: what one of them denies is denied, without exceptions; by a
 * deny rule, if one of them has it. */
static struct class_row strictest(const struct class_row *rows, unsigned count)
{
	const struct class_row *denied = NULL;

	for (unsigned i = 0; i < count; i++) {
		if (rows[i].act != ROW_DENY)
			continue;
		if (rows[i].reason == REASON_RULE_DENY)
			return rows[i];
		denied = denied ? denied : &rows[i];
	}
	return denied ? *denied : rows[0];
}

/* The rows of a place that embeds an address in @embedded (or 0), by the rules that matched. */
static void decide(const struct compiler *compiler, const struct place *place,
		   const struct reach *reach, uint8_t embedded, struct class_key *key)
{
	bool lifeline = !embedded && compiler->covered[EDGE_LIFELINE(compiler->policy)];
	unsigned count = compiler->scopes > 1 ? compiler->scopes - 1 : 1;

	for (unsigned i = 0; i < count; i++) {
		size_t first = compiler->views[i].first;
		struct decision decision =
			match_decide(&compiler->views[i].policy, place, reach, key->info.local,
				     compiler->matched + first, compiler->prefix_matched + first);

		if (lifeline)
			decision = (struct decision){VERDICT_ALLOW, REASON_LIFELINE, RULE_NONE, 0};
		if (decision.rule != RULE_NONE)
			decision.rule = (uint16_t)(decision.rule + first);
		key->rows[i] = row_of(embedded, &decision);
	}
	if (compiler->scopes > 1)
		key->rows[count] = strictest(key->rows, count);
	key->info.local |= lifeline;
}

/* The class of a place under the current covering; new ones are judged here. */
static int64_t judge(struct compiler *compiler, uint32_t number)
{
	const struct policy *policy = compiler->policy;
	const struct place *place = atlas_place(compiler->atlas, number);
	struct reach reach =
		compiler->reaches ? compiler->reaches[number] : reach_of(compiler, place);
	uint8_t embedded = row_embedded(compiler, place);
	struct class_key *key = compiler->key;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		compiler->prefix_matched[i] = !rule->to_count || compiler->covered[i];
		compiler->matched[i] =
			compiler->prefix_matched[i] && match_place(policy, rule, place, &reach);
	}
	int64_t rules = intern_add(&compiler->rule_sets, compiler->matched);
	if (rules < 0)
		return rules;
	memset(key, 0, compiler->key_size);
	key->info.soil = place->soil;
	key->info.state = place->state;
	key->info.special = place->special;
	memcpy(key->info.reach.countries, reach.countries, sizeof(reach.countries));
	key->info.reach.count = reach.count;
	key->info.reach.inferred = reach.inferred;
	key->info.reach.feed = reach.feed;
	key->info.local = !embedded && (match_local_special(policy, place->special) ||
					compiler->covered[EDGE_CONNECTED(policy)]);
	key->info.routed = place->asn != 0;
	key->info.rules = (uint32_t)rules;
	decide(compiler, place, &reach, embedded, key);
	int64_t class = intern_add(&compiler->classes, key);
	if (class >= CLASSES_MOST)
		return diagnostics_error(compiler->diagnostics, EOVERFLOW,
					 (struct location){.file = compiler->policy->file},
					 "class overflow: over %u classes; use fewer rules with "
					 "asn: or to:",
					 CLASSES_MOST - 1);
	return class;
}

static int64_t class_of_pair(struct compiler *compiler, uint32_t place, uint32_t covering)
{
	uint32_t pair[2] = {place, covering};
	uint32_t known = compiler->pairs.count;
	int64_t number = intern_add(&compiler->pairs, pair);

	if (number < known)
		return number < 0 ? number : compiler->class_of_pair[number];
	if ((size_t)number >= compiler->class_of_pair_capacity) {
		size_t capacity = compiler->class_of_pair_capacity * 2 + 1024;
		uint16_t *classes =
			reallocarray(compiler->class_of_pair, capacity, sizeof(*classes));

		if (!classes)
			return -ENOMEM;
		compiler->class_of_pair = classes;
		compiler->class_of_pair_capacity = capacity;
	}
	int64_t class = judge(compiler, place);
	if (class >= 0)
		compiler->class_of_pair[number] = (uint16_t) class;
	return class;
}

static int64_t class_of(struct compiler *compiler, uint32_t place, uint32_t covering)
{
	if (covering)
		return class_of_pair(compiler, place, covering);
	if (compiler->class_of_place[place])
		return compiler->class_of_place[place];
	int64_t class = judge(compiler, place);
	if (class >= 0)
		compiler->class_of_place[place] = (uint16_t) class;
	return class;
}

/* Takes every edge at @at; the number of the covering after it. */
static int64_t cross_edges(struct compiler *compiler, size_t *edge, u128 at)
{
	const struct edges *edges = &compiler->edges;

	for (; *edge < edges->count && edges->items[*edge].at == at; (*edge)++) {
		uint32_t rule = edges->items[*edge].rule;

		compiler->depth[rule] += edges->items[*edge].change;
		compiler->covered[rule] = compiler->depth[rule] > 0;
	}
	return intern_add(&compiler->coverings, compiler->covered);
}

static int sweep(struct compiler *compiler, enum family family)
{
	struct atlas_ranges atlas = atlas_ranges(compiler->atlas, family);
	struct class_ranges *ranges = &compiler->ranges[family];
	const struct edges *edges = &compiler->edges;
	int error = collect(compiler, family);
	size_t range = 0, edge = 0;
	u128 at = 0;

	if (!error && atlas.count == 0)
		error = diagnostics_error(compiler->diagnostics, EINVAL, (struct location){0},
					  "the atlas has no ranges; name sources that have some");
	if (!error)
		error = class_ranges_reserve(ranges, atlas.count + edges->count);
	if (error)
		return error;
	int64_t covering = cross_edges(compiler, &edge, 0);
	while (covering >= 0) {
		int64_t class = class_of(compiler, atlas.places[range], (uint32_t)covering);

		if (class < 0)
			return (int)class;
		class_ranges_append(ranges, at, (uint16_t) class);
		bool more_ranges = range + 1 < atlas.count, more_edges = edge < edges->count;
		if (!more_ranges && !more_edges)
			return 0;
		if (!more_edges ||
		    (more_ranges && atlas.starts[range + 1] <= edges->items[edge].at))
			at = atlas.starts[range + 1];
		else
			at = edges->items[edge].at;
		if (more_ranges && atlas.starts[range + 1] == at)
			range++;
		if (more_edges && edges->items[edge].at == at)
			covering = cross_edges(compiler, &edge, at);
	}
	return (int)covering;
}

/* Scope by scope, so that a packet's scope is the number of its first row. */
static int fill_rows(struct compiler *compiler, struct table *table)
{
	uint32_t count = compiler->classes.count;
	uint64_t rows = (uint64_t)count * compiler->scopes;

	if (rows > ROWS_MOST)
		return diagnostics_error(compiler->diagnostics, EOVERFLOW,
					 (struct location){.file = compiler->policy->file},
					 "row overflow: %u classes in %u scopes make over %u rows; "
					 "use fewer scopes, or fewer rules with asn: or to:",
					 count, compiler->scopes, ROWS_MOST);
	int error = table_section_alloc(table, TABLE_ROWS, rows * sizeof(struct class_row));

	table->classes = calloc(count, sizeof(*table->classes));
	if (error || !table->classes)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		const struct class_key *key = intern_key(&compiler->classes, i);
		struct class_row *row = table->sections[TABLE_ROWS].bytes;

		table->classes[i] = key->info;
		for (unsigned scope = 0; scope < compiler->scopes; scope++)
			row[scope * count + i] = key->rows[scope];
	}
	table->class_count = count;
	table->row_count = (uint32_t)rows;
	return entries_fill(compiler->policy, &compiler->rule_sets, table, compiler->diagnostics);
}

/* Covering 0: no prefix. Class 0, CLASS_NONE: what no range names. */
static int intern_first(struct compiler *compiler)
{
	struct class_key *none = compiler->key;

	none->info.rules = UINT32_MAX;
	for (unsigned i = 0; i < compiler->scopes; i++)
		none->rows[i] = (struct class_row){ROW_DENY, REASON_INTERNAL, RULE_NONE, 0};
	return intern_add(&compiler->coverings, compiler->covered) < 0 ||
			       intern_add(&compiler->classes, none) < 0
		       ? -ENOMEM
		       : 0;
}

static int compiler_init(struct compiler *compiler)
{
	size_t rules = compiler->policy->rule_count, owners = EDGE_OWNERS(compiler->policy);

	compiler->scopes = policy_scopes(compiler->policy);
	compiler->key_size = sizeof(struct class_key) + compiler->scopes * sizeof(struct class_row);
	compiler->key = calloc(1, compiler->key_size);
	compiler->views = calloc(compiler->scopes, sizeof(*compiler->views));
	intern_init(&compiler->coverings, owners * sizeof(bool));
	intern_init(&compiler->rule_sets, rules ? rules * sizeof(bool) : 1);
	intern_init(&compiler->pairs, 2 * sizeof(uint32_t));
	intern_init(&compiler->classes, compiler->key_size);
	compiler->depth = calloc(owners, sizeof(*compiler->depth));
	compiler->covered = calloc(owners, sizeof(bool));
	compiler->matched = calloc(rules + 1, sizeof(bool));
	compiler->prefix_matched = calloc(rules + 1, sizeof(bool));
	compiler->class_of_place =
		calloc(atlas_place_count(compiler->atlas), sizeof(*compiler->class_of_place));
	if (!compiler->depth || !compiler->covered || !compiler->matched ||
	    !compiler->prefix_matched || !compiler->class_of_place || !compiler->key ||
	    !compiler->views)
		return -ENOMEM;
	for (unsigned i = 0; i + (compiler->scopes > 1) < compiler->scopes; i++)
		compiler->views[i].policy =
			policy_of_scope(compiler->policy, i, &compiler->views[i].first);
	return intern_first(compiler);
}

static void compiler_free(struct compiler *compiler)
{
	intern_free(&compiler->coverings);
	intern_free(&compiler->rule_sets);
	intern_free(&compiler->pairs);
	intern_free(&compiler->classes);
	for (enum family family = 0; family < FAMILIES; family++)
		class_ranges_free(&compiler->ranges[family]);
	edges_free(&compiler->edges);
	free(compiler->key);
	free(compiler->views);
	free(compiler->depth);
	free(compiler->covered);
	free(compiler->matched);
	free(compiler->prefix_matched);
	free(compiler->reaches);
	free(compiler->class_of_place);
	free(compiler->class_of_pair);
}

/* What a thread does while IPv6 is swept: the operators lie all over the memory, and each is waited
 * for. */
struct reaches {
	const struct compiler *compiler;
	struct reach *items; /* NULL: out of memory, and it goes without */
};

static void find_reaches(void *argument)
{
	struct reaches *reaches = argument;
	const struct atlas *atlas = reaches->compiler->atlas;
	uint32_t count = atlas_place_count(atlas);

	reaches->items = malloc(count * sizeof(*reaches->items));
	for (uint32_t i = 0; reaches->items && i < count; i++)
		reaches->items[i] = reach_of(reaches->compiler, atlas_place(atlas, i));
}

static int sweep_ipv6(struct compiler *compiler)
{
	struct reaches reaches = {.compiler = compiler};
	struct aside aside;

	aside_begin(&aside, find_reaches, &reaches);
	int error = sweep(compiler, FAMILY_V6);
	aside_end(&aside);
	compiler->reaches = reaches.items;
	return error;
}

/* What a thread does for IPv6 while IPv4 is swept. */
struct ipv6 {
	const struct class_ranges *ranges;
	struct table *table;
	int error;
	struct diagnostics diagnostics;
};

static void build_ipv6(void *argument)
{
	struct ipv6 *ipv6 = argument;

	ipv6->error =
		lookup_v6_build(ipv6->ranges, LOOKUP_SECTION_MOST, ipv6->table, &ipv6->diagnostics);
}

/* IPv4 has most of the work left once it is swept, so it comes last. The order is always the same:
 * it numbers the classes. */
static int compile(struct compiler *compiler, struct table *table)
{
	struct ipv6 ipv6 = {.ranges = &compiler->ranges[FAMILY_V6], .table = table};
	struct aside aside;
	int error = sweep_ipv6(compiler);

	if (error)
		return error;
	aside_begin(&aside, build_ipv6, &ipv6);
	error = sweep(compiler, FAMILY_V4);
	if (!error)
		error = fill_rows(compiler, table);
	if (!error)
		error = sources_fill(compiler->policy, table, compiler->diagnostics);
	if (!error)
		error = lookup_v4_build(&compiler->ranges[FAMILY_V4], LOOKUP_SECTION_MOST, table,
					compiler->diagnostics);
	aside_end(&aside);
	if (!error) {
		error = ipv6.error;
		diagnostics_move(&ipv6.diagnostics, compiler->diagnostics);
	}
	diagnostics_free(&ipv6.diagnostics);
	return error;
}

int table_compile(const struct policy *policy, const struct atlas *atlas,
		  const struct table_context *context, struct table **table,
		  struct diagnostics *diagnostics)
{
	struct compiler compiler = {
		.policy = policy, .atlas = atlas, .context = context, .diagnostics = diagnostics};
	struct table *result = calloc(1, sizeof(*result));
	int error = result ? compiler_init(&compiler) : -ENOMEM;

	if (result && context)
		result->memory = context->memory;
	if (!error)
		error = compile(&compiler, result);
	compiler_free(&compiler);
	if (error == -ENOMEM)
		diagnostics_error(diagnostics, ENOMEM, (struct location){.file = policy->file},
				  "out of memory while the verdict table is compiled");
	if (error) {
		table_free(result);
		return error;
	}
	*table = result;
	return 0;
}
