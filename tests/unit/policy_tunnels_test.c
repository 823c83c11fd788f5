// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: "tunnels:" and "nat64:" become what the kernel compares with, and each fault says what to
 * write. */
#include "tests/unit/policy_check.h"

#include "maps/control.h"
#include "userspace/atlas/atlas.h"
#include "userspace/table/table.h"

#define COUNT(array)     (sizeof(array) / sizeof(*(array)))
#define TUNNELS_OF(list) HEAD "tunnels: [" list "]\n"
#define NAT64(list)      HEAD "nat64: [" list "]\n"

static char messages[MESSAGES_SIZE];

static void tunnels_are_whole(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "tunnels: vxlan\n", "3:10: `vxlan` is not a list of tunnels; write [vxlan]"},
		{TUNNELS_OF("vxlan"), "3:11: a tunnel is made of keys"},
		{TUNNELS_OF("{protocol: [gre]}"), "3:11: a tunnel to nowhere; write `to: "
						  "[203.0.113.7]`"},
		{TUNNELS_OF("{to: [203.0.113.7]}"), "3:11: a tunnel of no kind; write `protocol:`"},
		{TUNNELS_OF("{to: [203.0.113.7], protocol: [l2tp]}"),
		 "3:42: `protocol: l2tp` is not known; write ipip, 6in4, gre, vxlan or geneve"},
		{TUNNELS_OF("{to: [203.0.113.7], protocol: []}"), "3:41: an empty list"},
		{TUNNELS_OF("{to: [], protocol: [gre]}"), "3:16: an empty list"},
		{TUNNELS_OF("{to: [0.0.0.0/0], protocol: [gre]}"), "3:16: a tunnel to everywhere"},
		{TUNNELS_OF("{to: [203.0.113.7/24], protocol: [gre]}"),
		 "3:17: 203.0.113.7/24 has bits set beyond its length"},
		{TUNNELS_OF("{to: [203.0.113.7], protocol: [vxlan], port: 0}"),
		 "3:56: `0` is not a port; write 1 to 65535"},
		{TUNNELS_OF("{to: [203.0.113.7], protocol: [vxlan], port: 65536}"),
		 "3:56: `65536` is not a port"},
		{TUNNELS_OF("{to: [203.0.113.7], protocol: [gre], port: 4789}"),
		 "3:11: `port:` is for vxlan and geneve; remove it"},
		{TUNNELS_OF("{to: [203.0.113.7], protocol: [vxlan, geneve], port: 4789}"),
		 "3:11: `port:` is of vxlan or of geneve; write a line for each"},
		{TUNNELS_OF("{to: [203.0.113.7], protocol: [gre], from: x}"),
		 "3:48: a tunnel has no key `from`"},
		{TUNNELS_OF("{to: [203.0.113.7], protocol: [gre], why: [a]}"), "3:53: `why:` is"},
		{TUNNELS_OF("{to: [\"64:ff9b::1.1.1.1\"], protocol: [gre]}"),
		 "3:17: 64:ff9b::1.1.1.1 is judged by the IPv4 address inside it"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
}

static void endpoints_are_few(void **state)
{
	char text[2048] = HEAD "tunnels: [{protocol: [gre], to: [192.0.2.0";
	const struct refusal refusal = {text, "3:10: 33 endpoints; name at most 32"};

	(void)state;
	for (unsigned i = 1; i <= TUNNELS_MOST; i++)
		sprintf(text + strlen(text), ", 192.0.2.%u", i);
	strcat(text, "]}]\n");
	expect_refusals(&refusal, 1);
}

static void the_kernel_compares_prefixes(void **state)
{
	struct guard_tunnel tunnels[TUNNELS_MOST] = {{0}};
	struct policy *policy = expect_policy(
		HEAD "tunnels:\n"
		     "  - {to: [203.0.113.0/24], protocol: [ipip, gre], why: CHG-7}\n"
		     "  - {to: [\"2001:db8:8000::/33\"], protocol: [vxlan], port: 5000}\n",
		messages);

	(void)state;
	assert_string_equal(messages, "");
	assert_string_equal(policy->tunnels[0].why, "CHG-7");
	assert_int_equal(table_tunnels(policy, tunnels), 2);
	assert_true(tunnels[0].high == 0 && tunnels[0].low == 0xffffcb007100);
	assert_true(tunnels[0].mask_high == UINT64_MAX && tunnels[0].mask_low == ~0xffull);
	assert_int_equal(tunnels[0].kinds, TUNNEL_IPIP | TUNNEL_GRE);
	assert_int_equal(tunnels[0].port, 0);
	assert_true(tunnels[1].high == 0x20010db880000000 && tunnels[1].low == 0);
	assert_true(tunnels[1].mask_high == 0xffffffff80000000 && tunnels[1].mask_low == 0);
	assert_int_equal(tunnels[1].kinds, TUNNEL_VXLAN);
	assert_int_equal(tunnels[1].port, 5000);
	policy_free(policy);
	policy = expect_policy(HEAD "tunnels: []\nnat64: []\n", messages);
	assert_int_equal(table_tunnels(policy, tunnels), 0);
	policy_free(policy);
}

