// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Goal: a program compiled for user space runs every line of the packet path, and decides as the
 * same program in the kernel does. Linked once with the guard and once with the gateway; `make
 * coverage` runs both and prints what was reached.
 */
#include "tests/coverage/edges.h"
#include "tests/coverage/lookups.h"
#include "tests/coverage/own.h"
#include "tests/coverage/reports.h"
#include "tests/coverage/world.h"

#define CORPUS_FRAMES 20000
#define BIG           70000 /* bytes: more than a 16-bit length can say */
#define PIECE         200

/* --- the same decision as in the kernel --- */

static void compare(const struct frame *frame, bool layer3, size_t *compared)
{
	struct shim_packet packet = world_packet(frame, layer3);
	struct kernel_outcome kernel;
	int error = kernel_trial_run(world_trial, shim_is_gateway ? KERNEL_GATEWAY : KERNEL_GUARD,
				     !layer3, packet.bytes, packet.length, &kernel);

	if (error == -EINVAL) /* too short for BPF_PROG_RUN */
		return;
	assert_int_equal(error, 0);
	struct outcome outcome = world_run(&packet, layer3);
	if (outcome.words[TRIAL_REASON] != kernel.decision.reason) {
		for (size_t i = 0; i < packet.length; i++)
			fprintf(stderr, "%s%02x", i ? "" : "# ", packet.bytes[i]);
		fail_msg("in the kernel %s, in user space %s", reason_name(kernel.decision.reason),
			 reason_name((enum reason)outcome.words[TRIAL_REASON]));
	}
	assert_int_equal(outcome.answer, kernel.action);
	assert_int_equal(outcome.words[TRIAL_CLASS], kernel.decision.class);
	assert_int_equal(outcome.words[TRIAL_VERDICT], kernel.decision.verdict);
	assert_int_equal(outcome.words[TRIAL_RULE], kernel.decision.rule);
	++*compared;
}

static void as_in_the_kernel(void **state)
{
	struct counter kernel[COUNTER_SLOTS(CORPUS_CLASSES, 0)];
	size_t compared = 0;
	uint64_t packets = 0;
	struct frame frame;

	(void)state;
	for (uint64_t i = 0; i < CORPUS_FRAMES; i++) {
		corpus_frame(&frame, 3, i);
		compare(&frame, false, &compared);
		compare(&frame, true, &compared);
	}
	print_message("# %zu decisions as in the kernel, 0 differences\n", compared);
	assert_true(compared > CORPUS_FRAMES);
	assert_int_equal(kernel_trial_counters(world_trial, kernel, shim.counter_count), 0);
	for (uint32_t i = 0; i < shim.counter_count; i++) {
		assert_int_equal(kernel[i].packets, world_counters[i].packets);
		assert_int_equal(kernel[i].bytes, world_counters[i].bytes);
		packets += kernel[i].packets;
	}
	assert_true(packets > CORPUS_FRAMES / 2);
}

/* --- what BPF_PROG_RUN cannot make --- */

static void every_form_as_it_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < FRAME_FORMS; i++) {
		struct frame frame = world_form(forms[i].name);
		struct shim_packet packet = world_packet(&frame, false);
		struct outcome outcome;

		if (!shim_is_gateway)
			packet.protocol = htons(frame.protocol);
		else if (strcmp(forms[i].reason, "ethertype-lie") == 0)
			continue;
		outcome = world_run(&packet, false);
		assert_string_equal(reason_name((enum reason)outcome.words[TRIAL_REASON]),
				    forms[i].reason);
	}
}

