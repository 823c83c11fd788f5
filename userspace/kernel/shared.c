// SPDX-License-Identifier: GPL-2.0-or-later
/* The maps that outlive a generation: the ring, the flows, what is known of senders and routes. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "maps/books.h"
#include "maps/elsewhere.h"
#include "maps/pause.h"

#include "userspace/kernel/fault.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/replies.h"

/* Pins are distrusted until they have the shape that the guard was written for. @room: entries,
 * where that is a matter of the policy. */
static bool shape_fits(enum shared_map which, int map, uint32_t room)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(map, &info, &size))
		return false;
	switch (which) {
	case SHARED_EVENTS:
		return info.type == BPF_MAP_TYPE_RINGBUF;
	case SHARED_FLOWS:
		return info.type == BPF_MAP_TYPE_HASH && info.key_size == sizeof(struct flow_key) &&
		       info.value_size == sizeof(struct flow_state);
	case SHARED_EVENTS_LOST:
	case SHARED_ANSWERS:
		return info.type == BPF_MAP_TYPE_PERCPU_ARRAY &&
		       info.value_size == sizeof(uint64_t) &&
		       info.max_entries == (which == SHARED_ANSWERS ? ANSWERS : 1);
	case SHARED_SENDERS:
		return info.type == BPF_MAP_TYPE_SK_STORAGE &&
		       info.value_size == sizeof(struct sender);
	case SHARED_ELSEWHERE:
		return info.type == BPF_MAP_TYPE_LPM_TRIE &&
		       info.key_size == sizeof(struct elsewhere_key);
	case SHARED_PAUSE:
		return info.type == BPF_MAP_TYPE_ARRAY &&
		       info.value_size == sizeof(struct pause_until);
	case SHARED_BOOKS:
		return info.type == BPF_MAP_TYPE_PERCPU_ARRAY &&
		       info.value_size == sizeof(struct book) && info.max_entries == BOOKS_SLOTS;
	case SHARED_REPLIES:
	case SHARED_EXCHANGES:
		return info.type == BPF_MAP_TYPE_HASH && info.max_entries == room &&
		       info.key_size == sizeof(struct reply_key) &&
		       info.value_size == sizeof(struct reply);
	case SHARED_OPENINGS:
		return info.type == BPF_MAP_TYPE_LRU_HASH && info.max_entries == room &&
		       info.key_size == sizeof(struct reply_key) &&
		       info.value_size == sizeof(struct reply_opening);
	case SHARED_FRAGMENTS:
		return info.type == BPF_MAP_TYPE_LRU_HASH && info.max_entries == room &&
		       info.key_size == sizeof(struct reply_fragment) &&
		       info.value_size == sizeof(uint64_t);
	case SHARED_MAPS:
		break;
	}
	return false;
}

/* Were the shared maps made for another layout of events? Then none of them is used again. */
static bool abi_differs(const json_t *current)
{
	const json_t *abi = json_object_get(json_object_get(current, "kernel"), "event_abi");

	return current && json_integer_value(abi) != EVENT_ABI;
}

void shared_open(const struct kernel *kernel, const json_t *current,
		 const struct kernel_options *options, int shared[SHARED_MAPS])
{
	bool differs = abi_differs(current);

	for (int i = 0; i < SHARED_MAPS; i++) {
		uint32_t room = replies_room(options, (enum shared_map)i);
		char path[PATH_SIZE];

		shared[i] = -1;
		if (differs || path_join(path, kernel->pins, "%s", shared_map_names[i]))
			continue;
		int map = bpf_obj_get(path);
		if (map >= 0 && shape_fits((enum shared_map)i, map, room))
			shared[i] = map;
		else if (map >= 0)
			close(map);
	}
}

int shared_pin(const struct kernel *kernel, const struct egress_bpf *skeleton,
	       const int shared[SHARED_MAPS], struct diagnostics *diagnostics)
{
	for (int i = 0; i < SHARED_MAPS; i++) {
		char path[PATH_SIZE];
		int error = path_join(path, kernel->pins, "%s", shared_map_names[i]);

		if (shared[i] >= 0)
			continue;
		if (!error && unlink(path) && errno != ENOENT)
			error = -errno;
		FAULT("unpin.shared");
		if (!error)
			error = bpf_obj_pin(loaded_map(skeleton, shared_map_names[i]), path);
		FAULT("pin.shared");
		if (error)
			return message(diagnostics, error, "%s: cannot be pinned: %s", path,
				       strerror(-error));
	}
	return 0;
}

void shared_unpin(const struct kernel *kernel, const int *shared)
{
	for (int i = 0; i < SHARED_MAPS; i++) {
		char path[PATH_SIZE];

		if ((!shared || shared[i] < 0) &&
		    path_join(path, kernel->pins, "%s", shared_map_names[i]) == 0)
			unlink(path);
	}
}

void shared_close(int shared[SHARED_MAPS])
{
	for (int i = 0; i < SHARED_MAPS; i++)
		if (shared[i] >= 0)
			close(shared[i]);
}
