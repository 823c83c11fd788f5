/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backstop: an nftables chain on the netdev egress hook of every interface, present and future,
 * that drops what leaves through one which is not known to be guarded. It runs before the guard,
 * and so closes the time between the birth of an interface and its guard.
 *
 *   table netdev gabelou {
 *       set open { type iface_index; }            the interfaces that may send
 *       chain closed {
 *           type filter hook egress devices = { * } priority -500;
 *           (what lets the lifeline pass)
 *           meta oif != @open drop
 *       }
 *   }
 *
 * By index, not by name: a rename cannot open a closed interface. The table outlasts its maker
 * (NFT_TABLE_F_PERSIST, Linux 6.9); while a process keeps it, no other can change it
 * (NFT_TABLE_F_OWNER). A device may be a prefix, and the empty one matches all (Linux 6.16; with an
 * attribute of its own 6.17). Through nfnetlink, since nft of that time could not write such a
 * chain.
 */
#ifndef GABELOU_KERNEL_BACKSTOP_H
#define GABELOU_KERNEL_BACKSTOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "userspace/base/address.h"
#include "userspace/base/diagnostic.h"

#define BACKSTOP_TABLE "gabelou"

/* What the backstop closes, unless it is open: interfaces of these names. */
struct backstop_scope {
	char *const *names; /* "eth0", or "eth*"; NULL: every interface */
	size_t count;
	const struct prefix *lifeline; /* passes all the same (lifeline.h) */
	size_t lifeline_count;
};

/* A conversation with nfnetlink; the table is kept (owned) as long as it lasts. */
struct backstop;
int backstop_begin(struct backstop **backstop, struct diagnostics *diagnostics);
void backstop_end(struct backstop *backstop);

/*
 * Makes the backstop, or brings the one that is there to this scope, with these interfaces open; in
 * one transaction. 0; -EPERM without a message: another process keeps it, who is to do it;
 * -EOPNOTSUPP without one: this kernel has no chain for interfaces to come; -errno with a message.
 */
int backstop_set(struct backstop *backstop, const struct backstop_scope *scope,
		 const uint32_t *open, size_t count, struct diagnostics *diagnostics);

/*
 * Brings the backstop to what is in force by these options: in enforce mode it stands, and whatever
 * the policy wants guarded and has no guard yet is closed; else (NULL: nothing is in force) it is
 * removed. A glob that is neither a name nor a prefix is outside its scope, with a warning.
 * The conversation is begun if *backstop is NULL, and left to the caller: at its end the kernel
 * waits until what was changed has left every CPU. Under the lock. As backstop_set().
 */
struct kernel_options;
int backstop_follow(struct backstop **backstop, const struct kernel_options *options,
		    struct diagnostics *diagnostics);

/* Removes it. 0 also where there is none; -EPERM without a message as above. */
int backstop_remove(struct backstop *backstop, struct diagnostics *diagnostics);

/* Is there one, or one of this scope? */
bool backstop_present(struct backstop *backstop, const struct backstop_scope *scope);

#endif
