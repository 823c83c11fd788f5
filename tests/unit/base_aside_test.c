// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: work aside is done once, by the time it is waited for, with or without a thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/base/aside.h"

struct sum {
	unsigned calls;
	pid_t thread;
};

static void add(void *argument)
{
	struct sum *sum = argument;

	sum->calls++;
	sum->thread = gettid();
}

static void work_is_done_beside_the_caller(void **state)
{
	struct sum sums[8] = {0};
	struct aside asides[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		aside_begin(&asides[i], add, &sums[i]);
	for (int i = 0; i < 8; i++) {
		aside_end(&asides[i]);
		assert_int_equal(sums[i].calls, 1);
		assert_int_not_equal(sums[i].thread, gettid());
	}
}

static void nothing_begun_is_at_an_end(void **state)
{
	struct aside aside = {0};
	struct sum sum = {0};

	(void)state;
	aside_end(&aside);
	aside_begin(&aside, add, &sum);
	aside_end(&aside);
	aside_end(&aside);
	assert_int_equal(sum.calls, 1);
}

/* A stack that no address space holds: there is no thread to be had. */
static void without_a_thread_it_is_done_at_once(void **state)
{
	const size_t most = (size_t)1 << 50;
	pthread_attr_t normal, huge;
	struct aside aside;
	struct sum sum = {0};

	(void)state;
	assert_int_equal(pthread_getattr_default_np(&normal), 0);
	assert_int_equal(pthread_attr_init(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, most), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	aside_begin(&aside, add, &sum);
	assert_int_equal(pthread_setattr_default_np(&normal), 0);
	assert_int_equal(sum.calls, 1);
	assert_int_equal(sum.thread, gettid());
	aside_end(&aside);
	assert_int_equal(sum.calls, 1);
	pthread_attr_destroy(&huge);
	pthread_attr_destroy(&normal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_done_beside_the_caller),
		cmocka_unit_test(nothing_begun_is_at_an_end),
		cmocka_unit_test(without_a_thread_it_is_done_at_once),
	};

	return cmocka_run_group_tests_name("aside", tests, NULL, NULL);
}
