// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the sources vote as the policy says, and we decide special and anycast space. */
#include "tests/unit/atlas_world.h"

static void the_embedded_sources_are_merged(void **state)
{
	struct atlas_config config = world_config();

	(void)state;
	world_build(&config);
	world_expect("4.255.255.255", "??", SOIL_UNKNOWN, 0);
	world_expect("5.0.0.0", "FR", SOIL_AGREED, 100);
	world_expect("5.0.255.255", "FR", SOIL_AGREED, 100);
	world_expect("5.1.0.0", "FR", SOIL_AGREED, 200);
	world_expect("5.2.0.0", "DE", SOIL_AGREED, 0);
	world_expect("5.3.0.0", "??", SOIL_UNKNOWN, 0);
	world_expect("2a00:ffff::", "FR", SOIL_AGREED, 300);
	world_expect("2a01::", "??", SOIL_UNKNOWN, 0);
}

static void place_0_is_nothing_known_and_neighbours_differ(void **state)
{
	static const struct place nothing;
	struct atlas_config config = world_config();

	(void)state;
	world_build(&config);
	assert_memory_equal(atlas_place(world_atlas, 0), &nothing, sizeof(nothing));
	assert_int_equal(atlas_lookup(world_atlas, world_address("4.0.0.0")), 0);
	for (enum family family = 0; family < FAMILIES; family++) {
		struct atlas_ranges ranges = atlas_ranges(world_atlas, family);

		assert_true(ranges.starts[0] == 0);
		for (size_t i = 1; i < ranges.count; i++) {
			assert_true(ranges.starts[i] > ranges.starts[i - 1]);
			assert_true(ranges.starts[i] <= family_last(family));
			assert_int_not_equal(ranges.places[i], ranges.places[i - 1]);
			assert_true(ranges.places[i] < atlas_place_count(world_atlas));
		}
	}
}

static void anycast_has_no_soil_but_keeps_the_sources_word(void **state)
{
	struct atlas_config config = world_config();

	(void)state;
	world_build(&config);
	world_expect("5.0.63.255", "FR", SOIL_AGREED, 100);
	world_expect("5.0.64.0", "FR", SOIL_ANYCAST, 100);
	world_expect("5.0.65.0", "FR", SOIL_AGREED, 100);
	assert_int_equal(world_place("5.0.64.0")->votes[0], COUNTRY('F', 'R'));
}

static void special_space_beats_every_source(void **state)
{
	struct data_file soil[] = {{.path = world_path("all.csv")}};
	struct atlas_config config = world_config();

	(void)state;
	world_write("all.csv", "0.0.0.0,255.255.255.255,FR\n"
			       "::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,FR\n");
	config.data.files[DATA_SOIL] = (struct data_files){soil, 1};
	world_write("data/anycast.csv", "prefix,operator,source\n10.1.0.0/16,x,y\n");
	world_build(&config);
	world_expect("1.0.0.0", "FR", SOIL_AGREED, 0);
	world_expect("10.1.2.3", "??", SOIL_SPECIAL, 0);
	assert_int_equal(world_place("10.1.2.3")->special, SPECIAL_PRIVATE);
	assert_int_equal(world_place("10.1.2.3")->votes[0], COUNTRY_NONE);
	assert_int_equal(world_place("255.255.255.255")->special, SPECIAL_LINK_MULTICAST);
	assert_int_equal(world_place("2002::1")->special, SPECIAL_EMBEDDED_6TO4);
	world_expect("2003::1", "FR", SOIL_AGREED, 0);
	assert_int_equal(world_place("4000::")->special, SPECIAL_RESERVED);
	assert_int_equal(world_place("ffff::")->special, SPECIAL_MULTICAST);
}

