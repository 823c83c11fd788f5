// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the embedded files are whole and say what is known of well-known networks, and the merge of
 * them equals the naive scan at every boundary. Runs from the checkout's root. */
#include "tests/unit/atlas_world.h"

static int build_embedded(void **state)
{
	struct atlas_config config = {.data_dir = "data", .now = WORLD_NOW};

	(void)state;
	return atlas_build(&config, &world_atlas, &world_diagnostics);
}

static int free_embedded(void **state)
{
	(void)state;
	atlas_free(world_atlas);
	diagnostics_free(&world_diagnostics);
	return 0;
}

static void every_source_is_whole_and_dated(void **state)
{
	(void)state;
	assert_int_equal(world_diagnostics.count, 0);
	assert_int_equal(atlas_source_count(world_atlas), 7);
	for (size_t i = 0; i < 7; i++) {
		const struct source *source = atlas_source(world_atlas, i);
		size_t least = source->role == SOURCE_ANYCAST    ? 50
			       : source->role == SOURCE_DOUBTFUL ? 400
			       : source->role == SOURCE_OWNER    ? 9000
								 : 90000;

		assert_true(source->rows >= least);
		assert_string_not_equal(source->name, strrchr(source->path, '/') + 1);
		assert_int_equal(strncmp(source->date, "20", 2), 0);
		assert_int_equal(strlen(source->date), 10);
	}
	assert_true(atlas_ranges(world_atlas, FAMILY_V4).count > 500000);
	assert_true(atlas_ranges(world_atlas, FAMILY_V6).count > 350000);
}

static void well_known_networks_are_where_they_are(void **state)
{
	(void)state;
	world_expect("57.130.0.1", "FR", SOIL_AGREED, 16276);   /* OVH */
	world_expect("2001:bc8::1", "FR", SOIL_AGREED, 12876);  /* Scaleway */
	world_expect("86.232.0.1", "FR", SOIL_AGREED, 2376);    /* Bleu */
	world_expect("171.33.64.1", "FR", SOIL_AGREED, 50624);  /* Outscale */
	world_expect("52.47.0.1", "FR", SOIL_AGREED, 16509);    /* AWS Paris */
	world_expect("2a05:d012::1", "FR", SOIL_AGREED, 16509); /* AWS Paris */
	world_expect("34.155.0.1", "FR", SOIL_AGREED, 396982);  /* Google Paris */
	world_expect("88.198.0.1", "DE", SOIL_AGREED, 24940);   /* Hetzner */
	world_expect("2a01:4f8::1", "DE", SOIL_AGREED, 24940);  /* Hetzner */
	assert_int_equal(world_place("1.1.1.1")->state, SOIL_ANYCAST);
	assert_int_equal(world_place("2606:4700::1")->state, SOIL_ANYCAST);
	assert_int_equal(world_place("198.41.0.4")->state, SOIL_ANYCAST); /* a root server */
	world_expect("192.168.1.1", "??", SOIL_SPECIAL, 0);
}

static void well_known_operators_have_their_reach(void **state)
{
	(void)state;
	world_expect_reach(16276, false, "FR");     /* OVH */
	world_expect_reach(16509, false, "US");     /* Amazon */
	world_expect_reach(20940, false, "NL US");  /* Akamai International: seat NL, parent US */
	world_expect_reach(53306, false, "FR US");  /* OUTSCALE INC: parent FR, seat US */
	world_expect_reach(214101, false, "DE US"); /* Amazon's European Sovereign Cloud GmbH */
	world_expect_reach(5511, false, "FR");      /* Orange: the registry would say US */
	assert_int_equal(atlas_operator(world_atlas, 5511)->registry, COUNTRY('U', 'S'));
	world_expect_reach(24940, false, "DE");
	world_expect_reach(3223, true, ""); /* doubtful */
	assert_string_equal(atlas_operator(world_atlas, 12876)->name, "Scaleway SAS");
}

static void owner_lines_are_sourced_or_asserted(void **state)
{
	size_t basis[OWNER_INFERRED + 1] = {0};
	size_t doubtful = 0;

	(void)state;
	for (uint32_t asn = 1; asn < 500000; asn++) {
		const struct asn_operator *found = atlas_operator(world_atlas, asn);

		if (found) {
			basis[found->basis]++;
			doubtful += found->doubtful;
		}
	}
	assert_true(basis[OWNER_SOURCED] > 3000 && basis[OWNER_ASSERTED] > 5000);
	assert_int_equal(basis[OWNER_LOCAL] + basis[OWNER_INFERRED], 0);
	assert_true(basis[OWNER_UNKNOWN] > 80000);
	assert_true(doubtful > 400);
}

/* Every boundary of the merged atlas and both its neighbours, in order. */
static size_t boundaries(struct address *addresses)
{
	size_t count = 0;

	for (enum family family = 0; family < FAMILIES; family++) {
		struct atlas_ranges ranges = atlas_ranges(world_atlas, family);
		u128 next = 0; /* not yet taken */

		for (size_t i = 0; i < ranges.count; i++) {
			u128 start = ranges.starts[i];

			for (u128 at = start ? start - 1 : 0; at <= start + 1; at++) {
				if (at < next || at > family_last(family))
					continue;
				addresses[count++] = (struct address){family, at};
				next = at + 1;
			}
		}
	}
	return count;
}

static void the_merge_equals_the_scan_at_every_boundary(void **state)
{
	struct atlas_config config = {.data_dir = "data", .now = WORLD_NOW};
	size_t most = 3 * (atlas_ranges(world_atlas, FAMILY_V4).count +
			   atlas_ranges(world_atlas, FAMILY_V6).count);
	struct address *addresses = calloc(most, sizeof(*addresses));
	struct place *places = calloc(most, sizeof(*places));

	(void)state;
	assert_non_null(addresses);
	assert_non_null(places);
	size_t count = boundaries(addresses);
	assert_true(count > 2500000);
	assert_int_equal(atlas_scan(&config, addresses, count, places, &world_diagnostics), 0);
	for (size_t i = 0; i < count; i++) {
		uint32_t number = atlas_lookup(world_atlas, addresses[i]);

		if (memcmp(atlas_place(world_atlas, number), &places[i], sizeof(places[i])) != 0) {
			char text[ADDRESS_TEXT_SIZE];

			fail_msg("%s differs", address_format(addresses[i], text));
		}
	}
	free(addresses);
	free(places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_source_is_whole_and_dated),
		cmocka_unit_test(well_known_networks_are_where_they_are),
		cmocka_unit_test(well_known_operators_have_their_reach),
		cmocka_unit_test(owner_lines_are_sourced_or_asserted),
		cmocka_unit_test(the_merge_equals_the_scan_at_every_boundary),
	};

	return cmocka_run_group_tests_name("atlas_data", tests, build_embedded, free_embedded);
}
