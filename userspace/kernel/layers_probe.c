// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each layer is tried for what it is used for, on objects that nobody else sees: they go with their
 * file descriptors. Nothing is attached.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "userspace/kernel/attach.h"
#include "userspace/kernel/layers.h"
#include "userspace/kernel/layers_function.h"
#include "userspace/kernel/layers_nft.h"

#define XDP_HAS_FRAGS (1u << 5) /* BPF_F_XDP_HAS_FRAGS */
#define SMALL_SIZE    4096
#define LARGE_SIZE    ((4u << 20) + SMALL_SIZE) /* above what kmalloc() gives, the limit once */

/* What several of them share, made by the first that needs it. */
struct trial {
	int nfnetlink; /* -1: not yet */
};

static bool done(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A map as a section's: one value, mapped, written, frozen. */
static bool section_of(size_t size)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "gabelou_probe", sizeof(__u32), (__u32)size, 1,
				 &options);
	char *memory =
		map < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	bool works = memory != MAP_FAILED;

	if (works) {
		memory[size - 1] = 1;
		munmap(memory, size);
		works = bpf_map_freeze(map) == 0;
	}
	done(map);
	return works;
}

static bool has_FROZEN_MAPS(struct trial *trial)
{
	(void)trial;
	return section_of(SMALL_SIZE);
}

static bool has_LARGE_MAPS(struct trial *trial)
{
	(void)trial;
	return section_of(LARGE_SIZE);
}

static bool has_RING_BUFFER(struct trial *trial)
{
	(void)trial;
	return done(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "gabelou_probe", 0, 0, SMALL_SIZE, NULL));
}

/* Exchanges a number with one on the stack. */
static bool has_ATOMICS(struct trial *trial)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8,
		 .imm = BPF_XCHG},
		{.code = BPF_JMP | BPF_EXIT},
	};

	(void)trial;
	return done(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "gabelou_probe", "GPL", code,
				  sizeof(code) / sizeof(code[0]), NULL));
}

/* A batch as large as the map ends with its last entry: 0 or -ENOENT. */
static bool reads_batch(int map, void *values)
{
	__u32 next, keys[1], count = 1;
	int error = bpf_map_lookup_batch(map, NULL, &next, keys, values, &count, NULL);

	return (!error || error == -ENOENT) && count == 1;
}

static bool has_MAP_BATCHES(struct trial *trial)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 *values = calloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*values));
	int counters = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "gabelou_probe", sizeof(__u32),
				      sizeof(*values), 1, NULL);
	int flows = bpf_map_create(BPF_MAP_TYPE_HASH, "gabelou_probe", sizeof(__u32),
				   sizeof(*values), 1, NULL);
	__u32 key = 0;
	bool works = values && counters >= 0 && flows >= 0 && reads_batch(counters, values) &&
		     bpf_map_update_elem(flows, &key, values, BPF_ANY) == 0 &&
		     reads_batch(flows, values) &&
		     bpf_map_lookup_and_delete_elem(flows, &key, values) == 0;

	(void)trial;
	done(counters);
	done(flows);
	free(values);
	return works;
}

static bool has_TCX(struct trial *trial)
{
	(void)trial;
	return tcx_supported();
}

static bool load(enum bpf_prog_type type, const struct bpf_insn *code, size_t count, __u32 flags)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = flags);

	return done(bpf_prog_load(type, "gabelou_probe", "GPL", code, count, &options));
}

/* Asks the kernel for the time. */
static bool has_TAI_CLOCK(struct trial *trial)
{
	const struct bpf_insn code[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_tai_ns},
		{.code = BPF_JMP | BPF_EXIT},
	};

	(void)trial;
	return load(BPF_PROG_TYPE_SCHED_CLS, code, sizeof(code) / sizeof(code[0]), 0);
}

/* Copies eight bytes of what the context is to the kernel. */
static bool has_KERNEL_READS(struct trial *trial)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel},
		{.code = BPF_JMP | BPF_EXIT},
	};

	(void)trial;
	return load(BPF_PROG_TYPE_SCHED_CLS, code, sizeof(code) / sizeof(code[0]), 0);
}

/* A hook on sockets asks who calls. */
static bool has_SOCKET_TASK(struct trial *trial)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
	const struct bpf_insn code[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_pid_tgid},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};

	(void)trial;
	return done(bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "gabelou_probe", "GPL", code,
				  sizeof(code) / sizeof(code[0]), &options));
}

static bool has_XDP_FRAGS(struct trial *trial)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	(void)trial;
	return load(BPF_PROG_TYPE_XDP, code, sizeof(code) / sizeof(code[0]), XDP_HAS_FRAGS);
}

/* Calls it: the kernel's function by its number in the kernel's types. */
static bool has_XDP_CONTEXT(struct trial *trial)
{
	int function = layers_function("bpf_cast_to_kern_ctx");
	const struct bpf_insn code[] = {
		{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = function},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	(void)trial;
	return function > 0 && load(BPF_PROG_TYPE_XDP, code, sizeof(code) / sizeof(code[0]), 0);
}

/* Calls it for the first byte. */
static bool has_XDP_PULL(struct trial *trial)
{
	int function = layers_function("bpf_xdp_pull_data");
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 1},
		{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = function},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};

	(void)trial;
	return function > 0 && load(BPF_PROG_TYPE_XDP, code, sizeof(code) / sizeof(code[0]), 0);
}

static bool nft_takes(struct trial *trial, const char *name, uint32_t flags, const char *device,
		      size_t size)
{
	if (trial->nfnetlink < 0)
		trial->nfnetlink = layers_nft_open();
	return trial->nfnetlink >= 0 &&
	       layers_nft_takes(trial->nfnetlink, name, flags, device, size);
}

static bool has_EGRESS_HOOK(struct trial *trial)
{
	return nft_takes(trial, "hook", 0, "lo", sizeof("lo"));
}

static bool has_OWNED_TABLES(struct trial *trial)
{
	return nft_takes(trial, "owned", NFT_TABLE_F_OWNER | NFT_PERSIST, NULL, 0);
}

static bool has_EGRESS_OF_ALL(struct trial *trial)
{
	return nft_takes(trial, "all", 0, "", 0);
}

static bool (*const probes[LAYERS])(struct trial *trial) = {
#define LAYER(identifier, name, since, without) has_##identifier,
	KERNEL_LAYERS(LAYER)
#undef LAYER
};

uint32_t layers_probe(uint32_t wanted)
{
	struct trial trial = {.nfnetlink = -1};
	uint32_t present = 0;

	libbpf_silence();
	for (enum layer layer = 0; layer < LAYERS; layer++)
		if (wanted & LAYER_BIT(layer) && probes[layer](&trial))
			present |= LAYER_BIT(layer);
	done(trial.nfnetlink);
	return present;
}
