// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: "replies:" becomes what the kernel compares with, and each fault says what to write. */
#include "tests/unit/policy_check.h"

#include <netinet/in.h>

#include "maps/reply.h"

#define COUNT(array)     (sizeof(array) / sizeof(*(array)))
#define REPLIES_OF(list) HEAD "replies: [" list "]\n"

static char messages[MESSAGES_SIZE];

static void replies_are_whole(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "replies: allow\n", "3:10: `allow`: write judge (answers are judged like "
					  "everything else), or the ports of ours where they "
					  "leave, as in [{on: 443/tcp, why: our web site}]"},
		{HEAD "replies: []\n", "3:10: "},
		{HEAD "replies: {on: 443/tcp}\n", "3:10: "},
		{REPLIES_OF("443/tcp"), "3:11: a reply is made of keys; write `on: ...`"},
		{REPLIES_OF("{why: x}"), "3:11: a reply without a port of ours; write on: 443/tcp"},
		{REPLIES_OF("{on: 443}"),
		 "3:16: port 443 without a protocol; write 443/tcp or 443/udp"},
		{REPLIES_OF("{on: 443/sctp}"), "3:16: `443/sctp` is no port; write one like"},
		{REPLIES_OF("{on: 65536/tcp}"), "3:16: `65536/tcp`: ports are numbers from 0"},
		{REPLIES_OF("{on: 9-8/udp}"), "3:16: `9-8/udp`: ports are numbers from 0 to 65535, "
					      "the lower one first"},
		{REPLIES_OF("{on: [443/tcp]}"), "3:16: "},
		{REPLIES_OF("{on: icmp}"),
		 "3:16: `icmp` has no answers; of ICMP write 8/icmp (echo), and of ICMPv6 "
		 "128/icmpv6"},
		{REPLIES_OF("{on: 3/icmp}"), "3:16: `3/icmp` has no answers"},
		{REPLIES_OF("{on: 8/icmpv6}"), "3:16: `8/icmpv6` has no answers"},
		{REPLIES_OF("{port: 443/tcp}"), "3:12: a reply has no key `port`"},
		{REPLIES_OF("{on: 443/tcp, from: x}"), "3:25: a reply has no key `from`"},
		{REPLIES_OF("{on: 443/tcp, on: 80/tcp}"), "3:25: `on:` stands here twice"},
		{REPLIES_OF("{on: 443/tcp, why: [a]}"), "3:30: `why:` is"},
		{HEAD "replies:\n  - on: 443/tcp\n  - {on: 400-500/tcp, why: b}\n",
		 "5:5: 400-500/tcp: p.yaml:4 names 443/tcp already; remove one"},
		{REPLIES_OF("{on: 443/tcp}, {on: 443/tcp}"),
		 "3:26: 443/tcp: p.yaml:3 names 443/tcp already; remove one"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void replies_are_few(void **state)
{
	char text[2048] = HEAD "replies: [{on: 1/tcp}";
	const struct refusal refusal = {text, "3:10: 33 replies; write at most 32, as ranges"};

	(void)state;
	for (unsigned i = 2; i <= REPLY_SERVICES_MOST + 1; i++)
		sprintf(text + strlen(text), ", {on: %u/tcp}", i);
	strcat(text, "]\n");
	expect_refusals(&refusal, 1);
}

static void what_is_written_arrives(void **state)
{
	struct policy *policy = expect_policy(HEAD "replies:\n"
						   "  - {on: 443/tcp, why: our web site}\n"
						   "  - on: 1000-2000/udp\n"
						   "  - on: 443/udp\n"
						   "  - on: 8/icmp\n"
						   "  - on: 128/icmpv6\n",
					      messages);
	const struct policy_reply *replies = policy->replies;

	(void)state;
	assert_string_equal(messages, "");
	assert_true(policy->replies_said);
	assert_int_equal(policy->reply_count, 5);
	assert_int_equal(replies[0].on.protocol, IPPROTO_TCP);
	assert_int_equal(replies[0].on.low, 443);
	assert_int_equal(replies[0].on.high, 443);
	assert_string_equal(replies[0].why, "our web site");
	assert_int_equal(replies[1].on.protocol, IPPROTO_UDP);
	assert_int_equal(replies[1].on.low, 1000);
	assert_int_equal(replies[1].on.high, 2000);
	assert_null(replies[1].why);
	assert_int_equal(replies[4].on.protocol, IPPROTO_ICMPV6);
	policy_free(policy);
}

static void silence_is_no_decision(void **state)
{
	struct policy *policy = expect_policy(HEAD, messages);

	(void)state;
	assert_false(policy->replies_said);
	policy_free(policy);
	policy = expect_policy(HEAD "replies: judge\n", messages);
	assert_true(policy->replies_said);
	assert_int_equal(policy->reply_count, 0);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_are_whole),
		cmocka_unit_test(replies_are_few),
		cmocka_unit_test(what_is_written_arrives),
		cmocka_unit_test(silence_is_no_decision),
	};

	return cmocka_run_group_tests_name("policy replies", tests, read_groups, free_groups);
}
