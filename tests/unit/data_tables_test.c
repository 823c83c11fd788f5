// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the small tables of data/ are well-formed, dated, cited and free of contradictions: the
 * doubtful list, SecNumCloud, anycast prefixes, groups. Runs from the checkout's root. */
#include "tests/unit/data_table.h"

enum { ASN, NAME, CANDIDATE, REASON, FRENCH_ADDRESSES, DOUBTFUL_COLUMNS };
enum { PROVIDER, SERVICE, STATUS, DATE, ASNS, NOTE, SOURCE, QUALIFIED_COLUMNS };
enum { PREFIX, OPERATOR, PREFIX_SOURCE, ANYCAST_COLUMNS };
enum { GROUP, MEMBER, SINCE, TREATY, GROUP_COLUMNS };

static bool is_one_of(const char *text, const char *const *choices)
{
	while (*choices && strcmp(*choices, text) != 0)
		choices++;
	return *choices;
}

static void the_doubtful_say_why(void **state)
{
	struct table table;

	(void)state;
	table_read(&table, "data/doubtful.csv", "asn,name,candidate_parent,reason,fr_v4",
		   DOUBTFUL_COLUMNS);
	table_check_header(&table);
	table_check_order(&table);
	for (size_t i = 0; i < table.count; i++) {
		const struct table_row *row = &table.rows[i];
		const char *addresses = row->fields[FRENCH_ADDRESSES];
		uint32_t number;

		if (!*row->fields[NAME])
			table_fault(&table, row, "no name");
		if (strlen(row->fields[REASON]) < 8)
			table_fault(&table, row, "\"%s\" is no reason", row->fields[REASON]);
		if (strstr(row->fields[CANDIDATE], ".md"))
			table_fault(&table, row, "\"%s\" is not a company", row->fields[CANDIDATE]);
		if (text_number(addresses, strlen(addresses), &number))
			table_fault(&table, row, "\"%s\" is no count of addresses", addresses);
	}
	table_free(&table);
	table_expect_no_fault();
}

/* "50624 56343": ASNs that have an owner line. */
static void check_asns(const struct table *table, const struct table_row *row,
		       const struct table *owners)
{
	const char *at = row->fields[ASNS];

	while (*at) {
		size_t length = strcspn(at, " ");
		uint32_t asn;

		if (text_number(at, length, &asn) || !table_find(owners, asn))
			table_fault(table, row, "\"%.*s\" is no ASN of %s", (int)length, at,
				    owners->path);
		at += length;
		at += *at == ' ';
	}
}

static void qualified_services_have_a_status_and_a_source(void **state)
{
	static const char *const statuses[] = {"qualified", "reported", "disputed", "in-progress",
					       "announced", "count",    NULL};
	struct table table, owners;

	(void)state;
	table_read(&table, "data/secnumcloud.csv", "provider,service,status,date,asn,note,source",
		   QUALIFIED_COLUMNS);
	table_read(&owners, "data/owners.csv",
		   "asn,organisation,parent,jurisdiction,seat,since,source", 7);
	table_check_header(&table);
	for (size_t i = 0; i < table.count; i++) {
		const struct table_row *row = &table.rows[i];

		if (!*row->fields[PROVIDER] || !*row->fields[SERVICE] || !*row->fields[SOURCE])
			table_fault(&table, row, "no provider, no service or no source");
		if (!is_one_of(row->fields[STATUS], statuses))
			table_fault(&table, row, "\"%s\" is no status", row->fields[STATUS]);
		table_check_date(&table, row, row->fields[DATE]);
		if (!*row->fields[DATE] && !*row->fields[NOTE] &&
		    strcmp(row->fields[STATUS], "announced") != 0)
			table_fault(&table, row, "no date, and no note that says so");
		check_asns(&table, row, &owners);
		for (size_t j = 0; j < i; j++)
			if (strcmp(table.rows[j].fields[PROVIDER], row->fields[PROVIDER]) == 0 &&
			    strcmp(table.rows[j].fields[SERVICE], row->fields[SERVICE]) == 0 &&
			    strcmp(row->fields[STATUS], "count") != 0)
				table_fault(&table, row, "the service of line %u",
					    table.rows[j].line);
	}
	table_free(&table);
	table_free(&owners);
	table_expect_no_fault();
}

