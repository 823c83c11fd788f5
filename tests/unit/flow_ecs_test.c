// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The goal: a blocked flow is logged under the ECS names that a SOC's rules look for, with what
 * ECS has no words for under "gabelou"; and no field is invented where nothing is known.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "userspace/flow/flow.h"

static const struct flow_event tcp = {
	.key =
		{
			.source = {192, 0, 2, 1},
			.destination = {13, 36, 0, 1},
			.source_port = 40000,
			.destination_port = 443,
			.ifindex = 2,
			.generation = 7,
			.ethertype = 0x0800,
			.protocol = 6,
			.reason = REASON_RULE_DENY,
		},
	.time = 5000000000,
	.first = 3000000000,
	.packets = 3,
	.bytes = 300,
	.row = 4,
	.rule = 1,
	.kind = EVENT_SUMMARY,
};

static const struct place place = {
	.asn = 16509,
	.soil = COUNTRY('F', 'R'),
	.state = SOIL_AGREED,
};

static const struct asn_operator amazon = {
	.asn = 16509,
	.name = "Amazon.com, Inc.",
	.organisation = "Amazon.com",
	.parent = "Amazon.com Inc",
	.parent_country = COUNTRY('U', 'S'),
	.seat = COUNTRY('L', 'U'),
	.basis = OWNER_SOURCED,
	.since = "",
	.source = "",
};

static struct flow whole(const struct flow_event *event)
{
	return (struct flow){
		.event = event,
		.sequence = 42,
		.time_realtime_ns = 1795000000000001000,
		.interface_name = "eth0",
		.hostname = "host",
		.policy_name = "policy",
		.rule_name = "deny #2",
		.rule_why = "because",
		.place = &place,
		.asn_operator = &amazon,
		.owner = &amazon,
		.reach = {{COUNTRY('L', 'U'), COUNTRY('U', 'S')}, 2, 0, 0},
	};
}

/* The value at "a.b.c", as JSON text; "absent" if there is none. */
static const char *at(json_t *json, const char *path)
{
	static char text[512];
	char *copy = strdup(path), *rest = copy, *key;

	while ((key = strsep(&rest, ".")))
		json = json_object_get(json, key);
	free(copy);
	if (!json)
		return "absent";
	char *dump = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);

	snprintf(text, sizeof(text), "%s", dump);
	free(dump);
	return text;
}

static void test_a_denied_flow(void **state)
{
	static const struct {
		const char *path, *value;
	} expected[] = {
		{"@timestamp", "\"2026-11-18T11:06:40.000001Z\""},
		{"ecs.version", "\"9.0.0\""},
		{"event.kind", "\"event\""},
		{"event.category", "[\"network\"]"},
		{"event.type", "[\"connection\",\"denied\"]"},
		{"event.action", "\"dropped\""},
		{"event.outcome", "\"success\""},
		{"event.reason", "\"a deny rule matches\""},
		{"event.sequence", "42"},
		{"event.start", "\"2026-11-18T11:06:38.000001Z\""},
		{"event.duration", "2000000000"},
		{"network.direction", "\"egress\""},
		{"network.type", "\"ipv4\""},
		{"network.transport", "\"tcp\""},
		{"network.iana_number", "\"6\""},
		{"network.packets", "3"},
		{"network.bytes", "300"},
		{"source.ip", "\"192.0.2.1\""},
		{"source.port", "40000"},
		{"destination.ip", "\"13.36.0.1\""},
		{"destination.port", "443"},
		{"destination.geo.country_iso_code", "\"FR\""},
		{"destination.as.number", "16509"},
		{"destination.as.organization.name", "\"Amazon.com, Inc.\""},
		{"rule.name", "\"deny #2\""},
		{"rule.id", "\"1\""},
		{"rule.ruleset", "\"policy\""},
		{"rule.version", "\"7\""},
		{"rule.description", "\"because\""},
		{"observer.vendor", "\"gabelou\""},
		{"observer.product", "\"gabelou\""},
		{"observer.version", "\"" GABELOU_VERSION "\""},
		{"observer.type", "\"firewall\""},
		{"observer.hostname", "\"host\""},
		{"observer.egress.interface.name", "\"eth0\""},
		{"gabelou.generation", "7"},
		{"gabelou.reason", "\"rule-deny\""},
		{"gabelou.event", "\"summary\""},
		{"gabelou.soil.state", "\"agreed\""},
		{"gabelou.owner.country", "\"US\""},
		{"gabelou.owner.parent", "\"Amazon.com Inc\""},
		{"gabelou.owner.basis", "\"sourced\""},
		{"gabelou.owner.seat", "\"LU\""},
		{"gabelou.owner.reach", "[\"LU\",\"US\"]"},
		{"gabelou.icmp", "absent"},
		{"gabelou.ethertype", "absent"},
	};
	struct flow flow = whole(&tcp);
	json_t *line = flow_ecs(&flow);

	(void)state;
	assert_non_null(line);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_string_equal(at(line, expected[i].path), expected[i].value);
	assert_memory_equal(at(line, "network.community_id"), "\"1:", 3);
	json_decref(line);
}

