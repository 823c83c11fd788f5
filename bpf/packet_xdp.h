/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet as XDP has it, where it comes in. Its memory is the kernel's own, also what comes out of
 * a container: veth and generic XDP copy packets whose pages belong to somebody else.
 *
 * It may be in pieces (SEC("xdp.frags"), Linux 5.18), or links with a large MTU would refuse the
 * program.
 */
#ifndef GABELOU_BPF_PACKET_XDP_H
#define GABELOU_BPF_PACKET_XDP_H

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/config.h"
#include "maps/event.h"

typedef struct xdp_md context_t;

#define PACKET_TOLD   0 /* nobody has told the kernel anything yet: the frame speaks for itself */
#define PACKET_PADDED 1 /* it comes from a wire, padded to the least frame (IEEE 802.3) */
#define PACKET_FLAGS  EVENT_GATEWAY

/* The kernel's own view of the packet (Linux 6.2), as much of it as is needed. */
struct xdp_buff___packet {
	__u32 flags;
} __attribute__((preserve_access_index));
#define XDP_IN_PIECES (1 << 0) /* XDP_FLAGS_HAS_FRAGS, <net/xdp.h> */

void *bpf_cast_to_kern_ctx(void *xdp) __ksym __weak;

/* Linux 6.18; before, a packet whose headers are not in its first piece is denied. */
extern int bpf_xdp_pull_data(struct xdp_md *xdp, __u32 size) __ksym __weak;

static __always_inline bool packet_is_shown(void)
{
	return !(config.without & WITHOUT_CONTEXT) && bpf_cast_to_kern_ctx;
}

static __always_inline void *packet_data(const context_t *xdp)
{
	return (void *)(long)xdp->data;
}

/* Of the first piece. */
static __always_inline void *packet_end(const context_t *xdp)
{
	return (void *)(long)xdp->data_end;
}

/* Of all pieces. Nearly every packet is in one: then no helper needs to be called. */
static __always_inline __u32 packet_length(const context_t *xdp)
{
	if (packet_is_shown()) {
		const struct xdp_buff___packet *seen = bpf_cast_to_kern_ctx((context_t *)xdp);

		if (!(seen->flags & XDP_IN_PIECES))
			return (__u32)(packet_end(xdp) - packet_data(xdp));
	}
	return (__u32)bpf_xdp_get_buff_len((context_t *)xdp);
}

static __always_inline __u32 packet_interface(const context_t *xdp)
{
	return xdp->ingress_ifindex;
}

/* No wire carries a frame so long: the kernel put it together (generic XDP comes behind GRO). */
static __always_inline bool packet_is_gso(const context_t *xdp)
{
	return packet_length(xdp) > 0xffff;
}

/* How many frames such a packet was made of, XDP does not see. */
static __always_inline __u64 packet_count(const context_t *xdp)
{
	(void)xdp;
	return 1;
}

static __always_inline __u64 packet_bytes(const context_t *xdp)
{
	return packet_length(xdp);
}

static __always_inline __be16 packet_told(const context_t *xdp, __be16 ethertype)
{
	(void)xdp;
	return ethertype;
}

/* One that the link has taken off, XDP does not see: it is not part of what is judged. */
static __always_inline bool packet_tag_beside(const context_t *xdp)
{
	(void)xdp;
	return false;
}

static __always_inline bool packet_linearize(context_t *xdp, __u32 size)
{
	if ((void *)(long)xdp->data + size <= (void *)(long)xdp->data_end)
		return true;
	return !(config.without & WITHOUT_PULL) && bpf_xdp_pull_data &&
	       bpf_xdp_pull_data(xdp, size) == 0;
}

/* Of a packet off a wire nothing will. One from a guest or a container of this host may have a
 * checksum still to be written, which XDP does not see: the guard where it leaves does. */
static __always_inline __u32 packet_unsettled(const context_t *xdp)
{
	(void)xdp;
	return 0xffffffff;
}

/* Whoever comes in here wants to leave by another port: nothing there is a neighbour of his. */
static __always_inline bool packet_neighbour(context_t *xdp, bool v4, __u64 high, __u64 low)
{
	(void)xdp, (void)v4, (void)high, (void)low;
	return false;
}

static __always_inline long packet_load(const context_t *xdp, __u32 offset, void *to, __u32 size)
{
	return bpf_xdp_load_bytes((context_t *)xdp, offset, to, size);
}

/* It came in from another host. */
static __always_inline void packet_sender(context_t *xdp, void *senders, struct sender *sender)
{
	(void)xdp, (void)senders, (void)sender;
}

static __always_inline __u32 packet_came_in(const context_t *xdp)
{
	return xdp->ingress_ifindex;
}

static __always_inline bool packet_is_sent(const context_t *xdp)
{
	(void)xdp;
	return false;
}

/* No socket of this host sent it, and nothing has changed it yet. */
static __always_inline __u64 packet_cgroup(context_t *xdp)
{
	(void)xdp;
	return 0;
}

#define SCOPE_CONTEXT              context_t
#define SCOPE_ANCESTOR(xdp, level) ((void)(xdp), (void)(level), 0)

struct scope_address {
	__u64 high, low; /* as in struct scope_range */
};

static __always_inline int packet_before_nat(context_t *xdp, bool v4, struct scope_address *source)
{
	(void)xdp, (void)v4, (void)source;
	return 0;
}

#include "bpf/packet.h"

#endif
