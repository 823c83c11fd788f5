// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: "scopes:" become sets of rules with senders; each fault, and two scopes that claim one
 * sender, say where and what to write. */
#include "tests/unit/policy_check.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SCOPE(text)  HEAD "scopes: [{" text "}]\n"
#define FROM(text)   SCOPE("name: a, from: {" text "}, allow: []")
#define TWO(first, other)                                    \
	HEAD "scopes:\n"                                     \
	     "  - {name: a, from: {" first "}, allow: []}\n" \
	     "  - {name: b, from: {" other "}, allow: []}\n"

static char messages[MESSAGES_SIZE];

static void a_scope_is_whole(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "scopes: tenant\n", "3:9: `tenant` is not a list of scopes"},
		{HEAD "scopes: [tenant]\n", "3:10: a scope is made of keys; write `name: ...`"},
		{SCOPE("from: {unit: a.service}, allow: []"),
		 "3:10: a scope without a name; write"},
		{SCOPE("name: a, allow: []"), "3:10: a scope that says nobody; write `from:"},
		{SCOPE("name: a, from: {unit: a.service}"),
		 "3:10: a scope has rules of its own, in the place of the policy's, and this one "
		 "allows nothing; write `allow:`, or `allow: []` if that is meant"},
		{SCOPE("name: \"a b\", from: {unit: a.service}, allow: []"),
		 "3:17: `a b` is no name of a scope"},
		{SCOPE("name: strictest, from: {unit: a.service}, allow: []"),
		 "3:17: a scope named `strictest` is there already"},
		{SCOPE("name: a, from: {unit: a.service}, allow: [], mode: monitor"),
		 "3:56: a scope has no key `mode`"},
		{SCOPE("name: a, from: {unit: a.service}, allow: {soil: [FR]}"),
		 "3:52: `allow:` is a list of rules"},
		{SCOPE("name: a, from: {unit: a.service}, allow: [{soil: [XX]}]"), "3:61: "},
		{HEAD "scopes:\n  - {name: a, from: {unit: a.service}, allow: []}\n"
		      "  - {name: a, from: {unit: b.service}, allow: []}\n",
		 "5:12: a scope named `a` is there already (default and strictest always are)"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void a_sender_is_named(void **state)
{
	static const struct refusal refusals[] = {
		{SCOPE("name: a, from: {}, allow: []"), "3:26: a scope of nobody; write interface"},
		{SCOPE("name: a, from: tap0, allow: []"), "3:26: `from:` is made of keys"},
		{FROM("user: 7"), "3:27: `from:` has no key `user`"},
		{FROM("interface: \"a b\""), "3:38: `a b` is no name or glob of interfaces"},
		{FROM("interface: []"), "3:38: an empty list; name senders"},
		{FROM("prefix: [10.1.0.1/16]"), "3:36: 10.1.0.1/16 has bits set"},
		{FROM("unit: relay"), "3:33: `relay` is no unit with processes; write the name of"},
		{FROM("unit: relay.timer"), "3:33: `relay.timer` is no unit with processes"},
		{FROM("unit: /a.service"), "3:33: `/a.service` is no unit"},
		{FROM("cgroup: tenants.slice"), "3:35: `tenants.slice` is no cgroup; write its "
						"whole path"},
		{FROM("cgroup: /a/../b"), "3:35: `/a/../b` is no cgroup"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void two_scopes_claim_no_one_sender(void **state)
{
	static const struct refusal refusals[] = {
		{TWO("prefix: [10.1.0.0/16]", "prefix: [192.0.2.1, 10.1.2.0/24]"),
		 "5:21: the scopes a (line 4) and b both claim senders of `10.1.2.0/24`; leave"},
		{TWO("prefix: [\"2001:db8::1\"]", "prefix: [\"2001:db8::/32\"]"), "5:21: the "},
		{TWO("interface: tapA0", "interface: tapA0"), "5:21: the scopes a (line 4)"},
		{TWO("interface: \"tap*\"", "interface: \"*0\""),
		 "5:21: the scopes a (line 4) and b both claim senders of `*0`"},
		{TWO("interface: \"tap[0-4]\"", "interface: \"t?p[4-9]\""), "5:21: the scopes"},
		{TWO("unit: a.service", "unit: a.service"),
		 "5:21: the scopes a (line 4) and b both claim senders of `a.service`"},
		{TWO("unit: a-b.slice", "unit: a.slice"),
		 "5:21: the scopes a (line 4) and b both claim senders of `a.slice`"},
		{TWO("cgroup: /sys/fs/cgroup/a", "cgroup: /sys/fs/cgroup/a/b"), "5:21: the scopes"},
	};
	static const char *const good[] = {
		TWO("prefix: [10.1.0.0/16]", "prefix: [10.2.0.0/16, \"2001:db8::1\"]"),
		TWO("interface: \"tap[0-3]\"", "interface: \"tap[4-9]\""),
		TWO("interface: \"tapA*\"", "interface: [\"tapB*\", \"tap[0-9]\"]"),
		TWO("interface: \"a*b*c\"", "interface: \"*b\""),
		TWO("unit: a-b.slice", "unit: a-bc.slice"),
		TWO("unit: a.slice", "unit: a.service"),
		TWO("cgroup: /sys/fs/cgroup/a", "cgroup: /sys/fs/cgroup/ab"),
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
	for (size_t i = 0; i < COUNT(good); i++)
		policy_free(expect_policy(good[i], messages));
}

static void rules_are_void_in_their_own_scope_alone(void **state)
{
	static const struct refusal refusal = {
		SCOPE("name: a, from: {unit: a.service}, allow: [{soil: [FR]}, {soil: [FR]}]"),
		"3:67: a allow #2 never decides: a allow #1 at p.yaml:3:53 covers all of it"};

	(void)state;
	expect_refusals(&refusal, 1);
	policy_free(expect_policy(SCOPE("name: a, from: {unit: a.service}, allow: [{soil: [FR]}]"),
				  messages));
}

static void rules_know_their_scope(void **state)
{
	struct policy *policy = expect_policy(
		"gabelou: 1\n"
		"scopes:\n"
		"  - name: tenant-a\n"
		"    from: {interface: \"tapA*\", prefix: [10.1.0.0/16], unit: relay.service}\n"
		"    allow: [{soil: [DE]}]\n"
		"    deny: [{owner: [CN]}]\n"
		"  - {name: nobody, from: {cgroup: /sys/fs/cgroup/x}, allow: []}\n"
		"deny: [{owner: [US]}]\n"
		"allow: [{soil: [FR]}]\n",
		messages);
	char name[RULE_NAME_SIZE];
	size_t first;

	(void)state;
	assert_string_equal(messages, "");
	assert_int_equal(policy->rule_count, 4);
	assert_string_equal(rule_name(&policy->rules[1], name), "allow #1");
	assert_string_equal(rule_name(&policy->rules[2], name), "tenant-a deny #1");
	assert_string_equal(rule_name(&policy->rules[3], name), "tenant-a allow #1");
	assert_int_equal(policy_scopes(policy), 4);
	assert_string_equal(policy_scope_name(policy, 0), "default");
	assert_string_equal(policy_scope_name(policy, 2), "nobody");
	assert_string_equal(policy_scope_name(policy, 3), "strictest");
	assert_int_equal(policy_of_scope(policy, 0, &first).rule_count, 2);
	assert_int_equal(first, 0);
	assert_ptr_equal(policy_of_scope(policy, 1, &first).rules, &policy->rules[2]);
	assert_int_equal(first, 2);
	assert_int_equal(policy_of_scope(policy, 2, &first).rule_count, 0);
	assert_string_equal(policy->scopes[0].interfaces.items[0], "tapA*");
	assert_string_equal(policy->scopes[0].units.items[0], "relay.service");
	assert_string_equal(policy->scopes[1].cgroups.items[0], "/sys/fs/cgroup/x");
	assert_int_equal(policy->scopes[0].prefix_count, 1);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scope_is_whole),
		cmocka_unit_test(a_sender_is_named),
		cmocka_unit_test(two_scopes_claim_no_one_sender),
		cmocka_unit_test(rules_are_void_in_their_own_scope_alone),
		cmocka_unit_test(rules_know_their_scope),
	};

	return cmocka_run_group_tests_name("policy scopes", tests, read_groups, free_groups);
}
