// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: lists of prefixes, with values or with one for all, and geofeeds; a wrong prefix is refused
 * with the right one. */
#include "tests/unit/atlas_sheet.h"

static uint32_t two_asns[] = {64500, 64501};

static const struct sheet soil = {DATA_SOIL, {0}};
static const struct sheet french = {DATA_SOIL, {.country = COUNTRY('F', 'R')}};
static const struct sheet asn = {DATA_ASN, {0}};
static const struct sheet announced = {DATA_ASN, {.asns = two_asns, .asn_count = 1}};
static const struct sheet feed = {DATA_FEEDS, {.asns = two_asns, .asn_count = 2}};
static const struct sheet french_feed = {
	DATA_FEEDS, {.asns = two_asns, .asn_count = 1, .country = COUNTRY('F', 'R')}};
static const struct sheet single = {DATA_SOIL, {.format = DATA_PREFIXES}};

static void a_list_is_of_the_country_that_the_policy_says(void **state)
{
	(void)state;
	sheet_says(&french, "5.0.0.0/24\n2a00::/32\n5.0.2.1\n",
		   "5.0.0.0 FR, 5.0.1.0 -, 5.0.2.1 FR, 5.0.2.2 -, 2a00:: FR, 2a00:1:: -");
	sheet_says(&french, "5.0.2.1\n2a00::1\n", "5.0.2.1 FR, 5.0.2.2 -, 2a00::1 FR, 2a00::2 -");
	sheet_says(&french, "prefix\n5.0.0.0/24\n", "5.0.0.0 FR, 5.0.1.0 -");
	/* What a row says of itself counts more. */
	sheet_says(&french, "5.0.0.0/24\n5.0.1.0/24,DE\n5.0.2.0/24,\n",
		   "5.0.0.0 FR, 5.0.1.0 DE, 5.0.2.0 -");
	sheet_says(&announced, "5.0.0.0/24\n5.0.1.0/24,7\n",
		   "5.0.0.0 AS64500, 5.0.1.0 AS7, 5.0.2.0 -");
}

static void comments_may_stand_anywhere(void **state)
{
	(void)state;
	sheet_says(&french,
		   "# a list\n  # of offices\n; and more\n\n   \t\n"
		   "5.0.0.0/24 # Paris, \"main\" office, \"and more\n"
		   "5.0.1.0/24 ; SBL1, SBL2\n5.0.2.0/24#x\n\t5.0.3.0/24\t\n",
		   "5.0.0.0 FR, 5.0.4.0 -");
	sheet_says(&french, "5.0.0.1 # one\n", "5.0.0.1 FR, 5.0.0.2 -");
	sheet_says(&soil, "5.0.0.0/24,FR # Paris, \"x\n5.0.1.0/24,FR ; y\n",
		   "5.0.0.0 FR, 5.0.2.0 -");
	sheet_says(&asn, "5.0.0.0/24,AS7 # Paris, y\n5.0.1.0/24,8,Name #1\n",
		   "5.0.0.0 AS7, 5.0.1.0 AS8 Name #1, 5.0.2.0 -");
	/* A comment is all of the rest: 30 commas in it are no fields. */
	sheet_says(&french, "5.0.0.0/24 # ,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n",
		   "5.0.0.0 FR, 5.0.1.0 -");
}

static void values_stand_behind_the_prefix(void **state)
{
	(void)state;
	sheet_says(&soil, "network,country\n5.0.0.0/24,fr\n5.0.0.0/25,DE\n2a00::/16,EU\n",
		   "5.0.0.0 DE, 5.0.0.128 FR, 5.0.1.0 -");
	sheet_says(&asn,
		   "network,autonomous_system_number,autonomous_system_organization\n"
		   "1.0.0.0/24,13335,\"Cloudflare, Inc.\"\n2a00::/32,64500\n",
		   "1.0.0.0 AS13335 Cloudflare, Inc., 1.0.1.0 -, 2a00:: AS64500, 2a00:1:: -");
	sheet_says(&single, "5.0.0.1,FR\n5.0.0.9,DE\n",
		   "5.0.0.1 FR, 5.0.0.2 -, 5.0.0.9 DE, 5.0.0.10 -");
	sheet_says(&soil, "0.0.0.0/0,FR\n::/0,DE\n", "0.0.0.0 FR, :: DE");
}

