//! The program: the line it prints and the endpoint it names there.

use std::io::{BufRead, BufReader};
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

#[tokio::test]
async fn one_line_says_where_it_is() {
    let mut running = Running(
        Command::new(env!("CARGO_BIN_EXE_mock-vcenter"))
            .args([
                "--vms",
                "3",
                "--disks",
                "4",
                "--user",
                "reader@example.test",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let port = ready["port"].as_u64().unwrap();
    assert_eq!(ready["url"], format!("https://127.0.0.1:{port}/sdk"));
    assert_eq!(ready["user"], "reader@example.test");
    assert_eq!(ready["thumbprint"].as_str().unwrap().len(), 95);
    let control = ready["control"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap();
    let (status, truth) = ask(control.parse().unwrap(), "GET", "/truth", "").await;
    assert_eq!(status, 200);
    let truth: Value = serde_json::from_str(&truth).unwrap();
    assert_eq!(truth.as_array().unwrap().len(), 3);
    assert_eq!(truth[0]["capacity_bytes"].as_array().unwrap().len(), 4);
}
