// SPDX-License-Identifier: GPL-2.0

//! What /proc/pspace shows. Which files there are, and who may see which space, is the kernel's
//! part (`fs/proc/pspace_list.c`); this is what stands in them.

pub(crate) mod path;
pub(crate) mod spaces;
pub(crate) mod tasks;
mod way;
