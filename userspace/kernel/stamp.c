// SPDX-License-Identifier: GPL-2.0-or-later
/* Stamps in a record: which build put a generation in force? */
#include "maps/config.h"
#include "maps/control.h"
#include "maps/reason.h"

#include "bpf/egress.skel.h"
#include "bpf/gateway.skel.h"
#include "bpf/ingress.skel.h"
#include "bpf/socket.skel.h"
#include "userspace/base/digest.h"
#include "userspace/kernel/record.h"

/*
 * What a build must agree on with another to read its tables, counters and events: the layouts, and
 * the numbers of reasons and control protocols, which follow from the order of their names.
 */
#define TEXT(number)    TEXT_OF(number)
#define TEXT_OF(number) #number
static const char abi[] = "table " TEXT(TABLE_ABI) " event " TEXT(EVENT_ABI) " reasons"
#define REASON(identifier, name, verdict, text) " " name
	REASONS(REASON)
#undef REASON
		" controls"
#define CONTROL(identifier, name, is_default, text) " " name
	CONTROLS(CONTROL)
#undef CONTROL
	;

static json_t *digest_json(struct digest digest)
{
	char text[DIGEST_TEXT_SIZE];

	return json_string(digest_format(&digest, text));
}

json_t *stamp_abi(void)
{
	return digest_json(digest_of(abi, sizeof(abi)));
}

/* Of the objects as they were compiled. */
json_t *stamp_programs(void)
{
	struct digest_state *state = digest_start();
	const void *guard, *gateway, *socket, *ingress;
	size_t guard_size, gateway_size, socket_size, ingress_size;

	if (!state)
		return NULL;
	guard = egress_bpf__elf_bytes(&guard_size);
	gateway = gateway_bpf__elf_bytes(&gateway_size);
	digest_add(state, guard, guard_size);
	digest_add(state, gateway, gateway_size);
	socket = socket_bpf__elf_bytes(&socket_size);
	digest_add(state, socket, socket_size);
	ingress = ingress_bpf__elf_bytes(&ingress_size);
	digest_add(state, ingress, ingress_size);
	return digest_json(digest_end(state));
}

/* Takes the reference @ours. */
static bool part_is(const json_t *record, const char *key, json_t *ours)
{
	const json_t *theirs = json_object_get(json_object_get(record, "kernel"), key);
	bool same = theirs && ours && json_equal(theirs, ours);

	json_decref(ours);
	return same;
}

bool record_abi_fits(const json_t *record)
{
	return part_is(record, "abi", stamp_abi());
}

bool record_programs_fit(const json_t *record)
{
	return part_is(record, "programs", stamp_programs());
}
