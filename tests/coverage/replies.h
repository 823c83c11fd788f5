/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of bpf/reply.h and what it asks: what is denied and is an answer to what came in. Frames go
 * from the named port of ours, the source port of all forms; in a gateway nothing is used up. */
#ifndef GABELOU_TESTS_COVERAGE_REPLIES_H
#define GABELOU_TESTS_COVERAGE_REPLIES_H

#include "tests/coverage/tunnels.h"

#define REPLIES_PORT  40000
#define REPLIES_LATER (1000000 * REPLY_SECOND)
#define REPLIES_NEXT  1000 /* the sequence number that the other end expects acknowledged */

enum { TCP_ITS_RST = 0x04, TCP_ITS_SYN = 0x02, TCP_ITS_FIN = 0x01, TCP_ITS_ACK = 0x10 };

static struct class_row replies_rows[CORPUS_CLASSES];

static int replies_reset(void **state)
{
	static const struct reply_service services[] = {
		{.protocol = IPPROTO_TCP, .low = REPLIES_PORT, .high = REPLIES_PORT},
		{.protocol = IPPROTO_UDP, .low = REPLIES_PORT, .high = REPLIES_PORT},
		{.protocol = IPPROTO_ICMP, .low = 8, .high = 8},
		{.protocol = IPPROTO_ICMPV6, .low = 128, .high = 128},
	};

	world_reset(state);
	memcpy(replies_rows, shim.sections[TABLE_ROWS], sizeof(replies_rows));
	shim.sections[TABLE_ROWS] = replies_rows;
	shim.kernel.now = REPLIES_LATER;
	shim.counter_count = COUNTER_SLOTS(CORPUS_CLASSES, ROW_ENTRIES_MOST);
	shim_config->rows = CORPUS_CLASSES;
	memcpy(shim_config->replies, services, sizeof(services));
	shim_config->reply_count = 4;
	return 0;
}

static size_t replies_transport(const struct frame *frame)
{
	return frame->ip + (frame->bytes[frame->ip] >> 4 == 4 ? IPV4_SIZE : IPV6_SIZE);
}

/* As if what this frame answers had come in: by its addresses, and for TCP and UDP by its ports. */
static struct reply_key replies_key(const struct frame *frame, uint8_t protocol)
{
	bool v4 = frame->bytes[frame->ip] >> 4 == 4;
	const uint8_t *ip = frame->bytes + frame->ip;
	const uint8_t *ports = frame->bytes + replies_transport(frame);
	struct reply_key key = {.ethertype = v4 ? ETH_P_IP : ETH_P_IPV6, .protocol = protocol};

	memcpy(key.own, ip + (v4 ? 12 : 8), v4 ? 4 : 16);
	memcpy(key.remote, ip + (v4 ? 16 : 24), v4 ? 4 : 16);
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) {
		memcpy(&key.own_port, ports, 2);
		memcpy(&key.remote_port, ports + 2, 2);
	}
	return key;
}

static struct shim_entry *replies_enter(enum shim_map table, const struct reply_key *key)
{
	struct shim_entry *entries = shim.tables[table - SHIM_MAP_TABLES];
	struct shim_entry *entry = &entries[0];

	while (entry->used && memcmp(entry->key, key, sizeof(*key)) != 0)
		entry++;
	assert_true(entry < entries + SHIM_ENTRIES);
	*entry = (struct shim_entry){.used = true};
	memcpy(entry->key, key, sizeof(*key));
	if (table == SHIM_MAP_OPENINGS)
		entry->opening = (struct reply_opening){.seen = shim.kernel.now,
							.remote_next = REPLIES_NEXT,
							.carried = 5,
							.credit = 2};
	else
		entry->reply.seen = shim.kernel.now;
	return entry;
}

static void replies_fill(enum shim_map table, uint64_t seen)
{
	struct shim_entry *entries = shim.tables[table - SHIM_MAP_TABLES];

	for (int i = 0; i < SHIM_ENTRIES; i++) {
		entries[i] = (struct shim_entry){.used = true, .key = {(uint8_t)(i + 1)}};
		entries[i].key[offsetof(struct reply_key, protocol)] =
			table == SHIM_MAP_REPLIES ? IPPROTO_TCP : IPPROTO_UDP;
		entries[i].reply.seen = seen;
	}
}

