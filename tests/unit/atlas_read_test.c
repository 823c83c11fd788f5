// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a source that is broken, of another kind or contradictory in form is refused, and the
 * message says which file, where, and what to do. */
#include <zstd.h>

#include "tests/unit/atlas_world.h"

static void soil_refused(const char *text, const char *message)
{
	struct data_file soil[] = {{.path = world_path("soil")}};
	struct atlas_config config = world_config();

	world_write("soil", text);
	config.data.files[DATA_SOIL] = (struct data_files){soil, 1};
	world_refuses(&config, message);
}

static void bytes_refused(const void *bytes, size_t size, const char *message)
{
	struct data_file soil[] = {{.path = world_path("soil")}};
	struct atlas_config config = world_config();

	world_write_bytes("soil", bytes, size);
	config.data.files[DATA_SOIL] = (struct data_files){soil, 1};
	world_refuses(&config, message);
}

static void a_missing_or_empty_file_is_refused(void **state)
{
	struct data_file soil[] = {{.path = world_path("none.csv")}};
	struct atlas_config config = world_config();

	(void)state;
	config.data.files[DATA_SOIL] = (struct data_files){soil, 1};
	world_refuses(&config, "none.csv: cannot be read: No such file or directory; check its "
			       "path and permissions");
	soil_refused("", "soil: the file is empty; restore it from its source");
	soil_refused("# only comments\n\n", "soil: no rows in it; restore it from its source");
	soil_refused("start,end,country\n",
		     "soil:1: a header and no rows; restore it from its source");
}

static void other_kinds_are_refused_by_name(void **state)
{
	(void)state;
	soil_refused("<!DOCTYPE html>\n<html>\n",
		     "soil:1: this is an HTML or XML page, not data (the login page of a proxy?); "
		     "fetch the file again");
	soil_refused(
		"# comment\n{\"prefixes\": [\n",
		"soil:2: this is JSON of no form that is read here; give a CSV of start,end,value");
	bytes_refused("\x1f\x8b\x08", 4,
		      "soil: this is compressed by gzip; unpack it, or compress it with zstd");
	bytes_refused("PK\x03\x04", 4,
		      "soil: this is a ZIP archive; unpack it and name the file inside");
}

static void a_file_that_ends_early_is_refused(void **state)
{
	char text[20000], packed[20000];
	size_t length = 0;

	(void)state;
	soil_refused("1.0.0.0,1.0.0.255,AU\n1.0.1.0,1.0.1.2",
		     "soil:2: the file ends in the middle of a line; fetch it again");
	/* Changes that were cut off between two lines. */
	soil_refused("1.0.0.0,AU\n2.0.0.0,JP\n",
		     "soil:2: IPv4 ends early: all above 2.0.0.0 would have its value; fetch the "
		     "file again, or end with START, and no value; for a list of single addresses, "
		     "`format: prefixes`");
	soil_refused("1.0.0.0,AU\n2.0.0.0,\n2a00::,FR\n",
		     "soil:3: IPv6 ends early: all above 2a00:: would have its value; fetch the "
		     "file again, or end with START, and no value; for a list of single addresses, "
		     "`format: prefixes`");
	soil_refused("1.0.0.0,AU\n2a00::,FR\n2a01::,\n",
		     "soil:2: IPv4 ends early: all above 1.0.0.0 would have its value; fetch the "
		     "file again, or end with START, and no value; for a list of single addresses, "
		     "`format: prefixes`");
	for (unsigned i = 0; i < 800; i++)
		length += (size_t)sprintf(text + length, "1.%u.%u.0,FR\n", i / 256, i % 256);
	length += (size_t)sprintf(text + length, "2.0.0.0,\n");
	size_t size = ZSTD_compress(packed, sizeof(packed), text, length, 3);
	assert_false(ZSTD_isError(size));
	world_write_bytes("whole", packed, size);
	struct data_file soil[] = {{.path = world_path("whole")}};
	struct atlas_config config = world_config();
	config.data.files[DATA_SOIL] = (struct data_files){soil, 1};
	world_build(&config);
	world_expect("1.2.3.4", "FR", SOIL_AGREED, 0);
	for (size_t cut = 5; cut < size; cut += 7) {
		struct diagnostics diagnostics = {0};
		struct atlas *atlas = NULL;

		world_write_bytes("whole", packed, cut);
		assert_true(atlas_build(&config, &atlas, &diagnostics) < 0);
		assert_null(atlas);
		assert_int_equal(diagnostics.errors, 1);
		diagnostics_free(&diagnostics);
	}
}

static void rows_of_a_wrong_form_are_refused(void **state)
{
	(void)state;
	soil_refused("1.0.0.0,1.0.0.255,AU\n1.0.1.0,1.0.1.255\n",
		     "soil:2: 2 fields; write start,end,value as in the first row");
	soil_refused("1.0.0.0,1.0.0.255\n", "soil:1: there is no value; write start,end,value");
	soil_refused("1.0.0.0,1.0.0.255,AU\n1.0.1.0,1.0.0.255,AU\n",
		     "soil:2:9: the range ends before it starts; write the lower address first");
	soil_refused("1.0.0.0,1.0.0.255,AU\n1.0.1.0,::1,AU\n",
		     "soil:2:9: the range starts in one family and ends in the other");
	soil_refused("1.0.0.0,1.0.0.256,AU\n",
		     "soil:1:9: \"1.0.0.256\" is not an address; write start,end,value with "
		     "addresses as text or as integers");
	soil_refused("1.0.0.0,1.0.0.255,Australia\n",
		     "soil:1:19: \"Australia\" is not a country code; write two letters, as in "
		     "ISO 3166-1, or nothing where it is not known");
	soil_refused("1.0.0.0,1.0.0.255,\"AU\n", "soil:1:19: a quote is opened and not closed");
}

