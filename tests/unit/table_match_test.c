// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the order of judgement, and each reason that a rule or the lack of one gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/table/match.h"

#define FR COUNTRY('F', 'R')
#define DE COUNTRY('D', 'E')
#define US COUNTRY('U', 'S')
#define CN COUNTRY('C', 'N')

static struct country_set set_of(country_t a, country_t b)
{
	struct country_set set = {0};

	country_set_add(&set, a);
	if (b)
		country_set_add(&set, b);
	return set;
}

static struct rule rule_soil(enum rule_kind kind, country_t soil)
{
	return (struct rule){.kind = kind, .has_soil = true, .soil = set_of(soil, 0)};
}

static struct rule rule_both(enum rule_kind kind, country_t soil, country_t a, country_t b)
{
	struct rule rule = rule_soil(kind, soil);

	rule.has_owner = true;
	rule.owner = set_of(a, b);
	return rule;
}

static struct rule rule_owner(enum rule_kind kind, country_t a, country_t b)
{
	return (struct rule){.kind = kind, .has_owner = true, .owner = set_of(a, b)};
}

static struct place agreed(country_t soil, uint32_t asn)
{
	return (struct place){.asn = asn, .soil = soil, .state = SOIL_AGREED, .votes = {soil}};
}

static struct reach reach_of(country_t a, country_t b)
{
	return (struct reach){.countries = {a, b}, .count = (uint8_t)((a != 0) + (b != 0))};
}

/* As the compiler asks: @prefixes holds for every rule. */
static struct decision decide_with(struct policy *policy, const struct place *place,
				   struct reach reach, bool prefixes)
{
	bool matched[8], prefix_matched[8];

	for (size_t i = 0; i < policy->rule_count; i++) {
		prefix_matched[i] = prefixes || !policy->rules[i].to_count;
		matched[i] =
			prefix_matched[i] && match_place(policy, &policy->rules[i], place, &reach);
	}
	return match_decide(policy, place, &reach, match_local_special(policy, place->special),
			    matched, prefix_matched);
}

static enum reason reason_of(struct policy *policy, struct place place, struct reach reach)
{
	struct decision decision = decide_with(policy, &place, reach, true);

	assert_int_equal(decision.verdict, reason_verdict(decision.reason));
	return decision.reason;
}

static void allow_needs_agreement_and_the_whole_reach(void **state)
{
	struct rule rules[] = {rule_both(RULE_ALLOW, FR, FR, DE)};
	struct policy policy = {.rules = rules, .rule_count = 1};
	struct place contested = {.asn = 1, .state = SOIL_CONTESTED, .votes = {FR, DE}};
	struct place unknown = {.asn = 1, .state = SOIL_UNKNOWN};

	(void)state;
	assert_int_equal(reason_of(&policy, agreed(FR, 1), reach_of(FR, 0)), REASON_RULE_ALLOW);
	assert_int_equal(reason_of(&policy, agreed(FR, 1), reach_of(FR, DE)), REASON_RULE_ALLOW);
	assert_int_equal(reason_of(&policy, agreed(FR, 1), reach_of(FR, US)), REASON_OWNER);
	assert_int_equal(reason_of(&policy, agreed(FR, 1), reach_of(US, 0)), REASON_OWNER);
	assert_int_equal(reason_of(&policy, agreed(FR, 1), reach_of(0, 0)), REASON_OWNER_UNKNOWN);
	assert_int_equal(reason_of(&policy, agreed(FR, 0), reach_of(0, 0)), REASON_UNROUTED);
	assert_int_equal(reason_of(&policy, agreed(DE, 1), reach_of(FR, 0)), REASON_SOIL);
	assert_int_equal(reason_of(&policy, contested, reach_of(FR, 0)), REASON_SOIL_CONTESTED);
	assert_int_equal(reason_of(&policy, unknown, reach_of(FR, 0)), REASON_SOIL_UNKNOWN);
}

