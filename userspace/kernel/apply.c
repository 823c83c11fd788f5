// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of an apply is what makes it safe to be killed at any moment:
 *
 *   fill, freeze, compare, load, probe    nothing is changed yet
 *   pin the new generation, whole         a leftover, removed by whoever opens next
 *   note that it is on trial              only if it is to be confirmed
 *   write its record, then "current"      from here whoever opens next rolls forward
 *   swap each link                        old or new on every interface, never none
 *   bring the backstop to it              what has no guard is closed
 *   retire the old generation             kernel_retire()
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "userspace/kernel/alive.h"
#include "userspace/kernel/backstop.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/gateway.h"
#include "userspace/kernel/generation.h"
#include "userspace/kernel/layers.h"
#include "userspace/kernel/locals.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/pending.h"
#include "userspace/kernel/probe.h"
#include "userspace/kernel/prune.h"
#include "userspace/kernel/replies.h"

struct apply {
	struct kernel *kernel;
	const struct table *table;
	const struct kernel_options *options;
	uint32_t generation;
	json_t *previous; /* "current" before; NULL: none */
	int shared[SHARED_MAPS];
	struct sections sections;
	struct egress_bpf *skeleton;
	struct digest digest; /* of the table */
	struct {
		int error;
		struct diagnostics diagnostics;
	} probe;
	struct gateway_bpf *gateway; /* NULL: no port is inside */
	struct socket_bpf *sockets;  /* NULL: none is hooked */
	struct ingress_bpf *ingress; /* NULL: nothing is a reply */
};

static void probe(void *argument)
{
	struct apply *apply = argument;

	apply->probe.error = probe_generation(apply->table, apply->options, &apply->sections,
					      &apply->probe.diagnostics);
}

static void hash(void *argument)
{
	struct apply *apply = argument;

	apply->digest = table_digest(apply->table);
}

/* Once the sections are frozen, loading, probing and hashing do not wait for each other: the kernel
 * verifies the guard and its trial at the same time. */
static int load(struct apply *apply, struct diagnostics *diagnostics)
{
	const struct load_request request = {
		.table = apply->table,
		.options = apply->options,
		.generation = apply->generation,
		.sections = &apply->sections,
		.shared = apply->shared,
	};
	struct aside probing, hashing;
	int error = sections_settle(apply->table, &apply->sections, diagnostics);

	if (error)
		return error;
	FAULT("load.settled");
	aside_begin(&probing, probe, apply);
	aside_begin(&hashing, hash, apply);
	error = load_generation(&request, &apply->skeleton, diagnostics);
	FAULT("load.guard");
	if (!error && apply->options->inside_count) {
		error = gateway_load(apply->skeleton, &apply->gateway, diagnostics);
		FAULT("load.gateway");
	}
	if (!error)
		error = sockets_load(apply->kernel, apply->options, apply->skeleton,
				     &apply->sockets, diagnostics);
	if (!error)
		error = replies_load(apply->skeleton, apply->options, &apply->ingress, diagnostics);
	aside_end(&hashing);
	aside_end(&probing);
	FAULT("load.probed");
	if (!error) {
		error = apply->probe.error;
		diagnostics_move(&apply->probe.diagnostics, diagnostics);
	}
	diagnostics_free(&apply->probe.diagnostics);
	sections_close(&apply->sections);
	return error;
}

static json_t *complete_record(const struct apply *apply, json_t *record)
{
	char since[32], digest[DIGEST_TEXT_SIZE];
	time_t now = time(NULL);
	struct tm utc;

	strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	json_t *complete = record ? json_copy(record) : json_object();
	if (json_object_set_new(complete, "generation", json_integer(apply->generation)) ||
	    json_object_set_new(complete, "since", json_string(since)) ||
	    json_object_set_new(complete, "table",
				json_string(digest_format(&apply->digest, digest))) ||
	    json_object_set_new(complete, "kernel",
				record_kernel_part(apply->table, apply->options))) {
		json_decref(complete);
		return NULL;
	}
	return complete;
}

/* On trial. Until "current" names it too, this means nothing. */
static int write_pending(const struct apply *apply, struct diagnostics *diagnostics)
{
	uint32_t previous = apply->previous ? record_generation(apply->previous) : 0;

	if (!apply->options->confirm_ns)
		return 0;
	return pending_write(apply->kernel, apply->generation, previous, apply->options->confirm_ns,
			     diagnostics);
}

static int write_records(const struct apply *apply, json_t *record, struct diagnostics *diagnostics)
{
	json_t *complete = complete_record(apply, record);
	int error;

	if (!complete)
		return message(diagnostics, -ENOMEM, "out of memory");
	error = record_write(apply->kernel, apply->generation, complete, diagnostics);
	FAULT("apply.recorded");
	if (!error)
		error = record_set_current(apply->kernel, complete, diagnostics);
	json_decref(complete);
	return error;
}

static void seed(const struct apply *apply, struct diagnostics *diagnostics)
{
	replies_seed(loaded_map(apply->skeleton, shared_map_names[SHARED_REPLIES]), apply->table,
		     apply->options, diagnostics);
}

