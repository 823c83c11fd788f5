// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Goal: the gateway (XDP) reads every frame as the guard (tc) does: same verdict, reason, class and
 * rule, counted in the same place. On every form that the lab sends, on mutations of them, and on
 * frames in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>

#include "maps/control.h"
#include "tests/lab/form_table.h"
#include "tests/prog/trial_fixture.h"
#include "tests/unit/random.h"
#include "userspace/kernel/gateway.h"

#define MUTATIONS    4000 /* of each form */
#define HEADERS      128  /* bytes at the front of a frame that are worth changing */
#define XDP_ACTION   2    /* XDP_PASS; 1: XDP_DROP */
#define LINEAR_LEAST 14   /* BPF_PROG_RUN wants an Ethernet header in the first piece */

static char *inside[] = {(char *)"*"};
static const struct kernel_options options = {
	.control = CONTROL_DEFAULT,
	.inside = inside,
	.inside_count = 1,
};

static int set_up(void **state)
{
	return fixture_set_up(state, &options);
}

static struct ends some_ends(void)
{
	struct ends ends = {
		.source_mac = {2, 0, 0, 0, 0, 1},
		.destination_mac = {2, 0, 0, 0, 0, 2},
		.source4 = {10, 88, 0, 2},
		.source6 = {0xfd, [15] = 2},
	};

	address_to_bytes(hand_address("198.51.100.7"), ends.destination4);
	address_to_bytes(hand_address("2001:db8:a::7"), ends.destination6);
	return ends;
}

static void say_frame(const struct frame *frame)
{
	for (size_t i = 0; i < frame->length; i++)
		fprintf(stderr, "%s%02x", i ? "" : "# ", frame->bytes[i]);
	fputc('\n', stderr);
}

/* What the kernel was told beside the frame is what BPF_PROG_RUN makes of it: of an LLC frame that
 * begins with ffff it says 802.3, which only tc sees, and takes for a lie. */
static bool only_told(const struct kernel_outcome *guard)
{
	return guard->decision.reason == REASON_ETHERTYPE_LIE;
}

/* False: BPF_PROG_RUN refuses the frame for tc, which must be a truncated one. */
static bool compare(struct kernel_trial *trial, bool link_header, const struct frame *frame)
{
	struct kernel_outcome guard, gateway;
	size_t skip = link_header ? 0 : ETHERNET_SIZE, size = frame->length - skip;
	int refused = kernel_trial_run(trial, KERNEL_GUARD, link_header, frame->bytes + skip, size,
				       &guard);

	assert_int_equal(kernel_trial_run(trial, KERNEL_GATEWAY, link_header, frame->bytes + skip,
					  size, &gateway),
			 0);
	assert_int_equal(gateway.action,
			 gateway.decision.verdict == VERDICT_ALLOW ? XDP_ACTION : 1);
	if (refused) {
		assert_int_equal(refused, -EINVAL);
		assert_true(gateway.decision.verdict == VERDICT_DENY ||
			    gateway.decision.reason == REASON_CONTROL);
		return false;
	}
	if (only_told(&guard)) {
		assert_int_equal(gateway.decision.verdict, VERDICT_DENY);
		return true;
	}
	if (guard.decision.verdict != gateway.decision.verdict ||
	    guard.decision.reason != gateway.decision.reason ||
	    guard.decision.class != gateway.decision.class ||
	    guard.decision.rule != gateway.decision.rule) {
		say_frame(frame);
		fail_msg("guard %s, gateway %s", reason_name(guard.decision.reason),
			 reason_name(gateway.decision.reason));
	}
	return true;
}

static void test_every_form(void **state)
{
	struct fixture *fixture = *state;
	struct ends ends = some_ends();

	for (size_t i = 0; i < FRAME_FORMS; i++) {
		struct kernel_outcome outcome;
		struct frame frame = {0};

		forms[i].build(&frame, &ends, forms[i].argument);
		compare(fixture->trial, true, &frame);
		/* What a packet socket told the sender's kernel does not come over the wire. */
		if (strcmp(forms[i].reason, "ethertype-lie") == 0)
			continue;
		assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GATEWAY, true, frame.bytes,
						  frame.length, &outcome),
				 0);
		if (strcmp(reason_name(outcome.decision.reason), forms[i].reason) != 0)
			fail_msg("%s: %s", forms[i].name, reason_name(outcome.decision.reason));
	}
}

