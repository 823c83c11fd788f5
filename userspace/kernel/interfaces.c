// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/interfaces.h"

#include <errno.h>
#include <fnmatch.h>
#include <linux/if_arp.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/attach.h"
#include "userspace/kernel/message.h"

#ifndef ARPHRD_RAWIP
#define ARPHRD_RAWIP 519 /* Linux 4.13 */
#endif

/* Links whose packets begin with the IP header: there is no Ethernet to be read. */
static enum form form_of(unsigned type)
{
	switch (type) {
	case ARPHRD_NONE: /* tun, wireguard */
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		return FORM_LAYER3;
	}
	return FORM_ETHERNET;
}

static int fill(struct nl_cache *links, struct interface **interfaces, size_t *count)
{
	size_t most = (size_t)nl_cache_nitems(links), filled = 0;
	struct interface *list = calloc(most ? most : 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (struct nl_object *object = nl_cache_get_first(links); object && filled < most;
	     object = nl_cache_get_next(object)) {
		struct rtnl_link *link = (struct rtnl_link *)object;
		struct interface *interface = &list[filled++];
		const char *name = rtnl_link_get_name(link);

		strncpy(interface->name, name ? name : "", sizeof(interface->name) - 1);
		interface->ifindex = (uint32_t)rtnl_link_get_ifindex(link);
		interface->form = form_of(rtnl_link_get_arptype(link));
		interface->loopback = rtnl_link_get_flags(link) & IFF_LOOPBACK;
	}
	*interfaces = list;
	*count = filled;
	return 0;
}

int interfaces_list(struct interface **interfaces, size_t *count, struct diagnostics *diagnostics)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct nl_cache *links;
	int error;

	if (!socket)
		return message(diagnostics, -ENOMEM, "out of memory");
	error = nl_connect(socket, NETLINK_ROUTE);
	if (!error)
		error = rtnl_link_alloc_cache(socket, AF_UNSPEC, &links);
	if (error) {
		nl_socket_free(socket);
		return message(diagnostics, -EIO, "the interfaces cannot be listed: %s",
			       nl_geterror(error));
	}
	error = fill(links, interfaces, count);
	nl_cache_free(links);
	nl_socket_free(socket);
	return error ? message(diagnostics, error, "out of memory") : 0;
}

static void select_glob(struct interface *interfaces, size_t count, const char *glob)
{
	for (size_t i = 0; i < count; i++)
		if (!interfaces[i].loopback && fnmatch(glob, interfaces[i].name, 0) == 0)
			interfaces[i].wanted = true;
}

int interfaces_select(struct interface *interfaces, size_t count,
		      const struct kernel_options *options, struct diagnostics *diagnostics)
{
	size_t wanted = 0;

	for (size_t i = 0; i < count; i++)
		interfaces[i].wanted = !options->guard && !interfaces[i].loopback;
	for (size_t i = 0; options->guard && i < options->guard_count; i++)
		select_glob(interfaces, count, options->guard[i]);
	for (size_t i = 0; i < count; i++)
		wanted += interfaces[i].wanted;
	if (!wanted)
		return message(diagnostics, -ENODEV,
			       "there is no interface to guard; name one that is there under "
			       "interfaces.guard (ip link shows them)");
	return 0;
}

const char *hook_name(enum hook hook)
{
	return hook == HOOK_CLSACT ? "clsact" : "tcx";
}

int kernel_interfaces(struct kernel *kernel, struct kernel_interface **interfaces, size_t *count,
		      struct diagnostics *diagnostics)
{
	struct interface *list;
	struct kernel_interface *answer;
	int error = interfaces_list(&list, count, diagnostics);

	(void)kernel; /* the process is in its network namespace */
	if (error)
		return error;
	answer = calloc(*count ? *count : 1, sizeof(*answer));
	for (size_t i = 0; answer && i < *count; i++) {
		answer[i].ifindex = list[i].ifindex;
		answer[i].role = list[i].loopback ? "loopback" : "uplink";
		answer[i].guarded = attach_find(list[i].ifindex, &answer[i].hook);
		memcpy(answer[i].name, list[i].name, sizeof(answer[i].name));
	}
	free(list);
	if (!answer)
		return message(diagnostics, -ENOMEM, "out of memory");
	*interfaces = answer;
	return 0;
}
