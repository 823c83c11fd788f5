// SPDX-License-Identifier: GPL-2.0-or-later
/* What every reader of a node needs: maps by their keys, choices, lists, lines, good guesses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

#define GUESS_MOST 24 /* longer words are not compared */
#define KEYS_MOST  32

struct quote policy_quote(const struct node *node)
{
	const char *text = node->kind == NODE_TEXT   ? node->text
			   : node->kind == NODE_LIST ? "[...]"
						     : "{...}";
	struct quote quote = {""};
	size_t length = strlen(text), room = sizeof(quote.text) - sizeof("...");

	if (length > room) {
		length = room;
		while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	for (size_t i = 0; i < length; i++)
		quote.text[i] = text[i] == '\n' || text[i] == '\t' ? ' ' : text[i];
	if (text[length])
		strcpy(quote.text + length, "...");
	return quote;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance, one row at a time. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned row[GUESS_MOST + 1];

	for (unsigned j = 0; j <= b_length; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			unsigned above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1,
					  diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_length];
}

const char *policy_nearest(const char *text, const char *const *names, size_t count)
{
	size_t length = strlen(text);
	unsigned best = length < 4 ? 1 : length < 8 ? 2 : 3;
	const char *nearest = NULL;

	if (length < 2 || length > GUESS_MOST)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t name_length = strlen(names[i]);

		if (name_length > GUESS_MOST)
			continue;
		unsigned found = distance(text, length, names[i], name_length);
		if (found < best || (found == best && !nearest && found < name_length)) {
			best = found;
			nearest = names[i];
		}
	}
	return nearest;
}

/* "a, b or c" of a list of names. */
static const char *list_names(const char *const *names, size_t count, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 i == 0           ? ""
					 : i + 1 == count ? " or "
							  : ", ",
					 names[i]);
	return text;
}

static void refuse_key(struct reader *reader, const struct node *name, const char *what,
		       const struct key *keys, size_t count)
{
	const char *known[KEYS_MOST];
	char list[320];
	size_t supported = 0;

	for (size_t i = 0; i < count; i++)
		known[i] = keys[i].name;
	const char *nearest = policy_nearest(name->text, known, count);
	if (nearest) {
		policy_fault(reader, name, "%s has no key `%s`; did you mean `%s`?", what,
			     policy_quote(name).text, nearest);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (keys[i].read)
			known[supported++] = keys[i].name;
	policy_fault(reader, name, "%s has no key `%s`; write %s", what, policy_quote(name).text,
		     list_names(known, supported, list, sizeof(list)));
}

static bool is_today(const struct node *value, const char *today)
{
	if (!today)
		return false;
	if (strcmp(today, "[]") == 0)
		return value->kind == NODE_LIST && value->count == 0;
	return value->kind == NODE_TEXT && strcmp(value->text, today) == 0;
}

static void refuse_later(struct reader *reader, const struct node *name, const struct node *value,
			 const struct key *key)
{
	if (is_today(value, key->today))
		return;
	if (key->today)
		policy_fault(reader, name,
			     "`%s:` is not supported by this version, other than as `%s: %s`; "
			     "remove it",
			     key->name, key->name, key->today);
	else
		policy_fault(reader, name, "`%s:` is not supported by this version; remove it",
			     key->name);
}

void policy_map_read(struct reader *reader, const struct node *node, const char *what,
		     const struct key *keys, size_t count, void *target)
{
	const struct node *seen[KEYS_MOST] = {NULL};

	if (node->kind != NODE_MAP) {
		policy_fault(reader, node, "%s is made of keys; write `%s: ...`", what,
			     keys[0].name);
		return;
	}
	for (size_t i = 0; i < node->count; i += 2) {
		const struct node *name = &node->children[i], *value = name + 1;
		size_t number = 0;

		if (name->kind != NODE_TEXT) {
			policy_fault(reader, name, "a key is a word; write `%s: ...`",
				     keys[0].name);
			continue;
		}
		while (number < count && strcmp(name->text, keys[number].name) != 0)
			number++;
		if (number == count) {
			refuse_key(reader, name, what, keys, count);
		} else if (seen[number]) {
			policy_fault(reader, name,
				     "`%s:` stands here twice, first at line %u; remove one",
				     name->text, seen[number]->line);
		} else {
			seen[number] = name;
			if (keys[number].read)
				keys[number].read(reader, value, target);
			else
				refuse_later(reader, name, value, &keys[number]);
		}
	}
}

int policy_choice_read(struct reader *reader, const struct node *node, const char *key,
		       const char *const *names, size_t count)
{
	char list[320];

	for (size_t i = 0; node->kind == NODE_TEXT && i < count; i++)
		if (strcmp(node->text, names[i]) == 0)
			return (int)i;
	policy_fault(reader, node, "`%s: %s` is not known; write %s", key, policy_quote(node).text,
		     list_names(names, count, list, sizeof(list)));
	return -1;
}

bool policy_list_check(struct reader *reader, const struct node *node, const char *what,
		       const char *example)
{
	if (node->kind == NODE_LIST && node->count)
		return true;
	if (node->kind == NODE_LIST)
		policy_fault(reader, node, "an empty list; name %s, as in %s, or remove the key",
			     what, example);
	else if (node->kind == NODE_TEXT && node->text[0])
		policy_fault(reader, node, "`%s` is not a list of %s; write [%s]",
			     policy_quote(node).text, what, policy_quote(node).text);
	else
		policy_fault(reader, node, "this is not a list of %s; write %s", what, example);
	return false;
}

void *policy_alloc(struct reader *reader, size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size);

	if (!memory)
		reader->out_of_memory = true;
	return memory;
}

char *policy_line_read(struct reader *reader, const struct node *node, const char *key)
{
	size_t length;
	char *line;

	if (node->kind != NODE_TEXT || !node->text[0]) {
		policy_fault(reader, node, "`%s:` is a line of text; write `%s: words`", key, key);
		return NULL;
	}
	length = strlen(node->text);
	while (length && node->text[length - 1] == '\n')
		length--;
	if (!length || memchr(node->text, '\n', length) || memchr(node->text, '\t', length)) {
		policy_fault(reader, node,
			     "`%s:` is one line of text; write it without line breaks and tabs",
			     key);
		return NULL;
	}
	line = policy_alloc(reader, length + 1, 1);
	if (line)
		memcpy(line, node->text, length);
	return line;
}
