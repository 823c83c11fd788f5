/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of bpf/except.h and bpf/entries.h: what is denied and still may pass. */
#ifndef GABELOU_TESTS_COVERAGE_EXCEPTIONS_H
#define GABELOU_TESTS_COVERAGE_EXCEPTIONS_H

#include "tests/coverage/world.h"

#define EXCEPTIONS_PAST 4000
#define EXCEPTIONS_NOW  5000
#define EXCEPTIONS_RULE 7

enum { EXCEPT_ENDED, EXCEPT_TCP, EXCEPT_UDP, EXCEPT_PING, EXCEPT_FRAGMENTS, EXCEPTIONS };

static struct class_entry exceptions[ROW_ENTRIES_MOST];
static struct class_row exceptions_rows[CORPUS_CLASSES];

static void exceptions_of_denied(uint32_t count)
{
	exceptions_rows[HAND_DENIED].entries = ROW_ENTRIES(0, count);
	shim_config->entries = count;
	shim_config->sizes[TABLE_ENTRIES] = (uint32_t)(count * sizeof(exceptions[0]));
}

/* The table, but with exceptions to what it denies. */
static int exceptions_reset(void **state)
{
	world_reset(state);
	shim.kernel.tai = EXCEPTIONS_NOW;
	memcpy(exceptions_rows, shim.sections[TABLE_ROWS], sizeof(exceptions_rows));
	for (int i = 0; i < ROW_ENTRIES_MOST; i++)
		exceptions[i] =
			(struct class_entry){.rule = EXCEPTIONS_RULE,
					     .protocol = IPPROTO_SCTP, /* never comes here */
					     .verdict = VERDICT_ALLOW,
					     .reason = REASON_RULE_EXCEPT};
	exceptions[EXCEPT_ENDED].protocol = 0;
	exceptions[EXCEPT_ENDED].port_high = UINT16_MAX;
	exceptions[EXCEPT_ENDED].until = EXCEPTIONS_PAST;
	exceptions[EXCEPT_TCP].protocol = IPPROTO_TCP;
	exceptions[EXCEPT_TCP].port_low = exceptions[EXCEPT_TCP].port_high = 443;
	exceptions[EXCEPT_UDP].protocol = IPPROTO_UDP;
	exceptions[EXCEPT_UDP].port_low = 50;
	exceptions[EXCEPT_UDP].port_high = 60;
	exceptions[EXCEPT_UDP].until = UINT64_MAX;
	exceptions[EXCEPT_PING].protocol = IPPROTO_ICMP;
	exceptions[EXCEPT_PING].port_low = exceptions[EXCEPT_PING].port_high = 8;
	exceptions[EXCEPT_FRAGMENTS].protocol = 0;
	exceptions[EXCEPT_FRAGMENTS].port_low = exceptions[EXCEPT_FRAGMENTS].port_high = UINT16_MAX;
	exceptions[EXCEPT_FRAGMENTS].flags = ENTRY_LATER_FRAGMENTS;
	shim.sections[TABLE_ROWS] = exceptions_rows;
	shim.sections[TABLE_ENTRIES] = exceptions;
	shim.counter_count = COUNTER_SLOTS(CORPUS_CLASSES, ROW_ENTRIES_MOST);
	shim_config->rows = CORPUS_CLASSES;
	exceptions_of_denied(EXCEPTIONS);
	return 0;
}

static void exceptions_expect(const struct frame *frame, enum reason reason, const char *what)
{
	struct outcome outcome = world_run_frame(frame);

	world_expect(&outcome, reason, what);
	assert_int_equal(outcome.words[TRIAL_VERDICT] == VERDICT_ALLOW,
			 reason == REASON_RULE_EXCEPT);
	if (reason == REASON_RULE_EXCEPT)
		assert_int_equal(outcome.words[TRIAL_RULE], EXCEPTIONS_RULE);
}

/* A port of TCP or UDP, or a type of ICMP. */
static struct frame exceptions_frame(const char *form, unsigned port)
{
	struct frame frame = world_denied(form);
	size_t transport = frame.ip + IPV4_SIZE;

