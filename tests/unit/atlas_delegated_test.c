// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the registries' own files and tables of asn,country are read, several as one layer; where
 * nothing announced is registered, an operator has the country of its ASN. */
#include "tests/unit/atlas_sheet.h"
#include "tests/unit/atlas_world.h"

static const struct sheet registry = {DATA_REGISTRY, {0}};

#define SUMMARIES                      \
	"ripencc|*|ipv4|*|8|summary\n" \
	"ripencc|*|asn|*|1|summary\n"  \
	"ripencc|*|ipv6|*|1|summary\n"

static void records_are_read(void **state)
{
	(void)state;
	sheet_says(&registry,
		   "# banner\n"
		   "2|ripencc|1790287199|9|19700101|20260924|+0200\n" SUMMARIES
		   "ripencc|SE|ipv4|2.0.0.0|131072|20100712|allocated|12a581c1\n"
		   "ripencc|FR|ipv4|2.3.0.0|1536|20100712|assigned|9a489e65\n"
		   "ripencc||ipv4|5.0.0.0|2048||available\n"
		   "ripencc|ZZ|ipv4|5.1.0.0|2048||reserved|\n"
		   "ripencc|EU|ipv4|6.0.0.0|256|20100712|allocated|x\n"
		   "ripencc|NL|ipv6|2001:600::|29|19990826|allocated|6c4fb689|e-stats\n"
		   "ripencc|FR|asn|3215|1|19940101|allocated|x\n"
		   "ripencc|DE|asn|64500|10|00000000|assigned|x\n"
		   "ripencc||asn|64600|4294902696||available\n",
		   "2.0.0.0 SE, 2.2.0.0 -, 2.3.0.0 FR, 2.3.6.0 -, 2001:600:: NL, 2001:608:: -, "
		   "AS3215 to AS3215 FR, AS64500 to AS64509 DE");
	assert_string_equal(sheet_date, "2026-09-24");
	assert_string_equal(sheet_name, "ripencc delegated");
	/* The end of each family. */
	sheet_says(&registry,
		   "2.3|x|1|3||20260925|+1000\nx|FR|ipv4|255.255.255.0|256|0|allocated\n"
		   "x|FR|ipv6|::|0|0|allocated\nx|FR|asn|4294967295|1|0|allocated\n",
		   "255.255.255.0 FR, :: FR, AS4294967295 to AS4294967295 FR");
	sheet_says(&registry, "x|FR|ipv4|0.0.0.0|4294967295|0|allocated\n",
		   "0.0.0.0 FR, 255.255.255.255 -");
}

static void the_registries_common_file_is_read(void **state)
{
	(void)state;
	sheet_says(&registry,
		   "2|nro|20260929|5|19821213|20260929|+0000\nnro|*|asn|*|1|summary\n"
		   "iana|ZZ|asn|0|1|20140311|reserved|ietf|iana\n"
		   "apnic|CN|asn|4134|1|20020801|allocated|A1|e-stats\n"
		   "iana|ZZ|ipv4|0.0.0.0|16777216|19810901|reserved|ietf|iana\n"
		   "iana|ZZ|ipv6|0::|3|20260929|ianapool||iana\n"
		   "ripencc|FR|ipv4|2.0.0.0|1048576|20100712|allocated|x|e-stats\n",
		   "2.0.0.0 FR, 2.16.0.0 -, AS4134 to AS4134 CN");
	assert_string_equal(sheet_date, "2026-09-29");
}

static void files_may_follow_one_another(void **state)
{
	(void)state;
	sheet_says(&registry,
		   "2|a|1|1|0|20260924|0\na|FR|ipv4|5.0.0.0|256|0|allocated\n"
		   "2|b|1|1|0|20260901|0\nb|DE|ipv4|5.0.1.0|256|0|allocated\n",
		   "5.0.0.0 FR, 5.0.1.0 DE, 5.0.2.0 -");
	assert_string_equal(sheet_date, "2026-09-24");
	/* Each is counted by itself. */
	sheet_says(&registry,
		   "2|a|1|1|0|20260924|0\na|FR|ipv4|5.0.0.0|256|0|allocated\n"
		   "2|b|1|2|0|20260901|0\nb|DE|ipv4|5.0.1.0|256|0|allocated\n",
		   "f:4: the file ends early: 1 of the 2 records that its header announces; fetch "
		   "it again");
	sheet_says(&registry,
		   "2|a|1|2|0|20260924|0\na|FR|ipv4|5.0.0.0|256|0|allocated\n"
		   "2|b|1|1|0|20260901|0\nb|DE|ipv4|5.0.1.0|256|0|allocated\n",
		   "f:3: the file ends early: 1 of the 2 records that its header announces; fetch "
		   "it again");
}

