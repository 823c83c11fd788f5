// SPDX-License-Identifier: GPL-2.0-or-later
/* The hooks on sockets: refused at once what the guard would drop, and no more; in this network
 * namespace, and no other; the sender noted; swapped with the guard and taken off with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/if_xdp.h>
#include <sched.h>

#include "tests/prog/sockets.h"

static void test_refuses_what_the_table_denies(void **state)
{
	struct applied *applied = *state;

	SOCKETS_NEED_CGROUP();
	assert_false(sockets_refused(DENIED_V4));
	applied_apply(applied, applied->table);
	assert_true(sockets_refused(DENIED_V4));
	assert_true(sockets_refused(DENIED_V6));
	assert_false(sockets_refused(ALLOWED_V4));
	assert_false(sockets_refused(ALLOWED_V6));
	/* Sent as IPv4, whatever the table has for the mapped address. */
	assert_true(sockets_refused("::ffff:" DENIED_V4));
	assert_false(sockets_refused("::ffff:" ALLOWED_V4));
	/* By the address inside. */
	assert_true(sockets_refused("64:ff9b::192.0.2.99"));
	assert_false(sockets_refused("64:ff9b::198.51.100.7"));
	assert_int_equal(applied->diagnostics.count, 0);
}

static void test_leaves_to_the_guard_what_it_cannot_know(void **state)
{
	struct applied *applied = *state;

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	assert_false(sockets_refused("127.0.0.1"));
	assert_false(sockets_refused("::1"));
	assert_false(sockets_refused(SOCKETS_OWN_V4));
	assert_false(sockets_refused(SOCKETS_OWN_V6));
	assert_false(sockets_refused("0.0.0.0"));
	assert_false(sockets_refused("::"));
	/* Control traffic or not: that is a matter of the packet's shape. */
	assert_int_not_equal(sockets_attempt(SOCK_DGRAM, SOCKETS_SEND, "224.0.0.251"), EPERM);
	assert_int_not_equal(sockets_attempt(SOCK_DGRAM, SOCKETS_SEND, "ff02::1:2"), EPERM);
	assert_int_not_equal(sockets_attempt(SOCK_DGRAM, SOCKETS_SEND, "255.255.255.255"), EPERM);
}

/* gone1 has no guard, and the way to 203.0.113.0/24 is through it. */
static void test_ways_past_the_guards(void **state)
{
	struct applied *applied = *state;
	char *guard[] = {(char *)"gone0"};
	struct sockaddr_storage to;
	socklen_t size = sockets_fill(DENIED_V4, &to);

	SOCKETS_NEED_CGROUP();
	applied->options.guard = guard;
	applied->options.guard_count = 1;
	assert_int_equal(system("ip route add 203.0.113.0/24 dev gone1"), 0);
	applied_apply(applied, applied->table);
	assert_true(sockets_refused(DENIED_V4));
	assert_false(sockets_refused("203.0.113.99"));
	int bound = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(bound, SOL_SOCKET, SO_BINDTODEVICE, "gone1", 6), 0);
	connect(bound, (struct sockaddr *)&to, size);
	assert_int_not_equal(errno, EPERM);
	close(bound);
	/* It is guarded from here on. */
	applied->options.guard = NULL;
	applied->options.guard_count = 0;
	applied_apply(applied, applied->table);
	assert_true(sockets_refused("203.0.113.99"));
	assert_int_equal(system("ip route del 203.0.113.0/24 dev gone1"), 0);
}

static int set(int family, int type, int level, int name, const void *value, socklen_t size)
{
	int any = socket(family, type | SOCK_CLOEXEC, 0);

	assert_true(any >= 0);
	int failed = setsockopt(any, level, name, value, size) ? errno : 0;
	close(any);
	return failed;
}

static void test_refuses_options_that_send_past_the_guard(void **state)
{
	struct applied *applied = *state;
	/* Routing type 0 with one address, RFC 2460. */
	uint8_t routing[24] = {0, 2, 0, 1, [8] = 0x20, 0x01, 0x0d, 0xb8};
	static uint8_t large[3 * 4096];
	int on = 1, off = 0, ring = 64;
	struct counter *counters;
	size_t count;

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	assert_int_equal(set(AF_PACKET, SOCK_RAW, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)),
			 EPERM);
	assert_int_equal(
		set(AF_PACKET, SOCK_RAW, SOL_PACKET, PACKET_QDISC_BYPASS, &off, sizeof(off)), 0);
	assert_int_equal(set(AF_XDP, SOCK_RAW, SOL_XDP, XDP_TX_RING, &ring, sizeof(ring)), EPERM);
	assert_int_equal(set(AF_XDP, SOCK_RAW, SOL_XDP, XDP_RX_RING, &ring, sizeof(ring)), 0);
	assert_int_equal(
		set(AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RTHDR, routing, sizeof(routing)),
		EPERM);
	assert_int_equal(set(AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RTHDR, large, sizeof(large)),
			 EPERM);
	assert_int_equal(set(AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RTHDR, NULL, 0), 0);
	/* Others reach the kernel whole: what a large value is refused for is its own answer. */
	assert_int_equal(set(AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF, &ring, sizeof(ring)), 0);
	assert_int_equal(set(AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF, large, sizeof(large)), 0);
	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	assert_int_equal(counters[REASON_BYPASS].packets, 2);
	assert_int_equal(counters[REASON_IPV6_ROUTING].packets, 2);
	free(counters);
}

/* In a child, which leaves this network namespace and stays in the cgroup. */
static int try_elsewhere(void)
{
	int on = 1;

	if (unshare(CLONE_NEWNET))
		return 2;
	if (sockets_refused(DENIED_V4) || sockets_refused(DENIED_V6))
		return 1;
	return set(AF_PACKET, SOCK_RAW, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) ? 1 : 0;
}

