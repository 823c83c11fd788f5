// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "userspace/kernel/fault.h"
#include "userspace/kernel/locals.h"
#include "userspace/kernel/message.h"

/* What is done to one interface, and how to undo it. */
struct attachment {
	const struct interface *interface;
	enum hook hook;
	int program;  /* to be attached; borrowed */
	int link;     /* TCX, XDP; -1 */
	int previous; /* program before; -1: there was none of ours */
	bool changed; /* there is something to undo */
};

/* Takes the open link @link, which runs the program with the id @own, to the new program. */
static int update(struct kernel *kernel, int link, uint32_t own, struct attachment *attachment)
{
	int error;

	attachment->link = link;
	if (link < 0)
		return link;
	attachment->previous = bpf_prog_get_fd_by_id(own);
	if (attachment->previous < 0)
		return attachment->previous;
	error = link_update(link, attachment->program, attachment->previous);
	if (error)
		return error;
	attachment->changed = true;
	FAULT("attach.updated");
	return link_pin(kernel, attachment->hook, attachment->interface->ifindex, link);
}

static int keep_new(struct kernel *kernel, int link, struct attachment *attachment)
{
	attachment->link = link;
	if (link < 0)
		return link;
	attachment->changed = true;
	FAULT("attach.created");
	return link_pin(kernel, attachment->hook, attachment->interface->ifindex, link);
}

static int attach_tcx(struct kernel *kernel, struct attachment *attachment)
{
	uint32_t ifindex = attachment->interface->ifindex;
	struct own_link own[OWN_MOST];
	size_t count;
	int error = tcx_find_at(attachment->hook, ifindex, own, &count);

	if (error)
		return error;
	if (count)
		return update(kernel, tcx_open_at(kernel, attachment->hook, ifindex, own[0].link),
			      own[0].program, attachment);
	return keep_new(kernel, tcx_create(attachment->hook, attachment->program, ifindex),
			attachment);
}

static int attach_clsact(struct attachment *attachment)
{
	uint32_t own;

	if (clsact_find_at(attachment->hook, attachment->interface->ifindex, &own) == 0) {
		attachment->previous = bpf_prog_get_fd_by_id(own);
		if (attachment->previous < 0)
			return attachment->previous;
	}
	int error = clsact_attach_at(attachment->hook, attachment->interface->ifindex,
				     attachment->program);
	attachment->changed = !error;
	FAULT("attach.clsact");
	return error;
}

static void say_generic(const struct interface *interface, int why, struct diagnostics *diagnostics)
{
	message_warn(diagnostics,
		     "interface %s: the gateway works in generic XDP there, which is slower%s%s%s",
		     interface->name, why ? " (native XDP is refused: " : "",
		     why ? strerror(-why) : "", why ? ")" : "");
}

/* An interface stays at the kind of XDP that it has. */
static int attach_xdp(struct kernel *kernel, struct attachment *attachment,
		      struct diagnostics *diagnostics)
{
	uint32_t ifindex = attachment->interface->ifindex;
	struct xdp_found found;
	int link, why = 0, error = xdp_find(ifindex, &found);

	if (error)
		return error;
	if (found.program && !found.ours)
		return -EBUSY;
	if (found.program) {
		attachment->hook = found.hook;
		error = update(kernel, xdp_open(kernel, ifindex, found.program), found.program,
			       attachment);
	} else {
		link = xdp_create(attachment->program, ifindex, &attachment->hook, &why);
		error = keep_new(kernel, link, attachment);
	}
	if (!error && attachment->hook == HOOK_XDP_GENERIC)
		say_generic(attachment->interface, why, diagnostics);
	return error;
}

static int attach_one(struct kernel *kernel, struct attachment *attachment,
		      struct diagnostics *diagnostics)
{
	switch (attachment->hook) {
	case HOOK_TCX:
	case HOOK_TCX_INGRESS:
		return attach_tcx(kernel, attachment);
	case HOOK_CLSACT:
	case HOOK_CLSACT_INGRESS:
		return attach_clsact(attachment);
	case HOOK_XDP:
	case HOOK_XDP_GENERIC:
		return attach_xdp(kernel, attachment, diagnostics);
	}
	return -EINVAL;
}

static bool hook_is_clsact(enum hook hook)
{
	return hook == HOOK_CLSACT || hook == HOOK_CLSACT_INGRESS;
}

static bool hook_is_ingress(enum hook hook)
{
	return hook == HOOK_TCX_INGRESS || hook == HOOK_CLSACT_INGRESS;
}

static enum hook ingress_hook(enum hook hook)
{
	return hook == HOOK_TCX ? HOOK_TCX_INGRESS : HOOK_CLSACT_INGRESS;
}

/* Before the guard that would deny the answers. What comes in through an upper link comes in
 * through the one below it. */
