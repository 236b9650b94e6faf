// SPDX-License-Identifier: GPL-2.0

//! Errors of the kernel.

use crate::alloc::AllocError;
use core::{convert::Infallible, num::TryFromIntError};

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(i32);

/// As in the kernel.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

/// By their names.
pub mod code {
    use super::Error;

    macro_rules! codes {
        ($($name:ident = $number:literal),*) => {
            $(#[allow(missing_docs)] pub const $name: Error = Error($number);)*
        };
    }

    codes!(EAGAIN = 11, ENOMEM = 12, EBUSY = 16, EEXIST = 17, EINVAL = 22);
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Self {
        code::ENOMEM
    }
}

impl From<TryFromIntError> for Error {
    fn from(_: TryFromIntError) -> Self {
        code::EINVAL
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
