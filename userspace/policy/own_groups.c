// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "groups:": groups of the policy's own, for its soil: and owner: lists.
 *
 * A group may hold those that come before it, so that none can hold itself. What comes with gabelou
 * keeps its meaning: whoever reads a policy knows what EU is in it.
 */
#include <string.h>

#include "userspace/policy/parse.h"

#define GROUPS_MOST 256

/* Who reads two letters takes them for a country. */
#define NAME_LEAST 3

/* @known: without those of the policy. */
static bool check_name(struct reader *reader, const struct groups *known, const struct node *name)
{
	const char *text = name->kind == NODE_TEXT ? name->text : "";
	size_t length = strlen(text);

	if (groups_find(known, text, length))
		policy_fault(reader, name,
			     "%s comes with gabelou and cannot be redefined; give the group "
			     "another name",
			     text);
	else if (country_parse(text, length))
		policy_fault(reader, name, "%s is a country; give the group another name", text);
	else if (groups_find(reader->groups, text, length))
		policy_fault(reader, name, "%s stands here twice; remove one", text);
	else if (!groups_name_check(text, length) || length < NAME_LEAST)
		policy_fault(reader, name,
			     "`%s` is not the name of a group; write %d to %d capitals, digits "
			     "and dashes, as in NORDIC",
			     policy_quote(name).text, NAME_LEAST, GROUP_NAME_MOST);
	else
		return true;
	return false;
}

/* Is @item a group of this map that stands at or behind pair @from? Said here, since a group that
 * is not known yet would be called unknown. */
static bool refuse_later(struct reader *reader, const struct node *map, size_t from,
			 const struct node *item)
{
	const struct node *group = &map->children[from];

	for (size_t i = from; i < map->count && item->kind == NODE_TEXT; i += 2) {
		const struct node *name = &map->children[i];

		if (name->kind != NODE_TEXT || strcmp(name->text, item->text) != 0 ||
		    groups_find(reader->groups, item->text, strlen(item->text)) ||
		    country_parse(item->text, strlen(item->text)))
			continue;
		if (i == from)
			policy_fault(reader, item, "%s cannot be a member of itself; remove it",
				     policy_quote(item).text);
		else
			policy_fault(reader, item,
				     "%s is defined further down, in line %u; move it above %s",
				     policy_quote(item).text, name->line, policy_quote(group).text);
		return true;
	}
	return false;
}

static void read_group(struct reader *reader, const struct groups *known, const struct node *map,
		       size_t pair)
{
	const struct node *name = &map->children[pair], *list = name + 1;
	struct country_set members = {{0}};
	bool later = false;

	for (size_t i = 0; list->kind == NODE_LIST && i < list->count; i++)
		later |= refuse_later(reader, map, pair, &list->children[i]);
	if (!later)
		policy_codes_read(reader, list, &members);
	/* Also if its members are wrong, lest its name be called unknown in each rule. */
	if (check_name(reader, known, name) && groups_add(reader->own_groups, name->text, &members))
		reader->out_of_memory = true;
}

void policy_groups_read(struct reader *reader, const struct node *node, void *target)
{
	const struct groups *known = reader->groups;

	(void)target;
	if (node->kind != NODE_MAP) {
		policy_fault(reader, node,
			     "`groups:` is made of names and lists; write {NORDIC: [SE, NO, FI]}");
		return;
	}
	if (node->count / 2 > GROUPS_MOST) {
		policy_fault(reader, node, "%zu groups; define at most %d", node->count / 2,
			     GROUPS_MOST);
		return;
	}
	reader->own_groups = groups_copy(known);
	if (!reader->own_groups) {
		reader->out_of_memory = true;
		return;
	}
	reader->groups = reader->own_groups;
	for (size_t i = 0; i < node->count; i += 2)
		read_group(reader, known, node, i);
}
