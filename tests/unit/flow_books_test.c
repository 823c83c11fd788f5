// SPDX-License-Identifier: GPL-2.0-or-later
/* The books of an interface that is made up: what is alarm, what is calm, what is neither. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "userspace/flow/books.h"

#define SECOND    1000000000ull
#define ALL_KINDS ((1 << BOOK_GSO_KINDS) - 1)
#define QUIET     5 /* seconds until an account that began now is exact */

/* An interface on a wire, and the account of it. */
struct wire {
	struct books_account account;
	struct books_sample now;
	struct books_result result;
	uint64_t news; /* of all samples */
};

static struct wire wire_of(uint64_t handed, uint64_t sent)
{
	struct wire wire = {0};

	wire.now.time_ns = 100 * SECOND;
	wire.now.after.packets = handed;
	wire.now.sent = sent;
	wire.now.prompt = true;
	wire.now.whole = ALL_KINDS;
	return wire;
}

/* So many seconds, at each end of which the counters are read while nothing moves. */
static void pass(struct wire *wire, unsigned seconds)
{
	for (unsigned i = 0; i < seconds; i++) {
		wire->now.time_ns += SECOND;
		wire->now.before = wire->now.after;
		wire->result = books_enter(&wire->account, &wire->now);
		wire->news += wire->result.news;
	}
}

static void hand_on(struct wire *wire, uint64_t packets)
{
	wire->now.after.packets += packets;
}

static void send_honestly(struct wire *wire, uint64_t packets)
{
	hand_on(wire, packets);
	wire->now.sent += packets;
}

static void assert_balanced(const struct wire *wire)
{
	assert_int_equal(wire->result.verdict, BOOKS_BALANCED);
	assert_int_equal(wire->account.bypassed, 0);
	assert_int_equal(wire->news, 0);
}

static void assert_unchecked(const struct wire *wire, enum books_why why)
{
	assert_int_equal(wire->result.verdict, BOOKS_UNCHECKED);
	assert_int_equal(wire->result.why, why);
	assert_int_equal(wire->account.bypassed, 0);
}

static void names_are_read_back(void **state)
{
	(void)state;
	for (int why = 1; why < BOOKS_WHYS; why++) {
		assert_int_equal(books_why_named(books_why_name((enum books_why)why)), why);
		assert_true(*books_why_text((enum books_why)why));
	}
	assert_int_equal(books_why_named("no such"), BOOKS_SURE);
	assert_int_equal(books_why_named(NULL), BOOKS_SURE);
	assert_string_equal(books_verdict_name(BOOKS_BYPASS), "bypass");
}

static void honest_traffic_balances(void **state)
{
	struct wire wire = wire_of(1000, 70);

	(void)state;
	pass(&wire, 1);
	assert_unchecked(&wire, BOOKS_BEGUN);
	for (unsigned i = 0; i < 100; i++) {
		send_honestly(&wire, i * 1000);
		pass(&wire, 1);
	}
	assert_balanced(&wire);
	pass(&wire, QUIET);
	assert_int_equal(wire.result.hidden, 0);
	assert_int_equal(wire.result.why, BOOKS_SURE);
}

static void each_packet_past_the_guard_is_counted_once(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	pass(&wire, QUIET);
	wire.now.sent += 7;
	pass(&wire, 1);
	assert_int_equal(wire.result.verdict, BOOKS_BYPASS);
	assert_int_equal(wire.result.news, 7);
	send_honestly(&wire, 500);
	pass(&wire, 10);
	assert_int_equal(wire.result.news, 0);
	wire.now.sent++;
	pass(&wire, 1);
	assert_int_equal(wire.result.news, 1);
	assert_int_equal(wire.account.bypassed, 8);
	assert_int_equal(wire.news, 8);
	pass(&wire, 1000);
	assert_int_equal(wire.result.verdict, BOOKS_BYPASS); /* it is not forgotten */
}

/* What passed before the account, or while the guard was being put on, is not known. */
static void the_beginning_is_no_bypass(void **state)
{
	struct wire wire = wire_of(0, 5000);

	(void)state;
	pass(&wire, 1);
	wire.now.sent += 300;
	pass(&wire, 1);
	wire.now.sent += 300;
	pass(&wire, QUIET);
	assert_balanced(&wire);
	wire.now.sent += 300;
	pass(&wire, 1);
	assert_int_equal(wire.news, 300);
}

