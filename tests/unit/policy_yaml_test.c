// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: what is not plain YAML is refused where it stands, and no file makes the parser misbehave.
 */
#include "tests/unit/policy_check.h"

static char messages[MESSAGES_SIZE];

static void broken_yaml_says_where_and_what_to_write(void **state)
{
	static const struct refusal refusals[] = {
		{"", "1:1: there is no policy in this file; begin with `gabelou: 1`"},
		{"# nothing\n\n", "1:1: there is no policy in this file"},
		{"---\n...\n", "2:1: this is not a policy"},
		{"<!DOCTYPE html>\n<html>\n", "1:1: this is a web page, not a policy"},
		{"gabelou: 1\nname: a: b\n",
		 "2:8: not YAML: mapping values are not allowed in this "
		 "context; check the indentation, or put a value"},
		{"gabelou: 1\nallow: [{soil: [FR}]\n", "2:19: not YAML: did not find expected ','"},
		{"gabelou: 1\nallow:\n\t- soil: [FR]\n", "3:1: not YAML: found character that "
							 "cannot start any token while scanning "
							 "for the next token; indent with spaces, "
							 "not tabs"},
		{"gabelou: 1\nname: @x\n", "2:7: not YAML: found character that cannot start any "
					   "token while scanning for the next token; put the value "
					   "in quotes"},
		{"gabelou: 1\nname: \"x\n", "3:1: not YAML: found unexpected end of stream while "
					    "scanning a quoted scalar; close the quote"},
		{"gabelou: 1\ninterfaces: {guard: [*]}\n", "2:23: not YAML: did not find expected "
							   "alphabetic or numeric character while "
							   "scanning an alias; put a value that "
							   "begins with * or & in quotes"},
		{"gabelou: 1\n  allow: 2\n", "2:8: not YAML: mapping values are not allowed"},
	};

	(void)state;
	expect_refusals(refusals, sizeof(refusals) / sizeof(*refusals));
}

static void features_that_hide_what_is_said_are_refused(void **state)
{
	static const struct refusal refusals[] = {
		{"gabelou: 1\nallow: &a [{soil: [FR]}]\n", "2:8: anchors (&name) are not "
							   "supported; write the plain value"},
		{"gabelou: 1\nallow: *a\n", "2:8: aliases are not supported; write the value out"},
		{"gabelou: 1\nallow: [{soil: [!!str NO]}]\n",
		 "2:17: tags (!name) are not supported"},
		{"!x\ngabelou: 1\n", "1:1: tags (!name) are not supported"},
		{"gabelou: 1\n<<: {a: b}\n", "1:1: the policy allows nothing"},
		{"gabelou: 1\nallow: [{soil: [FR]}]\n---\ngabelou: 1\n", "3:1: a second document "
									 "begins; write one policy "
									 "per file"},
		{"gabelou: 1\nname: \"a\\e[31m\"\n", "2:7: the value holds a control character"},
		{"gabelou: 1\nname: \"a\\0b\"\n", "2:7: the value holds a control character"},
		{"gabelou: 1\n\"mo\\0de\": enforce\n", "2:1: the value holds a control character"},
		{"gabelou: 1\nallow: [[[[[[[[[[[[[[[[[[[[\n", "2:23: nested over 16 levels deep"},
	};
	size_t count = sizeof(refusals) / sizeof(*refusals);

	(void)state;
	expect_refusals(refusals, 4);
	expect_refusal(refusals[4].text, strlen(refusals[4].text), messages); /* two messages */
	assert_non_null(strstr(messages, "2:1: a policy has no key `<<`"));
	expect_refusals(refusals + 5, count - 5);
}

