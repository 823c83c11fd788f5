// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: ranges are read as text and as integers, the family of integers is that of the file, and
 * what is broken is refused at its line and column. */
#include "tests/unit/atlas_sheet.h"

static const struct sheet soil = {DATA_SOIL, {0}};
static const struct sheet asn = {DATA_ASN, {0}};

static void text_and_integers_mean_the_same(void **state)
{
	(void)state;
	sheet_says(&soil, "1.0.0.0,1.0.0.255,AU\n2a00::,2a00::ffff,FR\n",
		   "1.0.0.0 AU, 1.0.1.0 -, 2a00:: FR, 2a00::1:0 -");
	sheet_says(&soil, "16777216,16777471,AU\n", "1.0.0.0 AU, 1.0.1.0 -");
	sheet_says(&soil,
		   "55827575822966466661959896531774472192,55827575822966466661959896531774537727,"
		   "FR\n",
		   "2a00:: FR, 2a00::1:0 -");
	/* The highest address of each family, and zeros in front. */
	sheet_says(&soil, "4294967295,4294967295,FR\n", "255.255.255.255 FR");
	sheet_says(&soil, "0016777216,0016777216,FR\n", "1.0.0.0 FR, 1.0.0.1 -");
	sheet_says(&soil,
		   "340282366920938463463374607431768211455,"
		   "340282366920938463463374607431768211455,FR\n",
		   "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff FR");
}

static void a_header_is_skipped_and_quotes_are_taken_off(void **state)
{
	(void)state;
	sheet_says(&soil, "start_ip,end_ip,country\r\n1.0.0.0,1.0.0.255,AU\r\n",
		   "1.0.0.0 AU, 1.0.1.0 -");
	sheet_says(&soil, "\"16777216\",\"16777471\",\"AU\",\"Australia\"\n",
		   "1.0.0.0 AU, 1.0.1.0 -");
	sheet_says(&asn, "1.0.0.0, 1.0.0.255 ,AS13335,\"Cloudflare, \"\"Inc\"\".\"\n",
		   "1.0.0.0 AS13335 Cloudflare, \"Inc\"., 1.0.1.0 -");
	sheet_says(&asn, "1.0.0.0,1.0.0.255,13335\n", "1.0.0.0 AS13335, 1.0.1.0 -");
}

/* The forms that users have. */
static void ip2location_is_read(void **state)
{
	(void)state;
	sheet_says(&soil,
		   "\"0\",\"16777215\",\"-\",\"-\"\n"
		   "\"16777216\",\"16777471\",\"US\",\"United States of America\"\n",
		   "1.0.0.0 US, 1.0.1.0 -");
	/* IPv6: the first rows are below 2^32, or end above it. */
	sheet_says(&soil,
		   "\"0\",\"281470681743359\",\"-\",\"-\"\n"
		   "\"281470681743360\",\"281470698520575\",\"-\",\"-\"\n"
		   "\"281470698520576\",\"281470698520831\",\"US\",\"United States\"\n",
		   "::ffff:1.0.0.0 US, ::ffff:1.0.1.0 -");
	sheet_says(&soil, "0,255,-\n256,4294967295,\n4294967296,4294967297,FR\n",
		   "::1:0:0 FR, ::1:0:2 -");
	sheet_says(&asn,
		   "\"16777216\",\"16777471\",\"1.0.0.0/24\",\"13335\",\"CloudFlare, Inc.\"\n"
		   "\"16777472\",\"16778239\",\"1.0.1.0/23\",\"-\",\"-\"\n",
		   "1.0.0.0 AS13335 CloudFlare, Inc., 1.0.1.0 -");
}

static void tor_is_read(void **state)
{
	(void)state;
	sheet_says(&soil,
		   "# This file has been converted from the IPFire Location database\n##\n"
		   "# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n"
		   "16777216,16777471,AU\n16777472,16778239,??\n",
		   "1.0.0.0 AU, 1.0.1.0 -");
	assert_string_equal(sheet_date, "2026-06-25");
	sheet_says(&soil, "# x\n2001:200::,2001:200:134:ffff:ffff:ffff:ffff:ffff,JP\n",
		   "2001:200:: JP, 2001:200:135:: -");
	/* Both files in one: the integers are still IPv4. */
	sheet_says(&soil, "16777216,16777471,AU\n2a00::,2a00::1,FR\n16777472,16777472,NZ\n",
		   "1.0.0.0 AU, 1.0.1.0 NZ, 1.0.1.1 -, 2a00:: FR, 2a00::2 -");
	sheet_says(&soil, "1.0.0.0,1.0.0.0,AU\n16777217,16777217,NZ\n",
		   "1.0.0.0 AU, 1.0.0.1 NZ, 1.0.0.2 -");
}

static void what_is_not_known_is_no_word(void **state)
{
	static const char *const nothing[] = {"",   "-",    "--",   "??",   "EU",  "AP",     "XK",
					      "ZZ", "None", "null", "NULL", "N/A", "unknown"};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		snprintf(text, sizeof(text), "1.0.0.0,1.0.0.0,fr\n1.0.0.1,1.0.0.1,%s\n",
			 nothing[i]);
		sheet_says(&soil, text, "1.0.0.0 FR, 1.0.0.1 -");
	}
	sheet_says(&asn, "1.0.0.0,1.0.0.255,0\n1.0.1.0,1.0.1.255,\n1.0.2.0,1.0.2.255,-\n", "");
}

