// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules that can never decide, where that is simple to prove.
 *
 * A rule is void if an earlier one in the order of judgement matches whatever it matches: each
 * condition of the earlier rule must follow from the same condition of the later one. It is an
 * error, since whoever wrote the later rule believes that it does something.
 */
#include <string.h>

#include "userspace/policy/parse.h"

static bool set_within(const struct country_set *inner, const struct country_set *outer)
{
	for (size_t i = 0; i < sizeof(inner->bits) / sizeof(inner->bits[0]); i++)
		if (inner->bits[i] & ~outer->bits[i])
			return false;
	return true;
}

/* Both are sorted. */
static bool asns_within(const struct rule *inner, const struct rule *outer)
{
	size_t j = 0;

	for (size_t i = 0; i < inner->asn_count; i++) {
		while (j < outer->asn_count && outer->asns[j] < inner->asns[i])
			j++;
		if (j == outer->asn_count || outer->asns[j] != inner->asns[i])
			return false;
	}
	return true;
}

static bool prefix_within(const struct prefix *inner, const struct prefix *outer)
{
	return inner->length >= outer->length &&
	       prefix_contains(outer, (struct address){inner->family, inner->value});
}

static bool prefixes_within(const struct rule *inner, const struct rule *outer)
{
	for (size_t i = 0; i < inner->to_count; i++) {
		size_t j = 0;

		while (j < outer->to_count && !prefix_within(&inner->to[i], &outer->to[j]))
			j++;
		if (j == outer->to_count)
			return false;
	}
	return true;
}

/* Every service of inner is one of outer's, or a part of one. */
static bool services_within(const struct rule *inner, const struct rule *outer)
{
	for (size_t i = 0; i < inner->service_count && outer->service_count; i++) {
		const struct service *service = &inner->services[i];
		size_t j = 0;

		while (j < outer->service_count &&
		       (outer->services[j].protocol != service->protocol ||
			outer->services[j].low > service->low ||
			outer->services[j].high < service->high))
			j++;
		if (j == outer->service_count)
			return false;
	}
	return inner->service_count || !outer->service_count;
}

/*
 * Does outer match whatever inner matches? Allowing needs all of a reach in the list, and an
 * agreed soil; denying needs any: with inner's list within outer's, each of the four pairs of
 * kinds that can occur (deny-deny, deny-allow, allow-allow) follows.
 */
static bool rule_within(const struct rule *inner, const struct rule *outer)
{
	if (inner->scope != outer->scope)
		return false; /* they are for other senders */
	if ((inner->kind == RULE_EXCEPT) != (outer->kind == RULE_EXCEPT))
		return false; /* an exception is for what others deny */
	if (inner->kind == RULE_EXCEPT &&
	    (inner->until > outer->until || !services_within(inner, outer)))
		return false;
	if (outer->asn_count && (!inner->asn_count || !asns_within(inner, outer)))
		return false;
	if (outer->to_count && (!inner->to_count || !prefixes_within(inner, outer)))
		return false;
	if (outer->has_soil && (!inner->has_soil || !set_within(&inner->soil, &outer->soil)))
		return false;
	if (outer->kind == RULE_ALLOW && outer->has_soil && inner->anycast && !outer->anycast)
		return false;
	return !outer->has_owner || (inner->has_owner && set_within(&inner->owner, &outer->owner));
}

/* Space that "local:" lets pass before any rule is asked; link is all that "connected" is sure of.
 */
static const struct {
	const char *text;
	bool link;
} local_space[] = {
	{"10.0.0.0/8", false},    {"172.16.0.0/12", false}, {"192.168.0.0/16", false},
	{"100.64.0.0/10", false}, {"fc00::/7", false},      {"169.254.0.0/16", true},
	{"127.0.0.0/8", true},    {"224.0.0.0/24", true},   {"255.255.255.255/32", true},
	{"fe80::/10", true},      {"ff02::/16", true},      {"::1/128", true},
};

static bool is_local(const struct policy *policy, const struct prefix *prefix)
{
	for (size_t i = 0; i < sizeof(local_space) / sizeof(local_space[0]); i++) {
		struct prefix space;

		prefix_parse(local_space[i].text, strlen(local_space[i].text), &space);
		if (prefix_within(prefix, &space))
			return local_space[i].link || policy->local == POLICY_LOCAL_PRIVATE;
	}
	return false;
}

/* Of a list, what passes through any interface. */
static bool is_listed(const struct policy *policy, const struct prefix *prefix)
{
	for (size_t i = 0; i < policy->local_count; i++)
		for (size_t j = 0; j < policy->locals[i].to_count; j++)
			if (policy_local_any(&policy->locals[i]) &&
			    prefix_within(prefix, &policy->locals[i].to[j]))
				return true;
	return false;
}

/* A deny rule for private space looks as if it closed it. */
static void check_local(struct reader *reader, const struct rule *rule)
{
	const struct policy *policy = reader->policy;
	char name[RULE_NAME_SIZE], text[PREFIX_TEXT_SIZE];

	for (size_t i = 0; i < rule->to_count && policy->local != POLICY_LOCAL_NONE; i++)
		if (policy->local == POLICY_LOCAL_LIST && is_listed(policy, &rule->to[i]))
			diagnostics_error(reader->diagnostics, EINVAL, rule_place(policy, rule),
					  "%s cannot deny %s: `local:` lists it, and lets it pass "
					  "before any rule; remove it from one of the two",
					  rule_name(rule, name), prefix_format(&rule->to[i], text));
		else if (policy->local != POLICY_LOCAL_LIST && is_local(policy, &rule->to[i]))
			diagnostics_error(
				reader->diagnostics, EINVAL, rule_place(policy, rule),
				"%s cannot deny %s: `local: %s` lets it pass before any rule; "
				"write `local: none`",
				rule_name(rule, name), prefix_format(&rule->to[i], text),
				policy->local == POLICY_LOCAL_PRIVATE ? "private" : "connected");
}

/* Each rule is compared with each before it; more of them would take seconds. */
#define COMPARED_MOST 8192

void policy_void_check(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	char name[RULE_NAME_SIZE], other[RULE_NAME_SIZE];

	if (policy->rule_count > COMPARED_MOST)
		diagnostics_warn(reader->diagnostics, (struct location){reader->file, 1, 1},
				 "%zu rules: those after the first %d are not searched for rules "
				 "that others make void; join rules that differ in one list only",
				 policy->rule_count, COMPARED_MOST);
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];
		size_t j = 0;

		if (rule->kind == RULE_DENY)
			check_local(reader, rule);
		while (i < COMPARED_MOST && j < i && !rule_within(rule, &policy->rules[j]))
			j++;
		if (i >= COMPARED_MOST || j == i)
			continue;
		diagnostics_error(reader->diagnostics, EINVAL, rule_place(policy, rule),
				  "%s never decides: %s at %s:%u:%u covers all of it; remove it or "
				  "narrow the other",
				  rule_name(rule, name), rule_name(&policy->rules[j], other),
				  rule_place(policy, &policy->rules[j]).file, policy->rules[j].line,
				  policy->rules[j].column);
	}
}
