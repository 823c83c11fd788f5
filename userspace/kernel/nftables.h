/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of nfnetlink as the backstop needs (linux/netfilter/nfnetlink.h, nf_tables.h): messages
 * of the netdev family in one transaction, and a list of chains.
 *
 * Messages are written one after another; what does not fit is noted, and the commit then fails.
 * Numbers are sent in network byte order.
 */
#ifndef GABELOU_KERNEL_NFTABLES_H
#define GABELOU_KERNEL_NFTABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NFTABLES_CHAINS_MOST    16
#define NFTABLES_NAME_SIZE      32
#define NFTABLES_TYPE_INTERFACE 20 /* "iface_index" as nft names the keys of a set */

#ifndef NFT_TABLE_F_PERSIST
#define NFT_TABLE_F_PERSIST 4 /* Linux 6.9 */
#endif

#define NFTABLES_DEVICE_PREFIX 2 /* NFTA_DEVICE_PREFIX, Linux 6.17 */

struct nftables;
int nftables_open(struct nftables **nftables);
void nftables_close(struct nftables *nftables);

/* Whole or not at all: 0, or the first error of the kernel. */
void nftables_begin(struct nftables *nftables);
int nftables_commit(struct nftables *nftables);

/* The next message, of an NFT_MSG_ type and NLM_F_ flags; and its attributes. */
void nftables_message(struct nftables *nftables, int type, int flags);
void nftables_put(struct nftables *nftables, int attribute, const void *bytes, size_t size);
void nftables_put_text(struct nftables *nftables, int attribute, const char *text);
void nftables_put_number(struct nftables *nftables, int attribute, uint32_t number);
/* Attributes within an attribute, up to nftables_end() of what nftables_nest() returned. */
size_t nftables_nest(struct nftables *nftables, int attribute);
void nftables_end(struct nftables *nftables, size_t nest);

/* One expression of a rule, by name; its attributes go between the two. */
struct nftables_expression {
	size_t element, data;
};
struct nftables_expression nftables_expression(struct nftables *nftables, const char *name);
void nftables_expression_end(struct nftables *nftables, struct nftables_expression expression);
/* Of the expression "immediate": NF_DROP or NF_ACCEPT. */
void nftables_put_verdict(struct nftables *nftables, uint32_t verdict);

/* The names of a table's chains; none where there is no table. 0 or -errno. */
int nftables_chains(struct nftables *nftables, const char *table,
		    char names[NFTABLES_CHAINS_MOST][NFTABLES_NAME_SIZE], size_t *count);

#endif
