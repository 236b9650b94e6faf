// SPDX-License-Identifier: GPL-2.0
//! The command as it is used, on a kernel with pspaces. These run as root, in a guest that has
//! busybox: scripts/test tool. Each makes spaces of its own and leaves none.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::ptrace;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use serde_json::Value;

/// No answer at all after that is a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A user without any privilege.
const USER: u32 = 1000;

fn pspace(arguments: &[&str]) -> Command {
    let mut command = Command::new("pspace");
    command.args(arguments).stdin(Stdio::null());
    command
}

fn by_user(mut command: Command) -> Command {
    command.uid(USER).gid(USER).current_dir("/");
    command
}

/// What a command says, and with which status it ends.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn said(mut command: Command) -> Said {
    let Output { status, stdout, stderr } = command.output().expect("it can be started");
    let text = |bytes| String::from_utf8(bytes).expect("it is text");
    Said { code: status.code(), out: text(stdout), err: text(stderr) }
}

fn tell(arguments: &[&str]) -> Said {
    said(pspace(arguments))
}

/// What a command prints, which has to succeed.
fn ask(arguments: &[&str]) -> String {
    let said = tell(arguments);
    assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    said.out
}

/// One line that says what is wrong, and an exit status.
fn refuses(said: &Said, code: i32, what: &str) {
    assert_eq!(said.code, Some(code), "{said:?}");
    assert!(said.err.contains(what), "{said:?}");
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
    assert_eq!(said.out, "");
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "not after {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(10));
    }
}

fn json(arguments: &[&str]) -> Vec<Value> {
    let text = ask(&[arguments, &["--json"]].concat());
    serde_json::from_str(&text).expect("it is JSON")
}

fn exists(id: &str) -> bool {
    fs::exists(format!("/proc/pspace/{id}")).unwrap()
}

/// A space that `pspace run` has made.
struct Space {
    runner: Child,
    id: String,
}

impl Space {
    fn of(mut command: Command) -> Self {
        let runner = command.stdout(Stdio::piped()).spawn().expect("it can be started");
        let creator = runner.id().to_string();
        let mut id = None;
        until("there is a space", || {
            let rows = json(&["ls"]);
            let mine = rows.iter().find(|row| row["creator"] == creator.as_str());
            id = mine.filter(|row| row["init"].is_u64()).map(|row| row["id"].to_string());
            id.is_some()
        });
        Space { runner, id: id.unwrap() }
    }

    fn running(options: &[&str], script: &str) -> Self {
        Self::of(pspace(&[&["run"], options, &["--", "sh", "-c", script]].concat()))
    }

    /// One whose pid 1 has two children, 2 and 3.
    fn of_three() -> Self {
        let space = Self::running(&[], "sleep 1001 & sleep 1002 & exec sleep 1000");
        until("its three are what they become", || {
            (1..=3).all(|nr| {
                let name = fs::read(format!("/proc/pspace/{}/{nr}/comm", space.id));
                name.is_ok_and(|name| name == b"sleep\n")
            })
        });
        space
    }

    fn pair(&self, nr: u32) -> String {
        format!("{}:{nr}", self.id)
    }

    fn number(&self) -> u64 {
        self.id.parse().unwrap()
    }

    fn has(&self, nr: u32) -> bool {
        exists(&format!("{}/{nr}", self.id))
    }

    /// Nobody waits for the children of a pid 1 that does not.
    fn is_dead(&self, nr: u32) -> bool {
        let stat = fs::read_to_string(format!("/proc/pspace/{}/{nr}/stat", self.id));
        stat.is_ok_and(|stat| stat.contains(") Z "))
    }

    fn end(mut self) -> Option<i32> {
        let status = self.runner.wait().unwrap();
        until("the space is gone", || !exists(&self.id));
        status.code()
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let _ = fs::write(format!("/proc/pspace/{}/kill", self.id), "1");
        let _ = self.runner.wait();
    }
}

/// A terminal: what a person has, and what a program is given.
struct Terminal {
    person: File,
    program: OwnedFd,
}

impl Terminal {
    fn new() -> Self {
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let person = posix_openpt(flags).unwrap();
        grantpt(&person).unwrap();
        unlockpt(&person).unwrap();
        let name = ptsname_r(&person).unwrap();
        let mut stty = Command::new("stty");
        let status = stty.args(["-F", &name, "rows", "40", "cols", "100"]).status().unwrap();
        assert!(status.success());
        let program = File::options().read(true).write(true).custom_flags(flags.bits()).open(name);
        Terminal { person: OwnedFd::from(person).into(), program: program.unwrap().into() }
    }

    /// Start a command in a session of its own, whose terminal this is.
    fn start(self, arguments: &[&str]) -> (Child, File) {
        let end = || Stdio::from(self.program.try_clone().unwrap());
        let mut command = Command::new("setsid");
        command.args(["-c", "pspace"]).args(arguments);
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        (child, self.person)
    }
}

/// Read until a text comes.
fn read_until(terminal: &mut File, text: &str) -> String {
    let mut all = Vec::new();
    until(text, || {
        let mut polled = [PollFd::new(terminal.as_fd(), PollFlags::POLLIN)];
        let mut bytes = [0; 256];
        // Not for ever: what does not come is a failure.
        if poll(&mut polled, 100u8) != Ok(0) {
            let count = terminal.read(&mut bytes).unwrap_or(0);
            all.extend(&bytes[..count]);
        }
        String::from_utf8_lossy(&all).contains(text)
    });
    String::from_utf8_lossy(&all).into_owned()
}

// ---- run ---------------------------------------------------------------------

#[test]
fn run_ends_as_its_program_does() {
    assert_eq!(tell(&["run", "--", "true"]).code, Some(0));
    assert_eq!(tell(&["run", "--", "sh", "-c", "exit 7"]).code, Some(7));
    let killed = Space::of_three();
    ask(&["kill", "-s", "KILL", &killed.pair(1)]);
    assert_eq!(killed.end(), Some(137));
}

