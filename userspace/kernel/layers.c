// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/kernel/layers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/kernel/message.h"

#define GLOSS_SIZE 512

static const struct {
	const char *name, *since, *without;
} texts[LAYERS] = {
#define LAYER(identifier, name, since, without) {name, since, without},
	KERNEL_LAYERS(LAYER)
#undef LAYER
};

const char *layer_name(enum layer layer)
{
	return texts[layer].name;
}

const char *layer_since(enum layer layer)
{
	return texts[layer].since;
}

const char *layer_without(enum layer layer)
{
	return texts[layer].without;
}

bool layer_is_needed(enum layer layer)
{
	return strcmp(texts[layer].without, LAYER_NEEDED) == 0;
}

static uint32_t needed(void)
{
	uint32_t layers = 0;

	for (enum layer layer = 0; layer < LAYERS; layer++)
		layers |= layer_is_needed(layer) ? LAYER_BIT(layer) : 0;
	return layers;
}

int layers_require(uint32_t wanted, uint32_t without, struct diagnostics *diagnostics)
{
	uint32_t all = wanted | needed(), missing = all & ~(layers_probe(all) & ~without);

	for (enum layer layer = 0; layer < LAYERS; layer++)
		if (missing & LAYER_BIT(layer))
			return message(diagnostics, -ENOTSUP,
				       "this kernel lacks %s (it came with Linux %s): %s",
				       layer_name(layer), layer_since(layer), layer_without(layer));
	return 0;
}

/* LAYERS: there is none of this name. */
static enum layer find(const char *name, size_t length)
{
	enum layer layer = 0;

	while (layer < LAYERS && (strlen(texts[layer].name) != length ||
				  strncmp(texts[layer].name, name, length) != 0))
		layer++;
	return layer;
}

static int unknown(const char *name, size_t length, struct diagnostics *diagnostics)
{
	char known[GLOSS_SIZE] = "";

	for (enum layer layer = 0; layer < LAYERS; layer++) {
		size_t have = strlen(known);

		snprintf(known + have, sizeof(known) - have, "%s%s", layer ? ", " : "",
			 texts[layer].name);
	}
	return message(diagnostics, -EINVAL,
		       "GABELOU_WITHOUT: %.*s is no layer of a kernel; write of these, with commas "
		       "between: %s",
		       (int)length, name, known);
}

int layers_parse(const char *list, uint32_t *layers, struct diagnostics *diagnostics)
{
	uint32_t read = 0;

	for (const char *at = list; at && *at;) {
		size_t length = strcspn(at, ",");
		enum layer layer = find(at, length);

		if (layer == LAYERS)
			return unknown(at, length, diagnostics);
		read |= LAYER_BIT(layer);
		at += length + (at[length] == ',');
	}
	*layers = read;
	return 0;
}

json_t *layers_names(uint32_t layers)
{
	json_t *names = json_array();

	for (enum layer layer = 0; layer < LAYERS; layer++)
		if (layers & LAYER_BIT(layer))
			json_array_append_new(names, json_string(texts[layer].name));
	return names;
}

uint32_t layers_named(const json_t *names)
{
	uint32_t layers = 0;

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		enum layer layer = name ? find(name, strlen(name)) : LAYERS;

		layers |= layer < LAYERS ? LAYER_BIT(layer) : 0;
	}
	return layers;
}

json_t *layers_json(uint32_t present)
{
	json_t *list = json_array();

	for (enum layer layer = 0; layer < LAYERS; layer++)
		json_array_append_new(
			list, json_pack("{s:s, s:b, s:s, s:s}", "feature", texts[layer].name,
					"present", (present & LAYER_BIT(layer)) != 0, "since",
					texts[layer].since, "without", texts[layer].without));
	return list;
}
