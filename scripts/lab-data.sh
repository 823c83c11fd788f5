# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by lab tests that need a small world: two countries, two operators, quick to compile.

french4=5.1.1.9 french6=2a00:5:1::9
german4=5.1.5.9 german6=2a00:5:5::9

# Writes soil.csv, asn.csv and owners.csv into the lab's folder, and a policy for each country.
lab_data() {
	cat >"$lab_folder/soil.csv" <<-END
		5.1.1.0,5.1.1.255,FR
		5.1.5.0,5.1.5.255,DE
		2a00:5:1::,2a00:5:1:ffff:ffff:ffff:ffff:ffff,FR
		2a00:5:5::,2a00:5:5:ffff:ffff:ffff:ffff:ffff,DE
	END
	cat >"$lab_folder/asn.csv" <<-END
		5.1.1.0,5.1.1.255,64496,French
		5.1.5.0,5.1.5.255,64497,German
		2a00:5:1::,2a00:5:1:ffff:ffff:ffff:ffff:ffff,64496,French
		2a00:5:5::,2a00:5:5:ffff:ffff:ffff:ffff:ffff,64497,German
	END
	cat >"$lab_folder/owners.csv" <<-END
		asn,organisation,parent,jurisdiction,seat,since,source
		64496,French SA,French SA,FR,FR,,https://french.example/
		64497,German SE,German SE,DE,DE,,https://german.example/
	END
	lab_policy french "- soil: [FR]" >"$lab_folder/french.yaml"
	lab_policy german "- soil: [DE]" >"$lab_folder/german.yaml"
	lab_policy both "- soil: [FR, DE]" >"$lab_folder/both.yaml"
}

# NAME RULE [LINE...]: a policy on this data.
lab_policy() {
	local name=$1 rule=$2
	shift 2
	cat <<-END
		gabelou: 1
		name: $name
		data:
		  soil: [soil.csv]
		  asn: [asn.csv]
		  owner: [owners.csv]
		  max-age: {warn: 3649d, stale: 3650d} # what is tested here is not the calendar
		control: [default]
		local: private
		allow:
		  $rule
	END
	[ $# -eq 0 ] || printf '%s\n' "$@"
}

# Which policy do packets meet? "french", "german", "both" or "none" of them.
lab_enforced() {
	local french german
	french=$(lab_frames 2 udp4 "$french4" "$french6")$(lab_frames 2 udp6 "$french4" "$french6")
	german=$(lab_frames 2 udp4 "$german4" "$german6")$(lab_frames 2 udp6 "$german4" "$german6")
	case $french$german in
	2200) echo french ;;
	0022) echo german ;;
	2222) echo both ;;
	0000) echo none ;;
	*) echo "mixed: $french $german" ;;
	esac
}
