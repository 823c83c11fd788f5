// SPDX-License-Identifier: GPL-2.0-or-later
/* The lists "except:", "deny:" and "allow:". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/policy/parse.h"

#define RULES_MOST 65534 /* their numbers are 16 bits wide, and the last one means none */

static const char *const kinds[RULE_KINDS] = {
	[RULE_DENY] = "deny", [RULE_ALLOW] = "allow", [RULE_EXCEPT] = "except"};

const char *rule_name(const struct rule *rule, char *text)
{
	snprintf(text, RULE_NAME_SIZE, "%s%s%s #%u", rule->scope ? rule->scope : "",
		 rule->scope ? " " : "", kinds[rule->kind], rule->index);
	return text;
}

void policy_rule_free(struct rule *rule)
{
	free(rule->soil_text);
	free(rule->owner_text);
	free(rule->asns);
	free(rule->to);
	free(rule->services);
	free(rule->why);
	free(rule->by);
	free(rule->added);
}

static void read_soil(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;

	rule->has_soil = true;
	policy_soil_read(reader, node, &rule->soil, &rule->soil_text);
}

static void read_owner(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;

	rule->has_owner = true;
	policy_owner_read(reader, node, &rule->owner, &rule->owner_text);
}

static void read_anycast(struct reader *reader, const struct node *node, void *target)
{
	static const char *const names[] = {"deny", "allow"};
	struct rule *rule = target;

	if (rule->kind == RULE_DENY) {
		policy_fault(reader, node,
			     "`anycast:` is for allow rules: a deny rule matches "
			     "anycast anyway; remove it");
		return;
	}
	rule->anycast = policy_choice_read(reader, node, "anycast", names, 2) == 1;
	if (!rule->anycast && !reader->anycast_deny)
		reader->anycast_deny = node;
}

static void read_why(struct reader *reader, const struct node *node, void *target)
{
	struct rule *rule = target;

	rule->why = policy_line_read(reader, node, "why");
}

static const struct key rule_keys[] = {
	{"soil", read_soil, NULL},
	{"owner", read_owner, NULL},
	{"asn", policy_asn_read, NULL},
	{"to", policy_to_read, NULL},
	{"anycast", read_anycast, NULL},
	{"why", read_why, NULL},
	{"port", NULL, NULL},
	{"until", NULL, NULL},
	{"protocol", NULL, NULL},
	{"from", NULL, NULL},
};

/* Looks at the keys, not at the values: a rule whose only condition is faulty has one. */
static bool has_condition(const struct node *node)
{
	static const char *const others[] = {"why", "anycast"};

	for (size_t i = 0; node->kind == NODE_MAP && i < node->count; i += 2) {
		const struct node *key = &node->children[i];

		if (key->kind != NODE_TEXT ||
		    (strcmp(key->text, others[0]) != 0 && strcmp(key->text, others[1]) != 0))
			return true;
	}
	return node->kind != NODE_MAP;
}

static void read_rule(struct reader *reader, const struct node *node, struct rule *rule)
{
	policy_map_read(reader, node, "a rule", rule_keys, sizeof(rule_keys) / sizeof(*rule_keys),
			rule);
	if (!has_condition(node))
		policy_fault(reader, node,
			     rule->kind == RULE_ALLOW
				     ? "this rule allows everything; give it a condition: soil, "
				       "owner, asn or to"
				     : "this rule denies everything; give it a condition: soil, "
				       "owner, asn or to");
	else if (rule->anycast && node->kind == NODE_MAP && !rule->has_soil)
		policy_fault(reader, node,
			     "`anycast: allow` is about soil and this rule has no "
			     "`soil:`; remove it");
}

static void read_list(struct reader *reader, const struct node *list, enum rule_kind kind,
		      const char *scope)
{
	struct policy *policy = reader->policy;

	for (size_t i = 0; list && i < list->count; i++) {
		struct rule *rule = &policy->rules[policy->rule_count++];

		*rule = (struct rule){.kind = kind,
				      .index = (unsigned)i + 1,
				      .file = list->children[i].file,
				      .line = list->children[i].line,
				      .column = list->children[i].column,
				      .scope = scope};
		if (kind == RULE_EXCEPT)
			policy_except_read(reader, &list->children[i], rule);
		else
			read_rule(reader, &list->children[i], rule);
	}
}

/* How many rules the list holds; 0, with a message, if it is no list. */
static size_t count_list(struct reader *reader, const struct node **rules, enum rule_kind kind)
{
	const struct node *list = rules[kind];

	if (!list || list->kind == NODE_LIST)
		return list ? list->count : 0;
	policy_fault(reader, list, "`%s:` is a list of rules; write `- soil: [FR]` below it",
		     kinds[kind]);
	rules[kind] = NULL;
	return 0;
}

static size_t count_rules(struct reader *reader, const struct node **rules)
{
	size_t count = 0;

	for (enum rule_kind kind = 0; kind < RULE_KINDS; kind++)
		count += count_list(reader, rules, kind);
	return count;
}

static void read_lists(struct reader *reader, const struct node *const *rules, const char *scope)
{
	read_list(reader, rules[RULE_EXCEPT], RULE_EXCEPT, scope);
	read_list(reader, rules[RULE_DENY], RULE_DENY, scope);
	read_list(reader, rules[RULE_ALLOW], RULE_ALLOW, scope);
}

static void read_scope(struct reader *reader, size_t number)
{
	struct policy_scope *scope = &reader->policy->scopes[number];

	scope->rule_first = reader->policy->rule_count;
	read_lists(reader, reader->scope_rules[number], scope->name);
	scope->rule_count = reader->policy->rule_count - scope->rule_first;
}

void policy_rules_read(struct reader *reader)
{
	const struct node *allow = reader->rules[RULE_ALLOW];
	struct location top = {reader->file, 1, 1};
	size_t count = count_rules(reader, reader->rules);

	for (size_t i = 0; i < reader->policy->scope_count; i++)
		count += count_rules(reader, reader->scope_rules[i]);
	if (!allow || (allow->kind == NODE_LIST && !allow->count))
		diagnostics_error(reader->diagnostics, EINVAL,
				  allow ? policy_at(reader, allow) : top,
				  "the policy allows nothing; write a rule under `allow:`, as in "
				  "`- soil: [FR]`");
	if (count > RULES_MOST) {
		diagnostics_error(reader->diagnostics, E2BIG, top,
				  "%zu rules; at most %d can be told apart: join those that differ "
				  "in one list only",
				  count, RULES_MOST);
		return;
	}
	reader->policy->rules = policy_alloc(reader, count, sizeof(struct rule));
	if (!reader->policy->rules)
		return;
	read_lists(reader, reader->rules, NULL);
	for (size_t i = 0; i < reader->policy->scope_count; i++)
		read_scope(reader, i);
	if (reader->policy->anycast && reader->anycast_deny)
		policy_fault(reader, reader->anycast_deny,
			     "the policy says `anycast: allow` for every rule; remove that, and "
			     "write `anycast: allow` in the rules that need it");
}
