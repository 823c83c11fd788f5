// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/flow/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "userspace/base/intern.h"
#include "userspace/flow/unit.h"

#define SLOTS      (2 * SURVEY_ITEMS_MOST) /* a power of two */
#define BLOCK_SIZE (1u << 20)
#define TEXT_MOST  255

/* How much older a line may be than one that is behind it in the file. */
#define DISORDER_SECONDS 600

/* What tells items apart, one after another, each ended by a NUL. */
enum part {
	PART_PROCESS,
	PART_UNIT,
	PART_DESTINATION,
	PART_TRANSPORT,
	PART_PORT,
	PART_REASON,
	PART_RULE,
	PART_DOMAIN,
	PART_MONITOR,
	PARTS
};
/* And what of its destination is kept from its first line. */
enum { PART_COUNTRY = PARTS, PART_OPERATOR, PART_PARENT, PART_REACH, PARTS_ALL };

#define KEY_MOST ((TEXT_MOST + 1) * PARTS)

struct entry {
	uint64_t hash;
	const char *text; /* PARTS_ALL strings, the key first */
	uint32_t key_length;
	uint32_t asn;
	uint64_t flows, packets, bytes;
	char first[LINE_SECONDS], last[LINE_SECONDS];
};

struct block {
	struct block *next;
	size_t used;
	char bytes[BLOCK_SIZE];
};

struct survey_table {
	uint32_t *slots; /* number of the entry + 1; 0: free */
	struct entry *entries;
	uint32_t count, capacity;
	struct block *blocks; /* the texts of entries */
};

static void put_time(char text[LINE_SECONDS + 1], int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm parts;

	if (gmtime_r(&time, &parts))
		strftime(text, LINE_SECONDS + 1, "%Y-%m-%dT%H:%M:%S", &parts);
}

int survey_begin(struct survey *survey, int64_t since)
{
	*survey = (struct survey){.table = calloc(1, sizeof(*survey->table))};
	if (since) {
		put_time(survey->since, since);
		put_time(survey->skip, since - DISORDER_SECONDS);
	}
	if (survey->table)
		survey->table->slots = calloc(SLOTS, sizeof(*survey->table->slots));
	return survey->table && survey->table->slots ? 0 : -ENOMEM;
}

static size_t put(char *key, size_t used, struct slice part)
{
	size_t length = part.length < TEXT_MOST ? part.length : TEXT_MOST;

	if (part.text)
		memcpy(key + used, part.text, length);
	else
		length = 0;
	key[used + length] = '\0';
	return used + length + 1;
}

static struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

static size_t make_key(const struct flow_line *line, struct slice destination, char *key)
{
	char port[8] = "";
	size_t used = 0, digits = sizeof(port) - 1;

	for (int rest = line->port; rest > 0 || (rest == 0 && digits == sizeof(port) - 1);
	     rest /= 10)
		port[--digits] = (char)('0' + rest % 10);
	used = put(key, used, line->process_name);
	used = put(key, used, unit_of(line->cgroup));
	used = put(key, used, destination);
	used = put(key, used, line->transport);
	used = put(key, used, slice_of(port + digits)); /* "" for -1 */
	used = put(key, used, line->reason);
	used = put(key, used, line->rule);
	used = put(key, used, line->domain);
	return put(key, used, slice_of(line->monitor ? "1" : ""));
}

/* The slot of the key, or the free one where it would stand. */
static uint32_t *find(const struct survey_table *table, uint64_t hash, const char *key, size_t size)
{
	for (uint32_t i = (uint32_t)hash & (SLOTS - 1);; i = (i + 1) & (SLOTS - 1)) {
		const struct entry *entry;

		if (!table->slots[i])
			return &table->slots[i];
		entry = &table->entries[table->slots[i] - 1];
		if (entry->hash == hash && entry->key_length == size &&
		    memcmp(entry->text, key, size) == 0)
			return &table->slots[i];
	}
}

static char *keep(struct survey_table *table, size_t size)
{
	struct block *block = table->blocks;

	if (!block || block->used + size > BLOCK_SIZE) {
		block = malloc(sizeof(*block));
		if (!block)
			return NULL;
		block->used = 0;
		block->next = table->blocks;
		table->blocks = block;
	}
	block->used += size;
	return block->bytes + block->used - size;
}

