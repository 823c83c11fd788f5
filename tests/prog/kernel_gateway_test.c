// SPDX-License-Identifier: GPL-2.0-or-later
/* The gateway on its ports: attached, swapped and taken off with the guard of its generation, found
 * again when its pin is lost, and never in the place of somebody else's program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include "tests/prog/heard.h"
#include "userspace/kernel/gateway.h"

static char *inside[] = {(char *)"far*"};
static char *guard[] = {(char *)"gone1", (char *)"tun0"};

/* What gone0 sends comes in at far0, and is judged nowhere else. */
static int gateway_set_up(void **state)
{
	int error = applied_set_up(state);
	struct applied *applied = *state;

	applied->options.inside = inside;
	applied->options.inside_count = 1;
	applied->options.guard = guard;
	applied->options.guard_count = 2;
	return error;
}

static struct xdp_found found_at(const char *name)
{
	struct xdp_found found;

	assert_int_equal(xdp_find(if_nametoindex(name), &found), 0);
	return found;
}

static void assert_runs(const struct applied *applied, const char *name, uint32_t generation)
{
	struct programs programs;

	assert_int_equal(generation_programs(applied->kernel, generation, &programs), 0);
	assert_int_equal(found_at(name).program, program_id(programs.gateway[FORM_ETHERNET]));
	programs_close(&programs);
}

static uint32_t link_of(const struct applied *applied, const char *name)
{
	struct bpf_link_info info;
	int link = xdp_open(applied->kernel, if_nametoindex(name), found_at(name).program);

	assert_true(link >= 0);
	assert_true(link_info(link, &info));
	close(link);
	return info.id;
}

static const char *xdp_pin(const char *name)
{
	static char pin[32];

	snprintf(pin, sizeof(pin), "link-xdp-%u", if_nametoindex(name));
	return pin;
}

static void test_judges_what_comes_in(void **state)
{
	struct applied *applied = *state;

	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_passes("gone0", "far0", DENIED_V6));
	applied_apply(applied, applied->table);
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V6));
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_false(applied_passes("gone0", "far0", DENIED_V6));
	/* The other way is not its business. */
	assert_true(applied_passes("far0", "gone0", DENIED_V4));
	assert_runs(applied, "far0", 1);
	assert_runs(applied, "far1", 1);
	assert_true(applied_exists(applied, xdp_pin("far0")));
	assert_int_equal(applied->diagnostics.count, 0);
}

static void test_interfaces_and_roles(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	struct kernel_interface port = applied_interface(applied, "far0");
	assert_string_equal(port.role, "inside");
	assert_true(port.guarded);
	assert_int_equal(port.hook, HOOK_XDP);
	assert_string_equal(hook_name(HOOK_XDP), "xdp");
	assert_string_equal(hook_name(HOOK_XDP_GENERIC), "xdp-generic");
	assert_string_equal(applied_interface(applied, "gone1").role, "uplink");
	assert_int_equal(applied_program("far0"), 0);
	/* Without a list the guard is everywhere but inside. */
	applied->options.guard = NULL;
	applied->options.guard_count = 0;
	applied_apply(applied, applied->table);
	assert_int_equal(applied_program("far0"), 0);
	assert_int_not_equal(applied_program("gone0"), 0);
	/* A port that lost its gateway is still known to be inside. */
	assert_int_equal(xdp_remove(applied->kernel, if_nametoindex("far0")), 0);
	port = applied_interface(applied, "far0");
	assert_string_equal(port.role, "inside");
	assert_false(port.guarded);
	assert_true(hook_is_gateway(port.hook));
}

/* Named in both lists it has both, and stands there twice. */
static void test_guard_and_gateway_on_one_port(void **state)
{
	struct applied *applied = *state;
	char *both[] = {(char *)"far0"};
	struct kernel_interface *interfaces;
	size_t count, seen = 0;

	applied->options.guard = both;
	applied->options.guard_count = 1;
	applied_apply(applied, applied->table);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_false(applied_passes("far0", "gone0", DENIED_V4));
	assert_int_equal(
		kernel_interfaces(applied->kernel, &interfaces, &count, &applied->diagnostics), 0);
	for (size_t i = 0; i < count; i++)
		seen += strcmp(interfaces[i].name, "far0") == 0 && interfaces[i].guarded;
	free(interfaces);
	assert_int_equal(seen, 2);
}

