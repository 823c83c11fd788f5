/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random policies over a given world of countries, ASNs and addresses. */
#ifndef GABELOU_TESTS_UNIT_RANDOM_POLICY_H
#define GABELOU_TESTS_UNIT_RANDOM_POLICY_H

#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/random.h"
#include "userspace/policy/policy.h"

#define RANDOM_RULES    8
#define RANDOM_ASNS     4
#define RANDOM_PREFIXES 4

/* What the rules may be about: draws are made from these. */
struct random_world {
	const country_t *countries;
	size_t country_count;
	const uint32_t *asns;
	size_t asn_count;
	const struct address *addresses;
	size_t address_count;
};

struct random_policy {
	struct policy policy;
	struct rule rules[RANDOM_RULES];
	uint32_t asns[RANDOM_RULES][RANDOM_ASNS];
	struct prefix to[RANDOM_RULES][RANDOM_PREFIXES];
	struct prefix connected[RANDOM_PREFIXES];
	struct prefix nat64;
	size_t connected_count;
};

static inline struct prefix random_prefix(const struct random_world *world)
{
	struct address address = world->addresses[random_next() % world->address_count];
	unsigned bits = family_bits(address.family);
	/* mostly long ones, or a few would cover everything */
	unsigned length = random_chance(1)
				  ? (unsigned)(random_next() % (bits + 1))
				  : bits / 4 + (unsigned)(random_next() % (bits * 3 / 4 + 1));

	return (struct prefix){address.family, (uint8_t)length,
			       address.value & ~prefix_host_mask(address.family, length)};
}

/* Around one of the world's addresses, of a length that RFC 6052 has. */
static inline struct prefix random_nat64(const struct random_world *world)
{
	static const uint8_t lengths[] = {32, 40, 48, 56, 64, 96};
	uint8_t length = lengths[random_next() % sizeof(lengths)];
	struct address address = {.family = FAMILY_V4};

	for (unsigned i = 0; i < 100 && address.family == FAMILY_V4; i++)
		address = world->addresses[random_next() % world->address_count];
	return (struct prefix){FAMILY_V6, length,
			       address.value & ~prefix_host_mask(FAMILY_V6, length)};
}

static inline struct country_set random_countries(const struct random_world *world)
{
	struct country_set set = {0};
	size_t count = 1 + random_next() % (1 + world->country_count / 2);

	for (size_t i = 0; i < count; i++)
		country_set_add(&set, world->countries[random_next() % world->country_count]);
	return set;
}

static inline void random_rule(const struct random_world *world, struct random_policy *random,
			       size_t number)
{
	struct rule *rule = &random->rules[number];

	rule->has_soil = random_chance(10);
	rule->has_owner = random_chance(8);
	if (rule->has_soil)
		rule->soil = random_countries(world);
	if (rule->has_owner)
		rule->owner = random_countries(world);
	rule->anycast = random_chance(4);
	if (random_chance(3))
		rule->asn_count = 1 + random_next() % RANDOM_ASNS;
	if (random_chance(4) || (!rule->has_soil && !rule->has_owner && !rule->asn_count))
		rule->to_count = 1 + random_next() % RANDOM_PREFIXES;
	for (size_t i = 0; i < rule->asn_count; i++)
		random->asns[number][i] = world->asns[random_next() % world->asn_count];
	for (size_t i = 0; i < rule->to_count; i++)
		random->to[number][i] = random_prefix(world);
	rule->asns = random->asns[number];
	rule->to = random->to[number];
}

/* @random must stay where it is: the policy points into it. */
static inline void random_policy(const struct random_world *world, struct random_policy *random)
{
	*random = (struct random_policy){.policy = {.file = (char *)"random.yaml"}};
	struct policy *policy = &random->policy;
	size_t denies = random_next() % (RANDOM_RULES / 2);

	policy->rules = random->rules;
	policy->rule_count = denies + 1 + random_next() % (RANDOM_RULES / 2);
	for (size_t i = 0; i < policy->rule_count; i++) {
		random_rule(world, random, i);
		random->rules[i].kind = i < denies ? RULE_DENY : RULE_ALLOW;
	}
	policy->unlisted = random_chance(8) ? POLICY_UNLISTED_REGISTRY : POLICY_UNLISTED_DENY;
	policy->anycast = random_chance(4);
	policy->local = (enum policy_local)(random_next() % 3);
	random->connected_count = random_next() % (RANDOM_PREFIXES + 1);
	for (size_t i = 0; i < random->connected_count; i++)
		random->connected[i] = random_prefix(world);
}

/* With a NAT64 prefix, now and then. */
static inline void random_policy_nat64(const struct random_world *world,
				       struct random_policy *random)
{
	if (!random_chance(5))
		return;
	random->nat64 = random_nat64(world);
	random->policy.nat64 = &random->nat64;
	random->policy.nat64_count = 1;
}

#endif
