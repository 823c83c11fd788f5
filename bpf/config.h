/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GABELOU_BPF_CONFIG_H
#define GABELOU_BPF_CONFIG_H

#include "maps/config.h"

const volatile struct guard_config config;

#endif