#[test]
fn run_makes_its_program_pid_1_with_a_proc_of_its_own() {
    let script = "echo $$; cd /proc; echo [0-9]*; readlink self; cat /proc/1/comm; :";
    let out = ask(&["run", "--", "sh", "-c", script]);
    let lines: Vec<&str> = out.lines().collect();
    // 2 is whoever reads.
    assert_eq!((lines[0], lines[1], lines[3]), ("1", "1", "sh"), "{out}");
    assert_eq!(lines[2], "2", "{out}");
}

#[test]
fn run_keeps_the_proc_of_others_as_it_was() {
    let before = fs::read_to_string("/proc/self/mountinfo").unwrap();
    ask(&["run", "--", "true"]);
    ask(&["run", "--proc", "bind", "--", "true"]);
    assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), before);
}

#[test]
fn run_with_a_bind_has_the_proc_of_the_space() {
    let script = "cd /proc; echo [0-9]*; readlink self; ls -d sys kcore 2>/dev/null; :";
    assert_eq!(ask(&["run", "--proc", "bind", "--", "sh", "-c", script]), "1\n2\n");
    // What was there stays: the number is one of the machine's.
    let inherited = ask(&["run", "--proc", "none", "--", "sh", "-c", "ls -d /proc/sys"]);
    assert_eq!(inherited, "/proc/sys\n");
}

#[test]
fn run_passes_signals_on() {
    let script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    let mut space = Space::running(&["--signals", "init"], script);
    let mut ready = [0; 6];
    space.runner.stdout.take().unwrap().read_exact(&mut ready).unwrap();
    ask(&["kill", &space.runner.id().to_string()]);
    assert_eq!(space.end(), Some(5));
}

#[test]
fn run_ends_by_a_signal_that_a_plain_program_has_no_handler_for() {
    let space = Space::running(&[], "exec sleep 1000");
    ask(&["kill", "-s", "INT", &space.runner.id().to_string()]);
    assert_eq!(space.end(), Some(128 + 2));
}

#[test]
fn run_leaves_nothing_with_die_with_me() {
    let mut space = Space::running(&["--die-with-me"], "setsid sleep 1001 & exec sleep 1000");
    until("all are there", || space.has(2));
    space.runner.kill().unwrap();
    assert_eq!(space.runner.wait().unwrap().signal(), Some(9));
    until("the space is gone", || !exists(&space.id));
}

#[test]
fn run_sets_the_space_before_its_program_runs() {
    let space = Space::running(
        &["--policy", "init", "--signals", "init", "--isolation", "half", "--numbers", "ask"],
        "exec sleep 1000",
    );
    let out = ask(&["set", &space.id]);
    for line in ["policy=init", "signals=init", "isolation=half", "numbers=ask"] {
        assert!(out.lines().any(|there| there == line), "{line}: {out}");
    }
    let script = "cat /proc/sys/kernel/pid_max";
    assert_eq!(ask(&["run", "--pid-max", "400", "--", "sh", "-c", script]), "400\n");
}

#[test]
fn run_needs_no_init_inside() {
    let space = Space::running(&[], "(true & true & true &); exec sleep 1000");
    let members = || {
        let rows = json(&["ls"]);
        rows.iter().find(|row| row["id"] == space.number()).unwrap()["members"].clone()
    };
    until("the orphans are gone, and nobody has waited for them", || members() == 1);
}

#[test]
fn run_tells_what_cannot_be_run() {
    refuses(&tell(&["run", "--", "nonsense"]), 127, "cannot run nonsense");
    refuses(&tell(&["run", "--", "/etc"]), 126, "cannot run /etc");
    let word = tell(&["run", "--policy", "nonsense", "--", "true"]);
    assert_eq!(word.code, Some(2), "{word:?}");
    assert!(word.err.contains("init, auto, outer"), "{word:?}");
    refuses(&tell(&["run", "--pid-max", "1", "--", "true"]), 125, "'1' is no pid_max");
    assert_eq!(tell(&["run"]).code, Some(2));
    assert_eq!(tell(&["run", "--proc", "nonsense", "--", "true"]).code, Some(2));
}

#[test]
fn what_cannot_be_born_is_not_taken_for_missing() {
    let group = "/sys/fs/cgroup/full";
    fs::write("/sys/fs/cgroup/cgroup.subtree_control", "+pids").unwrap();
    fs::create_dir(group).unwrap();
    fs::write(format!("{group}/pids.max"), "1").unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("echo $$ >{group}/cgroup.procs; exec pspace run -- true")]);
    let said = said(command);
    until("the group is empty", || fs::remove_dir(group).is_ok());
    refuses(&said, 125, "cannot start a process");
}

#[test]
fn run_takes_no_privilege() {
    let user =
        said(by_user(pspace(&["run", "--", "sh", "-c", "echo $$; id -u; ls -d /proc/[0-9]*"])));
    assert_eq!((user.code, &*user.out), (Some(0), "1\n1000\n/proc/1\n"), "{user:?}");
    let root = said(by_user(pspace(&["run", "--user", "root", "--", "id", "-u"])));
    assert_eq!((root.code, &*root.out), (Some(0), "0\n"), "{root:?}");
}

#[test]
fn run_works_where_proc_is_masked() {
    // As container engines do it: then nobody without privilege may mount a whole one.
    let run = |how: &str| {
        let masked = format!(
            "mount --bind /dev/null /proc/timer_list && exec nsenter -t $$ -m -G {USER} -S {USER} \"$@\""
        );
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", &masked, "-", "pspace", "run", "--proc", how, "--"]);
        command.args(["sh", "-c", "cd /proc; echo [0-9]*"]);
        said(command)
    };
    let refused = run("mount");
    assert_eq!(refused.code, Some(125), "{refused:?}");
    assert!(refused.err.contains("--proc=bind"), "{refused:?}");
    for how in ["auto", "bind"] {
        let bound = run(how);
        assert_eq!((bound.code, &*bound.out), (Some(0), "1\n"), "{how}: {bound:?}");
    }
}

