// SPDX-License-Identifier: GPL-2.0-or-later
/* The backstop: closed before there is a guard, whoever is there to see to it, and never against
 * its keeper; and the watch that brings guards to what appears. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "tests/prog/applied.h"
#include "userspace/kernel/backstop.h"

#define TURN_MS 20

static int backstop_set_up(void **state)
{
	int error = applied_set_up(state);

	/* As the one before left it, where it failed. */
	return error ? error
		     : system("ip link del born0 2>/dev/null; ip link del other0 2>/dev/null; "
			      "true");
}

static void bear(const char *name, const char *peer)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "ip link add %s type veth peer name %s && ip link set %s up && ip link set %s up",
		 name, peer, peer, name);
	assert_int_equal(system(command), 0);
}

static void bury(const char *name)
{
	char command[64];

	snprintf(command, sizeof(command), "ip link del %s", name);
	assert_int_equal(system(command), 0);
}

static void test_closed_until_guarded(void **state)
{
	struct applied *applied = *state;

	applied_needs(LAYERS_OF_BACKSTOP);
	applied_apply(applied, applied->table);
	assert_true(kernel_backstop_stands(applied->kernel));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	bear("born0", "born1");
	assert_false(applied_passes("born0", "born1", DENIED_V4));
	assert_false(applied_passes("born0", "born1", ALLOWED_V4));
	assert_false(applied_passes("born0", "born1", ALLOWED_V6));
	/* Whoever opens next guards and opens it. */
	applied_reopen(applied);
	assert_true(applied_passes("born0", "born1", ALLOWED_V4));
	assert_false(applied_passes("born0", "born1", DENIED_V4));
	/* By number: another name opens nothing. */
	bear("other0", "other1");
	assert_int_equal(system("ip link set gone0 name gone && ip link set other0 down && "
				"ip link set other0 name gone0 && ip link set gone0 up"),
			 0);
	assert_false(applied_passes("gone0", "other1", ALLOWED_V4));
	assert_int_equal(system("ip link del gone0 && ip link set gone name gone0"), 0);
	bury("born0");
}

#define LIFELINE_V4 "192.0.2.77"
#define LIFELINE_V6 "2001:db8:c::77"

/* A datagram with a byte of its IP header changed. */
static bool passes_changed(const char *from, const char *address, unsigned offset, uint8_t byte)
{
	uint8_t frame[PACKET_MOST];
	size_t size = packet_udp(hand_address(address), frame);

	frame[ETH_HLEN + offset] = byte;
	return applied_send_frame(from, frame, size);
}

/* The bastion is reached through an interface that has no guard yet, and nobody else is. */
static void test_lifeline_passes(void **state)
{
	struct applied *applied = *state;
	const struct prefix lifeline[] = {
		{FAMILY_V4, 32, hand_address(LIFELINE_V4).value},
		{FAMILY_V6, 64, hand_address(LIFELINE_V6).value >> 64 << 64},
		{FAMILY_V4, 31, hand_address("192.0.2.80").value},
	};
	uint8_t arp[PACKET_MOST];
	size_t arp_size = applied_fence(arp);

	applied_needs(LAYERS_OF_BACKSTOP);
	applied->options.lifeline = lifeline;
	applied->options.lifeline_count = 3;
	applied_apply(applied, applied->table);
	assert_int_equal(applied->diagnostics.count, 0);
	bear("born0", "born1");
	assert_true(applied_passes("born0", "born1", LIFELINE_V4));
	assert_true(applied_passes("born0", "born1", LIFELINE_V6));
	assert_true(applied_passes("born0", "born1", "2001:db8:c::1"));
	assert_true(applied_passes("born0", "born1", "192.0.2.81"));
	assert_true(applied_send_frame("born0", arp, arp_size));
	assert_false(applied_send("born0", "192.0.2.78"));
	assert_false(applied_send("born0", "192.0.2.82"));
	assert_false(applied_send("born0", "2001:db8:c:1::77"));
	assert_false(applied_send("born0", ALLOWED_V4));
	assert_false(applied_send("born0", ALLOWED_V6));
	/* With options or extension headers it might go elsewhere. */
	assert_false(passes_changed("born0", LIFELINE_V4, 0, 0x46));
	assert_false(passes_changed("born0", LIFELINE_V6, 6, 43));
	/* Whoever follows finds it by the record. */
	applied_reopen(applied);
	assert_true(kernel_backstop_stands(applied->kernel));
	bear("other0", "other1");
	assert_true(applied_passes("other0", "other1", LIFELINE_V4));
	assert_false(applied_send("other0", ALLOWED_V4));
	/* Another lifeline, or none, takes the place of this one. */
	applied->options.lifeline = lifeline + 2;
	applied->options.lifeline_count = 1;
	applied_apply(applied, applied->table);
	bury("other0");
	bear("other0", "other1");
	assert_false(applied_send("other0", LIFELINE_V4));
	assert_true(applied_passes("other0", "other1", "192.0.2.80"));
	applied->options.lifeline_count = 0;
	applied_apply(applied, applied->table);
	bury("other0");
	bear("other0", "other1");
	assert_false(applied_send("other0", "192.0.2.80"));
	assert_false(applied_send_frame("other0", arp, arp_size));
	bury("born0");
	bury("other0");
}

