// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/enforced.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/flow/text.h"

/* Guards do not outlast a boot. */
static int nothing_enforced(struct kernel *kernel, struct diagnostics *diagnostics)
{
	struct diagnostics unheard = {0};
	json_t *last = NULL;
	bool whole;

	if (kernel_last_record(kernel, &last, &whole, &unheard) == 0)
		diagnostics_error(
			diagnostics, ENOENT, (struct location){0},
			"nothing is enforced here since the machine was started; 'gabelou "
			"apply --again' enforces what was enforced before");
	else
		diagnostics_error(diagnostics, ENOENT, (struct location){0},
				  "nothing is enforced here; gabelou apply POLICY begins");
	json_decref(last);
	diagnostics_free(&unheard);
	return -ENOENT;
}

int enforced_read(struct kernel *kernel, struct enforced *enforced, struct diagnostics *diagnostics)
{
	json_t *record;
	int error = kernel_record(kernel, &record, diagnostics);

	if (error == -ENOENT)
		return nothing_enforced(kernel, diagnostics);
	if (!error)
		error = manifest_read(record, &enforced->manifest, diagnostics);
	if (!error)
		error = kernel_interfaces(kernel, &enforced->interfaces, &enforced->interface_count,
					  diagnostics);
	return error;
}

int enforced_manifest(struct manifest **manifest, struct diagnostics *diagnostics)
{
	struct kernel *kernel = NULL;
	json_t *record = NULL;
	int error = kernel_open(KERNEL_READ, &kernel, diagnostics);

	if (!error)
		error = kernel_record(kernel, &record, diagnostics);
	kernel_close(kernel);
	return error ? error : manifest_read(record, manifest, diagnostics);
}

void enforced_free(struct enforced *enforced)
{
	manifest_free(enforced->manifest);
	free(enforced->interfaces);
	*enforced = (struct enforced){0};
}

json_t *enforced_policy(const struct enforced *enforced)
{
	const struct policy_sources *sources = &enforced->manifest->sources;
	json_t *drop_ins = json_array();

	for (size_t i = 1; i < sources->count; i++)
		json_array_append_new(drop_ins, text_json(sources->items[i].file));
	return json_pack("{s:o, s:o, s:o, s:o}", "name", text_json(enforced->manifest->policy_name),
			 "file", text_json(enforced->manifest->policy_file), "sha256",
			 text_json(enforced->manifest->policy_sha256), "drop_ins", drop_ins);
}

bool enforced_is_exit(const struct kernel_interface *interface)
{
	return strcmp(interface->role, "loopback") != 0;
}

json_t *enforced_interfaces(const struct enforced *enforced)
{
	json_t *interfaces = json_array();

	for (size_t i = 0; i < enforced->interface_count; i++) {
		const struct kernel_interface *interface = &enforced->interfaces[i];

		if (!enforced_is_exit(interface))
			continue;
		json_array_append_new(
			interfaces,
			json_pack("{s:o, s:I, s:s, s:o}", "name", text_json(interface->name),
				  "ifindex", (json_int_t)interface->ifindex, "role",
				  interface->role, "hook",
				  interface->guarded ? json_string(hook_name(interface->hook))
						     : json_null()));
	}
	return interfaces;
}

char *enforced_where(const struct enforced *enforced)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool any = false;

	if (!out)
		return NULL;
	for (size_t i = 0; i < enforced->interface_count; i++) {
		const struct kernel_interface *interface = &enforced->interfaces[i];

		if (!interface->guarded)
			continue;
		fprintf(out, "%s%s (%s)", any ? ", " : "", interface->name,
			hook_name(interface->hook));
		any = true;
	}
	if (!any)
		fputs("no interface", out);
	fclose(out);
	return text;
}