/* One /24 for each way in which four sources can differ. */
static void votes_are_counted(void **state)
{
	static const struct {
		const char *words[4];
		const char *first, *majority, *all;
	} cases[] = {
		{{"FR", "FR", "FR", "FR"}, "FR", "FR", "FR"},
		{{"FR", "FR", "FR", "DE"}, "FR", "FR", "!!"},
		{{"FR", "FR", "DE", "DE"}, "FR", "!!", "!!"},
		{{"FR", "FR", "DE", "US"}, "FR", "!!", "!!"}, /* half is not more than half */
		{{"DE", "FR", "FR", ""}, "DE", "FR", "!!"},
		{{"", "FR", "DE", ""}, "FR", "!!", "!!"},
		{{"", "", "DE", ""}, "DE", "DE", "DE"},
		{{"EU", "FR", "ZZ", "XK"}, "FR", "FR", "FR"}, /* no countries, no votes */
		{{"", "", "", ""}, "??", "??", "??"},
		{{"FR", "DE", "US", "GB"}, "FR", "!!", "!!"},
	};
	struct data_file soil[4] = {{.path = world_path("s0.csv")},
				    {.path = world_path("s1.csv")},
				    {.path = world_path("s2.csv")},
				    {.path = world_path("s3.csv")}};
	struct atlas_config config = world_config();
	const size_t count = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	for (size_t source = 0; source < 4; source++) {
		char text[1024] = "";

		for (size_t i = 0; i < count; i++)
			sprintf(text + strlen(text), "6.0.%zu.0,6.0.%zu.255,%s\n", i, i,
				cases[i].words[source]);
		world_write(strrchr(soil[source].path, '/') + 1, text);
	}
	config.data.files[DATA_SOIL] = (struct data_files){soil, 4};
	for (enum data_agree agree = 0; agree <= DATA_AGREE_ALL; agree++) {
		config.data.agree = agree;
		world_build(&config);
		assert_int_equal(atlas_agree(world_atlas), agree);
		for (size_t i = 0; i < count; i++) {
			const char *answer = agree == DATA_AGREE_FIRST      ? cases[i].first
					     : agree == DATA_AGREE_MAJORITY ? cases[i].majority
									    : cases[i].all;
			enum soil_state soil_state = *answer == '!'   ? SOIL_CONTESTED
						     : *answer == '?' ? SOIL_UNKNOWN
								      : SOIL_AGREED;
			char address[16];

			sprintf(address, "6.0.%zu.7", i);
			world_expect(address, *answer == '!' ? "??" : answer, soil_state, 0);
		}
	}
	assert_int_equal(world_place("6.0.9.1")->votes[3], COUNTRY('G', 'B'));
}

static void too_few_sources_leave_the_soil_unknown(void **state)
{
	struct data_file soil[] = {{.path = world_path("a.csv")},
				   {.path = world_path("b.csv")},
				   {.path = world_path("c.csv")}};
	struct atlas_config config = world_config();

	(void)state;
	/* One, two and three words; two that contradict each other; two of a source. */
	world_write("a.csv", "6.0.0.0,6.0.3.255,FR\n6.0.4.0,6.0.4.255,FR\n6.0.4.0,6.0.4.255,DE\n");
	world_write("b.csv", "6.0.1.0,6.0.2.255,FR\n6.0.3.0,6.0.3.255,DE\n");
	world_write("c.csv", "6.0.0.0,6.0.0.255,ZZ\n6.0.2.0,6.0.2.255,FR\n");
	config.data.files[DATA_SOIL] = (struct data_files){soil, 3};
	for (config.data.agree = 0; config.data.agree <= DATA_AGREE_ALL; config.data.agree++) {
		bool first = config.data.agree == DATA_AGREE_FIRST;

		for (unsigned least = 0; least <= 3; least++) {
			config.data.min_sources = least;
			world_build(&config);
			assert_int_equal(atlas_min_sources(world_atlas), least);
			world_expect("6.0.0.1", least < 2 ? "FR" : "??",
				     least < 2 ? SOIL_AGREED : SOIL_UNKNOWN, 0);
			world_expect("6.0.1.1", least < 3 ? "FR" : "??",
				     least < 3 ? SOIL_AGREED : SOIL_UNKNOWN, 0);
			world_expect("6.0.2.1", "FR", SOIL_AGREED, 0);
			world_expect("6.0.3.1", least < 3 && first ? "FR" : "??",
				     least == 3 ? SOIL_UNKNOWN
				     : first    ? SOIL_AGREED
						: SOIL_CONTESTED,
				     0);
			world_expect("6.0.4.1", "??", least < 2 ? SOIL_CONTESTED : SOIL_UNKNOWN, 0);
		}
	}
	/* What was said stays, for deny rules and for who asks. */
	assert_int_equal(world_place("6.0.0.1")->votes[0], COUNTRY('F', 'R'));
}

