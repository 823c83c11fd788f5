// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/layers_nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH_SIZE 2048
#define NFT(type)  (NFNL_SUBSYS_NFTABLES << 8 | (type))

/* One transaction: whole or not at all. */
struct batch {
	_Alignas(struct nlmsghdr) unsigned char bytes[BATCH_SIZE];
	size_t used;
	uint32_t answers; /* that are asked for */
};

static struct nl_msg *message_of(int type, int flags, int family, int subsystem)
{
	const struct nfgenmsg head = {
		.nfgen_family = (uint8_t)family,
		.version = NFNETLINK_V0,
		.res_id = htons((uint16_t)subsystem),
	};
	struct nl_msg *message = nlmsg_alloc();

	if (!message)
		return NULL;
	nlmsg_put(message, 0, 1, type, 0, NLM_F_REQUEST | flags);
	nlmsg_append(message, (void *)&head, sizeof(head), NLMSG_ALIGNTO);
	return message;
}

/* Frees the message. What does not fit is left out, and its answer missed. */
static void append(struct batch *batch, struct nl_msg *message, bool answered)
{
	batch->answers += answered;
	if (!message)
		return;
	const struct nlmsghdr *head = nlmsg_hdr(message);
	size_t size = NLMSG_ALIGN(head->nlmsg_len);
	if (batch->used + size <= sizeof(batch->bytes)) {
		memcpy(batch->bytes + batch->used, head, head->nlmsg_len);
		batch->used += size;
	}
	nlmsg_free(message);
}

static struct nl_msg *new_table(const char *name, uint32_t flags)
{
	struct nl_msg *message =
		message_of(NFT(NFT_MSG_NEWTABLE), NLM_F_CREATE | NLM_F_ACK, NFPROTO_NETDEV, 0);

	if (message) {
		nla_put_string(message, NFTA_TABLE_NAME, name);
		nla_put_u32(message, NFTA_TABLE_FLAGS, htonl(flags));
	}
	return message;
}

static struct nl_msg *new_chain(const char *name, const char *device, size_t size)
{
	struct nl_msg *message =
		message_of(NFT(NFT_MSG_NEWCHAIN), NLM_F_CREATE | NLM_F_ACK, NFPROTO_NETDEV, 0);

	if (!message)
		return NULL;
	nla_put_string(message, NFTA_CHAIN_TABLE, name);
	nla_put_string(message, NFTA_CHAIN_NAME, name);
	struct nlattr *hook = nla_nest_start(message, NFTA_CHAIN_HOOK | NLA_F_NESTED);
	nla_put_u32(message, NFTA_HOOK_HOOKNUM, htonl(NF_NETDEV_EGRESS));
	nla_put_u32(message, NFTA_HOOK_PRIORITY, 0);
	struct nlattr *devices = nla_nest_start(message, NFTA_HOOK_DEVS | NLA_F_NESTED);
	nla_put(message, NFTA_DEVICE_NAME, (int)size, device);
	nla_nest_end(message, devices);
	nla_nest_end(message, hook);
	nla_put_string(message, NFTA_CHAIN_TYPE, "filter");
	return message;
}

/* The kernel has answered when send() returns: all is read, so that nothing is left for the next.
 */
static bool all_granted(int nfnetlink, uint32_t answers)
{
	_Alignas(struct nlmsghdr) unsigned char bytes[BATCH_SIZE];
	bool refused = false;
	uint32_t granted = 0;
	ssize_t got;

	while ((got = recv(nfnetlink, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		int left = (int)got;

		for (const struct nlmsghdr *head = (const void *)bytes; NLMSG_OK(head, left);
		     head = NLMSG_NEXT(head, left)) {
			const struct nlmsgerr *answer = NLMSG_DATA(head);

			if (head->nlmsg_type != NLMSG_ERROR || answer->error)
				refused = true;
			else
				granted++;
		}
	}
	return !refused && granted == answers;
}

bool layers_nft_takes(int nfnetlink, const char *name, uint32_t flags, const char *device,
		      size_t size)
{
	struct batch batch = {0};

	append(&batch, message_of(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES), false);
	append(&batch, new_table(name, flags), true);
	if (device)
		append(&batch, new_chain(name, device, size), true);
	append(&batch, message_of(NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES), false);
	return send(nfnetlink, batch.bytes, batch.used, 0) == (ssize_t)batch.used &&
	       all_granted(nfnetlink, batch.answers);
}

/* Only this thread moves, and it ends here; what it leaves is the socket. */
static void *open_elsewhere(void *context)
{
	int *nfnetlink = context;

	*nfnetlink = -1;
	if (unshare(CLONE_NEWNET) == 0)
		*nfnetlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	return NULL;
}

int layers_nft_open(void)
{
	pthread_t thread;
	int nfnetlink;

	if (pthread_create(&thread, NULL, open_elsewhere, &nfnetlink))
		return -1;
	pthread_join(thread, NULL);
	return nfnetlink;
}
