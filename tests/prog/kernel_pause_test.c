// SPDX-License-Identifier: GPL-2.0-or-later
/* A pause: what is denied passes, counted and reported as such, at guards, gateways and sockets;
 * and it is over by the kernel's own clock, with nothing running that could end it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>

#include "maps/pause.h"
#include "tests/prog/sockets.h"
#include "userspace/kernel/books.h"

#define LONG_S 600

static struct kernel_events *listen_to(struct applied *applied, struct heard *heard)
{
	struct kernel_events *events;

	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, heard, &events,
					    &applied->diagnostics),
			 0);
	return events;
}

static uint64_t denied_packets(struct applied *applied)
{
	struct counter *counters;
	size_t count;

	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	uint64_t packets = counters[COUNTER_OF_ROW(HAND_DENIED)].packets;
	free(counters);
	return packets;
}

static void pause_for(struct applied *applied, uint64_t seconds)
{
	int error = kernel_pause(applied->kernel, seconds, &applied->diagnostics);

	namespace_say(&applied->diagnostics);
	assert_int_equal(error, 0);
}

static uint64_t left(struct applied *applied)
{
	uint64_t seconds;

	assert_int_equal(kernel_paused(applied->kernel, &seconds, &applied->diagnostics), 0);
	return seconds;
}

static int pause_map(const struct applied *applied)
{
	char path[PATH_SIZE];

	assert_int_equal(path_join(path, applied->kernel->pins, "pause"), 0);
	int map = bpf_obj_get(path);
	assert_true(map >= 0);
	return map;
}

/* Moves the ends of a pause by so many seconds, each by its clock. */
static void move_ends(const struct applied *applied, int64_t boot, int64_t tai)
{
	const uint32_t slot = 0;
	struct pause_until until;
	int map = pause_map(applied);

	assert_int_equal(bpf_map_lookup_elem(map, &slot, &until), 0);
	until.boot += (uint64_t)(boot * 1000000000);
	until.tai += (uint64_t)(tai * 1000000000);
	assert_int_equal(bpf_map_update_elem(map, &slot, &until, BPF_ANY), 0);
	close(map);
}

static bool both_pass(void)
{
	bool v4 = applied_passes("gone0", "far0", DENIED_V4);
	bool v6 = applied_passes("gone0", "far0", DENIED_V6);

	assert_int_equal(v4, v6);
	return v4;
}

static void test_passes_until_resumed(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	assert_int_equal(left(applied), 0);
	assert_false(both_pass());
	pause_for(applied, LONG_S);
	assert_in_range(left(applied), LONG_S - 60, LONG_S);
	assert_true(both_pass());
	/* It passes a swap, and whoever opens next. */
	applied_reopen(applied);
	applied_apply(applied, applied->table);
	assert_true(both_pass());
	assert_int_equal(kernel_resume(applied->kernel, &applied->diagnostics), 0);
	assert_int_equal(left(applied), 0);
	assert_false(both_pass());
	assert_true(applied_passes("gone0", "far0", ALLOWED_V4));
	/* Twice is no error. */
	assert_int_equal(kernel_resume(applied->kernel, &applied->diagnostics), 0);
	assert_int_equal(applied->diagnostics.count, 0);
}

/* Nothing of ours does anything between the two looks at the wire. */
static void test_is_over_by_itself(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	pause_for(applied, 2);
	assert_true(left(applied) > 0);
	for (int waited = 0; waited < PATIENCE_MS && left(applied); waited += 100)
		applied_sleep_ms(100);
	assert_int_equal(left(applied), 0);
	assert_false(both_pass());
	/* A pause anew does not depend on the old one. */
	pause_for(applied, LONG_S);
	assert_true(both_pass());
}

static void test_ends_with_either_clock(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	pause_for(applied, LONG_S);
	move_ends(applied, -LONG_S, 0);
	assert_int_equal(left(applied), 0);
	assert_false(both_pass());
	move_ends(applied, LONG_S, 0);
	assert_true(both_pass());
	if (!layers_probe(LAYER_BIT(LAYER_TAI_CLOCK)))
		skip();
	move_ends(applied, 0, -LONG_S);
	assert_int_equal(left(applied), 0);
	assert_false(both_pass());
}

/* As before Linux 6.1: the clock that cannot be set is enough. */
static void test_without_the_time_of_day(void **state)
{
	struct applied *applied = *state;

	applied->options.without = LAYER_BIT(LAYER_TAI_CLOCK);
	applied_apply(applied, applied->table);
	pause_for(applied, LONG_S);
	move_ends(applied, 0, -2 * LONG_S);
	assert_true(both_pass());
	move_ends(applied, -LONG_S, 0);
	assert_false(both_pass());
}

/* What passes in a pause is a flow of its own: no sum mixes it with what was stopped. */
static void test_counts_and_reports(void **state)
{
	struct applied *applied = *state;
	struct heard heard = {.address = DENIED_V4};

	applied->options.flow_interval_ns = HEARD_INTERVAL_MS * 1000000ull;
	applied_apply(applied, applied->table);
	struct kernel_events *events = listen_to(applied, &heard);
	uint64_t before = denied_packets(applied);
	applied_send("gone0", DENIED_V4);
	applied_send("gone0", DENIED_V4);
	pause_for(applied, LONG_S);
	for (int i = 0; i < 4; i++)
		applied_send("gone0", DENIED_V4);
	assert_true(denied_packets(applied) >= before + 6);
	heard_wait(events, &heard, DENIED_V4, 4); /* a first and a sum of each */
	uint64_t stopped = 0, passed = 0;
	for (size_t i = 0; i < heard.count; i++) {
		const struct flow_event *event = &heard.events[i];

		assert_int_equal(event->key.reason, REASON_SOIL);
		assert_int_equal(event->key.paused, event->flags == EVENT_PAUSED);
		*(event->flags == EVENT_PAUSED ? &passed : &stopped) += event->packets;
	}
	assert_int_equal(stopped, 2);
	assert_int_equal(passed, 4);
	kernel_events_close(events);
}

