/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flow events -> lines. One file per output format. Pure. */
#ifndef GABELOU_FLOW_FLOW_H
#define GABELOU_FLOW_FLOW_H

#include <jansson.h>

#include "maps/event.h"
#include "userspace/atlas/atlas.h"
#include "userspace/table/table.h"

/* What an event means, resolved: borrowed pointers. */
struct flow {
	const struct flow_event *event;
	uint64_t sequence;
	int64_t time_realtime_ns;   /* of the event */
	const char *interface_name; /* NULL: it was refused at the socket, before any */
	const char *cgroup;         /* path of the sender's; NULL: not known */
	const char *hostname;
	const char *policy_name;
	const char *rule_name; /* NULL: no rule decided */
	const char *rule_why;
	const struct place *place;               /* NULL: not known (no IP destination) */
	const struct asn_operator *asn_operator; /* NULL: not known */
	const struct asn_operator *owner;        /* atlas_owner() of the place; NULL: not known */
	struct reach reach;
	const struct atlas *atlas; /* names the sources; may be NULL */
};

/* ECS 9 (elastic/ecs): a firewall denial. A new reference; NULL: out of memory. */
json_t *flow_ecs(const struct flow *flow);

/* Events that never reached the log: it says itself that it is not complete. */
struct flow_loss {
	uint64_t sequence;
	int64_t time_realtime_ns; /* when it was noticed */
	const char *hostname;
	uint64_t lost;     /* since this was last said */
	const char *where; /* "kernel": the ring was full; "log": the lines could not be written */
};
/* "events lost: N" as ECS. A new reference; NULL: out of memory. */
json_t *flow_ecs_lost(const struct flow_loss *loss);

/* A program of somebody else that appeared where packets leave. */
struct flow_foreign {
	uint64_t sequence;
	int64_t time_realtime_ns; /* when it was noticed */
	const char *hostname, *interface_name;
	const char *hook, *program_name;
	uint32_t program;
	bool in_front; /* of the guard */
};
/* "program appeared: ..." as ECS. A new reference; NULL: out of memory. */
json_t *flow_ecs_foreign(const struct flow_foreign *foreign);

/* Something else that whoever reads the log should know. */
struct flow_notice {
	uint64_t sequence;
	int64_t time_realtime_ns; /* when it was noticed */
	const char *hostname;
	const char *action; /* "exception-ends" */
	const char *message;
};
/* As ECS. A new reference; NULL: out of memory. */
json_t *flow_ecs_notice(const struct flow_notice *notice);
/* Packets that left an interface past its guard. */
struct flow_bypass {
	uint64_t sequence;
	int64_t time_realtime_ns; /* when it was noticed */
	const char *hostname, *interface_name;
	uint64_t packets; /* since this was last said, at least */
	uint64_t total;
};
/* "bypass: N packets..." as ECS. A new reference; NULL: out of memory. */
json_t *flow_ecs_bypass(const struct flow_bypass *bypass);

/* Community ID v1 hash (corelight/community-id-spec): "1:base64" into 32 bytes. NULL, with @text
 * untouched, for a packet whose addresses are not known. */
const char *flow_community_id(const struct flow_event *event, char *text);

#endif
