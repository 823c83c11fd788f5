// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: what the compiler makes of the special cases: overlapping and equal prefixes, "connected",
 * embedded IPv4, what a class tells apart, and too many classes. */
#include "tests/unit/table_fixture.h"
#include "userspace/table/lookup.h"

#define V6(high, low) ((u128)(high) << 64 | (low))

static struct fixture fixture;
static struct atlas *atlas;

static int set_up(void **state)
{
	struct atlas_config config = {0};

	(void)state;
	fixture_open(&fixture);
	fixture_defaults(&fixture);
	atlas = fixture_atlas(&fixture, &config);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	atlas_free(atlas);
	fixture_close(&fixture);
	return 0;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, strlen(text), &prefix), PREFIX_OK);
	return prefix;
}

static struct table *compile(const struct policy *policy, const struct table_context *context)
{
	struct table *table = NULL;

	if (table_compile(policy, atlas, context, &table, &fixture.diagnostics))
		fixture_fail(&fixture, "no table");
	return table;
}

static struct decision judge(const struct table *table, const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, strlen(text), &address), 0);
	return table_judge(table, address);
}

struct expectation {
	const char *address;
	enum reason reason;
	uint16_t rule;
};

static void expect(const struct table *table, const struct expectation *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct decision decision = judge(table, rows[i].address);

		if (decision.reason != rows[i].reason || decision.rule != rows[i].rule ||
		    decision.verdict != reason_verdict(rows[i].reason))
			fail_msg("%s: %s by rule %u, not %s by rule %u", rows[i].address,
				 reason_name(decision.reason), decision.rule,
				 reason_name(rows[i].reason), rows[i].rule);
	}
}
#define EXPECT(table, rows) expect(table, rows, sizeof(rows) / sizeof((rows)[0]))

static void prefixes_may_repeat_nest_and_touch_the_ends(void **state)
{
	struct prefix first[] = {prefix_of("5.1.0.0/16"), prefix_of("5.1.0.0/16"),
				 prefix_of("5.1.2.0/24"), prefix_of("255.255.255.255"),
				 prefix_of("0.0.0.0"),    prefix_of("5.1.2.3")};
	struct prefix second[] = {prefix_of("5.1.2.0/23"), prefix_of("5.2.0.0/16"),
				  prefix_of("ffff::/16"), prefix_of("::1")};
	struct rule rules[] = {{.kind = RULE_DENY, .to = second, .to_count = 4},
			       {.kind = RULE_ALLOW, .to = first, .to_count = 6}};
	struct policy policy = {.rules = rules, .rule_count = 2};
	struct table *table = compile(&policy, NULL);
	const struct expectation rows[] = {
		{"0.0.0.0", REASON_RULE_ALLOW, 1},
		{"0.0.0.1", REASON_SPECIAL, RULE_NONE},
		{"5.0.255.255", REASON_NO_RULE, RULE_NONE},
		{"5.1.0.0", REASON_RULE_ALLOW, 1},
		{"5.1.1.255", REASON_RULE_ALLOW, 1},
		{"5.1.2.3", REASON_RULE_DENY, 0},
		{"5.1.3.255", REASON_RULE_DENY, 0},
		{"5.1.4.0", REASON_RULE_ALLOW, 1},
		{"5.1.255.255", REASON_RULE_ALLOW, 1},
		{"5.2.0.0", REASON_RULE_DENY, 0},
		{"5.3.0.0", REASON_NO_RULE, RULE_NONE},
		{"255.255.255.254", REASON_SPECIAL, RULE_NONE},
		{"255.255.255.255", REASON_RULE_ALLOW, 1},
		{"::1", REASON_RULE_DENY, 0},
		{"fffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", REASON_MULTICAST, RULE_NONE},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", REASON_RULE_DENY, 0},
	};

	(void)state;
	EXPECT(table, rows);
	table_free(table);
}

