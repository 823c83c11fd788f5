// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: equal keys get one number, new ones the next, through every growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/base/intern.h"

#define KEYS 100000u

static void numbers_follow_first_sight(void **state)
{
	struct intern intern;

	(void)state;
	intern_init(&intern, sizeof(uint64_t));
	for (unsigned round = 0; round < 2; round++)
		for (uint64_t i = 0; i < KEYS; i++) {
			uint64_t key = i << 32; /* only high bits differ */

			assert_int_equal(intern_add(&intern, &key), i);
		}
	assert_int_equal(intern.count, KEYS);
	for (uint64_t i = 0; i < KEYS; i++)
		assert_int_equal(*(const uint64_t *)intern_key(&intern, (uint32_t)i), i << 32);
	intern_free(&intern);
}

static void keys_of_any_size_are_compared_whole(void **state)
{
	static const size_t sizes[] = {1, 3, 7, 8, 9, 15, 65, 1000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		unsigned char key[1000] = {0};
		struct intern intern;

		intern_init(&intern, sizes[i]);
		assert_int_equal(intern_add(&intern, key), 0);
		key[sizes[i] - 1] = 1;
		assert_int_equal(intern_add(&intern, key), 1);
		key[sizes[i] - 1] = 0;
		assert_int_equal(intern_add(&intern, key), 0);
		intern_free(&intern);
		assert_int_equal(intern.count, 0);
		assert_int_equal(intern_add(&intern, key), 0); /* empty, and usable again */
		intern_free(&intern);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_follow_first_sight),
		cmocka_unit_test(keys_of_any_size_are_compared_whole),
	};

	return cmocka_run_group_tests_name("intern", tests, NULL, NULL);
}
