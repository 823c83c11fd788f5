// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Goal: answers to what came in on a named port leave, and nothing else: a handshake step by step,
 * datagrams, echoes, fragments, errors; forged first packets, ports used again, idle entries, a
 * full table, a flood.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/prog/reply_world.h"

#define ROOM         8
#define REMOTE       0x05050505
#define REMOTE_FIRST 1000 /* sequence numbers that the ends begin with */
#define OWN_FIRST    5000

static const struct peers tcp4 = {false, IPPROTO_TCP, REMOTE, 40000, 443};
static const struct peers tcp6 = {true, IPPROTO_TCP, REMOTE, 40000, 443};
static const struct peers udp4 = {false, IPPROTO_UDP, REMOTE, 40000, 53};
static const struct peers udp6 = {true, IPPROTO_UDP, REMOTE, 40000, 53};
static const struct peers echo4 = {false, IPPROTO_ICMP, REMOTE, 77, 0};
static const struct peers echo6 = {true, IPPROTO_ICMPV6, REMOTE, 77, 0};

static int set_up_wide(void **state)
{
	return set_up(state, 4096, REASON_SOIL, 1);
}

static int set_up_narrow(void **state)
{
	return set_up(state, ROOM, REASON_SOIL, 0);
}

static int set_up_denied(void **state)
{
	return set_up(state, ROOM, REASON_RULE_DENY, 0);
}

#define assert_leaves(world, frame) \
	assert_int_equal(judged(world, KERNEL_GUARD, frame), REASON_REPLY)
#define assert_denied(world, frame) \
	assert_int_equal(judged(world, KERNEL_GUARD, frame), REASON_SOIL)

/* The tests of one world follow each other in it: nothing of the last one is known any more. */
static int forget(void **state)
{
	struct world *world = *state;

	return kernel_trial_age(world->trial, 1000000 * SECOND);
}

static struct reply_frame out(const struct peers *peers, uint8_t flags, uint32_t sequence,
			      size_t data)
{
	return reply_tcp(peers, GOES_OUT,
			 (struct segment){flags, sequence, REMOTE_FIRST + 1, data});
}

static struct reply_frame in(const struct peers *peers, uint8_t flags, uint32_t sequence,
			     uint32_t acknowledged)
{
	return reply_tcp(peers, CAME_IN, (struct segment){flags, sequence, acknowledged, 0});
}

static struct reply_frame syn_in(const struct peers *peers)
{
	return in(peers, SYN, REMOTE_FIRST, 0);
}
static struct reply_frame ack_in(const struct peers *peers)
{
	return in(peers, ACK, REMOTE_FIRST + 1, OWN_FIRST + 1);
}
static struct reply_frame syn_ack_out(const struct peers *peers)
{
	return out(peers, SYN | ACK, OWN_FIRST, 0);
}
static struct reply_frame data_out(const struct peers *peers)
{
	return out(peers, ACK, OWN_FIRST + 1, 100);
}

static void shake_hands(struct world *world, const struct peers *peers)
{
	came(world, syn_in(peers));
	assert_leaves(world, syn_ack_out(peers));
	came(world, ack_in(peers));
}

static struct counter counter_of(struct world *world, uint32_t slot)
{
	struct counter counters[COUNTER_SLOTS_WITH_REPLIES(HAND_CLASSES, 0)];

	assert_int_equal(
		kernel_trial_counters(world->trial, counters, sizeof(counters) / sizeof(*counters)),
		0);
	return counters[slot];
}

static void check_handshake(struct world *world, const struct peers *peers)
{
	assert_denied(world, syn_ack_out(peers));
	assert_denied(world, data_out(peers));
	came(world, ack_in(peers)); /* of no handshake */
	assert_denied(world, data_out(peers));
	came(world, syn_in(peers));
	assert_denied(world, data_out(peers));
	came(world, in(peers, ACK, REMOTE_FIRST + 1, 0)); /* of a SYN-ACK that never left */
	assert_denied(world, data_out(peers));
	assert_denied(world, out(peers, SYN | ACK, OWN_FIRST, 1));
	assert_denied(world, reply_tcp(peers, GOES_OUT,
				       (struct segment){SYN | ACK, 1, REMOTE_FIRST + 2, 0}));
	assert_leaves(world, syn_ack_out(peers));
	assert_leaves(world, syn_ack_out(peers));
	assert_denied(world, out(peers, SYN | ACK, OWN_FIRST + 1, 0));
	assert_denied(world, data_out(peers));
	came(world, in(peers, ACK, REMOTE_FIRST + 1, OWN_FIRST + 2));
	assert_denied(world, data_out(peers));
	came(world, ack_in(peers));
	assert_leaves(world, data_out(peers));
	assert_leaves(world, out(peers, ACK, 1, 0));
}

