// SPDX-License-Identifier: GPL-2.0-or-later
/* The goal: the manual lists every reason, in the words that the program uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/base/file.h"
#include "userspace/table/table.h"

#define MANUAL "docs/gabelou.8"

static void test_every_reason_is_in_the_manual(void **state)
{
	struct diagnostics diagnostics = {0};
	struct file file;
	char entry[256];

	(void)state;
	assert_int_equal(file_read(MANUAL, 1 << 20, &file, &diagnostics), 0);
	for (int reason = 0; reason < REASON_COUNT; reason++) {
		snprintf(entry, sizeof(entry), ".It %s\n%s: %s\n", reason_name(reason),
			 reason_verdict(reason) == VERDICT_ALLOW ? "allow" : "deny",
			 reason_text(reason));
		if (!memmem(file.bytes, file.size, entry, strlen(entry)))
			fail_msg("%s lacks: %s", MANUAL, entry);
	}
	file_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_reason_is_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
