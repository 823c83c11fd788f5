// SPDX-License-Identifier: GPL-2.0-or-later
/* What is local through one interface passes there, is counted as not judged, and is denied through
 * every other; an interface that appears, or is renamed, is seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/prog/applied.h"

#define LOCAL_V4 "192.0.2.99" /* all of them are denied by the table */
#define LOCAL_V6 "2001:db8:b::7"
#define OTHER_V4 "192.0.3.99"

static struct prefix office[] = {{FAMILY_V4, 24, 0xc0000200},
				 {FAMILY_V6, 48, (u128)0x20010db8000b0000 << 64}};
static struct prefix lab[] = {{FAMILY_V4, 24, 0xc0000300}};
static char *gone0[] = {(char *)"gone0"};
static char *born[] = {(char *)"born*", (char *)"bridge0"};
static const struct policy_local_net locals[] = {
	{office, 2, {gone0, 1}, NULL},
	{lab, 1, {NULL, 0}, NULL}, /* of the table */
	{lab, 1, {born, 2}, NULL},
};

static int local_set_up(void **state)
{
	int error = applied_set_up(state);

	return error ? error
		     : system("for link in born0 other0 bridge0; do ip link del $link 2>/dev/null; "
			      "done; true");
}

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static uint64_t counted(struct applied *applied, enum reason reason)
{
	struct counter *counters;
	size_t count;

	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	uint64_t packets = counters[reason].packets;
	free(counters);
	return packets;
}

static void apply_locals(struct applied *applied)
{
	applied->options.locals = locals;
	applied->options.local_count = 3;
	applied_apply(applied, applied->table);
}

static void test_passes_through_its_interface(void **state)
{
	struct applied *applied = *state;

	apply_locals(applied);
	assert_int_equal(counted(applied, REASON_LOCAL), 0);
	assert_true(applied_passes("gone0", "far0", LOCAL_V4));
	assert_true(applied_passes("gone0", "far0", LOCAL_V6));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_int_equal(counted(applied, REASON_LOCAL), 2);
	assert_false(applied_passes("gone0", "far0", OTHER_V4));
	assert_false(applied_passes("gone0", "far0", "192.0.4.1"));
	assert_false(applied_passes("gone1", "far1", LOCAL_V4));
	assert_false(applied_passes("gone1", "far1", LOCAL_V6));
	assert_int_equal(counted(applied, REASON_LOCAL), 2);
	/* Without the list it is denied again, and without a trace of it. */
	applied->options.local_count = 0;
	applied_apply(applied, applied->table);
	assert_false(applied_passes("gone0", "far0", LOCAL_V4));
	assert_int_equal(counted(applied, REASON_LOCAL), 0);
}

/* What comes in by a gateway's port is of that port. */
static void test_passes_a_gateway(void **state)
{
	struct applied *applied = *state;
	static char *inside[] = {(char *)"far0"};
	static char *both[] = {(char *)"gone0", (char *)"far0"};
	struct policy_local_net ends = {office, 2, {both, 2}, NULL};

	applied->options.inside = inside;
	applied->options.inside_count = 1;
	applied->options.locals = &ends;
	applied->options.local_count = 1;
	applied_apply(applied, applied->table);
	assert_true(applied_send("gone0", LOCAL_V4));
	applied_await(counted(applied, REASON_LOCAL) == 2); /* at the guard and at the gateway */
	ends.interfaces.count = 1;
	applied_apply(applied, applied->table);
	assert_true(applied_send("gone0", LOCAL_V4));
	assert_true(applied_send("gone0", ALLOWED_V4));
	applied_await(counted(applied, REASON_LOCAL) == 1);
}

static void test_interfaces_come_and_go(void **state)
{
	struct applied *applied = *state;

	apply_locals(applied);
	run("ip link add born0 type veth peer name born1 && ip link set born1 up && "
	    "ip link set born0 up");
	applied_reopen(applied); /* whoever opens next guards it */
	assert_true(applied_passes("born0", "born1", OTHER_V4));
	assert_false(applied_passes("born0", "born1", LOCAL_V4));
	run("ip link set born0 down && ip link set born0 name other0 && ip link set other0 up");
	applied_reopen(applied);
	assert_false(applied_passes("other0", "born1", OTHER_V4));
	/* A port sends what its bridge does. */
	run("ip link add bridge0 type bridge && ip link set other0 master bridge0 && "
	    "ip link set bridge0 up");
	applied_reopen(applied);
	assert_true(applied_passes("other0", "born1", OTHER_V4));
	assert_false(applied_passes("other0", "born1", LOCAL_V4));
	run("ip link del bridge0 && ip link del other0");
}

int main(void)
{
#define LOCAL(test) cmocka_unit_test_setup_teardown(test, local_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		LOCAL(test_passes_through_its_interface),
		LOCAL(test_passes_a_gateway),
		LOCAL(test_interfaces_come_and_go),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel local", tests, NULL, NULL);
}
