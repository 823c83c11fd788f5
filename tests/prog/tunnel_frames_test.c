// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Goal: to an endpoint that the policy names, what is in a tunnel is judged by its own destination,
 * and nothing passes but what a receiver would deliver to an approved one; to anybody else no
 * tunnel passes. The same in guard and gateway, on every form and on mutations of them, against a
 * parser of its own kind: it reads as a receiver would, and knows no reasons.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>

#include "maps/control.h"
#include "tests/lab/form_table.h"
#include "tests/prog/trial_fixture.h"
#include "tests/unit/random.h"

#define MUTATIONS 26000 /* of each form: over a million frames in all */
#define HEADERS   160   /* bytes at the front of a frame that are worth changing */

#define APPROVED4 "198.51.100.7"
#define APPROVED6 "2001:db8:a::7"
#define DENIED4   "198.18.0.7"
#define DENIED6   "2001:db8:e::7"
/* Denied by the table; named as endpoints, with whatever is beside them. */
#define NAMED4 "192.0.2.7"
#define NAMED6 "2001:db8:f::7"

static char *inside[] = {(char *)"*"};

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text, strlen(text), &prefix) != PREFIX_OK)
		abort();
	return prefix;
}

static int set_up(void **state)
{
	struct prefix to[] = {prefix_of("192.0.2.0/28"), prefix_of("2001:db8:f::/48")};
	struct policy_tunnel tunnel = {
		.to = to,
		.to_count = 2,
		.kinds = (1 << TUNNEL_COUNT) - 1,
	};
	const struct policy policy = {.tunnels = &tunnel, .tunnel_count = 1};
	struct kernel_options options = {
		.control = CONTROL_DEFAULT,
		.inside = inside,
		.inside_count = 1,
	};

	options.tunnel_count = table_tunnels(&policy, options.tunnels);
	return fixture_set_up(state, &options);
}

static struct ends some_ends(bool named, bool approved)
{
	struct ends ends = {
		.source_mac = {2, 0, 0, 0, 0, 1},
		.destination_mac = {2, 0, 0, 0, 0, 2},
		.source4 = {10, 88, 0, 2},
		.source6 = {0xfd, [15] = 2},
	};

	address_to_bytes(hand_address(named ? NAMED4 : APPROVED4), ends.destination4);
	address_to_bytes(hand_address(named ? NAMED6 : APPROVED6), ends.destination6);
	address_to_bytes(hand_address(approved ? APPROVED4 : DENIED4), ends.inside4);
	address_to_bytes(hand_address(approved ? APPROVED6 : DENIED6), ends.inside6);
	return ends;
}

/* --- a receiver --- */

static uint16_t get16(const struct frame *frame, size_t at)
{
	return at + 2 <= frame->length ? (uint16_t)(frame->bytes[at] << 8 | frame->bytes[at + 1])
				       : 0;
}

static struct address address_at(const struct frame *frame, size_t at, enum family family)
{
	struct address address = {.family = family};

	for (size_t i = 0; i < (family == FAMILY_V4 ? 4u : 16u); i++)
		address.value =
			address.value << 8 | (at + i < frame->length ? frame->bytes[at + i] : 0);
	return address;
}

/* An IP header: where it leads, and what follows. */
struct hop {
	struct address destination;
	uint8_t protocol;
	size_t next;
};

static struct hop read_ip(const struct frame *frame, size_t at, uint16_t type)
{
	struct hop hop = {0};

	if (type == ETHERTYPE_IPV4) {
		hop.destination = address_at(frame, at + 16, FAMILY_V4);
		hop.protocol = frame->bytes[at + 9];
		hop.next = at + (frame->bytes[at] & 15u) * 4;
		return hop;
	}
	hop.destination = address_at(frame, at + 24, FAMILY_V6);
	hop.protocol = frame->bytes[at + 6];
	hop.next = at + IPV6_SIZE;
	while (hop.protocol == IPPROTO_HOPOPTS || hop.protocol == IPPROTO_DSTOPTS ||
	       hop.protocol == IPPROTO_FRAGMENT) {
		size_t size = hop.protocol == IPPROTO_FRAGMENT
				      ? 8
				      : (frame->bytes[hop.next + 1] + 1u) * 8;

		hop.protocol = frame->bytes[hop.next];
		hop.next += size;
		if (hop.next + 64 > sizeof(frame->bytes))
			break;
	}
	return hop;
}

