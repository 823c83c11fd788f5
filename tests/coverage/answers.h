/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of bpf/answer*.h: what the sender of a denied packet is told, and when it is told nothing.
 */
#ifndef GABELOU_TESTS_COVERAGE_ANSWERS_H
#define GABELOU_TESTS_COVERAGE_ANSWERS_H

#include "tests/coverage/replies.h"

#define ANSWER_BACK (shim_is_gateway ? 3 /* XDP_TX */ : 7 /* TC_ACT_REDIRECT */)
#define TCP_SIZE    20

static int answers_reset(void **state)
{
	world_reset(state);
	shim_config->trial = false;
	shim_config->reject = true;
	shim.kernel.now = 1000000000000;
	return 0;
}

static struct shim_packet answers_last; /* what was answered last; its bytes are the caller's */

/* What became of it; ANSWERS: it was not even tried. */
static enum answer answers_to_packet(const struct shim_packet *packet, bool layer3)
{
	uint64_t before[ANSWERS];

	answers_last = *packet;
	memcpy(before, shim.answers, sizeof(before));
	int answer = world_run(packet, layer3).answer;
	for (int i = 0; i < ANSWERS; i++)
		if (shim.answers[i] != before[i]) {
			assert_int_equal(answer, i == ANSWER_SENT ? ANSWER_BACK : ANSWER_DROP);
			return (enum answer)i;
		}
	assert_int_equal(answer, ANSWER_DROP);
	return ANSWERS;
}

static enum answer answers_to(const struct frame *frame)
{
	struct shim_packet packet = world_packet(frame, false);

	return answers_to_packet(&packet, false);
}

/* Of 16-bit words; what is right sums up to 0xffff. */
static uint32_t answers_sum(const uint8_t *bytes, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The addresses are exchanged, all sums are right, and the message is of that kind. */
static void answers_expect(size_t ip, uint8_t protocol, uint8_t first, uint8_t second)
{
	const uint8_t *bytes = shim.written.bytes + ip, *was = answers_last.bytes + ip;
	bool v4 = bytes[0] >> 4 == 4;
	size_t size = shim.written.length - ip, header = v4 ? IPV4_SIZE : IPV6_SIZE;
	size_t at = v4 ? 12 : 8, address = v4 ? 4 : 16;
	uint32_t pseudo = 0;

	assert_memory_equal(bytes + at, was + at + address, address);
	assert_memory_equal(bytes + at + address, was + at, address);
	assert_int_equal(bytes[v4 ? 9 : 6], protocol);
	if (v4)
		assert_int_equal(answers_sum(bytes, IPV4_SIZE, 0), 0xffff);
	if (protocol != IPPROTO_ICMP)
		pseudo = answers_sum(bytes + at, 2 * address, (uint32_t)(size - header) + protocol);
	if (!answers_last.checksum_later || shim_is_gateway)
		assert_int_equal(answers_sum(bytes + header, size - header, pseudo), 0xffff);
	if (protocol == IPPROTO_TCP) {
		assert_int_equal(bytes[header + 13], first);
		return;
	}
	assert_int_equal(bytes[header], first);
	assert_int_equal(bytes[header + 1], second);
}

static void answers_by_reset(void **state)
{
	static const char *const names[] = {"tcp4", "tcp6"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct frame ack = replies_segment(names[i], TCP_ITS_ACK, 7, 9, true);
		struct frame syn = replies_segment(names[i], TCP_ITS_SYN, 7, 0, false);
		struct frame rst = replies_segment(names[i], TCP_ITS_RST, 7, 0, false);

		assert_int_equal(answers_to(&ack), ANSWER_SENT);
		answers_expect(ack.ip, IPPROTO_TCP, TCP_ITS_RST, 0);
		assert_int_equal(shim.written.bytes[replies_transport(&ack) + 7], 9);
		assert_int_equal(answers_to(&syn), ANSWER_SENT);
		answers_expect(syn.ip, IPPROTO_TCP, TCP_ITS_RST | TCP_ITS_ACK, 0);
		assert_int_equal(shim.written.bytes[replies_transport(&syn) + 11], 8);
		assert_int_equal(answers_to(&rst), ANSWER_UNANSWERABLE);
		syn.bytes[replies_transport(&syn) + 12] = 15 << 4;
		assert_int_equal(answers_to(&syn), ANSWER_UNANSWERABLE);
	}
	struct frame first = replies_segment("tcp4", TCP_ITS_ACK, 7, 9, true);
	first.bytes[first.ip + 6] = 0x20;
	assert_int_equal(answers_to(&first), ANSWER_UNANSWERABLE);
}

static void answers_by_message(void **state)
{
	static const struct {
		bool v6;
		uint8_t type;
		bool question;
	} cases[] = {{false, 8, true},
		     {false, 13, true},
		     {false, 3, false},
		     {true, 128, true},
		     {true, 129, false}};
	struct frame udp4 = world_denied("udp4"), udp6 = world_denied("udp6");
	struct frame later = world_denied("fragment4-later"), tunnel4 = world_form("esp4");

	(void)state;
	assert_int_equal(answers_to(&udp4), ANSWER_SENT);
	answers_expect(udp4.ip, IPPROTO_ICMP, 3, 13);
	assert_true(shim.events[0].flags & EVENT_REJECTED);
	assert_int_equal(answers_to(&udp6), ANSWER_SENT);
	answers_expect(udp6.ip, IPPROTO_ICMPV6, 1, 1);
	put_zero(&udp4, 200); /* more than is quoted */
	ipv4_end(&udp4, udp4.ip);
	assert_int_equal(answers_to(&udp4), ANSWER_SENT);
	assert_int_equal(shim.written.length, udp4.ip + IPV4_SIZE + 8 + ANSWER_QUOTE_MOST);
	answers_expect(udp4.ip, IPPROTO_ICMP, 3, 13);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame icmp = replies_icmp(cases[i].v6, cases[i].type, NULL, 0);

		assert_int_equal(answers_to(&icmp),
				 cases[i].question ? ANSWER_SENT : ANSWER_UNANSWERABLE);
	}
	assert_int_equal(answers_to(&later), ANSWER_UNANSWERABLE);
	assert_int_equal(answers_to(&tunnel4), ANSWERS); /* what was not understood */
	struct frame allowed = world_form("udp6");
	assert_int_equal(world_run_frame(&allowed).answer, ANSWER_PASS);
	tunnels_name(shim_config->tunnels, &shim_config->tunnel_count);
	struct frame inside = tunnel(0, 1, false);
	assert_int_equal(answers_to(&inside), ANSWERS); /* its sender is not here */
	shim_config->trial = true;
	assert_int_equal(answers_to(&udp6), ANSWERS);
}

