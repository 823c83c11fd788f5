// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What netlink says of the links of this namespace (rtnetlink(7), linux/if_link.h).
 *
 * A link ends in a guest (guest_end) if it is
 *   - a tap with virtio headers, as hypervisors open them, and VPNs do not; or
 *   - a veth whose other end is in a namespace where no other interface is up but loopback: from
 *     there nothing leads on but back.
 * Both alone do not make a role: see interfaces_select().
 */
#include "userspace/kernel/interfaces.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "userspace/kernel/message.h"

#define HERE       (-1)
#define TRIES_MOST 50 /* of a dump that a change interrupts */

struct listing {
	struct interface *items;
	size_t count, room;
	bool out_of_memory;
};

/* Ethernet is read only where there is Ethernet for certain. Elsewhere (tun, wireguard, PPP, SLIP,
 * 6LoWPAN, tunnels) packets begin with the IP header, or with something that is denied for not
 * being one. Taken for Ethernet, an IP header's source address is the ethertype, and what the
 * sender wrote behind it the destination. */
static enum form form_of(unsigned type)
{
	return type == ARPHRD_ETHER || type == ARPHRD_LOOPBACK ? FORM_ETHERNET : FORM_LAYER3;
}

static bool sends_through_parent(const char *kind)
{
	static const char *const kinds[] = {"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static uint32_t number_of(struct nlattr *attribute)
{
	return attribute ? nla_get_u32(attribute) : 0;
}

static void read_kind(struct nlattr *attribute, struct interface *interface)
{
	struct nlattr *info[IFLA_INFO_MAX + 1], *tun[IFLA_TUN_MAX + 1];

	if (!attribute || nla_parse_nested(info, IFLA_INFO_MAX, attribute, NULL) < 0 ||
	    !info[IFLA_INFO_KIND])
		return;
	nla_strlcpy(interface->kind, info[IFLA_INFO_KIND], sizeof(interface->kind));
	if (strcmp(interface->kind, "tun") != 0 || !info[IFLA_INFO_DATA] ||
	    nla_parse_nested(tun, IFLA_TUN_MAX, info[IFLA_INFO_DATA], NULL) < 0)
		return;
	if (!tun[IFLA_TUN_TYPE])
		return;
	bool tap = nla_get_u8(tun[IFLA_TUN_TYPE]) == IFF_TAP;
	interface->form = tap ? FORM_ETHERNET : FORM_LAYER3; /* whatever its type (TUNSETLINK) */
	interface->guest_end = tap && tun[IFLA_TUN_VNET_HDR] && nla_get_u8(tun[IFLA_TUN_VNET_HDR]);
}

static bool grow(struct listing *listing)
{
	size_t room = listing->room ? 2 * listing->room : 16;
	struct interface *items = realloc(listing->items, room * sizeof(*items));

	if (!items)
		return false;
	listing->items = items;
	listing->room = room;
	return true;
}

static int add_link(struct nl_msg *message_read, void *context)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	struct listing *listing = context;
	struct nlmsghdr *header = nlmsg_hdr(message_read);

	if (header->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse(header, sizeof(struct ifinfomsg), attributes, IFLA_MAX, NULL) < 0)
		return NL_OK;
	if (listing->count == listing->room && !grow(listing)) {
		listing->out_of_memory = true;
		return NL_OK;
	}
	const struct ifinfomsg *link = nlmsg_data(header);
	struct interface *interface = &listing->items[listing->count];
	memset(interface, 0, sizeof(*interface)); /* holes, too: see watch.c */
	interface->ifindex = (uint32_t)link->ifi_index;
	interface->form = form_of(link->ifi_type);
	interface->loopback = link->ifi_flags & IFF_LOOPBACK;
	interface->master = number_of(attributes[IFLA_MASTER]);
	if (attributes[IFLA_IFNAME])
		nla_strlcpy(interface->name, attributes[IFLA_IFNAME], IF_NAMESIZE);
	read_kind(attributes[IFLA_LINKINFO], interface);
	interface->peer = number_of(attributes[IFLA_LINK]);
	interface->peer_namespace =
		attributes[IFLA_LINK_NETNSID] ? nla_get_s32(attributes[IFLA_LINK_NETNSID]) : HERE;
	if (interface->peer_namespace == HERE && sends_through_parent(interface->kind))
		interface->lower = interface->peer;
	listing->count++;
	return NL_OK;
}

int links_ask(struct nl_sock *socket, struct nl_msg *request,
	      int (*handle)(struct nl_msg *answer, void *context), void *context)
{
	int error = request ? nl_send_auto(socket, request) : -NLE_NOMEM;

	nlmsg_free(request);
	if (error < 0)
		return error;
	error = nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, handle, context);
	return error ? error : nl_recvmsgs_default(socket);
}

