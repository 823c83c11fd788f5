/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load, attach, pin, swap, read back. The only folder that knows libbpf and libnl.
 *
 * All pins live in pid 1's mount namespace, under /sys/fs/bpf/gabelou (mode 0700), keyed by the
 * cookie of the network namespace:
 *
 *   ns-COOKIE/events, flows, events_lost, senders, elsewhere, pause, answers
 *                               shared by all generations
 *   ns-COOKIE/replies, exchanges, openings, reply_fragments           shared, too
 *   ns-COOKIE/gen-N/            program, counters and the table's sections, one map each
 *   ns-COOKIE/link-IFINDEX      the tcx link, or absent where clsact is used
 *   ns-COOKIE/link-xdp-IFINDEX  the xdp link of a gateway's port
 *   ns-COOKIE/link-ingress-IFINDEX  the tcx link of what notes connections that come in
 *   ns-COOKIE/link-socket_...   the links of the hooks on sockets
 *   ns-COOKIE/alive             tells whether the namespace still exists (alive.h)
 *
 * and the record of each generation (JSON, policy text, class table) under
 * /var/lib/gabelou/ns-COOKIE/gen-N.json, its counters in gen-N.counters.json once it is over, with
 * "current" naming the one in force and the boot in which it was put there. One lock (flock on
 * "lock" beside them) covers every change. Of old records five stay, and those that an event or a
 * flow still names.
 */
#ifndef GABELOU_KERNEL_KERNEL_H
#define GABELOU_KERNEL_KERNEL_H

#include <jansson.h>
#include <net/if.h>

#include "maps/answer.h"
#include "maps/event.h"
#include "maps/reply.h"
#include "maps/tunnel.h"
#include "userspace/base/clock.h"
#include "userspace/kernel/layers.h"
#include "userspace/table/table.h"

struct kernel;

enum kernel_access { KERNEL_READ, KERNEL_CHANGE /* takes the lock; waits up to 30 s */ };

/*
 * Refuses without root, without BPF, or where bpffs cannot be mounted: -EPERM or -ENOTSUP with a
 * message (exit 3); -EBUSY if another holds the lock.
 *
 * Moves the process into pid 1's mount namespace if it is in another, and then its working
 * directory is "/": open files that are named by a relative path before.
 *
 * With KERNEL_CHANGE it finishes a swap that was interrupted, guards wanted interfaces that are
 * new, and removes what a killed apply or detach left, or a namespace that is gone; what it cannot
 * do of that is a warning.
 */
int kernel_open(enum kernel_access access, struct kernel **kernel, struct diagnostics *diagnostics);
void kernel_close(struct kernel *kernel);

enum hook {
	HOOK_TCX,
	HOOK_CLSACT,
	HOOK_XDP,
	HOOK_XDP_GENERIC,
	/* Where what comes in is noted, for replies. */
	HOOK_TCX_INGRESS,
	HOOK_CLSACT_INGRESS
};
const char *hook_name(enum hook hook);
/* XDP is where a gateway judges what comes in; the others are where a guard judges what goes out.
 */
bool hook_is_gateway(enum hook hook);

struct kernel_interface {
	char name[IF_NAMESIZE];
	uint32_t ifindex;
	/* "uplink"; "upper": each packet is judged again, and counted, below; "guest": what is sent
	 * there ends in a guest; "inside" (a gateway's port), "loopback" */
	const char *role;
	enum hook hook;
	bool guarded;
	bool unnoted; /* the policy has replies, and what comes in here is not noted */
};

/* What the policy asks of the kernel side. */
struct kernel_options {
	bool monitor;
	bool last_word;
	bool reject;      /* tell the sender of what is denied (maps/answer.h) */
	uint32_t control; /* mask of enum control */
	struct guard_tunnel tunnels[TUNNELS_MOST];
	uint8_t tunnel_count;
	char *const *guard; /* globs; NULL: auto, every interface but loopback */
	size_t guard_count;
	char *const *inside; /* globs: ports where the gateway judges what comes in */
	size_t inside_count;
	const struct policy_local_net *locals; /* those that name interfaces count */
	size_t local_count;
	const struct prefix *lifeline; /* passes the backstop too */
	size_t lifeline_count;
	const struct role_glob *roles; /* the first that matches; others are found */
	size_t role_count;
	/* Ports: answers to what comes in there leave. None: every packet is judged. */
	struct reply_service replies[REPLY_SERVICES_MOST];
	uint8_t reply_count;
	uint32_t reply_room; /* entries of each table of them; 0: the default, REPLY_ROOM */
	const struct policy_scope *scopes; /* senders: all but what their rules are */
	size_t scope_count;
	bool without_sockets;      /* no hooks on sockets */
	bool without_books;        /* what the guard hands on is not counted by interface */
	bool without_backstop;     /* an interface that appears is open until it is guarded */
	char *cgroup;              /* whose sockets are hooked; NULL: see kernel_sockets() */
	uint32_t without;          /* mask of LAYER_BIT: as if the kernel lacked these */
	uint64_t flow_interval_ns; /* 0: the default, 10 s */
	bool early;                /* no interface need be there yet: it is guarded when it comes */
	uint64_t confirm_ns;       /* it is on trial: see kernel_pending(); 0: it stays */
};

