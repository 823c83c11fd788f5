/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames at the edge of a limit: the least and the most that passes, and one more. */
#ifndef GABELOU_TESTS_COVERAGE_EDGES_H
#define GABELOU_TESTS_COVERAGE_EDGES_H

#include "tests/coverage/world.h"

#define CONTROL_MOST 1518 /* bytes of a control frame: bpf/parse_control.h */

static void edges_of_nothing(void **state)
{
	static const uint8_t nothing;
	struct shim_packet packet = {.bytes = &nothing};
	struct outcome outcome = world_run(&packet, true);

	(void)state;
	world_expect(&outcome, REASON_TRUNCATED, "an empty packet");
	outcome = world_run(&packet, false);
	world_expect(&outcome, REASON_TRUNCATED, "no frame");
}

/* A Novell frame in LLC's place is told as what no LLC frame is. */
static void edges_of_what_is_told(void **state)
{
	struct frame frame = world_form("stp");
	struct shim_packet packet = world_packet(&frame, false);
	struct outcome outcome;

	(void)state;
	packet.protocol = htons(ETH_P_802_3);
	outcome = world_run(&packet, false);
	world_expect(&outcome, shim_is_gateway ? REASON_CONTROL : REASON_ETHERTYPE_LIE, "stp");
}

/* Control frames with so many zeros behind them that they have @length bytes. */
static void expect_at_length(const char *form, size_t length, enum reason reason)
{
	struct frame frame = world_form(form);

	if (frame.length < length)
		put_zero(&frame, length - frame.length);
	if (strcmp(form, "igmp") == 0)
		ipv4_end(&frame, frame.ip);
	if (strcmp(form, "mld") == 0)
		ipv6_end(&frame, frame.ip);
	struct outcome outcome = world_run_frame(&frame);
	world_expect(&outcome, reason, form);
}

static void edges_of_control(void **state)
{
	static const struct {
		const char *form;
		size_t most;
	} cases[] = {{"lldp", CONTROL_MOST},
		     {"eapol", CONTROL_MOST},
		     {"ptp", CONTROL_MOST},
		     {"mld", CONTROL_MOST},
		     {"igmp", CONTROL_MOST + ETHERNET_SIZE},
		     {"lacp", 128},
		     {"stp", 128},
		     {"arp", 60}};
	struct frame frame = world_form("arp");
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_at_length(cases[i].form, cases[i].most, REASON_CONTROL);
		expect_at_length(cases[i].form, cases[i].most + 1, REASON_CONTROL_SHAPE);
	}
	frame.bytes[ETHERNET_SIZE + 7] = 2;
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_CONTROL, "an ARP reply");
	for (size_t i = 0; i < 8; i++) {
		frame = world_form("arp");
		frame.bytes[ETHERNET_SIZE + i] ^= 0x40;
		outcome = world_run_frame(&frame);
		world_expect(&outcome, REASON_CONTROL_SHAPE, "ARP of another kind");
	}
	frame = world_form("ptp");
	memcpy(frame.bytes, (uint8_t[6]){0x01, 0x1b, 0x19}, 6);
	outcome = world_run_frame(&frame);
	world_expect(&outcome, REASON_CONTROL, "PTP's other group");
}

/* What the length of an LLC frame does not cover is padding; what it claims must be there. */
static void edges_of_llc(void **state)
{
	(void)state;
	for (unsigned length = 0; length <= 60; length++) {
		struct frame frame = world_form("stp"); /* LLC and 35 bytes */

		set16(&frame, 12, length);
		struct outcome outcome = world_run_frame(&frame);
		world_expect(&outcome,
			     length >= 3 && ETHERNET_SIZE + length <= frame.length
				     ? REASON_CONTROL
				     : REASON_CONTROL_SHAPE,
			     "the length of an LLC frame");
	}
}

static void edges_of_igmp(void **state)
{
	static const struct {
		uint8_t options[8], size;
		enum reason reason;
	} cases[] = {{{148, 4, 0, 0}, 4, REASON_CONTROL},
		     {{148, 4, 0, 1}, 4, REASON_CONTROL_SHAPE},
		     {{131, 3, 4, 0}, 4, REASON_CONTROL_SHAPE},
		     {{148, 4, 0, 0, 1, 1, 1, 0}, 8, REASON_CONTROL_SHAPE}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ends ends = {.destination4 = {224, 0, 0, 22}};
		struct frame frame = {0};

		ethernet(&frame, &ends, ETHERTYPE_IPV4);
		size_t at =
			ipv4_options(&frame, &ends, IPPROTO_IGMP, cases[i].options, cases[i].size);
		frame.bytes[at + 8] = 1;
		put_zero(&frame, 16);
		ipv4_end(&frame, at);
		struct outcome outcome = world_run_frame(&frame);
		world_expect(&outcome, cases[i].reason, "IGMP options");
		set16(&frame, at + 6, 0x2000);
		outcome = world_run_frame(&frame);
		world_expect(&outcome, REASON_CONTROL_SHAPE, "a fragment of IGMP");
	}
}