static struct nl_msg *links_request(int32_t namespace)
{
	struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP);

	if (request &&
	    (nlmsg_append(request, &any, sizeof(any), NLMSG_ALIGNTO) < 0 ||
	     (namespace != HERE && nla_put_s32(request, IFLA_TARGET_NETNSID, namespace) < 0))) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}

static int list_links(struct nl_sock *socket, struct listing *listing)
{
	int error = -NLE_DUMP_INTR;

	for (int i = 0; i < TRIES_MOST && error == -NLE_DUMP_INTR; i++) {
		listing->count = 0;
		error = links_ask(socket, links_request(HERE), add_link, listing);
	}
	if (!error && listing->out_of_memory)
		error = -NLE_NOMEM;
	return error;
}

struct others {
	uint32_t peer;
	bool any;
};

static int look_for_others(struct nl_msg *message_read, void *context)
{
	struct nlmsghdr *header = nlmsg_hdr(message_read);
	const struct ifinfomsg *link = nlmsg_data(header);
	struct others *others = context;

	if (header->nlmsg_type != RTM_NEWLINK || link->ifi_flags & IFF_LOOPBACK ||
	    !(link->ifi_flags & IFF_UP))
		return NL_OK;
	others->any = others->any || (uint32_t)link->ifi_index != others->peer;
	return NL_OK;
}

/* In doubt, as without the right to look into the namespace, it is no dead end. */
static bool is_dead_end(struct nl_sock *socket, int32_t namespace, uint32_t peer)
{
	struct others others = {.peer = peer};

	return links_ask(socket, links_request(namespace), look_for_others, &others) == 0 &&
	       !others.any;
}

struct route_search {
	uint32_t ifindex;
	bool found;
};

/* A route with more than one next hop, or with a next hop object, may lead anywhere. */
static int look_at_route(struct nl_msg *message_read, void *context)
{
	struct nlattr *attributes[RTA_MAX + 1];
	struct route_search *search = context;
	struct nlmsghdr *header = nlmsg_hdr(message_read);

	if (header->nlmsg_type != RTM_NEWROUTE ||
	    nlmsg_parse(header, sizeof(struct rtmsg), attributes, RTA_MAX, NULL) < 0)
		return NL_OK;
	if (attributes[RTA_MULTIPATH] ||
	    (number_of(attributes[RTA_OIF]) == search->ifindex &&
	     (attributes[RTA_GATEWAY] || attributes[RTA_VIA] || attributes[RTA_NH_ID])))
		search->found = true;
	return NL_OK;
}

static struct nl_msg *routes_request(uint8_t family, uint32_t ifindex)
{
	struct rtmsg any = {.rtm_family = family};
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);

	if (request && (nlmsg_append(request, &any, sizeof(any), NLMSG_ALIGNTO) < 0 ||
			nla_put_u32(request, RTA_OIF, ifindex) < 0)) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}

/* Of every table. In doubt there is one. */
static bool has_way_out(struct nl_sock *socket, uint32_t ifindex)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct route_search search = {.ifindex = ifindex};

	for (size_t i = 0; i < sizeof(families) && !search.found; i++)
		if (links_ask(socket, routes_request(families[i], ifindex), look_at_route, &search))
			return true;
	return search.found;
}

static const struct interface *find_master(const struct listing *listing, size_t port)
{
	for (size_t i = 0; i < listing->count && listing->items[port].master; i++)
		if (listing->items[i].ifindex == listing->items[port].master)
			return &listing->items[i];
	return NULL;
}

/* What needs questions of its own, which only ports and bridges are worth. */
static void look_closer(struct nl_sock *socket, struct listing *listing)
{
	/* The kernel then looks only at routes of the interface that is asked for (Linux 4.20). */
	const int yes = 1;

	setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &yes,
		   sizeof(yes));
	for (size_t i = 0; i < listing->count; i++) {
		struct interface *interface = &listing->items[i];
		const struct interface *master = find_master(listing, i);

		if (strcmp(interface->kind, "bridge") == 0)
			interface->way_out = has_way_out(socket, interface->ifindex);
		if (master && strcmp(master->kind, "bridge") == 0 &&
		    strcmp(interface->kind, "veth") == 0 && interface->peer_namespace != HERE)
			interface->guest_end =
				is_dead_end(socket, interface->peer_namespace, interface->peer);
	}
}

int interfaces_list(struct interface **interfaces, size_t *count, struct diagnostics *diagnostics)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct listing listing = {0};
	int error = socket ? nl_connect(socket, NETLINK_ROUTE) : -NLE_NOMEM;

	if (!error)
		error = list_links(socket, &listing);
	if (!error)
		look_closer(socket, &listing);
	nl_socket_free(socket);
	if (error) {
		free(listing.items);
		return message(diagnostics, -EIO, "the interfaces cannot be listed: %s",
			       nl_geterror(error));
	}
	*interfaces = listing.items;
	*count = listing.count;
	return 0;
}
