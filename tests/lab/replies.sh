#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: a server answers clients whom it may not call, on the ports that the policy names and on no
# other; over swaps, under a flood of forged SYNs, behind NAT, with TCX and with clsact; and nothing
# but answers leaves.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/tap.sh

root=$(lab_cgroup_root)
tap_needs_lab replies "$(command -v python3 >/dev/null || echo "needs python3")"
cgroup=${root:+$root/gabelou-test-$$}

lab_begin || exit 1
[ -z "$cgroup" ] || lab_cgroup "$cgroup" || exit 1
lab_data
lab_host "$french4" "$french6" "$german4" "$german6"

CONNECTIONS=20
SYNS=100000 # more than are kept of what is not proven
echo=tests/lab/echo.py

# NAME REPLIES: a policy that lets call France alone.
policy() {
	lab_policy "$1" "- soil: [FR]" "replies: $2" "sockets: ${cgroup:-off}" \
		>"$lab_folder/$1.yaml"
}
web='{on: 443/tcp, why: web}'
policy judge judge
grep -v '^replies:' "$lab_folder/judge.yaml" >"$lab_folder/silent.yaml"
policy all "[$web, {on: 444/tcp}, {on: 8443/tcp}, {on: 53-54/udp}, {on: 8/icmp}, {on: 128/icmpv6}]"
policy web "[$web]"
policy other "[{on: 444/tcp, why: not the web}]"

# How a client at ADDRESS sees us: HOW ADDRESS PORT [MORE...]
client() {
	local to=$source4
	case $2 in *:*) to=$source6 ;; esac
	lab_in "$far" python3 "$echo" "$1" "$2" "$to" "${@:3}"
}
status_of() {
	lab_gabelou status --json | jq -r "$1"
}
# How many of the connections that are held are answered?
exchange() {
	local answered
	echo >&"${held[1]}" && read -r -t 10 answered <&"${held[0]}"
	echo "${answered-none}"
}
# Our programs there: links of TCX by their pins, and filters of clsact.
programs_at_ingress() {
	local pins
	pins=/sys/fs/bpf/gabelou/ns-$(lab_in "$guarded" "$lab_tools/namespace-cookie")
	echo $(($(find "$pins" -name 'link-ingress-*' 2>/dev/null | wc -l) +
		$(lab_in "$guarded" tc filter show dev "$uplink" ingress 2>/dev/null | grep -c "handle.* ingress")))
}


# In the cgroup whose sockets are hooked, where there is one.
lab_start "$guarded" sh -c "$lab_enter_cgroup" "$cgroup" \
	python3 "$echo" serve 443,80,8443 53,55 >"$lab_folder/server"
lab_await 50 grep -q ready "$lab_folder/server" || exit 1

# --- a policy that does not say is asked about ---

# ANSWER: applies what does not say, at a terminal.
at_terminal() {
	lab_in "$guarded" python3 tests/lab/terminal.py "$1" "$gabelou" apply "$lab_folder/silent.yaml" 2>&1
}
said=$(at_terminal n)
tap_is "at a terminal, a no: exit" $? 1
tap_matches "what listens" "$said" 'Public sockets listen here: 80/tcp, 443/tcp, 8443/tcp, 53/udp, 55/udp'
tap_matches "the one line" "$said" '^  replies: judge$'
tap_matches "the other" "$said" '^  replies: \[\{on: 80/tcp\}, \{on: 443/tcp\}, .*\{on: 53/udp\}'
tap_matches "a no changes nothing" "$said" 'nothing was applied'
tap_is "nothing is enforced" "$(lab_gabelou status >/dev/null 2>&1; echo $?)" 1
tap_is "at a terminal, a yes: exit" "$(at_terminal y >/dev/null; echo $?)" 0
tap_is "in the night" "$(lab_gabelou apply "$lab_folder/silent.yaml" >"$lab_folder/said" 2>&1 </dev/null; echo $?)" 0
tap_matches "it warns" "$(cat "$lab_folder/said")" \
	'silent.yaml: public sockets listen here .*write `replies: judge`.*or `replies: \[\{on: 80/tcp\}'
