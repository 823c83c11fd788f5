/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the hooks on sockets share. */
#ifndef GABELOU_TESTS_PROG_SOCKETS_H
#define GABELOU_TESTS_PROG_SOCKETS_H

#include <arpa/inet.h>

#include "tests/prog/cgroup.h"
#include "tests/prog/heard.h"

#define SOCKETS_OWN_V4 "192.0.2.1" /* in a range that is denied */
#define SOCKETS_OWN_V6 "2001:db8:b::1"

static bool sockets_have_cgroup;

static inline int sockets_set_up(void **state)
{
	int error = applied_set_up(state);
	struct applied *applied = *state;

	applied->options.cgroup = cgroup_own;
	applied->options.flow_interval_ns = HEARD_INTERVAL_MS * 1000000ull;
	return error;
}

#define SOCKETS_NEED_CGROUP()                          \
	do {                                           \
		if (!sockets_have_cgroup) {            \
			print_message("no cgroup2\n"); \
			skip();                        \
		}                                      \
	} while (0)

static inline socklen_t sockets_fill(const char *address, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(443);
		return sizeof(*v4);
	}
	assert_int_equal(inet_pton(AF_INET6, address, &v6->sin6_addr), 1);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(443);
	return sizeof(*v6);
}

enum sockets_how { SOCKETS_CONNECT, SOCKETS_SEND };

/* What the kernel says: 0, or an errno. */
static inline int sockets_attempt(int type, enum sockets_how how, const char *address)
{
	struct sockaddr_storage to;
	socklen_t size = sockets_fill(address, &to);
	int any = socket(to.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(any >= 0);
	int failed = how == SOCKETS_CONNECT
			     ? connect(any, (struct sockaddr *)&to, size)
			     : sendto(any, "x", 1, 0, (struct sockaddr *)&to, size) < 0;
	failed = failed ? errno : 0;
	close(any);
	return failed;
}

/* By all three ways. */
static inline bool sockets_refused(const char *address)
{
	int tcp = sockets_attempt(SOCK_STREAM, SOCKETS_CONNECT, address);
	int udp = sockets_attempt(SOCK_DGRAM, SOCKETS_CONNECT, address);
	int sent = sockets_attempt(SOCK_DGRAM, SOCKETS_SEND, address);

	if ((tcp == EPERM) != (udp == EPERM) || (udp == EPERM) != (sent == EPERM))
		fail_msg("%s: connect %d, UDP connect %d, send %d", address, tcp, udp, sent);
	return tcp == EPERM;
}

/* Without a cgroup2 every test is skipped. */
#define sockets_run(name, tests)                                                             \
	({                                                                                   \
		namespace_make();                                                            \
		sockets_have_cgroup = cgroup_make();                                         \
		if (system("ip addr add " SOCKETS_OWN_V4 "/24 dev gone0; "                   \
			   "ip addr add " SOCKETS_OWN_V6 "/64 dev gone0 nodad; "             \
			   "ip neigh add " DENIED_V4 " lladdr 02:00:00:00:00:99 dev gone0")) \
			exit(1);                                                             \
		int sockets_failed = cmocka_run_group_tests_name(name, tests, NULL, NULL);   \
		cgroup_clean();                                                              \
		sockets_failed;                                                              \
	})

#endif
