// SPDX-License-Identifier: GPL-2.0-or-later
/* The answers of `on-deny: reject`, of the guard and of the gateway, frame by frame: which packets
 * get one, and that it is right to the last bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <netinet/in.h>

#include "tests/prog/answer_reader.h"
#include "tests/prog/applied.h"

#define DROPPED_BY_TC  2
#define REDIRECTED     7
#define DROPPED_BY_XDP 1
#define SENT_BACK      3
#define SYN            2
#define RST            4
#define ACK            16

struct frame {
	uint8_t bytes[512];
	size_t size, network, transport;
};

struct reject {
	struct applied *applied;
	struct programs programs;
};

static char *inside[] = {(char *)"far0"};
static char *guard[] = {(char *)"gone1"};

static void open_programs(struct reject *reject)
{
	uint32_t generation = applied_apply(reject->applied, reject->applied->table);

	assert_int_equal(
		generation_programs(reject->applied->kernel, generation, &reject->programs), 0);
}

static int set_up(void **state)
{
	struct reject *reject = calloc(1, sizeof(*reject));
	int error = applied_set_up((void **)&reject->applied);
	struct kernel_options *options = &reject->applied->options;

	options->reject = true;
	options->inside = inside;
	options->guard = guard;
	options->inside_count = options->guard_count = 1;
	*state = reject;
	if (!error)
		open_programs(reject);
	return error;
}

static int tear_down(void **state)
{
	struct reject *reject = *state;

	programs_close(&reject->programs);
	applied_tear_down((void **)&reject->applied);
	free(reject);
	return 0;
}

static void put16(struct frame *frame, size_t at, unsigned value)
{
	frame->bytes[at] = (uint8_t)(value >> 8);
	frame->bytes[at + 1] = (uint8_t)value;
}

/* @tag: with an 802.1Q header. */
static void put_link(struct frame *frame, bool v6, bool tag)
{
	static const uint8_t link[] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 7};
	unsigned type = v6 ? 0x86dd : 0x0800;

	memcpy(frame->bytes, link, sizeof(link));
	put16(frame, 12, tag ? 0x8100 : type);
	if (tag) {
		put16(frame, 14, 5);
		put16(frame, 16, type);
	}
	frame->network = tag ? 18 : 14;
}

/* From 10.0.0.7 or fd00::7, with @size bytes behind the IP header. */
static struct frame frame_to(const char *to, uint8_t protocol, size_t size, bool tag)
{
	struct address address = hand_address(to);
	bool v6 = address.family == FAMILY_V6;
	struct frame frame = {0};

	put_link(&frame, v6, tag);
	size_t at = frame.network;
	frame.transport = at + (v6 ? 40 : 20);
	frame.size = frame.transport + size;
	frame.bytes[at] = v6 ? 0x60 : 0x45;
	put16(&frame, at + (v6 ? 4 : 2), (unsigned)(v6 ? size : size + 20));
	frame.bytes[at + (v6 ? 6 : 9)] = protocol;
	frame.bytes[at + (v6 ? 7 : 8)] = 61;
	frame.bytes[at + (v6 ? 8 : 12)] = v6 ? 0xfd : 10;
	frame.bytes[at + (v6 ? 23 : 15)] = 7;
	address_to_bytes(address, frame.bytes + at + (v6 ? 24 : 16));
	for (size_t i = frame.transport; i < frame.size; i++)
		frame.bytes[i] = (uint8_t)(i * 7);
	return frame;
}

static struct frame tcp_to(const char *to, uint8_t flags, size_t data)
{
	struct frame frame = frame_to(to, IPPROTO_TCP, 20 + data, false);

	put16(&frame, frame.transport, 40000);
	put16(&frame, frame.transport + 2, 443);
	frame.bytes[frame.transport + 12] = 5 << 4;
	frame.bytes[frame.transport + 13] = flags;
	return frame;
}

static struct frame udp_to(const char *to, size_t data, bool tag)
{
	struct frame frame = frame_to(to, IPPROTO_UDP, 8 + data, tag);

	put16(&frame, frame.transport, 40000);
	put16(&frame, frame.transport + 2, 443);
	put16(&frame, frame.transport + 4, (unsigned)(8 + data));
	return frame;
}

static struct frame icmp_to(const char *to, uint8_t type)
{
	bool v6 = strchr(to, ':');
	struct frame frame = frame_to(to, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 60, false);

