// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a feed decides where it counts, and nowhere else; there it tells the owner too. */
#include "tests/unit/atlas_world.h"

#define FR COUNTRY('F', 'R')
#define DE COUNTRY('D', 'E')
#define US COUNTRY('U', 'S')

static uint32_t cloud[] = {200, 201}, other[] = {300}, hoster[] = {100};
static char paths[3][160];
static struct data_file feeds[3];

/*
 * AS100 is One's; AS200, 201, 202 and 900 are Cloud's by the feed, by the feed alone, by its parent
 * and by doubt; AS300 is somebody else's. The soil source says DE, but for 6.0.9.0/24.
 */
static struct atlas_config feed_world(void)
{
	struct atlas_config config = world_config();

	world_write("data/soil.csv.zst", "6.0.0.0,DE\n6.0.9.0,\n6.0.10.0,DE\n6.1.0.0,\n");
	world_write("data/asn.csv.zst", "6.0.0.0,200\n6.0.1.0,201\n6.0.2.0,202\n6.0.3.0,\n"
					"6.0.4.0,300\n6.0.5.0,100\n6.0.6.0,900\n6.0.7.0,203\n"
					"6.0.8.0,\n6.0.9.0,200\n6.0.10.0,\n");
	world_write("data/registry.csv.zst", "6.0.0.0,GB\n6.1.0.0,\n");
	world_write("data/owners.csv", "100,One,One SA,FR,,,x\n200,Cloud,Cloud Inc,US,,,x\n"
				       "202,Cloud BV,Cloud Inc,US,NL,,x\n"
				       "203,Cloud SL,Cloud Inc,US,ES,2027,x\n"
				       "300,Three,Three AG,DE,DE,,x\n");
	world_write("data/doubtful.csv", "asn,name,candidate_parent,reason\n900,Nine,,unclear\n");
	world_write("data/anycast.csv", "prefix,operator,source\n6.0.0.64/28,Cloud,x\n");
	world_write("cloud.csv", "6.0.0.0,6.0.9.255,FR\n10.0.0.0,10.255.255.255,FR\n");
	for (unsigned i = 0; i < 3; i++)
		feeds[i] = (struct data_file){.path = paths[i]};
	snprintf(paths[0], sizeof(paths[0]), "%s/cloud.csv", world_folder);
	snprintf(paths[1], sizeof(paths[1]), "%s/second.csv", world_folder);
	snprintf(paths[2], sizeof(paths[2]), "%s/third.csv", world_folder);
	feeds[0].asns = cloud;
	feeds[0].asn_count = 2;
	config.data.files[DATA_FEEDS] = (struct data_files){feeds, 1};
	return config;
}

static void expect_feed(const char *text, uint32_t provider, uint8_t feed, country_t country)
{
	const struct place *place = world_place(text);

	assert_int_equal(place->provider, provider);
	assert_int_equal(place->feed, feed);
	assert_int_equal(place->feed_soil, country);
}

static void a_providers_word_counts_in_its_networks_and_where_nobody_is_seen(void **state)
{
	struct atlas_config config = feed_world();

	(void)state;
	world_build(&config);
	world_expect("6.0.0.1", "FR", SOIL_AGREED, 200);
	world_expect("6.0.1.1", "FR", SOIL_AGREED, 201);
	world_expect("6.0.2.1", "FR", SOIL_AGREED, 202); /* of the same parent */
	world_expect("6.0.3.1", "FR", SOIL_AGREED, 0);
	world_expect("6.0.9.1", "FR", SOIL_AGREED, 200); /* no soil source knows it */
	expect_feed("6.0.2.1", 200, 1, FR);
	expect_feed("6.0.3.1", 200, 1, FR);
	/* What the soil source said stays visible. */
	assert_int_equal(world_place("6.0.0.1")->votes[0], DE);
}