/* Whatever lies in the first piece, and whether or not a pull succeeds. */
static void in_pieces(void **state)
{
	struct frame frame;

	(void)state;
	for (uint64_t i = 0; i < FRAME_FORMS + 400; i++) {
		corpus_frame(&frame, 4, i);
		struct shim_packet packet = world_packet(&frame, false);
		struct outcome whole = world_run(&packet, false);

		for (packet.linear = 1; packet.linear < packet.length; packet.linear++) {
			struct outcome outcome = world_run(&packet, false);

			world_expect(&outcome, (enum reason)whole.words[TRIAL_REASON], "in pieces");
			shim.kernel.pull_fails = 1;
			outcome = world_run(&packet, false);
			assert_true(outcome.words[TRIAL_VERDICT] == VERDICT_DENY ||
				    outcome.words[TRIAL_REASON] == whole.words[TRIAL_REASON]);
			shim.kernel.pull_fails = 0;
			bpf_xdp_pull_data = false;
			outcome = world_run(&packet, false);
			assert_true(outcome.words[TRIAL_VERDICT] == VERDICT_DENY ||
				    outcome.words[TRIAL_REASON] == whole.words[TRIAL_REASON]);
			bpf_xdp_pull_data = true;
			shim_config->without = WITHOUT_PULL;
			outcome = world_run(&packet, false);
			assert_true(outcome.words[TRIAL_VERDICT] == VERDICT_DENY ||
				    outcome.words[TRIAL_REASON] == whole.words[TRIAL_REASON]);
			shim_config->without = 0;
		}
	}
}

static void in_pieces_without_a_link_header(void **state)
{
	struct frame frame;

	(void)state;
	for (uint64_t i = 0; i < FRAME_FORMS; i++) {
		corpus_frame(&frame, 4, i);
		if (frame.length <= ETHERNET_SIZE + 1)
			continue;
		struct shim_packet packet = world_packet(&frame, true);
		struct outcome whole = world_run(&packet, true);

		packet.linear = 1;
		struct outcome outcome = world_run(&packet, true);
		world_expect(&outcome, (enum reason)whole.words[TRIAL_REASON], "in pieces");
	}
}

static void tags_beside(void **state)
{
	struct frame plain = world_form("tcp4"), tagged = world_form("vlan");
	struct shim_packet packet = world_packet(&plain, false);
	struct outcome outcome;

	(void)state;
	packet.tag_beside = true;
	outcome = world_run(&packet, false);
	world_expect(&outcome, REASON_RULE_ALLOW, "one tag, beside");
	packet = world_packet(&tagged, false);
	packet.tag_beside = true;
	outcome = world_run(&packet, false);
	world_expect(&outcome, shim_is_gateway ? REASON_RULE_ALLOW : REASON_VLAN, "two tags");
}

/* Without a link header and outside a trial the kernel's word counts, to tc. */
static void told_without_a_link_header(void **state)
{
	static const struct {
		const char *form;
		uint16_t told;
		int passes;
	} cases[] = {
		{"tcp4", ETH_P_IP, 1}, {"tcp6", ETH_P_IPV6, 1}, {"tcp4", ETH_P_IPV6, 0},
		{"tcp6", ETH_P_IP, 0}, {"tcp4", ETH_P_ARP, 0},  {"tcp4", 0, 0},
	};

	(void)state;
	shim_config->trial = false;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = world_form(cases[i].form);
		struct shim_packet packet = world_packet(&frame, true);

		packet.protocol = htons(cases[i].told);
		assert_int_equal(world_run(&packet, true).answer,
				 cases[i].passes || shim_is_gateway ? ANSWER_PASS : ANSWER_DROP);
	}
}

/* A sum may be written behind the ports, and not before. */
static void checksums_at_every_place(void)
{
	static const char *const names[] = {
		"tcp4", "udp4", "tcp6", "udp6", "nd", "vlan", "fragment4-later", "igmp", "arp"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct frame frame = world_form(names[i]);
		struct shim_packet packet = world_packet(&frame, false);
		struct outcome before = world_run(&packet, false);

		packet.checksum_later = true;
		for (packet.checksum_at = 0; packet.checksum_at < packet.length;
		     packet.checksum_at++) {
			size_t transport =
				frame.ip +
				(names[i][3] == '6' || names[i][0] == 'n' ? IPV6_SIZE : IPV4_SIZE);
			bool behind =
				packet.checksum_at >= transport + (names[i][0] == 'n' ? 2 : 4);
			bool nowhere = i >= 6;
			struct outcome outcome = world_run(&packet, false);

			world_expect(&outcome,
				     shim_is_gateway || (behind && !nowhere)
					     ? (enum reason)before.words[TRIAL_REASON]
					     : REASON_CHECKSUM,
				     names[i]);
		}
	}
}

