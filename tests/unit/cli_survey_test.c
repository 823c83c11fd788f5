// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: what was cut is summed up by sender, operator, port and name, from one file or many parts
 * of it; what is proposed is a policy once a reason is filled in, and no wider than what was seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "userspace/cli/page.c"
#include "userspace/cli/survey_json.c"
#include "userspace/cli/survey_text.c"
#include "userspace/cli/survey_yaml.c"
#include "userspace/policy/policy.h"

static struct diagnostics diagnostics;
static struct survey survey;
static struct survey_report report;
static struct hosts hosts;

static void forget(void)
{
	survey_report_free(&report);
	survey_free(&survey);
	hosts_free(&hosts);
	diagnostics_free(&diagnostics);
	diagnostics = (struct diagnostics){0};
}

/* An event of the Elastic Common Schema, as much of it as a survey needs. */
static void event(FILE *file, const char *time, const char *process, const char *address,
		  unsigned asn, const char *service, const char *reason)
{
	char transport[16];
	unsigned port;

	assert_int_equal(sscanf(service, "%u/%15s", &port, transport), 2);
	fprintf(file, "{\"@timestamp\":\"%s\",\"event\":{\"type\":[\"connection\",\"allowed\"]},",
		time);
	fprintf(file, "\"network\":{\"packets\":2,\"bytes\":100,\"transport\":\"%s\"},", transport);
	fprintf(file,
		"\"destination\":{\"ip\":\"%s\",\"port\":%u,\"as\":{\"number\":%u,"
		"\"organization\":{\"name\":\"Net %u\"}}},",
		address, port, asn, asn);
	if (*process)
		fprintf(file, "\"process\":{\"pid\":7,\"name\":\"%s\"},", process);
	fprintf(file,
		"\"gabelou\":{\"reason\":\"%s\",\"event\":\"first\",\"owner\":{\"reach\":[\"US\"]}",
		reason);
	if (*process)
		fprintf(file, ",\"cgroup\":{\"id\":1,\"path\":\"/system.slice/%s.service\"}",
			process);
	fputs("}}\n", file);
}

static int read_file(const char *path, int64_t since)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);

	forget();
	assert_true(file >= 0);
	assert_int_equal(survey_begin(&survey, since), 0);
	int error = survey_read(&survey, file, "log", &diagnostics);
	close(file);
	if (!error)
		assert_int_equal(survey_end(&survey), 0);
	return error;
}

static void read_text(const char *text, size_t size, int64_t since)
{
	char path[] = "/tmp/gabelou-survey.XXXXXX";
	int file = mkstemp(path);

	assert_int_equal(write(file, text, size), (ssize_t)size);
	close(file);
	assert_int_equal(read_file(path, since), 0);
	unlink(path);
	assert_int_equal(survey_report_make(&survey, &hosts, &report), 0);
}

#define BEGIN(file)      \
	char *log_text;  \
	size_t log_size; \
	FILE *file = open_memstream(&log_text, &log_size)
#define END(file, since)                              \
	do {                                          \
		fclose(file);                         \
		read_text(log_text, log_size, since); \
		free(log_text);                       \
	} while (0)

static void said(size_t number, const char *message)
{
	char text[512];

	assert_true(number < diagnostics.count);
	assert_string_equal(diagnostic_format(&diagnostics.items[number], text, sizeof(text)),
			    message);
}

static char *printed(void (*printer)(FILE *out, const struct survey_page *page))
{
	struct survey_page page = {
		.survey = &survey, .report = &report, .hosts = &hosts, .until = "2027-02-24"};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	printer(out, &page);
	fclose(out);
	return text;
}

static void print_all_exceptions(FILE *out, const struct survey_page *page)
{
	survey_print_exceptions(out, page, 0);
}

/* As an admin would: every reason filled in, under a policy. */
static int check_proposal(bool with_reasons)
{
	char *proposal = printed(print_all_exceptions), *text, *rest = proposal, *line;
	struct policy *policy = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("gabelou: 1\nallow: [{soil: [FR]}]\n", out);
	while ((line = strsep(&rest, "\n")))
		fprintf(out, "%s\n",
			with_reasons && strncmp(line, "    why:", 8) == 0 ? "    why: CHG-1"
									  : line);
	fclose(out);
	int error = policy_parse("policy", text, size, NULL, &policy, &diagnostics);

	policy_free(policy);
	free(text);
	free(proposal);
	return error;
}

