// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/message.h"

/* What was done to one interface, and how to undo it. */
struct attachment {
	const struct interface *interface;
	enum hook hook;
	int link;     /* TCX; -1 */
	int previous; /* program before; -1: the guard was not there */
	bool changed; /* there is something to undo */
};

bool attach_find(uint32_t ifindex, enum hook *hook)
{
	struct own_link own[OWN_MOST];
	size_t count;
	uint32_t program;

	*hook = HOOK_TCX;
	if (tcx_find(ifindex, own, &count) == 0 && count)
		return true;
	*hook = HOOK_CLSACT;
	if (clsact_find(ifindex, &program) == 0)
		return true;
	*hook = HOOK_TCX;
	return false;
}

static int update_tcx(struct kernel *kernel, const struct own_link *own, int program,
		      struct attachment *attachment)
{
	int error;

	attachment->link = tcx_open(kernel, attachment->interface->ifindex, own->link);
	if (attachment->link < 0)
		return attachment->link;
	attachment->previous = bpf_prog_get_fd_by_id(own->program);
	if (attachment->previous < 0)
		return attachment->previous;
	error = tcx_update(attachment->link, program, attachment->previous);
	if (error)
		return error;
	attachment->changed = true;
	return tcx_pin(kernel, attachment->interface->ifindex, attachment->link);
}

static int attach_tcx(struct kernel *kernel, int program, struct attachment *attachment)
{
	struct own_link own[OWN_MOST];
	size_t count;
	int error = tcx_find(attachment->interface->ifindex, own, &count);

	if (error)
		return error;
	if (count)
		return update_tcx(kernel, &own[0], program, attachment);
	attachment->link = tcx_create(program, attachment->interface->ifindex);
	if (attachment->link < 0)
		return attachment->link;
	attachment->changed = true;
	return tcx_pin(kernel, attachment->interface->ifindex, attachment->link);
}

static int attach_clsact(int program, struct attachment *attachment)
{
	uint32_t own;

	if (clsact_find(attachment->interface->ifindex, &own) == 0) {
		attachment->previous = bpf_prog_get_fd_by_id(own);
		if (attachment->previous < 0)
			return attachment->previous;
	}
	int error = clsact_attach(attachment->interface->ifindex, program);
	attachment->changed = !error;
	return error;
}

static int attach_one(struct kernel *kernel, const struct programs *programs,
		      struct attachment *attachment)
{
	int program = programs->fd[attachment->interface->form];

	return attachment->hook == HOOK_TCX ? attach_tcx(kernel, program, attachment)
					    : attach_clsact(program, attachment);
}

/* Back to the program before, or to no guard where there was none. */
static int undo_one(struct kernel *kernel, const struct programs *programs,
		    struct attachment *attachment)
{
	uint32_t ifindex = attachment->interface->ifindex;
	char path[PATH_SIZE];

	if (attachment->hook == HOOK_CLSACT)
		return attachment->previous >= 0 ? clsact_attach(ifindex, attachment->previous)
						 : clsact_remove(ifindex);
	if (attachment->previous >= 0)
		return tcx_update(attachment->link, attachment->previous,
				  programs->fd[attachment->interface->form]);
	if (path_join(path, kernel->pins, "link-%u", ifindex) == 0)
		unlink(path);
	return bpf_link_detach(attachment->link);
}

/* An interface that vanished meanwhile took its guard with it. */
static bool is_gone(int error)
{
	return error == -ENODEV || error == -ENOLINK;
}

static void undo(struct kernel *kernel, const struct programs *programs,
		 struct attachment *attachments, size_t count, struct diagnostics *diagnostics)
{
	while (count-- > 0) {
		int error = attachments[count].changed
				    ? undo_one(kernel, programs, &attachments[count])
				    : 0;

		if (error && !is_gone(error))
			message_warn(diagnostics,
				     "interface %s: cannot be put back to what it had: %s",
				     attachments[count].interface->name, strerror(-error));
	}
}

static void close_all(struct attachment *attachments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (attachments[i].link >= 0)
			close(attachments[i].link);
		if (attachments[i].previous >= 0)
			close(attachments[i].previous);
	}
	free(attachments);
}

static void attach_failed(const struct interface *interface, enum hook hook, int error,
			  struct diagnostics *diagnostics)
{
	const char *why = strerror(-error);

