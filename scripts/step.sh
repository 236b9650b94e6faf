# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# How the scripts speak: progress and errors go to stderr, one line each, so
# that a result can be printed to stdout. Sourced after pins.sh.

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

warn() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

# step TITLE LOG COMMAND...: run a command that takes long, say so, and how long
# it took. Its output goes to the log, whose end is shown if it fails. COMMAND may
# be a function; it runs in a shell of its own, in which the first failure is the
# end. So step must not be called before || or &&, behind which bash goes on after
# a failure: it ends the script itself, with what $advice says.
step() {
	local title=$1 log=$LOGS/$2.log start=$SECONDS pid status=0 last
	shift 2
	mkdir -p "$LOGS" || die "cannot write to $LOGS"

	(
		set -e
		"$@"
	) >"$log" 2>&1 &
	pid=$!
	trap 'kill $pid 2>/dev/null; exit 130' INT TERM
	if [ -t 2 ]; then
		while kill -0 "$pid" 2>/dev/null; do
			last=$(tail -n 1 "$log" | cut -c 1-60 | tr -d '\r')
			printf '\r\033[K  %-32s %4d s  %s' "$title" $((SECONDS - start)) "$last" >&2
			sleep 1
		done
		printf '\r\033[K' >&2
	else
		printf '  %-32s ...     log: %s\n' "$title" "$log" >&2
	fi
	wait "$pid" || status=$?
	trap - INT TERM

	if [ "$status" -ne 0 ]; then
		printf '  %-32s %4d s  FAILED, log: %s\n' "$title" $((SECONDS - start)) "$log" >&2
		tail -n 25 "$log" | sed 's/^/    | /' >&2
		[ -z "${advice:-}" ] || die "$advice"
		exit "$status"
	fi
	printf '  %-32s %4d s\n' "$title" $((SECONDS - start)) >&2
}

# Fail early, and in one line, where there is no room for what follows.
need_room() {
	local megabytes=$1 free
	mkdir -p "$PSPACE_CACHE" || die "cannot write to $PSPACE_CACHE: set PSPACE_CACHE to a directory that is yours"
	free=$(df -Pm "$PSPACE_CACHE" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$megabytes" ] ||
		die "$PSPACE_CACHE has $free MB free and $megabytes are needed: make room, or set PSPACE_CACHE to another disk"
}

# Only one builds at a time, whatever the number of clones. The lock is held
# until the script ends; a script that was called by the holder has it already.
lock_cache() {
	[ "${PSPACE_LOCKED:-}" ] && return
	mkdir -p "$PSPACE_CACHE"
	exec 9>"$PSPACE_CACHE/.lock"
	if ! flock -n 9; then
		warn "waiting for another build in $PSPACE_CACHE"
		flock 9
	fi
	export PSPACE_LOCKED=yes
}

# hash_of FILE-OR-STRING...: one hash over what goes into a product. A directory
# stands for all files in it.
hash_of() {
	local item
	for item in "$@"; do
		if [ -d "$item" ]; then
			(cd "$item" && find . -type f -print0 | sort -z | xargs -0r sha256sum)
		elif [ -f "$item" ]; then
			sha256sum <"$item"
		else
			printf '%s\n' "$item"
		fi
	done | sha256sum | cut -c 1-16
}

# A product is made in a directory of its own and put in place when finished, so
# that what has a name is whole.
new_product() {
	mkdir -p "$PRODUCTS"
	find "$PRODUCTS" -maxdepth 1 -name '.new-*' -mmin +600 -exec rm -rf {} +
	mktemp -d "$PRODUCTS/.new-XXXXXX"
}

# publish DIRECTORY NAME
publish() {
	chmod 755 "$1"
	rm -rf "${PRODUCTS:?}/$2"
	mv -T "$1" "$PRODUCTS/$2"
}
