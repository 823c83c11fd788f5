/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of flows to one address, as a test hears them: the kernel's own traffic may be denied too.
 */
#ifndef GABELOU_TESTS_PROG_HEARD_H
#define GABELOU_TESTS_PROG_HEARD_H

#include "tests/prog/applied.h"

#define HEARD_INTERVAL_MS 1000 /* of flows: far longer than a burst takes to be sent */

struct heard {
	const char *address;
	struct flow_event events[64];
	size_t count;
};

static inline void heard_hear(const struct flow_event *event, void *context)
{
	struct heard *heard = context;
	uint8_t bytes[16] = {0};

	address_to_bytes(hand_address(heard->address), bytes);
	if (memcmp(event->key.destination, bytes, sizeof(bytes)) == 0 &&
	    heard->count < sizeof(heard->events) / sizeof(heard->events[0]))
		heard->events[heard->count++] = *event;
}

/* Waits for @count of them, from now on. */
static inline void heard_wait(struct kernel_events *events, struct heard *heard,
			      const char *address, size_t count)
{
	heard->address = address;
	heard->count = 0;
	for (int waited = 0; heard->count < count && waited < PATIENCE_MS; waited += 50)
		assert_true(kernel_events_poll(events, 50) >= 0);
	assert_int_equal(heard->count, count);
}

/* After this no event is due any more: @count came. */
static inline void heard_silence(struct kernel_events *events, struct heard *heard,
				 const char *address, size_t count)
{
	struct timespec start, now;
	long passed = 0;

	heard->address = address;
	heard->count = 0;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (passed < HEARD_INTERVAL_MS * 3 / 2) {
		assert_true(kernel_events_poll(events, 50) >= 0);
		clock_gettime(CLOCK_MONOTONIC, &now);
		passed = (now.tv_sec - start.tv_sec) * 1000 +
			 (now.tv_nsec - start.tv_nsec) / 1000000;
	}
	assert_int_equal(heard->count, count);
}

#endif
