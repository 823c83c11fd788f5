// SPDX-License-Identifier: GPL-2.0-or-later
/* What the host is connected to: the prefixes of the addresses on its interfaces. */
#include <errno.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "userspace/kernel/kernel.h"
#include "userspace/kernel/message.h"

static bool is_loopback(const struct prefix *prefix)
{
	return prefix->family == FAMILY_V4 ? prefix->value >> 24 == 127 : prefix->value == 1;
}

static bool is_multicast(const struct prefix *prefix)
{
	return prefix->family == FAMILY_V4 ? prefix->value >> 28 == 0xe
					   : prefix->value >> 120 == 0xff;
}

/* False: not an IP address, or one that never leaves. */
static bool prefix_of(struct nl_addr *address, unsigned length, struct prefix *prefix)
{
	bool v4 = address && nl_addr_get_family(address) == AF_INET;

	if (!address || (!v4 && nl_addr_get_family(address) != AF_INET6) ||
	    length > family_bits(v4 ? FAMILY_V4 : FAMILY_V6))
		return false;
	struct address value =
		address_from_bytes(v4 ? FAMILY_V4 : FAMILY_V6, nl_addr_get_binary_addr(address));
	*prefix = (struct prefix){
		.family = value.family,
		.length = (uint8_t)length,
		.value = value.value & ~prefix_host_mask(value.family, length),
	};
	return !is_loopback(prefix) && !is_multicast(prefix);
}

static void add(struct prefix *list, size_t *count, const struct prefix *prefix)
{
	for (size_t i = 0; i < *count; i++)
		if (list[i].family == prefix->family && list[i].length == prefix->length &&
		    list[i].value == prefix->value)
			return;
	list[(*count)++] = *prefix;
}

/* On a point-to-point link the prefix is that of the peer, and our own address is alone. */
static void add_address(struct rtnl_addr *entry, struct prefix *list, size_t *count)
{
	struct nl_addr *local = rtnl_addr_get_local(entry), *peer = rtnl_addr_get_peer(entry);
	bool v4 = rtnl_addr_get_family(entry) == AF_INET;
	unsigned length = (unsigned)rtnl_addr_get_prefixlen(entry);
	bool to_peer = peer && local && nl_addr_cmp(peer, local) != 0;
	struct prefix prefix;

	if (to_peer && prefix_of(peer, length, &prefix))
		add(list, count, &prefix);
	if (prefix_of(local, to_peer ? (v4 ? 32 : 128) : length, &prefix))
		add(list, count, &prefix);
}

static int collect(struct nl_cache *addresses, struct prefix **prefixes, size_t *count)
{
	size_t most = 2 * (size_t)nl_cache_nitems(addresses);
	struct prefix *list = calloc(most ? most : 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	*count = 0;
	for (struct nl_object *object = nl_cache_get_first(addresses); object;
	     object = nl_cache_get_next(object))
		add_address((struct rtnl_addr *)object, list, count);
	*prefixes = list;
	return 0;
}

int kernel_connected(struct prefix **prefixes, size_t *count, struct diagnostics *diagnostics)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct nl_cache *addresses;
	int error;

	if (!socket)
		return message(diagnostics, -ENOMEM, "out of memory");
	error = nl_connect(socket, NETLINK_ROUTE);
	if (!error)
		error = rtnl_addr_alloc_cache(socket, &addresses);
	if (error) {
		nl_socket_free(socket);
		return message(diagnostics, -EIO, "the interfaces' addresses cannot be listed: %s",
			       nl_geterror(error));
	}
	error = collect(addresses, prefixes, count);
	nl_cache_free(addresses);
	nl_socket_free(socket);
	return error ? message(diagnostics, error, "out of memory") : 0;
}