	if (hook == HOOK_CLSACT && error == -EEXIST)
		why = "another tc filter has priority 1, handle 1 there; move it behind (tc filter "
		      "show)";
	else if (hook == HOOK_TCX && error == -ERANGE)
		why = "its chain of programs is full (bpftool net)";
	message(diagnostics, error,
		"interface %s: the guard cannot be attached (%s): %s; nothing was changed",
		interface->name, hook_name(hook), why);
}

/* Attaches or swaps everywhere. An interface that vanished meanwhile is no failure. */
static int roll(struct kernel *kernel, const struct programs *programs,
		const struct interface *interfaces, size_t count, enum hook hook,
		struct diagnostics *diagnostics)
{
	struct attachment *attachments = calloc(count ? count : 1, sizeof(*attachments));
	size_t done = 0;
	int error = 0;

	if (!attachments)
		return message(diagnostics, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count && !error; i++) {
		if (!interfaces[i].wanted)
			continue;
		struct attachment *attachment = &attachments[done++];

		*attachment = (struct attachment){&interfaces[i], hook, -1, -1, false};
		error = attach_one(kernel, programs, attachment);
		if (is_gone(error)) {
			message_warn(diagnostics, "interface %s went away meanwhile",
				     interfaces[i].name);
			error = 0;
		} else if (error) {
			attach_failed(&interfaces[i], hook, error, diagnostics);
		}
	}
	if (error)
		undo(kernel, programs, attachments, done, diagnostics);
	close_all(attachments, done);
	return error;
}

/* Removes the links from @keep on; 0 keeps none. */
static int remove_tcx(struct kernel *kernel, uint32_t ifindex, size_t keep, size_t *removed)
{
	struct own_link own[OWN_MOST];
	size_t count;
	int error = tcx_find(ifindex, own, &count);

	for (size_t i = keep; i < count && !error; i++) {
		error = tcx_remove(kernel, ifindex, own[i].link);
		*removed += !error;
	}
	return error;
}

static int remove_clsact(uint32_t ifindex, size_t *removed)
{
	int error = clsact_remove(ifindex);

	*removed += !error;
	return error == -ENOENT ? 0 : error;
}

/* What is superseded goes after the new guard is everywhere: no packet finds a gap. */
static void remove_superseded(struct kernel *kernel, const struct interface *interfaces,
			      size_t count, enum hook hook, struct diagnostics *diagnostics)
{
	size_t removed = 0;

	for (size_t i = 0; i < count; i++) {
		bool wanted = interfaces[i].wanted;
		size_t keep = wanted && hook == HOOK_TCX ? 1 : 0;
		int error = tcx_supported()
				    ? remove_tcx(kernel, interfaces[i].ifindex, keep, &removed)
				    : 0;

		if (!error && !(wanted && hook == HOOK_CLSACT))
			error = remove_clsact(interfaces[i].ifindex, &removed);
		if (error && !is_gone(error))
			message_warn(diagnostics,
				     "interface %s: a guard that is no longer wanted cannot be "
				     "removed: %s",
				     interfaces[i].name, strerror(-error));
	}
	tcx_unpin(kernel, false);
}

int attach_roll(struct kernel *kernel, const struct programs *programs,
		const struct kernel_options *options, struct diagnostics *diagnostics)
{
	bool without_tcx = options->without & LAYER_BIT(LAYER_TCX);
	enum hook hook = tcx_supported() && !without_tcx ? HOOK_TCX : HOOK_CLSACT;
	struct interface *interfaces;
	size_t count;
	int error = interfaces_list(&interfaces, &count, diagnostics);

	if (error)
		return error;
	error = interfaces_select(interfaces, count, options, diagnostics);
	if (!error)
		error = roll(kernel, programs, interfaces, count, hook, diagnostics);
	if (!error)
		remove_superseded(kernel, interfaces, count, hook, diagnostics);
	free(interfaces);
	return error;
}

int attach_remove_all(struct kernel *kernel, size_t *removed, struct diagnostics *diagnostics)
{
	struct interface *interfaces;
	size_t count;
	int failed = 0, error = interfaces_list(&interfaces, &count, diagnostics);

	*removed = 0;
	if (error)
		return error;
	for (size_t i = 0; i < count; i++) {
		error = tcx_supported() ? remove_tcx(kernel, interfaces[i].ifindex, 0, removed) : 0;
		if (!error)
			error = remove_clsact(interfaces[i].ifindex, removed);
		if (error && !is_gone(error))
			failed = message(diagnostics, error,
					 "interface %s: the guard cannot be removed: %s",
					 interfaces[i].name, strerror(-error));
	}
	free(interfaces);
	*removed += tcx_unpin(kernel, true);
	return failed;
}
