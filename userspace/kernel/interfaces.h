/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces of this network namespace, their roles, and which of them a policy wants guarded.
 */
#ifndef GABELOU_KERNEL_INTERFACES_H
#define GABELOU_KERNEL_INTERFACES_H

#include "userspace/kernel/load.h"

#define KIND_SIZE 16

struct interface {
	char name[IF_NAMESIZE];
	uint32_t ifindex;
	enum form form; /* of its link: FORM_ETHERNET or FORM_LAYER3 */
	bool loopback;

	/* Facts from netlink that its role is found by. */
	char kind[KIND_SIZE];   /* "bridge", "veth"...; empty: hardware */
	uint32_t master;        /* ifindex of its bridge or bond; 0: none */
	uint32_t lower;         /* ifindex of what it sends through, in this namespace; 0: none */
	uint32_t peer;          /* ifindex of the other end of a veth, in this namespace: */
	int32_t peer_namespace; /* its number here (RTM_GETNSID); -1: this one */
	bool guest_end;         /* what is sent here ends in a guest; see links.c */
	bool way_out;           /* a route leads through it to a router */

	/* By the policy, and found by interfaces_select(). */
	enum interface_role role;
	bool wanted; /* to be guarded */
	bool inside; /* a gateway's port */
};

/* Sends @request, which is freed (NULL: there was no memory for it), and has each answer handled. 0
 * or -NLE_; what came of an interrupted dump (-NLE_DUMP_INTR) is to be forgotten, and asked for
 * again. */
struct nl_sock;
struct nl_msg;
int links_ask(struct nl_sock *socket, struct nl_msg *request,
	      int (*handle)(struct nl_msg *answer, void *context), void *context);

/* *interfaces is freed by the caller. 0 or -errno with a message. */
int interfaces_list(struct interface **interfaces, size_t *count, struct diagnostics *diagnostics);

/*
 * Finds the roles, marks those that are to be guarded, and the gateway's ports; what is inside is
 * guarded only if it is named. -ENODEV with a message if there is nothing to guard; of a glob that
 * matches none the reader of the policy warns, who knows its line.
 *
 * A role is what the policy says, else:
 *   guest    a port of a bridge whose other end is a guest (guest_end); or a bridge that has ports,
 *            all of them guests' or a gateway's, and no route to a router. Unless nothing else
 *            would be left to guard: then these are what leads out.
 *   upper    a VLAN, macvlan or ipvlan whose parent is guarded; a bridge or bond whose ports, but
 *            for guests', are guarded: each packet is judged again, and counted, there.
 *   uplink   all others.
 */
int interfaces_select(struct interface *interfaces, size_t count,
		      const struct kernel_options *options, struct diagnostics *diagnostics);

/* The form of the guard that an interface needs, by its link and its role. */
enum form interface_form(const struct interface *interface);

/* The interfaces as they are now, and selected by what is in force; 0, -ENOENT without a message if
 * nothing is, then by no policy; or -errno with a message. @options is to be freed by
 * record_options_free(), @interfaces by free(), where it is not NULL, in any case. */
int interfaces_in_force(const struct kernel *kernel, struct interface **interfaces, size_t *count,
			struct kernel_options *options, struct diagnostics *diagnostics);

#endif
