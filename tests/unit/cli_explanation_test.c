// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The goal: explain says of each condition of each rule whether it is met and why not, in words
 * that agree with the verdict, and on lines that fit a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/table_fixture.h"

#include "userspace/cli/explanation.c"
#include "userspace/cli/explanation_json.c"
#include "userspace/cli/explanation_notes.c"
#include "userspace/cli/explanation_rules.c"
#include "userspace/cli/explanation_text.c"
#include "userspace/cli/page.c"
#include "userspace/cli/writer.c"

#define FR COUNTRY('F', 'R')
#define NL COUNTRY('N', 'L')
#define US COUNTRY('U', 'S')
#define DE COUNTRY('D', 'E')

static uint32_t asns[] = {2376, 16276};
static struct prefix prefixes[] = {{FAMILY_V4, 24, 0xcb007100}};
static struct rule allow = {.kind = RULE_ALLOW,
			    .index = 1,
			    .has_soil = true,
			    .has_owner = true,
			    .soil_text = "FR",
			    .owner_text = "FR, NL, DE"};
static struct rule deny = {.kind = RULE_DENY,
			   .index = 1,
			   .has_soil = true,
			   .has_owner = true,
			   .soil_text = "FR",
			   .owner_text = "FR, NL, DE"};
static struct rule narrow = {.kind = RULE_ALLOW,
			     .index = 2,
			     .asns = asns,
			     .asn_count = 2,
			     .to = prefixes,
			     .to_count = 1,
			     .why = "a reason that is long enough to need another line of its own"};
static struct rule all_rules[3];
static struct policy policy = {.name = "p", .file = "p.yaml", .rules = all_rules};

static struct explanation explanation;
static struct condition conditions[CONDITIONS_MOST];
static bool matched;

static int setup(void **state)
{
	(void)state;
	for (struct rule *rule = &allow; rule; rule = rule == &allow ? &deny : NULL) {
		country_set_add(&rule->soil, FR);
		country_set_add(&rule->owner, FR);
		country_set_add(&rule->owner, NL);
		country_set_add(&rule->owner, DE);
	}
	all_rules[0] = deny;
	all_rules[1] = allow;
	all_rules[2] = narrow;
	policy.rule_count = 3;
	return 0;
}

static size_t ask(const struct rule *rule, struct place place, struct reach reach)
{
	struct explainer explainer = {.policy = &policy};

	explanation = (struct explanation){
		.target = "203.0.114.1",
		.address = {FAMILY_V4, 0xcb007201},
		.judged = {FAMILY_V4, 0xcb007201},
		.place = place,
		.reach = reach,
	};
	return explanation_conditions(&explainer, &explanation, rule, conditions, &matched);
}

static void test_an_owner_needs_every_member(void **state)
{
	struct place place = {.asn = 64500, .soil = FR, .state = SOIL_AGREED, .votes = {FR}};

	(void)state;
	assert_int_equal(ask(&allow, place, (struct reach){.countries = {FR}, .count = 1}), 2);
	assert_true(matched);
	assert_string_equal(conditions[0].wanted, "FR");
	assert_string_equal(conditions[0].why, "it is on FR soil");
	assert_string_equal(conditions[1].why, "only FR can compel its owner");
	ask(&allow, place, (struct reach){.countries = {NL, US}, .count = 2});
	assert_false(matched);
	assert_true(conditions[0].met);
	assert_string_equal(conditions[1].why, "US can compel its owner and is not in it");
	ask(&deny, place, (struct reach){.countries = {NL, US}, .count = 2});
	assert_true(matched);
	assert_string_equal(conditions[0].why, "a source says FR");
	assert_string_equal(conditions[1].why, "NL can compel its owner");
	ask(&deny, place, (struct reach){.countries = {US}, .count = 1});
	assert_false(matched);
	assert_string_equal(conditions[1].why, "US can compel its owner");
	ask(&allow, place, (struct reach){.count = 0});
	assert_string_equal(conditions[1].why, "its operator is in no owner table");
	place.asn = 0;
	ask(&allow, place, (struct reach){.count = 0});
	assert_string_equal(conditions[1].why, "no network announces it, so it has no owner");
}

