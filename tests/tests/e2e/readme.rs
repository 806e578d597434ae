//! The README's commands, as a stranger types them, against the demo as a stranger starts it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{Server, wait_for};

/// The shell commands of a section, block by block.
fn blocks(readme: &str, section: &str) -> Vec<String> {
    let (_, rest) = readme
        .split_once(&format!("\n## {section}\n"))
        .expect("the section");
    let section = rest.split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1);
    blocks
        .map(|block| block.split("\n```").next().unwrap().to_owned())
        .collect()
}

fn bash(script: &str) -> String {
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = bash.output().expect("bash");
    assert!(output.status.success(), "{script}\n{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_link_flow_of_the_readme_works_in_the_demo() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let demo = Server::builder().demo();
    let said = wait_for("the line that says how to sign in", || {
        let said = demo.log();
        said.lines()
            .any(|line| line.starts_with("Ready at http://"))
            .then_some(said)
    });
    let page = said
        .lines()
        .find_map(|line| line.split_once("approves a code: "))
        .unwrap()
        .1;
    let sim = page.strip_suffix("/activate").unwrap();
    for (email, password) in [
        ("user@example.org", "demo-user-1"),
        ("admin@example.org", "demo-admin-1"),
    ] {
        assert!(said.contains(email) && said.contains(password), "{said}");
        assert!(readme.contains(email) && readme.contains(password));
    }

    let here = |block: &String| {
        block
            .replace("http://127.0.0.1:8080", &demo.url(""))
            .replace("http://127.0.0.1:4180", sim)
    };
    let blocks: Vec<String> = blocks(&readme, "Link an account by the API")
        .iter()
        .map(here)
        .collect();
    let [start, finish, approve] = blocks.as_slice() else {
        panic!("{blocks:?}")
    };
    let started = bash(&format!("{start}\n{approve}\ndeclare -p api token started"));
    assert!(started.contains("\"userCode\""), "{started}");
    let (_, variables) = started.split_once("declare -- api").expect("the variables");
    let field = start
        .lines()
        .find(|line| line.starts_with("field()"))
        .unwrap();
    let variables = format!("declare -- api{variables}\n{field}");
    let (check, rest) = finish.split_once("# 4.").expect("step 4");
    // The README says to wait for the interval; asking too soon does no harm.
    let checked = wait_for("the check to link", || {
        let out = bash(&format!("{variables}\n{check}"));
        out.contains(r#""success":true"#).then_some(out)
    });
    assert!(checked.contains(r#""traktSlug":"sean""#), "{checked}");
    let linked = bash(&format!("{variables}\ncode=unused\n#{rest}"));
    assert!(linked.contains(r#""traktSlug":"sean""#), "{linked}");
    assert!(linked.contains(r#""status":"active""#), "{linked}");
    assert!(linked.trim_end().ends_with("204"), "{linked}");
    assert!(demo.stop().0.success());
}
