// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/alive.h"
#include "userspace/kernel/backstop.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/place.h"

#define LOCK_WAIT_MS 30000

/*
 * The one sure test is to load a program: "return 0". Then to open it by its number, as is needed
 * to find our own guards in the kernel: without CAP_SYS_ADMIN they would be overlooked, and a
 * second guard attached beside each.
 */
static int probe_bpf(struct diagnostics *diagnostics)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "gabelou_probe", "GPL", code,
				    sizeof(code) / sizeof(code[0]), NULL);
	int error = program;

	if (program >= 0) {
		error = bpf_prog_get_fd_by_id(program_id(program));
		close(program);
	}
	if (error >= 0) {
		close(error);
		return 0;
	}
	if (error == -ENOSYS || error == -EINVAL)
		return message(diagnostics, -ENOTSUP,
			       "this kernel cannot run BPF programs for traffic control (%s); it "
			       "needs CONFIG_BPF_SYSCALL and CONFIG_NET_CLS_ACT",
			       strerror(-error));
	return message(diagnostics, -EPERM,
		       "the kernel refuses BPF: %s; run as root, or with CAP_BPF, CAP_NET_ADMIN, "
		       "CAP_PERFMON and CAP_SYS_ADMIN",
		       strerror(-error));
}

static int open_for_change(struct kernel *kernel, struct diagnostics *diagnostics)
{
	int error = place_make(kernel, diagnostics);

	if (error)
		return error;
	FAULT("open.made");
	kernel->lock = lock_take(kernel, "lock", LOCK_WAIT_MS, "another gabelou", diagnostics);
	if (kernel->lock < 0)
		return kernel->lock;
	FAULT("open.locked");
	generation_recover(kernel, diagnostics);
	FAULT("open.recovered");
	alive_sweep(kernel);
	return 0;
}

int kernel_open(enum kernel_access access, struct kernel **kernel, struct diagnostics *diagnostics)
{
	struct kernel *opened = calloc(1, sizeof(*opened));
	int error;

	if (!opened)
		return message(diagnostics, -ENOMEM, "out of memory");
	opened->access = access;
	opened->lock = -1;
	error = probe_bpf(diagnostics);
	if (!error)
		error = place_enter(diagnostics);
	if (!error)
		error = place_cookie(&opened->cookie, diagnostics);
	if (!error)
		error = path_join(opened->pins, PLACE_PINS, "ns-%" PRIu64, opened->cookie);
	if (!error)
		error = path_join(opened->state, PLACE_STATE, "ns-%" PRIu64, opened->cookie);
	if (!error && access == KERNEL_CHANGE)
		error = open_for_change(opened, diagnostics);
	if (error) {
		kernel_close(opened);
		return error;
	}
	*kernel = opened;
	return 0;
}

void kernel_close(struct kernel *kernel)
{
	if (!kernel)
		return;
	aside_end(&kernel->last_packet);
	backstop_end(kernel->backstop);
	if (kernel->lock >= 0) {
		rmdir(kernel->pins); /* succeeds only where nothing is pinned */
		close(kernel->lock);
	}
	free(kernel);
}
