// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interfaces are born, set up as soon as they have a name, and frames are sent through each from
 * then on.
 *
 *   births flood|first COUNT LEAST FAR_NAMESPACE COOKIE DESTINATION
 *
 * Run in the guarded namespace. Each birth is a veth, "bornN" here and "bornN" in the far
 * namespace, made by ip(8), where the far end is up from the beginning. What arrives is seen by a
 * tap on all interfaces of the far namespace, opened before the first birth. "flood" sends at least
 * LEAST frames, for at least 20 ms each, and prints how many were sent and arrived: "SENT ARRIVED".
 * "first" sends until one arrives, at most LEAST ms, and prints how many births saw an arrival,
 * with the median and the longest time in microseconds: "COUNT MEDIAN LONGEST".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COOKIE_SIZE   8
#define BIRTHS_MOST   256
#define FLOOD_US      20000
#define GIVE_UP_US    60000000
#define PAUSE_US      100
#define RECEIVE_BYTES (64 << 20)

struct frame {
	struct ether_header ethernet;
	struct iphdr ip;
	struct udphdr udp;
	uint8_t cookie[COOKIE_SIZE];
} __attribute__((packed));

struct births {
	bool first;
	unsigned count, least;
	const char *far;
	struct frame frame;
	int tap, raw;
	unsigned long sent, arrived;
	int64_t took[BIRTHS_MOST];
	unsigned arrivals;
};

static void die(const char *what)
{
	fprintf(stderr, "births: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* A socket stays in the namespace in which it was made. */
static int far_tap(const char *far)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(far, O_RDONLY | O_CLOEXEC), bytes = RECEIVE_BYTES, yes = 1;

	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET))
		die(far);
	int tap = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
	if (tap < 0 || setsockopt(tap, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) ||
	    setsockopt(tap, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    setns(here, CLONE_NEWNET))
		die("tap");
	close(here);
	close(there);
	return tap;
}

static uint16_t checksum(const void *ip)
{
	uint16_t words[sizeof(struct iphdr) / 2];
	uint32_t sum = 0;

	memcpy(words, ip, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static struct frame make_frame(const char *cookie, const char *destination)
{
	struct frame frame = {
		.ethernet = {.ether_dhost = {2, 0, 0, 0, 0, 2},
			     .ether_shost = {2, 0, 0, 0, 0, 1},
			     .ether_type = htons(ETHERTYPE_IP)},
		.ip = {.version = 4,
		       .ihl = 5,
		       .ttl = 64,
		       .protocol = IPPROTO_UDP,
		       .tot_len = htons(sizeof(frame) - sizeof(frame.ethernet)),
		       .saddr = inet_addr("10.77.0.1"),
		       .daddr = inet_addr(destination)},
		.udp = {.source = htons(4000),
			.dest = htons(4000),
			.len = htons(sizeof(frame.udp) + COOKIE_SIZE)},
	};

	for (size_t i = 0; i < COOKIE_SIZE; i++)
		if (sscanf(cookie + 2 * i, "%2hhx", &frame.cookie[i]) != 1)
			die("COOKIE");
	frame.ip.check = checksum(&frame.ip);
	return frame;
}

static pid_t begin_birth(const struct births *births, const char *name)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		char here[16];
		int there = open(births->far, O_RDONLY | O_CLOEXEC);

		snprintf(here, sizeof(here), "%d", getppid());
		if (there < 0 || setns(there, CLONE_NEWNET))
			_exit(127);
		execlp("ip", "ip", "link", "add", name, "up", "type", "veth", "peer", "name", name,
		       "netns", here, (char *)NULL);
		_exit(127);
	}
	return child;
}

/* Its index once it is there and up; 0: not yet. */
static unsigned set_up(const struct births *births, const char *name)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(births->raw, SIOCGIFFLAGS, &request))
		return 0;
	request.ifr_flags |= IFF_UP;
	return ioctl(births->raw, SIOCSIFFLAGS, &request) ? 0 : if_nametoindex(name);
}

/* True if the frame went to the interface, where it may have been dropped (ENOBUFS). */
static bool send_frame(struct births *births, unsigned index)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = (int)index};

	return sendto(births->raw, &births->frame, sizeof(births->frame), 0, (struct sockaddr *)&to,
		      sizeof(to)) > 0 ||
	       errno == ENOBUFS;
}

static void drain(struct births *births)
{
	uint8_t frame[2048];
	ssize_t size;

	while ((size = recv(births->tap, frame, sizeof(frame), 0)) > 0)
		births->arrived +=
			memmem(frame, (size_t)size, births->frame.cookie, COOKIE_SIZE) != NULL;
}

static void attend(struct births *births, unsigned number)
{
	char name[IF_NAMESIZE];
	int64_t begun = 0, give_up = now_us() + GIVE_UP_US;
	unsigned index = 0, sent = 0;
	unsigned long before = births->arrived;

	snprintf(name, sizeof(name), "born%u", number);
	pid_t child = begin_birth(births, name);
	while (now_us() < give_up) {
		index = index ? index : set_up(births, name);
		if (!index || !send_frame(births, index))
			continue;
		begun = begun ? begun : now_us();
		sent++;
		drain(births);
		if (births->first && births->arrived > before) {
			births->took[births->arrivals++] = now_us() - begun;
			break;
		}
		if (births->first && now_us() - begun > births->least * 1000LL)
			break;
		if (!births->first && sent >= births->least && now_us() - begun > FLOOD_US)
			break;
		if (births->first)
			usleep(PAUSE_US);
	}
	births->sent += sent;
	waitpid(child, NULL, 0);
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	static struct births births;

	if (argc != 7) {
		fprintf(stderr, "births: wrong usage\n");
		return 2;
	}
	births.first = strcmp(argv[1], "first") == 0;
	births.count = (unsigned)atoi(argv[2]);
	births.least = (unsigned)atoi(argv[3]);
	births.far = argv[4];
	births.frame = make_frame(argv[5], argv[6]);
	births.tap = far_tap(births.far);
	births.raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (births.raw < 0 || births.count > BIRTHS_MOST)
		die("raw socket");
	for (unsigned i = 0; i < births.count; i++)
		attend(&births, i);
	usleep(50000);
	drain(&births);
	if (!births.first) {
		printf("%lu %lu\n", births.sent, births.arrived);
		return 0;
	}
	qsort(births.took, births.arrivals, sizeof(births.took[0]), compare);
	printf("%u %lld %lld\n", births.arrivals,
	       births.arrivals ? (long long)births.took[births.arrivals / 2] : -1,
	       births.arrivals ? (long long)births.took[births.arrivals - 1] : -1);
	return 0;
}
