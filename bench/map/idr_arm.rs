// SPDX-License-Identifier: GPL-2.0

//! The kernel's idr, see `idr_arm.c`.

use crate::{
    Arm,
    Object,
    LIMIT, //
};
use core::ptr::NonNull;
use kernel::{
    error::to_result,
    ffi::{
        c_int,
        c_void, //
    },
    prelude::*,
    sync::{
        atomic::Relaxed,
        rcu, //
    }, //
};

/// The C part's `struct idr_arm`.
#[repr(C)]
struct Raw {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn quiescent_state();
    fn idr_arm_new() -> *mut Raw;
    fn idr_arm_free(arm: *mut Raw);
    fn idr_arm_add(arm: *mut Raw, want: u32, limit: u32, object: *mut c_void) -> c_int;
    fn idr_arm_remove(arm: *mut Raw, nr: u32);
    fn idr_arm_find(arm: *mut Raw, nr: u32) -> *mut c_void;
    fn idr_arm_find_ge(arm: *mut Raw, nr: u32) -> *mut c_void;
}

/// Lets RCU see that we hold nothing.
pub(crate) fn breathe() {
    // SAFETY: We are in process context and hold no lock.
    unsafe { quiescent_state() }
}

/// # Invariants
///
/// The pointer is what `idr_arm_new()` returned, and is ours.
pub(crate) struct IdrArm(NonNull<Raw>);

impl Arm for IdrArm {
    const NAME: &'static str = "idr";

    fn new() -> Result<Self> {
        // SAFETY: It may be called any time.
        NonNull::new(unsafe { idr_arm_new() })
            .map(Self)
            .ok_or(ENOMEM)
    }

    fn add(&self, want: Option<u32>, object: &Object) -> Result<u32> {
        let object = core::ptr::from_ref(object).cast_mut().cast();
        // SAFETY: By the type invariants. The object begins with its number, which is atomic.
        let nr = unsafe { idr_arm_add(self.0.as_ptr(), want.unwrap_or(0), LIMIT, object) };

        to_result(nr)?;
        Ok(nr as u32)
    }

    fn remove(&self, nr: u32) {
        // SAFETY: By the type invariants.
        unsafe { idr_arm_remove(self.0.as_ptr(), nr) };
    }

    fn find(&self, nr: u32, _: &rcu::Guard) -> u32 {
        // SAFETY: By the type invariants, and RCU is held.
        number(unsafe { idr_arm_find(self.0.as_ptr(), nr) }).unwrap_or(0)
    }

    fn find_ge(&self, nr: u32, _: &rcu::Guard) -> Option<u32> {
        // SAFETY: By the type invariants, and RCU is held.
        number(unsafe { idr_arm_find_ge(self.0.as_ptr(), nr) })
    }
}

fn number(object: *mut c_void) -> Option<u32> {
    // SAFETY: `add()` put a pointer to an object there, which lives as long as the idr.
    unsafe { object.cast::<Object>().as_ref() }.map(|object| object.number.load(Relaxed))
}

impl Drop for IdrArm {
    fn drop(&mut self) {
        // SAFETY: By the type invariants; it is ours to free.
        unsafe { idr_arm_free(self.0.as_ptr()) };
    }
}