tap_is "--strict refuses" \
	"$(lab_gabelou apply --strict "$lab_folder/silent.yaml" >/dev/null 2>&1; echo $?)" 1
tap_is "who has decided is not asked" \
	"$(lab_gabelou apply "$lab_folder/judge.yaml" 2>&1 >/dev/null | grep -c listen)" 0

# --- without a word about them, answers are judged ---

tap_try "judge" lab_gabelou apply "$lab_folder/judge.yaml"
tap_is "nothing stands where packets come in" "$(programs_at_ingress)" 0
tap_is "French TCP" "$(client tcp "$french4" 443)" ok
tap_is "German TCP" "$(client tcp "$german4" 443)" ETIMEDOUT
tap_is "German UDP" "$(client udp "$german4" 53 10 1)" 0
tap_is "German echo" "$(client echo "$german4" 56 1)" 0
if [ -n "$cgroup" ]; then
	tap_matches "the server is told" "$(cat "$lab_folder/server")" EPERM
else
	tap_skip "the server is told" "needs cgroup2"
fi

# --- connections from before ---

lab_gabelou detach >/dev/null
coproc before { client hold "$german4" 443 5; }
read -r -t 20 made <&"${before[0]}"
tap_is "connections without a guard" "$made" 5
tap_try "judge" lab_gabelou apply "$lab_folder/judge.yaml"
echo >&"${before[1]}"
read -r -t 20 made <&"${before[0]}"
tap_is "are cut where answers are judged" "$made" 0
tap_try "replies" lab_gabelou apply "$lab_folder/all.yaml"
echo >&"${before[1]}"
read -r -t 20 made <&"${before[0]}"
tap_is "and answered where their port is named" "$made" 5
exec {before[1]}>&-
wait "$before_PID" 2>/dev/null

# --- named ports, TCX ---

tap_try "replies" lab_gabelou apply "$lab_folder/all.yaml"
tap_is "one program stands there" "$(programs_at_ingress)" 1
refusals=$(grep -c EPERM "$lab_folder/server")
for address in "$french4" "$french6" "$german4" "$german6"; do
	tap_is "TCP of $address" "$(client tcp "$address" 443)" ok
	tap_is "TCP of $address, nobody listens" "$(client tcp "$address" 444)" ECONNREFUSED
	tap_is "UDP of $address" "$(client udp "$address" 53 100 3)" 3
	tap_is "UDP of $address, nobody listens" "$(client udp "$address" 54 100 2)" ECONNREFUSED
	tap_is "UDP of $address in fragments" "$(client udp "$address" 53 4000 3)" 3
	tap_is "echo of $address" "$(client echo "$address" 56 2)" 2
	tap_is "echo of $address in fragments" "$(client echo "$address" 4000 2)" 2
done
tap_is "the server is not refused" "$(grep -c EPERM "$lab_folder/server")" "$refusals"
tap_is "German TCP to a port that is not named" "$(client tcp "$german4" 80)" ETIMEDOUT
tap_is "German UDP to a port that is not named" "$(client udp "$german4" 55 10 1)" 0
lab_listen 443 || exit 1
for address in "$german4" "$german6"; do
	tap_is "a connection from a named port to $address" \
		"$(lab_in "$guarded" python3 "$echo" from 444 "$address" 2>&1)" ETIMEDOUT
	tap_is "no packet of it arrives" \
		"$(lab_arrivals -d "$address" -- python3 "$echo" from 444 "$address" 2>&1 |
			tail -n 1)" 0
done
tap_is "answers are counted apart, by soil" "$(status_of \
	'[.counters[] | select(.reply and .soil == "DE" and .owner == "DE") | .packets > 20] | all')" true