static void what_is_cut_off_is_refused(void **state)
{
	(void)state;
	sheet_says(&registry,
		   "2|a|1|3|0|20260924|0\na|FR|ipv4|5.0.0.0|256|0|allocated\n"
		   "a|DE|ipv4|5.0.1.0|256|0|allocated\n",
		   "f:3: the file ends early: 2 of the 3 records that its header announces; fetch "
		   "it again");
	sheet_says(&registry, "2|a|1|1|0|20260924|0\na|FR|ipv4|5.0.0.0|25",
		   "f:2: the file ends in the middle of a line; fetch it again");
	sheet_says(&registry, "2|a|1|x|0|20260924|0\n",
		   "f:1:7: \"x\" is not a count of records; fetch the file again");
}

static void wrong_counts_are_refused(void **state)
{
	(void)state;
	sheet_says(&registry, "x|FR|ipv4|5.0.0.0|0|0|allocated\n",
		   "f:1:19: \"0\" is not a count; write a number from 1 on");
	sheet_says(&registry, "x|FR|ipv4|5.0.0.0|-1|0|allocated\n",
		   "f:1:19: \"-1\" is not a count; write a number from 1 on");
	sheet_says(&registry, "x|FR|ipv4|255.255.255.0|257|0|allocated\n",
		   "f:1:25: 257 from 255.255.255.0 on are more than there are; fetch the file "
		   "again");
	sheet_says(&registry, "x|FR|ipv4|5.0.0.0|4294967296|0|allocated\n",
		   "f:1:19: \"4294967296\" is not a count; write a number from 1 on");
	sheet_says(&registry, "x|FR|asn|4294967295|2|0|allocated\n",
		   "f:1:21: 2 from 4294967295 on are more than there are; fetch the file again");
	sheet_says(&registry, "x|FR|ipv6|2a00::|129|0|allocated\n",
		   "f:1:18: \"129\" is not a length; write a number from 0 to 128");
	sheet_says(&registry, "x|FR|ipv6|2a00::1|32|0|allocated\n",
		   "f:1:11: 2a00::1 has bits set beyond its length, 32; write that of 2a00::/32");
}

static void wrong_records_are_refused(void **state)
{
	(void)state;
	sheet_says(&registry, "x|FR|ipv4|2a00::|256|0|allocated\n",
		   "f:1:11: \"2a00::\" is not an IPv4 address; write one like 192.0.2.0");
	sheet_says(&registry, "x|FR|ipv6|5.0.0.0|32|0|allocated\n",
		   "f:1:11: \"5.0.0.0\" is not an IPv6 address; write one like 2001:db8::");
	sheet_says(&registry, "x|FR|asn|AS1|32|0|allocated\n",
		   "f:1:10: \"AS1\" is not an ASN; write a number up to 4294967295");
	sheet_says(&registry, "x|FR|ipv5|5.0.0.0|32|0|allocated\n",
		   "f:1:6: \"ipv5\" is not a type; write asn, ipv4 or ipv6");
	sheet_says(&registry, "x|FR|ipv4|5.0.0.0|32|0|given\n",
		   "f:1:24: \"given\" is not a status; write allocated, assigned, available or "
		   "reserved");
	sheet_says(&registry, "x|FRA|ipv4|5.0.0.0|32|0|allocated\n",
		   "f:1:3: \"FRA\" is not a country code; write two letters, as in ISO 3166-1, or "
		   "nothing where it is not known");
	sheet_says(&registry, "x|FR|ipv4|5.0.0.0|32|0\n",
		   "f:1: 6 fields; write registry|cc|type|start|value|date|status");
	sheet_says(&registry, "x|FR|ipv4|5.0.0.0|32|0|allocated\nx|FR\n",
		   "f:2: 2 fields; write registry|cc|type|start|value|date|status");
	sheet_says(&registry, "x|FR|ipv4|5.0.0.0|32|0|allocated\n1.0.0.0,1.0.0.1,FR\n",
		   "f:2:9: a comma in a registry's file; fetch it again");
}

static void a_table_of_asns_is_read(void **state)
{
	(void)state;
	sheet_says(&registry, "asn,country\n3215,FR\nAS64500,de,Name\n64501,\n64502,EU\n",
		   "AS3215 to AS3215 FR, AS64500 to AS64500 DE, AS64501 to AS64501 -, "
		   "AS64502 to AS64502 -");
	sheet_says(&registry, "3215,FR\n0,FR\n",
		   "f:2:1: \"0\" is not an ASN; write a number from 1 to 4294967295");
	sheet_says(&registry, "3215,FR\n4294967296,FR\n",
		   "f:2:1: \"4294967296\" is not an ASN; write a number from 1 to 4294967295");
	sheet_says(&registry, "3215,FR\n3216\n", "f:2: no country; write asn,country");
	sheet_says(&registry, "3215,FR\n3216,France\n",
		   "f:2:6: \"France\" is not a country code; write two letters, as in ISO 3166-1, "
		   "or nothing where it is not known");
}

