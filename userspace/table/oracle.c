// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tests' oracle: judges by the policy's text, one address at a time, deliberately naive. It
 * shares no code with match.c and atlas_reach, so that a fault in one shows as a difference.
 */
#include "userspace/table/table.h"

static bool covers(const struct rule *rule, struct address address)
{
	if (rule->to_count == 0)
		return true;
	for (size_t i = 0; i < rule->to_count; i++)
		if (prefix_contains(&rule->to[i], address))
			return true;
	return false;
}

static bool names_asn(const struct rule *rule, uint32_t asn)
{
	bool found = rule->asn_count == 0;

	for (size_t i = 0; i < rule->asn_count; i++)
		if (asn != 0 && rule->asns[i] == asn)
			found = true;
	return found;
}

static bool approves_soil(const struct policy *policy, const struct rule *rule,
			  const struct place *place)
{
	bool anycast_ok = rule->anycast || policy->anycast;

	if (!rule->has_soil)
		return true;
	if (place->state == SOIL_AGREED || (place->state == SOIL_ANYCAST && anycast_ok))
		return country_set_has(&rule->soil, place->soil);
	return false;
}

static bool approves_owner(const struct rule *rule, const struct reach *reach)
{
	if (!rule->has_owner)
		return true;
	if (reach->count == 0)
		return false;
	for (unsigned i = 0; i < reach->count; i++)
		if (!country_set_has(&rule->owner, reach->countries[i]))
			return false;
	return true;
}

static bool denies(const struct rule *rule, const struct place *place, const struct reach *reach,
		   struct address address)
{
	bool soil = !rule->has_soil, owner = !rule->has_owner;

	if (rule->has_soil) {
		soil = country_set_has(&rule->soil, place->soil);
		for (size_t i = 0; i < ATLAS_VOTES_MOST; i++)
			soil = soil || country_set_has(&rule->soil, place->votes[i]);
		soil = soil || country_set_has(&rule->soil, place->feed_soil) ||
		       country_set_has(&rule->soil, place->feed_other);
	}
	if (rule->has_owner)
		for (unsigned i = 0; i < reach->count; i++)
			owner = owner || country_set_has(&rule->owner, reach->countries[i]);
	return soil && owner && names_asn(rule, place->asn) && covers(rule, address);
}

static bool lies_in(const struct policy_local_net *local, struct address address)
{
	for (size_t i = 0; i < local->to_count; i++)
		if (prefix_contains(&local->to[i], address))
			return true;
	return false;
}

static bool is_local(const struct policy *policy, const struct place *place,
		     const struct table_context *context, struct address address)
{
	bool link = place->special == SPECIAL_LINK || place->special == SPECIAL_LINK_MULTICAST ||
		    place->special == SPECIAL_LOOPBACK;

	if (policy->local == POLICY_LOCAL_NONE)
		return false;
	if (policy->local == POLICY_LOCAL_PRIVATE)
		return link || place->special == SPECIAL_PRIVATE;
	for (size_t i = 0; policy->local == POLICY_LOCAL_LIST && i < policy->local_count; i++)
		if (!policy->locals[i].interfaces.count && lies_in(&policy->locals[i], address))
			return true;
	if (policy->local == POLICY_LOCAL_LIST)
		return false;
	for (size_t i = 0; context && i < context->connected_count; i++)
		if (prefix_contains(&context->connected[i], address))
			return true;
	return link;
}

static enum reason soil_fault(const struct policy *policy, const struct rule *rule,
			      const struct place *place)
{
	if (place->state == SOIL_UNKNOWN)
		return REASON_SOIL_UNKNOWN;
	if (place->state == SOIL_CONTESTED)
		return REASON_SOIL_CONTESTED;
	if (place->state == SOIL_ANYCAST && !policy->anycast && !rule->anycast)
		return REASON_ANYCAST;
	return REASON_SOIL;
}

