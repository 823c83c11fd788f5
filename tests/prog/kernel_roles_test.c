// SPDX-License-Identifier: GPL-2.0-or-later
/* Roles: from facts made by hand, and the guard of an upper link, which leaves counting to the one
 * below. The same with real links is in tests/lab/interfaces.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/prog/applied.h"
#include "userspace/kernel/interfaces.h"

enum { LO, NIC, BRIDGE, TAP, VETH, VLAN, DOCKER, BOX, BOND, SLAVE, LINKS };

/* A host with a bridge over its network card, for guests, a VLAN over it, a bridge of containers,
 * and a bond. */
static void make_links(struct interface links[LINKS])
{
	const struct interface host[LINKS] = {
		[LO] = {.name = "lo", .ifindex = 1, .loopback = true},
		[NIC] = {.name = "eth0", .ifindex = 2, .master = 3},
		[BRIDGE] = {.name = "br0", .ifindex = 3, .kind = "bridge", .way_out = true},
		[TAP] = {.name = "tap0",
			 .ifindex = 4,
			 .kind = "tun",
			 .master = 3,
			 .guest_end = true},
		[VETH] = {.name = "veth0",
			  .ifindex = 5,
			  .kind = "veth",
			  .master = 3,
			  .guest_end = true},
		[VLAN] = {.name = "br0.5", .ifindex = 6, .kind = "vlan", .lower = 3},
		[DOCKER] = {.name = "docker0", .ifindex = 7, .kind = "bridge"},
		[BOX] = {.name = "box0",
			 .ifindex = 8,
			 .kind = "veth",
			 .master = 7,
			 .guest_end = true},
		[BOND] = {.name = "bond0", .ifindex = 9, .kind = "bond"},
		[SLAVE] = {.name = "eth1", .ifindex = 10, .master = 9},
	};

	memcpy(links, host, sizeof(host));
}

static int select_all(struct interface links[LINKS], const struct kernel_options *options)
{
	struct diagnostics unheard = {0};
	int error = interfaces_select(links, LINKS, options, &unheard);

	diagnostics_free(&unheard);
	return error;
}

static void assert_role(const struct interface *link, enum interface_role role, bool wanted)
{
	if (link->role != role || link->wanted != wanted)
		fail_msg("%s: role %d, wanted %d", link->name, link->role, link->wanted);
}

static void test_roles_of_a_host(void **state)
{
	struct interface links[LINKS];
	const struct kernel_options options = {0};

	(void)state;
	make_links(links);
	assert_int_equal(select_all(links, &options), 0);
	assert_role(&links[NIC], ROLE_UPLINK, true);
	assert_role(&links[BRIDGE], ROLE_UPPER, true);
	assert_role(&links[TAP], ROLE_GUEST, false);
	assert_role(&links[VETH], ROLE_GUEST, false);
	assert_role(&links[VLAN], ROLE_UPPER, true);
	assert_role(&links[DOCKER], ROLE_GUEST, false);
	assert_role(&links[BOX], ROLE_GUEST, false);
	assert_role(&links[BOND], ROLE_UPPER, true);
	assert_role(&links[SLAVE], ROLE_UPLINK, true);
	assert_int_equal(interface_form(&links[NIC]), FORM_ETHERNET);
	assert_int_equal(interface_form(&links[BRIDGE]), FORM_UPPER);
	assert_false(links[LO].wanted);
}

/* Each fact that a guest rests on, taken away. */
static void test_doubt_is_an_uplink(void **state)
{
	struct interface links[LINKS];
	const struct kernel_options options = {0};

	(void)state;
	make_links(links);
	links[TAP].guest_end = false; /* a VPN's */
	links[VETH].master = 0;       /* off the bridge */
	links[DOCKER].way_out = true; /* a router behind it */
	links[SLAVE].master = 0;      /* a bond without ports */
	links[VLAN].lower = 0;        /* its parent is in another namespace */
	assert_int_equal(select_all(links, &options), 0);
	assert_role(&links[TAP], ROLE_UPLINK, true);
	assert_role(&links[VETH], ROLE_UPLINK, true);
	assert_role(&links[DOCKER], ROLE_UPLINK, true);
	assert_role(&links[BOX], ROLE_GUEST, false);
	assert_role(&links[BOND], ROLE_UPLINK, true);
	assert_role(&links[VLAN], ROLE_UPLINK, true);
	/* A bridge with a port in doubt leads out, and one without ports may. */
	make_links(links);
	links[BOX].guest_end = false;
	assert_int_equal(select_all(links, &options), 0);
	assert_role(&links[DOCKER], ROLE_UPPER, true);
	assert_role(&links[BOX], ROLE_UPLINK, true);
	links[BOX].master = 0;
	assert_int_equal(select_all(links, &options), 0);
	assert_role(&links[DOCKER], ROLE_UPLINK, true);
	/* A port of a bond is no guest, whatever is behind it. */
	make_links(links);
	links[SLAVE].guest_end = true;
	assert_int_equal(select_all(links, &options), 0);
	assert_role(&links[SLAVE], ROLE_UPLINK, true);
}

