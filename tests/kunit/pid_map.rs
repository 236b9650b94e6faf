// SPDX-License-Identifier: GPL-2.0

//! The allocator and table of a space: order, wrap, chosen numbers, lookups, limits, closing.

use crate::pid_map::{
    Number,
    PidMap,
    Usage, //
};
use core::{
    pin::Pin,
    ptr::{
        without_provenance_mut,
        NonNull, //
    }, //
};
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// Stands in for a `struct pid`. The map never looks at it.
struct Object;

type Map = Pin<KBox<PidMap<Object>>>;

const LIMIT: u32 = 32768;

fn map() -> Result<Map> {
    KBox::pin_init(PidMap::new(), GFP_KERNEL)
}

/// A pointer that tells which number it was published as.
fn object(nr: Number) -> Result<NonNull<Object>> {
    NonNull::new(without_provenance_mut(nr.get() as usize)).ok_or(EINVAL)
}

fn number(nr: u32) -> Result<Number> {
    Number::new(nr).ok_or(EINVAL)
}

fn add(map: &Map, want: Option<u32>, limit: u32) -> Result<u32> {
    let nr = map.reserve(want.map(number).transpose()?, limit)?;

    map.publish(nr, object(nr)?);
    Ok(nr.get())
}

/// What a lookup finds, as the number it was published as.
fn find(map: &Map, nr: u32) -> Option<u32> {
    found(map.find(Number::new(nr)?, &rcu::read_lock()))
}

fn find_ge(map: &Map, nr: u32) -> Option<u32> {
    found(map.find_ge(Number::new(nr)?, &rcu::read_lock()))
}

fn found(object: Option<NonNull<Object>>) -> Option<u32> {
    object.and_then(|object| u32::try_from(object.as_ptr().addr()).ok())
}

fn release(map: &Map, nr: u32) -> Option<u32> {
    found(map.release(Number::new(nr)?))
}

#[kunit_tests(pspace_pid_map)]
mod tests {
    use super::*;

    #[test]
    fn a_new_map_is_empty_and_open() -> Result {
        let map = map()?;

        assert_eq!(map.usage(), Usage::NONE);
        assert!(map.last().is_none());
        assert_eq!(find(&map, 1), None);
        assert_eq!(find_ge(&map, 1), None);
        Ok(())
    }

    #[test]
    fn numbers_are_handed_out_in_order_from_1() -> Result {
        let map = map()?;

        for expected in 1..=10_000 {
            assert_eq!(add(&map, None, LIMIT), Ok(expected));
        }
        for nr in 1..=10_000 {
            assert_eq!(find(&map, nr), Some(nr));
        }
        assert_eq!(find(&map, 10_001), None);
        assert_eq!(map.usage().count, 10_000);
        assert_eq!(map.last(), Number::new(10_000));
        Ok(())
    }

    #[test]
    fn a_free_number_is_not_reused_at_once() -> Result {
        let map = map()?;

        for _ in 0..10 {
            add(&map, None, LIMIT)?;
        }
        assert_eq!(release(&map, 5), Some(5));
        assert_eq!(add(&map, None, LIMIT), Ok(11));
        Ok(())
    }

    #[test]
    fn the_search_wraps_to_300() -> Result {
        let map = map()?;

        add(&map, None, LIMIT)?;
        map.set_last(Number::new(LIMIT - 2));
        assert_eq!(add(&map, None, LIMIT), Ok(LIMIT - 1));
        assert_eq!(add(&map, None, LIMIT), Ok(300));
        assert_eq!(add(&map, None, LIMIT), Ok(301));
        Ok(())
    }

    #[test]
    fn a_small_map_wraps_to_its_first_free_number() -> Result {
        let map = map()?;

        for _ in 0..9 {
            add(&map, None, 10)?;
        }
        assert_eq!(add(&map, None, 10), Err(EAGAIN));
        assert_eq!(release(&map, 4), Some(4));
        assert_eq!(add(&map, None, 10), Ok(4));
        assert_eq!(add(&map, None, 10), Err(EAGAIN));
        assert_eq!(map.usage().count, 9);
        Ok(())
    }

    #[test]
    fn a_chosen_number_is_given_once() -> Result {
        let map = map()?;

        for nr in [1, 2, 63, 64, 65, 4095, 4096, 262_143, 262_144, 4_194_303] {
            assert_eq!(add(&map, Some(nr), 1 << 22), Ok(nr));
            assert_eq!(add(&map, Some(nr), 1 << 22), Err(EEXIST));
            assert_eq!(find(&map, nr), Some(nr));
        }
        assert_eq!(map.usage().count, 10);
        // The search goes on where it was.
        assert_eq!(add(&map, None, 1 << 22), Ok(3));
        Ok(())
    }

    #[test]
    fn chosen_numbers_in_falling_order_are_all_found() -> Result {
        let map = map()?;
        let chosen = [4_194_303, 262_144, 4096, 64, 1];

        for nr in chosen {
            add(&map, Some(nr), 1 << 22)?;
        }
        for nr in chosen {
            assert_eq!(find(&map, nr), Some(nr));
        }
        for nr in chosen {
            assert_eq!(release(&map, nr), Some(nr));
            assert_eq!(find(&map, nr), None);
        }
        assert_eq!(map.usage().count, 0);
        Ok(())
    }

    #[test]
    fn a_reserved_number_is_taken_but_not_found() -> Result {
        let map = map()?;
        let nr = map.reserve(None, LIMIT)?;

        assert_eq!(map.usage().count, 1);
        assert_eq!(find(&map, nr.get()), None);
        assert_eq!(find_ge(&map, 1), None);
        assert_eq!(add(&map, Some(nr.get()), LIMIT), Err(EEXIST));

        assert_eq!(release(&map, nr.get()), None);
        assert_eq!(map.usage().count, 0);
        Ok(())
    }