static void test_swaps_in_place(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	uint32_t link = link_of(applied, "far0");
	applied_apply(applied, applied->swapped);
	assert_int_equal(link_of(applied, "far0"), link);
	assert_runs(applied, "far0", 2);
	assert_false(applied_exists(applied, "gen-1"));
	assert_false(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
}

/* The far end judges in its own time. */
static struct counter counted(const struct applied *applied, enum hand_class class)
{
	struct diagnostics unheard = {0};
	struct counter *counters, one;
	size_t count;

	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &unheard), 0);
	one = counters[COUNTER_OF_ROW(class)];
	free(counters);
	return one;
}

static void test_counts(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	for (int i = 0; i < 3; i++)
		applied_send("gone0", ALLOWED_V4);
	applied_await(counted(applied, HAND_ALLOWED).packets >= 3);
	assert_int_equal(counted(applied, HAND_ALLOWED).packets, 3);
	assert_int_equal(counted(applied, HAND_ALLOWED).bytes, 3 * 46);
}

/* The first by the program, the sum by the sweep: both know where it was judged. */
static void test_events_say_where(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {.address = DENIED_V4};

	applied->options.flow_interval_ns = HEARD_INTERVAL_MS * 1000000ull;
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 0);
	for (int i = 0; i < 4; i++)
		applied_send("gone0", DENIED_V4);
	heard_wait(events, &heard, DENIED_V4, 2);
	for (size_t i = 0; i < heard.count; i++) {
		assert_int_equal(heard.events[i].flags, EVENT_GATEWAY);
		assert_int_equal(heard.events[i].key.ifindex, if_nametoindex("far0"));
		assert_int_equal(heard.events[i].key.destination_port, 443);
	}
	assert_int_equal(heard.events[0].kind, EVENT_FIRST);
	assert_int_equal(heard.events[1].kind, EVENT_SUMMARY);
	assert_int_equal(heard.events[1].packets, 3);
	kernel_events_close(events);
}

static void test_monitor_lets_pass(void **state)
{
	struct applied *applied = *state;

	applied->options.monitor = true;
	applied_apply(applied, applied->table);
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
}

static void test_detach_and_policies_without_it(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	applied->options.inside_count = 0;
	applied_apply(applied, applied->table);
	assert_int_equal(found_at("far0").program, 0);
	assert_false(applied_exists(applied, xdp_pin("far0")));
	applied->options.inside_count = 1;
	applied_apply(applied, applied->table);
	assert_true(found_at("far0").ours);
	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	assert_int_equal(found_at("far0").program, 0);
	assert_int_equal(found_at("far1").program, 0);
	assert_false(applied_exists(applied, xdp_pin("far0")));
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(applied->diagnostics.count, 0);
}

static void test_whoever_opens_next_puts_it_back(void **state)
{
	struct applied *applied = *state;
	char path[PATH_SIZE];

	applied_apply(applied, applied->table);
	assert_int_equal(xdp_remove(applied->kernel, if_nametoindex("far0")), 0);
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	applied_reopen(applied);
	assert_runs(applied, "far0", 1);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	/* A port that came later. */
	assert_int_equal(system("ip link add gone9 type veth peer name far9"), 0);
	applied_reopen(applied);
	assert_runs(applied, "far9", 1);
	assert_int_equal(system("ip link del gone9"), 0);
	/* A pin that was lost while somebody held the link. */
	int link = xdp_open(applied->kernel, if_nametoindex("far0"), found_at("far0").program);
	uint32_t id = link_of(applied, "far0");
	assert_int_equal(path_join(path, applied->kernel->pins, "%s", xdp_pin("far0")), 0);
	assert_int_equal(unlink(path), 0);
	applied_apply(applied, applied->swapped);
	close(link);
	assert_int_equal(link_of(applied, "far0"), id);
	assert_true(applied_exists(applied, xdp_pin("far0")));
	assert_runs(applied, "far0", 2);
	assert_int_equal(applied->diagnostics.count, 0);
}

/* As if the process had been killed before it came to this link. */
static void test_half_rolled_swap_is_finished(void **state)
{
	struct applied *applied = *state;
	struct programs old, new;

	applied_apply(applied, applied->table);
	assert_int_equal(generation_programs(applied->kernel, 1, &old), 0);
	applied_apply(applied, applied->swapped);
	assert_int_equal(generation_programs(applied->kernel, 2, &new), 0);
	int link = xdp_open(applied->kernel, if_nametoindex("far1"), found_at("far1").program);
	assert_int_equal(link_update(link, old.gateway[FORM_ETHERNET], new.gateway[FORM_ETHERNET]),
			 0);
	close(link);
	applied_reopen(applied);
	assert_runs(applied, "far1", 2);
	programs_close(&old);
	programs_close(&new);
}

static int foreign_program(void)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass,
				    sizeof(pass) / sizeof(pass[0]), NULL);

	assert_true(program >= 0);
	return program;
}