/* It went on: whoever counts denials must not count it. */
static void test_monitor_mode_says_allowed(void **state)
{
	struct flow_event event = tcp;
	struct flow flow = whole(&event);

	(void)state;
	event.flags = EVENT_MONITOR;
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "event.action"), "\"would-drop\"");
	assert_string_equal(at(line, "event.type"), "[\"connection\",\"allowed\"]");
	json_decref(line);
}

static void test_a_pause_says_allowed(void **state)
{
	struct flow_event event = tcp;
	struct flow flow = whole(&event);

	(void)state;
	event.flags = EVENT_GATEWAY | EVENT_PAUSED;
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "event.action"), "\"paused\"");
	assert_string_equal(at(line, "event.type"), "[\"connection\",\"allowed\"]");
	json_decref(line);
}

static void test_a_rejection_says_so(void **state)
{
	struct flow_event event = tcp;
	struct flow flow = whole(&event);

	(void)state;
	event.flags = EVENT_REJECTED;
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "event.action"), "\"rejected\"");
	assert_string_equal(at(line, "event.type"), "[\"connection\",\"denied\"]");
	json_decref(line);
}

/* At the port where it came in: the interface is not where it would have left. */
static void test_a_gateway_judges_what_comes_in(void **state)
{
	struct flow_event event = tcp;
	struct flow flow = whole(&event);

	(void)state;
	event.flags = EVENT_GATEWAY;
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "network.direction"), "\"outbound\"");
	assert_string_equal(at(line, "observer.ingress.interface.name"), "\"eth0\"");
	assert_null(json_object_get(json_object_get(line, "observer"), "egress"));
	assert_string_equal(at(line, "event.action"), "\"dropped\"");
	json_decref(line);
}

/* Before there was an interface, or an address of our own. */
static void test_a_refusal_at_the_socket(void **state)
{
	struct flow_event event = tcp;
	struct flow flow = whole(&event);

	(void)state;
	event.flags = EVENT_SOCKET;
	event.sender = (struct sender){.cgroup = 44, .process = 1234, .user = 33};
	memcpy(event.sender.command, "0123456789abcdef", COMMAND_SIZE);
	flow.interface_name = NULL;
	flow.cgroup = "/system.slice/web.service";
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "event.action"), "\"refused\"");
	assert_string_equal(at(line, "event.type"), "[\"connection\",\"denied\"]");
	assert_string_equal(at(line, "process.pid"), "1234");
	assert_string_equal(at(line, "process.name"), "\"0123456789abcdef\"");
	assert_string_equal(at(line, "user.id"), "\"33\"");
	assert_string_equal(at(line, "gabelou.cgroup.id"), "44");
	assert_string_equal(at(line, "gabelou.cgroup.path"), "\"/system.slice/web.service\"");
	assert_string_equal(at(line, "observer.egress"), "absent");
	assert_string_equal(at(line, "source.ip"), "\"192.0.2.1\"");
	json_decref(line);
	memset(event.key.source, 0, sizeof(event.key.source));
	event.sender.process = 0; /* the kernel does not tell */
	flow.cgroup = NULL;
	line = flow_ecs(&flow);
	assert_string_equal(at(line, "source"), "absent");
	assert_string_equal(at(line, "network.community_id"), "absent");
	assert_string_equal(at(line, "destination.ip"), "\"13.36.0.1\"");
	assert_string_equal(at(line, "process"), "absent");
	assert_string_equal(at(line, "gabelou.cgroup.path"), "absent");
	json_decref(line);
}

/* There was no packet at all, nor a destination. */
static void test_a_refused_option(void **state)
{
	struct flow_event event = {.key = {.reason = REASON_BYPASS},
				   .row = ROW_NOT_JUDGED,
				   .rule = RULE_NONE,
				   .kind = EVENT_FIRST,
				   .packets = 1,
				   .flags = EVENT_SOCKET,
				   .sender = {.process = 7, .user = USER_UNKNOWN}};
	struct flow flow = {.event = &event};
	json_t *line = flow_ecs(&flow);

	(void)state;
	assert_string_equal(at(line, "gabelou.reason"), "\"bypass\"");
	assert_string_equal(at(line, "gabelou.ethertype"), "absent");
	assert_string_equal(at(line, "gabelou.cgroup"), "absent");
	assert_string_equal(at(line, "process.pid"), "7");
	assert_string_equal(at(line, "process.name"), "absent");
	assert_string_equal(at(line, "user"), "absent");
	json_decref(line);
}