static void overlaps_are_resolved_across_forms(void **state)
{
	(void)state;
	sheet_says(&soil, "1.0.0.0,1.0.0.255,AU\n1.0.0.4,1.0.0.7,FR\n1.0.0.4,1.0.0.7,DE\n",
		   "1.0.0.0 AU, 1.0.0.4 DE/FR, 1.0.0.8 AU, 1.0.1.0 -");
	sheet_says(&soil, "16777216,16777471,AU\n16777220,16777223,FR\n",
		   "1.0.0.0 AU, 1.0.0.4 FR, 1.0.0.8 AU, 1.0.1.0 -");
	sheet_says(&asn, "1.0.0.0,1.0.0.0,1\n1.0.0.0,1.0.0.0,2\n", "1.0.0.0 clash, 1.0.0.1 -");
}

#define AS_WHAT "write start,end,value with addresses as text or as integers"

static void wrong_ends_are_refused(void **state)
{
	(void)state;
	sheet_says(&soil, "1.0.0.0,1.0.0.255,AU\n1.0.1.0,1.0.0.255,AU\n",
		   "f:2:9: the range ends before it starts; write the lower address first");
	sheet_says(&soil, "16777216,16777215,AU\n",
		   "f:1:10: the range ends before it starts; write the lower address first");
	sheet_says(&soil, "1.0.0.0,::1,AU\n",
		   "f:1:9: the range starts in one family and ends in the other");
	sheet_says(&soil, "1.0.0.0,1.0.0.255,AU\n1.0.1.0,16777472,AU\n",
		   "f:2:9: one end of the range is text and one an integer; write both as text");
	sheet_says(&soil, "1.0.0.0,1.0.0.255,AU\n1.0.1,1.0.1.1,AU\n",
		   "f:2:1: \"1.0.1\" is not an address; " AS_WHAT);
	sheet_says(&soil, "1.0.0.0,1.0.0.255,AU\n1.0.1.0/24,1.0.1.1,AU\n",
		   "f:2:1: \"1.0.1.0/24\" is not an address; " AS_WHAT);
	sheet_says(&soil, "1,2,AU\n3, -4,AU\n", "f:2:4: \"-4\" is not an address; " AS_WHAT);
	sheet_says(&soil, "1,340282366920938463463374607431768211456,AU\n",
		   "f:1:3: \"340282366920938463463374607431768211456\" is over 128 bits, and so no "
		   "address; " AS_WHAT);
	sheet_says(&soil, "1,99999999999999999999999999999999999999999999,AU\n",
		   "f:1:3: \"9999999999999999999999999999999999999999\" is over 128 bits, and so "
		   "no address; " AS_WHAT);
	sheet_says(
		&soil, "1,2,AU\n99999999999999999999999999999999999999999999x,1,AU\n",
		"f:2:1: \"9999999999999999999999999999999999999999\" is not an address; " AS_WHAT);
}

static void integers_of_both_families_are_refused(void **state)
{
	(void)state;
	sheet_says(&soil, "16777216,16777471,AU\n16777472,4294967296,JP\n",
		   "f:2:1: integers of both families (the other one's are in line 1) cannot be "
		   "told apart; give each family a file of its own");
	sheet_says(&soil, "0,1,-\n2,4294967296,JP\n# x\n5,6,FR\n",
		   "f:4:1: integers of both families (the other one's are in line 2) cannot be "
		   "told apart; give each family a file of its own");
}

static void wrong_values_are_refused(void **state)
{
	(void)state;
	sheet_says(&soil, "1.0.0.0,1.0.0.255,FRA\n",
		   "f:1:19: \"FRA\" is not a country code; write two letters, as in ISO 3166-1, or "
		   "nothing where it is not known");
	sheet_says(&soil, "1.0.0.0,1.0.0.255,2077456\n",
		   "f:1:19: \"2077456\" is a number, not a country code; if it is a geoname_id of "
		   "MaxMind's, give the .mmdb file of the same database instead");
	sheet_says(&asn, "1.0.0.0,1.0.0.255,4294967296\n",
		   "f:1:19: \"4294967296\" is not an ASN; write a number up to 4294967295, or "
		   "nothing where it is not known");
	sheet_says(&asn, "1.0.0.0,1.0.0.255,AS\n",
		   "f:1:19: \"AS\" is not an ASN; write a number up to 4294967295, or nothing "
		   "where it is not known");
	sheet_says(&soil, "1.0.0.0,1.0.0.255,AU\n1.0.1.0,1.0.1.255\n",
		   "f:2: 2 fields; write start,end,value as in the first row");
	sheet_says(&soil, "1.0.0.0,1.0.0.255,AU\n1.0.1.0\n",
		   "f:2: 1 field; write start,end,value as in the first row");
	sheet_says(&soil, "1.0.0.0,1.0.0.255,\"AU\n", "f:1:19: a quote is opened and not closed");
	sheet_says(&soil, "1.0.0.0,1.0.0.255,\"AU\"x\n", "f:1:19: text after a closing quote");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_integers_mean_the_same),
		cmocka_unit_test(a_header_is_skipped_and_quotes_are_taken_off),
		cmocka_unit_test(ip2location_is_read),
		cmocka_unit_test(tor_is_read),
		cmocka_unit_test(what_is_not_known_is_no_word),
		cmocka_unit_test(overlaps_are_resolved_across_forms),
		cmocka_unit_test(wrong_ends_are_refused),
		cmocka_unit_test(integers_of_both_families_are_refused),
		cmocka_unit_test(wrong_values_are_refused),
	};

	return cmocka_run_group_tests_name("atlas_ranges_csv", tests, NULL, NULL);
}
