// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Real traffic by real sockets, as applications make it.
 *
 *   sockets listen PORT                 TCP (answers with the number of bytes it got) and UDP
 *   sockets tcp PORT BYTES ADDRESS...   connects to all at once, sends, reads the answer
 *   sockets udp PORT BYTES ADDRESS...   one datagram to each (over the MTU: in fragments)
 *   sockets segments PORT BYTES ADDRESS one send that the kernel cuts into datagrams (UDP GSO)
 *   sockets icmp BYTES ADDRESS...       one echo request to each; waits for the answers
 *   sockets source-route PORT ADDRESS   UDP with a loose source route, by IP_OPTIONS
 *   sockets segment-route PORT ADDRESS  UDP with a routing header, by IPV6_RTHDR
 *   sockets join INTERFACE              joins and leaves an IPv4 and an IPv6 group
 *
 * tcp and icmp print "ADDRESS yes" or "ADDRESS no" for each address: did an answer come back
 * within half a second? Exit 0 if every address answered, 1 if not, 2 if it could not be tried.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PEERS        128
#define PATIENCE_MS  500  /* under a SYN's first retransmission */
#define DRAINING_MS  5000 /* once bytes went out, the other end may be slow with them */
#define BYTES_MOST   (8 << 20)
#define SEGMENT_SIZE 1200

static uint8_t bytes[BYTES_MOST];

struct peer {
	const char *text;
	struct sockaddr_in6 address; /* large enough for either family */
	socklen_t size;
	int socket;
	size_t sent, total;
	bool answered;
};

static void die(const char *what)
{
	fprintf(stderr, "sockets: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static struct peer peer_of(const char *text, const char *port)
{
	struct peer peer = {.text = text};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&peer.address;

	errno = 0;
	if (strchr(text, ':')) {
		peer.address.sin6_family = AF_INET6;
		peer.address.sin6_port = htons((uint16_t)atoi(port));
		peer.size = sizeof(peer.address);
		if (inet_pton(AF_INET6, text, &peer.address.sin6_addr) != 1)
			die(text);
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)atoi(port));
		peer.size = sizeof(*v4);
		if (inet_pton(AF_INET, text, &v4->sin_addr) != 1)
			die(text);
	}
	return peer;
}

static int open_socket(const struct peer *peer, int type, int protocol)
{
	int result =
		socket(peer->address.sin6_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	if (result < 0)
		die("socket");
	return result;
}

/* --- the far end --- */

static void answer(int client)
{
	char text[32];
	size_t total = 0;
	ssize_t got;

	while ((got = recv(client, bytes, sizeof(bytes), 0)) > 0)
		total += (size_t)got;
	int size = snprintf(text, sizeof(text), "%zu\n", total);
	send(client, text, (size_t)size, MSG_NOSIGNAL);
	close(client);
}

static int open_server(int type, const char *port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)atoi(port))};
	int server = socket(AF_INET6, type | SOCK_CLOEXEC, 0), yes = 1, no = 0;

	if (server < 0 || setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
	    setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no)) ||
	    bind(server, (struct sockaddr *)&any, sizeof(any)) ||
	    (type == SOCK_STREAM && listen(server, PEERS)))
		die("listen");
	return server;
}

