/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of bpf/report.h: what is remembered and sent of denied flows. Not in a trial. */
#ifndef GABELOU_TESTS_COVERAGE_REPORTS_H
#define GABELOU_TESTS_COVERAGE_REPORTS_H

#include "tests/coverage/world.h"

static int reports_reset(void **state)
{
	world_reset(state);
	shim_config->trial = false;
	shim_config->generation = 7;
	return 0;
}

static void deny(const struct frame *frame)
{
	assert_int_equal(world_run_frame(frame).answer, ANSWER_DROP);
}

static void flows_first_and_later(void **state)
{
	struct frame frame = world_denied("udp4");
	const struct flow_event *first = &shim.events[0], *later = &shim.events[1];

	(void)state;
	deny(&frame);
	assert_int_equal(shim.event_count, 1);
	assert_memory_equal(first->key.source, frame.bytes + frame.ip + 12, 4);
	assert_memory_equal(first->key.destination, frame.bytes + frame.ip + 16, 4);
	assert_int_equal(first->key.source_port, 40000);
	assert_int_equal(first->key.destination_port, 53);
	assert_int_equal(first->key.protocol, IPPROTO_UDP);
	assert_int_equal(first->key.ethertype, ETH_P_IP);
	assert_int_equal(first->key.reason, REASON_SOIL);
	assert_int_equal(first->key.generation, 7);
	assert_int_equal(first->kind, EVENT_FIRST);
	assert_int_equal(first->packets, 1);
	assert_int_equal(first->bytes, frame.length);
	assert_int_equal(first->row, HAND_DENIED);
	assert_int_equal(first->rule, RULE_NONE);
	assert_int_equal(first->flags, shim_is_gateway ? EVENT_GATEWAY : 0);
	for (int i = 0; i < 3; i++) {
		shim.kernel.now += 100;
		deny(&frame);
	}
	assert_int_equal(shim.event_count, 1);
	shim.kernel.now += FLOW_INTERVAL;
	deny(&frame);
	assert_int_equal(shim.event_count, 2);
	assert_int_equal(later->kind, EVENT_SUMMARY);
	assert_int_equal(later->packets, 4);
	assert_int_equal(later->bytes, 4 * frame.length);
	assert_int_equal(later->time - later->first, 200 + FLOW_INTERVAL);
}