static void a_source_that_contradicts_itself_is_contested(void **state)
{
	struct data_file soil[] = {{.path = world_path("a.csv")}, {.path = world_path("b.csv")}};
	struct atlas_config config = world_config();

	(void)state;
	world_write("a.csv", "6.0.0.0,6.0.0.255,FR\n6.0.0.0,6.0.0.255,DE\n"
			     "6.0.1.0,6.0.1.255,FR\n6.0.1.0,6.0.1.255,ZZ\n");
	world_write("b.csv", "6.0.0.0,6.0.0.255,FR\n6.0.1.0,6.0.1.255,FR\n");
	config.data.files[DATA_SOIL] = (struct data_files){soil, 2};
	for (config.data.agree = 0; config.data.agree <= DATA_AGREE_ALL; config.data.agree++) {
		world_build(&config);
		world_expect("6.0.0.1", "??", SOIL_CONTESTED, 0);
		world_expect("6.0.1.1", "FR", SOIL_AGREED, 0);
	}
	/* Both words are there for deny rules. */
	assert_int_equal(world_place("6.0.0.1")->votes[0], COUNTRY('D', 'E'));
	assert_int_equal(world_place("6.0.0.1")->votes[1], COUNTRY('F', 'R'));
	assert_int_equal(world_place("6.0.0.1")->votes[2], COUNTRY('F', 'R'));
}

/* As many sources as there may be, and all contradict themselves: no word is lost, for a deny rule
 * may ask for any. */
static void every_source_has_room_for_two_words(void **state)
{
	struct data_file soil[ATLAS_SOIL_SOURCES_MOST] = {0};
	struct atlas_config config = world_config();
	const struct place *place;

	(void)state;
	for (unsigned i = 0; i < ATLAS_SOIL_SOURCES_MOST; i++) {
		char name[8], text[80];

		sprintf(name, "s%u.csv", i);
		sprintf(text, "6.0.0.0,6.0.0.255,FR\n6.0.0.0,6.0.0.255,%s\n",
			i + 1 < ATLAS_SOIL_SOURCES_MOST ? "GB" : "US");
		world_write(name, text);
		soil[i].path = world_path(name);
	}
	config.data.files[DATA_SOIL] = (struct data_files){soil, ATLAS_SOIL_SOURCES_MOST};
	world_build(&config);
	world_expect("6.0.0.1", "??", SOIL_CONTESTED, 0);
	place = world_place("6.0.0.1");
	for (unsigned i = 0; i < ATLAS_VOTES_MOST - 1; i++)
		assert_int_equal(place->votes[i], i < ATLAS_SOIL_SOURCES_MOST ? COUNTRY('F', 'R')
									      : COUNTRY('G', 'B'));
	assert_int_equal(place->votes[ATLAS_VOTES_MOST - 1], COUNTRY('U', 'S'));
}

