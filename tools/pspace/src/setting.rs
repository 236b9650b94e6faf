// SPDX-License-Identifier: GPL-2.0
//! What can be set of a space.

use std::str::FromStr;

use crate::{Error, Result};

/// A setting of a space: a file in `/proc/pspace/<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// What happens to orphans.
    Policy,
    /// What signals from above do to pid 1.
    Signals,
    /// What its members see of what is outside.
    Isolation,
    /// When its members get numbers above.
    Numbers,
    /// All numbers in it are below.
    PidMax,
    /// The number that was given last.
    LastPid,
}

impl Setting {
    /// All of them.
    pub const ALL: [Setting; 6] = [
        Setting::Policy,
        Setting::Signals,
        Setting::Isolation,
        Setting::Numbers,
        Setting::PidMax,
        Setting::LastPid,
    ];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Setting::Policy => "policy",
            Setting::Signals => "signals",
            Setting::Isolation => "isolation",
            Setting::Numbers => "numbers",
            Setting::PidMax => "pid_max",
            Setting::LastPid => "last_pid",
        }
    }

    /// What it can be, in words.
    pub fn choice(self) -> &'static str {
        match self {
            Setting::Policy => "init, auto or outer",
            Setting::Signals => "init or ordinary",
            Setting::Isolation => "full, half or peers",
            Setting::Numbers => "never, ask, show or list",
            Setting::PidMax => "a number from 301 to 4194304",
            Setting::LastPid => "a number from 0 to pid_max - 1",
        }
    }

    /// The words that it can be; none for a number.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Setting::Policy => &["init", "auto", "outer"],
            Setting::Signals => &["init", "ordinary"],
            Setting::Isolation => &["full", "half", "peers"],
            Setting::Numbers => &["never", "ask", "show", "list"],
            Setting::PidMax | Setting::LastPid => &[],
        }
    }

    /// What it takes to set it.
    pub(crate) fn need(self) -> &'static str {
        match self {
            Setting::Isolation => {
                "it takes CAP_SYS_ADMIN in the user namespaces that own the space and the one above it"
            }
            Setting::Numbers => {
                "to hide more than the module's default takes CAP_SYS_ADMIN on the machine, and to be above \
                 the space"
            }
            _ => {
                "it takes CAP_SYS_ADMIN in the user namespace that owns the space, and to be above it"
            }
        }
    }
}

impl FromStr for Setting {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        Setting::ALL
            .into_iter()
            .find(|setting| setting.name() == word || setting.name().replace('_', "-") == word)
            .ok_or_else(|| {
                Error::word(
                    word,
                    "setting: there are policy, signals, isolation, numbers, pid_max and last_pid",
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_all_words() {
        for setting in Setting::ALL {
            assert_eq!(setting.name().parse::<Setting>().unwrap(), setting);
            assert!(setting.words().iter().all(|word| setting.choice().contains(word)));
        }
        assert!("colour".parse::<Setting>().is_err());
    }
}