	if (form[0] == 'i') {
		put_zero(&frame, 8);
		frame.bytes[transport] = (uint8_t)port;
		ipv4_end(&frame, frame.ip);
	} else {
		frame.bytes[transport + 2] = (uint8_t)(port >> 8);
		frame.bytes[transport + 3] = (uint8_t)port;
	}
	return frame;
}

static void exceptions_by_flow(void **state)
{
	static const struct {
		const char *form;
		uint16_t port;
		int entry; /* -1: none */
	} cases[] = {
		{"tcp4", 443, EXCEPT_TCP},
		{"tcp4", 442, -1},
		{"tcp4", 444, -1},
		{"udp4", 443, -1},
		{"udp4", 50, EXCEPT_UDP},
		{"udp4", 60, EXCEPT_UDP},
		{"udp4", 49, -1},
		{"udp4", 61, -1},
		{"icmp4-3-bytes", 8, EXCEPT_PING},
		{"icmp4-3-bytes", 9, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = exceptions_frame(cases[i].form, cases[i].port);

		exceptions_expect(&frame, cases[i].entry < 0 ? REASON_SOIL : REASON_RULE_EXCEPT,
				  cases[i].form);
		if (cases[i].entry >= 0)
			assert_true(world_counters[COUNTER_OF_ENTRY(CORPUS_CLASSES, cases[i].entry)]
					    .packets);
	}
	struct frame later = world_denied("fragment4-later");
	exceptions_expect(&later, REASON_RULE_EXCEPT, "a later fragment");
	exceptions[EXCEPT_FRAGMENTS].flags = 0;
	exceptions_expect(&later, REASON_SOIL, "a later fragment without a word about it");
	struct frame other = world_denied("esp4");
	exceptions_expect(&other, REASON_TUNNEL, "what was not judged");
}

/* All but the last byte is linear, and the rest cannot be had. */
static void exceptions_of_what_cannot_be_read(void **state)
{
	struct frame frame = exceptions_frame("tcp4", 443);
	struct shim_packet packet = world_packet(&frame, false);
	struct outcome outcome;

	(void)state;
	packet.linear = packet.length - 1;
	outcome = world_run(&packet, false);
	world_expect(&outcome, REASON_RULE_EXCEPT, "a port that can be read");
	shim.kernel.pull_fails = 1;
	outcome = world_run(&packet, false);
	world_expect(&outcome, REASON_SOIL, "one that cannot");
}

/* Before the day of the build a clock is wrong, and nothing that ends is believed. */
static void exceptions_and_clocks(void **state)
{
	struct frame frame = exceptions_frame("tcp4", 443);

	(void)state;
	shim_config->clock_floor = shim.kernel.tai + 1;
	exceptions_expect(&frame, REASON_SOIL, "a clock that is wrong");
	shim_config->clock_floor = shim.kernel.tai;
	exceptions_expect(&frame, REASON_RULE_EXCEPT, "one that is right");
	shim_config->clock_floor = 0;
	shim.kernel.tai = EXCEPTIONS_PAST;
	struct frame other = exceptions_frame("tcp4", 1);
	exceptions_expect(&other, REASON_SOIL, "the moment that it ends");
	shim.kernel.tai = EXCEPTIONS_PAST - 1;
	exceptions_expect(&other, REASON_RULE_EXCEPT, "the last before it");
}

static void exceptions_that_are_not_there(void **state)
{
	struct frame frame = exceptions_frame("udp4", 1);

	(void)state;
	exceptions_of_denied(ROW_ENTRIES_MOST);
	exceptions_expect(&frame, REASON_SOIL, "a row with as many as can be");
	shim_config->sizes[TABLE_ENTRIES] = sizeof(exceptions[0]);
	exceptions_expect(&frame, REASON_SOIL, "a section cut short");
	exceptions_rows[HAND_DENIED].entries = 0;
	exceptions_expect(&frame, REASON_SOIL, "a row without any");
}

#endif