static void anycast_prefixes_are_disjoint_and_cited(void **state)
{
	struct prefix prefixes[512];
	struct table table;

	(void)state;
	table_read(&table, "data/anycast.csv", "prefix,operator,source", ANYCAST_COLUMNS);
	table_check_header(&table);
	assert_in_range(table.count, 60, sizeof(prefixes) / sizeof(*prefixes));
	for (size_t i = 0; i < table.count; i++) {
		const struct table_row *row = &table.rows[i];
		const char *text = row->fields[PREFIX];
		char canonical[PREFIX_TEXT_SIZE];

		if (prefix_parse(text, strlen(text), &prefixes[i]) != PREFIX_OK ||
		    strcmp(prefix_format(&prefixes[i], canonical), text) != 0) {
			table_fault(&table, row, "\"%s\" is no prefix as it is written", text);
			prefixes[i] = (struct prefix){FAMILIES, 0, 0};
		}
		if (!*row->fields[OPERATOR] || !*row->fields[PREFIX_SOURCE])
			table_fault(&table, row, "no operator or no source");
		for (size_t j = 0; j < i; j++) {
			const struct prefix *wider = &prefixes[j], *other = &prefixes[i];

			if (wider->family == other->family && wider->value <= prefix_last(other) &&
			    other->value <= prefix_last(wider))
				table_fault(&table, row, "overlaps line %u", table.rows[j].line);
		}
	}
	table_free(&table);
	table_expect_no_fault();
}

static const struct table_row *member_of(const struct table *table, const char *group,
					 const char *member)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].fields[GROUP], group) == 0 &&
		    strcmp(table->rows[i].fields[MEMBER], member) == 0)
			return &table->rows[i];
	return NULL;
}

/* A member of one is a member of the other; with @same_day, from the same day on. (Austria was in
 * the EEA before it was in the EU.) */
static void check_within(const struct table *table, const struct table_row *row, const char *inner,
			 const char *outer, bool same_day)
{
	if (strcmp(row->fields[GROUP], inner) != 0)
		return;
	const struct table_row *match = member_of(table, outer, row->fields[MEMBER]);
	if (!match)
		table_fault(table, row, "%s is in %s and not in %s", row->fields[MEMBER], inner,
			    outer);
	else if (same_day && strcmp(match->fields[SINCE], row->fields[SINCE]) != 0)
		table_fault(table, row, "%s is in %s since another day", row->fields[MEMBER],
			    outer);
}

/* What the reader of groups cannot know: real days, an order, citations, groups within groups. */
static void groups_are_dated_and_cited(void **state)
{
	static const char *const laws[] = {"Treaty", "Constitution", "Agreement", "Convention",
					   "TFEU",   "loi ",         NULL};
	struct table table;

	(void)state;
	table_read(&table, "data/groups.csv", "group,member,since,source", 0);
	table_check_header(&table);
	for (size_t i = 0; i < table.count; i++) {
		const struct table_row *row = &table.rows[i];
		bool cited = false;

		if (!*row->fields[SINCE])
			table_fault(&table, row, "no date");
		table_check_date(&table, row, row->fields[SINCE]);
		for (size_t j = 0; laws[j]; j++)
			cited = cited || strstr(row->fields[TREATY], laws[j]);
		if (!cited)
			table_fault(&table, row, "\"%s\" is no treaty or law", row->fields[TREATY]);
		if (i && strcmp(row[-1].fields[GROUP], row->fields[GROUP]) == 0 &&
		    strcmp(row[-1].fields[MEMBER], row->fields[MEMBER]) >= 0)
			table_fault(&table, row, "%s stands behind %s", row->fields[MEMBER],
				    row[-1].fields[MEMBER]);
		check_within(&table, row, "EU", "EEA", false);
		check_within(&table, row, "FR-DROM", "FR-OM", true);
		check_within(&table, row, "FR-COM", "FR-OM", true);
		if (strcmp(row->fields[GROUP], "EU-OMR") == 0 &&
		    !member_of(&table, "FR-OM", row->fields[MEMBER]))
			table_fault(&table, row, "%s is not French", row->fields[MEMBER]);
	}
	table_free(&table);
	table_expect_no_fault();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_doubtful_say_why),
		cmocka_unit_test(qualified_services_have_a_status_and_a_source),
		cmocka_unit_test(anycast_prefixes_are_disjoint_and_cited),
		cmocka_unit_test(groups_are_dated_and_cited),
	};

	return cmocka_run_group_tests_name("data_tables", tests, NULL, NULL);
}
