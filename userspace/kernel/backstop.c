// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/backstop.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/lifeline.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/nftables.h"

#define SET_NAME "open"
#define PRIORITY (-500) /* before any chain that people write */
#define SET_MOST 4096   /* sizes the hash; interfaces in one namespace */

struct backstop {
	struct nftables *nftables;
};

int backstop_begin(struct backstop **backstop, struct diagnostics *diagnostics)
{
	struct backstop *result = calloc(1, sizeof(*result));
	int error = result ? nftables_open(&result->nftables) : -ENOMEM;

	if (error) {
		free(result);
		return message(diagnostics, error, "nfnetlink cannot be spoken to: %s",
			       strerror(-error));
	}
	*backstop = result;
	return 0;
}

void backstop_end(struct backstop *backstop)
{
	if (!backstop)
		return;
	nftables_close(backstop->nftables);
	free(backstop);
}

/* FNV-1a. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
	for (const unsigned char *at = bytes; size; at++, size--)
		hash = (hash ^ *at) * 0x100000001b3;
	return hash;
}

/* What it is for, and what it lets pass, is in the name, so that a chain of another scope is known
 * for one. */
static void chain_name(const struct backstop_scope *scope, char name[NFTABLES_NAME_SIZE])
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < scope->count; i++)
		hash = hash_bytes(hash, scope->names[i], strlen(scope->names[i]) + 1);
	for (size_t i = 0; i < scope->lifeline_count; i++) {
		char text[PREFIX_TEXT_SIZE];

		prefix_format(&scope->lifeline[i], text);
		hash = hash_bytes(hash, text, strlen(text) + 1);
	}
	snprintf(name, NFTABLES_NAME_SIZE, "closed-%016llx",
		 (unsigned long long)(scope->count || scope->lifeline_count ? hash : 0));
}

/* Makes the table, or takes over one that nobody keeps. A transaction of its own: the kernel adds
 * no chain to a table that changes hands in the same one. */
