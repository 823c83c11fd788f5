// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: what a soil source flags as anycast is anycast, as is what our own list names. */
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <libloc/database.h>
#include <libloc/writer.h>

#include "tests/unit/atlas_world.h"
#include "userspace/atlas/location.h"

static void add_network(struct loc_writer *writer, const char *prefix, uint32_t flags)
{
	struct loc_network *network;

	assert_int_equal(loc_writer_add_network(writer, &network, prefix), 0);
	assert_int_equal(loc_network_set_country_code(network, "NL"), 0);
	assert_int_equal(loc_network_set_flag(network, flags), 0);
	loc_network_unref(network);
}

/* A location.db, and the key that it is signed with among our data. */
static void write_location(void)
{
	char path[160];
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	FILE *key = tmpfile(), *file;
	struct loc_writer *writer;
	struct loc_ctx *loc;

	assert_true(pair && key);
	assert_int_equal(PEM_write_PrivateKey(key, pair, NULL, NULL, 0, NULL, NULL), 1);
	rewind(key);
	snprintf(path, sizeof(path), "%s/data/" LOCATION_KEY, world_folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PUBKEY(file, pair), 1);
	fclose(file);
	EVP_PKEY_free(pair);

	assert_int_equal(loc_new(&loc), 0);
	assert_int_equal(loc_writer_new(loc, &writer, key, NULL), 0);
	add_network(writer, "5.0.0.0/8", 0);
	add_network(writer, "5.0.8.0/24", LOC_NETWORK_FLAG_ANYCAST);
	add_network(writer, "5.0.65.0/24", LOC_NETWORK_FLAG_ANYCAST);
	add_network(writer, "2a00::/32", LOC_NETWORK_FLAG_ANYCAST);
	add_network(writer, "2a00:0:1::/48", 0);
	add_network(writer, "10.0.0.0/8", LOC_NETWORK_FLAG_ANYCAST);
	file = fopen(world_path("location.db"), "w+");
	assert_non_null(file);
	assert_int_equal(loc_writer_write(writer, file, LOC_DATABASE_VERSION_1), 0);
	fclose(file);
	fclose(key);
	loc_writer_unref(writer);
	loc_unref(loc);
}

static void what_a_source_flags_joins_our_list(void **state)
{
	struct data_file soil[] = {{.path = world_path("data/soil.csv.zst")},
				   {.path = world_path("location.db")}};
	struct atlas_config config = world_config();

	(void)state;
	write_location();
	config.data.files[DATA_SOIL] = (struct data_files){soil, 2};
	config.data.agree = DATA_AGREE_FIRST;
	world_build(&config);
	world_expect("5.0.0.1", "FR", SOIL_AGREED, 100);
	world_expect("5.0.8.1", "FR", SOIL_ANYCAST, 100);
	world_expect("5.0.9.1", "FR", SOIL_AGREED, 100);
	world_expect("5.0.64.1", "FR", SOIL_ANYCAST, 100); /* our list */
	world_expect("5.0.65.1", "FR", SOIL_ANYCAST, 100);
	world_expect("5.0.66.1", "FR", SOIL_AGREED, 100);
	world_expect("2a00::1", "FR", SOIL_ANYCAST, 300);
	world_expect("2a00:0:1::1", "FR", SOIL_AGREED, 300);
	world_expect("10.0.0.1", "??", SOIL_SPECIAL, 0);
	assert_int_equal(world_place("5.0.8.1")->votes[1], COUNTRY('N', 'L'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_a_source_flags_joins_our_list, world_start,
						world_end),
	};

	return cmocka_run_group_tests_name("atlas_anycast", tests, NULL, NULL);
}
