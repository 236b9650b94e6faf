// SPDX-License-Identifier: GPL-2.0
//! How a process has ended.

use std::fmt;

use crate::signal::Signal;

/// How a process has ended, as `wait()` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It has exited with that.
    Exited(u8),
    /// A signal has killed it.
    Killed(i32),
}

impl ExitStatus {
    /// From the word that `wait()` gives.
    pub fn from_raw(status: i32) -> Self {
        match status & 0x7f {
            0 => ExitStatus::Exited((status >> 8) as u8),
            signal => ExitStatus::Killed(signal),
        }
    }

    /// As a shell says it: the exit status, or 128 and the signal.
    pub fn code(self) -> u8 {
        match self {
            ExitStatus::Exited(code) => code,
            ExitStatus::Killed(signal) => 128u8.wrapping_add(signal as u8),
        }
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExitStatus::Exited(code) => write!(f, "exited {code}"),
            ExitStatus::Killed(signal) => match signal.to_string().parse::<Signal>() {
                Ok(signal) => write!(f, "killed {signal}"),
                Err(_) => write!(f, "killed signal {signal}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_wait_says_it() {
        assert_eq!(ExitStatus::from_raw(7 << 8), ExitStatus::Exited(7));
        assert_eq!(ExitStatus::from_raw(9), ExitStatus::Killed(9));
        // With a dump of its memory.
        assert_eq!(ExitStatus::from_raw(0x80 | 11), ExitStatus::Killed(11));
    }

    #[test]
    fn as_a_shell_says_it() {
        assert_eq!(ExitStatus::Exited(255).code(), 255);
        assert_eq!(ExitStatus::Killed(9).code(), 137);
        assert_eq!(ExitStatus::Killed(9).to_string(), "killed SIGKILL");
        assert_eq!(ExitStatus::Exited(3).to_string(), "exited 3");
    }
}
