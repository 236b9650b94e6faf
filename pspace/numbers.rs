// SPDX-License-Identifier: GPL-2.0

//! When the members of a space are given numbers in the namespaces above.

use super::setting::Setting;
use kernel::pspace::Numbers;

impl Setting for Numbers {
    /// From what hides most.
    const ALL: &'static [Self] = &[Self::Never, Self::Ask, Self::Show, Self::List];

    fn word(self) -> &'static str {
        match self {
            Numbers::Never => "never",
            Numbers::Ask => "ask",
            Numbers::Show => "show",
            Numbers::List => "list",
        }
    }
}
