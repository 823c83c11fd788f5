// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: what a policy says arrives in the structure, and what it leaves out has its default. */
#include "tests/unit/policy_check.h"

#include <unistd.h>

#include "maps/control.h"

static char messages[MESSAGES_SIZE];

static bool has(const struct country_set *set, const char *code)
{
	return country_set_has(set, country_parse(code, 2));
}

static void the_smallest_policy_has_the_defaults(void **state)
{
	struct policy *policy = expect_policy(HEAD, messages);
	struct digest digest = digest_of(HEAD, strlen(HEAD));

	(void)state;
	assert_string_equal(policy->file, "p.yaml");
	assert_string_equal(policy->name, "p");
	assert_memory_equal(&policy->digest, &digest, sizeof(digest));
	assert_int_equal(policy->mode, POLICY_ENFORCE);
	assert_true(policy->guard_auto);
	assert_int_equal(policy->inside.count, 0);
	assert_int_equal(policy->guard.count, 0);
	assert_false(policy->sockets_off);
	assert_null(policy->sockets_cgroup);
	assert_int_equal(policy->chain, POLICY_CHAIN_NEXT);
	assert_int_equal(policy->data.files[DATA_SOIL].count + policy->data.files[DATA_ASN].count +
				 policy->data.files[DATA_OWNER].count,
			 0);
	assert_int_equal(policy->data.agree, DATA_AGREE_MAJORITY);
	assert_int_equal(policy->warn_days, 45);
	assert_int_equal(policy->stale_days, 120);
	assert_int_equal(policy->unlisted, POLICY_UNLISTED_DENY);
	assert_false(policy->anycast);
	assert_false(policy->reject);
	assert_int_equal(policy->local, POLICY_LOCAL_PRIVATE);
	assert_int_equal(policy->control, CONTROL_DEFAULT);
	assert_int_equal(policy->rule_count, 1);
	policy_free(policy);
	policy_free(NULL);
}

static const char full[] = "gabelou: 1\n"
			   "name: everything # said\n"
			   "mode: monitor\n"
			   "interfaces:\n"
			   "  guard: [\"eth*\", wg0]\n"
			   "  chain: last-word\n"
			   "  inside: [\"tap*\", lan0]\n"
			   "  roles: {\"cali*\": guest, vpn0: uplink, over0: upper}\n"
			   "data:\n"
			   "  soil:\n"
			   "    - file: /a.csv\n"
			   "    - b.csv\n"
			   "  asn: [c.csv]\n"
			   "  owner: [d.csv, /e.csv]\n"
			   "  feeds: []\n"
			   "  agree: all\n"
			   "  max-age: {warn: 7d, stale: 3650d}\n"
			   "allow:\n"
			   "  - soil: [FR, FR-DROM]\n"
			   "    owner: [EU, NO]\n"
			   "    anycast: allow\n"
			   "    why: >\n"
			   "      folded\n"
			   "      text\n"
			   "  - asn: [AS2376, 16276, 2376]\n"
			   "    why: \"Bleu: a, b\"\n"
			   "deny:\n"
			   "  - to: [203.0.113.0/24, \"2001:db8::/32\", 192.0.2.1]\n"
			   "  - owner: [CN]\n"
			   "unlisted: registry\n"
			   "anycast: deny\n"
			   "local: connected\n"
			   "control: [arp, nd, 802.1x]\n"
			   "on-deny: reject\n"
			   "except: []\n"
			   "replies: judge\n"
			   "lifeline: []\n"
			   "sockets: /sys/fs/cgroup/web\n";