static void test_monitor_and_detach_have_none(void **state)
{
	struct applied *applied = *state;

	applied_needs(LAYERS_OF_BACKSTOP);
	applied_apply(applied, applied->table);
	applied->options.monitor = true;
	applied_apply(applied, applied->table);
	assert_false(kernel_backstop_stands(applied->kernel));
	bear("born0", "born1");
	assert_true(applied_passes("born0", "born1", DENIED_V4));
	applied->options.monitor = false;
	applied_apply(applied, applied->table);
	bury("born0");
	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	bear("born0", "born1");
	assert_true(applied_passes("born0", "born1", DENIED_V4));
	bury("born0");
	assert_int_equal(applied->diagnostics.count, 0);
}

/* Nothing is closed by a policy that was not put in force, and what was closed stays so. */
static void test_failed_apply_leaves_it(void **state)
{
	struct applied *applied = *state;
	char *nowhere[] = {(char *)"nowhere*"};
	struct kernel_options wrong = {.guard = nowhere, .guard_count = 1};
	uint32_t generation;

	applied_needs(LAYERS_OF_BACKSTOP);
	assert_true(kernel_apply(applied->kernel, applied->table, &wrong, NULL, &generation,
				 &applied->diagnostics) < 0);
	bear("born0", "born1");
	assert_true(applied_passes("born0", "born1", DENIED_V4));
	bury("born0");
	applied_apply(applied, applied->table);
	assert_true(kernel_apply(applied->kernel, applied->table, &wrong, NULL, &generation,
				 &applied->diagnostics) < 0);
	assert_true(kernel_backstop_stands(applied->kernel));
	bear("born0", "born1");
	assert_false(applied_passes("born0", "born1", ALLOWED_V4));
	bury("born0");
}

static void test_scope(void **state)
{
	struct applied *applied = *state;
	char *some[] = {(char *)"gone*", (char *)"born0", (char *)"x?"};

	applied_needs(LAYERS_OF_BACKSTOP);
	applied->options.guard = some;
	applied->options.guard_count = 2;
	applied_apply(applied, applied->table);
	assert_int_equal(applied->diagnostics.count, 0);
	assert_true(kernel_backstop_stands(applied->kernel));
	bear("born0", "born1");
	bear("gone7", "other7");
	assert_false(applied_passes("born0", "born1", ALLOWED_V4));
	assert_true(applied_passes("born1", "born0", DENIED_V4));
	assert_false(applied_passes("gone7", "other7", ALLOWED_V4));
	bury("born0");
	bury("gone7");
	/* What it cannot express is said, and the rest done. */
	applied->options.guard_count = 3;
	applied_apply(applied, applied->table);
	assert_true(applied->diagnostics.count > 0);
	assert_non_null(strstr(applied->diagnostics.items[0].text,
			       "\"x?\" under interfaces.guard: the backstop knows names"));
	bear("born0", "born1");
	assert_false(applied_passes("born0", "born1", ALLOWED_V4));
	bury("born0");
}

