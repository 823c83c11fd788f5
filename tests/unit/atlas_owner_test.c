// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: of the owner lines the one in force counts, its basis is told, and the reach has seat and
 * parent; inference only adds. */
#include "tests/unit/atlas_world.h"

static void build_with(const char *owners)
{
	struct atlas_config config = world_config();

	world_write("data/owners.csv", owners);
	world_build(&config);
}

static void reach_is_parent_and_seat(void **state)
{
	(void)state;
	build_with("1,A,A,FR,US,,x\n2,B,B,US,NL,,x\n3,C,C,DE,DE,,x\n4,D,D,FR,GP,,x\n");
	world_expect_reach(1, false, "FR US");
	world_expect_reach(2, false, "NL US");
	world_expect_reach(3, false, "DE");
	world_expect_reach(4, false, "FR"); /* a territory counts as its state */
	assert_int_equal(atlas_operator(world_atlas, 4)->seat, COUNTRY('G', 'P'));
	assert_false(atlas_operator(world_atlas, 1)->seat_inferred);
}

static void a_seat_that_is_not_given_is_inferred(void **state)
{
	(void)state;
	build_with("200,Two,Two,FR,,,x\n300,Three,Three,FR,,,x\n5,Five,Five,FR\n");
	world_expect_reach(200, false, "FR US");
	assert_true(atlas_operator(world_atlas, 200)->seat_inferred);
	assert_int_equal(world_reach(200, false).inferred, 0);
	world_expect_reach(300, false, "FR"); /* registered in RE */
	world_expect_reach(5, false, "FR");   /* announces nothing */
}

/* Whatever the registry says of a listed operator, its reach never loses a member by it: so an
 * inferred seat can keep an allow rule from matching, and never make one match. */
static void an_inferred_seat_only_adds(void **state)
{
	static const char *const registries[] = {"FR", "US", "RE", "ZZ", ""};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(registries) / sizeof(registries[0]); i++) {
		snprintf(text, sizeof(text), "5.0.0.0,%s\n5.2.0.0,\n", registries[i]);
		world_write("data/registry.csv.zst", text);
		build_with("100,One,One,FR,,,x\n200,Two,Two,FR,DE,,x\n");
		for (int registry = 0; registry < 2; registry++) {
			bool adds = strcmp(registries[i], "US") == 0;

			world_expect_reach(100, registry, adds ? "FR US" : "FR");
			world_expect_reach(200, registry, "DE FR"); /* has a seat */
			assert_int_equal(world_reach(100, registry).inferred, 0);
		}
	}
}

static void an_unlisted_operator_has_no_owner_but_by_registry(void **state)
{
	(void)state;
	build_with("1,A,A,FR,,,x\n");
	world_expect_reach(200, false, "");
	world_expect_reach(200, true, "US");
	assert_int_equal(world_reach(200, true).inferred, 1);
	assert_int_equal(atlas_operator(world_atlas, 200)->basis, OWNER_UNKNOWN);
	world_expect_reach(300, true, "FR");
	world_expect_reach(0, true, "");
	world_expect_reach(12345, true, "");
	assert_null(atlas_operator(world_atlas, 12345));
}

static void the_doubtful_never_get_an_owner_by_inference(void **state)
{
	(void)state;
	world_write("data/doubtful.csv", "asn,name,candidate_parent,reason,fr_v4\n"
					 "200,Two,,\"half, half\",7\n100,One,,odd,7\n");
	build_with("100,One,One,FR,,,x\n");
	world_expect_reach(200, true, "");
	assert_true(atlas_operator(world_atlas, 200)->doubtful);
	assert_string_equal(atlas_operator(world_atlas, 200)->source, "half, half");
	/* Listed all the same: the line counts. */
	world_expect_reach(100, true, "FR");
	assert_string_equal(atlas_operator(world_atlas, 100)->source, "x");
}

static void the_latest_line_in_force_wins(void **state)
{
	(void)state;
	build_with("1,Old,Old,FR,FR,2019,x\n"
		   "1,New,New,US,US,2025-06,x\n"
		   "1,Future,Future,CN,CN,2026-01-02,x\n"
		   "1,Older,Older,DE,DE,,x\n"
		   "2,Today,Today,FR,FR,2026-01-01,x\n"
		   "3,Later,Later,FR,FR,2027,x\n");
	world_expect_reach(1, false, "US");
	assert_string_equal(atlas_operator(world_atlas, 1)->parent, "New");
	assert_string_equal(atlas_operator(world_atlas, 1)->since, "2025-06");
	world_expect_reach(2, false, "FR");
	world_expect_reach(3, false, "");
	assert_int_equal(atlas_operator(world_atlas, 3)->basis, OWNER_UNKNOWN);
}

