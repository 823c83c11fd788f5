// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The goal: each line of JSON is what jansson makes of the same explanation, byte for byte, whether
 * it was composed or remembered, on random policies and hostile names; and an explanation gives the
 * rule that decided as the first that matches.
 */
#include "tests/unit/explanation_oracle.h"
#include "tests/unit/random_policy.h"
#include "tests/unit/table_fixture.h"

#include "userspace/cli/explanation.c"
#include "userspace/cli/explanation_json.c"
#include "userspace/cli/explanation_lines.c"
#include "userspace/cli/explanation_notes.c"
#include "userspace/cli/explanation_rules.c"
#include "userspace/cli/writer.c"

#define ROUNDS    25
#define ADDRESSES 100

static struct fixture fixture;
static struct atlas *atlas;

static const country_t countries[] = {COUNTRY('F', 'R'), COUNTRY('D', 'E'), COUNTRY('U', 'S'),
				      COUNTRY('N', 'L')};
static const uint32_t asns[] = {1, 2, 3, 4, 9, 77};
/* In and around every range of the sources below, and of each kind of special space. */
static const char *const words[] = {
	"5.0.0.0",        "5.0.0.255",        "5.0.1.0",
	"5.1.0.7",        "5.2.0.1",          "5.3.0.1",
	"5.9.9.9",        "5.255.255.255",    "6.0.0.1",
	"10.0.0.1",       "127.0.0.1",        "224.0.0.1",
	"239.1.1.1",      "255.255.255.255",  "2a00::",
	"2a00:80::1",     "2a00:ff::",        "2a01::1",
	"fe80::1",        "fd00::1",          "ff02::1",
	"::ffff:5.0.0.1", "64:ff9b::5.3.0.1", "64:ff9b::10.0.0.1",
	"2002:500:1::",   "2002:a00:1::1",    "2001:0:1::faff:ffff",
	"::5.1.0.7",
};
#define WORDS (sizeof(words) / sizeof(words[0]))
static struct address addresses[WORDS];