/* A segment of TCP without data, unless @data. */
static struct frame replies_segment(const char *form, uint8_t flags, uint32_t sequence,
				    uint32_t acknowledged, bool data)
{
	struct frame frame = world_denied(form);
	size_t at = replies_transport(&frame);

	frame.length = at + 20;
	set16(&frame, at + 4, sequence >> 16);
	set16(&frame, at + 6, sequence & 0xffff);
	set16(&frame, at + 8, acknowledged >> 16);
	set16(&frame, at + 10, acknowledged & 0xffff);
	frame.bytes[at + 12] = 5 << 4;
	frame.bytes[at + 13] = flags;
	if (data)
		put_zero(&frame, 8);
	if (form[3] == '4')
		ipv4_end(&frame, frame.ip);
	else
		ipv6_end(&frame, frame.ip);
	return frame;
}

static void replies_expect(const struct frame *frame, enum reason reason, const char *what)
{
	struct outcome outcome = world_run_frame(frame);

	world_expect(&outcome, reason, what);
	assert_int_equal(outcome.words[TRIAL_VERDICT] == VERDICT_ALLOW, reason == REASON_REPLY);
}

static void replies_to_openings(void **state)
{
	static const struct {
		uint8_t flags;
		uint32_t sequence, acknowledged;
		bool data;
		enum reason reason;
		const char *what;
	} cases[] = {
		{TCP_ITS_SYN, 7, 0, false, REASON_SOIL, "a SYN of our own"},
		{TCP_ITS_SYN | TCP_ITS_ACK, 7, 1000, true, REASON_SOIL, "data before the proof"},
		{TCP_ITS_SYN | TCP_ITS_ACK, 7, 999, false, REASON_SOIL, "not what came"},
		{TCP_ITS_SYN | TCP_ITS_ACK, 7, 1006, false, REASON_SOIL, "more than came"},
		{TCP_ITS_SYN | TCP_ITS_ACK, 7, 1005, false, REASON_REPLY, "and its data"},
		{TCP_ITS_SYN | TCP_ITS_ACK, 7, 1000, false, REASON_REPLY, "a SYN-ACK"},
		{TCP_ITS_SYN | TCP_ITS_ACK, 8, 1000, false, REASON_SOIL, "another number"},
		{TCP_ITS_ACK, 8, 1000, false, REASON_SOIL, "an ACK"},
		{TCP_ITS_RST, 0, 1000, false, REASON_SOIL, "an RST without ACK"},
		{TCP_ITS_RST | TCP_ITS_ACK, 8, 1000, false, REASON_SOIL, "an RST with a number"},
		{TCP_ITS_RST | TCP_ITS_ACK, 0, 1000, false, REASON_REPLY, "an RST"},
	};
	struct frame answer = replies_segment("tcp4", TCP_ITS_SYN | TCP_ITS_ACK, 7, 1000, false);
	struct reply_key key = replies_key(&answer, IPPROTO_TCP);

	replies_expect(&answer, REASON_SOIL, "to nothing that came in");
	struct shim_entry *opening = replies_enter(SHIM_MAP_OPENINGS, &key);
	opening->opening.seen -= REPLY_LIFE_OPENING;
	replies_expect(&answer, REASON_SOIL, "to what is too long ago");
	opening->opening.seen += REPLY_LIFE_OPENING;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame frame = replies_segment("tcp4", cases[i].flags, cases[i].sequence,
						     cases[i].acknowledged, cases[i].data);

		replies_expect(&frame, cases[i].reason, cases[i].what);
	}
	assert_int_equal(opening->used, shim_is_gateway); /* the RST ended it */
	(void)state;
}

