/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list behind special_of, for those who need it as ranges. */
#ifndef GABELOU_ATLAS_SPECIAL_H
#define GABELOU_ATLAS_SPECIAL_H

#include "userspace/atlas/atlas.h"

struct special_prefix {
	struct prefix prefix;
	enum special special;
	const char *source; /* the RFC that assigns it */
};

/* The longest prefix that contains an address decides; SPECIAL_NONE carves a hole. Not sorted. */
extern const struct special_prefix special_prefixes[];
extern const size_t special_prefix_count;

#endif
