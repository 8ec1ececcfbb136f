//! What the tree must look like: documents that name real paths, and Rust that knows no procedure.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn architecture_names_only_paths_that_exist() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.contains('/') && !name.contains(' ') && !name.contains('*'))
        .collect();
    assert!(named.len() > 10);
    for name in named {
        let direct = root().join(name);
        assert!(direct.exists(), "ARCHITECTURE.md names {name}, which is not there");
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Names of the built-in procedures and of their own things, as far as they are not everyday words of the program.
#[test]
fn no_line_of_rust_knows_one_of_the_procedures() {
    let mut files = Vec::new();
    for crate_name in ["engine", "store", "desk", "web", "bihuan"] {
        sources(&root().join("crates").join(crate_name).join("src"), &mut files);
    }
    let procedures: Vec<_> = desk::builtin()
        .into_iter()
        .map(|one| engine::procedure::read(one.name, one.text).unwrap())
        .collect();
    let mut labels: Vec<String> = Vec::new();
    for procedure in &procedures {
        labels.push(procedure.label.zh.clone());
        labels.extend(procedure.stages.iter().map(|stage| stage.label.zh.clone()));
        labels.extend(procedure.actions.iter().map(|action| action.label.zh.clone()));
        labels.extend(procedure.clocks.iter().map(|clock| clock.label.zh.clone()));
        labels.extend(procedure.roles.iter().map(|role| role.label.zh.clone()));
    }
    let mut words: Vec<String> =
        procedures.iter().map(|procedure| format!("\"{}\"", procedure.key)).collect();
    words.extend(labels.iter().map(|label| format!("\"{label}\"")));
    let mut offenders = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let code = text
            .lines()
            .take_while(|line| !line.contains("#[cfg(test)]"))
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|line| line.contains('"') && !line.contains("long = \"as\"")) {
            if words.iter().any(|word| line.contains(word.as_str())) {
                offenders.push(format!("{}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(offenders.is_empty(), "Rust knows a procedure:\n{}", offenders.join("\n"));
}
