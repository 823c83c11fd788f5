// SPDX-License-Identifier: GPL-2.0-or-later
/* Endpoints of tunnels: from the policy to what the kernel compares with. */
#include "userspace/table/table.h"

#define MAPPED      ((u128)0xffff << 32) /* ::ffff:0:0/96 */
#define MAPPED_BITS 96

static struct guard_tunnel endpoint(const struct policy_tunnel *tunnel, const struct prefix *prefix)
{
	bool v4 = prefix->family == FAMILY_V4;
	unsigned length = prefix->length + (v4 ? MAPPED_BITS : 0);
	u128 value = prefix->value | (v4 ? MAPPED : 0);
	u128 mask = ~prefix_host_mask(FAMILY_V6, length);

	return (struct guard_tunnel){
		.high = (uint64_t)(value >> 64),
		.low = (uint64_t)value,
		.mask_high = (uint64_t)(mask >> 64),
		.mask_low = (uint64_t)mask,
		.kinds = tunnel->kinds,
		.port = tunnel->port,
	};
}

uint8_t table_tunnels(const struct policy *policy, struct guard_tunnel tunnels[TUNNELS_MOST])
{
	uint8_t count = 0;

	for (size_t i = 0; i < policy->tunnel_count; i++)
		for (size_t j = 0; j < policy->tunnels[i].to_count && count < TUNNELS_MOST; j++)
			tunnels[count++] = endpoint(&policy->tunnels[i], &policy->tunnels[i].to[j]);
	return count;
}
