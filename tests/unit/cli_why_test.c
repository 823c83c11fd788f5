// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: the answer is yes if anything was denied and no if not, says which rule and what to do, and
 * says so where it cannot be sure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "userspace/cli/page.c"
#include "userspace/cli/survey_text.c"
#include "userspace/cli/survey_yaml.c"
#undef INDENT /* each page has its own */
#include "userspace/cli/why_text.c"

static struct survey_item item(const char *address, int port, const char *reason, bool monitor)
{
	struct survey_item made = {.process = "curl",
				   .unit = "backup.service",
				   .transport = "tcp",
				   .reason = reason,
				   .rule = "",
				   .domain = "",
				   .country = "",
				   .operator_name = "",
				   .parent = "",
				   .has_address = true,
				   .monitor = monitor,
				   .port = port,
				   .flows = 1,
				   .packets = 2,
				   .first = "2026-11-24T02:00:00",
				   .last = "2026-11-24T02:58:01"};

	assert_int_equal(address_parse(address, strlen(address), &made.address), 0);
	return made;
}

static struct why of(struct survey_item *logged, size_t logs, struct survey_item *live,
		     size_t lives)
{
	return (struct why){.since = "10m",
			    .log = {.items = logged, .count = logs, .lines = 7},
			    .live = {.items = live, .count = lives},
			    .target = {.text = "5.1.5.9", .address_texts = {"5.1.5.9"}, .count = 1},
			    .log_read = true};
}

static void says(const struct why *why, bool yes, const char *words)
{
	char line[WHY_LINE_SIZE];

	why_line(why, line);
	assert_int_equal(why_answer(why), yes);
	assert_string_equal(line, words);
}

static void what_was_denied_is_a_yes(void **state)
{
	struct survey_item logged[] = {item("5.1.5.9", 443, "soil", false),
				       item("5.1.5.9", 80, "rule-deny", false)};
	struct why why = of(logged, 2, NULL, 0);

	(void)state;
	logged[1].rule = "deny #2";
	strcpy(logged[1].last, "2026-11-24T02:59:00");
	logged[1].flows = 1200;
	says(&why, true,
	     "yes: 1,201 flows of it were denied, the last at 02:59:00 UTC to 5.1.5.9, 80/tcp: a "
	     "deny rule matches (deny #2). Narrow that rule, or except this: 'gabelou survey "
	     "--since 10m' proposes how.");
	logged[1].reason = "ip-options";
	logged[1].rule = "";
	says(&why, true,
	     "yes: 1,201 flows of it were denied, the last at 02:59:00 UTC to 5.1.5.9, 80/tcp: "
	     "IPv4 "
	     "options: a source route can send it elsewhere. No exception lets this pass: the "
	     "sender has to send it otherwise.");
	why.log.count = 1;
	says(&why, true,
	     "yes: 1 flow of it was denied, the last at 02:58:01 UTC to 5.1.5.9, 443/tcp: its soil "
	     "is not approved. Except it ('gabelou survey --since 10m' proposes how), or allow it "
	     "by a rule.");
}

static void what_the_log_has_is_not_counted_twice(void **state)
{
	struct survey_item logged[] = {item("5.1.5.9", 443, "soil", false)};
	struct survey_item live[] = {item("5.1.5.9", 443, "soil", false),
				     item("5.1.5.9", 22, "soil", false)};
	struct why why = of(logged, 1, live, 2);
	const struct survey_item *items[3];

	(void)state;
	assert_int_equal(why_evidence(&why, items, 3), 2);
	assert_int_equal(kind_of(&why, false).flows, 2);
	why.log.count = 0;
	assert_int_equal(why_evidence(&why, items, 3), 2);
	assert_true(why_answer(&why));
}

static void what_passed_is_a_no(void **state)
{
	struct survey_item logged[] = {item("5.1.5.9", 443, "owner", true)};
	struct why why = of(logged, 1, NULL, 0);

	(void)state;
	says(&why, false,
	     "no: the policy only monitors, and all of it went on; enforced, 1 flow would have "
	     "been "
	     "denied, the last to 5.1.5.9, 443/tcp: its owner is in reach of a jurisdiction that "
	     "is "
	     "not approved.");
	why.log.count = 0;
	says(&why, false, "no: nothing of it was denied in the last 10m.");
	why.kernel_read = true;
	says(&why, false,
	     "no: nothing is enforced here, and nothing of it was denied in the last 10m.");
}

static void a_no_that_may_be_wrong_says_so(void **state)
{
	struct manifest manifest = {.monitor = false};
	struct why why = of(NULL, 0, NULL, 0);

	(void)state;
	why.log.lost = 3;
	says(&why, false,
	     "no: nothing of it was denied in the last 10m. 3 events are missing in the log, so "
	     "this "
	     "is not certain.");
	why.log_read = false;
	why.manifest = &manifest;
	why.now[0].decision.reason = REASON_RULE_DENY;
	why.now[0].rule = "deny #1";
	why.now_count = 1;
	says(&why, false,
	     "no: nothing of it was denied in the last 10m. What is sent to 5.1.5.9 now is denied: "
	     "a deny rule matches (deny #1). No log was read: only what the kernel holds, some "
	     "seconds of it.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_denied_is_a_yes),
		cmocka_unit_test(what_the_log_has_is_not_counted_twice),
		cmocka_unit_test(what_passed_is_a_no),
		cmocka_unit_test(a_no_that_may_be_wrong_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
