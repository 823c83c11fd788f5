// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: addresses and prefixes are read strictly and written as RFC 5952 asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/base/address.h"

static void addresses_survive_a_round_trip(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0",
		"1.0.0.0",
		"203.0.113.255",
		"255.255.255.255",
		"::",
		"::1",
		"2001:db8::",
		"2001:db8:0:1:1:1:1:1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"::ffff:192.0.2.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char text[ADDRESS_TEXT_SIZE], bytes[16];
		struct address address, back;

		assert_int_equal(address_parse(texts[i], strlen(texts[i]), &address), 0);
		assert_string_equal(address_format(address, text), texts[i]);
		address_to_bytes(address, bytes);
		back = address_from_bytes(address.family, bytes);
		assert_true(back.family == address.family && back.value == address.value);
	}
}

static void an_address_is_a_number_in_host_order(void **state)
{
	static const uint8_t bytes[4] = {1, 2, 3, 4};
	struct address address;

	(void)state;
	assert_int_equal(address_parse("1.0.0.0", 7, &address), 0);
	assert_true(address.family == FAMILY_V4 && address.value == 0x01000000);
	assert_true(address_from_bytes(FAMILY_V4, bytes).value == 0x01020304);
	assert_int_equal(address_parse("::1:0:0", 7, &address), 0);
	assert_true(address.family == FAMILY_V6 && address.value == (u128)1 << 32);
}

static void what_is_no_address_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"1",
		"1.2.3",
		"1.2.3.4.5",
		"1.2.3.256",
		"01.2.3.4",
		"1.2.3.4 ",
		" 1.2.3.4",
		"1.2.3.",
		".1.2.3",
		"1..2.3",
		"1.2.3.4x",
		"0x1.2.3.4",
		"1.2.3.0004",
		"-1.2.3.4",
		":",
		":::",
		"1:2",
		"12345::",
		"fe80::1%eth0",
		"2001:db8::/32",
		"::g",
		"1:2:3:4:5:6:7:8:9",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct address address = {FAMILY_V6, 42};

		if (address_parse(texts[i], strlen(texts[i]), &address) == 0)
			fail_msg("%s was taken", texts[i]);
		assert_true(address.family == FAMILY_V6 && address.value == 42);
	}
	assert_int_not_equal(address_parse("::1\0::", 6, &(struct address){0}), 0);
}

static void the_length_ends_the_text(void **state)
{
	struct address address;

	(void)state;
	assert_int_equal(address_parse("1.2.3.45", 7, &address), 0);
	assert_true(address.value == 0x01020304);
	assert_int_equal(address_parse("::12", 3, &address), 0);
	assert_true(address.value == 1);
}

static void prefixes_are_checked(void **state)
{
	static const struct {
		const char *text;
		enum prefix_fault fault;
		const char *as; /* what comes back */
	} cases[] = {
		{"192.0.2.0/24", PREFIX_OK, "192.0.2.0/24"},
		{"0.0.0.0/0", PREFIX_OK, "0.0.0.0/0"},
		{"192.0.2.1", PREFIX_OK, "192.0.2.1/32"},
		{"2001:db8::/32", PREFIX_OK, "2001:db8::/32"},
		{"::/0", PREFIX_OK, "::/0"},
		{"::1", PREFIX_OK, "::1/128"},
		{"10.1.2.3/8", PREFIX_HOST_BITS, "10.0.0.0/8"},
		{"255.255.255.255/0", PREFIX_HOST_BITS, "0.0.0.0/0"},
		{"2001:db8::1/64", PREFIX_HOST_BITS, "2001:db8::/64"},
		{"ffff::/0", PREFIX_HOST_BITS, "::/0"},
		{"10.0.0.0/33", PREFIX_BAD_LENGTH, NULL},
		{"2001:db8::/129", PREFIX_BAD_LENGTH, NULL},
		{"10.0.0.0/", PREFIX_BAD_LENGTH, NULL},
		{"10.0.0.0/08", PREFIX_BAD_LENGTH, NULL},
		{"10.0.0.0/-1", PREFIX_BAD_LENGTH, NULL},
		{"10.0.0.0/1/2", PREFIX_BAD_LENGTH, NULL},
		{"10.0.0.0/4294967304", PREFIX_BAD_LENGTH, NULL},
		{"10.0.0.0/255.0.0.0", PREFIX_BAD_LENGTH, NULL},
		{"10.0.0/8", PREFIX_NOT_AN_ADDRESS, NULL},
		{"/8", PREFIX_NOT_AN_ADDRESS, NULL},
		{"", PREFIX_NOT_AN_ADDRESS, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[PREFIX_TEXT_SIZE];
		struct prefix prefix = {FAMILY_V4, 1, 0};

		assert_int_equal(prefix_parse(cases[i].text, strlen(cases[i].text), &prefix),
				 cases[i].fault);
		assert_string_equal(prefix_format(&prefix, text),
				    cases[i].as ? cases[i].as : "0.0.0.0/1");
	}
}

static void a_prefix_holds_its_first_and_last_address_only(void **state)
{
	static const char *const texts[] = {"0.0.0.0/0", "192.0.2.0/24",  "10.1.2.3/32",
					    "::/0",      "2001:db8::/33", "::1/128"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct prefix prefix;

		assert_int_equal(prefix_parse(texts[i], strlen(texts[i]), &prefix), PREFIX_OK);
		u128 last = prefix_last(&prefix);
		struct address first = {prefix.family, prefix.value}, end = {prefix.family, last};
		struct address other = {!prefix.family, prefix.value};

		assert_true(prefix_contains(&prefix, first) && prefix_contains(&prefix, end));
		assert_false(prefix_contains(&prefix, other));
		if (last != family_last(prefix.family)) {
			end.value++;
			assert_false(prefix_contains(&prefix, end));
		}
		if (prefix.value) {
			first.value--;
			assert_false(prefix_contains(&prefix, first));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_survive_a_round_trip),
		cmocka_unit_test(an_address_is_a_number_in_host_order),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(the_length_ends_the_text),
		cmocka_unit_test(prefixes_are_checked),
		cmocka_unit_test(a_prefix_holds_its_first_and_last_address_only),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