static void deny_needs_one_voice_and_one_member(void **state)
{
	struct rule rules[] = {rule_soil(RULE_DENY, CN), rule_owner(RULE_DENY, US, 0),
			       rule_owner(RULE_ALLOW, FR, DE)};
	struct policy policy = {.rules = rules, .rule_count = 3};
	struct place one_voice = agreed(FR, 1);
	struct decision decision;

	(void)state;
	one_voice.votes[ATLAS_VOTES_MOST - 1] = CN;
	assert_int_equal(reason_of(&policy, agreed(FR, 1), reach_of(FR, 0)), REASON_RULE_ALLOW);
	assert_int_equal(reason_of(&policy, one_voice, reach_of(FR, 0)), REASON_RULE_DENY);
	assert_int_equal(reason_of(&policy, agreed(CN, 1), reach_of(FR, 0)), REASON_RULE_DENY);
	decision = decide_with(&policy, &(struct place){.asn = 1, .state = SOIL_UNKNOWN},
			       reach_of(FR, US), true);
	assert_int_equal(decision.reason, REASON_RULE_DENY);
	assert_int_equal(decision.rule, 1);
}

static void a_feeds_word_is_a_voice_and_its_provider_an_owner(void **state)
{
	struct rule rules[] = {rule_soil(RULE_DENY, CN), rule_both(RULE_ALLOW, FR, FR, DE)};
	struct policy policy = {.rules = rules, .rule_count = 2};
	struct place place = {
		.state = SOIL_CONTESTED, .feed = 1, .feed_soil = CN, .feed_other = US};

	(void)state;
	assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), REASON_RULE_DENY);
	place.feed_soil = DE;
	place.feed_other = CN;
	assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), REASON_RULE_DENY);
	place.feed_other = US;
	assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), REASON_SOIL_CONTESTED);
	/* A geo source's word that the feed overrules is a voice still. */
	place = agreed(FR, 1);
	place.feed = 1;
	place.feed_soil = FR;
	place.votes[1] = CN;
	assert_int_equal(reason_of(&policy, place, reach_of(FR, 0)), REASON_RULE_DENY);
	/* No network announces it: without a provider it has no owner, with one it has his. */
	place = agreed(FR, 0);
	assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), REASON_UNROUTED);
	place.provider = 7;
	assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), REASON_OWNER_UNKNOWN);
	assert_int_equal(reason_of(&policy, place, reach_of(US, 0)), REASON_OWNER);
	assert_int_equal(reason_of(&policy, place, reach_of(FR, 0)), REASON_RULE_ALLOW);
}

static void anycast_has_no_soil_unless_said(void **state)
{
	struct rule rules[] = {rule_soil(RULE_ALLOW, FR), rule_soil(RULE_ALLOW, DE)};
	struct policy policy = {.rules = rules, .rule_count = 2};
	struct place place = agreed(FR, 1);

	(void)state;
	place.state = SOIL_ANYCAST;
	assert_int_equal(reason_of(&policy, place, reach_of(FR, 0)), REASON_ANYCAST);
	rules[0].anycast = true;
	assert_int_equal(reason_of(&policy, place, reach_of(FR, 0)), REASON_RULE_ALLOW);
	place.soil = US;
	assert_int_equal(reason_of(&policy, place, reach_of(FR, 0)), REASON_SOIL);
	rules[0].anycast = false;
	policy.anycast = true;
	assert_int_equal(reason_of(&policy, place, reach_of(FR, 0)), REASON_SOIL);
	place.soil = DE;
	assert_int_equal(reason_of(&policy, place, reach_of(FR, 0)), REASON_RULE_ALLOW);
}

static void asn_and_prefix_are_conditions(void **state)
{
	uint32_t asns[] = {64500, 64501};
	struct prefix to = {FAMILY_V4, 24, 0xcb007100};
	struct rule rules[] = {{.kind = RULE_ALLOW, .asns = asns, .asn_count = 2},
			       {.kind = RULE_ALLOW, .to = &to, .to_count = 1}};
	struct policy policy = {.rules = rules, .rule_count = 1};
	struct place place = agreed(US, 7);

	(void)state;
	assert_int_equal(reason_of(&policy, agreed(US, 64501), reach_of(0, 0)), REASON_RULE_ALLOW);
	assert_int_equal(reason_of(&policy, agreed(US, 64502), reach_of(0, 0)), REASON_NO_RULE);
	assert_int_equal(reason_of(&policy, agreed(US, 0), reach_of(0, 0)), REASON_NO_RULE);
	policy.rule_count = 2;
	assert_int_equal(decide_with(&policy, &place, reach_of(0, 0), true).rule, 1);
	assert_int_equal(decide_with(&policy, &place, reach_of(0, 0), false).reason,
			 REASON_NO_RULE);
}