static void bytes_that_are_not_text_are_refused(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *message;
	} cases[] = {
		{"gabelou: 1\nname: \xff\n", 19, "p.yaml:2:7: byte 0xff is not UTF-8 text"},
		{"gabelou: 1\nname: \xe9t\xe9\n", 21, "p.yaml:2:7: byte 0xe9"},
		{"# \xc3\xa9\xc3\xa9 \xc0\xaf\n", 10, "p.yaml:1:6: byte 0xc0"}, /* overlong */
		{"\xed\xa0\x80\n", 4, "p.yaml:1:1: byte 0xed"},                 /* surrogate */
		{"\xf4\x90\x80\x80\n", 5, "p.yaml:1:1: byte 0xf4"},             /* over U+10FFFF */
		{"# \xe2\x82", 4, "p.yaml:1:3: byte 0xe2"},                     /* cut off */
		{"a\0b", 3, "p.yaml:1:2: byte 0x00"},
		{"a\x1b[0m", 5, "p.yaml:1:2: byte 0x1b"},
		{"\xff\xfeg\0", 4, "p.yaml:1:1: byte 0xff"}, /* UTF-16 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		expect_refusal(cases[i].text, cases[i].size, messages);
		if (!strstr(messages, cases[i].message))
			fail_msg("%s is not %s", messages, cases[i].message);
	}
}

static void plain_variants_of_yaml_are_understood(void **state)
{
	static const char *const texts[] = {
		"\xef\xbb\xbfgabelou: 1\nallow: [{soil: [FR]}]\n", /* byte order mark */
		"gabelou: 1\r\nallow:\r\n- soil:\r\n  - FR\r\n",
		"%YAML 1.1\n---\ngabelou: 1\nallow: [{soil: [FR]}]\n...\n",
		"{gabelou: 1, allow: [{soil: [FR]}]}",
		"\"gabelou\": '1'\n'allow': [{\"soil\": [\"FR\"]}]\n",
		"gabelou: 1\nallow: [{to: [2001:db8::/32, 2001:db9::1]}]\n",
		"gabelou: 1\nname: Zürich \xf0\x9f\xa7\x80\nallow: [{soil: [CH]}]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		policy_free(expect_policy(texts[i], messages));
		assert_string_equal(messages, "");
	}
}

/* A quoted value is cut at a whole character, so that messages stay UTF-8. */
static void long_values_are_cut_in_messages(void **state)
{
	char text[256] = HEAD "mode: ";

	(void)state;
	for (size_t i = 0; i < 50; i++)
		strcat(text, i ? "é" : "x");
	expect_refusal(text, strlen(text), messages);
	assert_non_null(strstr(messages, "éé...` is not known; write enforce or monitor"));
}

/* Every beginning of a good policy, and the policy with each byte damaged: no crash, no leak, and
 * never a policy and an error at once. */
static void damaged_files_are_handled(void **state)
{
	static const char text[] = HEAD "data: {soil: [{file: a}], max-age: {warn: 4d}}\n"
					"interfaces: {guard: [\"e*\"]}\ncontrol: [arp]\n"
					"deny:\n- to: [192.0.2.0/24]\n  why: 'x'\n- asn: [7]\n";

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(text); i++) {
		struct diagnostics diagnostics = {0};
		struct policy *policy = NULL;
		char copy[sizeof(text)];
		size_t size = i < sizeof(text) ? i : sizeof(text) - 1;

		memcpy(copy, text, sizeof(text));
		if (i >= sizeof(text))
			copy[i - sizeof(text)] ^= 0x10;
		int error = policy_parse("p.yaml", copy, size, test_groups, &policy, &diagnostics);
		assert_true(error ? !policy && diagnostics.errors : policy && !diagnostics.errors);
		policy_free(policy);
		diagnostics_free(&diagnostics);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_yaml_says_where_and_what_to_write),
		cmocka_unit_test(features_that_hide_what_is_said_are_refused),
		cmocka_unit_test(bytes_that_are_not_text_are_refused),
		cmocka_unit_test(plain_variants_of_yaml_are_understood),
		cmocka_unit_test(long_values_are_cut_in_messages),
		cmocka_unit_test(damaged_files_are_handled),
	};

	return cmocka_run_group_tests_name("policy YAML", tests, read_groups, free_groups);
}
