# SPDX-License-Identifier: GPL-2.0
# What a user types. The module itself is built by Kbuild.

.PHONY: help demo test test-kernel test-programs harden stress bench kunit shell tool toolchain lint clean

help:
	@echo 'make demo           build all that is missing, boot a guest, show what pspaces do'
	@echo 'make test           prove all of it: KUnit, selftests, lints; ends in a count'
	@echo 'make test-kernel    the kernel'\''s own selftests with the patches and without: differences'
	@echo 'make test-programs  ps, strace, gdb, bash and others of Debian in pspaces: a table'
	@echo 'make harden         look for errors that no test was written for; half an hour and more'
	@echo 'make stress         all at once for three minutes, under lockdep and KASAN'
	@echo 'make bench          measure it against pid namespaces: a table, samples and plots'
	@echo 'make kunit          the KUnit suites alone'
	@echo 'make shell          a shell in a guest with the module loaded'
	@echo 'make tool           the command pspace, one static binary, its manual and completions'
	@echo 'make lint           formatting and lints alone'
	@echo 'make toolchain      install what is needed to build and run (Debian)'
	@echo 'make clean          remove what was built (downloads stay)'
	@echo
	@echo 'scripts/vm -- CMD runs any command in a guest; scripts/vm --help.'
	@echo 'KSRC=DIR takes a Linux 7.3.y tree, PSPACE_CACHE=DIR another place to build in.'

# What is needed to run the scripts themselves comes first.
demo test test-kernel test-programs harden stress bench kunit lint shell tool: toolchain

demo:
	@scripts/demo

test:
	@scripts/test

test-kernel:
	@scripts/test-kernel

test-programs:
	@scripts/test-programs

harden:
	@scripts/test-host
	@scripts/test-fault
	@scripts/test-walk --seconds 1200
	@scripts/test-walk --flavour debug --seconds 600

stress:
	@scripts/stress

bench:
	@scripts/bench

kunit:
	@scripts/test kunit

lint:
	@scripts/test lint

shell:
	@scripts/vm --interactive --timeout 86400 -- sh -l

tool:
	@scripts/tool

toolchain:
	@scripts/toolchain

clean:
	@scripts/clean