static void nat64_prefixes_are_those_of_the_rfc(void **state)
{
	static const struct refusal refusals[] = {
		{HEAD "nat64: x\n", "3:8: `x` is not a list of addresses or prefixes"},
		{NAT64("192.0.2.0/24"), "3:8: 192.0.2.0/24 is not a NAT64 prefix; write an IPv6 "
					"one of /32, /40, /48, /56, /64 or /96"},
		{NAT64("\"2001:db8::/33\""), "3:8: 2001:db8::/33 is not a NAT64 prefix"},
		{NAT64("\"2001:db8::/72\""), "3:8: 2001:db8::/72 is not a NAT64 prefix"},
		{NAT64("\"2001:db8:0:0:100::/96\""), "3:8: 2001:db8:0:0:100::/96 is not a NAT64 "
						     "prefix: its bits 64 to 71 are not zero"},
		{NAT64("\"64:ff9b::/96\""), "3:9: 64:ff9b::/96 is judged by the IPv4"},
		{NAT64("\"2002:1::/32\""), "3:9: 2002:1::/32 is judged by the IPv4"},
		{NAT64("\"fe80::/64\""), "3:8: fe80::/64 cannot be a NAT64 prefix of yours"},
		{NAT64("\"ff00::/32\""), "3:8: ff00::/32 cannot be a NAT64 prefix of yours"},
		{NAT64("\"2001:db8::/32\", \"2001:db8:1::/48\""),
		 "3:8: 2001:db8::/32 and 2001:db8:1::/48 overlap; remove one"},
		{"gabelou: 1\nnat64: [\"2001:db8:1::/48\"]\nallow: [{to: "
		 "[\"2001:db8:1:2::/64\"]}]\n",
		 "3:14: 2001:db8:1:2::/64 is judged by the IPv4 address inside it (`nat64:`)"},
	};

	(void)state;
	expect_refusals(refusals, COUNT(refusals));
	policy_free(expect_policy(NAT64("\"64:ff9b:1::/48\", \"fd64::/96\", \"2001:db8::/32\""),
				  messages));
	assert_string_equal(messages, "");
}

/* The examples of RFC 6052, section 2.4: 192.0.2.33. */
static void the_examples_of_the_rfc(void **state)
{
	static const char *const examples[][2] = {
		{"2001:db8::/32", "2001:db8:c000:221::"},
		{"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
		{"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
		{"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
		{"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
		{"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(examples); i++) {
		struct prefix prefix;
		struct address address;

		assert_int_equal(prefix_parse(examples[i][0], strlen(examples[i][0]), &prefix),
				 PREFIX_OK);
		assert_int_equal(address_parse(examples[i][1], strlen(examples[i][1]), &address),
				 0);
		struct address inner = special_inner(&prefix, 1, address);
		assert_int_equal(inner.family, FAMILY_V4);
		assert_int_equal((uint32_t)inner.value, 0xc0000221);
	}
}

static void control_is_named(void **state)
{
	struct policy *policy =
		expect_policy(HEAD "control: [default, vrrp, ospf, bfd, azure]\n", messages);

	(void)state;
	assert_int_equal(policy->control, CONTROL_DEFAULT | CONTROL_VRRP | CONTROL_OSPF |
						  CONTROL_BFD | CONTROL_AZURE);
	assert_int_equal(
		CONTROL_DEFAULT & (CONTROL_VRRP | CONTROL_OSPF | CONTROL_BFD | CONTROL_AZURE), 0);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnels_are_whole),
		cmocka_unit_test(endpoints_are_few),
		cmocka_unit_test(the_kernel_compares_prefixes),
		cmocka_unit_test(nat64_prefixes_are_those_of_the_rfc),
		cmocka_unit_test(the_examples_of_the_rfc),
		cmocka_unit_test(control_is_named),
	};

	return cmocka_run_group_tests_name("policy tunnels", tests, read_groups, free_groups);
}