static void every_key_arrives(void **state)
{
	struct policy *policy = expect_policy(full, messages);

	(void)state;
	assert_string_equal(messages, "p.yaml:25:10: AS 2376 stands in this list twice; "
				      "remove one\n");
	assert_string_equal(policy->name, "everything");
	assert_int_equal(policy->mode, POLICY_MONITOR);
	assert_true(policy->reject);
	assert_false(policy->guard_auto);
	assert_int_equal(policy->guard.count, 2);
	assert_string_equal(policy->guard.items[0], "eth*");
	assert_string_equal(policy->guard.items[1], "wg0");
	assert_int_equal(policy->guard_line, 5);
	assert_int_equal(policy->guard_column, 10);
	assert_int_equal(policy->chain, POLICY_CHAIN_LAST_WORD);
	assert_int_equal(policy->inside.count, 2);
	assert_string_equal(policy->inside.items[0], "tap*");
	assert_string_equal(policy->inside.items[1], "lan0");
	assert_int_equal(policy->role_count, 3);
	assert_string_equal(policy->roles[0].glob, "cali*");
	assert_int_equal(policy->roles[0].role, ROLE_GUEST);
	assert_int_equal(policy->roles[1].role, ROLE_UPLINK);
	assert_string_equal(policy->roles[2].glob, "over0");
	assert_int_equal(policy->roles[2].role, ROLE_UPPER);
	assert_int_equal(policy->inside_line, 7);
	assert_int_equal(policy->inside_column, 11);
	assert_false(policy->sockets_off);
	assert_string_equal(policy->sockets_cgroup, "/sys/fs/cgroup/web");
	assert_int_equal(policy->data.files[DATA_SOIL].count, 2);
	assert_string_equal(policy->data.files[DATA_SOIL].items[1].path, "b.csv");
	assert_int_equal(policy->data.files[DATA_ASN].count, 1);
	assert_int_equal(policy->data.files[DATA_OWNER].count, 2);
	assert_string_equal(policy->data.files[DATA_OWNER].items[1].path, "/e.csv");
	assert_int_equal(policy->data.agree, DATA_AGREE_ALL);
	assert_int_equal(policy->warn_days, 7);
	assert_int_equal(policy->stale_days, 3650);
	assert_int_equal(policy->unlisted, POLICY_UNLISTED_REGISTRY);
	assert_int_equal(policy->local, POLICY_LOCAL_CONNECTED);
	assert_int_equal(policy->control, CONTROL_ARP | CONTROL_ND | CONTROL_EAPOL);
	policy_free(policy);
}

static void rules_come_in_the_order_of_judgement(void **state)
{
	struct policy *policy = expect_policy(full, messages);
	const struct rule *rule = policy->rules;
	char name[RULE_NAME_SIZE];

	(void)state;
	assert_int_equal(policy->rule_count, 4);
	assert_string_equal(rule_name(&rule[0], name), "deny #1");
	assert_int_equal(rule[0].to_count, 3);
	assert_int_equal(rule[0].line, 28);
	assert_int_equal(rule[0].column, 5);
	assert_false(rule[0].has_soil || rule[0].has_owner);
	assert_null(rule[0].why);
	assert_string_equal(rule_name(&rule[1], name), "deny #2");
	assert_string_equal(rule_name(&rule[2], name), "allow #1");
	assert_true(rule[2].has_soil && rule[2].has_owner && rule[2].anycast);
	assert_string_equal(rule[2].soil_text, "FR, FR-DROM");
	assert_string_equal(rule[2].owner_text, "EU, NO");
	assert_string_equal(rule[2].why, "folded text");
	assert_true(has(&rule[2].soil, "FR") && has(&rule[2].soil, "RE"));
	assert_false(has(&rule[2].soil, "NC") || has(&rule[2].soil, "DE"));
	assert_true(has(&rule[2].owner, "DE") && has(&rule[2].owner, "NO"));
	assert_false(has(&rule[2].owner, "US"));
	assert_string_equal(rule_name(&rule[3], name), "allow #2");
	assert_int_equal(rule[3].asn_count, 2);
	assert_int_equal(rule[3].asns[0], 2376);
	assert_int_equal(rule[3].asns[1], 16276);
	assert_string_equal(rule[3].why, "Bleu: a, b");
	policy_free(policy);
}

/* YAML 1.1 would read these as booleans, octal and sexagesimal numbers. */
static void plain_scalars_are_text(void **state)
{
	struct policy *policy =
		expect_policy("gabelou: 1\nname: off\nsockets: off\nallow: [{soil: [NO], "
			      "asn: [4294967295, 65551]}]\n",
			      messages);

	(void)state;
	assert_string_equal(messages, "");
	assert_string_equal(policy->name, "off");
	assert_true(policy->sockets_off);
	assert_true(has(&policy->rules[0].soil, "NO"));
	assert_int_equal(policy->rules[0].asns[1], 4294967295u);
	policy_free(policy);
}

static void france_is_not_overseas_france(void **state)
{
	struct policy *policy = expect_policy(HEAD, messages);
	unsigned members = 0;

	(void)state;
	for (const country_t *country = country_all(); *country; country++)
		members += country_set_has(&policy->rules[0].soil, *country);
	assert_int_equal(members, 1);
	assert_true(has(&policy->rules[0].soil, "FR"));
	policy_free(policy);
}

