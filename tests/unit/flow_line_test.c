// SPDX-License-Identifier: GPL-2.0-or-later
/* Goal: a line of the log is read back as it was written, the short way and by the JSON parser
 * alike, and the agent's own lines all go the short way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "userspace/flow/flow.h"
#include "userspace/flow/line.h"
#include "userspace/flow/unit.h"

static void same_text(const char *what, struct slice left, struct slice right)
{
	if (left.length != right.length ||
	    memcmp(left.text ? left.text : "", right.text ? right.text : "", left.length) != 0)
		fail_msg("%s: \"%.*s\" and \"%.*s\"", what, (int)left.length,
			 left.text ? left.text : "", (int)right.length,
			 right.text ? right.text : "");
}

static void same_line(const struct flow_line *own, const struct flow_line *json)
{
	same_text("time", own->time, json->time);
	same_text("destination", own->destination, json->destination);
	same_text("transport", own->transport, json->transport);
	same_text("country", own->country, json->country);
	same_text("operator", own->operator_name, json->operator_name);
	same_text("rule", own->rule, json->rule);
	same_text("process", own->process_name, json->process_name);
	same_text("reason", own->reason, json->reason);
	same_text("reach", own->reach, json->reach);
	same_text("parent", own->parent, json->parent);
	same_text("cgroup", own->cgroup, json->cgroup);
	assert_int_equal(own->packets, json->packets);
	assert_int_equal(own->bytes, json->bytes);
	assert_int_equal(own->asn, json->asn);
	assert_int_equal(own->process, json->process);
	assert_int_equal(own->port, json->port);
	assert_int_equal(own->summary, json->summary);
	assert_int_equal(own->monitor, json->monitor);
	assert_true(own->flow && json->flow);
}

static uint64_t below(uint64_t bound)
{
	return random_next() % bound;
}

static const char *const words[] = {
	NULL,         "",        "x",  "Amazon.com, Inc.",
	"a } b ],",   "Société", "}}", ",\"rule\":{ and \"cgroup\":{\"id\":7",
	"back\\slash"};
#define WORDS (sizeof(words) / sizeof(*words))

static const char *word(void)
{
	return words[below(WORDS)];
}

static const char *plain(void)
{
	const char *text = word();

	return text ? text : "";
}

/* Any event that the agent may come to write. */
static json_t *random_event(void)
{
	static const uint8_t protocols[] = {1, 6, 17, 47, 58, 99, 132};
	static const uint16_t ethertypes[] = {0x0800, 0x86dd, 0x8847, 0};
	struct flow_event event = {
		.packets = below(1000),
		.bytes = below(100000),
		.first = 1,
		.time = 1 + below(5000000000),
		.kind = 1 + (uint8_t)below(2),
		.flags = (uint8_t)below(8),
		.rule = (uint16_t)below(9),
		.sender = {below(3), (uint32_t)below(3), (uint32_t)below(2) - 1, ""}};
	struct place place = {.asn = (uint32_t)below(2) * 16509,
			      .soil = COUNTRY('F', 'R'),
			      .state = (uint8_t)below(5)};
	struct asn_operator holder = {.name = plain(),
				      .organisation = "",
				      .parent = plain(),
				      .parent_country = below(2) ? COUNTRY('U', 'S') : 0,
				      .seat = below(2) ? COUNTRY('L', 'U') : 0,
				      .basis = OWNER_SOURCED,
				      .since = "",
				      .source = ""};
	struct flow flow = {.event = &event,
			    .sequence = below(1000000),
			    .time_realtime_ns = 1795000000000001000,
			    .interface_name = word(),
			    .cgroup = word(),
			    .hostname = word(),
			    .policy_name = word(),
			    .rule_name = below(2) ? "deny #2" : NULL,
			    .rule_why = word()};

	event.key = (struct flow_key){.source_port = (uint16_t)below(65536),
				      .destination_port = (uint16_t)below(65536),
				      .generation = (uint32_t)below(9),
				      .ethertype = ethertypes[below(4)],
				      .protocol = protocols[below(sizeof(protocols))],
				      .reason = (uint8_t)below(REASON_COUNT)};
	for (int i = 0; i < 16; i++)
		event.key.destination[i] = (uint8_t)below(256);
	memcpy(event.key.source, event.key.destination, 4 * below(2));
	strncpy(event.sender.command, plain(), COMMAND_SIZE - 1);
	if (below(4)) {
		flow.place = &place;
		flow.owner = below(4) ? &holder : NULL;
		flow.asn_operator = flow.owner;
		if (below(2))
			flow.reach =
				(struct reach){{COUNTRY('L', 'U'), COUNTRY('U', 'S')}, 2, 0, 0};
	}
	return flow_ecs(&flow);
}

