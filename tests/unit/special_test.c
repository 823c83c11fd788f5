// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: special-use space is what the IANA registries say, to the address; embedded IPv4 is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/atlas/special.h"

static struct address parse(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, strlen(text), &address), 0);
	return address;
}

struct expectation {
	const char *text;
	enum special special;
};

static void check(const struct expectation *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum special special = special_of(parse(expected[i].text));

		if (special != expected[i].special)
			fail_msg("%s is %d, not %d", expected[i].text, (int)special,
				 (int)expected[i].special);
	}
}

#define CHECK(array) check(array, sizeof(array) / sizeof((array)[0]))

static void ipv4_is_special_to_the_address(void **state)
{
	static const struct expectation expected[] = {
		{"0.0.0.0", SPECIAL_RESERVED},
		{"0.255.255.255", SPECIAL_RESERVED},
		{"1.0.0.0", SPECIAL_NONE},
		{"9.255.255.255", SPECIAL_NONE},
		{"10.0.0.0", SPECIAL_PRIVATE},
		{"10.255.255.255", SPECIAL_PRIVATE},
		{"11.0.0.0", SPECIAL_NONE},
		{"100.63.255.255", SPECIAL_NONE},
		{"100.64.0.0", SPECIAL_PRIVATE},
		{"100.127.255.255", SPECIAL_PRIVATE},
		{"100.128.0.0", SPECIAL_NONE},
		{"127.0.0.1", SPECIAL_LOOPBACK},
		{"128.0.0.0", SPECIAL_NONE},
		{"169.254.0.0", SPECIAL_LINK},
		{"169.255.0.0", SPECIAL_NONE},
		{"172.15.255.255", SPECIAL_NONE},
		{"172.16.0.0", SPECIAL_PRIVATE},
		{"172.31.255.255", SPECIAL_PRIVATE},
		{"172.32.0.0", SPECIAL_NONE},
		{"192.0.0.255", SPECIAL_RESERVED},
		{"192.0.1.0", SPECIAL_NONE},
		{"192.0.2.1", SPECIAL_RESERVED},
		{"192.31.196.1", SPECIAL_NONE},
		{"192.88.99.1", SPECIAL_RESERVED},
		{"192.168.255.255", SPECIAL_PRIVATE},
		{"192.169.0.0", SPECIAL_NONE},
		{"198.17.255.255", SPECIAL_NONE},
		{"198.18.0.0", SPECIAL_RESERVED},
		{"198.19.255.255", SPECIAL_RESERVED},
		{"198.20.0.0", SPECIAL_NONE},
		{"198.51.100.7", SPECIAL_RESERVED},
		{"203.0.113.7", SPECIAL_RESERVED},
		{"223.255.255.255", SPECIAL_NONE},
		{"224.0.0.0", SPECIAL_LINK_MULTICAST},
		{"224.0.0.255", SPECIAL_LINK_MULTICAST},
		{"224.0.1.0", SPECIAL_MULTICAST},
		{"239.255.255.255", SPECIAL_MULTICAST},
		{"240.0.0.0", SPECIAL_RESERVED},
		{"255.255.255.254", SPECIAL_RESERVED},
		{"255.255.255.255", SPECIAL_LINK_MULTICAST},
	};

	(void)state;
	CHECK(expected);
}