static void control_names_add_up(void **state)
{
	static const struct {
		const char *list;
		uint32_t mask;
	} cases[] = {
		{"[default]", CONTROL_DEFAULT},
		{"[]", 0},
		{"[ptp]", CONTROL_PTP},
		{"[lldp, default]", CONTROL_DEFAULT},
		{"[arp, arp]", CONTROL_ARP},
		{"[igmp, mld, dhcp, lacp, stp]",
		 CONTROL_IGMP | CONTROL_MLD | CONTROL_DHCP | CONTROL_LACP | CONTROL_STP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[128];

		snprintf(text, sizeof(text), HEAD "control: %s\n", cases[i].list);
		struct policy *policy = expect_policy(text, messages);
		assert_int_equal(policy->control, cases[i].mask);
		policy_free(policy);
	}
}

static void paths_start_from_the_policys_folder(void **state)
{
	static const char text[] = HEAD "data: {soil: [a.csv, /b.csv], owner: [../c.csv]}\n";
	char path[] = "/tmp/gabelou-policy-XXXXXX", expected[128];
	struct diagnostics diagnostics = {0};
	struct policy *policy;
	FILE *stream = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
	assert_int_equal(policy_read(path, test_groups, &policy, &diagnostics), 0);
	unlink(path);
	assert_string_equal(policy->file, path);
	assert_string_equal(policy->data.files[DATA_SOIL].items[0].path, "/tmp/a.csv");
	assert_string_equal(policy->data.files[DATA_SOIL].items[1].path, "/b.csv");
	assert_string_equal(policy->data.files[DATA_OWNER].items[0].path, "/tmp/../c.csv");
	policy_free(policy);

	policy = NULL;
	assert_int_equal(policy_read(path, test_groups, &policy, &diagnostics), -ENOENT);
	assert_null(policy);
	snprintf(expected, sizeof(expected), "%s: cannot be read", path);
	join_messages(&diagnostics, messages);
	assert_non_null(strstr(messages, expected));
	diagnostics_free(&diagnostics);
}

static void earlier_messages_do_not_spoil_a_good_policy(void **state)
{
	struct diagnostics diagnostics = {0};
	struct policy *policy = NULL;

	(void)state;
	diagnostics_error(&diagnostics, EINVAL, (struct location){"other", 9, 9}, "broken");
	assert_int_equal(policy_parse("p.yaml", HEAD, strlen(HEAD), NULL, &policy, &diagnostics),
			 0);
	assert_int_equal(diagnostics.count, 1);
	policy_free(policy);
	diagnostics_free(&diagnostics);
}

static void as_many_rules_as_have_a_number(void **state)
{
	enum { MOST = 65534 };
	size_t size = 0;
	char *text = malloc(32 * (MOST + 2));
	struct diagnostics diagnostics = {0};
	struct policy *policy = NULL;

	(void)state;
	assert_non_null(text);
	size += (size_t)sprintf(text, "gabelou: 1\nallow:\n");
	for (unsigned i = 0; i <= MOST; i++)
		size += (size_t)sprintf(text + size, "- asn: [%u]\n", i + 1);
	assert_int_equal(policy_parse("p.yaml", text, size, NULL, &policy, &diagnostics), -EINVAL);
	join_messages(&diagnostics, messages);
	assert_non_null(strstr(messages, "65535 rules; at most 65534"));
	diagnostics_free(&diagnostics);
	size -= strlen("- asn: [65535]\n");
	assert_int_equal(policy_parse("p.yaml", text, size, NULL, &policy, &diagnostics), 0);
	assert_int_equal(policy->rule_count, MOST);
	assert_int_equal(diagnostics.count, 1);
	assert_int_equal(diagnostics.items[0].severity, SEVERITY_WARNING);
	assert_non_null(strstr(diagnostics.items[0].text, "are not searched"));
	diagnostics_free(&diagnostics);
	policy_free(policy);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_policy_has_the_defaults),
		cmocka_unit_test(every_key_arrives),
		cmocka_unit_test(rules_come_in_the_order_of_judgement),
		cmocka_unit_test(plain_scalars_are_text),
		cmocka_unit_test(france_is_not_overseas_france),
		cmocka_unit_test(control_names_add_up),
		cmocka_unit_test(paths_start_from_the_policys_folder),
		cmocka_unit_test(earlier_messages_do_not_spoil_a_good_policy),
		cmocka_unit_test(as_many_rules_as_have_a_number),
	};

	return cmocka_run_group_tests_name("policy", tests, read_groups, free_groups);
}
