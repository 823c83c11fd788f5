// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a rule that another makes void is an error that names both; one that is not, passes. */
#include "tests/unit/policy_check.h"

static char messages[MESSAGES_SIZE];

/* Two allow rules, at 3:5 and 4:5. */
#define ALLOWS(first, second) "gabelou: 1\nallow:\n  - {" first "}\n  - {" second "}\n"
/* An allow rule at 3:5 and a deny rule at 5:5. */
#define BOTH(allow, deny) "gabelou: 1\nallow:\n  - {" allow "}\ndeny:\n  - {" deny "}\n"

static void what_an_earlier_rule_covers_is_void(void **state)
{
	static const char second[] = "4:5: allow #2 never decides: allow #1 at p.yaml:3:5 covers "
				     "all of it; remove it or narrow the other";
	static const struct refusal refusals[] = {
		{ALLOWS("soil: [FR]", "soil: [FR]"), second},
		{ALLOWS("soil: [FR], why: a", "soil: [FR], why: b"), second},
		{ALLOWS("soil: [EU]", "soil: [FR, DE]"), second},
		{ALLOWS("soil: [EU]", "soil: [FR], owner: [EU]"), second},
		{ALLOWS("owner: [EU]", "owner: [FR], asn: [1]"), second},
		{ALLOWS("asn: [3, 1, 2]", "asn: [2, 3]"), second},
		{ALLOWS("to: [10.0.0.0/8, 192.0.2.0/24]", "to: [192.0.2.128/25, 10.9.0.0/16]"),
		 second},
		{ALLOWS("to: [\"2001:db8::/32\"]", "to: [\"2001:db8:1::/48\"], asn: [1]"), second},
		{ALLOWS("soil: [FR], anycast: allow", "soil: [FR]"), second},
		{"gabelou: 1\nallow: [{soil: [FR]}]\ndeny: [{owner: [CN, RU]}, {owner: [RU]}]\n",
		 "3:27: deny #2 never decides: deny #1 at p.yaml:3:8 covers"},
	};

	(void)state;
	expect_refusals(refusals, sizeof(refusals) / sizeof(*refusals));
}

static void an_allow_rule_within_a_deny_rule_is_void(void **state)
{
	static const char first[] = "3:5: allow #1 never decides: deny #1 at p.yaml:5:5 covers";
	static const struct refusal refusals[] = {
		{BOTH("owner: [CN]", "owner: [CN, RU]"), first},
		{BOTH("soil: [FR], asn: [7]", "asn: [7]"), first},
		{BOTH("soil: [FR, DE], owner: [FR]", "soil: [EU]"), first},
		{BOTH("to: [192.0.2.1]", "to: [192.0.2.0/24]"), first},
	};

	(void)state;
	expect_refusals(refusals, sizeof(refusals) / sizeof(*refusals));
}

static void what_can_still_decide_passes(void **state)
{
	static const char *const texts[] = {
		ALLOWS("soil: [FR]", "soil: [DE]"),
		ALLOWS("soil: [FR]", "soil: [FR, DE]"),
		ALLOWS("soil: [FR], owner: [EU]", "soil: [FR]"),
		ALLOWS("soil: [FR]", "owner: [FR]"),
		ALLOWS("soil: [FR]", "soil: [FR], anycast: allow"),
		ALLOWS("asn: [1, 2]", "asn: [2, 3]"),
		ALLOWS("asn: [1, 3]", "asn: [2]"),
		ALLOWS("asn: [1, 2]", "soil: [FR]"),
		ALLOWS("to: [192.0.2.0/25]", "to: [192.0.2.0/24]"),
		ALLOWS("to: [192.0.2.0/24]", "to: [\"2001:db8::/32\"]"),
		ALLOWS("to: [0.0.0.0/0]", "to: [\"::/0\"]"),
		BOTH("owner: [CN, FR]", "owner: [CN]"),
		BOTH("soil: [FR]", "owner: [US]"),
		BOTH("soil: [FR]", "soil: [FR], asn: [7]"),
		BOTH("to: [192.0.2.0/24]", "to: [192.0.2.1]"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		policy_free(expect_policy(texts[i], messages));
		assert_string_equal(messages, "");
	}
}

/* "local:" comes before every rule: to deny private space in a rule would do nothing. */
static void a_deny_rule_for_local_space_is_void(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "deny: [{to: [10.1.0.0/16]}]\n", "3:8: deny #1 cannot deny 10.1.0.0/16: "
						       "`local: private` lets it pass before any "
						       "rule; write `local: none`"},
		{HEAD "deny: [{to: [192.0.2.1, \"fd00::/8\"]}]\n", "3:8: deny #1 cannot deny "
								   "fd00::/8"},
		{HEAD "local: connected\ndeny: [{to: [169.254.169.254]}]\n",
		 "4:8: deny #1 cannot deny 169.254.169.254/32: `local: connected` lets it pass"},
	};
	static const char *const texts[] = {
		HEAD "local: none\ndeny: [{to: [10.1.0.0/16, 169.254.169.254]}]\n",
		HEAD "local: connected\ndeny: [{to: [10.1.0.0/16]}]\n",
		HEAD "deny: [{to: [0.0.0.0/4]}]\n",
		"gabelou: 1\nallow: [{to: [10.0.0.0/8]}]\n",
	};

	(void)state;
	expect_refusals(refusals, sizeof(refusals) / sizeof(*refusals));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		policy_free(expect_policy(texts[i], messages));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_earlier_rule_covers_is_void),
		cmocka_unit_test(an_allow_rule_within_a_deny_rule_is_void),
		cmocka_unit_test(what_can_still_decide_passes),
		cmocka_unit_test(a_deny_rule_for_local_space_is_void),
	};

	return cmocka_run_group_tests_name("void rules", tests, read_groups, free_groups);
}
