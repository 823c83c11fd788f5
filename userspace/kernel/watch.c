// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Follows the interfaces: what appears, is renamed, gets another master, comes from or goes to
 * another namespace gets the guard that its role asks for, and is then opened in the backstop.
 *
 * The kernel says that something happened; what is there is then looked at as a whole, so that
 * nothing can be missed. What makes a role and is told by nobody (routes through a bridge, what is
 * in a guest's namespace, a guard that somebody took off) is looked at once a second.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "userspace/base/clock.h"
#include "userspace/kernel/attach.h"
#include "userspace/kernel/backstop.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/scopes.h"

#define LOOK_NS SECOND_NS

struct kernel_watch {
	struct kernel kernel; /* for changes; the lock is taken for each; it keeps the backstop */
	struct nl_sock *links;
	int notes;    /* inotify: the record of what is in force */
	int notes_on; /* -1: its folder is not there yet */
	int both;     /* epoll: links and notes */
	bool due;
	uint64_t next_look; /* CLOCK_BOOTTIME */
	uint64_t seen;      /* what was there at the last look, as a hash */
};

static int listen_to_links(struct kernel_watch *watch)
{
	watch->links = nl_socket_alloc();
	if (!watch->links)
		return -ENOMEM;
	if (nl_connect(watch->links, NETLINK_ROUTE) ||
	    nl_socket_add_memberships(watch->links, RTNLGRP_LINK, 0) ||
	    nl_socket_set_nonblocking(watch->links))
		return -EIO;
	return 0;
}

static int listen_to_both(struct kernel_watch *watch)
{
	struct epoll_event links = {.events = EPOLLIN}, notes = {.events = EPOLLIN};

	watch->notes = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	watch->both = epoll_create1(EPOLL_CLOEXEC);
	if (watch->notes < 0 || watch->both < 0 ||
	    epoll_ctl(watch->both, EPOLL_CTL_ADD, nl_socket_get_fd(watch->links), &links) ||
	    epoll_ctl(watch->both, EPOLL_CTL_ADD, watch->notes, &notes))
		return -errno;
	return 0;
}

int kernel_watch_open(const struct kernel *kernel, struct kernel_watch **watch,
		      struct diagnostics *diagnostics)
{
	struct kernel_watch *opened = calloc(1, sizeof(*opened));
	int error;

	if (!opened)
		return message(diagnostics, -ENOMEM, "out of memory");
	*opened = (struct kernel_watch){.notes = -1, .notes_on = -1, .both = -1, .due = true};
	opened->kernel =
		(struct kernel){.access = KERNEL_CHANGE, .cookie = kernel->cookie, .lock = -1};
	memcpy(opened->kernel.pins, kernel->pins, PATH_SIZE);
	memcpy(opened->kernel.state, kernel->state, PATH_SIZE);
	error = listen_to_links(opened);
	if (!error)
		error = listen_to_both(opened);
	if (error) {
		kernel_watch_close(opened);
		return message(diagnostics, error, "the interfaces cannot be followed: %s",
			       strerror(-error));
	}
	*watch = opened;
	return 0;
}

void kernel_watch_close(struct kernel_watch *watch)
{
	if (!watch)
		return;
	backstop_end(watch->kernel.backstop);
	if (watch->both >= 0)
		close(watch->both);
	if (watch->notes >= 0)
		close(watch->notes);
	nl_socket_free(watch->links);
	free(watch);
}

int kernel_watch_fd(const struct kernel_watch *watch)
{
	return watch->both;
}

/* That something came is all that counts, also that too much came (ENOBUFS). */
static bool drain(int fd)
{
	char some[16384];
	bool came = false;

	while (read(fd, some, sizeof(some)) > 0 || errno == ENOBUFS || errno == EINTR) {
		came = true;
		errno = 0;
	}
	return came;
}

static void listen_to_record(struct kernel_watch *watch)
{
	if (watch->notes_on < 0)
		watch->notes_on = inotify_add_watch(watch->notes, watch->kernel.state,
						    IN_MOVED_TO | IN_DELETE | IN_ONLYDIR);
}

/* FNV-1a */
static uint64_t hash(uint64_t before, const void *bytes, size_t size)
{
	for (const unsigned char *at = bytes; size--; at++)
		before = (before ^ *at) * 0x100000001b3;
	return before;
}

/* What a look shows. */
struct view {
	uint64_t hash; /* of all that a change of which something is to be done for */
	bool missing;  /* an interface has no guard, and is to have one */
};

static void view_interface(struct view *view, const struct interface *interface)
{
	enum hook hook;
	struct xdp_found found = {0};
	bool guarded = attach_find(interface->ifindex, &hook);

	if (interface->inside)
		xdp_find(interface->ifindex, &found);
	view->hash = hash(view->hash, interface, sizeof(*interface));
	view->hash = hash(view->hash, &guarded, sizeof(guarded));
	view->hash = hash(view->hash, &found.ours, sizeof(found.ours));
	view->missing = view->missing || (interface->wanted && !guarded) ||
			(interface->inside && !found.ours);
}

/* False: it cannot be told. */
static bool look(const struct kernel_watch *watch, struct view *view)
{
	struct diagnostics unheard = {0};
	struct kernel_options options;
	struct interface *interfaces;
	size_t count = 0;
	uint32_t generation = 0;
	int error = interfaces_in_force(&watch->kernel, &interfaces, &count, &options, &unheard);

	*view = (struct view){.hash = 0xcbf29ce484222325};
	for (size_t i = 0; i < count; i++)
		view_interface(view, &interfaces[i]);
	if (!error)
		record_current(&watch->kernel, &generation, &unheard);
	view->hash = hash(view->hash, &generation, sizeof(generation));
	if (generation)
		scopes_follow(&watch->kernel, generation, &options);
	view->missing = view->missing && !error;
	record_options_free(&options);
	free(interfaces);
	diagnostics_free(&unheard);
	return !error || error == -ENOENT;
}

/* Under the lock: the guards, then the backstop, whose keeper we are from the first time on. */
static void put_right(struct kernel_watch *watch, struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	uint32_t generation;

	generation_recover(&watch->kernel, diagnostics);
	aside_end(&watch->kernel.last_packet);
	if (record_current(&watch->kernel, &generation, &unheard) == -ENOENT)
		backstop_follow(&watch->kernel.backstop, NULL, diagnostics);
	diagnostics_free(&unheard);
}

/* An interface that came while its elders were seen to looks the same before and after. */
static bool is_something_to_do(struct kernel_watch *watch)
{
	bool links = drain(nl_socket_get_fd(watch->links)), notes = drain(watch->notes);
	struct view view;

	watch->due = watch->due || links || notes;
	if (!watch->due && clock_ns(CLOCK_BOOTTIME) < watch->next_look)
		return false;
	listen_to_record(watch);
	watch->next_look = clock_ns(CLOCK_BOOTTIME) + LOOK_NS;
	if (look(watch, &view) && view.hash == watch->seen && !(watch->due && view.missing))
		watch->due = false;
	else
		watch->due = true;
	return watch->due;
}

int kernel_watch_turn(struct kernel_watch *watch, struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	struct view view;

	if (!is_something_to_do(watch))
		return 0;
	watch->kernel.lock = lock_take(&watch->kernel, "lock", 0, "another gabelou", &unheard);
	diagnostics_free(&unheard);
	if (watch->kernel.lock == -ENOENT) { /* nothing was ever in force here */
		watch->due = false;
		return 0;
	}
	if (watch->kernel.lock < 0)
		return -EAGAIN;
	put_right(watch, diagnostics);
	close(watch->kernel.lock);
	watch->kernel.lock = -1;
	watch->seen = look(watch, &view) ? view.hash : 0;
	watch->due = false;
	return 1;
}
