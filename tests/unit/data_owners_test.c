// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: no line of owners.csv is malformed, contradicts another, or gives an ASN a parent that its
 * registered name does not bear out, unless a person looked and wrote down why it stays. Runs from
 * the checkout's root. */
#include "tests/unit/data_table.h"
#include "tests/unit/data_words.h"

enum { ASN, ORGANISATION, PARENT, JURISDICTION, SEAT, SINCE, SOURCE, OWNER_COLUMNS };
enum { NAME = 1, NAME_COLUMNS };
enum { FINDING = 1, SEEN, REASON, REVIEW_COLUMNS };
enum { BRAND_PARENT, BRAND, BRAND_REASON, BRAND_COLUMNS };

static struct table owners, names, reviewed, doubtful, brands;

static int read_tables(void **state)
{
	(void)state;
	table_read(&owners, "data/owners.csv",
		   "asn,organisation,parent,jurisdiction,seat,since,source", OWNER_COLUMNS);
	table_read(&names, "data/asn-names.csv.zst", NULL, NAME_COLUMNS);
	table_read(&reviewed, "data/owners-reviewed.csv", "asn,finding,name,reason",
		   REVIEW_COLUMNS);
	table_read(&doubtful, "data/doubtful.csv", "asn,name,candidate_parent,reason,fr_v4", 5);
	table_read(&brands, "data/brands.csv", "parent,brand,reason", BRAND_COLUMNS);
	/* A test of an empty table passes. */
	return owners.count > 9000 && names.count > 90000 && doubtful.count > 400 ? 0 : -1;
}

static int free_tables(void **state)
{
	(void)state;
	table_free(&owners);
	table_free(&names);
	table_free(&reviewed);
	table_free(&doubtful);
	table_free(&brands);
	return 0;
}

static bool is_country(const char *text)
{
	return country_parse(text, strlen(text)) != COUNTRY_NONE;
}

/* "what names the ASN; parent: what names its owner". The reader takes "general knowledge", alone,
 * for a parent that no page shows: anything behind it would pass for a page. */
static void check_source(const struct table_row *row)
{
	static const char unsourced[] = "general knowledge";
	const char *source = row->fields[SOURCE], *parent = strstr(source, "; parent: ");

	if (strncmp(source, "npm asn org name", 16) != 0 &&
	    strncmp(source, "libloc AS name", 14) != 0)
		table_fault(&owners, row, "the source does not say what names the ASN");
	if (!parent || !parent[10])
		table_fault(&owners, row, "the source does not say what names the parent");
	else if (strncmp(parent + 10, unsourced, strlen(unsourced)) == 0 &&
		 strcmp(parent + 10, unsourced) != 0)
		table_fault(&owners, row, "\"%s\" would pass for a page", parent + 10);
	else if (strstr(parent, "ownership general knowledge"))
		table_fault(&owners, row, "the page shows no ownership: \"parent: %s\"", unsourced);
}

static void each_line_has_its_form(void **state)
{
	(void)state;
	table_check_header(&owners);
	for (size_t i = 0; i < owners.count; i++) {
		const struct table_row *row = &owners.rows[i];

		if (!row->number)
			table_fault(&owners, row, "\"%s\" is no ASN", row->fields[ASN]);
		if (!words_of(row->fields[ORGANISATION]).count ||
		    !words_of(row->fields[PARENT]).count)
			table_fault(&owners, row, "no organisation or no parent");
		if (!is_country(row->fields[JURISDICTION]))
			table_fault(&owners, row, "\"%s\" is no country",
				    row->fields[JURISDICTION]);
		if (*row->fields[SEAT] && !is_country(row->fields[SEAT]))
			table_fault(&owners, row, "\"%s\" is no country", row->fields[SEAT]);
		table_check_date(&owners, row, row->fields[SINCE]);
		check_source(row);
	}
	table_expect_no_fault();
}

/* Lines ascend by ASN, and the lines of one ASN by the day from which they count. */
static void no_line_repeats_another(void **state)
{
	(void)state;
	for (size_t i = 1; i < owners.count; i++) {
		const struct table_row *row = &owners.rows[i], *before = row - 1;

		if (row->number < before->number)
			table_fault(&owners, row, "AS%u stands behind AS%u", row->number,
				    before->number);
		if (row->number != before->number)
			continue;
		if (table_date(row->fields[SINCE]) <= table_date(before->fields[SINCE]))
			table_fault(&owners, row, "AS%u is in line %u already, since \"%s\"",
				    row->number, before->line, before->fields[SINCE]);
	}
	table_expect_no_fault();
}

