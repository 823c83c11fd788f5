// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the format is told from the first row, `format:` overrides, and what no format can be is
 * refused, in every one of them. */
#include "tests/unit/atlas_sheet.h"

static const struct sheet soil = {DATA_SOIL, {0}};
static const struct sheet asn = {DATA_ASN, {0}};
static const struct sheet registry = {DATA_REGISTRY, {0}};

static uint32_t one_asn[] = {64500};

/* Each format, in its own words, and with what it is read under. */
static const struct {
	struct sheet sheet;
	const char *row, *word;
} forms[] = {
	{{DATA_SOIL, {.format = DATA_RANGES}}, "1.0.0.0,1.0.0.255,FR\n", "1.0.0.0 FR, 1.0.1.0 -"},
	{{DATA_ASN, {.format = DATA_RANGES}}, "16777216,16777471,7\n", "1.0.0.0 AS7, 1.0.1.0 -"},
	{{DATA_SOIL, {.format = DATA_CHANGES}}, "1.0.0.0,FR\n1.0.1.0,\n", "1.0.0.0 FR, 1.0.1.0 -"},
	{{DATA_SOIL, {.format = DATA_PREFIXES}}, "1.0.0.0/24,FR\n", "1.0.0.0 FR, 1.0.1.0 -"},
	{{DATA_FEEDS, {.format = DATA_PREFIXES, .asns = one_asn, .asn_count = 1}},
	 "1.0.0.0/24,FR,,,\n",
	 "1.0.0.0 FR, 1.0.1.0 -"},
	{{DATA_REGISTRY, {.format = DATA_DELEGATED}},
	 "x|FR|ipv4|1.0.0.0|256|0|allocated\n",
	 "1.0.0.0 FR, 1.0.1.0 -"},
	{{DATA_REGISTRY, {.format = DATA_ASN_COUNTRY}}, "7,FR\n", "AS7 to AS7 FR"},
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static void each_is_told_from_its_first_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		struct sheet guessed = forms[i].sheet;
		char text[256];

		sheet_says(&forms[i].sheet, forms[i].row, forms[i].word);
		guessed.file.format = DATA_GUESSED;
		sheet_says(&guessed, forms[i].row, forms[i].word);
		snprintf(text, sizeof(text), "\xef\xbb\xbf# a\n\n; b\n%s# c\n\n", forms[i].row);
		sheet_says(&guessed, text, forms[i].word);
	}
}

static void what_is_broken_is_refused_in_each(void **state)
{
	static char text[80000];

	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		const struct sheet *sheet = &forms[i].sheet;
		size_t length = strlen(forms[i].row);

		sheet_says(sheet, "", "f: no rows in it; restore it from its source");
		sheet_says(sheet, "# x\n", "f: no rows in it; restore it from its source");
		sheet_says(sheet, "header\n",
			   "f:1: a header and no rows; restore it from its source");
		sheet_says(sheet, "\n<!DOCTYPE html>\n",
			   "f:2: this is an HTML or XML page, not data (the login page of a "
			   "proxy?); fetch the file again");
		/* Cut off in the middle of its last line. */
		sheet_read_bytes(sheet, forms[i].row, length - 1);
		assert_non_null(strstr(sheet_text, "the file ends in the middle of a line"));
		memcpy(text, forms[i].row, length);
		memcpy(text + length, "a\0b\n", 4);
		sheet_read_bytes(sheet, text, length + 4);
		assert_non_null(strstr(sheet_text, "a NUL byte: this is not a text file"));
		memset(text + length, 'x', 70000);
		text[length + 70000] = '\n';
		sheet_read_bytes(sheet, text, length + 70001);
		assert_non_null(strstr(sheet_text, "a line of over 65536 bytes"));
		text[length + 60000] = '\n';
		sheet_read_bytes(sheet, text, length + 60001);
		assert_non_null(strstr(sheet_text, "f:"));
		assert_true(strlen(sheet_text) < 400);
	}
}