static void a_handshake_opens_step_by_step(void **state)
{
	struct world *world = *state;
	uint32_t slot = COUNTER_OF_REPLY(HAND_CLASSES, 0, HAND_DENIED);
	uint32_t denied = COUNTER_OF_ROW(HAND_DENIED);

	check_handshake(world, &tcp4);
	check_handshake(world, &tcp6);
	assert_int_equal(counter_of(world, slot).packets, 8);
	assert_int_equal(counter_of(world, slot).bytes, 3 * (54 + 74) + (54 + 100) + (74 + 100));
	assert_int_equal(counter_of(world, denied).packets, 20);
}

/* Of what came in: the other end, the port, our address. */
static void only_that_connection(void **state)
{
	struct world *world = *state;
	struct peers other = tcp4;

	shake_hands(world, &tcp4);
	other.remote++;
	assert_denied(world, data_out(&other));
	other = tcp4;
	other.remote_port++;
	assert_denied(world, data_out(&other));
	other = tcp4;
	other.own_port++;
	assert_denied(world, data_out(&other));
	other = tcp4;
	other.protocol = IPPROTO_UDP;
	assert_denied(world, reply_udp(&other, GOES_OUT));
	/* A port that is not named. */
	other = tcp4;
	other.own_port = 80;
	came(world, syn_in(&other));
	assert_denied(world, syn_ack_out(&other));
	/* Whoever binds the port and connects out. */
	assert_denied(world, out(&tcp4, SYN, 1, 0));
	other = tcp4;
	other.remote++;
	assert_denied(world, out(&other, SYN, 1, 0));
}

/* A later SYN from a forger ends nothing, and proves nothing. */
static void a_forged_syn_ends_nothing(void **state)
{
	struct world *world = *state;

	shake_hands(world, &tcp4);
	came(world, in(&tcp4, SYN, 7, 0));
	came(world, in(&tcp4, RST, 7, 0));
	assert_leaves(world, data_out(&tcp4));
	came(world, ack_in(&tcp4));
	assert_leaves(world, data_out(&tcp4));
}

static void a_closed_port_says_so(void **state)
{
	struct world *world = *state;

	came(world, syn_in(&tcp4));
	assert_denied(world, out(&tcp4, RST | ACK, 1, 0));
	assert_denied(world, out(&tcp4, RST | ACK, 0, 1));
	assert_leaves(world, out(&tcp4, RST | ACK, 0, 0));
	assert_denied(world, out(&tcp4, RST | ACK, 0, 0));
}

static void fast_open_is_answered(void **state)
{
	struct world *world = *state;

	came(world, reply_tcp(&tcp4, CAME_IN, (struct segment){SYN, REMOTE_FIRST, 0, 10}));
	assert_denied(world, reply_tcp(&tcp4, GOES_OUT,
				       (struct segment){SYN | ACK, 1, REMOTE_FIRST + 12, 0}));
	assert_leaves(world, reply_tcp(&tcp4, GOES_OUT,
				       (struct segment){SYN | ACK, 1, REMOTE_FIRST + 11, 0}));
}

static void a_reset_closes(void **state)
{
	struct world *world = *state;

	shake_hands(world, &tcp4);
	assert_leaves(world, data_out(&tcp4));
	came(world, in(&tcp4, RST, REMOTE_FIRST + 2, 0));
	assert_leaves(world, data_out(&tcp4));
	came(world, in(&tcp4, RST, REMOTE_FIRST + 1, 0));
	assert_denied(world, data_out(&tcp4));
	shake_hands(world, &tcp4);
	assert_leaves(world, out(&tcp4, RST | ACK, OWN_FIRST + 1, 0));
	assert_denied(world, data_out(&tcp4));
}

