/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does nftables take a table and a chain of this kind? Tried where there is nobody to be hurt. */
#ifndef GABELOU_KERNEL_LAYERS_NFT_H
#define GABELOU_KERNEL_LAYERS_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NFT_PERSIST 4 /* NFT_TABLE_F_PERSIST, Linux 6.9: later than the headers of Debian 12 */

/* A socket to nftables in a network namespace that is made for it, and ends with it. The caller
 * stays where it is. -1: there is none to be had. */
int layers_nft_open(void);

/* A table of the netdev family with @flags (NFT_TABLE_F_*) and, unless @device is NULL, a chain on
 * its egress hook: @device is a name with its NUL, or without it a prefix (the empty one is all),
 * of @size bytes. @name is that of the table; it stays until the socket is closed. */
bool layers_nft_takes(int nfnetlink, const char *name, uint32_t flags, const char *device,
		      size_t size);

#endif
