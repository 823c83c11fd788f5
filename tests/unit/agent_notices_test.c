// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: an exception's end is announced a week and a day ahead and when it has come, each time
 * once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/agent/notices.c"

#define DAY 86400
#define END 2000000000

static char heard[1024];

static void hear(const char *action, const char *message, void *context)
{
	(void)context;
	snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%s: %s\n", action, message);
}

static struct manifest of(const char *name, json_int_t until)
{
	return (struct manifest){.json = json_pack("{s:[{s:s, s:s}, {s:s, s:s, s:s, s:I, s:i}]}",
						   "rules", "name", "allow #1", "why", "x", "name",
						   name, "why", "w", "file", "/p.yaml", "until",
						   until, "line", 7)};
}

static void look(struct notices *notices, struct manifest manifest, time_t now,
		 const char *expected)
{
	heard[0] = '\0';
	notices_look(notices, &manifest, now, hear, NULL);
	assert_string_equal(heard, expected);
	json_decref(manifest.json);
}

static void each_step_is_told_once(void **state)
{
	struct notices notices = {0};

	(void)state;
	look(&notices, of("except #1", END), END - 8 * DAY, "");
	look(&notices, of("except #1", END), END - 7 * DAY,
	     "exception-ends: except #1 (w) ends within a week; /p.yaml:7\n");
	look(&notices, of("except #1", END), END - 2 * DAY, "");
	/* A later generation, where it has another number, is no news. */
	look(&notices, of("except #2", END), END - 2 * DAY, "");
	look(&notices, of("except #2", END), END - DAY,
	     "exception-ends: except #2 (w) ends within a day; /p.yaml:7\n");
	look(&notices, of("except #2", END), END - 1, "");
	look(&notices, of("except #2", END), END,
	     "exception-over: except #2 (w) is over and lets nothing pass; /p.yaml:7\n");
	look(&notices, of("except #2", END), END + DAY, "");
	/* Prolonged, it is another. */
	look(&notices, of("except #2", END + DAY), END + 1,
	     "exception-ends: except #2 (w) ends within a day; /p.yaml:7\n");
	notices_free(&notices);
}

static void at_first_what_is_near_is_told(void **state)
{
	struct notices notices = {0};

	(void)state;
	look(&notices, of("except #1", END), END - 3600,
	     "exception-ends: except #1 (w) ends within a day; /p.yaml:7\n");
	notices_free(&notices);
	look(&notices, of("except #1", END), END + 3600, "");
	notices_free(&notices);
}

static void change(struct notices *notices, uint32_t generation, const char *why, uint32_t trial,
		   const char *expected)
{
	struct manifest manifest = {.generation = generation,
				    .json = json_pack("{s:{s:s}}", "user", "login", "alice")};
	const struct kernel_pending pending = {
		.generation = trial, .previous = 6, .left_ns = 60000000000};

	if (why)
		json_object_set_new(manifest.json, "rollback",
				    json_pack("{s:i, s:i, s:s}", "from", 7, "to", 6, "why", why));
	heard[0] = '\0';
	notices_look_at_change(notices, &manifest, trial ? &pending : NULL, hear, NULL);
	assert_string_equal(heard, expected);
	json_decref(manifest.json);
}

static void trials_and_their_ends_are_told(void **state)
{
	struct notices notices = {0};

	(void)state;
	change(&notices, 6, "asked", 0, "");
	change(&notices, 7, NULL, 7,
	       "trial-began: generation 7 is on trial for 60 s, else generation 6 comes back\n");
	change(&notices, 7, NULL, 7, "");
	change(&notices, 7, NULL, 0, "confirmed: generation 7 was confirmed\n");
	change(&notices, 7, NULL, 0, "");
	notices_free(&notices);
	change(&notices, 7, NULL, 7,
	       "trial-began: generation 7 is on trial for 60 s, else generation 6 comes back\n");
	change(&notices, 8, "not-confirmed", 0,
	       "rolled-back: generation 7 was taken back (not confirmed in time, alice); "
	       "generation 8 is as 6 was\n");
	change(&notices, 8, "not-confirmed", 0, "");
	change(&notices, 9, "asked", 0,
	       "rolled-back: generation 7 was taken back (asked, alice); generation 9 is as 6 "
	       "was\n");
	notices_free(&notices);
}

static void pause_of(struct notices *notices, uint64_t seconds, bool ended, const char *expected)
{
	json_t *note = json_pack("{s:s, s:{s:s}}", "why", "w", "user", "login", "alice");

	if (ended)
		json_object_set_new(note, "ended", json_pack("{s:{s:s}}", "user", "login", "bob"));
	heard[0] = '\0';
	notices_look_at_pause(notices, seconds, note, hear, NULL);
	assert_string_equal(heard, expected);
	json_decref(note);
}

static void pauses_are_told(void **state)
{
	struct notices notices = {0};

	(void)state;
	pause_of(&notices, 0, true, "");
	pause_of(&notices, 60, false,
		 "paused: paused for 60 s by alice (w): what is denied passes\n");
	pause_of(&notices, 1, false, "");
	pause_of(&notices, 0, false, "pause-over: the pause is over\n");
	pause_of(&notices, 60, false,
		 "paused: paused for 60 s by alice (w): what is denied passes\n");
	pause_of(&notices, 0, true, "pause-over: the pause is over, ended by bob\n");
	notices_free(&notices);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_step_is_told_once),
		cmocka_unit_test(at_first_what_is_near_is_told),
		cmocka_unit_test(trials_and_their_ends_are_told),
		cmocka_unit_test(pauses_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
