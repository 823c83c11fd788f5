// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a MaxMind DB of every publisher's form says what it says, in both families, and one that is
 * cut off, hostile or of another kind is refused with the place of the fault. */
#include "tests/unit/mmdb_writer.h"
#include "tests/unit/reading.h"

static struct mmdb_writer writer;
static struct mmdb_bytes out;
static struct reading reading;

static int start(void **state)
{
	(void)state;
	memset(&reading, 0, sizeof(reading));
	mmdb_start(&writer, 6, 28);
	return 0;
}

static int end(void **state)
{
	(void)state;
	reading_free(&reading);
	return 0;
}

/* {"country": {"iso_code": country}, "registered_country": {"iso_code": registered}} */
static size_t maxmind_record(const char *country, const char *registered)
{
	size_t at = writer.data.size;

	mmdb_map(&writer.data, (country ? 1u : 0) + (registered ? 1u : 0));
	if (country) {
		mmdb_text(&writer.data, "country");
		mmdb_map(&writer.data, 1);
		mmdb_text(&writer.data, "iso_code");
		mmdb_text(&writer.data, country);
	}
	if (registered) {
		mmdb_text(&writer.data, "registered_country");
		mmdb_map(&writer.data, 1);
		mmdb_text(&writer.data, "iso_code");
		mmdb_text(&writer.data, registered);
	}
	return at;
}

/* One or two texts by their keys. */
static size_t flat_record(const char *key, const char *value, const char *key2, const char *value2)
{
	size_t at = writer.data.size;

	mmdb_map(&writer.data, key2 ? 2 : 1);
	mmdb_text(&writer.data, key);
	mmdb_text(&writer.data, value);
	if (key2) {
		mmdb_text(&writer.data, key2);
		mmdb_text(&writer.data, value2);
	}
	return at;
}

static void finish_and_read(void)
{
	mmdb_finish(&writer, &out);
	reads(&reading, out.bytes, out.size);
}

static void finish_and_refuse(const char *message)
{
	mmdb_finish(&writer, &out);
	refuses(&reading, out.bytes, out.size, message);
}

static void soil_is_country_and_never_registered_country(void **state)
{
	(void)state;
	mmdb_put(&writer, "5.0.0.0/8", maxmind_record("FR", "US"));
	mmdb_put(&writer, "6.0.0.0/8", maxmind_record(NULL, "US"));
	mmdb_put(&writer, "7.0.0.0/8", maxmind_record("EU", NULL));
	mmdb_put(&writer, "2a00::/16", maxmind_record("de", "US"));
	finish_and_read();
	expect_country(&reading, "4.255.255.255", "??");
	expect_country(&reading, "5.0.0.0", "FR");
	expect_country(&reading, "5.255.255.255", "FR");
	expect_country(&reading, "6.0.0.0", "??");
	expect_country(&reading, "7.0.0.0", "??");
	expect_country(&reading, "8.0.0.0", "??");
	expect_country(&reading, "2a00::1", "DE");
	expect_country(&reading, "2a01::", "??");
	expect_country(&reading, "::5.0.0.0", "??");
	assert_string_equal(reading.reader.date, "2026-01-01");
	assert_string_equal(reading.reader.name, "Test-Country");
	assert_int_equal(reading.reader.rows, 4);
	reading.role = DATA_REGISTRY;
	finish_and_read();
	expect_country(&reading, "5.0.0.0", "US");
	expect_country(&reading, "6.0.0.0", "US");
	expect_country(&reading, "7.0.0.0", "??");
}

static void flat_forms_are_guessed(void **state)
{
	(void)state;
	mmdb_put(&writer, "5.0.0.0/8", flat_record("country_code", "FR", NULL, NULL));
	finish_and_read();
	expect_country(&reading, "5.0.0.1", "FR");
	mmdb_start(&writer, 6, 24);
	mmdb_put(&writer, "5.0.0.0/8", flat_record("country", "FR", "country_name", "France"));
	finish_and_read();
	expect_country(&reading, "5.0.0.1", "FR");
	/* IPinfo Lite: "country" is a name. */
	mmdb_start(&writer, 6, 32);
	mmdb_put(&writer, "5.0.0.0/8", flat_record("country", "France", "country_code", "FR"));
	mmdb_put(&writer, "6.0.0.0/8", flat_record("country_code", "", NULL, NULL));
	finish_and_read();
	expect_country(&reading, "5.0.0.1", "FR");
	expect_country(&reading, "6.0.0.1", "??");
}

static void a_type_that_says_nothing_is_no_name(void **state)
{
	(void)state;
	mmdb_put(&writer, "5.0.0.0/8", maxmind_record("FR", NULL));
	writer.type = "country ipvAll";
	finish_and_read();
	assert_string_equal(reading.reader.name, "");
}

