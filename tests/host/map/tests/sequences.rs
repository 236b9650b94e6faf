// SPDX-License-Identifier: GPL-2.0

//! Random sequences of calls, against a simple table. What has failed once is tried first, from
//! `sequences.proptest-regressions`; `PROPTEST_CASES` says how many, `PROPTEST_RNG_SEED` which.
#![cfg(not(feature = "explore"))]

use map::sequence::{Call, Limit, Spot, run, run_bytes};
use proptest::{collection::vec, option, prelude::*, test_runner::FileFailurePersistence};

fn spots() -> impl Strategy<Value = Spot> {
    (0..10_u8, 0..70_u8).prop_map(|(place, offset)| Spot { place, offset })
}

fn limits() -> impl Strategy<Value = Limit> {
    prop_oneof![
        4 => Just(Limit::None),
        4 => Just(Limit::Usual),
        1 => any::<u8>().prop_map(Limit::Few),
        1 => spots().prop_map(Limit::At),
    ]
}

fn calls() -> impl Strategy<Value = Call> {
    let want = || option::of(spots());

    prop_oneof![
        8 => (want(), limits()).prop_map(|(want, limit)| Call::Reserve { want, limit }),
        16 => (want(), limits()).prop_map(|(want, limit)| Call::Assign { want, limit }),
        4 => (any::<u8>(), limits()).prop_map(|(count, limit)| Call::AssignMany { count, limit }),
        2 => spots().prop_map(Call::Publish),
        8 => Just(Call::PublishFirst),
        4 => spots().prop_map(Call::Release),
        16 => any::<u8>().prop_map(Call::ReleaseNth),
        2 => (spots(), any::<u8>()).prop_map(|(from, count)| Call::ReleaseMany { from, count }),
        8 => spots().prop_map(Call::Find),
        8 => spots().prop_map(Call::FindGe),
        2 => want().prop_map(Call::SetLast),
        1 => Just(Call::Close),
        1 => Just(Call::LoseInit),
        2 => any::<bool>().prop_map(Call::Failing),
        4 => any::<bool>().prop_map(Call::Reading),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: (std::env::var("PROPTEST_FAILURE_PERSISTENCE").as_deref() != Ok("off"))
            .then(|| Box::<FileFailurePersistence>::default() as _),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_map_answers_as_a_simple_table(calls in vec(calls(), 0..200)) {
        run(&calls);
    }
}

/// What the fuzz target runs, on bytes that look random and are always the same.
#[test]
fn the_fuzz_target_on_fixed_bytes() {
    // G. Marsaglia, "Xorshift RNGs", 2003.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;

    for _ in 0..200 {
        let bytes: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .take(600)
        .collect();

        run_bytes(&bytes);
    }
}