/* To nobody, to a group, from a group: at every byte that says so. */
static void answers_to_hosts_alone(void **state)
{
	static const struct {
		const char *form;
		size_t at; /* from the IP header on */
		uint8_t byte;
	} cases[] = {{"udp4", 12, 0},   {"udp4", 12, 127}, {"udp4", 12, 224},
		     {"udp4", 16, 224}, {"udp6", 8, 0xff}, {"udp6", 24, 0xff}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = world_denied(cases[i].form);

		frame.bytes[frame.ip + cases[i].at] = cases[i].byte;
		assert_int_equal(answers_to(&frame), ANSWER_UNANSWERABLE);
	}
	struct frame frame = world_denied("udp6");
	memset(frame.bytes + frame.ip + 8, 0, 16);
	assert_int_equal(answers_to(&frame), ANSWER_UNANSWERABLE); /* :: */
	for (size_t at = 11; at < 20; at += 4) {
		frame.bytes[frame.ip + at] = 1;
		assert_int_equal(answers_to(&frame), ANSWER_SENT);
		frame.bytes[frame.ip + at] = 0;
	}
	frame.bytes[frame.ip + 23] = 2; /* ::2 */
	assert_int_equal(answers_to(&frame), ANSWER_SENT);
	frame = world_denied("udp4");
	frame.bytes[0] |= 1;
	assert_int_equal(answers_to(&frame), ANSWER_UNANSWERABLE);
}

static void answers_on_every_link(void **state)
{
	struct frame plain = world_denied("udp4"), tagged = world_denied("vlan");
	struct shim_packet bare = world_packet(&plain, true);

	(void)state;
	assert_int_equal(answers_to(&tagged), ANSWER_SENT);
	assert_memory_equal(shim.written.bytes, tagged.bytes + 6, 6);
	bare.protocol = htons(ETH_P_IP);
	assert_int_equal(answers_to_packet(&bare, true), ANSWER_SENT);
	answers_expect(0, IPPROTO_ICMP, 3, 13);
	/* Where VLANs stand on a gateway's port a tag may have been taken off. */
	shim.kernel.has_vlans = true;
	assert_int_equal(answers_to(&plain), shim_is_gateway ? ANSWER_UNANSWERABLE : ANSWER_SENT);
	assert_int_equal(answers_to(&tagged), ANSWER_SENT);
	shim.kernel.has_fields = false; /* of a kernel that has none */
	assert_int_equal(answers_to(&plain), ANSWER_SENT);
	bpf_cast_to_kern_ctx = false;
	assert_int_equal(answers_to(&plain), ANSWER_SENT);
}