static enum reason why_not(const struct policy *policy, const struct place *place,
			   const struct reach *reach, struct address address)
{
	const struct rule *near = NULL; /* the first that lacks only soil, or soil and owner */

	if (place->special == SPECIAL_MULTICAST || place->special == SPECIAL_LINK_MULTICAST)
		return REASON_MULTICAST;
	if (place->special != SPECIAL_NONE)
		return REASON_SPECIAL;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule->kind != RULE_ALLOW || !covers(rule, address) ||
		    !names_asn(rule, place->asn))
			continue;
		if (approves_soil(policy, rule, place)) {
			if (place->asn == 0 && place->provider == 0)
				return REASON_UNROUTED;
			return reach->count == 0 ? REASON_OWNER_UNKNOWN : REASON_OWNER;
		}
		if (!near)
			near = rule;
	}
	return near ? soil_fault(policy, near, place) : REASON_NO_RULE;
}

static const struct rule *first_denial(const struct policy *policy, const struct place *place,
				       const struct reach *reach, struct address address)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (policy->rules[i].kind == RULE_DENY &&
		    denies(&policy->rules[i], place, reach, address))
			return &policy->rules[i];
	return NULL;
}

static const struct rule *first_approval(const struct policy *policy, const struct place *place,
					 const struct reach *reach, struct address address)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule->kind == RULE_ALLOW && covers(rule, address) &&
		    names_asn(rule, place->asn) && approves_soil(policy, rule, place) &&
		    approves_owner(rule, reach))
			return rule;
	}
	return NULL;
}

static struct decision by_rule(const struct policy *policy, const struct rule *rule)
{
	bool allow = rule->kind == RULE_ALLOW;

	return (struct decision){.verdict = allow ? VERDICT_ALLOW : VERDICT_DENY,
				 .reason = allow ? REASON_RULE_ALLOW : REASON_RULE_DENY,
				 .rule = (uint16_t)(rule - policy->rules)};
}

/* Who can compel the operator of an ASN: in any order, and some of them twice. */
static void add_jurisdictions(const struct policy *policy, const struct atlas *atlas, uint32_t asn,
			      struct reach *reach)
{
	const struct asn_operator *holder = asn ? atlas_operator(atlas, asn) : NULL;
	country_t found[2] = {0};

	if (!holder)
		return;
	if (holder->basis != OWNER_UNKNOWN) {
		found[0] = holder->parent_country;
		found[1] = holder->seat;
	} else if (policy->unlisted == POLICY_UNLISTED_REGISTRY && !holder->doubtful) {
		found[0] = holder->registry;
	}
	for (unsigned i = 0; i < 2; i++)
		if (found[i])
			reach->countries[reach->count++] = country_state(found[i]);
}

struct decision oracle_judge(const struct policy *policy, const struct atlas *atlas,
			     const struct place *place, const struct place *inner,
			     const struct table_context *context, struct address address)
{
	struct reach reach = {0};

	add_jurisdictions(policy, atlas, place->asn, &reach);
	add_jurisdictions(policy, atlas, place->provider, &reach);
	const struct rule *denial = first_denial(policy, place, &reach, address);
	const struct rule *approval = first_approval(policy, place, &reach, address);
	struct decision deny = {.verdict = VERDICT_DENY, .rule = RULE_NONE};

	for (size_t i = 0; i < policy->lifeline_count && !inner; i++)
		if (prefix_contains(&policy->lifeline[i], address))
			return (struct decision){.verdict = VERDICT_ALLOW,
						 .reason = REASON_LIFELINE,
						 .rule = RULE_NONE};
	if (inner) {
		if (denial)
			return by_rule(policy, denial);
		struct decision decision =
			oracle_judge(policy, atlas, inner, NULL, context,
				     special_inner(policy->nat64, policy->nat64_count, address));
		deny.reason = REASON_SPECIAL;
		return decision.reason == REASON_LOCAL ? deny : decision;
	}
	if (is_local(policy, place, context, address))
		return (struct decision){
			.verdict = VERDICT_ALLOW, .reason = REASON_LOCAL, .rule = RULE_NONE};
	if (denial)
		return by_rule(policy, denial);
	if (approval)
		return by_rule(policy, approval);
	deny.reason = why_not(policy, place, &reach, address);
	return deny;
}

