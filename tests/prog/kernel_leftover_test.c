// SPDX-License-Identifier: GPL-2.0-or-later
/* Nothing is left of what is over, and nothing that somebody may still ask for is removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <fcntl.h>
#include <signal.h>

#include "tests/prog/applied.h"
#include "userspace/kernel/keep.h"
#include "userspace/kernel/prune.h"

static const char *path_of(const struct applied *applied, const char *name)
{
	static char path[PATH_SIZE];

	assert_int_equal(path_join(path, applied->kernel->pins, "%s", name), 0);
	return path;
}

static void ignore(const struct flow_event *event, void *context)
{
	(void)event, (void)context;
}

/* What a failed apply was numbered is not used again. */
static void test_number_of_a_failed_apply(void **state)
{
	struct applied *applied = *state;

	applied_apply(applied, applied->table);
	record_give_up(applied->kernel, 5);
	assert_int_equal(record_last(applied->kernel), 5);
	assert_int_equal(applied_apply(applied, applied->table), 6);
}

static void test_old_records_go(void **state)
{
	struct applied *applied = *state;
	const uint32_t last = PRUNE_KEEP + 3;

	for (uint32_t i = 1; i <= last; i++)
		assert_int_equal(applied_apply(applied, i % 2 ? applied->table : applied->swapped),
				 i);
	for (uint32_t i = 1; i <= last; i++)
		assert_int_equal(record_exists(applied->kernel, i), i > last - PRUNE_KEEP);
}

/* A record stays while an event in the ring, or a flow, names its generation. */
static void test_records_with_events_stay(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;

	applied_apply(applied, applied->table);
	applied_send("gone0", DENIED_V4); /* an event, and a flow that is still to be summed up */
	for (int i = 0; i < PRUNE_KEEP + 2; i++)
		applied_apply(applied, applied->table);
	assert_true(record_exists(applied->kernel, 1));
	assert_false(record_exists(applied->kernel, 2));
	/* Without the flow the event is enough. */
	int flows = bpf_obj_get(path_of(applied, "flows"));
	struct flow_key key;
	assert_int_equal(bpf_map_get_next_key(flows, NULL, &key), 0);
	assert_int_equal(bpf_map_delete_elem(flows, &key), 0);
	close(flows);
	applied_apply(applied, applied->table);
	assert_true(record_exists(applied->kernel, 1));
	/* And once it is read, nothing is left to ask. */
	assert_int_equal(
		kernel_events_open(applied->kernel, ignore, NULL, &events, &applied->diagnostics),
		0);
	assert_true(kernel_events_poll(events, 0) > 0);
	kernel_events_close(events);
	applied_apply(applied, applied->table);
	assert_false(record_exists(applied->kernel, 1));
}

/* A namespace that is deleted without a detach is swept by whoever opens next, elsewhere; one that
 * lives is not touched. */
static void test_dead_namespace(void **state)
{
	struct applied *applied = *state;
	char pins[PATH_SIZE], records[PATH_SIZE];
	int told[2], go[2];
	struct {
		char pins[PATH_SIZE], records[PATH_SIZE];
	} where;

	kernel_close(applied->kernel);
	applied->kernel = NULL;
	assert_int_equal(pipe(told), 0);
	assert_int_equal(pipe(go), 0);
	pid_t child = fork();
	if (child == 0) {
		struct kernel *kernel;
		uint32_t generation;

		if (unshare(CLONE_NEWNET) || system("ip link add gone9 type veth peer name far9") ||
		    kernel_open(KERNEL_CHANGE, &kernel, &applied->diagnostics) ||
		    kernel_apply(kernel, applied->table, &applied->options, NULL, &generation,
				 &applied->diagnostics))
			_exit(1);
		memcpy(where.pins, kernel->pins, PATH_SIZE);
		memcpy(where.records, kernel->state, PATH_SIZE);
		if (write(told[1], &where, sizeof(where)) < 0 || read(go[0], &where, 1) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(told[0], &where, sizeof(where)), sizeof(where));
	memcpy(pins, where.pins, PATH_SIZE);
	memcpy(records, where.records, PATH_SIZE);
	assert_int_equal(kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics), 0);
	assert_int_equal(access(pins, F_OK), 0);
	assert_int_equal(access(records, F_OK), 0);
	kill(child, SIGKILL);
	assert_int_equal(applied_exit_of(child), 128 + SIGKILL);
	for (int waited = 0; waited < PATIENCE_MS && access(pins, F_OK) == 0; waited += 100) {
		applied_sleep_ms(100); /* the kernel takes a namespace down in its own time */
		applied_reopen(applied);
	}
	assert_int_not_equal(access(pins, F_OK), 0);
	assert_int_not_equal(access(records, F_OK), 0);
	for (int i = 0; i < 2; i++) {
		close(told[i]);
		close(go[i]);
	}
}

