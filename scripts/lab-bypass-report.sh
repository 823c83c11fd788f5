# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by scripts/bypass: what is made of what arrived (scripts/lab-bypass.sh).

# PASS NAME: did any get out?
bypass_out() {
	case ${bypass_result["$1 $2"]} in 0\ of*) return 1 ;; *) return 0 ;; esac
}

# PASS ATTACKER: how many vectors of this attacker got out.
bypass_count() {
	local name count=0
	for name in "${bypass_names[@]}"; do
		case $name in "# "*) continue ;; esac
		[ "${bypass_who[$name]}" = "$2" ] && bypass_out "$1" "$name" && count=$((count + 1))
	done
	echo "$count"
}

bypass_table() {
	local name who head=
	for name in "${bypass_names[@]}"; do
		case $name in
		"# "*)
			printf '\n### %s\n\n' "${name#\# }"
			echo '| vector | attacker | unguarded | guard | router | gateway | what helps |'
			echo '|---|---|---|---|---|---|---|'
			continue
			;;
		esac
		who=${bypass_who[$name]}
		case $who in nobody) who="anybody" ;; net_raw) who=CAP_NET_RAW ;;
		net_admin) who=CAP_NET_ADMIN ;; honest) who="(honest)" ;; esac
		printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$name" "$who" \
			"${bypass_result["unguarded $name"]}" "${bypass_result["guard $name"]}" \
			"${bypass_result["router $name"]}" "${bypass_result["gateway $name"]}" \
			"${bypass_remedy[$name]}"
	done
}

bypass_sums() {
	local who
	echo '| vectors that get out, by attacker | of | unguarded | guard | router | gateway |'
	echo '|---|---|---|---|---|---|'
	for who in nobody net_raw net_admin root; do
		local name total=0
		for name in "${bypass_names[@]}"; do
			[ "${bypass_who[$name]-}" != "$who" ] || total=$((total + 1))
		done
		printf '| %s | %d | %d | %d | %d | %d |\n' "$who" "$total" \
			"$(bypass_count unguarded "$who")" "$(bypass_count guard "$who")" \
			"$(bypass_count router "$who")" "$(bypass_count gateway "$who")"
	done | sed 's/^| nobody/| anybody, without a privilege/; s/^| net_raw/| CAP_NET_RAW/
		s/^| net_admin/| CAP_NET_ADMIN (with CAP_BPF)/'
}

bypass_report() {
	cat <<-END
		# Ways round an egress guard, and what became of each

		Written by \`scripts/bypass\` from what arrived at the far end of a wire, on Linux $(uname -r | cut -d- -f1);
		whoever doubts a line runs it again. "3 of 3" is how many of the packets sent came out. The
		policy approves French soil; packets go to German addresses, or are of a form that hides where
		they go.

		- **unguarded**: nothing judges; that the packet arrives shows that the attack works (a 0 here
		  means that this kernel does not carry it out).
		- **guard**: the attacker has a process on the guarded machine, with the privilege that is named.
		- **router**: the attacker's machine is behind this one, which judges nothing: what a router does
		  not forward is a 0 already.
		- **gateway**: the same, with the gateway (XDP) inside and the guard outside.

		$(bypass_sums)

		## What cannot be stopped

		- **Root on the same host.** Whoever may load programs and change interfaces can put a program
		  in front of the guard, detach it, or send past it. \`status\` and the log show it, as long as
		  nobody changes those, too. The answer is the gateway: the workload cannot reach it.
		- **A tunnel inside an allowed connection.** What is inside TLS, SSH, WireGuard, QUIC or UDP of any
		  kind to an approved address is not seen: VXLAN on a port of its own choice, DNS over HTTPS, a
		  VPN. The ports 4789, 8472 and 6081 are refused when they carry VXLAN or GENEVE, since those
		  are what a kernel speaks by itself; another port is not.
		- **A proxy or relay at an approved address.** It sends on what it gets, to wherever it likes.
		  Approve owners that do not run one for others; \`local:\` space is not judged at all, so a
		  proxy there is a way out.
		- **Tunnels that the policy names** are read one level deep. What is encrypted or tunnelled
		  again inside them is refused (IPIP, GRE, VXLAN...) or not seen (as above).
		- **What is no packet of a network interface.** RDMA by a program itself (RoCE, where
		  /dev/infiniband is open to users), AF_VSOCK to the hypervisor, Bluetooth, CAN, a modem or
		  a serial line: no guard sees it. Close the devices, or leave out the kernel's modules.
		- **Later fragments** are judged by their destination alone, as all packets are.

		## Every vector
	END
	bypass_table
}

# Fails where something got out that must not.
bypass_verdict() {
	local name who bad=0
	for name in "${bypass_names[@]}"; do
		case $name in "# "*) continue ;; esac
		who=${bypass_who[$name]}
		if [ "$who" = honest ]; then
			if [ "${bypass_result["unguarded $name"]}" != "${bypass_result["guard $name"]}" ] ||
				[ "${bypass_result["router $name"]}" != "${bypass_result["gateway $name"]}" ]; then
				echo "scripts/bypass: honest traffic is stopped: $name" >&2
				bad=1
			fi
			continue
		fi
		[ -z "${bypass_remedy[$name]}" ] || continue
		if bypass_out guard "$name" || bypass_out gateway "$name"; then
			echo "scripts/bypass: gets out: $name" >&2
			bad=1
		fi
	done
	return "$bad"
}