static void assert_refused(struct applied *applied, uint32_t foreign)
{
	uint32_t generation;
	char id[32];

	assert_int_equal(kernel_apply(applied->kernel, applied->swapped, &applied->options, NULL,
				      &generation, &applied->diagnostics),
			 -EBUSY);
	const char *text = applied->diagnostics.items[applied->diagnostics.count - 1].text;
	snprintf(id, sizeof(id), "(\"foreign\", id %u)", foreign);
	assert_non_null(strstr(text, "interface far1: another XDP program is there"));
	assert_non_null(strstr(text, id));
	assert_int_equal(found_at("far1").program, foreign);
	assert_false(found_at("far1").ours);
}

/* Named, left alone, and nothing is changed: neither on the other ports nor at the guards. */
static void test_foreign_program_is_left_alone(void **state)
{
	struct applied *applied = *state;
	char *first[] = {(char *)"far0"};
	int foreign = foreign_program(), port = (int)if_nametoindex("far1");
	uint32_t generation;

	assert_int_equal(bpf_xdp_attach(port, foreign, XDP_FLAGS_DRV_MODE, NULL), 0);
	assert_refused(applied, program_id(foreign));
	assert_int_equal(found_at("far0").program, 0);
	assert_int_equal(applied_program("gone1"), 0);
	applied->options.inside = first;
	generation = applied_apply(applied, applied->table);
	applied->options.inside = inside;
	assert_refused(applied, program_id(foreign));
	assert_runs(applied, "far0", generation);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	/* Generic programs stand in the way of native ones, too. */
	assert_int_equal(bpf_xdp_detach(port, 0, NULL), 0);
	assert_int_equal(bpf_xdp_attach(port, foreign, XDP_FLAGS_SKB_MODE, NULL), 0);
	assert_refused(applied, program_id(foreign));
	assert_int_equal(bpf_xdp_detach(port, XDP_FLAGS_SKB_MODE, NULL), 0);
	close(foreign);
	/* Detach takes off what is ours alone. */
	generation = applied_apply(applied, applied->table);
	assert_runs(applied, "far1", generation);
}

/* The bridge's driver has no XDP. */
static void test_generic_is_said_aloud(void **state)
{
	struct applied *applied = *state;
	char *bridge[] = {(char *)"bridge0"};

	assert_int_equal(system("ip link add bridge0 type bridge && "
				"ip link set gone0 master bridge0 && ip link set bridge0 up"),
			 0);
	applied->options.inside = bridge;
	applied_apply(applied, applied->table);
	assert_int_equal(applied_interface(applied, "bridge0").hook, HOOK_XDP_GENERIC);
	assert_int_equal(applied->diagnostics.count, 1);
	assert_non_null(
		strstr(applied->diagnostics.items[0].text,
		       "interface bridge0: the gateway works in generic XDP there, which is "
		       "slower (native XDP is refused: "));
	uint32_t link = link_of(applied, "bridge0");
	applied_apply(applied, applied->swapped);
	assert_int_equal(link_of(applied, "bridge0"), link);
	assert_runs(applied, "bridge0", 2);
	assert_int_equal(applied->diagnostics.count, 2); /* each time */
	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	assert_int_equal(found_at("bridge0").program, 0);
	assert_int_equal(system("ip link del bridge0"), 0);
}

/* A large MTU is no reason to refuse a program that takes packets in pieces. */
static void test_jumbo_frames(void **state)
{
	struct applied *applied = *state;

	assert_int_equal(system("ip link set gone0 mtu 9000 && ip link set far0 mtu 9000"), 0);
	applied_apply(applied, applied->table);
	assert_int_equal(applied_interface(applied, "far0").hook, HOOK_XDP);
	assert_int_equal(system("ip link set gone0 mtu 1500 && ip link set far0 mtu 1500"), 0);
}

int main(void)
{
#define GATEWAY(test) cmocka_unit_test_setup_teardown(test, gateway_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		GATEWAY(test_judges_what_comes_in),
		GATEWAY(test_interfaces_and_roles),
		GATEWAY(test_guard_and_gateway_on_one_port),
		GATEWAY(test_swaps_in_place),
		GATEWAY(test_counts),
		GATEWAY(test_events_say_where),
		GATEWAY(test_monitor_lets_pass),
		GATEWAY(test_detach_and_policies_without_it),
		GATEWAY(test_whoever_opens_next_puts_it_back),
		GATEWAY(test_half_rolled_swap_is_finished),
		GATEWAY(test_foreign_program_is_left_alone),
		GATEWAY(test_generic_is_said_aloud),
		GATEWAY(test_jumbo_frames),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel gateway", tests, NULL, NULL);
}
