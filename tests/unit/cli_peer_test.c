// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the connection that SSH_CONNECTION names is found, and nothing is made of anything else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "userspace/cli/peer.c"

static void connections_are_read(void **state)
{
	char client[ADDRESS_TEXT_SIZE], server[ADDRESS_TEXT_SIZE];
	struct peer peer;

	(void)state;
	assert_true(peer_parse("192.0.2.1 50001 198.51.100.2 22", &peer));
	assert_string_equal(address_format(peer.client, client), "192.0.2.1");
	assert_string_equal(address_format(peer.server, server), "198.51.100.2");
	assert_int_equal(peer.client_port, 50001);
	assert_int_equal(peer.server_port, 22);
	assert_true(peer_parse("fe80::1%eth0 50001 2001:db8::2 2222", &peer));
	assert_string_equal(address_format(peer.client, client), "fe80::1");
	assert_int_equal(peer.server_port, 2222);
}

static void all_else_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"192.0.2.1 50001 198.51.100.2",
		"192.0.2.1 70000 198.51.100.2 22",
		"192.0.2.1 50001 198.51.100.2 22 x",
		"UNKNOWN 65535 UNKNOWN 65535",
		"192.0.2 50001 198.51.100.2 22",
	};
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (peer_parse(texts[i], &peer))
			fail_msg("taken: %s", texts[i]);
}

static void an_environment_is_searched_whole(void **state)
{
	static const char variables[] = "A=1\0SSH_CONNECTION_OLD=1 2 3 4\0SSH_CONNECTION=192.0.2.1 "
					"5 192.0.2.2 22\0B=2";
	struct peer peer;

	(void)state;
	assert_true(find_in(variables, sizeof(variables), &peer));
	assert_int_equal(peer.client_port, 5);
	assert_false(find_in("A=1\0B=2", 8, &peer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_are_read),
		cmocka_unit_test(all_else_is_none),
		cmocka_unit_test(an_environment_is_searched_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
