// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a message says where, what and how, and survives the buffers of its caller. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/base/diagnostic.h"

static void messages_keep_their_place_and_order(void **state)
{
	struct diagnostics list = {0};
	char file[] = "a.yaml", text[128];

	(void)state;
	assert_int_equal(diagnostics_error(&list, EINVAL, (struct location){file, 3, 7}, "%s; %d",
					   "wrong", 5),
			 -EINVAL);
	diagnostics_warn(&list, (struct location){file, 3, 0}, "old");
	diagnostics_error(&list, ENOENT, (struct location){file, 0, 0}, "gone");
	diagnostics_error(&list, ENOMEM, (struct location){0}, "no file");
	file[0] = 'x'; /* the list has its own copy */
	assert_int_equal(list.count, 4);
	assert_int_equal(list.errors, 3);
	assert_int_equal(list.items[1].severity, SEVERITY_WARNING);
	assert_string_equal(diagnostic_format(&list.items[0], text, sizeof(text)),
			    "a.yaml:3:7: wrong; 5");
	assert_string_equal(diagnostic_format(&list.items[1], text, sizeof(text)), "a.yaml:3: old");
	assert_string_equal(diagnostic_format(&list.items[2], text, sizeof(text)), "a.yaml: gone");
	assert_string_equal(diagnostic_format(&list.items[3], text, sizeof(text)), "no file");
	diagnostics_free(&list);
	assert_int_equal(list.count, 0);
	diagnostics_free(&list);
}

static void a_short_buffer_ends_with_a_nul(void **state)
{
	struct diagnostic item = {.file = (char *)"file", .line = 1, .text = (char *)"text"};
	char text[6];

	(void)state;
	assert_string_equal(diagnostic_format(&item, text, sizeof(text)), "file:");
}

static void a_message_without_text_says_why(void **state)
{
	struct diagnostic item = {.text = NULL};
	char text[32];

	(void)state;
	assert_string_equal(diagnostic_format(&item, text, sizeof(text)), "out of memory");
}

static void moved_messages_stand_behind_the_others(void **state)
{
	struct diagnostics from = {0}, to = {0};

	(void)state;
	diagnostics_move(&from, &to);
	assert_int_equal(to.count, 0);
	diagnostics_warn(&to, (struct location){0}, "first");
	diagnostics_error(&from, EINVAL, (struct location){0}, "second");
	diagnostics_warn(&from, (struct location){0}, "third");
	diagnostics_move(&from, &to);
	assert_int_equal(from.count, 0);
	assert_int_equal(from.errors, 0);
	assert_int_equal(to.count, 3);
	assert_int_equal(to.errors, 1);
	assert_string_equal(to.items[0].text, "first");
	assert_string_equal(to.items[1].text, "second");
	assert_string_equal(to.items[2].text, "third");
	diagnostics_free(&from);
	diagnostics_free(&to);
}

static void errors_move_as_warnings(void **state)
{
	struct diagnostics from = {0}, to = {0};

	(void)state;
	diagnostics_error(&to, EINVAL, (struct location){0}, "first");
	diagnostics_error(&from, EINVAL, (struct location){"file", 2, 3}, "second");
	diagnostics_warn(&from, (struct location){0}, "third");
	diagnostics_move_as_warnings(&from, &to);
	assert_int_equal(from.count, 0);
	assert_int_equal(from.errors, 0);
	assert_int_equal(to.count, 3);
	assert_int_equal(to.errors, 1);
	assert_int_equal(to.items[0].severity, SEVERITY_ERROR);
	assert_int_equal(to.items[1].severity, SEVERITY_WARNING);
	assert_string_equal(to.items[1].text, "second");
	assert_string_equal(to.items[1].file, "file");
	assert_int_equal(to.items[2].severity, SEVERITY_WARNING);
	diagnostics_free(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_keep_their_place_and_order),
		cmocka_unit_test(a_short_buffer_ends_with_a_nul),
		cmocka_unit_test(a_message_without_text_says_why),
		cmocka_unit_test(moved_messages_stand_behind_the_others),
		cmocka_unit_test(errors_move_as_warnings),
	};

	return cmocka_run_group_tests_name("diagnostic", tests, NULL, NULL);
}