static void the_field_can_be_set(void **state)
{
	char field[] = "registered_country.iso_code";

	(void)state;
	mmdb_put(&writer, "5.0.0.0/8", maxmind_record("FR", "US"));
	mmdb_put(&writer, "6.0.0.0/8", maxmind_record("FR", NULL));
	reading.file.field = field;
	finish_and_read();
	expect_country(&reading, "5.0.0.0", "US");
	expect_country(&reading, "6.0.0.0", "??");
	reading.file.field = (char[]){"country"};
	finish_and_refuse(
		"fixture: what the record at byte 751 has there is no country code; write "
		"`field:` with where one stands, as in country.iso_code");
	reading.file.field = (char[]){"country..iso_code"};
	finish_and_refuse("fixture: \"country..iso_code\" names no field; write up to 8 keys with "
			  "dots between them, as in country.iso_code");
	reading.file.field = (char[]){"a.b.c.d.e.f.g.h.i"};
	finish_and_refuse("fixture: \"a.b.c.d.e.f.g.h.i\" names no field; write up to 8 keys with "
			  "dots between them, as in country.iso_code");
}

static void asns_come_as_numbers_and_as_text(void **state)
{
	size_t at = writer.data.size;

	(void)state;
	reading.role = DATA_ASN;
	mmdb_map(&writer.data, 2);
	mmdb_text(&writer.data, "autonomous_system_number");
	mmdb_number(&writer.data, MMDB_UINT32, 64500);
	mmdb_text(&writer.data, "autonomous_system_organization");
	mmdb_text(&writer.data, "Example");
	mmdb_put(&writer, "5.0.0.0/8", at);
	mmdb_put(&writer, "2a00::/16", at);
	finish_and_read();
	expect_asn(&reading, "5.0.0.0", 64500, "Example");
	expect_asn(&reading, "2a00::", 64500, "Example");
	expect_asn(&reading, "6.0.0.0", 0, "");
	assert_int_equal(reading.operators.count, 1);
	mmdb_start(&writer, 6, 28);
	mmdb_put(&writer, "5.0.0.0/8", flat_record("asn", "AS64501", "as_name", "Two"));
	mmdb_put(&writer, "6.0.0.0/8", flat_record("asn", "", NULL, NULL));
	finish_and_read();
	expect_asn(&reading, "5.0.0.0", 64501, "Two");
	expect_asn(&reading, "6.0.0.0", 0, "");
	mmdb_put(&writer, "7.0.0.0/8", flat_record("asn", "AS", NULL, NULL));
	finish_and_refuse(
		"fixture: what the record at byte 782 has there is no ASN; write `field:` "
		"with where one stands, as in autonomous_system_number");
}

static void a_tree_of_ipv4_alone_is_read(void **state)
{
	(void)state;
	mmdb_start(&writer, 4, 24);
	mmdb_put(&writer, "0.0.0.0/8", maxmind_record("US", NULL));
	mmdb_put(&writer, "255.255.255.255/32", maxmind_record("FR", NULL));
	finish_and_read();
	expect_country(&reading, "0.255.255.255", "US");
	expect_country(&reading, "1.0.0.0", "??");
	expect_country(&reading, "255.255.255.254", "??");
	expect_country(&reading, "255.255.255.255", "FR");
	expect_country(&reading, "::1", "??");
}

static void aliases_of_ipv4_are_not_read_again(void **state)
{
	(void)state;
	mmdb_put(&writer, "5.0.0.0/8", maxmind_record("FR", NULL));
	mmdb_put(&writer, "2a00::/16", maxmind_record("DE", NULL));
	int64_t v4 = *mmdb_record(&writer, "::/96");
	assert_true(v4 > 0);
	*mmdb_record(&writer, "2002::/16") = v4;
	*mmdb_record(&writer, "2001::/32") = v4;
	*mmdb_record(&writer, "::ffff:0:0/96") = v4;
	finish_and_read();
	expect_country(&reading, "5.0.0.0", "FR");
	expect_country(&reading, "2002:500::", "??");
	expect_country(&reading, "::ffff:5.0.0.0", "??");
	expect_country(&reading, "2a00::", "DE");
	assert_int_equal(reading.reader.rows, 2);
	/* A leaf above ::/96 speaks of IPv4 too, as it does for the library. */
	mmdb_start(&writer, 6, 28);
	mmdb_put(&writer, "::/8", maxmind_record("FR", NULL));
	finish_and_read();
	expect_country(&reading, "5.0.0.0", "FR");
	expect_country(&reading, "ff::", "FR");
	expect_country(&reading, "100::", "??");
}

