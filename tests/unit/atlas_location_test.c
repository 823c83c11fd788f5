// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a location.db that libloc wrote says what libloc says it does, if the right key signed it;
 * one that was changed, cut off or is hostile is refused with the place of the fault. */
#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <libloc/database.h>
#include <libloc/writer.h>

#include "tests/unit/reading.h"
#include "userspace/atlas/location.h"

#define FIXTURE_MOST 65536

static char folder[64];
static char signing_key[96], other_key[96], public_key[96];
static struct reading reading;
static uint8_t fixture[FIXTURE_MOST];
static size_t fixture_size;

static void write_keys(const char *private_path, const char *public_path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *file = fopen(private_path, "w");

	assert_non_null(key);
	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	if (public_path) {
		file = fopen(public_path, "w");
		assert_non_null(file);
		assert_int_equal(PEM_write_PUBKEY(file, key), 1);
		fclose(file);
	}
	EVP_PKEY_free(key);
}

static void add_network(struct loc_writer *writer, const char *prefix, const char *country,
			uint32_t asn, uint32_t flags)
{
	struct loc_network *network;

	assert_int_equal(loc_writer_add_network(writer, &network, prefix), 0);
	assert_int_equal(loc_network_set_country_code(network, country), 0);
	assert_int_equal(loc_network_set_asn(network, asn), 0);
	assert_int_equal(loc_network_set_flag(network, flags), 0);
	loc_network_unref(network);
}

static void fill(struct loc_writer *writer)
{
	struct loc_as *as;

	loc_writer_set_vendor(writer, "Test");
	assert_int_equal(loc_writer_add_as(writer, &as, 100), 0);
	loc_as_set_name(as, "One");
	loc_as_unref(as);
	assert_int_equal(loc_writer_add_as(writer, &as, 900), 0);
	loc_as_set_name(as, "Nowhere");
	loc_as_unref(as);
	add_network(writer, "5.0.0.0/8", "FR", 100, 0);
	add_network(writer, "5.1.0.0/16", "DE", 200, LOC_NETWORK_FLAG_ANYCAST);
	add_network(writer, "5.1.2.0/24", "US", 0, 0);
	add_network(writer, "5.2.0.0/24", "EU", 0, 0);
	add_network(writer, "6.0.0.0/9", "AP", 0, LOC_NETWORK_FLAG_ANONYMOUS_PROXY);
	add_network(writer, "255.255.255.255/32", "JP", 0, 0);
	add_network(writer, "2a00::/16", "FR", 100, 0);
	add_network(writer, "2a00:1::/32", "GB", 4200000000, LOC_NETWORK_FLAG_ANYCAST);
	add_network(writer, "2a00:1:0:1::/64", "IE", 0, LOC_NETWORK_FLAG_ANYCAST);
	add_network(writer, "ffff::/128", "AU", 0, 0);
}

/* By libloc, signed by one key or two or none. */
static void write_fixture(const char *first, const char *second)
{
	FILE *keys[2] = {first ? fopen(first, "r") : NULL, second ? fopen(second, "r") : NULL};
	FILE *file = tmpfile();
	struct loc_writer *writer;
	struct loc_ctx *loc;

	assert_int_equal(loc_new(&loc), 0);
	assert_int_equal(loc_writer_new(loc, &writer, keys[0], keys[1]), 0);
	fill(writer);
	assert_int_equal(loc_writer_write(writer, file, LOC_DATABASE_VERSION_1), 0);
	loc_writer_unref(writer);
	loc_unref(loc);
	rewind(file);
	fixture_size = fread(fixture, 1, sizeof(fixture), file);
	assert_true(fixture_size > 4200 && fixture_size < sizeof(fixture));
	fclose(file);
	for (size_t i = 0; i < 2; i++)
		if (keys[i])
			fclose(keys[i]);
}

static int start(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/gabelou-location-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(signing_key, sizeof(signing_key), "%s/signing", folder);
	snprintf(other_key, sizeof(other_key), "%s/other", folder);
	snprintf(public_key, sizeof(public_key), "%s/" LOCATION_KEY, folder);
	write_keys(signing_key, public_key);
	write_keys(other_key, NULL);
	write_fixture(signing_key, NULL);
	memset(&reading, 0, sizeof(reading));
	reading.data_dir = folder;
	return 0;
}

static int end(void **state)
{
	(void)state;
	reading_free(&reading);
	unlink(signing_key);
	unlink(other_key);
	unlink(public_key);
	return rmdir(folder);
}