static void elsewhere_a_feed_changes_nothing(void **state)
{
	struct atlas_config config = feed_world();
	static const char *const elsewhere[] = {"6.0.4.1", "6.0.5.1", "6.0.6.1", "6.0.7.1"};
	static const uint32_t asns[] = {300, 100, 900, 203}; /* 203 is Cloud's from 2027 on */

	(void)state;
	world_build(&config);
	for (size_t i = 0; i < 4; i++) {
		world_expect(elsewhere[i], "DE", SOIL_AGREED, asns[i]);
		expect_feed(elsewhere[i], 0, 0, COUNTRY_NONE);
	}
	world_expect_countries(atlas_reach(world_atlas, world_place("6.0.5.1"), false), "FR GB");
	/* Outside of the feed, too. */
	world_expect("6.0.10.1", "DE", SOIL_AGREED, 0);
	expect_feed("6.0.10.1", 0, 0, COUNTRY_NONE);
}

static void sources_that_contradict_themselves_are_not_nobody(void **state)
{
	struct atlas_config config = feed_world();
	struct data_file asn = {.path = world_path("asn.csv")};

	(void)state;
	world_write("asn.csv", "6.0.0.0,6.0.0.255,200\n6.0.0.0,6.0.0.255,300\n"
			       "6.0.1.0,6.0.1.255,300\n6.0.1.0,6.0.1.255,\n");
	config.data.files[DATA_ASN] = (struct data_files){&asn, 1};
	world_build(&config);
	world_expect("6.0.0.1", "DE", SOIL_AGREED, 0);
	world_expect("6.0.1.1", "DE", SOIL_AGREED, 300);
	world_expect("6.0.2.1", "FR", SOIL_AGREED, 0);
}

static void an_operators_geofeed_counts_in_its_networks_only(void **state)
{
	struct atlas_config config = feed_world();

	(void)state;
	world_write("cloud.csv", "# a geofeed\n6.0.0.0/21,FR,FR-IDF,Paris,\n");
	world_build(&config);
	world_expect("6.0.0.1", "FR", SOIL_AGREED, 200);
	world_expect("6.0.1.1", "FR", SOIL_AGREED, 201);
	expect_feed("6.0.1.1", 0, 1, FR);
	world_expect("6.0.2.1", "DE", SOIL_AGREED, 202); /* of the same parent */
	world_expect("6.0.3.1", "DE", SOIL_AGREED, 0);   /* nobody */
	world_expect("6.0.4.1", "DE", SOIL_AGREED, 300);
	expect_feed("6.0.3.1", 0, 0, COUNTRY_NONE);
	world_expect_countries(atlas_reach(world_atlas, world_place("6.0.3.1"), false), "");
}

static void in_a_feed_that_says_no_country_the_soil_is_unknown(void **state)
{
	struct atlas_config config = feed_world();

	(void)state;
	world_write("cloud.csv", "6.0.0.0,6.0.0.15,\n6.0.0.16,6.0.0.31,ZZ\n6.0.0.32,6.0.0.63,\n"
				 "6.0.0.32,6.0.0.63,FR\n6.0.4.0,6.0.4.255,\n");
	world_build(&config);
	world_expect("6.0.0.1", "??", SOIL_UNKNOWN, 200);
	world_expect("6.0.0.17", "??", SOIL_UNKNOWN, 200);
	expect_feed("6.0.0.17", 200, 1, COUNTRY_NONE);
	assert_int_equal(world_place("6.0.0.17")->votes[0], DE);
	world_expect("6.0.0.33", "FR", SOIL_AGREED, 200); /* a country beats silence */
	world_expect("6.0.4.1", "DE", SOIL_AGREED, 300);
}

