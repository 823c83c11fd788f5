// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "maps/reply.h"

#define PORT_RANGE "/proc/sys/net/ipv4/ip_local_port_range"

/* As the kernel numbers them (include/net/tcp_states.h); of UDP it is what is not connected. */
#define STATE_LISTEN 0x0a
#define STATE_CLOSE  0x07

#define DHCP_CLIENT   68
#define DHCPV6_CLIENT 546

/* Addresses stand there as 32-bit words of this machine, which hold network order. */
static bool is_loopback(const char *hex)
{
	uint32_t words[4] = {0};
	size_t count = strlen(hex) / 8;

	for (size_t i = 0; i < count && i < 4; i++) {
		char word[9] = "";

		memcpy(word, hex + 8 * i, 8);
		words[i] = ntohl((uint32_t)strtoul(word, NULL, 16));
	}
	if (count == 1)
		return words[0] >> 24 == 127;
	if (words[0] || words[1])
		return false;
	return words[2] == 0xffff ? words[3] >> 24 == 127 : words[2] == 0 && words[3] == 1;
}

static bool is_known(const struct listeners *listeners, uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < listeners->count; i++)
		if (listeners->items[i].protocol == protocol && listeners->items[i].low == port)
			return true;
	return false;
}

/* A client of UDP looks like a server there. */
static bool is_client(const struct listeners *listeners, uint16_t port)
{
	return port == DHCP_CLIENT || port == DHCPV6_CLIENT ||
	       (listeners->low <= port && port <= listeners->high);
}

static bool add(struct listeners *listeners, uint8_t protocol, uint16_t port)
{
	struct service *more = reallocarray(listeners->items, listeners->count + 1, sizeof(*more));

	if (!more)
		return false;
	listeners->items = more;
	more[listeners->count++] = (struct service){protocol, port, port};
	return true;
}

bool listeners_parse(FILE *file, uint8_t protocol, struct listeners *listeners)
{
	unsigned wanted = protocol == IPPROTO_TCP ? STATE_LISTEN : STATE_CLOSE;
	char line[512], address[33];
	unsigned port, state;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %*u: %32[0-9A-F]:%4X %*[0-9A-F]:%*X %2X", address, &port,
			   &state) != 3 ||
		    state != wanted || !port || is_loopback(address) ||
		    is_known(listeners, protocol, (uint16_t)port) ||
		    (protocol == IPPROTO_UDP && is_client(listeners, (uint16_t)port)))
			continue;
		if (!add(listeners, protocol, (uint16_t)port))
			return false;
	}
	return true;
}

void listeners_free(struct listeners *listeners)
{
	free(listeners->items);
	*listeners = (struct listeners){0};
}

static int by_protocol_and_port(const void *a, const void *b)
{
	const struct service *left = a, *right = b;

	if (left->protocol != right->protocol)
		return left->protocol < right->protocol ? -1 : 1;
	return (int)left->low - (int)right->low;
}

static void read_range(struct listeners *listeners)
{
	FILE *file = fopen(PORT_RANGE, "re");

	if (file && fscanf(file, "%hu %hu", &listeners->low, &listeners->high) != 2)
		listeners->low = listeners->high = 0;
	if (file)
		fclose(file);
}

/* What cannot be read has no sockets. */
static void read_all(struct listeners *listeners)
{
	static const struct {
		const char *path;
		uint8_t protocol;
	} files[] = {
		{"/proc/net/tcp", IPPROTO_TCP},
		{"/proc/net/tcp6", IPPROTO_TCP},
		{"/proc/net/udp", IPPROTO_UDP},
		{"/proc/net/udp6", IPPROTO_UDP},
	};

	read_range(listeners);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *file = fopen(files[i].path, "re");

		if (file) {
			listeners_parse(file, files[i].protocol, listeners);
			fclose(file);
		}
	}
	if (listeners->count)
		qsort(listeners->items, listeners->count, sizeof(*listeners->items),
		      by_protocol_and_port);
}

char *listeners_text(const struct listeners *listeners, bool keys)
{
	size_t shown = listeners->count, size = 0;
	char *text = NULL, service[24];
	FILE *out;

	if (shown > REPLY_SERVICES_MOST)
		shown = REPLY_SERVICES_MOST;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	for (size_t i = 0; i < shown; i++)
		fprintf(out, keys ? "%s{on: %s}" : "%s%s", i ? ", " : "",
			service_format(&listeners->items[i], service));
	if (shown < listeners->count && !keys)
		fprintf(out, " and %zu more", listeners->count - shown);
	return fclose(out) ? (free(text), NULL) : text;
}

/* False: no, or no answer. */
static bool ask_whether(const char *sockets, const char *keys)
{
	char answer[16];

	fprintf(stderr,
		"Public sockets listen here: %s.\n"
		"The policy does not say what becomes of answers to those who call them. Judged,\n"
		"they reach nobody whose soil and owner it does not allow. Write one of these:\n"
		"  replies: judge\n"
		"  replies: [%s]\n"
		"Apply as it is, so that answers are judged? [y/N] ",
		sockets, keys);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

static int decide(const struct policy *policy, const struct listeners *listeners, bool ask,
		  struct diagnostics *diagnostics)
{
	char *sockets = listeners_text(listeners, false), *keys = listeners_text(listeners, true);
	const struct location at = {policy->file, 0, 0};
	int error = 0;

	ask = ask && policy->mode == POLICY_ENFORCE && isatty(STDIN_FILENO) &&
	      isatty(STDERR_FILENO);
	if (!sockets || !keys)
		error = diagnostics_error(diagnostics, ENOMEM, at, "out of memory");
	else if (!ask)
		diagnostics_warn(diagnostics, at,
				 "public sockets listen here (%s), and nothing is said of answers "
				 "to those who call them: they are judged, and reach nobody whose "
				 "soil and owner is not allowed; write `replies: judge` if that is "
				 "meant, or `replies: [%s]`",
				 sockets, keys);
	else if (!ask_whether(sockets, keys))
		error = diagnostics_error(diagnostics, ECANCELED, at,
					  "nothing was applied; write `replies: judge`, or "
					  "`replies: [%s]`",
					  keys);
	free(sockets);
	free(keys);
	return error;
}

int listeners_review(const struct policy *policy, bool ask, struct diagnostics *diagnostics)
{
	struct listeners listeners = {0};
	int error = 0;

	if (policy->replies_said)
		return 0;
	read_all(&listeners);
	if (listeners.count)
		error = decide(policy, &listeners, ask, diagnostics);
	listeners_free(&listeners);
	return error;
}
