// SPDX-License-Identifier: GPL-2.0-or-later
/* An apply puts the guard on every interface, swaps it in place, and fails without a trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>

#include "tests/prog/applied.h"
#include "userspace/kernel/probe.h"

static void test_guards_every_interface(void **state)
{
	static const char *const guarded[] = {"gone0", "far0", "gone1", "far1", "tun0"};
	struct applied *applied = *state;
	struct stat status;

	assert_int_equal(applied_apply(applied, applied->table), 1);
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
		struct kernel_interface interface = applied_interface(applied, guarded[i]);

		assert_true(interface.guarded);
		assert_int_equal(interface.hook, applied_hook());
		assert_string_equal(interface.role, "uplink");
	}
	assert_false(applied_interface(applied, "lo").guarded);
	assert_string_equal(applied_interface(applied, "lo").role, "loopback");
	assert_int_equal(stat(applied->kernel->pins, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(stat(PLACE_PINS, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

/* A tun (@flags) of a type that its owner chose (<linux/if_arp.h>), as long as it is open. */
static int tun_of_type(const char *name, short flags, unsigned long type)
{
	struct ifreq request = {.ifr_flags = (short)(flags | IFF_NO_PI)};
	int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	assert_true(tun >= 0);
	assert_int_equal(ioctl(tun, TUNSETIFF, &request), 0);
	assert_int_equal(ioctl(tun, TUNSETLINK, type), 0);
	return tun;
}

static void test_form_follows_the_link(void **state)
{
	struct applied *applied = *state;
	int slip = tun_of_type("slip9", IFF_TUN, ARPHRD_SLIP);
	int tap = tun_of_type("tap9", IFF_TAP, ARPHRD_NONE);
	struct programs programs;

	applied_apply(applied, applied->table);
	assert_int_equal(generation_programs(applied->kernel, 1, &programs), 0);
	assert_int_equal(applied_program("gone0"), program_id(programs.fd[FORM_ETHERNET]));
	assert_int_equal(applied_program("tun0"), program_id(programs.fd[FORM_LAYER3]));
	assert_int_equal(applied_program("slip9"), program_id(programs.fd[FORM_LAYER3]));
	assert_int_equal(applied_program("tap9"), program_id(programs.fd[FORM_ETHERNET]));
	programs_close(&programs);
	close(slip);
	close(tap);
}

static void test_enforces_on_the_wire(void **state)
{
	struct applied *applied = *state;

	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_passes("gone0", "far0", DENIED_V6));
	applied_apply(applied, applied->table);
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V6));
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_false(applied_passes("gone0", "far0", DENIED_V6));
	applied_apply(applied, applied->swapped);
	assert_false(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
}

static void test_monitor_lets_pass_and_counts(void **state)
{
	struct applied *applied = *state;
	struct counter *counters;
	size_t count;

	applied->options.monitor = true;
	applied_apply(applied, applied->table);
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	assert_int_equal(count, COUNTER_SLOTS(HAND_CLASSES, 0));
	assert_int_equal(counters[COUNTER_OF_ROW(HAND_DENIED)].packets, 1);
	free(counters);
}

static void test_probes_leave_no_count(void **state)
{
	struct applied *applied = *state;
	struct counter *counters;
	size_t count;
	uint64_t lost = 1;

	applied_apply(applied, applied->table);
	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	assert_int_equal(counters[COUNTER_OF_ROW(HAND_ALLOWED)].packets, 0);
	assert_int_equal(counters[COUNTER_OF_ROW(HAND_EMBEDDED)].packets, 0);
	assert_int_equal(counters[REASON_IP_LENGTH].packets, 0);
	assert_int_equal(kernel_events_lost(applied->kernel, &lost), 0);
	assert_int_equal(lost, 0);
	free(counters);
}

