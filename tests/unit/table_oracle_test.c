// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: on random small atlases and policies, the verdict table says of every address what the
 * oracle says, which knows neither classes nor tables. */
#include "tests/unit/random_policy.h"
#include "tests/unit/table_fixture.h"

#define ROUNDS           25 /* atlases */
#define POLICIES         8  /* for each */
#define SOIL_SOURCES     3
#define FEEDS            2
#define ADDRESSES_MOST   20000
#define RANGES_IN_SOURCE 40

static const country_t countries[] = {COUNTRY('F', 'R'), COUNTRY('D', 'E'), COUNTRY('U', 'S'),
				      COUNTRY('C', 'N'), COUNTRY('N', 'L')};
static const uint32_t asns[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

static struct address addresses[ADDRESSES_MOST];
static size_t address_count;
static size_t reasons_seen[REASON_COUNT];

static void note(enum family family, u128 value)
{
	if (address_count < ADDRESSES_MOST)
		addresses[address_count++] = (struct address){family, value & family_last(family)};
}

/* Half of all ranges lie in a few /16s and /32s, some in special-use space. */
static struct prefix draw_prefix(enum family family)
{
	static const uint32_t v4[] = {0x05010000, 0x05020000, 0x0a000000, 0xc0a80000, 0xe0000000};
	static const uint64_t v6[] = {0x2a00000100000000, 0x2a00000200000000, 0x2002050100000000,
				      0x0064ff9b00000000, 0xfd00000000000000};
	unsigned bits = family_bits(family), length;
	u128 value = ((u128)random_next() << 64 | random_next()) & family_last(family);

	if (random_chance(8)) {
		unsigned fixed = family == FAMILY_V4 ? 16 : random_chance(8) ? 32 : 104;
		u128 base = family == FAMILY_V4 ? v4[random_next() % 5]
						: (u128)v6[random_next() % 5] << 64;

		value = base | (value & prefix_host_mask(family, fixed));
	}
	length = bits / 4 + (unsigned)(random_next() % (bits * 3 / 4 + 1));
	return (struct prefix){family, (uint8_t)length, value & ~prefix_host_mask(family, length)};
}

/* Often one that another source has, for them to contradict each other. */
static struct prefix draw_shared_prefix(enum family family)
{
	static struct prefix latest[FAMILIES][16];
	struct prefix *prefix = &latest[family][random_next() % 16];

	if (!prefix->length || random_chance(10))
		*prefix = draw_prefix(family);
	return *prefix;
}

static void write_ranges(FILE *file, bool asn)
{
	char first[ADDRESS_TEXT_SIZE], last[ADDRESS_TEXT_SIZE], country[3];

	for (unsigned i = 0; i < RANGES_IN_SOURCE; i++) {
		struct prefix prefix = draw_shared_prefix(i % 2);
		struct address start = {prefix.family, prefix.value};
		struct address end = {prefix.family, prefix_last(&prefix)};

		note(prefix.family, start.value);
		fprintf(file, "%s,%s,", address_format(start, first), address_format(end, last));
		if (asn)
			fprintf(file, "%u,A\n", asns[random_next() % 10]);
		else
			fprintf(file, "%s\n",
				country_format(countries[random_next() % 5], country));
	}
	fclose(file);
}

/* A geofeed: some of it says no country. */
static void write_prefixes(FILE *file)
{
	char text[PREFIX_TEXT_SIZE], country[3];

	for (unsigned i = 0; i < RANGES_IN_SOURCE; i++) {
		struct prefix prefix = draw_shared_prefix(i % 2);

		note(prefix.family, prefix.value);
		fprintf(file, "%s%s,%s,,,\n", prefix_format(&prefix, text),
			strchr(text, '/')            ? ""
			: prefix.family == FAMILY_V4 ? "/32"
						     : "/128",
			random_chance(14) ? country_format(countries[random_next() % 5], country)
					  : "");
	}
	fclose(file);
}

static void write_sources(const struct fixture *fixture)
{
	char a[3], b[3];

	fixture_defaults(fixture);
	write_ranges(fixture_file(fixture, "soil-0.csv"), false);
	write_ranges(fixture_file(fixture, "soil-1.csv"), false);
	write_ranges(fixture_file(fixture, "soil-2.csv"), false);
	write_ranges(fixture_file(fixture, "feed-0.csv"), false);
	if (random_chance(8))
		write_prefixes(fixture_file(fixture, "feed-1.csv"));
	else
		write_ranges(fixture_file(fixture, "feed-1.csv"), false);
	write_ranges(fixture_file(fixture, "asn.csv.zst"), true);
	write_ranges(fixture_file(fixture, "registry.csv.zst"), false);
	FILE *owners = fixture_file(fixture, "owners.csv");
	fputs(OWNERS_HEADER, owners);
	for (unsigned i = 0; i < 7; i++)
		fprintf(owners, "%u,A,%c,%s,%s,,test\n", asns[i], i % 2 ? 'A' : 'B',
			country_format(countries[random_next() % 5], a),
			random_chance(8) ? country_format(countries[random_next() % 5], b) : "");
	fclose(owners);
	FILE *anycast = fixture_file(fixture, "anycast.csv");
	fputs(ANYCAST_HEADER, anycast);
	for (unsigned i = 0; i < 10; i++) {
		struct prefix prefix = draw_prefix(i % 2);
		char text[PREFIX_TEXT_SIZE];

		fprintf(anycast, "%s,A,test\n", prefix_format(&prefix, text));
	}
	fclose(anycast);
}

/* Both sides of every boundary of the atlas and of the policy, and IPv4 inside of IPv6. */
static void note_addresses(const struct atlas *atlas, const struct random_policy *random)
{
	for (enum family family = 0; family < FAMILIES; family++) {
		struct atlas_ranges ranges = atlas_ranges(atlas, family);

		for (size_t i = 0; i < ranges.count; i++) {
			note(family, ranges.starts[i] - 1);
			note(family, ranges.starts[i]);
			if (family == FAMILY_V6)
				continue;
			note(FAMILY_V6, ranges.starts[i]);
			note(FAMILY_V6, (u128)0x0064ff9b << 96 | ranges.starts[i]);
			note(FAMILY_V6, (u128)0xffff << 32 | (uint32_t)(ranges.starts[i] - 1));
			note(FAMILY_V6, (u128)0x2002 << 112 | ranges.starts[i] << 80 | 1);
			note(FAMILY_V6, (u128)0x20010000 << 96 | (uint32_t)~ranges.starts[i]);
		}
	}
	for (size_t i = 0; i < random->policy.rule_count; i++)
		for (size_t j = 0; j < random->rules[i].to_count; j++) {
			note(random->to[i][j].family, random->to[i][j].value);
			note(random->to[i][j].family, random->to[i][j].value - 1);
			note(random->to[i][j].family, prefix_last(&random->to[i][j]));
			note(random->to[i][j].family, prefix_last(&random->to[i][j]) + 1);
		}
	for (unsigned i = 0; i < 200; i++)
		note(i % 2, (u128)random_next() << 64 | random_next());
	assert_true(address_count < ADDRESSES_MOST);
}

static void same(struct address address, struct decision found, struct decision expected)
{
	char text[ADDRESS_TEXT_SIZE];

	if (found.verdict != expected.verdict || found.reason != expected.reason ||
	    found.rule != expected.rule)
		fail_msg("%s: the table says %s by rule %u, the oracle %s by rule %u",
			 address_format(address, text), reason_name(found.reason), found.rule,
			 reason_name(expected.reason), expected.rule);
	reasons_seen[found.reason]++;
}

static size_t scopes_seen[RANDOM_SCOPES + 2], strictly_denied;

/* From any sender. Where one scope denies an address and another what is inside it, the strictest
 * may name either. */
static void compare_scopes(const struct atlas *atlas, const struct policy *policy,
			   const struct table_context *context, const struct table *table,
			   struct address address, const struct place *place,
			   const struct place *inner)
{
	for (unsigned scope = 0; scope < policy_scopes(policy); scope++) {
		struct table_flow flow = random_flow();

		flow.scope = scope;
		struct decision found = table_judge_flow(table, address, &flow);
		struct decision expected =
			oracle_judge_scope(policy, atlas, place, inner, context, address, &flow);
		if (inner && scope > policy->scope_count)
			assert_int_equal(found.verdict, expected.verdict);
		else
			same(address, found, expected);
		scopes_seen[scope > policy->scope_count ? RANDOM_SCOPES + 1 : scope]++;
		strictly_denied += scope > policy->scope_count && found.verdict == VERDICT_DENY &&
				   table_judge(table, address).verdict == VERDICT_ALLOW;
	}
}

/* Each address alone, and as the destination of a packet. */
static void compare(const struct atlas *atlas, const struct random_policy *random,
		    const struct table_context *context, const struct table *table)
{
	const struct policy *policy = &random->policy;

	for (size_t i = 0; i < address_count; i++) {
		struct address address = addresses[i];
		const struct place *place = atlas_place(atlas, atlas_lookup(atlas, address));
		struct address within = special_inner(policy->nat64, policy->nat64_count, address);
		const struct place *inner =
			within.family != address.family
				? atlas_place(atlas, atlas_lookup(atlas, within))
				: NULL;
		struct table_flow flow = random_flow();

		if (policy->scope_count) {
			compare_scopes(atlas, policy, context, table, address, place, inner);
			continue;
		}
		same(address, table_judge(table, address),
		     oracle_judge(policy, atlas, place, inner, context, address));
		same(address, table_judge_flow(table, address, &flow),
		     oracle_judge_flow(policy, atlas, place, inner, context, address, &flow));
	}
}

static void check_policy(struct fixture *fixture, const struct atlas *atlas, size_t *seen)
{
	struct random_world world = {countries, 5, asns, 10, addresses, address_count};
	struct random_policy random;
	struct table *table = NULL;
	size_t before = address_count;

	random_policy(&world, &random);
	random_policy_nat64(&world, &random);
	random_policy_scopes(&world, &random);
	struct table_context context = {.connected = random.connected,
					.connected_count = random.connected_count};
	if (table_compile(&random.policy, atlas, &context, &table, &fixture->diagnostics))
		fixture_fail(fixture, "no table");
	note_addresses(atlas, &random);
	compare(atlas, &random, &context, table);
	*seen += address_count;
	address_count = before;
	table_free(table);
}

static void the_table_says_what_the_oracle_says(void **state)
{
	char paths[SOIL_SOURCES][96], feed_paths[FEEDS][96];
	struct data_file soil[SOIL_SOURCES] = {0}, feeds[FEEDS] = {0};
	uint32_t feed_asns[FEEDS][3];
	size_t seen = 0;

	(void)state;
	for (uint64_t seed = 0; seed < ROUNDS; seed++) {
		struct fixture fixture;
		struct atlas_config config = {
			.data.files[DATA_SOIL] = {soil, 1 + seed % SOIL_SOURCES},
			.data.files[DATA_FEEDS] = {feeds, seed % (FEEDS + 1)}};

		print_message("# seed %zu\n", (size_t)seed);
		random_seed(seed);
		config.data.agree = (enum data_agree)(random_next() % 3);
		config.data.min_sources = random_next() % 3;
		address_count = 0;
		fixture_open(&fixture);
		write_sources(&fixture);
		for (unsigned i = 0; i < SOIL_SOURCES; i++) {
			snprintf(paths[i], sizeof(paths[i]), "%s/soil-%u.csv", fixture.folder, i);
			soil[i].path = paths[i];
		}
		for (unsigned i = 0; i < FEEDS; i++) {
			snprintf(feed_paths[i], sizeof(feed_paths[i]), "%s/feed-%u.csv",
				 fixture.folder, i);
			for (unsigned j = 0; j < 3; j++)
				feed_asns[i][j] = asns[random_next() % 10];
			feeds[i] = (struct data_file){
				.path = feed_paths[i], .asns = feed_asns[i], .asn_count = 3};
		}
		struct atlas *atlas = fixture_atlas(&fixture, &config);
		for (unsigned i = 0; i < POLICIES; i++)
			check_policy(&fixture, atlas, &seen);
		atlas_free(atlas);
		fixture_close(&fixture);
	}
	print_message("# %u policies, %zu addresses\n", ROUNDS * POLICIES, seen);
	for (unsigned i = 0; i < RANDOM_SCOPES + 2; i++)
		assert_true(scopes_seen[i] > 1000);
	assert_true(strictly_denied > 1000);
	for (int i = REASON_LOCAL; i < REASON_COUNT; i++) {
		print_message("# %s: %zu\n", reason_name(i), reasons_seen[i]);
		bool of_kernel_alone =
			i == REASON_GATEWAY || i == REASON_REPLY || i == REASON_REPLY_FULL;

		assert_true(reasons_seen[i] > 0 || of_kernel_alone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_says_what_the_oracle_says),
	};

	return cmocka_run_group_tests_name("table_oracle", tests, NULL, NULL);
}