/* What the parser did not reach is zero; ICMP has type and code for ports. */
static void flows_of_every_kind(void **state)
{
	static const struct {
		const char *form;
		uint16_t ethertype, destination_port;
		enum reason reason;
	} cases[] = {
		{"tcp6", ETH_P_IPV6, 443, REASON_SOIL},
		{"nd-elsewhere", ETH_P_IPV6, 135 << 8, REASON_SOIL},
		{"fragment4-later", ETH_P_IP, 0, REASON_SOIL},
		{"esp4", ETH_P_IP, 0, REASON_TUNNEL},
		{"bare-ethernet", ETH_P_IP, 0, REASON_TRUNCATED},
		{"experimental", 0x88b5, 0, REASON_ETHERTYPE},
		{"icmp4-3-bytes", ETH_P_IP, 0, REASON_TRUNCATED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame =
			i < 3 ? world_denied(cases[i].form) : world_form(cases[i].form);

		reports_reset(state);
		deny(&frame);
		assert_int_equal(shim.event_count, 1);
		assert_int_equal(shim.events[0].key.ethertype, cases[i].ethertype);
		assert_int_equal(shim.events[0].key.reason, cases[i].reason);
		assert_int_equal(shim.events[0].key.destination_port, cases[i].destination_port);
	}
	reports_reset(state);
	struct frame icmp = world_denied("icmp4-3-bytes");
	put_zero(&icmp, 8);
	icmp.bytes[icmp.ip + IPV4_SIZE] = 8;
	ipv4_end(&icmp, icmp.ip);
	deny(&icmp);
	assert_int_equal(shim.events[0].key.destination_port, 8 << 8);
}

static void flows_that_the_ring_refuses(void **state)
{
	struct frame frame = world_denied("tcp4");

	(void)state;
	shim.kernel.ring_full = true;
	deny(&frame);
	shim.kernel.now += FLOW_INTERVAL;
	deny(&frame);
	assert_int_equal(shim.lost, 2);
	assert_int_equal(shim.event_count, 0);
	shim.kernel.ring_full = false;
	shim.kernel.now += FLOW_INTERVAL;
	deny(&frame);
	assert_int_equal(shim.event_count, 1); /* nothing of the sum is lost */
	assert_int_equal(shim.events[0].packets, 3);
	/* Nor does it matter where there is nothing to count in. */
	shim.kernel.no_maps = shim.kernel.ring_full = true;
	deny(&frame);
	shim.kernel.flows_most = 0;
	memset(shim.flows, 0, sizeof(shim.flows));
	deny(&frame);
	assert_int_equal(shim.lost, 2);
	assert_int_equal(shim.event_count, 1);
	shim.kernel.no_maps = false;
	shim.kernel.missing = SHIM_MAP_LOST;
	deny(&frame);
	assert_int_equal(shim.lost, 2);
}

/* Another CPU has taken the flow away already, as the sweep does. */
static void flows_that_go_at_once(void **state)
{
	struct frame frame = world_denied("tcp4");

	(void)state;
	shim.kernel.missing = SHIM_MAP_FLOWS;
	deny(&frame);
	assert_int_equal(shim.event_count, 0);
}

/* Who sends is known to tc alone: as it is noted at the socket, or the user at least. */
static void flows_and_who_sends(void **state)
{
	static const struct sender known = {.process = 4711, .user = 33};
	struct frame frame = world_denied("tcp4");
	struct shim_packet packet = world_packet(&frame, false);
	struct {
		bool from_socket, small;
		const struct sender *known;
		uint32_t process, user;
	} cases[] = {
		{false, false, &known, 0, USER_UNKNOWN},
		{true, true, &known, 0, USER_UNKNOWN},
		{true, false, NULL, 0, shim_is_gateway ? USER_UNKNOWN : SHIM_USER},
		{true, false, &known, shim_is_gateway ? 0 : 4711,
		 shim_is_gateway ? USER_UNKNOWN : 33},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reports_reset(state);
		packet.from_socket = cases[i].from_socket;
		shim.kernel.small_socket = cases[i].small;
		shim.kernel.sender = cases[i].known;
		assert_int_equal(world_run(&packet, false).answer, ANSWER_DROP);
		assert_int_equal(shim.events[0].sender.process, cases[i].process);
		assert_int_equal(shim.events[0].sender.user, cases[i].user);
	}
}

/* What passes over an upper link is counted below; what is denied there does not come so far. */
static void flows_over_upper_links(void **state)
{
	struct frame denied = world_denied("tcp4"), allowed = world_form("tcp4");
	uint64_t once = 1;

	if (shim_is_gateway)
		return;
	shim.kernel.upper = true;
	assert_int_equal(world_run_frame(&allowed).answer, ANSWER_PASS);
	assert_int_equal(world_counters[COUNTER_OF_ROW(HAND_ALLOWED)].packets, 0);
	deny(&denied);
	assert_int_equal(world_counters[COUNTER_OF_ROW(HAND_DENIED)].packets, once);
	assert_int_equal(shim.event_count, once);
	shim_config->monitor = true; /* passes, too */
	assert_int_equal(world_run_frame(&denied).answer, ANSWER_PASS);
	assert_int_equal(world_counters[COUNTER_OF_ROW(HAND_DENIED)].packets, once);
	shim_config->monitor = false; /* and in a pause */
	shim.pause = (struct pause_until){.boot = shim.kernel.now + 1, .tai = shim.kernel.tai + 1};
	assert_int_equal(world_run_frame(&denied).answer, ANSWER_PASS);
	assert_int_equal(world_counters[COUNTER_OF_ROW(HAND_DENIED)].packets, once);
	/* A trial is told in any case. */
	world_reset(state);
	shim.kernel.upper = true;
	struct outcome outcome = world_run_frame(&allowed);
	world_expect(&outcome, REASON_RULE_ALLOW, "over an upper link");
}

static void flows_beyond_the_table(void **state)
{
	struct frame frame = world_denied("tcp4");

	(void)state;
	shim.kernel.flows_most = 0;
	deny(&frame);
	deny(&frame);
	assert_int_equal(shim.event_count, 2); /* each by itself: no sums */
	assert_int_equal(shim.events[1].packets, 1);
}

static void flows_of_another_cpu(void **state)
{
	struct frame frame = world_denied("tcp4");

	(void)state;
	shim.kernel.other_cpu = true; /* its flow stands, and ours is added to it */
	deny(&frame);
	assert_int_equal(shim.event_count, 0);
	assert_int_equal(shim.flows[0].state.packets, 2);
}

static void flows_in_monitor_mode(void **state)
{
	struct frame frame = world_denied("tcp4");

	(void)state;
	shim_config->monitor = true;
	assert_int_equal(world_run_frame(&frame).answer, ANSWER_PASS);
	assert_true(shim.events[0].flags & EVENT_MONITOR);
}

/* By either clock, if the time of day is right. */
static void flows_in_a_pause(void **state)
{
	struct frame frame = world_denied("tcp4");

	(void)state;
	shim.pause = (struct pause_until){.boot = 101, .tai = 201};
	shim.kernel.now = 100;
	shim.kernel.tai = 200;
	assert_int_equal(world_run_frame(&frame).answer, ANSWER_PASS);
	assert_true(shim.events[0].flags & EVENT_PAUSED);
	shim.kernel.tai = 201;
	assert_int_equal(world_run_frame(&frame).answer, ANSWER_DROP);
	shim_config->without |= WITHOUT_TAI;
	assert_int_equal(world_run_frame(&frame).answer, ANSWER_PASS);
	shim_config->without &= (__u8)~WITHOUT_TAI;
	shim.kernel.tai = 200;
	shim_config->clock_floor = 201;
	assert_int_equal(world_run_frame(&frame).answer, ANSWER_DROP);
	shim_config->clock_floor = 0;
	shim.kernel.now = 101;
	assert_int_equal(world_run_frame(&frame).answer, ANSWER_DROP);
	assert_false(shim.events[1].flags & EVENT_PAUSED);
}

#endif