static void replies_of_connections(void **state)
{
	struct frame data = replies_segment("tcp6", TCP_ITS_ACK, 8, 1009, true);
	struct frame fin = replies_segment("tcp6", TCP_ITS_FIN, 8, 1, false);
	struct frame rst = replies_segment("tcp6", TCP_ITS_RST, 8, 1, false);
	struct frame again = replies_segment("tcp6", TCP_ITS_SYN | TCP_ITS_ACK, 8, 1, false);
	struct reply_key key = replies_key(&data, IPPROTO_TCP);
	struct shim_entry *proven = replies_enter(SHIM_MAP_REPLIES, &key);

	(void)state;
	replies_expect(&data, REASON_REPLY, "data");
	assert_int_equal(proven->reply.expected, shim_is_gateway ? 0 : 1009);
	replies_expect(&again, REASON_REPLY, "a SYN-ACK again");
	replies_expect(&fin, REASON_REPLY, "a FIN");
	replies_expect(&fin, REASON_REPLY, "a FIN again");
	assert_int_equal(proven->reply.ends, shim_is_gateway ? 0 : REPLY_END_OWN);
	proven->reply.seen -= REPLY_LIFE_ENDED;
	replies_expect(&data, REASON_REPLY, "one that has half ended");
	proven->reply.ends = REPLY_ENDED;
	replies_expect(&data, REASON_SOIL, "one that has ended");
	proven->reply.ends = 0;
	replies_expect(&rst, REASON_REPLY, "an RST");
	assert_int_equal(proven->used, shim_is_gateway);
	proven->used = true;
	proven->reply.seen -= REPLY_LIFE_TCP;
	replies_expect(&data, REASON_SOIL, "one that was idle for too long");
}

/* What is proven where there was no room: the next answer makes it, if a sweep does. */
static void replies_without_room(void **state)
{
	static const char *const names[] = {"tcp4", "udp4"};

	for (int i = 0; i < 2; i++) {
		uint8_t protocol = i ? IPPROTO_UDP : IPPROTO_TCP;
		enum shim_map table = i ? SHIM_MAP_EXCHANGES : SHIM_MAP_REPLIES;
		struct frame frame =
			i ? world_denied(names[i])
			  : replies_segment(names[i], TCP_ITS_SYN | TCP_ITS_ACK, 8, 1000, true);
		struct reply_key key = replies_key(&frame, protocol);

		replies_reset(state);
		replies_enter(SHIM_MAP_OPENINGS, &key)->opening.state = OPENING_PROVEN;
		replies_expect(&frame, REASON_REPLY, "room");
		assert_true(shim.tables[table - SHIM_MAP_TABLES][0].used);
		replies_fill(table, shim.kernel.now);
		shim.kernel.missing = SHIM_MAP_REPLY_SWEEPS;
		replies_expect(&frame, REASON_REPLY_FULL, "no sweep");
		shim.kernel.missing = 0;
		replies_expect(&frame, REASON_REPLY_FULL, "a sweep that finds nothing");
		replies_fill(table, 0);
		replies_expect(&frame, REASON_REPLY_FULL, "a sweep that is not due");
		shim.kernel.now += REPLY_SWEEP_PAUSE;
		replies_expect(&frame, REASON_REPLY, "a sweep");
	}
}

static void replies_by_datagram(void **state)
{
	struct frame frame = world_denied("udp6"), other = world_denied("udp6");
	struct reply_key key = replies_key(&frame, IPPROTO_UDP);

	(void)state;
	replies_expect(&frame, REASON_SOIL, "to nobody");
	struct shim_entry *opening = replies_enter(SHIM_MAP_OPENINGS, &key);
	replies_expect(&frame, REASON_REPLY, "the first");
	replies_expect(&frame, REASON_REPLY, "the second");
	assert_int_equal(opening->opening.credit, shim_is_gateway ? 2 : 0);
	opening->opening.credit = 0;
	replies_expect(&frame, REASON_SOIL, "one too many");
	if (!shim_is_gateway) {
		for (shim.kernel.takers = 1; shim.kernel.takers <= 2; shim.kernel.takers++) {
			opening->opening.credit = 1;
			replies_expect(&frame, REASON_SOIL, "the last, which another CPU took");
		}
		opening->opening.credit = 1;
		shim.kernel.upper = true;
		replies_expect(&frame, REASON_REPLY,
			       "one that is only looked at, over an upper link");
		shim.kernel.takers = 0;
		shim.kernel.upper = false;
	}
	opening->opening.credit = REPLY_CREDIT + 1; /* below zero, as other CPUs made it */
	replies_expect(&frame, REASON_SOIL, "more than there are");
	struct shim_entry *proven = replies_enter(SHIM_MAP_EXCHANGES, &key);
	replies_expect(&frame, REASON_REPLY, "an exchange");
	proven->reply.seen -= REPLY_LIFE_DATAGRAM;
	replies_expect(&frame, REASON_SOIL, "an exchange that was idle for too long");
	/* From a port that is not named; in a policy that names as many as can be. */
	set16(&other, replies_transport(&other), REPLIES_PORT + 1);
	key = replies_key(&other, IPPROTO_UDP);
	replies_enter(SHIM_MAP_EXCHANGES, &key);
	replies_expect(&other, REASON_SOIL, "another port");
	shim_config->reply_count = REPLY_SERVICES_MOST;
	replies_expect(&other, REASON_SOIL, "another port than many");
}

