/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random policies over a given world of countries, ASNs and addresses. */
#ifndef GABELOU_TESTS_UNIT_RANDOM_POLICY_H
#define GABELOU_TESTS_UNIT_RANDOM_POLICY_H

#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/random.h"
#include "userspace/policy/policy.h"
#include "userspace/table/table.h"

#define RANDOM_RULES       12
#define RANDOM_ASNS        4
#define RANDOM_PREFIXES    4
#define RANDOM_SERVICES    3
#define RANDOM_SCOPES      3
#define RANDOM_SCOPE_RULES 5
#define RANDOM_RULES_MOST  (RANDOM_RULES + RANDOM_SCOPES * RANDOM_SCOPE_RULES)
#define RANDOM_NOW         1796000000 /* exceptions end around then */

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
	struct rule rules[RANDOM_RULES_MOST];
	uint32_t asns[RANDOM_RULES_MOST][RANDOM_ASNS];
	struct prefix to[RANDOM_RULES_MOST][RANDOM_PREFIXES];
	struct service services[RANDOM_RULES_MOST][RANDOM_SERVICES];
	struct prefix connected[RANDOM_PREFIXES];
	struct prefix nat64;
	size_t connected_count;
	struct prefix lifeline[RANDOM_PREFIXES];
	struct policy_scope scopes[RANDOM_SCOPES];
	struct prefix sources[RANDOM_SCOPES][FAMILIES];
	struct policy_local_net locals[2]; /* of a list: the second of an interface */
	struct prefix local_to[2][RANDOM_PREFIXES];
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