static struct entry *grow(struct survey_table *table)
{
	if (table->count == table->capacity) {
		uint32_t capacity = table->capacity ? 2 * table->capacity : 1024;
		struct entry *entries = reallocarray(table->entries, capacity, sizeof(*entries));

		if (!entries)
			return NULL;
		table->entries = entries;
		table->capacity = capacity;
	}
	return &table->entries[table->count];
}

/* @text: key and rest. */
static struct entry *insert(struct survey_table *table, uint32_t *slot, const struct entry *model,
			    const char *text, size_t size)
{
	struct entry *entry = grow(table);
	char *copy = entry ? keep(table, size) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, text, size);
	*entry = *model;
	entry->text = copy;
	entry->flows = entry->packets = entry->bytes = 0;
	*slot = ++table->count;
	return entry;
}

static void add_counts(struct entry *entry, const struct entry *more)
{
	entry->flows += more->flows;
	entry->packets += more->packets;
	entry->bytes += more->bytes;
	if (memcmp(more->first, entry->first, LINE_SECONDS) < 0)
		memcpy(entry->first, more->first, LINE_SECONDS);
	if (memcmp(more->last, entry->last, LINE_SECONDS) > 0)
		memcpy(entry->last, more->last, LINE_SECONDS);
}

/* A destination that is one too many is left out of the key. */
static bool is_full(const struct survey_table *table)
{
	return table->count >= SURVEY_ITEMS_MOST - SURVEY_ITEMS_MOST / 8;
}

static int add_line(struct survey *survey, const struct flow_line *line)
{
	struct survey_table *table = survey->table;
	char text[KEY_MOST + (TEXT_MOST + 1) * (PARTS_ALL - PARTS)];
	struct entry one = {.asn = line->asn,
			    .flows = !line->summary,
			    .packets = line->packets,
			    .bytes = line->bytes};
	size_t size = make_key(line, line->destination, text);
	uint32_t *slot = find(table, one.hash = intern_hash(text, size), text, size);

	if (!*slot && is_full(table)) {
		size = make_key(line, (struct slice){0}, text);
		slot = find(table, one.hash = intern_hash(text, size), text, size);
		survey->overflow += one.flows;
	}
	memcpy(one.first, line->time.text, LINE_SECONDS);
	memcpy(one.last, line->time.text, LINE_SECONDS);
	one.key_length = (uint32_t)size;
	struct entry *entry = *slot ? &table->entries[*slot - 1] : NULL;
	if (!entry) {
		if (table->count == SURVEY_ITEMS_MOST)
			return 0; /* what has no room is in the totals */
		size = put(text, size, line->country);
		size = put(text, size, line->operator_name);
		size = put(text, size, line->parent);
		size = put(text, size, line->reach);
		entry = insert(table, slot, &one, text, size);
	}
	if (!entry)
		return -ENOMEM;
	add_counts(entry, &one);
	return 0;
}

static void widen(struct survey *survey, const char *first, const char *last)
{
	if (!*survey->first || memcmp(first, survey->first, LINE_SECONDS) < 0)
		memcpy(survey->first, first, LINE_SECONDS);
	if (!*survey->last || memcmp(last, survey->last, LINE_SECONDS) > 0)
		memcpy(survey->last, last, LINE_SECONDS);
}

int survey_add(struct survey *survey, const struct flow_line *line)
{
	if (memcmp(line->time.text, survey->since, *survey->since ? LINE_SECONDS : 0) < 0) {
		survey->before++;
		return 0;
	}
	widen(survey, line->time.text, line->time.text);
	survey->lines++;
	survey->lost += line->lost;
	if (!line->flow || (survey->wanted && !survey->wanted(line, survey->context)))
		return 0;
	survey->flows += !line->summary;
	survey->packets += line->packets;
	survey->bytes += line->bytes;
	survey->cut += !line->summary && !line->monitor;
	return add_line(survey, line);
}

static size_t text_size(const char *text)
{
	const char *end = text;

	for (int part = 0; part < PARTS_ALL; part++)
		end += strlen(end) + 1;
	return (size_t)(end - text);
}