static void expect_registry(uint32_t asn, const char *country)
{
	const struct asn_operator *holder = atlas_operator(world_atlas, asn);
	char code[3];

	assert_non_null(holder);
	assert_string_equal(country_format(holder->registry, code), country);
}

static void the_registries_make_one_layer(void **state)
{
	struct data_file files[] = {{.path = world_path("ripe")},
				    {.path = world_path("data/registry.csv.zst")},
				    {.path = world_path("arin"), .name = "ARIN's own"},
				    {.path = world_path("asns")}};
	struct atlas_config config = world_config();

	(void)state;
	/* Of the rows of all files the smallest decides: of AS200's /16 most is German by the first
	 * one, and of AS100's French by the second, which is one of changes. */
	world_write("ripe", "2|ripencc|1|2|0|20260924|0\nripencc|DE|ipv4|5.1.0.0|40000|0|assigned\n"
			    "ripencc|DE|asn|900|1|0|assigned\n");
	world_write("arin", "2|arin|1|3|0|20260925|0\narin|US|ipv4|5.1.0.0|65536|0|assigned\n"
			    "arin|US|asn|100|200|0|assigned\narin|US|asn|300|1|0|assigned\n");
	world_write("asns", "900,US\n100,NL\n");
	config.data.files[DATA_REGISTRY] = (struct data_files){files, 4};
	world_build(&config);
	expect_registry(100, "FR");
	expect_registry(200, "DE");
	expect_registry(300, "RE"); /* by its space: the ASN's own country is the second choice */
	expect_registry(900, "??"); /* two registries contradict each other */
	assert_int_equal(atlas_source_count(world_atlas), 1 + 4 + 1 + 4);
	for (size_t i = 0; i < atlas_source_count(world_atlas); i++) {
		const struct source *source = atlas_source(world_atlas, i);

		if (strcmp(source->path, world_path("arin")) == 0) {
			assert_int_equal(source->role, SOURCE_REGISTRY);
			assert_string_equal(source->name, "ARIN's own");
			assert_string_equal(source->date, "2026-09-25");
		}
	}
}

/* Files of changes are rows too, wherever in the list they are. */
static void changes_make_one_layer_with_others(void **state)
{
	struct data_file files[] = {{.path = world_path("first")},
				    {.path = world_path("second")},
				    {.path = world_path("third")},
				    {.path = world_path("fourth")}};
	struct atlas_config config = world_config();

	(void)state;
	world_write("first", "5.1.0.0,US\n5.2.0.0,\n");
	world_write("second", "5.0.0.0,FR\n5.1.0.0,\n");
	world_write("third", "2|x|1|1|0|20260924|0\nx|DE|ipv4|5.0.0.0|40000|0|assigned\n");
	world_write("fourth", "2a00::,IT\n2a01::,\n");
	config.data.files[DATA_REGISTRY] = (struct data_files){files, 2};
	world_build(&config);
	expect_registry(100, "FR");
	expect_registry(200, "US");
	expect_registry(300, "??");
	config.data.files[DATA_REGISTRY].count = 4;
	world_build(&config);
	expect_registry(100, "DE");
	expect_registry(200, "US");
	expect_registry(300, "IT");
	world_write("fourth", "5.0.0.0,IT\n5.0.128.0,\n");
	world_build(&config);
	expect_registry(100, "IT");
}

static void the_registry_of_an_asn_is_the_second_choice(void **state)
{
	struct data_file files[] = {{.path = world_path("asns")}};
	struct atlas_config config = world_config();

	(void)state;
	world_write("asns", "100,DE\n200,US\n300,FR\n900,SE\n77,SE\n");
	config.data.files[DATA_REGISTRY] = (struct data_files){files, 1};
	world_build(&config);
	expect_registry(100, "DE");
	expect_registry(300, "FR");
	expect_registry(900, "SE");
	assert_null(atlas_operator(world_atlas, 77)); /* it is in no other table */
	world_expect_reach(200, true, "US");
	world_expect_reach(900, true, ""); /* doubtful: never by inference */
	world_write("asns", "100,DE\n200,Sweden\n");
	world_refuses(&config, "asns:2:5: \"Sweden\" is not a country code; write two letters, as "
			       "in ISO 3166-1, or nothing where it is not known");
}

#define IN_A_WORLD(test) cmocka_unit_test_setup_teardown(test, world_start, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read),
		cmocka_unit_test(the_registries_common_file_is_read),
		cmocka_unit_test(files_may_follow_one_another),
		cmocka_unit_test(what_is_cut_off_is_refused),
		cmocka_unit_test(wrong_counts_are_refused),
		cmocka_unit_test(wrong_records_are_refused),
		cmocka_unit_test(a_table_of_asns_is_read),
		IN_A_WORLD(the_registries_make_one_layer),
		IN_A_WORLD(changes_make_one_layer_with_others),
		IN_A_WORLD(the_registry_of_an_asn_is_the_second_choice),
	};

	return cmocka_run_group_tests_name("atlas_delegated", tests, NULL, NULL);
}
