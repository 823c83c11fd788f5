#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: every reason code is produced by real packets. For each form of packet and each kind of
# destination: without a guard it arrives at the far end; with one it arrives only if it is
# allowed, and the counter of its reason rises by exactly the number that was sent.
#
# "internal" is a fault of the table and made in tests/prog, "checksum" is a lie that paths.sh tells,
# "gateway" is what gateway.sh is for, "bypass" what sockets_hook.sh is for, "reply" and "reply-full"
# what replies.sh is for; "lifeline" and "rule-except" come in together.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/tap.sh

tap_needs_lab reasons
lab_begin || exit 1

SENT=3
ALLOWED4=5.1.1.9 ALLOWED6=2a00:5:1::9 # nobody answers there
HOST4=5.1.1.7 HOST6=2a00:5:1::7

# --- data in which every kind of place exists ---

# First source; the second contradicts it about x.6.
soil_of() {
	cat <<-END
		5.1.1.0,5.1.1.255,FR
		5.1.2.0,5.1.2.255,FR
		5.1.3.0,5.1.3.255,FR
		5.1.4.0,5.1.4.255,FR
		5.1.5.0,5.1.5.255,DE
		5.1.6.0,5.1.6.255,$1
		5.1.8.0,5.1.8.255,FR
		5.1.9.0,5.1.9.255,FR
		2a00:5:1::,2a00:5:1:ffff:ffff:ffff:ffff:ffff,FR
		2a00:5:2::,2a00:5:2:ffff:ffff:ffff:ffff:ffff,FR
		2a00:5:3::,2a00:5:3:ffff:ffff:ffff:ffff:ffff,FR
		2a00:5:4::,2a00:5:4:ffff:ffff:ffff:ffff:ffff,FR
		2a00:5:5::,2a00:5:5:ffff:ffff:ffff:ffff:ffff,DE
		2a00:5:6::,2a00:5:6:ffff:ffff:ffff:ffff:ffff,$1
		2a00:5:8::,2a00:5:8:ffff:ffff:ffff:ffff:ffff,FR
		2a00:5:9::,2a00:5:9:ffff:ffff:ffff:ffff:ffff,FR
	END
}

# x.4 is announced by nobody.
asn_of() {
	cat <<-END
		5.1.1.0,5.1.1.255,64496,Ours
		5.1.2.0,5.1.2.255,64497,Owned abroad
		5.1.3.0,5.1.3.255,64498,Unlisted
		5.1.5.0,5.1.7.255,64496,Ours
		5.1.8.0,5.1.8.255,64499,Denied
		5.1.9.0,5.1.9.255,64496,Ours
		2a00:5:1::,2a00:5:1:ffff:ffff:ffff:ffff:ffff,64496,Ours
		2a00:5:2::,2a00:5:2:ffff:ffff:ffff:ffff:ffff,64497,Owned abroad
		2a00:5:3::,2a00:5:3:ffff:ffff:ffff:ffff:ffff,64498,Unlisted
		2a00:5:5::,2a00:5:7:ffff:ffff:ffff:ffff:ffff,64496,Ours
		2a00:5:8::,2a00:5:8:ffff:ffff:ffff:ffff:ffff,64499,Denied
		2a00:5:9::,2a00:5:9:ffff:ffff:ffff:ffff:ffff,64496,Ours
	END
}

soil_of FR >"$lab_folder/soil-one.csv"
soil_of DE >"$lab_folder/soil-two.csv"
asn_of >"$lab_folder/asn.csv"
cat >"$lab_folder/owners.csv" <<-END
	64496,Ours SA,Ours SA,FR,FR,2020-01-01,test
	64497,Abroad SAS,Abroad Inc,US,FR,2020-01-01,test
	64499,Denied Ltd,Denied Ltd,CN,CN,2020-01-01,test
END

