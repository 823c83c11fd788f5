// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: each fault of a policy gives one message with its line and column and what to write. */
#include "tests/unit/policy_check.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static char messages[MESSAGES_SIZE];

static void the_format_comes_first(void **state)
{
	static const struct refusal refusals[] = {
		{"allow: [{soil: [FR]}]\n", "1:1: `gabelou: 1` is missing; write it"},
		{"gabelou: 2\nfoo: bar\n", "1:10: policy format `2` is not known"},
		{"gabelou: [1]\n", "1:10: policy format `[...]`"},
		{"gabelou:\n", "1:9: policy format ``"},
		{"- gabelou: 1\n", "1:1: this is not a policy; begin with `gabelou: 1`"},
		{"hello\n", "1:1: this is not a policy"},
		{"gabelou: 1\n", "1:1: the policy allows nothing; write a rule under `allow:`"},
		{"gabelou: 1\nallow: []\n", "2:8: the policy allows nothing"},
		{"gabelou: 1\ndeny: [{soil: [FR]}]\n", "1:1: the policy allows nothing"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void keys_are_known_and_stand_once(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "mod: enforce\n", "3:1: a policy has no key `mod`; did you mean `mode`?"},
		{HEAD "Local: none\n", "3:1: a policy has no key `Local`; did you mean `local`?"},
		{HEAD "zzzzzzzz: 1\n", "3:1: a policy has no key `zzzzzzzz`; write name, mode"},
		{HEAD "mode: enforce\nmode: monitor\n", "4:1: `mode:` stands here twice, first at "
							"line 3; remove one"},
		{HEAD "allow: [{soil: [DE]}]\n", "3:1: `allow:` stands here twice"},
		{HEAD "[a]: b\n", "3:1: a key is a word"},
		{HEAD "data: {sol: [a]}\n", "3:8: `data:` has no key `sol`; did you mean `soil`?"},
		{HEAD "interfaces: {gard: auto}\n", "3:14: `interfaces:` has no key `gard`; did"},
		{HEAD "interfaces: eth0\n", "3:13: `interfaces:` is made of keys"},
		{"gabelou: 1\nallow: [{sol: [FR]}]\n", "2:10: a rule has no key `sol`; did you "
						       "mean `soil`?"},
		{"gabelou: 1\nallow: [{soil: [FR], soil: [DE]}]\n", "2:22: `soil:` stands here "
								    "twice"},
		{"gabelou: 1\nallow: [FR]\n", "2:9: a rule is made of keys; write `soil: ...`"},
		{"gabelou: 1\nallow: {soil: [FR]}\n", "2:8: `allow:` is a list of rules"},
		{"gabelou: 1\nallow: FR\n", "2:8: `allow:` is a list of rules"},
		{HEAD "deny:\n", "3:6: `deny:` is a list of rules"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void keys_of_later_versions_are_refused_by_name(void **state)
{
	static const struct refusal refusals[] = {
		{"gabelou: 1\nallow: [{soil: [FR], port: [443/tcp]}]\n", "2:22: `port:` is not "
									 "supported"},
		{"gabelou: 1\nallow: [{soil: [FR], until: 2027-01-31}]\n", "2:22: `until:` is"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void exceptions_are_narrow(void **state)
{
#define EXCEPT(text) HEAD "except: [{to: [192.0.2.1], " text "}]\n"
	static const struct refusal refusals[] = {
		{HEAD "except: {to: [192.0.2.1]}\n", "3:9: `except:` is a list of rules"},
		{HEAD "except: [{until: 2027-01-31, why: a}]\n",
		 "3:10: an exception to everything; write where to"},
		{EXCEPT("until: 2027-01-31"), "3:10: an exception without a reason; write why:"},
		{EXCEPT("why: a"), "3:10: an exception without an end; write the last day"},
		{HEAD "except: [{asn: [64500], until: 2027-01-31, why: a}]\n",
		 "3:10: an exception for a whole network, which many share; write port:"},
		{EXCEPT("until: tomorrow, why: a"), "3:35: `tomorrow` is not a date; write one"},
		{EXCEPT("until: 2027-02-30, why: a"), "3:35: `2027-02-30` is not a date"},
		{EXCEPT("until: 2027-1-31, why: a"), "3:35: `2027-1-31` is not a date"},
		{EXCEPT("port: [443], until: 2027-01-31, why: a"),
		 "3:35: port 443 without a protocol; write 443/tcp or 443/udp"},
		{EXCEPT("port: [443/sctp], until: 2027-01-31, why: a"),
		 "3:35: `443/sctp` is no port; write one like 443/tcp"},
		{EXCEPT("port: [70000/tcp], until: 2027-01-31, why: a"),
		 "3:35: `70000/tcp`: ports are numbers from 0 to 65535, the lower one first"},
		{EXCEPT("port: [9-8/udp], until: 2027-01-31, why: a"),
		 "3:35: `9-8/udp`: ports are numbers"},
		{EXCEPT("port: [256/icmp], until: 2027-01-31, why: a"),
		 "3:35: `256/icmp`: types are numbers from 0 to 255"},
		{EXCEPT("port: 443/tcp, until: 2027-01-31, why: a"),
		 "3:34: `443/tcp` is not a list of ports; write [443/tcp]"},
		{EXCEPT("soil: [FR], until: 2027-01-31, why: a"),
		 "3:28: an exception has no key `soil`; write to, asn, port, until, why, "
		 "by or added"},
		{HEAD "except:\n  - {to: [192.0.2.0/24], until: 2027-01-31, why: a}\n"
		      "  - {to: [192.0.2.1], port: [443/tcp], until: 2027-01-30, why: b}\n",
		 "5:5: except #2 never decides: except #1 at p.yaml:4:5 covers all of it"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void a_lifeline_is_thin(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "lifeline: [192.0.2.0/23]\n",
		 "3:11: 192.0.2.0/23 is too wide for a lifeline, "
		 "which passes under every policy; write /24"},
		{HEAD "lifeline: [\"2001:db8::/48\"]\n",
		 "3:11: 2001:db8::/48 is too wide for a lifeline, which passes under every policy; "
		 "write /64"},
		{HEAD "lifeline: 192.0.2.7\n", "3:11: `192.0.2.7` is not a list of addresses"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void values_are_of_their_kind(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "mode: enfroce\n", "3:7: `mode: enfroce` is not known; write enforce or "
					 "monitor"},
		{HEAD "on-deny: refuse\n", "3:10: `on-deny: refuse` is not known; write drop or "
					   "reject"},
		{HEAD "mode: [monitor]\n", "3:7: `mode: [...]` is not known"},
		{HEAD "name: [a]\n", "3:7: `name:` is a line of text"},
		{HEAD "name: \"\"\n", "3:7: `name:` is a line of text"},
		{HEAD "name: \"a\\nb\"\n", "3:7: `name:` is one line of text"},
		{HEAD "name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		 "3:7: a name of over 64 bytes"},
		{HEAD "unlisted: allow\n", "3:11: `unlisted: allow` is not known; write deny or "
					   "registry"},
		{HEAD "anycast: yes\n", "3:10: `anycast: yes` is not known; write deny or allow"},
		{HEAD "local: all\n", "3:8: `local: all` is not known; write none, private or"},
		{HEAD "control: default\n", "3:10: `default` is not a list of kinds of control "
					    "traffic; write [default]"},
		{HEAD "control: [ftp]\n", "3:11: `control: ftp` is not known; write default, arp"},
		{HEAD "interfaces: {guard: eth0}\n", "3:21: `eth0` is not a list of interface "
						     "names or globs (or write auto); write "
						     "[eth0]"},
		{HEAD "interfaces: {guard: [auto]}\n",
		 "3:22: `auto` in a list would be an interface of "
		 "that name; write `guard: auto`"},
		{HEAD "interfaces: {guard: []}\n", "3:21: an empty list; name interface names"},
		{HEAD "interfaces: {guard: [\"a b\"]}\n", "3:22: `a b` is no name or glob"},
		{HEAD "interfaces: {guard: [[a]]}\n", "3:22: `[...]` is no name or glob"},
		{HEAD "interfaces: {inside: auto}\n", "3:22: `auto` is not a list of interface "
						      "names or globs; write [auto]"},
		{HEAD "interfaces: {inside: [a/b]}\n", "3:23: `a/b` is no name or glob"},
		{HEAD "sockets: web\n",
		 "3:10: `web` is no way to hook sockets; write auto, off, or"},
		{HEAD "sockets: [off]\n", "3:10: `[...]` is no way to hook sockets"},
		{HEAD "interfaces: {backstop: no}\n",
		 "3:24: `backstop: no` is not known; write auto or off"},
		{HEAD "interfaces: {books: on}\n",
		 "3:21: `books: on` is not known; write auto or off"},
		{HEAD "interfaces: {roles: [a]}\n",
		 "3:21: `roles:` is made of interfaces and their "},
		{HEAD "interfaces: {roles: {a/b: guest}}\n", "3:22: `a/b` is no name or glob"},
		{HEAD "interfaces: {roles: {tap0: inside}}\n",
		 "3:28: `roles: inside` is not known; write uplink, upper or guest"},
		{HEAD "interfaces: {chain: last}\n", "3:21: `chain: last` is not known; write next "
						     "or last-word"},
		{"gabelou: 1\nallow: [{soil: [FR], why: [a]}]\n", "2:27: `why:` is a line of "
								  "text"},
		{"gabelou: 1\nallow: [{soil: [FR], why: \"a\\tb\"}]\n", "2:27: `why:` is one line"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void data_is_checked(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "data: {soil: a.csv}\n", "3:14: `a.csv` is not a list of files; write "
					       "[a.csv]"},
		{HEAD "data: {asn: []}\n", "3:13: an empty list; name files"},
		{HEAD "data: {soil: [a.csv, {file: a.csv}]}\n", "3:29: `a.csv` stands in this list "
								"twice and would count twice"},
		{HEAD "data: {owner: [\"\"]}\n", "3:16: `file:` is a line of text"},
		{HEAD "data: {soil: [{path: a}]}\n", "3:16: a source has no key `path`; write "
						     "file"},
		{HEAD "data: {soil: [{file: a, format: zip}]}\n",
		 "3:33: `format: zip` is not known; write auto, ranges, changes, prefixes"},
		{HEAD "data: {soil: [{file: a, country: EU}]}\n",
		 "3:34: `EU` is not a country code of ISO 3166-1; write two letters"},
		{HEAD "data: {soil: [{format: mmdb}]}\n", "3:15: a source without a file; write"},
		{HEAD "data: {feeds: [{file: a, asn: [0]}]}\n", "3:32: AS `0` is no network"},
		{HEAD "data: {feeds: [{file: a, asn: []}]}\n", "3:31: an empty list; name AS"},
		{HEAD "data: {soil: [{file: a, url: \"http://a.example/\"}]}\n",
		 "3:30: `http://a.example/` is not an https address; write https://..."},
		{HEAD "data: {soil: [{file: a, checksum: \"https://a.example/\"}]}\n",
		 "3:15: `checksum:` without `url:`"},
		{HEAD "data: {min-sources: 9}\n", "3:21: `9` is not a number of soil sources"},
		{HEAD "data: {min-sources: 2}\n",
		 "3:7: min-sources: 2, but there is 1 soil source"},
		{HEAD "data: {soil: [a, b], min-sources: 3}\n",
		 "3:7: min-sources: 3, but there are 2 soil sources"},
		{HEAD "data: {agree: some}\n", "3:15: `agree: some` is not known; write first, "
					       "majority or all"},
		{HEAD "data: {max-age: {warn: 45}}\n", "3:24: `45` has no unit; write 45d"},
		{HEAD "data: {max-age: {warn: 0d}}\n", "3:24: `0d` is not a number of days; write "
						       "1d to 3650d"},
		{HEAD "data: {max-age: {warn: 6w}}\n", "3:24: `6w` is not a number of days"},
		{HEAD "data: {max-age: {stale: 4000d}}\n", "3:25: `4000d` is not a number of"},
		{HEAD "data: {max-age: {warn: -1d}}\n", "3:24: `-1d` is not a number of days"},
		{HEAD "data: {max-age: {stale: 40d}}\n", "3:17: data would be stale (40d) before a "
							 "warning (45d)"},
		{HEAD "data: {max-age: 45d}\n", "3:17: `max-age:` is made of keys"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

#define SOIL(list)  "gabelou: 1\nallow: [{soil: " list "}]\n"
#define OWNER(list) "gabelou: 1\nallow: [{owner: " list "}]\n"

static void codes_exist(void **state)
{
	static const struct refusal refusals[] = {
		{SOIL("[fr]"), "2:17: `fr` is no country code; write FR"},
		{SOIL("[Fr]"), "2:17: `Fr` is no country code; write FR"},
		{SOIL("[no]"), "2:17: `no` is no country code; write NO"},
		{SOIL("[france]"), "2:17: `france` is no country code; write FR"},
		{SOIL("[FR, XX]"), "2:21: `XX` is no country; write a two-letter code of ISO "
				   "3166-1, or one of the groups: EU, EEA, EFTA, FR-DROM"},
		{SOIL("[UK]"), "2:17: `UK` is no country; write GB"},
		{SOIL("[uk]"), "2:17: `uk` is no country; write GB"},
		{OWNER("[EL]"), "2:18: `EL` is no country; write GR"},
		{SOIL("[XK]"), "2:17: `XK` is no country; Kosovo"},
		{SOIL("[ZZ]"), "2:17: `ZZ` is no country; it means unknown"},
		{SOIL("[eu]"), "2:17: `eu` is no group; write EU"},
		{SOIL("[FR-DRM]"), "2:17: `FR-DRM` is no group; write FR-DROM"},
		{OWNER("[NATO-2]"), "2:18: `NATO-2` is neither a country nor a group; write a "
				    "two-letter code of ISO 3166-1, or one of the groups: EU"},
		{SOIL("[[FR]]"), "2:17: this is not a country code; write one, as in FR"},
		{SOIL("[\"\"]"), "2:17: this is not a country code"},
		{SOIL("[{FR: DE}]"), "2:17: this is not a country code"},
		{SOIL("FR"), "2:16: `FR` is not a list of countries or groups; write [FR]"},
		{SOIL("{FR: 1}"), "2:16: this is not a list of countries or groups; write [FR, "
				  "DE]"},
		{SOIL("[]"), "2:16: an empty list; name countries or groups"},
		{SOIL(""), "2:16: this is not a list of countries or groups"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void an_owner_is_a_state(void **state)
{
	static const struct refusal refusals[] = {
		{OWNER("[RE]"), "2:18: RE never matches an owner: RE counts as FR, the state whose "
				"law holds there; write FR"},
		{OWNER("[FR, PR]"), "2:22: PR never matches an owner: PR counts as US"},
		{OWNER("[EU, FR-DROM]"), "2:22: FR-DROM never matches an owner: GF counts as FR, "
					 "the state whose law holds there; write FR"},
		{OWNER("[FR-OM]"), "2:18: FR-OM never matches an owner"},
		{OWNER("[EU-OMR]"), "2:18: EU-OMR never matches an owner"},
		{"gabelou: 1\nallow: [{soil: [FR]}]\ndeny: [{owner: [HK]}]\n",
		 "3:17: HK never matches an owner: HK counts as CN"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
	policy_free(expect_policy(SOIL("[RE, FR-OM]"), messages));
	policy_free(expect_policy(OWNER("[EU, EEA, EFTA]"), messages));
}

#define ASN(list) "gabelou: 1\nallow: [{asn: " list "}]\n"
#define TO(list)  "gabelou: 1\nallow: [{to: " list "}]\n"

static void as_numbers_are_numbers(void **state)
{
	static const struct refusal refusals[] = {
		{ASN("[0]"), "2:16: AS `0` is no network (RFC 7607)"},
		{ASN("[AS0]"), "2:16: AS `AS0` is no network"},
		{ASN("[4294967296]"), "2:16: 4294967296 is over the last AS number, 4294967295"},
		{ASN("[99999999999999999999999]"), "2:16: 99999999999999999999999 is over the"},
		{ASN("[OVH]"), "2:16: `OVH` is not an AS number; write digits, as in 2376"},
		{ASN("[-1]"), "2:16: `-1` is not an AS number"},
		{ASN("[1.10]"), "2:16: `1.10` is not an AS number"},
		{ASN("[02376]"), "2:16: `02376` is not an AS number"},
		{ASN("[0x10]"), "2:16: `0x10` is not an AS number"},
		{ASN("[AS]"), "2:16: `AS` is not an AS number"},
		{ASN("[as2376]"), "2:16: `as2376` is not an AS number"},
		{ASN("[[1]]"), "2:16: `[...]` is not an AS number"},
		{ASN("[1, 2, x, 4]"), "2:22: `x` is not an AS number"},
		{ASN("2376"), "2:15: `2376` is not a list of AS numbers; write [2376]"},
		{ASN("[]"), "2:15: an empty list; name AS numbers"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void prefixes_are_whole(void **state)
{
	static const struct refusal refusals[] = {
		{TO("[203.0.113.5/24]"), "2:15: 203.0.113.5/24 has bits set beyond its length; "
					 "write 203.0.113.0/24"},
		{TO("[\"2001:db8::1/32\"]"), "2:15: 2001:db8::1/32 has bits set beyond its "
					     "length; write 2001:db8::/32"},
		{TO("[203.0.113.0/33]"), "2:15: 203.0.113.0/33 has no valid length; write /0 to "
					 "/32"},
		{TO("[\"2001:db8::/129\"]"), "2:15: 2001:db8::/129 has no valid length; write /0 "
					     "to /128"},
		{TO("[203.0.113]"), "2:15: `203.0.113` is not an address or a prefix"},
		{TO("[example.org]"), "2:15: `example.org` is not an address or a prefix"},
		{TO("[{a: b}]"), "2:15: this is not an address or a prefix; write it in "
				 "quotes"},
		{TO("[2001:db8::]"), "2:24: not YAML: found unexpected ':' while scanning a plain "
				     "scalar; put a value that holds a : in quotes"},
		{TO("203.0.113.0/24"), "2:14: `203.0.113.0/24` is not a list of addresses or "
				       "prefixes; write [203.0.113.0/24]"},
		{TO("[\"::ffff:192.0.2.0/120\"]"), "2:15: ::ffff:192.0.2.0/120 is judged by the "
						   "IPv4 address inside it (IPv4-mapped, RFC "
						   "4291); write 192.0.2.0/24"},
		{TO("[\"64:ff9b::c000:201\"]"), "2:15: 64:ff9b::c000:201 is judged by the IPv4 "
						"address inside it (NAT64, RFC 6052); write "
						"192.0.2.1/32"},
		{TO("[\"2002:c000:200::/40\"]"), "2:15: 2002:c000:200::/40 is judged by the IPv4 "
						 "address inside it (6to4, RFC 3056); write "
						 "192.0.2.0/24"},
		{TO("[\"2002::/16\"]"), "2:15: 2002::/16 is judged by the IPv4 address inside it "
					"(6to4, RFC 3056); write 0.0.0.0/0"},
		{TO("[\"2001::3fff:fdfe\"]"), "2:15: 2001::3fff:fdfe is judged by the IPv4 address "
					      "inside it (Teredo, RFC 4380); write 192.0.2.1/32"},
		{TO("[\"::/96\"]"), "2:15: ::/96 is judged by the IPv4 address inside it "
				    "(IPv4-compatible, RFC 4291); write 0.0.0.0/0"},
		{TO("[\"::192.0.2.0/120\"]"), "2:15: ::192.0.2.0/120 is judged by the IPv4 address "
					      "inside it (IPv4-compatible, RFC 4291); write "
					      "192.0.2.0/24"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void a_rule_has_a_condition_that_means_something(void **state)
{
	static const struct refusal refusals[] = {
		{"gabelou: 1\nallow: [{why: trust}]\n", "2:9: this rule allows everything; give it "
							"a condition"},
		{"gabelou: 1\nallow: [{}]\n", "2:9: this rule allows everything"},
		{"gabelou: 1\nallow: [{anycast: allow}]\n", "2:9: this rule allows everything"},
		{HEAD "deny: [{why: anger}]\n", "3:8: this rule denies everything"},
		{HEAD "deny: [{soil: [DE], anycast: allow}]\n", "3:30: `anycast:` is for allow "
								"rules"},
		{"gabelou: 1\nallow: [{asn: [1], anycast: allow}]\n",
		 "2:9: `anycast: allow` is about soil and this rule has no `soil:`; remove it"},
		{"gabelou: 1\nanycast: allow\nallow: [{soil: [FR], anycast: deny}]\n",
		 "3:31: the policy says `anycast: allow` for every rule"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void every_fault_is_reported_in_the_order_of_the_file(void **state)
{
	static const char text[] = "gabelou: 1\n"
				   "allow:\n"
				   "  - soil: [fr, UK]\n"
				   "    asn: [0]\n"
				   "  - why: x\n"
				   "deny:\n"
				   "  - to: [10.0.0.1/8]\n"
				   "mode: off\n"
				   "foo: 1\n";
	static const char *const places[] = {
		"3:12:", "3:16:", "4:11:", "5:5:", "7:10:", "8:7:", "9:1:"};
	const char *at = messages;

	(void)state;
	expect_refusal(text, strlen(text), messages);
	for (size_t i = 0; i < COUNT(places); i++) {
		assert_non_null(at);
		assert_int_equal(strncmp(at, "p.yaml:", 7), 0);
		if (strncmp(at + 7, places[i], strlen(places[i])) != 0)
			fail_msg("not at %s: %s", places[i], at);
		at = strchr(at, '\n') + 1;
	}
	assert_string_equal(at, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_format_comes_first),
		cmocka_unit_test(keys_are_known_and_stand_once),
		cmocka_unit_test(keys_of_later_versions_are_refused_by_name),
		cmocka_unit_test(exceptions_are_narrow),
		cmocka_unit_test(a_lifeline_is_thin),
		cmocka_unit_test(values_are_of_their_kind),
		cmocka_unit_test(data_is_checked),
		cmocka_unit_test(codes_exist),
		cmocka_unit_test(an_owner_is_a_state),
		cmocka_unit_test(as_numbers_are_numbers),
		cmocka_unit_test(prefixes_are_whole),
		cmocka_unit_test(a_rule_has_a_condition_that_means_something),
		cmocka_unit_test(every_fault_is_reported_in_the_order_of_the_file),
	};

	return cmocka_run_group_tests_name("policy faults", tests, read_groups, free_groups);
}