static void test_other_namespaces_are_untouched(void **state)
{
	struct applied *applied = *state;

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	pid_t child = fork();
	if (!child)
		_exit(try_elsewhere());
	assert_int_equal(applied_exit_of(child), 0);
	/* Nor is one that is not in the cgroup. */
	child = fork();
	if (!child)
		_exit(cgroup_move(cgroup_home) && !sockets_refused(DENIED_V4) ? 0 : 1);
	assert_int_equal(applied_exit_of(child), 0);
}

static void assert_is_this_process(const struct sender *sender)
{
	char path[KERNEL_CGROUP_SIZE];

	assert_int_equal(sender->process, getpid());
	assert_int_equal(sender->user, getuid());
	assert_string_equal(sender->command, "kernel_sockets_");
	assert_int_equal(kernel_cgroup_path(sender->cgroup, path), 0);
	assert_string_equal(path, strrchr(cgroup_own, '/'));
}

static void test_events_of_refusals(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {.address = DENIED_V4};
	struct counter *counters;
	size_t count;

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 0);
	/* getaddrinfo() does this to sort addresses. */
	assert_int_equal(sockets_attempt(SOCK_DGRAM, SOCKETS_CONNECT, DENIED_V4), EPERM);
	assert_int_equal(kernel_events_poll(events, 0), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sockets_attempt(SOCK_STREAM, SOCKETS_CONNECT, DENIED_V4), EPERM);
	heard_wait(events, &heard, DENIED_V4, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(heard.events[i].kind, i ? EVENT_SUMMARY : EVENT_FIRST);
		assert_int_equal(heard.events[i].packets, i ? 2 : 1);
		assert_int_equal(heard.events[i].bytes, 0);
		assert_int_equal(heard.events[i].flags, EVENT_SOCKET);
		assert_int_equal(heard.events[i].key.reason, REASON_SOIL);
		assert_int_equal(heard.events[i].key.destination_port, 443);
		assert_int_equal(heard.events[i].key.protocol, IPPROTO_TCP);
		assert_int_equal(heard.events[i].key.ifindex, 0);
		assert_is_this_process(&heard.events[i].sender);
	}
	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	assert_true(counters[COUNTER_OF_ROW(HAND_DENIED)].packets >= 4);
	free(counters);
	kernel_events_close(events);
}

/* Connected while it was allowed: then only the guard is there to stop it. */
static void test_sender_of_what_the_guard_drops(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {.address = DENIED_V4};
	struct sockaddr_storage to;
	socklen_t size = sockets_fill(DENIED_V4, &to);

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->swapped);
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(any, (struct sockaddr *)&to, size), 0);
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 0);
	send(any, "x", 1, 0);
	heard_wait(events, &heard, DENIED_V4, 1);
	assert_int_equal(heard.events[0].flags, 0);
	assert_int_equal(heard.events[0].key.ifindex, if_nametoindex("gone0"));
	assert_is_this_process(&heard.events[0].sender);
	close(any);
	/* A frame by hand: no hook has seen that socket, and its owner is known all the same. */
	applied_send("gone0", DENIED_V4);
	heard_wait(events, &heard, DENIED_V4, 1);
	assert_int_equal(heard.events[0].sender.process, 0);
	assert_int_equal(heard.events[0].sender.user, getuid());
	kernel_events_close(events);
}

/* As before Linux 6.10: who it was is half known, and the verdicts are the same. */
static void test_kernel_that_does_not_tell_the_process(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;
	struct heard heard = {.address = DENIED_V4};
	char path[KERNEL_CGROUP_SIZE];

	SOCKETS_NEED_CGROUP();
	applied->options.without = LAYER_BIT(LAYER_SOCKET_TASK);
	applied_apply(applied, applied->table);
	assert_int_equal(kernel_events_open(applied->kernel, heard_hear, &heard, &events,
					    &applied->diagnostics),
			 0);
	assert_true(sockets_refused(DENIED_V4));
	assert_false(sockets_refused(ALLOWED_V4));
	heard_wait(events, &heard, DENIED_V4, 2);
	assert_int_equal(heard.events[0].sender.process, 0);
	assert_string_equal(heard.events[0].sender.command, "");
	assert_int_equal(heard.events[0].sender.user, getuid());
	assert_int_equal(kernel_cgroup_path(heard.events[0].sender.cgroup, path), 0);
	kernel_events_close(events);
}

static void test_monitor_lets_pass(void **state)
{
	struct applied *applied = *state;
	int on = 1;

	SOCKETS_NEED_CGROUP();
	applied->options.monitor = true;
	applied_apply(applied, applied->table);
	assert_false(sockets_refused(DENIED_V4));
	assert_int_equal(set(AF_PACKET, SOCK_RAW, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)),
			 0);
}

int main(void)
{
#define SOCKETS(test) cmocka_unit_test_setup_teardown(test, sockets_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		SOCKETS(test_refuses_what_the_table_denies),
		SOCKETS(test_leaves_to_the_guard_what_it_cannot_know),
		SOCKETS(test_ways_past_the_guards),
		SOCKETS(test_refuses_options_that_send_past_the_guard),
		SOCKETS(test_other_namespaces_are_untouched),
		SOCKETS(test_events_of_refusals),
		SOCKETS(test_sender_of_what_the_guard_drops),
		SOCKETS(test_kernel_that_does_not_tell_the_process),
		SOCKETS(test_monitor_lets_pass),
	};

	return sockets_run("kernel sockets", tests);
}
