// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the README says of the kernel's layers what status says of them, and in the same order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/base/file.h"
#include "userspace/kernel/layers.h"

#define README "README.md"
#define HEAD   "| layer | Linux | without it |\n|---|---|---|\n"

static void test_table_of_the_readme(void **state)
{
	static const char want[] = HEAD
#define LAYER(identifier, name, since, without) "| `" name "` | " since " | " without " |\n"
		KERNEL_LAYERS(LAYER)
#undef LAYER
			"\n";
	struct diagnostics diagnostics = {0};
	struct file file;

	(void)state;
	assert_int_equal(file_read(README, 1 << 20, &file, &diagnostics), 0);
	if (!memmem(file.bytes, file.size, want, strlen(want)))
		fail_msg("%s lacks this table:\n%s", README, want);
	file_free(&file);
}

/* In the order in which they came: "5.5" before "5.12" before "6.0". */
static void test_order_is_of_versions(void **state)
{
	static const char *const versions[] = {
#define LAYER(identifier, name, since, without) since,
		KERNEL_LAYERS(LAYER)
#undef LAYER
	};
	unsigned last = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		unsigned major, minor;

		assert_int_equal(sscanf(versions[i], "%u.%u", &major, &minor), 2);
		assert_true(major * 1000 + minor >= last);
		last = major * 1000 + minor;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_of_the_readme),
		cmocka_unit_test(test_order_is_of_versions),
	};

	return cmocka_run_group_tests_name("kernel layers", tests, NULL, NULL);
}
