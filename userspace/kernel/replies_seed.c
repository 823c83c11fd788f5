// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections that came in before anybody noted them: the kernel's own list of sockets (sock_diag,
 * linux/inet_diag.h) tells of those that end on this host. A connection on a port where somebody
 * listens came in: only the listener's own user can bind it beside him (SO_REUSEPORT).
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/if_ether.h>

#include "userspace/base/clock.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/replies.h"

/* include/net/tcp_states.h */
#define STATE(number) (1u << (number))
#define LISTENING     STATE(10)
#define CONNECTED     (STATE(1) | STATE(4) | STATE(5) | STATE(8) | STATE(9) | STATE(11))

#define PORTS 65536

struct seed {
	const struct kernel_options *options;
	const struct table *table;
	int map;
	bool listens[PORTS];
	uint64_t now;
	int error;
};

static bool is_named(const struct kernel_options *options, uint16_t port)
{
	for (size_t i = 0; i < options->reply_count; i++) {
		const struct reply_service *service = &options->replies[i];

		if (service->protocol == IPPROTO_TCP && service->low <= port &&
		    port <= service->high)
			return true;
	}
	return false;
}

static const struct inet_diag_msg *socket_in(struct nl_msg *received)
{
	struct nlmsghdr *header = nlmsg_hdr(received);

	return header->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
			       nlmsg_datalen(header) >= (int)sizeof(struct inet_diag_msg)
		       ? nlmsg_data(header)
		       : NULL;
}

static int add_listener(struct nl_msg *received, void *context)
{
	const struct inet_diag_msg *found = socket_in(received);
	struct seed *seed = context;

	if (found)
		seed->listens[ntohs(found->id.idiag_sport)] = true;
	return NL_OK;
}

static bool is_mapped(const __be32 words[4])
{
	return !words[0] && !words[1] && words[2] == htonl(0xffff);
}

static struct reply_key key_of(const struct inet_diag_msg *found)
{
	const struct inet_diag_sockid *id = &found->id;
	bool mapped = found->idiag_family == AF_INET6 && is_mapped(id->idiag_dst);
	bool v4 = found->idiag_family == AF_INET || mapped;
	struct reply_key key = {
		.remote_port = id->idiag_dport,
		.own_port = id->idiag_sport,
		.ethertype = v4 ? ETH_P_IP : ETH_P_IPV6,
		.protocol = IPPROTO_TCP,
	};

	memcpy(key.remote, id->idiag_dst + (mapped ? 3 : 0), v4 ? 4 : 16);
	memcpy(key.own, id->idiag_src + (mapped ? 3 : 0), v4 ? 4 : 16);
	return key;
}

/* As ingress.bpf.c has it: by the strictest scope, and without exceptions, which end. */
static bool goes_anyway(const struct table *table, struct address remote)
{
	const struct table_flow flow = {.scope = table->row_count / table->class_count - 1};

	return table_judge_flow(table, remote, &flow).verdict == VERDICT_ALLOW;
}

static int add_connection(struct nl_msg *received, void *context)
{
	const struct inet_diag_msg *found = socket_in(received);
	struct seed *seed = context;
	uint16_t port = found ? ntohs(found->id.idiag_sport) : 0;
	const struct reply reply = {.seen = seed->now};

	if (!found || !seed->listens[port] || !is_named(seed->options, port))
		return NL_OK;
	struct reply_key key = key_of(found);
	struct address remote =
		address_from_bytes(key.ethertype == ETH_P_IP ? FAMILY_V4 : FAMILY_V6, key.remote);
	if (goes_anyway(seed->table, remote))
		return NL_OK;
	if (bpf_map_update_elem(seed->map, &key, &reply, BPF_NOEXIST) && errno != EEXIST &&
	    !seed->error)
		seed->error = -errno;
	return NL_OK;
}

static int list_sockets(uint8_t family, uint32_t states, nl_recvmsg_msg_cb_t handle,
			struct seed *seed)
{
	struct inet_diag_req_v2 request = {
		.sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = states};
	struct nl_sock *socket = nl_socket_alloc();
	int error = socket ? nl_connect(socket, NETLINK_SOCK_DIAG) : -NLE_NOMEM;

	if (!error)
		error = nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, handle, seed);
	if (!error)
		error = nl_send_simple(socket, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP,
				       &request, sizeof(request));
	if (error >= 0)
		error = nl_recvmsgs_default(socket);
	nl_socket_free(socket);
	return error < 0 ? -EIO : 0;
}

void replies_seed(int map, const struct table *table, const struct kernel_options *options,
		  struct diagnostics *diagnostics)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct seed *seed;
	int error = 0;

	if (!options->reply_count)
		return;
	seed = calloc(1, sizeof(*seed));
	if (seed)
		*seed = (struct seed){.options = options,
				      .table = table,
				      .map = map,
				      .now = clock_ns(CLOCK_MONOTONIC_COARSE)};
	else
		error = -ENOMEM;
	for (size_t i = 0; i < sizeof(families) && !error; i++)
		error = list_sockets(families[i], LISTENING, add_listener, seed);
	for (size_t i = 0; i < sizeof(families) && !error; i++)
		error = list_sockets(families[i], CONNECTED, add_connection, seed);
	if (!error)
		error = seed->error;
	free(seed);
	if (error)
		message_warn(diagnostics,
			     "not all connections that came in before are known (%s): those will "
			     "have to be made anew",
			     strerror(-error));
}
