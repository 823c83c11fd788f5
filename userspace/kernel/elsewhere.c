// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel is asked to list only the routes that matter, and they are read as they come: a router
 * may have a million others.
 */
#include "userspace/kernel/elsewhere.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "maps/elsewhere.h"

#include "userspace/base/clock.h"
#include "userspace/kernel/attach.h"

/* There must be room for the entries of two refreshes, the last and this one. */
#define ENTRIES_MOST (ELSEWHERE_MOST / 2 - 1)

struct refresh {
	int map;
	uint64_t number; /* of this refresh: the value of what it saw */
	size_t entries;
	uint8_t type; /* of routes asked for; 0: any */
	int error;
};

static void add(struct refresh *refresh, const struct elsewhere_key *key)
{
	int error;

	if (refresh->entries++ >= ENTRIES_MOST)
		return;
	error = bpf_map_update_elem(refresh->map, key, &refresh->number, BPF_ANY);
	if (error && !refresh->error)
		refresh->error = error;
}

static void add_device(struct refresh *refresh, uint32_t device)
{
	const struct elsewhere_key key = {.bits = ELSEWHERE_DEVICE_BITS, .device = device};

	add(refresh, &key);
}

static int read_route(struct nl_msg *heard, void *context)
{
	struct refresh *refresh = context;
	struct nlmsghdr *header = nlmsg_hdr(heard);
	const struct rtmsg *route = nlmsg_data(header);
	struct nlattr *to = nlmsg_find_attr(header, sizeof(*route), RTA_DST);
	struct elsewhere_key key = {.bits = ELSEWHERE_DEVICE_BITS + route->rtm_dst_len};
	bool v4 = route->rtm_family == AF_INET;
	size_t size = v4 ? 4 : 16;

	if (header->nlmsg_type != RTM_NEWROUTE ||
	    (refresh->type && route->rtm_type != refresh->type))
		return NL_OK;
	if (v4) {
		key.bits += ELSEWHERE_MAPPED_BITS;
		memset(key.address + 10, 0xff, 2);
	}
	if (to && (size_t)nla_len(to) >= size)
		memcpy(key.address + (v4 ? 12 : 0), nla_data(to), size);
	if (to || !route->rtm_dst_len)
		add(refresh, &key);
	return NL_OK;
}

static int ask(struct nl_sock *socket, struct refresh *refresh, uint8_t family, uint32_t device)
{
	const struct rtmsg wanted = {.rtm_family = family, .rtm_type = refresh->type};
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_DUMP);
	int error = request ? nlmsg_append(request, (void *)&wanted, sizeof(wanted), NLMSG_ALIGNTO)
			    : -NLE_NOMEM;

	if (error >= 0 && device)
		error = nla_put_u32(request, RTA_OIF, device);
	if (error >= 0)
		error = nl_send_auto(socket, request);
	nlmsg_free(request);
	if (error >= 0)
		error = nl_recvmsgs_default(socket);
	/* A family that this kernel does not have has no routes. */
	return error < 0 && error != -NLE_OPNOTSUPP && error != -NLE_AF_NOSUPPORT ? -EIO : 0;
}

static int ask_both(struct nl_sock *socket, struct refresh *refresh, uint32_t device)
{
	int error = ask(socket, refresh, AF_INET, device);

	return error ? error : ask(socket, refresh, AF_INET6, device);
}

static struct nl_sock *route_socket(struct refresh *refresh)
{
	struct nl_sock *socket = nl_socket_alloc();
	int yes = 1;

	if (!socket)
		return NULL;
	nl_socket_disable_auto_ack(socket);
	if (nl_connect(socket, NETLINK_ROUTE) ||
	    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, read_route, refresh) ||
	    setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &yes,
		       sizeof(yes))) {
		nl_socket_free(socket);
		return NULL;
	}
	return socket;
}

/* This host's own addresses, and what goes out where no guard is. */
static int read_routes(struct refresh *refresh)
{
	struct nl_sock *socket = route_socket(refresh);
	struct interface *interfaces = NULL;
	struct diagnostics unheard = {0};
	size_t count = 0;
	enum hook hook;
	int error = socket ? interfaces_list(&interfaces, &count, &unheard) : -ENOMEM;

	diagnostics_free(&unheard);
	refresh->type = RTN_LOCAL;
	if (!error)
		error = ask_both(socket, refresh, 0);
	refresh->type = 0;
	for (size_t i = 0; i < count && !error; i++) {
		if (attach_find(interfaces[i].ifindex, &hook))
			continue;
		add_device(refresh, interfaces[i].ifindex);
		error = ask_both(socket, refresh, interfaces[i].ifindex);
	}
	free(interfaces);
	nl_socket_free(socket);
	return error;
}

static void remove_stale(const struct refresh *refresh)
{
	struct elsewhere_key key, next;
	uint64_t number;
	bool more = bpf_map_get_next_key(refresh->map, NULL, &next) == 0;

	while (more) {
		key = next;
		more = bpf_map_get_next_key(refresh->map, &key, &next) == 0;
		if (bpf_map_lookup_elem(refresh->map, &key, &number) == 0 &&
		    number < refresh->number)
			bpf_map_delete_elem(refresh->map, &key);
	}
}

int elsewhere_refresh(int map)
{
	struct refresh refresh = {.map = map};
	const struct elsewhere_key everywhere = {.bits = ELSEWHERE_DEVICE_BITS};
	int error;

	refresh.number = clock_ns(CLOCK_BOOTTIME);
	error = read_routes(&refresh);
	if (!error)
		error = refresh.error;
	if (!error && refresh.entries > ENTRIES_MOST)
		error = bpf_map_update_elem(map, &everywhere, &refresh.number, BPF_ANY);
	if (!error)
		remove_stale(&refresh);
	return error;
}

struct elsewhere_watch {
	struct nl_sock *socket;
	bool changed;
};

static int note_change(struct nl_msg *heard, void *context)
{
	struct elsewhere_watch *watch = context;

	(void)heard;
	watch->changed = true;
	return NL_OK;
}

struct elsewhere_watch *elsewhere_watch_open(void)
{
	struct elsewhere_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->socket = nl_socket_alloc();
	if (watch->socket) {
		nl_socket_disable_seq_check(watch->socket);
		if (!nl_socket_modify_cb(watch->socket, NL_CB_VALID, NL_CB_CUSTOM, note_change,
					 watch) &&
		    !nl_connect(watch->socket, NETLINK_ROUTE) &&
		    !nl_socket_set_nonblocking(watch->socket) &&
		    !nl_socket_add_memberships(watch->socket, RTNLGRP_LINK, RTNLGRP_IPV4_ROUTE,
					       RTNLGRP_IPV6_ROUTE, 0))
			return watch;
	}
	elsewhere_watch_close(watch);
	return NULL;
}

void elsewhere_watch_close(struct elsewhere_watch *watch)
{
	if (!watch)
		return;
	nl_socket_free(watch->socket);
	free(watch);
}

/* What did not fit the socket's buffer is a change, too. */
bool elsewhere_watch_changed(struct elsewhere_watch *watch)
{
	int error;

	watch->changed = false;
	do
		error = nl_recvmsgs_default(watch->socket);
	while (!error);
	return watch->changed || error != -NLE_AGAIN;
}