/* Behind the tunnel's own header: the type of what follows, 0 if this is no tunnel. */
static uint16_t open_tunnel(const struct frame *frame, const struct hop *outer, size_t *at)
{
	uint16_t word = get16(frame, outer->next), port = get16(frame, outer->next + 2);

	*at = outer->next;
	switch (outer->protocol) {
	case IPPROTO_IPIP:
		return ETHERTYPE_IPV4;
	case IPPROTO_IPV6:
		return ETHERTYPE_IPV6;
	case IPPROTO_GRE:
		*at += 4 + (word >> 15 & 1) * 4u + (word >> 13 & 1) * 4u + (word >> 12 & 1) * 4u;
		return port; /* in GRE the type stands there */
	case IPPROTO_UDP:
		*at += 8;
		if (port == 6081) {
			word = get16(frame, *at + 2);
			*at += 8 + (frame->bytes[*at] & 63u) * 4;
			return word;
		}
		*at += 8;
		return port == 4789 || port == 8472 ? 0x6558 : 0;
	}
	return 0;
}

static bool is_named(struct address address)
{
	struct prefix v4 = prefix_of("192.0.2.0/28"), v6 = prefix_of("2001:db8:f::/48");

	return prefix_contains(&v4, address) || prefix_contains(&v6, address);
}

/* Where the frame's data ends up. False: nowhere that has an IP address. */
static bool deliver(const struct frame *frame, struct address *destination, bool *tunnelled)
{
	size_t at = ETHERNET_SIZE;
	uint16_t type = get16(frame, 12);

	if (type == ETHERTYPE_VLAN || type == 0x88a8) {
		type = get16(frame, 16);
		at = 18;
	}
	*tunnelled = false;
	if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return false;
	struct hop outer = read_ip(frame, at, type);

	*destination = outer.destination;
	type = open_tunnel(frame, &outer, &at);
	if (!type)
		return true;
	if (!is_named(outer.destination)) /* UDP to such a port may be something else */
		return outer.protocol == IPPROTO_UDP;
	*tunnelled = true;
	if (type == 0x6558) {
		type = get16(frame, at + 12);
		at += ETHERNET_SIZE;
		if (type == ETHERTYPE_VLAN || type == 0x88a8) {
			type = get16(frame, at + 2);
			at += 4;
		}
	}
	if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return false;
	*destination = read_ip(frame, at, type).destination;
	return true;
}

/* --- against it --- */

static void say_frame(const struct frame *frame)
{
	for (size_t i = 0; i < frame->length; i++)
		fprintf(stderr, "%s%02x", i ? "" : "# ", frame->bytes[i]);
	fputc('\n', stderr);
}

struct tally {
	size_t frames, inside, refused;
};

/* What passed was delivered where the table allows; by the class of that address. */
static void check_passed(const struct fixture *fixture, const struct frame *frame,
			 const struct kernel_outcome *outcome, struct tally *tally)
{
	struct address destination = {0};
	bool tunnelled;

	if (outcome->decision.reason == REASON_CONTROL)
		return;
	if (!deliver(frame, &destination, &tunnelled) ||
	    table_judge(fixture->table, destination).verdict != VERDICT_ALLOW ||
	    table_judge(fixture->table, destination).class != outcome->decision.class) {
		say_frame(frame);
		fail_msg("%s, class %u", reason_name(outcome->decision.reason),
			 outcome->decision.class);
	}
	tally->inside += tunnelled;
}