static void a_database_without_the_word_is_refused(void **state)
{
	(void)state;
	mmdb_put(&writer, "5.0.0.0/8", flat_record("city", "Paris", NULL, NULL));
	/* A name is no code. */
	mmdb_put(&writer, "6.0.0.0/8", flat_record("country", "France", NULL, NULL));
	finish_and_refuse("fixture: no record of this Test-Country has a country code where one is "
			  "known to stand; write `field:` with the place of one, as in "
			  "country.iso_code");
	reading.role = DATA_ASN;
	finish_and_refuse("fixture: no record of this Test-Country has an ASN where one is known "
			  "to stand; write `field:` with the place of one, as in "
			  "autonomous_system_number");
	reading.file.field = (char[]){"a.b"};
	finish_and_read();
	expect_asn(&reading, "5.0.0.0", 0, "");
	reading.role = DATA_FEEDS;
	finish_and_refuse("fixture: a file of format mmdb is no source of `feeds:`; name it under "
			  "`soil:`");
}

static void hostile_trees_are_refused(void **state)
{
	(void)state;
	mmdb_put(&writer, "5.0.0.0/8", maxmind_record("FR", NULL));
	int64_t *record = mmdb_record(&writer, "9.0.0.0/8");
	/* A cycle: deeper than any address. */
	*record = 1;
	finish_and_refuse("fixture: node 25 (byte 175) of the tree lies below the last bit of an "
			  "address; fetch the file again");
	*record = -5000;
	finish_and_refuse("fixture: node 106 (byte 742) of the tree points outside of the file; "
			  "fetch the file again");
	/* Each node leads to the next one twice: 2^100 ways. */
	mmdb_start(&writer, 6, 24);
	writer.count = 100;
	for (size_t i = 0; i + 1 < 100; i++)
		writer.nodes[i][0] = writer.nodes[i][1] = (int64_t)i + 1;
	finish_and_refuse(
		"fixture: node 99 (byte 594) of the tree is reached too often (it has over "
		"16,777,216 ends); fetch the file again");
}

static void broken_records_are_refused(void **state)
{
	size_t at;

	(void)state;
	/* A map of 28 pairs at the end of the data. */
	at = writer.data.size;
	mmdb_map(&writer.data, 28);
	mmdb_put(&writer, "5.0.0.0/8", at);
	mmdb_finish(&writer, &out);
	read_bytes(&reading, out.bytes, out.size);
	assert_true(reading.error < 0);
	assert_int_equal(reading.diagnostics.count, 1);
	assert_non_null(strstr(reading.diagnostics.items[0].text, "the record at byte 744 is "
								  "broken: "));
	/* A pointer to itself. */
	mmdb_start(&writer, 6, 28);
	mmdb_byte(&writer.data, MMDB_POINTER << 5);
	mmdb_byte(&writer.data, 0);
	mmdb_put(&writer, "5.0.0.0/8", 0);
	mmdb_finish(&writer, &out);
	read_bytes(&reading, out.bytes, out.size);
	assert_true(reading.error < 0);
	assert_int_equal(reading.diagnostics.count, 1);
}

static void other_bytes_are_refused(void **state)
{
	static const char page[] = "<!DOCTYPE html>\n<html></html>\n";

	(void)state;
	mmdb_put(&writer, "5.0.0.0/8", maxmind_record("FR", NULL));
	mmdb_finish(&writer, &out);
	refuses_when_cut(&reading, out.bytes, out.size);
	reading.file.format = DATA_MMDB;
	refuses_when_cut(&reading, out.bytes, out.size);
	refuses(&reading, page, strlen(page),
		"fixture: this is an HTML or XML page, not data (the login page of a proxy?); "
		"fetch the file again");
	refuses(&reading, "text\n", 5,
		"fixture: not a whole MaxMind DB of 5 bytes: The MaxMind DB file contains invalid "
		"metadata; fetch the file again");
	/* Sizes that do not fit: the tree is longer than the file. */
	writer.count = 1000;
	out.size = 0;
	mmdb_metadata(&writer, &out);
	read_bytes(&reading, out.bytes, out.size);
	assert_true(reading.error < 0);
	assert_int_equal(reading.diagnostics.count, 1);
}

#define READING(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		READING(soil_is_country_and_never_registered_country),
		READING(flat_forms_are_guessed),
		READING(a_type_that_says_nothing_is_no_name),
		READING(the_field_can_be_set),
		READING(asns_come_as_numbers_and_as_text),
		READING(a_tree_of_ipv4_alone_is_read),
		READING(aliases_of_ipv4_are_not_read_again),
		READING(a_database_without_the_word_is_refused),
		READING(hostile_trees_are_refused),
		READING(broken_records_are_refused),
		READING(other_bytes_are_refused),
	};

	return cmocka_run_group_tests_name("atlas_mmdb", tests, NULL, NULL);
}