static void checksums_to_come(void **state)
{
	struct frame frame = world_form("udp4");
	struct shim_packet packet = world_packet(&frame, false);
	struct outcome before = world_run(&packet, false);

	(void)state;
	checksums_at_every_place();
	/* Before Linux 6.2 a program has to ask for copies. */
	bpf_cast_to_kern_ctx = false;
	checksums_at_every_place();
	bpf_cast_to_kern_ctx = true;
	shim_config->without = WITHOUT_CONTEXT;
	checksums_at_every_place();
	/* Where it may not, it does not see it. */
	shim_config->without |= WITHOUT_READS;
	packet.checksum_later = true;
	packet.checksum_at = (uint32_t)frame.ip + 16; /* the destination */
	struct outcome outcome = world_run(&packet, false);
	world_expect(&outcome, (enum reason)before.words[TRIAL_REASON], "udp4");
	shim_config->without = 0;
}

/* Many segments in one, longer than a length field can say (BIG TCP). */
static struct outcome big(const char *form, uint32_t length, bool gso)
{
	static uint8_t bytes[BIG];
	struct frame frame = world_form(form);

	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, frame.bytes, frame.length);
	memset(bytes + frame.ip + (form[3] == '6' ? 4 : 2), 0, 2);
	struct shim_packet packet = {
		.bytes = bytes,
		.length = length,
		.linear = PIECE,
		.protocol = htons(frame.protocol),
		.gso_size = gso ? 1448 : 0,
		.gso_segs = gso ? 49 : 0,
		.wire_length = gso ? length + 48 * 66 : length,
	};
	return world_run(&packet, false);
}

static void segments_in_one(void **state)
{
	static const char *const names[] = {"tcp4", "tcp6"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct outcome outcome = big(names[i], BIG, true);

		world_expect(&outcome, REASON_RULE_ALLOW, names[i]);
		if (!shim_is_gateway) {
			uint32_t slot = COUNTER_OF_ROW(HAND_ALLOWED);

			assert_int_equal(world_counters[slot].packets, 49 * (i + 1));
			assert_int_equal(world_counters[slot].bytes, (BIG + 48 * 66) * (i + 1));
			outcome = big(names[i], BIG, false);
			world_expect(&outcome, i ? REASON_JUMBOGRAM : REASON_IP_LENGTH, names[i]);
		}
		outcome = big(names[i], 60000, true); /* a length would have done */
		world_expect(&outcome, i ? REASON_JUMBOGRAM : REASON_IP_LENGTH, names[i]);
	}
	for (size_t i = 0; i < 2; i++) { /* of a usual size, with a right length and a wrong one */
		struct frame frame = world_form(names[i]);
		struct shim_packet packet = world_packet(&frame, false);

		packet.gso_size = 10;
		struct outcome outcome = world_run(&packet, false);
		world_expect(&outcome, REASON_RULE_ALLOW, names[i]);
		frame.bytes[frame.ip + (i ? 5 : 3)] -= 1;
		outcome = world_run(&packet, false);
		world_expect(&outcome, REASON_IP_LENGTH, names[i]);
	}
}

/* --- the table and the settings --- */

