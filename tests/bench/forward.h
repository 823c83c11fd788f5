/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the forwarding bench's two halves share. */
#ifndef GABELOU_TESTS_BENCH_FORWARD_H
#define GABELOU_TESTS_BENCH_FORWARD_H

#include <linux/types.h>

/* A destination as a packet has it; IPv4 in the first 4 bytes. Files of targets are arrays of
 * these. */
struct forward_target {
	__u32 words[4];
};

#define FORWARD_TARGETS (1 << 18) /* room for so many */
#define FORWARD_PAYLOAD 18        /* bytes behind UDP: 60 in all for IPv4, the least on a wire */
#define FORWARD_PORT    40000

/* As BPF_MAP_TYPE_LPM_TRIE wants them: the address in network byte order. */
struct forward_key_v4 {
	__u32 length;
	__u32 address;
};

struct forward_key_v6 {
	__u32 length;
	__u32 address[4];
};

#endif