static bool serves(const struct rule *rule, const struct table_flow *flow)
{
	if (!rule->service_count)
		return true;
	for (size_t i = 0; i < rule->service_count; i++)
		if (!flow->later_fragment && rule->services[i].protocol == flow->protocol &&
		    rule->services[i].low <= flow->port && rule->services[i].high >= flow->port)
			return true;
	return false;
}

static const struct rule *first_exception(const struct policy *policy, uint32_t asn,
					  struct address address, const struct table_flow *flow)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rule *rule = &policy->rules[i];

		if (rule->kind == RULE_EXCEPT && flow->seconds < rule->until &&
		    covers(rule, address) && names_asn(rule, asn) && serves(rule, flow))
			return rule;
	}
	return NULL;
}

struct decision oracle_judge_flow(const struct policy *policy, const struct atlas *atlas,
				  const struct place *place, const struct place *inner,
				  const struct table_context *context, struct address address,
				  const struct table_flow *flow)
{
	struct decision decision = oracle_judge(policy, atlas, place, inner, context, address);
	bool inside = false;

	if (decision.verdict == VERDICT_ALLOW)
		return decision;
	struct address within = special_inner(policy->nat64, policy->nat64_count, address);

	if (inner) {
		struct reach reach = {0};

		add_jurisdictions(policy, atlas, place->asn, &reach);
		add_jurisdictions(policy, atlas, place->provider, &reach);
		inside = !first_denial(policy, place, &reach, address);
	}
	/* Not through a translation to what is local behind it. */
	if (inside && is_local(policy, inner, context, within))
		return decision;
	const struct rule *exception = inside ? first_exception(policy, inner->asn, within, flow)
					      : first_exception(policy, place->asn, address, flow);
	if (!exception)
		return decision;
	return (struct decision){.verdict = VERDICT_ALLOW,
				 .reason = REASON_RULE_EXCEPT,
				 .rule = (uint16_t)(exception - policy->rules)};
}

/* By its own list alone. */
static struct decision judge_list(const struct policy *policy, const struct atlas *atlas,
				  const struct place *place, const struct place *inner,
				  const struct table_context *context, struct address address,
				  const struct table_flow *flow, unsigned scope)
{
	struct policy alone = *policy;
	struct decision decision;

	while (alone.rule_count && scope &&
	       alone.rules != policy->rules + policy->scopes[scope - 1].rule_first) {
		alone.rules++;
		alone.rule_count--;
	}
	if (scope < policy->scope_count) /* what follows belongs to the next */
		alone.rule_count =
			policy->scopes[scope].rule_first - (size_t)(alone.rules - policy->rules);
	decision = flow ? oracle_judge_flow(&alone, atlas, place, inner, context, address, flow)
			: oracle_judge(&alone, atlas, place, inner, context, address);
	if (decision.rule != RULE_NONE)
		decision.rule = (uint16_t)(decision.rule + (alone.rules - policy->rules));
	return decision;
}

struct decision oracle_judge_scope(const struct policy *policy, const struct atlas *atlas,
				   const struct place *place, const struct place *inner,
				   const struct table_context *context, struct address address,
				   const struct table_flow *flow)
{
	struct decision decision = {.verdict = VERDICT_ALLOW};
	bool by_rule = false;

	if (flow->scope <= policy->scope_count)
		return judge_list(policy, atlas, place, inner, context, address, flow, flow->scope);
	for (unsigned scope = (unsigned)policy->scope_count + 1; scope-- > 0;) {
		struct decision one =
			judge_list(policy, atlas, place, inner, context, address, NULL, scope);
		bool denies = one.verdict == VERDICT_DENY && one.reason == REASON_RULE_DENY;

		if (denies || decision.verdict == VERDICT_ALLOW ||
		    (!by_rule && one.verdict == VERDICT_DENY))
			decision = one;
		by_rule = by_rule || denies;
	}
	return decision;
}