static void the_basis_is_told_from_the_source(void **state)
{
	(void)state;
	build_with("1,A,A,FR,,,npm asn org name; parent: general knowledge\n"
		   "2,A,A,FR,,,npm asn org name; parent: a.example; seat general knowledge\n"
		   "3,A,A,FR,,,\n4,A,A,FR,,,general knowledge\n5,A,A,FR,,,https://a.example\n"
		   "6,A,A,FR\n");
	for (uint32_t asn = 1; asn <= 6; asn++)
		assert_int_equal(atlas_operator(world_atlas, asn)->basis,
				 asn == 2 || asn == 5 ? OWNER_SOURCED : OWNER_ASSERTED);
	assert_string_equal(owner_basis_name(OWNER_ASSERTED), "asserted");
}

static void a_later_file_wins_line_by_line_and_is_local(void **state)
{
	struct data_file owner[] = {{.path = world_path("data/owners.csv")},
				    {.path = world_path("mine.csv")}};
	struct atlas_config config = world_config();

	(void)state;
	world_write("data/owners.csv", "1,A,A,FR,FR,2025,x\n2,B,B,FR,FR,,x\n3,C,C,FR,FR,,x\n");
	world_write("mine.csv", "1,A2,A2,US,US,2020,x\n3,C2,C2,US,US,2030,x\n4,D,D,DE,DE,,x\n");
	config.data.files[DATA_OWNER] = (struct data_files){owner, 2};
	world_build(&config);
	world_expect_reach(1, false, "US"); /* its older line: ours is newer, theirs is later */
	assert_int_equal(atlas_operator(world_atlas, 1)->basis, OWNER_LOCAL);
	world_expect_reach(2, false, "FR");
	assert_int_equal(atlas_operator(world_atlas, 2)->basis, OWNER_SOURCED);
	world_expect_reach(3, false, "FR"); /* not yet in force */
	assert_int_equal(atlas_operator(world_atlas, 3)->basis, OWNER_SOURCED);
	world_expect_reach(4, false, "DE");
	assert_int_equal(atlas_operator(world_atlas, 4)->basis, OWNER_LOCAL);
	/* A folder beside ours is not ours, whatever its name. */
	assert_int_equal(mkdir(world_path("tada"), 0700), 0);
	world_write("tada/owners.csv", "4,D,D,DE,DE,,x\n");
	owner[1].path = world_path("tada/owners.csv");
	world_build(&config);
	assert_int_equal(atlas_operator(world_atlas, 4)->basis, OWNER_LOCAL);
}

static void owner_refused(const char *owners, const char *message)
{
	struct atlas_config config = world_config();

	world_write("data/owners.csv", owners);
	world_refuses(&config, message);
}

static void faults_name_line_and_column(void **state)
{
	(void)state;
	owner_refused("asn,organisation,parent,jurisdiction\nx1,A,A,FR\n",
		      "data/owners.csv:2:1: \"x1\" is not an ASN; write a number from 1 to "
		      "4294967295");
	owner_refused("1,A,A,EU,,,x\n",
		      "data/owners.csv:1:7: \"EU\" is not a country; the jurisdiction is one "
		      "upper-case ISO 3166-1 code, like FR");
	owner_refused("1,A,A,,,,x\n",
		      "data/owners.csv:1:7: \"\" is not a country; the jurisdiction is one "
		      "upper-case ISO 3166-1 code, like FR");
	owner_refused("1,A,A,FR,fr,,x\n",
		      "data/owners.csv:1:10: \"fr\" is not a country; the seat is one "
		      "upper-case ISO 3166-1 code, like FR");
	owner_refused("1,A,A,FR,,2025-13,x\n",
		      "data/owners.csv:1:11: \"2025-13\" is not a date; write 2024, 2024-05 or "
		      "2024-05-17");
	owner_refused("1,A,A,FR,,2025-02-30,x\n",
		      "data/owners.csv:1:11: \"2025-02-30\" is not a date; write 2024, 2024-05 or "
		      "2024-05-17");
	owner_refused("1,A,A\n", "data/owners.csv:1: 3 fields; write asn,organisation,parent,"
				 "jurisdiction,seat,since,source");
	owner_refused("1,A,A,FR,,2025,x\n2,B,B,FR,,,x\n1,A,A,DE,,2025,x\n",
		      "data/owners.csv:3:1: AS1 is in line 1 with the same \"since\"; leave one of "
		      "them, or date the change");
	owner_refused("asn,parent,organisation,jurisdiction\n1,A,A,FR\n",
		      "data/owners.csv:1:5: unexpected column \"parent\"; the columns are asn,"
		      "organisation,parent,jurisdiction,seat,since,source");
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(reach_is_parent_and_seat),
		IN_A_WORLD(a_seat_that_is_not_given_is_inferred),
		IN_A_WORLD(an_inferred_seat_only_adds),
		IN_A_WORLD(an_unlisted_operator_has_no_owner_but_by_registry),
		IN_A_WORLD(the_doubtful_never_get_an_owner_by_inference),
		IN_A_WORLD(the_latest_line_in_force_wins),
		IN_A_WORLD(the_basis_is_told_from_the_source),
		IN_A_WORLD(a_later_file_wins_line_by_line_and_is_local),
		IN_A_WORLD(faults_name_line_and_column),
	};

	return cmocka_run_group_tests_name("atlas_owner", tests, NULL, NULL);
}