static uint64_t handed_on(struct applied *applied, const char *name)
{
	struct kernel_book *books;
	uint64_t packets = 0;
	size_t count;

	assert_int_equal(kernel_books(applied->kernel, &books, &count, &applied->diagnostics), 0);
	for (size_t i = 0; i < count; i++)
		if (books[i].ifindex == if_nametoindex(name))
			packets = books[i].after.packets;
	free(books);
	return packets;
}

/* What passes leaves by the interface: the books that look for what went past the guard know it. */
static void test_books(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	pause_for(applied, LONG_S);
	uint64_t before = handed_on(applied, "gone0");
	for (int i = 0; i < 20; i++)
		applied_send("gone0", DENIED_V4);
	assert_true(handed_on(applied, "gone0") >= before + 20);
}

static void test_gateway(void **state)
{
	struct applied *applied = *state;
	char *inside[] = {(char *)"far0"}, *guard[] = {(char *)"gone1"};
	struct heard heard = {.address = DENIED_V4};

	applied->options.inside = inside;
	applied->options.inside_count = 1;
	applied->options.guard = guard;
	applied->options.guard_count = 1;
	applied_apply(applied, applied->table);
	assert_false(both_pass());
	pause_for(applied, LONG_S);
	struct kernel_events *events = listen_to(applied, &heard);
	assert_true(both_pass());
	heard_wait(events, &heard, DENIED_V4, 2); /* from before and from now */
	assert_int_equal(heard.events[heard.count - 1].flags, EVENT_GATEWAY | EVENT_PAUSED);
	assert_int_equal(kernel_resume(applied->kernel, &applied->diagnostics), 0);
	assert_false(both_pass());
	kernel_events_close(events);
}

static int set_bypass(void)
{
	int on = 1, any = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(any >= 0);
	int failed = setsockopt(any, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) ? errno : 0;
	close(any);
	return failed;
}

/* A socket that may send past the guard would do so after the pause. */
static void test_sockets(void **state)
{
	struct applied *applied = *state;

	SOCKETS_NEED_CGROUP();
	applied->options.cgroup = cgroup_own;
	applied_apply(applied, applied->table);
	assert_true(sockets_refused(DENIED_V4));
	pause_for(applied, LONG_S);
	assert_false(sockets_refused(DENIED_V4));
	assert_false(sockets_refused(DENIED_V6));
	assert_int_equal(set_bypass(), EPERM);
	assert_int_equal(kernel_resume(applied->kernel, &applied->diagnostics), 0);
	assert_true(sockets_refused(DENIED_V4));
}

static void assert_says(struct applied *applied, int error, int expected, const char *word)
{
	assert_int_equal(error, expected);
	assert_true(applied->diagnostics.count > 0);
	const struct diagnostic *said = &applied->diagnostics.items[applied->diagnostics.count - 1];
	if (!strstr(said->text, word))
		fail_msg("said: %s", said->text);
}

static void test_refusals(void **state)
{
	struct applied *applied = *state;
	struct diagnostics *diagnostics = &applied->diagnostics;
	struct kernel *reader;

	assert_int_equal(left(applied), 0);
	assert_says(applied, kernel_pause(applied->kernel, 5, diagnostics), -ENOENT,
		    "nothing is enforced");
	assert_says(applied, kernel_resume(applied->kernel, diagnostics), -ENOENT,
		    "nothing is enforced");
	applied_apply(applied, applied->table);
	assert_says(applied, kernel_pause(applied->kernel, 0, diagnostics), -ERANGE, "24 h");
	assert_says(applied, kernel_pause(applied->kernel, KERNEL_PAUSE_MOST_S + 1, diagnostics),
		    -ERANGE, "24 h");
	assert_int_equal(kernel_open(KERNEL_READ, &reader, diagnostics), 0);
	assert_says(applied, kernel_pause(reader, 5, diagnostics), -EPERM, "reading");
	kernel_close(reader);
	assert_int_equal(left(applied), 0);
	assert_false(both_pass());
}

/* A detach and a new start know nothing of it. */
static void test_a_detach_ends_it(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	pause_for(applied, LONG_S);
	assert_true(applied_exists(applied, "pause"));
	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	assert_false(applied_exists(applied, "pause"));
	assert_int_equal(left(applied), 0);
	applied_apply(applied, applied->table);
	assert_false(both_pass());
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_passes_until_resumed),
		APPLIED(test_is_over_by_itself),
		APPLIED(test_ends_with_either_clock),
		APPLIED(test_without_the_time_of_day),
		APPLIED(test_counts_and_reports),
		APPLIED(test_gateway),
		APPLIED(test_books),
		APPLIED(test_sockets),
		APPLIED(test_refusals),
		APPLIED(test_a_detach_ends_it),
	};

	return sockets_run("kernel pause", tests);
}
