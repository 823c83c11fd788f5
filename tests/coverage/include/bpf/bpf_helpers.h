/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In front of libbpf's header of that name, for BPF programs that are compiled for user space: what
 * the packet path calls comes to tests/coverage/shim.c. A helper that is not named here is still
 * there, as an address that crashes when it is called: then the shim must learn it.
 */
#ifndef GABELOU_TESTS_COVERAGE_BPF_HELPERS_H
#define GABELOU_TESTS_COVERAGE_BPF_HELPERS_H

#include_next <bpf/bpf_helpers.h>

#include "tests/coverage/shim.h"

#define bpf_map_lookup_elem        shim_map_lookup
#define bpf_map_update_elem        shim_map_update
#define bpf_ringbuf_reserve        shim_ring_reserve
#define bpf_ringbuf_submit         shim_ring_submit
#define bpf_skb_ancestor_cgroup_id shim_ancestor
#define bpf_skb_cgroup_id          shim_cgroup
#define bpf_csum_diff              shim_csum_diff
#define bpf_redirect               shim_redirect
#define bpf_skb_change_tail        shim_skb_change_tail
#define bpf_skb_store_bytes        shim_skb_store
#define bpf_xdp_adjust_tail        shim_xdp_adjust_tail
#define bpf_xdp_adjust_head        shim_xdp_adjust_head
#define bpf_xdp_store_bytes        shim_xdp_store
#define bpf_map_delete_elem        shim_map_delete
#define bpf_for_each_map_elem      shim_for_each
#define bpf_ktime_get_boot_ns      shim_now
#define bpf_ktime_get_coarse_ns    shim_now
#define bpf_ktime_get_tai_ns       shim_tai
#define bpf_sk_fullsock            shim_sk_fullsock
#define bpf_sk_storage_get         shim_sk_storage_get
#define bpf_get_socket_uid         shim_socket_uid
#define bpf_skb_pull_data          shim_skb_pull
#define bpf_skb_load_bytes         shim_skb_load
#define bpf_xdp_get_buff_len       shim_xdp_length
#define bpf_xdp_load_bytes         shim_xdp_load
#define bpf_xdp_adjust_meta        shim_xdp_adjust_meta
#define bpf_fib_lookup(...)        shim_fib_lookup(__VA_ARGS__) /* there is a struct of that name */

/* Kernel functions: their declarations and calls become the shim's by these macros; by its bare
 * name a program asks whether there is such a function, and reads a variable. */
#define bpf_cast_to_kern_ctx(context)     shim_cast(context)
#define bpf_xdp_pull_data(context, bytes) shim_xdp_pull(context, bytes)

#endif
