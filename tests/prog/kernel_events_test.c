// SPDX-License-Identifier: GPL-2.0-or-later
/* Events of denied flows: the first at once, a sum when the flow fell silent, one reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "tests/prog/heard.h"

static void test_first_then_sum(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {.address = DENIED_V4};

	applied->options.flow_interval_ns = HEARD_INTERVAL_MS * 1000000ull;
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 0);
	applied_send("gone0", DENIED_V4);
	heard_wait(events, &heard, DENIED_V4, 1);
	assert_int_equal(heard.events[0].kind, EVENT_FIRST);
	assert_int_equal(heard.events[0].packets, 1);
	assert_int_equal(heard.events[0].key.generation, 1);
	assert_int_equal(heard.events[0].key.destination_port, 443);
	assert_int_equal(heard.events[0].key.reason, REASON_SOIL);
	assert_int_equal(heard.events[0].key.ifindex, if_nametoindex("gone0"));
	for (int i = 0; i < 3; i++)
		applied_send("gone0", DENIED_V4);
	heard_wait(events, &heard, DENIED_V4, 1);
	assert_int_equal(heard.events[0].kind, EVENT_SUMMARY);
	assert_int_equal(heard.events[0].packets, 3);
	assert_int_equal(heard.events[0].bytes, 3 * 46);
	assert_int_equal(heard.events[0].flags, 0);
	/* The flow was taken out: what comes next is a first packet again. */
	applied_send("gone0", DENIED_V4);
	heard_wait(events, &heard, DENIED_V4, 1);
	assert_int_equal(heard.events[0].kind, EVENT_FIRST);
	heard_silence(events, &heard, DENIED_V4, 0);
	kernel_events_close(events);
}

/* A flow of the generation before is still summed up, in the mode that it had. */
static void test_sum_after_a_swap(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {.address = DENIED_V4};

	applied->options.flow_interval_ns = HEARD_INTERVAL_MS * 1000000ull;
	applied->options.monitor = true;
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 0);
	applied_send("gone0", DENIED_V6);
	applied_send("gone0", DENIED_V6);
	applied->options.monitor = false;
	applied_apply(applied, applied->swapped);
	heard_wait(events, &heard, DENIED_V6, 2);
	assert_int_equal(heard.events[0].kind, EVENT_FIRST);
	assert_int_equal(heard.events[1].kind, EVENT_SUMMARY);
	assert_int_equal(heard.events[1].key.generation, 1);
	assert_int_equal(heard.events[1].flags, EVENT_MONITOR);
	/* And the same reader hears the new generation. */
	applied_send("gone0", ALLOWED_V4);
	heard_wait(events, &heard, ALLOWED_V4, 1);
	assert_int_equal(heard.events[0].key.generation, 2);
	assert_int_equal(heard.events[0].flags, 0);
	kernel_events_close(events);
}

struct flooded {
	int raw;
	long left;
	struct sockaddr_ll at;
	uint8_t frame[PACKET_MOST];
	size_t size;
};

/* Every event makes another one, as a flood does that is faster than its reader. */
static void hear_and_send(const struct flow_event *event, void *context)
{
	struct flooded *flooded = context;

	(void)event;
	if (flooded->left-- > 0)
		sendto(flooded->raw, flooded->frame, flooded->size, 0,
		       (struct sockaddr *)&flooded->at, sizeof(flooded->at));
}

static void test_poll_ends_under_flood(void **state)
{
	enum { EVENTS = 150000, POLL_MOST = 100000 };
	struct applied *applied = *state;
	struct kernel_events *events;
	struct flooded flooded = {
		.raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0),
		.left = EVENTS,
		.at = {.sll_family = AF_PACKET,
		       .sll_protocol = htons(ETH_P_IP),
		       .sll_ifindex = (int)if_nametoindex("gone0")},
	};

	flooded.size = packet_udp(hand_address(DENIED_V4), flooded.frame);
	applied->options.flow_interval_ns = 1; /* every packet is reported */
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_open(applied->kernel, hear_and_send, &flooded, &events,
					    &applied->diagnostics),
			 0);
	applied_send("gone0", DENIED_V4);
	int first = kernel_events_poll(events, 100);
	assert_in_range(first, 1, POLL_MOST);
	/* And what one poll left, the next one takes. */
	assert_in_range(kernel_events_poll(events, 100), EVENTS - POLL_MOST, POLL_MOST);
	kernel_events_close(events);
	close(flooded.raw);
}

#define SENDERS       2
#define FEW_FLOWS     8
#define MANY_FLOWS    30000 /* a sender: more together than the map holds */
#define FLOOD_PACKETS 150000

/* Denied packets of @flows flows in turn, told apart by the source port (and by the sender, if
 * there are many), with pauses as long as the interval, so that the sweep finds silent flows. */
