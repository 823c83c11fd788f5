# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by lab tests, after lab.sh and tap.sh: from here on everything happens in a mount and
# process namespace of the test's own, so that the bpffs and what is recorded in /var/lib/gabelou and
# /run/gabelou are nobody else's. private_needs may say what the test needs and is not there.

if [ -z "${PRIVATE_OUTSIDE-}" ] && [ "$(id -u)" -eq 0 ]; then
	PRIVATE_OUTSIDE=$$ exec unshare --mount --propagation private --pid --fork \
		--kill-child=TERM --mount-proc "$0" "$@"
fi
tap_needs_lab "$(basename "$0" .sh)" "${private_needs-}"
# Never with the machine's own mounts: here this is process 1.
[ "$$" -eq 1 ] && [ -n "${PRIVATE_OUTSIDE-}" ] || exit 1
while mountpoint -q /sys/fs/bpf; do # the machine's own, as this mount namespace shows it
	umount /sys/fs/bpf || exit 1
done
mount -t bpf bpf /sys/fs/bpf || exit 1
mkdir -p /var/lib/gabelou /run/gabelou && mount -t tmpfs tmpfs /var/lib/gabelou &&
	mount -t tmpfs tmpfs /run/gabelou || exit 1
# Names of namespaces are shared with the machine; process numbers are not.
guarded=gabelou-$PRIVATE_OUTSIDE-guarded far=gabelou-$PRIVATE_OUTSIDE-far