static void fins_close(void **state)
{
	struct world *world = *state;

	shake_hands(world, &tcp4);
	assert_leaves(world, out(&tcp4, FIN | ACK, OWN_FIRST + 1, 0));
	age(world, 61);
	assert_leaves(world, data_out(&tcp4)); /* one end */
	came(world, in(&tcp4, FIN | ACK, REMOTE_FIRST + 1, OWN_FIRST + 2));
	assert_denied(world, data_out(&tcp4));
}

static void a_port_is_used_again(void **state)
{
	struct world *world = *state;

	shake_hands(world, &tcp4);
	assert_leaves(world, out(&tcp4, FIN | ACK, OWN_FIRST + 1, 0));
	came(world, in(&tcp4, FIN | ACK, REMOTE_FIRST + 1, OWN_FIRST + 2));
	assert_leaves(world, out(&tcp4, ACK, OWN_FIRST + 2, 0));
	shake_hands(world, &tcp4);
	age(world, 61);
	assert_leaves(world, data_out(&tcp4));
}

static void idle_ones_expire(void **state)
{
	struct world *world = *state;

	shake_hands(world, &tcp4);
	age(world, 7439);
	assert_leaves(world, data_out(&tcp4));
	came(world, in(&tcp4, ACK, REMOTE_FIRST + 1, OWN_FIRST + 101));
	age(world, 7439);
	assert_leaves(world, data_out(&tcp4));
	age(world, 2);
	assert_denied(world, data_out(&tcp4));
	came(world, in(&tcp4, ACK, REMOTE_FIRST + 1, OWN_FIRST + 101));
	assert_denied(world, data_out(&tcp4));
	came(world, syn_in(&tcp4));
	age(world, 76);
	assert_denied(world, syn_ack_out(&tcp4));
}

static void check_datagrams(struct world *world, const struct peers *peers)
{
	assert_denied(world, reply_udp(peers, GOES_OUT));
	came(world, reply_udp(peers, CAME_IN));
	for (int i = 0; i < REPLY_CREDIT; i++)
		assert_leaves(world, reply_udp(peers, GOES_OUT));
	assert_denied(world, reply_udp(peers, GOES_OUT));
	came(world, reply_udp(peers, CAME_IN));
	for (int i = 0; i < 2 * REPLY_CREDIT; i++)
		assert_leaves(world, reply_udp(peers, GOES_OUT));
	age(world, 299);
	assert_leaves(world, reply_udp(peers, GOES_OUT));
	came(world, reply_udp(peers, CAME_IN));
	age(world, 299);
	assert_leaves(world, reply_udp(peers, GOES_OUT));
	age(world, 2);
	assert_denied(world, reply_udp(peers, GOES_OUT));
}

static void datagrams_are_answered(void **state)
{
	struct peers other = udp4;

	check_datagrams(*state, &udp4);
	check_datagrams(*state, &udp6);
	other.own_port = 61;
	came(*state, reply_udp(&other, CAME_IN));
	assert_denied(*state, reply_udp(&other, GOES_OUT));
}

static void check_echo(struct world *world, const struct peers *peers, uint8_t request,
		       uint8_t answer)
{
	struct peers other = *peers;

	assert_denied(world, reply_icmp(peers, GOES_OUT, answer));
	came(world, reply_icmp(peers, CAME_IN, request));
	came(world, reply_icmp(peers, CAME_IN, request));
	assert_denied(world, reply_icmp(peers, GOES_OUT, request));
	other.remote_port++;
	assert_denied(world, reply_icmp(&other, GOES_OUT, answer));
	assert_leaves(world, reply_icmp(peers, GOES_OUT, answer));
	assert_leaves(world, reply_icmp(peers, GOES_OUT, answer));
	assert_denied(world, reply_icmp(peers, GOES_OUT, answer));
}

static void each_echo_is_answered_once(void **state)
{
	check_echo(*state, &echo4, ICMP_ECHO, ICMP_ECHOREPLY);
	check_echo(*state, &echo6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY);
}