	frame.bytes[frame.transport] = type;
	frame.bytes[frame.transport + 1] = 0;
	return frame;
}

/* The program's word, and the frame as it left it. */
static int run(int program, const struct frame *frame, struct frame *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = (__u32)frame->size, .data_out = out->bytes,
		    .data_size_out = sizeof(out->bytes), .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(program, &options), 0);
	out->size = options.data_size_out;
	return (int)options.retval;
}

static int program_of(const struct reject *reject, bool gateway)
{
	return gateway ? reject->programs.gateway[FORM_ETHERNET]
		       : reject->programs.fd[FORM_ETHERNET];
}

/* The answer, checked as far as all are alike. */
static struct answer_seen answered(const struct reject *reject, bool gateway,
				   const struct frame *frame, struct frame *out)
{
	struct answer_seen seen = {0};
	size_t at = frame->network;

	assert_int_equal(run(program_of(reject, gateway), frame, out),
			 gateway ? SENT_BACK : REDIRECTED);
	assert_memory_equal(out->bytes, frame->bytes + 6, 6);
	assert_memory_equal(out->bytes + 6, frame->bytes, 6);
	assert_memory_equal(out->bytes + 12, frame->bytes + 12, at - 12);
	const char *wrong = answer_read(frame->bytes + at, out->bytes + at, out->size - at, &seen);
	if (wrong)
		fail_msg("%s: %s", gateway ? "gateway" : "guard", wrong);
	return seen;
}

/* By both programs. */
static void assert_reset(const struct reject *reject, const struct frame *frame, size_t data)
{
	for (int gateway = 0; gateway < 2; gateway++) {
		struct frame out = {0};
		struct answer_seen seen = answered(reject, gateway, frame, &out);
		const char *wrong = answer_read_reset(&seen, frame->bytes + frame->transport, data);

		if (wrong)
			fail_msg("%s: %s", gateway ? "gateway" : "guard", wrong);
	}
}

static void assert_prohibited(const struct reject *reject, const struct frame *frame)
{
	for (int gateway = 0; gateway < 2; gateway++) {
		struct frame out = {0};
		struct answer_seen seen = answered(reject, gateway, frame, &out);
		const char *wrong = answer_read_prohibited(&seen, frame->bytes + frame->network,
							   frame->size - frame->network);

		if (wrong)
			fail_msg("%s: %s", gateway ? "gateway" : "guard", wrong);
	}
}

/* Dropped, in silence. */
static void assert_silent(const struct reject *reject, const struct frame *frame)
{
	struct frame out;

	assert_int_equal(run(program_of(reject, false), frame, &out), DROPPED_BY_TC);
	assert_int_equal(run(program_of(reject, true), frame, &out), DROPPED_BY_XDP);
}

static const char *const denied[] = {DENIED_V4, DENIED_V6};

static void test_resets(void **state)
{
	const struct reject *reject = *state;

	for (int i = 0; i < 2; i++) {
		struct frame syn = tcp_to(denied[i], SYN, 0);
		struct frame open = tcp_to(denied[i], SYN, 5); /* RFC 7413 */
		struct frame data = tcp_to(denied[i], ACK, 100);
		struct frame nothing = tcp_to(denied[i], 0, 3);
		struct frame reset = tcp_to(denied[i], RST, 0);
		struct frame both = tcp_to(denied[i], RST | ACK, 0);

		assert_reset(reject, &syn, 0);
		assert_reset(reject, &open, 5);
		assert_reset(reject, &data, 100);
		assert_reset(reject, &nothing, 3);
		assert_silent(reject, &reset);
		assert_silent(reject, &both);
		syn.bytes[syn.transport + 12] = 15 << 4; /* more header than there is packet */
		assert_silent(reject, &syn);
	}
}

static void test_prohibited(void **state)
{
	const struct reject *reject = *state;

	for (int i = 0; i < 2; i++) {
		for (size_t data = 0; data < 300; data += 33) {
			struct frame udp = udp_to(denied[i], data, false);

			assert_prohibited(reject, &udp);
		}
		struct frame tagged = udp_to(denied[i], 7, true);
		assert_prohibited(reject, &tagged);
		struct frame echo = icmp_to(denied[i], i ? 128 : 8);
		assert_prohibited(reject, &echo);
	}
}