/*
 * The whole of an apply, under the lock: fill, freeze, read back, load, probe with packets of known
 * verdict, write the record, attach or swap every link; kernel_retire() is to follow.
 * @record (may be NULL; it is not changed) is stored as JSON beside the generation, with
 * "generation", "since" (RFC 3339, UTC), "table" (its digest) and "kernel" (options and counts)
 * added to it, and once the generation is no longer in force "counters": [[slot, packets, bytes],
 * ...] of the slots that are not zero. Any failure leaves the old generation enforcing. The
 * generation's number comes back in
 * @generation.
 */
int kernel_apply(struct kernel *kernel, const struct table *table,
		 const struct kernel_options *options, json_t *record, uint32_t *generation,
		 struct diagnostics *diagnostics);

/*
 * A generation that was put in force on trial (confirm_ns) and is not confirmed. That is written
 * before it is named current, so that whoever comes later knows, also after a crash or a reboot.
 */
struct kernel_pending {
	uint32_t generation; /* the one on trial, which is in force, or was when the machine went
				down */
	uint32_t previous;   /* what comes back unless it is confirmed; 0: nothing was in force */
	int64_t left_ns;     /* until then; 0: the time has run out, or it is of another boot */
	bool other_boot;
	char failed[256]; /* why what was before could not be brought back; "": it was not tried */
};
/* The rest of the time in seconds, rounded up. */
static inline long long kernel_pending_seconds(const struct kernel_pending *pending)
{
	return (pending->left_ns + SECOND_NS - 1) / SECOND_NS;
}
/* False: there is none. */
bool kernel_pending(const struct kernel *kernel, struct kernel_pending *pending);
/* It stays. Needs KERNEL_CHANGE. */
int kernel_confirm(struct kernel *kernel, struct diagnostics *diagnostics);
/* Notes that the way back failed, which nobody tries again by himself. */
void kernel_pending_failed(struct kernel *kernel, const char *why);
/* For the process that waits for the time to run out: a lock, released by close(2). -EBUSY with a
 * message if another waits already. */
int kernel_pending_watch(const struct kernel *kernel, struct diagnostics *diagnostics);
bool kernel_pending_watched(const struct kernel *kernel);

/*
 * The table of what is in force, onto the disk, for the day when it is to come back; nothing if it
 * is there. Kept for as many generations as records are. -ENOENT without a message: nothing is in
 * force.
 */
int kernel_keep_table(struct kernel *kernel, struct diagnostics *diagnostics);
/* Such a table, in memory of kernel_table_memory, its classes NULL: equal, by its digest, to the
 * one that was in force. -errno with a message. */
int kernel_kept_table(struct kernel *kernel, uint32_t generation, struct table **table,
		      struct diagnostics *diagnostics);
/* The generations whose tables are kept, the newest first; freed by the caller. */
int kernel_kept(struct kernel *kernel, uint32_t **generations, size_t *count);

/* Drops what is no longer in force, after its last packet, and keeps its counters: some 10 ms,
 * which began with the swap, so that the caller may do something else first. Left out, or
 * interrupted, it is done by whoever opens next. What goes wrong is a warning. */
void kernel_retire(struct kernel *kernel, struct diagnostics *diagnostics);

/* Removes links, pins and the "current" record, also where pins or records are damaged. The records
 * of generations stay. -ENOENT (no message) if nothing is enforced. */
int kernel_detach(struct kernel *kernel, struct diagnostics *diagnostics);

/* The record of what is enforced: a new reference. -ENOENT (no message) if nothing is. */
int kernel_record(struct kernel *kernel, json_t **record, struct diagnostics *diagnostics);
/* The record of what is enforced or, after a reboot, was until then: a new reference. *whole: it is
 * enforced now, on every interface, by the programs of this very build, so that there is nothing to
 * be mended; never with KERNEL_READ, which does not look. -ENOENT (no message) if nothing is or
 * was. */
