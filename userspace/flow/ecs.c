// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flow events as ECS 9 (elastic/ecs), by its categorisation guide's example of a firewall denial.
 *
 * ECS has no words for soil, owner and generation: those stand under "gabelou".
 */
#include <stdio.h>
#include <string.h>

#include "userspace/flow/flow.h"
#include "userspace/flow/packet.h"
#include "userspace/flow/text.h"

#define ECS_VERSION "9.0.0"

/* Where it was judged: at the port of a gateway it came in, at a guard it was to go out. */
static json_t *observer(const char *hostname, const char *interface_name, bool gateway)
{
	json_t *observer = json_pack("{s:s, s:s, s:s, s:s, s:o}", "vendor", "gabelou", "product",
				     "gabelou", "version", GABELOU_VERSION, "type", "firewall",
				     "hostname", text_json(hostname));

	if (observer && interface_name)
		json_object_set_new(
			observer, gateway ? "ingress" : "egress",
			json_pack("{s:{s:o}}", "interface", "name", text_json(interface_name)));
	return observer;
}

static const char *action_of(uint8_t flags)
{
	if (flags & EVENT_MONITOR)
		return "would-drop";
	if (flags & EVENT_PAUSED)
		return "paused";
	if (flags & EVENT_SOCKET)
		return "refused";
	return flags & EVENT_REJECTED ? "rejected" : "dropped";
}

/* In monitor mode and in a pause the packet went on: to say "denied" would put it in every count of
 * denials. */
static json_t *event_part(const struct flow *flow)
{
	const struct flow_event *event = flow->event;
	int64_t lasted = event->time > event->first ? (int64_t)(event->time - event->first) : 0;
	bool passed = event->flags & (EVENT_MONITOR | EVENT_PAUSED);
	char start[TIME_TEXT_SIZE], end[TIME_TEXT_SIZE];

	return json_pack("{s:s, s:[s], s:[s,s], s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:s, s:s}",
			 "kind", "event", "category", "network", "type", "connection",
			 passed ? "allowed" : "denied", "action", action_of(event->flags),
			 "outcome", "success", "reason", reason_text(event->key.reason), "sequence",
			 (json_int_t)flow->sequence, "start",
			 text_time(flow->time_realtime_ns - lasted, start), "end",
			 text_time(flow->time_realtime_ns, end), "duration", (json_int_t)lasted,
			 "dataset", "gabelou.flow", "module", "gabelou");
}

/* A socket that is refused may not have an address yet. */
static bool has_source(const struct flow_event *event)
{
	static const uint8_t none[sizeof(event->key.source)];

	return packet_has_addresses(&event->key) &&
	       (!(event->flags & EVENT_SOCKET) ||
		memcmp(event->key.source, none, sizeof(none)) != 0);
}

static json_t *network_part(const struct flow_event *event)
{
	const struct flow_key *key = &event->key;
	char community_id[32], number[4];
	/* Out of this host, or out of the networks behind this gateway. */
	json_t *network = json_pack("{s:s, s:I, s:I}", "direction",
				    event->flags & EVENT_GATEWAY ? "outbound" : "egress", "packets",
				    (json_int_t)event->packets, "bytes", (json_int_t)event->bytes);

	if (!network)
		return NULL;
	if (key->ethertype == ETHERTYPE_IPV4 || key->ethertype == ETHERTYPE_IPV6) {
		json_object_set_new(
			network, "type",
			json_string(key->ethertype == ETHERTYPE_IPV4 ? "ipv4" : "ipv6"));
	}
	if (packet_has_addresses(key)) {
		if (packet_transport(key))
			json_object_set_new(network, "transport",
					    json_string(packet_transport(key)));
		snprintf(number, sizeof(number), "%u", key->protocol);
		json_object_set_new(network, "iana_number", json_string(number));
		if (has_source(event))
			json_object_set_new(network, "community_id",
					    json_string(flow_community_id(event, community_id)));
	}
	return network;
}

static json_t *endpoint(const struct flow_key *key, struct address address, uint16_t port)
{
	char text[ADDRESS_TEXT_SIZE];
	json_t *part = json_pack("{s:s}", "ip", address_format(address, text));

	if (part && packet_has_ports(key))
		json_object_set_new(part, "port", json_integer(port));
	return part;
}

static json_t *destination_part(const struct flow *flow)
{
	const struct flow_key *key = &flow->event->key;
	json_t *part = endpoint(key, packet_destination(key), key->destination_port);

	if (!part || !flow->place)
		return part;
	if (flow->place->state == SOIL_AGREED)
		json_object_set_new(part, "geo",
				    json_pack("{s:o}", "country_iso_code",
					      text_json_country(flow->place->soil)));
	if (flow->place->asn) {
		json_t *as = json_pack("{s:I}", "number", (json_int_t)flow->place->asn);

		if (as && flow->asn_operator && *flow->asn_operator->name)
			json_object_set_new(
				as, "organization",
				json_pack("{s:o}", "name", text_json(flow->asn_operator->name)));
		json_object_set_new(part, "as", as);
	}
	return part;
}