/* Until it is killed. */
static int serve(const char *port)
{
	struct pollfd ready[2] = {{open_server(SOCK_STREAM, port), POLLIN, 0},
				  {open_server(SOCK_DGRAM, port), POLLIN, 0}};

	puts("ready");
	fflush(stdout);
	while (poll(ready, 2, -1) > 0) {
		if (ready[0].revents) {
			int client = accept4(ready[0].fd, NULL, NULL, SOCK_CLOEXEC);
			struct timeval patience = {.tv_sec = 1};

			if (client < 0)
				continue;
			setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
			answer(client);
		}
		if (ready[1].revents)
			recv(ready[1].fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	}
	return 2;
}

/* --- the sender --- */

/* Sends what is left; the answer is the peer's count of all of it. */
static void tcp_step(struct peer *peer)
{
	char text[32] = "";

	while (peer->sent < peer->total) {
		ssize_t sent = send(peer->socket, bytes, peer->total - peer->sent, MSG_NOSIGNAL);

		if (sent < 0)
			return;
		peer->sent += (size_t)sent;
		if (peer->sent == peer->total)
			shutdown(peer->socket, SHUT_WR);
	}
	if (recv(peer->socket, text, sizeof(text) - 1, 0) > 0)
		peer->answered = strtoul(text, NULL, 10) == peer->total;
}

static void icmp_step(struct peer *peer)
{
	uint8_t reply[2048];
	ssize_t size = recv(peer->socket, reply, sizeof(reply), 0);

	if (size <= 0)
		return;
	if (peer->address.sin6_family == AF_INET)
		peer->answered |= size > 20 && reply[(reply[0] & 15) * 4] == ICMP_ECHOREPLY;
	else
		peer->answered |= reply[0] == ICMP6_ECHO_REPLY;
}

/* Did it get anything out? */
static bool step_one(struct peer *peer, void step(struct peer *peer))
{
	size_t before = peer->sent;

	step(peer);
	return peer->sent > before;
}

static int await(struct peer *peers, size_t count, void step(struct peer *peer), short idle_events)
{
	struct pollfd ready[PEERS];
	int64_t end = now_ms() + PATIENCE_MS;
	size_t waiting = count;

	/* Looks once more when the time is up: this process may have had none of it. */
	for (bool last = false; waiting && !last;) {
		last = now_ms() >= end;
		for (size_t i = 0; i < count; i++)
			ready[i] = (struct pollfd){
				peers[i].answered ? -1 : peers[i].socket,
				peers[i].sent < peers[i].total ? idle_events : POLLIN, 0};
		if (poll(ready, count, last ? 0 : 20) <= 0)
			continue;
		for (size_t i = 0; i < count; i++)
			if (!peers[i].answered && ready[i].revents & (idle_events | POLLIN) &&
			    step_one(&peers[i], step)) {
				end = now_ms() + DRAINING_MS;
				last = false;
			}
		waiting = 0;
		for (size_t i = 0; i < count; i++)
			waiting += !peers[i].answered;
	}
	for (size_t i = 0; i < count; i++)
		printf("%s %s\n", peers[i].text, peers[i].answered ? "yes" : "no");
	return waiting != 0;
}

static int send_tcp(struct peer *peers, size_t count, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		peers[i].socket = open_socket(&peers[i], SOCK_STREAM, 0);
		peers[i].total = size;
		if (connect(peers[i].socket, (struct sockaddr *)&peers[i].address, peers[i].size) &&
		    errno != EINPROGRESS)
			die(peers[i].text);
	}
	return await(peers, count, tcp_step, POLLOUT);
}

/* A guard's drop comes back as ENOBUFS from some protocols and not from others: it is no failure of
 * ours. */
static void send_once(const struct peer *peer, int from, size_t size)
{
	if (sendto(from, bytes, size, 0, (const struct sockaddr *)&peer->address, peer->size) < 0 &&
	    errno != ENOBUFS)
		die(peer->text);
}

static int send_udp(struct peer *peers, size_t count, size_t size, int segment)
{
	for (size_t i = 0; i < count; i++) {
		int udp = open_socket(&peers[i], SOCK_DGRAM, 0);

		if (segment && setsockopt(udp, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)))
			die("UDP_SEGMENT");
		send_once(&peers[i], udp, size);
		close(udp);
	}
	return 0;
}

static uint16_t checksum(const uint8_t *data, size_t size)
{
	uint32_t total = 0;

	for (size_t i = 0; i < size; i++)
		total += i & 1 ? data[i] : (uint32_t)data[i] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons((uint16_t)~total);
}

static int send_icmp(struct peer *peers, size_t count, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		bool v4 = peers[i].address.sin6_family == AF_INET;
		struct icmphdr echo = {.type = v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST};
		int raw = open_socket(&peers[i], SOCK_RAW, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);

		memset(bytes, 0, sizeof(echo));
		if (v4) /* the kernel sums ICMPv6 itself */
			((struct icmphdr *)memcpy(bytes, &echo, sizeof(echo)))->checksum =
				checksum(bytes, sizeof(echo) + size);
		else
			memcpy(bytes, &echo, sizeof(echo));
		peers[i].address.sin6_port = 0;
		/* Only answers from this peer come in on this socket. */
		if (connect(raw, (struct sockaddr *)&peers[i].address, peers[i].size))
			die(peers[i].text);
		send_once(&peers[i], raw, sizeof(echo) + size);
		peers[i].socket = raw;
	}
	return await(peers, count, icmp_step, POLLIN);
}