static void feeds_that_contradict_each_other_are_contested(void **state)
{
	struct atlas_config config = feed_world();

	(void)state;
	world_write("second.csv", "6.0.0.0,6.0.0.15,US\n6.0.0.16,6.0.0.31,FR\n6.0.0.32,6.0.0.47,\n"
				  "6.0.0.48,6.0.0.63,FR\n6.0.0.48,6.0.0.63,NL\n");
	world_write("third.csv", "6.0.0.0/24,DE\n");
	feeds[1].asns = cloud + 1; /* the other network of the same list is not in it */
	feeds[1].asn_count = 1;
	feeds[2].asns = other;
	feeds[2].asn_count = 1;
	config.data.files[DATA_FEEDS].count = 3;
	world_build(&config);
	world_expect("6.0.0.1", "FR", SOIL_AGREED, 200); /* AS201 is of no parent */
	feeds[1].asns = cloud;
	world_build(&config);
	world_expect("6.0.0.1", "??", SOIL_CONTESTED, 200);
	expect_feed("6.0.0.1", 200, 1, FR);
	assert_int_equal(world_place("6.0.0.1")->feed_other, US);
	world_expect("6.0.0.17", "FR", SOIL_AGREED, 200);
	assert_int_equal(world_place("6.0.0.17")->feed_other, COUNTRY_NONE);
	world_expect("6.0.0.33", "FR", SOIL_AGREED, 200);
	world_expect("6.0.0.49", "??", SOIL_CONTESTED, 200);
	assert_int_equal(world_place("6.0.0.49")->feed_other, COUNTRY('N', 'L'));
	/* Who says it is named, the first one that says nothing is not. */
	world_write("cloud.csv", "6.0.0.0,6.0.0.255,\n");
	world_build(&config);
	expect_feed("6.0.0.17", 200, 2, FR);
	expect_feed("6.0.0.33", 200, 1, COUNTRY_NONE);
}

static void anycast_stays_anycast_and_special_space_ours(void **state)
{
	struct atlas_config config = feed_world();

	(void)state;
	world_build(&config);
	world_expect("6.0.0.65", "FR", SOIL_ANYCAST, 200);
	world_expect("10.1.2.3", "??", SOIL_SPECIAL, 0);
	expect_feed("10.1.2.3", 0, 0, COUNTRY_NONE);
	world_write("cloud.csv", "6.0.0.0,6.0.0.255,\n");
	world_build(&config);
	world_expect("6.0.0.65", "??", SOIL_ANYCAST, 200);
}

static void a_feeds_word_is_enough_by_itself(void **state)
{
	struct atlas_config config = feed_world();

	(void)state;
	config.data.min_sources = 2;
	world_build(&config);
	world_expect("6.0.0.1", "FR", SOIL_AGREED, 200);
	world_expect("6.0.4.1", "??", SOIL_UNKNOWN, 300);
}

static void expect_owner(const char *text, bool registry, const char *countries,
			 enum owner_basis basis, uint32_t asn)
{
	const struct place *place = world_place(text);
	struct reach reach = atlas_reach(world_atlas, place, registry);
	const struct asn_operator *owner = atlas_owner(world_atlas, place);

	world_expect_countries(reach, countries);
	assert_int_equal(owner_basis_of(owner, &reach), basis);
	assert_int_equal(owner ? owner->asn : 0, asn);
}

static void the_owner_of_a_providers_space_is_the_provider(void **state)
{
	struct atlas_config config = feed_world();

	(void)state;
	world_build(&config);
	for (int registry = 0; registry < 2; registry++) {
		expect_owner("6.0.0.1", registry, "GB US", OWNER_SOURCED, 200);
		/* Nobody announces it. */
		expect_owner("6.0.3.1", registry, "GB US", OWNER_FEED, 200);
		/* In no owner table, but in the feed; by its registry GB is in the reach anyway. */
		expect_owner("6.0.1.1", registry, "GB US", OWNER_FEED, 200);
		/* The announcer's own, and the provider's. */
		expect_owner("6.0.2.1", registry, "GB NL US", OWNER_SOURCED, 202);
		/* Not in the feed, and announced by nobody. */
		expect_owner("6.0.10.1", registry, "", OWNER_UNKNOWN, 0);
	}
	assert_string_equal(owner_basis_name(OWNER_FEED), "feed");
}

