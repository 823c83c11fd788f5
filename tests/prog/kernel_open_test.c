// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may open, and one at a time for changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <sys/syscall.h>

#include "tests/prog/applied.h"

static void test_without_privileges(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct diagnostics diagnostics = {0};
		struct kernel *kernel = NULL;

		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(2);
		int error = kernel_open(KERNEL_READ, &kernel, &diagnostics);
		_exit(error == -EPERM && !kernel && diagnostics.errors == 1 &&
				      strstr(diagnostics.items[0].text, "CAP_BPF")
			      ? 0
			      : 1);
	}
	assert_int_equal(applied_exit_of(child), 0);
}

static void drop_sys_admin(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		_exit(2);
	data[CAP_TO_INDEX(CAP_SYS_ADMIN)].permitted &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
	data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
	if (syscall(SYS_capset, &header, data))
		_exit(2);
}

/* It could load and attach, but not find what is attached already. */
static void test_without_sys_admin(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct diagnostics diagnostics = {0};
		struct kernel *kernel = NULL;

		drop_sys_admin();
		_exit(kernel_open(KERNEL_READ, &kernel, &diagnostics) == -EPERM && !kernel ? 0 : 1);
	}
	assert_int_equal(applied_exit_of(child), 0);
}

/* What the holder says on the pipe: first that it has the lock, then that it is about to let go. */
static void hold_lock(int pipe, struct diagnostics *diagnostics)
{
	struct kernel *kernel;

	if (kernel_open(KERNEL_CHANGE, &kernel, diagnostics) || write(pipe, "h", 1) != 1)
		_exit(1);
	applied_sleep_ms(300); /* the other one waits in vain for so long */
	_exit(write(pipe, "g", 1) == 1 ? 0 : 1);
}

static void test_lock_waits(void **state)
{
	struct applied *applied = *state;
	struct pollfd said;
	int ends[2];
	char holds;

	kernel_close(applied->kernel);
	applied->kernel = NULL;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0)
		hold_lock(ends[1], &applied->diagnostics);
	assert_int_equal(read(ends[0], &holds, 1), 1);
	assert_int_equal(holds, 'h');
	assert_int_equal(kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics), 0);
	said = (struct pollfd){.fd = ends[0], .events = POLLIN};
	assert_int_equal(poll(&said, 1, 0), 1); /* not before it was let go */
	assert_int_equal(applied_exit_of(child), 0);
	close(ends[0]);
	close(ends[1]);
}

static void test_lock_names_its_holder(void **state)
{
	struct applied *applied = *state;
	char pid[32];

	assert_int_equal(
		lock_take(applied->kernel, "lock", 100, "another gabelou", &applied->diagnostics),
		-EBUSY);
	snprintf(pid, sizeof(pid), "(pid %d)", getpid());
	assert_non_null(strstr(applied->diagnostics.items[0].text, pid));
}

static void test_reader_needs_no_lock_and_cannot_change(void **state)
{
	struct applied *applied = *state;
	struct kernel *reader;
	uint32_t generation;

	assert_int_equal(kernel_open(KERNEL_READ, &reader, &applied->diagnostics), 0);
	assert_int_equal(kernel_apply(reader, applied->table, &applied->options, NULL, &generation,
				      &applied->diagnostics),
			 -EPERM);
	assert_int_equal(kernel_detach(reader, &applied->diagnostics), -EPERM);
	kernel_close(reader);
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_without_privileges),
		APPLIED(test_without_sys_admin),
		APPLIED(test_lock_waits),
		APPLIED(test_lock_names_its_holder),
		APPLIED(test_reader_needs_no_lock_and_cannot_change),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel open", tests, NULL, NULL);
}
