// SPDX-License-Identifier: GPL-2.0-or-later
/* The guard among the programs of others, and interfaces that vanish under it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <signal.h>
#include <sys/prctl.h>

#include "tests/prog/applied.h"

#define TCX_EGRESS ((enum bpf_attach_type)47) /* BPF_TCX_EGRESS, Linux 6.6 */

/* Somebody else's program at the end of a chain, as a CNI attaches it: lets everything pass, and no
 * program behind it sees a packet. Returns its link. */
static int attach_foreign(const char *name)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_OK},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "foreign", "GPL", pass,
				    sizeof(pass) / sizeof(pass[0]), NULL);
	int link = bpf_link_create(program, (int)if_nametoindex(name), TCX_EGRESS, NULL);

	assert_true(link >= 0);
	close(program);
	return link;
}

static void test_foreign_pass_hides_nothing(void **state)
{
	struct applied *applied = *state;

	applied_needs_tcx();
	int before = attach_foreign("gone0");
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	applied_apply(applied, applied->table);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	int behind = attach_foreign("gone0");
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	/* A swap keeps the guard's place. */
	applied_apply(applied, applied->swapped);
	assert_false(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
	close(before);
	close(behind);
}

#define COUNTED_MAP "counted"

/* Somebody else's program that counts what it sees, and passes it for good: as Cilium's does. It
 * counts IPv4 only: the kernel sends MLD reports and router solicitations whenever it likes. */
static int load_counting(int map)
{
	const struct bpf_insn code[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_W,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_REG_1,
		 .off = offsetof(struct __sk_buff, protocol)},
		{.code = BPF_JMP | BPF_JNE | BPF_K,
		 .dst_reg = BPF_REG_1,
		 .off = 10,
		 .imm = htons(ETH_P_IP)},
		{.code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4, .imm = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4},
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = map},
		{0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},
		{.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 3},
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_0},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = 1},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = TC_ACT_OK},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "cil_to_netdev", "GPL", code,
				    sizeof(code) / sizeof(code[0]), NULL);

	assert_true(program >= 0);
	return program;
}

static uint64_t counted(int map)
{
	uint32_t zero = 0;
	uint64_t count = 0;

	assert_int_equal(bpf_map_lookup_elem(map, &zero, &count), 0);
	return count;
}

static size_t foreign_at(struct applied *applied, const char *interface,
			 struct kernel_foreign *found)
{
	struct kernel_foreign *all;
	size_t count, here = 0;

	assert_int_equal(kernel_foreign(&all, &count, &applied->diagnostics), 0);
	for (size_t i = 0; i < count; i++)
		if (strcmp(all[i].interface, interface) == 0 && !here++)
			*found = all[i];
	free(all);
	return here;
}

/* It sees what is allowed and nothing else; it is listed, with its place in the chain. */
static void test_a_program_behind_runs(void **state)
{
	LIBBPF_OPTS(bpf_link_create_opts, first, .flags = 1u << 3 /* BPF_F_BEFORE */);
	struct applied *applied = *state;
	struct kernel_foreign found = {0};
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, COUNTED_MAP, 4, 8, 1, NULL);
	int program = load_counting(map), ifindex = (int)if_nametoindex("gone0");

	assert_true(map >= 0);
	applied_needs_tcx();
	applied_apply(applied, applied->table);
	assert_int_equal(foreign_at(applied, "gone0", &found), 0);
	int link = bpf_link_create(program, ifindex, TCX_EGRESS, NULL);
	assert_true(link >= 0);
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	uint64_t seen = counted(map);
	assert_true(seen > 0);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(counted(map), seen);
	assert_int_equal(foreign_at(applied, "gone0", &found), 1);
	assert_string_equal(found.hook, "tcx");
	assert_string_equal(found.name, "cil_to_netdev");
	assert_int_equal(found.program, program_id(program));
	assert_false(found.in_front);
	close(link);
	/* In front it sees all, and status is to say so. */
	link = bpf_link_create(program, ifindex, TCX_EGRESS, &first);
	assert_true(link >= 0);
	assert_int_equal(foreign_at(applied, "gone0", &found), 1);
	assert_true(found.in_front);
	close(link);
	assert_int_equal(foreign_at(applied, "gone0", &found), 0);
	/* The last word hides packets from it, as it says. */
	applied->options.last_word = true;
	applied_apply(applied, applied->table);
	link = bpf_link_create(program, ifindex, TCX_EGRESS, NULL);
	seen = counted(map);
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_int_equal(counted(map), seen);
	close(link);
	close(program);
	close(map);
}

/* Links come and go, as containers do, while policies are applied and a guard is taken off. */
static void come_and_go(int lock)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(lock); /* a fork shares it */
	for (;;)
		if (system("ip link add came0 type veth peer name came1 2>/dev/null; "
			   "ip link del came0 2>/dev/null"))
			continue;
}

static void test_interfaces_vanish_meanwhile(void **state)
{
	int rounds = getenv("GABELOU_QUICK") ? 8 : 40; /* the former on an emulated machine */
	struct applied *applied = *state;
	pid_t child = fork();

	if (child == 0)
		come_and_go(applied->kernel->lock);
	for (int i = 0; i < rounds; i++) {
		applied_apply(applied, i % 2 ? applied->table : applied->swapped);
		assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	}
	kill(child, SIGTERM);
	assert_int_equal(applied_exit_of(child), 128 + SIGTERM);
	for (size_t i = 0; i < applied->diagnostics.count; i++)
		assert_non_null(strstr(applied->diagnostics.items[i].text, "went away meanwhile"));
	if (system("ip link del came0 2>/dev/null"))
		return; /* it was gone */
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Everything that is opened is closed, also where something fails. */
static void test_descriptors(void **state)
{
	struct applied *applied = *state;
	char *nowhere[] = {(char *)"nowhere*"};
	struct kernel_options wrong = {.guard = nowhere, .guard_count = 1};
	uint32_t generation;
	int before = open_descriptors();

	for (int i = 0; i < 3; i++) {
		applied_apply(applied, applied->table);
		assert_true(kernel_apply(applied->kernel, applied->table, &wrong, NULL, &generation,
					 &applied->diagnostics) < 0);
		applied_reopen(applied);
		assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	}
	applied_reopen(applied); /* it keeps its conversation with nfnetlink to its end */
	assert_int_equal(open_descriptors(), before);
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_foreign_pass_hides_nothing),
		APPLIED(test_a_program_behind_runs),
		APPLIED(test_interfaces_vanish_meanwhile),
		APPLIED(test_descriptors),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel chain", tests, NULL, NULL);
}
