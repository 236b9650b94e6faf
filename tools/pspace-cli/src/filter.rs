// SPDX-License-Identifier: GPL-2.0
//! `-Q`: an expression about a process, as lsns and lsfd have them.

use std::str::FromStr;

use evalexpr::{ContextWithMutableVariables, HashMapContext, Node, Value, build_operator_tree};

use crate::list::Line;

/// The names that an expression can have.
const NAMES: &str =
    "pair, space, pid, path, wid, parent, user, uid, state, time, rss, age, command";

/// An expression.
#[derive(Clone, Debug)]
pub struct Filter(Node);

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let node = build_operator_tree(text).map_err(|error| error.to_string())?;
        for name in node.iter_variable_identifiers() {
            if !NAMES.split(", ").any(|known| known == name) {
                return Err(format!("there is no '{name}': there are {NAMES}"));
            }
        }
        Ok(Filter(node))
    }
}

impl Filter {
    /// Is it true for a process? What is not known of a process is 0 or empty.
    pub fn is_true(&self, line: &Line, user: &str) -> Result<bool, String> {
        let number = |number: u64| Value::Int(number.try_into().unwrap_or(i64::MAX));
        let text = |text: &str| Value::String(text.into());
        let values = [
            ("pair", text(&line.pair.to_string())),
            ("space", number(line.pair.space.get())),
            ("pid", number(line.pair.nr.into())),
            ("path", text(line.path.as_deref().unwrap_or_default())),
            ("wid", number(line.wid.unwrap_or(0).into())),
            ("parent", text(&line.parent.map_or(String::new(), |parent| parent.to_string()))),
            ("user", text(user)),
            ("uid", number(line.uid.into())),
            ("state", text(&line.state.to_string())),
            ("time", Value::Float(line.cpu_seconds.unwrap_or(0.0))),
            ("rss", number(line.rss_bytes.unwrap_or(0) / 1024)),
            ("age", number(line.age_seconds.unwrap_or(0))),
            ("command", text(&line.command)),
        ];
        let mut context = HashMapContext::new();
        for (name, value) in values {
            context.set_value(name.into(), value).map_err(|error| error.to_string())?;
        }
        self.0.eval_boolean_with_context(&context).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        Line {
            pair: "57:3".parse().unwrap(),
            path: Some("1200/3".into()),
            wid: None,
            parent: "57:1".parse().ok(),
            uid: 1000,
            state: 'S',
            cpu_seconds: Some(1.5),
            rss_bytes: Some(2048),
            age_seconds: None,
            command: "sh".into(),
        }
    }

    #[test]
    fn a_process_is_asked_for_what_it_is() {
        for (text, expected) in [
            (r#"command == "sh""#, true),
            (r#"space == 57 && pid > 2"#, true),
            (r#"user == "ann" && time > 1.0"#, true),
            ("rss >= 3 || age != 0 || wid != 0", false),
            (r#"pair == "57:3" && parent == "57:1" && path == "1200/3""#, true),
            (r#"uid != 1000 || state == "R""#, false),
        ] {
            let filter: Filter = text.parse().unwrap();
            assert_eq!(filter.is_true(&line(), "ann"), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_question_is_an_error() {
        assert!("colour == 1".parse::<Filter>().unwrap_err().contains("there are pair, space"));
        assert!("(uid".parse::<Filter>().is_err());
        for text in ["uid", "uid + 1", r#"uid < "x""#, ""] {
            assert!(text.parse::<Filter>().unwrap().is_true(&line(), "").is_err(), "{text}");
        }
    }
}
