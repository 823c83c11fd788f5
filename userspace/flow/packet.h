/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a flow key says about its packet: every output format asks the same questions. */
#ifndef GABELOU_FLOW_PACKET_H
#define GABELOU_FLOW_PACKET_H

#include <stdbool.h>

#include "maps/event.h"
#include "userspace/base/address.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

/* An IP packet whose addresses the parser reached (else both are zero). */
bool packet_has_addresses(const struct flow_key *key);
bool packet_has_ports(const struct flow_key *key);
bool packet_is_icmp(const struct flow_key *key);

/* Only if packet_has_addresses. */
struct address packet_source(const struct flow_key *key);
struct address packet_destination(const struct flow_key *key);

/* The IANA keyword in lower case, "tcp"; NULL if it is none that a flow is likely to name. */
const char *packet_transport(const struct flow_key *key);

#endif
