// SPDX-License-Identifier: GPL-2.0-or-later
/* The hooks on sockets from apply to detach: swapped in place without a gap, found again when a pin
 * is lost, put back by whoever opens next, and never a reason to refuse a policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <signal.h>
#include <sys/prctl.h>

#include "tests/prog/sockets.h"

#define SWAPS    300
#define LATER_V4 "192.0.2.3"

static size_t links(const struct applied *applied, uint32_t ids[SOCKET_HOOKS])
{
	struct cgroup_link found[CGROUP_LINKS_MOST];
	size_t count = cgroup_links(applied->kernel, found);

	for (size_t i = 0; ids && i < count; i++)
		ids[found[i].hook] = found[i].link;
	return count;
}

static void assert_pins(const struct applied *applied, bool there)
{
	for (int i = 0; i < SOCKET_HOOKS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "link-%s", socket_names[i]);
		assert_int_equal(applied_exists(applied, name), there);
	}
}

static const char *why_not(struct applied *applied)
{
	char cgroup[KERNEL_CGROUP_SIZE];
	const char *why;

	assert_int_equal(kernel_sockets(applied->kernel, cgroup, &why, &applied->diagnostics), 0);
	return why;
}

static void test_swaps_in_place(void **state)
{
	struct applied *applied = *state;
	uint32_t before[SOCKET_HOOKS] = {0}, after[SOCKET_HOOKS] = {0};

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	assert_null(why_not(applied));
	assert_int_equal(links(applied, before), SOCKET_HOOKS);
	assert_pins(applied, true);
	applied_apply(applied, applied->swapped);
	assert_int_equal(links(applied, after), SOCKET_HOOKS);
	assert_memory_equal(before, after, sizeof(before));
	assert_false(applied_exists(applied, "gen-1"));
	assert_true(sockets_refused(ALLOWED_V4));
	assert_false(sockets_refused(DENIED_V4));
}

/* Until it is killed, or one attempt is let pass. */
static void attempt_for_ever(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (sockets_refused(DENIED_V4) && sockets_refused(DENIED_V6))
		;
	_exit(1);
}

static void test_no_gap_while_swapping(void **state)
{
	struct applied *applied = *state;
	struct programs programs[2];
	uint32_t generations[2];
	int status;

	SOCKETS_NEED_CGROUP();
	/* The first is not retired, so that both are there to be swapped to and fro. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kernel_apply(applied->kernel, applied->table, &applied->options,
					      NULL, &generations[i], &applied->diagnostics),
				 0);
		assert_int_equal(generation_programs(applied->kernel, generations[i], &programs[i]),
				 0);
	}
	pid_t child = fork();
	if (!child)
		attempt_for_ever();
	for (int i = 0; i < SWAPS; i++)
		sockets_roll(applied->kernel, &programs[i % 2], &applied->options,
			     &applied->diagnostics);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	assert_int_equal(links(applied, NULL), SOCKET_HOOKS);
	assert_int_equal(applied->diagnostics.count, 0);
	for (int i = 0; i < 2; i++)
		programs_close(&programs[i]);
}

/* Killed after the guards were swapped and before the hooks were. */
static void test_half_rolled_swap_is_finished(void **state)
{
	struct applied *applied = *state;
	struct programs programs;
	uint32_t generation;

	SOCKETS_NEED_CGROUP();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			kernel_apply(applied->kernel, i ? applied->swapped : applied->table,
				     &applied->options, NULL, &generation, &applied->diagnostics),
			0);
		if (!i)
			assert_int_equal(
				generation_programs(applied->kernel, generation, &programs), 0);
	}
	sockets_roll(applied->kernel, &programs, &applied->options, &applied->diagnostics);
	programs_close(&programs);
	assert_true(sockets_refused(DENIED_V4));
	applied_reopen(applied);
	assert_true(sockets_refused(ALLOWED_V4));
	assert_false(sockets_refused(DENIED_V4));
	assert_int_equal(links(applied, NULL), SOCKET_HOOKS);
	assert_false(applied_exists(applied, "gen-1"));
}