static void without_a_table(void **state)
{
	static const char *const names[] = {"tcp4", "tcp6", "vlan", "destination-options"};

	for (int section = 0; section <= TABLE_SECTION_COUNT; section++) {
		world_reset(state);
		if (section == TABLE_SECTION_COUNT)
			shim.kernel.no_maps = true;
		else
			shim_config->sizes[section] = 0;
		for (size_t i = 0; i < 4; i++) {
			struct frame frame = world_form(names[i]);
			struct outcome outcome = world_run_frame(&frame);

			if (shim.kernel.no_maps || section == TABLE_ROWS)
				world_expect(&outcome, REASON_INTERNAL, names[i]);
			assert_true(outcome.words[TRIAL_VERDICT] == VERDICT_DENY ||
				    outcome.words[TRIAL_REASON] == REASON_RULE_ALLOW);
		}
	}
}

static void what_the_policy_does_not_name(void **state)
{
	(void)state;
	for (int bit = 0; bit <= CONTROL_COUNT; bit++) {
		shim_config->control = bit == CONTROL_COUNT ? 0 : 1u << bit;
		for (size_t i = 0; i < FRAME_FORMS; i++) {
			struct frame frame = world_form(forms[i].name);
			struct outcome outcome = world_run_frame(&frame);

			if (!shim_config->control)
				assert_int_not_equal(outcome.words[TRIAL_REASON], REASON_CONTROL);
		}
	}
}

static void monitor_and_last_word(void **state)
{
	struct frame allowed = world_form("tcp4"), denied = world_denied("tcp4");

	(void)state;
	assert_int_equal(world_run_frame(&allowed).answer, ANSWER_PASS);
	assert_int_equal(world_run_frame(&denied).answer, ANSWER_DROP);
	shim_config->monitor = true;
	assert_int_equal(world_run_frame(&denied).answer, ANSWER_PASS);
	shim_config->monitor = false;
	shim_config->last_word = true;
	assert_int_equal(world_run_frame(&allowed).answer, shim_is_gateway ? ANSWER_PASS : 0);
	assert_int_equal(world_run_frame(&denied).answer, ANSWER_DROP);
}

/* A trial's words have no room before the packet: it is judged all the same. */
static void no_room_for_a_trial(void **state)
{
	struct frame denied = world_denied("tcp4");

	(void)state;
	shim.kernel.meta_fails = true;
	assert_int_equal(world_run_frame(&denied).answer, ANSWER_DROP);
	shim.kernel.meta_fails = false;
	shim.kernel.meta_lies = true;
	assert_int_equal(world_run_frame(&denied).answer, ANSWER_DROP);
	shim_run_unreachable();
}

#include "tests/coverage/answers.h"
#include "tests/coverage/exceptions.h"
#include "tests/coverage/named.h"
#include "tests/coverage/replies.h"
#include "tests/coverage/scopes.h"
#include "tests/coverage/tunnels.h"

#include "tests/coverage/books.h"

