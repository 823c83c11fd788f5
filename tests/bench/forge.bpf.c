// SPDX-License-Identifier: GPL-2.0-or-later
/* Gives a frame (Ethernet, IPv4) another source address at each run, and hands it to the subject.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_helpers.h>

#define SOURCE (ETH_HLEN + 12)

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} subject SEC(".maps");

SEC("tc")
int forge(struct __sk_buff *skb)
{
	__u32 source = bpf_get_prandom_u32();

	if (bpf_skb_store_bytes(skb, SOURCE, &source, sizeof(source), 0) == 0)
		bpf_tail_call(skb, &subject, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
