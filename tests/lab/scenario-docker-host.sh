#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Goal: docs/walkthroughs/docker-host.md. A host with a container behind a bridge and address
# translation, as Docker sets it up: what the container sends is judged where it leaves the host, and
# whoever asks its published port is answered.
#
#   container: eth0 10.90.0.2 --- veth-c :docker0 10.90.0.1 (the lab's guarded)
set -u
cd "$(dirname "$0")/../.." || exit 1
. scripts/lab.sh
. scripts/lab-data.sh
. scripts/lab-scenario.sh
. scripts/tap.sh

obstacle=
command -v nft >/dev/null || obstacle="needs nft"
tap_needs_lab "Docker host" "$obstacle"
lab_begin || exit 1
lab_data

registry=5.1.5.50 miner4=5.1.5.66
container=gabelou-$$-container
lab_namespace "$container" || exit 1

lab_in "$guarded" ip link add docker0 type bridge
lab_sysctl "$guarded" ipv4/conf/all/forwarding 1
lab_address "$guarded" docker0 10.90.0.1/24
lab_in "$guarded" ip link set docker0 up
lab_in "$container" ip link set lo up
lab_in "$container" ip link add eth0 type veth peer name veth-c netns "$guarded"
lab_in "$guarded" ip link set veth-c master docker0 up
lab_address "$container" eth0 10.90.0.2/24
lab_in "$container" ip link set eth0 up
lab_in "$container" ip route add default via 10.90.0.1
lab_in "$guarded" nft -f - <<-END
	table ip docker {
		chain to { type nat hook prerouting priority dstnat; iifname "$uplink" tcp dport 8080 dnat to 10.90.0.2:80; }
		chain from { type nat hook postrouting priority srcnat; oifname "$uplink" ip saddr 10.90.0.0/24 masquerade; }
	}
END

lab_host "$french4" "$german4" "$registry" "$miner4"
for port in 443 3333; do
	lab_listen "$port" || exit 1
done
lab_listen 80 "$container" || exit 1
lab_in "$far" ip route replace "$source4" dev "$wire" src "$german4" # where the visitors are

honest() {
	lab_in "$container" "$lab_tools/sockets" tcp 443 2000 "$french4"
	lab_in "$far" "$lab_tools/sockets" tcp 8080 200000 "$source4"
	lab_in "$guarded" "$lab_tools/sockets" tcp 443 2000 "$registry"
	lab_in "$guarded" "$lab_tools/sockets" tcp 80 2000 10.90.0.2
	lab_in "$container" "$lab_tools/sockets" icmp 56 10.90.0.1
}

alien() {
	lab_in "$container" "$lab_tools/sockets" tcp 3333 2000 "$miner4"
	lab_in "$guarded" "$lab_tools/sockets" tcp 3333 2000 "$miner4"
}

scenario_policy "replies:" "  - {on: 8080/tcp, why: the published port}"
echo "$registry registry.example" >>"$lab_folder/hosts"
scenario_monitor 2
scenario_except 'CHG-50 images come from there'
scenario_enforce
tap_is "the bridge leads to guests: what goes in there is not judged" "$(lab_gabelou status --json |
	jq -r '[.interfaces[] | select(.role == "guest" and .hook == null) | .name] | sort | join(" ")')" \
	"docker0 veth-c"

tap_end
