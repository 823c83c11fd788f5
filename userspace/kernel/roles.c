// SPDX-License-Identifier: GPL-2.0-or-later
/* Roles, from what netlink says and what the policy says. A wrong "guest" lets packets out without
 * a look at them, so that every doubt makes an uplink. */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "userspace/kernel/interfaces.h"
#include "userspace/kernel/message.h"

/* What is to be selected, and by what. */
struct selection {
	struct interface *interfaces;
	size_t count;
	const struct kernel_options *options;
};

static bool matches(const struct interface *interface, char *const *globs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!interface->loopback && fnmatch(globs[i], interface->name, 0) == 0)
			return true;
	return false;
}

/* The policy's own word for it, the first that matches; NULL: none. */
static const struct role_glob *said(const struct selection *selection,
				    const struct interface *interface)
{
	const struct kernel_options *options = selection->options;

	for (size_t i = 0; i < options->role_count; i++)
		if (matches(interface, &options->roles[i].glob, 1))
			return &options->roles[i];
	return NULL;
}

static bool is_kind(const struct interface *interface, const char *kind)
{
	return strcmp(interface->kind, kind) == 0;
}

static bool has_ports(const struct interface *interface)
{
	return is_kind(interface, "bridge") || is_kind(interface, "bond") ||
	       is_kind(interface, "team");
}

static bool is_bridge(const struct selection *selection, uint32_t ifindex)
{
	for (size_t i = 0; i < selection->count; i++)
		if (selection->interfaces[i].ifindex == ifindex)
			return is_kind(&selection->interfaces[i], "bridge");
	return false;
}

/* Every port leads to a guest, or to the workloads of a gateway; and there is one. */
static bool has_only_guests(const struct selection *selection, const struct interface *bridge)
{
	size_t ports = 0;

	for (size_t i = 0; i < selection->count; i++) {
		const struct interface *port = &selection->interfaces[i];

		if (port->master != bridge->ifindex)
			continue;
		if (port->role != ROLE_GUEST && !port->inside)
			return false;
		ports++;
	}
	return ports > 0;
}

static void find_guests(const struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++) {
		struct interface *interface = &selection->interfaces[i];
		const struct role_glob *by_policy = said(selection, interface);

		interface->role = ROLE_UPLINK;
		if (by_policy)
			interface->role = by_policy->role;
		else if (interface->guest_end && is_bridge(selection, interface->master))
			interface->role = ROLE_GUEST;
	}
	for (size_t i = 0; i < selection->count; i++) {
		struct interface *interface = &selection->interfaces[i];

		if (is_kind(interface, "bridge") && !interface->way_out &&
		    !said(selection, interface) && has_only_guests(selection, interface))
			interface->role = ROLE_GUEST;
	}
}

/* What the policy did not call a guest may be the way out after all. */
static void forget_guests(const struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		if (!said(selection, &selection->interfaces[i]))
			selection->interfaces[i].role = ROLE_UPLINK;
}

/* Who names an interface under guard wants it guarded, whatever it looks like. */
static size_t find_wanted(const struct selection *selection)
{
	const struct kernel_options *options = selection->options;
	size_t wanted = 0;

	for (size_t i = 0; i < selection->count; i++) {
		struct interface *interface = &selection->interfaces[i];
		const struct role_glob *by_policy = said(selection, interface);

		if (options->guard && interface->role == ROLE_GUEST && !by_policy &&
		    matches(interface, options->guard, options->guard_count))
			interface->role = ROLE_UPLINK;
		interface->wanted =
			interface->role != ROLE_GUEST &&
			(options->guard ? matches(interface, options->guard, options->guard_count)
					: !interface->loopback && !interface->inside);
		wanted += interface->wanted;
	}
	return wanted;
}

/* Is each packet that it sends judged again below? Nothing below: no. */
static bool is_guarded_below(const struct selection *selection, const struct interface *upper)
{
	bool below = false;

	for (size_t i = 0; i < selection->count; i++) {
		const struct interface *lower = &selection->interfaces[i];
		bool port = has_ports(upper) && lower->master == upper->ifindex;

		if (lower->ifindex != upper->lower && !port)
			continue;
		if (port && !lower->wanted && (lower->role == ROLE_GUEST || lower->inside))
			continue;
		if (!lower->wanted)
			return false;
		below = true;
	}
	return below;
}

static void find_uppers(const struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++) {
		struct interface *interface = &selection->interfaces[i];

		if (interface->wanted && interface->role == ROLE_UPLINK &&
		    !said(selection, interface) && is_guarded_below(selection, interface))
			interface->role = ROLE_UPPER;
	}
}

int interfaces_select(struct interface *interfaces, size_t count,
		      const struct kernel_options *options, struct diagnostics *diagnostics)
{
	const struct selection selection = {interfaces, count, options};

	for (size_t i = 0; i < count; i++)
		interfaces[i].inside =
			matches(&interfaces[i], options->inside, options->inside_count);
	find_guests(&selection);
	if (!find_wanted(&selection)) {
		forget_guests(&selection);
		if (!find_wanted(&selection) && !options->early)
			return message(diagnostics, -ENODEV,
				       "there is no interface to guard; name one that is there "
				       "under interfaces.guard (ip link shows them)");
	}
	find_uppers(&selection);
	return 0;
}

enum form interface_form(const struct interface *interface)
{
	return interface->form == FORM_ETHERNET && interface->role == ROLE_UPPER ? FORM_UPPER
										 : interface->form;
}
