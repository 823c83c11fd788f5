/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this folder has to say belongs to no file: a shorter way to say it. */
#ifndef GABELOU_KERNEL_MESSAGE_H
#define GABELOU_KERNEL_MESSAGE_H

#include "userspace/base/diagnostic.h"

/* Adds an error and returns @error, which is negative, as it came. */
#define message(diagnostics, error, ...) \
	diagnostics_error(diagnostics, -(error), (struct location){0}, __VA_ARGS__)

#define message_warn(diagnostics, ...) \
	diagnostics_warn(diagnostics, (struct location){0}, __VA_ARGS__)

#endif