static void connected_space_is_local(void **state)
{
	struct prefix connected[] = {prefix_of("5.7.0.0/24"), prefix_of("2a00:7::/64"),
				     prefix_of("64:ff9b::/96")};
	struct table_context context = {.connected = connected, .connected_count = 3};
	struct prefix denied = prefix_of("64:ff9b::6.0.0.0/104");
	struct rule rules[] = {{.kind = RULE_DENY, .to = &denied, .to_count = 1},
			       {.kind = RULE_ALLOW, .has_soil = true}};
	struct policy policy = {.rules = rules, .rule_count = 2, .local = POLICY_LOCAL_CONNECTED};
	const struct expectation rows[] = {
		{"5.7.0.0", REASON_LOCAL, RULE_NONE},
		{"5.7.0.255", REASON_LOCAL, RULE_NONE},
		{"5.7.1.0", REASON_SOIL, RULE_NONE},
		{"2a00:7::ffff", REASON_LOCAL, RULE_NONE},
		{"2a00:7:0:1::", REASON_SOIL, RULE_NONE},
		{"10.0.0.1", REASON_SPECIAL, RULE_NONE},
		{"169.254.1.1", REASON_LOCAL, RULE_NONE},
		{"64:ff9b::5.8.0.1", REASON_SOIL, RULE_NONE}, /* judged by what is inside... */
		{"64:ff9b::6.0.0.1", REASON_RULE_DENY, 0},
		{"64:ff9b::5.7.0.1", REASON_SPECIAL, RULE_NONE}, /* ...which is local only here */
	};
	struct table *table = compile(&policy, &context);

	(void)state;
	EXPECT(table, rows);
	table_free(table);
	policy.local = POLICY_LOCAL_PRIVATE; /* connected says nothing then */
	table = compile(&policy, &context);
	assert_int_equal(judge(table, "5.7.0.0").reason, REASON_SOIL);
	table_free(table);
}

static void embedded_is_judged_by_the_inner_address(void **state)
{
	struct prefix denied[] = {prefix_of("64:ff9b::6.0.0.0/104"), prefix_of("7.0.0.0/8")};
	struct prefix allowed[] = {prefix_of("5.1.0.0/16"), prefix_of("64:ff9b::/96"),
				   prefix_of("6.0.0.0/8"), prefix_of("7.0.0.0/8")};
	struct rule rules[] = {{.kind = RULE_DENY, .to = denied, .to_count = 2},
			       {.kind = RULE_ALLOW, .to = allowed, .to_count = 4}};
	struct policy policy = {.rules = rules, .rule_count = 2, .local = POLICY_LOCAL_PRIVATE};
	const struct expectation rows[] = {
		{"5.1.0.1", REASON_RULE_ALLOW, 1},
		{"64:ff9b::5.1.0.1", REASON_RULE_ALLOW, 1},
		{"::ffff:5.1.0.1", REASON_RULE_ALLOW, 1},
		{"::5.1.0.1", REASON_RULE_ALLOW, 1},
		{"2002:501:1::1", REASON_RULE_ALLOW, 1},
		{"2001:0:ffff:ffff:ffff:ffff:fafe:fffe", REASON_RULE_ALLOW, 1},
		{"6.0.0.1", REASON_RULE_ALLOW, 1},
		{"64:ff9b::6.0.0.1", REASON_RULE_DENY, 0},       /* named outside */
		{"::ffff:6.0.0.1", REASON_RULE_ALLOW, 1},        /* not named here */
		{"64:ff9b::7.0.0.1", REASON_RULE_DENY, 0},       /* named inside */
		{"64:ff9b::8.0.0.1", REASON_NO_RULE, RULE_NONE}, /* no allow rule names 8/8 */
		{"10.0.0.1", REASON_LOCAL, RULE_NONE},
		{"64:ff9b::10.0.0.1", REASON_SPECIAL, RULE_NONE},
		{"2002:a00:1::", REASON_SPECIAL, RULE_NONE},
		{"::ffff:224.0.0.1", REASON_SPECIAL, RULE_NONE},
		{"::ffff:239.0.0.1", REASON_MULTICAST, RULE_NONE},
	};
	struct table *table = compile(&policy, NULL);

	(void)state;
	EXPECT(table, rows);
	/* The class is that of the inner address where that decides. */
	assert_int_equal(judge(table, "64:ff9b::5.1.0.1").class, judge(table, "5.1.0.1").class);
	assert_int_not_equal(judge(table, "64:ff9b::10.0.0.1").class,
			     judge(table, "10.0.0.1").class);
	table_free(table);
}