static void the_first_asn_source_with_a_word_wins(void **state)
{
	struct data_file asn[] = {{.path = world_path("a.csv")}, {.path = world_path("b.csv")}};
	struct atlas_config config = world_config();

	(void)state;
	world_write("a.csv", "start,end,asn,name\n"
			     "6.0.0.0,6.0.3.255,AS7,Seven\n6.0.1.0,6.0.1.255,,\n"
			     "6.0.2.0,6.0.2.255,8,\n6.0.2.0,6.0.2.255,9,\n");
	world_write("b.csv", "6.0.1.0,6.0.2.255,\"100\",\"not its name\"\n");
	config.data.files[DATA_ASN] = (struct data_files){asn, 2};
	world_build(&config);
	world_expect("6.0.0.0", "??", SOIL_UNKNOWN, 7);
	world_expect("6.0.1.0", "??", SOIL_UNKNOWN, 100);
	world_expect("6.0.2.0", "??", SOIL_UNKNOWN, 100); /* 8 or 9: no word */
	world_expect("6.0.3.0", "??", SOIL_UNKNOWN, 7);
	assert_string_equal(atlas_operator(world_atlas, 7)->name, "Seven");
	assert_string_equal(atlas_operator(world_atlas, 100)->name, "not its name");
	assert_null(atlas_operator(world_atlas, 300));
}

static void the_registry_country_is_where_most_addresses_are(void **state)
{
	struct atlas_config config = world_config();

	(void)state;
	world_build(&config);
	assert_int_equal(atlas_operator(world_atlas, 100)->registry, COUNTRY('F', 'R'));
	assert_int_equal(atlas_operator(world_atlas, 200)->registry, COUNTRY('U', 'S'));
	/* Announces no IPv4: by its IPv6 addresses. */
	assert_int_equal(atlas_operator(world_atlas, 300)->registry, COUNTRY('R', 'E'));
	/* Announces nothing. */
	assert_int_equal(atlas_operator(world_atlas, 900)->registry, COUNTRY_NONE);
	assert_string_equal(atlas_operator(world_atlas, 200)->name, "Two, \"Inc\"");
}

static void sources_are_listed_soil_first(void **state)
{
	struct data_file soil[] = {{.path = world_path("b.csv")},
				   {.path = world_path("data/soil.csv.zst")}};
	struct atlas_config config = world_config();

	(void)state;
	world_write("b.csv", "\xef\xbb\xbfstart,end,country\n6.0.0.0,6.0.0.255,fr\n\n# end\n");
	config.data.files[DATA_SOIL] = (struct data_files){soil, 2};
	world_build(&config);
	assert_int_equal(atlas_soil_source_count(world_atlas), 2);
	assert_int_equal(atlas_source_count(world_atlas), 8);
	const struct source *source = atlas_source(world_atlas, 0);
	assert_string_equal(source->name, "b.csv");
	assert_int_equal(source->rows, 1);
	assert_int_equal(strlen(source->date), 10);
	source = atlas_source(world_atlas, 1);
	assert_string_equal(source->name, "Soil");
	assert_string_equal(source->date, "2026-01-02");
	assert_int_equal(source->role, SOURCE_SOIL);
	assert_string_equal(source_role_name(atlas_source(world_atlas, 2)->role), "registry");
	world_expect("6.0.0.1", "FR", SOIL_AGREED, 0);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(the_embedded_sources_are_merged),
		IN_A_WORLD(place_0_is_nothing_known_and_neighbours_differ),
		IN_A_WORLD(anycast_has_no_soil_but_keeps_the_sources_word),
		IN_A_WORLD(special_space_beats_every_source),
		IN_A_WORLD(votes_are_counted),
		IN_A_WORLD(too_few_sources_leave_the_soil_unknown),
		IN_A_WORLD(a_source_that_contradicts_itself_is_contested),
		IN_A_WORLD(every_source_has_room_for_two_words),
		IN_A_WORLD(the_first_asn_source_with_a_word_wins),
		IN_A_WORLD(the_registry_country_is_where_most_addresses_are),
		IN_A_WORLD(sources_are_listed_soil_first),
	};

	return cmocka_run_group_tests_name("atlas_merge", tests, NULL, NULL);
}