static json_t *rule_part(const struct flow *flow)
{
	char version[16], id[8];
	json_t *rule;

	snprintf(version, sizeof(version), "%u", flow->event->key.generation);
	rule = json_pack("{s:o, s:s}", "ruleset", text_json(flow->policy_name), "version", version);
	if (rule && flow->rule_name) {
		json_object_set_new(rule, "name", text_json(flow->rule_name));
		snprintf(id, sizeof(id), "%u", flow->event->rule);
		json_object_set_new(rule, "id", json_string(id));
		if (flow->rule_why)
			json_object_set_new(rule, "description", text_json(flow->rule_why));
	}
	return rule;
}

static json_t *owner_part(const struct flow *flow)
{
	const struct asn_operator *holder = flow->owner;
	json_t *owner = json_pack("{s:o}", "reach", text_json_reach(&flow->reach));

	if (!owner)
		return NULL;
	json_object_set_new(owner, "basis",
			    json_string(owner_basis_name(owner_basis_of(holder, &flow->reach))));
	if (!holder)
		return owner;
	if (holder->parent_country)
		json_object_set_new(owner, "country", text_json_country(holder->parent_country));
	if (*holder->parent)
		json_object_set_new(owner, "parent", text_json(holder->parent));
	if (holder->seat)
		json_object_set_new(owner, "seat", text_json_country(holder->seat));
	return owner;
}

static json_t *word_of(const struct source *source, country_t country)
{
	return json_pack("{s:o, s:o, s:o}", "name", text_json(source->name), "country",
			 text_json_country(country), "date", text_json(source->date));
}

/* Each soil source's word, and that of the feed whose space it is. */
static json_t *sources_part(const struct flow *flow)
{
	const struct place *place = flow->place;
	json_t *sources = json_array();

	for (size_t i = 0; i < atlas_soil_source_count(flow->atlas); i++)
		json_array_append_new(sources,
				      word_of(atlas_source(flow->atlas, i), place->votes[i]));
	if (place->feed)
		json_array_append_new(
			sources, word_of(atlas_feed(flow->atlas, place->feed), place->feed_soil));
	return sources;
}

/* What of the sender is known: it has no words in a packet. */
static json_t *process_part(const struct sender *sender)
{
	char command[COMMAND_SIZE + 1] = "";
	json_t *process = json_pack("{s:I}", "pid", (json_int_t)sender->process);

	memcpy(command, sender->command, COMMAND_SIZE);
	if (process && *command)
		json_object_set_new(process, "name", text_json(command));
	return process;
}

static json_t *user_part(const struct sender *sender)
{
	char id[16];

	snprintf(id, sizeof(id), "%u", sender->user);
	return json_pack("{s:s}", "id", id);
}

static json_t *cgroup_part(const struct flow *flow)
{
	json_t *cgroup = json_pack("{s:I}", "id", (json_int_t)flow->event->sender.cgroup);

	if (cgroup && flow->cgroup)
		json_object_set_new(cgroup, "path", text_json(flow->cgroup));
	return cgroup;
}

static json_t *gabelou_part(const struct flow *flow)
{
	const struct flow_key *key = &flow->event->key;
	json_t *part = json_pack("{s:I, s:s, s:s}", "generation", (json_int_t)key->generation,
				 "reason", reason_name(key->reason), "event",
				 flow->event->kind == EVENT_SUMMARY ? "summary" : "first");

	if (!part)
		return NULL;
	if (flow->place) {
		json_object_set_new(
			part, "soil",
			json_pack("{s:s}", "state", soil_state_name(flow->place->state)));
		json_object_set_new(part, "owner", owner_part(flow));
		if (flow->atlas && flow->place->state != SOIL_SPECIAL)
			json_object_set_new(part, "sources", sources_part(flow));
	}
	if (packet_is_icmp(key))
		json_object_set_new(part, "icmp",
				    json_pack("{s:i, s:i}", "type", key->destination_port >> 8,
					      "code", key->destination_port & 0xff));
	if (flow->event->sender.cgroup)
		json_object_set_new(part, "cgroup", cgroup_part(flow));
	if (!packet_has_addresses(key) && key->ethertype) {
		char ethertype[8];

		snprintf(ethertype, sizeof(ethertype), "0x%04x", key->ethertype);
		json_object_set_new(part, "ethertype", json_string(ethertype));
	}
	return part;
}

static json_t *envelope(int64_t realtime_ns, json_t *event)
{
	char time[TIME_TEXT_SIZE];

	return json_pack("{s:s, s:{s:s}, s:o}", "@timestamp", text_time(realtime_ns, time), "ecs",
			 "version", ECS_VERSION, "event", event);
}

