// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/agent.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "userspace/agent/batch.h"
#include "userspace/agent/books.h"
#include "userspace/agent/foreign.h"
#include "userspace/agent/notices.h"
#include "userspace/agent/resolver.h"
#include "userspace/agent/watchdog.h"
#include "userspace/base/clock.h"
#include "userspace/kernel/keep.h"
#include "userspace/kernel/kernel.h"

#define POLL_MS   500
#define RETRY_MS  5   /* while another process has the lock */
#define TURN_EACH 256 /* events, in a flood of them: a new interface is not to wait */

struct agent {
	const struct agent_options *options;
	struct kernel *kernel;
	struct kernel_events *events; /* NULL: nothing is enforced */
	struct kernel_watch *watch;
	bool lock_busy; /* the watch has something to do and waits for the lock */
	struct foreign foreign;
	struct notices notices;
	struct agent_books books;
	int books_error;   /* said once */
	unsigned in_a_row; /* events since its last turn */
	struct kernel_keep *keep;
	struct resolver *resolver;
	struct batch batch;
	char hostname[256];
	uint64_t cgroup_id; /* the last one that was looked up */
	char cgroup[KERNEL_CGROUP_SIZE];
	uint64_t started;   /* CLOCK_BOOTTIME */
	uint64_t refreshed; /* when the generation and the losses were last looked at */
	bool waiting;       /* said so */
};

static volatile sig_atomic_t stop_asked, reopen_asked;

static void on_stop(int signal_number)
{
	(void)signal_number;
	stop_asked = 1;
}

static void on_reopen(int signal_number)
{
	(void)signal_number;
	reopen_asked = 1;
}

/* Without SA_RESTART: a signal ends the wait for events. */
static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = on_stop};
	struct sigaction reopen = {.sa_handler = on_reopen};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	stop_asked = reopen_asked = 0;
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGHUP, &reopen, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

static void say(const struct agent *agent, struct diagnostics *diagnostics)
{
	agent->options->say(diagnostics);
	diagnostics_free(diagnostics);
}

/* A number is never used twice, and one sender seldom comes alone. */
static const char *cgroup_of(struct agent *agent, uint64_t id)
{
	if (id != agent->cgroup_id && (!id || kernel_cgroup_path(id, agent->cgroup)))
		return NULL;
	agent->cgroup_id = id;
	return id ? agent->cgroup : NULL;
}

/* A change of what is in force is told by the watch at once. */
static void follow_interfaces(struct agent *agent)
{
	struct diagnostics messages = {0};
	int done = kernel_watch_turn(agent->watch, &messages);

	agent->in_a_row = 0;
	agent->lock_busy = done == -EAGAIN;
	if (done > 0)
		agent->refreshed = 0;
	say(agent, &messages);
}

/* The two clocks are compared for each event, so that a step of the clock shows at once. */
static void handle(const struct flow_event *event, void *context)
{
	struct agent *agent = context;
	char interface[IF_NAMESIZE];
	struct flow flow = {
		.event = event,
		.sequence = batch_next_sequence(&agent->batch),
		.time_realtime_ns = (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME) +
					      event->time),
		.interface_name = if_indextoname(event->key.ifindex, interface),
		.cgroup = cgroup_of(agent, event->sender.cgroup),
		.hostname = agent->hostname,
	};

	resolver_fill(agent->resolver, event, &flow);
	json_t *line = flow_ecs(&flow);

	if (event->time < agent->started)
		json_object_set_new(json_object_get(line, "gabelou"), "backlog", json_true());
	batch_add(&agent->batch, line);
	if (++agent->in_a_row >= TURN_EACH)
		follow_interfaces(agent);
}

static void add_loss(struct agent *agent, uint64_t lost, const char *where)
{
	struct flow_loss loss = {
		.sequence = batch_next_sequence(&agent->batch),
		.time_realtime_ns = (int64_t)clock_ns(CLOCK_REALTIME),
		.hostname = agent->hostname,
		.lost = lost,
		.where = where,
	};

	batch_add_note(&agent->batch, flow_ecs_lost(&loss));
}

static void report_losses(struct agent *agent)
{
	struct agent_state *state = &agent->batch.state;
	uint64_t lost;

	if (kernel_events_lost(agent->kernel, &lost) == 0 && lost != state->kernel_lost) {
		/* A ring made anew counts from 0 again. */
		add_loss(agent, lost < state->kernel_lost ? lost : lost - state->kernel_lost,
			 "kernel");
		state->kernel_lost = lost;
	}
	uint64_t unwritten = batch_take_unwritten(&agent->batch);
	if (unwritten)
		add_loss(agent, unwritten, "log");
}

