// SPDX-License-Identifier: GPL-2.0-or-later
/* The guard outlasts whoever put it there, and whoever comes next finds or makes it whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>

#include "tests/prog/applied.h"

static void test_guard_outlasts_a_killed_process(void **state)
{
	struct applied *applied = *state;

	kernel_close(applied->kernel);
	applied->kernel = NULL;
	pid_t child = fork();
	if (child == 0) {
		struct kernel *kernel;
		uint32_t generation;

		if (kernel_open(KERNEL_CHANGE, &kernel, &applied->diagnostics) ||
		    kernel_apply(kernel, applied->table, &applied->options, NULL, &generation,
				 &applied->diagnostics))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(applied_exit_of(child), 128 + SIGKILL);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	assert_int_equal(kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics), 0);
	assert_true(applied_interface(applied, "gone0").guarded);
}

/* Applies one table after the other until it is killed. */
static void apply_for_ever(const struct applied *applied)
{
	struct diagnostics diagnostics = {0};
	uint32_t generation;

	for (int i = 0;; i++) {
		struct kernel *kernel;

		if (kernel_open(KERNEL_CHANGE, &kernel, &diagnostics) ||
		    kernel_apply(kernel, i % 2 ? applied->table : applied->swapped,
				 &applied->options, NULL, &generation, &diagnostics))
			_exit(1);
		if (i % 3) /* else it is left to whoever opens next */
			kernel_retire(kernel, &diagnostics);
		kernel_close(kernel);
	}
}

static int count_generations(const struct applied *applied)
{
	int count = 0;

	for (uint32_t i = 1; i <= record_last(applied->kernel) + 1; i++) {
		char name[32];

		snprintf(name, sizeof(name), "gen-%u", i);
		count += applied_exists(applied, name);
	}
	return count;
}

static void test_killed_at_any_moment(void **state)
{
	enum { KILLS = 40 };
	static const char *const links[] = {"gone0", "far0", "gone1", "far1", "tun0"};
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	for (int i = 0; i < KILLS; i++) {
		struct programs programs;
		uint32_t current;

		kernel_close(applied->kernel);
		applied->kernel = NULL;
		pid_t child = fork();
		if (child == 0)
			apply_for_ever(applied);
		applied_sleep_ms(20 + i * 37 % 400);
		kill(child, SIGKILL);
		assert_int_equal(applied_exit_of(child), 128 + SIGKILL);
		for (size_t j = 0; j < sizeof(links) / sizeof(links[0]); j++)
			assert_int_not_equal(applied_program(links[j]), 0);
		assert_int_equal(
			kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics), 0);
		assert_int_equal(applied->diagnostics.count, 0);
		assert_int_equal(record_current(applied->kernel, &current, &applied->diagnostics),
				 0);
		assert_int_equal(count_generations(applied), 1);
		assert_int_equal(generation_programs(applied->kernel, current, &programs), 0);
		for (size_t j = 0; j < sizeof(links) / sizeof(links[0]); j++)
			assert_int_equal(
				applied_program(links[j]),
				program_id(programs.fd[strcmp(links[j], "tun0") ? FORM_ETHERNET
										: FORM_LAYER3]));
		programs_close(&programs);
	}
}

/* One interface goes from @current back to @previous. */
static void put_back(const char *name, const struct programs *previous,
		     const struct programs *current)
{
	uint32_t ifindex = if_nametoindex(name);
	int program = previous->fd[FORM_ETHERNET];

	if (!tcx_supported()) {
		assert_int_equal(clsact_attach(ifindex, program), 0);
		return;
	}
	int link = bpf_link_get_fd_by_id(applied_link(name));
	assert_int_equal(link_update(link, program, current->fd[FORM_ETHERNET]), 0);
	close(link);
}

static void test_half_rolled_swap_is_finished(void **state)
{
	struct applied *applied = *state;
	struct programs old, new;

	applied_apply(applied, applied->table);
	assert_int_equal(generation_programs(applied->kernel, 1, &old), 0);
	applied_apply(applied, applied->swapped);
	assert_int_equal(generation_programs(applied->kernel, 2, &new), 0);
	/* As if the process had been killed before it came to this link. */
	put_back("far1", &old, &new);
	assert_int_equal(applied_program("far1"), program_id(old.fd[FORM_ETHERNET]));
	applied_reopen(applied);
	assert_int_equal(applied_program("far1"), program_id(new.fd[FORM_ETHERNET]));
	programs_close(&old);
	programs_close(&new);
}

