// SPDX-License-Identifier: GPL-2.0
//! What can be said on the command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use pspace::{Name, ProcMount, Setting, Signal, SpaceId};

use crate::complete::{processes, settings, signals, spaces};
use crate::filter::Filter;

const AFTER_HELP: &str = "\
A process is named by its number here (1200), by its pair (57:3: number 3 in space 57), or by its
path from above (1200/57/8). util-linux's kill takes PID:INODE for something else: only pspace
takes pairs.

Exit status:
  0        it is done
  1        it has failed
  2        wrong usage
  3        no such space or process, or it is gone
  4        not permitted
  5        no pspaces here: the module is not loaded, or the kernel has none
  125-127  run, exec, view, newpid, trace: the program was not started (126: it cannot be run,
           127: it is not there, 125: all else); else their status is the program's
  128+N    signal N has ended it (run, exec, wait)";

const RUN_HELP: &str = "\
Examples:
  pspace run -- sh                     a shell that is pid 1 of a new space, with a /proc of its own
  pspace run --die-with-me -- ./agent  nothing of it is left when this command dies
  pspace run --user root -- sh         with a user namespace, in which it is root
  unshare -n pspace run -- sh          what else a sandbox is made of is for others to add";

/// Process spaces: in one a process is the pair of the space and its number there
#[derive(Debug, Parser)]
#[command(name = "pspace", version, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a program as pid 1 of a new space
    Run(Run),
    /// Run a program in a space that is there
    Exec(Exec),
    /// Run a program outside that looks at the processes of a space as its /proc
    View(View),
    /// Run a program whose pid namespaces, and those of all that it starts, are spaces
    Newpid(Newpid),
    /// List spaces
    Ls(Ls),
    /// List processes of all spaces
    Ps(Ps),
    /// Signal processes, or kill whole spaces
    Kill(Kill),
    /// Wait for the end of a space, and exit as its pid 1 did
    Wait(Wait),
    /// Change settings of a space
    Set(Set),
    /// Show all names of a process, and what may be done with it
    Info(Info),
    /// Run a debugger on a process: strace, gdb, perf
    Trace(Trace),
    /// List the files that processes of all spaces hold
    Lsof(Lsof),
    /// Tell who of all spaces holds a file, or a file system
    Fuser(Fuser),
    /// Show live what spaces do
    Top(Top),
    /// Draw the tree of spaces as SVG
    Graph,
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Man { directory: PathBuf },
}

impl Verb {
    /// Is the exit status that of a program?
    pub fn starts_a_program(&self) -> bool {
        matches!(
            self,
            Verb::Run(_) | Verb::Exec(_) | Verb::View(_) | Verb::Newpid(_) | Verb::Trace(_)
        )
    }
}

/// A program and its arguments.
#[derive(Debug, Args)]
pub struct Program {
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    pub words: Vec<OsString>,
}

#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub struct Run {
    /// Who waits for orphans: "auto" is the kernel, so that pid 1 need not; "init" is pid 1;
    /// with "outer" it is the kernel, and the space outlives its pid 1
    #[arg(long, default_value = "auto", value_parser = words(Setting::Policy))]
    pub policy: String,
    /// What signals from above do to a pid 1 without a handler: "ordinary", as to any process;
    /// "init", nothing
    #[arg(long, default_value = "ordinary", value_parser = words(Setting::Signals))]
    pub signals: String,
    /// What its members see of what is outside: "full", nothing; "half", what is above, by pairs;
    /// "peers", the spaces beside it that say so, too. It takes privilege outside, so it does not
    /// go with --user
    #[arg(long, value_parser = words(Setting::Isolation))]
    pub isolation: Option<String>,
    /// When its members get numbers outside: "list", when somebody there lists processes, too;
    /// "show", when they are shown otherwise; "ask", by pspace info or trace; "never"
    #[arg(long, value_parser = words(Setting::Numbers))]
    pub numbers: Option<String>,
    /// All numbers in it are below, so there are no more tasks than that: 301 to 4194304
    #[arg(long, value_name = "N")]
    pub pid_max: Option<String>,
    /// Make a user namespace, in which the program is who you are, or root. Without privilege
    /// one is made anyway
    #[arg(long, value_enum, value_name = "WHO")]
    pub user: Option<Who>,
    /// Where its /proc is from: a new mount; a bind of /proc/pspace/<id>; auto: that where a new
    /// mount is refused, as in containers
    #[arg(long, value_enum, default_value = "auto", value_name = "HOW")]
    pub proc: How,
    /// Kill the space when this command dies, however it dies
    #[arg(long)]
    pub die_with_me: bool,
    /// Write the id of the space to a file before the program runs
    #[arg(long, value_name = "FILE")]
    pub id_file: Option<PathBuf>,
    #[command(flatten)]
    pub program: Program,
}

