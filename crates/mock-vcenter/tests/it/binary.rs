//! The program: the line it prints and the endpoint it names there.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::control::ask;

/// Ends the program when the test is over, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it and reads the line that it prints.
fn start(arguments: &[&str]) -> (Running, Value) {
    let command = Command::new(env!("CARGO_BIN_EXE_mock-vcenter"))
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn();
    let mut running = Running(command.unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (running, serde_json::from_str(&line).unwrap())
}

fn control_of(ready: &Value) -> SocketAddr {
    let control = ready["control"].as_str().unwrap();
    control.strip_prefix("http://").unwrap().parse().unwrap()
}

#[tokio::test]
async fn one_line_says_where_it_is() {
    let arguments = [
        "--vms",
        "3",
        "--disks",
        "4",
        "--user",
        "reader@example.test",
    ];
    let (_running, ready) = start(&arguments);
    let port = ready["port"].as_u64().unwrap();
    assert_eq!(ready["url"], format!("https://127.0.0.1:{port}/sdk"));
    assert_eq!(ready["user"], "reader@example.test");
    assert_eq!(ready["thumbprint"].as_str().unwrap().len(), 95);
    let (status, truth) = ask(control_of(&ready), "GET", "/truth", "").await;
    assert_eq!(status, 200);
    let truth: Value = serde_json::from_str(&truth).unwrap();
    assert_eq!(truth.as_array().unwrap().len(), 3);
    assert_eq!(truth[0]["capacity_bytes"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_script_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.jsonl");
    let step = r#"{"changes": [{"rename": {"object": "vm-1001", "name": "by script"}}]}"#;
    std::fs::write(&path, step).unwrap();
    let (_running, ready) = start(&["--vms", "3", "--script", path.to_str().unwrap()]);
    let control = control_of(&ready);
    while !ask(control, "GET", "/truth", "")
        .await
        .1
        .contains("by script")
    {
        tokio::task::yield_now().await;
    }
}