static int merge_entries(struct survey *survey, const struct survey_table *from)
{
	struct survey_table *table = survey->table;

	for (uint32_t i = 0; i < from->count; i++) {
		const struct entry *more = &from->entries[i];
		uint32_t *slot = find(table, more->hash, more->text, more->key_length);
		struct entry *entry = *slot ? &table->entries[*slot - 1] : NULL;

		if (!entry && table->count == SURVEY_ITEMS_MOST) {
			survey->overflow += more->flows;
			continue;
		}
		if (!entry)
			entry = insert(table, slot, more, more->text, text_size(more->text));
		if (!entry)
			return -ENOMEM;
		add_counts(entry, more);
	}
	return 0;
}

int survey_merge(struct survey *survey, struct survey *from)
{
	int error = merge_entries(survey, from->table);

	if (from->lines)
		widen(survey, from->first, from->last);
	survey->lines += from->lines;
	survey->flows += from->flows;
	survey->packets += from->packets;
	survey->bytes += from->bytes;
	survey->cut += from->cut;
	survey->overflow += from->overflow;
	survey->before += from->before;
	survey->lost += from->lost;
	survey->broken += from->broken;
	survey_free(from);
	return error;
}

/* "\"NL\",\"US\"" to "NL+US". */
static void put_reach(char *to, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text && used + 1 < size; text++)
		if (*text != '"')
			to[used++] = *text == ',' ? '+' : *text;
	to[used] = '\0';
}

static struct survey_item item_of(const struct entry *entry)
{
	const char *parts[PARTS_ALL], *text = entry->text;
	struct survey_item item = {.asn = entry->asn,
				   .flows = entry->flows,
				   .packets = entry->packets,
				   .bytes = entry->bytes};

	for (int part = 0; part < PARTS_ALL; part++) {
		parts[part] = text;
		text += strlen(text) + 1;
	}
	item.process = parts[PART_PROCESS];
	item.unit = parts[PART_UNIT];
	item.transport = parts[PART_TRANSPORT];
	item.reason = parts[PART_REASON];
	item.rule = parts[PART_RULE];
	item.domain = parts[PART_DOMAIN];
	item.monitor = *parts[PART_MONITOR];
	item.country = parts[PART_COUNTRY];
	item.operator_name = parts[PART_OPERATOR];
	item.parent = parts[PART_PARENT];
	item.port = *parts[PART_PORT] ? atoi(parts[PART_PORT]) : -1;
	item.has_address = address_parse(parts[PART_DESTINATION], strlen(parts[PART_DESTINATION]),
					 &item.address) == 0;
	put_reach(item.reach, sizeof(item.reach), parts[PART_REACH]);
	memcpy(item.first, entry->first, LINE_SECONDS);
	memcpy(item.last, entry->last, LINE_SECONDS);
	return item;
}

static int compare_items(const void *a, const void *b)
{
	const struct survey_item *left = a, *right = b;

	if (left->flows != right->flows)
		return left->flows > right->flows ? -1 : 1;
	if (left->packets != right->packets)
		return left->packets > right->packets ? -1 : 1;
	if (left->address.family != right->address.family)
		return left->address.family < right->address.family ? -1 : 1;
	if (left->address.value != right->address.value)
		return left->address.value < right->address.value ? -1 : 1;
	return left->port - right->port;
}

int survey_end(struct survey *survey)
{
	survey->count = survey->table->count;
	survey->items = calloc(survey->count + 1, sizeof(*survey->items));
	if (!survey->items)
		return -ENOMEM;
	for (size_t i = 0; i < survey->count; i++)
		survey->items[i] = item_of(&survey->table->entries[i]);
	qsort(survey->items, survey->count, sizeof(*survey->items), compare_items);
	return 0;
}

void survey_free(struct survey *survey)
{
	struct survey_table *table = survey->table;

	while (table && table->blocks) {
		struct block *block = table->blocks;

		table->blocks = block->next;
		free(block);
	}
	if (table) {
		free(table->slots);
		free(table->entries);
	}
	free(table);
	free(survey->items);
	*survey = (struct survey){0};
}
