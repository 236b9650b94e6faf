// SPDX-License-Identifier: GPL-2.0
//! Looking at a space from outside.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::{Error, Result};

/// Calls that do something to the process with a number.
const TO_A_NUMBER: [libc::c_long; 13] = [
    libc::SYS_kill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_open,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_setscheduler,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setattr,
];

/// From now on, and in all that is executed, refuse to do something to a process by its number
/// (EPERM), but for one's own (0): a program that sees the numbers of one space in `/proc` and
/// is in another one would do it to somebody else.
///
/// What may look only gains no privileges by exec either.
pub(crate) fn only() -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| Error::System {
        what: "cannot keep the program to looking".into(),
        source: std::io::Error::other(error.to_string()),
    };
    // By which argument it is said which process, and what means the caller's own.
    let argument = |call| match call {
        libc::SYS_setpriority | libc::SYS_ioprio_set | libc::SYS_ptrace => 1,
        _ => 0,
    };
    let refused = |argument| {
        let other = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0);
        SeccompRule::new(vec![other.map_err(|error| failed(&error))?])
            .map_err(|error| failed(&error))
    };
    let mut rules = BTreeMap::new();
    for call in TO_A_NUMBER {
        rules.insert(call, vec![refused(argument(call))?]);
    }
    rules.insert(libc::SYS_prlimit64, vec![refused(0)?]);
    let architecture = std::env::consts::ARCH.try_into().map_err(|error| failed(&error))?;
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, architecture)
        .map_err(|error| failed(&error))?;
    let program: BpfProgram = filter.try_into().map_err(|error| failed(&error))?;
    // This sets no_new_privs, too.
    seccompiler::apply_filter(&program).map_err(|error| failed(&error))
}