json_t *flow_ecs(const struct flow *flow)
{
	const struct flow_key *key = &flow->event->key;
	json_t *line = envelope(flow->time_realtime_ns, event_part(flow));
	int failed = 0;

	if (!line)
		return NULL;
	failed |= json_object_set_new(line, "network", network_part(flow->event));
	if (has_source(flow->event))
		failed |= json_object_set_new(line, "source",
					      endpoint(key, packet_source(key), key->source_port));
	if (packet_has_addresses(key))
		failed |= json_object_set_new(line, "destination", destination_part(flow));
	failed |= json_object_set_new(line, "rule", rule_part(flow));
	failed |= json_object_set_new(
		line, "observer",
		observer(flow->hostname, flow->interface_name, flow->event->flags & EVENT_GATEWAY));
	if (flow->event->sender.process)
		failed |= json_object_set_new(line, "process", process_part(&flow->event->sender));
	if (flow->event->sender.user != USER_UNKNOWN)
		failed |= json_object_set_new(line, "user", user_part(&flow->event->sender));
	failed |= json_object_set_new(line, "gabelou", gabelou_part(flow));
	if (failed) {
		json_decref(line);
		return NULL;
	}
	return line;
}

static json_t *note(uint64_t sequence, int64_t time_realtime_ns, const char *type,
		    const char *action, const char *outcome)
{
	return envelope(time_realtime_ns,
			json_pack("{s:s, s:[s], s:[s], s:s, s:s, s:I, s:s, s:s}", "kind", "event",
				  "category", "network", "type", type, "action", action, "outcome",
				  outcome, "sequence", (json_int_t)sequence, "dataset",
				  "gabelou.flow", "module", "gabelou"));
}

json_t *flow_ecs_lost(const struct flow_loss *loss)
{
	char message[64];
	json_t *line =
		note(loss->sequence, loss->time_realtime_ns, "info", "events-lost", "failure");

	if (!line)
		return NULL;
	snprintf(message, sizeof(message), "events lost: %llu", (unsigned long long)loss->lost);
	json_object_set_new(line, "message", json_string(message));
	json_object_set_new(line, "observer", observer(loss->hostname, NULL, false));
	json_object_set_new(line, "gabelou",
			    json_pack("{s:{s:I, s:s}}", "lost", "events", (json_int_t)loss->lost,
				      "where", loss->where));
	return line;
}

json_t *flow_ecs_foreign(const struct flow_foreign *foreign)
{
	char message[192];
	json_t *line = note(foreign->sequence, foreign->time_realtime_ns, "change",
			    "program-appeared", "success");

	if (!line)
		return NULL;
	snprintf(message, sizeof(message), "program appeared: %s (%u) on %s, %s%s",
		 *foreign->program_name ? foreign->program_name : "?", foreign->program,
		 foreign->interface_name, foreign->hook,
		 foreign->in_front ? ", in front of the guard" : "");
	json_object_set_new(line, "message", text_json(message));
	json_object_set_new(line, "observer",
			    observer(foreign->hostname, foreign->interface_name, false));
	json_object_set_new(line, "gabelou",
			    json_pack("{s:{s:s, s:I, s:o, s:b}}", "foreign", "hook", foreign->hook,
				      "program", (json_int_t)foreign->program, "name",
				      text_json(foreign->program_name), "in_front",
				      foreign->in_front));
	return line;
}

json_t *flow_ecs_notice(const struct flow_notice *notice)
{
	json_t *line =
		note(notice->sequence, notice->time_realtime_ns, "info", notice->action, "success");

	if (!line)
		return NULL;
	json_object_set_new(line, "message", text_json(notice->message));
	json_object_set_new(line, "observer", observer(notice->hostname, NULL, false));
	return line;
}

json_t *flow_ecs_bypass(const struct flow_bypass *bypass)
{
	char message[128];
	json_t *line = note(bypass->sequence, bypass->time_realtime_ns, "info", "guard-bypassed",
			    "success");

	if (!line)
		return NULL;
	snprintf(message, sizeof(message), "bypass: %llu packet%s left %s past the guard",
		 (unsigned long long)bypass->packets, bypass->packets == 1 ? "" : "s",
		 bypass->interface_name);
	json_object_set_new(json_object_get(line, "event"), "kind", json_string("alert"));
	json_object_set_new(line, "message", text_json(message));
	json_object_set_new(line, "observer",
			    observer(bypass->hostname, bypass->interface_name, false));
	json_object_set_new(line, "gabelou",
			    json_pack("{s:{s:I, s:I}}", "bypass", "packets",
				      (json_int_t)bypass->packets, "total",
				      (json_int_t)bypass->total));
	return line;
}
