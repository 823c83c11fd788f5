// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends frames of a named form by a packet socket, past the machine's own IP stack.
 *
 *   frames -l                                    lists "FORM FAMILY REASON"
 *   frames -a                                    the same of control traffic that a policy names
 *   frames -t                                    the same of packets in tunnels; FAMILY of the
 * inside frames -i INTERFACE -m MAC -c COOKIE -s SOURCE4 -d DESTINATION4 -S SOURCE6 -D DESTINATION6
 *          [-o INSIDE4] [-O INSIDE6] [-n COUNT] [-v] FORM
 *
 * REASON is what a guard that approves the destination must say (maps/reason.h). Each frame's
 * source address is 02: and the first five bytes of the cookie, so that even a frame with no room
 * for a payload is known at the far end. -v gives each frame of udp4 a source port of its own (and,
 * every 50,000, a new source address), so that each is a flow.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/lab/form_table.h"

#define PORTS 50000

static void die(const char *what)
{
	fprintf(stderr, "frames: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

/* UDP over IPv4 with no checksum: nothing else changes with the port. */
static void vary(struct frame *frame, long number)
{
	frame->bytes[frame->ip + 15] = (uint8_t)(100 + number / PORTS);
	ipv4_checksum(frame, frame->ip);
	set16(frame, frame->ip + IPV4_SIZE, (unsigned)(1024 + number % PORTS));
}

static void send_frames(struct frame *frame, const char *interface, long count, bool varied)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(frame->protocol)};
	int link = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	to.sll_ifindex = (int)if_nametoindex(interface);
	if (link < 0 || to.sll_ifindex == 0)
		die(interface);
	for (long i = 0; i < count; i++) {
		if (varied)
			vary(frame, i);
		/* A full queue and a guard's drop look alike here: ENOBUFS is no failure. */
		if (sendto(link, frame->bytes, frame->length, 0, (struct sockaddr *)&to,
			   sizeof(to)) < 0 &&
		    errno != ENOBUFS)
			die("send");
	}
	close(link);
}

static bool parse_end(struct ends *ends, int option, const char *text)
{
	switch (option) {
	case 's':
		return inet_pton(AF_INET, text, ends->source4) == 1;
	case 'd':
		return inet_pton(AF_INET, text, ends->destination4) == 1;
	case 'S':
		return inet_pton(AF_INET6, text, ends->source6) == 1;
	case 'D':
		return inet_pton(AF_INET6, text, ends->destination6) == 1;
	case 'o':
		return inet_pton(AF_INET, text, ends->inside4) == 1;
	case 'O':
		return inet_pton(AF_INET6, text, ends->inside6) == 1;
	case 'm':
		for (size_t i = 0; i < 6; i++)
			if (sscanf(text + 3 * i, "%2hhx", &ends->destination_mac[i]) != 1)
				return false;
		return true;
	case 'c':
		for (size_t i = 0; i < COOKIE_SIZE; i++)
			if (sscanf(text + 2 * i, "%2hhx", &ends->cookie[i]) != 1)
				return false;
		ends->source_mac[0] = 0x02;
		memcpy(ends->source_mac + 1, ends->cookie, 5);
		return true;
	default:
		return false;
	}
}

static void list(const struct frame_form *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s %s %s\n", table[i].name, table[i].family, table[i].reason);
}

static void list_tunnels(void)
{
	for (size_t i = 0; i < TUNNEL_FORMS; i++)
		printf("%s %s %s\n", tunnel_forms[i].name, tunnel_forms[i].inside,
		       tunnel_forms[i].reason);
}

static bool build(const struct frame_form *table, size_t count, const char *name,
		  struct frame *frame, const struct ends *ends)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].name, name) == 0) {
			table[i].build(frame, ends, table[i].argument);
			return true;
		}
	return false;
}

static bool build_tunnel(const char *name, struct frame *frame, const struct ends *ends)
{
	for (size_t i = 0; i < TUNNEL_FORMS; i++)
		if (strcmp(tunnel_forms[i].name, name) == 0) {
			form_tunnel(frame, ends, tunnel_forms[i].argument);
			return true;
		}
	return false;
}

int main(int argc, char **argv)
{
	static struct frame frame;
	struct ends ends = {0};
	const char *interface = NULL;
	bool varied = false;
	long count = 1;
	int option;

	while ((option = getopt(argc, argv, "ltavi:n:s:d:S:D:o:O:m:c:")) != -1) {
		errno = 0;
		if (option == 'l')
			list(forms, FRAME_FORMS);
		else if (option == 'a')
			list(named_forms, NAMED_FORMS);
		else if (option == 't')
			list_tunnels();
		else if (option == 'i')
			interface = optarg;
		else if (option == 'n')
			count = atol(optarg);
		else if (option == 'v')
			varied = true;
		else if (!parse_end(&ends, option, optarg))
			die("options");
		if (strchr("lat", option))
			return 0;
	}
	errno = 0;
	if (!interface || optind + 1 != argc)
		die("-i INTERFACE ... FORM");
	if (!build(forms, FRAME_FORMS, argv[optind], &frame, &ends) &&
	    !build(named_forms, NAMED_FORMS, argv[optind], &frame, &ends) &&
	    !build_tunnel(argv[optind], &frame, &ends))
		die(argv[optind]);
	send_frames(&frame, interface, count, varied);
	return 0;
}