static void test_what_is_not_known_is_absent(void **state)
{
	struct flow_event event = {.key = {.ethertype = 0x8847, .reason = REASON_ETHERTYPE},
				   .rule = RULE_NONE,
				   .kind = EVENT_FIRST,
				   .packets = 1};
	struct flow flow = {.event = &event};
	json_t *line = flow_ecs(&flow);

	(void)state;
	assert_non_null(line);
	assert_string_equal(at(line, "source"), "absent");
	assert_string_equal(at(line, "destination"), "absent");
	assert_string_equal(at(line, "network.type"), "absent");
	assert_string_equal(at(line, "network.community_id"), "absent");
	assert_string_equal(at(line, "network.iana_number"), "absent");
	assert_string_equal(at(line, "rule.name"), "absent");
	assert_string_equal(at(line, "gabelou.owner"), "absent");
	assert_string_equal(at(line, "gabelou.ethertype"), "\"0x8847\"");
	assert_string_equal(at(line, "gabelou.event"), "\"first\"");
	json_decref(line);
}

static void test_icmp_has_a_type_and_no_port(void **state)
{
	struct flow_event event = tcp;
	struct flow flow = whole(&event);

	(void)state;
	event.key.protocol = 1;
	event.key.source_port = 0;
	event.key.destination_port = 8 << 8 | 3;
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "network.transport"), "\"icmp\"");
	assert_string_equal(at(line, "gabelou.icmp.type"), "8");
	assert_string_equal(at(line, "gabelou.icmp.code"), "3");
	assert_string_equal(at(line, "destination.port"), "absent");
	json_decref(line);
}

/* Anycast has no one soil, whatever a source says. */
static void test_anycast_has_no_country(void **state)
{
	struct place anycast = place;
	struct flow flow = whole(&tcp);

	(void)state;
	anycast.state = SOIL_ANYCAST;
	flow.place = &anycast;
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "destination.geo"), "absent");
	assert_string_equal(at(line, "gabelou.soil.state"), "\"anycast\"");
	json_decref(line);
}

/* One odd name in a data file costs no event. */
static void test_a_name_that_is_not_utf8(void **state)
{
	struct asn_operator latin1 = amazon;
	struct flow flow = whole(&tcp);

	(void)state;
	latin1.name = "Soci\xe9t\xe9";
	flow.asn_operator = &latin1;
	json_t *line = flow_ecs(&flow);

	assert_non_null(line);
	assert_string_equal(at(line, "destination.as.organization.name"), "\"Soci?t?\"");
	json_decref(line);
}

static void test_inferred_reach_says_so(void **state)
{
	struct asn_operator unlisted = {.asn = 64500,
					.name = "",
					.organisation = "",
					.parent = "",
					.basis = OWNER_UNKNOWN,
					.since = "",
					.source = ""};
	struct flow flow = whole(&tcp);

	(void)state;
	flow.asn_operator = flow.owner = &unlisted;
	flow.reach = (struct reach){{COUNTRY('N', 'L')}, 1, 1, 0};
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "gabelou.owner.basis"), "\"inferred\"");
	assert_string_equal(at(line, "gabelou.owner.parent"), "absent");
	assert_string_equal(at(line, "destination.as.organization"), "absent");
	json_decref(line);
}

/* Nobody announces it, but it is in a provider's feed. */
static void test_the_owner_of_a_feed_is_the_provider(void **state)
{
	const struct place unrouted = {.provider = 16509, .soil = COUNTRY('F', 'R')};
	struct flow flow = whole(&tcp);

	(void)state;
	flow.place = &unrouted;
	flow.asn_operator = NULL;
	flow.reach = (struct reach){{COUNTRY('L', 'U'), COUNTRY('U', 'S')}, 2, 0, 1};
	json_t *line = flow_ecs(&flow);

	assert_string_equal(at(line, "gabelou.owner.basis"), "\"feed\"");
	assert_string_equal(at(line, "gabelou.owner.parent"), "\"Amazon.com Inc\"");
	assert_string_equal(at(line, "destination.as"), "absent");
	json_decref(line);
}