/* Bytes of the headers changed, bits flipped, the end cut off, padded, or grown. */
static void mutate(struct frame *frame)
{
	size_t most = frame->length < HEADERS ? frame->length : HEADERS;

	for (unsigned changes = 1 + random_next() % 3; changes; changes--) {
		size_t at = ETHERNET_SIZE - 2 + random_next() % (most - ETHERNET_SIZE + 2);

		if (at >= frame->length)
			continue;
		if (random_chance(8))
			frame->bytes[at] ^= (uint8_t)(1 << random_next() % 8);
		else
			frame->bytes[at] = (uint8_t)random_next();
	}
	if (random_chance(3))
		frame->length = ETHERNET_SIZE + random_next() % (frame->length - ETHERNET_SIZE + 1);
	else if (random_chance(3) && frame->length < 60)
		frame->length += 1 + random_next() % (60 - frame->length);
	else if (random_chance(1))
		frame->length += 1 + random_next() % 64;
}

static void test_mutations(void **state)
{
	struct fixture *fixture = *state;
	struct ends ends = some_ends();
	size_t compared = 0, refused = 0;

	random_seed(7);
	for (size_t i = 0; i < FRAME_FORMS; i++) {
		for (int j = 0; j < MUTATIONS; j++) {
			struct frame frame = {0};

			forms[i].build(&frame, &ends, forms[i].argument);
			mutate(&frame);
			if (compare(fixture->trial, true, &frame))
				compared++;
			else
				refused++;
			if (j % 8 == 0 && frame.length > ETHERNET_SIZE + IPV6_SIZE)
				compare(fixture->trial, false, &frame);
		}
	}
	print_message("# %zu mutated frames, 0 differences; %zu too short for tc's BPF_PROG_RUN\n",
		      compared, refused);
	assert_true(compared > FRAME_FORMS * MUTATIONS / 2);
}

/* Off a wire the least frame is padded; that is no reason to take the long way, nor another. */
static void test_padding(void **state)
{
	struct fixture *fixture = *state;
	struct ends ends = some_ends();
	struct kernel_outcome outcome;
	struct frame frame = {0};

	ethernet(&frame, &ends, ETHERTYPE_IPV4);
	size_t at = ipv4(&frame, &ends, IPPROTO_TCP);
	put_zero(&frame, 20); /* a TCP header and nothing behind it */
	ipv4_end(&frame, at);
	for (frame.length = 54; frame.length <= 61; frame.length++) {
		compare(fixture->trial, true, &frame);
		assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GATEWAY, true, frame.bytes,
						  frame.length, &outcome),
				 0);
		assert_int_equal(outcome.decision.reason,
				 frame.length <= 60 ? REASON_RULE_ALLOW : REASON_IP_LENGTH);
	}
}

/* A header that lies in the padding is none: the receiver's packet ends before it. */
static void test_header_in_padding(void **state)
{
	struct fixture *fixture = *state;
	struct ends ends = some_ends();
	static const struct {
		uint8_t protocol;
		size_t least;
	} headers[] = {{IPPROTO_TCP, 20}, {IPPROTO_UDP, 8}, {IPPROTO_ICMP, 8}};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		for (size_t size = 0; size <= headers[i].least; size++) {
			struct kernel_outcome outcome;
			struct frame frame = {0};

			ethernet(&frame, &ends, ETHERTYPE_IPV4);
			size_t at = ipv4(&frame, &ends, headers[i].protocol);
			put_zero(&frame, size);
			ipv4_end(&frame, at);
			frame.length = 60;
			compare(fixture->trial, true, &frame);
			assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GATEWAY, true,
							  frame.bytes, frame.length, &outcome),
					 0);
			assert_int_equal(outcome.decision.reason, size < headers[i].least
									  ? REASON_TRUNCATED
									  : REASON_RULE_ALLOW);
		}
	}
}

/* Nor do options lie there. */
static void test_options_in_padding(void **state)
{
	struct fixture *fixture = *state;
	struct ends ends = some_ends();
	struct kernel_outcome outcome;
	struct frame frame = {0};

	form_igmp(&frame, &ends, HONEST);
	frame.length = 60;
	for (unsigned total = IPV4_SIZE; total <= IPV4_SIZE + 4; total++) {
		set16(&frame, frame.ip + 2, total);
		compare(fixture->trial, true, &frame);
		assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GATEWAY, true, frame.bytes,
						  frame.length, &outcome),
				 0);
		assert_int_equal(outcome.decision.reason,
				 total < IPV4_SIZE + 4 ? REASON_IP_LENGTH : REASON_CONTROL);
	}
}

/* Nor is a fragment header of which a byte is missing, though its offset says that what follows
 * has no header. */
