// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One attempt by one socket, and what the kernel says to it.
 *
 *   attempt HOW ADDRESS PORT
 *
 * HOW: tcp (connects), udp (sends, not connected), sort (connects a UDP socket, as getaddrinfo()
 * does to sort addresses), told (connects a UDP socket, sends, and waits for an error), raw (sends
 * an ICMP echo request, IPv4). Prints "ok", "unanswered" where nobody answered within half a
 * second, or the error, as in "EPERM".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 500

static const char usage[] = "usage: attempt tcp|udp|sort|told|raw ADDRESS PORT\n";

static socklen_t address_of(const char *text, const char *port, struct sockaddr_storage *to)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)atoi(port));
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		return 0;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)atoi(port));
	return sizeof(*v6);
}

static const char *wait_for(int any, short events)
{
	struct pollfd answered = {.fd = any, .events = events};
	int error = 0;
	socklen_t size = sizeof(error);

	if (poll(&answered, 1, PATIENCE_MS) == 0)
		return "unanswered";
	getsockopt(any, SOL_SOCKET, SO_ERROR, &error, &size);
	return error ? strerrorname_np(error) : "ok";
}

int main(int argc, char **argv)
{
	struct icmphdr echo = {.type = ICMP_ECHO, .checksum = htons(0xf7ff)};
	struct sockaddr_storage to = {0};
	socklen_t size = argc == 4 ? address_of(argv[2], argv[3], &to) : 0;
	const char *how = argc == 4 ? argv[1] : "";
	int raw = strcmp(how, "raw") == 0, tcp = strcmp(how, "tcp") == 0;
	int sort = strcmp(how, "sort") == 0, told = strcmp(how, "told") == 0;
	int any = socket(to.ss_family,
			 (raw   ? SOCK_RAW
			  : tcp ? SOCK_STREAM
				: SOCK_DGRAM) |
				 SOCK_NONBLOCK,
			 raw ? IPPROTO_ICMP : 0);

	if (!size || any < 0 || (!raw && !tcp && !sort && !told && strcmp(how, "udp") != 0)) {
		fputs(usage, stderr);
		return 2;
	}
	int failed = tcp || sort || told ? connect(any, (struct sockaddr *)&to, size) < 0
					 : sendto(any, &echo, sizeof(echo), 0,
						  (struct sockaddr *)&to, size) < 0;
	if (told && !failed)
		failed = send(any, &echo, sizeof(echo), 0) < 0;
	if (told && !failed)
		puts(wait_for(any, POLLIN));
	else if (failed && tcp && errno == EINPROGRESS)
		puts(wait_for(any, POLLOUT));
	else
		puts(failed ? strerrorname_np(errno) : "ok");
	return 0;
}