static void the_most_specific_network_decides(void **state)
{
	(void)state;
	reads(&reading, fixture, fixture_size);
	expect_country(&reading, "4.255.255.255", "??");
	expect_country(&reading, "5.0.0.0", "FR");
	expect_country(&reading, "5.1.1.255", "DE");
	expect_country(&reading, "5.1.2.0", "US");
	expect_country(&reading, "5.1.3.0", "DE");
	expect_country(&reading, "5.2.0.0", "??"); /* EU */
	expect_country(&reading, "5.2.1.0", "FR");
	expect_country(&reading, "6.0.0.0", "??"); /* AP */
	expect_country(&reading, "255.255.255.255", "JP");
	expect_country(&reading, "2a00::", "FR");
	expect_country(&reading, "2a00:1:0:1::", "IE");
	expect_country(&reading, "2a00:1:0:2::", "GB");
	expect_country(&reading, "2a00:2::", "FR");
	expect_country(&reading, "ffff::", "AU");
	expect_country(&reading, "ffff::1", "??");
	expect_country(&reading, "::ffff:5.0.0.0", "??");
	assert_int_equal(reading.reader.rows, 10);
	assert_string_equal(reading.reader.name, "Test location.db");
	assert_int_equal(strncmp(reading.reader.date, "20", 2), 0);
}

static void asns_have_their_names(void **state)
{
	(void)state;
	reading.role = DATA_ASN;
	reads(&reading, fixture, fixture_size);
	expect_asn(&reading, "5.0.0.0", 100, "One");
	expect_asn(&reading, "5.1.0.0", 200, "");
	expect_asn(&reading, "5.1.2.0", 0, "");
	expect_asn(&reading, "2a00::", 100, "One");
	expect_asn(&reading, "2a00:1::", 4200000000, "");
	assert_null(operators_find(&reading.operators, 900)); /* announces nothing */
}

static void anycast_networks_are_told_apart(void **state)
{
	const struct rows *v4 = &reading.anycast[FAMILY_V4], *v6 = &reading.anycast[FAMILY_V6];

	(void)state;
	reads(&reading, fixture, fixture_size);
	/* Without the hole that 5.1.2.0/24 is. */
	assert_int_equal(v4->count, 2);
	assert_true(v4->starts[0] == 0x05010000 && v4->lasts[0] == 0x050101ff);
	assert_true(v4->starts[1] == 0x05010300 && v4->lasts[1] == 0x0501ffff);
	/* A nested one that is anycast too leaves no hole. */
	assert_int_equal(v6->count, 1);
	assert_true(v6->starts[0] == (u128)0x2a000001 << 96);
	assert_true(v6->lasts[0] == (((u128)0x2a000002 << 96) - 1));
}

static struct in6_addr in6_of(struct address address)
{
	struct in6_addr result = {0};

	if (address.family == FAMILY_V4)
		memset(&result.s6_addr[10], 0xff, 2);
	address_to_bytes(address, &result.s6_addr[address.family == FAMILY_V4 ? 12 : 0]);
	return result;
}

static void compare_at(struct loc_database *database, struct address address)
{
	struct in6_addr place = in6_of(address);
	struct loc_network *network = NULL;
	char text[ADDRESS_TEXT_SIZE];
	country_t country = COUNTRY_NONE;

	if (loc_database_lookup(database, &place, &network) == 0 && network)
		country = country_parse(loc_network_get_country_code(network), 2);
	address_format(address, text);
	if (value_at(&reading, text) != country)
		fail_msg("%s: %x, libloc says %x", text, value_at(&reading, text), country);
	if (network)
		loc_network_unref(network);
}

static void libloc_says_the_same(void **state)
{
	FILE *file = tmpfile();
	struct loc_database *database;
	struct loc_ctx *loc;

	(void)state;
	assert_int_equal(fwrite(fixture, 1, fixture_size, file), fixture_size);
	rewind(file);
	assert_int_equal(loc_new(&loc), 0);
	assert_int_equal(loc_database_new(loc, &database, file), 0);
	reads(&reading, fixture, fixture_size);
	for (enum family family = 0; family < FAMILIES; family++) {
		const struct changes *changes = &reading.layer.changes[family];

		assert_true(changes->count > 5);
		for (size_t i = 1; i < changes->count; i++) {
			compare_at(database, (struct address){family, changes->starts[i]});
			compare_at(database, (struct address){family, changes->starts[i] - 1});
		}
	}
	loc_database_unref(database);
	loc_unref(loc);
	fclose(file);
}

static void either_signature_is_enough(void **state)
{
	(void)state;
	write_fixture(other_key, signing_key);
	reads(&reading, fixture, fixture_size);
	write_fixture(signing_key, other_key);
	reads(&reading, fixture, fixture_size);
}

static void refused(const char *format)
{
	char message[400];

	snprintf(message, sizeof(message), format, public_key);
	refuses(&reading, fixture, fixture_size, message);
}

#define CHANGED                                                                                  \
	"fixture: its signature is not that of the key in %s: it was changed or cut off on the " \
	"way; fetch it again with `location update`"

static void a_wrong_signature_is_refused(void **state)
{
	(void)state;
	for (size_t at = 4200; at < fixture_size; at += 97) {
		fixture[at] ^= 1;
		refused(CHANGED);
		fixture[at] ^= 1;
	}
	fixture[15] ^= 1; /* its date */
	refused(CHANGED);
	fixture[15] ^= 1;
	fixture[80] ^= 1; /* the signature */
	refused(CHANGED);
	write_fixture(other_key, NULL);
	refused(CHANGED);
	write_fixture(other_key, other_key);
	refused(CHANGED);
	write_fixture(NULL, NULL);
	refused("fixture: it is not signed; fetch one that is with `location update`%.0s");
}