/* A blank in front: not as the agent writes it. */
static void read_by_json(const char *text, char *copy, struct flow_line *line)
{
	unsigned column;

	sprintf(copy, " %s", text);
	assert_false(flow_line_read_own(copy, strlen(copy), line));
	assert_null(flow_line_read(copy, strlen(copy), line, &column));
	assert_non_null(line->json);
}

static void both_ways_read_the_same(void **state)
{
	unsigned own_lines = 0;
	char copy[8192];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		json_t *json = random_event();
		char *text = json_dumps(json, JSON_COMPACT);
		struct flow_line own, other;

		assert_non_null(text);
		if (flow_line_read_own(text, strlen(text), &own)) {
			read_by_json(text, copy, &other);
			same_line(&own, &other);
			flow_line_release(&other);
			own_lines++;
		} else if (!strchr(text, '\\')) {
			fail_msg("not read the short way: %s", text);
		}
		free(text);
		json_decref(json);
	}
	assert_true(own_lines > 5000);
}

static void cut_and_broken_lines_are_refused_or_read_whole(void **state)
{
	json_t *json = random_event();
	char *text = json_dumps(json, JSON_COMPACT);
	struct flow_line line;
	unsigned column = 0;
	const char *why;

	(void)state;
	for (size_t length = 0; length + 1 < strlen(text); length++) {
		char *part = malloc(length + 1); /* to the byte, so that ASan sees one too many */

		memcpy(part, text, length);
		why = flow_line_read(part, length, &line, &column);
		if (!why)
			fail_msg("read as whole: %.*s", (int)length, part);
		flow_line_release(&line);
		free(part);
	}
	assert_string_equal(flow_line_read("[1]", 3, &line, &column), "not a JSON object");
	flow_line_release(&line);
	assert_string_equal(flow_line_read("{}", 2, &line, &column), "it has no \"@timestamp\"");
	flow_line_release(&line);
	why = flow_line_read("hello", 5, &line, &column);
	assert_non_null(strstr(why, "not JSON"));
	flow_line_release(&line);
	free(text);
	json_decref(json);
}

static void losses_are_read(void **state)
{
	struct flow_loss loss = {.lost = 7, .where = "kernel", .hostname = "host"};
	json_t *json = flow_ecs_lost(&loss);
	char *text = json_dumps(json, JSON_COMPACT);
	struct flow_line line;
	unsigned column;

	(void)state;
	assert_null(flow_line_read(text, strlen(text), &line, &column));
	assert_false(line.flow);
	assert_int_equal(line.lost, 7);
	flow_line_release(&line);
	free(text);
	json_decref(json);
}

static void units_are_found(void **state)
{
	static const struct {
		const char *cgroup, *unit;
	} cases[] = {
		{"/system.slice/nginx.service", "nginx.service"},
		{"/system.slice/nginx.service/worker", "nginx.service"},
		{"/user.slice/user-1000.slice/session-7.scope", "user-1000.slice"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox.service",
		 "app-firefox.service"},
		{"/system.slice/docker-0f2b.scope", "docker-0f2b.scope"},
		{"/kubepods/burstable/pod1", "/kubepods/burstable/pod1"},
		{"/session-1.scope", "/session-1.scope"},
		{"/", "/"},
		{"", ""},
		{"a.service", "a.service"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct slice unit =
			unit_of((struct slice){cases[i].cgroup, strlen(cases[i].cgroup)});

		same_text(cases[i].cgroup, unit,
			  (struct slice){cases[i].unit, strlen(cases[i].unit)});
	}
	assert_null(unit_of((struct slice){0}).text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_read_the_same),
		cmocka_unit_test(cut_and_broken_lines_are_refused_or_read_whole),
		cmocka_unit_test(losses_are_read),
		cmocka_unit_test(units_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
