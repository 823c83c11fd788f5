/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of tunnels to endpoints that the policy names, and of control traffic that passes only
 * where it does. First the same decisions as in the kernel, on every tunnel and on mutations of
 * them; then what BPF_PROG_RUN cannot make.
 */
#ifndef GABELOU_TESTS_COVERAGE_TUNNELS_H
#define GABELOU_TESTS_COVERAGE_TUNNELS_H

#include "tests/coverage/edges.h"
#include "tests/coverage/world.h"
#include "tests/lab/tunnels.h"

#define TUNNEL_MUTATIONS 400 /* of each form */
#define OWN_PORT         5000

/* 192.0.2.0/28 and 2001:db8:f::/48 for every kind; 192.0.2.128/28 for VXLAN on a port of its own.
 */
static void tunnels_name(struct guard_tunnel tunnels[TUNNELS_MOST], uint8_t *count)
{
	const uint32_t all = (1 << TUNNEL_COUNT) - 1;

	*count = 3;
	tunnels[0] = (struct guard_tunnel){
		.low = 0xffffc0000200, .mask_high = UINT64_MAX, .mask_low = ~0xfull, .kinds = all};
	tunnels[1] = (struct guard_tunnel){
		.high = 0x20010db8000f0000, .mask_high = ~0xffffull, .kinds = all};
	tunnels[2] = (struct guard_tunnel){.low = 0xffffc0000280,
					   .mask_high = UINT64_MAX,
					   .mask_low = ~0xfull,
					   .kinds = TUNNEL_VXLAN | TUNNEL_GRE,
					   .port = OWN_PORT};
}

static int tunnels_reset(void **state)
{
	world_reset(state);
	tunnels_name(shim_config->tunnels, &shim_config->tunnel_count);
	shim_config->control = (1u << CONTROL_COUNT) - 1;
	return 0;
}

/* @endpoint: 0 not named, 1 named, 2 by its port. */
static struct frame tunnel(int argument, int endpoint, bool approved)
{
	static const char *const to4[] = {"198.51.100.7", "192.0.2.7", "192.0.2.135"};
	static const char *const to6[] = {"2001:db8:a::7", "2001:db8:f::7", "2001:db8:f::8"};
	struct ends ends = {.source_mac = {2, [5] = 1},
			    .destination_mac = {2, [5] = 2},
			    .source4 = {10, 88, 0, 2},
			    .source6 = {0xfd, [15] = 2}};
	struct frame frame = {0};

	inet_pton(AF_INET, to4[endpoint], ends.destination4);
	inet_pton(AF_INET6, to6[endpoint], ends.destination6);
	inet_pton(AF_INET, approved ? "198.51.100.7" : "198.18.0.7", ends.inside4);
	inet_pton(AF_INET6, approved ? "2001:db8:a::7" : "2001:db8:e::7", ends.inside6);
	form_tunnel(&frame, &ends, argument);
	return frame;
}

static int form_argument(const char *name)
{
	for (size_t i = 0; i < TUNNEL_FORMS; i++)
		if (strcmp(tunnel_forms[i].name, name) == 0)
			return tunnel_forms[i].argument;
	fail_msg("no tunnel %s", name);
	return 0;
}

static void tunnels_as_in_the_kernel(void **state)
{
	static char *inside[] = {(char *)"*"};
	struct kernel_options options = {
		.control = (1u << CONTROL_COUNT) - 1, .inside = inside, .inside_count = 1};
	struct kernel_trial *usual = world_trial;
	struct diagnostics diagnostics = {0};
	size_t compared = 0;

	(void)state;
	tunnels_name(options.tunnels, &options.tunnel_count);
	assert_int_equal(kernel_trial_open(world_table, &options, &world_trial, &diagnostics), 0);
	/* a neighbour is asked of the routes, and those of the machine are not ours to know */
	shim.kernel.routes[0] = BPF_FIB_LKUP_RET_UNREACHABLE;
	for (size_t i = 0; i < TUNNEL_FORMS * TUNNEL_MUTATIONS; i++) {
		random_seed(i);
		struct frame frame =
			tunnel(tunnel_forms[i % TUNNEL_FORMS].argument,
			       random_chance(12) ? 1 : (int)(random_next() % 3), random_chance(12));

		if (random_chance(2) && frame.bytes[frame.ip + 9] == IPPROTO_UDP)
			set16(&frame, frame.ip + IPV4_SIZE + 2, OWN_PORT);
		for (unsigned count = random_next() % 3; count; count--)
			corpus_mutate(&frame);
		if (frame.length < ETHERNET_SIZE)
			continue;
		compare(&frame, false, &compared);
		compare(&frame, true, &compared);
	}
	kernel_trial_close(world_trial);
	world_trial = usual;
	diagnostics_free(&diagnostics);
	print_message("# %zu decisions about tunnels as in the kernel, 0 differences\n", compared);
	assert_true(compared > TUNNEL_FORMS * TUNNEL_MUTATIONS);
}