static void test_each_state_of_soil_has_its_words(void **state)
{
	static const struct {
		struct place place;
		const char *why;
	} cases[] = {
		{{.soil = DE, .state = SOIL_AGREED, .votes = {DE}}, "it is on DE soil"},
		{{.state = SOIL_CONTESTED, .votes = {FR, DE}}, "the sources contradict each other"},
		{{.state = SOIL_UNKNOWN}, "its soil is not known"},
		{{.state = SOIL_SPECIAL}, "special-use space has no soil"},
		{{.soil = US, .state = SOIL_ANYCAST, .votes = {US}}, "anycast has no one soil"},
		{{.soil = FR, .state = SOIL_ANYCAST, .votes = {FR}},
		 "anycast has no one soil, and the rule lacks \"anycast: allow\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(&allow, cases[i].place, (struct reach){.countries = {FR}, .count = 1});
		assert_false(conditions[0].met);
		assert_string_equal(conditions[0].why, cases[i].why);
	}
	/* To a deny rule one voice suffices. */
	ask(&deny, cases[1].place, (struct reach){.countries = {FR}, .count = 1});
	assert_true(conditions[0].met);
	ask(&deny, cases[0].place, (struct reach){.countries = {FR}, .count = 1});
	assert_string_equal(conditions[0].why, "no source places it there");
}

static void test_asn_and_prefix(void **state)
{
	struct place place = {.asn = 3215};

	(void)state;
	assert_int_equal(ask(&narrow, place, (struct reach){.count = 0}), 2);
	assert_string_equal(conditions[0].wanted, "2376, 16276");
	assert_string_equal(conditions[0].why, "it is in AS3215");
	assert_string_equal(conditions[1].wanted, "203.0.113.0/24");
	assert_string_equal(conditions[1].why, "it is outside");
	place.asn = 16276;
	ask(&narrow, place, (struct reach){.count = 0});
	assert_true(conditions[0].met);
	assert_false(conditions[1].met);
	explanation.judged.value = 0xcb007101;
	explanation_conditions(&(struct explainer){.policy = &policy}, &explanation, &narrow,
			       conditions, &matched);
	assert_true(conditions[1].met);
	assert_string_equal(conditions[1].why, "it is in 203.0.113.0/24");
	assert_true(matched);
	place.asn = 0;
	ask(&narrow, place, (struct reach){.count = 0});
	assert_string_equal(conditions[0].why, "no network announces it");
}

static void test_a_long_list_ends_in_dots(void **state)
{
	uint32_t many[200];
	struct rule rule = {.kind = RULE_ALLOW, .asns = many, .asn_count = 200};

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		many[i] = 4200000000u + i;
	ask(&rule, (struct place){.asn = 1}, (struct reach){.count = 0});
	size_t length = strlen(conditions[0].wanted);
	assert_true(length < CONDITION_TEXT_SIZE);
	assert_string_equal(conditions[0].wanted + length - 3, "...");
}

static struct asn_operator akamai = {
	.asn = 20940,
	.name = "Akamai International B.V.",
	.organisation = "Akamai",
	.parent = "Akamai Technologies Inc",
	.parent_country = US,
	.seat = NL,
	.basis = OWNER_SOURCED,
	.since = "",
	.source = "a citation",
};

static char notes[NOTES_MOST][NOTE_SIZE];

static size_t note_it(void)
{
	const struct explainer explainer = {.policy = &policy};

	return explanation_notes(&explainer, &explanation, notes);
}

static void test_two_jurisdictions_in_words(void **state)
{
	(void)state;
	ask(&allow, (struct place){.asn = 20940},
	    (struct reach){.countries = {NL, US}, .count = 2});
	explanation.asn_operator = explanation.owner = &akamai;
	akamai.seat_inferred = false;
	assert_int_equal(note_it(), 1);
	assert_string_equal(notes[0],
			    "registered in NL, controlled from the US: Akamai Technologies Inc");
	akamai.seat_inferred = true;
	note_it();
	assert_string_equal(notes[0], "registered in NL by its address space, controlled from the "
				      "US: Akamai Technologies Inc");
	akamai.seat = COUNTRY('P', 'R'); /* where the law of the United States holds */
	assert_int_equal(note_it(), 0);
	akamai.seat = NL;
	explanation.place.state = SOIL_ANYCAST;
	explanation.address.family = FAMILY_V6;
	assert_int_equal(note_it(), 3);
	assert_string_equal(notes[0],
			    "it holds the IPv4 address 203.0.114.1, and is judged by that");
	explanation.place = (struct place){.state = SOIL_SPECIAL, .special = SPECIAL_PRIVATE};
	explanation.asn_operator = explanation.owner = NULL;
	explanation.decision.reason = REASON_SPECIAL;
	assert_int_equal(note_it(), 2);
	assert_non_null(strstr(notes[1], "it is not local"));
}

static void test_soil_under_one_law_and_owner_under_another(void **state)
{
	struct place place = {.asn = 16509, .soil = FR, .state = SOIL_AGREED, .votes = {FR}};
	struct asn_operator amazon = akamai;

	(void)state;
	amazon.parent = "Amazon.com Inc";
	amazon.seat = US;
	ask(&allow, place, (struct reach){.countries = {US}, .count = 1});
	explanation.asn_operator = explanation.owner = &amazon;
	assert_int_equal(note_it(), 1);
	assert_string_equal(notes[0],
			    "on FR soil, but the US can compel its owner: Amazon.com Inc");
	place.soil = COUNTRY('P', 'R');
	ask(&allow, place, (struct reach){.countries = {US}, .count = 1});
	explanation.asn_operator = explanation.owner = &amazon;
	assert_int_equal(note_it(), 0);
	place.soil = COUNTRY_NONE;
	place.state = SOIL_CONTESTED;
	ask(&allow, place, (struct reach){.countries = {US}, .count = 1});
	explanation.asn_operator = explanation.owner = &amazon;
	assert_int_equal(note_it(), 0);
}

static void test_the_page_fits(void **state)
{
	struct explainer explainer = {.policy = &policy};
	struct place place = {.asn = 20940, .soil = FR, .state = SOIL_AGREED, .votes = {FR}};
	char *page, *rest, *line;
	size_t size;
	FILE *out = open_memstream(&page, &size);

	(void)state;
	ask(&allow, place, (struct reach){.countries = {NL, US}, .count = 2});
	explanation.asn_operator = explanation.owner = &akamai;
	explanation.basis = OWNER_SOURCED;
	explanation.decision = (struct decision){VERDICT_DENY, REASON_OWNER, RULE_NONE, 1};
	explanation_print(out, &explainer, &explanation);
	fclose(out);
	assert_non_null(strstr(page, "DENY: its owner is in reach"));
	assert_non_null(strstr(page, "reach      NL+US\n"));
	assert_non_null(strstr(page, "no match: allow #1\n"));
	rest = page;
	while ((line = strsep(&rest, "\n")))
		assert_true(page_columns(line) <= 79);
	free(page);
}

static void test_what_is_doubted_is_no_source(void **state)
{
	struct explainer explainer = {.policy = &policy};
	struct asn_operator doubted = {.asn = 64500,
				       .name = "Doubted SA",
				       .organisation = "",
				       .parent = "",
				       .since = "",
				       .source = "ownership not established",
				       .doubtful = true};
	struct writer writer = {0};

	(void)state;
	ask(&allow, (struct place){.asn = 64500}, (struct reach){.count = 0});
	explanation.asn_operator = explanation.owner = &doubted;
	explanation.basis = OWNER_UNKNOWN;
	explanation.decision = (struct decision){VERDICT_DENY, REASON_OWNER_UNKNOWN, RULE_NONE, 1};
	explanation_write_facts(&writer, &explainer, &explanation);
	assert_non_null(memmem(writer.bytes, writer.length, "\"basis\":\"unknown\",\"source\":null",
			       strlen("\"basis\":\"unknown\",\"source\":null")));
	writer_free(&writer);
	assert_int_equal(note_it(), 1);
	assert_non_null(strstr(notes[0], "ownership not established"));
}

static struct fixture fixture;
static struct atlas *atlas;

/* Three sources: 5.0.0 all FR; 5.1.0 two of three; 5.2.0 three words; 5.3.0 one word; 5.4.0 a
 * source that contradicts itself; 5.5.0 nobody's. */
static void build_atlas(enum data_agree agree, unsigned min_sources)
{
	static char paths[3][160];
	struct data_file files[] = {{.path = paths[0]}, {.path = paths[1]}, {.path = paths[2]}};
	struct atlas_config config = {.data = {.files[DATA_SOIL] = {files, 3},
					       .agree = agree,
					       .min_sources = min_sources}};

	fixture_open(&fixture);
	fixture_defaults(&fixture);
	fixture_write(&fixture, "a.csv",
		      "# name: First\n# date: 2026-01-02\n"
		      "5.0.0.0,5.2.0.255,FR\n5.4.0.0,5.4.0.255,FR\n"
		      "5.4.0.0,5.4.0.255,DE\n");
	fixture_write(&fixture, "b.csv",
		      "# name: Second\n# date: 2026-02-03\n"
		      "5.0.0.0,5.1.0.255,FR\n5.2.0.0,5.2.0.255,DE\n"
		      "5.3.0.0,5.3.0.255,NL\n");
	fixture_write(&fixture, "c.csv",
		      "# name: Third\n# date: 2026-03-04\n"
		      "5.0.0.0,5.0.0.255,FR\n5.1.0.0,5.2.0.255,US\n");
	for (int i = 0; i < 3; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%c.csv", fixture.folder, 'a' + i);
	atlas = fixture_atlas(&fixture, &config);
}

/* The page about an address must hold each of the lines. */
static void expect_page(uint32_t address, const char *const *lines)
{
	struct explainer explainer = {.policy = &policy, .atlas = atlas};
	char *page;
	size_t size;
	FILE *out = open_memstream(&page, &size);

	explanation = (struct explanation){
		.target = "x",
		.address = {FAMILY_V4, address},
		.judged = {FAMILY_V4, address},
		.decision = {VERDICT_DENY, REASON_SOIL, RULE_NONE, 1},
	};
	explanation.place_number = atlas_lookup(atlas, explanation.judged);
	explanation_complete(&explainer, &explanation);
	explanation_print(out, &explainer, &explanation);
	fclose(out);
	for (; *lines; lines++)
		if (!strstr(page, *lines))
			fail_msg("not there: %s\nin:\n%s", *lines, page);
	free(page);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_each_source_has_its_word_and_its_date(void **state)
{
	(void)state;
	build_atlas(DATA_AGREE_MAJORITY, 0);
	expect_page(0x05000001, LINES("soil       FR (France): all 3 sources agree\n",
				      "           - FR: First, 2026-01-02\n",
				      "           - FR: Second, 2026-02-03\n",
				      "           - FR: Third, 2026-03-04\n"));
	expect_page(0x05010001, LINES("FR (France): 2 of 3 sources say so (agree: majority)\n",
				      "- US: Third, 2026-03-04\n"));
	expect_page(0x05020001,
		    LINES("soil       contested: FR 1, DE 1, US 1 (agree: majority)\n"));
	expect_page(0x05030001, LINES("NL (Netherlands): one source, so nobody to contradict it\n",
				      "- no word: First, 2026-01-02\n"));
	expect_page(0x05050001, LINES("soil       unknown: no source knows it\n"));
	/* Beside its soil: what a source says against itself. */
	expect_page(0x05040001,
		    LINES("soil       contested: DE 1, FR 1 (agree: majority)\n", "also says"));
	atlas_free(atlas);
	fixture_close(&fixture);
	build_atlas(DATA_AGREE_ALL, 0);
	expect_page(0x05010001, LINES("contested: FR 2, US 1 (agree: all)\n"));
	atlas_free(atlas);
	fixture_close(&fixture);
	build_atlas(DATA_AGREE_FIRST, 0);
	expect_page(0x05020001, LINES("FR (France): 1 of 3 sources say so (agree: first)\n",
				      "- soil FR: yes, First says FR"));
	atlas_free(atlas);
	fixture_close(&fixture);
}

static void test_too_few_words(void **state)
{
	(void)state;
	build_atlas(DATA_AGREE_MAJORITY, 2);
	expect_page(0x05030001, LINES("soil       unknown: NL 1, and min-sources is 2\n"));
	expect_page(0x05050001, LINES("soil       unknown: no source knows it\n"));
	expect_page(0x05000001, LINES("FR (France): all 3 sources agree\n"));
	atlas_free(atlas);
	fixture_close(&fixture);
}

/* AS1's own list: 5.0.0 and 5.1.0, which nobody announces, in DE; 5.2.0 in no country. */
static void test_a_feed_has_the_last_word(void **state)
{
	static char path[160];
	uint32_t one = 1;
	struct data_file feed = {.path = path, .asns = &one, .asn_count = 1};
	struct atlas_config config = {.data.files[DATA_FEEDS] = {&feed, 1}};
	struct explainer explainer = {.policy = &policy};
	struct writer writer = {0};

	(void)state;
	fixture_open(&fixture);
	fixture_defaults(&fixture);
	fixture_write(&fixture, "feed.csv",
		      "# name: Own list\n# date: 2026-04-05\n5.0.0.0,5.1.0.255,DE\n");
	snprintf(path, sizeof(path), "%s/feed.csv", fixture.folder);
	explainer.atlas = atlas = fixture_atlas(&fixture, &config);
	expect_page(0x05000001,
		    LINES("soil       DE (Germany): by its provider's own word, which beats the ",
			  "           - FR: soil.csv.zst",
			  "           - DE: Own list, 2026-04-05 (feed)\n", "basis      sourced",
			  "- soil FR: no, it is on DE soil\n"));
	expect_page(0x05010001, LINES("network    none announces it: it is in the feed of AS1\n",
				      "basis      feed, it is the provider's by its own list",
				      "reach      FR\n"));
	explanation_write_facts(&writer, &explainer, &explanation);
	static const char wanted[] = "\"feed\":\"Own list\"";
	assert_non_null(memmem(writer.bytes, writer.length, wanted, strlen(wanted)));
	writer_free(&writer);
	/* A deny rule hears it too. */
	struct rule rule = {.kind = RULE_DENY, .has_soil = true, .soil_text = (char *)"DE"};
	country_set_add(&rule.soil, DE);
	explanation_conditions(&explainer, &explanation, &rule, conditions, &matched);
	assert_true(matched);
	assert_string_equal(conditions[0].why, "Own list says DE");
	atlas_free(atlas);
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_owner_needs_every_member),
		cmocka_unit_test(test_each_state_of_soil_has_its_words),
		cmocka_unit_test(test_asn_and_prefix),
		cmocka_unit_test(test_a_long_list_ends_in_dots),
		cmocka_unit_test(test_two_jurisdictions_in_words),
		cmocka_unit_test(test_soil_under_one_law_and_owner_under_another),
		cmocka_unit_test(test_the_page_fits),
		cmocka_unit_test(test_what_is_doubted_is_no_source),
		cmocka_unit_test(test_each_source_has_its_word_and_its_date),
		cmocka_unit_test(test_too_few_words),
		cmocka_unit_test(test_a_feed_has_the_last_word),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
