// SPDX-License-Identifier: GPL-2.0-or-later
#include "userspace/cli/explanation.h"

#include <time.h>

/* Without an atlas, the row of the enforced table is what is left: no ASN, no source's word. */
static void fill_from_manifest(const struct manifest *manifest, struct explanation *explanation)
{
	uint16_t class = explanation->decision.class;

	if (!manifest || class >= manifest->row_count)
		return;
	const struct class_info *info = &manifest->rows[class].info;

	explanation->place.soil = info->soil;
	explanation->place.state = info->state;
	explanation->place.special = info->special;
	explanation->reach = info->reach;
}

size_t explanation_rules(const struct explainer *explainer, size_t *first)
{
	*first = 0;
	if (explainer->scope > explainer->policy->scope_count)
		return explainer->policy->rule_count;
	return policy_of_scope(explainer->policy, explainer->scope, first).rule_count;
}

struct explanation explanation_begin(const struct explainer *explainer, const char *target,
				     struct address address, const struct service *service)
{
	/* What holds of whatever is sent there: an exception for a port does not. */
	const struct table_flow flow = {.protocol = service ? service->protocol : 0,
					.later_fragment = !service,
					.port = service ? service->low : 0,
					.seconds = time(NULL),
					.scope = explainer->scope};
	struct explanation explanation = {
		.target = target,
		.address = address,
		.judged = table_inner_in(explainer->table, explainer->scope, address),
		.decision = table_judge_flow(explainer->table, address, &flow),
		.has_service = service != NULL,
	};

	if (service)
		explanation.service = *service;
	if (explainer->atlas)
		explanation.place_number = atlas_lookup(explainer->atlas, explanation.judged);
	return explanation;
}

void explanation_complete(const struct explainer *explainer, struct explanation *explanation)
{
	const struct atlas *atlas = explainer->atlas;

	if (!atlas) {
		fill_from_manifest(explainer->manifest, explanation);
		return;
	}
	explanation->place = *atlas_place(atlas, explanation->place_number);
	explanation->asn_operator = atlas_operator(atlas, explanation->place.asn);
	explanation->owner = atlas_owner(atlas, &explanation->place);
	explanation->reach = atlas_reach(atlas, &explanation->place,
					 explainer->policy->unlisted == POLICY_UNLISTED_REGISTRY);
	explanation->basis = owner_basis_of(explanation->owner, &explanation->reach);
}

struct explanation explanation_of(const struct explainer *explainer, const char *target,
				  struct address address, const struct service *service)
{
	struct explanation explanation = explanation_begin(explainer, target, address, service);

	explanation_complete(explainer, &explanation);
	return explanation;
}

const char *explanation_special(enum special special)
{
	switch (special) {
	case SPECIAL_PRIVATE:
		return "private space (RFC 1918, RFC 4193, RFC 6598)";
	case SPECIAL_LINK:
		return "link-local space";
	case SPECIAL_LINK_MULTICAST:
		return "multicast or broadcast on the link";
	case SPECIAL_MULTICAST:
		return "multicast";
	case SPECIAL_LOOPBACK:
		return "loopback";
	case SPECIAL_RESERVED:
		return "reserved or unassigned space";
	default:
		return "special-use space";
	}
}

const char *explanation_agree(const struct explainer *explainer)
{
	return explainer->atlas ? data_agree_name(atlas_agree(explainer->atlas)) : NULL;
}
