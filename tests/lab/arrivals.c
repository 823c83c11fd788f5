// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counts what arrives at the far end of the wire while a command runs.
 *
 * Opened in the far namespace, on the far interface, before the command starts: a tap on the
 * sender's side would see none of the ways round a guard. Ends when the command has ended and the
 * wire has been quiet, or when the time is up.
 *
 *   arrivals -i INTERFACE [-c COOKIE | -d ADDRESS] [-t SECONDS] -- COMMAND...
 *
 * With -c it prints how many frames carry the cookie (in the source address, or anywhere in the
 * frame), with -d how many IP packets went to the address; with neither, one line for each
 * destination and protocol: "ADDRESS PROTOCOL FRAMES". The command's output goes to stderr.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COOKIE_SIZE    8
#define QUIET_MS       30
#define LINGER_MS      30000 /* after the command's end, on a wire that never falls quiet */
#define TALLIES        1024
#define AT_ONCE        1024 /* frames between two looks at the clock */
#define RECEIVE_BUFFER (64 << 20)

struct tally {
	int family;
	uint8_t destination[16];
	uint8_t protocol;
	unsigned long frames;
};

struct watch {
	const char *interface;
	bool by_cookie, by_address;
	uint8_t cookie[COOKIE_SIZE];
	struct tally wanted; /* family and destination */
	long seconds;
	unsigned long matched;
	struct tally tallies[TALLIES];
	size_t tally_count;
};

static void die(const char *what)
{
	fprintf(stderr, "arrivals: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int open_tap(const struct watch *watch)
{
	struct sockaddr_ll where = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int buffer = RECEIVE_BUFFER, yes = 1;
	int tap = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	where.sll_ifindex = (int)if_nametoindex(watch->interface);
	if (tap < 0 || where.sll_ifindex == 0)
		die(watch->interface);
	if (setsockopt(tap, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) ||
	    setsockopt(tap, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)) ||
	    bind(tap, (struct sockaddr *)&where, sizeof(where)))
		die("packet socket");
	return tap;
}

/* The destination of an IP packet, tagged or not; false for anything else. */
static bool destination_of(const uint8_t *frame, size_t size, struct tally *tally)
{
	size_t at = 12;

	if (size >= 18 && frame[12] == 0x81 && frame[13] == 0x00)
		at = 16;
	if (size >= at + 22 && frame[at] == 0x08 && frame[at + 1] == 0x00) {
		tally->family = AF_INET;
		tally->protocol = frame[at + 11];
		memcpy(tally->destination, frame + at + 18, 4);
		return true;
	}
	if (size >= at + 42 && frame[at] == 0x86 && frame[at + 1] == 0xdd) {
		tally->family = AF_INET6;
		tally->protocol = frame[at + 8];
		memcpy(tally->destination, frame + at + 26, 16);
		return true;
	}
	return false;
}

static void count(struct watch *watch, const uint8_t *frame, size_t size)
{
	struct tally tally = {0};
	bool known = destination_of(frame, size, &tally);

	if (watch->by_cookie) {
		uint8_t mac[6] = {0x02};

		memcpy(mac + 1, watch->cookie, 5);
		watch->matched += (size >= 12 && !memcmp(frame + 6, mac, 6)) ||
				  memmem(frame, size, watch->cookie, COOKIE_SIZE);
		return;
	}
	if (!known)
		return;
	if (watch->by_address) {
		watch->matched += tally.family == watch->wanted.family &&
				  !memcmp(tally.destination, watch->wanted.destination, 16);
		return;
	}
	for (size_t i = 0; i < watch->tally_count; i++) {
		struct tally *seen = &watch->tallies[i];

		if (seen->family == tally.family && seen->protocol == tally.protocol &&
		    !memcmp(seen->destination, tally.destination, 16)) {
			seen->frames++;
			return;
		}
	}
	if (watch->tally_count == TALLIES)
		die("too many destinations");
	tally.frames = 1;
	watch->tallies[watch->tally_count++] = tally;
}

static pid_t start(char **command)
{
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(command[0], command);
		fprintf(stderr, "arrivals: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	return child;
}

/* Until the command has ended and the wire is quiet. Returns the command's wait status. */
static int watch_wire(struct watch *watch, int tap, pid_t child)
{
	static uint8_t frame[1 << 17];
	struct pollfd ready = {.fd = tap, .events = POLLIN};
	int64_t end = now_ms() + watch->seconds * 1000, quiet_since = now_ms();
	int status = -1;
	bool running = true;

	while (now_ms() < end) {
		if (poll(&ready, 1, 5) > 0) {
			ssize_t size;

			for (int i = 0; i < AT_ONCE; i++) {
				size = recv(tap, frame, sizeof(frame), MSG_DONTWAIT);
				if (size < 0)
					break;
				count(watch, frame, (size_t)size);
			}
			quiet_since = now_ms();
		}
		if (running && waitpid(child, &status, WNOHANG) == child) {
			running = false;
			quiet_since = now_ms();
			if (end > quiet_since + LINGER_MS)
				end = quiet_since + LINGER_MS;
		}
		if (!running && now_ms() - quiet_since > QUIET_MS)
			return status;
	}
	if (running) {
		kill(child, SIGTERM);
		waitpid(child, &status, 0);
	}
	return status;
}

static void parse_cookie(struct watch *watch, const char *text)
{
	errno = 0;
	for (size_t i = 0; i < COOKIE_SIZE; i++)
		if (sscanf(text + 2 * i, "%2hhx", &watch->cookie[i]) != 1)
			die("-c takes 16 hexadecimal digits");
	watch->by_cookie = true;
}

static void parse_address(struct watch *watch, const char *text)
{
	watch->wanted.family = strchr(text, ':') ? AF_INET6 : AF_INET;
	errno = 0;
	if (inet_pton(watch->wanted.family, text, watch->wanted.destination) != 1)
		die("-d takes an address");
	watch->by_address = true;
}

static void print(const struct watch *watch)
{
	char text[INET6_ADDRSTRLEN];

	if (watch->by_cookie || watch->by_address) {
		printf("%lu\n", watch->matched);
		return;
	}
	for (size_t i = 0; i < watch->tally_count; i++) {
		const struct tally *tally = &watch->tallies[i];

		inet_ntop(tally->family, tally->destination, text, sizeof(text));
		printf("%s %u %lu\n", text, tally->protocol, tally->frames);
	}
}

int main(int argc, char **argv)
{
	static struct watch watch = {.seconds = 60};
	struct tpacket_stats stats = {0};
	socklen_t size = sizeof(stats);
	int option;

	while ((option = getopt(argc, argv, "+i:c:d:t:")) != -1) {
		if (option == 'i')
			watch.interface = optarg;
		else if (option == 'c')
			parse_cookie(&watch, optarg);
		else if (option == 'd')
			parse_address(&watch, optarg);
		else if (option == 't')
			watch.seconds = atol(optarg);
		else
			return 2;
	}
	errno = 0;
	if (!watch.interface || optind >= argc)
		die("-i INTERFACE ... -- COMMAND");
	int tap = open_tap(&watch);
	int status = watch_wire(&watch, tap, start(argv + optind));

	if (getsockopt(tap, SOL_PACKET, PACKET_STATISTICS, &stats, &size) || stats.tp_drops) {
		fprintf(stderr, "arrivals: %u frames were not counted\n", stats.tp_drops);
		return 3;
	}
	print(&watch);
	/* What the command says of its own traffic is the caller's business; that it never ran is
	 * ours. */
	return WIFEXITED(status) && WEXITSTATUS(status) < 126 && WEXITSTATUS(status) != 2 ? 0 : 3;
}