static void test_lost_pins_and_links(void **state)
{
	struct applied *applied = *state;
	uint32_t ids[SOCKET_HOOKS] = {0};
	char path[PATH_SIZE];

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	links(applied, ids);
	int kept = bpf_link_get_fd_by_id(ids[SOCKET_CONNECT4]);
	assert_true(kept >= 0);
	/* The pin is lost while the link is held by somebody else: it is found and pinned again. */
	assert_int_equal(path_join(path, applied->kernel->pins, "link-socket_connect4"), 0);
	assert_int_equal(unlink(path), 0);
	applied_reopen(applied);
	assert_pins(applied, true);
	assert_int_equal(links(applied, NULL), SOCKET_HOOKS);
	/* The link is gone: said so, and made again by whoever opens next. */
	assert_int_equal(bpf_link_detach(kept), 0);
	close(kept);
	assert_false(sockets_attempt(SOCK_STREAM, SOCKETS_CONNECT, DENIED_V4) == EPERM);
	assert_non_null(why_not(applied));
	applied_reopen(applied);
	assert_null(why_not(applied));
	assert_true(sockets_refused(DENIED_V4));
	assert_int_equal(links(applied, NULL), SOCKET_HOOKS);
}

static void test_detach_and_off(void **state)
{
	struct applied *applied = *state;
	uint32_t ids[SOCKET_HOOKS] = {0};

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	applied->options.without_sockets = true;
	applied_apply(applied, applied->table);
	assert_int_equal(links(applied, NULL), 0);
	assert_pins(applied, false);
	assert_string_equal(why_not(applied), "the policy says off");
	assert_false(sockets_refused(DENIED_V4));
	applied->options.without_sockets = false;
	applied_apply(applied, applied->table);
	assert_true(sockets_refused(DENIED_V4));
	/* A link that somebody else holds is taken off all the same. */
	links(applied, ids);
	int held = bpf_link_get_fd_by_id(ids[SOCKET_CONNECT4]);
	assert_true(held >= 0);
	assert_int_equal(kernel_detach(applied->kernel, &applied->diagnostics), 0);
	assert_int_equal(links(applied, NULL), 0);
	assert_false(sockets_refused(DENIED_V4));
	close(held);
	/* By itself nothing is hooked outside the machine's first network namespace. */
	applied->options.cgroup = NULL;
	applied_apply(applied, applied->table);
	assert_int_equal(links(applied, NULL), 0);
	assert_non_null(why_not(applied));
}

/* In a child: another network namespace with a policy of its own on the same cgroup. */
static int enforce_beside(void)
{
	struct applied *applied = NULL;

	namespace_make();
	if (sockets_set_up((void **)&applied))
		return 2;
	applied_apply(applied, applied->swapped);
	bool right = links(applied, NULL) == SOCKET_HOOKS && sockets_refused(ALLOWED_V4) &&
		     !sockets_refused(DENIED_V4);
	kernel_close(applied->kernel);
	namespace_clean();
	return right && !sockets_refused(ALLOWED_V4) ? 0 : 1;
}

static void test_two_namespaces_on_one_cgroup(void **state)
{
	struct applied *applied = *state;

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	pid_t child = fork();
	if (!child)
		_exit(enforce_beside());
	assert_int_equal(applied_exit_of(child), 0);
	assert_int_equal(links(applied, NULL), SOCKET_HOOKS);
	assert_true(sockets_refused(DENIED_V4));
	assert_false(sockets_refused(ALLOWED_V4));
}

static void test_cgroup_that_is_none(void **state)
{
	struct applied *applied = *state;
	uint32_t generation;

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	applied->options.cgroup = (char *)"/sys/fs/bpf";
	assert_int_equal(kernel_apply(applied->kernel, applied->swapped, &applied->options, NULL,
				      &generation, &applied->diagnostics),
			 -ENOTDIR);
	applied->options.cgroup = (char *)"/sys/fs/cgroup/no/such";
	assert_int_equal(kernel_apply(applied->kernel, applied->swapped, &applied->options, NULL,
				      &generation, &applied->diagnostics),
			 -ENOENT);
	assert_true(sockets_refused(DENIED_V4));
	assert_int_equal(links(applied, NULL), SOCKET_HOOKS);
}