/* Read in the midst of a flood: the guard counted more by the second look, and some are queued. */
static void packets_on_their_way_are_no_alarm(void **state)
{
	struct wire wire = wire_of(0, 0);
	uint64_t sent = 0;

	(void)state;
	wire.now.on_way_most = 256;
	wire.now.prompt = false;
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t on_way = random_next() % 257, queued = random_next() % 1000;

		sent += 5000 + random_next() % 10000;
		wire.now.time_ns += SECOND;
		wire.now.sent = sent;
		wire.now.queued = queued;
		wire.now.before.packets = sent + on_way + queued;
		wire.now.after.packets = wire.now.before.packets + random_next() % 300;
		wire.result = books_enter(&wire.account, &wire.now);
		wire.news += wire.result.news;
	}
	assert_balanced(&wire);
	/* The bound that is stated: what is beyond it is seen at once. */
	wire.now.queued = 0;
	wire.now.after.packets = wire.now.sent = sent + 20000;
	pass(&wire, 1);
	assert_balanced(&wire);
	assert_true(wire.result.hidden <= 256);
	wire.now.sent += wire.result.hidden + 11;
	pass(&wire, 1);
	assert_int_equal(wire.news, 11);
}

static void a_stuck_queue_is_no_alarm_once_it_drains(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	pass(&wire, QUIET);
	hand_on(&wire, 900);
	wire.now.queued = 900;
	pass(&wire, 60);
	assert_balanced(&wire);
	wire.now.queued = 0;
	wire.now.sent += 900;
	pass(&wire, QUIET);
	assert_balanced(&wire);
	assert_int_equal(wire.account.lost, 0);
}

static void known_drops_hide_nothing(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	pass(&wire, QUIET);
	hand_on(&wire, 100);
	wire.now.sent += 70;
	wire.now.dropped += 10;
	wire.now.queue_dropped += 20;
	pass(&wire, QUIET);
	assert_balanced(&wire);
	assert_int_equal(wire.account.lost, 0);
	/* A queue that was replaced. */
	hand_on(&wire, 30);
	wire.now.queue_dropped = 5;
	wire.now.sent += 25;
	pass(&wire, QUIET);
	assert_balanced(&wire);
	assert_int_equal(wire.account.lost, 0);
	hand_on(&wire, 30);
	wire.now.sent += 34;
	pass(&wire, 1);
	assert_int_equal(wire.news, 4);
}

static void unknown_drops_are_said(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	pass(&wire, QUIET);
	hand_on(&wire, 100);
	wire.now.sent += 60;
	pass(&wire, QUIET);
	assert_unchecked(&wire, BOOKS_LOST);
	assert_int_equal(wire.account.lost, 40);
	/* They hid what left at the same time, but not what leaves later. */
	wire.now.sent += 3;
	pass(&wire, 1);
	assert_int_equal(wire.result.verdict, BOOKS_BYPASS);
	assert_int_equal(wire.news, 3);
}

static void a_loss_is_forgiven_after_a_minute(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	pass(&wire, QUIET);
	hand_on(&wire, 100);
	pass(&wire, QUIET);
	assert_unchecked(&wire, BOOKS_LOST);
	pass(&wire, 61);
	assert_balanced(&wire);
}

static void counters_that_begin_anew_are_no_alarm(void **state)
{
	struct wire wire = wire_of(0, UINT64_MAX / 2);

	(void)state;
	pass(&wire, QUIET);
	wire.now.sent = 40; /* the driver was reset */
	pass(&wire, 1);
	assert_unchecked(&wire, BOOKS_BEGUN);
	pass(&wire, QUIET);
	send_honestly(&wire, 4);
	pass(&wire, 2);
	assert_balanced(&wire);
	wire.now.after.packets = 3; /* the guard's map was made anew */
	wire.now.sent += 3;
	pass(&wire, QUIET);
	assert_balanced(&wire);
	wire.now.sent += 2;
	pass(&wire, 1);
	assert_int_equal(wire.news, 2);
}

