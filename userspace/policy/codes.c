// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of countries and groups: "soil:" and "owner:". */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "userspace/policy/parse.h"

/* Codes that people write and ISO 3166-1 does not assign. */
static const struct {
	const char *code, *remedy;
} mistaken[] = {
	{"UK", "write GB, the United Kingdom's code in ISO 3166-1"},
	{"EL", "write GR, Greece's code in ISO 3166-1"},
	{"XI", "write GB: Northern Ireland has no code of its own in ISO 3166-1"},
	{"XK", "Kosovo has no code in ISO 3166-1, and sources use XK for it unevenly; use `to:`"},
	{"AP", "it stands for no country in a source; name the countries"},
	{"ZZ", "it means unknown in a source, and unknown is never allowed"},
	{"AC", "write SH, which Ascension Island is part of"},
	{"IC", "write ES, which the Canary Islands are part of"},
	{"SU", "write the codes of the states that came after it"},
	{"CS", "write RS or ME"},
	{"AN", "write CW, SX, BQ or AW"},
	{"EN", "write GB, the United Kingdom's code in ISO 3166-1"},
};

/* "EU, EEA, FR-DROM" */
static const char *list_groups(const struct groups *groups, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "none");
	for (size_t i = 0; i < groups_count(groups) && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 groups_name(groups, i));
	return text;
}

/* "France" -> FR, "fr" -> FR */
static country_t guess_country(const char *text)
{
	char upper[3] = "";

	if (strlen(text) == 2) {
		upper[0] = (char)toupper((unsigned char)text[0]);
		upper[1] = (char)toupper((unsigned char)text[1]);
		return country_parse(upper, 2);
	}
	for (const country_t *country = country_all(); *country; country++)
		if (strcasecmp(country_name(*country), text) == 0)
			return *country;
	return COUNTRY_NONE;
}

static const char *guess_group(const struct reader *reader, const char *text)
{
	size_t count = groups_count(reader->groups);
	const char **names = calloc(count + 1, sizeof(*names));
	const char *nearest = NULL;

	for (size_t i = 0; names && i < count; i++) {
		names[i] = groups_name(reader->groups, i);
		if (strcasecmp(names[i], text) == 0)
			nearest = names[i];
	}
	if (names && !nearest && strlen(text) > 2)
		nearest = policy_nearest(text, names, count);
	free(names);
	return nearest;
}

static void refuse_code(struct reader *reader, const struct node *item)
{
	country_t country = guess_country(item->text);
	const char *group = guess_group(reader, item->text);
	char code[3], list[400];

	for (size_t i = 0; i < sizeof(mistaken) / sizeof(mistaken[0]); i++)
		if (strcasecmp(item->text, mistaken[i].code) == 0) {
			policy_fault(reader, item, "`%s` is no country; %s", item->text,
				     mistaken[i].remedy);
			return;
		}
	if (country)
		policy_fault(reader, item, "`%s` is no country code; write %s",
			     policy_quote(item).text, country_format(country, code));
	else if (group)
		policy_fault(reader, item, "`%s` is no group; write %s", policy_quote(item).text,
			     group);
	else if (strlen(item->text) == 2)
		policy_fault(reader, item,
			     "`%s` is no country; write a two-letter code of ISO 3166-1, or one "
			     "of the groups: %s",
			     policy_quote(item).text,
			     list_groups(reader->groups, list, sizeof(list)));
	else
		policy_fault(reader, item,
			     "`%s` is neither a country nor a group; write a two-letter code of "
			     "ISO 3166-1, or one of the groups: %s",
			     policy_quote(item).text,
			     list_groups(reader->groups, list, sizeof(list)));
}

/* What the item stands for, added to the set. */
static void read_code(struct reader *reader, const struct node *item, struct country_set *set)
{
	size_t length = item->kind == NODE_TEXT ? strlen(item->text) : 0;
	const struct country_set *group;
	country_t country;

	if (!length) {
		policy_fault(reader, item, "this is not a country code; write one, as in FR");
		return;
	}
	country = country_parse(item->text, length);
	group = groups_find(reader->groups, item->text, length);
	if (country)
		country_set_add(set, country);
	else if (group)
		country_set_merge(set, group);
	else
		refuse_code(reader, item);
}

static void warn_repeated(struct reader *reader, const struct node *list, size_t number)
{
	const struct node *item = &list->children[number];

	for (size_t i = 0; i < number && item->kind == NODE_TEXT; i++)
		if (list->children[i].kind == NODE_TEXT &&
		    strcmp(list->children[i].text, item->text) == 0) {
			policy_warn(reader, item, "`%s` stands in this list twice; remove one",
				    policy_quote(item).text);
			return;
		}
}

/* The items as they were written, "FR, EU". */
static char *join(struct reader *reader, const struct node *list)
{
	size_t size = 1;
	char *text, *end;

	for (size_t i = 0; i < list->count; i++)
		if (list->children[i].kind == NODE_TEXT)
			size += strlen(list->children[i].text) + 2;
	text = end = policy_alloc(reader, size, 1);
	for (size_t i = 0; text && i < list->count; i++)
		if (list->children[i].kind == NODE_TEXT)
			end += sprintf(end, "%s%s", end == text ? "" : ", ",
				       list->children[i].text);
	return text;
}

/* A list longer than this repeats itself or is wrong, and comparing each with each takes long. */
#define CODES_MOST 1024

static bool check_list(struct reader *reader, const struct node *node)
{
	if (!policy_list_check(reader, node, "countries or groups", "[FR, DE]"))
		return false;
	if (node->count > CODES_MOST)
		policy_fault(reader, node, "%zu items; there are under 300 countries and groups",
			     node->count);
	return node->count <= CODES_MOST;
}

bool policy_codes_read(struct reader *reader, const struct node *node, struct country_set *set)
{
	if (!check_list(reader, node))
		return false;
	for (size_t i = 0; i < node->count; i++) {
		read_code(reader, &node->children[i], set);
		warn_repeated(reader, node, i);
	}
	return true;
}

void policy_soil_read(struct reader *reader, const struct node *node, struct country_set *set,
		      char **text)
{
	if (policy_codes_read(reader, node, set))
		*text = join(reader, node);
}

/*
 * A reach is made of states: a territory counts as the state whose law holds there. So RE in an
 * owner list would never match, and neither would a group that has no state among its members. To
 * read FR for them would approve more than was written: refused, with what to write.
 */
static void check_states(struct reader *reader, const struct node *item,
			 const struct country_set *members)
{
	char territory[3], state[3];
	country_t first = COUNTRY_NONE;

	for (const country_t *country = country_all(); *country; country++) {
		if (!country_set_has(members, *country))
			continue;
		if (country_state(*country) == *country)
			return;
		first = first ? first : *country;
	}
	if (!first)
		return; /* refused already */
	policy_fault(reader, item,
		     "%s never matches an owner: %s counts as %s, the state whose law holds there; "
		     "write %s",
		     item->text, country_format(first, territory),
		     country_format(country_state(first), state), state);
}

void policy_owner_read(struct reader *reader, const struct node *node, struct country_set *set,
		       char **text)
{
	if (!check_list(reader, node))
		return;
	for (size_t i = 0; i < node->count; i++) {
		struct country_set members = {{0}};

		read_code(reader, &node->children[i], &members);
		check_states(reader, &node->children[i], &members);
		warn_repeated(reader, node, i);
		country_set_merge(set, &members);
	}
	*text = join(reader, node);
}