int main(void)
{
#define TEST(test)           cmocka_unit_test_setup(test, world_reset)
#define BOOKS_TEST(test)     cmocka_unit_test_setup(test, books_reset)
#define TUNNEL_TEST(test)    cmocka_unit_test_setup(test, tunnels_reset)
#define EXCEPTION_TEST(test) cmocka_unit_test_setup(test, exceptions_reset)
#define REPLY_TEST(test)     cmocka_unit_test_setup(test, replies_reset)
#define ANSWER_TEST(test)    cmocka_unit_test_setup(test, answers_reset)
#define SCOPE_TEST(test)     cmocka_unit_test_setup(test, scopes_reset)
#define REPORT_TEST(test)    cmocka_unit_test_setup(test, reports_reset)
	const struct CMUnitTest tests[] = {
		TEST(as_in_the_kernel),
		TEST(every_form_as_it_is_told),
		TEST(in_pieces),
		TEST(in_pieces_without_a_link_header),
		TEST(tags_beside),
		TEST(told_without_a_link_header),
		TEST(checksums_to_come),
		TEST(segments_in_one),
		TEST(without_a_table),
		TEST(what_the_policy_does_not_name),
		TEST(monitor_and_last_word),
		TEST(no_room_for_a_trial),
		BOOKS_TEST(books_of_what_passes),
		BOOKS_TEST(books_of_segments),
		BOOKS_TEST(books_of_tunnels),
		TEST(edges_of_nothing),
		TEST(edges_of_what_is_told),
		TEST(edges_of_control),
		TEST(edges_of_llc),
		TEST(edges_of_igmp),
		TEST(edges_of_protocols),
		TEST(edges_of_chains),
		TEST(lookups_in_sections_cut_short),
		TEST(lookups_that_lead_nowhere),
		TEST(lookups_of_what_is_inside),
		TUNNEL_TEST(tunnels_as_in_the_kernel),
		TUNNEL_TEST(tunnels_in_pieces),
		TUNNEL_TEST(tunnels_and_checksums),
		TUNNEL_TEST(tunnels_to_whom_a_rule_denies),
		TUNNEL_TEST(tunnels_and_own_addresses),
		TUNNEL_TEST(tunnels_out_of_sight),
		TUNNEL_TEST(tunnels_of_long_headers),
		TUNNEL_TEST(tunnels_with_tags),
		TUNNEL_TEST(tunnels_in_the_books),
		TUNNEL_TEST(named_routing_protocols),
		TUNNEL_TEST(named_bfd),
		TUNNEL_TEST(named_azure),
		TEST(lookups_through_translators),
		SCOPE_TEST(scopes_by_interface),
		SCOPE_TEST(scopes_by_cgroup),
		SCOPE_TEST(scopes_by_cgroup_of_any_socket),
		SCOPE_TEST(scopes_by_source),
		SCOPE_TEST(scopes_behind_a_nat),
		SCOPE_TEST(scopes_of_two_minds),
		SCOPE_TEST(scopes_in_tunnels),
		TEST(local_through_an_interface),
		ANSWER_TEST(answers_by_reset),
		ANSWER_TEST(answers_by_message),
		ANSWER_TEST(answers_to_hosts_alone),
		ANSWER_TEST(answers_on_every_link),
		ANSWER_TEST(answers_and_checksums),
		ANSWER_TEST(answers_within_limits),
		ANSWER_TEST(answers_that_fail),
		REPLY_TEST(replies_to_openings),
		REPLY_TEST(replies_of_connections),
		REPLY_TEST(replies_without_room),
		REPLY_TEST(replies_by_datagram),
		REPLY_TEST(replies_that_may_not_be),
		REPLY_TEST(replies_that_cannot_be_read),
		REPLY_TEST(replies_in_segments),
		REPLY_TEST(replies_in_fragments),
		REPLY_TEST(replies_to_echos),
		REPLY_TEST(replies_and_errors),
		EXCEPTION_TEST(exceptions_by_flow),
		EXCEPTION_TEST(exceptions_of_what_cannot_be_read),
		EXCEPTION_TEST(exceptions_and_clocks),
		EXCEPTION_TEST(exceptions_that_are_not_there),
		REPORT_TEST(flows_first_and_later),
		REPORT_TEST(flows_of_every_kind),
		REPORT_TEST(flows_that_the_ring_refuses),
		REPORT_TEST(flows_that_go_at_once),
		REPORT_TEST(flows_and_who_sends),
		REPORT_TEST(flows_over_upper_links),
		REPORT_TEST(flows_beyond_the_table),
		REPORT_TEST(flows_of_another_cpu),
		REPORT_TEST(flows_in_monitor_mode),
		REPORT_TEST(flows_in_a_pause),
		REPORT_TEST(own_addresses),
		REPORT_TEST(own_and_not_understood),
		REPORT_TEST(own_ports),
	};

	return cmocka_run_group_tests_name(shim_is_gateway ? "gateway in user space"
							   : "guard in user space",
					   tests, world_open, world_close);
}
