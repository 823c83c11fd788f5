// SPDX-License-Identifier: GPL-2.0-or-later
/* The guard, compiled for user space. */
#define SHIM_IS_BOOKS(map) ((map) == &books)

#include "tests/coverage/program_shim.h"

#include "bpf/egress.bpf.c"

#define HEADROOM 64

const bool shim_is_gateway = false;

SHIM_MAPS

/* What stands first in all that a program sees of a packet, by what it asks for: where its memory
 * begins, its connection, its socket. */
static void *first_seen(const struct __sk_buff *skb, const struct shim_packet *packet)
{
	static struct nf_conn___scope connection __attribute__((aligned(8)));
	static struct kernfs_node___scope folder;
	static struct cgroup___scope cgroup = {&folder};
	static struct sock___scope socket = {.sk_cgrp_data = {&cgroup}};

	if (!config.scoped_by)
		return (void *)(uintptr_t)(skb->data - HEADROOM);
	if (packet->nat) {
		__builtin_memcpy(
			&connection.tuplehash[packet->nat_info >= NAT_REPLY_FROM].tuple.src.u3,
			packet->nat, sizeof(connection.tuplehash[0].tuple.src.u3));
		return (void *)((uintptr_t)&connection | packet->nat_info);
	}
	folder.id = packet->depth;
	socket.__sk_common.skc_state = packet->state;
	return packet->state ? &socket : NULL;
}

void *shim_cast(void *context)
{
	static struct sk_buff___checksum seen;
	struct __sk_buff *skb = context;
	const struct shim_packet *packet = shim.packet;

	seen = (struct sk_buff___checksum){
		.head = first_seen(skb, packet),
		.data = (void *)(uintptr_t)skb->data,
		.ip_summed = packet->checksum_later ? CHECKSUM_PARTIAL : 0,
		.csum_start = (__u16)(HEADROOM + packet->checksum_at),
	};
	return &seen;
}

int shim_run(const struct shim_packet *packet, bool layer3, uint32_t words[TRIAL_WORDS])
{
	static struct bpf_sock sk;
	uint32_t linear = packet->linear ? packet->linear : packet->length;
	struct __sk_buff skb = {
		.len = packet->length,
		.protocol = packet->protocol,
		.vlan_present = packet->tag_beside,
		.gso_size = packet->gso_size,
		.gso_segs = packet->gso_segs,
		.wire_len = packet->wire_length,
		.ifindex = 1,
		.ingress_ifindex = packet->forwarded ? 2 : 0,
		.sk = packet->from_socket ? &sk : NULL,
	};

	shim.packet = packet;
	shim.context = &skb;
	shim.pulls = shim.loads = shim.fields_asked = 0;
	shim.written = (struct shim_written){0};
	skb.data = (__u32)(uintptr_t)shim_lay(linear);
	skb.data_end = skb.data + linear;
	int answer = layer3              ? egress_layer3(&skb)
		     : shim.kernel.upper ? egress_upper(&skb)
					 : egress(&skb);
	for (int i = 0; i < TRIAL_WORDS; i++)
		words[i] = skb.cb[i];
	return answer;
}

void shim_run_unreachable(void)
{
	struct packet far = {.network = HEADERS_MOST + 1};

	struct __sk_buff nothing = {0};

	parse_ipv6_extensions(NULL, NULL);
	parse_frame(&nothing, NULL);
	shim_unreachable(&nothing);
	parse_frame_layer3(&nothing, NULL);
	except_entry(UINT32_MAX, 0);
	tunnel_read(NULL, NULL, false);
	parse_carried(NULL, NULL);
	parse_carried(NULL, &far);
	control_link(NULL, ETH_P_ARP, 0, HEADERS_MOST + 1);
}
