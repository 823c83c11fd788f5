// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs of others where packets leave: beside the guard in the TCX chain, as filters of clsact
 * or of a root qdisc, and at XDP, where there is room for one. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"
#include "userspace/kernel/message.h"

struct search {
	struct kernel_foreign *items;
	size_t count, room;
	const struct interface *interface; /* where we are */
	const char *hook;
	bool out_of_memory;
};

static void add(struct search *search, uint32_t program, const char *name, bool in_front)
{
	if (search->count == search->room) {
		size_t room = search->room ? 2 * search->room : 8;
		void *items = realloc(search->items, room * sizeof(*search->items));

		search->out_of_memory = search->out_of_memory || !items;
		if (!items)
			return;
		search->items = items;
		search->room = room;
	}
	struct kernel_foreign *item = &search->items[search->count++];
	memset(item, 0, sizeof(*item));
	memcpy(item->interface, search->interface->name, IF_NAMESIZE);
	item->ifindex = search->interface->ifindex;
	item->hook = search->hook;
	item->program = program;
	item->in_front = in_front;
	if (name)
		strncpy(item->name, name, sizeof(item->name) - 1);
	else
		xdp_name(program, item->name);
}

static void search_tcx(struct search *search)
{
	uint32_t programs[TCX_CHAIN_MOST];
	size_t count, first_own;
	int error = tcx_chain(search->interface->ifindex, programs, &count);

	search->hook = "tcx";
	for (first_own = 0; !error && first_own < count; first_own++)
		if (program_is_ours(programs[first_own]))
			break;
	for (size_t i = 0; !error && i < count; i++)
		if (!program_is_ours(programs[i]))
			add(search, programs[i], NULL, i < first_own && first_own < count);
}

static void search_xdp(struct search *search)
{
	struct xdp_found found;

	if (xdp_find(search->interface->ifindex, &found) || !found.program || found.ours)
		return;
	search->hook = hook_name(found.hook);
	add(search, found.program, NULL, false);
}

/* A filter is listed once for its chain, and once for itself, with options. */
static int add_filter(struct nl_msg *message_read, void *context)
{
	struct nlattr *attributes[TCA_MAX + 1], *options[TCA_BPF_MAX + 1];
	struct search *search = context;
	struct nlmsghdr *header = nlmsg_hdr(message_read);
	char name[KERNEL_FOREIGN_NAME] = "";

	if (header->nlmsg_type != RTM_NEWTFILTER ||
	    nlmsg_parse(header, sizeof(struct tcmsg), attributes, TCA_MAX, NULL) < 0 ||
	    !attributes[TCA_KIND] || strcmp(nla_get_string(attributes[TCA_KIND]), "bpf") != 0 ||
	    !attributes[TCA_OPTIONS] ||
	    nla_parse_nested(options, TCA_BPF_MAX, attributes[TCA_OPTIONS], NULL) < 0)
		return NL_OK;
	uint32_t program = options[TCA_BPF_ID] ? nla_get_u32(options[TCA_BPF_ID]) : 0;
	if (options[TCA_BPF_NAME])
		nla_strlcpy(name, options[TCA_BPF_NAME], sizeof(name));
	if (!program || !program_is_ours(program))
		add(search, program, name, false);
	return NL_OK;
}

static void search_filters(struct nl_sock *socket, struct search *search, uint32_t parent)
{
	struct tcmsg where = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = (int)search->interface->ifindex,
		.tcm_parent = parent,
	};
	struct nl_msg *request = nlmsg_alloc_simple(RTM_GETTFILTER, NLM_F_REQUEST | NLM_F_DUMP);

	if (request && nlmsg_append(request, &where, sizeof(where), NLMSG_ALIGNTO) == 0 &&
	    nl_send_auto(socket, request) >= 0 &&
	    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, add_filter, search) == 0)
		nl_recvmsgs_default(socket); /* without such a qdisc there are no filters */
	nlmsg_free(request);
}

static int search_all(struct search *search, const struct interface *interfaces, size_t count)
{
	struct nl_sock *socket = nl_socket_alloc();

	if (!socket || nl_connect(socket, NETLINK_ROUTE)) {
		nl_socket_free(socket);
		return -EIO;
	}
	for (size_t i = 0; i < count; i++) {
		search->interface = &interfaces[i];
		search_tcx(search);
		search->hook = "clsact";
		search_filters(socket, search, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS));
		search->hook = "qdisc";
		search_filters(socket, search, 0); /* of the root qdisc */
		search_xdp(search);
	}
	nl_socket_free(socket);
	return search->out_of_memory ? -ENOMEM : 0;
}

int kernel_foreign(struct kernel_foreign **foreign, size_t *count, struct diagnostics *diagnostics)
{
	struct search search = {0};
	struct interface *interfaces;
	size_t interface_count;
	int error = interfaces_list(&interfaces, &interface_count, diagnostics);

	if (error)
		return error;
	error = search_all(&search, interfaces, interface_count);
	free(interfaces);
	if (error) {
		free(search.items);
		return message(diagnostics, error, "the programs of others cannot be listed: %s",
			       strerror(-error));
	}
	*foreign = search.items;
	*count = search.count;
	return 0;
}