static int compare_parents(const void *left, const void *right)
{
	const struct table_row *first = *(const struct table_row *const *)left;
	const struct table_row *second = *(const struct table_row *const *)right;

	return strcmp(first->fields[PARENT], second->fields[PARENT]);
}

static void no_line_contradicts_another(void **state)
{
	const struct table_row **sorted = calloc(owners.count, sizeof(*sorted));

	(void)state;
	assert_non_null(sorted);
	for (size_t i = 0; i < owners.count; i++) {
		sorted[i] = &owners.rows[i];
		if (table_find(&doubtful, owners.rows[i].number))
			table_fault(&owners, &owners.rows[i], "AS%u is in doubtful.csv, too",
				    owners.rows[i].number);
	}
	qsort(sorted, owners.count, sizeof(*sorted), compare_parents);
	for (size_t i = 1; i < owners.count; i++)
		if (compare_parents(&sorted[i], &sorted[i - 1]) == 0 &&
		    strcmp(sorted[i]->fields[JURISDICTION], sorted[i - 1]->fields[JURISDICTION]))
			table_fault(&owners, sorted[i], "%s is in %s here and in %s in line %u",
				    sorted[i]->fields[PARENT], sorted[i]->fields[JURISDICTION],
				    sorted[i - 1]->fields[JURISDICTION], sorted[i - 1]->line);
	free(sorted);
	table_expect_no_fault();
}

static bool fits(const char *name, const char *parent)
{
	struct words words = words_of(name);
	bool fit = words_fit(&words, parent);

	for (size_t i = 0; !fit && i < brands.count; i++) {
		const struct table_row *row = &brands.rows[i];

		if (strcmp(row->fields[BRAND_PARENT], parent) != 0)
			continue;
		struct words brand = words_of(row->fields[BRAND]);
		fit = words_contain(&words, &brand);
	}
	return fit;
}

/* A review is of one name: once the table has another, it is to be done again. */
static void check_name(const struct table_row *row)
{
	const struct table_row *name = table_find(&names, row->number);
	const struct table_row *review = table_find(&reviewed, row->number);
	const char *seen = name ? name->fields[NAME] : "";

	if (!fits(row->fields[ORGANISATION], row->fields[PARENT]))
		table_fault(&owners, row, "\"%s\" does not fit \"%s\"; put its brand into %s",
			    row->fields[ORGANISATION], row->fields[PARENT], brands.path);
	bool fit = name && fits(seen, row->fields[PARENT]);
	if (!fit && !review)
		table_fault(&owners, row, "AS%u is \"%s\", not \"%s\"; mend it or say why in %s",
			    row->number, name ? seen : "in no table", row->fields[PARENT],
			    reviewed.path);
	if (fit && review)
		table_fault(&reviewed, review, "AS%u is \"%s\", which fits: no review is needed",
			    row->number, seen);
	else if (review && strcmp(review->fields[SEEN], seen) != 0)
		table_fault(&reviewed, review, "AS%u was \"%s\" then, is \"%s\" now: look again",
			    row->number, review->fields[SEEN], seen);
}

static void each_registered_name_fits_or_was_looked_at(void **state)
{
	(void)state;
	for (size_t i = 1; i < names.count; i++)
		assert_true(names.rows[i - 1].number < names.rows[i].number);
	for (size_t i = 0; i < owners.count; i++)
		check_name(&owners.rows[i]);
	table_expect_no_fault();
}

static void each_review_is_of_a_line_and_says_why(void **state)
{
	static const char *const findings[] = {"holder", "renamed", "unannounced"};

	(void)state;
	table_check_header(&reviewed);
	table_check_order(&reviewed);
	for (size_t i = 0; i < reviewed.count; i++) {
		const struct table_row *row = &reviewed.rows[i];
		bool unannounced = strcmp(row->fields[FINDING], "unannounced") == 0, known = false;

		for (size_t j = 0; j < sizeof(findings) / sizeof(*findings); j++)
			known = known || strcmp(row->fields[FINDING], findings[j]) == 0;
		if (!known || unannounced != !*row->fields[SEEN])
			table_fault(&reviewed, row, "\"%s\" of \"%s\" is no finding",
				    row->fields[FINDING], row->fields[SEEN]);
		if (strlen(row->fields[REASON]) < 10)
			table_fault(&reviewed, row, "no reason");
		if (!table_find(&owners, row->number))
			table_fault(&reviewed, row, "AS%u is not in %s", row->number, owners.path);
	}
	table_expect_no_fault();
}