/* Where all looks like guests', something of it is the way out. */
static void test_something_leads_out(void **state)
{
	struct interface links[3] = {
		{.name = "lo", .ifindex = 1, .loopback = true},
		{.name = "br0", .ifindex = 2, .kind = "bridge"},
		{.name = "eth0", .ifindex = 3, .kind = "veth", .master = 2, .guest_end = true},
	};
	const struct role_glob both[] = {{(char *)"br0", ROLE_GUEST}, {(char *)"eth*", ROLE_GUEST}};
	const struct kernel_options options = {0}, said = {.roles = both, .role_count = 2};
	struct diagnostics diagnostics = {0};

	(void)state;
	assert_int_equal(interfaces_select(links, 3, &options, &diagnostics), 0);
	assert_role(&links[1], ROLE_UPPER, true);
	assert_role(&links[2], ROLE_UPLINK, true);
	/* Unless the policy says so. */
	assert_int_equal(interfaces_select(links, 3, &said, &diagnostics), -ENODEV);
	diagnostics_free(&diagnostics);
}

static void test_the_policy_has_the_last_word(void **state)
{
	struct interface links[LINKS];
	const struct role_glob roles[] = {{(char *)"tap0", ROLE_UPLINK},
					  {(char *)"t*", ROLE_UPPER},
					  {(char *)"eth1", ROLE_GUEST},
					  {(char *)"box*", ROLE_UPPER}};
	char *guard[] = {(char *)"br0", (char *)"veth0", (char *)"eth1"};
	struct kernel_options options = {.roles = roles, .role_count = 4};

	(void)state;
	make_links(links);
	assert_int_equal(select_all(links, &options), 0);
	assert_role(&links[TAP], ROLE_UPLINK, true); /* the first that matches */
	assert_role(&links[SLAVE], ROLE_GUEST, false);
	assert_role(&links[BOND], ROLE_UPLINK, true); /* nothing below is guarded */
	assert_role(&links[BOX], ROLE_UPPER, true);
	/* What is named under guard is guarded, and counts itself if nothing below does. */
	options.guard = guard;
	options.guard_count = 3;
	make_links(links);
	assert_int_equal(select_all(links, &options), 0);
	assert_role(&links[BRIDGE], ROLE_UPLINK, true);
	assert_role(&links[VETH], ROLE_UPLINK, true);
	assert_role(&links[NIC], ROLE_UPLINK, false);
	assert_role(&links[SLAVE], ROLE_GUEST, false);
}

/* Inside ports face workloads: a bridge of them leads nowhere else. */
static void test_inside_ports(void **state)
{
	struct interface links[LINKS];
	char *inside[] = {(char *)"box0"};
	const struct kernel_options options = {.inside = inside, .inside_count = 1};

	(void)state;
	make_links(links);
	links[BOX].guest_end = false;
	assert_int_equal(select_all(links, &options), 0);
	assert_true(links[BOX].inside);
	assert_false(links[BOX].wanted);
	assert_role(&links[DOCKER], ROLE_GUEST, false);
}

static struct counter counted(struct applied *applied)
{
	struct counter sum = {0}, *counters;
	size_t count;

	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	for (size_t i = 0; i < count; i++)
		sum.packets += i == REASON_CONTROL ? 0 : counters[i].packets;
	free(counters);
	return sum;
}

/* gone0 is said to be upper: what it lets pass is not counted, what it drops is. */
static void test_upper_counts_what_it_drops(void **state)
{
	const struct role_glob roles[] = {{(char *)"gone0", ROLE_UPPER}};
	struct applied *applied = *state;

	applied->options.roles = roles;
	applied->options.role_count = 1;
	applied_apply(applied, applied->table);
	assert_string_equal(applied_interface(applied, "gone0").role, "upper");
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V6));
	assert_int_equal(counted(applied).packets, 0);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_false(applied_passes("gone0", "far0", DENIED_V6));
	assert_int_equal(counted(applied).packets, 2);
	assert_true(applied_passes("gone1", "far1", ALLOWED_V4));
	assert_int_equal(counted(applied).packets, 3);
	/* Nor does it count what a pause lets pass. */
	assert_int_equal(kernel_pause(applied->kernel, 600, &applied->diagnostics), 0);
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(counted(applied).packets, 3);
	assert_int_equal(kernel_resume(applied->kernel, &applied->diagnostics), 0);
	/* In monitor mode it drops nothing. */
	applied->options.monitor = true;
	applied_apply(applied, applied->table);
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(counted(applied).packets, 0);
	applied->options.monitor = false;
	/* Another role is another program, in the same link. */
	applied->options.role_count = 0;
	applied_apply(applied, applied->table);
	assert_string_equal(applied_interface(applied, "gone0").role, "uplink");
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_int_equal(counted(applied).packets, 1);
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles_of_a_host),
		cmocka_unit_test(test_doubt_is_an_uplink),
		cmocka_unit_test(test_something_leads_out),
		cmocka_unit_test(test_the_policy_has_the_last_word),
		cmocka_unit_test(test_inside_ports),
		APPLIED(test_upper_counts_what_it_drops),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel roles", tests, NULL, NULL);
}