# The embedded data, but for the list of anycast prefixes.
mkdir "$lab_folder/data"
ln -s "$lab_root"/data/* "$lab_folder/data"
rm -f "$lab_folder/data/anycast.csv"
cat >"$lab_folder/data/anycast.csv" <<-END
	5.1.9.0/24,2020-01-01,test
	2a00:5:9::/48,2020-01-01,test
END
export GABELOU_DATA=$lab_folder/data

policy() {
	cat <<-END
		gabelou: 1
		name: reasons
		mode: enforce
		data:
		  soil: [{file: soil-one.csv}, {file: soil-two.csv}]
		  asn: [asn.csv]
		  owner: [owners.csv]
		  agree: majority
		  max-age: {warn: 3649d, stale: 3650d}
		local: private
	END
	cat
}

policy >"$lab_folder/first.yaml" <<-END
	control: [default]
	allow:
	  - soil: [FR]
	    owner: [EU]
	deny:
	  - owner: [CN]
END
# Its only rule is for another network, and it names hardly any control protocol.
policy >"$lab_folder/second.yaml" <<-END
	control: [arp, nd]
	allow:
	  - asn: [64497]
END

# FORM DESTINATION REASON, in the order of the atlas' kinds of place.
destinations() {
	local place reason
	while read -r place reason; do
		echo "udp4 5.1.$place.9 $reason"
		echo "tcp4 5.1.$place.9 $reason"
		echo "fragment4-later 5.1.$place.9 $reason"
		echo "vlan 5.1.$place.9 $reason"
		echo "udp6 2a00:5:$place::9 $reason"
		echo "tcp6 2a00:5:$place::9 $reason"
		echo "fragment6-later 2a00:5:$place::9 $reason"
		# the IPv4 address inside an IPv6 one decides
		echo "udp6 ::ffff:5.1.$place.9 $reason"
		echo "udp6 64:ff9b::5.1.$place.9 $reason"
		echo "udp6 2002:501:${place}09::1 $reason"
		echo "udp6 2001:0:102:304:0:ffff:fafe:$(printf %x $((0xfff6 - place * 0x100))) $reason"
	done <<-END
		1 rule-allow
		2 owner
		3 owner-unknown
		4 unrouted
		5 soil
		6 soil-contested
		7 soil-unknown
		8 rule-deny
		9 anycast
	END
	cat <<-END
		udp4 10.77.0.2 local
		udp4 192.168.7.7 local
		udp4 100.64.7.7 local
		udp4 169.254.7.7 local
		udp4 224.0.0.251 local
		udp4 255.255.255.255 local
		udp6 fd77::2 local
		udp6 fe80::7 local
		udp6 ff02::fb local
		udp4 192.0.2.7 special
		udp4 198.18.0.7 special
		udp4 240.0.0.7 special
		udp4 0.0.0.7 special
		udp6 2001:db8::7 special
		udp6 100::7 special
		udp6 4000::7 special
		udp4 224.0.1.1 multicast
		udp4 239.1.1.1 multicast
		udp6 ff05::7 multicast
		udp6 ff0e::7 multicast
	END
}

# --- counters ---

# REASON: packets so far, by the guard's own word.
packets_of() {
	jq --arg reason "$1" '[.reasons[] | select(.reason == $reason) | .packets] | add // 0' \
		"$lab_folder/status.json"
}

read_status() {
	lab_gabelou status --json >"$lab_folder/status.json"
}

is_allowed() {
	case $1 in
	control | lifeline | local | rule-allow | rule-except) return 0 ;;
	*) return 1 ;;
	esac
}

declare -A seen

# DESCRIPTION COUNT REASON ARRIVED BEFORE: after the packets were sent.
judged() {
	local description=$1 count=$2 reason=$3 arrived=$4 before=$5 expected=0 rise own=0
	read_status
	# The link speaks for itself now and then (a neighbour probe, an MLD report).
	[ "$reason" != control ] || own=2
	rise=$(($(packets_of "$reason") - before))
	is_allowed "$reason" && expected=$count
	if [ "$arrived" -eq "$expected" ] && [ "$rise" -ge "$count" ] &&
		[ "$rise" -le $((count + own)) ]; then
		tap_ok "$description: $reason"
		seen[$reason]=1
	else
		tap_not_ok "$description: $reason" "sent $count, arrived $arrived, expected $expected
$reason rose by $rise
$(jq -c '[.reasons[] | select(.packets > 0) | [.reason, .packets]]' "$lab_folder/status.json")"
	fi
}

# FORM REASON DESTINATION4 DESTINATION6
judge_form() {
	local before arrived
	before=$(packets_of "$2")
	arrived=$(lab_frames "$SENT" "$1" "$3" "$4")
	judged "${5-$1}" "$SENT" "$2" "$arrived" "$before"
}

judge_destination() {
	case $2 in
	*:*) judge_form "$1" "$3" "$ALLOWED4" "$2" "$1 to $2" ;;
	*) judge_form "$1" "$3" "$2" "$ALLOWED6" "$1 to $2" ;;
	esac
}

# --- without a guard everything arrives ---

"$lab_tools/frames" -l >"$lab_folder/forms"
destinations >"$lab_folder/destinations"
lost=
while read -r form _ _; do
	arrived=$(lab_frames "$SENT" "$form" "$ALLOWED4" "$ALLOWED6")
	[ "$arrived" = "$SENT" ] || lost+="$form: $arrived of $SENT"$'\n'
done <"$lab_folder/forms"
tap_is "without a guard, $(wc -l <"$lab_folder/forms") forms arrive" "$lost" ""

lost=
while read -r form to _; do
	case $to in
	*:*) arrived=$(lab_frames "$SENT" "$form" "$ALLOWED4" "$to") ;;
	*) arrived=$(lab_frames "$SENT" "$form" "$to" "$ALLOWED6") ;;
	esac
	[ "$arrived" = "$SENT" ] || lost+="$form to $to: $arrived of $SENT"$'\n'
done < <(sort -u "$lab_folder/destinations")
tap_is "without a guard, $(wc -l <"$lab_folder/destinations") destinations are reached" "$lost" ""

# A queue that holds packets behind the guard, while their sender rewrites them.
lab_in "$guarded" tc qdisc add dev "$uplink" root handle 1: \
	tbf rate 16kbit burst 200 limit 1000000
lab_new_cookie
flip() {
	lab_arrivals -d 5.1.5.9 -- "$lab_tools/rings" flip "$uplink" "$wire_mac" "$cookie" \
		"$source4" "$ALLOWED4" 20 5.1.5.9
}
escaped=$(flip)
tap_is "without a guard, rewritten ring packets reach another host" "$((escaped >= 10))" 1
lab_in "$guarded" tc qdisc del dev "$uplink" root

# --- the first policy ---

lab_host "$HOST4" "$HOST6" 5.1.5.9 2a00:5:5::9
lab_listen 443 || exit 1
tap_try "apply" lab_gabelou apply "$lab_folder/first.yaml"
read_status

while read -r form _ reason; do
	judge_form "$form" "$reason" "$ALLOWED4" "$ALLOWED6"
done <"$lab_folder/forms"
while read -r form to reason; do
	judge_destination "$form" "$to" "$reason"
done <"$lab_folder/destinations"

# --- honest traffic by real sockets ---

before=$(packets_of rule-allow)
for address in "$HOST4" "$HOST6"; do
	tap_try "TCP to $address" lab_in "$guarded" "$lab_tools/sockets" tcp 443 16 "$address"
	tap_try "4 MB over TCP to $address" \
		lab_in "$guarded" "$lab_tools/sockets" tcp 443 4000000 "$address"
	tap_try "ping of $address" lab_in "$guarded" "$lab_tools/sockets" icmp 56 "$address"
	tap_try "large ping of $address" lab_in "$guarded" "$lab_tools/sockets" icmp 1900 "$address"
	arrived=$(lab_arrivals -d "$address" -- "$lab_tools/sockets" udp 443 4000 "$address")
	tap_is "a datagram in three fragments to $address" "$arrived" 3
	arrived=$(lab_arrivals -d "$address" -- "$lab_tools/sockets" segments 443 4000 "$address")
	tap_is "UDP segments to $address" "$((arrived >= 1))" 1
done
tap_is "ring packets" "$(lab_rings ring 20 "$HOST4")" 20
tap_is "large packets with headers in pages" "$(lab_rings large 5 "$HOST4")" 5
read_status
tap_is "all of it is counted as allowed" "$(($(packets_of rule-allow) - before > 2000))" 1
tap_is "ring packets to a refused host" "$(lab_rings ring 20 5.1.5.9)" 0
tap_is "large packets to a refused host" "$(lab_rings large 5 5.1.5.9)" 0

before=$(packets_of control)
arrived=$(lab_arrivals -- "$lab_tools/sockets" join "$uplink")
tap_matches "the kernel's own IGMP reports" "$arrived" '^224\.0\.0\.22 2 '
tap_matches "the kernel's own MLD reports" "$arrived" '^ff02::16 0 '
lab_in "$guarded" ip neigh flush dev "$uplink" nud permanent
lab_in "$far" ip neigh flush dev "$wire" nud permanent
tap_try "ARP and neighbour discovery" \
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 16 "$HOST4" "$HOST6"
lab_neighbours

before=$(packets_of ip-options)
arrived=$(lab_arrivals -d "$HOST4" -- "$lab_tools/sockets" source-route 443 "$HOST4")
judged "a socket's source route" 1 ip-options "$arrived" "$before"
before=$(packets_of ipv6-routing)
arrived=$(lab_arrivals -d "$HOST6" -- "$lab_tools/sockets" segment-route 443 "$HOST6")
judged "a socket's segment routing header" 1 ipv6-routing "$arrived" "$before"

for how in tcp udp icmp; do
	case $how in icmp) words=56 ;; *) words="443 16" ;; esac
	before=$(packets_of soil)
	# shellcheck disable=SC2086 # a port and a size are two words
	arrived=$(lab_arrivals -d 5.1.5.9 -- "$lab_tools/sockets" $how $words 5.1.5.9)
	judged "$how by a socket to 5.1.5.9" 1 soil "$arrived" "$before"
	before=$(packets_of soil)
	# shellcheck disable=SC2086
	arrived=$(lab_arrivals -d 2a00:5:5::9 -- "$lab_tools/sockets" $how $words 2a00:5:5::9)
	judged "$how by a socket to 2a00:5:5::9" 1 soil "$arrived" "$before"
done
before=$(packets_of soil)
arrived=$(lab_arrivals -d 5.1.5.9 -- "$lab_tools/sockets" udp 443 4000 5.1.5.9)
# (at the first fragment that is dropped the kernel gives up the others)
judged "a datagram in three fragments to 5.1.5.9" 1 soil "$arrived" "$before"

# The sender rewrites the destination after the guard has judged, before the queue lets go.
lab_in "$guarded" tc qdisc add dev "$uplink" root handle 1: \
	tbf rate 16kbit burst 200 limit 1000000
lab_new_cookie
tap_is "ring packets rewritten behind the guard reach no other host" "$(flip)" 0
lab_in "$guarded" tc qdisc del dev "$uplink" root

# --- the second policy ---

tap_try "apply the second policy" lab_gabelou apply "$lab_folder/second.yaml"
read_status
judge_destination udp4 5.1.1.9 no-rule
judge_destination udp6 2a00:5:1::9 no-rule
judge_destination udp4 5.1.7.9 no-rule
judge_destination udp4 5.1.2.9 rule-allow
judge_destination udp4 5.1.8.9 no-rule
for form in lacp lldp stp eapol ptp; do
	judge_form "$form" ethertype "$ALLOWED4" "$ALLOWED6" "$form, not named by the policy"
done
judge_form igmp ip-protocol "$ALLOWED4" "$ALLOWED6" "igmp, not named by the policy"
judge_form dhcp local "$ALLOWED4" "$ALLOWED6" "dhcp, not named by the policy"
judge_form dhcp6 local "$ALLOWED4" "$ALLOWED6" "dhcp6, not named by the policy"
judge_form arp control "$ALLOWED4" "$ALLOWED6"
judge_form nd control "$ALLOWED4" "$ALLOWED6"

# --- has every reason been seen? ---

unseen=
for reason in $(sed -nE 's/^\tREASON\([A-Z0-9_]+, "([a-z0-9-]+)".*/\1/p' maps/reason.h); do
	case $reason in
	internal | checksum | gateway | bypass | lifeline | rule-except | reply | reply-full) continue ;;
	esac
	[ -n "${seen[$reason]-}" ] || unseen+="$reason "
done
tap_is "every reason of maps/reason.h was produced" "$unseen" ""

tap_try "detach" lab_gabelou detach
tap_is "after detach it arrives again" "$(lab_frames "$SENT" udp4 5.1.5.9 "$ALLOWED6")" "$SENT"
tap_end
