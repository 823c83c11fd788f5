/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guard on the interfaces. What is ours is found by asking the kernel, not by pins: a pin can
 * be lost while its link still judges.
 */
#ifndef GABELOU_KERNEL_ATTACH_H
#define GABELOU_KERNEL_ATTACH_H

#include "userspace/kernel/interfaces.h"
#include "userspace/kernel/place.h"
#include "userspace/kernel/sockets.h"

/* The forms of one generation's guard, of its gateway where the options name ports for it, and
 * its hooks on sockets where there are any. The file descriptors are owned; -1: none. */
struct programs {
	int fd[FORMS];
	int gateway[GATEWAY_FORMS];
	int socket[SOCKET_HOOKS];
	int ingress[GATEWAY_FORMS]; /* notes what comes in, where the options have replies */
	int locals;                 /* map: which interfaces are local (locals.h) */
};

/* Links or filters of ours on one interface at most: the second and later are duplicates. */
#define OWN_MOST 8

struct own_link {
	uint32_t link; /* id of the link */
	uint32_t program;
};

/*
 * Rolls every interface that the options want forward to @programs, guard and gateway: existing
 * links by compare-and-swap, new ones attached; then removes what is superseded: the other hook,
 * duplicates, interfaces no longer wanted, pins of links whose interface is gone; then the hooks on
 * sockets. Under the lock.
 *
 * On failure every interface is back at the program it had, and new links are gone.
 */
int attach_roll(struct kernel *kernel, const struct programs *programs,
		const struct kernel_options *options, struct diagnostics *diagnostics);

/* Removes every guard of ours in this network namespace and every pin of a link. Goes on after a
 * failure. *removed: how many there were. */
int attach_remove_all(struct kernel *kernel, size_t *removed, struct diagnostics *diagnostics);

/* Does any interface of this network namespace have a guard or a gateway of ours? In doubt it does.
 */
bool attach_any(void);

/* Is there a guard of ours on the interface, and on which hook? */
bool attach_find(uint32_t ifindex, enum hook *hook);

/* Is what comes in there noted, for replies? */
bool attach_notes(uint32_t ifindex);

/* Is the program with this id a guard or a gateway, of any generation? */
bool program_is_ours(uint32_t id);
uint32_t program_id(int program);
/* A hook on sockets, of the network namespace with this cookie? */
bool program_is_hook_of(uint32_t id, uint64_t cookie);

/* Links, and their pins: of TCX and XDP. File descriptors of links are the caller's to close. */
struct bpf_link_info;
bool link_info(int link, struct bpf_link_info *info);
/* What is pinned for the interface, which may have had another owner: look at its info. */
int link_open_pin(const struct kernel *kernel, enum hook hook, uint32_t ifindex);
/* -ENOENT or -EPERM: the link does not run @previous any more. */
int link_update(int link, int program, int previous);
/* Where another link is pinned, it makes way. */
int link_pin_at(const char *path, int link);
int link_pin(const struct kernel *kernel, enum hook hook, uint32_t ifindex, int link);
void link_unpin(const struct kernel *kernel, enum hook hook, uint32_t ifindex);
/* Unlinks the pins of links; or only of those whose interface is gone. Returns how many. */
size_t link_unpin_all(const struct kernel *kernel, bool only_dead);

/* TCX (Linux 6.6). */
bool tcx_supported(void);
/* Without TCX there are none. */
int tcx_find_at(enum hook hook, uint32_t ifindex, struct own_link own[OWN_MOST], size_t *count);
int tcx_open_at(const struct kernel *kernel, enum hook hook, uint32_t ifindex, uint32_t link);
/* The same of the guard's hook. */
int tcx_find(uint32_t ifindex, struct own_link own[OWN_MOST], size_t *count);
int tcx_open(const struct kernel *kernel, uint32_t ifindex, uint32_t link);
/* The ids of all programs of a chain, in its order. */
#define TCX_CHAIN_MOST 64 /* BPF_MPROG_MAX, kernel/bpf/mprog.c */
int tcx_chain(uint32_t ifindex, uint32_t programs[TCX_CHAIN_MOST], size_t *count);
/* In front of every other program: one that passes for good would hide packets from the guard. */
int tcx_create(enum hook hook, int program, uint32_t ifindex);
int tcx_remove(const struct kernel *kernel, enum hook hook, uint32_t ifindex, uint32_t link);

/* XDP: one program an interface. */
struct xdp_found {
	uint32_t program; /* id; 0: there is none */
	bool ours;
	enum hook hook; /* HOOK_XDP or HOOK_XDP_GENERIC */
};
#define XDP_NAME_SIZE 16 /* BPF_OBJ_NAME_LEN */
int xdp_find(uint32_t ifindex, struct xdp_found *found);
/* The name of a program that is not ours; empty if it is not to be had. */
void xdp_name(uint32_t program, char name[XDP_NAME_SIZE]);
/* The link by which @program runs there. */
int xdp_open(const struct kernel *kernel, uint32_t ifindex, uint32_t program);
/* Native, or generic where the driver refuses: then *why is its -errno. */
int xdp_create(int program, uint32_t ifindex, enum hook *hook, int *why);
int xdp_remove(const struct kernel *kernel, uint32_t ifindex); /* -ENOENT: none of ours */

/* clsact: a filter in direct-action mode, handle 1, priority 1. */
int clsact_find_at(enum hook at, uint32_t ifindex,
		   uint32_t *program);                             /* id; -ENOENT: none of ours */
int clsact_attach_at(enum hook at, uint32_t ifindex, int program); /* replaces ours in place */
int clsact_remove_at(enum hook at, uint32_t ifindex);
/* The same of the guard's hook. */
int clsact_find(uint32_t ifindex, uint32_t *program);
int clsact_attach(uint32_t ifindex, int program);

#endif
