// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/agent/resolver.h"

#include <errno.h>
#include <stdlib.h>

#include "userspace/flow/packet.h"

/* Generations that events in the ring may still name; the oldest makes way. */
#define KNOWN_MOST 8

struct known {
	uint32_t generation;       /* 0: free */
	struct manifest *manifest; /* NULL: there is none any more */
	bool same_data;            /* as the atlas */
};

struct resolver {
	struct kernel *kernel;
	struct atlas *atlas; /* NULL: cannot be read */
	struct known known[KNOWN_MOST];
	size_t next;
	uint32_t current;
	struct place place; /* of the last event, where no atlas has it */
};

struct resolver *resolver_new(struct kernel *kernel)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (resolver)
		resolver->kernel = kernel;
	return resolver;
}

void resolver_free(struct resolver *resolver)
{
	if (!resolver)
		return;
	for (size_t i = 0; i < KNOWN_MOST; i++)
		manifest_free(resolver->known[i].manifest);
	atlas_free(resolver->atlas);
	free(resolver);
}

static bool same_data(const struct resolver *resolver, const struct manifest *manifest)
{
	char changed[64];

	return resolver->atlas && manifest &&
	       manifest_same_data(manifest, resolver->atlas, changed, sizeof(changed));
}

static struct known *remember(struct resolver *resolver, uint32_t generation,
			      struct manifest *manifest)
{
	struct known *known = &resolver->known[resolver->next];

	manifest_free(known->manifest);
	*known = (struct known){generation, manifest, same_data(resolver, manifest)};
	resolver->next = (resolver->next + 1) % KNOWN_MOST;
	return known;
}

static struct known *find(struct resolver *resolver, uint32_t generation)
{
	struct diagnostics unheard = {0};
	struct manifest *manifest = NULL;
	json_t *record;

	for (size_t i = 0; i < KNOWN_MOST; i++)
		if (resolver->known[i].generation == generation)
			return &resolver->known[i];
	if (kernel_record_of(resolver->kernel, generation, &record, &unheard) != 0 ||
	    manifest_read(record, &manifest, &unheard) != 0)
		manifest = NULL;
	diagnostics_free(&unheard);
	return remember(resolver, generation, manifest);
}

/* The newest generation's data, unless it is held already. */
static int refresh_atlas(struct resolver *resolver, struct known *known,
			 struct diagnostics *diagnostics)
{
	struct atlas *atlas = NULL;
	int error;

	if (known->same_data)
		return 0;
	error = manifest_atlas(known->manifest, &atlas, diagnostics);
	atlas_free(resolver->atlas);
	resolver->atlas = atlas;
	for (size_t i = 0; i < KNOWN_MOST; i++)
		resolver->known[i].same_data = same_data(resolver, resolver->known[i].manifest);
	if (!error && !known->same_data)
		diagnostics_warn(diagnostics, (struct location){0},
				 "data changed on disk since generation %u was applied: events go "
				 "without ASN and operator; apply the policy again",
				 known->generation);
	return error;
}

int resolver_refresh(struct resolver *resolver, bool *changed, struct diagnostics *diagnostics)
{
	struct manifest *manifest;
	json_t *record;
	int error = kernel_record(resolver->kernel, &record, diagnostics);

	*changed = false;
	if (error)
		return error;
	uint32_t generation = (uint32_t)json_integer_value(json_object_get(record, "generation"));
	if (generation == resolver->current) {
		json_decref(record);
		return 0;
	}
	error = manifest_read(record, &manifest, diagnostics);
	if (error)
		return error;
	*changed = true;
	resolver->current = generation;
	refresh_atlas(resolver, remember(resolver, generation, manifest), diagnostics);
	return 0;
}

static void fill_from_atlas(struct resolver *resolver, const struct manifest *manifest,
			    struct address address, struct flow *flow)
{
	address = special_inner(manifest->nat64, manifest->nat64_count, address);
	flow->atlas = resolver->atlas;
	flow->place = atlas_place(resolver->atlas, atlas_lookup(resolver->atlas, address));
	flow->asn_operator = atlas_operator(resolver->atlas, flow->place->asn);
	flow->owner = atlas_owner(resolver->atlas, flow->place);
	flow->reach = atlas_reach(resolver->atlas, flow->place, manifest->registry);
}

static void fill_from_row(struct resolver *resolver, const struct manifest_row *row,
			  struct flow *flow)
{
	resolver->place = (struct place){
		.soil = row->info.soil,
		.state = row->info.state,
		.special = row->info.special,
	};
	flow->place = &resolver->place;
	flow->reach = row->info.reach;
}

void resolver_fill(struct resolver *resolver, const struct flow_event *event, struct flow *flow)
{
	const struct known *known = find(resolver, event->key.generation);
	const struct manifest *manifest = known->manifest;

	if (!manifest)
		return;
	flow->policy_name = manifest->policy_name;
	flow->rule_name = manifest_rule_name(manifest, event->rule);
	flow->rule_why = manifest_rule_why(manifest, event->rule);
	if (!packet_has_addresses(&event->key))
		return;
	if (known->same_data)
		fill_from_atlas(resolver, manifest, packet_destination(&event->key), flow);
	else if (event->row < manifest->row_count)
		fill_from_row(resolver, &manifest->rows[event->row], flow);
}

const struct manifest *resolver_current(const struct resolver *resolver)
{
	for (size_t i = 0; i < KNOWN_MOST; i++)
		if (resolver->current && resolver->known[i].generation == resolver->current)
			return resolver->known[i].manifest;
	return NULL;
}