/* What a row says comes first, and where there is none nothing is looked for. */
static void replies_that_may_not_be(void **state)
{
	static const enum reason reasons[] = {REASON_RULE_DENY, REASON_MULTICAST, REASON_INTERNAL};
	struct frame frame = world_denied("udp4"), unseen = world_form("esp4");
	struct reply_key key = replies_key(&frame, IPPROTO_UDP);

	replies_enter(SHIM_MAP_EXCHANGES, &key);
	replies_expect(&frame, REASON_REPLY, "an exchange");
	replies_expect(&unseen, REASON_TUNNEL, "what is not judged");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		replies_rows[HAND_DENIED].reason = (uint8_t)reasons[i];
		replies_expect(&frame, reasons[i], reason_name(reasons[i]));
	}
	replies_reset(state);
	replies_enter(SHIM_MAP_EXCHANGES, &key);
	shim.kernel.missing = SHIM_MAP_REPLY_DRAFTS;
	replies_expect(&frame, REASON_SOIL, "no draft");
	shim.kernel.missing = 0;
	tunnels_name(shim_config->tunnels, &shim_config->tunnel_count);
	struct frame inside = tunnel(0, 1, false);
	replies_expect(&inside, REASON_SOIL, "inside a tunnel");
}

/* All but the last byte is linear, and the rest cannot be had: at every copy. */
static void replies_that_cannot_be_read(void **state)
{
	static const char *const names[] = {"tcp4", "tcp6", "udp4"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool udp = names[i][0] == 'u';
		struct frame frame = udp ? world_denied(names[i])
					 : replies_segment(names[i], TCP_ITS_ACK, 1, 1, true);
		struct shim_packet packet = world_packet(&frame, false);
		struct reply_key key = replies_key(&frame, udp ? IPPROTO_UDP : IPPROTO_TCP);

		replies_reset(state);
		replies_enter(udp ? SHIM_MAP_EXCHANGES : SHIM_MAP_REPLIES, &key);
		packet.linear = packet.length - 1;
		for (uint32_t pull = 1; pull <= (udp ? 2 : 3); pull++) {
			shim.kernel.pull_fails = pull;
			struct outcome outcome = world_run(&packet, false);
			/* The first pull of a gateway makes all of it linear. */
			world_expect(&outcome,
				     shim_is_gateway && pull > 1 ? REASON_REPLY : REASON_SOIL,
				     names[i]);
		}
	}
}

/* Longer than a length field can say: there are data in any case. */
static void replies_in_segments(void **state)
{
	static uint8_t bytes[BIG];
	static const char *const names[] = {"tcp4", "tcp6"};

	for (int i = 0; i < 2; i++) {
		struct frame frame = replies_segment(names[i], TCP_ITS_ACK, 1, 1, true);
		struct reply_key key = replies_key(&frame, IPPROTO_TCP);

		replies_reset(state);
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, frame.bytes, frame.length);
		memset(bytes + frame.ip + (i ? 4 : 2), 0, 2);
		struct shim_packet packet = {.bytes = bytes,
					     .length = BIG,
					     .linear = 200,
					     .protocol = world_told(bytes, BIG),
					     .gso_size = 1400};
		replies_enter(SHIM_MAP_REPLIES, &key);
		struct outcome outcome = world_run(&packet, false);
		world_expect(&outcome, REASON_REPLY, names[i]);
	}
}