static void test_losses_are_an_event(void **state)
{
	struct flow_loss loss = {.sequence = 9,
				 .time_realtime_ns = 0,
				 .hostname = "host",
				 .lost = 12,
				 .where = "kernel"};
	json_t *line = flow_ecs_lost(&loss);

	(void)state;
	assert_string_equal(at(line, "message"), "\"events lost: 12\"");
	assert_string_equal(at(line, "@timestamp"), "\"1970-01-01T00:00:00.000000Z\"");
	assert_string_equal(at(line, "event.action"), "\"events-lost\"");
	assert_string_equal(at(line, "event.sequence"), "9");
	assert_string_equal(at(line, "gabelou.lost.events"), "12");
	assert_string_equal(at(line, "gabelou.lost.where"), "\"kernel\"");
	json_decref(line);
}

static void test_a_bypass_is_an_alert(void **state)
{
	const struct flow_bypass bypass = {
		.sequence = 11,
		.hostname = "host",
		.interface_name = "eth0",
		.packets = 1,
		.total = 8,
	};
	json_t *line = flow_ecs_bypass(&bypass);

	(void)state;
	assert_string_equal(at(line, "message"), "\"bypass: 1 packet left eth0 past the guard\"");
	assert_string_equal(at(line, "event.kind"), "\"alert\"");
	assert_string_equal(at(line, "event.action"), "\"guard-bypassed\"");
	assert_string_equal(at(line, "event.sequence"), "11");
	assert_string_equal(at(line, "observer.egress.interface.name"), "\"eth0\"");
	assert_string_equal(at(line, "gabelou.bypass.packets"), "1");
	assert_string_equal(at(line, "gabelou.bypass.total"), "8");
	json_decref(line);
}

static void test_a_program_of_somebody_else_is_an_event(void **state)
{
	const struct flow_foreign foreign = {
		.sequence = 10,
		.hostname = "host",
		.interface_name = "eth0",
		.hook = "tcx",
		.program_name = "cil_to_netdev",
		.program = 77,
		.in_front = true,
	};
	json_t *line = flow_ecs_foreign(&foreign);

	(void)state;
	assert_string_equal(at(line, "message"),
			    "\"program appeared: cil_to_netdev (77) on eth0, tcx, in front of the "
			    "guard\"");
	assert_string_equal(at(line, "event.action"), "\"program-appeared\"");
	assert_string_equal(at(line, "event.type"), "[\"change\"]");
	assert_string_equal(at(line, "event.sequence"), "10");
	assert_string_equal(at(line, "observer.egress.interface.name"), "\"eth0\"");
	assert_string_equal(at(line, "gabelou.foreign.hook"), "\"tcx\"");
	assert_string_equal(at(line, "gabelou.foreign.name"), "\"cil_to_netdev\"");
	assert_string_equal(at(line, "gabelou.foreign.program"), "77");
	assert_string_equal(at(line, "gabelou.foreign.in_front"), "true");
	json_decref(line);
}

static void test_a_notice_is_an_event(void **state)
{
	const struct flow_notice notice = {
		.sequence = 9,
		.time_realtime_ns = 1764000000ll * 1000000000,
		.hostname = "gw1",
		.action = "exception-ends",
		.message = "except #1 (a) ends within a day",
	};
	json_t *line = flow_ecs_notice(&notice);

	(void)state;
	assert_non_null(line);
	assert_string_equal(at(line, "event.action"), "\"exception-ends\"");
	assert_string_equal(at(line, "event.sequence"), "9");
	assert_string_equal(at(line, "message"), "\"except #1 (a) ends within a day\"");
	assert_string_equal(at(line, "observer.hostname"), "\"gw1\"");
	json_decref(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_denied_flow),
		cmocka_unit_test(test_monitor_mode_says_allowed),
		cmocka_unit_test(test_a_pause_says_allowed),
		cmocka_unit_test(test_a_rejection_says_so),
		cmocka_unit_test(test_a_gateway_judges_what_comes_in),
		cmocka_unit_test(test_a_refusal_at_the_socket),
		cmocka_unit_test(test_a_refused_option),
		cmocka_unit_test(test_what_is_not_known_is_absent),
		cmocka_unit_test(test_icmp_has_a_type_and_no_port),
		cmocka_unit_test(test_anycast_has_no_country),
		cmocka_unit_test(test_a_name_that_is_not_utf8),
		cmocka_unit_test(test_inferred_reach_says_so),
		cmocka_unit_test(test_the_owner_of_a_feed_is_the_provider),
		cmocka_unit_test(test_losses_are_an_event),
		cmocka_unit_test(test_a_bypass_is_an_alert),
		cmocka_unit_test(test_a_program_of_somebody_else_is_an_event),
		cmocka_unit_test(test_a_notice_is_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
