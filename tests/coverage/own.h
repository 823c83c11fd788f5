/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of bpf/own.h: what is meant for the gateway itself. Not in a trial; the guard has none. */
#ifndef GABELOU_TESTS_COVERAGE_OWN_H
#define GABELOU_TESTS_COVERAGE_OWN_H

#include "tests/coverage/reports.h"

#define OURS   BPF_FIB_LKUP_RET_NOT_FWDED
#define ABROAD BPF_FIB_LKUP_RET_SUCCESS

static void own_addresses(void **state)
{
	static const char *const names[] = {"tcp4", "tcp6"};

	for (size_t i = 0; i < 2; i++) {
		struct frame frame = world_denied(names[i]);
		struct shim_packet bare = world_packet(&frame, true);

		reports_reset(state);
		bare.protocol = htons(frame.protocol);
		shim.kernel.routes[0] = ABROAD;
		deny(&frame);
		if (!shim_is_gateway)
			continue;
		assert_memory_equal(shim.asked, frame.bytes + frame.ip + (i ? 24 : 16), i ? 16 : 4);
		shim.kernel.routes[0] = OURS;
		assert_int_equal(world_run_frame(&frame).answer, ANSWER_PASS);
		assert_int_equal(world_run(&bare, true).answer, ANSWER_PASS);
		assert_int_equal(world_counters[REASON_GATEWAY].packets, 2);
		frame.bytes[0] |= 1; /* to a group */
		deny(&frame);
	}
}

/* What was not understood whole is never ours. */
static void own_and_not_understood(void **state)
{
	(void)state;
	shim.kernel.routes[0] = OURS;
	for (size_t i = 0; i < FRAME_FORMS; i++) {
		struct frame frame = world_form(forms[i].name);

		if (strcmp(forms[i].reason, "rule-allow") == 0 ||
		    strcmp(forms[i].reason, "control") == 0 ||
		    strcmp(forms[i].reason, "ethertype-lie") == 0)
			continue;
		shim.event_count = 0;
		deny(&frame);
		memset(shim.flows, 0, sizeof(shim.flows));
	}
}

static void own_ports(void **state)
{
	static const struct {
		bool bridged, has_vlans, has_rules, has_fields, no_cast;
		long table;
		bool passes;
	} cases[] = {
		{.has_fields = true, .passes = true},
		{.has_fields = true, .bridged = true},
		{.has_fields = true, .has_vlans = true},
		{.has_vlans = true, .passes = true}, /* a kernel without VLANs */
		{.has_fields = true, .no_cast = true},
		{.has_fields = true, .has_rules = true, .table = ABROAD, .passes = true},
		{.has_fields = true,
		 .has_rules = true,
		 .table = BPF_FIB_LKUP_RET_NO_NEIGH,
		 .passes = true},
		{.has_fields = true, .has_rules = true, .table = OURS},
		{.has_rules = true, .table = OURS, .passes = true}, /* one without rules */
	};
	static const char *const names[] = {"tcp4", "tcp6"};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = world_denied(names[i % 2]);

		reports_reset(state);
		shim.kernel.routes[0] = OURS;
		shim.kernel.routes[1] = cases[i / 2].table;
		shim.kernel.bridged = cases[i / 2].bridged;
		shim.kernel.has_vlans = cases[i / 2].has_vlans;
		shim.kernel.has_rules = cases[i / 2].has_rules;
		shim.kernel.has_fields = cases[i / 2].has_fields;
		bpf_cast_to_kern_ctx = !cases[i / 2].no_cast;
		assert_int_equal(world_run_frame(&frame).answer,
				 shim_is_gateway && cases[i / 2].passes ? ANSWER_PASS
									: ANSWER_DROP);
	}
}

#endif