static void test_cgroup_that_goes(void **state)
{
	struct applied *applied = *state;
	char inner[PATH_SIZE + 128];

	SOCKETS_NEED_CGROUP();
	snprintf(inner, sizeof(inner), "%s/" CGROUP_INNER, cgroup_own);
	assert_int_equal(mkdir(inner, 0755), 0);
	applied->options.cgroup = inner;
	applied_apply(applied, applied->table);
	assert_int_equal(links(applied, NULL), SOCKET_HOOKS);
	assert_false(sockets_refused(DENIED_V4)); /* this process is not in it */
	assert_int_equal(rmdir(inner), 0);
	assert_non_null(why_not(applied));
	/* No matter for whoever opens next: status says it, and the guard is as it was. */
	applied_reopen(applied);
	assert_int_equal(applied->diagnostics.errors, 0);
	assert_false(applied_passes("gone1", "far1", DENIED_V4));
	applied->options.cgroup = cgroup_own;
	applied_apply(applied, applied->table);
	assert_true(sockets_refused(DENIED_V4));
	assert_int_equal(links(applied, NULL), SOCKET_HOOKS);
}

static void hear(const struct flow_event *event, void *context)
{
	(void)event, (void)context;
}

/* An address that comes later is this host's own as soon as the reader of events has seen it. */
static void test_follows_addresses(void **state)
{
	struct applied *applied = *state;
	struct kernel_events *events;

	SOCKETS_NEED_CGROUP();
	applied_apply(applied, applied->table);
	assert_int_equal(
		kernel_events_open(applied->kernel, hear, NULL, &events, &applied->diagnostics), 0);
	assert_true(sockets_refused(LATER_V4));
	assert_int_equal(system("ip addr add " LATER_V4 "/32 dev gone1"), 0);
	assert_true(kernel_events_poll(events, 50) >= 0);
	assert_false(sockets_refused(LATER_V4));
	assert_int_equal(system("ip addr del " LATER_V4 "/32 dev gone1"), 0);
	assert_true(kernel_events_poll(events, 50) >= 0);
	assert_true(sockets_refused(LATER_V4));
	kernel_events_close(events);
}

/* What would be hooked by itself. Nothing is: this only asks, and in the machine's own namespace
 * nothing else could answer. */
static struct {
	char cgroup[PATH_SIZE];
	const char *why;
	bool first; /* in the machine's first network namespace */
} by_itself;

static void test_by_itself_the_root_of_all_cgroups(void **state)
{
	char root[PATH_SIZE];

	(void)state;
	SOCKETS_NEED_CGROUP();
	assert_int_equal(by_itself.first, !by_itself.why);
	if (!by_itself.first)
		return;
	assert_int_equal(cgroup_root(root), 0);
	assert_string_equal(by_itself.cgroup, root);
}

int main(void)
{
#define SOCKETS(test) cmocka_unit_test_setup_teardown(test, sockets_set_up, applied_tear_down)
	const struct CMUnitTest tests[] = {
		SOCKETS(test_swaps_in_place),
		SOCKETS(test_no_gap_while_swapping),
		SOCKETS(test_half_rolled_swap_is_finished),
		SOCKETS(test_lost_pins_and_links),
		SOCKETS(test_detach_and_off),
		SOCKETS(test_two_namespaces_on_one_cgroup),
		SOCKETS(test_cgroup_that_is_none),
		SOCKETS(test_cgroup_that_goes),
		SOCKETS(test_follows_addresses),
		cmocka_unit_test(test_by_itself_the_root_of_all_cgroups),
	};

	by_itself.first = kernel_in_initial_namespace();
	cgroup_wanted(&(struct kernel_options){0}, by_itself.cgroup, &by_itself.why);
	return sockets_run("kernel sockets life", tests);
}