static void check_fragments(struct world *world, const struct peers *peers)
{
	struct reply_frame whole = reply_udp(peers, GOES_OUT);

	assert_denied(world, reply_fragment_of(whole, 9, 0, true));
	assert_denied(world, reply_fragment_of(whole, 9, 3, false));
	came(world, reply_fragment_of(reply_udp(peers, CAME_IN), 1, 0, true));
	assert_denied(world, reply_fragment_of(whole, 9, 3, false));
	assert_leaves(world, reply_fragment_of(whole, 9, 0, true));
	assert_leaves(world, reply_fragment_of(whole, 9, 3, true));
	assert_leaves(world, reply_fragment_of(whole, 9, 6, false));
	assert_denied(world, reply_fragment_of(whole, 10, 3, false));
	age(world, 31);
	assert_denied(world, reply_fragment_of(whole, 9, 3, false));
	/* What comes in as a later fragment has no port. */
	age(world, 400);
	came(world, reply_fragment_of(reply_udp(peers, CAME_IN), 1, 3, false));
	assert_denied(world, whole);
}

static void fragments_follow_the_first(void **state)
{
	check_fragments(*state, &udp4);
	check_fragments(*state, &udp6);
}

static void check_errors(struct world *world, const struct peers *tcp, const struct peers *udp,
			 uint8_t type)
{
	assert_denied(world, reply_error(tcp, type));
	shake_hands(world, tcp);
	assert_leaves(world, reply_error(tcp, type));
	assert_leaves(world, reply_error(tcp, type));
	assert_denied(world, reply_error(udp, type));
	came(world, reply_udp(udp, CAME_IN));
	assert_leaves(world, reply_error(udp, type));
}

static void errors_about_them_leave(void **state)
{
	struct world *world = *state;
	struct peers other = tcp4;

	check_errors(world, &tcp4, &udp4, ICMP_DEST_UNREACH);
	check_errors(world, &tcp6, &udp6, ICMP6_DST_UNREACH);
	assert_denied(world, reply_error(&tcp4, ICMP_REDIRECT));
	/* To somebody else, and about somebody else's packet. */
	other.remote++;
	struct reply_frame error = reply_error(&tcp4, ICMP_DEST_UNREACH);
	put32(error.bytes + ETH_HLEN + 16, other.remote);
	assert_denied(world, error);
	error = reply_error(&tcp4, ICMP_DEST_UNREACH);
	put32(error.bytes + error.transport + 8 + 12, other.remote);
	assert_denied(world, error);
	error = reply_error(&tcp6, ICMP6_DST_UNREACH);
	put32(error.bytes + error.transport + 8 + 20, other.remote);
	assert_denied(world, error);
}

static void a_full_table_denies_and_counts(void **state)
{
	struct world *world = *state;
	struct peers late = tcp4, datagram = udp4;

	for (uint16_t i = 0; i < ROOM; i++) {
		struct peers peers = tcp4;

		peers.remote_port += i;
		shake_hands(world, &peers);
		assert_leaves(world, data_out(&peers));
	}
	late.remote_port += ROOM;
	shake_hands(world, &late);
	assert_int_equal(judged(world, KERNEL_GUARD, data_out(&late)), REASON_REPLY_FULL);
	assert_int_equal(judged(world, KERNEL_GUARD, data_out(&late)), REASON_REPLY_FULL);
	assert_int_equal(counter_of(world, REASON_REPLY_FULL).packets, 2);
	assert_leaves(world, data_out(&tcp4));
	/* Datagrams have a table of their own. */
	came(world, reply_udp(&datagram, CAME_IN));
	assert_leaves(world, reply_udp(&datagram, GOES_OUT));
	came(world, reply_udp(&datagram, CAME_IN));
	assert_leaves(world, reply_udp(&datagram, GOES_OUT));
	/* One that ends makes room. */
	assert_leaves(world, out(&tcp4, RST | ACK, OWN_FIRST + 1, 0));
	assert_leaves(world, data_out(&late));
}