/* RFC 1122, 3.2.2; RFC 4443, 2.4: to no error, no answer, no group, nothing that is nobody's. */
static void test_what_is_never_answered(void **state)
{
	static const uint8_t errors[] = {0, 3, 4, 5, 11, 12}, errors6[] = {1, 2, 3, 4, 129};
	static const uint8_t sources[] = {0, 127, 224, 255};
	const struct reject *reject = *state;

	for (size_t i = 0; i < sizeof(errors); i++) {
		struct frame icmp = icmp_to(DENIED_V4, errors[i]);
		assert_silent(reject, &icmp);
	}
	for (size_t i = 0; i < sizeof(errors6); i++) {
		struct frame icmp = icmp_to(DENIED_V6, errors6[i]);
		assert_silent(reject, &icmp);
	}
	for (size_t i = 0; i < sizeof(sources); i++) {
		struct frame udp = udp_to(DENIED_V4, 9, false);
		udp.bytes[udp.network + 12] = sources[i];
		assert_silent(reject, &udp);
	}
	for (int i = 0; i < 2; i++) {
		struct frame udp = udp_to(denied[i], 9, false);
		udp.bytes[0] |= 1;
		assert_silent(reject, &udp);
	}
	struct frame udp = udp_to(DENIED_V6, 9, false);
	udp.bytes[udp.network + 8] = 0xff;
	assert_silent(reject, &udp);
	memset(udp.bytes + udp.network + 8, 0, 16);
	assert_silent(reject, &udp);
	struct frame group = udp_to("239.1.2.3", 9, false);
	assert_silent(reject, &group);
}

static void test_fragments(void **state)
{
	const struct reject *reject = *state;
	struct frame udp = udp_to(DENIED_V4, 64, false), tcp = tcp_to(DENIED_V4, SYN, 64);

	udp.bytes[udp.network + 6] = 0x20; /* the first */
	put16(&udp, udp.transport + 4, 1000);
	assert_prohibited(reject, &udp);
	udp.bytes[udp.network + 7] = 8;
	assert_silent(reject, &udp);
	tcp.bytes[tcp.network + 6] = 0x20;
	assert_silent(reject, &tcp);
}

/* What was not understood may not be what it seems. */
static void test_not_understood(void **state)
{
	const struct reject *reject = *state;
	struct frame short_one = udp_to(DENIED_V4, 20, false), other;

	short_one.size -= 4;
	assert_silent(reject, &short_one);
	other = frame_to(DENIED_V4, 132, 64, false);
	assert_silent(reject, &other);
}

static void test_allowed_is_untouched(void **state)
{
	const struct reject *reject = *state;
	struct frame tcp = tcp_to(ALLOWED_V4, SYN, 0), out;

	assert_int_equal(run(program_of(reject, false), &tcp, &out), -1);
	assert_int_equal(out.size, tcp.size);
	assert_memory_equal(out.bytes, tcp.bytes, tcp.size);
	assert_int_equal(run(program_of(reject, true), &tcp, &out), 2);
	assert_memory_equal(out.bytes, tcp.bytes, tcp.size);
}

static uint32_t bytes_of(int program)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(program, &info, &size), 0);
	return info.xlated_prog_len;
}

/* Where it is not asked for, it is not there; nor in monitor mode, nor in a pause. */
static void test_only_where_it_is_asked_for(void **state)
{
	struct reject *reject = *state;
	struct frame tcp = tcp_to(DENIED_V4, SYN, 0), out;
	struct kernel_options *options = &reject->applied->options;
	uint32_t with[2] = {bytes_of(program_of(reject, false)),
			    bytes_of(program_of(reject, true))};

	assert_int_equal(kernel_pause(reject->applied->kernel, 600, &reject->applied->diagnostics),
			 0);
	assert_int_equal(run(program_of(reject, false), &tcp, &out), -1);
	assert_int_equal(run(program_of(reject, true), &tcp, &out), 2);
	assert_memory_equal(out.bytes, tcp.bytes, tcp.size);
	assert_int_equal(kernel_resume(reject->applied->kernel, &reject->applied->diagnostics), 0);
	programs_close(&reject->programs);
	options->monitor = true;
	open_programs(reject);
	assert_int_equal(run(program_of(reject, false), &tcp, &out), -1);
	assert_int_equal(run(program_of(reject, true), &tcp, &out), 2);
	assert_memory_equal(out.bytes, tcp.bytes, tcp.size);
	programs_close(&reject->programs);
	options->monitor = options->reject = false;
	open_programs(reject);
	assert_silent(reject, &tcp);
	for (int i = 0; i < 2; i++)
		assert_in_range(bytes_of(program_of(reject, i)), 1, with[i] - 2000);
}

