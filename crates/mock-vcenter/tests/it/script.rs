//! Scripts, step by step.

use mock_vcenter::script::Script;
use mock_vcenter::{MockVcenter, Options, VmTruth};

use crate::client::{logged_in, small};

/// The example of `cargo xtask demo --script`.
const DEMO: &str = include_str!("../../../../xtask/demo/script.jsonl");

#[tokio::test(start_paused = true)]
async fn the_example_of_the_demo_fits_its_world() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let (before, clock) = (mock.world().vms(), mock.now());
    Script::parse(DEMO).unwrap().play(&mock).await.unwrap();
    let after = mock.world().vms();
    let find = |vms: &[VmTruth], moref| vms.iter().find(|vm| vm.moref == moref).cloned();
    for moved in ["vm-1002", "vm-1006"] {
        let host = |vms| find(vms, moved).unwrap().host;
        assert_ne!(host(&before), host(&after));
    }
    assert_eq!(find(&after, "vm-1001").unwrap().name, "web-renamed");
    assert!(!find(&after, "vm-1005").unwrap().powered_on);
    assert!(find(&after, "vm-1007").is_none());
    assert!(after.iter().any(|vm| vm.name == "web-new"));
    assert!(mock.now().duration_since(clock).as_secs() >= 1200);
}

#[tokio::test]
async fn steps_act_in_order() {
    let (mock, mut client) = logged_in(small()).await;
    let script = Script::parse(
        r#"
{"changes": [{"rename": {"object": "vm-1001", "name": "first"}}]}
{"changes": [{"rename": {"object": "vm-1001", "name": "second"}}], "settings": {"statistics_level": 4}}

{"after_seconds": 0, "advance_clock": 600, "faults": [{"operation": "CurrentTime", "effect": "close_connection"}]}
{"clear_faults": true, "random_changes": {"seed": 3, "count": 5}, "deny": [{"object": "vm-1002", "kind": "hidden"}]}
"#,
    )
    .unwrap();
    let before = mock.now();
    script.play(&mock).await.unwrap();
    assert!(mock.now().duration_since(before).as_secs() >= 600);
    assert_eq!(mock.settings().statistics_level, 4);
    assert!(mock.world().vms().iter().all(|vm| vm.name != "first"));
    client
        .call("CurrentTime", "ServiceInstance", "ServiceInstance", "")
        .await
        .ok();
}

#[tokio::test]
async fn errors_name_their_line() {
    let wrong = Script::parse("{}\n{\"after\": 3}").unwrap_err();
    assert_eq!(wrong.line, 2);
    let (mock, _client) = logged_in(small()).await;
    let text = "\n{\"changes\": [{\"delete\": {\"vm\": \"vm-1001\"}}, {\"delete\": {\"vm\": \"vm-1001\"}}]}";
    let error = Script::parse(text).unwrap().play(&mock).await.unwrap_err();
    assert_eq!(error.line, 2);
    assert_eq!(error.source.to_string(), "there is no object vm-1001");
}