#[test]
fn run_passes_on_what_its_program_has_not_got_from_the_terminal() {
    let script = "trap 'echo got it; exit 6' INT; echo ready; while :; do sleep 0.1; done";
    let (mut runner, mut person) =
        Terminal::new().start(&["run", "--", "setsid", "sh", "-c", script]);
    read_until(&mut person, "ready");
    person.write_all(b"\x03").unwrap();
    read_until(&mut person, "got it");
    assert_eq!(runner.wait().unwrap().code(), Some(6));
}

#[test]
fn run_hears_of_its_program_whatever_its_parent_ignores() {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' CHLD; exec pspace run -- sh -c 'exit 7'"]);
    assert_eq!(said(command).code, Some(7));
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' CHLD; exec pspace run -- nonsense"]);
    refuses(&said(command), 127, "cannot run nonsense");
}

/// A dead program that a tracer keeps cannot be waited for, and its pidfd says that it is dead.
#[test]
fn run_waits_in_peace_for_what_a_tracer_keeps() {
    let space = Space::running(&[], "exec sleep 1000");
    let row = &json(&["ps", "--space", &space.id])[0];
    let program = Pid::from_raw(row["wid"].as_i64().unwrap() as i32);
    ptrace::seize(program, ptrace::Options::empty()).unwrap();
    ask(&["kill", "-s", "KILL", &space.pair(1)]);
    until("it is dead", || space.is_dead(1));
    let used = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", space.runner.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = used();
    sleep(Duration::from_secs(2));
    // In hundredths of a second. One that spins has used most of two.
    assert!(used() - before < 50, "{before} {}", used());
    ask(&["kill", &space.runner.id().to_string()]);
    let id = space.id.clone();
    let mut space = space;
    assert_eq!(space.runner.wait().unwrap().code(), Some(128 + 15));
    waitpid(program, None).unwrap();
    until("the space is gone", || !exists(&id));
}

#[test]
fn run_on_a_terminal_has_job_control() {
    let (mut runner, mut person) = Terminal::new().start(&["run", "--", "sh", "-i"]);
    read_until(&mut person, "# ");
    // By its own time: another test may have left one that is about to end.
    let is = |state: &str| {
        let out = ask(&["ps", "-o", "state,args"]);
        let line = format!("{state} sleep 1717");
        out.lines().any(|there| there.split_whitespace().collect::<Vec<_>>().join(" ") == line)
    };
    person.write_all(b"sleep 1717\n").unwrap();
    until("the job has begun, in front", || is("S"));
    // A stop reaches the job alone, as does an interrupt.
    person.write_all(b"\x1a").unwrap();
    read_until(&mut person, "Stopped");
    until("the job is stopped", || is("T"));
    person.write_all(b"fg\n").unwrap();
    until("the job goes on, in front", || is("S"));
    person.write_all(b"\x03").unwrap();
    read_until(&mut person, "# ");
    person.write_all(b"echo a$((1 + 1))b; exit 3\n").unwrap();
    read_until(&mut person, "a2b");
    assert_eq!(runner.wait().unwrap().code(), Some(3));
}

/// Who is put behind while it runs leaves the terminal to whose it is then.
#[test]
fn run_takes_no_terminal_that_is_somebodys() {
    let (mut shell, mut person) = Terminal::new().start(&["newpid", "--", "sh", "-i"]);
    let pair = || {
        let out = ask(&["ps", "-o", "pair,args"]);
        let line =
            out.lines().find(|line| line.ends_with(" sleep 1818") && !line.contains("pspace"));
        line.map(|line| line.split_whitespace().next().unwrap().to_string())
    };
    read_until(&mut person, "# ");
    person.write_all(b"pspace run -- sleep 1818\n").unwrap();
    until("it runs", || pair().is_some());
    person.write_all(b"\x1a").unwrap();
    read_until(&mut person, "Stopped");
    person.write_all(b"bg\n").unwrap();
    read_until(&mut person, "# ");
    ask(&["kill", "-9", &pair().unwrap()]);
    until("it is gone", || pair().is_none());
    person.write_all(b"wait; echo a$((1 + 1))b; exit 3\n").unwrap();
    read_until(&mut person, "a2b");
    assert_eq!(shell.wait().unwrap().code(), Some(3));
}

#[test]
fn run_ends_with_its_terminal() {
    let (mut runner, mut person) = Terminal::new().start(&[
        "run",
        "--die-with-me",
        "--",
        "sh",
        "-c",
        "trap '' HUP; echo ready; sleep 1000",
    ]);
    read_until(&mut person, "ready");
    drop(person);
    assert_eq!(runner.wait().unwrap().code(), Some(128 + 1));
}

// ---- lists -------------------------------------------------------------------

#[test]
fn ls_has_each_space() {
    let space = Space::of_three();
    let rows = json(&["ls"]);
    let row = rows.iter().find(|row| row["id"] == space.number()).unwrap();
    assert_eq!((&row["members"], &row["policy"]), (&3.into(), &"auto".into()));
    let text = ask(&["ls"]);
    assert!(text.starts_with("SPACE "), "{text}");
    assert!(text.lines().any(|line| line.starts_with(&format!("{} ", space.id))), "{text}");
}

#[test]
fn ps_has_each_process_by_its_pair() {
    let space = Space::of_three();
    let text = ask(&["ps", "--space", &space.id, "-o", "pair,parent,command"]);
    let words: Vec<Vec<&str>> =
        text.lines().map(|line| line.split_whitespace().collect()).collect();
    let runner = words[1][1].to_string();
    let [one, two, three] = [1, 2, 3].map(|nr| space.pair(nr));
    let expected = [
        ["PAIR", "PARENT", "COMMAND"],
        [&one, &runner, "sleep"],
        [&two, &one, "sleep"],
        [&three, &one, "sleep"],
    ];
    assert_eq!(words, expected);
    assert!(runner.ends_with(&format!(":{}", space.runner.id())), "{runner}");
}