static void tell_of_foreign(const struct kernel_foreign *one, void *context)
{
	struct agent *agent = context;
	struct flow_foreign foreign = {
		.sequence = batch_next_sequence(&agent->batch),
		.time_realtime_ns = (int64_t)clock_ns(CLOCK_REALTIME),
		.hostname = agent->hostname,
		.interface_name = one->interface,
		.hook = one->hook,
		.program_name = one->name,
		.program = one->program,
		.in_front = one->in_front,
	};

	batch_add(&agent->batch, flow_ecs_foreign(&foreign));
}

static void tell(const char *action, const char *message, void *context)
{
	struct agent *agent = context;
	struct flow_notice notice = {
		.sequence = batch_next_sequence(&agent->batch),
		.time_realtime_ns = (int64_t)clock_ns(CLOCK_REALTIME),
		.hostname = agent->hostname,
		.action = action,
		.message = message,
	};

	batch_add(&agent->batch, flow_ecs_notice(&notice));
}

static void look_for_notices(struct agent *agent)
{
	const struct manifest *manifest = resolver_current(agent->resolver);
	struct kernel_pending pending;

	if (!manifest || !agent->events)
		return;
	notices_look(&agent->notices, manifest, time(NULL), tell, agent);
	notices_look_at_change(&agent->notices, manifest,
			       kernel_pending(agent->kernel, &pending) ? &pending : NULL, tell,
			       agent);
}

static void look_for_pause(struct agent *agent)
{
	struct diagnostics unheard = {0};
	uint64_t seconds = 0;
	int error = kernel_paused(agent->kernel, &seconds, &unheard);

	diagnostics_free(&unheard);
	if (error || !agent->events || (seconds != 0) == agent->notices.paused)
		return;
	json_t *note = kernel_noted(agent->kernel, KERNEL_NOTE_PAUSE);

	notices_look_at_pause(&agent->notices, seconds, note, tell, agent);
	json_decref(note);
}

/* Somebody must see to the end of a trial, also where whom apply started was killed. */
static void look_for_trial(const struct agent *agent)
{
	struct kernel_pending pending;

	if (!kernel_pending(agent->kernel, &pending) || *pending.failed ||
	    kernel_pending_watched(agent->kernel))
		return;
	int watchdog = watchdog_start();
	if (watchdog >= 0)
		close(watchdog);
}

static void tell_of_bypass(const struct agent_book *book, uint64_t packets, void *context)
{
	struct agent *agent = context;
	struct diagnostics messages = {0};
	struct flow_bypass bypass = {
		.sequence = batch_next_sequence(&agent->batch),
		.time_realtime_ns = (int64_t)clock_ns(CLOCK_REALTIME),
		.hostname = agent->hostname,
		.interface_name = book->interface,
		.packets = packets,
		.total = book->bypassed,
	};

	batch_add(&agent->batch, flow_ecs_bypass(&bypass));
	diagnostics_warn(&messages, (struct location){0},
			 "%llu packet%s left %s past the guard: it sent more than the guard let "
			 "pass",
			 (unsigned long long)packets, packets == 1 ? "" : "s", book->interface);
	say(agent, &messages);
}

static void look_at_books(struct agent *agent)
{
	const struct agent_books_news news = {tell_of_bypass, agent};
	struct diagnostics messages = {0};
	int error = agent_books_look(&agent->books, agent->kernel, agent->foreign.known,
				     agent->foreign.count, &news, &messages);

	if (error != agent->books_error)
		say(agent, &messages);
	diagnostics_free(&messages);
	agent->books_error = error;
}

static void flush(struct agent *agent)
{
	batch_flush(&agent->batch);
	say(agent, &agent->batch.messages);
}

static void stop_reading(struct agent *agent)
{
	kernel_events_close(agent->events);
	agent->events = NULL;
}

/* Opens the ring when there is one, again when the generation changed (a detach between the two
 * would have made it anew), and lets go of it when nothing is enforced any more. */
