/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames for trials: one UDP datagram to an address. */
#ifndef GABELOU_KERNEL_PACKET_H
#define GABELOU_KERNEL_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "userspace/base/address.h"

#define PACKET_MOST 128

/* An Ethernet frame with a UDP datagram to @destination, port 443, from a documentation address
 * (RFC 5737, RFC 3849). Returns its size. Checksums of UDP are left zero: nothing sends it. */
size_t packet_udp(struct address destination, uint8_t frame[PACKET_MOST]);

#endif