static void ipv6_is_special_to_the_address(void **state)
{
	static const struct expectation expected[] = {
		{"::", SPECIAL_RESERVED},
		{"::1", SPECIAL_LOOPBACK},
		{"::2", SPECIAL_EMBEDDED_LOW},
		{"::8.8.8.8", SPECIAL_EMBEDDED_LOW},
		{"::1:0:0", SPECIAL_RESERVED},
		{"::fffe:ffff:ffff", SPECIAL_RESERVED},
		{"::ffff:8.8.8.8", SPECIAL_EMBEDDED_LOW},
		{"64:ff9b::808:808", SPECIAL_EMBEDDED_LOW},
		{"64:ff9b::1:0:0", SPECIAL_RESERVED},
		{"64:ff9b:1::1", SPECIAL_RESERVED},
		{"100::1", SPECIAL_RESERVED},
		{"1fff::", SPECIAL_RESERVED},
		{"2000::", SPECIAL_NONE},
		{"2001::1", SPECIAL_EMBEDDED_TEREDO},
		{"2001:0:ffff:ffff:ffff:ffff:ffff:ffff", SPECIAL_EMBEDDED_TEREDO},
		{"2001:1::", SPECIAL_RESERVED},
		{"2001:2::1", SPECIAL_RESERVED},
		{"2001:3::1", SPECIAL_NONE},
		{"2001:4:112::1", SPECIAL_NONE},
		{"2001:4:113::1", SPECIAL_RESERVED},
		{"2001:1ff:ffff::", SPECIAL_RESERVED},
		{"2001:200::", SPECIAL_NONE},
		{"2001:db7:ffff::", SPECIAL_NONE},
		{"2001:db8::1", SPECIAL_RESERVED},
		{"2001:db9::", SPECIAL_NONE},
		{"2002:808:808::1", SPECIAL_EMBEDDED_6TO4},
		{"2003::", SPECIAL_NONE},
		{"3ffe:ffff::", SPECIAL_NONE},
		{"3fff:fff:ffff::", SPECIAL_RESERVED},
		{"3fff:1000::", SPECIAL_NONE},
		{"4000::", SPECIAL_RESERVED},
		{"5f00::1", SPECIAL_RESERVED},
		{"fbff::", SPECIAL_RESERVED},
		{"fc00::", SPECIAL_PRIVATE},
		{"fdff:ffff::1", SPECIAL_PRIVATE},
		{"fe00::", SPECIAL_RESERVED},
		{"fe80::1", SPECIAL_LINK},
		{"febf:ffff::", SPECIAL_LINK},
		{"fec0::1", SPECIAL_RESERVED},
		{"ff01::1", SPECIAL_MULTICAST},
		{"ff02::1", SPECIAL_LINK_MULTICAST},
		{"ff03::1", SPECIAL_MULTICAST},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", SPECIAL_MULTICAST},
	};

	(void)state;
	CHECK(expected);
}

static void embedded_ipv4_is_taken_out(void **state)
{
	static const struct {
		const char *outer, *inner;
	} pairs[] = {
		{"::ffff:192.0.2.33", "192.0.2.33"},
		{"64:ff9b::192.0.2.33", "192.0.2.33"},
		{"2002:c000:221::1", "192.0.2.33"},                     /* RFC 3056, section 2 */
		{"2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"}, /* RFC 4380, section 4 */
		{"2a00::1", "2a00::1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct address outer = parse(pairs[i].outer), inner = parse(pairs[i].inner);
		struct address found = special_embedded(special_of(outer), outer);

		assert_int_equal(found.family, inner.family);
		assert_true(found.value == inner.value);
	}
}

static void every_prefix_is_well_formed_and_names_its_rfc(void **state)
{
	(void)state;
	for (size_t i = 0; i < special_prefix_count; i++) {
		const struct special_prefix *entry = &special_prefixes[i];

		assert_true((entry->prefix.value &
			     prefix_host_mask(entry->prefix.family, entry->prefix.length)) == 0);
		assert_memory_equal(entry->source, "RFC ", 4);
		for (size_t j = 0; j < i; j++)
			assert_false(special_prefixes[j].prefix.family == entry->prefix.family &&
				     special_prefixes[j].prefix.length == entry->prefix.length &&
				     special_prefixes[j].prefix.value == entry->prefix.value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_is_special_to_the_address),
		cmocka_unit_test(ipv6_is_special_to_the_address),
		cmocka_unit_test(embedded_ipv4_is_taken_out),
		cmocka_unit_test(every_prefix_is_well_formed_and_names_its_rfc),
	};

	return cmocka_run_group_tests_name("special", tests, NULL, NULL);
}
