/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at a socket: noted there by the hooks on sockets, read by the guard for what it drops. */
#ifndef GABELOU_BPF_SENDER_H
#define GABELOU_BPF_SENDER_H

#include "bpf/maps.h"

const volatile struct socket_config socket_config SEC(SOCKET_CONFIG_SECTION);

static __always_inline __u32 sender_process(void)
{
	return socket_config.knows_task ? (__u32)(bpf_get_current_pid_tgid() >> 32) : 0;
}

static __always_inline void sender_fill(struct sender *sender)
{
	sender->cgroup = bpf_get_current_cgroup_id();
	sender->process = sender_process();
	sender->user = (__u32)bpf_get_current_uid_gid();
	if (socket_config.knows_task)
		bpf_get_current_comm(sender->command, sizeof(sender->command));
}

/* @sk: as the hook has it. A process that sends by a socket again and again is noted once. Where
 * there is no memory left the sender is not known. */
#define sender_note(sk)                                                                        \
	do {                                                                                   \
		struct sender *noted =                                                         \
			bpf_sk_storage_get(&senders, (sk), NULL, BPF_SK_STORAGE_GET_F_CREATE); \
		__u32 process = sender_process();                                              \
		if (noted && (!process || noted->process != process))                          \
			sender_fill(noted);                                                    \
	} while (0)

#endif
