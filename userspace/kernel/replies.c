// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/replies.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "maps/config.h"

#include "bpf/egress.skel.h"
#include "bpf/ingress.skel.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"

const char *const reply_names[GATEWAY_FORMS] = {"ingress", "ingress_layer3"};

int replies_program(const struct ingress_bpf *ingress, enum form form)
{
	if (!ingress)
		return -1;
	return bpf_program__fd(form == FORM_LAYER3 ? ingress->progs.ingress_layer3
						   : ingress->progs.ingress);
}

void replies_destroy(struct ingress_bpf *ingress)
{
	ingress_bpf__destroy(ingress);
}

/* Where nothing is a reply, the least that the kernel makes. */
uint32_t replies_room(const struct kernel_options *options, enum shared_map which)
{
	bool any = options->reply_count;

	switch (which) {
	case SHARED_REPLIES:
	case SHARED_EXCHANGES:
		if (any && options->reply_room)
			return options->reply_room;
		return any ? REPLY_ROOM : 1;
	case SHARED_OPENINGS:
		return any ? REPLY_OPENINGS : 1;
	case SHARED_FRAGMENTS:
		return any ? REPLY_FRAGMENTS : 1;
	default:
		return 0;
	}
}

int replies_load(const struct egress_bpf *guard, const struct kernel_options *options,
		 struct ingress_bpf **ingress, struct diagnostics *diagnostics)
{
	struct ingress_bpf *loaded;
	int error = -ENOMEM;

	if (!options->reply_count) {
		*ingress = NULL;
		return 0;
	}
	libbpf_silence();
	loaded = ingress_bpf__open();
	if (loaded) {
		loaded->rodata->config = guard->rodata->config;
		error = loaded_share_maps(guard, loaded->obj);
	}
	if (!error)
		error = ingress_bpf__load(loaded);
	if (error) {
		ingress_bpf__destroy(loaded);
		return message(diagnostics, error,
			       "what notes connections that come in (replies:) cannot be loaded: "
			       "%s; on a kernel that cannot, write `replies: judge`%s",
			       strerror(-error), libbpf_said());
	}
	*ingress = loaded;
	return 0;
}

int replies_pin(const struct kernel *kernel, uint32_t generation, const struct ingress_bpf *ingress,
		struct diagnostics *diagnostics)
{
	for (int i = 0; ingress && i < GATEWAY_FORMS; i++) {
		int error = generation_pin_one(kernel, generation, reply_names[i],
					       replies_program(ingress, (enum form)i));

		if (error)
			return message(diagnostics, error,
				       "what notes connections that come in, of generation %u, "
				       "cannot be pinned: %s",
				       generation, strerror(-error));
	}
	return 0;
}

/* Every value begins with the time. The key of the longest, and the value of the longest. */
union any_key {
	struct reply_key reply;
	struct reply_fragment fragment;
};
union any_value {
	uint64_t seen;
	struct reply reply;
	struct reply_opening opening;
};

/* Keys first: who is written anew stands in another place, where a walk would meet it again. */
static union any_key *list_keys(int map, size_t *count)
{
	union any_key *keys = NULL, *more;

	for (*count = 0;; ++*count) {
		more = reallocarray(keys, *count + 1, sizeof(*keys));
		if (!more) {
			free(keys);
			return NULL;
		}
		keys = more;
		if (bpf_map_get_next_key(map, *count ? &keys[*count - 1] : NULL, &keys[*count]))
			return keys;
	}
}

static int age_map(int map, uint64_t nanoseconds)
{
	size_t count;
	union any_key *keys = list_keys(map, &count);
	int error = keys ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !error; i++) {
		union any_value value;

		error = bpf_map_lookup_elem(map, &keys[i], &value);
		value.seen -= nanoseconds;
		if (!error)
			error = bpf_map_update_elem(map, &keys[i], &value, BPF_EXIST);
		if (error == -ENOENT) /* in an LRU map, one that was written made it go */
			error = 0;
	}
	free(keys);
	return error;
}

static int age_sweeps(int map, uint64_t nanoseconds)
{
	struct reply_sweep sweep;
	uint32_t zero = 0;
	int error = bpf_map_lookup_elem(map, &zero, &sweep);

	for (size_t i = 0; i < REPLY_TABLES; i++)
		sweep.after[i] -= sweep.after[i] < nanoseconds ? sweep.after[i] : nanoseconds;
	return error ? error : bpf_map_update_elem(map, &zero, &sweep, BPF_EXIST);
}

int replies_age(const struct egress_bpf *guard, uint64_t nanoseconds)
{
	int error = age_sweeps(loaded_map(guard, "reply_sweeps"), nanoseconds);

	for (int i = SHARED_REPLIES; i <= SHARED_FRAGMENTS && !error; i++)
		error = age_map(loaded_map(guard, shared_map_names[i]), nanoseconds);
	return error;
}