#[test]
fn ps_draws_a_tree_across_spaces() {
    let space = Space::running(&[], "pspace run -- sleep 1313");
    let mut lines: Vec<String> = Vec::new();
    let is_last = |line: &String| line.trim() == "sleep 1313";
    until("the inner one runs", || {
        let out = ask(&["ps", "--tree", "-o", "args"]);
        lines = out.lines().map(|line| line.trim_end().to_string()).collect();
        lines.iter().any(is_last)
    });
    let depth = |line: &String| line.len() - line.trim_start().len();
    let last = lines.iter().position(is_last).unwrap();
    let chain: Vec<&str> = lines[last - 2..=last].iter().map(|line| line.trim()).collect();
    let inner = "pspace run -- sleep 1313";
    assert_eq!(chain, [&*format!("pspace run -- sh -c {inner}"), inner, "sleep 1313"]);
    assert_eq!(depth(&lines[last]), depth(&lines[last - 2]) + 4);
    drop(space);
}

#[test]
fn ps_tells_what_processes_use() {
    let space = Space::of_three();
    let rows = json(&["ps", "--space", &space.id]);
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert!(row["rss_bytes"].as_u64().unwrap() > 0, "{row}");
        assert!(row["age_seconds"].as_u64().unwrap() < 60, "{row}");
        assert_eq!((&row["uid"], &row["command"]), (&0.into(), &"sleep".into()));
    }
}