static void edges_of_protocols(void **state)
{
	(void)state;
	for (int protocol = 0; protocol < 256; protocol++) {
		struct frame four = world_form("tcp4"), six = world_form("tcp6");

		four.bytes[four.ip + 9] = six.bytes[six.ip + 6] = (uint8_t)protocol;
		struct outcome outcome = world_run_frame(&four);
		assert_int_equal(outcome.words[TRIAL_VERDICT], protocol == IPPROTO_TCP ||
								       protocol == IPPROTO_UDP ||
								       protocol == IPPROTO_ICMP);
		set16(&four, four.ip + 6, 1); /* a later fragment */
		outcome = world_run_frame(&four);
		assert_int_equal(outcome.words[TRIAL_VERDICT], protocol == IPPROTO_TCP ||
								       protocol == IPPROTO_UDP ||
								       protocol == IPPROTO_ICMP);
		outcome = world_run_frame(&six);
		if (protocol != IPPROTO_DSTOPTS && protocol != IPPROTO_HOPOPTS &&
		    protocol != IPPROTO_FRAGMENT) /* what a TCP header says as one of these */
			assert_int_equal(outcome.words[TRIAL_VERDICT],
					 protocol == IPPROTO_TCP || protocol == IPPROTO_UDP ||
						 protocol == IPPROTO_ICMPV6);
	}
}

/* Destination options that end @options bytes behind the IPv6 header; then @next. Without a tag the
 * chain begins at byte 54, with one at 58, without a link header at 40. */
static struct frame chain(bool tagged, size_t options, uint8_t next)
{
	struct frame from = world_form("tcp6"), frame = {0};
	struct ends ends = {0};

	memcpy(ends.destination6, from.bytes + from.ip + 24, 16);
	ethernet(&frame, &ends, tagged ? ETHERTYPE_VLAN : ETHERTYPE_IPV6);
	if (tagged)
		put32(&frame, 7 << 16 | ETHERTYPE_IPV6);
	size_t at = ipv6(&frame, &ends, IPPROTO_DSTOPTS);
	put8(&frame, next);
	put8(&frame, (unsigned)(options / 8 - 1));
	put_zero(&frame, options - 2);
	if (next == IPPROTO_FRAGMENT || next == IPPROTO_DSTOPTS) {
		put8(&frame, IPPROTO_TCP);
		put_zero(&frame, 7);
	}
	put_zero(&frame, 200);
	ipv6_end(&frame, at);
	return frame;
}

/* No more than the first 256 bytes are looked at. */
static void edges_of_chains(void **state)
{
	static const struct {
		bool tagged, layer3;
		size_t options;
		uint8_t next;
		uint32_t linear;
		enum reason reason;
	} cases[] = {
		{false, false, 192, IPPROTO_TCP, 0, REASON_RULE_ALLOW},
		{false, false, 192, IPPROTO_TCP, 260, REASON_TRUNCATED}, /* TCP ends at 266 */
		{false, false, 192, IPPROTO_UDP, 100, REASON_RULE_ALLOW},
		{false, false, 208, IPPROTO_TCP, 0, REASON_IPV6_EXTENSION},
		{false, false, 328, IPPROTO_TCP, 0, REASON_IPV6_EXTENSION},
		{false, false, 1024, IPPROTO_TCP, 0, REASON_IPV6_EXTENSION},
		{true, false, 192, IPPROTO_FRAGMENT, 0, REASON_IPV6_EXTENSION}, /* it ends at 258 */
		{false, false, 192, IPPROTO_FRAGMENT, 0, REASON_RULE_ALLOW},
		{false, true, 216, IPPROTO_DSTOPTS, 0,
		 REASON_IPV6_EXTENSION}, /* it begins at 256 */
		{false, true, 208, IPPROTO_DSTOPTS, 0, REASON_RULE_ALLOW},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = chain(cases[i].tagged, cases[i].options, cases[i].next);
		struct shim_packet packet = world_packet(&frame, cases[i].layer3);
		char what[32];

		packet.linear = cases[i].linear;
		snprintf(what, sizeof(what), "chain %zu", i);
		struct outcome outcome = world_run(&packet, cases[i].layer3);
		world_expect(&outcome, cases[i].reason, what);
	}
}

#endif
