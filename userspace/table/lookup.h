/* SPDX-License-Identifier: GPL-2.0-or-later */
/* maps/lookup.h for user space: the same steps over the same bytes as the kernel's. */
#ifndef GABELOU_TABLE_LOOKUP_H
#define GABELOU_TABLE_LOOKUP_H

#include "userspace/table/table.h"

#define LOOKUP_CONTEXT                 const struct table *
#define LOOKUP_BYTES(context, SECTION) ((context)->sections[TABLE_##SECTION].bytes)
#define LOOKUP_SIZE(context, SECTION)  ((context)->sections[TABLE_##SECTION].size)
#include "maps/lookup.h"

#endif
