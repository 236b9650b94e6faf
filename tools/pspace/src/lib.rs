// SPDX-License-Identifier: GPL-2.0
//! Process spaces on Linux.
//!
//! In a pspace a process is the pair of the space's id and its number there, and has no
//! number anywhere else unless somebody asks. This crate names, lists, finds, signals,
//! waits for, kills and sets what there is ([`Space`], [`Process`], [`tables`]), and makes
//! new spaces ([`Creation`]).
//!
//! ```no_run
//! use pspace::{Name, Process, Signal, Space};
//!
//! let space = Space::open("57".parse()?)?;
//! println!("{:?}", space.info()?);
//! let name: Name = "57:3".parse()?;
//! Process::open(&name)?.signal(Signal::TERM)?;
//! # Ok::<(), pspace::Error>(())
//! ```
//!
//! What the kernel says is taken apart once, here, and errors say what to do. All that is
//! `unsafe` is in one module, `sys`.

#![deny(unsafe_code)]

mod child;
mod create;
mod enter;
mod error;
mod escape;
pub mod files;
mod look;
mod name;
mod process;
mod procfs;
mod setting;
mod signal;
mod space;
mod status;
mod sys;
pub mod tables;

pub use child::{Child, Relay, Trouble};
pub use create::{Creation, ProcMount, UserMap, newpid};
pub use enter::keep_descriptors;
pub use error::{Error, Kind, Result};
pub use escape::{printable, unescape};
pub use name::{Name, Nr, Pair, Path, SpaceId, Step};
pub use process::{Details, Process};
pub use procfs::{Usage, arguments, now, own_space, usage};
pub use setting::Setting;
pub use signal::Signal;
pub use space::{Info, Space};
pub use status::ExitStatus;
