// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a list under "local:" becomes networks and interfaces, and each fault says what to write.
 */
#include "tests/unit/policy_check.h"

#include "maps/local.h"

#define COUNT(array)   (sizeof(array) / sizeof(*(array)))
#define LOCAL_OF(list) HEAD "local: [" list "]\n"

static char messages[MESSAGES_SIZE];

static void a_list_is_read(void **state)
{
	struct policy *policy =
		expect_policy(LOCAL_OF("{net: 10.20.0.0/16, interface: eth1, why: office}, "
				       "{net: [192.0.2.0/24, \"fd00::/8\"], interface: [\"eth*\", "
				       "br0], why: lab}, "
				       "{net: 100.64.0.0/10, why: any}"),
			      messages);
	char text[PREFIX_TEXT_SIZE];

	(void)state;
	assert_string_equal(messages, "");
	assert_int_equal(policy->local, POLICY_LOCAL_LIST);
	assert_int_equal(policy->local_count, 3);
	assert_int_equal(policy->locals[0].to_count, 1);
	assert_string_equal(prefix_format(&policy->locals[0].to[0], text), "10.20.0.0/16");
	assert_int_equal(policy->locals[0].interfaces.count, 1);
	assert_string_equal(policy->locals[0].interfaces.items[0], "eth1");
	assert_string_equal(policy->locals[0].why, "office");
	assert_int_equal(policy->locals[1].to_count, 2);
	assert_int_equal(policy->locals[1].interfaces.count, 2);
	assert_false(policy_local_any(&policy->locals[1]));
	assert_true(policy_local_any(&policy->locals[2]));
	policy_free(policy);
}

static void faults_are_named(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "local: []\n", "3:8: an empty list; write `local: none`, or [{net:"},
		{HEAD "local: office\n",
		 "3:8: `local: office` is not known; write none, private or connected"},
		{LOCAL_OF("10.0.0.0/8"), "3:9: a local network is made of keys; write `net: ...`"},
		{LOCAL_OF("{why: a}"), "3:9: local to where?; write the network, as in net: "
				       "10.20.0.0/16"},
		{LOCAL_OF("{net: 10.0.0.0/8}"), "3:9: a network that is not judged, without a "
						"reason; write why: office"},
		{LOCAL_OF("{net: 10.0.0.1/8, why: a}"), "3:15: 10.0.0.1/8 has bits set beyond"},
		{LOCAL_OF("{net: office, why: a}"), "3:15: `office` is no"},
		{LOCAL_OF("{net: 0.0.0.0/0, why: a}"),
		 "3:15: 0.0.0.0/0 is too wide to go without being judged; name private space, or "
		 "networks of /16 or longer"},
		{LOCAL_OF("{net: [\"2000::/3\"], why: a}"),
		 "3:15: 2000::/3 is too wide to go without being judged; name private space, or "
		 "networks of /32 or longer"},
		{LOCAL_OF("{net: 10.0.0.0/7, why: a}"), "3:15: 10.0.0.0/7 is too wide"},
		{LOCAL_OF("{net: 10.0.0.0/8, interface: \"a b\", why: a}"),
		 "3:38: `a b` is no name or glob of interfaces"},
		{LOCAL_OF("{net: 10.0.0.0/8, interface: [], why: a}"), "3:38: an empty list"},
		{LOCAL_OF("{net: 10.0.0.0/8, interface: {a: b}, why: a}"),
		 "3:38: this is not a list of interface names or globs"},
		{LOCAL_OF("{net: 10.0.0.0/8, device: a, why: a}"),
		 "3:27: a local network has no key `device`"},
		{LOCAL_OF("{net: 10.0.0.0/8, why: a}") "deny: [{to: [10.1.0.0/16]}]\n",
		 "4:8: deny #1 cannot deny 10.1.0.0/16: `local:` lists it"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
	/* Through other interfaces it is denied. */
	policy_free(expect_policy(
		LOCAL_OF("{net: 10.0.0.0/8, interface: a, why: a}") "deny: [{to: [10.1.0.0/16]}]\n",
		messages));
	assert_string_equal(messages, "");
}

static void there_are_not_too_many(void **state)
{
	static char text[8192] = HEAD "local:\n";
	const struct refusal refusal = {
		text, "4:3: 33 entries with an interface, of 33 networks; name at most 32, of 64"};

	(void)state;
	for (unsigned i = 0; i <= LOCAL_ENTRIES_MOST; i++)
		sprintf(text + strlen(text), "  - {net: 10.%u.0.0/16, interface: eth%u, why: a}\n",
			i, i);
	expect_refusals(&refusal, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_read),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(there_are_not_too_many),
	};

	return cmocka_run_group_tests(tests, read_groups, free_groups);
}