static void a_class_says_what_it_stands_for(void **state)
{
	struct rule rules[] = {{.kind = RULE_ALLOW, .has_owner = true}};
	struct policy policy = {.rules = rules, .rule_count = 1, .local = POLICY_LOCAL_PRIVATE};
	struct table *table = compile(&policy, NULL);
	const struct class_info *info = &table->classes[judge(table, "5.0.0.1").class];

	(void)state;
	assert_int_equal(info->soil, COUNTRY('F', 'R'));
	assert_int_equal(info->state, SOIL_AGREED);
	assert_int_equal(info->reach.count, 1);
	assert_int_equal(info->reach.countries[0], COUNTRY('F', 'R'));
	assert_true(info->routed);
	assert_false(info->local);
	info = &table->classes[judge(table, "5.0.1.0").class];
	assert_false(info->routed);
	assert_int_equal(judge(table, "5.0.1.0").reason, REASON_UNROUTED);
	assert_true(table->classes[judge(table, "10.0.0.1").class].local);
	assert_int_equal(table->row_count, table->class_count);
	assert_int_equal(table->sections[TABLE_ROWS].size,
			 table->row_count * sizeof(struct class_row));
	assert_int_equal(((struct class_row *)table->sections[TABLE_ROWS].bytes)->reason,
			 REASON_INTERNAL);
	table_free(table);
}

/* One /24 an ASN, and each of its addresses on another soil: pairs beyond 16 bits. */
static void too_many_classes_is_an_error(void **state)
{
	struct rule rules[] = {{.kind = RULE_ALLOW, .has_owner = true}};
	struct policy policy = {.rules = rules, .rule_count = 1, .file = (char *)"many.yaml"};
	struct atlas_config config = {0};
	const country_t *countries = country_all();
	struct fixture many;
	struct table *table = NULL;
	char soil[3], seat[3];
	char message[512];

	(void)state;
	fixture_open(&many);
	fixture_defaults(&many);
	FILE *soils = fixture_file(&many, "soil.csv.zst"),
	     *asns = fixture_file(&many, "asn.csv.zst"),
	     *owners = fixture_file(&many, "owners.csv");
	fputs(OWNERS_HEADER, owners);
	for (unsigned i = 0; i < 400; i++) {
		fprintf(asns, "5.%u.%u.0,5.%u.%u.255,%u,A\n", i / 256, i % 256, i / 256, i % 256,
			i + 1);
		fprintf(owners, "%u,A,A,%s,%s,,test\n", i + 1,
			country_format(countries[i / 20], soil),
			country_format(countries[20 + i % 20], seat));
		for (unsigned j = 0; j < 240; j++)
			fprintf(soils, "5.%u.%u.%u,5.%u.%u.%u,%s\n", i / 256, i % 256, j, i / 256,
				i % 256, j, country_format(countries[j], soil));
	}
	fclose(soils);
	fclose(asns);
	fclose(owners);
	struct atlas *big = fixture_atlas(&many, &config);
	assert_int_equal(table_compile(&policy, big, NULL, &table, &many.diagnostics), -EOVERFLOW);
	assert_null(table);
	assert_int_equal(many.diagnostics.errors, 1);
	diagnostic_format(&many.diagnostics.items[0], message, sizeof(message));
	assert_non_null(strstr(message, "many.yaml: class overflow: over 65279 classes"));
	atlas_free(big);
	fixture_close(&many);
}

/* Whatever the threads do first, the same input is the same table, and any other byte another. */
static void the_digest_is_of_every_section(void **state)
{
	const struct policy policy = {.unlisted = POLICY_UNLISTED_REGISTRY};
	struct table *table = compile(&policy, NULL), *again;
	struct digest digest = table_digest(table), other;

	(void)state;
	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		uint8_t *last = (uint8_t *)table->sections[i].bytes + table->sections[i].size - 1;

		*last ^= 1;
		other = table_digest(table);
		assert_memory_not_equal(&other, &digest, sizeof(digest));
		*last ^= 1;
	}
	again = compile(&policy, NULL);
	other = table_digest(again);
	assert_memory_equal(&other, &digest, sizeof(digest));
	table_free(again);
	table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_may_repeat_nest_and_touch_the_ends),
		cmocka_unit_test(connected_space_is_local),
		cmocka_unit_test(embedded_is_judged_by_the_inner_address),
		cmocka_unit_test(a_class_says_what_it_stands_for),
		cmocka_unit_test(the_digest_is_of_every_section),
		cmocka_unit_test(too_many_classes_is_an_error),
	};

	return cmocka_run_group_tests_name("table_compile", tests, set_up, tear_down);
}
