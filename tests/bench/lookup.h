/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the lookup bench's two halves share. */
#ifndef GABELOU_TESTS_BENCH_LOOKUP_H
#define GABELOU_TESTS_BENCH_LOOKUP_H

#include <linux/types.h>

struct lookup_target {
	__u64 high; /* an IPv4 address stands here */
	__u64 low;
	__u64 random; /* where the floor reads */
	__u64 zero;   /* always 0, which neither compiler nor processor knows */
};

/* As BPF_MAP_TYPE_LPM_TRIE wants them: the address in network byte order. */
struct trie_key_v4 {
	__u32 length;
	__u32 address;
};

struct trie_key_v6 {
	__u32 length;
	__u64 address[2];
} __attribute__((packed));

#endif