static void changes_must_ascend(void **state)
{
	(void)state;
	soil_refused("1.0.0.0,AU\n2.0.0.0,FR\n1.5.0.0,DE\n",
		     "soil:3:1: 1.5.0.0 comes after a higher address; sort by start, IPv4 first");
	soil_refused("1.0.0.0,AU\n1.0.0.0,FR\n",
		     "soil:2:1: 1.0.0.0 comes after a higher address; sort by start, IPv4 first");
	soil_refused("2a00::,AU\n1.0.0.0,FR\n",
		     "soil:2:1: 1.0.0.0 comes after a higher address; sort by start, IPv4 first");
	soil_refused("1.0.0.0,AU\n2.0.0.0,2.0.0.255,FR\n",
		     "soil:2: 3 fields; write start,value as in the first row");
	soil_refused("1.0.0.0,AU\nx,FR\n", "soil:2:1: \"x\" is not an address; write start,value");
}

static void other_tables_are_checked_too(void **state)
{
	struct atlas_config config = world_config();
	struct data_file asn[] = {{.path = world_path("asn")}};

	(void)state;
	world_write("asn", "1.0.0.0,1.0.0.255,4294967296\n");
	config.data.files[DATA_ASN] = (struct data_files){asn, 1};
	world_refuses(&config, "asn:1:19: \"4294967296\" is not an ASN; write a number up to "
			       "4294967295, or nothing where it is not known");
	config.data.files[DATA_ASN].count = 0;
	world_write("data/anycast.csv", "1.1.1.1/24,x,y\n");
	world_refuses(&config, "data/anycast.csv:1:1: 1.1.1.1/24 has bits set beyond its length; "
			       "write 1.1.1.0/24");
	world_write("data/anycast.csv", "1.1.1.0/33,x,y\n");
	world_refuses(&config, "data/anycast.csv:1:1: 1.1.1.0/33 has no length that fits; write "
			       "one from 0 to 32");
	world_write("data/anycast.csv", "1.1.1.0/24\n");
	world_refuses(&config, "data/anycast.csv:1: 1 fields; write prefix,operator,source");
	world_write("data/anycast.csv", "1.1.1.0/24,x,y\n");
	world_write("data/doubtful.csv", "1,x\n");
	world_refuses(&config, "data/doubtful.csv:1: 2 fields; write asn,name,candidate_parent,"
			       "reason");
	world_write("data/asn-names.csv.zst", "1\n");
	world_refuses(&config, "data/asn-names.csv.zst:1: no name; write asn,name");
}

static void both_threads_report(void **state)
{
	struct atlas_config config = world_config();
	struct diagnostics diagnostics = {0};
	struct atlas *atlas = NULL;

	(void)state;
	world_write("data/soil.csv.zst", "x\n");
	world_write("data/asn.csv.zst", "# date: today\ny\n");
	assert_true(atlas_build(&config, &atlas, &diagnostics) < 0);
	assert_int_equal(diagnostics.errors, 2);
	assert_int_equal(diagnostics.count, 3);
	assert_int_equal(diagnostics.items[1].severity, SEVERITY_WARNING);
	assert_non_null(strstr(diagnostics.items[2].file, "data/asn.csv.zst"));
	assert_int_equal(diagnostics.items[2].line, 2);
	diagnostics_free(&diagnostics);
}

static void too_many_soil_sources_are_refused(void **state)
{
	struct data_file soil[ATLAS_SOIL_SOURCES_MOST + 1] = {0};
	struct atlas_config config = world_config();

	(void)state;
	for (size_t i = 0; i <= ATLAS_SOIL_SOURCES_MOST; i++)
		soil[i].path = world_path("data/soil.csv.zst");
	config.data.files[DATA_SOIL] = (struct data_files){soil, ATLAS_SOIL_SOURCES_MOST + 1};
	world_refuses(&config, "data/soil.csv.zst: over 8 soil sources; leave out some");
	config.data.files[DATA_SOIL].count = ATLAS_SOIL_SOURCES_MOST;
	world_build(&config);
	world_expect("5.0.0.0", "FR", SOIL_AGREED, 100);
}

static void a_date_of_another_form_is_warned_about(void **state)
{
	struct data_file soil[] = {{.path = world_path("soil")}};
	struct atlas_config config = world_config();

	(void)state;
	world_write("soil", "# date: 1 June\n1.0.0.0,1.0.0.255,FR\n");
	config.data.files[DATA_SOIL] = (struct data_files){soil, 1};
	world_build(&config);
	assert_int_equal(world_diagnostics.count, 1);
	assert_int_equal(world_diagnostics.items[0].severity, SEVERITY_WARNING);
	assert_int_equal(world_diagnostics.items[0].line, 1);
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_WORLD(a_missing_or_empty_file_is_refused),
		IN_A_WORLD(other_kinds_are_refused_by_name),
		IN_A_WORLD(a_file_that_ends_early_is_refused),
		IN_A_WORLD(rows_of_a_wrong_form_are_refused),
		IN_A_WORLD(changes_must_ascend),
		IN_A_WORLD(other_tables_are_checked_too),
		IN_A_WORLD(both_threads_report),
		IN_A_WORLD(too_many_soil_sources_are_refused),
		IN_A_WORLD(a_date_of_another_form_is_warned_about),
	};

	return cmocka_run_group_tests_name("atlas_read", tests, NULL, NULL);
}