static void senders_are_told_apart(void **state)
{
	(void)state;
	BEGIN(log);
	for (int i = 0; i < 5; i++)
		event(log, "2026-11-20T10:00:00.000000Z", "apt", "203.0.113.1", 64500, "80/tcp",
		      "soil");
	event(log, "2026-11-19T09:00:00.000000Z", "apt", "203.0.113.9", 64500, "80/tcp", "soil");
	event(log, "2026-11-21T10:00:00.000000Z", "chronyd", "203.0.113.1", 64500, "123/udp",
	      "soil");
	event(log, "2026-11-21T10:00:00.000000Z", "", "198.51.100.1", 64501, "443/tcp", "owner");
	event(log, "2026-11-21T10:00:00.000000Z", "apt", "203.0.113.1", 64500, "80/tcp",
	      "ip-options");
	END(log, 0);
	assert_int_equal(survey.flows, 9);
	assert_int_equal(survey.packets, 18);
	assert_int_equal(survey.cut, 0);
	assert_string_equal(survey.first, "2026-11-19T09:00:00");
	assert_string_equal(survey.last, "2026-11-21T10:00:00");
	assert_int_equal(report.group_count, 4);
	assert_string_equal(report.groups[0].sample->process, "apt");
	assert_string_equal(report.groups[0].sample->unit, "apt.service");
	assert_string_equal(report.groups[0].sample->reach, "US");
	assert_int_equal(report.groups[0].flows, 6);
	assert_int_equal(report.groups[0].count, 2);
	assert_string_equal(report.groups[0].first, "2026-11-19T09:00:00");
	assert_true(report.groups[0].explained && report.groups[0].excepting);
	for (size_t i = 1; i < 4; i++) {
		const struct survey_group *group = &report.groups[i];

		assert_int_equal(group->explained, *group->sample->process != '\0');
		assert_int_equal(group->excepting,
				 strcmp(group->sample->reason, "ip-options") != 0);
	}
	/* Of apt and chronyd; not of an unknown sender, and not of what no exception can beat. */
	assert_int_equal(report.exception_count, 2);
	assert_int_equal(report.exceptions[0].flows, 6);
	assert_int_equal(report.exceptions[1].flows, 1);
}

/* To one operator and port, by a sender that nobody knows: to what has a name, and to what has
 * none.
 */
static void a_name_does_not_explain_its_neighbours(void **state)
{
	char text[] = "203.0.113.1 updates.example\n", prefix[64];
	FILE *file = fmemopen(text, strlen(text), "r");

	(void)state;
	BEGIN(log);
	event(log, "2026-11-20T10:00:00Z", "", "203.0.113.1", 64500, "443/tcp", "soil");
	event(log, "2026-11-20T10:00:00Z", "", "203.0.113.2", 64500, "443/tcp", "soil");
	event(log, "2026-11-20T10:00:00Z", "", "203.0.113.2", 64500, "443/tcp", "soil");
	END(log, 0);
	survey_report_free(&report);
	assert_int_equal(hosts_read(file, "hosts", &hosts, &diagnostics), 0);
	fclose(file);
	assert_int_equal(survey_report_make(&survey, &hosts, &report), 0);
	assert_int_equal(report.group_count, 2);
	assert_false(report.groups[0].explained);
	assert_true(report.groups[1].explained);
	assert_int_equal(report.exception_count, 1);
	assert_int_equal(report.exceptions[0].to_count, 1);
	assert_string_equal(prefix_format(&report.exceptions[0].to[0], prefix), "203.0.113.1/32");
}

static void older_lines_are_left_out(void **state)
{
	(void)state;
	BEGIN(log);
	event(log, "2026-11-20T09:59:59.999999Z", "apt", "203.0.113.1", 64500, "80/tcp", "soil");
	event(log, "2026-11-20T10:00:00.000000Z", "apt", "203.0.113.1", 64500, "80/tcp", "soil");
	END(log, 1795168800);
	assert_string_equal(survey.since, "2026-11-20T10:00:00");
	assert_int_equal(survey.flows, 1);
	assert_int_equal(survey.before, 1);
}

