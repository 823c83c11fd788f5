// SPDX-License-Identifier: GPL-2.0-or-later
/* The ring's one reader. Flows that fell silent are swept in sweep.c. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/elsewhere.h"
#include "userspace/kernel/load.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/record.h"
#include "userspace/kernel/sweep.h"

struct kernel_events {
	int map; /* of the ring */
	struct ring_buffer *ring;
	int lock;
	struct sweep sweep;
	struct elsewhere_watch *routes; /* NULL: nobody follows them */
	int elsewhere;                  /* map */
	kernel_event_handler handler;
	void *context;
	int left; /* how many events this poll still takes */
};

/* A ring that is filled faster than it is read never ends, and the caller has other things to do.
 * More than the ring holds: what was in it when a poll began is taken. */
#define EVENTS_MOST 65536

static int handle(void *context, void *data, size_t size)
{
	struct kernel_events *events = context;

	/* Never shorter: the ring was made for this layout (EVENT_ABI). */
	if (size >= sizeof(struct flow_event))
		events->handler(data, events->context);
	return --events->left > 0 ? 0 : -EAGAIN; /* this one is taken */
}

static int open_pin(const struct kernel *kernel, enum shared_map which)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->pins, "%s", shared_map_names[which]);

	return error ? error : bpf_obj_get(path);
}

static int open_maps(struct kernel *kernel, struct kernel_events *events)
{
	events->sweep.flows = open_pin(kernel, SHARED_FLOWS);
	if (events->sweep.flows < 0)
		return events->sweep.flows;
	events->map = open_pin(kernel, SHARED_EVENTS);
	if (events->map < 0)
		return events->map;
	events->ring = ring_buffer__new(events->map, handle, events, NULL);
	return events->ring ? 0 : -errno;
}

int kernel_events_open(struct kernel *kernel, kernel_event_handler handler, void *context,
		       struct kernel_events **events, struct diagnostics *diagnostics)
{
	struct kernel_events *opened;
	int error = record_check_abi(kernel, diagnostics);

	if (error && error != -ENOENT)
		return error;
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return message(diagnostics, -ENOMEM, "out of memory");
	*opened = (struct kernel_events){
		.map = -1,
		.lock = -1,
		.elsewhere = -1,
		.sweep = {.kernel = kernel, .flows = -1},
		.handler = handler,
		.context = context,
	};
	libbpf_silence();
	error = open_maps(kernel, opened);
	if (error) {
		message(diagnostics, error,
			error == -ENOENT ? "nothing is enforced here: there are no events; apply a "
					   "policy first"
					 : "%s: the events cannot be opened: %s",
			kernel->pins, strerror(-error));
		goto close_events;
	}
	opened->lock = lock_take(kernel, "reader", 0, "another reader of events", diagnostics);
	if (opened->lock < 0) {
		error = opened->lock;
		goto close_events;
	}
	opened->elsewhere = open_pin(kernel, SHARED_ELSEWHERE);
	if (opened->elsewhere >= 0)
		opened->routes = elsewhere_watch_open();
	*events = opened;
	return 0;
close_events:
	kernel_events_close(opened);
	return error;
}

int kernel_events_poll(struct kernel_events *events, int timeout_ms)
{
	events->left = EVENTS_MOST;
	int got = ring_buffer__poll(events->ring, timeout_ms);

	if (got < 0 && got != -EAGAIN)
		return got;
	got = EVENTS_MOST - events->left;
	if (events->routes && elsewhere_watch_changed(events->routes))
		elsewhere_refresh(events->elsewhere);
	int swept = sweep_silent(&events->sweep, events->handler, events->context);
	return swept < 0 ? swept : got + swept;
}

int kernel_events_fd(const struct kernel_events *events)
{
	return ring_buffer__epoll_fd(events->ring);
}

void kernel_events_close(struct kernel_events *events)
{
	if (!events)
		return;
	ring_buffer__free(events->ring);
	if (events->map >= 0)
		close(events->map);
	if (events->sweep.flows >= 0)
		close(events->sweep.flows);
	elsewhere_watch_close(events->routes);
	if (events->elsewhere >= 0)
		close(events->elsewhere);
	if (events->lock >= 0)
		close(events->lock);
	free(events);
}