static void a_geofeed_may_know_no_country(void **state)
{
	(void)state;
	sheet_says(&feed,
		   "# prefix,country,region,city,postal\n5.0.0.0/24,FR,FR-IDF,Paris,75001\n"
		   "5.0.1.0/24,,,,\n5.0.2.0/24,None\n5.0.3.0/24,RE,,,\n2a00::/32,FR,,\"Saint,\"\n",
		   "5.0.0.0 FR, 5.0.1.0 silent, 5.0.3.0 RE, 5.0.4.0 -, 2a00:: FR, 2a00:1:: -");
	/* Single addresses are no changes here. */
	sheet_says(&feed, "5.0.0.1,FR\n", "5.0.0.1 FR, 5.0.0.2 -");
	sheet_says(&feed, "5.0.0.1,FR,,,\n", "5.0.0.1 FR, 5.0.0.2 -");
	sheet_says(&french_feed, "5.0.0.0/24\n", "5.0.0.0 FR, 5.0.1.0 -");
	sheet_says(&feed, "5.0.0.0/24,FR\n5.0.0.0/24,\n5.0.1.0/24,\n5.0.1.0/24,DE\n",
		   "5.0.0.0 FR, 5.0.1.0 DE, 5.0.2.0 -");
	sheet_says(&feed, "5.0.0.0/24\n",
		   "f:1:1: no country behind the prefix; write prefix,country, or for the whole "
		   "file {file: PATH, country: FR} in the policy");
}

static void a_prefix_alone_says_nothing(void **state)
{
	(void)state;
	sheet_says(&soil, "5.0.0.0/24,FR\n5.0.1.0/24\n",
		   "f:2:1: no country behind the prefix; write prefix,country, or for the whole "
		   "file {file: PATH, country: FR} in the policy");
	sheet_says(&soil, "5.0.0.1 # office\n",
		   "f:1:1: no country behind the prefix; write prefix,country, or for the whole "
		   "file {file: PATH, country: FR} in the policy");
	sheet_says(&asn, "5.0.0.0/24\n",
		   "f:1:1: no ASN behind the prefix; write prefix,asn, or for the whole file "
		   "{file: PATH, asn: [64500]} in the policy");
}

static void wrong_prefixes_are_refused(void **state)
{
	(void)state;
	sheet_says(&french, "5.0.0.0/24\n5.0.0.1/24\n",
		   "f:2:1: 5.0.0.1/24 has bits set beyond its length; write 5.0.0.0/24");
	sheet_says(&french, "2a00::1/64\n",
		   "f:1:1: 2a00::1/64 has bits set beyond its length; write 2a00::/64");
	sheet_says(&french, "5.0.0.0/33\n",
		   "f:1:1: 5.0.0.0/33 has no length that fits; write one from 0 to 32");
	sheet_says(&french, "2a00::/129\n",
		   "f:1:1: 2a00::/129 has no length that fits; write one from 0 to 128");
	sheet_says(&french, "5.0.0.0/\n",
		   "f:1:1: 5.0.0.0/ has no length that fits; write one from 0 to 32");
	sheet_says(&french, "5.0.0.0/24\n  5.0.0/24\n",
		   "f:2:3: \"5.0.0/24\" is not a prefix; write one like 192.0.2.0/24");
	sheet_says(&french, "5.0.0.0/24\n5.1.0.0 255.255.0.0\n",
		   "f:2:1: \"5.1.0.0 255.255.0.0\" is not a prefix; write one like 192.0.2.0/24");
	sheet_says(&french, "5.0.0.0/24\n,FR\n",
		   "f:2:1: \"\" is not a prefix; write one like 192.0.2.0/24");
	sheet_says(&french, "5.0.0.0/24\n1.0.0.0,1.0.0.255,FR\n",
		   "f:2:9: \"1.0.0.255\" is not a country code; write two letters, as in ISO "
		   "3166-1, or nothing where it is not known");
	sheet_says(&soil, "5.0.0.0/24,France\n",
		   "f:1:12: \"France\" is not a country code; write two letters, as in ISO 3166-1, "
		   "or nothing where it is not known");
	sheet_says(&asn, "5.0.0.0/24,1.2\n",
		   "f:1:12: \"1.2\" is not an ASN; write a number up to 4294967295, or nothing "
		   "where it is not known");
}

