/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GABELOU_FLOW_UNIT_H
#define GABELOU_FLOW_UNIT_H

#include "userspace/flow/line.h"

/*
 * The systemd unit that a cgroup's path tells of (systemd.unit(5), CGROUP_INTERFACE): the innermost
 * service or scope, so that of a user's program it is that program's. A login session
 * (session-7.scope) is another one every day: of it, the user's slice. Without a unit, the path as
 * it is. A part of @cgroup.
 */
struct slice unit_of(struct slice cgroup);

#endif
