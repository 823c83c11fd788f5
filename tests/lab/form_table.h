/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every form of frame by its name, with what a guard that approves the destination must say. */
#ifndef GABELOU_TESTS_LAB_FORM_TABLE_H
#define GABELOU_TESTS_LAB_FORM_TABLE_H

#include "tests/lab/control.h"
#include "tests/lab/forms.h"
#include "tests/lab/tunnels.h"

static const struct frame_form {
	const char *name;
	const char *family; /* whose destination matters: "4", "6", or "-" */
	const char *reason;
	form_builder *build;
	int argument;
} forms[] = {
	{"udp4", "4", "rule-allow", form_udp4, 53},
	{"tcp4", "4", "rule-allow", form_tcp4, 0},
	{"udp6", "6", "rule-allow", form_udp6, 53},
	{"tcp6", "6", "rule-allow", form_tcp6, 0},
	{"vlan", "4", "rule-allow", form_vlan4, 0},
	{"fragment4-only", "4", "rule-allow", form_fragment4, 0x4000},
	{"fragment4-first", "4", "rule-allow", form_fragment4, 0x2000},
	{"fragment4-later", "4", "rule-allow", form_fragment4, 0x2010},
	{"fragment4-last", "4", "rule-allow", form_fragment4, 0x0010},
	{"fragment6-first", "6", "rule-allow", form_fragment6, 0x0001},
	{"fragment6-later", "6", "rule-allow", form_fragment6, 0x0081},
	{"fragment6-last", "6", "rule-allow", form_fragment6, 0x0080},
	{"fragment6-atomic", "6", "rule-allow", form_fragment6, 0x0000},
	{"destination-options", "6", "rule-allow", form_chain, 1},
	{"hop-by-hop", "6", "rule-allow", form_extension, IPPROTO_HOPOPTS},
	{"vxlan-elsewhere", "4", "rule-allow", form_vxlan, 4790},

	{"bare-ethernet", "-", "truncated", form_cut4, 0},
	{"ipv4-19-bytes", "4", "truncated", form_cut4, 19},
	{"ipv6-bare-ethernet", "-", "truncated", form_cut6, 0},
	{"ipv6-39-bytes", "6", "truncated", form_cut6, 39},
	{"udp4-3-bytes", "4", "truncated", form_short4, IPPROTO_UDP},
	{"tcp4-3-bytes", "4", "truncated", form_short4, IPPROTO_TCP},
	{"icmp4-3-bytes", "4", "truncated", form_short4, IPPROTO_ICMP},
	{"udp6-4-bytes", "6", "truncated", form_short6, IPPROTO_UDP},
	{"options6-cut", "6", "truncated", form_short6, IPPROTO_DSTOPTS},

	{"mpls", "4", "ethertype", form_ethertype, 0x8847},
	{"pppoe", "4", "ethertype", form_ethertype, 0x8864},
	{"experimental", "4", "ethertype", form_ethertype, 0x88b5},
	{"trill", "4", "ethertype", form_ethertype, 0x22f3},
	{"llc-snap", "4", "ethertype", form_snap, 0},
	{"told-arp", "4", "ethertype-lie", form_lie, ETHERTYPE_ARP},
	{"told-ipv6", "4", "ethertype-lie", form_lie, ETHERTYPE_IPV6},
	{"told-lldp", "6", "ethertype-lie", form_lie6, 0x88cc},
	{"told-ipv4", "6", "ethertype-lie", form_lie6, ETHERTYPE_IPV4},
	{"double-tag", "4", "vlan", form_vlan4, 0x8100},
	{"qinq", "4", "vlan", form_vlan4, 0x88a8},

	{"ipv6-told-ipv4", "6", "ip-version", form_version, ETHERTYPE_IPV4},
	{"ipv4-told-ipv6", "4", "ip-version", form_version, ETHERTYPE_IPV6},
	{"length4-over", "4", "ip-length", form_length4, 1400},
	{"length4-under", "4", "ip-length", form_length4, 40},
	{"length4-zero", "4", "ip-length", form_length4, 0},
	{"header4-16-bytes", "4", "ip-length", form_header_length, 4},
	{"length6-over", "6", "ip-length", form_length6, 1300},
	{"length6-under", "6", "ip-length", form_length6, 16},
	{"loose-source-route", "4", "ip-options", form_options, 131},
	{"strict-source-route", "4", "ip-options", form_options, 137},
	{"record-route", "4", "ip-options", form_options, 7},
	{"no-operation", "4", "ip-options", form_options, 1},

	{"routing-0", "6", "ipv6-routing", form_routing, 0},
	{"routing-2", "6", "ipv6-routing", form_routing, 2},
	{"routing-4", "6", "ipv6-routing", form_routing, 4},
	{"options-routing-0", "6", "ipv6-routing", form_routing_behind, 0},
	{"options-routing-4", "6", "ipv6-routing", form_routing_behind, 4},
	{"seven-options", "6", "ipv6-extension", form_chain, 7},
	{"twenty-options", "6", "ipv6-extension", form_chain, 20},
	{"no-next-header", "6", "ipv6-extension", form_extension, IPPROTO_NONE},
	{"hop-by-hop-late", "6", "ipv6-extension", form_hopbyhop_late, 0},
	{"jumbogram", "6", "jumbogram", form_jumbogram, 0},

	{"ipip", "4", "tunnel", form_carry4, IPPROTO_IPIP},
	{"6in4", "4", "tunnel", form_carry4, IPPROTO_IPV6},
	{"gre4", "4", "tunnel", form_carry4, IPPROTO_GRE},
	{"vxlan", "4", "tunnel", form_vxlan, 4789},
	{"vxlan-8472", "4", "tunnel", form_vxlan, 8472},
	{"geneve", "4", "tunnel", form_tunnel, TUNNELLED(OUTER_4, BY_GENEVE, INSIDE_UDP4)},
	{"geneve6", "6", "tunnel", form_tunnel, TUNNELLED(OUTER_6, BY_GENEVE, INSIDE_UDP6)},
	{"no-vxlan", "4", "rule-allow", form_tunnel, TUNNELLED(OUTER_4, BY_UDP, INSIDE_UDP4)},
	{"etherip", "4", "tunnel", form_carry4, 97},
	{"esp4", "4", "tunnel", form_carry4, IPPROTO_ESP},
	{"4in6", "6", "tunnel", form_carry6, IPPROTO_IPIP},
	{"6in6", "6", "tunnel", form_carry6, IPPROTO_IPV6},
	{"gre6", "6", "tunnel", form_carry6, IPPROTO_GRE},
	{"esp6", "6", "tunnel", form_carry6, IPPROTO_ESP},
	{"sctp4", "4", "ip-protocol", form_carry4, IPPROTO_SCTP},
	{"ah4", "4", "ip-protocol", form_carry4, IPPROTO_AH},
	{"protocol-255", "4", "ip-protocol", form_carry4, 255},
	{"sctp6", "6", "ip-protocol", form_carry6, IPPROTO_SCTP},
	{"shim6", "6", "ip-protocol", form_extension, 140},

	{"arp", "-", "control", form_arp, HONEST},
	{"nd", "-", "control", form_nd, HONEST},
	{"mld", "-", "control", form_mld, HONEST},
	{"igmp", "-", "control", form_igmp, HONEST},
	{"igmp-no-alert", "-", "control", form_igmp, WITHOUT_RA},
	{"dhcp", "-", "control", form_dhcp, HONEST},
	{"dhcp6", "-", "control", form_dhcp6, HONEST},
	{"lacp", "-", "control", form_group, 0x8809},
	{"lldp", "-", "control", form_group, 0x88cc},
	{"stp", "-", "control", form_group, 0},
	{"eapol", "-", "control", form_group, 0x888e},
	{"ptp", "-", "control", form_group, 0x88f7},
	{"arp-with-data", "-", "control-shape", form_arp, WITH_DATA},
	{"nd-with-data", "-", "control-shape", form_nd, WITH_DATA},
	{"nd-from-afar", "-", "control-shape", form_nd, FROM_AFAR},
	{"mld-from-afar", "-", "control-shape", form_mld, FROM_AFAR},
	{"mld-no-alert", "-", "control-shape", form_mld, WITHOUT_RA},
	{"igmp-from-afar", "-", "control-shape", form_igmp, FROM_AFAR},
	{"igmp-elsewhere", "4", "control-shape", form_igmp, ELSEWHERE},
	{"lacp-elsewhere", "-", "control-shape", form_group_elsewhere, 0x8809},
	{"lldp-elsewhere", "-", "control-shape", form_group_elsewhere, 0x88cc},
	{"stp-elsewhere", "-", "control-shape", form_group_elsewhere, 0},
	{"eapol-elsewhere", "-", "control-shape", form_group_elsewhere, 0x888e},
	{"ptp-elsewhere", "-", "control-shape", form_group_elsewhere, 0x88f7},
	{"nd-elsewhere", "6", "rule-allow", form_nd, ELSEWHERE},
	{"mld-elsewhere", "6", "rule-allow", form_mld, ELSEWHERE},
	{"dhcp-elsewhere", "4", "rule-allow", form_dhcp, ELSEWHERE},
	{"dhcp6-elsewhere", "6", "rule-allow", form_dhcp6, ELSEWHERE},
};
#define FRAME_FORMS (sizeof(forms) / sizeof(forms[0]))

#endif