static void a_proposal_is_a_policy_once_it_has_reasons(void **state)
{
	char text[256];

	(void)state;
	BEGIN(log);
	for (unsigned i = 0; i < 8; i++) { /* 203.0.113.8/29 */
		char address[32];

		snprintf(address, sizeof(address), "203.0.113.%u", 8 + i);
		event(log, "2026-11-20T10:00:00Z", i % 2 ? "apt" : "curl", address, 64500, "80/tcp",
		      "soil");
		event(log, "2026-11-20T10:00:00Z", "apt", address, 64500, "443/tcp", "soil");
	}
	event(log, "2026-11-20T10:00:00Z", "apt", "203.0.113.16", 64500, "8080/tcp", "soil");
	event(log, "2026-11-20T10:00:00Z", "ping", "2001:db8::1", 64501, "128/ipv6-icmp", "owner");
	/* The data changed, and with it the operator of an address. */
	event(log, "2026-11-20T10:00:00Z", "wget", "203.0.113.8", 64502, "80/tcp", "soil");
	END(log, 0);
	assert_int_equal(report.exception_count, 3);
	assert_int_equal(report.exceptions[0].to_count, 1);
	assert_string_equal(prefix_format(&report.exceptions[0].to[0], text), "203.0.113.8/29");
	assert_int_equal(report.exceptions[0].count, 2);
	assert_int_equal(report.exceptions[0].flows, 17);
	char *yaml = printed(print_all_exceptions);
	assert_non_null(strstr(yaml, "  - to: [203.0.113.8/29]\n    port: [80/tcp, 443/tcp]\n"
				     "    until: 2027-02-24\n    why:"));
	assert_non_null(strstr(yaml, "  - to: [\"2001:db8::1/128\"]\n    port: [128/icmpv6]\n"));
	free(yaml);
	assert_int_equal(check_proposal(true), 0);
	assert_int_equal(diagnostics.count, 0);
	assert_int_equal(check_proposal(false), -EINVAL);
	assert_int_equal(diagnostics.errors, 3);
}

static void too_many_addresses_are_a_network(void **state)
{
	char address[32];

	(void)state;
	BEGIN(log);
	for (unsigned i = 0; i < SURVEY_TO_MOST + 1; i++) {
		snprintf(address, sizeof(address), "203.0.113.%u", 2 * i);
		event(log, "2026-11-20T10:00:00Z", "apt", address, 64500, "443/tcp", "soil");
		address[2] = '9'; /* 209.0.113.0 */
		event(log, "2026-11-20T10:00:00Z", "apt", address, 0, "80/tcp", "unrouted");
	}
	END(log, 0);
	char *yaml = printed(print_all_exceptions);

	assert_non_null(strstr(yaml, "  # 17 addresses are too many to list"));
	assert_non_null(strstr(yaml, "  - asn: [64500]\n    port: [443/tcp]\n"));
	free(yaml);
	assert_int_equal(check_proposal(true), 0);
}

/* What a process calls itself, and what a data file says, must not drive a terminal or end a
 * comment. */
static void the_page_is_narrow_and_clean(void **state)
{
	char *text, *line, *rest;

	(void)state;
	BEGIN(log);
	for (unsigned i = 0; i < 40; i++) {
		char process[64], address[64];

		snprintf(address, sizeof(address), "2001:db8:1234:5678:9abc:def0:1234:%x",
			 0x5678 + 2 * i);
		snprintf(process, sizeof(process), "\\u001b[31m\\n- to: %u", i);
		event(log, "2026-11-20T10:00:00Z", process, address, 64500 + i, "443/tcp", "soil");
		event(log, "2026-11-20T10:00:00Z", "", "203.0.113.1", 64500 + i, "443/tcp", "soil");
	}
	END(log, 0);
	text = printed(survey_print);
	assert_null(strchr(text, 0x1b));
	assert_non_null(strstr(text, "in 20 more; --json has all"));
	assert_non_null(strstr(text, "# and 20 more: gabelou survey --yaml"));
	assert_non_null(strstr(text, "Not explained:"));
	rest = text;
	while ((line = strsep(&rest, "\n")))
		if (page_columns(line) > PAGE_WIDTH)
			fail_msg("too wide: %s", line);
	free(text);
	assert_int_equal(check_proposal(true), 0);
}