/* The link stays, its program changes, nothing of the old generation is left in the kernel. */
static void test_second_apply_swaps_in_place(void **state)
{
	struct applied *applied = *state;
	struct digest digest = table_digest(applied->swapped);
	char text[DIGEST_TEXT_SIZE];
	json_t *record;

	assert_int_equal(applied_apply(applied, applied->table), 1);
	uint32_t link = applied_link("gone0"), program = applied_program("gone0");
	assert_true(program && !link == !tcx_supported());
	applied_send("gone0", DENIED_V4);
	assert_int_equal(applied_apply(applied, applied->swapped), 2);
	assert_int_equal(applied_link("gone0"), link);
	assert_int_not_equal(applied_program("gone0"), program);
	assert_false(applied_exists(applied, "gen-1"));
	assert_true(applied_exists(applied, "gen-2"));

	assert_int_equal(kernel_record(applied->kernel, &record, &applied->diagnostics), 0);
	assert_int_equal(json_integer_value(json_object_get(record, "generation")), 2);
	assert_string_equal(json_string_value(json_object_get(record, "policy")), "by hand");
	assert_string_equal(json_string_value(json_object_get(record, "table")),
			    digest_format(&digest, text));
	json_decref(record);
	assert_int_equal(kernel_record_of(applied->kernel, 1, &record, &applied->diagnostics), 0);
	json_t *counters = json_object_get(record, "counters");
	bool counted = false;
	for (size_t i = 0; i < json_array_size(counters); i++) {
		json_t *slot = json_array_get(counters, i);

		counted |= json_integer_value(json_array_get(slot, 0)) ==
				   COUNTER_OF_ROW(HAND_DENIED) &&
			   json_integer_value(json_array_get(slot, 1)) == 1;
	}
	assert_true(counted);
	json_decref(record);
}

static void test_reads_back_the_table(void **state)
{
	struct applied *applied = *state;
	struct table *table;

	assert_int_equal(kernel_table(applied->kernel, &table, &applied->diagnostics), -ENOENT);
	assert_int_equal(applied->diagnostics.errors, 0);
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_table(applied->kernel, &table, &applied->diagnostics), 0);
	assert_int_equal(table->row_count, HAND_CLASSES);
	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		assert_int_equal(table->sections[i].size, applied->table->sections[i].size);
		assert_memory_equal(table->sections[i].bytes, applied->table->sections[i].bytes,
				    table->sections[i].size);
	}
	assert_int_equal(table_judge(table, hand_address(ALLOWED_V6)).verdict, VERDICT_ALLOW);
	table_free(table);
}

/* A table that is compiled right into maps: the same bytes, in force, and out of reach. */
static void test_takes_maps_as_they_are(void **state)
{
	struct applied *applied = *state;
	struct table *direct = hand_table(false, &kernel_table_memory, &applied->diagnostics),
		     *read;
	__u32 zero = 0;

	applied_apply(applied, direct);
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(kernel_table(applied->kernel, &read, &applied->diagnostics), 0);
	for (int i = 0; i < TABLE_SECTION_COUNT; i++) {
		assert_true(direct->sections[i].map > 0);
		assert_int_equal(read->sections[i].size, applied->table->sections[i].size);
		assert_memory_equal(read->sections[i].bytes, applied->table->sections[i].bytes,
				    read->sections[i].size);
		assert_memory_equal(direct->sections[i].bytes, read->sections[i].bytes,
				    read->sections[i].size);
		assert_int_equal(bpf_map_update_elem(direct->sections[i].map, &zero,
						     direct->sections[i].bytes, BPF_ANY),
				 -EPERM);
	}
	table_free(read);
	table_free(direct);
}

static void test_probe_refuses_what_differs(void **state)
{
	struct applied *applied = *state;
	struct sections sections;

	assert_int_equal(sections_settle(applied->table, &sections, &applied->diagnostics), 0);
	assert_int_equal(probe_generation(applied->table, &applied->options, &sections,
					  &applied->diagnostics),
			 0);
	assert_int_equal(probe_generation(applied->swapped, &applied->options, &sections,
					  &applied->diagnostics),
			 -EBADMSG);
	sections_close(&sections);
}

/* Everything that a failed second apply must have left as it was. */
static void assert_first_in_force(struct applied *applied, uint32_t program)
{
	uint32_t current = 0;

	assert_int_equal(record_current(applied->kernel, &current, &applied->diagnostics), 0);
	assert_int_equal(current, 1);
	for (uint32_t i = 2; i <= record_last(applied->kernel); i++)
		assert_false(record_exists(applied->kernel, i));
	assert_int_equal(applied_program("gone0"), program);
	assert_int_equal(applied_program("far0"), program);
	assert_true(applied_exists(applied, "gen-1"));
	assert_false(applied_exists(applied, "gen-2"));
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
}

