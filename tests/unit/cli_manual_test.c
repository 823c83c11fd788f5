// SPDX-License-Identifier: GPL-2.0-or-later
/* The goal: the manual lists every reason, in the words that the program uses, and every key of a
 * policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "maps/control.h"
#include "maps/tunnel.h"
#include "userspace/base/data_file.h"
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

static void test_every_policy_key_is_in_the_manual(void **state)
{
	static const char *const words[] = {"gabelou : 1",
					    "name",
					    "mode",
					    "interfaces",
					    "guard :",
					    "chain :",
					    "inside :",
					    "backstop :",
					    "books :",
					    "roles :",
					    "allow ,",
					    "unlisted",
					    "deny",
					    "anycast",
					    "local",
					    "private",
					    "connected ,",
					    "none",
					    "data",
					    "max-age :",
					    "agree :",
					    "min-sources :",
					    "groups",
					    ".It Cm file",
					    ".It Cm format",
					    ".It Cm name",
					    ".It Cm field",
					    ".It Cm country",
					    ".It Cm asn",
					    ".It Cm url , checksum",
					    "soil , owner",
					    "asn",
					    "last-word",
					    "to",
					    "why",
					    "monitor",
					    "default",
					    "control",
					    "registry",
					    "sockets",
					    "off ,",
#define CONTROL(identifier, name, is_default, text) name " ,",
					    CONTROLS(CONTROL)
#undef CONTROL
						    ".It Cm nat64",
					    ".It Cm replies",
					    "judge",
					    ".It Cm tunnels",
#define TUNNEL(identifier, name, text) ".Cm " name,
					    TUNNELS(TUNNEL)
#undef TUNNEL
	};
	struct diagnostics diagnostics = {0};
	struct file file;
	char entry[64];

	(void)state;
	assert_int_equal(file_read(MANUAL, 1 << 20, &file, &diagnostics), 0);
	const char *start = memmem(file.bytes, file.size, ".Sh POLICY", strlen(".Sh POLICY"));
	assert_non_null(start);
	size_t size = (size_t)((const char *)file.bytes + file.size - start);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!memmem(start, size, words[i], strlen(words[i])))
			fail_msg("%s lacks: %s", MANUAL, words[i]);
	for (enum data_role role = 0; role < DATA_ROLES; role++) {
		snprintf(entry, sizeof(entry), ".It Cm %s\n", data_role_name(role));
		if (!memmem(start, size, entry, strlen(entry)))
			fail_msg("%s lacks: %s", MANUAL, entry);
	}
	start = memmem(start, size, ".It Cm format", strlen(".It Cm format"));
	size = (size_t)((const char *)file.bytes + file.size - start);
	for (enum data_format format = 0; format < DATA_FORMATS; format++)
		if (!memmem(start, size, data_format_name(format),
			    strlen(data_format_name(format))))
			fail_msg("%s lacks the format %s", MANUAL, data_format_name(format));
	file_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_reason_is_in_the_manual),
		cmocka_unit_test(test_every_policy_key_is_in_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
