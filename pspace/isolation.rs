// SPDX-License-Identifier: GPL-2.0

//! What the members of a space see of what is outside.

use super::setting::Setting;
use kernel::pspace::Isolation;

impl Setting for Isolation {
    const ALL: &'static [Self] = &[Self::Full, Self::Half, Self::Peers];

    fn word(self) -> &'static str {
        match self {
            Isolation::Full => "full",
            Isolation::Half => "half",
            Isolation::Peers => "peers",
        }
    }
}