static int send_source_route(struct peer *peer)
{
	uint8_t option[8] = {131, 7, 4};
	int udp = open_socket(peer, SOCK_DGRAM, 0);

	memcpy(option + 3, &((struct sockaddr_in *)&peer->address)->sin_addr, 4);
	if (setsockopt(udp, IPPROTO_IP, IP_OPTIONS, option, sizeof(option)))
		die("IP_OPTIONS");
	send_once(peer, udp, 64);
	return 0;
}

/* A segment routing header (RFC 8754) with one segment: no privilege is needed for it. */
static int send_segment_route(struct peer *peer)
{
	uint8_t header[24] = {0, 2, 4, 0};
	int udp = open_socket(peer, SOCK_DGRAM, 0);

	memcpy(header + 8, &peer->address.sin6_addr, 16);
	if (setsockopt(udp, IPPROTO_IPV6, IPV6_RTHDR, header, sizeof(header)))
		die("IPV6_RTHDR");
	send_once(peer, udp, 64);
	return 0;
}

static int join(const char *interface)
{
	struct ip_mreqn v4 = {.imr_ifindex = (int)if_nametoindex(interface)};
	struct ipv6_mreq v6 = {.ipv6mr_interface = if_nametoindex(interface)};
	int four = socket(AF_INET, SOCK_DGRAM, 0), six = socket(AF_INET6, SOCK_DGRAM, 0);
	struct timespec reports = {.tv_nsec = 200000000};

	inet_pton(AF_INET, "239.1.1.1", &v4.imr_multiaddr);
	inet_pton(AF_INET6, "ff05::db8", &v6.ipv6mr_multiaddr);
	if (setsockopt(four, IPPROTO_IP, IP_ADD_MEMBERSHIP, &v4, sizeof(v4)) ||
	    setsockopt(six, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &v6, sizeof(v6)))
		die(interface);
	/* Leaving at the end of the process sends the second report of each family. */
	nanosleep(&reports, NULL);
	return 0;
}

static int send_to_all(const char *how, char **words, int count)
{
	static struct peer peers[PEERS];
	bool icmp = strcmp(how, "icmp") == 0;
	int skip = icmp ? 1 : 2;
	size_t size = (size_t)atol(words[skip - 1]);

	errno = 0;
	if (count <= skip || count - skip > PEERS || size < 1 || size > sizeof(bytes) - 64)
		die(how);
	for (int i = skip; i < count; i++)
		peers[i - skip] = peer_of(words[i], icmp ? "0" : words[0]);
	if (icmp)
		return send_icmp(peers, (size_t)(count - skip), size);
	if (strcmp(how, "tcp") == 0)
		return send_tcp(peers, (size_t)(count - skip), size);
	return send_udp(peers, (size_t)(count - skip), size,
			strcmp(how, "segments") == 0 ? SEGMENT_SIZE : 0);
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[1] : "";
	struct peer peer;

	errno = 0;
	if (argc == 3 && strcmp(how, "listen") == 0)
		return serve(argv[2]);
	if (argc == 3 && strcmp(how, "join") == 0)
		return join(argv[2]);
	if (argc == 4 && strcmp(how, "source-route") == 0) {
		peer = peer_of(argv[3], argv[2]);
		return send_source_route(&peer);
	}
	if (argc == 4 && strcmp(how, "segment-route") == 0) {
		peer = peer_of(argv[3], argv[2]);
		return send_segment_route(&peer);
	}
	if (argc > 3 && (strcmp(how, "tcp") == 0 || strcmp(how, "udp") == 0 ||
			 strcmp(how, "icmp") == 0 || strcmp(how, "segments") == 0))
		return send_to_all(how, argv + 2, argc - 2);
	die("listen, tcp, udp, segments, icmp, source-route, segment-route or join");
}
