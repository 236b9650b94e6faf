// SPDX-License-Identifier: GPL-2.0
//! `top`: what spaces do, live.

use std::collections::{HashMap, HashSet};
use std::io::{self, IsTerminal};
use std::process::Command;
use std::time::{Duration, Instant};

use pspace::tables::{SpaceRow, spaces, tasks};
use pspace::{Pair, Setting, Space, SpaceId, Usage, printable, usage};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table, TableState};
use ratatui::{DefaultTerminal, Frame};

use crate::arguments::Top;
use crate::failure::{Failure, Outcome};
use crate::list::{DEEPEST, table};
use crate::tree::preorder;

const HEADER: [&str; 7] = ["SPACE", "PROCESSES", "NEW/s", "CPU%", "RSS", "POLICY", "COMMAND"];
const KEYS: &str = "up/down  left/right fold  p policy  e enter  k kill  q quit";

/// What there was at one time.
struct Look {
    at: Instant,
    spaces: Vec<SpaceRow>,
    processes: HashMap<Pair, Usage>,
    commands: HashMap<SpaceId, String>,
    last_pids: HashMap<SpaceId, u64>,
}

impl Look {
    fn now() -> pspace::Result<Self> {
        let (spaces, tasks) = (spaces()?, tasks()?);
        let last_pid = |id| Space::get(id, Setting::LastPid).ok()?.parse().ok();
        Ok(Look {
            at: Instant::now(),
            last_pids: spaces.iter().filter_map(|row| Some((row.id, last_pid(row.id)?))).collect(),
            // Who is gone before it can be asked has used nothing that is known.
            processes: tasks
                .iter()
                .map(|row| (row.pair, usage(row.pair).unwrap_or_default()))
                .collect(),
            commands: tasks
                .iter()
                .filter(|row| row.pair.nr == 1)
                .map(|row| (row.pair.space, printable(&row.command)))
                .collect(),
            spaces,
        })
    }
}

/// What a space has done between two looks, or what all in a part of the tree have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Work {
    processes: u64,
    rss: u64,
    cpu: Duration,
    numbers: u64,
}

impl Work {
    fn add(&mut self, other: &Work) {
        self.processes += other.processes;
        self.rss += other.rss;
        self.cpu += other.cpu;
        self.numbers += other.numbers;
    }
}

/// The work of each space alone. That of processes which were born and have ended in between is in
/// their numbers only.
fn work(before: &Look, now: &Look) -> HashMap<SpaceId, Work> {
    let mut all: HashMap<SpaceId, Work> =
        now.spaces.iter().map(|row| (row.id, Work::default())).collect();
    for (pair, used) in &now.processes {
        // One with the same number can be another: then it has used less.
        let old = before.processes.get(pair).filter(|old| old.start == used.start);
        let cpu = used.cpu.saturating_sub(old.map_or(Duration::ZERO, |old| old.cpu));
        let one = Work { processes: 1, rss: used.rss, cpu, numbers: 0 };
        all.entry(pair.space).or_default().add(&one);
    }
    for row in &now.spaces {
        let last = |look: &Look| look.last_pids.get(&row.id).copied();
        if let (Some(old), Some(new)) = (last(before), last(now)) {
            let numbers = match new.checked_sub(old) {
                Some(numbers) => numbers,
                // They have begun anew.
                None => (row.pid_max.unwrap_or(old) + new).saturating_sub(old),
            };
            all.entry(row.id).or_default().numbers = numbers;
        }
    }
    all
}

/// A line of the tree.
#[derive(Debug, PartialEq)]
struct Shown {
    id: SpaceId,
    depth: usize,
    folded: bool,
    work: Work,
}

/// The tree: a space before those in it, which are not there but in its sums where it is folded.
fn tree(rows: &[SpaceRow], work: &HashMap<SpaceId, Work>, folded: &HashSet<SpaceId>) -> Vec<Shown> {
    let order = preorder(rows.iter().map(|row| (row.id, row.parent)));
    let mut shown: Vec<Shown> = Vec::new();
    for (place, (at, depth)) in order.iter().enumerate() {
        let id = rows[*at].id;
        let work = work.get(&id).copied().unwrap_or_default();
        match shown.last_mut() {
            Some(last) if last.folded && last.depth < *depth => last.work.add(&work),
            _ => {
                // One without any in it does not fold.
                let has_any = order.get(place + 1).is_some_and(|(_, next)| next > depth);
                let folded = has_any && folded.contains(&id);
                shown.push(Shown { id, depth: *depth, folded, work });
            }
        }
    }
    shown
}