tap_is "none to France" "$(status_of '[.counters[] | select(.reply and .soil == "FR")] | length')" 0
tap_is "and as a reason" "$(status_of \
	'[.reasons[] | select(.reason == "reply") | .verdict] | join(" ")')" allow
tap_matches "metrics tell them apart" "$(lab_gabelou status --metrics)" \
	'gabelou_soil_bytes_total\{soil="DE",owner="DE",verdict="allow",reply="yes"\} [1-9]'
tap_matches "status shows them" "$(lab_gabelou status)" 'reply  DE   DE  +[1-9]'

# --- swaps ---

coproc held { client hold "$german4" 443 "$CONNECTIONS"; }
read -r -t 20 made <&"${held[0]}"
tap_is "connections are made" "$made" "$CONNECTIONS"
tap_is "and answered" "$(exchange)" "$CONNECTIONS"
tap_try "another policy" lab_gabelou apply "$lab_folder/web.yaml"
tap_is "swapped under them" "$(exchange)" "$CONNECTIONS"
tap_try "the port is dropped" lab_gabelou apply "$lab_folder/other.yaml"
tap_is "then nothing answers" "$(exchange)" 0
tap_try "and named again" lab_gabelou apply "$lab_folder/all.yaml"
tap_is "answers are back" "$(exchange)" "$CONNECTIONS"

# --- a flood ---

lab_in "$far" "$lab_tools/syns" "$wire" "$uplink_mac" 5.1.5.0 "$source4" 443 60 "$SYNS" \
	>"$lab_folder/flood" &
flood=$!
tap_is "under a flood of forged SYNs" "$(exchange)" "$CONNECTIONS"
wait "$flood"
read -r sent rate <"$lab_folder/flood"
tap_is "sent ($rate a second)" "$((sent >= SYNS))" 1
tap_is "after it" "$(exchange)" "$CONNECTIONS"
tap_is "a new one after it" "$(client tcp "$german6" 443)" ok

# --- behind NAT ---

if lab_in "$guarded" nft -f - 2>/dev/null <<-END; then
	table ip lab { chain in { type nat hook prerouting priority -100;
	tcp dport 443 redirect to :80; }; }
END
	tap_is "German TCP, redirected here" "$(client tcp "$german4" 443)" ok
	lab_in "$guarded" nft delete table ip lab
else
	tap_skip "German TCP, redirected here" "needs nft and NAT"
fi

# --- clsact ---

tap_try "without TCX" env GABELOU_WITHOUT=tcx bash -c '. scripts/lab.sh; guarded=$1
	lab_gabelou apply "$2"' - "$guarded" "$lab_folder/all.yaml"
tap_is "one program stands there, at clsact" "$(programs_at_ingress)" 1
lab_in "$guarded" tc filter del dev "$uplink" ingress
tap_matches "status tells when it was taken off" "$(lab_gabelou status)" \
	"$uplink does not note what comes in"
tap_try "the next apply puts it back" env GABELOU_WITHOUT=tcx bash -c '. scripts/lab.sh; guarded=$1
	lab_gabelou apply "$2"' - "$guarded" "$lab_folder/all.yaml"
tap_is "no problem with it any more" "$(lab_gabelou status | grep -c 'does not note')" 0
tap_is "the connections live" "$(exchange)" "$CONNECTIONS"
tap_is "German TCP through clsact" "$(client tcp "$german4" 443)" ok
tap_try "TCX again" lab_gabelou apply "$lab_folder/all.yaml"
tap_is "one program stands there, at TCX" "$(programs_at_ingress)" 1
tap_is "the connections live on" "$(exchange)" "$CONNECTIONS"

# --- and nothing of it is left ---

tap_try "judge again" lab_gabelou apply "$lab_folder/judge.yaml"
tap_is "nothing stands where packets come in any more" "$(programs_at_ingress)" 0
tap_try "replies again" lab_gabelou apply "$lab_folder/all.yaml"
tap_try "detach" lab_gabelou detach
tap_is "nothing stands there after a detach" "$(programs_at_ingress)" 0
tap_end
