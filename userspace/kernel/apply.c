// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The order of an apply is what makes it safe to be killed at any moment:
 *
 *   load, fill, freeze, compare, probe    nothing is changed yet
 *   pin the new generation, whole         a leftover, removed by whoever opens next
 *   write its record, then "current"      from here whoever opens next rolls forward
 *   swap each link                        old or new on every interface, never none
 *   retire the old generation
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "userspace/kernel/generation.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/probe.h"

struct apply {
	struct kernel *kernel;
	const struct table *table;
	const struct kernel_options *options;
	uint32_t generation;
	uint32_t previous; /* current before; 0: none */
	int shared[SHARED_MAPS];
	struct egress_bpf *skeleton;
};

static int load(struct apply *apply, struct diagnostics *diagnostics)
{
	struct load_request request = {
		.table = apply->table,
		.options = apply->options,
		.generation = apply->generation,
		.shared = apply->shared,
	};
	int error = load_generation(&request, &apply->skeleton, diagnostics);

	if (error)
		return error;
	return probe_generation(apply->table, apply->options, apply->skeleton, diagnostics);
}

static json_t *complete_record(const struct apply *apply, json_t *record)
{
	char since[32];
	time_t now = time(NULL);
	struct tm utc;

	strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	json_t *complete = record ? json_copy(record) : json_object();
	if (json_object_set_new(complete, "generation", json_integer(apply->generation)) ||
	    json_object_set_new(complete, "since", json_string(since)) ||
	    json_object_set_new(complete, "kernel",
				record_kernel_part(apply->table, apply->options))) {
		json_decref(complete);
		return NULL;
	}
	return complete;
}

static int write_records(const struct apply *apply, json_t *record, struct diagnostics *diagnostics)
{
	json_t *complete = complete_record(apply, record);
	int error;

	if (!complete)
		return message(diagnostics, -ENOMEM, "out of memory");
	error = record_write(apply->kernel, apply->generation, complete, diagnostics);
	json_decref(complete);
	if (!error)
		error = record_set_current(apply->kernel, apply->generation, diagnostics);
	return error;
}

static int swap(const struct apply *apply, struct diagnostics *diagnostics)
{
	const struct programs programs = {
		.fd = {loaded_program(apply->skeleton, FORM_ETHERNET),
		       loaded_program(apply->skeleton, FORM_LAYER3)},
	};

	return attach_roll(apply->kernel, &programs, apply->options, diagnostics);
}

/* Pins, records and links, in this order; on failure everything is as it was. */
static int put_in_force(struct apply *apply, json_t *record, struct diagnostics *diagnostics)
{
	int error = generation_pin(apply->kernel, apply->generation, apply->skeleton, diagnostics);

	if (error)
		return error;
	error = shared_pin(apply->kernel, apply->skeleton, apply->shared, diagnostics);
	if (!error)
		error = write_records(apply, record, diagnostics);
	if (!error)
		error = swap(apply, diagnostics);
	if (!error)
		return 0;
	record_set_current(apply->kernel, apply->previous, diagnostics);
	record_remove(apply->kernel, apply->generation);
	generation_retire(apply->kernel, apply->generation, diagnostics);
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
	error = layers_require(options->without, diagnostics);
	if (error)
		return error;
	if (record_current(kernel, &apply.previous, &unheard))
		apply.previous = 0;
	diagnostics_free(&unheard);
	apply.generation = record_last(kernel) + 1;
	if (!apply.generation)
		return message(diagnostics, -EOVERFLOW, "%s: no generation number is left",
			       kernel->state);
	shared_open(kernel, apply.shared);
	error = load(&apply, diagnostics);
	if (!error)
		error = put_in_force(&apply, record, diagnostics);
	if (!error) {
		generation_retire_others(kernel, apply.generation, diagnostics);
		*generation = apply.generation;
	}
	loaded_destroy(apply.skeleton);
	shared_close(apply.shared);
	return error;
}
