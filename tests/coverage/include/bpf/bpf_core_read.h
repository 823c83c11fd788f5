/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of libbpf's header: the shim's objects have the very fields that a program declares. */
#ifndef GABELOU_TESTS_COVERAGE_BPF_CORE_READ_H
#define GABELOU_TESTS_COVERAGE_BPF_CORE_READ_H

#include "tests/coverage/shim.h"

#define bpf_core_field_exists(field)        ((void)sizeof(field), shim_field())
#define BPF_CORE_READ_BITFIELD(from, field) ((from)->field)
/* By the address of the kernel's view, which is what a program has for its context. */
#define BPF_CORE_READ(from, field)                 (((__typeof__(from))shim_cast((void *)(from)))->field)
#define BPF_CORE_READ_BITFIELD_PROBED(from, field) BPF_CORE_READ(from, field)

#define bpf_core_read(to, size, from) shim_core_read(to, size, from)

#endif