/* A feed is no inference: it tells the owner of one on the doubtful list, if it names that. */
static void a_provider_in_no_owner_table_has_no_owner_but_by_registry(void **state)
{
	static uint32_t doubtful[] = {201, 900};
	struct atlas_config config = feed_world();

	(void)state;
	feeds[0].asns = doubtful;
	world_build(&config);
	expect_feed("6.0.3.1", 201, 1, FR);
	expect_owner("6.0.3.1", false, "", OWNER_UNKNOWN, 0);
	expect_owner("6.0.3.1", true, "GB", OWNER_INFERRED, 0);
	expect_owner("6.0.6.1", false, "", OWNER_UNKNOWN, 900);
	expect_owner("6.0.6.1", true, "GB", OWNER_INFERRED, 900);
	doubtful[0] = 200;
	world_build(&config);
	expect_owner("6.0.6.1", false, "GB US", OWNER_FEED, 200);
	doubtful[0] = 201;
}

static void feeds_are_named(void **state)
{
	struct atlas_config config = feed_world();

	(void)state;
	world_write("second.csv", "# name: Two\n6.0.5.0/24,FR\n");
	feeds[0].name = (char *)"Cloud";
	feeds[1].asns = hoster;
	feeds[1].asn_count = 1;
	config.data.files[DATA_FEEDS].count = 2;
	world_build(&config);
	assert_int_equal(atlas_soil_source_count(world_atlas), 1);
	assert_int_equal(atlas_feed_count(world_atlas), 2);
	assert_string_equal(atlas_feed(world_atlas, 1)->name, "Cloud");
	assert_string_equal(atlas_feed(world_atlas, 2)->name, "Two");
	expect_feed("6.0.5.1", 0, 2, FR);
	feeds[0].name = NULL;
}

static void bad_feeds_are_refused(void **state)
{
	struct data_file many[ATLAS_FEEDS_MOST + 1];
	struct atlas_config config = feed_world();
	char message[512];

	(void)state;
	feeds[0].asn_count = 0;
	snprintf(message, sizeof(message),
		 "cloud.csv: whose word this feed is, it does not say; name the networks in the "
		 "policy, the main one first: {file: %s, asn: [64500]}",
		 paths[0]);
	world_refuses(&config, message);
	world_write("cloud.csv", "6.0.0.0/24,FR\n");
	world_refuses(&config, message);
	feeds[0].asn_count = 2;
	world_write("cloud.csv", "6.0.0.0/24,FRA\n");
	world_refuses(&config, "cloud.csv:1:12: \"FRA\" is not a country code; write two letters, "
			       "as in ISO 3166-1, or nothing where it is not known");
	world_write("cloud.csv", "6.0.0.0/24,FR\n");
	for (size_t i = 0; i <= ATLAS_FEEDS_MOST; i++)
		many[i] = feeds[0];
	many[ATLAS_FEEDS_MOST].path = world_path("last.csv");
	config.data.files[DATA_FEEDS] = (struct data_files){many, ATLAS_FEEDS_MOST + 1};
	world_refuses(&config, "last.csv: over 16 feeds; leave out some");
	config.data.files[DATA_FEEDS].count = ATLAS_FEEDS_MOST;
	world_build(&config);
	world_expect("6.0.0.1", "FR", SOIL_AGREED, 200);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(a_providers_word_counts_in_its_networks_and_where_nobody_is_seen),
		IN_A_WORLD(elsewhere_a_feed_changes_nothing),
		IN_A_WORLD(sources_that_contradict_themselves_are_not_nobody),
		IN_A_WORLD(an_operators_geofeed_counts_in_its_networks_only),
		IN_A_WORLD(in_a_feed_that_says_no_country_the_soil_is_unknown),
		IN_A_WORLD(feeds_that_contradict_each_other_are_contested),
		IN_A_WORLD(anycast_stays_anycast_and_special_space_ours),
		IN_A_WORLD(a_feeds_word_is_enough_by_itself),
		IN_A_WORLD(the_owner_of_a_providers_space_is_the_provider),
		IN_A_WORLD(a_provider_in_no_owner_table_has_no_owner_but_by_registry),
		IN_A_WORLD(feeds_are_named),
		IN_A_WORLD(bad_feeds_are_refused),
	};

	return cmocka_run_group_tests_name("atlas_feed_soil", tests, NULL, NULL);
}
