//! A client in another language, made from the document: what it says of types is true, and enough to
//! work with.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::harness::Service;
use crate::pages::{PASSWORD, account};

/// Runs it to its end, and shows what it said where it fails.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}\n{errors}");
    said.into_owned()
}

#[test]
fn a_typed_client_of_the_document_goes_the_whole_way() {
    let Some(tools) = std::env::var_os("TRAKT_TYPESCRIPT") else {
        println!("skipped: the typed client (TRAKT_TYPESCRIPT names no folder)");
        return;
    };
    let service = Service::start();
    account(&service.database, "typed@example.org", "user");
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let tools = Path::new(&tools).join("node_modules");
    symlink(&tools, dir.join("node_modules")).unwrap();
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/client/flow.ts");
    std::fs::copy(sources, dir.join("flow.ts")).unwrap();
    let options = json!({
        "compilerOptions": {
            "strict": true, "target": "es2022",
            "module": "nodenext", "types": ["node"], "skipLibCheck": false,
        },
        "files": ["flow.ts"],
    });
    std::fs::write(dir.join("tsconfig.json"), options.to_string()).unwrap();
    let package = json!({"type": "module"});
    std::fs::write(dir.join("package.json"), package.to_string()).unwrap();

    let program = |name: &str| {
        let mut command = Command::new(tools.join(".bin").join(name));
        command.current_dir(dir);
        command
    };
    let document = service.server.url("/openapi.json");
    run(program("openapi-typescript").args([&document, "-o", "api.d.ts"]));
    run(&mut program("tsc"));
    let sim = service.sim.url().trim_end_matches('/').to_owned();
    let said = run(Command::new("node")
        .arg("flow.js")
        .current_dir(dir)
        .env("API", service.server.url(""))
        .env("SIM", sim)
        .env("EMAIL", "typed@example.org")
        .env("PASSWORD", PASSWORD));
    assert_eq!(said.trim(), "linked, used, unlinked");
}
