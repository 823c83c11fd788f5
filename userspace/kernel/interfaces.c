// SPDX-License-Identifier: GPL-2.0-or-later
/* The interfaces as status shows them. */
#include "userspace/kernel/interfaces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/attach.h"
#include "userspace/kernel/message.h"
#include "userspace/kernel/record.h"

const char *hook_name(enum hook hook)
{
	static const char *const names[] = {
		[HOOK_TCX] = "tcx",
		[HOOK_CLSACT] = "clsact",
		[HOOK_XDP] = "xdp",
		[HOOK_XDP_GENERIC] = "xdp-generic",
		[HOOK_TCX_INGRESS] = "tcx-ingress",
		[HOOK_CLSACT_INGRESS] = "clsact-ingress",
	};

	return names[hook];
}

bool hook_is_gateway(enum hook hook)
{
	return hook == HOOK_XDP || hook == HOOK_XDP_GENERIC;
}

int interfaces_in_force(const struct kernel *kernel, struct interface **interfaces, size_t *count,
			struct kernel_options *options, struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	json_t *current = NULL;

	*interfaces = NULL;
	*options = (struct kernel_options){0};
	int error = interfaces_list(interfaces, count, diagnostics);
	if (error)
		return error;
	error = record_read_current(kernel, &current, &unheard);
	if (!error)
		error = record_options(current, options);
	/* With nothing to guard they have roles all the same. */
	interfaces_select(*interfaces, *count, options, &unheard);
	json_decref(current);
	diagnostics_free(&unheard);
	return error == -ENOENT ? error
	       : error          ? message(diagnostics, error, "the record of what is in force: %s",
					  strerror(-error))
				: 0;
}

static const char *role_of(const struct interface *interface)
{
	static const char *const names[] = {
		[ROLE_UPLINK] = "uplink", [ROLE_UPPER] = "upper", [ROLE_GUEST] = "guest"};

	return interface->loopback ? "loopback" : names[interface->role];
}

/* What comes in through an upper link is noted below. */
static bool lacks_notes(const struct interface *interface, const struct kernel_options *options)
{
	return options->reply_count && interface->wanted && interface->role == ROLE_UPLINK &&
	       !attach_notes(interface->ifindex);
}

static struct kernel_interface describe(const struct interface *interface, const char *role)
{
	struct kernel_interface described = {.ifindex = interface->ifindex, .role = role};

	memcpy(described.name, interface->name, sizeof(described.name));
	return described;
}

/* One interface as one entry, or two: its gateway, and its guard where it has one too. */
static size_t describe_both(const struct interface *interface, const struct kernel_options *options,
			    struct kernel_interface *entries)
{
	struct kernel_interface guard = describe(interface, role_of(interface));
	struct kernel_interface gateway = describe(interface, "inside");
	struct xdp_found found;
	size_t count = 0;

	guard.guarded = attach_find(interface->ifindex, &guard.hook);
	guard.unnoted = lacks_notes(interface, options);
	gateway.guarded = xdp_find(interface->ifindex, &found) == 0 && found.ours;
	gateway.hook = gateway.guarded ? found.hook : HOOK_XDP;
	if (interface->inside || gateway.guarded)
		entries[count++] = gateway;
	if (!count || guard.guarded)
		entries[count++] = guard;
	return count;
}

int kernel_interfaces(struct kernel *kernel, struct kernel_interface **interfaces, size_t *count,
		      struct diagnostics *diagnostics)
{
	struct kernel_options options;
	struct interface *list;
	struct kernel_interface *answer;
	size_t listed;
	int error = interfaces_in_force(kernel, &list, &listed, &options, diagnostics);

	if (!list) {
		record_options_free(&options);
		return error;
	}
	answer = calloc(2 * listed + 1, sizeof(*answer));
	*count = 0;
	for (size_t i = 0; answer && i < listed; i++)
		*count += describe_both(&list[i], &options, answer + *count);
	free(list);
	record_options_free(&options);
	if (!answer)
		return message(diagnostics, -ENOMEM, "out of memory");
	*interfaces = answer;
	return 0;
}
