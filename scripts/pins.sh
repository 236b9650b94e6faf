# shellcheck shell=bash disable=SC2034 # used by those who source it
# SPDX-License-Identifier: GPL-2.0
# What the project is built with, and where the results go: the one place for
# versions, tools and paths. Sourced by the other scripts.

# The kernel that the patches are made for and the tests are run on. Another
# 7.3.y is taken where there is no other, or from KSRC=, with a warning.
KERNEL_SERIES=7.3
KERNEL_VERSION=7.3.4
KERNEL_PACKAGE=linux-source-7.3
KERNEL_PACKAGE_VERSION=7.3.4-1~bpo13+1
KERNEL_SUITE=trixie-backports
KERNEL_SHA256=76df1affb19f24926949369be1d74b60071c963c598ce8780bddd4bbf0fc3bc4
# Where it is to be had when the suite has moved on: Debian as it was when this was
# tested, and the source that the package is made of.
: "${DEBIAN_SNAPSHOT:=http://snapshot.debian.org/archive/debian/20261128T000000Z}"
: "${KERNEL_ORG:=https://cdn.kernel.org/pub/linux/kernel}"

# Kernel and module are built by the same compilers. Debian 12 has these; they
# can be set from the environment elsewhere, e.g. LLVM_SUFFIX= RUSTC=rustc.
: "${LLVM_SUFFIX=-19}"
: "${RUSTC:=/usr/bin/rustc}"
: "${CARGO:=/usr/bin/cargo}"
: "${RUSTFMT:=/usr/bin/rustfmt}"
: "${CLIPPY:=/usr/bin/cargo-clippy}"
BINDGEN_VERSION=0.73.2

TOOLCHAIN_PACKAGES=(
	bc bison busybox-static ca-certificates ccache cpio debian-archive-keyring
	flex gcc git kmod libc6-dev libelf-dev libssl-dev make patch perl python3
	qemu-system-x86 rsync shellcheck xz-utils
	clang-19 libclang-19-dev lld-19 llvm-19
)
# For tables and plots; make bench alone needs them, and Debian's own python3.
BENCH_PACKAGES=(python3-matplotlib python3-tabulate)
# For the kernel's own selftests; make test-kernel alone needs them.
KSELFTEST_PACKAGES=(bash-static libcap-dev pkg-config python3-tabulate)
# For real programs in spaces; make test-programs alone needs them,
PROGRAMS_PACKAGES=(mmdebstrap python3-tabulate)
# and has a guest with these, of this release of Debian.
DEBIAN_SUITE=trixie
DEBIAN_MIRROR=http://deb.debian.org/debian
DEBIAN_ROOT_PACKAGES=(
	base-files bash coreutils dash dumb-init gdb grep lsof mount ncurses-base procps psmisc
	python3 sed strace tini util-linux util-linux-extra bsdutils
)
# Debian 12 has a rustc that is new enough under this name only.
RUST_PACKAGES_WEB=(cargo-web rust-web-clippy rust-web-src rustc-web rustfmt-web)
RUST_PACKAGES=(cargo rust-clippy rust-src rustc rustfmt)

TOP=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")

# Everything that is downloaded or built is kept here, outside the checkout:
#	downloads/	the kernel's source as it came
#	tools/		bindgen, built by cargo
#	src/, build/	trees to build in, incremental, one at a time (see .lock)
#	products/	results, named by a hash of all that went into them; never
#			changed once they are there
#	log/		what each step printed last
: "${PSPACE_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/pspace}"
DOWNLOADS=$PSPACE_CACHE/downloads
PRODUCTS=$PSPACE_CACHE/products
LOGS=$PSPACE_CACHE/log
BINDGEN=$PSPACE_CACHE/tools/bindgen-$BINDGEN_VERSION/bin/bindgen

export CCACHE_DIR=${CCACHE_DIR:-$PSPACE_CACHE/ccache} CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-4G}
# What the kernel's C is compiled by. Its name has no path, so that the checkouts that
# share a build tree have the same commands and do not build it anew in turns.
PATH=$TOP/scripts/bin:$PATH
KERNEL_CC="pspace-cc clang$LLVM_SUFFIX"
# What makes the objects of two trees alike where their code is: each function and datum is in
# a section of its own, and no line has a number.
COMPARED_CFLAGS="-ffunction-sections -fdata-sections -Wno-builtin-macro-redefined -D__LINE__=1"
# A rustup on the PATH must not stand in for the compilers named above.
export RUSTUP_TOOLCHAIN='' KBUILD_BUILD_USER=pspace KBUILD_BUILD_HOST=pspace
export KBUILD_BUILD_TIMESTAMP='1970-01-01'

JOBS=${JOBS:-$(nproc)}