static bool wants_ingress(const struct interface *interface, const struct kernel_options *options)
{
	return options->reply_count && interface->wanted && interface->role == ROLE_UPLINK;
}

/* Back to the program before, or to none where there was none. */
static int undo_one(struct kernel *kernel, struct attachment *attachment)
{
	uint32_t ifindex = attachment->interface->ifindex;

	if (hook_is_clsact(attachment->hook))
		return attachment->previous >= 0
			       ? clsact_attach_at(attachment->hook, ifindex, attachment->previous)
			       : clsact_remove_at(attachment->hook, ifindex);
	if (attachment->previous >= 0)
		return link_update(attachment->link, attachment->previous, attachment->program);
	link_unpin(kernel, attachment->hook, ifindex);
	return bpf_link_detach(attachment->link);
}

/* An interface that vanished meanwhile took its guard with it. */
static bool is_gone(int error)
{
	return error == -ENODEV || error == -ENOLINK;
}

static void undo(struct kernel *kernel, struct attachment *attachments, size_t count,
		 struct diagnostics *diagnostics)
{
	while (count-- > 0) {
		int error = attachments[count].changed ? undo_one(kernel, &attachments[count]) : 0;

		FAULT("undo.link");
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

static void gateway_failed(const struct interface *interface, int error,
			   struct diagnostics *diagnostics)
{
	struct xdp_found found;
	char name[XDP_NAME_SIZE] = "";

	if ((error == -EBUSY || error == -EEXIST) && xdp_find(interface->ifindex, &found) == 0 &&
	    found.program && !found.ours) {
		xdp_name(found.program, name);
		message(diagnostics, error,
			"interface %s: another XDP program is there (\"%s\", id %u), and XDP has "
			"no "
			"chain; take it off (ip link set dev %s xdp off), or leave the interface "
			"out of interfaces.inside; nothing was changed",
			interface->name, name, found.program, interface->name);
		return;
	}
	message(diagnostics, error,
		"interface %s: the gateway cannot be attached (xdp): %s; nothing was changed",
		interface->name, strerror(-error));
}

static void attach_failed(const struct interface *interface, enum hook hook, int error,
			  struct diagnostics *diagnostics)
{
	const char *why = strerror(-error);

	if (hook == HOOK_XDP || hook == HOOK_XDP_GENERIC) {
		gateway_failed(interface, error, diagnostics);
		return;
	}
	if (hook_is_clsact(hook) && error == -EEXIST)
		why = "another tc filter has priority 1, handle 1 there; move it behind (tc filter "
		      "show)";
	else if (error == -ERANGE)
		why = "its chain of programs is full (bpftool net)";
	message(diagnostics, error,
		"interface %s: %s cannot be attached (%s): %s; nothing was changed",
		interface->name,
		hook_is_ingress(hook) ? "what notes connections that come in" : "the guard",
		hook_name(hook), why);
}

/* What is wanted, and where. */
struct roll {
	const struct programs *programs;
	const struct kernel_options *options;
	const struct interface *interfaces;
	size_t count;
	enum hook hook; /* of guards */
};

static size_t plan_ingress(const struct roll *roll, struct attachment *attachments)
{
	size_t planned = 0;

	for (size_t i = 0; i < roll->count && roll->programs->ingress[0] >= 0; i++)
		if (wants_ingress(&roll->interfaces[i], roll->options))
			attachments[planned++] = (struct attachment){
				&roll->interfaces[i],
				ingress_hook(roll->hook),
				roll->programs->ingress[roll->interfaces[i].form],
				-1,
				-1,
				false};
	return planned;
}

/* What is to be attached, in @attachments, which has room for three an interface. Gateways first: a
 * foreign program may stand in their way, and then nothing has been changed. */
static size_t plan(const struct roll *roll, struct attachment *attachments)
{
	const struct programs *programs = roll->programs;
	const struct interface *interfaces = roll->interfaces;
	size_t planned = 0, count = roll->count;

	for (size_t i = 0; i < count; i++)
		if (interfaces[i].inside)
			attachments[planned++] =
				(struct attachment){&interfaces[i],
						    HOOK_XDP,
						    programs->gateway[interfaces[i].form],
						    -1,
						    -1,
						    false};
	planned += plan_ingress(roll, attachments + planned);
	for (size_t i = 0; i < count; i++)
		if (interfaces[i].wanted)
			attachments[planned++] =
				(struct attachment){&interfaces[i],
						    roll->hook,
						    programs->fd[interface_form(&interfaces[i])],
						    -1,
						    -1,
						    false};
	return planned;
}

/* Attaches or swaps everywhere. An interface that vanished meanwhile is no failure. */
static int roll_forward(struct kernel *kernel, const struct roll *roll,
			struct diagnostics *diagnostics)
{
	struct attachment *attachments = calloc(3 * roll->count + 1, sizeof(*attachments));
	size_t planned, done = 0;
	int error = 0;

	if (!attachments)
		return message(diagnostics, -ENOMEM, "out of memory");
	planned = plan(roll, attachments);
	while (done < planned && !error) {
		struct attachment *attachment = &attachments[done++];

		error = attach_one(kernel, attachment, diagnostics);
		FAULT("attach.one");
		if (is_gone(error)) {
			message_warn(diagnostics, "interface %s went away meanwhile",
				     attachment->interface->name);
			error = 0;
		} else if (error) {
			attach_failed(attachment->interface, attachment->hook, error, diagnostics);
		}
	}
	if (error)
		undo(kernel, attachments, done, diagnostics);
	close_all(attachments, done);
	return error;
}

/* Removes the links from @keep on; 0 keeps none. */
static int remove_tcx(struct kernel *kernel, enum hook hook, uint32_t ifindex, size_t keep,
		      size_t *removed)
{
	struct own_link own[OWN_MOST];
	size_t count;
	int error = tcx_supported() ? tcx_find_at(hook, ifindex, own, &count) : -ENOENT;

	if (error)
		return error == -ENOENT ? 0 : error;

	for (size_t i = keep; i < count && !error; i++) {
		error = tcx_remove(kernel, hook, ifindex, own[i].link);
		FAULT("remove.tcx");
		*removed += !error;
	}
	return error;
}

static int remove_clsact(enum hook hook, uint32_t ifindex, size_t *removed)
{
	int error = clsact_remove_at(hook, ifindex);

	FAULT("remove.clsact");
	*removed += !error;
	return error == -ENOENT ? 0 : error;
}

static int remove_xdp(const struct kernel *kernel, uint32_t ifindex, size_t *removed)
{
	int error = xdp_remove(kernel, ifindex);

	FAULT("remove.xdp");
	*removed += !error;
	return error == -ENOENT ? 0 : error;
}

/* What notes what comes in; @keep: at this hook (HOOK_XDP: at none). */
static int remove_ingress(struct kernel *kernel, uint32_t ifindex, enum hook keep, size_t *removed)
{
	int error = remove_tcx(kernel, HOOK_TCX_INGRESS, ifindex, keep == HOOK_TCX_INGRESS ? 1 : 0,
			       removed);

	if (!error && keep != HOOK_CLSACT_INGRESS)
		error = remove_clsact(HOOK_CLSACT_INGRESS, ifindex, removed);
	return error;
}

static int remove_guard(struct kernel *kernel, uint32_t ifindex, enum hook keep, size_t *removed)
{
	int error = remove_tcx(kernel, HOOK_TCX, ifindex, keep == HOOK_TCX ? 1 : 0, removed);

	if (!error && keep != HOOK_CLSACT)
		error = remove_clsact(HOOK_CLSACT, ifindex, removed);
	return error;
}

/* What is superseded goes after the new guard is everywhere: no packet finds a gap. */
static void remove_superseded(struct kernel *kernel, const struct roll *roll,
			      struct diagnostics *diagnostics)
{
	size_t removed = 0;

	for (size_t i = 0; i < roll->count; i++) {
		const struct interface *interface = &roll->interfaces[i];
		enum hook ingress = wants_ingress(interface, roll->options)
					    ? ingress_hook(roll->hook)
					    : HOOK_XDP;
		int error = remove_guard(kernel, interface->ifindex,
					 interface->wanted ? roll->hook : HOOK_XDP, &removed);

		if (!error)
			error = remove_ingress(kernel, interface->ifindex, ingress, &removed);
		if (!error && !interface->inside)
			error = remove_xdp(kernel, interface->ifindex, &removed);
		if (error && !is_gone(error))
			message_warn(diagnostics,
				     "interface %s: a guard that is no longer wanted cannot be "
				     "removed: %s",
				     interface->name, strerror(-error));
	}
	link_unpin_all(kernel, true);
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
	const struct roll roll = {programs, options, interfaces, count, hook};
	if (!error)
		error = locals_fill(programs->locals, options, interfaces, count, diagnostics);
	if (!error)
		error = roll_forward(kernel, &roll, diagnostics);
	if (!error)
		remove_superseded(kernel, &roll, diagnostics);
	if (!error)
		sockets_roll(kernel, programs, options, diagnostics);
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
		error = remove_ingress(kernel, interfaces[i].ifindex, HOOK_XDP, removed);
		if (!error)
			error = remove_guard(kernel, interfaces[i].ifindex, HOOK_XDP, removed);
		if (!error)
			error = remove_xdp(kernel, interfaces[i].ifindex, removed);
		if (error && !is_gone(error))
			failed = message(diagnostics, error,
					 "interface %s: the guard cannot be removed: %s",
					 interfaces[i].name, strerror(-error));
	}
	free(interfaces);
	*removed += sockets_remove_all(kernel, diagnostics);
	*removed += link_unpin_all(kernel, false);
	FAULT("detach.links");
	return failed;
}
