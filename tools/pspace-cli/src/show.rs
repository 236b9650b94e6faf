// SPDX-License-Identifier: GPL-2.0
//! `info`: all that a process is called.

use std::io::{self, Write};

use pspace::Details;

use crate::arguments::Info;
use crate::failure::Outcome;

/// Show all names of a process.
pub fn info(info: &Info) -> Outcome {
    let details = Details::read(&info.name)?;
    let mut out = io::stdout().lock();

    if info.json {
        serde_json::to_writer_pretty(&mut out, &details).map_err(io::Error::from)?;
        writeln!(out)?;
        return Ok(0);
    }
    let rights = [
        (details.may_signal, "signal"),
        (details.may_look, "look at and trace"),
        (details.may_steer, "kill and set its space"),
    ];
    let may: Vec<&str> = rights.iter().filter(|(may, _)| *may).map(|(_, what)| *what).collect();
    writeln!(out, "pair     {}", details.pair)?;
    writeln!(out, "path     {}", details.path)?;
    writeln!(out, "number   {}", details.number.map_or("-".into(), |nr| nr.to_string()))?;
    writeln!(out, "command  {}", details.command)?;
    writeln!(out, "state    {}", details.state)?;
    writeln!(out, "user     {}", details.uid)?;
    writeln!(out, "threads  {}", details.threads)?;
    writeln!(out, "you may  {}", if may.is_empty() { "-".into() } else { may.join(", ") })?;
    Ok(0)
}