static void replies_in_fragments(void **state)
{
	static const char *const firsts[] = {"fragment4-first", "fragment6-first"};
	static const char *const laters[] = {"fragment4-later", "fragment6-later"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct frame first = world_denied(firsts[i]), later = world_denied(laters[i]);
		struct reply_key key = replies_key(&first, IPPROTO_UDP);

		if (i) /* the ports are behind the fragment header */
			memcpy(&key.own_port, first.bytes + first.ip + 48, 2);
		if (i)
			memcpy(&key.remote_port, first.bytes + first.ip + 50, 2);
		replies_reset(state);
		replies_expect(&first, REASON_SOIL, "a first that is no answer");
		replies_expect(&later, REASON_SOIL, "one after nothing");
		replies_enter(SHIM_MAP_EXCHANGES, &key);
		replies_expect(&first, REASON_REPLY, firsts[i]);
		replies_expect(&later, REASON_REPLY, laters[i]);
		struct frame last = world_denied(i ? "fragment6-last" : "fragment4-last");
		replies_expect(&last, REASON_REPLY, "the last");
		shim.kernel.now += REPLY_LIFE_FRAGMENT;
		replies_expect(&later, REASON_SOIL, "one that is late");
	}
	/* A fragment header behind another header is not looked for. */
	struct frame later = world_denied("fragment6-later");
	const uint8_t options[] = {IPPROTO_FRAGMENT, 0, 1, 4, 0, 0, 0, 0};
	size_t at = later.ip + IPV6_SIZE;
	memmove(later.bytes + at + 8, later.bytes + at, later.length - at);
	memcpy(later.bytes + at, options, sizeof(options));
	later.bytes[later.ip + 6] = IPPROTO_DSTOPTS;
	later.length += 8;
	ipv6_end(&later, later.ip);
	replies_expect(&later, REASON_SOIL, "behind options");
}

/* ICMP of this type, with @size bytes behind its first eight. */
static struct frame replies_icmp(bool v6, uint8_t type, const void *content, size_t size)
{
	struct frame frame = world_denied(v6 ? "nd-elsewhere" : "icmp4-3-bytes");
	size_t at = replies_transport(&frame);

	frame.length = at;
	put_zero(&frame, 8);
	frame.bytes[at] = type;
	frame.bytes[at + 5] = 9; /* of an echo: the identifier */
	put_zero(&frame, size);
	if (size)
		memcpy(frame.bytes + at + 8, content, size);
	if (v6)
		ipv6_end(&frame, frame.ip);
	else
		ipv4_end(&frame, frame.ip);
	return frame;
}

static void replies_to_echos(void **state)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct frame answer = replies_icmp(v6, v6 ? 129 : 0, NULL, 0);
		struct frame request = replies_icmp(v6, v6 ? 128 : 8, NULL, 0);
		struct reply_key key = replies_key(&answer, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);

		replies_reset(state);
		key.remote_port = htons(9);
		replies_expect(&answer, REASON_SOIL, "to nobody");
		struct shim_entry *opening = replies_enter(SHIM_MAP_OPENINGS, &key);
		opening->opening.state = OPENING_ANSWERED;
		replies_expect(&answer, REASON_REPLY, "to a request");
		replies_expect(&request, REASON_SOIL, "a request of our own");
		shim_config->reply_count = 2;
		replies_expect(&answer, REASON_SOIL, "where none is named");
		shim_config->reply_count = 4;
		opening->opening.credit = 4;
		struct shim_packet packet = world_packet(&answer, false);
		packet.linear = packet.length - 1;
		for (uint32_t pull = 2; pull <= 3; pull++) { /* the first is the parser's */
			shim.kernel.pull_fails = pull;
			struct outcome outcome = world_run(&packet, false);
			world_expect(&outcome, shim_is_gateway ? REASON_REPLY : REASON_SOIL,
				     "in pieces");
		}
	}
}