/* Whatever lies in the first piece, and whether or not a pull succeeds. */
static void tunnels_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < TUNNEL_FORMS; i++) {
		struct frame frame = tunnel(tunnel_forms[i].argument, 1, true);
		struct shim_packet packet = world_packet(&frame, false);
		struct outcome whole = world_run(&packet, false);

		assert_string_equal(reason_name((enum reason)whole.words[TRIAL_REASON]),
				    tunnel_forms[i].reason);
		for (packet.linear = 1; packet.linear < packet.length; packet.linear++) {
			struct outcome outcome = world_run(&packet, false);

			world_expect(&outcome, (enum reason)whole.words[TRIAL_REASON],
				     tunnel_forms[i].name);
			for (shim.kernel.pull_fails = 1; shim.kernel.pull_fails < 6;
			     shim.kernel.pull_fails++) {
				outcome = world_run(&packet, false);
				if (outcome.words[TRIAL_VERDICT] != VERDICT_DENY &&
				    outcome.words[TRIAL_REASON] != whole.words[TRIAL_REASON])
					fail_msg("%s, %u bytes in the first piece, pull %u fails: "
						 "%s",
						 tunnel_forms[i].name, packet.linear,
						 shim.kernel.pull_fails,
						 reason_name(
							 (enum reason)outcome.words[TRIAL_REASON]));
			}
			shim.kernel.pull_fails = 0;
		}
	}
}

/* How many frames a tunnel makes of a packet is not known. */
static void tunnels_in_the_books(void **state)
{
	struct frame frame = tunnel(0, 1, true);
	struct shim_packet packet = world_packet(&frame, false);

	(void)state;
	shim_config->books = true;
	packet.gso_size = 10;
	packet.gso_segs = 4;
	struct outcome outcome = world_run(&packet, false);
	world_expect(&outcome, REASON_RULE_ALLOW, "a tunnel in segments");
	assert_int_equal(shim.book.segments_more[BOOK_OTHER], shim_is_gateway ? 0 : 3);
}

/* Only a tunnel's own UDP checksum may still be written before what was read. */
static void tunnels_and_checksums(void **state)
{
	static const char *const names[] = {"in-vxlan", "in-geneve6", "in-gre4", "in-ipip"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct frame frame = tunnel(form_argument(names[i]), 1, true);
		struct shim_packet packet = world_packet(&frame, false);
		size_t outer = frame.ip + (i == 1 ? IPV6_SIZE : IPV4_SIZE), passed = 0;

		packet.checksum_later = true;
		for (packet.checksum_at = 0; packet.checksum_at < packet.length;
		     packet.checksum_at++) {
			struct outcome outcome = world_run(&packet, false);
			bool of_udp = i < 2 && packet.checksum_at == outer + 6;

			if (outcome.words[TRIAL_VERDICT] == VERDICT_DENY)
				world_expect(&outcome, REASON_CHECKSUM, names[i]);
			else if (!shim_is_gateway)
				assert_true(of_udp || packet.checksum_at > outer + 20);
			passed += outcome.words[TRIAL_VERDICT];
		}
		assert_true(passed > 0);
	}
}

/* A deny rule that names the endpoint is stronger than the tunnel's line. */
static void tunnels_to_whom_a_rule_denies(void **state)
{
	struct frame frame = tunnel(form_argument("in-ipip"), 1, true);
	struct class_row *rows =
		(struct class_row *)(void *)cut(TABLE_ROWS, world_table->sections[TABLE_ROWS].size);
	struct outcome outcome = world_run_frame(&frame);

	(void)state;
	world_expect(&outcome, REASON_RULE_ALLOW, "a tunnel");
	rows[HAND_DENIED].reason = REASON_RULE_DENY;
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_RULE_DENY, "a tunnel to whom a rule denies");
}