    #[test]
    fn an_empty_map_begins_with_1_again() -> Result {
        let map = map()?;

        // As after a fork of the space's init that failed.
        add(&map, None, LIMIT)?;
        release(&map, 1);
        assert_eq!(add(&map, None, LIMIT), Ok(1));
        Ok(())
    }

    #[test]
    fn find_ge_goes_through_all_in_order() -> Result {
        let map = map()?;
        let numbers = [
            1, 2, 63, 64, 4095, 4096, 4097, 262_144, 1_000_000, 4_194_303,
        ];

        for nr in numbers.into_iter().rev() {
            add(&map, Some(nr), 1 << 22)?;
        }
        let mut from = 1;
        for nr in numbers {
            assert_eq!(find_ge(&map, from), Some(nr));
            from = nr + 1;
        }
        assert_eq!(find_ge(&map, 4098), Some(262_144));
        assert_eq!(find_ge(&map, from), None);
        Ok(())
    }

    #[test]
    fn find_ge_passes_over_what_is_only_reserved() -> Result {
        let map = map()?;

        for _ in 0..200 {
            map.reserve(None, LIMIT)?;
        }
        let nr = number(150)?;
        map.publish(nr, object(nr)?);
        assert_eq!(find_ge(&map, 1), Some(150));
        assert_eq!(find_ge(&map, 151), None);
        Ok(())
    }

    #[test]
    fn what_was_released_is_gone_and_the_rest_stays() -> Result {
        let map = map()?;

        for _ in 0..5000 {
            add(&map, None, LIMIT)?;
        }
        for nr in (1..=5000).filter(|nr| nr % 3 != 0) {
            assert_eq!(release(&map, nr), Some(nr));
        }
        for nr in 1..=5000 {
            assert_eq!(find(&map, nr), (nr % 3 == 0).then_some(nr));
        }
        assert_eq!(map.usage().count, 5000 / 3);
        Ok(())
    }

    #[test]
    fn a_closed_map_gives_nothing_and_keeps_what_it_has() -> Result {
        let map = map()?;

        add(&map, None, LIMIT)?;
        map.close();
        assert_eq!(add(&map, None, LIMIT), Err(ENOMEM));
        assert_eq!(add(&map, Some(7), LIMIT), Err(ENOMEM));
        // What is wrong with the number itself comes first.
        assert_eq!(add(&map, Some(1), LIMIT), Err(EEXIST));
        assert_eq!(
            map.usage(),
            Usage {
                count: 1,
                open: false,
                ..Usage::NONE
            }
        );
        assert_eq!(find(&map, 1), Some(1));
        assert_eq!(release(&map, 1), Some(1));
        assert_eq!(
            map.usage(),
            Usage {
                count: 0,
                open: false,
                ..Usage::NONE
            }
        );
        Ok(())
    }

    #[test]
    fn a_map_that_lost_its_init_goes_on_without_number_1() -> Result {
        let map = map()?;

        for _ in 0..3 {
            add(&map, None, LIMIT)?;
        }
        map.lose_init();
        assert_eq!(release(&map, 1), Some(1));
        assert_eq!(add(&map, Some(1), LIMIT), Err(EEXIST));
        assert_eq!(add(&map, None, LIMIT), Ok(4));
        // Not even if no other is free.
        assert_eq!(add(&map, None, 5), Err(EAGAIN));
        assert_eq!(release(&map, 2), Some(2));
        assert_eq!(add(&map, None, 5), Ok(2));
        Ok(())
    }

    #[test]
    fn a_map_that_lost_its_init_closes_with_its_last_number() -> Result {
        let map = map()?;

        for _ in 0..2 {
            add(&map, None, LIMIT)?;
        }
        map.lose_init();
        assert_eq!(release(&map, 1), Some(1));
        assert!(map.usage().open);
        assert_eq!(release(&map, 2), Some(2));
        assert!(!map.usage().open);
        assert_eq!(map.usage().count, 0);
        assert_eq!(add(&map, None, LIMIT), Err(ENOMEM));
        assert_eq!(add(&map, Some(7), LIMIT), Err(ENOMEM));
        Ok(())
    }

    #[test]
    fn the_limit_may_shrink_below_the_cursor() -> Result {
        let map = map()?;

        for _ in 0..1000 {
            add(&map, None, LIMIT)?;
        }
        assert_eq!(release(&map, 400), Some(400));
        assert_eq!(add(&map, None, 500), Ok(400));
        assert_eq!(add(&map, None, 500), Err(EAGAIN));
        Ok(())
    }

    #[test]
    fn two_maps_hold_the_same_number() -> Result {
        let (left, right) = (map()?, map()?);

        assert_eq!(add(&left, Some(57), LIMIT), Ok(57));
        assert_eq!(find(&right, 57), None);
        assert_eq!(add(&right, Some(57), LIMIT), Ok(57));
        assert_eq!(release(&left, 57), Some(57));
        assert_eq!(find(&right, 57), Some(57));
        Ok(())
    }

    #[test]
    fn a_full_map_of_100_000_empties_again() -> Result {
        let map = map()?;

        for nr in 1..100_000 {
            assert_eq!(add(&map, None, 100_000), Ok(nr));
        }
        assert_eq!(add(&map, None, 100_000), Err(EAGAIN));
        for nr in 1..100_000 {
            assert_eq!(release(&map, nr), Some(nr));
        }
        assert_eq!(map.usage().count, 0);
        assert_eq!(find_ge(&map, 1), None);
        Ok(())
    }
}