/* A row of another format after the first one. */
static void a_mixture_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < FORMS; i++) {
		for (size_t j = 0; j < FORMS; j++) {
			bool two_rows = strchr(forms[i].row, '\n')[1] != '\0';
			const char *where = two_rows ? "f:3:" : "f:2:";
			char text[256];

			if (forms[i].sheet.file.format == forms[j].sheet.file.format)
				continue;
			/* "1.0.0.0,FR" is a row of a list of prefixes too. */
			if (forms[i].sheet.file.format == DATA_PREFIXES &&
			    forms[j].sheet.file.format == DATA_CHANGES)
				continue;
			snprintf(text, sizeof(text), "%s%s", forms[i].row, forms[j].row);
			sheet_read_bytes(&forms[i].sheet, text, strlen(text));
			if (strncmp(sheet_text, where, strlen(where)) != 0)
				fail_msg("%s: %s", text, sheet_text);
		}
	}
}

static void the_role_decides_what_may_be_read(void **state)
{
	(void)state;
	sheet_says(&soil, "7,FR\n",
		   "f:1: a file of format asn-country is no source of `soil:`; name it under "
		   "`registry:`");
	sheet_says(&soil, "x|FR|ipv4|1.0.0.0|256|0|allocated\n",
		   "f:1: a file of format delegated is no source of `soil:`; name it under "
		   "`registry:`");
	sheet_says(&registry, "1.0.0.0,FR\n1.0.1.0,\n", "1.0.0.0 FR, 1.0.1.0 -");
	sheet_says(&registry, "1.0.0.0/24,FR\n", "1.0.0.0 FR, 1.0.1.0 -");
}

#define SO_UNKNOWN "so the format is not known; write start,end,value or prefix,value"

static void rows_of_no_format_are_refused(void **state)
{
	(void)state;
	sheet_says(&soil, "x1,y,z\n", "f:1:1: \"x1\" is no address, prefix or ASN, " SO_UNKNOWN);
	sheet_says(&soil, "/etc/passwd\n",
		   "f:1:1: \"/etc/passwd\" is no address, prefix or ASN, " SO_UNKNOWN);
	sheet_says(&soil, "1.0.0.0;1.0.0.255;FR\n",
		   "f:1:1: the fields are separated by semicolons, not commas, " SO_UNKNOWN);
	sheet_says(&soil, "1.0.0.0\t1.0.0.255\t13335\tUS\n",
		   "f:1:1: the fields are separated by tabs, not commas, " SO_UNKNOWN);
	sheet_says(&soil, "1.0.0.0|1.0.0.255|FR\n",
		   "f:1:1: the fields are separated by bars, not commas, " SO_UNKNOWN);
	sheet_says(&soil, "1.0.0.0,1.0.0.255\n", "f:1: there is no value; write start,end,value");
	sheet_says(&soil, "16777216,16777471\n", "f:1: there is no value; write start,end,value");
	sheet_says(&asn, "13335,Cloudflare\n",
		   "f:1:1: \"13335\" is an ASN, but no country follows, " SO_UNKNOWN);
}

static void changes_and_single_addresses_look_the_same(void **state)
{
	static const struct sheet as_prefixes = {DATA_SOIL, {.format = DATA_PREFIXES}};

	(void)state;
	sheet_says(&soil, "1.0.0.7,FR\n",
		   "f:1: IPv4 ends early: all above 1.0.0.7 would have its value; fetch the file "
		   "again, or end with START, and no value; for a list of single addresses, "
		   "`format: prefixes`");
	sheet_says(&as_prefixes, "1.0.0.7,FR\n", "1.0.0.7 FR, 1.0.0.8 -");
	sheet_says(&soil, "1.0.0.7,FR,,,\n", "1.0.0.7 FR, 1.0.0.8 -");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_told_from_its_first_row),
		cmocka_unit_test(what_is_broken_is_refused_in_each),
		cmocka_unit_test(a_mixture_is_refused),
		cmocka_unit_test(the_role_decides_what_may_be_read),
		cmocka_unit_test(rows_of_no_format_are_refused),
		cmocka_unit_test(changes_and_single_addresses_look_the_same),
	};

	return cmocka_run_group_tests_name("atlas_formats", tests, NULL, NULL);
}