static void without_a_key_nothing_is_read(void **state)
{
	FILE *file;

	(void)state;
	assert_int_equal(unlink(public_key), 0);
	refused("fixture: its signature cannot be verified: %s: No such file or directory; restore "
		"it from the package");
	file = fopen(public_key, "w");
	fputs("no key\n", file);
	fclose(file);
	refused("fixture: its signature cannot be verified: %s: no public key in it; restore it "
		"from "
		"the package");
}

static void other_bytes_are_refused(void **state)
{
	(void)state;
	refuses_when_cut(&reading, fixture, fixture_size);
	fixture[7] = 2;
	refused("fixture: the first 8 bytes are not those of a location.db of version 1; fetch one "
		"with `location update`%.0s");
	refuses(&reading, "LOCDBXX\1", 8,
		"fixture: 8 bytes, and the header of a location.db has 4200; fetch the file again");
	fixture[7] = 1;
	memset(fixture + 44, 0xff, 4);
	read_bytes(&reading, fixture, fixture_size);
	assert_int_equal(reading.diagnostics.count, 1);
	assert_non_null(strstr(reading.diagnostics.items[0].text,
			       "the table that byte 44 speaks of ends at byte "));
	reading.file.format = DATA_LOCATION;
	refuses(&reading, "<html>", 6,
		"fixture: this is an HTML or XML page, not data (the login page of a proxy?); "
		"fetch the file again");
}

/* A tree that nobody signed, to be walked all the same. */
static void walk_refuses(const uint32_t (*nodes)[3], size_t count, const char *message)
{
	uint8_t bytes[4096] = {0}, network[12] = {'F', 'R'};
	struct layer_context context = reading_context(&reading);
	struct location_db location = {.reader = &reading.reader, .context = &context};
	char text[400] = "";

	assert_true(count * 12 <= sizeof(bytes));
	for (size_t i = 0; i < count * 3; i++) {
		uint32_t number = htonl(nodes[i / 3][i % 3]);

		memcpy(bytes + 4 * i, &number, 4);
	}
	reading.reader = (struct reader){.diagnostics = &reading.diagnostics};
	reading.reader.file.path = (char[]){"fixture"};
	location.nodes = (struct location_table){bytes, count * 12, 5000};
	location.networks = (struct location_table){network, sizeof(network), 9000};
	assert_true(location_rows(&location, &reading.layer) < 0);
	assert_int_equal(reading.diagnostics.count, 1);
	diagnostic_format(&reading.diagnostics.items[0], text, sizeof(text));
	assert_string_equal(text, message);
	reading_free(&reading);
}

#define NONE UINT32_MAX

static void hostile_trees_are_refused(void **state)
{
	static const uint32_t cycle[][3] = {{1, 0, NONE}, {0, 1, 0}};
	static const uint32_t outside[][3] = {{7, 0, NONE}};
	static const uint32_t network[][3] = {{0, 1, NONE}, {0, 0, 1}};
	static const uint32_t empty[][3] = {{0, 0, NONE}};
	uint32_t deep[131][3];

	(void)state;
	walk_refuses(cycle, 2,
		     "fixture: node 1 (byte 5012) of the tree is reached twice; fetch the file "
		     "again");
	walk_refuses(outside, 1,
		     "fixture: node 7 (byte 5084) of the tree lies outside of the file; fetch the "
		     "file again");
	walk_refuses(network, 2,
		     "fixture: node 1 (byte 5012) of the tree has a network outside of the file; "
		     "fetch the file again");
	walk_refuses(empty, 1, "fixture: no networks in it; fetch the file again");
	walk_refuses(empty, 0,
		     "fixture: node 0 (byte 5000) of the tree lies outside of the file; fetch the "
		     "file again");
	for (uint32_t i = 0; i < 131; i++) {
		deep[i][0] = i < 130 ? i + 1 : 0;
		deep[i][1] = 0;
		deep[i][2] = NONE;
	}
	walk_refuses((const uint32_t(*)[3])deep, 131,
		     "fixture: node 128 (byte 6536) of the tree has nodes below the last bit of an "
		     "address; fetch the file again");
}

static void the_key_of_ipfire_is_there(void **state)
{
	FILE *file = fopen("data/" LOCATION_KEY, "r");

	(void)state;
	assert_non_null(file);
	EVP_PKEY *key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	fclose(file);
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_bits(key), 521);
	EVP_PKEY_free(key);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		READING(the_most_specific_network_decides),
		READING(asns_have_their_names),
		READING(anycast_networks_are_told_apart),
		READING(libloc_says_the_same),
		READING(either_signature_is_enough),
		READING(a_wrong_signature_is_refused),
		READING(without_a_key_nothing_is_read),
		READING(other_bytes_are_refused),
		READING(hostile_trees_are_refused),
		cmocka_unit_test(the_key_of_ipfire_is_there),
	};

	return cmocka_run_group_tests_name("atlas_location", tests, NULL, NULL);
}