static void test_leftovers_are_removed(void **state)
{
	struct applied *applied = *state;
	char path[PATH_SIZE];

	applied_apply(applied, applied->table);
	assert_int_equal(path_join(path, applied->kernel->pins, "gen-2"), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(record_write(applied->kernel, 2, json_object(), &applied->diagnostics), 0);
	applied_reopen(applied);
	assert_false(applied_exists(applied, "gen-2"));
	assert_true(applied_exists(applied, "gen-1"));
	assert_false(record_exists(applied->kernel, 2));
	/* An event may have named it: the number is not given to another. */
	assert_int_equal(applied_apply(applied, applied->swapped), 3);
}

static void test_vanished_interface(void **state)
{
	struct applied *applied = *state;
	char pin[32];

	assert_int_equal(system("ip link add gone9 type veth peer name far9"), 0);
	applied_apply(applied, applied->table);
	snprintf(pin, sizeof(pin), "link-%u", if_nametoindex("gone9"));
	assert_int_equal(applied_exists(applied, pin), tcx_supported());
	assert_int_equal(system("ip link del gone9"), 0);
	applied_reopen(applied);
	assert_false(applied_exists(applied, pin));
	assert_int_equal(applied->diagnostics.count, 0);
	applied_apply(applied, applied->swapped);
}

/* An interface that came later is guarded by whoever opens next. */
static void test_new_interface(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	assert_int_equal(system("ip link add gone9 type veth peer name far9"), 0);
	assert_false(applied_interface(applied, "gone9").guarded);
	applied_reopen(applied);
	assert_true(applied_interface(applied, "gone9").guarded);
	assert_int_equal(system("ip link del gone9"), 0);
}

/* Pins lost while somebody holds the link: it is found in the kernel and pinned again. */
static void test_lost_pin(void **state)
{
	struct applied *applied = *state;
	char pin[32], path[PATH_SIZE];

	applied_needs_tcx();
	applied_apply(applied, applied->table);
	uint32_t link = applied_link("gone0");
	int held = bpf_link_get_fd_by_id(link);
	snprintf(pin, sizeof(pin), "link-%u", if_nametoindex("gone0"));
	assert_int_equal(path_join(path, applied->kernel->pins, "%s", pin), 0);
	assert_int_equal(unlink(path), 0);
	applied_reopen(applied);
	close(held);
	assert_true(applied_exists(applied, pin));
	assert_int_equal(applied_link("gone0"), link);
}

/* An apply that ends right after its swap: whoever opens next keeps the old one's counters. */
static void test_what_was_not_retired_is_so_by_the_next(void **state)
{
	struct applied *applied = *state;
	uint32_t generation = 0;
	json_t *record;

	applied_apply(applied, applied->table);
	applied_send("gone0", DENIED_V4);
	assert_int_equal(kernel_apply(applied->kernel, applied->swapped, &applied->options, NULL,
				      &generation, &applied->diagnostics),
			 0);
	assert_true(applied_exists(applied, "gen-1"));
	applied_reopen(applied);
	assert_false(applied_exists(applied, "gen-1"));
	assert_true(applied_exists(applied, "gen-2"));
	assert_int_equal(kernel_record_of(applied->kernel, 1, &record, &applied->diagnostics), 0);
	assert_true(json_array_size(json_object_get(record, "counters")) >= 1);
	json_decref(record);
	assert_int_equal(applied->diagnostics.count, 0);
}

static void test_record_of_an_earlier_boot(void **state)
{
	struct applied *applied = *state;
	char path[PATH_SIZE];
	const char *text = "{\"boot\":\"00000000-0000-0000-0000-000000000000\","
			   "\"generation\":1}";
	json_t *record = NULL;

	applied_apply(applied, applied->table);
	assert_int_equal(path_join(path, applied->kernel->state, "current"), 0);
	int file = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
	assert_int_equal(kernel_record(applied->kernel, &record, &applied->diagnostics), -ENOENT);
	assert_null(record);
	/* Numbers go on: no two generations ever have the same. */
	assert_int_equal(applied_apply(applied, applied->swapped), 2);
	assert_false(applied_exists(applied, "gen-1"));
}

static void test_damaged_record_does_not_stop_an_apply(void **state)
{
	struct applied *applied = *state;
	char path[PATH_SIZE];

	applied_apply(applied, applied->table);
	assert_int_equal(path_join(path, applied->kernel->state, "current"), 0);
	int file = open(path, O_WRONLY | O_TRUNC);
	close(file);
	kernel_close(applied->kernel);
	assert_int_equal(kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics), 0);
	assert_true(applied->diagnostics.count > 0);
	assert_int_equal(applied->diagnostics.errors, 0);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(applied_apply(applied, applied->swapped), 2);
	assert_true(applied_passes("gone0", "far0", DENIED_V4));
}

/* A shell in a private mount namespace with a bpffs of its own, as ip netns exec makes it. */
static void test_pins_lie_in_the_mounts_of_pid_1(void **state)
{
	struct applied *applied = *state;

	kernel_close(applied->kernel);
	applied->kernel = NULL;
	pid_t child = fork();
	if (child == 0) {
		struct kernel *kernel;
		uint32_t generation;

		if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("bpf", PLACE_BPFFS, "bpf", 0, NULL) ||
		    kernel_open(KERNEL_CHANGE, &kernel, &applied->diagnostics) ||
		    kernel_apply(kernel, applied->table, &applied->options, NULL, &generation,
				 &applied->diagnostics))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(applied_exit_of(child), 0);
	assert_false(applied_passes("gone0", "far0", DENIED_V4));
	assert_int_equal(kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics), 0);
	assert_true(applied_exists(applied, "gen-1"));
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_guard_outlasts_a_killed_process),
		APPLIED(test_killed_at_any_moment),
		APPLIED(test_half_rolled_swap_is_finished),
		APPLIED(test_leftovers_are_removed),
		APPLIED(test_vanished_interface),
		APPLIED(test_new_interface),
		APPLIED(test_lost_pin),
		APPLIED(test_what_was_not_retired_is_so_by_the_next),
		APPLIED(test_record_of_an_earlier_boot),
		APPLIED(test_damaged_record_does_not_stop_an_apply),
		APPLIED(test_pins_lie_in_the_mounts_of_pid_1),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel survive", tests, NULL, NULL);
}
