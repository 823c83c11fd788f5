/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function of the running kernel that a program may call (a kfunc). */
#ifndef GABELOU_KERNEL_LAYERS_FUNCTION_H
#define GABELOU_KERNEL_LAYERS_FUNCTION_H

/*
 * Its number among the kernel's types (/sys/kernel/btf/vmlinux; format: the kernel's
 * Documentation/bpf/btf.rst), or 0. libbpf finds it, too, but first makes an index of all types and
 * checks them, which takes 30 ms; this takes some 3.
 */
int layers_function(const char *name);

#endif
