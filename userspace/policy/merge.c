// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The trees of several files into one: what a drop-in says is added to what was said before. Lists
 * grow, maps are joined key by key, and a value said twice must be the same.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

/* Moves @count nodes to the end of @to. */
static void move_nodes(struct reader *reader, struct node *to, struct node *from, size_t count)
{
	struct node *children =
		count ? reallocarray(to->children, to->count + count, sizeof(*children)) : NULL;

	if (!children) {
		reader->out_of_memory |= count > 0;
		return;
	}
	memcpy(children + to->count, from, count * sizeof(*from));
	memset(from, 0, count * sizeof(*from));
	to->children = children;
	to->count += count;
}

static bool is_key(const struct node *node, const char *text)
{
	return node->kind == NODE_TEXT && strcmp(node->text, text) == 0;
}

/* The key of that name among the first @pairs pairs. */
static struct node *find_key(const struct node *map, size_t pairs, const char *text)
{
	for (size_t i = 0; i < 2 * pairs; i += 2)
		if (is_key(&map->children[i], text))
			return &map->children[i];
	return NULL;
}

static void contradict(struct reader *reader, const char *key, const struct node *before,
		       const struct node *value)
{
	policy_fault(reader, value,
		     "`%s: %s` contradicts `%s: %s` at %s:%u:%u; say it in one of the two files",
		     key, policy_quote(value).text, key, policy_quote(before).text, before->file,
		     before->line, before->column);
}

static void merge_maps(struct reader *reader, struct node *to, struct node *from);

static void merge_values(struct reader *reader, const char *key, struct node *to, struct node *from)
{
	if (to->kind == NODE_MAP && from->kind == NODE_MAP)
		merge_maps(reader, to, from);
	else if (to->kind == NODE_LIST && from->kind == NODE_LIST)
		move_nodes(reader, to, from->children, from->count);
	else if (to->kind != NODE_TEXT || from->kind != NODE_TEXT ||
		 strcmp(to->text, from->text) != 0)
		contradict(reader, key, to, from);
}

/* Of keys that are new, policy_map_read() says it. */
static void refuse_twice(struct reader *reader, const struct node *to, const struct node *from)
{
	for (size_t i = 0; i < from->count; i += 2) {
		const struct node *key = &from->children[i], *first;

		if (key->kind != NODE_TEXT || !find_key(to, to->count / 2, key->text))
			continue;
		first = find_key(from, i / 2, key->text);
		if (first)
			policy_fault(reader, key,
				     "`%s:` stands here twice, first at line %u; remove one",
				     key->text, first->line);
	}
}

static void merge_maps(struct reader *reader, struct node *to, struct node *from)
{
	size_t before = to->count / 2;

	refuse_twice(reader, to, from);
	for (size_t i = 0; i < from->count; i += 2) {
		struct node *key = &from->children[i];
		struct node *same = key->kind == NODE_TEXT ? find_key(to, before, key->text) : NULL;

		if (same)
			merge_values(reader, key->text, same + 1, key + 1);
		else
			move_nodes(reader, to, key, 2);
	}
}

static const char *const lists[RULE_KINDS] = {
	[RULE_DENY] = "deny", [RULE_ALLOW] = "allow", [RULE_EXCEPT] = "except"};

/* How many rules the list of that name holds by now. */
static size_t rules_of(const struct node *root, const char *key)
{
	const struct node *found =
		root->kind == NODE_MAP ? find_key(root, root->count / 2, key) : NULL;

	return found && found[1].kind == NODE_LIST ? found[1].count : 0;
}

/* "allow #3 to #5" of a list of rules that is to be appended, else the key. */
static void print_key(FILE *out, const struct node *before, const struct node *key)
{
	size_t first = 0, count = key[1].kind == NODE_LIST ? key[1].count : 0;
	bool rules = false;

	for (int kind = 0; kind < RULE_KINDS; kind++)
		rules |= strcmp(key->text, lists[kind]) == 0;
	fprintf(out, "%s", key->text);
	if (!rules || !count)
		return;
	first = before ? rules_of(before, key->text) : 0;
	fprintf(out, " #%zu", first + 1);
	if (count > 1)
		fprintf(out, " to #%zu", first + count);
}

char *policy_merge_says(struct reader *reader, const struct node *before, const struct node *root)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool any = false;

	if (!out) {
		reader->out_of_memory = true;
		return NULL;
	}
	for (size_t i = 0; root->kind == NODE_MAP && i < root->count; i += 2) {
		const struct node *key = &root->children[i];

		if (key->kind != NODE_TEXT || is_key(key, "gabelou"))
			continue;
		fputs(any ? ", " : "", out);
		print_key(out, before, key);
		any = true;
	}
	if (fclose(out) || !text)
		reader->out_of_memory = true;
	return text;
}

void policy_merge(struct reader *reader, struct node *to, struct node *from)
{
	merge_maps(reader, to, from);
}
