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
#include <unistd.h>

#include "userspace/kernel/gateway.h"
#include "userspace/kernel/generation.h"
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

static bool matches(const struct interface *interface, char *const *globs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!interface->loopback && fnmatch(globs[i], interface->name, 0) == 0)
			return true;
	return false;
}

int interfaces_select(struct interface *interfaces, size_t count,
		      const struct kernel_options *options, struct diagnostics *diagnostics)
{
	size_t wanted = 0;

	for (size_t i = 0; i < count; i++) {
		struct interface *interface = &interfaces[i];

		interface->inside = matches(interface, options->inside, options->inside_count);
		interface->wanted =
			options->guard ? matches(interface, options->guard, options->guard_count)
				       : !interface->loopback && !interface->inside;
		wanted += interface->wanted;
	}
	if (!wanted && !options->early)
		return message(diagnostics, -ENODEV,
			       "there is no interface to guard; name one that is there under "
			       "interfaces.guard (ip link shows them)");
	return 0;
}

const char *hook_name(enum hook hook)
{
	static const char *const names[] = {
		[HOOK_TCX] = "tcx",
		[HOOK_CLSACT] = "clsact",
		[HOOK_XDP] = "xdp",
		[HOOK_XDP_GENERIC] = "xdp-generic",
	};

	return names[hook];
}

bool hook_is_gateway(enum hook hook)
{
	return hook == HOOK_XDP || hook == HOOK_XDP_GENERIC;
}

/* Marks the gateway's ports by what is in force; there are none without a pinned gateway. */
static void mark_inside(const struct kernel *kernel, struct interface *list, size_t count)
{
	struct diagnostics unheard = {0};
	struct kernel_options options = {0};
	uint32_t generation;
	json_t *record = NULL;
	int pin = -1;

	if (record_current(kernel, &generation, &unheard) == 0)
		pin = generation_map(kernel, generation, gateway_names[FORM_ETHERNET]);
	if (pin >= 0 && record_read(kernel, generation, &record, &unheard) == 0 &&
	    record_options(record, &options) == 0)
		for (size_t i = 0; i < count; i++)
			list[i].inside = matches(&list[i], options.inside, options.inside_count);
	record_options_free(&options);
	json_decref(record);
	diagnostics_free(&unheard);
	if (pin >= 0)
		close(pin);
}

static struct kernel_interface describe(const struct interface *interface, const char *role)
{
	struct kernel_interface described = {.ifindex = interface->ifindex, .role = role};

	memcpy(described.name, interface->name, sizeof(described.name));
	return described;
}

/* One interface as one entry, or two: its gateway, and its guard where it has one too. */
static size_t describe_both(const struct interface *interface, struct kernel_interface *entries)
{
	struct kernel_interface guard =
		describe(interface, interface->loopback ? "loopback" : "uplink");
	struct kernel_interface gateway = describe(interface, "inside");
	struct xdp_found found;
	size_t count = 0;

	guard.guarded = attach_find(interface->ifindex, &guard.hook);
	gateway.guarded = xdp_find(interface->ifindex, &found) == 0 && found.ours;
	gateway.hook = gateway.guarded ? found.hook : HOOK_XDP;
	if (interface->inside || gateway.guarded)
		entries[count++] = gateway;
	if (!count || guard.guarded)
		entries[count++] = guard;
	return count;
}

int kernel_interfaces(struct kernel *kernel, struct kernel_interface **interfaces, size_t *count,
		      struct diagnostics *diagnostics)
{
	struct interface *list;
	struct kernel_interface *answer;
	size_t listed;
	int error = interfaces_list(&list, &listed, diagnostics);

	if (error)
		return error;
	mark_inside(kernel, list, listed);
	answer = calloc(2 * listed + 1, sizeof(*answer));
	*count = 0;
	for (size_t i = 0; answer && i < listed; i++)
		*count += describe_both(&list[i], answer + *count);
	free(list);
	if (!answer)
		return message(diagnostics, -ENOMEM, "out of memory");
	*interfaces = answer;
	return 0;
}
