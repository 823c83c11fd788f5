// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A tunnel made by an ordinary UDP socket, without any privilege, whose inside stays in memory of
 * the sender (MSG_ZEROCOPY): once the kernel has a packet, the destination inside becomes another.
 *
 *   zerocopy ENDPOINT INSIDE OTHER COUNT
 *	COUNT VXLAN packets (at most 64) to ENDPOINT, with UDP to INSIDE in them, which becomes
 *	OTHER while they wait in a queue (tc qdisc add ... tbf)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/form_table.h"

#define SLOT_SIZE   4096 /* a page each */
#define SLOTS       64
#define DRAINS_MS   30000
#define OUTER_SIZE  (ETHERNET_SIZE + IPV4_SIZE + 8) /* what the socket writes itself */
#define INSIDE_AT   (8 + ETHERNET_SIZE)             /* of the payload: the IP header inside */
#define DESTINATION (INSIDE_AT + 16)

static void die(const char *what)
{
	fprintf(stderr, "zerocopy: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

static int open_socket(const char *endpoint)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4789)};
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), yes = 1;

	if (udp < 0 || setsockopt(udp, SOL_SOCKET, SO_ZEROCOPY, &yes, sizeof(yes)))
		die("SO_ZEROCOPY");
	if (inet_pton(AF_INET, endpoint, &to.sin_addr) != 1 ||
	    connect(udp, (struct sockaddr *)&to, sizeof(to)))
		die(endpoint);
	return udp;
}

/* Until the kernel has let go of @count packets, which is told on the error queue
 * (Documentation/networking/msg_zerocopy.rst). */
static void await_queue(int udp, int count)
{
	struct pollfd told = {.fd = udp};

	while (count > 0) {
		uint8_t control[256];
		struct msghdr message = {.msg_control = control, .msg_controllen = sizeof(control)};

		if (poll(&told, 1, DRAINS_MS) <= 0)
			die("the queue does not drain");
		if (recvmsg(udp, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			continue;
		const struct sock_extended_err *which =
			(const void *)CMSG_DATA(CMSG_FIRSTHDR(&message));
		if (which->ee_origin == SO_EE_ORIGIN_ZEROCOPY)
			count -= (int)(which->ee_data - which->ee_info + 1);
	}
}

int main(int argc, char **argv)
{
	static struct frame frame;
	struct ends ends = {.source_mac = {2, 0, 0, 0, 0, 1}, .source4 = {10, 77, 0, 1}};
	uint8_t other[4];

	errno = 0;
	if (argc != 5 || inet_pton(AF_INET, argv[2], ends.inside4) != 1 ||
	    inet_pton(AF_INET, argv[3], other) != 1 || atoi(argv[4]) > SLOTS)
		die("ENDPOINT INSIDE OTHER COUNT");
	int count = atoi(argv[4]), sent = 0, udp = open_socket(argv[1]);
	uint8_t *slots = mmap(NULL, SLOT_SIZE * SLOTS, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		die("mmap");
	form_tunnel(&frame, &ends, TUNNELLED(OUTER_4, BY_VXLAN, INSIDE_UDP4));
	for (int i = 0; i < count; i++) {
		uint8_t *slot = slots + (size_t)i * SLOT_SIZE;

		memcpy(slot, frame.bytes + OUTER_SIZE, frame.length - OUTER_SIZE);
		if (send(udp, slot, frame.length - OUTER_SIZE, MSG_ZEROCOPY) >= 0)
			sent++;
		else if (errno != ENOBUFS && errno != EPERM)
			die("send");
	}
	for (int i = 0; i < count; i++)
		memcpy(slots + (size_t)i * SLOT_SIZE + DESTINATION, other, sizeof(other));
	await_queue(udp, sent);
	return 0;
}