/* A guard cannot be put on one, since a port of the gateway is taken: nothing is opened. */
static void test_no_guard_is_closed(void **state)
{
	struct applied *applied = *state;
	char *inside[] = {(char *)"far1"};
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int foreign = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, NULL);
	int port = (int)if_nametoindex("far1");

	applied_needs(LAYERS_OF_BACKSTOP);
	applied->options.inside = inside;
	applied->options.inside_count = 1;
	applied_apply(applied, applied->table);
	assert_int_equal(xdp_remove(applied->kernel, (uint32_t)port), 0);
	assert_int_equal(bpf_xdp_attach(port, foreign, XDP_FLAGS_DRV_MODE, NULL), 0);
	bear("born0", "born1");
	applied_reopen(applied);
	assert_int_equal(applied_program("born0"), 0);
	assert_false(applied_passes("born0", "born1", ALLOWED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_int_equal(bpf_xdp_detach(port, XDP_FLAGS_DRV_MODE, NULL), 0);
	close(foreign);
	applied_reopen(applied);
	assert_true(applied_passes("born0", "born1", ALLOWED_V4));
	bury("born0");
}

/* As if the kernel lacked it. */
static void test_without(void **state)
{
	struct applied *applied = *state;

	applied->options.without = LAYER_BIT(LAYER_EGRESS_OF_ALL);
	applied_apply(applied, applied->table);
	assert_int_equal(applied->diagnostics.count, 1);
	assert_non_null(strstr(applied->diagnostics.items[0].text, "has no backstop"));
	assert_false(kernel_backstop_stands(applied->kernel));
	bear("born0", "born1");
	assert_true(applied_passes("born0", "born1", DENIED_V4));
	bury("born0");
}

/* While one keeps it, another cannot touch it; when the keeper is gone it is still closed. */
static void test_one_keeper(void **state)
{
	struct applied *applied = *state;
	struct diagnostics *diagnostics = &applied->diagnostics;
	const struct backstop_scope all = {0};
	const uint32_t loopback = 1;
	struct backstop *keeper, *other;

	applied_needs(LAYERS_OF_BACKSTOP);
	assert_int_equal(backstop_begin(&keeper, diagnostics), 0);
	assert_int_equal(backstop_begin(&other, diagnostics), 0);
	assert_int_equal(backstop_remove(other, diagnostics), 0); /* there is none */
	assert_int_equal(backstop_set(keeper, &all, &loopback, 1, diagnostics), 0);
	assert_false(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_int_equal(backstop_set(other, &all, &loopback, 1, diagnostics), -EPERM);
	assert_int_equal(backstop_remove(other, diagnostics), -EPERM);
	if (system("nft delete table netdev gabelou 2>/dev/null; nft flush ruleset 2>/dev/null"))
		print_message("# nft is refused, or not there\n");
	assert_false(applied_passes("gone0", "far0", ALLOWED_V4));
	backstop_end(keeper);
	assert_false(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_int_equal(backstop_remove(other, diagnostics), 0);
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	backstop_end(other);
	assert_int_equal(diagnostics->count, 0);
}

static int last_turn; /* what it returned */

/* Turns of a watch, as an agent makes them, until @stop says so. */
static bool turn_until(struct kernel_watch *watch, bool (*stop)(struct applied *applied),
		       struct applied *applied)
{
	for (int waited = 0; waited < PATIENCE_MS; waited += TURN_MS) {
		struct pollfd ready = {.fd = kernel_watch_fd(watch), .events = POLLIN};

		last_turn = kernel_watch_turn(watch, &applied->diagnostics);
		if (stop(applied))
			return true;
		poll(&ready, 1, TURN_MS);
	}
	return false;
}

static bool born_is_guarded(struct applied *applied)
{
	(void)applied;
	return if_nametoindex("born0") && applied_program("born0");
}
static bool stands(struct applied *applied)
{
	return kernel_backstop_stands(applied->kernel);
}
static bool is_at_rest(struct applied *applied)
{
	(void)applied;
	return last_turn == 0;
}
static bool stands_not(struct applied *applied)
{
	return !stands(applied);
}

/* Without the lock between its turns, so that applies go on beside it. */
static void test_watch_guards_what_appears(void **state)
{
	struct applied *applied = *state;
	struct kernel_watch *watch;

	applied_needs(LAYERS_OF_BACKSTOP);
	applied_apply(applied, applied->table);
	kernel_close(applied->kernel);
	assert_int_equal(kernel_open(KERNEL_READ, &applied->kernel, &applied->diagnostics), 0);
	assert_int_equal(kernel_watch_open(applied->kernel, &watch, &applied->diagnostics), 0);
	assert_true(turn_until(watch, stands, applied));
	bear("born0", "born1");
	assert_false(applied_passes("born0", "born1", ALLOWED_V4));
	assert_true(turn_until(watch, born_is_guarded, applied));
	assert_true(applied_passes("born0", "born1", ALLOWED_V4));
	assert_false(applied_passes("born0", "born1", DENIED_V4));
	/* Nothing new, nothing to do, once the kernel has said all that it has to say of it. */
	assert_true(turn_until(watch, is_at_rest, applied));
	bury("born0");
	/* Another process has the lock, and cannot change the backstop that the watch keeps. */
	applied_reopen(applied);
	bear("born0", "born1");
	assert_int_equal(kernel_watch_turn(watch, &applied->diagnostics), -EAGAIN);
	applied->options.monitor = true;
	applied_apply(applied, applied->table);
	kernel_close(applied->kernel);
	assert_int_equal(kernel_open(KERNEL_READ, &applied->kernel, &applied->diagnostics), 0);
	assert_true(turn_until(watch, stands_not, applied));
	assert_true(applied_passes("born0", "born1", DENIED_V4));
	bury("born0");
	kernel_watch_close(watch);
}

int main(void)
{
#define BACKSTOP(test) cmocka_unit_test_setup_teardown(test, backstop_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		BACKSTOP(test_closed_until_guarded),
		BACKSTOP(test_lifeline_passes),
		BACKSTOP(test_monitor_and_detach_have_none),
		BACKSTOP(test_failed_apply_leaves_it),
		BACKSTOP(test_scope),
		BACKSTOP(test_no_guard_is_closed),
		BACKSTOP(test_without),
		BACKSTOP(test_one_keeper),
		BACKSTOP(test_watch_guards_what_appears),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel backstop", tests, NULL, NULL);
}