#[test]
fn a_name_does_not_steer_the_terminal() {
    let name = "/tmp/e\x1b[31m\n\u{9b}vil";
    let mut script = File::options().create_new(true).write(true).mode(0o755).open(name).unwrap();
    script.write_all(b"#!/bin/sh\nsleep 1000\n").unwrap();
    drop(script);
    let space = Space::of(pspace(&["run", "--", name]));
    until("it has its name", || {
        fs::read(format!("/proc/pspace/{}/1/comm", space.id))
            .is_ok_and(|name| name.starts_with(b"e"))
    });
    for arguments in [&["ps"][..], &["ps", "--json"], &["info", &space.pair(1)]] {
        let out = ask(arguments);
        assert!(out.contains("vil") && !out.contains(['\x1b', '\u{9b}']), "{out}");
    }
    fs::remove_file(name).unwrap();
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut command = pspace(&["ps"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut err = String::new();
    child.stderr.unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((status.code(), &*err), (Some(0), ""));
}

#[test]
fn a_full_disk_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = pspace(&["ls"]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn lists_tell_what_they_do_not_know() {
    refuses(&tell(&["ps", "--space", "4000000000"]), 3, "no space 4000000000");
    assert_eq!(tell(&["ps", "--space", "x"]).code, Some(2));
    let wrong = tell(&["ps", "-o", "pair,colour"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("colour") && wrong.err.contains("parent"), "{wrong:?}");
}

// ---- kill, wait, set -----------------------------------------------------------

#[test]
fn kill_takes_pairs_paths_and_numbers() {
    let space = Space::of_three();
    let path = format!("{}/3", space.runner.id());
    ask(&["kill", &space.pair(2), &path]);
    until("both are dead", || space.is_dead(2) && space.is_dead(3));
    let rows = json(&["ps", "--space", &space.id]);
    ask(&["kill", "-s", "USR1", &rows[0]["wid"].to_string()]);
    assert_eq!(space.end(), Some(128 + 10));
}

#[test]
fn kill_ends_a_space_and_those_in_it() {
    let space = Space::running(&[], "pspace run -- sleep 1003");
    until("the inner one is there", || {
        json(&["ls"]).iter().any(|row| row["parent"] == space.number())
    });
    ask(&["kill", "--space", &space.id]);
    assert_eq!(space.end(), Some(137));
}

#[test]
fn kill_tries_each_and_tells_of_the_first() {
    let space = Space::of_three();
    let said = tell(&["kill", &space.pair(99), "4000000000:1", &space.pair(2)]);
    assert_eq!((said.code, said.err.lines().count()), (Some(3), 2), "{said:?}");
    until("the one that is there has got it", || space.is_dead(2));
}

#[test]
fn kill_tries_each_even_where_nobody_is_told() {
    let space = Space::of_three();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = pspace(&["kill", &space.pair(99), &space.pair(2)]);
    assert_eq!(command.stderr(full).status().unwrap().code(), Some(3));
    until("the one that is there has got it", || space.is_dead(2));
}

#[test]
fn kill_takes_no_space_for_a_process() {
    let space = Space::of_three();
    refuses(&tell(&["kill", &space.id]), 2, "is a space as well");
    assert!(space.has(2));
}

#[test]
fn kill_is_not_for_all() {
    let space = Space::of_three();
    refuses(&said(by_user(pspace(&["kill", &space.pair(2)]))), 4, "not permitted to signal");
    refuses(&said(by_user(pspace(&["kill", "--space", &space.id]))), 4, "not permitted to kill");
    assert!(space.has(2) && !space.is_dead(2));
}

#[test]
fn kill_takes_no_number_with_an_inode() {
    // That of util-linux: a number and the inode of its pidfd.
    let inode = tell(&["kill", "1:4026531836"]);
    assert_eq!(inode.code, Some(2), "{inode:?}");
    assert!(inode.err.contains("such as 57:3"), "{inode:?}");
    refuses(&tell(&["kill", "1:2"]), 3, "no space 1");
    for name in ["0", "-1", "57:", "a", "57:0", "", "1/2/", "4294967297"] {
        let said = tell(&["kill", "--", name]);
        assert_eq!(said.code, Some(2), "{name}: {said:?}");
    }
    assert_eq!(tell(&["kill", "-s", "NONSENSE", "1"]).code, Some(2));
}

#[test]
fn kill_of_what_is_gone_is_3() {
    let space = Space::of_three();
    let gone = space.pair(1);
    let id = space.id.clone();
    drop(space);
    until("the space is gone", || !exists(&id));
    refuses(&tell(&["kill", &gone]), 3, "it is gone");
    refuses(&tell(&["kill", "--space", &id]), 3, "it is gone");
    refuses(&tell(&["wait", &id]), 3, "it is gone");
    refuses(&tell(&["set", &id, "policy=auto"]), 3, "it is gone");
    refuses(&tell(&["info", &gone]), 3, "it is gone");
    refuses(&tell(&["exec", &id, "--", "true"]), 125, "it is gone");
    refuses(&tell(&["view", &id, "--", "true"]), 125, "it is gone");
}

#[test]
fn wait_ends_as_the_space_did() {
    for (script, code) in [("read x; exit 7", 7), ("read x; kill -KILL $$; exec sleep 1000", 137)] {
        let mut command = pspace(&["run", "--", "sh", "-c", script]);
        let mut space = Space::of({
            command.stdin(Stdio::piped());
            command
        });
        let waiter = pspace(&["wait", &space.id]).spawn().unwrap();
        until("it waits", || {
            fs::read_link(format!("/proc/{}/fd/3", waiter.id()))
                .is_ok_and(|link| link.starts_with("pid:"))
                || fs::read_to_string(format!("/proc/{}/wchan", waiter.id()))
                    .is_ok_and(|at| at.contains("poll"))
        });
        space.runner.stdin.take().unwrap().write_all(b"go\n").unwrap();
        if code == 137 {
            // Pid 1 is safe from itself.
            ask(&["kill", "--space", &space.id]);
        }
        let mut waiter = waiter;
        assert_eq!(waiter.wait().unwrap().code(), Some(code));
        assert_eq!(space.end(), Some(code));
    }
}

#[test]
fn set_is_for_who_may() {
    let space = Space::of_three();
    ask(&["set", &space.id, "policy=outer", "pid-max=500"]);
    let out = ask(&["set", &space.id]);
    assert!(out.contains("policy=outer\n") && out.contains("pid_max=500\n"), "{out}");
    refuses(&tell(&["set", &space.id, "numbers=some"]), 2, "'some' is no numbers");
    refuses(
        &said(by_user(pspace(&["set", &space.id, "policy=init"]))),
        4,
        "not permitted to set policy",
    );
    assert_eq!(tell(&["set", &space.id, "colour=red"]).code, Some(2));
    assert_eq!(ask(&["set", &space.id, "policy"]), "policy=outer\n");
    assert!(ask(&["set", &space.id]).contains("policy=outer\n"));
}

#[test]
fn set_of_the_machines_own_space_says_why_not() {
    let root = fs::read_to_string("/proc/self/status").unwrap();
    let line = root.lines().find_map(|line| line.strip_prefix("Pspace:\t")).unwrap();
    let id = line.split('\t').next().unwrap();
    refuses(&tell(&["set", id, "policy=auto"]), 4, "the machine's own");
    refuses(&tell(&["kill", "--space", id]), 4, "the machine's own");
    refuses(&tell(&["wait", id]), 4, "does not end");
}

// ---- exec, view, info ------------------------------------------------------------

#[test]
fn exec_has_the_proc_of_the_space() {
    let space = Space::of_three();
    let script = "cd /proc; echo [0-9]*; readlink self";
    assert_eq!(ask(&["exec", &space.id, "--", "sh", "-c", script]), "1 2 3 4\n4\n");
    let listed = ask(&["exec", "--no-proc", &space.id, "--", "sh", "-c", "cat /proc/1/comm"]);
    assert_eq!(listed, fs::read_to_string("/proc/1/comm").unwrap());
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    ask(&["exec", &space.id, "--", "true"]);
    assert_eq!(fs::read_to_string("/proc/self/mountinfo").unwrap(), mounts);
}

/// Its pid 1 need not be there: the space has an owner.
#[test]
fn exec_takes_no_pid_1() {
    let space = Space::of(by_user(pspace(&[
        "run",
        "--policy",
        "outer",
        "--",
        "sh",
        "-c",
        "sleep 1001 & exec sleep 1000",
    ])));
    until("2 is there", || space.has(2));
    ask(&["kill", "-9", &space.pair(1)]);
    until("1 is gone", || !space.has(1));
    let inside = said(by_user(pspace(&["exec", &space.id, "--", "id", "-u"])));
    assert_eq!((inside.code, &*inside.out), (Some(0), "1000\n"), "{inside:?}");
}

#[test]
fn exec_is_in_the_space() {
    let space = Space::of_three();
    assert_eq!(ask(&["exec", &space.id, "--", "sh", "-c", "echo $$"]), "4\n");
    let all = ask(&["exec", "--all", &space.id, "--", "sh", "-c", "cd /proc; echo [0-9]*"]);
    assert_eq!(all, "1 2 3 5\n");
    assert_eq!(tell(&["exec", &space.id, "--", "sh", "-c", "exit 9"]).code, Some(9));
    refuses(&tell(&["exec", &space.id, "--", "nonsense"]), 127, "cannot run nonsense");
    refuses(
        &said(by_user(pspace(&["exec", &space.id, "--", "true"]))),
        125,
        "not permitted to open",
    );
}

#[test]
fn exec_of_ones_own_space_takes_no_privilege() {
    let space = Space::of(by_user(pspace(&["run", "--", "sleep", "1000"])));
    let inside = said(by_user(pspace(&["exec", &space.id, "--", "sh", "-c", "echo $$; id -u"])));
    assert_eq!((inside.code, &*inside.out), (Some(0), "2\n1000\n"), "{inside:?}");
}

/// Who made a space decides what runs in it, and can trace that: it must be nothing of root's.
#[test]
fn exec_all_of_a_users_space_is_that_user() {
    let space = Space::of(by_user(pspace(&["run", "--", "sleep", "1000"])));
    let out = ask(&["exec", "--all", &space.id, "--", "sh", "-c", "id -u; id -g; id -G; echo $$"]);
    assert_eq!(out, "1000\n1000\n1000\n2\n");
    let space = Space::of(by_user(pspace(&["run", "--user", "root", "--", "sleep", "1000"])));
    let script = "id -u; cat /etc/shadow 2>/dev/null; echo >/tmp/by-exec";
    assert_eq!(ask(&["exec", "--all", &space.id, "--", "sh", "-c", script]), "0\n");
    let made = fs::metadata("/tmp/by-exec").unwrap();
    assert_eq!((made.uid(), made.gid()), (USER, USER));
    fs::remove_file("/tmp/by-exec").unwrap();
}

#[test]
fn exec_all_passes_on_no_other_descriptors() {
    let space = Space::of_three();
    let open = |options: &str| {
        // One more than 0 to 2 and that of who lists, or not.
        let list = "ls /proc/self/fd | grep -c .";
        let script =
            format!("exec pspace exec {options} {} -- sh -c '{list}' 7</dev/null", space.id);
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        let said = said(command);
        assert_eq!(said.code, Some(0), "{said:?}");
        said.out
    };
    assert_eq!((&*open(""), &*open("--all")), ("5\n", "4\n"));
}

/// A dead one is in no namespaces, and another member may be in root's.
#[test]
fn exec_all_goes_by_pid_1_or_not_at_all() {
    let space = Space::running(&["--policy", "outer"], "sleep 1001 & exec sleep 1000");
    until("2 is there", || space.has(2));
    ask(&["kill", "-s", "KILL", &space.pair(1)]);
    until("1 is gone", || !space.has(1));
    assert_eq!(ask(&["exec", &space.id, "--", "echo", "in"]), "in\n");
    refuses(&tell(&["exec", "--all", &space.id, "--", "true"]), 125, "no pid 1 any more");
}

#[test]
fn view_does_nothing_to_others_by_their_numbers() {
    let space = Space::of_three();
    for script in ["kill -0 1", "kill -0 -1", "renice -n 1 -p 1", "taskset -p 1 1"] {
        let said = tell(&["view", &space.id, "--", "sh", "-c", script]);
        assert_ne!(said.code, Some(0), "{script}: {said:?}");
        assert!(said.err.contains("not permitted"), "{script}: {said:?}");
    }
    // What is meant for oneself works.
    ask(&["view", &space.id, "--", "taskset", "1", "true"]);
}

#[test]
fn view_shows_a_space_and_enters_nothing() {
    let space = Space::of_three();
    let out = ask(&[
        "view",
        &space.id,
        "--",
        "sh",
        "-c",
        "ps -o pid,comm; readlink /proc/self/ns/pid; echo $$",
    ]);
    let lines: Vec<&str> = out.lines().map(str::trim).collect();
    assert_eq!(lines[..4], ["PID   COMMAND", "1 sleep", "2 sleep", "3 sleep"], "{out}");
    // The one that looks is outside.
    assert!(lines.last().unwrap().parse::<u32>().unwrap() > 4, "{out}");
    refuses(&tell(&["view", &space.id, "--", "nonsense"]), 127, "cannot run nonsense");
}

#[test]
fn view_takes_no_privilege() {
    let space = Space::of(by_user(pspace(&["run", "--", "sleep", "1000"])));
    let seen = said(by_user(pspace(&["view", &space.id, "--", "ps", "-o", "pid,comm"])));
    assert_eq!((seen.code, &*seen.out), (Some(0), "PID   COMMAND\n    1 sleep\n"), "{seen:?}");
}

#[test]
fn newpid_makes_spaces_of_pid_namespaces() {
    let space = Space::of(pspace(&["newpid", "--", "unshare", "-p", "-f", "sleep", "1000"]));
    assert!(ask(&["ps", "--space", &space.id, "-o", "pair,command"]).contains("sleep"));
    assert!(ask(&["set", &space.id]).contains("numbers=list\n"));
    refuses(&tell(&["newpid", "--", "nonsense"]), 127, "cannot run nonsense");
}

#[test]
fn newpid_is_for_the_machine_to_allow() {
    let switch = "/proc/sys/kernel/pspace_newpid";
    fs::write(switch, "0").unwrap();
    let said = tell(&["newpid", "--", "true"]);
    fs::write(switch, "1").unwrap();
    refuses(&said, 125, "this machine lets nobody ask");
}

#[test]
fn info_has_all_names() {
    let space = Space::of_three();
    let path = format!("{}/2", space.runner.id());
    for name in [space.pair(2), path.clone()] {
        let text = ask(&["info", "--json", &name]);
        let info: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&info["pair"], &info["path"]), (&space.pair(2).into(), &(&*path).into()));
        assert_eq!((&info["may_signal"], &info["may_steer"]), (&true.into(), &true.into()));
        // The number here is one that the tools of this space take.
        let number = info["number"].to_string();
        assert_eq!(fs::read_to_string(format!("/proc/{number}/comm")).unwrap(), "sleep\n");
        let same: Value = serde_json::from_str(&ask(&["info", "--json", &number])).unwrap();
        assert_eq!(same["pair"], info["pair"]);
    }
    let user = said(by_user(pspace(&["info", &space.pair(2)])));
    assert!(user.out.contains("you may  -\n"), "{user:?}");
}

#[test]
fn info_in_a_classic_namespace_says_so() {
    let mut command = Command::new("unshare");
    command.args(["-p", "-f", "--mount-proc", "pspace", "info", "1"]);
    refuses(&said(command), 5, "classic pid namespace");
}

#[test]
fn run_tells_the_id_of_its_space() {
    let file = "/tmp/id";
    let script =
        format!("cat {file}; sed -n 's/^Pspace:\\t\\([0-9]*\\).*/\\1/p' /proc/self/status");
    let out = ask(&["run", "--id-file", file, "--", "sh", "-c", &script]);
    let ids: Vec<&str> = out.lines().collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{out}");
    fs::remove_file(file).unwrap();
    refuses(&tell(&["run", "--id-file", "/nonsense/id", "--", "true"]), 125, "/nonsense/id");
}

#[test]
fn info_of_a_space_without_numbers_has_none() {
    let space = Space::running(&["--numbers", "never"], "sleep 1001 & exec sleep 1000");
    until("2 is there", || space.has(2));
    assert!(ask(&["info", &space.pair(2)]).contains("number   -\n"));
}

#[test]
fn trace_gives_the_debugger_the_number_here() {
    let space = Space::of_three();
    let out = ask(&["trace", &space.pair(2), "--", "echo", "-f"]);
    let number = out.trim_end().strip_prefix("-f -p ").expect("it is behind -p");
    assert_eq!(fs::read_to_string(format!("/proc/{number}/comm")).unwrap(), "sleep\n");
    let put = ask(&["trace", &space.pair(2), "--", "sh", "-c", "echo $1", "-", "{}"]);
    assert_eq!(put.trim_end(), number);
    refuses(&tell(&["trace", &space.pair(9), "--", "echo"]), 125, "no process");
    refuses(&tell(&["trace", &space.pair(2), "--", "nonsense"]), 127, "cannot run nonsense");
}

#[test]
fn trace_goes_where_there_is_a_number() {
    let space = Space::running(&["--numbers", "never"], "sleep 1001 & exec sleep 1000");
    until("2 is there", || space.has(2));
    let script = "echo $1; cat /proc/$1/comm; kill -0 $1 && exit 8";
    let said = tell(&["trace", &space.pair(2), "--", "sh", "-c", script, "-", "{}"]);
    assert_eq!((said.code, &*said.out), (Some(8), "2\nsleep\n"), "{said:?}");
}

#[test]
fn top_prints_once_without_a_terminal() {
    let space = Space::running(&[], "while :; do true & done");
    let out = ask(&["top", "--once", "--delay", "0.5"]);
    let line = out.lines().find(|line| line.split_whitespace().next() == Some(&space.id));
    let line = line.expect("it is there");
    let words: Vec<&str> = line.split_whitespace().collect();
    assert!(
        words[2].parse::<f64>().unwrap() > 0.0 && words[3].parse::<f64>().unwrap() > 0.0,
        "{out}"
    );
    assert_eq!((words[5], words[6]), ("auto", "sh"), "{out}");
    refuses(&tell(&["top"]), 2, "top --once");
    assert_eq!(tell(&["top", "--delay", "0"]).code, Some(2));
}

#[test]
fn top_on_a_terminal_steers_spaces() {
    let space = Space::of_three();
    let (mut top, mut person) = Terminal::new().start(&["top", "--delay", "0.2"]);
    read_until(&mut person, "SPACE");
    // The newest is the last.
    person.write_all(&b"\x1b[B".repeat(50)).unwrap();
    person.write_all(b"ky").unwrap();
    assert_eq!(space.end(), Some(137));
    person.write_all(b"q").unwrap();
    // The screen of before is back.
    read_until(&mut person, "\x1b[?1049l");
    assert_eq!(top.wait().unwrap().code(), Some(0));
}

#[test]
fn top_has_its_terminal_again_after_a_shell() {
    let space = Space::of_three();
    let (mut top, mut person) = Terminal::new().start(&["top", "--delay", "0.2"]);
    read_until(&mut person, "SPACE");
    person.write_all(&b"\x1b[B".repeat(50)).unwrap();
    person.write_all(b"e").unwrap();
    read_until(&mut person, "# ");
    person.write_all(b"echo in $((0 + 1)); exit 4\n").unwrap();
    read_until(&mut person, "in 1");
    // Blanks are not drawn where there are some.
    read_until(&mut person, "ended");
    person.write_all(b"q").unwrap();
    assert_eq!(top.wait().unwrap().code(), Some(0));
    drop(space);
}

#[test]
fn graph_has_a_box_for_each_space() {
    let space = Space::of_three();
    let svg = ask(&["graph"]);
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
    for text in [
        &*format!("space {}", space.id),
        "1: sleep",
        "3 processes",
        &*space.runner.id().to_string(),
    ] {
        assert!(svg.contains(text), "{text}: {svg}");
    }
}

#[test]
fn files_are_found_in_each_space() {
    let held = "/tmp/held by one";
    fs::write(held, "x").unwrap();
    let script = format!("cd /tmp; exec 7<'{held}'; sleep 1001 & exec 7<&-; exec sleep 1000");
    let space = Space::running(&[], &script);
    until("they are what they become", || {
        (1..=2).all(|nr| {
            fs::read(format!("/proc/pspace/{}/{nr}/comm", space.id))
                .is_ok_and(|name| name == b"sleep\n")
        })
    });
    let rows = |text: &str| -> Vec<Vec<String>> {
        let line = |line: &str| line.split_whitespace().map(str::to_string).collect();
        text.lines().skip(1).map(line).collect()
    };
    let found = rows(&ask(&["fuser", held]));
    assert_eq!(found, [[&*space.pair(2), "0", "sleep", "7", "/tmp/held", "by", "one"]]);
    let all = rows(&ask(&["lsof", &space.pair(1)]));
    for (hold, name) in [("cwd", "/tmp"), ("rtd", "/"), ("txt", "/bin/busybox")] {
        let there =
            all.iter().any(|row| row[0] == space.pair(1) && row[3] == hold && row[4] == name);
        assert!(there, "{hold}: {all:?}");
    }
    assert!(all.iter().all(|row| row[0] == space.pair(1) && row[3] != "7"), "{all:?}");
    // To name it is not to ask for its number.
    ask(&["lsof", &space.pair(2)]);
    let second = json(&["ps", "--space", &space.id]).remove(1);
    assert_eq!((&second["pair"], &second["wid"]), (&space.pair(2).into(), &Value::Null));
    assert!(rows(&ask(&["lsof", "--space", &space.id])).iter().any(|row| row[3] == "7"));
    // All that keeps the file system from being unmounted.
    let mounted = rows(&ask(&["fuser", "--mount", "/tmp"]));
    let holds: Vec<&str> =
        mounted.iter().filter(|row| row[0] == space.pair(2)).map(|row| &*row[3]).collect();
    assert_eq!(holds, ["cwd", "7"]);
    fs::write("/tmp/held by none", "x").unwrap();
    let none = tell(&["fuser", "/tmp/held by none"]);
    assert_eq!((none.code, &*none.out, &*none.err), (Some(1), "", ""));
    refuses(&tell(&["fuser", "/tmp/nonsense"]), 1, "cannot look at /tmp/nonsense");
    refuses(&tell(&["lsof", &space.pair(9)]), 3, "no process");
    refuses(&tell(&["lsof", "--space", "4000000000"]), 3, "no space");
    fs::remove_file(held).unwrap();
    fs::remove_file("/tmp/held by none").unwrap();
}

#[test]
fn ps_takes_an_expression() {
    let space = Space::of_three();
    let expression =
        format!("space == {} && pid > 1 && command == \"sleep\" && user == \"0\"", space.id);
    let out = ask(&["ps", "-o", "pair", "-Q", &expression]);
    assert_eq!(out, format!("PAIR\n{}\n{}\n", space.pair(2), space.pair(3)));
    assert_eq!(tell(&["ps", "-Q", "colour == 1"]).code, Some(2));
    refuses(&tell(&["ps", "-Q", "uid + 1"]), 2, "the expression");
}

#[test]
fn a_shell_completes_what_there_is() {
    let space = Space::of_three();
    let complete = |words: &[&str]| {
        let mut command = pspace(&[&["--", "pspace"], words].concat());
        command.env("COMPLETE", "fish");
        let said = said(command);
        assert_eq!(said.code, Some(0), "{said:?}");
        said.out
            .lines()
            .map(|line| line.split('\t').next().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    let pairs = [1, 2, 3].map(|nr| space.pair(nr));
    assert_eq!(complete(&["kill", &format!("{}:", space.id)]), pairs);
    assert_eq!(
        complete(&["set", &space.id, "pol"]),
        ["policy=init", "policy=auto", "policy=outer"]
    );
    assert!(complete(&["view", ""]).contains(&space.id));
    assert_eq!(complete(&["kill", "-s", "US"]), ["USR1", "USR2"]);
}

// ---- the manual ----------------------------------------------------------------

/// A line without what differs from run to run: how many blanks there are, and which numbers.
fn shape(line: &str) -> String {
    let word = |word: &str| {
        let parts = word.split(|c: char| !c.is_ascii_digit());
        let rest: String = word.chars().filter(|c| !c.is_ascii_digit()).collect();
        format!("{rest}{}", parts.filter(|part| !part.is_empty()).count())
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// A command with the ids of spaces that there are now for those of the manual.
fn translated(command: &str, ids: &HashMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = command;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[at..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |end| at + end);
        out += &rest[..at];
        out += ids.get(&rest[at..end]).map_or(&rest[at..end], |id| id);
        rest = &rest[end..];
    }
    out + rest
}

#[test]
fn the_session_of_the_readme_is_true() {
    let readme = include_str!("../../../README.md");
    let session = readme.split_once("```console\n").unwrap().1.split_once("```").unwrap().0;
    let mut shell = Command::new("sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut keys, mut lines) = (shell.stdin.take().unwrap(), {
        use std::io::BufRead;
        std::io::BufReader::new(shell.stdout.take().unwrap()).lines()
    });
    let mut ids = HashMap::new();
    let mut commands = 0;
    for part in session.strip_prefix("$ ").unwrap().split("\n$ ") {
        let (command, expected) = part.split_once('\n').unwrap_or((part, ""));
        let expected: Vec<&str> = expected.lines().collect();
        commands += 1;
        // What runs in the background takes a while.
        until(command, || {
            writeln!(keys, "{}\necho end", translated(command, &ids)).unwrap();
            let said: Vec<String> =
                lines.by_ref().map(Result::unwrap).take_while(|line| line != "end").collect();
            let same = said.len() == expected.len()
                && said.iter().zip(&expected).all(|(a, b)| shape(a) == shape(b));
            if same {
                let id = |line: &str| {
                    let word = line.split_whitespace().next()?.split(':').next()?;
                    word.parse::<u64>().ok().map(|_| word.to_string())
                };
                let pairs = expected.iter().zip(&said);
                ids.extend(pairs.filter_map(|(there, here)| Some((id(there)?, id(here)?))));
            }
            same
        });
    }
    assert!(commands >= 8);
    drop(keys);
    shell.wait().unwrap();
}

// ---- where there are no pspaces ----------------------------------------------------

/// In a guest of its own.
#[test]
fn without_the_module_each_verb_says_what_to_do() {
    for arguments in [
        &["ls"][..],
        &["ps"],
        &["kill", "57:3"],
        &["kill", "--space", "57"],
        &["wait", "57"],
        &["set", "57", "policy=auto"],
        &["info", "57:3"],
        &["info", "1"],
        &["lsof"],
        &["fuser", "/"],
        &["top", "--once"],
        &["graph"],
    ] {
        refuses(&tell(arguments), 5, "modprobe pspace");
    }
    for arguments in [
        &["run", "--", "true"][..],
        &["exec", "57", "--", "true"],
        &["view", "57", "--", "true"],
        &["newpid", "--", "true"],
        &["trace", "57:3"],
    ] {
        refuses(&tell(arguments), 125, "modprobe pspace");
    }
    // A number is one, with pspaces or without.
    ask(&["kill", "-s", "0", "1"]);
}

#[test]
fn help_teaches() {
    let help = ask(&["--help"]);
    for word in ["57:3", "1200/57/8", "util-linux", "Exit status", "run", "view", "top"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    assert!(ask(&["run", "--help"]).contains("--die-with-me -- ./agent"));
}
