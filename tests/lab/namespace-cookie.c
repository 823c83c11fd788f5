// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints the cookie of the network namespace it runs in: pins and state are named by it. */
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void)
{
	uint64_t cookie;
	socklen_t size = sizeof(cookie);
	int any = socket(AF_INET, SOCK_DGRAM, 0);

	if (any < 0 || getsockopt(any, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size)) {
		perror("namespace-cookie");
		return 1;
	}
	printf("%llu\n", (unsigned long long)cookie);
	return 0;
}