/// Who the program is in its user namespace.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Who {
    /// The one who has called
    Own,
    /// Root
    Root,
}

/// Where `/proc` is from.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum How {
    /// A new mount where it is allowed, else a bind
    Auto,
    /// A new mount
    Mount,
    /// A bind of /proc/pspace/<id>
    Bind,
    /// What is there stays
    None,
}

impl From<How> for ProcMount {
    fn from(how: How) -> Self {
        match how {
            How::Auto => ProcMount::Auto,
            How::Mount => ProcMount::Mount,
            How::Bind => ProcMount::Bind,
            How::None => ProcMount::None,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pspace exec 57 -- ps          a member; its /proc is that of the space
  pspace exec --all 57 -- sh    among the files, users and networks of its pid 1")]
pub struct Exec {
    /// Go to the other namespaces of its pid 1 as well: files, network, users and so on. With
    /// another user namespace the program is the user that pid 1 is. Without one it keeps all
    /// privileges of who calls, among files that are not theirs: look first what it runs
    #[arg(long)]
    pub all: bool,
    /// Leave /proc as it is here
    #[arg(long, conflicts_with = "all")]
    pub no_proc: bool,
    /// The space
    #[arg(add = spaces())]
    pub space: SpaceId,
    #[command(flatten)]
    pub program: Program,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pspace view 57 -- top
  pspace view 57 -- ps aux

It looks only: the numbers that it sees are not those of where it is. So to
signal, trace or change a process by its number is refused (EPERM). pspace kill
and trace do it; pspace exec is inside.")]
pub struct View {
    /// The space
    #[arg(add = spaces())]
    pub space: SpaceId,
    #[command(flatten)]
    pub program: Program,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pspace newpid -- unshare --fork --pid --mount-proc sh
  pspace newpid -- podman run ...

A program that gains privileges when it is executed, as sudo does, has not
asked. The machine can refuse it, or have it for all:
/proc/sys/kernel/pspace_newpid.")]
pub struct Newpid {
    #[command(flatten)]
    pub program: Program,
}

#[derive(Debug, Args)]
#[command(after_help = "\
INIT is the pair by which its pid 1 is known in the space above; CREATOR the path of
who has created it; MEMBERS counts numbers that are in use, those of threads and of
dead processes that nobody has waited for, too.")]
pub struct Ls {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pspace ps --tree -o pair,user,args
  pspace ps -Q 'space != 4'         without those of the machine's own space
  pspace ps -Q 'command == \"sh\" && rss > 10000 || age < 60'

An expression has pair, space, pid, path, wid, parent, user, uid, state, time and age
(seconds), rss (KiB) and command; == != < <= > >= && || ! and parentheses; words stand
in double quotes.")]
pub struct Ps {
    /// Only those of a space
    #[arg(long, value_name = "ID", add = spaces())]
    pub space: Option<SpaceId>,
    /// Only those for which an expression is true, as 'user == "ann" && rss > 10000'
    #[arg(short = 'Q', long, value_name = "EXPR")]
    pub filter: Option<Filter>,
    /// Children below their parents, across spaces
    #[arg(long, conflicts_with = "json")]
    pub tree: bool,
    /// Which columns, in which order
    #[arg(short = 'o', long, value_enum, value_delimiter = ',', conflicts_with = "json")]
    pub columns: Vec<Column>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// A column of `pspace ps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Column {
    /// Space and number
    Pair,
    /// The way to it from above
    Path,
    /// Its number in the namespace above its space
    Wid,
    /// The pair of its parent
    Parent,
    /// Space
    Space,
    /// Its number there
    Pid,
    /// Its user
    User,
    /// Its user, as a number
    Uid,
    /// A letter, as ps has it
    State,
    /// Processor time
    Time,
    /// Memory in use, in KiB
    Rss,
    /// Time since it began
    Age,
    /// Its name
    Command,
    /// Its command line
    Args,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pspace kill 57:3                SIGTERM to number 3 in space 57
  pspace kill -s HUP 1200/57/8    by a path
  pspace kill -9 57:3 57:4        as kill(1) takes them
  pspace kill --space 57          all that is in space 57 and below, by SIGKILL")]
pub struct Kill {
    /// Which signal, by name or number; 0 asks whether one could be sent
    #[arg(short, long, default_value = "TERM", conflicts_with = "space", add = signals())]
    pub signal: Signal,
    /// Kill a whole space, and those in it
    #[arg(long, value_name = "ID", add = spaces())]
    pub space: Vec<SpaceId>,
    /// Processes: numbers, pairs or paths
    #[arg(required_unless_present = "space", value_name = "PROCESS", add = processes())]
    pub names: Vec<Name>,
}

#[derive(Debug, Args)]
pub struct Wait {
    /// Until its last member is gone, too
    #[arg(long)]
    pub all: bool,
    /// The space
    #[arg(add = spaces())]
    pub space: SpaceId,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Settings:
  policy=init|auto|outer       who waits for orphans, and whether it outlives its pid 1
  signals=init|ordinary        what signals from above do to its pid 1
  isolation=full|half|peers    what its members see of what is outside
  numbers=never|ask|show|list  when its members get numbers above
  pid_max=N                    all numbers are below: 301 to 4194304
  last_pid=N                   numbers go on from there

Without any, all are printed.")]
pub struct Set {
    /// The space
    #[arg(add = spaces())]
    pub space: SpaceId,
    /// What to set, as policy=auto, or to print, as policy
    #[arg(value_name = "SETTING[=VALUE]", value_parser = assignment, add = settings())]
    pub assignments: Vec<(Setting, Option<String>)>,
}

#[derive(Debug, Args)]
pub struct Info {
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// A number, pair or path
    #[arg(add = processes())]
    pub name: Name,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pspace trace 57:3                       strace -p with its number
  pspace trace 57:3 -- strace -f -o log   any that takes -p
  pspace trace 57:3 -- gdb prog {}        {} stands for the number

Where the process gets no number here (pspace set 57 numbers=never), the
debugger runs in its space, and the number is that there.")]
pub struct Trace {
    /// A number, pair or path
    #[arg(add = processes())]
    pub name: Name,
    /// The debugger
    #[arg(trailing_var_arg = true, value_name = "CMD", default_value = "strace")]
    pub words: Vec<OsString>,
}

#[derive(Debug, Args)]
pub struct Lsof {
    /// Only those of a space
    #[arg(long, value_name = "ID", add = spaces())]
    pub space: Option<SpaceId>,
    /// Only these processes: numbers, pairs or paths
    #[arg(value_name = "PROCESS", add = processes())]
    pub names: Vec<Name>,
}

#[derive(Debug, Args)]
#[command(after_help = "Its exit status is 1 if nobody holds it.")]
pub struct Fuser {
    /// All that is on the file system of PATH, as what keeps it from being unmounted
    #[arg(short = 'm', long = "mount")]
    pub filesystem: bool,
    /// A file or directory
    pub path: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Keys: up, down; left and right fold and unfold; p the next policy; e a shell in
it; k kill it; q the end. Rates are of the time since the last look.")]
pub struct Top {
    /// Seconds from look to look
    #[arg(short, long, default_value_t = 2.0, value_name = "SECONDS", value_parser = delay)]
    pub delay: f64,
    /// Print what there is after one delay, and end
    #[arg(short = '1', long)]
    pub once: bool,
}

fn delay(word: &str) -> Result<f64, String> {
    let delay: f64 = word.parse().map_err(|_| "it is to be a number of seconds")?;
    if (0.1..=3600.0).contains(&delay) { Ok(delay) } else { Err("it is 0.1 to 3600".into()) }
}

/// The words that a setting can be.
fn words(setting: Setting) -> PossibleValuesParser {
    PossibleValuesParser::new(setting.words())
}

fn assignment(word: &str) -> Result<(Setting, Option<String>), String> {
    let (setting, value) = match word.split_once('=') {
        Some((setting, value)) => (setting, Some(value.to_string())),
        None => (word, None),
    };
    Ok((setting.parse().map_err(|error: pspace::Error| error.to_string())?, value))
}

/// The words of the command line, with the signal of `kill -9` as `-s 9`.
pub fn with_signals(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut all: Vec<OsString> = Vec::new();
    let mut open = true;
    for word in words {
        let text = word.to_string_lossy();
        open &= text != "--";
        let signal = text.strip_prefix('-').filter(|rest| {
            open && all.get(1).is_some_and(|verb| verb == "kill")
                && rest.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
        });
        match signal {
            Some(signal) => all.extend(["-s".into(), signal.into()]),
            None => all.push(word),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_assignment_has_a_setting_and_a_value() {
        assert_eq!(assignment("policy=auto").unwrap(), (Setting::Policy, Some("auto".into())));
        assert_eq!(assignment("pid-max=400").unwrap(), (Setting::PidMax, Some("400".into())));
        assert_eq!(assignment("policy").unwrap(), (Setting::Policy, None));
        for word in ["=auto", "colour=red", "colour", ""] {
            assert!(assignment(word).is_err(), "{word}");
        }
    }

    #[test]
    fn kill_wants_a_process_or_a_space() {
        for line in [&["pspace", "kill"][..], &["pspace", "kill", "-s", "HUP", "--space", "57"]] {
            assert!(Arguments::try_parse_from(line).is_err(), "{line:?}");
        }
        assert!(Arguments::try_parse_from(["pspace", "kill", "--space", "57"]).is_ok());
        assert!(Arguments::try_parse_from(["pspace", "kill", "57:3", "1200/57/8", "7"]).is_ok());
    }

    #[test]
    fn a_signal_is_given_as_kill_takes_it() {
        let words =
            |line: &str| -> Vec<OsString> { with_signals(line.split(' ').map(OsString::from)) };
        assert_eq!(words("pspace kill -9 57:3"), ["pspace", "kill", "-s", "9", "57:3"]);
        assert_eq!(words("pspace kill -HUP 57:3"), ["pspace", "kill", "-s", "HUP", "57:3"]);
        for line in [
            "pspace kill -s HUP 7",
            "pspace kill -- -9",
            "pspace top -1",
            "pspace run -- kill -9 7",
        ] {
            assert_eq!(words(line).join(&OsString::from(" ")), *line, "{line}");
        }
    }

    #[test]
    fn what_follows_the_program_is_its_own() {
        let line = ["pspace", "run", "--die-with-me", "ls", "--json", "-o", "x"];
        let Verb::Run(run) = Arguments::try_parse_from(line).unwrap().verb else { panic!() };
        assert_eq!(run.program.words, ["ls", "--json", "-o", "x"]);
    }
}
