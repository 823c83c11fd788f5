// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NAME           "SSH_CONNECTION"
#define ANCESTORS_MOST 64
#define ENVIRON_MOST   (1u << 20) /* bytes; whoever has more is passed by */

/* A zone ("fe80::1%eth0") is no part of the address. */
static bool parse_address(const char *text, struct address *address)
{
	return address_parse(text, strcspn(text, "%"), address) == 0;
}

bool peer_parse(const char *text, struct peer *peer)
{
	char client[80], server[80], more;
	unsigned client_port, server_port;

	if (sscanf(text, "%79s %u %79s %u %c", client, &client_port, server, &server_port, &more) !=
		    4 ||
	    client_port > UINT16_MAX || server_port > UINT16_MAX)
		return false;
	peer->client_port = (uint16_t)client_port;
	peer->server_port = (uint16_t)server_port;
	return parse_address(client, &peer->client) && parse_address(server, &peer->server);
}

static pid_t parent_of(pid_t process)
{
	char path[64], text[512] = "";
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", process);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	/* The name, in parentheses, may hold anything. */
	const char *behind = strrchr(text, ')');
	if (!behind || sscanf(behind + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

/* Variables follow one another, each ended by a NUL. */
static bool find_in(const char *variables, size_t size, struct peer *peer)
{
	for (size_t at = 0; at < size; at += strlen(variables + at) + 1)
		if (strncmp(variables + at, NAME "=", sizeof(NAME)) == 0)
			return peer_parse(variables + at + sizeof(NAME), peer);
	return false;
}

static bool find_of(pid_t process, struct peer *peer)
{
	char path[64], *variables = malloc(ENVIRON_MOST + 1);
	size_t size = 0;
	ssize_t got = 1;

	snprintf(path, sizeof(path), "/proc/%d/environ", process);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	while (variables && file >= 0 && got > 0 && size < ENVIRON_MOST) {
		got = read(file, variables + size, ENVIRON_MOST - size);
		size += got > 0 ? (size_t)got : 0;
	}
	if (file >= 0)
		close(file);
	if (variables)
		variables[size] = '\0';
	bool found = variables && find_in(variables, size, peer);
	free(variables);
	return found;
}

/* An address of another network namespace: its guards are not asked. */
static bool is_ours(struct address address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	bool is_v4 = address.family == FAMILY_V4;
	int any = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (any < 0)
		return false;
	address_to_bytes(address, is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr);
	int error = is_v4 ? bind(any, (struct sockaddr *)&v4, sizeof(v4))
			  : bind(any, (struct sockaddr *)&v6, sizeof(v6));
	close(any);
	return error == 0;
}

bool peer_find(struct peer *peer)
{
	const char *own = getenv(NAME);
	bool found = own && peer_parse(own, peer);
	pid_t process = getppid();

	for (int i = 0; !found && process > 1 && i < ANCESTORS_MOST; i++) {
		found = find_of(process, peer);
		process = parent_of(process);
	}
	return found && is_ours(peer->server);
}

/* Answers to a port that the policy names leave. */
static bool is_reply(const struct policy *policy, const struct peer *peer)
{
	for (size_t i = 0; i < policy->reply_count; i++) {
		const struct service *on = &policy->replies[i].on;

		if (on->protocol == IPPROTO_TCP && on->low <= peer->server_port &&
		    peer->server_port <= on->high)
			return true;
	}
	return false;
}

int peer_review(const struct pipeline *pipeline, bool force, struct diagnostics *diagnostics)
{
	const struct policy *policy = pipeline->policy;
	struct peer peer;
	char client[ADDRESS_TEXT_SIZE], name[24];

	if (policy->mode == POLICY_MONITOR || !peer_find(&peer) || is_reply(policy, &peer))
		return 0;
	const struct table_flow flow = {
		.protocol = IPPROTO_TCP, .port = peer.client_port, .seconds = time(NULL)};
	struct decision decision = table_judge_flow(pipeline->table, peer.client, &flow);
	const char *by = decision.rule < policy->rule_count
				 ? rule_name(&policy->rules[decision.rule], name)
				 : reason_name(decision.reason);

	if (decision.verdict == VERDICT_ALLOW)
		return 0;
	address_format(peer.client, client);
	if (force) {
		diagnostics_warn(diagnostics, (struct location){.file = policy->file},
				 "this policy cuts your own SSH connection from %s (%s)", client,
				 by);
		return 0;
	}
	return diagnostics_error(
		diagnostics, ECANCELED, (struct location){.file = policy->file},
		"this policy would cut your own SSH connection from %s (%s), so nothing was "
		"applied; write `lifeline: [%s]` or `replies: [{on: %u/tcp, why: ssh}]`, or apply "
		"it with --force, best with --confirm 60s, too",
		client, by, client, peer.server_port);
}
