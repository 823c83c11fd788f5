// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/generation.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "maps/config.h"

#include "bpf/egress.skel.h"
#include "userspace/kernel/counters.h"
#include "userspace/kernel/fault.h"
#include "userspace/kernel/gateway.h"
#include "userspace/kernel/locals.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/replies.h"
#include "userspace/kernel/scopes.h"

#define DIRECTORY_FORMAT "gen-%u"
#define COUNTERS         "counters"

static int pin_path(const struct kernel *kernel, uint32_t generation, const char *name,
		    char path[PATH_SIZE])
{
	return path_join(path, kernel->pins, DIRECTORY_FORMAT "/%s", generation, name);
}

int generation_pin_one(const struct kernel *kernel, uint32_t generation, const char *name, int fd)
{
	char path[PATH_SIZE];
	int error = pin_path(kernel, generation, name, path);

	return error ? error : bpf_obj_pin(fd, path);
}

static int pin_all(const struct kernel *kernel, uint32_t generation,
		   const struct egress_bpf *skeleton)
{
	int error =
		generation_pin_one(kernel, generation, COUNTERS, loaded_map(skeleton, COUNTERS));

	FAULT("pin.counters");
	for (int i = 0; i < TABLE_SECTION_COUNT && !error; i++)
		error = generation_pin_one(kernel, generation, section_map_names[i],
					   loaded_map(skeleton, section_map_names[i]));
	if (!error)
		error = generation_pin_one(kernel, generation, LOCALS_MAP,
					   loaded_map(skeleton, LOCALS_MAP));
	FAULT("pin.sections");
	for (int i = 0; i < SCOPE_MAPS && !error && skeleton->rodata->config.scoped_by; i++)
		error = generation_pin_one(kernel, generation, scope_map_names[i],
					   loaded_map(skeleton, scope_map_names[i]));
	for (int i = 0; i < FORMS && !error; i++)
		error = generation_pin_one(kernel, generation, program_names[i],
					   loaded_program(skeleton, (enum form)i));
	FAULT("pin.programs");
	return error;
}

int generation_pin(const struct kernel *kernel, uint32_t generation,
		   const struct egress_bpf *skeleton, struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->pins, DIRECTORY_FORMAT, generation);

	if (!error)
		error = directory_remove(path);
	if (!error && mkdir(path, 0700))
		error = -errno;
	FAULT("pin.directory");
	if (!error)
		error = pin_all(kernel, generation, skeleton);
	if (!error)
		return 0;
	directory_remove(path);
	return message(diagnostics, error, "%s: generation %u cannot be pinned: %s", path,
		       generation, strerror(-error));
}

int generation_map(const struct kernel *kernel, uint32_t generation, const char *name)
{
	char path[PATH_SIZE];
	int error = pin_path(kernel, generation, name, path);

	return error ? error : bpf_obj_get(path);
}

int generation_programs(const struct kernel *kernel, uint32_t generation, struct programs *programs)
{
	struct programs opened;
	int error = 0;

	for (int i = 0; i < SOCKET_HOOKS; i++)
		opened.socket[i] = generation_map(kernel, generation, socket_names[i]);

	for (int i = 0; i < FORMS; i++) {
		opened.fd[i] = generation_map(kernel, generation, program_names[i]);
		if (opened.fd[i] < 0)
			error = opened.fd[i];
	}
	/* There is none where no port is inside, and none where there are no replies. */
	for (int i = 0; i < GATEWAY_FORMS; i++) {
		opened.gateway[i] = generation_map(kernel, generation, gateway_names[i]);
		opened.ingress[i] = generation_map(kernel, generation, reply_names[i]);
	}
	opened.locals = generation_map(kernel, generation, LOCALS_MAP);
	if (error) {
		programs_close(&opened);
		return error;
	}
	*programs = opened;
	return 0;
}

void programs_close(struct programs *programs)
{
	if (programs->locals >= 0)
		close(programs->locals);
	programs->locals = -1;
	for (int i = 0; i < FORMS; i++) {
		if (programs->fd[i] >= 0)
			close(programs->fd[i]);
		programs->fd[i] = -1;
	}
	for (int i = 0; i < GATEWAY_FORMS; i++) {
		if (programs->gateway[i] >= 0)
			close(programs->gateway[i]);
		programs->gateway[i] = -1;
		if (programs->ingress[i] >= 0)
			close(programs->ingress[i]);
		programs->ingress[i] = -1;
	}
	for (int i = 0; i < SOCKET_HOOKS; i++) {
		if (programs->socket[i] >= 0)
			close(programs->socket[i]);
		programs->socket[i] = -1;
	}
}

/* MEMBARRIER_CMD_GLOBAL waits for an RCU grace period; programs run inside RCU read sections. */
static void wait_for_last_packet(void *unused)
{
	(void)unused;
	syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void generation_begin_wait(struct kernel *kernel)
{
	aside_end(&kernel->last_packet);
	aside_begin(&kernel->last_packet, wait_for_last_packet, NULL);
}

static void end_wait(struct kernel *kernel)
{
	if (!kernel->last_packet.work)
		generation_begin_wait(kernel);
	aside_end(&kernel->last_packet);
}

void generation_unpin(const struct kernel *kernel, uint32_t generation,
		      struct diagnostics *diagnostics)
{
	char path[PATH_SIZE];
	int error = path_join(path, kernel->pins, DIRECTORY_FORMAT, generation);

	if (!error)
		error = directory_remove(path);
	if (error)
		message_warn(diagnostics, "%s: cannot be removed: %s", path, strerror(-error));
}

/* A generation that was never current has no record. */
static void keep_counters(const struct kernel *kernel, uint32_t generation,
			  struct diagnostics *diagnostics)
{
	int map = generation_map(kernel, generation, COUNTERS);
	struct diagnostics unheard = {0};

	if (map >= 0 && record_exists(kernel, generation)) {
		json_t *counters = counters_json(map);

		if (!counters || record_write_counters(kernel, generation, counters, &unheard))
			message_warn(diagnostics, "the counters of generation %u are lost",
				     generation);
		json_decref(counters);
	}
	diagnostics_free(&unheard);
	if (map >= 0)
		close(map);
}

/* Moves on to the next pinned generation but @keep; 0: there is none. */
static uint32_t next_other(DIR *directory, uint32_t keep)
{
	struct dirent *entry;

	while ((entry = readdir(directory))) {
		uint32_t generation = generation_of_name(entry->d_name, "");

		if (generation && generation != keep)
			return generation;
	}
	return 0;
}

size_t generation_retire_others(struct kernel *kernel, uint32_t keep,
				struct diagnostics *diagnostics)
{
	DIR *directory = opendir(kernel->pins);
	uint32_t generation;
	size_t found = 0;

	if (!directory)
		return 0;
	while ((generation = next_other(directory, keep))) {
		if (!found++)
			end_wait(kernel);
		keep_counters(kernel, generation, diagnostics);
		FAULT("retire.counters");
		generation_unpin(kernel, generation, diagnostics);
		FAULT("retire.unpinned");
	}
	closedir(directory);
	return found;
}