static void names_are_those_of_the_file(void **state)
{
	static char names[] =
		"# names\n203.0.113.1 mirror.example deb\n203.0.113.1 other\nbad line\n"
		"fe80::1%lo0 zone\n";
	FILE *file;

	(void)state;
	BEGIN(log);
	event(log, "2026-11-20T10:00:00Z", "", "203.0.113.1", 64500, "80/tcp", "soil");
	END(log, 0);
	assert_false(report.groups[0].explained);
	survey_report_free(&report);
	file = fmemopen(names, strlen(names), "r");
	assert_int_equal(hosts_read(file, "names", &hosts, &diagnostics), 0);
	fclose(file);
	said(0, "names:4: \"bad\": left out; write an address and a name");
	assert_int_equal(diagnostics.count, 1);
	assert_int_equal(survey_report_make(&survey, &hosts, &report), 0);
	/* A name explains it, though the sender is not known. */
	assert_true(report.groups[0].explained);
	assert_int_equal(report.exception_count, 1);
	char *yaml = printed(print_all_exceptions);
	assert_non_null(strstr(yaml, "# called mirror.example\n"));
	free(yaml);
}

#define LINES 60000 /* over 3 parts of 8 MB */

static void parts_of_a_large_file_add_up(void **state)
{
	char path[] = "/tmp/gabelou-survey.XXXXXX", time[32];
	FILE *file = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(file);
	for (unsigned i = 0; i < LINES; i++) {
		snprintf(time, sizeof(time), "2026-11-20T%02u:%02u:%02uZ", i / 3600, i / 60 % 60,
			 i % 60);
		event(file, time, i % 3 ? "apt" : "node", i % 2 ? "203.0.113.1" : "203.0.113.2",
		      64500, "443/tcp", "soil");
	}
	fprintf(file, "half a line");
	fclose(file);
	/* Of what is too old, the most is not even read. */
	assert_int_equal(read_file(path, 1795168800), 0); /* 10:00 */
	assert_int_equal(survey.lines, LINES - 36000);
	assert_true(survey.before < 18000);
	assert_string_equal(survey.first, "2026-11-20T10:00:00");
	assert_int_equal(read_file(path, 0), 0);
	unlink(path);
	assert_int_equal(survey.lines, LINES);
	assert_int_equal(survey.flows, LINES);
	assert_int_equal(survey.packets, 2 * LINES);
	assert_int_equal(survey.broken, 1);
	assert_int_equal(survey.count, 4);
	assert_int_equal(survey.items[0].flows, LINES / 3);
	assert_int_equal(survey.items[3].flows, LINES / 6);
	assert_string_equal(survey.first, "2026-11-20T00:00:00");
}

static void compressed_logs_are_read(void **state)
{
	char path[] = "/tmp/gabelou-survey.XXXXXX";
	gzFile file = gzdopen(mkstemp(path), "wb");
	static const char line[] =
		"{\"@timestamp\":\"2026-11-20T10:00:00Z\",\"network\":{\"packets\":3}}\n";

	(void)state;
	for (int i = 0; i < 10000; i++)
		gzwrite(file, line, sizeof(line) - 1);
	gzclose(file);
	assert_int_equal(read_file(path, 0), 0);
	assert_int_equal(survey.packets, 30000);
	assert_int_equal(truncate(path, 40), 0);
	assert_true(read_file(path, 0) < 0);
	assert_int_equal(diagnostics.errors, 1);
	unlink(path);
}

static void refuses(const char *text, size_t size, const char *message)
{
	char path[] = "/tmp/gabelou-survey.XXXXXX";
	int file = mkstemp(path);

	assert_int_equal(write(file, text, size), (ssize_t)size);
	close(file);
	assert_true(read_file(path, 0) < 0);
	unlink(path);
	assert_int_equal(diagnostics.errors, 1);
	said(diagnostics.count - 1, message);
}

