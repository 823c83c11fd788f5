// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A link without a link header (tun), whose far end is this process.
 *
 *   tun NAME [COMMAND...]
 *	makes the interface in this network namespace; with a command, brings it up, runs that and
 *	prints "DESTINATION PACKETS" for each IP destination that came out of the interface
 *
 * The interface must be given its addresses by the command.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TALLIES  64
#define QUIET_MS 100

struct tally {
	char destination[INET6_ADDRSTRLEN];
	unsigned packets;
};

static void die(const char *what)
{
	fprintf(stderr, "tun: %s: %s\n", what, errno ? strerror(errno) : "wrong usage");
	exit(2);
}

static int open_tun(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &request))
		die("/dev/net/tun");
	return tun;
}

static void count(struct tally *tallies, const uint8_t *packet, ssize_t size)
{
	char text[INET6_ADDRSTRLEN] = "-";
	int i = 0;

	if (size >= 20 && packet[0] >> 4 == 4)
		inet_ntop(AF_INET, packet + 16, text, sizeof(text));
	else if (size >= 40 && packet[0] >> 4 == 6)
		inet_ntop(AF_INET6, packet + 24, text, sizeof(text));
	while (i < TALLIES - 1 && tallies[i].packets && strcmp(tallies[i].destination, text) != 0)
		i++;
	memcpy(tallies[i].destination, text, sizeof(text));
	tallies[i].packets++;
}

int main(int argc, char **argv)
{
	static struct tally tallies[TALLIES];
	uint8_t packet[65536];
	int status = 0, quiet = 0;

	errno = 0;
	if (argc < 3)
		die("NAME COMMAND...");
	struct pollfd ready = {.fd = open_tun(argv[1]), .events = POLLIN};
	pid_t child = fork();
	if (child == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	for (int running = 1; running || quiet < QUIET_MS; quiet += 10) {
		while (poll(&ready, 1, 10) > 0) {
			ssize_t size = read(ready.fd, packet, sizeof(packet));

			if (size < 0)
				break;
			count(tallies, packet, size);
			quiet = 0;
		}
		if (running && waitpid(child, &status, WNOHANG) == child)
			running = quiet = 0;
	}
	for (int i = 0; i < TALLIES && tallies[i].packets; i++)
		printf("%s %u\n", tallies[i].destination, tallies[i].packets);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