static int swap(const struct apply *apply, struct diagnostics *diagnostics)
{
	struct programs programs = {
		.fd = {loaded_program(apply->skeleton, FORM_ETHERNET),
		       loaded_program(apply->skeleton, FORM_LAYER3),
		       loaded_program(apply->skeleton, FORM_UPPER)},
		.gateway = {gateway_program(apply->gateway, FORM_ETHERNET),
			    gateway_program(apply->gateway, FORM_LAYER3)},
		.ingress = {replies_program(apply->ingress, FORM_ETHERNET),
			    replies_program(apply->ingress, FORM_LAYER3)},
		.locals = loaded_map(apply->skeleton, LOCALS_MAP),
	};

	for (int i = 0; i < SOCKET_HOOKS; i++)
		programs.socket[i] = sockets_program(apply->sockets, (enum socket_hook)i);
	/* Before a guard denies their answers; and what came in before it was noted. */
	seed(apply, diagnostics);
	int error = attach_roll(apply->kernel, &programs, apply->options, diagnostics);
	if (!error)
		seed(apply, diagnostics);
	return error;
}

/* The guards stand by now, which no failure here is worth taking off again. Who keeps the backstop
 * (-EPERM: an agent) sees by the record that there is something to do. A policy that wants none
 * (all its layers away) need not be told. */
static void close_the_rest(const struct apply *apply, struct diagnostics *diagnostics)
{
	struct diagnostics heard = {0};
	int error = backstop_follow(&apply->kernel->backstop, apply->options, &heard);

	if (error == -EOPNOTSUPP && ~apply->options->without & LAYERS_OF_BACKSTOP)
		message_warn(diagnostics,
			     "this kernel has no backstop (it came with Linux 6.16): an interface "
			     "that appears is open until its guard is on it, by the agent or by "
			     "the next apply");
	diagnostics_move_as_warnings(&heard, diagnostics);
}

/* Pins, records and links, in this order; on failure everything is as it was. */
static int put_in_force(struct apply *apply, json_t *record, struct diagnostics *diagnostics)
{
	alive_mark(apply->kernel);
	int error = generation_pin(apply->kernel, apply->generation, apply->skeleton, diagnostics);

	if (error)
		return error;
	error = gateway_pin(apply->kernel, apply->generation, apply->gateway, diagnostics);
	if (!error)
		error = sockets_pin(apply->kernel, apply->generation, apply->sockets, diagnostics);
	if (!error)
		error = replies_pin(apply->kernel, apply->generation, apply->ingress, diagnostics);
	if (!error)
		error = shared_pin(apply->kernel, apply->skeleton, apply->shared, diagnostics);
	if (!error)
		error = write_pending(apply, diagnostics);
	if (!error)
		error = write_records(apply, record, diagnostics);
	if (!error)
		error = swap(apply, diagnostics);
	FAULT("apply.swapped");
	if (!error) {
		if (!apply->options->confirm_ns)
			pending_remove(apply->kernel);
		if (apply->previous)
			generation_begin_wait(apply->kernel);
		close_the_rest(apply, diagnostics);
		return 0;
	}
	record_set_current(apply->kernel, apply->previous, diagnostics);
	FAULT("undo.current");
	if (apply->options->confirm_ns)
		pending_remove(apply->kernel);
	record_give_up(apply->kernel, apply->generation);
	FAULT("undo.record");
	generation_unpin(apply->kernel, apply->generation, diagnostics);
	FAULT("undo.pins");
	shared_unpin(apply->kernel, apply->shared);
	return error;
}

int kernel_apply(struct kernel *kernel, const struct table *table,
		 const struct kernel_options *options, json_t *record, uint32_t *generation,
		 struct diagnostics *diagnostics)
{
	struct apply apply = {.kernel = kernel, .table = table, .options = options};
	struct diagnostics unheard = {0};
	int error;

	if (kernel->access != KERNEL_CHANGE)
		return message(diagnostics, -EPERM, "opened for reading only");
	error = layers_require((options->inside_count ? LAYER_BIT(LAYER_XDP_FRAGS) : 0) |
				       (table->entry_count ? LAYER_BIT(LAYER_TAI_CLOCK) : 0),
			       options->without, diagnostics);
	if (error)
		return error;
	apply.generation = record_last(kernel) + 1;
	if (!apply.generation)
		return message(diagnostics, -EOVERFLOW, "%s: no generation number is left",
			       kernel->state);
	record_read_current(kernel, &apply.previous, &unheard);
	diagnostics_free(&unheard);
	shared_open(kernel, apply.previous, options, apply.shared);
	error = load(&apply, diagnostics);
	if (!error)
		error = put_in_force(&apply, record, diagnostics);
	if (!error)
		*generation = apply.generation;
	gateway_destroy(apply.gateway);
	sockets_destroy(apply.sockets);
	replies_destroy(apply.ingress);
	loaded_destroy(apply.skeleton);
	shared_close(apply.shared);
	json_decref(apply.previous);
	return error;
}

void kernel_retire(struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	uint32_t current;

	if (record_current(kernel, &current, &unheard) == 0)
		generation_retire_others(kernel, current, diagnostics);
	prune_records(kernel);
	diagnostics_free(&unheard);
}
