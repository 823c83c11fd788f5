// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: recorded flows are read as they were written, by our own log's code and by hand; a broken
 * line is named by file and line; and what two tables say of them differs where it should. */
#include <arpa/inet.h>

#include "tests/unit/table_fixture.h"
#include "userspace/flow/flow.h"
#include "userspace/flow/replay.h"

static struct diagnostics diagnostics;
static struct replay replay;

static int read_bytes(const char *text, size_t size)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, size, "r");

	replay_free(&replay);
	diagnostics_free(&diagnostics);
	diagnostics = (struct diagnostics){0};
	assert_non_null(file);
	int error = replay_read(file, "flows", &replay, &diagnostics);
	fclose(file);
	return error;
}

static int read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void said(size_t number, const char *message)
{
	char text[512];

	assert_true(number < diagnostics.count);
	assert_string_equal(diagnostic_format(&diagnostics.items[number], text, sizeof(text)),
			    message);
}

static void refuses(const char *text, const char *message)
{
	assert_true(read_text(text) < 0);
	assert_int_equal(diagnostics.errors, 1);
	said(diagnostics.count - 1, message);
}

static void is_target(size_t number, const char *address, uint64_t flows, uint64_t packets,
		      uint64_t bytes)
{
	char text[ADDRESS_TEXT_SIZE];

	assert_true(number < replay.count);
	assert_string_equal(address_format(replay.targets[number].address, text), address);
	assert_int_equal(replay.targets[number].flows, flows);
	assert_int_equal(replay.targets[number].packets, packets);
	assert_int_equal(replay.targets[number].bytes, bytes);
}

static void csv_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_text("# from the flow collector\naddress,packets,bytes\r\n"
				   "5.1.0.1,3,300\n\n 2a00::1 , 7\n5.1.0.1\n\"5.1.0.2\",,9\n"
				   "5.1.0.1,10,1"),
			 0);
	assert_int_equal(diagnostics.count, 0);
	assert_int_equal(replay.count, 3);
	is_target(0, "5.1.0.1", 3, 14, 301);
	is_target(1, "2a00::1", 1, 7, 0);
	is_target(2, "5.1.0.2", 1, 1, 9);
	assert_int_equal(replay.flows, 5);
}

static void a_broken_csv_is_refused(void **state)
{
	char long_line[REPLAY_LINE_MOST + 100];

	(void)state;
	refuses("5.1.0.1,3\n5.1.0,4\n",
		"flows:2:1: \"5.1.0\" is not an address; write address[,packets[,bytes]]");
	refuses("address\nname\n",
		"flows:2:1: \"name\" is not an address; write address[,packets[,bytes]]");
	refuses("5.1.0.1,many\n",
		"flows:1:9: packets is not a whole number; write address[,packets[,bytes]]");
	refuses("5.1.0.1,1,-4\n",
		"flows:1:11: bytes is not a whole number; write address[,packets[,bytes]]");
	refuses("5.1.0.1,99999999999999999999\n",
		"flows:1:9: packets is not a whole number; write address[,packets[,bytes]]");
	refuses("5.1.0.1,\"1\n",
		"flows:1:9: a quote is opened and not closed; write address[,packets[,bytes]]");
	refuses("\n# nothing\n", "flows: there is no flow in it; give the log of 'gabelou agent', "
				 "or CSV: address[,packets[,bytes]]");
	memset(long_line, '1', sizeof(long_line));
	assert_int_equal(read_bytes(long_line, sizeof(long_line)), -EBADMSG);
	said(0, "flows:1: a NUL byte, or a line of over 65536 bytes: this is neither a flow log "
		"nor CSV");
	assert_int_equal(read_bytes("5.1.0.1\n5.1\0.0.2\n", 17), -EBADMSG);
	said(0, "flows:2: a NUL byte, or a line of over 65536 bytes: this is neither a flow log "
		"nor CSV");
	assert_int_equal(read_bytes("\x1f\x8b\x08\x00\x00", 5), -EBADMSG);
	said(0, "flows:1: a compressed file; unpack it first, or give '-' and pipe it in");
}

/* A line as the agent writes it. */
static char *log_line(const char *destination, enum event_kind kind, uint64_t packets)
{
	struct flow_event event = {.key = {.ethertype = 0x0800, .protocol = 6},
				   .packets = packets,
				   .bytes = 100 * packets,
				   .kind = kind};
	struct flow flow = {.event = &event};

	inet_pton(AF_INET, "10.0.0.1", event.key.source);
	inet_pton(AF_INET, destination, event.key.destination);
	json_t *json = flow_ecs(&flow);
	char *line = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	assert_non_null(line);
	return line;
}

static char *lost_line(uint64_t lost)
{
	struct flow_loss loss = {.lost = lost, .where = "kernel"};
	json_t *json = flow_ecs_lost(&loss);
	char *line = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	assert_non_null(line);
	return line;
}