/* Killed after "current" was removed: what is left is of no use to anybody. */
static void test_rest_of_a_detach(void **state)
{
	struct applied *applied = *state;
	size_t removed;

	applied_apply(applied, applied->table);
	assert_int_equal(attach_remove_all(applied->kernel, &removed, &applied->diagnostics), 0);
	assert_int_equal(record_set_current(applied->kernel, NULL, &applied->diagnostics), 0);
	assert_true(applied_exists(applied, "gen-1"));
	applied_reopen(applied);
	assert_false(applied_exists(applied, "gen-1"));
	assert_false(applied_exists(applied, "events"));
	assert_false(applied_exists(applied, "alive"));
	/* But with "current" in place it is no detach. */
	applied_apply(applied, applied->table);
	assert_int_equal(attach_remove_all(applied->kernel, &removed, &applied->diagnostics), 0);
	applied_reopen(applied);
	assert_true(applied_interface(applied, "gone0").guarded);
}

static void remove_pins(struct applied *applied)
{
	for (size_t i = 0; i < SHARED_MAPS; i++)
		assert_int_equal(unlink(path_of(applied, shared_map_names[i])), 0);
	assert_int_equal(unlink(path_of(applied, "alive")), 0);
	assert_int_equal(directory_remove(path_of(applied, "gen-1")), 0);
	assert_int_equal(link_unpin_all(applied->kernel, false) > 0, tcx_supported());
	assert_int_equal(rmdir(applied->kernel->pins), 0);
}

/* Whoever keeps what is pinned pins it again, as soon as nobody else changes anything. */
static void test_pins_are_kept(void **state)
{
	struct applied *applied = *state;
	struct diagnostics said = {0};
	struct kernel *reader;

	applied_apply(applied, applied->table);
	assert_int_equal(kernel_open(KERNEL_READ, &reader, &said), 0);
	struct kernel_keep *keep = kernel_keep_new(reader);
	kernel_keep_check(keep, &said);
	uint32_t before = applied_program("gone0");
	remove_pins(applied);
	assert_int_equal(applied_program("gone0"), before);
	kernel_keep_check(keep, &said);
	assert_int_equal(said.count, 0);
	kernel_close(applied->kernel);
	applied->kernel = NULL;
	kernel_keep_check(keep, &said);
	assert_int_equal(said.count, 1);
	assert_int_equal(said.errors, 0);
	diagnostics_free(&said);
	kernel_keep_free(keep);
	kernel_close(reader);
	assert_int_equal(kernel_open(KERNEL_CHANGE, &applied->kernel, &applied->diagnostics), 0);
	assert_int_equal(applied->diagnostics.count, 0);
	assert_true(applied_exists(applied, "gen-1"));
	assert_true(applied_exists(applied, "alive"));
	assert_int_equal(applied_program("gone0"), before);
}

/* By another build: its numbers of reasons and events are not ours. */
static void test_of_another_version(void **state)
{
	struct applied *applied = *state;
	struct counter *counters = NULL;
	struct kernel_events *events;
	json_t *current, *record;
	bool whole;
	size_t count;

	applied_apply(applied, applied->table);
	applied_reopen(applied);
	assert_int_equal(
		kernel_last_record(applied->kernel, &record, &whole, &applied->diagnostics), 0);
	assert_true(whole);
	json_decref(record);
	assert_int_equal(record_read_current(applied->kernel, &current, &applied->diagnostics), 0);
	json_object_set_new(json_object_get(current, "kernel"), "abi", json_string("another"));
	assert_int_equal(record_set_current(applied->kernel, current, &applied->diagnostics), 0);
	json_decref(current);
	applied_reopen(applied);
	assert_true(applied_interface(applied, "gone0").guarded);
	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 -EPROTO);
	assert_int_equal(
		kernel_events_open(applied->kernel, ignore, NULL, &events, &applied->diagnostics),
		-EPROTO);
	assert_int_equal(
		kernel_last_record(applied->kernel, &record, &whole, &applied->diagnostics), 0);
	assert_false(whole);
	json_decref(record);
	applied_apply(applied, applied->swapped);
	assert_int_equal(kernel_counters(applied->kernel, &counters, &count, &applied->diagnostics),
			 0);
	free(counters);
}

int main(void)
{
#define APPLIED(test) cmocka_unit_test_setup_teardown(test, applied_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		APPLIED(test_number_of_a_failed_apply), APPLIED(test_old_records_go),
		APPLIED(test_records_with_events_stay), APPLIED(test_dead_namespace),
		APPLIED(test_rest_of_a_detach),         APPLIED(test_pins_are_kept),
		APPLIED(test_of_another_version),
	};

	namespace_make();
	return cmocka_run_group_tests_name("kernel leftover", tests, NULL, NULL);
}