static int start(void **state)
{
	struct data_file files[3] = {0};
	char paths[3][160];
	struct atlas_config config = {.data.agree = DATA_AGREE_MAJORITY};

	(void)state;
	fixture_open(&fixture);
	fixture_defaults(&fixture);
	fixture_write(&fixture, "a.csv",
		      "# name: the \"first\" \\ source\n# date: 2026-01-01\n"
		      "5.0.0.0,5.2.255.255,FR\n5.3.0.0,5.3.0.255,US\n2a00::,2a00:80::,FR\n");
	fixture_write(&fixture, "b.csv",
		      "# name: Donn\xc3\xa9"
		      "es\n5.0.0.0,5.1.255.255,FR\n5.2.0.0,5.3.0.255,DE\n"
		      "5.3.0.0,5.3.0.255,US\n2a00::,2a00:ff::,NL\n");
	fixture_write(&fixture, "c.csv",
		      "# name: latin \xe9 one\n5.1.0.0,5.1.255.255,US\n2a00::,2a00:ff::,NL\n");
	fixture_write(&fixture, "asn.csv.zst",
		      "5.0.0.0,5.0.0.255,1,One\n5.1.0.0,5.1.0.255,2,Two\n5.2.0.0,5.2.0.255,3,x\n"
		      "5.3.0.0,5.3.0.255,4,x\n5.9.0.0,5.9.255.255,9,x\n2a00::,2a00:80::,2,Two\n");
	fixture_write(&fixture, "registry.csv.zst",
		      "5.0.0.0,5.2.0.255,FR\n5.3.0.0,5.3.0.255,US\n2a00::,2a00:80::,DE\n");
	fixture_write(&fixture, "asn-names.csv.zst",
		      "1,\"One \"\"\\ <b>\x01\x1b[31m\"\n2,Soci\xe9t\xe9\n3,\xf0\x9f\x87\xab\n");
	fixture_write(&fixture, "owners.csv",
		      OWNERS_HEADER "1,One,\"One \"\"SA\"\"\",FR,US,2020,a page\x7f/\n"
				    "2,Tw\xc3\xb6,Two \xff AG,DE,NL,,general knowledge\n"
				    "4,Four,Four Inc,US,,,page\n");
	for (int i = 0; i < 3; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%c.csv", fixture.folder, 'a' + i);
		files[i].path = paths[i];
	}
	config.data.files[DATA_SOIL] = (struct data_files){files, 3};
	atlas = fixture_atlas(&fixture, &config);
	for (size_t i = 0; i < WORDS; i++)
		assert_int_equal(address_parse(words[i], strlen(words[i]), &addresses[i]), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	atlas_free(atlas);
	fixture_close(&fixture);
	return 0;
}

static const struct random_world world = {countries, 4, asns, 6, addresses, WORDS};

static struct address draw(void)
{
	struct address address = addresses[random_next() % WORDS];

	/* A neighbour, to fall on either side of what begins or ends here. */
	if (random_chance(8) && address.value > 2 &&
	    address.value < family_last(address.family) - 2)
		address.value = address.value + random_next() % 5 - 2;
	return address;
}

static void give_text(struct random_policy *random)
{
	random->policy.name = (char *)"a \"name\"";
	for (size_t i = 0; i < random->policy.rule_count; i++) {
		random->rules[i].index = (unsigned)i + 1;
		random->rules[i].soil_text = (char *)"FR, \xc3\xa9";
		random->rules[i].owner_text = (char *)"EU";
		random->rules[i].why = random_chance(8) ? (char *)"why \"not\"\n" : NULL;
	}
}

/* What is asked for beside the address: nothing, or one of some ports. */
static const struct service *some_service(void)
{
	static struct service service;

	service = random_service();
	service.low = service.high;
	return random_chance(8) ? &service : NULL;
}

/* In a fresh place each time: what is given out must not depend on where the target lies. */
static void expect_line(const struct explainer *explainer, struct explanation_lines *lines,
			const char *target, struct address address)
{
	const struct service *service = some_service();
	struct explanation explanation = explanation_of(explainer, target, address, service);
	char *wanted = oracle_line(explainer, &explanation), *got;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	assert_non_null(wanted);
	assert_int_equal(explanation_lines_print(lines, out, target, address, service), 0);
	assert_int_equal(fclose(out), 0);
	size_t same = 0;
	while (got[same] && got[same] == wanted[same])
		same++;
	if (got[same] || wanted[same])
		fail_msg("at byte %zu: %.200s\nnot %.200s", same, got + same, wanted + same);
	json_t *parsed = json_loads(got, 0, NULL);
	assert_non_null(parsed);
	json_decref(parsed);
	free(wanted);
	free(got);
}

static void with_each_policy(void (*check)(const struct explainer *explainer,
					   const struct manifest *manifest))
{
	static struct random_policy random;

	for (uint64_t round = 0; round < ROUNDS; round++) {
		struct diagnostics diagnostics = {0};
		struct table *table = NULL;

		random_seed(round);
		random_policy(&world, &random);
		give_text(&random);
		struct table_context context = {random.connected, random.connected_count, NULL};
		assert_int_equal(
			table_compile(&random.policy, atlas, &context, &table, &diagnostics), 0);
		struct manifest_row rows[table->class_count];
		for (uint32_t i = 0; i < table->class_count; i++)
			rows[i] = (struct manifest_row){.info = table->classes[i]};
		const struct manifest manifest = {
			.generation = 7, .rows = rows, .row_count = table->class_count};
		const struct explainer explainer = {&random.policy, table, atlas, NULL,
						    SCOPE_DEFAULT};

		check(&explainer, &manifest);
		table_free(table);
	}
}

static void check_lines(const struct explainer *explainer, const struct manifest *manifest)
{
	const struct explainer enforced = {explainer->policy, explainer->table, atlas, manifest,
					   SCOPE_DEFAULT};
	const struct explainer dataless = {explainer->policy, explainer->table, NULL, manifest,
					   SCOPE_DEFAULT};
	const struct explainer *explainers[] = {explainer, &enforced, &dataless};

	for (size_t i = 0; i < 3; i++)
		/* One kind at a time, a few, all of them. */
		for (size_t kinds = 1; kinds <= 1024; kinds *= 32) {
			struct explanation_lines *lines =
				explanation_lines_open(explainers[i], kinds);

			assert_non_null(lines);
			if (kinds > 32)
				lines->kept_most = 20000; /* so that some are forgotten */
			for (int j = 0; j < ADDRESSES; j++)
				expect_line(explainers[i], lines,
					    random_chance(2) ? "a \"name\" \xe9" : "5.0.0.0",
					    draw());
			explanation_lines_close(lines);
		}
}

static void test_lines_are_jansson_s(void **state)
{
	(void)state;
	with_each_policy(check_lines);
}

/* Private space of both families is one place and one class, each inside another prefix. */
static void test_families_are_kept_apart(void **state)
{
	struct prefix v4 = {FAMILY_V4, 8, 10u << 24}, v6 = {FAMILY_V6, 8, (u128)0xfd << 120};
	struct rule rules[] = {
		{.kind = RULE_ALLOW, .index = 1, .has_soil = true, .to = &v4, .to_count = 1},
		{.kind = RULE_ALLOW, .index = 2, .has_soil = true, .to = &v6, .to_count = 1},
	};
	struct policy policy = {.name = (char *)"p", .rules = rules, .rule_count = 2};
	struct diagnostics diagnostics = {0};
	struct table *table = NULL;
	const struct address private4 = {FAMILY_V4, (10u << 24) + 1};
	const struct address private6 = {FAMILY_V6, ((u128)0xfd << 120) + 1};

	(void)state;
	rules[0].soil_text = rules[1].soil_text = (char *)"FR";
	assert_int_equal(table_compile(&policy, atlas, NULL, &table, &diagnostics), 0);
	const struct explainer explainer = {&policy, table, atlas, NULL, SCOPE_DEFAULT};
	assert_int_equal(table_class(table, private4), table_class(table, private6));
	struct explanation_lines *lines = explanation_lines_open(&explainer, 1);
	assert_non_null(lines);
	expect_line(&explainer, lines, "four", private4);
	expect_line(&explainer, lines, "six", private6);
	explanation_lines_close(lines);
	table_free(table);
}

/* Which rule is the first that matches, by its conditions; rule_count: none. */
static size_t first_match(const struct explainer *explainer, const struct explanation *explanation)
{
	const struct policy *policy = explainer->policy;
	struct condition conditions[CONDITIONS_MOST];
	size_t number = 0;
	bool matched = false;

	for (; number < policy->rule_count; number++) {
		explanation_conditions(explainer, explanation, &policy->rules[number], conditions,
				       &matched);
		bool unneeded = policy->rules[number].kind == RULE_EXCEPT &&
				explanation->decision.reason != REASON_RULE_EXCEPT;

		if (matched && !unneeded)
			break;
	}
	return number;
}

static void check_words(const struct explainer *explainer, const struct manifest *manifest)
{
	const struct policy *policy = explainer->policy;

	(void)manifest;
	for (int i = 0; i < ADDRESSES; i++) {
		struct explanation explanation =
			explanation_of(explainer, "x", draw(), some_service());
		uint16_t rule = explanation.decision.rule;
		bool outer = explanation.judged.family != explanation.address.family &&
			     explanation.decision.reason == REASON_SPECIAL;

		if (explanation.decision.reason != REASON_LOCAL &&
		    explanation.decision.reason != REASON_LIFELINE && !outer)
			assert_int_equal(first_match(explainer, &explanation),
					 rule == RULE_NONE ? policy->rule_count : rule);
	}
}

static void test_the_first_match_decides(void **state)
{
	(void)state;
	with_each_policy(check_words);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_are_jansson_s),
		cmocka_unit_test(test_families_are_kept_apart),
		cmocka_unit_test(test_the_first_match_decides),
	};

	return cmocka_run_group_tests(tests, start, end);
}