static void test_broken_table_changes_nothing(void **state)
{
	struct applied *applied = *state;
	struct table broken = *applied->swapped;
	uint32_t generation = 0;

	applied_apply(applied, applied->table);
	uint32_t program = applied_program("gone0");
	broken.sections[TABLE_ROWS].bytes = NULL;
	assert_int_equal(kernel_apply(applied->kernel, &broken, &applied->options, NULL,
				      &generation, &applied->diagnostics),
			 -EINVAL);
	assert_int_equal(generation, 0);
	assert_first_in_force(applied, program);
}

/* Fills the chain of one interface with programs of others, so that no link fits any more. */
#define CHAIN_MOST 64 /* BPF_MPROG_MAX: more than any chain takes */

/* A program of somebody else, which has the name of ours and a map, but no verdict table. */
static int foreign_program(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rows", 4, 4, 1, NULL);
	const struct bpf_insn next[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = map},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "egress", "GPL", next,
				    sizeof(next) / sizeof(next[0]), NULL);

	assert_true(program >= 0);
	close(map);
	return program;
}

static void fill_chain(const char *name, int *links, int count)
{
	for (int i = 0; i < count; i++) {
		int program = foreign_program();

		links[i] = tcx_create(HOOK_TCX, program, if_nametoindex(name));
		close(program);
	}
}

static void test_failed_attach_rolls_back(void **state)
{
	struct applied *applied = *state;
	char *guard[] = {(char *)"gone0", (char *)"far0"};
	uint32_t generation = 0;
	int links[CHAIN_MOST];

	applied_needs_tcx();
	applied->options.guard = guard;
	applied->options.guard_count = 2;
	applied_apply(applied, applied->table);
	uint32_t program = applied_program("gone0");
	fill_chain("gone1", links, CHAIN_MOST);
	applied->options.guard = NULL;
	applied->options.guard_count = 0;
	assert_true(kernel_apply(applied->kernel, applied->swapped, &applied->options, NULL,
				 &generation, &applied->diagnostics) < 0);
	assert_non_null(strstr(applied->diagnostics.items[applied->diagnostics.count - 1].text,
			       "interface gone1"));
	assert_first_in_force(applied, program);
	assert_int_equal(applied_program("far1"), 0);
	for (int i = 0; i < CHAIN_MOST; i++)
		if (links[i] >= 0)
			close(links[i]);
}

static void test_foreign_program_is_left_alone(void **state)
{
	struct applied *applied = *state;
	struct own_link own[OWN_MOST];
	size_t count;
	int links[2];

	applied_needs_tcx();
	fill_chain("gone0", links, 2);
	assert_int_equal(tcx_find(if_nametoindex("gone0"), own, &count), 0);
	assert_int_equal(count, 0); /* same name, no verdict table */
	applied_apply(applied, applied->table);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_interface(applied, "gone0").guarded);
	close(links[0]);
	close(links[1]);
}

static void test_globs(void **state)
{
	struct applied *applied = *state;
	char *guard[] = {(char *)"gone*", (char *)"wlan*"};
	uint32_t generation;

	applied->options.guard = guard;
	applied->options.guard_count = 2;
	applied_apply(applied, applied->table);
	assert_true(applied_interface(applied, "gone1").guarded);
	assert_false(applied_interface(applied, "far1").guarded);
	assert_int_equal(applied->diagnostics.count, 0);
	/* What the next policy no longer names is let go. */
	applied->options.guard_count = 1;
	guard[0] = (char *)"far1";
	applied_apply(applied, applied->table);
	assert_false(applied_interface(applied, "gone1").guarded);
	assert_true(applied_interface(applied, "far1").guarded);
	/* A policy that guards nothing is refused, and the old one stays. */
	guard[0] = (char *)"lo";
	assert_int_equal(kernel_apply(applied->kernel, applied->table, &applied->options, NULL,
				      &generation, &applied->diagnostics),
			 -ENODEV);
	assert_true(applied_interface(applied, "far1").guarded);
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_guards_every_interface),
		APPLIED(test_form_follows_the_link),
		APPLIED(test_enforces_on_the_wire),
		APPLIED(test_monitor_lets_pass_and_counts),
		APPLIED(test_probes_leave_no_count),
		APPLIED(test_second_apply_swaps_in_place),
		APPLIED(test_reads_back_the_table),
		APPLIED(test_takes_maps_as_they_are),
		APPLIED(test_probe_refuses_what_differs),
		APPLIED(test_broken_table_changes_nothing),
		APPLIED(test_failed_attach_rolls_back),
		APPLIED(test_foreign_program_is_left_alone),
		APPLIED(test_globs),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel apply", tests, NULL, NULL);
}
