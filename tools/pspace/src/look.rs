// SPDX-License-Identifier: GPL-2.0
//! Looking at a space from outside.

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::{Error, Result};

/// Calls that do something to the process with a number, and which of their arguments that is.
/// Those to a thread, tkill() and tgkill(), are not: a program raises its own signals by them.
const TO_A_NUMBER: [(libc::c_long, u8); 14] = [
    (libc::SYS_kill, 0),
    (libc::SYS_rt_sigqueueinfo, 0),
    (libc::SYS_rt_tgsigqueueinfo, 0),
    (libc::SYS_pidfd_open, 0),
    (libc::SYS_ptrace, 1),
    (libc::SYS_process_vm_readv, 0),
    (libc::SYS_process_vm_writev, 0),
    (libc::SYS_setpriority, 1),
    (libc::SYS_ioprio_set, 1),
    (libc::SYS_sched_setaffinity, 0),
    (libc::SYS_sched_setscheduler, 0),
    (libc::SYS_sched_setparam, 0),
    (libc::SYS_sched_setattr, 0),
    (libc::SYS_prlimit64, 0),
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
    let refused = |argument| {
        let other = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, 0);
        SeccompRule::new(vec![other.map_err(|error| failed(&error))?])
            .map_err(|error| failed(&error))
    };
    let mut rules = BTreeMap::new();
    for (call, argument) in TO_A_NUMBER {
        rules.insert(call, vec![refused(argument)?]);
    }
    let architecture = std::env::consts::ARCH.try_into().map_err(|error| failed(&error))?;
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, architecture)
        .map_err(|error| failed(&error))?;
    let program: BpfProgram = filter.try_into().map_err(|error| failed(&error))?;
    // This sets no_new_privs, too.
    seccompiler::apply_filter(&program).map_err(|error| failed(&error))
}