static void counters_of_32_bits_wrap(void **state)
{
	struct wire wire = wire_of(0, UINT32_MAX - 50);

	(void)state;
	pass(&wire, QUIET);
	hand_on(&wire, 100);
	wire.now.sent = 49; /* 100 later */
	pass(&wire, 1);
	assert_balanced(&wire);
	hand_on(&wire, 100);
	wire.now.sent += 105;
	pass(&wire, 1);
	assert_int_equal(wire.news, 5);
}

static void hand_on_segments(struct wire *wire, enum book_gso kind, uint64_t packets,
			     uint64_t segments)
{
	hand_on(wire, packets);
	wire->now.after.segments_more[kind] += segments - packets;
}

static void gso_is_counted_as_the_driver_does(void **state)
{
	struct wire whole = wire_of(0, 0), cut = wire_of(0, 0);

	(void)state;
	cut.now.cut = ALL_KINDS;
	cut.now.whole = 0;
	pass(&whole, QUIET);
	pass(&cut, QUIET);
	hand_on_segments(&whole, BOOK_TCP4, 10, 450);
	hand_on_segments(&cut, BOOK_TCP4, 10, 450);
	whole.now.sent += 10;
	cut.now.sent += 450;
	pass(&whole, QUIET);
	pass(&cut, QUIET);
	assert_balanced(&whole);
	assert_balanced(&cut);
	assert_int_equal(cut.account.lost, 0);
	whole.now.sent += 2;
	cut.now.sent += 3;
	pass(&whole, 1);
	pass(&cut, 1);
	assert_int_equal(whole.news, 2);
	assert_int_equal(cut.news, 3);
}

/* TCP goes whole, UDP may or may not. */
static void what_may_have_been_cut_is_neither_alarm_nor_calm(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	wire.now.whole = 1 << BOOK_TCP4;
	pass(&wire, QUIET);
	hand_on_segments(&wire, BOOK_TCP4, 10, 450);
	wire.now.sent += 10;
	pass(&wire, QUIET);
	assert_balanced(&wire);
	hand_on_segments(&wire, BOOK_UDP, 10, 100);
	wire.now.sent += 55;
	pass(&wire, QUIET);
	assert_unchecked(&wire, BOOKS_OFFLOAD);
	assert_int_equal(wire.account.lost, 0);
	/* More than all segments that there were can only have come from elsewhere. */
	hand_on_segments(&wire, BOOK_UDP, 10, 100);
	wire.now.sent += 103;
	pass(&wire, 1);
	assert_int_equal(wire.result.verdict, BOOKS_BYPASS);
	assert_int_equal(wire.news, 3);
}

static void a_change_of_offloads_is_no_alarm(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	pass(&wire, QUIET);
	hand_on_segments(&wire, BOOK_TCP6, 10, 450);
	wire.now.sent += 300; /* from some moment on they were cut up */
	wire.now.whole = 0;
	wire.now.cut = ALL_KINDS;
	pass(&wire, QUIET);
	assert_unchecked(&wire, BOOKS_OFFLOAD);
}

static void what_cannot_be_checked_is_said_so(void **state)
{
	static const enum books_why voids[] = {BOOKS_DRIVER, BOOKS_SHARED, BOOKS_ANSWERS};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct wire wire = wire_of(0, 0);

		wire.now.why = voids[i];
		pass(&wire, QUIET);
		wire.now.sent += 1000;
		pass(&wire, QUIET);
		assert_unchecked(&wire, voids[i]);
		assert_int_equal(wire.news, 0);
	}
	/* A program behind the guard hides as many as it drops; what is more is seen. */
	struct wire wire = wire_of(0, 0);

	wire.now.why = BOOKS_BEHIND;
	pass(&wire, QUIET);
	assert_unchecked(&wire, BOOKS_BEHIND);
	wire.now.sent += 5;
	pass(&wire, 1);
	assert_int_equal(wire.news, 5);
}

