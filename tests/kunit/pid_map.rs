// SPDX-License-Identifier: GPL-2.0

//! The allocator and table of a space: order, wrap, chosen numbers, lookups, limits, closing.

use crate::pid_map::{
    Number,
    Numbered,
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

/// Stands in for a `struct pid`. It has no memory: where it is tells the number that it has.
#[repr(align(4))]
struct Object;

// SAFETY: An object has one number, for ever.
unsafe impl Numbered for Object {
    type Depth = ();

    fn number(&self, (): ()) -> u32 {
        // CAST: `object()` made it from a number.
        (core::ptr::from_ref(self).addr() / align_of::<Self>()) as u32
    }
}

type Map = Pin<KBox<PidMap<Object>>>;

const LIMIT: u32 = 32768;

fn map() -> Result<Map> {
    KBox::pin_init(PidMap::new((), None), GFP_KERNEL)
}

/// The object that has a number.
fn object(nr: Number) -> Result<NonNull<Object>> {
    let addr = nr.get() as usize * align_of::<Object>();

    NonNull::new(without_provenance_mut(addr)).ok_or(EINVAL)
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
    // SAFETY: Any address will do for a type without a size.
    object.map(|object| unsafe { object.as_ref() }.number(()))
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
    fn an_assigned_number_is_found() -> Result {
        let map = map()?;
        let mut named = None;

        // What is assigned has the number that it was named last.
        let nr = map.assign(Number::new(4711), LIMIT, object(number(4711)?)?, |nr| {
            named = Some(nr);
        })?;
        assert_eq!(named, Some(nr));
        assert_eq!(find(&map, 4711), Some(4711));
        assert_eq!(map.usage().count, 1);
        assert_eq!(
            map.assign(Some(nr), LIMIT, object(nr)?, |_| ()),
            Err(EEXIST)
        );
        assert_eq!(release(&map, 4711), Some(4711));
        assert_eq!(find(&map, 4711), None);
        Ok(())
    }

    #[test]
    fn to_release_what_is_not_taken_changes_nothing() -> Result {
        let map = map()?;

        assert_eq!(release(&map, 7), None);
        add(&map, Some(8), LIMIT)?;
        for nr in [7, 9, 8 + 64, 8 + 4096] {
            assert_eq!(release(&map, nr), None);
        }
        assert_eq!(map.usage().count, 1);
        assert_eq!(find(&map, 8), Some(8));
        Ok(())
    }

    /// Numbers that part at each of the four levels, added in any order, are all there until they
    /// are released, in any order.
    #[test]
    fn numbers_that_part_at_all_levels_come_and_go_in_any_order() -> Result {
        let numbers = [1, 2, 65, 4097, 4160, 262_145, 266_241, 4_194_303];

        for first in 0..numbers.len() {
            for step in [1, 3, 5, 7] {
                let map = map()?;
                let order = |index: usize| numbers[(first + index * step) % numbers.len()];

                for added in 0..numbers.len() {
                    add(&map, Some(order(added)), 1 << 22)?;
                    for index in 0..numbers.len() {
                        let nr = order(index);
                        assert_eq!(find(&map, nr), (index <= added).then_some(nr));
                    }
                }
                for released in 0..numbers.len() {
                    assert_eq!(release(&map, order(released)), Some(order(released)));
                    let mut from = 1;
                    while let Some(nr) = find_ge(&map, from) {
                        assert!((released + 1..numbers.len()).any(|index| order(index) == nr));
                        from = nr + 1;
                    }
                    for index in released + 1..numbers.len() {
                        assert_eq!(find(&map, order(index)), Some(order(index)));
                    }
                }
                assert_eq!(map.usage().count, 0);
            }
        }
        Ok(())
    }

    #[test]
    fn a_search_for_a_free_number_passes_over_full_branches() -> Result {
        let map = map()?;

        for nr in 1..3 * 4096 {
            assert_eq!(add(&map, None, LIMIT), Ok(nr));
        }
        for hole in [1, 63, 64, 4095, 4096, 8191, 8192, 3 * 4096 - 1] {
            assert_eq!(release(&map, hole), Some(hole));
            map.set_last(None);
            assert_eq!(add(&map, None, LIMIT), Ok(hole));
            map.set_last(None);
            assert_eq!(add(&map, None, 3 * 4096), Err(EAGAIN));
        }
        Ok(())
    }

    #[test]
    fn a_map_can_be_full_up_to_the_largest_number() -> Result {
        let map = map()?;
        // With locks checked it takes minutes, and the time of a test is limited.
        let all = match cfg!(CONFIG_PROVE_LOCKING) {
            true => 300_000,
            false => Number::MAX,
        };

        for nr in 1..=all {
            // An assertion for each would take longer than all the rest.
            if add(&map, None, all + 1) != Ok(nr) {
                assert_eq!(map.usage().count, nr);
            }
        }
        assert_eq!(map.usage().count, all);
        assert_eq!(add(&map, None, all + 1), Err(EAGAIN));
        assert_eq!(find(&map, all), Some(all));
        assert_eq!(find_ge(&map, all), Some(all));

        assert_eq!(release(&map, 200_000), Some(200_000));
        assert_eq!(find_ge(&map, 200_000), Some(200_001));
        assert_eq!(add(&map, None, all + 1), Ok(200_000));

        for nr in 1..=all {
            if release(&map, nr) != Some(nr) {
                assert_eq!(map.usage().count, all - nr);
            }
        }
        assert_eq!(map.usage().count, 0);
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
