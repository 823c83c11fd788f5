// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/compare_exceptions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *exception_change_name(enum exception_change change)
{
	static const char *const names[EXCEPTION_CHANGES] = {
		[EXCEPTION_GAINED] = "gained",
		[EXCEPTION_LOST] = "lost",
		[EXCEPTION_MOVED] = "moved",
		[EXCEPTION_OVER] = "over",
	};

	return names[change];
}

static bool has_service(const struct rule *rule, const struct service *service)
{
	for (size_t i = 0; i < rule->service_count; i++)
		if (rule->services[i].protocol == service->protocol &&
		    rule->services[i].low == service->low &&
		    rule->services[i].high == service->high)
			return true;
	return false;
}

static bool has_services(const struct rule *rule, const struct rule *other)
{
	for (size_t i = 0; i < other->service_count; i++)
		if (!has_service(rule, &other->services[i]))
			return false;
	return true;
}

/* The reader sorts prefixes and ASNs; ports stand as they were written. */
static bool is_same(const struct rule *left, const struct rule *right)
{
	if (left->to_count != right->to_count || left->asn_count != right->asn_count ||
	    !left->service_count != !right->service_count)
		return false;
	for (size_t i = 0; i < left->to_count; i++)
		if (left->to[i].family != right->to[i].family ||
		    left->to[i].length != right->to[i].length ||
		    left->to[i].value != right->to[i].value)
			return false;
	for (size_t i = 0; i < left->asn_count; i++)
		if (left->asns[i] != right->asns[i])
			return false;
	return has_services(left, right) && has_services(right, left);
}

/* The one of a policy that is the same and lasts longest. */
static const struct rule *find(const struct policy *policy, const struct rule *rule)
{
	const struct rule *found = NULL;

	for (size_t i = 0; policy && i < policy->rule_count; i++) {
		const struct rule *other = &policy->rules[i];

		if (other->kind == RULE_EXCEPT && is_same(other, rule) &&
		    (!found || other->until > found->until))
			found = other;
	}
	return found;
}

static void add(struct compared_exceptions *found, enum exception_change change,
		const struct rule *rule, int64_t until_before)
{
	found->items[found->count++] = (struct compared_exception){change, rule, until_before};
}

static void compare_new(const struct policy *before, const struct rule *rule, int64_t now,
			struct compared_exceptions *found)
{
	const struct rule *old = find(before, rule);
	bool held = old && old->until > now, holds = rule->until > now;

	if (held && holds && old->until != rule->until)
		add(found, EXCEPTION_MOVED, rule, old->until);
	else if (held && holds)
		found->kept++;
	else if (holds)
		add(found, EXCEPTION_GAINED, rule, 0);
	else
		add(found, held ? EXCEPTION_LOST : EXCEPTION_OVER, rule, 0);
}

static int compare_changes(const void *a, const void *b)
{
	const struct compared_exception *left = a, *right = b;

	if (left->change != right->change)
		return left->change < right->change ? -1 : 1;
	return left->rule->index < right->rule->index ? -1 : left->rule->index > right->rule->index;
}

int compare_exceptions(const struct policy *before, const struct policy *after, int64_t now,
		       struct compared_exceptions *found)
{
	size_t most = after->rule_count + (before ? before->rule_count : 0);

	*found = (struct compared_exceptions){
		.items = calloc(most + 1, sizeof(struct compared_exception))};
	if (!found->items)
		return -ENOMEM;
	for (size_t i = 0; i < after->rule_count; i++)
		if (after->rules[i].kind == RULE_EXCEPT)
			compare_new(before, &after->rules[i], now, found);
	for (size_t i = 0; before && i < before->rule_count; i++) {
		const struct rule *rule = &before->rules[i];

		if (rule->kind == RULE_EXCEPT && rule->until > now && !find(after, rule))
			add(found, EXCEPTION_LOST, rule, 0);
	}
	qsort(found->items, found->count, sizeof(*found->items), compare_changes);
	return 0;
}

void compared_exceptions_free(struct compared_exceptions *found)
{
	free(found->items);
	*found = (struct compared_exceptions){0};
}