static void the_nearest_rule_gives_the_reason(void **state)
{
	struct rule rules[] = {rule_soil(RULE_ALLOW, DE), rule_both(RULE_ALLOW, FR, FR, 0)};
	struct policy policy = {.rules = rules, .rule_count = 2};

	(void)state;
	assert_int_equal(reason_of(&policy, agreed(FR, 1), reach_of(US, 0)), REASON_OWNER);
	assert_int_equal(reason_of(&policy, agreed(US, 1), reach_of(US, 0)), REASON_SOIL);
}

static void local_comes_before_deny(void **state)
{
	struct prefix all = {FAMILY_V4, 0, 0};
	struct rule rules[] = {{.kind = RULE_DENY, .to = &all, .to_count = 1}};
	struct policy policy = {.rules = rules, .rule_count = 1, .local = POLICY_LOCAL_PRIVATE};
	struct place place = {.state = SOIL_SPECIAL, .special = SPECIAL_PRIVATE};

	(void)state;
	assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), REASON_LOCAL);
	place.special = SPECIAL_RESERVED;
	assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), REASON_RULE_DENY);
}

static void special_space_by_kind(void **state)
{
	static const struct {
		enum special special;
		enum reason none, connected, private;
	} rows[] = {
		{SPECIAL_PRIVATE, REASON_SPECIAL, REASON_SPECIAL, REASON_LOCAL},
		{SPECIAL_LINK, REASON_SPECIAL, REASON_LOCAL, REASON_LOCAL},
		{SPECIAL_LINK_MULTICAST, REASON_MULTICAST, REASON_LOCAL, REASON_LOCAL},
		{SPECIAL_LOOPBACK, REASON_SPECIAL, REASON_LOCAL, REASON_LOCAL},
		{SPECIAL_MULTICAST, REASON_MULTICAST, REASON_MULTICAST, REASON_MULTICAST},
		{SPECIAL_RESERVED, REASON_SPECIAL, REASON_SPECIAL, REASON_SPECIAL},
	};
	struct rule rules[] = {rule_soil(RULE_ALLOW, FR)};
	struct policy policy = {.rules = rules, .rule_count = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct place place = {.state = SOIL_SPECIAL, .special = (uint8_t)rows[i].special};

		policy.local = POLICY_LOCAL_NONE;
		assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), rows[i].none);
		policy.local = POLICY_LOCAL_CONNECTED;
		assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), rows[i].connected);
		policy.local = POLICY_LOCAL_PRIVATE;
		assert_int_equal(reason_of(&policy, place, reach_of(0, 0)), rows[i].private);
	}
}

static void reasons_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < REASON_COUNT; i++) {
		assert_true(strlen(reason_name(i)) > 2);
		assert_true(strlen(reason_text(i)) > 5);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(reason_name(i), reason_name(j));
	}
	assert_string_equal(reason_name(REASON_SOIL), "soil");
	assert_string_equal(reason_name(REASON_COUNT), "?");
	assert_string_equal(reason_text(REASON_COUNT), "?");
	assert_int_equal(reason_verdict(REASON_COUNT), VERDICT_DENY);
	assert_int_equal(reason_verdict(REASON_LOCAL), VERDICT_ALLOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allow_needs_agreement_and_the_whole_reach),
		cmocka_unit_test(deny_needs_one_voice_and_one_member),
		cmocka_unit_test(a_feeds_word_is_a_voice_and_its_provider_an_owner),
		cmocka_unit_test(anycast_has_no_soil_unless_said),
		cmocka_unit_test(asn_and_prefix_are_conditions),
		cmocka_unit_test(the_nearest_rule_gives_the_reason),
		cmocka_unit_test(local_comes_before_deny),
		cmocka_unit_test(special_space_by_kind),
		cmocka_unit_test(reasons_have_names),
	};

	return cmocka_run_group_tests_name("table_match", tests, NULL, NULL);
}