int kernel_last_record(struct kernel *kernel, json_t **record, bool *whole,
		       struct diagnostics *diagnostics);
/* The record of an older generation, for late events. */
int kernel_record_of(struct kernel *kernel, uint32_t generation, json_t **record,
		     struct diagnostics *diagnostics);

/* The interfaces of this namespace; *interfaces is freed by the caller. One that has both a guard
 * and a gateway stands there twice. */
int kernel_interfaces(struct kernel *kernel, struct kernel_interface **interfaces, size_t *count,
		      struct diagnostics *diagnostics);
/* Prefixes of the addresses on them; freed by the caller. */
int kernel_connected(struct prefix **prefixes, size_t *count, struct diagnostics *diagnostics);

#define KERNEL_CGROUP_SIZE 256
/* Of what is enforced: whose sockets are hooked, so that what is denied is refused at once and
 * senders have names. *why is NULL, or why it is not so, for people. Without a cgroup in the
 * options that is the root of cgroup2 in the machine's first network namespace, and none elsewhere:
 * other namespaces' processes may be anywhere too, but who makes one knows where they are. */
int kernel_sockets(struct kernel *kernel, char cgroup[KERNEL_CGROUP_SIZE], const char **why,
		   struct diagnostics *diagnostics);
/* The scope of a sender: an interface (NULL: none), by the policy's globs as they stand; or a unit
 * or the whole path of a cgroup, as it is found now (SCOPE_UNKNOWN: by none that is there). */
unsigned kernel_scope_of_interface(const struct kernel_options *options, const char *name);
unsigned kernel_scope_of_cgroup(const struct kernel_options *options, const char *unit_or_path);
/* Is there such a unit, or cgroup? */
bool kernel_cgroup_exists(const char *unit_or_path);
/* "/system.slice/ssh.service" of a cgroup's id; -ESTALE if it is gone. */
int kernel_cgroup_path(uint64_t id, char path[KERNEL_CGROUP_SIZE]);

/* Counters of the current generation summed over CPUs: COUNTER_SLOTS of them; freed by caller. */
int kernel_counters(struct kernel *kernel, struct counter **counters, size_t *count,
		    struct diagnostics *diagnostics);
int kernel_events_lost(struct kernel *kernel, uint64_t *lost);

/*
 * A pause: for @seconds (1 to KERNEL_PAUSE_MOST_S) what is denied passes, counted and reported
 * (EVENT_PAUSED), at guards, gateways and sockets alike; an earlier pause is replaced. The kernel
 * ends it by itself, with nothing of ours running, and it ends early if the clock is set behind
 * TABLE_CLOCK_FLOOR or beyond the pause. It outlives an apply; a reboot or a detach ends it. What
 * stays closed: interfaces that the backstop closes, and socket options that send past the guard
 * (they would outlast it).
 *
 * Needs KERNEL_CHANGE (-EPERM). -ENOENT with a message: nothing is enforced, or by a gabelou that
 * had no pause; -ERANGE: @seconds; -ETIME: the clock is wrong, and the kernel would not believe it.
 */
#define KERNEL_PAUSE_MOST_S 86400
int kernel_pause(struct kernel *kernel, uint64_t seconds, struct diagnostics *diagnostics);
/* Ends a pause, also where there is none. Needs KERNEL_CHANGE. */
int kernel_resume(struct kernel *kernel, struct diagnostics *diagnostics);
/* Seconds until it ends, rounded up; 0: there is none, or nothing is enforced. */
int kernel_paused(struct kernel *kernel, uint64_t *seconds, struct diagnostics *diagnostics);

/* Packets that were denied under `on-deny: reject`, by enum answer, summed over CPUs since the
 * first apply. What is refused at the socket (EPERM) is not among them. */
int kernel_answers(struct kernel *kernel, uint64_t packets[ANSWERS]);
const char *answer_name(enum answer answer);
/* "packets that were ...", for people. */
const char *answer_text(enum answer answer);

/* Who did what when, and why, beside the records: the last of its kind. Of a pause {since, seconds,
 * why, user {uid, login}, ended {time, user}}; "ended" only if somebody did. */
#define KERNEL_NOTE_PAUSE "pause"
/* On the disk when it returns. Needs KERNEL_CHANGE. */
int kernel_note(struct kernel *kernel, const char *name, const json_t *note,
		struct diagnostics *diagnostics);
/* A new reference; NULL: there is none. */
json_t *kernel_noted(const struct kernel *kernel, const char *name);

/* For table_compile(): sections lie in maps of exactly their size, which kernel_apply() then takes
 * as they are. Without the privilege to make maps the table is compiled into other memory. A table
 * made so can be applied once. */