static void bad_logs_are_refused(void **state)
{
	(void)state;
	refuses("hello\n", 6,
		"log: no line of it is an event; give the log of 'gabelou agent --log', or of the "
		"journal: journalctl -o cat -u gabelou-agent | gabelou survey -");
	refuses("\x28\xb5\x2f\xfd....", 8,
		"log: compressed by zstd; pipe it in: zstdcat log | gabelou survey -");
	BEGIN(log);
	fputs("Starting gabelou\n", log);
	event(log, "2026-11-20T10:00:00Z", "apt", "203.0.113.1", 64500, "80/tcp", "soil");
	END(log, 0);
	assert_int_equal(survey.flows, 1);
	assert_int_equal(diagnostics.errors, 0);
	said(0, "log:1:8: not JSON ('[' or '{' expected near 'Starting'): left out");
	/* An empty log says that nothing was cut. */
	read_text("", 0, 0);
	assert_int_equal(survey.lines, 0);
	assert_int_equal(diagnostics.count, 0);
}

static void exceptions_end_in_three_months(void **state)
{
	static const struct {
		int64_t now;
		const char *until;
	} cases[] = {
		{1795478400, "2027-02-24"}, /* 2026-11-24 */
		{1796083200, "2027-02-28"}, /* 2026-12-01 is to be a 1st */
		{1795996800, "2027-02-28"}, /* 2026-11-30 */
	};
	char until[16];

	(void)state;
	survey_until(cases[0].now, until);
	assert_string_equal(until, cases[0].until);
	survey_until(cases[1].now, until);
	assert_string_equal(until, "2027-03-01");
	survey_until(cases[2].now, until);
	assert_string_equal(until, cases[2].until);
}

static void json_has_it_all(void **state)
{
	struct survey_page page = {
		.survey = &survey, .report = &report, .hosts = &hosts, .until = "2027-02-24"};

	(void)state;
	BEGIN(log);
	event(log, "2026-11-20T10:00:00Z", "apt", "203.0.113.1", 64500, "80/tcp", "soil");
	END(log, 0);
	json_t *json = survey_json(&page);
	char *text = json_dumps(json, JSON_COMPACT);

	assert_string_equal(
		text,
		"{\"since\":null,\"first\":\"2026-11-20T10:00:00Z\",\"last\":\"2026-11-20T10:00:"
		"00Z\","
		"\"flows\":1,\"cut\":0,\"packets\":2,\"bytes\":100,\"lines\":1,\"lost_events\":0,"
		"\"broken_lines\":0,\"uncounted_flows\":0,\"groups\":[{\"process\":\"apt\","
		"\"unit\":"
		"\"apt.service\",\"operator\":{\"asn\":64500,\"name\":\"Net "
		"64500\",\"parent\":null,"
		"\"reach\":[\"US\"]},\"addresses\":[{\"address\":\"203.0.113.1\",\"name\":null,"
		"\"soil\":null,\"reason\":\"soil\",\"rule\":null,\"flows\":1,\"packets\":2}],"
		"\"port\":\"80/tcp\",\"reason\":\"soil\",\"explained\":true,\"can_except\":true,"
		"\"flows\":1,\"cut\":0,\"packets\":2,\"bytes\":100,\"first\":"
		"\"2026-11-20T10:00:00Z\",\"last\":\"2026-11-20T10:00:00Z\"}],\"exceptions\":[{"
		"\"to\":"
		"[\"203.0.113.1/32\"],\"asn\":[],\"port\":[\"80/tcp\"],\"until\":\"2027-02-24\","
		"\"senders\":[{\"process\":\"apt\",\"unit\":\"apt.service\"}],\"flows\":1}]}");
	free(text);
	json_decref(json);
}

static int end(void **state)
{
	(void)state;
	forget();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(senders_are_told_apart, end),
		cmocka_unit_test_teardown(a_name_does_not_explain_its_neighbours, end),
		cmocka_unit_test_teardown(older_lines_are_left_out, end),
		cmocka_unit_test_teardown(a_proposal_is_a_policy_once_it_has_reasons, end),
		cmocka_unit_test_teardown(too_many_addresses_are_a_network, end),
		cmocka_unit_test_teardown(the_page_is_narrow_and_clean, end),
		cmocka_unit_test_teardown(names_are_those_of_the_file, end),
		cmocka_unit_test_teardown(parts_of_a_large_file_add_up, end),
		cmocka_unit_test_teardown(compressed_logs_are_read, end),
		cmocka_unit_test_teardown(bad_logs_are_refused, end),
		cmocka_unit_test(exceptions_end_in_three_months),
		cmocka_unit_test_teardown(json_has_it_all, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
