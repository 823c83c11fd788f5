// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The goal: targets come one at a time, as soon as they are there; what is no target is named with
 * its line and costs nobody else an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "userspace/cli/targets.c"

static struct targets targets;
static struct diagnostics diagnostics;
static struct target target;
static char *stdin_only[] = {(char *)"-"};
static const struct cli_operands from_stdin = {.items = stdin_only, .count = 1};

/* A file that holds these bytes, to be read from its start. */
static int file_of(const void *bytes, size_t size)
{
	int fd = memfd_create("targets", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void open_text(const char *text)
{
	targets_open(&targets, &from_stdin, file_of(text, strlen(text)), stderr);
}

static void close_all(void)
{
	close(targets.input.fd);
	targets_close(&targets);
	diagnostics_free(&diagnostics);
}

static void expect(const char *text)
{
	char address[ADDRESS_TEXT_SIZE];

	assert_int_equal(targets_next(&targets, &target, &diagnostics), 1);
	assert_string_equal(target.text, text);
	assert_string_equal(address_format(target.address, address), text);
}

static void expect_fault(int error, const char *start)
{
	char message[1024];

	diagnostics_free(&diagnostics);
	assert_int_equal(targets_next(&targets, &target, &diagnostics), -error);
	assert_int_equal(diagnostics.count, 1);
	diagnostic_format(&diagnostics.items[0], message, sizeof(message));
	if (strncmp(message, start, strlen(start)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", message, start);
}

static void expect_end(void)
{
	assert_int_equal(targets_next(&targets, &target, &diagnostics), 0);
	assert_int_equal(targets_next(&targets, &target, &diagnostics), 0);
}

static void test_blanks_and_comments(void **state)
{
	(void)state;
	open_text("\xef\xbb\xbf# a comment\n\n1.1.1.1\r\n  2001:db8::1\t# mine\n \t \n#\n"
		  "8.8.8.8#x\n\t9.9.9.9");
	expect("1.1.1.1");
	expect("2001:db8::1");
	expect("8.8.8.8");
	expect("9.9.9.9"); /* the last line needs no newline */
	expect_end();
	close_all();
	open_text("");
	expect_end();
	close_all();
}

static void test_a_bad_line_is_named_and_the_rest_goes_on(void **state)
{
	static const char *const bad[] = {"1.2.3.4/24", "[::1]",     "1.2.3",   "0x7f000001",
					  "1.2.3.4,FR", "two words", "-option", "caf\xc3\xa9",
					  "1.2.3.04",   "2130706433"};
	char text[1024] = "1.1.1.1\n", start[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n", bad[i]);
	strcat(text, "8.8.8.8\n");
	open_text(text);
	expect("1.1.1.1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(start, sizeof(start), "stdin:%zu: \"%s\" is neither an address nor a name",
			 i + 2, bad[i]);
		expect_fault(EINVAL, start);
	}
	expect("8.8.8.8");
	expect_end();
	close_all();
}

static void expect_port(const char *text, const char *address, const char *port)
{
	char got[ADDRESS_TEXT_SIZE];

	assert_int_equal(targets_next(&targets, &target, &diagnostics), 1);
	assert_string_equal(target.text, text);
	assert_string_equal(address_format(target.address, got), address);
	assert_true(target.has_service);
	assert_string_equal(service_format(&target.service, got), port);
}

static void test_ports(void **state)
{
	static const char *const bad[] = {"1.2.3.4:443",      "[::1]:443",    "1.2.3.4:443/sctp",
					  "1.2.3.4:1-2/tcp",  "1.2.3.4:/tcp", "name:65536/tcp",
					  "[::1]:256/icmpv6", "1.2.3.4:x/tcp"};
	char text[1024] = "1.1.1.1:443/tcp\n[2001:db8::1]:53/udp\n1.1.1.1:8/icmp\n", start[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n", bad[i]);
	strcat(text, "2001:db8::1:443/tcp\n:443/tcp\n2001:db8::443\n");
	open_text(text);
	expect_port("1.1.1.1:443/tcp", "1.1.1.1", "443/tcp");
	expect_port("[2001:db8::1]:53/udp", "2001:db8::1", "53/udp");
	expect_port("1.1.1.1:8/icmp", "1.1.1.1", "8/icmp");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(start, sizeof(start),
			 "stdin:%zu: \"%s\": behind the colon there is no port; write one with "
			 "its protocol, as in 443/tcp",
			 i + 4, bad[i]);
		expect_fault(EINVAL, start);
	}
	expect_fault(EINVAL, "stdin:12: \"2001:db8::1:443/tcp\": where the address ends and the "
			     "port begins cannot be told; write [2001:db8::1]:443/tcp");
	expect_fault(EINVAL, "stdin:13: \":443/tcp\" is neither an address nor a name");
	expect("2001:db8::443"); /* without a port */
	assert_false(target.has_service);
	expect_end();
	close_all();
	open_text("localhost:22/tcp\n1.1.1.1\n");
	assert_int_equal(targets_next(&targets, &target, &diagnostics), 1);
	assert_string_equal(target.text, "localhost:22/tcp");
	assert_true(target.has_service);
	while (targets_next(&targets, &target, &diagnostics) == 1 && target.has_service)
		assert_int_equal(target.service.low, 22);
	assert_string_equal(target.text, "1.1.1.1");
	close_all();
}

static void test_names(void **state)
{
	char *items[] = {(char *)"localhost", (char *)"no..name", (char *)"1.1.1.1"};
	const struct cli_operands operands = {.items = items, .count = 3};

	(void)state;
	targets_open(&targets, &operands, -1, stderr);
	assert_int_equal(targets_next(&targets, &target, &diagnostics), 1);
	assert_string_equal(target.text, "localhost");
	do /* all of its addresses, then the next name */
		assert_string_equal(target.text, "localhost");
	while (targets_next(&targets, &target, &diagnostics) == 1);
	assert_int_equal(diagnostics.count, 1);
	assert_non_null(strstr(diagnostics.items[0].text, "no..name: cannot be resolved"));
	expect("1.1.1.1");
	expect_end();
	close_all();
	open_text("localhost\n1.1.1.1\n");
	assert_int_equal(targets_next(&targets, &target, &diagnostics), 1);
	assert_string_equal(target.text, "localhost");
	targets_close(&targets); /* in the midst of a name */
	close_all();
}

static void test_lines_that_are_no_text(void **state)
{
	static char text[3 * TARGETS_INPUT];
	static const char nul[] = "1.1.1.1\n8.8\0.8.8\n9.9.9.9\n";

	(void)state;
	targets_open(&targets, &from_stdin, file_of(nul, sizeof(nul) - 1), stderr);
	expect("1.1.1.1");
	expect_fault(EINVAL, "stdin:2: there is a NUL byte");
	expect("9.9.9.9");
	expect_end();
	close_all();

	/* Two lines of over a buffer each, one of them the last. */
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "1.1.1.1\n", 8);
	memcpy(text + TARGETS_INPUT + 100, "\n9.9.9.9\n", 9);
	open_text(text);
	expect("1.1.1.1");
	expect_fault(E2BIG, "stdin:2: the line has over");
	expect("9.9.9.9");
	expect_fault(E2BIG, "stdin:4: the line has over");
	expect_end();
	close_all();
}

/* Addresses of changing length, so that lines fall on the ends of the buffer in each way. */
static void test_more_than_a_buffer(void **state)
{
	size_t size;
	char *text, wanted[20];
	FILE *file = open_memstream(&text, &size);

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		fprintf(file, "%u.%u.%u.%u\n", i % 7, i % 256, i / 256, i % 100);
	fclose(file);
	open_text(text);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(wanted, sizeof(wanted), "%u.%u.%u.%u", i % 7, i % 256, i / 256, i % 100);
		expect(wanted);
	}
	expect_end();
	assert_int_equal(targets.input.line, 20000);
	close_all();
	free(text);
}

/* An answer goes out before the next question is waited for. */
static void test_each_is_answered_at_once(void **state)
{
	int questions[2], answers[2];
	char text[16] = "";

	(void)state;
	assert_int_equal(pipe(questions), 0);
	assert_int_equal(pipe2(answers, O_NONBLOCK), 0);
	FILE *output = fdopen(answers[1], "w");
	assert_non_null(output);
	targets_open(&targets, &from_stdin, questions[0], output);
	assert_int_equal(write(questions[1], "1.1.1.1\n8.8", 11), 11);
	expect("1.1.1.1");
	fputs("answer", output);
	assert_true(read(answers[0], text, sizeof(text)) < 0);
	assert_int_equal(write(questions[1], ".8.8\n", 5), 5);
	expect("8.8.8.8");
	assert_int_equal(read(answers[0], text, sizeof(text)), 6);
	close(questions[1]);
	expect_end();
	fclose(output);
	close(answers[0]);
	close_all();
}

static void test_operands_and_lines_in_turn(void **state)
{
	char *items[] = {(char *)"1.1.1.1", (char *)"-", (char *)"1.2", (char *)"2.2.2.2",
			 (char *)"-"};
	const struct cli_operands operands = {.items = items, .count = 5};

	(void)state;
	targets_open(&targets, &operands, file_of("8.8.8.8\n9.9.9.9\n", 16), stderr);
	expect("1.1.1.1");
	expect("8.8.8.8");
	expect("9.9.9.9");
	expect_fault(EINVAL, "\"1.2\" is neither");
	expect("2.2.2.2");
	expect_end(); /* the second "-" finds nothing left */
	close_all();
}

static void test_an_input_that_cannot_be_read(void **state)
{
	char *items[] = {(char *)"-", (char *)"1.1.1.1"};
	const struct cli_operands operands = {.items = items, .count = 2};

	(void)state;
	targets_open(&targets, &operands, open("/", O_RDONLY), stderr);
	expect_fault(EISDIR, "stdin: cannot be read: Is a directory");
	expect("1.1.1.1");
	expect_end();
	close_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blanks_and_comments),
		cmocka_unit_test(test_a_bad_line_is_named_and_the_rest_goes_on),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lines_that_are_no_text),
		cmocka_unit_test(test_more_than_a_buffer),
		cmocka_unit_test(test_each_is_answered_at_once),
		cmocka_unit_test(test_operands_and_lines_in_turn),
		cmocka_unit_test(test_an_input_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
