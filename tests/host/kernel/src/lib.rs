// SPDX-License-Identifier: GPL-2.0

//! Stands in for the `kernel` crate, as far as `pid_map/`, `reaper/` and their KUnit suites use it.
//!
//! Names and meanings are those of the kernel. What is beside them is for the tests: [`memory`],
//! and with the feature `explore` [`explore`].

pub mod bindings;
mod error;
#[cfg(feature = "explore")]
pub mod explore;
pub mod memory;
pub mod sync;

pub use core::{ffi, fmt};

/// As in the kernel.
pub mod alloc {
    /// There is no memory.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AllocError;

    /// How to allocate, which makes no difference here.
    #[derive(Clone, Copy)]
    pub struct Flags;

    /// The kernel's box, which may fail.
    pub trait KBoxExt<T> {
        /// Makes a value in its place.
        fn pin_init<E>(
            init: impl pinned_init::PinInit<T, E>,
            _flags: Flags,
        ) -> crate::error::Result<core::pin::Pin<Box<T>>>
        where
            crate::error::Error: From<E>;
    }

    impl<T> KBoxExt<T> for Box<T> {
        fn pin_init<E>(
            init: impl pinned_init::PinInit<T, E>,
            _flags: Flags,
        ) -> crate::error::Result<core::pin::Pin<Box<T>>>
        where
            crate::error::Error: From<E>,
        {
            let mut place = Box::<T>::new_uninit();

            // SAFETY: The place is valid and pinned: it is not moved below.
            unsafe { init.__pinned_init(place.as_mut_ptr()) }?;
            // SAFETY: It is initialised.
            Ok(Box::into_pin(unsafe { place.assume_init() }))
        }
    }
}

/// As in the kernel.
pub mod types {
    use core::cell::UnsafeCell;

    /// What C looks after.
    #[repr(transparent)]
    pub struct Opaque<T>(UnsafeCell<T>);

    impl<T> Opaque<T> {
        /// Where it is.
        pub const fn get(&self) -> *mut T {
            self.0.get()
        }
    }
}

/// As in the kernel.
pub mod prelude {
    /// What the kernel's `CStr` has besides.
    pub trait CStrExt {
        /// Its first character.
        fn as_char_ptr(&self) -> *const core::ffi::c_char;
    }

    impl CStrExt for core::ffi::CStr {
        fn as_char_ptr(&self) -> *const core::ffi::c_char {
            self.as_ptr()
        }
    }

    pub use crate::{
        alloc::{Flags, KBoxExt as _},
        error::{Error, Result, code::*},
    };
    pub use core::format_args as fmt;
    pub use macros::kunit_tests;
    pub use pinned_init::{PinInit, pin_data, pin_init};

    /// The kernel's box.
    pub type KBox<T> = Box<T>;

    /// May sleep.
    pub const GFP_KERNEL: Flags = Flags;
}
