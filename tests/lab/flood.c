// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends UDP frames by a packet socket, IPv4 and IPv6 in turn, until SIGTERM, but a
 * hundred at least; then prints how many. It says "flooding" on stderr once it does.
 *
 *   flood INTERFACE MAC COOKIE SOURCE4 DESTINATION4 SOURCE6 DESTINATION6 PAUSE
 *
 * PAUSE, in microseconds, is between two frames: the machine has other things to do. Frames that
 * are refused (a guard's drop is ENOBUFS here) or that find the link down are sent all the same.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/frame.h"

#define PORT  53
#define LEAST 100

static volatile sig_atomic_t over;

static void stop(int number)
{
	(void)number;
	over = 1;
}

static void die(const char *what)
{
	fprintf(stderr, "flood: %s\n", what);
	exit(2);
}

static void parse_bytes(const char *text, uint8_t *bytes, size_t count, size_t step)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(text) < step * i + 2 || sscanf(text + step * i, "%2hhx", &bytes[i]) != 1)
			die(text);
}

static void parse(char **words, struct ends *ends)
{
	parse_bytes(words[2], ends->destination_mac, sizeof(ends->destination_mac), 3);
	parse_bytes(words[3], ends->cookie, sizeof(ends->cookie), 2);
	if (inet_pton(AF_INET, words[4], ends->source4) != 1 ||
	    inet_pton(AF_INET, words[5], ends->destination4) != 1 ||
	    inet_pton(AF_INET6, words[6], ends->source6) != 1 ||
	    inet_pton(AF_INET6, words[7], ends->destination6) != 1)
		die("addresses");
	ends->source_mac[0] = 0x02;
	memcpy(ends->source_mac + 1, ends->cookie, 5);
}

static void build(struct frame frames[2], const struct ends *ends)
{
	ethernet(&frames[0], ends, ETHERTYPE_IPV4);
	size_t at = ipv4(&frames[0], ends, IPPROTO_UDP);
	udp(&frames[0], ends, PORT);
	ipv4_end(&frames[0], at);
	ethernet(&frames[1], ends, ETHERTYPE_IPV6);
	at = ipv6(&frames[1], ends, IPPROTO_UDP);
	size_t upper = frames[1].length;
	udp(&frames[1], ends, PORT);
	ipv6_end(&frames[1], at);
	ipv6_checksum(&frames[1], at, upper, IPPROTO_UDP, upper + 6);
}

int main(int argc, char **argv)
{
	static struct frame frames[2];
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	struct sigaction action = {.sa_handler = stop};
	struct ends ends = {0};
	unsigned long sent = 0;

	if (argc != 9)
		die("INTERFACE MAC COOKIE SOURCE4 DESTINATION4 SOURCE6 DESTINATION6 PAUSE");
	const struct timespec pause = {.tv_nsec = atol(argv[8]) * 1000};
	parse(argv, &ends);
	build(frames, &ends);
	sigaction(SIGTERM, &action, NULL);
	int link = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (link < 0 || to.sll_ifindex == 0)
		die(argv[1]);
	for (; !over || sent < LEAST; sent++) {
		const struct frame *frame = &frames[sent % 2];

		to.sll_protocol = htons(frame->protocol);
		if (sendto(link, frame->bytes, frame->length, 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0 &&
		    errno != ENOBUFS && errno != ENETDOWN && errno != EINTR)
			die(strerror(errno));
		if (!sent)
			fputs("flooding\n", stderr);
		nanosleep(&pause, NULL);
	}
	printf("%lu\n", sent);
	return 0;
}