/// Bytes as people read them.
fn size(bytes: u64) -> String {
    let units = ["K", "M", "G", "T"];
    let mut value = bytes as f64 / 1024.0;
    let mut at = 0;
    while value >= 1024.0 && at + 1 < units.len() {
        value /= 1024.0;
        at += 1;
    }
    if at == 0 || value >= 100.0 {
        format!("{value:.0}{}", units[at])
    } else {
        format!("{value:.1}{}", units[at])
    }
}

/// What is on the screen.
struct View {
    before: Look,
    now: Look,
    folded: HashSet<SpaceId>,
    shown: Vec<Shown>,
    state: TableState,
    message: String,
    kill: Option<SpaceId>,
}

/// What a key asks of who runs the terminal.
#[derive(Debug, PartialEq)]
enum Wish {
    Nothing,
    Quit,
    Enter(SpaceId),
}

impl View {
    fn new(before: Look, now: Look) -> Self {
        let mut view = View {
            before,
            now,
            folded: HashSet::new(),
            shown: Vec::new(),
            state: TableState::new().with_selected(0),
            message: String::new(),
            kill: None,
        };
        view.arrange();
        view
    }

    /// Keep to the selected space, wherever it is now.
    fn arrange(&mut self) {
        let selected = self.selected();
        self.shown = tree(&self.now.spaces, &work(&self.before, &self.now), &self.folded);
        let at = selected.and_then(|id| self.shown.iter().position(|row| row.id == id));
        let at = at.or(self.state.selected()).unwrap_or(0);
        self.state.select(Some(at.min(self.shown.len().saturating_sub(1))));
    }

    fn selected(&self) -> Option<SpaceId> {
        self.shown.get(self.state.selected()?).map(|row| row.id)
    }

    fn look(&mut self) -> pspace::Result<()> {
        self.before = std::mem::replace(&mut self.now, Look::now()?);
        self.arrange();
        Ok(())
    }

    fn words(&self, row: &Shown) -> [String; 7] {
        let seconds = (self.now.at - self.before.at).as_secs_f64().max(0.001);
        let space = self.now.spaces.iter().find(|space| space.id == row.id);
        let mark = if row.folded { "+" } else { "" };
        [
            format!("{}{}{mark}", "  ".repeat(row.depth.min(DEEPEST)), row.id),
            row.work.processes.to_string(),
            format!("{:.1}", row.work.numbers as f64 / seconds),
            format!("{:.1}", row.work.cpu.as_secs_f64() * 100.0 / seconds),
            size(row.work.rss),
            space.and_then(|space| space.policy.clone()).unwrap_or("-".into()),
            self.now.commands.get(&row.id).cloned().unwrap_or("-".into()),
        ]
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let [top, list, bottom] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(2), Constraint::Length(1)])
                .areas(frame.area());
        let sum =
            format!("{} spaces, {} processes", self.now.spaces.len(), self.now.processes.len());
        frame.render_widget(Line::from(sum), top);
        let right = |word: &str| Cell::from(Line::from(word.to_string()).right_aligned());
        let cells = |words: &[String; 7]| {
            Row::new(words.iter().enumerate().map(|(at, word)| match at {
                1..=4 => right(word),
                _ => Cell::from(word.clone()),
            }))
        };
        let rows: Vec<Row<'_>> = self.shown.iter().map(|row| cells(&self.words(row))).collect();
        let widths = [
            Constraint::Min(12),
            Constraint::Length(9),
            Constraint::Length(8),
            Constraint::Length(6),
            Constraint::Length(7),
            Constraint::Length(6),
            Constraint::Min(15),
        ];
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        let table = Table::new(rows, widths)
            .header(
                cells(&HEADER.map(str::to_string)).style(Style::new().add_modifier(Modifier::BOLD)),
            )
            .row_highlight_style(reversed);
        frame.render_stateful_widget(table, list, &mut self.state);
        let line = if self.message.is_empty() { KEYS } else { &self.message };
        frame.render_widget(Line::from(line), bottom);
    }

    fn key(&mut self, key: KeyEvent) -> Wish {
        self.message.clear();
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return Wish::Quit;
        }
        if let Some(id) = self.kill.take() {
            if key.code == KeyCode::Char('y') {
                self.message = match Space::kill_by_id(id) {
                    Ok(()) => format!("space {id} is killed"),
                    Err(error) => error.to_string(),
                };
            }
            return Wish::Nothing;
        }
        match (key.code, self.selected()) {
            (KeyCode::Char('q') | KeyCode::Esc, _) => return Wish::Quit,
            (KeyCode::Up, _) => self.state.select_previous(),
            (KeyCode::Down, _) => {
                let last = self.shown.len().saturating_sub(1);
                self.state.select(self.state.selected().map(|at| (at + 1).min(last)));
            }
            (KeyCode::Left, Some(id)) => {
                self.folded.insert(id);
                self.arrange();
            }
            (KeyCode::Right, Some(id)) => {
                self.folded.remove(&id);
                self.arrange();
            }
            (KeyCode::Char('p'), Some(id)) => self.next_policy(id),
            (KeyCode::Char('k'), Some(id)) => {
                self.message = format!("kill space {id} and all in it? y or n");
                self.kill = Some(id);
            }
            (KeyCode::Char('e'), Some(id)) => return Wish::Enter(id),
            _ => {}
        }
        Wish::Nothing
    }

    fn next_policy(&mut self, id: SpaceId) {
        let words = Setting::Policy.words();
        let next = |now: String| {
            let at = words.iter().position(|word| *word == now).map_or(0, |at| at + 1);
            words[at % words.len()]
        };
        let result = Space::get(id, Setting::Policy).map(next).and_then(|word| {
            Space::set(id, Setting::Policy, word)?;
            Ok(word)
        });
        self.message = match result {
            Ok(word) => format!("space {id}: policy={word}"),
            Err(error) => error.to_string(),
        };
    }
}