static bool brand_is_used(const struct table_row *brand)
{
	struct words phrase = words_of(brand->fields[BRAND]);

	for (size_t i = 0; i < owners.count; i++) {
		const struct table_row *row = &owners.rows[i];

		if (strcmp(row->fields[PARENT], brand->fields[BRAND_PARENT]) != 0)
			continue;
		const struct table_row *name = table_find(&names, row->number);
		struct words registered = words_of(name ? name->fields[NAME] : "");
		struct words organisation = words_of(row->fields[ORGANISATION]);
		if (words_contain(&registered, &phrase) || words_contain(&organisation, &phrase))
			return true;
	}
	return false;
}

static void each_brand_is_of_a_parent_and_used(void **state)
{
	(void)state;
	table_check_header(&brands);
	for (size_t i = 0; i < brands.count; i++) {
		const struct table_row *row = &brands.rows[i];

		if (i && strcmp(row[-1].fields[BRAND_PARENT], row->fields[BRAND_PARENT]) == 0 &&
		    strcmp(row[-1].fields[BRAND], row->fields[BRAND]) >= 0)
			table_fault(&brands, row, "twice, or not sorted");
		if (!*row->fields[BRAND_REASON])
			table_fault(&brands, row, "no reason");
		if (!brand_is_used(row))
			table_fault(&brands, row, "no network of %s is called \"%s\"",
				    row->fields[BRAND_PARENT], row->fields[BRAND]);
	}
	table_expect_no_fault();
}

/* RFC 6793 (AS_TRANS), 5398 (documentation), 6996 (private use), 7300 (last), and what IANA keeps.
 */
static bool is_reserved(uint32_t asn)
{
	return asn == 23456 || (asn >= 64496 && asn <= 131071) || asn >= 4200000000;
}

/* Whoever announces such a number: the registry of the space would give it an owner. */
static void reserved_numbers_have_no_owner(void **state)
{
	size_t reserved = 0;

	(void)state;
	for (size_t i = 0; i < names.count; i++) {
		const struct table_row *row = &names.rows[i];

		if (!is_reserved(row->number))
			continue;
		reserved++;
		if (!table_find(&doubtful, row->number))
			table_fault(&names, row, "AS%u is reserved: put it into %s", row->number,
				    doubtful.path);
		if (table_find(&owners, row->number))
			table_fault(&names, row, "AS%u is reserved, and in %s", row->number,
				    owners.path);
	}
	assert_true(reserved > 0);
	table_expect_no_fault();
}

static void names_fit_by_words_that_say_something(void **state)
{
	static const struct {
		const char *name, *parent;
		bool fit;
	} cases[] = {
		{"Orange S.A.", "Orange SA", true},
		{"ORANGE-CYBERDEFENSE", "Orange SA", true},
		{"Orangerie GmbH", "Orange SA", false},
		{"Telecom Egypt", "Telecom Italia SpA (TIM)", false},
		{"China Mobile Communications Corporation", "China Mobile", true},
		{"China Telecom", "China Mobile", false},
		{"Mobile China", "China Mobile", false},
		{"CHINANET Jiangsu", "China Telecom", true}, /* a brand */
		{"Bell Canada", "BCE Inc", true},
		{"Canada Bell", "BCE Inc", true},
		{"Hetzner Online GmbH", "OVH Groupe SA", false},
		{"The Constant Company, LLC", "The Constant Company LLC (Vultr)", true},
		{"", "Orange SA", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (fits(cases[i].name, cases[i].parent) != cases[i].fit)
			fail_msg("\"%s\" and \"%s\"", cases[i].name, cases[i].parent);
}

static void dates_are_of_the_calendar(void **state)
{
	static const char *const wrong[] = {"",           "24",         "2024-13",    "2024-00-01",
					    "2023-02-29", "2024-06-31", "2024/06/01", "2024-6-1",
					    "1900-02-29", "2024-06-0x", "spring"};

	(void)state;
	assert_int_equal(table_date("2024"), 20240000);
	assert_int_equal(table_date("2024-05"), 20240500);
	assert_int_equal(table_date("2024-02-29"), 20240229);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(table_date(wrong[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_of_the_calendar),
		cmocka_unit_test(names_fit_by_words_that_say_something),
		cmocka_unit_test(each_line_has_its_form),
		cmocka_unit_test(no_line_repeats_another),
		cmocka_unit_test(no_line_contradicts_another),
		cmocka_unit_test(each_registered_name_fits_or_was_looked_at),
		cmocka_unit_test(each_review_is_of_a_line_and_says_why),
		cmocka_unit_test(each_brand_is_of_a_parent_and_used),
		cmocka_unit_test(reserved_numbers_have_no_owner),
	};

	return cmocka_run_group_tests_name("data_owners", tests, read_tables, free_tables);
}
