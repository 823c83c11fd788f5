// SPDX-License-Identifier: GPL-2.0-or-later
/* Scopes that claim nobody, as far as this host shows. */
#include <fnmatch.h>
#include <net/if.h>

#include "userspace/cli/review.h"
#include "userspace/kernel/kernel.h"

static struct location place_of(const struct policy_scope *scope)
{
	return (struct location){scope->file, scope->line, scope->column};
}

static bool is_there(const char *glob, const struct if_nameindex *interfaces)
{
	for (size_t i = 0; interfaces[i].if_index; i++)
		if (fnmatch(glob, interfaces[i].if_name, 0) == 0)
			return true;
	return false;
}

static void review_globs(const struct policy_scope *scope, const struct if_nameindex *interfaces,
			 struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < scope->interfaces.count; i++)
		if (!is_there(scope->interfaces.items[i], interfaces))
			diagnostics_warn(diagnostics, place_of(scope),
					 "scope %s: \"%s\" matches no interface here; write the "
					 "name of one ('ip link' lists them)",
					 scope->name, scope->interfaces.items[i]);
}

static void review_cgroups(const struct policy_scope *scope, struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < scope->units.count; i++)
		if (!kernel_cgroup_exists(scope->units.items[i]))
			diagnostics_warn(diagnostics, place_of(scope),
					 "scope %s: the unit %s does not run here, so it claims "
					 "nobody until it does; start it, or write another name "
					 "('systemctl list-units' shows them)",
					 scope->name, scope->units.items[i]);
	for (size_t i = 0; i < scope->cgroups.count; i++)
		if (!kernel_cgroup_exists(scope->cgroups.items[i]))
			diagnostics_warn(diagnostics, place_of(scope),
					 "scope %s: there is no cgroup %s, so it claims nobody "
					 "until there is; write the path of one of cgroup2",
					 scope->name, scope->cgroups.items[i]);
}

void review_scopes(const struct policy *policy, struct diagnostics *diagnostics)
{
	struct if_nameindex *interfaces = policy->scope_count ? if_nameindex() : NULL;

	for (size_t i = 0; interfaces && i < policy->scope_count; i++) {
		review_globs(&policy->scopes[i], interfaces, diagnostics);
		review_cgroups(&policy->scopes[i], diagnostics);
	}
	if (interfaces)
		if_freenameindex(interfaces);
}

void review_planned(const struct policy *before, const struct policy *after,
		    struct diagnostics *diagnostics)
{
	size_t scopes_before = before ? before->scope_count : 0;

	if (scopes_before || after->scope_count)
		diagnostics_warn(
			diagnostics, (struct location){.file = after->file},
			"what scopes let out is not compared (%zu before, %zu after), only "
			"the policy's own rules; ask with explain --unit, --interface or "
			"--from",
			scopes_before, after->scope_count);
}
