// SPDX-License-Identifier: GPL-2.0-or-later
/* Events of denied flows: the first at once, a sum when the flow fell silent, one reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>

#include "tests/prog/applied.h"

#define INTERVAL_MS 300

struct heard {
	struct flow_event events[64];
	size_t count;
};

static void hear(const struct flow_event *event, void *context)
{
	struct heard *heard = context;

	if (heard->count < sizeof(heard->events) / sizeof(heard->events[0]))
		heard->events[heard->count++] = *event;
}

/* Polls until nothing came for a moment. Only flows to @address count; the kernel's own traffic
 * may be denied too. */
static size_t listen_for(struct kernel_events *events, struct heard *heard, int ms,
			 const char *address)
{
	uint8_t bytes[16] = {0};
	size_t kept = 0;

	heard->count = 0;
	for (int waited = 0; waited < ms; waited += 50)
		assert_true(kernel_events_poll(events, 50) >= 0);
	address_to_bytes(hand_address(address), bytes);
	for (size_t i = 0; i < heard->count; i++)
		if (memcmp(heard->events[i].key.destination, bytes, sizeof(bytes)) == 0)
			heard->events[kept++] = heard->events[i];
	return heard->count = kept;
}

static void test_first_then_sum(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {0};

	applied->options.flow_interval_ns = INTERVAL_MS * 1000000ull;
	applied_apply(applied, applied->table);
	assert_int_equal(
		kernel_events_open(applied->kernel, hear, &heard, &events, &applied->diagnostics),
		0);
	applied_send("gone0", DENIED_V4);
	assert_int_equal(listen_for(events, &heard, 100, DENIED_V4), 1);
	assert_int_equal(heard.events[0].kind, EVENT_FIRST);
	assert_int_equal(heard.events[0].packets, 1);
	assert_int_equal(heard.events[0].key.generation, 1);
	assert_int_equal(heard.events[0].key.destination_port, 443);
	assert_int_equal(heard.events[0].key.reason, REASON_SOIL);
	assert_int_equal(heard.events[0].key.ifindex, if_nametoindex("gone0"));
	for (int i = 0; i < 3; i++)
		applied_send("gone0", DENIED_V4);
	assert_int_equal(listen_for(events, &heard, INTERVAL_MS + 200, DENIED_V4), 1);
	assert_int_equal(heard.events[0].kind, EVENT_SUMMARY);
	assert_int_equal(heard.events[0].packets, 3);
	assert_int_equal(heard.events[0].bytes, 3 * 46);
	assert_int_equal(heard.events[0].flags, 0);
	/* The flow was taken out: what comes next is a first packet again. */
	applied_send("gone0", DENIED_V4);
	assert_int_equal(listen_for(events, &heard, 100, DENIED_V4), 1);
	assert_int_equal(heard.events[0].kind, EVENT_FIRST);
	assert_int_equal(listen_for(events, &heard, INTERVAL_MS + 200, DENIED_V4), 0);
	kernel_events_close(events);
}

/* A flow of the generation before is still summed up, in the mode that it had. */
static void test_sum_after_a_swap(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {0};

	applied->options.flow_interval_ns = INTERVAL_MS * 1000000ull;
	applied->options.monitor = true;
	applied_apply(applied, applied->table);
	assert_int_equal(
		kernel_events_open(applied->kernel, hear, &heard, &events, &applied->diagnostics),
		0);
	applied_send("gone0", DENIED_V6);
	applied_send("gone0", DENIED_V6);
	applied->options.monitor = false;
	applied_apply(applied, applied->swapped);
	size_t count = listen_for(events, &heard, INTERVAL_MS + 200, DENIED_V6);
	assert_int_equal(count, 2);
	assert_int_equal(heard.events[0].kind, EVENT_FIRST);
	assert_int_equal(heard.events[1].kind, EVENT_SUMMARY);
	assert_int_equal(heard.events[1].key.generation, 1);
	assert_int_equal(heard.events[1].flags, EVENT_MONITOR);
	/* And the same reader hears the new generation. */
	applied_send("gone0", ALLOWED_V4);
	assert_int_equal(listen_for(events, &heard, 100, ALLOWED_V4), 1);
	assert_int_equal(heard.events[0].key.generation, 2);
	assert_int_equal(heard.events[0].flags, 0);
	kernel_events_close(events);
}

static void test_one_reader(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events = NULL, *second = NULL;
	struct heard heard = {0};

	assert_int_equal(
		kernel_events_open(applied->kernel, hear, &heard, &events, &applied->diagnostics),
		-ENOENT);
	assert_non_null(strstr(applied->diagnostics.items[0].text, "apply a policy first"));
	applied_apply(applied, applied->table);
	assert_int_equal(
		kernel_events_open(applied->kernel, hear, &heard, &events, &applied->diagnostics),
		0);
	assert_int_equal(
		kernel_events_open(applied->kernel, hear, &heard, &second, &applied->diagnostics),
		-EBUSY);
	assert_null(second);
	kernel_events_close(events);
	assert_int_equal(
		kernel_events_open(applied->kernel, hear, &heard, &second, &applied->diagnostics),
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
	struct heard heard = {0};
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
	assert_int_equal(
		kernel_events_open(applied->kernel, hear, &heard, &events, &applied->diagnostics),
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
		APPLIED(test_first_then_sum),
		APPLIED(test_sum_after_a_swap),
		APPLIED(test_one_reader),
		APPLIED(test_sweeps_many_flows),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel events", tests, NULL, NULL);
}
