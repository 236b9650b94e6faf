// SPDX-License-Identifier: GPL-2.0

//! The attributes of the kernel's Rust that are not those of a crate.

use proc_macro::TokenStream;

/// KUnit's suites have the form of the tests of any crate.
#[proc_macro_attribute]
pub fn kunit_tests(_suite: TokenStream, module: TokenStream) -> TokenStream {
    module
}
