#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""terminal.py ANSWER COMMAND...: runs a command at a terminal, and answers what it asks ("[y/N]").

Prints what the terminal showed; exits as the command does."""
import os
import pty
import sys

process, terminal = pty.fork()
if not process:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
asked = False
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:  # its last user is gone
        break
    if not more:
        break
    shown += more
    if not asked and b"[y/N]" in shown:
        asked = True
        os.write(terminal, sys.argv[1].encode() + b"\n")
print(shown.decode(errors="replace").replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
