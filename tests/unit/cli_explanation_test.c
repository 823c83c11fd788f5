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

#include "userspace/cli/explanation.c"
#include "userspace/cli/explanation_json.c"
#include "userspace/cli/explanation_text.c"
#include "userspace/cli/page.c"

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
	assert_int_equal(ask(&allow, place, (struct reach){{FR}, 1, 0, 0}), 2);
	assert_true(matched);
	assert_string_equal(conditions[0].wanted, "FR");
	assert_string_equal(conditions[1].why, "");
	ask(&allow, place, (struct reach){{NL, US}, 2, 0, 0});
	assert_false(matched);
	assert_true(conditions[0].met);
	assert_string_equal(conditions[1].why, "US can compel its owner and is not in it");
	ask(&deny, place, (struct reach){{NL, US}, 2, 0, 0});
	assert_true(matched);
	ask(&deny, place, (struct reach){{US}, 1, 0, 0});
	assert_false(matched);
	assert_string_equal(conditions[1].why, "its reach is US");
	ask(&allow, place, (struct reach){{0}, 0, 0, 0});
	assert_string_equal(conditions[1].why, "its operator is in no owner table");
	place.asn = 0;
	ask(&allow, place, (struct reach){{0}, 0, 0, 0});
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
		{{.state = SOIL_UNKNOWN}, "no source knows its soil"},
		{{.state = SOIL_SPECIAL}, "special-use space has no soil"},
		{{.soil = US, .state = SOIL_ANYCAST, .votes = {US}}, "anycast has no one soil"},
		{{.soil = FR, .state = SOIL_ANYCAST, .votes = {FR}},
		 "anycast has no one soil, and the rule lacks \"anycast: allow\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(&allow, cases[i].place, (struct reach){{FR}, 1, 0, 0});
		assert_false(conditions[0].met);
		assert_string_equal(conditions[0].why, cases[i].why);
	}
	/* To a deny rule one voice suffices. */
	ask(&deny, cases[1].place, (struct reach){{FR}, 1, 0, 0});
	assert_true(conditions[0].met);
	ask(&deny, cases[0].place, (struct reach){{FR}, 1, 0, 0});
	assert_string_equal(conditions[0].why, "no source places it there");
}

static void test_asn_and_prefix(void **state)
{
	struct place place = {.asn = 3215};

	(void)state;
	assert_int_equal(ask(&narrow, place, (struct reach){{0}, 0, 0, 0}), 2);
	assert_string_equal(conditions[0].wanted, "2376, 16276");
	assert_string_equal(conditions[0].why, "it is in AS3215");
	assert_string_equal(conditions[1].wanted, "203.0.113.0/24");
	assert_string_equal(conditions[1].why, "it is outside");
	place.asn = 16276;
	ask(&narrow, place, (struct reach){{0}, 0, 0, 0});
	assert_true(conditions[0].met);
	assert_false(conditions[1].met);
	explanation.judged.value = 0xcb007101;
	explanation_conditions(&(struct explainer){.policy = &policy}, &explanation, &narrow,
			       conditions, &matched);
	assert_true(conditions[1].met);
	assert_true(matched);
	place.asn = 0;
	ask(&narrow, place, (struct reach){{0}, 0, 0, 0});
	assert_string_equal(conditions[0].why, "no network announces it");
}

static void test_a_long_list_ends_in_dots(void **state)
{
	uint32_t many[200];
	struct rule rule = {.kind = RULE_ALLOW, .asns = many, .asn_count = 200};

	(void)state;
	for (uint32_t i = 0; i < 200; i++)
		many[i] = 4200000000u + i;
	ask(&rule, (struct place){.asn = 1}, (struct reach){{0}, 0, 0, 0});
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

static void test_two_jurisdictions_in_words(void **state)
{
	char notes[NOTES_MOST][NOTE_SIZE];

	(void)state;
	ask(&allow, (struct place){.asn = 20940}, (struct reach){{NL, US}, 2, 0, 0});
	explanation.asn_operator = &akamai;
	akamai.seat_inferred = true;
	assert_int_equal(explanation_notes(&explanation, notes), 1);
	assert_string_equal(notes[0], "registered in NL (Netherlands), controlled from US (United "
				      "States): Akamai Technologies Inc");
	akamai.seat_inferred = false;
	explanation_notes(&explanation, notes);
	assert_string_equal(notes[0], "a legal person of NL (Netherlands) with a parent in US "
				      "(United States): Akamai Technologies Inc");
	akamai.seat = COUNTRY('P', 'R'); /* where the law of the United States holds */
	assert_int_equal(explanation_notes(&explanation, notes), 0);
	akamai.seat = NL;
	explanation.place.state = SOIL_ANYCAST;
	explanation.address.family = FAMILY_V6;
	assert_int_equal(explanation_notes(&explanation, notes), 3);
	assert_string_equal(notes[0],
			    "it holds the IPv4 address 203.0.114.1, and is judged by that");
}

static void test_the_page_fits(void **state)
{
	struct explainer explainer = {.policy = &policy};
	struct place place = {.asn = 20940, .soil = FR, .state = SOIL_AGREED, .votes = {FR}};
	char *page, *rest, *line;
	size_t size;
	FILE *out = open_memstream(&page, &size);

	(void)state;
	ask(&allow, place, (struct reach){{NL, US}, 2, 0, 0});
	explanation.asn_operator = &akamai;
	explanation.basis = OWNER_SOURCED;
	explanation.decision = (struct decision){VERDICT_DENY, REASON_OWNER, RULE_NONE, 1};
	explanation_print(out, &explainer, &explanation);
	fclose(out);
	assert_non_null(strstr(page, "DENY: its owner is in reach"));
	assert_non_null(strstr(page, "reach      NL+US\n"));
	assert_non_null(strstr(page, "allow #1 does not match"));
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
	json_t *line, *owner;

	(void)state;
	ask(&allow, (struct place){.asn = 64500}, (struct reach){{0}, 0, 0, 0});
	explanation.asn_operator = &doubted;
	explanation.basis = OWNER_UNKNOWN;
	explanation.decision = (struct decision){VERDICT_DENY, REASON_OWNER_UNKNOWN, RULE_NONE, 1};
	line = explanation_json(&explainer, &explanation);
	owner = json_object_get(line, "owner");
	assert_string_equal(json_string_value(json_object_get(owner, "basis")), "unknown");
	assert_true(json_is_null(json_object_get(owner, "source")));
	assert_non_null(strstr(json_string_value(json_array_get(json_object_get(line, "notes"), 0)),
			       "ownership not established"));
	json_decref(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_owner_needs_every_member),
		cmocka_unit_test(test_each_state_of_soil_has_its_words),
		cmocka_unit_test(test_asn_and_prefix),
		cmocka_unit_test(test_a_long_list_ends_in_dots),
		cmocka_unit_test(test_two_jurisdictions_in_words),
		cmocka_unit_test(test_the_page_fits),
		cmocka_unit_test(test_what_is_doubted_is_no_source),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
