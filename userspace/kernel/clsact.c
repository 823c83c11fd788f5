// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filters at clsact, where the kernel has no TCX (before Linux 6.6). A filter is replaced in place:
 * removing it first would let packets out in between.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "userspace/kernel/attach.h"
#include "userspace/kernel/fault.h"

#define HANDLE   1
#define PRIORITY 1

#define HOOK_AT(name, at, interface_index)                                \
	LIBBPF_OPTS(bpf_tc_hook, name, .ifindex = (int)(interface_index), \
		    .attach_point = (at) == HOOK_CLSACT_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS)

int clsact_find_at(enum hook at, uint32_t ifindex, uint32_t *program)
{
	HOOK_AT(hook, at, ifindex);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = HANDLE, .priority = PRIORITY);

	libbpf_silence();
	int error = bpf_tc_query(&hook, &options);
	if (error == -EINVAL || error == -EOPNOTSUPP) /* there is no clsact */
		error = -ENOENT;
	if (error)
		return error;
	if (!program_is_ours(options.prog_id))
		return -ENOENT;
	*program = options.prog_id;
	return 0;
}

int clsact_attach_at(enum hook at, uint32_t ifindex, int program)
{
	HOOK_AT(hook, at, ifindex);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = HANDLE, .priority = PRIORITY,
		    .prog_fd = program);
	uint32_t ours;

	/* Somebody else's filter in this place makes the attach fail with -EEXIST. */
	if (clsact_find_at(at, ifindex, &ours) == 0)
		options.flags = BPF_TC_F_REPLACE;
	libbpf_silence();
	int error = bpf_tc_hook_create(&hook);
	if (error && error != -EEXIST)
		return error;
	FAULT("attach.qdisc");
	return bpf_tc_attach(&hook, &options);
}

/* The qdisc stays: others may have put their filters there since. */
int clsact_remove_at(enum hook at, uint32_t ifindex)
{
	HOOK_AT(hook, at, ifindex);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = HANDLE, .priority = PRIORITY);
	uint32_t ours;
	int error = clsact_find_at(at, ifindex, &ours);

	return error ? error : bpf_tc_detach(&hook, &options);
}

int clsact_find(uint32_t ifindex, uint32_t *program)
{
	return clsact_find_at(HOOK_CLSACT, ifindex, program);
}

int clsact_attach(uint32_t ifindex, int program)
{
	return clsact_attach_at(HOOK_CLSACT, ifindex, program);
}
