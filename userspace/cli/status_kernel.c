// SPDX-License-Identifier: GPL-2.0-or-later
/* What this kernel lacks of what gabelou asks for, and what that costs. */
#include <sys/utsname.h>

#include "userspace/cli/page.h"
#include "userspace/cli/status.h"

/* What the apply was told to do without. */
static uint32_t taken_away(const struct manifest *manifest)
{
	const json_t *options = json_object_get(manifest->json, "kernel");

	return layers_named(json_object_get(options, "without"));
}

uint32_t status_layers(const struct manifest *manifest)
{
	return layers_probe(LAYERS_ALL) & ~taken_away(manifest);
}

void status_print_kernel(FILE *out, const struct status *status)
{
	uint32_t layers = status->layers, taken = taken_away(status->enforced.manifest);
	struct utsname name;

	if (uname(&name))
		return;
	if (layers == LAYERS_ALL) {
		page_field(out, "kernel", "%s, which lacks nothing", name.release);
		return;
	}
	page_field(out, "kernel", "%s, which lacks", name.release);
	for (enum layer layer = 0; layer < LAYERS; layer++)
		if (!(layers & LAYER_BIT(layer)))
			page_item(out, "", "%s (Linux %s%s): %s", layer_name(layer),
				  layer_since(layer),
				  taken & LAYER_BIT(layer) ? ", taken away" : "",
				  layer_without(layer));
}
