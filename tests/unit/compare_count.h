/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two tables compared by counting address by address, in a world small enough for that. */
#ifndef GABELOU_TESTS_UNIT_COMPARE_COUNT_H
#define GABELOU_TESTS_UNIT_COMPARE_COUNT_H

#include "tests/unit/random_policy.h"
#include "tests/unit/table_fixture.h"
#include "userspace/table/compare.h"

#define REGION_BITS 16
#define REGION_SIZE (1u << REGION_BITS)
#define REGIONS     3
#define KEYS        16

/* Outside of these there is nothing, so that every address can be asked. */
static const struct prefix regions[REGIONS] = {
	{FAMILY_V4, 16, 0x05010000},
	{FAMILY_V4, 16, 0x05020000},
	{FAMILY_V6, 112, (u128)0x2a00000100000000 << 64},
};
static const country_t countries[] = {COUNTRY('F', 'R'), COUNTRY('D', 'E'), COUNTRY('U', 'S'),
				      COUNTRY('N', 'L')};
static const uint32_t asns[] = {1, 2, 3, 4, 5, 6, 7, 8};

/* One side: data, policy, table. */
struct side {
	struct fixture fixture;
	struct atlas *atlas;
	struct random_policy random;
	struct table_context context;
	struct table *table;
};

static inline struct prefix draw(unsigned region)
{
	unsigned host = (unsigned)(random_next() % (REGION_BITS + 1));
	u128 mask = ((u128)1 << host) - 1;

	return (struct prefix){regions[region].family,
			       (uint8_t)(family_bits(regions[region].family) - host),
			       (regions[region].value + random_next() % REGION_SIZE) & ~mask};
}

static inline void write_ranges(FILE *file, unsigned count, bool asn)
{
	char first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE], country[3];

	for (unsigned i = 0; i < count; i++) {
		struct prefix prefix = draw(i % REGIONS);
		struct address start = {prefix.family, prefix.value};
		struct address end = {prefix.family, prefix_last(&prefix)};

		fprintf(file, "%s,%s,", address_format(start, first), address_format(end, last));
		if (asn)
			fprintf(file, "%u,A\n", asns[random_next() % 8]);
		else
			fprintf(file, "%s\n",
				country_format(countries[random_next() % 4], country));
	}
	fclose(file);
}

static inline void write_sources(struct fixture *fixture)
{
	char text[3], prefix_text[PREFIX_TEXT_SIZE];

	fixture_open(fixture);
	fixture_defaults(fixture);
	write_ranges(fixture_file(fixture, "soil.csv.zst"), 40, false);
	write_ranges(fixture_file(fixture, "asn.csv.zst"), 60, true);
	write_ranges(fixture_file(fixture, "registry.csv.zst"), 20, false);
	FILE *anycast = fixture_file(fixture, "anycast.csv");
	fputs(ANYCAST_HEADER, anycast);
	for (unsigned i = 0; i < 2 * REGIONS; i++) {
		struct prefix prefix = draw(i % REGIONS);

		fprintf(anycast, "%s,A,test\n", prefix_format(&prefix, prefix_text));
	}
	fclose(anycast);
	FILE *owners = fixture_file(fixture, "owners.csv");
	fputs(OWNERS_HEADER, owners);
	for (unsigned i = 0; i < 6; i++)
		fprintf(owners, "%u,A,Parent %u,%s,,,test\n", asns[i], i / 2,
			country_format(countries[random_next() % 4], text));
	fclose(owners);
}

/* No prefix may reach out of the regions. */
static inline void fence(struct prefix *prefix)
{
	unsigned least = prefix->family == FAMILY_V4 ? 16 : 112;

	if (prefix->length < least)
		*prefix = draw(prefix->family == FAMILY_V4 ? 0 : 2);
}

static inline void open_side(struct side *side, const struct side *data)
{
	struct address addresses[REGIONS];
	struct random_world world = {countries, 4, asns, 8, addresses, REGIONS};
	struct atlas_config config = {0};

	for (unsigned i = 0; i < REGIONS; i++)
		addresses[i] = (struct address){regions[i].family, regions[i].value + 77 * i};
	if (!data)
		write_sources(&side->fixture);
	side->atlas = data ? data->atlas : fixture_atlas(&side->fixture, &config);
	random_policy(&world, &side->random);
	side->random.policy.local = POLICY_LOCAL_CONNECTED;
	side->random.policy.local_count = 0;
	for (size_t i = 0; i < side->random.policy.rule_count; i++)
		for (size_t j = 0; j < side->random.rules[i].to_count; j++)
			fence(&side->random.to[i][j]);
	for (size_t i = 0; i < side->random.connected_count; i++)
		fence(&side->random.connected[i]);
	side->context = (struct table_context){.connected = side->random.connected,
					       .connected_count = side->random.connected_count};
	if (table_compile(&side->random.policy, side->atlas, &side->context, &side->table,
			  &side->fixture.diagnostics))
		fixture_fail(&side->fixture, "no table");
}

static inline void close_side(struct side *side, bool data)
{
	table_free(side->table);
	if (!data)
		return;
	atlas_free(side->atlas);
	fixture_close(&side->fixture);
}

/* What was counted by hand, by the place of a key in the lists above, plus one; 0: none of them. */
struct counted {
	struct compare_space countries[KEYS][FAMILIES], asns[KEYS][FAMILIES];
	struct compare_space judged[FAMILIES], local[FAMILIES];
	struct compare_space reasons[REASON_COUNT][FAMILIES];
};
static struct counted counted;

