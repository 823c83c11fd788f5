// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/nftables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BATCH_SIZE     ((size_t)256 << 10)
#define ANSWER_SIZE    ((size_t)16 << 10)
#define ANSWER_SECONDS 5

struct nftables {
	int socket;
	uint32_t sequence;
	int error; /* met while the messages were written */
	size_t used;
	size_t current; /* where the last message begins */
	uint32_t first; /* number of the first message: answers to earlier ones are passed over */
	_Alignas(struct nlmsghdr) unsigned char batch[BATCH_SIZE];
	_Alignas(struct nlmsghdr) unsigned char answers[ANSWER_SIZE];
};

int nftables_open(struct nftables **nftables)
{
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	const struct timeval patience = {.tv_sec = ANSWER_SECONDS};
	struct nftables *result = calloc(1, sizeof(*result));

	if (!result)
		return -ENOMEM;
	result->socket = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (result->socket < 0 ||
	    bind(result->socket, (const struct sockaddr *)&any, sizeof(any)) ||
	    setsockopt(result->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience))) {
		int error = -errno;

		nftables_close(result);
		return error;
	}
	*nftables = result;
	return 0;
}

void nftables_close(struct nftables *nftables)
{
	if (!nftables)
		return;
	if (nftables->socket >= 0)
		close(nftables->socket);
	free(nftables);
}

static struct nlmsghdr *current(struct nftables *nftables)
{
	return (struct nlmsghdr *)(nftables->batch + nftables->current);
}

/* Room for @size bytes, zeroed and counted as part of the current message; NULL: none. */
static void *take(struct nftables *nftables, size_t size)
{
	unsigned char *room = nftables->batch + nftables->used;

	if (nftables->error || size > BATCH_SIZE - nftables->used) {
		nftables->error = -EMSGSIZE;
		return NULL;
	}
	memset(room, 0, size);
	nftables->used += size;
	current(nftables)->nlmsg_len = (uint32_t)(nftables->used - nftables->current);
	return room;
}

/* @type as in nlmsghdr: with the subsystem in its high byte. */
static void start(struct nftables *nftables, int type, int flags, struct nfgenmsg family)
{
	nftables->current = nftables->used;
	void *room = take(nftables, NLMSG_LENGTH(sizeof(family)));
	if (!room)
		return;
	*(struct nlmsghdr *)room = (struct nlmsghdr){
		.nlmsg_len = NLMSG_LENGTH(sizeof(family)),
		.nlmsg_type = (uint16_t)type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		.nlmsg_seq = ++nftables->sequence,
	};
	memcpy(NLMSG_DATA(room), &family, sizeof(family));
}

void nftables_message(struct nftables *nftables, int type, int flags)
{
	start(nftables, NFNL_SUBSYS_NFTABLES << 8 | type, flags | NLM_F_ACK,
	      (struct nfgenmsg){.nfgen_family = NFPROTO_NETDEV});
}

void nftables_put(struct nftables *nftables, int attribute, const void *bytes, size_t size)
{
	struct nlattr *room = take(nftables, NLA_ALIGN(NLA_HDRLEN + size));

	if (!room)
		return;
	*room = (struct nlattr){(uint16_t)(NLA_HDRLEN + size), (uint16_t)attribute};
	if (size)
		memcpy((char *)room + NLA_HDRLEN, bytes, size);
}

void nftables_put_text(struct nftables *nftables, int attribute, const char *text)
{
	nftables_put(nftables, attribute, text, strlen(text) + 1);
}

void nftables_put_number(struct nftables *nftables, int attribute, uint32_t number)
{
	uint32_t sent = htonl(number);

	nftables_put(nftables, attribute, &sent, sizeof(sent));
}

size_t nftables_nest(struct nftables *nftables, int attribute)
{
	size_t nest = nftables->used;

	nftables_put(nftables, attribute | NLA_F_NESTED, NULL, 0);
	return nest;
}

void nftables_end(struct nftables *nftables, size_t nest)
{
	if (!nftables->error)
		((struct nlattr *)(nftables->batch + nest))->nla_len =
			(uint16_t)(nftables->used - nest);
}

struct nftables_expression nftables_expression(struct nftables *nftables, const char *name)
{
	struct nftables_expression expression = {.element =
							 nftables_nest(nftables, NFTA_LIST_ELEM)};

	nftables_put_text(nftables, NFTA_EXPR_NAME, name);
	expression.data = nftables_nest(nftables, NFTA_EXPR_DATA);
	return expression;
}

void nftables_expression_end(struct nftables *nftables, struct nftables_expression expression)
{
	nftables_end(nftables, expression.data);
	nftables_end(nftables, expression.element);
}

