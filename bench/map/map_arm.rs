// SPDX-License-Identifier: GPL-2.0

//! The map of a pspace.

use crate::{
    pid_map::{
        Number,
        Numbered,
        PidMap, //
    },
    Arm,
    Object,
    LIMIT, //
};
use core::{
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::Relaxed,
        rcu, //
    }, //
};

// SAFETY: An object gets its number before it is published, and none after that until it is
// released; objects are kept for a grace period.
unsafe impl Numbered for Object {
    type Depth = ();

    fn number(&self, (): ()) -> u32 {
        self.number.load(Relaxed)
    }
}

pub(crate) struct MapArm(Pin<KBox<PidMap<Object>>>);

impl Arm for MapArm {
    const NAME: &'static str = "pid_map";

    fn new() -> Result<Self> {
        Ok(Self(KBox::pin_init(PidMap::new((), None), GFP_KERNEL)?))
    }

    #[inline(never)]
    fn add(&self, want: Option<u32>, object: &Object) -> Result<u32> {
        let nr = self
            .0
            .assign(want.and_then(Number::new), LIMIT, object.into(), |nr| {
                object.number.store(nr.get(), Relaxed);
            })?;

        Ok(nr.get())
    }

    #[inline(never)]
    fn remove(&self, nr: u32) {
        if let Some(nr) = Number::new(nr) {
            self.0.release(nr);
        }
    }

    #[inline(never)]
    fn find(&self, nr: u32, guard: &rcu::Guard) -> u32 {
        number(Number::new(nr).and_then(|nr| self.0.find(nr, guard))).unwrap_or(0)
    }

    #[inline(never)]
    fn find_ge(&self, nr: u32, guard: &rcu::Guard) -> Option<u32> {
        number(Number::new(nr).and_then(|nr| self.0.find_ge(nr, guard)))
    }
}

fn number(object: Option<NonNull<Object>>) -> Option<u32> {
    // SAFETY: The objects live as long as the map.
    object.map(|object| unsafe { object.as_ref() }.number.load(Relaxed))
}
