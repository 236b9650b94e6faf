// SPDX-License-Identifier: GPL-2.0

//! The examples of the documentation of `pid_map`, as they stand there. `scripts/test lint` finds
//! one that is missing.

use crate::pid_map::{
    Number,
    Numbered,
    PidMap,
    Usage, //
};
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu, //
    }, //
};

struct Task {
    number: Atomic<u32>,
}

impl Task {
    fn new(nr: u32) -> Result<KBox<Self>> {
        let number = Atomic::new(nr);

        Ok(KBox::new(Self { number }, GFP_KERNEL)?)
    }
}

// SAFETY: A task gets its number before it is published, and has it for good. It is dropped a
// grace period after it is released, or when there are no readers.
unsafe impl Numbered for Task {
    type Depth = ();

    fn number(&self, (): ()) -> u32 {
        self.number.load(Relaxed)
    }
}

#[kunit_tests(pspace_examples)]
mod tests {
    use super::*;

    #[test]
    fn a_number() {
        assert_eq!(Number::new(1), Some(Number::INIT));
        assert_eq!(Number::new(0), None);
        assert_eq!(Number::new(Number::MAX + 1), None);

        // As the kernel has them.
        assert_eq!(Number::try_from(57).map(i32::from), Ok(57));
        assert_eq!(Number::try_from(-1), Err(EINVAL));
    }

    #[test]
    fn the_life_of_a_number() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
        let nr = map.reserve(None, 32768)?;
        let task = Task::new(nr.get())?;

        // The number is taken, and nothing is found under it before it is published.
        assert_eq!(map.find(nr, &rcu::read_lock()), None);
        map.publish(nr, NonNull::from(&*task));
        assert_eq!(map.find(nr, &rcu::read_lock()), Some(NonNull::from(&*task)));

        map.release(nr);
        assert_eq!(map.find(nr, &rcu::read_lock()), None);
        // Whoever found the task before may still look at it.
        rcu::synchronize_rcu();
        drop(task);
        Ok(())
    }

    #[test]
    fn new() -> Result {
        let last = Number::new(4000);
        let map = KBox::pin_init(PidMap::<Task>::new((), last), GFP_KERNEL)?;

        assert_eq!(map.reserve(None, 32768)?.get(), 1);
        assert_eq!(map.reserve(None, 32768)?.get(), 4001);
        Ok(())
    }

    #[test]
    fn reserve() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;

        assert_eq!(map.reserve(None, 32768)?.get(), 1);
        assert_eq!(map.reserve(Number::new(57), 32768)?.get(), 57);
        assert_eq!(map.reserve(Number::new(57), 32768), Err(EEXIST));
        // A number that was wanted does not change where the search goes on.
        assert_eq!(map.reserve(None, 32768)?.get(), 2);
        assert_eq!(map.reserve(None, 3), Err(EAGAIN));
        Ok(())
    }

    #[test]
    fn assign() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
        let task = Task::new(0)?;
        let nr = map.assign(None, 32768, NonNull::from(&*task), |nr| {
            task.number.store(nr.get(), Relaxed);
        })?;

        assert_eq!(map.find(nr, &rcu::read_lock()), Some(NonNull::from(&*task)));
        assert_eq!(map.release(nr), Some(NonNull::from(&*task)));
        Ok(())
    }

    #[test]
    fn release() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
        let nr = map.reserve(None, 32768)?;

        // Nothing was published, but the number is free again.
        assert_eq!(map.release(nr), None);
        assert_eq!(map.reserve(Some(nr), 32768), Ok(nr));
        Ok(())
    }

    #[test]
    fn close() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;

        map.reserve(None, 32768)?;
        map.close();
        assert_eq!(map.reserve(None, 32768), Err(ENOMEM));
        assert_eq!(map.usage().count, 1);
        Ok(())
    }

    #[test]
    fn lose_init() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
        let (init, other) = (map.reserve(None, 32768)?, map.reserve(None, 32768)?);

        map.lose_init();
        map.release(init);
        assert_eq!(map.reserve(Some(Number::INIT), 32768), Err(EEXIST));
        map.release(other);
        assert!(!map.usage().open);
        Ok(())
    }

    #[test]
    fn usage() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;

        assert_eq!(map.usage(), Usage::NONE);
        map.reserve(None, 32768)?;
        assert_eq!(map.usage().count, 1);
        assert!(map.usage().open);
        Ok(())
    }

    #[test]
    fn find_ge() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;
        let task = Task::new(57)?;
        let nr = map.assign(Number::new(57), 32768, NonNull::from(&*task), |_| ())?;

        let found = map.find_ge(Number::INIT, &rcu::read_lock());
        assert_eq!(found, Some(NonNull::from(&*task)));
        map.release(nr);
        Ok(())
    }

    #[test]
    fn set_last() -> Result {
        let map = KBox::pin_init(PidMap::<Task>::new((), None), GFP_KERNEL)?;

        map.reserve(None, 32768)?;
        map.set_last(Number::new(56));
        assert_eq!(map.reserve(None, 32768)?.get(), 57);
        assert_eq!(map.last(), Number::new(57));
        Ok(())
    }
}
