/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GABELOU_AGENT_BOOKS_FILE_H
#define GABELOU_AGENT_BOOKS_FILE_H

#include "userspace/agent/books.h"

/* 0 or -errno. agent_books_read() reads it. */
int books_file_write(const struct agent_books *books);
void books_file_remove(void);

#endif