static int refresh(struct agent *agent, struct diagnostics *diagnostics)
{
	struct diagnostics messages = {0};
	bool changed = false;

	kernel_keep_check(agent->keep, &messages);
	int error = resolver_refresh(agent->resolver, &changed, &messages);

	say(agent, &messages);
	agent->refreshed = clock_ns(CLOCK_BOOTTIME);
	if (error == -ENOENT || (changed && agent->events)) {
		if (agent->events)
			kernel_events_poll(agent->events, 0);
		stop_reading(agent);
	}
	if (error == -ENOENT && !agent->waiting) {
		diagnostics_warn(&messages, (struct location){0},
				 "nothing is enforced here; waiting for gabelou apply");
		say(agent, &messages);
		agent->waiting = true;
	}
	if (error == -ENOENT)
		return 0;
	if (error)
		return diagnostics_error(diagnostics, -error, (struct location){0},
					 "the record of what is enforced cannot be read");
	agent->waiting = false;
	if (!agent->events)
		error = kernel_events_open(agent->kernel, handle, agent, &agent->events,
					   diagnostics);
	return error;
}

/* For an event, something about interfaces, a signal, or a moment. */
static void wait_a_moment(const struct agent *agent)
{
	struct pollfd ready[] = {
		{.fd = kernel_watch_fd(agent->watch), .events = POLLIN},
		{.fd = agent->events ? kernel_events_fd(agent->events) : -1, .events = POLLIN},
	};

	poll(ready, 2, agent->lock_busy ? RETRY_MS : POLL_MS);
}

static void reopen_log(struct agent *agent)
{
	struct diagnostics messages = {0};
	int error = log_reopen(&agent->batch.log);

	if (error)
		diagnostics_warn(&messages, (struct location){.file = agent->options->log_path},
				 "cannot be opened again: %s; the old file is still written to",
				 strerror(-error));
	say(agent, &messages);
}

static int step(struct agent *agent, struct diagnostics *diagnostics)
{
	int got = 0, error = 0;

	if (reopen_asked) {
		reopen_asked = 0;
		reopen_log(agent);
	}
	wait_a_moment(agent);
	follow_interfaces(agent);
	if (agent->events)
		got = kernel_events_poll(agent->events, 0);
	if (got < 0 && got != -EINTR)
		return diagnostics_error(diagnostics, -got, (struct location){0},
					 "the events cannot be read: %s", strerror(-got));
	if (clock_ns(CLOCK_BOOTTIME) - agent->refreshed >= SECOND_NS) {
		error = refresh(agent, diagnostics);
		report_losses(agent);
		look_for_notices(agent);
		look_for_pause(agent);
		look_for_trial(agent);
		foreign_look(&agent->foreign, tell_of_foreign, agent);
		look_at_books(agent);
	}
	flush(agent);
	return error;
}

static int run(struct agent *agent, struct diagnostics *diagnostics)
{
	uint64_t duration = agent->options->duration_ns;
	int error;

	follow_interfaces(agent);
	foreign_look(&agent->foreign, tell_of_foreign, agent);
	error = refresh(agent, diagnostics);
	look_for_notices(agent);
	look_for_pause(agent);
	agent_books_take(&agent->books);
	look_at_books(agent);
	look_for_trial(agent);
	while (!error && !stop_asked && !agent->batch.closed &&
	       (!duration || clock_ns(CLOCK_BOOTTIME) - agent->started < duration))
		error = step(agent, diagnostics);
	/* What is in the ring by now belongs to this run. */
	if (!error && agent->events)
		kernel_events_poll(agent->events, 0);
	report_losses(agent);
	flush(agent);
	return error;
}

int agent_run(const struct agent_options *options, struct diagnostics *diagnostics)
{
	struct agent agent = {.options = options, .started = clock_ns(CLOCK_BOOTTIME)};
	int error;

	gethostname(agent.hostname, sizeof(agent.hostname) - 1);
	/* The log before the kernel side, which may change the mount namespace; its state after. */
	error = batch_open(&agent.batch, options->log_path, diagnostics);
	if (!error)
		error = kernel_open(KERNEL_READ, &agent.kernel, diagnostics);
	if (!error)
		error = batch_take_state(&agent.batch, diagnostics);
	if (!error)
		error = kernel_watch_open(agent.kernel, &agent.watch, diagnostics);
	if (!error && (!(agent.resolver = resolver_new(agent.kernel)) ||
		       !(agent.keep = kernel_keep_new(agent.kernel))))
		error = -ENOMEM;
	if (!error) {
		catch_signals();
		error = run(&agent, diagnostics);
	}
	if (!error && agent.batch.failures)
		error = -EIO;
	stop_reading(&agent);
	resolver_free(agent.resolver);
	kernel_watch_close(agent.watch);
	foreign_free(&agent.foreign);
	notices_free(&agent.notices);
	agent_books_free(&agent.books);
	kernel_keep_free(agent.keep);
	kernel_close(agent.kernel);
	batch_close(&agent.batch);
	if (agent.waiting)
		agent_state_remove();
	return error;
}