static void test_fragment_header_cut(void **state)
{
	struct fixture *fixture = *state;
	struct ends ends = some_ends();

	for (size_t size = 1; size <= 8; size++) {
		struct kernel_outcome outcome;
		struct frame frame = {0};

		ethernet(&frame, &ends, ETHERTYPE_IPV6);
		size_t at = ipv6(&frame, &ends, IPPROTO_DSTOPTS);
		extension(&frame, IPPROTO_FRAGMENT);
		put(&frame, (uint8_t[8]){IPPROTO_UDP, 0, 0x01, 0}, size);
		ipv6_end(&frame, at);
		compare(fixture->trial, true, &frame);
		assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GATEWAY, true, frame.bytes,
						  frame.length, &outcome),
				 0);
		assert_int_equal(outcome.decision.reason,
				 size < 8 ? REASON_TRUNCATED : REASON_RULE_ALLOW);
	}
}

/* Guard and gateway count in the same slot, the same bytes. */
static void test_counters(void **state)
{
	struct fixture *fixture = *state;
	struct ends ends = some_ends();
	struct counter counters[COUNTER_SLOTS(HAND_CLASSES, 0)];
	struct frame frame = {0};

	form_tcp6(&frame, &ends, 0);
	compare(fixture->trial, true, &frame);
	assert_int_equal(
		kernel_trial_counters(fixture->trial, counters, COUNTER_SLOTS(HAND_CLASSES, 0)), 0);
	assert_int_equal(counters[COUNTER_OF_ROW(HAND_ALLOWED)].packets, 2);
	assert_int_equal(counters[COUNTER_OF_ROW(HAND_ALLOWED)].bytes, 2 * frame.length);
}

/* Runs @program on a frame whose first piece has @linear bytes. -EINVAL: this kernel cannot. */
static int run_in_pieces(int program, const struct frame *frame, size_t linear,
			 uint32_t words[TRIAL_WORDS])
{
	uint8_t out[sizeof(frame->bytes) + 64];
	struct xdp_md context = {.data_end = (__u32)linear};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->bytes,
		    .data_size_in = (__u32)frame->length, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);
	int error = bpf_prog_test_run_opts(program, &run);

	if (!error)
		memcpy(words, out, TRIAL_WORDS * sizeof(*words));
	return error;
}

/* The headers may begin in one piece and end in another. A kernel that cannot put them together
 * (before Linux 6.18) has them denied. */
static void test_pieces(void **state)
{
	struct fixture *fixture = *state;
	struct ends ends = some_ends();
	struct egress_bpf *guard = NULL;
	struct gateway_bpf *gateway = NULL;
	const struct load_request request = {
		.table = fixture->table, .options = &options, .trial = true};
	bool pulls = layers_probe(LAYER_BIT(LAYER_XDP_PULL));
	size_t tried = 0;

	assert_int_equal(load_generation(&request, &guard, &fixture->diagnostics), 0);
	assert_int_equal(gateway_load(guard, &gateway, &fixture->diagnostics), 0);
	for (size_t i = 0; i < FRAME_FORMS; i++) {
		struct frame frame = {0};
		struct kernel_outcome whole;

		forms[i].build(&frame, &ends, forms[i].argument);
		assert_int_equal(kernel_trial_run(fixture->trial, KERNEL_GATEWAY, true, frame.bytes,
						  frame.length, &whole),
				 0);
		for (size_t linear = LINEAR_LEAST; linear < frame.length; linear++) {
			uint32_t words[TRIAL_WORDS];
			int error = run_in_pieces(gateway_program(gateway, FORM_ETHERNET), &frame,
						  linear, words);

			if (error == -EINVAL && !tried)
				goto skip;
			assert_int_equal(error, 0);
			if (words[TRIAL_REASON] != whole.decision.reason &&
			    (pulls || words[TRIAL_VERDICT] != VERDICT_DENY))
				fail_msg("%s, %zu bytes in the first piece: %s, in one piece %s",
					 forms[i].name, linear, reason_name(words[TRIAL_REASON]),
					 reason_name(whole.decision.reason));
			tried++;
		}
	}
	print_message("# %zu frames in pieces\n", tried);
skip:
	gateway_destroy(gateway);
	loaded_destroy(guard);
	if (!tried)
		skip();
}

int main(void)
{
#define WITH_TRIAL(test) cmocka_unit_test_setup_teardown(test, set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		WITH_TRIAL(test_every_form),
		WITH_TRIAL(test_mutations),
		WITH_TRIAL(test_padding),
		WITH_TRIAL(test_header_in_padding),
		WITH_TRIAL(test_options_in_padding),
		WITH_TRIAL(test_fragment_header_cut),
		WITH_TRIAL(test_counters),
		WITH_TRIAL(test_pieces),
	};

	return cmocka_run_group_tests_name("gateway frames", tests, NULL, NULL);
}