static void maxminds_pair_of_files_is_refused(void **state)
{
	(void)state;
	sheet_says(&soil,
		   "network,geoname_id,registered_country_geoname_id\n1.0.0.0/24,2077456,2077456\n",
		   "f:1:9: MaxMind's CSV has a geoname_id where a country code is needed; give the "
		   ".mmdb file of the same database instead");
	sheet_says(&soil, "geoname_id,locale_code\n2077456,en\n",
		   "f:1:1: MaxMind's CSV has a geoname_id where a country code is needed; give the "
		   ".mmdb file of the same database instead");
	sheet_says(&soil, "1.0.0.0/24,2077456,2077456\n",
		   "f:1:12: \"2077456\" is a number, not a country code; if it is a geoname_id of "
		   "MaxMind's, give the .mmdb file of the same database instead");
}

#define LITE                                                             \
	"network,country,country_code,continent,asn,as_name\n"           \
	"1.0.0.0/24,Australia,AU,Oceania,AS13335,\"Cloudflare, Inc.\"\n" \
	"1.0.1.0/24,,,,,\n"

static char code_column[] = "country_code", asn_column[] = "ASN", no_column[] = "code";

static void the_policy_may_name_the_column(void **state)
{
	static const struct sheet code = {DATA_SOIL, {.field = code_column}};
	static const struct sheet number = {DATA_ASN, {.field = asn_column}};
	static const struct sheet none = {DATA_SOIL, {.field = no_column}};
	static const struct sheet registry = {DATA_REGISTRY, {.field = code_column}};

	(void)state;
	sheet_says(&code, LITE, "1.0.0.0 AU, 1.0.1.0 -");
	sheet_says(&number, LITE, "1.0.0.0 AS13335 Cloudflare, Inc., 1.0.1.0 -");
	sheet_says(&code, "first,last,x,country_code\n1.0.0.0,1.0.0.255,Australia,AU\n",
		   "1.0.0.0 AU, 1.0.1.0 -");
	sheet_says(&code, "first,last,x,country_code\n1.0.0.0,1.0.0.255,Australia\n",
		   "f:2: 3 fields; write start,end,value as in the first row");
	sheet_says(&registry, "asn,name,country_code\n7,Seven,FR\n", "AS7 to AS7 FR");
	sheet_says(&soil, LITE,
		   "f:2:12: \"Australia\" is not a country code; write two letters, as in ISO "
		   "3166-1, or nothing where it is not known; if another column has it, name that "
		   "in the policy: `field: country_code`");
	sheet_says(&none, LITE,
		   "f:1: no column for values is called `code` here; write `field:` with a name "
		   "from the header, or leave it out");
	sheet_says(&code, "1.0.0.0/24,country_code\n",
		   "f:1: no column for values is called `country_code` here; write `field:` with a "
		   "name from the header, or leave it out");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_of_the_country_that_the_policy_says),
		cmocka_unit_test(comments_may_stand_anywhere),
		cmocka_unit_test(values_stand_behind_the_prefix),
		cmocka_unit_test(a_geofeed_may_know_no_country),
		cmocka_unit_test(a_prefix_alone_says_nothing),
		cmocka_unit_test(wrong_prefixes_are_refused),
		cmocka_unit_test(the_policy_may_name_the_column),
		cmocka_unit_test(maxminds_pair_of_files_is_refused),
	};

	return cmocka_run_group_tests_name("atlas_prefixes", tests, NULL, NULL);
}
