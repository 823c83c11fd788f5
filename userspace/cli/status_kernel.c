// SPDX-License-Identifier: GPL-2.0-or-later
/* What this kernel lacks of what gabelou asks for, and what that costs. */
#include <sys/utsname.h>

#include "userspace/cli/page.h"
#include "userspace/cli/status.h"

/* What the apply was told to do without is not there, either. */
uint32_t status_layers(const struct manifest *manifest)
{
	const json_t *options = json_object_get(manifest->json, "kernel");

	return layers_probe(LAYERS_ALL) & ~layers_named(json_object_get(options, "without"));
}

void status_print_kernel(FILE *out, uint32_t layers)
{
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
			page_item(out, "", "%s (Linux %s): %s", layer_name(layer),
				  layer_since(layer), layer_without(layer));
}