extern const struct table_memory kernel_table_memory;

/* The enforced table, mapped read-only from the pinned maps (classes is NULL). */
int kernel_table(struct kernel *kernel, struct table **table, struct diagnostics *diagnostics);

/* The one reader of the ring: -EBUSY with a message if there is another. */
struct kernel_events;
typedef void (*kernel_event_handler)(const struct flow_event *event, void *context);
int kernel_events_open(struct kernel *kernel, kernel_event_handler handler, void *context,
		       struct kernel_events **events, struct diagnostics *diagnostics);
/* Waits at most @timeout_ms, calls the handler; then sweeps flows that fell silent (a part of them:
 * call it at least once a second). Returns the
 * number of events or -errno (-EINTR: a signal). */
int kernel_events_poll(struct kernel_events *events, int timeout_ms);
void kernel_events_close(struct kernel_events *events);

/* Readable when kernel_events_poll() has something to do; borrowed. */
int kernel_events_fd(const struct kernel_events *events);

/* What the kernel holds of each denied flow that had a packet of late; beside a reader of the ring,
 * and without one. -ENOENT (no message) if nothing is enforced. */
typedef void (*kernel_flow_handler)(const struct flow_key *key, const struct flow_state *state,
				    void *context);
int kernel_flows(struct kernel *kernel, kernel_flow_handler handler, void *context,
		 struct diagnostics *diagnostics);

/*
 * Follows the interfaces and what is in force: whatever appears gets its guard, under the lock, and
 * is then opened in the backstop, which no other process can change meanwhile.
 */
struct kernel_watch;
int kernel_watch_open(const struct kernel *kernel, struct kernel_watch **watch,
		      struct diagnostics *diagnostics);
void kernel_watch_close(struct kernel_watch *watch);
/* Readable when there is something to do; borrowed. */
int kernel_watch_fd(const struct kernel_watch *watch);
/* Does it, if there is; to be called once a second also where the descriptor does not say so. 1: it
 * did; 0: there was nothing to do; -EAGAIN: somebody else has the lock, call again soon. What goes
 * wrong is a message. */
int kernel_watch_turn(struct kernel_watch *watch, struct diagnostics *diagnostics);

/* Does the backstop stand for what is in force, as far as it is to? */
bool kernel_backstop_stands(const struct kernel *kernel);

#define KERNEL_FOREIGN_NAME 64

/* A program of somebody else where packets leave (or at XDP). */
struct kernel_foreign {
	char interface[IF_NAMESIZE];
	uint32_t ifindex;
	const char *hook; /* "tcx", "clsact", "qdisc" (a filter of the root qdisc), "xdp"... */
	uint32_t program; /* id; 0: not known */
	char name[KERNEL_FOREIGN_NAME];
	bool in_front; /* runs before the guard: what it redirects is not judged */
};

/* All of them in this namespace; *foreign is freed by the caller. */
int kernel_foreign(struct kernel_foreign **foreign, size_t *count, struct diagnostics *diagnostics);

/* For tests: loads a table without attaching and runs frames through it (BPF_PROG_RUN). The gateway
 * is there if the options have inside ports; in a trial it passes nothing for being its own. */
enum kernel_program {
	KERNEL_GUARD,
	KERNEL_GATEWAY,
	KERNEL_INGRESS /* what comes in: it has no decision; there if the options have replies */
};
struct kernel_trial;
int kernel_trial_open(const struct table *table, const struct kernel_options *options,
		      struct kernel_trial **trial, struct diagnostics *diagnostics);
/* What the kernel made of one frame. */
struct kernel_outcome {
	int action; /* of tc: 0 pass, 2 drop, -1 next; of XDP: 1 drop, 2 pass */
	struct decision decision;
};
/* link_header false: @frame begins with the IP header, as on a tun device. */
int kernel_trial_run(struct kernel_trial *trial, enum kernel_program program, bool link_header,
		     const void *frame, size_t size, struct kernel_outcome *outcome);
/* Lets time go by for what is known of connections that came in. */
int kernel_trial_age(struct kernel_trial *trial, uint64_t nanoseconds);
/* Summed over CPUs. */
int kernel_trial_counters(struct kernel_trial *trial, struct counter *counters, size_t count);
/* Judges many destinations in the kernel: one UDP packet to each through the program. */
int kernel_trial_judge(struct kernel_trial *trial, enum kernel_program program,
		       const struct address *addresses, size_t count, struct decision *decisions);
void kernel_trial_close(struct kernel_trial *trial);

/* True in the machine's first network namespace (/proc/1/ns/net). */
bool kernel_in_initial_namespace(void);

#endif