void nftables_put_verdict(struct nftables *nftables, uint32_t code)
{
	nftables_put_number(nftables, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	size_t data = nftables_nest(nftables, NFTA_IMMEDIATE_DATA);
	size_t verdict = nftables_nest(nftables, NFTA_DATA_VERDICT);
	nftables_put_number(nftables, NFTA_VERDICT_CODE, code);
	nftables_end(nftables, verdict);
	nftables_end(nftables, data);
}

static void clear(struct nftables *nftables)
{
	nftables->used = 0;
	nftables->error = 0;
	nftables->first = nftables->sequence + 1;
}

static void delimit(struct nftables *nftables, int type)
{
	start(nftables, type, 0, (struct nfgenmsg){.res_id = htons(NFNL_SUBSYS_NFTABLES)});
}

void nftables_begin(struct nftables *nftables)
{
	clear(nftables);
	delimit(nftables, NFNL_MSG_BATCH_BEGIN);
}

/* What came within one datagram, from @at on: the next answer to what was sent last, or NULL. */
static const struct nlmsghdr *next_answer(const struct nftables *nftables, size_t size, size_t *at)
{
	while (size - *at >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *answer = (const void *)(nftables->answers + *at);

		if (answer->nlmsg_len < sizeof(*answer) || answer->nlmsg_len > size - *at)
			return NULL;
		size_t step = NLMSG_ALIGN(answer->nlmsg_len);
		*at += step < size - *at ? step : size - *at;
		if (answer->nlmsg_seq >= nftables->first)
			return answer;
	}
	return NULL;
}

static int receive(struct nftables *nftables, size_t *size)
{
	ssize_t got;

	do
		got = recv(nftables->socket, nftables->answers, ANSWER_SIZE, 0);
	while (got < 0 && errno == EINTR);
	*size = got < 0 ? 0 : (size_t)got;
	return got < 0 ? errno == EAGAIN ? -ETIMEDOUT : -errno : 0;
}

/* The error that an answer tells of; 0: none. */
static int answer_error(const struct nlmsghdr *answer)
{
	const struct nlmsgerr *told = NLMSG_DATA(answer);

	return answer->nlmsg_type == NLMSG_ERROR && answer->nlmsg_len >= NLMSG_LENGTH(sizeof(*told))
		       ? told->error
		       : 0;
}

int nftables_commit(struct nftables *nftables)
{
	const struct nlmsghdr *answer;
	uint32_t last = nftables->sequence;
	bool done = false;
	size_t size, at;

	delimit(nftables, NFNL_MSG_BATCH_END);
	if (nftables->error)
		return nftables->error;
	if (send(nftables->socket, nftables->batch, nftables->used, 0) < 0)
		return -errno;
	while (!done) {
		int error = receive(nftables, &size);

		for (at = 0; !error && (answer = next_answer(nftables, size, &at));) {
			error = answer_error(answer);
			done = done ||
			       (answer->nlmsg_type == NLMSG_ERROR && answer->nlmsg_seq == last);
		}
		if (error)
			return error;
	}
	return 0;
}

/* Takes the chain's name if it is one of @table. */
static void take_chain(const struct nlmsghdr *answer, const char *table,
		       char names[NFTABLES_CHAINS_MOST][NFTABLES_NAME_SIZE], size_t *count)
{
	const char *end = (const char *)answer + answer->nlmsg_len, *name = NULL, *of = NULL;
	const struct nlattr *attribute = (const void *)((const char *)NLMSG_DATA(answer) +
							NLMSG_ALIGN(sizeof(struct nfgenmsg)));

	while ((const char *)(attribute + 1) <= end && attribute->nla_len >= NLA_HDRLEN &&
	       (const char *)attribute + attribute->nla_len <= end) {
		const char *text = (const char *)attribute + NLA_HDRLEN;

		if ((attribute->nla_type & NLA_TYPE_MASK) == NFTA_CHAIN_TABLE)
			of = text;
		if ((attribute->nla_type & NLA_TYPE_MASK) == NFTA_CHAIN_NAME)
			name = text;
		attribute = (const void *)((const char *)attribute + NLA_ALIGN(attribute->nla_len));
	}
	if (name && of && strcmp(of, table) == 0 && *count < NFTABLES_CHAINS_MOST)
		strncpy(names[(*count)++], name, NFTABLES_NAME_SIZE - 1);
}

int nftables_chains(struct nftables *nftables, const char *table,
		    char names[NFTABLES_CHAINS_MOST][NFTABLES_NAME_SIZE], size_t *count)
{
	const struct nlmsghdr *answer;
	bool done = false;
	size_t size, at;

	memset(names, 0, NFTABLES_CHAINS_MOST * NFTABLES_NAME_SIZE);
	*count = 0;
	clear(nftables);
	start(nftables, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NLM_F_DUMP,
	      (struct nfgenmsg){.nfgen_family = NFPROTO_NETDEV});
	if (send(nftables->socket, nftables->batch, nftables->used, 0) < 0)
		return -errno;
	while (!done) {
		int error = receive(nftables, &size);

		for (at = 0; !error && (answer = next_answer(nftables, size, &at));) {
			error = answer_error(answer);
			done = answer->nlmsg_type == NLMSG_DONE;
			if (answer->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN))
				take_chain(answer, table, names, count);
		}
		if (error)
			return error;
	}
	return 0;
}