/* Forty-five times as many come out as the queue says are in it. */
static void a_stuck_queue_of_big_packets_is_no_alarm(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	wire.now.whole = 0;
	wire.now.cut = ALL_KINDS;
	pass(&wire, QUIET);
	hand_on_segments(&wire, BOOK_TCP4, 10, 450);
	wire.now.queued = 10;
	pass(&wire, 100);
	wire.now.queued = 0;
	wire.now.sent += 450;
	pass(&wire, QUIET);
	assert_balanced(&wire);
	/* The same queue, counted whole, and cut up after all. */
	wire.now.whole = ALL_KINDS;
	wire.now.cut = 0;
	pass(&wire, QUIET);
	hand_on_segments(&wire, BOOK_TCP4, 10, 450);
	wire.now.queued = 10;
	pass(&wire, QUIET);
	wire.now.whole = 0;
	wire.now.cut = ALL_KINDS;
	pass(&wire, QUIET);
	wire.now.queued = 0;
	wire.now.sent += 450;
	pass(&wire, QUIET);
	assert_balanced(&wire);
	wire.now.sent += 2;
	pass(&wire, 1);
	assert_int_equal(wire.news, 2);
}

/* No agent looked for an hour. */
static void a_gap_hides_nothing_but_what_was_cut(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	pass(&wire, QUIET);
	wire.now.time_ns += 3600 * SECOND;
	send_honestly(&wire, 100000);
	wire.now.sent += 6;
	pass(&wire, 1);
	assert_int_equal(wire.news, 6);
	/* Somebody had offloads off and on again. */
	wire.now.time_ns += 3600 * SECOND;
	hand_on_segments(&wire, BOOK_TCP4, 10, 450);
	wire.now.sent += 200;
	pass(&wire, 1);
	assert_int_equal(wire.result.news, 0);
	assert_int_equal(wire.result.why, BOOKS_OFFLOAD);
}

static void what_may_not_have_counted_is_no_alarm(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	pass(&wire, QUIET);
	wire.now.generation++; /* a swap, seen at once */
	send_honestly(&wire, 10);
	pass(&wire, QUIET);
	assert_balanced(&wire);
	wire.now.time_ns += 3600 * SECOND;
	wire.now.generation += 2; /* the one between may have been without books */
	wire.now.sent += 5000;
	pass(&wire, 1);
	assert_unchecked(&wire, BOOKS_BEGUN);
	pass(&wire, QUIET);
	wire.now.counters++; /* detached for a moment */
	wire.now.after.packets += 100000;
	wire.now.sent += 200000;
	pass(&wire, 1);
	assert_unchecked(&wire, BOOKS_BEGUN);
}

/* An interface that is never quiet, and whose segments are counted: nothing to begin from. */
static void a_busy_beginning_is_said(void **state)
{
	struct wire wire = wire_of(0, 0);

	(void)state;
	wire.now.whole = 0;
	wire.now.cut = ALL_KINDS;
	for (unsigned i = 0; i < 10; i++) {
		hand_on_segments(&wire, BOOK_TCP4, 100, 4500);
		wire.now.queued = 10;
		wire.now.sent += 4400;
		pass(&wire, 1);
	}
	assert_unchecked(&wire, BOOKS_BUSY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_back),
		cmocka_unit_test(honest_traffic_balances),
		cmocka_unit_test(each_packet_past_the_guard_is_counted_once),
		cmocka_unit_test(the_beginning_is_no_bypass),
		cmocka_unit_test(packets_on_their_way_are_no_alarm),
		cmocka_unit_test(a_stuck_queue_is_no_alarm_once_it_drains),
		cmocka_unit_test(known_drops_hide_nothing),
		cmocka_unit_test(unknown_drops_are_said),
		cmocka_unit_test(a_loss_is_forgiven_after_a_minute),
		cmocka_unit_test(counters_that_begin_anew_are_no_alarm),
		cmocka_unit_test(counters_of_32_bits_wrap),
		cmocka_unit_test(gso_is_counted_as_the_driver_does),
		cmocka_unit_test(what_may_have_been_cut_is_neither_alarm_nor_calm),
		cmocka_unit_test(a_change_of_offloads_is_no_alarm),
		cmocka_unit_test(what_cannot_be_checked_is_said_so),
		cmocka_unit_test(a_busy_beginning_is_said),
		cmocka_unit_test(a_stuck_queue_of_big_packets_is_no_alarm),
		cmocka_unit_test(a_gap_hides_nothing_but_what_was_cut),
		cmocka_unit_test(what_may_not_have_counted_is_no_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