static void flood(int sender, int flows, long interval_ns)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = (int)if_nametoindex("gone0")};
	int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	uint8_t frame[PACKET_MOST];
	size_t size = packet_udp(hand_address(DENIED_V4), frame);
	cpu_set_t cpu;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&cpu);
	CPU_SET(sender % sysconf(_SC_NPROCESSORS_ONLN), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	for (int i = 0; i < FLOOD_PACKETS; i++) {
		int port = 1024 + i % flows + (flows == MANY_FLOWS ? sender * MANY_FLOWS : 0);

		frame[ETH_HLEN + 20] = (uint8_t)(port >> 8);
		frame[ETH_HLEN + 21] = (uint8_t)port;
		sendto(raw, frame, size, 0, (struct sockaddr *)&at, sizeof(at));
		if (i % 1000 == 0)
			nanosleep(&(struct timespec){.tv_nsec = interval_ns}, NULL);
	}
	_exit(0);
}

static void add_up(const struct flow_event *event, void *context)
{
	uint8_t denied[16] = {0};

	address_to_bytes(hand_address(DENIED_V4), denied);
	if (memcmp(event->key.destination, denied, sizeof(denied)) == 0)
		*(uint64_t *)context += event->packets;
}

/* What @SENDERS report together, and how many events the ring refused. */
static uint64_t sum_of_flood(struct applied *applied, int flows, uint64_t *lost)
{
	struct kernel_events *events;
	uint64_t sum = 0, before;
	int ended = 0;

	applied->options.flow_interval_ns = 5000000;
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_lost(applied->kernel, &before), 0);
	assert_int_equal(
		kernel_events_open(applied->kernel, add_up, &sum, &events, &applied->diagnostics),
		0);
	for (int i = 0; i < SENDERS; i++)
		if (fork() == 0)
			flood(i, flows, (long)applied->options.flow_interval_ns);
	while (ended < SENDERS) {
		assert_true(kernel_events_poll(events, 20) >= 0);
		ended += waitpid(-1, NULL, WNOHANG) > 0;
	}
	for (int i = 0; i < 20; i++) /* what fell silent last */
		assert_true(kernel_events_poll(events, 110) >= 0);
	assert_int_equal(kernel_events_lost(applied->kernel, lost), 0);
	*lost -= before;
	kernel_events_close(events);
	return sum;
}

/* A packet that meets the deletion of its flow is in no sum (sweep.c): seen once in some 300,000
 * with pauses that provoke it. */
static void test_sums_of_two_senders(void **state)
{
	uint64_t lost, sum = sum_of_flood(*state, FEW_FLOWS, &lost);

	assert_int_equal(lost, 0);
	assert_in_range(sum, SENDERS * FLOOD_PACKETS - FEW_FLOWS, SENDERS * FLOOD_PACKETS);
}

/* A flow that has no room has no sum: only then an event that is lost loses its packet. */
static void test_sums_with_a_full_map(void **state)
{
	uint64_t lost, sum = sum_of_flood(*state, MANY_FLOWS, &lost);

	assert_in_range(sum, SENDERS * FLOOD_PACKETS - lost - FEW_FLOWS, SENDERS * FLOOD_PACKETS);
}

static void test_one_reader(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events = NULL, *second = NULL;
	struct heard heard = {.address = DENIED_V4};

	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 -ENOENT);
	assert_non_null(strstr(applied->diagnostics.items[0].text, "apply a policy first"));
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 0);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &second,
					    &applied->diagnostics),
			 -EBUSY);
	assert_null(second);
	kernel_events_close(events);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &second,
					    &applied->diagnostics),
			 0);
	kernel_events_close(second);
}

static int count_keys(int map)
{
	struct flow_key key;
	int count = 0;

	for (int more = bpf_map_get_next_key(map, NULL, &key); more == 0;
	     more = bpf_map_get_next_key(map, &key, &key))
		count++;
	return count;
}

/* Many flows, every second one silent since boot: the sweep goes through them in parts, takes out
 * each silent one once, and leaves the others. */
static void test_sweeps_many_flows(void **state)
{
	enum { FLOWS = 20000 };
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {.address = DENIED_V4};
	struct timespec now;
	char path[PATH_SIZE];
	int got = 0;

	applied_apply(applied, applied->table);
	assert_int_equal(path_join(path, applied->kernel->pins, "flows"), 0);
	int flows = bpf_obj_get(path);
	assert_true(flows >= 0);
	int others = count_keys(flows);
	clock_gettime(CLOCK_BOOTTIME, &now);
	for (uint32_t i = 0; i < FLOWS; i++) {
		struct flow_key key = {.generation = 1, .ifindex = i};
		struct flow_state sum = {
			.packets = 2,
			.reported = i % 2 ? (uint64_t)now.tv_sec * 1000000000u : 0,
		};

		assert_int_equal(bpf_map_update_elem(flows, &key, &sum, BPF_ANY), 0);
	}
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 0);
	for (int i = 0; i < 16; i++) {
		int polled = kernel_events_poll(events, 101);

		assert_true(polled >= 0);
		got += polled;
	}
	assert_true(got >= FLOWS / 2);
	assert_true(count_keys(flows) >= FLOWS / 2);
	assert_true(count_keys(flows) <= FLOWS / 2 + others + 16);
	close(flows);
	kernel_events_close(events);
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_first_then_sum),        APPLIED(test_sum_after_a_swap),
		APPLIED(test_poll_ends_under_flood), APPLIED(test_sums_of_two_senders),
		APPLIED(test_sums_with_a_full_map),  APPLIED(test_one_reader),
		APPLIED(test_sweeps_many_flows),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel events", tests, NULL, NULL);
}