/* A checksum that is still to be written goes over into the answer, or there is none. */
static void answers_and_checksums(void **state)
{
	struct frame tcp = replies_segment("tcp4", TCP_ITS_ACK, 7, 9, true);
	struct frame udp = world_denied("udp6"), options = world_denied("destination-options");
	struct shim_packet packet = world_packet(&tcp, false);

	(void)state;
	packet.checksum_later = true;
	packet.checksum_at = (uint32_t)replies_transport(&tcp) + 16;
	assert_int_equal(answers_to_packet(&packet, false), ANSWER_SENT);
	packet.checksum_at -= 4;
	assert_int_equal(answers_to_packet(&packet, false),
			 shim_is_gateway ? ANSWER_SENT : ANSWER_UNANSWERABLE);
	packet = world_packet(&udp, false);
	packet.checksum_later = true;
	packet.checksum_at = (uint32_t)replies_transport(&udp) + 6;
	assert_int_equal(answers_to_packet(&packet, false), ANSWER_SENT);
	packet = world_packet(&options, false);
	packet.checksum_later = true;
	packet.checksum_at = options.length - 1;
	assert_int_equal(answers_to_packet(&packet, false) == ANSWER_SENT, shim_is_gateway);
}

/* Neither a place nor all of them are answered without end. */
static void answers_within_limits(void **state)
{
	struct frame frame = world_denied("udp4");
	int sent = 0;

	while (answers_to(&frame) == ANSWER_SENT)
		sent++;
	assert_int_equal(sent, ANSWER_PAIR_BURST);
	assert_int_equal(shim.answers[ANSWER_LIMITED], 1);
	for (int i = 0; i < 4 * ANSWER_PAIRS; i++) {
		frame.bytes[frame.ip + 14] = (uint8_t)i;
		frame.bytes[frame.ip + 15] = (uint8_t)(i >> 8);
		ipv4_end(&frame, frame.ip);
		memset(shim.flows, 0, sizeof(shim.flows));
		shim.event_count = 0;
		sent += answers_to(&frame) == ANSWER_SENT;
	}
	assert_int_equal(sent, ANSWER_BURST);
	shim.kernel.now += REPLY_SECOND;
	assert_int_equal(answers_to(&frame), ANSWER_SENT);
	shim.kernel.missing = SHIM_MAP_ANSWER_BUCKETS;
	assert_int_equal(answers_to(&frame), ANSWER_LIMITED);
	shim.kernel.missing = SHIM_MAP_ANSWERS;
	assert_int_equal(world_run_frame(&frame).answer, ANSWER_BACK);
	(void)state;
}

/* The kernel refuses: to read, to make room, to write. */
static void answers_that_fail(void **state)
{
	struct frame longer = world_denied("udp4");
	struct frame same = replies_segment("tcp4", TCP_ITS_SYN, 7, 0, false);
	struct frame tagged = world_denied("vlan"), v6 = world_denied("udp6");
	struct frame echo = replies_icmp(false, 8, NULL, 0);
	struct shim_packet packets[] = {world_packet(&longer, false), world_packet(&same, false),
					world_packet(&tagged, false), world_packet(&v6, false),
					world_packet(&echo, false)};

	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		for (shim.kernel.load_fails = 1; shim.kernel.load_fails <= 8;
		     shim.kernel.load_fails++) {
			int answer = world_run(&packets[i], false).answer;

			assert_true(answer == ANSWER_DROP || answer == ANSWER_BACK);
		}
		shim.kernel.load_fails = 0;
		for (shim.kernel.store_fails = 1; shim.kernel.store_fails <= 2;
		     shim.kernel.store_fails++)
			assert_int_equal(answers_to_packet(&packets[i], false), ANSWER_FAILED);
		answers_reset(state);
	}
	shim.kernel.tail_fails = true;
	assert_int_equal(answers_to(&longer), shim_is_gateway ? ANSWER_SENT : ANSWER_FAILED);
	assert_int_equal(answers_to(&same), shim_is_gateway ? ANSWER_SENT : ANSWER_FAILED);
	put_zero(&longer, 200);
	ipv4_end(&longer, longer.ip);
	assert_int_equal(answers_to(&longer), ANSWER_FAILED);
	longer = world_denied("udp4");
	shim.kernel.head_fails = true;
	assert_int_equal(answers_to(&longer), ANSWER_FAILED);
}

#endif