static void judge(const struct fixture *fixture, const struct frame *frame, struct tally *tally)
{
	struct kernel_outcome guard, gateway;

	assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GATEWAY, true, frame->bytes,
					  frame->length, &gateway),
			 0);
	if (kernel_trial_run(fixture->trial, KERNEL_GUARD, true, frame->bytes, frame->length,
			     &guard)) {
		tally->refused++;
		return;
	}
	tally->frames++;
	if (guard.decision.reason != REASON_ETHERTYPE_LIE &&
	    memcmp(&guard.decision, &gateway.decision, sizeof(guard.decision)) != 0) {
		say_frame(frame);
		fail_msg("guard %s, gateway %s", reason_name(guard.decision.reason),
			 reason_name(gateway.decision.reason));
	}
	if (guard.decision.verdict == VERDICT_ALLOW)
		check_passed(fixture, frame, &guard, tally);
}

static const char *reason_of(const struct fixture *fixture, const struct tunnel_form *form,
			     bool named, bool approved)
{
	struct ends ends = some_ends(named, approved);
	struct kernel_outcome outcome;
	struct tally tally = {0};
	struct frame frame = {0};

	form_tunnel(&frame, &ends, form->argument);
	judge(fixture, &frame, &tally);
	assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GUARD, true, frame.bytes,
					  frame.length, &outcome),
			 0);
	return reason_name(outcome.decision.reason);
}

static void expect(const struct tunnel_form *form, const char *what, const char *got,
		   const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s, %s: %s, not %s", form->name, what, got, want);
}

static void test_every_form(void **state)
{
	const struct fixture *fixture = *state;

	for (size_t i = 0; i < TUNNEL_FORMS; i++) {
		const struct tunnel_form *form = &tunnel_forms[i];
		bool allowed = strcmp(form->reason, "rule-allow") == 0;
		bool by_port_alone = strcmp(form->name, "in-no-vxlan") == 0 ||
				     strcmp(form->name, "in-vxlan-group") == 0 ||
				     strcmp(form->name, "in-geneve-control") == 0;

		expect(form, "approved inside", reason_of(fixture, form, true, true), form->reason);
		expect(form, "denied inside", reason_of(fixture, form, true, false),
		       allowed ? "soil" : form->reason);
		expect(form, "no endpoint", reason_of(fixture, form, false, true),
		       by_port_alone ? "rule-allow" : "tunnel");
	}
}

static void mutate(struct frame *frame)
{
	size_t most = frame->length < HEADERS ? frame->length : HEADERS;

	for (unsigned changes = random_next() % 3; changes; changes--) {
		size_t at = ETHERNET_SIZE - 2 + random_next() % (most - ETHERNET_SIZE + 2);

		if (random_chance(8))
			frame->bytes[at] ^= (uint8_t)(1 << random_next() % 8);
		else
			frame->bytes[at] = (uint8_t)random_next();
	}
	if (random_chance(2))
		frame->length = ETHERNET_SIZE + random_next() % (frame->length - ETHERNET_SIZE + 1);
}

static void test_mutations(void **state)
{
	const struct fixture *fixture = *state;
	struct tally tally = {0};

	random_seed(11);
	for (size_t i = 0; i < TUNNEL_FORMS; i++)
		for (int j = 0; j < MUTATIONS; j++) {
			struct ends ends = some_ends(j % 8, j % 4);
			struct frame frame = {0};

			form_tunnel(&frame, &ends, tunnel_forms[i].argument);
			mutate(&frame);
			judge(fixture, &frame, &tally);
		}
	print_message("# %zu mutated frames (%zu let into tunnels), 0 delivered to a denied "
		      "destination; %zu too short for tc's BPF_PROG_RUN\n",
		      tally.frames, tally.inside, tally.refused);
	assert_true(tally.frames >= 1000000);
	assert_true(tally.inside >= 100000);
}

int main(void)
{
#define WITH_TRIAL(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {WITH_TRIAL(test_every_form), WITH_TRIAL(test_mutations)};

	return cmocka_run_group_tests_name("tunnel frames", tests, NULL, NULL);
}