/* What is in a tunnel is not sent to the gateway, whatever its address. */
static void tunnels_and_own_addresses(void **state)
{
	struct frame frame = tunnel(form_argument("in-ipip"), 1, false);

	(void)state;
	shim_config->trial = false;
	shim.kernel.routes[0] = BPF_FIB_LKUP_RET_NOT_FWDED;
	assert_int_equal(world_run_frame(&frame).answer, ANSWER_DROP);
}

/* What begins behind the first 256 bytes may be a tunnel, and so it is one. */
static void tunnels_out_of_sight(void **state)
{
	struct frame frame = chain(false, 192, IPPROTO_UDP);
	size_t upper = frame.ip + IPV6_SIZE + 192;
	struct outcome outcome;

	(void)state;
	set16(&frame, upper + 2, 5001);
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_RULE_ALLOW, "UDP to any port");
	set16(&frame, upper + 2, TUNNEL_PORT_VXLAN);
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_TUNNEL, "UDP to the port of VXLAN, and nothing to be seen");
	frame.length = upper + 8;
	ipv6_end(&frame, frame.ip);
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_RULE_ALLOW, "UDP to the port of VXLAN, and nothing in it");
}

/* GENEVE with @options bytes of options around TCP, or UDP to @port. */
static struct frame geneve(unsigned options, uint16_t port)
{
	struct frame frame = tunnel(TUNNELLED(OUTER_4, BY_GENEVE_IP, INSIDE_UDP4), 1, true);
	size_t header = frame.ip + IPV4_SIZE + 8, inner = header + 8;
	struct frame rest = frame;

	frame.bytes[header] = (uint8_t)(options / 4);
	frame.length = inner;
	put_zero(&frame, options);
	put(&frame, rest.bytes + inner, rest.length - inner);
	inner += options;
	if (port)
		set16(&frame, inner + IPV4_SIZE + 2, port);
	else
		frame.bytes[inner + 9] = IPPROTO_TCP;
	frame.bytes[inner + 8] = 255;
	ipv4_end(&frame, frame.ip);
	return frame;
}

static void tunnels_of_long_headers(void **state)
{
	struct frame frame = geneve(172, 0); /* TCP ends at 262 */
	struct shim_packet packet = world_packet(&frame, false);
	struct outcome outcome = world_run(&packet, false);

	(void)state;
	world_expect(&outcome, REASON_RULE_ALLOW, "TCP at the edge");
	packet.linear = 100;
	outcome = world_run(&packet, false);
	world_expect(&outcome, REASON_TUNNEL, "TCP at the edge, in pieces");
	frame = geneve(0, 3784); /* BFD has no business in a tunnel */
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_RULE_ALLOW, "BFD inside");
	for (int i = shim_config->tunnel_count; i < TUNNELS_MOST; i++)
		shim_config->tunnels[i] = shim_config->tunnels[2];
	shim_config->tunnel_count = TUNNELS_MOST;
	frame = geneve(0, 0);
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_RULE_ALLOW, "with as many endpoints as there may be");
	frame = geneve(0, 53);
	set16(&frame, frame.ip + IPV4_SIZE + 2, 5001);
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_SOIL, "to a port that nobody names");
}

/* One tag inside, of either kind, and not two. */
static void tunnels_with_tags(void **state)
{
	static const struct {
		uint16_t first, second;
		enum reason reason;
	} cases[] = {{0x8100, 0x0800, REASON_RULE_ALLOW},
		     {0x88a8, 0x0800, REASON_RULE_ALLOW},
		     {0x8100, 0x8100, REASON_VLAN},
		     {0x88a8, 0x88a8, REASON_VLAN}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = tunnel(form_argument("in-vxlan-tagged"), 1, true);
		size_t type = frame.ip + IPV4_SIZE + 8 + 8 + 12;

		set16(&frame, type, cases[i].first);
		set16(&frame, type + 4, cases[i].second);
		struct outcome outcome = world_run_frame(&frame);
		world_expect(&outcome, cases[i].reason, "tags inside");
	}
}

#endif
