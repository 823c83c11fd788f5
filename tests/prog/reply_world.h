/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of replies share: a trial in which ports are named, of the table made by hand. */
#ifndef GABELOU_TESTS_PROG_REPLY_WORLD_H
#define GABELOU_TESTS_PROG_REPLY_WORLD_H

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "tests/prog/hand_table.h"
#include "tests/prog/namespace.h"
#include "tests/prog/reply_frames.h"

#define SECOND 1000000000ull

struct world {
	struct diagnostics diagnostics;
	struct table *table;
	struct kernel_trial *trial;
};

/* Named: 443/tcp, 50 to 60/udp, echoes. */
static inline int set_up(void **state, uint32_t room, enum reason reason, size_t gateways)
{
	static char *inside[] = {"none"};
	struct world *world = calloc(1, sizeof(*world));
	const struct kernel_options options = {
		.replies = {{443, 443, IPPROTO_TCP, {0}},
			    {50, 60, IPPROTO_UDP, {0}},
			    {ICMP_ECHO, ICMP_ECHO, IPPROTO_ICMP, {0}},
			    {ICMP6_ECHO_REQUEST, ICMP6_ECHO_REQUEST, IPPROTO_ICMPV6, {0}}},
		.reply_count = 4,
		.reply_room = room,
		.inside = inside,
		.inside_count = gateways,
	};

	*state = world;
	world->table = hand_table(false, NULL, &world->diagnostics);
	struct class_row *rows = world->table->sections[TABLE_ROWS].bytes;
	rows[HAND_DENIED].reason = reason;
	kernel_trial_open(world->table, &options, &world->trial, &world->diagnostics);
	namespace_say(&world->diagnostics);
	return world->trial ? 0 : -1;
}

static inline int tear_down(void **state)
{
	struct world *world = *state;

	kernel_trial_close(world->trial);
	table_free(world->table);
	diagnostics_free(&world->diagnostics);
	free(world);
	return 0;
}

static inline void came(struct world *world, struct reply_frame frame)
{
	struct kernel_outcome outcome;

	assert_int_equal(kernel_trial_run(world->trial, KERNEL_INGRESS, true, frame.bytes,
					  frame.size, &outcome),
			 0);
	assert_int_equal(outcome.action, -1);
}

static inline enum reason judged(struct world *world, enum kernel_program program,
				 struct reply_frame frame)
{
	struct kernel_outcome outcome;

	assert_int_equal(
		kernel_trial_run(world->trial, program, true, frame.bytes, frame.size, &outcome),
		0);
	assert_int_equal(outcome.decision.verdict, outcome.decision.reason == REASON_REPLY);
	assert_int_equal(outcome.decision.rule, RULE_NONE);
	return outcome.decision.reason;
}

static inline void age(struct world *world, uint64_t seconds)
{
	assert_int_equal(kernel_trial_age(world->trial, seconds * SECOND), 0);
}

#endif