/* Not where IPv6 holds IPv4 addresses: the policy's reader refuses it there. */
static inline struct prefix random_lifeline(const struct random_world *world)
{
	struct address address = world->addresses[random_next() % world->address_count];
	unsigned least = address.family == FAMILY_V4 ? 24 : 120; /* within a few addresses */
	struct prefix prefix = {
		address.family,
		(uint8_t)(least + random_next() % (family_bits(address.family) - least + 1)), 0};

	if (special_of(address) >= SPECIAL_EMBEDDED_LOW)
		return random_lifeline(world);
	prefix.value = address.value & ~prefix_host_mask(address.family, prefix.length);
	return prefix;
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

static inline struct service random_service(void)
{
	static const uint8_t protocols[] = {1, 6, 6, 17, 17, 58};
	struct service service = {.protocol = protocols[random_next() % 6]};

	service.low = (uint16_t)(random_next() % 8);
	service.high = (uint16_t)(service.low + random_next() % 4);
	return service;
}

/* A few protocols and ports, so that exceptions meet packets. */
static inline struct table_flow random_flow(void)
{
	struct service service = random_service();

	return (struct table_flow){
		.protocol = service.protocol,
		.port = service.high,
		.later_fragment = random_chance(2),
		.seconds = RANDOM_NOW + (int64_t)(random_next() % 5) - 2,
	};
}

static inline void random_exception(const struct random_world *world, struct random_policy *random,
				    size_t number)
{
	struct rule *rule = &random->rules[number];

	rule->to_count = random_next() % (RANDOM_PREFIXES + 1);
	rule->asn_count = rule->to_count ? 0 : 1 + random_next() % RANDOM_ASNS;
	rule->service_count = random_next() % (RANDOM_SERVICES + 1);
	rule->until = RANDOM_NOW + (int64_t)(random_next() % 5) - 2;
	for (size_t i = 0; i < rule->asn_count; i++)
		random->asns[number][i] = world->asns[random_next() % world->asn_count];
	for (size_t i = 0; i < rule->to_count; i++)
		random->to[number][i] = random_prefix(world);
	for (size_t i = 0; i < rule->service_count; i++)
		random->services[number][i] = random_service();
	rule->asns = random->asns[number];
	rule->to = random->to[number];
	rule->services = random->services[number];
}

/* @random must stay where it is: the policy points into it. */
/* What names an interface is no matter of the table. */
static inline void random_locals(const struct random_world *world, struct random_policy *random)
{
	static char *eth1[] = {(char *)"eth1"};

	if (random->policy.local != POLICY_LOCAL_LIST)
		return;
	for (int i = 0; i < 2; i++) {
		random->locals[i] = (struct policy_local_net){
			.to = random->local_to[i], .to_count = 1 + random_next() % RANDOM_PREFIXES};
		for (size_t j = 0; j < random->locals[i].to_count; j++)
			random->local_to[i][j] = random_lifeline(world);
	}
	random->locals[1].interfaces = (struct names){eth1, 1};
	random->policy.locals = random->locals;
	random->policy.local_count = 2;
}

static inline void random_policy(const struct random_world *world, struct random_policy *random)
{
	*random = (struct random_policy){.policy = {.file = (char *)"random.yaml"}};
	struct policy *policy = &random->policy;
	size_t exceptions = random_next() % (RANDOM_RULES / 3);
	size_t denies = exceptions + random_next() % (RANDOM_RULES / 3);

	policy->rules = random->rules;
	policy->rule_count = denies + 1 + random_next() % (RANDOM_RULES / 3);
	for (size_t i = 0; i < policy->rule_count; i++) {
		if (i < exceptions)
			random_exception(world, random, i);
		else
			random_rule(world, random, i);
		random->rules[i].kind = i < exceptions ? RULE_EXCEPT
					: i < denies   ? RULE_DENY
						       : RULE_ALLOW;
	}
	policy->lifeline = random->lifeline;
	policy->lifeline_count = random_chance(8) ? random_next() % RANDOM_PREFIXES : 0;
	for (size_t i = 0; i < policy->lifeline_count; i++)
		random->lifeline[i] = random_lifeline(world);
	policy->unlisted = random_chance(8) ? POLICY_UNLISTED_REGISTRY : POLICY_UNLISTED_DENY;
	policy->anycast = random_chance(4);
	policy->local = (enum policy_local)(random_next() % 4);
	random_locals(world, random);
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

/* An address that scope number @scope (0: none) claims, if random_policy_scopes() made it. */
static inline struct address random_source(unsigned scope, enum family family)
{
	return family == FAMILY_V4
		       ? (struct address){family, 0x0a000001 | scope << 16}
		       : (struct address){family, (u128)0xfd00 << 112 | (u128)scope << 96 | 1};
}

static inline void random_scope(const struct random_world *world, struct random_policy *random,
				unsigned number)
{
	static char *const names[RANDOM_SCOPES] = {(char *)"a", (char *)"b", (char *)"c"};
	struct policy *policy = &random->policy;
	struct policy_scope *scope = &random->scopes[number - 1];
	size_t exceptions = random_next() % 3, denies = exceptions + random_next() % 2;

	*scope = (struct policy_scope){.name = names[number - 1],
				       .prefixes = random->sources[number - 1],
				       .prefix_count = FAMILIES,
				       .rule_first = policy->rule_count,
				       .rule_count = denies + random_next() % 3};
	for (size_t i = 0; i < scope->rule_count; i++) {
		size_t rule = policy->rule_count++;

		(i < exceptions ? random_exception : random_rule)(world, random, rule);
		random->rules[rule].scope = scope->name;
		random->rules[rule].kind = i < exceptions ? RULE_EXCEPT
					   : i < denies   ? RULE_DENY
							  : RULE_ALLOW;
	}
	for (enum family family = 0; family < FAMILIES; family++) {
		struct address source = random_source(number, family);
		uint8_t length = family == FAMILY_V4 ? 16 : 32;

		scope->prefixes[family] = (struct prefix){
			family, length, source.value & ~prefix_host_mask(family, length)};
	}
	policy->scopes = random->scopes;
	policy->scope_count = number;
}

/* With up to RANDOM_SCOPES scopes. Comes after random_policy(). */
static inline void random_policy_scopes(const struct random_world *world,
					struct random_policy *random)
{
	unsigned count = (unsigned)(random_next() % (RANDOM_SCOPES + 1));

	for (unsigned number = 1; number <= count; number++)
		random_scope(world, random, number);
}

/* Exceptions come first. */
static inline void random_without_exceptions(struct random_policy *random)
{
	struct policy *policy = &random->policy;

	while (policy->rules[0].kind == RULE_EXCEPT) {
		policy->rules++;
		policy->rule_count--;
	}
}

#endif