/* An error about what came in of @protocol, from the other end's port 53 to ours; @change makes a
 * byte of the packet that it is about another one, or cuts it there. */
static struct frame replies_error(bool v6, uint8_t type, uint8_t protocol, int change, int cut)
{
	struct frame like = world_denied(v6 ? "udp6" : "udp4");
	uint8_t about[IPV6_SIZE + 4] = {v6 ? 0x60 : 0x45};
	size_t header = v6 ? IPV6_SIZE : IPV4_SIZE, address = v6 ? 16 : 4;
	const uint8_t *ip = like.bytes + like.ip, *ports = like.bytes + replies_transport(&like);
	size_t source = v6 ? 8 : 12;

	about[v6 ? 6 : 9] = protocol;
	memcpy(about + source, ip + source + address, address);
	memcpy(about + source + address, ip + source, address);
	memcpy(about + header, ports + 2, 2);
	memcpy(about + header + 2, ports, 2);
	if (change >= 0)
		about[change] ^= 1;
	return replies_icmp(v6, type, about, cut >= 0 ? (size_t)cut : header + 4);
}

static void replies_and_errors(void **state)
{
	static const struct {
		bool v6;
		uint8_t type, protocol;
		int change, cut;
		enum reason reason;
		const char *what;
	} cases[] = {
		{false, 3, IPPROTO_UDP, -1, -1, REASON_REPLY, "unreachable"},
		{false, 11, IPPROTO_UDP, -1, -1, REASON_REPLY, "time exceeded"},
		{false, 12, IPPROTO_UDP, -1, -1, REASON_REPLY, "parameter problem"},
		{false, 5, IPPROTO_UDP, -1, -1, REASON_SOIL, "no error"},
		{false, 3, IPPROTO_TCP, -1, -1, REASON_SOIL, "another protocol"},
		{false, 3, IPPROTO_ICMP, -1, -1, REASON_SOIL, "one without ports"},
		{false, 3, IPPROTO_UDP, 12, -1, REASON_SOIL, "from another"},
		{false, 3, IPPROTO_UDP, 0, -1, REASON_SOIL, "a header too short"},
		{false, 3, IPPROTO_UDP, 6, -1, REASON_SOIL, "a fragment"},
		{false, 3, IPPROTO_UDP, 7, -1, REASON_SOIL, "a later fragment"},
		{false, 3, IPPROTO_UDP, 23, -1, REASON_SOIL, "a port that is not named"},
		{false, 3, IPPROTO_UDP, -1, 19, REASON_SOIL, "cut in the header"},
		{false, 3, IPPROTO_UDP, -1, 22, REASON_SOIL, "cut in the ports"},
		{true, 1, IPPROTO_UDP, -1, -1, REASON_REPLY, "unreachable"},
		{true, 0, IPPROTO_UDP, -1, -1, REASON_SOIL, "no error"},
		{true, 1, IPPROTO_UDP, 8, -1, REASON_SOIL, "from another"},
		{true, 1, IPPROTO_UDP, 12, -1, REASON_SOIL, "from another"},
		{true, 1, IPPROTO_UDP, 16, -1, REASON_SOIL, "from another"},
		{true, 1, IPPROTO_UDP, 20, -1, REASON_SOIL, "from another"},
		{true, 1, IPPROTO_UDP, -1, 39, REASON_SOIL, "cut in the header"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool v6 = cases[i].v6;
		struct frame like = world_denied(v6 ? "udp6" : "udp4");
		struct frame error = replies_error(v6, cases[i].type, cases[i].protocol,
						   cases[i].change, cases[i].cut);
		struct reply_key key = replies_key(&like, IPPROTO_UDP);

		replies_reset(state);
		replies_expect(&error, REASON_SOIL, "about nothing that came in");
		replies_enter(SHIM_MAP_OPENINGS, &key);
		replies_expect(&error, cases[i].reason, cases[i].what);
		replies_enter(SHIM_MAP_EXCHANGES, &key);
		replies_expect(&error, cases[i].reason, cases[i].what);
	}
}

#endif