static void idle_ones_make_room(void **state)
{
	struct world *world = *state;

	for (uint16_t round = 0; round < 3; round++) {
		for (uint16_t i = 0; i < ROOM; i++) {
			struct peers peers = tcp4, datagram = udp4;

			peers.remote_port += (uint16_t)(i + round * ROOM);
			datagram.remote_port += (uint16_t)(i + round * ROOM);
			shake_hands(world, &peers);
			assert_leaves(world, data_out(&peers));
			came(world, reply_udp(&datagram, CAME_IN));
			assert_leaves(world, reply_udp(&datagram, GOES_OUT));
			came(world, reply_udp(&datagram, CAME_IN));
			assert_leaves(world, reply_udp(&datagram, GOES_OUT));
		}
		age(world, 7441);
	}
}

/* What the SYNs of a flood take away is what is not proven, and nothing else. */
static void a_flood_ends_nothing(void **state)
{
	struct world *world = *state;
	struct peers forged = tcp4, peers = tcp4;

	for (uint16_t i = 0; i < 1000; i++) {
		peers.remote_port = i;
		shake_hands(world, &peers);
	}
	for (uint32_t i = 0; i < 2 * REPLY_OPENINGS; i++) {
		struct kernel_outcome outcome;

		forged.remote = 0x06000000 + i;
		struct reply_frame frame = syn_in(&forged);
		kernel_trial_run(world->trial, KERNEL_INGRESS, true, frame.bytes, frame.size,
				 &outcome);
	}
	assert_leaves(world, syn_ack_out(&forged));
	assert_denied(world, data_out(&forged));
	for (uint16_t i = 0; i < 1000; i++) {
		peers.remote_port = i;
		assert_leaves(world, data_out(&peers));
	}
}

/* A gateway looks; the guard where it leaves counts. */
static void a_gateway_uses_nothing_up(void **state)
{
	struct world *world = *state;

	came(world, reply_icmp(&echo4, CAME_IN, ICMP_ECHO));
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			judged(world, KERNEL_GATEWAY, reply_icmp(&echo4, GOES_OUT, ICMP_ECHOREPLY)),
			REASON_REPLY);
	assert_leaves(world, reply_icmp(&echo4, GOES_OUT, ICMP_ECHOREPLY));
	assert_int_equal(
		judged(world, KERNEL_GATEWAY, reply_icmp(&echo4, GOES_OUT, ICMP_ECHOREPLY)),
		REASON_SOIL);
	shake_hands(world, &tcp4);
	assert_int_equal(judged(world, KERNEL_GATEWAY, out(&tcp4, RST | ACK, 1, 0)), REASON_REPLY);
	assert_leaves(world, data_out(&tcp4));
}

static void a_deny_rule_denies_answers(void **state)
{
	struct world *world = *state;

	came(world, syn_in(&tcp4));
	assert_int_equal(judged(world, KERNEL_GUARD, syn_ack_out(&tcp4)), REASON_RULE_DENY);
}

#define TEST(test)   cmocka_unit_test_teardown(test, forget)
#define NARROW(test) cmocka_unit_test_setup_teardown(test, set_up_narrow, tear_down)

int main(void)
{
	const struct CMUnitTest wide[] = {
		TEST(a_handshake_opens_step_by_step), /* first: it looks at the counters */
		TEST(only_that_connection),
		TEST(a_forged_syn_ends_nothing),
		TEST(a_closed_port_says_so),
		TEST(fast_open_is_answered),
		TEST(a_reset_closes),
		TEST(fins_close),
		TEST(a_port_is_used_again),
		TEST(idle_ones_expire),
		TEST(datagrams_are_answered),
		TEST(each_echo_is_answered_once),
		TEST(fragments_follow_the_first),
		TEST(errors_about_them_leave),
		TEST(a_gateway_uses_nothing_up),
		TEST(a_flood_ends_nothing),
	};
	const struct CMUnitTest others[] = {
		NARROW(a_full_table_denies_and_counts),
		NARROW(idle_ones_make_room),
		cmocka_unit_test_setup_teardown(a_deny_rule_denies_answers, set_up_denied,
						tear_down),
	};

	namespace_make();
	int failed = cmocka_run_group_tests_name("replies", wide, set_up_wide, tear_down);
	return failed + cmocka_run_group_tests_name("replies that are not", others, NULL, NULL);
}