static void our_own_log_is_read(void **state)
{
	char *lines[] = {log_line("5.1.0.1", EVENT_FIRST, 1), log_line("5.1.0.1", EVENT_SUMMARY, 9),
			 log_line("5.1.0.2", EVENT_FIRST, 1), lost_line(17)};
	char text[16384] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strcat(strcat(text, lines[i]), "\n");
		free(lines[i]);
	}
	assert_int_equal(read_text(text), 0);
	assert_int_equal(replay.count, 2);
	is_target(0, "5.1.0.1", 1, 10, 1000);
	is_target(1, "5.1.0.2", 1, 1, 100);
	assert_int_equal(replay.flows, 2);
	assert_int_equal(replay.lost, 17);
	assert_int_equal(replay.elsewhere, 1);
	assert_int_equal(diagnostics.errors, 0);
	said(0, "flows: the log says that it lacks 17 events: flows may be missing");
}

static void a_broken_line_of_a_log_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(
		read_text("{\"destination\":{\"ip\":\"5.1.0.1\"}}\n"
			  "{\"destination\":{\"ip\":\"5.1\n"
			  "{\"destination\":{\"ip\":\"five\"}}\n"
			  "[1]\n"
			  "{\"destination\":{\"ip\":\"5.1.0.1\"},\"network\":{\"packets\":4,"
			  "\"bytes\":-1}}"),
		0);
	is_target(0, "5.1.0.1", 2, 4, 0);
	assert_int_equal(replay.broken, 3);
	assert_int_equal(diagnostics.count, 3);
	assert_int_equal(diagnostics.errors, 0);
	said(1, "flows:3: destination.ip is not an address: left out");
	said(2, "flows:4: not a JSON object: left out");
	assert_string_equal(diagnostics.items[0].file, "flows");
	assert_int_equal(diagnostics.items[0].line, 2);
	assert_non_null(strstr(diagnostics.items[0].text, "not JSON ("));
	refuses("{broken\n{too\n", "flows: no line of it is a flow; give the log of 'gabelou "
				   "agent', or CSV: address[,packets[,bytes]]");
}

static void many_broken_lines_are_summed_up(void **state)
{
	char text[1024] = "{}\n";

	(void)state;
	for (int i = 0; i < 20; i++)
		strcat(text, "{\n");
	assert_int_equal(read_text(text), 0);
	assert_int_equal(diagnostics.count, 6);
	said(5, "flows: and 15 more lines were left out");
	assert_int_equal(replay.elsewhere, 1);
}

static struct table *compile(struct fixture *fixture, const struct atlas *atlas, country_t soil)
{
	struct rule rule = {.kind = RULE_ALLOW, .has_soil = true};
	struct policy policy = {.file = (char *)"test.yaml", .rules = &rule, .rule_count = 1};
	struct table *table = NULL;

	country_set_add(&rule.soil, soil);
	if (table_compile(&policy, atlas, NULL, &table, &fixture->diagnostics))
		fixture_fail(fixture, "no table");
	return table;
}

static void what_changes_is_listed_worst_first(void **state)
{
	struct atlas_config config = {0};
	struct replay_verdicts verdicts;
	struct fixture fixture;

	(void)state;
	fixture_open(&fixture);
	fixture_defaults(&fixture);
	fixture_write(&fixture, "soil.csv.zst",
		      "5.1.0.0,5.1.255.255,FR\n5.2.0.0,5.2.255.255,DE\n2a00::,2a00::ffff,FR\n");
	struct atlas *atlas = fixture_atlas(&fixture, &config);
	struct table *french = compile(&fixture, atlas, COUNTRY('F', 'R'));
	struct table *german = compile(&fixture, atlas, COUNTRY('D', 'E'));

	assert_int_equal(read_text("5.1.0.1,3\n5.1.0.2,30,1\n2a00::1,3\n5.2.0.1,5\n9.9.9.9,100\n"
				   "::ffff:5.1.0.9,4,4\n5.1.0.1,0\n"),
			 0);
	assert_int_equal(replay_judge(&replay, french, german, &verdicts), 0);
	assert_int_equal(verdicts.cut.count, 4);
	assert_int_equal(verdicts.cut.items[0].target.packets, 30);
	assert_true(verdicts.cut.items[1].target.address.value ==
		    ((u128)0xffff << 32 | 0x05010009));
	assert_int_equal(verdicts.cut.items[2].target.flows, 2);
	assert_int_equal(verdicts.cut.items[2].before.reason, REASON_RULE_ALLOW);
	assert_int_equal(verdicts.cut.items[2].after.reason, REASON_SOIL);
	assert_int_equal(verdicts.cut.packets, 40);
	assert_int_equal(verdicts.cut.flows, 5);
	assert_int_equal(verdicts.cut.bytes, 5);
	assert_int_equal(verdicts.let_out.count, 1);
	assert_int_equal(verdicts.let_out.packets, 5);
	replay_verdicts_free(&verdicts);
	table_free(french);
	table_free(german);
	atlas_free(atlas);
	fixture_close(&fixture);
}

static int end(void **state)
{
	(void)state;
	replay_free(&replay);
	diagnostics_free(&diagnostics);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_is_read),
		cmocka_unit_test(a_broken_csv_is_refused),
		cmocka_unit_test(our_own_log_is_read),
		cmocka_unit_test(a_broken_line_of_a_log_is_left_out),
		cmocka_unit_test(many_broken_lines_are_summed_up),
		cmocka_unit_test(what_changes_is_listed_worst_first),
	};

	return cmocka_run_group_tests_name("flow_replay", tests, NULL, end);
}
