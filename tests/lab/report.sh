#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: the log tells what happened, all of it: the first packet of a blocked flow at once, later
# ones in a summary, the sums equal to what was sent, what was lost counted; monitor mode logs the
# same and blocks nothing; an interface that appears is guarded.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

tap_needs_lab report
lab_begin || exit 1
lab_data
log=$lab_folder/log

# FILTER: a value over all lines of the log.
logged() {
	jq -s "$1" "$log"
}

start_agent() {
	lab_start "$guarded" "$gabelou" agent --log "$log" 2>"$lab_folder/agent"
	agent=$!
	lab_reads "$agent"
}

# --- the first packet at once, the later ones summed up ---

tap_try "apply" lab_gabelou apply "$lab_folder/french.yaml"
start_agent
lab_frames 1 udp4 "$german4" "$german6" >/dev/null
tap_try "the first packet is logged at once" lab_await 10 grep -q "$german4" "$log"
lab_frames 1 udp6 "$german4" "$german6" >/dev/null
lab_frames 24 udp4 "$german4" "$german6" >/dev/null
lab_frames 9 udp6 "$german4" "$german6" >/dev/null
lab_frames 5 mpls "$german4" "$german6" >/dev/null
lab_frames 5 udp4 "$french4" "$french6" >/dev/null

# Meanwhile: two readers would steal each other's events.
lab_in "$guarded" timeout 60 "$gabelou" agent >"$lab_folder/second" 2>&1
tap_is "a second agent is refused: exit" $? 3
tap_matches "and told why" "$(cat "$lab_folder/second")" '(another|already)'

