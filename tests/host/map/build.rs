// SPDX-License-Identifier: GPL-2.0

//! Where the sources are. They are those of the module, but for two cases, in which they are copied
//! first: loom has to see volatile accesses, and a mutant has an error put in.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// What a mutant is made by: the file, what is there, what is put there.
const MUTANT: [&str; 3] = ["PSPACE_MUTANT_FILE", "PSPACE_MUTANT_FROM", "PSPACE_MUTANT_TO"];

fn main() {
    let top =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").canonicalize().expect("the project");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let explore = env::var("CARGO_FEATURE_EXPLORE").is_ok();

    for name in MUTANT {
        println!("cargo::rerun-if-env-changed={name}");
    }
    for name in ["pid_map", "reaper", "tests/kunit"] {
        println!("cargo::rerun-if-changed={}", top.join(name).display());
    }

    let mutant = MUTANT.map(|name| env::var(name).ok());
    let sources = match (&mutant, explore) {
        ([None, ..], false) => top.clone(),
        _ => {
            copy(&top, &out, explore, &mutant);
            out.clone()
        }
    };
    let mut modules = String::new();

    for (attributes, file, name) in [
        ("", sources.join("pid_map/mod.rs"), "pid_map"),
        ("", sources.join("reaper/mod.rs"), "reaper"),
        ("#[cfg(test)]", top.join("tests/kunit/number.rs"), "number"),
        (
            "#[cfg(all(test, not(feature = \"explore\")))]",
            top.join("tests/kunit/pid_map.rs"),
            "suite",
        ),
        ("#[cfg(test)]", top.join("tests/kunit/reaper.rs"), "decisions"),
    ] {
        modules += &format!("{attributes} #[path = {file:?}] mod {name};\n");
    }
    // Of what is in a space a decision of the reaper needs the policy.
    modules += "mod pspace {\n";
    for name in ["policy", "setting"] {
        let file = top.join("pspace").join(name).with_extension("rs");

        println!("cargo::rerun-if-changed={}", file.display());
        modules += &format!("#[path = {file:?}] mod {name};\n");
    }
    modules += "pub(crate) use policy::Policy;\n}\n";
    fs::write(out.join("modules.rs"), modules).expect("OUT_DIR can be written");
}

fn copy(top: &Path, out: &Path, explore: bool, mutant: &[Option<String>; 3]) {
    let [file, from, to] = mutant.each_ref().map(Option::as_deref);
    let (mut seen, mut changed) = (0, 0);

    for directory in ["pid_map", "reaper"] {
        fs::create_dir_all(out.join(directory)).expect("OUT_DIR can be written");
        for entry in fs::read_dir(top.join(directory)).expect("it is there") {
            let name = Path::new(directory).join(entry.expect("it is there").file_name());
            let mut text = fs::read_to_string(top.join(&name)).expect("it is text");

            if file.is_some_and(|file| Path::new(file) == name) {
                let from = from.expect("the mutant says what is there");

                changed += text.matches(from).count();
                text = text.replace(from, to.unwrap_or_default());
            }
            if explore && text.contains("_volatile(") {
                seen += 1;
                text = text
                    .replace(".read_volatile(", ".read_visibly(")
                    .replace(".write_volatile(", ".write_visibly(")
                    + "\nuse kernel::explore::Visible as _;\n";
            }
            fs::write(out.join(&name), text).expect("OUT_DIR can be written");
        }
    }
    assert!(file.is_none() || changed == 1, "what the mutant changes is there {changed} times");
    assert!(!explore || seen == 1, "words are read in {seen} files");
}