struct heard {
	struct flow_event events[16];
	size_t count;
};

/* Only what is sent here, by its port: the kernel's own traffic may be denied, too. */
static void hear(const struct flow_event *event, void *context)
{
	struct heard *heard = context;

	if (heard->count < 16 && event->key.source_port == 40000)
		heard->events[heard->count++] = *event;
}

/* A flow of its own: an event is of a flow's first packet. */
static void frame_flow(struct frame *frame, uint8_t host)
{
	frame->bytes[frame->network + 19] = host;
}

static void send_from(const char *name, const struct frame *frame)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(raw >= 0);
	if (sendto(raw, frame->bytes, frame->size, 0, (struct sockaddr *)&at, sizeof(at)) < 0)
		assert_int_equal(errno, ENOBUFS);
	close(raw);
}

/* On the wire: told, or not, of the guard and of the gateway. */
static void test_events_say_so(void **state)
{
	static const uint8_t flags[] = {SYN, RST};
	const struct reject *reject = *state;
	struct kernel_events *events;
	struct heard heard;

	assert_int_equal(kernel_events_open(reject->applied->kernel, hear, &heard, &events,
					    &reject->applied->diagnostics),
			 0);
	for (int i = 0; i < 4; i++) {
		struct frame tcp = tcp_to(DENIED_V4, flags[i / 2], 0);

		frame_flow(&tcp, (uint8_t)i);

		heard.count = 0;
		send_from(i % 2 ? "gone1" : "gone0", &tcp);
		for (int tries = 0; tries < 40 && !heard.count; tries++)
			assert_true(kernel_events_poll(events, 50) >= 0);
		assert_int_equal(heard.count, 1);
		assert_int_equal(heard.events[0].flags, (flags[i / 2] == SYN ? EVENT_REJECTED : 0) |
								(i % 2 ? 0 : EVENT_GATEWAY));
		assert_int_equal(heard.events[0].key.reason, REASON_SOIL);
	}
	kernel_events_close(events);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A flood to one place leaves the others theirs; a flood to all has its limit, too. */
static void test_rate(void **state)
{
	enum { FLOOD = 4000, WIDE = 8 };
	const struct reject *reject = *state;
	struct frame udp = udp_to(DENIED_V4, 9, false), out;
	uint64_t packets[ANSWERS], began = now_ns(), sent = 0;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	for (int i = 0; i < FLOOD; i++)
		sent += run(program_of(reject, false), &udp, &out) == REDIRECTED;
	uint64_t lasted = (now_ns() - began) / 1000000 + 1;
	assert_in_range(sent, 2, ANSWER_PAIR_BURST + lasted * ANSWER_PAIR_RATE / 1000 + 1);
	assert_true(sent < FLOOD);
	udp.bytes[udp.network + 19] ^= 1;
	assert_int_equal(run(program_of(reject, false), &udp, &out), REDIRECTED);
	assert_int_equal(kernel_answers(reject->applied->kernel, packets), 0);
	assert_in_range(packets[ANSWER_SENT], sent + 1, FLOOD + 1);
	assert_in_range(packets[ANSWER_LIMITED], FLOOD - sent, FLOOD - sent + 10);
	assert_int_equal(packets[ANSWER_FAILED], 0);
	/* To a thousand places, some times each. */
	sent = 0;
	began = now_ns();
	for (int i = 0; i < WIDE * 1000; i++) {
		put16(&udp, udp.network + 18, (unsigned)(i % 1000));
		sent += run(program_of(reject, false), &udp, &out) == REDIRECTED;
	}
	lasted = (now_ns() - began) / 1000000 + 1;
	assert_in_range(sent, 1, ANSWER_BURST + lasted * ANSWER_RATE / 1000 + 1);
}

int main(void)
{
#define REJECT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		REJECT(test_resets),
		REJECT(test_prohibited),
		REJECT(test_what_is_never_answered),
		REJECT(test_fragments),
		REJECT(test_not_understood),
		REJECT(test_allowed_is_untouched),
		REJECT(test_only_where_it_is_asked_for),
		REJECT(test_events_say_so),
		REJECT(test_rate),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel reject", tests, NULL, NULL);
}