static int keep_table(struct nftables *nftables)
{
	nftables_begin(nftables);
	nftables_message(nftables, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	nftables_put_text(nftables, NFTA_TABLE_NAME, BACKSTOP_TABLE);
	nftables_put_number(nftables, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER | NFT_TABLE_F_PERSIST);
	return nftables_commit(nftables);
}

/* Numbers of interfaces are in host byte order, which nft must be told to show them right. */
static void put_byte_order(struct nftables *nftables)
{
	const uint32_t host = 1;
	struct {
		uint8_t type, length;
		uint8_t value[4];
	} data = {.type = 0 /* of the keys */, .length = sizeof(host)};

	memcpy(data.value, &host, sizeof(host));
	nftables_put(nftables, NFTA_SET_USERDATA, &data, sizeof(data));
}

static void put_set(struct nftables *nftables)
{
	nftables_message(nftables, NFT_MSG_NEWSET, NLM_F_CREATE);
	nftables_put_text(nftables, NFTA_SET_TABLE, BACKSTOP_TABLE);
	nftables_put_text(nftables, NFTA_SET_NAME, SET_NAME);
	nftables_put_number(nftables, NFTA_SET_FLAGS, 0);
	nftables_put_number(nftables, NFTA_SET_KEY_TYPE, NFTABLES_TYPE_INTERFACE);
	nftables_put_number(nftables, NFTA_SET_KEY_LEN, sizeof(uint32_t));
	nftables_put_number(nftables, NFTA_SET_ID, 1);
	size_t description = nftables_nest(nftables, NFTA_SET_DESC);
	nftables_put_number(nftables, NFTA_SET_DESC_SIZE, SET_MOST);
	nftables_end(nftables, description);
	put_byte_order(nftables);
}

static void name_set(struct nftables *nftables)
{
	nftables_put_text(nftables, NFTA_SET_ELEM_LIST_TABLE, BACKSTOP_TABLE);
	nftables_put_text(nftables, NFTA_SET_ELEM_LIST_SET, SET_NAME);
}

/* Empties the set and fills it: seen together, as all of a transaction. */
static void put_open(struct nftables *nftables, const uint32_t *open, size_t count)
{
	nftables_message(nftables, NFT_MSG_DELSETELEM, 0);
	name_set(nftables);
	if (!count)
		return;
	nftables_message(nftables, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	name_set(nftables);
	size_t list = nftables_nest(nftables, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (size_t i = 0; i < count; i++) {
		size_t element = nftables_nest(nftables, NFTA_LIST_ELEM);
		size_t key = nftables_nest(nftables, NFTA_SET_ELEM_KEY);

		nftables_put(nftables, NFTA_DATA_VALUE, &open[i], sizeof(open[i])); /* host order */
		nftables_end(nftables, key);
		nftables_end(nftables, element);
	}
	nftables_end(nftables, list);
}

/* How a kernel takes "eth*", the prefix "eth". What knows the attribute for it (Linux 6.17) takes a
 * name without its NUL for a whole name, and says nothing: so the attribute is tried first. */
enum prefix_form { PREFIX_ATTRIBUTE, PREFIX_BARE_NAME /* Linux 6.16 */ };

static void put_device(struct nftables *nftables, const char *name, enum prefix_form form)
{
	size_t length = strlen(name);
	char prefix[IF_NAMESIZE] = "";

	if (!length || name[length - 1] != '*') {
		nftables_put_text(nftables, NFTA_DEVICE_NAME, name);
		return;
	}
	length = length - 1 < sizeof(prefix) ? length - 1 : sizeof(prefix) - 1;
	memcpy(prefix, name, length);
	if (form == PREFIX_ATTRIBUTE)
		nftables_put_text(nftables, NFTABLES_DEVICE_PREFIX, prefix);
	else
		nftables_put(nftables, NFTA_DEVICE_NAME, prefix, length);
}

/* The policy lets pass, and the rule drops: a chain stands on the hook a moment before its rules
 * count. */
static void put_chain(struct nftables *nftables, const char *name,
		      const struct backstop_scope *scope, enum prefix_form form)
{
	nftables_message(nftables, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	nftables_put_text(nftables, NFTA_CHAIN_TABLE, BACKSTOP_TABLE);
	nftables_put_text(nftables, NFTA_CHAIN_NAME, name);
	size_t hook = nftables_nest(nftables, NFTA_CHAIN_HOOK);
	nftables_put_number(nftables, NFTA_HOOK_HOOKNUM, NF_NETDEV_EGRESS);
	nftables_put_number(nftables, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY);
	size_t devices = nftables_nest(nftables, NFTA_HOOK_DEVS);
	for (size_t i = 0; i < scope->count; i++)
		put_device(nftables, scope->names[i], form);
	if (!scope->count)
		put_device(nftables, "*", form);
	nftables_end(nftables, devices);
	nftables_end(nftables, hook);
	nftables_put_number(nftables, NFTA_CHAIN_POLICY, NF_ACCEPT);
	nftables_put_text(nftables, NFTA_CHAIN_TYPE, "filter");
}

/* meta oif != @open drop */
static void put_rule(struct nftables *nftables, const char *chain)
{
	nftables_message(nftables, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	nftables_put_text(nftables, NFTA_RULE_TABLE, BACKSTOP_TABLE);
	nftables_put_text(nftables, NFTA_RULE_CHAIN, chain);
	size_t list = nftables_nest(nftables, NFTA_RULE_EXPRESSIONS);
	struct nftables_expression expression = nftables_expression(nftables, "meta");
	nftables_put_number(nftables, NFTA_META_DREG, NFT_REG32_00);
	nftables_put_number(nftables, NFTA_META_KEY, NFT_META_OIF);
	nftables_expression_end(nftables, expression);
	expression = nftables_expression(nftables, "lookup");
	nftables_put_text(nftables, NFTA_LOOKUP_SET, SET_NAME);
	nftables_put_number(nftables, NFTA_LOOKUP_SREG, NFT_REG32_00);
	nftables_put_number(nftables, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	nftables_expression_end(nftables, expression);
	expression = nftables_expression(nftables, "immediate");
	nftables_put_verdict(nftables, NF_DROP);
	nftables_expression_end(nftables, expression);
	nftables_end(nftables, list);
}

static int put_in_place(struct nftables *nftables, const struct backstop_scope *scope,
			const uint32_t *open, size_t count, const char *new_chain,
			enum prefix_form form)
{
	nftables_begin(nftables);
	put_set(nftables);
	put_open(nftables, open, count);
	if (new_chain) {
		put_chain(nftables, new_chain, scope, form);
		lifeline_put(nftables, BACKSTOP_TABLE, new_chain, scope->lifeline,
			     scope->lifeline_count);
		put_rule(nftables, new_chain);
	}
	return nftables_commit(nftables);
}

static int drop_chain(struct nftables *nftables, const char *name)
{
	nftables_begin(nftables);
	nftables_message(nftables, NFT_MSG_DELRULE, 0);
	nftables_put_text(nftables, NFTA_RULE_TABLE, BACKSTOP_TABLE);
	nftables_put_text(nftables, NFTA_RULE_CHAIN, name);
	nftables_message(nftables, NFT_MSG_DELCHAIN, 0);
	nftables_put_text(nftables, NFTA_CHAIN_TABLE, BACKSTOP_TABLE);
	nftables_put_text(nftables, NFTA_CHAIN_NAME, name);
	return nftables_commit(nftables);
}

/* The chain of this scope comes before that of another one goes: in between both are closed. */
static int set(struct nftables *nftables, const struct backstop_scope *scope, const uint32_t *open,
	       size_t count)
{
	char names[NFTABLES_CHAINS_MOST][NFTABLES_NAME_SIZE], wanted[NFTABLES_NAME_SIZE];
	size_t chains;
	bool there = false;
	int error = nftables_chains(nftables, BACKSTOP_TABLE, names, &chains);

	if (error)
		return error;
	chain_name(scope, wanted);
	for (size_t i = 0; i < chains; i++)
		there = there || strcmp(names[i], wanted) == 0;
	error = keep_table(nftables);
	if (!error)
		error = put_in_place(nftables, scope, open, count, there ? NULL : wanted,
				     PREFIX_ATTRIBUTE);
	if (error == -EINVAL)
		error = put_in_place(nftables, scope, open, count, there ? NULL : wanted,
				     PREFIX_BARE_NAME);
	for (size_t i = 0; i < chains && !error; i++)
		if (strcmp(names[i], wanted) != 0)
			error = drop_chain(nftables, names[i]);
	return error;
}

int backstop_set(struct backstop *backstop, const struct backstop_scope *scope,
		 const uint32_t *open, size_t count, struct diagnostics *diagnostics)
{
	if (count > SET_MOST)
		return message(diagnostics, -E2BIG, "over %d interfaces: no backstop", SET_MOST);
	int error = set(backstop->nftables, scope, open, count);
	/* What kernels without chains for interfaces to come say to a prefix, or to all this. */
	if (error == -ENOENT || error == -EINVAL || error == -EPROTONOSUPPORT)
		error = -EOPNOTSUPP;
	if (!error || error == -EPERM || error == -EOPNOTSUPP)
		return error;
	return message(diagnostics, error, "the backstop cannot be made: %s", strerror(-error));
}

int backstop_remove(struct backstop *backstop, struct diagnostics *diagnostics)
{
	struct nftables *nftables = backstop->nftables;

	if (!backstop_present(backstop, NULL))
		return 0;
	int error = keep_table(nftables);
	if (!error) {
		nftables_begin(nftables);
		nftables_message(nftables, NFT_MSG_DELTABLE, 0);
		nftables_put_text(nftables, NFTA_TABLE_NAME, BACKSTOP_TABLE);
		error = nftables_commit(nftables);
	}
	if (error == -EPERM)
		return error;
	return error ? message(diagnostics, error, "the backstop cannot be removed: %s",
			       strerror(-error))
		     : 0;
}

bool backstop_present(struct backstop *backstop, const struct backstop_scope *scope)
{
	char names[NFTABLES_CHAINS_MOST][NFTABLES_NAME_SIZE], wanted[NFTABLES_NAME_SIZE];
	size_t count;

	if (nftables_chains(backstop->nftables, BACKSTOP_TABLE, names, &count))
		return false;
	if (scope)
		chain_name(scope, wanted);
	for (size_t i = 0; i < count; i++)
		if (!scope || strcmp(names[i], wanted) == 0)
			return true;
	return false;
}