/// Show what spaces do.
pub fn top(top: &Top) -> Outcome {
    let delay = Duration::from_secs_f64(top.delay);
    let before = Look::now()?;
    if top.once {
        std::thread::sleep(delay);
        let view = View::new(before, Look::now()?);
        let lines = view.shown.iter().map(|row| view.words(row).to_vec());
        table(HEADER, lines)?;
        return Ok(0);
    }
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Failure::NoTerminal);
    }
    let mut view = View::new(before, Look::now()?);
    let mut terminal = ratatui::try_init()?;
    let result = show(&mut terminal, &mut view, delay);
    ratatui::restore();
    result
}

fn show(terminal: &mut DefaultTerminal, view: &mut View, delay: Duration) -> Outcome {
    let mut next = Instant::now() + delay.min(Duration::from_millis(500));
    loop {
        terminal.draw(|frame| view.draw(frame))?;
        if !event::poll(next.saturating_duration_since(Instant::now()))? {
            view.look()?;
            next = Instant::now() + delay;
            continue;
        }
        let Event::Key(key) = event::read()? else { continue };
        if key.kind != KeyEventKind::Press {
            continue;
        }
        match view.key(key) {
            Wish::Nothing => {}
            Wish::Quit => return Ok(0),
            Wish::Enter(id) => {
                ratatui::restore();
                let shell = std::env::var_os("SHELL").unwrap_or("sh".into());
                let own = std::env::current_exe().unwrap_or("pspace".into());
                let status = Command::new(own)
                    .args(["exec", "--all", &id.to_string(), "--"])
                    .arg(shell)
                    .status();
                *terminal = ratatui::try_init()?;
                terminal.clear()?;
                view.message = match status {
                    Ok(status) => format!("the shell in space {id} has ended: {status}"),
                    Err(error) => format!("no shell in space {id}: {error}"),
                };
                view.look()?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn id(id: u64) -> SpaceId {
        SpaceId::new(id).unwrap()
    }

    fn space(number: u64, parent: Option<u64>) -> SpaceRow {
        SpaceRow {
            id: id(number),
            parent: parent.map(id),
            init: None,
            members: None,
            policy: Some("auto".into()),
            isolation: None,
            pid_max: Some(400),
            creator: None,
        }
    }

    /// Processes are a pair, when they began and what they have used, in seconds.
    fn look(at: Instant, last_pid: u64, processes: &[(&str, u64, u64)]) -> Look {
        let usage = |(pair, start, cpu): &(&str, u64, u64)| {
            let [start, cpu] = [*start, *cpu].map(Duration::from_secs);
            (pair.parse().unwrap(), Usage { cpu, start, rss: 4096 })
        };
        Look {
            at,
            spaces: vec![space(4, None), space(5, Some(4)), space(6, Some(5)), space(7, Some(4))],
            processes: processes.iter().map(usage).collect(),
            commands: HashMap::from([(id(5), "sh".into())]),
            last_pids: HashMap::from([(id(5), last_pid)]),
        }
    }

    fn view() -> View {
        let start = Instant::now();
        let before = look(start, 390, &[("5:1", 1, 7), ("5:2", 1, 3), ("6:1", 1, 0)]);
        // 5:2 is another one now.
        let processes = [("5:1", 1, 8), ("5:2", 9, 1), ("6:1", 1, 1), ("7:1", 1, 0)];
        View::new(before, look(start + Duration::from_secs(2), 10, &processes))
    }

    fn press(view: &mut View, code: KeyCode) -> Wish {
        view.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn screen(view: &mut View) -> String {
        let mut terminal = Terminal::new(TestBackend::new(78, 8)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn work_is_what_was_done_in_between() {
        let view = view();
        let work = work(&view.before, &view.now);
        let expected = Work {
            processes: 2,
            rss: 8192,
            cpu: Duration::from_secs(2),
            // From 390 to the end, at 400, and from there to 10.
            numbers: 20,
        };
        assert_eq!(work[&id(5)], expected);
        assert_eq!(work[&id(4)], Work::default());
    }

    #[test]
    fn a_tree_folds_into_its_sum() {
        let mut view = view();
        let ids = |view: &View| -> Vec<(u64, usize)> {
            view.shown.iter().map(|row| (row.id.get(), row.depth)).collect()
        };
        assert_eq!(ids(&view), [(4, 0), (5, 1), (6, 2), (7, 1)]);
        press(&mut view, KeyCode::Down);
        press(&mut view, KeyCode::Left);
        assert_eq!(ids(&view), [(4, 0), (5, 1), (7, 1)]);
        assert_eq!((view.shown[1].folded, view.shown[1].work.processes), (true, 3));
        assert_eq!(view.shown[1].work.cpu, Duration::from_secs(3));
        press(&mut view, KeyCode::Right);
        assert_eq!(ids(&view).len(), 4);
        // One without any in it does not fold.
        press(&mut view, KeyCode::Down);
        press(&mut view, KeyCode::Left);
        assert!(!view.shown[2].folded);
    }

    #[test]
    fn the_selection_stays_with_its_space() {
        let mut view = view();
        (0..9).for_each(|_| assert_eq!(press(&mut view, KeyCode::Down), Wish::Nothing));
        assert_eq!(view.selected(), Some(id(7)));
        view.now.spaces.remove(1);
        view.arrange();
        assert_eq!(view.selected(), Some(id(7)));
        view.now.spaces.clear();
        view.arrange();
        assert_eq!(view.selected(), None);
    }

    #[test]
    fn a_kill_is_asked_for_twice() {
        let mut view = view();
        press(&mut view, KeyCode::Char('k'));
        assert!(screen(&mut view).contains("kill space 4 and all in it? y or n"));
        // Any other key is no, and does nothing else.
        assert_eq!(press(&mut view, KeyCode::Char('q')), Wish::Nothing);
        assert_eq!((view.kill, &*view.message), (None, ""));
        assert_eq!(press(&mut view, KeyCode::Char('e')), Wish::Enter(id(4)));
        assert_eq!(press(&mut view, KeyCode::Char('q')), Wish::Quit);
    }

    #[test]
    fn the_screen_has_a_line_for_each() {
        let screen = screen(&mut view());
        for text in
            ["4 spaces, 4 processes", "SPACE", "  5 ", "    6 ", "10.0", "100.0", "8K", "sh"]
        {
            assert!(screen.contains(text), "{text}: {screen}");
        }
    }

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in
            [(0, "0K"), (4096, "4K"), (1 << 20, "1.0M"), (150 << 20, "150M"), (5 << 40, "5.0T")]
        {
            assert_eq!(size(bytes), text);
        }
    }
}
