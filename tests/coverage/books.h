/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard hands on, in the books of the interface. */
#ifndef GABELOU_TESTS_COVERAGE_BOOKS_H
#define GABELOU_TESTS_COVERAGE_BOOKS_H

#include "tests/coverage/tunnels.h"
#include "tests/coverage/world.h"

static int books_reset(void **state)
{
	int error = world_reset(state);

	shim_config->books = true;
	return error;
}

static void expect_handed_on(uint64_t packets)
{
	assert_int_equal(shim.book.packets, shim_is_gateway ? 0 : packets);
}

static void books_of_what_passes(void **state)
{
	struct frame allowed = world_form("tcp4"), denied = world_denied("tcp4");

	(void)state;
	world_run_frame(&allowed);
	world_run_frame(&denied);
	expect_handed_on(1);
	shim_config->monitor = true;
	world_run_frame(&denied);
	expect_handed_on(2);
	shim_config->monitor = false;
	shim.pause = (struct pause_until){.boot = shim.kernel.now + 1, .tai = UINT64_MAX};
	world_run_frame(&denied);
	expect_handed_on(3);
	shim.pause = (struct pause_until){0};
	shim_config->books = false;
	world_run_frame(&allowed);
	expect_handed_on(3);
	shim_config->books = true;
	shim.kernel.no_maps = true;
	shim_config->monitor = true;
	world_run_frame(&allowed);
	expect_handed_on(3);
}

static void expect_segments(enum book_gso kind, uint64_t more)
{
	for (int i = 0; i < BOOK_GSO_KINDS; i++)
		assert_int_equal(shim.book.segments_more[i],
				 i == (int)kind && !shim_is_gateway ? more : 0);
	shim.book = (struct book){0};
}

static void books_of_segments(void **state)
{
	static const struct {
		const char *form;
		enum book_gso kind;
	} cases[] = {
		{"tcp4", BOOK_TCP4}, {"tcp6", BOOK_TCP6}, {"udp4", BOOK_UDP}, {"arp", BOOK_OTHER}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct frame frame = world_form(cases[i].form);
		struct shim_packet packet = world_packet(&frame, false);

		packet.gso_size = 10;
		packet.gso_segs = 4;
		world_run(&packet, false);
		expect_segments(cases[i].kind, 3);
		packet.forwarded = true;
		world_run(&packet, false);
		expect_segments(BOOK_OTHER, 3);
		packet.forwarded = false;
		packet.gso_segs = 0; /* a guest did not say */
		world_run(&packet, false);
		expect_segments(BOOK_OTHER, frame.length / 10);
	}
}

/* Who cuts it up depends on the tunnel, which is not looked at here. */
static void books_of_tunnels(void **state)
{
	struct frame frame = tunnel(form_argument("in-gre4"), 1, true);
	struct shim_packet packet = world_packet(&frame, false);

	tunnels_reset(state);
	shim_config->books = true;
	packet.gso_size = 10;
	packet.gso_segs = 4;
	assert_int_equal(world_run(&packet, false).answer, ANSWER_PASS);
	expect_segments(BOOK_OTHER, 3);
}

#endif