tap_try "every line is JSON" jq -e . "$log"
lab_await 200 sh -c "[ \"\$(jq -s '[.[] | .network.packets // 0] | add' '$log')\" -ge 40 ]"
tap_is "events of the IPv4 flow add up" \
	"$(logged "[.[] | select(.destination.ip == \"$german4\") | .network.packets] | add")" 25
tap_is "its first event has one packet" \
	"$(logged "[.[] | select(.destination.ip == \"$german4\")][0] | [.gabelou.event, .network.packets]" | jq -c .)" \
	'["first",1]'
tap_is "its others are summaries" \
	"$(logged "[.[] | select(.destination.ip == \"$german4\")][1:] | map(.gabelou.event) | unique" | jq -c .)" \
	'["summary"]'
tap_is "events of the IPv6 flow add up" \
	"$(logged "[.[] | select(.destination.ip == \"$german6\") | .network.packets] | add")" 10
tap_is "events of frames with no IP add up" \
	"$(logged '[.[] | select(.gabelou.reason == "ethertype") | .network.packets] | add')" 5
tap_is "bytes are those of the frames" \
	"$(logged "[.[] | select(.destination.ip == \"$german4\") | .network.bytes] | add")" \
	$((25 * (14 + 20 + 8 + 40)))
tap_is "what was allowed is not logged" \
	"$(logged "[.[] | select(.destination.ip == \"$french4\")] | length")" 0
tap_is "sequence numbers have no gap" \
	"$(logged '[.[].event.sequence] | . as $s | [range(1; length)] | map($s[.] - $s[. - 1]) | unique' | jq -c .)" \
	'[1]'
# The fields of an ECS firewall denial.
tap_is "an event is an ECS denial" "$(logged "[.[] | select(.destination.ip == \"$german4\")][0] |
	[.event.kind, .event.category[0], (.event.type | join(\",\")), .event.action, .event.outcome,
	.network.direction, .network.type, .network.transport, .network.iana_number,
	.source.ip, .source.port, .destination.port, .destination.geo.country_iso_code,
	.destination.as.number, .rule.ruleset, .observer.egress.interface.name, .gabelou.reason,
	.gabelou.owner.country] | map(tostring) | join(\" \")" | jq -r .)" \
	"event network connection,denied dropped success egress ipv4 udp 17 $source4 40000 53 DE 64497 french $uplink soil DE"
tap_is "every line has its time, version and community id" "$(logged '[.[] |
	select(.destination.ip) | (.["@timestamp"] | test("^20[0-9-]+T[0-9:.]+Z$")) and
	(.ecs.version | test("^[89]")) and (.network.community_id | test("^1:"))] | unique' | jq -c .)" \
	'[true]'

# --- an interface that appears: guarded by the agent ---

hook=$(lab_gabelou status --json | jq -r '.interfaces[].hook')
lab_wire uplink1 02:00:00:00:01:01 wire1 02:00:00:00:01:02
lab_address "$guarded" uplink1 10.78.0.1/24
is_guarded() {
	[ "$(lab_gabelou status --json | jq -r '.interfaces[] | select(.name == "uplink1") | .hook')" = "$hook" ]
}
tap_try "the agent guards an interface that appears" lab_await 50 is_guarded
tap_is "and status finds nothing wrong" "$(lab_gabelou status --json | jq -c .problems)" '[]'
tap_try "apply again" lab_gabelou apply "$lab_folder/french.yaml"
tap_is "it is guarded" "$(lab_gabelou status --json | jq -r '.interfaces[] |
	select(.name == "uplink1") | .hook')" "$hook"
lab_new_cookie
arrived=$(lab_in "$far" "$lab_tools/arrivals" -i wire1 -c "$cookie" -- \
	nsenter --net="/run/netns/$guarded" "$lab_tools/frames" -i uplink1 -m 02:00:00:00:01:02 \
	-c "$cookie" -s 10.78.0.1 -S "$source6" -d "$german4" -D "$german6" -n 3 udp4)
tap_is "what goes out there is judged" "$arrived" 0
logged_there() {
	jq -se 'any(.[]; .observer.egress.interface.name == "uplink1")' "$log"
}
tap_try "and logged with its name" lab_await 30 logged_there
lab_in "$far" ip link del wire1
tap_is "it is forgotten when it goes" \
	"$(lab_gabelou status --json | jq -r '[.interfaces[].name] | join(" ")')" "$uplink"

# --- monitor ---

lab_policy watching "- soil: [FR]" "mode: monitor" >"$lab_folder/monitor.yaml"
tap_try "apply in monitor mode" lab_gabelou apply "$lab_folder/monitor.yaml"
tap_is "monitor mode lets all pass" "$(lab_enforced)" both
tap_is "status says so" "$(lab_gabelou status --json | jq -r .mode)" monitor
would() {
	jq -se "any(.[]; .event.action == \"would-drop\" and .destination.ip == \"$german4\")" "$log"
}
tap_try "and logs what it would drop, in the agent that was there before" lab_await 30 would
lab_stop "$agent"
tap_is "the agent ended by SIGTERM leaves whole lines" "$(tail -c 1 "$log" | od -An -c | tr -d ' ')" '\n'

# --- more flows than the ring holds ---

FLOWS=120000
tap_try "apply" lab_gabelou apply "$lab_folder/french.yaml"
: >"$log"
lost_before=$(lab_gabelou status --json | jq .events.lost)
lab_new_cookie
lab_in "$guarded" "$lab_tools/frames" -i "$uplink" -m "$wire_mac" -c "$cookie" -s "$source4" \
	-S "$source6" -d "$german4" -D "$german6" -n "$FLOWS" -v udp4
lost=$(($(lab_gabelou status --json | jq .events.lost) - lost_before))
tap_is "without an agent the ring fills and losses are counted" "$((lost > 0))" 1
start_agent
lab_stop "$agent" # it takes what is in the ring, and ends
tap_is "first events and losses are all the flows" \
	"$(($(jq -s '[.[] | select(.gabelou.event == "first")] | length' "$log") + lost))" "$FLOWS"
tap_try "the log says that it is not complete" grep -q 'events lost' "$log"
tap_is "the guard counted every packet" "$(lab_gabelou status --json |
	jq '[.reasons[] | select(.reason == "soil") | .packets] | add')" "$FLOWS"
tap_end
