// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/table/match.h"

static bool any_vote_in(const struct place *place, const struct country_set *set)
{
	if (place->soil && country_set_has(set, place->soil))
		return true;
	if ((place->feed_soil && country_set_has(set, place->feed_soil)) ||
	    (place->feed_other && country_set_has(set, place->feed_other)))
		return true;
	for (size_t i = 0; i < ATLAS_VOTES_MOST; i++)
		if (place->votes[i] && country_set_has(set, place->votes[i]))
			return true;
	return false;
}

static bool soil_matches(const struct policy *policy, const struct rule *rule,
			 const struct place *place)
{
	if (rule->kind == RULE_DENY)
		return any_vote_in(place, &rule->soil);
	if (place->state == SOIL_ANYCAST && !rule->anycast && !policy->anycast)
		return false;
	return (place->state == SOIL_AGREED || place->state == SOIL_ANYCAST) &&
	       country_set_has(&rule->soil, place->soil);
}

static bool owner_matches(const struct rule *rule, const struct reach *reach)
{
	unsigned listed = 0;

	for (unsigned i = 0; i < reach->count; i++)
		listed += country_set_has(&rule->owner, reach->countries[i]);
	return rule->kind == RULE_DENY ? listed > 0 : reach->count && listed == reach->count;
}

static bool asn_matches(const struct rule *rule, const struct place *place)
{
	for (size_t i = 0; i < rule->asn_count; i++)
		if (place->asn && rule->asns[i] == place->asn)
			return true;
	return rule->asn_count == 0;
}

bool match_place(const struct policy *policy, const struct rule *rule, const struct place *place,
		 const struct reach *reach)
{
	return (!rule->has_soil || soil_matches(policy, rule, place)) &&
	       (!rule->has_owner || owner_matches(rule, reach)) && asn_matches(rule, place);
}

bool match_local_special(const struct policy *policy, enum special special)
{
	if (policy->local == POLICY_LOCAL_PRIVATE)
		return special == SPECIAL_PRIVATE || special == SPECIAL_LINK ||
		       special == SPECIAL_LINK_MULTICAST || special == SPECIAL_LOOPBACK;
	/* The link is what the host is connected to. */
	if (policy->local == POLICY_LOCAL_CONNECTED)
		return special == SPECIAL_LINK || special == SPECIAL_LINK_MULTICAST ||
		       special == SPECIAL_LOOPBACK;
	return false;
}

static enum reason soil_reason(const struct policy *policy, const struct rule *rule,
			       const struct place *place)
{
	switch (place->state) {
	case SOIL_UNKNOWN:
		return REASON_SOIL_UNKNOWN;
	case SOIL_CONTESTED:
		return REASON_SOIL_CONTESTED;
	case SOIL_ANYCAST:
		return rule->anycast || policy->anycast ? REASON_SOIL : REASON_ANYCAST;
	default:
		return REASON_SOIL;
	}
}

/* What the nearest allow rule lacked: a rule that wanted only another owner is nearer than one
 * that wanted another soil, and of those the first counts. Prefixes and ASN come before all: a rule
 * for other networks is not near. */
static enum reason default_reason(const struct policy *policy, const struct place *place,
				  const struct reach *reach, const bool *prefix_matched)
{
	enum reason reason = REASON_NO_RULE;

	if (place->special == SPECIAL_MULTICAST || place->special == SPECIAL_LINK_MULTICAST)
		return REASON_MULTICAST;
	if (place->special)
		return REASON_SPECIAL;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule->kind != RULE_ALLOW || !prefix_matched[i] || !asn_matches(rule, place))
			continue;
		if (rule->has_soil && !soil_matches(policy, rule, place)) {
			if (reason == REASON_NO_RULE)
				reason = soil_reason(policy, rule, place);
			continue;
		}
		if (!place->asn && !place->provider)
			return REASON_UNROUTED;
		return reach->count ? REASON_OWNER : REASON_OWNER_UNKNOWN;
	}
	return reason;
}

struct decision match_decide(const struct policy *policy, const struct place *place,
			     const struct reach *reach, bool local, const bool *matched,
			     const bool *prefix_matched)
{
	enum reason reason;

	if (local)
		return (struct decision){VERDICT_ALLOW, REASON_LOCAL, RULE_NONE, 0};
	for (size_t i = 0; i < policy->rule_count; i++) {
		if (!matched[i] || policy->rules[i].kind == RULE_EXCEPT)
			continue; /* exceptions are entries of the row */
		if (policy->rules[i].kind == RULE_DENY)
			return (struct decision){VERDICT_DENY, REASON_RULE_DENY, (uint16_t)i, 0};
		return (struct decision){VERDICT_ALLOW, REASON_RULE_ALLOW, (uint16_t)i, 0};
	}
	reason = default_reason(policy, place, reach, prefix_matched);
	return (struct decision){reason_verdict(reason), reason, RULE_NONE, 0};
}