/* The keys of each address of a region: even numbers lost, odd ones gained; 0: no change. */
static uint8_t country_keys[2 * REGION_SIZE], asn_keys[2 * REGION_SIZE],
	judged_keys[2 * REGION_SIZE], reason_keys[2 * REGION_SIZE];

static inline unsigned key_of_country(const struct place *place)
{
	for (unsigned i = 0; i < 4; i++)
		if (place->state == SOIL_AGREED && place->soil == countries[i])
			return i + 1;
	return 0;
}

/* Adds an address to a sum and marks its change with the key, for the prefixes. */
static inline void count(struct compare_space *space, bool before, bool after, uint8_t *mark,
			 unsigned key)
{
	space->before += before;
	space->after += after;
	space->lost += before && !after;
	space->gained += after && !before;
	if (before != after)
		*mark = (uint8_t)(2 * (key + 1) + after);
}

static inline void count_address(const struct side sides[2], bool shared, struct address address,
				 size_t index)
{
	bool passes[2], local[2];
	unsigned country[2], asn[2], reason[2];

	for (int i = 0; i < 2; i++) {
		const struct place *place =
			atlas_place(sides[i].atlas, atlas_lookup(sides[i].atlas, address));
		const struct place *named =
			shared ? atlas_place(sides[1].atlas, atlas_lookup(sides[1].atlas, address))
			       : place;
		struct decision decision = oracle_judge(&sides[i].random.policy, sides[i].atlas,
							place, NULL, &sides[i].context, address);

		passes[i] = decision.verdict == VERDICT_ALLOW;
		local[i] = decision.reason == REASON_LOCAL || decision.reason == REASON_LIFELINE;
		country[i] = key_of_country(place);
		asn[i] = named->asn;
		reason[i] = decision.reason;
	}
	for (int i = 0; i < 2; i++) {
		bool before = i == 0 && passes[0], after = i == 1 && passes[1];
		bool stays = passes[0] && passes[1];
		enum family family = address.family;
		struct compare_space *to[3] = {
			local[i] ? &counted.local[family] : &counted.judged[family],
			&counted.countries[country[i]][family], &counted.asns[asn[i]][family]};
		uint8_t *marks[3] = {&judged_keys[index], &country_keys[index], &asn_keys[index]};
		unsigned keys[3] = {local[i], country[i], asn[i]};

		if (!stays && (before || after)) {
			struct compare_space *sum = &counted.reasons[reason[!i]][family];

			sum->lost += before;
			sum->gained += after;
			reason_keys[index] = (uint8_t)(2 * (reason[!i] + 1) + after);
		}
		for (int j = 0; j < (local[i] ? 1 : 3); j++) {
			if (stays) {
				to[j]->before += before;
				to[j]->after += after;
			} else if (before || after) {
				count(to[j], before, after, marks[j], keys[j]);
			}
		}
	}
}

/* Bottom up: a block of one key that is not half of a larger one is a prefix. Returns its key. */
static inline int count_blocks(const uint8_t *keys, size_t first, size_t size, uint64_t *prefixes)
{
	if (size == 1)
		return keys[first];
	int left = count_blocks(keys, first, size / 2, prefixes);
	int right = count_blocks(keys, first + size / 2, size / 2, prefixes);

	if (left == right)
		return left;
	if (left > 0)
		prefixes[left]++;
	if (right > 0)
		prefixes[right]++;
	return -1;
}

static inline void count_prefixes(const uint8_t *keys, unsigned region,
				  struct compare_space (*spaces)[FAMILIES], unsigned spaces_count)
{
	uint64_t prefixes[2 * (REASON_COUNT + 1)] = {0};
	int whole = count_blocks(keys, 0, REGION_SIZE, prefixes);

	if (whole > 0)
		prefixes[whole]++;
	for (unsigned i = 0; i < spaces_count; i++) {
		spaces[i][regions[region].family].lost_prefixes += prefixes[2 * (i + 1)];
		spaces[i][regions[region].family].gained_prefixes += prefixes[2 * (i + 1) + 1];
	}
}

static inline void count_by_hand(const struct side sides[2], bool shared)
{
	struct compare_space totals[2][FAMILIES];

	memset(&counted, 0, sizeof(counted));
	memset(totals, 0, sizeof(totals));
	for (unsigned i = 0; i < REGIONS; i++) {
		memset(country_keys, 0, sizeof(country_keys));
		memset(asn_keys, 0, sizeof(asn_keys));
		memset(judged_keys, 0, sizeof(judged_keys));
		memset(reason_keys, 0, sizeof(reason_keys));
		for (uint32_t j = 0; j < REGION_SIZE; j++)
			count_address(sides, shared,
				      (struct address){regions[i].family, regions[i].value + j}, j);
		count_prefixes(country_keys, i, counted.countries, KEYS);
		count_prefixes(asn_keys, i, counted.asns, KEYS);
		count_prefixes(judged_keys, i, totals, 2);
		count_prefixes(reason_keys, i, counted.reasons, REASON_COUNT);
	}
	for (enum family family = 0; family < FAMILIES; family++) {
		counted.judged[family].lost_prefixes = totals[0][family].lost_prefixes;
		counted.judged[family].gained_prefixes = totals[0][family].gained_prefixes;
		counted.local[family].lost_prefixes = totals[1][family].lost_prefixes;
		counted.local[family].gained_prefixes = totals[1][family].gained_prefixes;
	}
}

#endif
