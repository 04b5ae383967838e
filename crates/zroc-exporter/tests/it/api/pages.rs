//! Which VMs `/api/v1/vms` lists, page by page.

use std::sync::Arc;

use axum::http::Method;
use mock_vcenter::MockVcenter;
use planner_core::inventory::entities::{Entities, VmRecord};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{FullReadStamp, PowerState};
use planner_core::snapshot_builder::SnapshotBuilder;
use serde_json::{Value, json};
use zroc_exporter::api::{VmPage, VmQuery};

use super::{ONE_CYCLE, all_pages, assert_as_described, data};
use crate::exporter::Exporter;
use crate::exposition::{at, vcenter};
use crate::several_vcenters::{File, all_are_ok, mocks, right};
use crate::staging::{odd_mock, settings};

fn morefs(vms: &[Value]) -> Vec<&str> {
    vms.iter().map(|vm| vm["moref"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_have_every_vm_once_in_a_stable_order() {
    let mock = odd_mock(30, 100).await;
    let exporter = Exporter::start(&settings(&mock, &[ONE_CYCLE])).await;
    exporter.first_cycle().await;
    let whole = all_pages(&exporter, "", 1_000).await;
    let mut sorted = morefs(&whole);
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(sorted, morefs(&whole));
    for limit in [1, 7, whole.len()] {
        assert_eq!(all_pages(&exporter, "", limit).await, whole, "{limit}");
    }
    let mut names = whole.iter().map(|vm| vm["name"].as_str().unwrap());
    let is_plain = |name: &&str| {
        let mut bytes = name.bytes();
        name.len() > 3 && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let name = names.find(is_plain).unwrap();
    let pattern = format!("{}*", &name.to_uppercase()[..name.len() - 1]);
    let found = all_pages(&exporter, &format!("&match={pattern}"), 2).await;
    assert!(
        found.iter().any(|vm| vm["name"] == name),
        "{pattern}: {found:?}"
    );
    assert!(found.len() < whole.len());
    assert!(
        all_pages(&exporter, "&match=no-such-name", 2)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn equal_references_of_two_vcenters_are_two_vms() {
    let hostile = "a/b?c#d <b>\u{e9}";
    let [one, other] = mocks().await;
    let file = File::new(&[right(hostile, &one), right("other", &other)]);
    let exporter = Exporter::start(&[("ZROC_CONFIG", file.path().display().to_string())]).await;
    exporter.health_when(all_are_ok).await;
    let all = all_pages(&exporter, "", 5).await;
    assert_eq!(all.len(), 12);
    let (first, second) = all.split_at(6);
    assert_eq!(morefs(first), morefs(second));
    assert!(first.iter().all(|vm| vm["vcenter"] == hostile));
    let of_other = all_pages(&exporter, "&vcenter=other", 4).await;
    assert_eq!(morefs(&of_other), morefs(second));
    assert!(of_other.iter().all(|vm| vm["vcenter"] == "other"));

    let moref = first[0]["moref"].as_str().unwrap();
    let encoded = "a%2Fb%3Fc%23d%20%3Cb%3E%C3%A9";
    for (path, vcenter) in [(encoded, hostile), ("other", "other")] {
        let details = data(&exporter, &format!("/api/v1/vms/{path}/{moref}")).await;
        assert_eq!(
            (&details["vm"]["vcenter"], &details["vm"]["moref"]),
            (&json!(vcenter), &json!(moref))
        );
    }
    let answer = exporter.get("/api/v1/vms/%FF/vm-1").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["errorType"]),
        (400, &json!("bad_data"))
    );
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let exporter = Exporter::collecting(&mock, &[ONE_CYCLE]).await;
    let long = "x".repeat(300);
    for (query, said) in [
        (
            "state=sampeld",
            "state: \"sampeld\" is not a state; states are sampled, ",
        ),
        ("reason=because", "reason: \"because\" is not a reason; "),
        (
            "vcenter=nowhere",
            "vcenter: the settings name no vCenter \"nowhere\"; ",
        ),
        (
            "limit=0",
            "limit: \"0\" is not a whole number from 1 to 1000",
        ),
        ("limit=1001", "limit: "),
        ("limit=-1", "limit: "),
        ("limit=", "limit: "),
        ("next=xyz", "next: is not what an answer had as `next`"),
        (
            "next=WyJhIiwidm0tMSJd",
            "next: the settings no longer name \"a\": ",
        ),
        (&format!("match={long}"), "match: is longer than 256 bytes"),
        (
            "state=sampled&state=failed",
            "state: is given more than once",
        ),
        (
            "stat%65s=1",
            "states: there is no such parameter; there are state, ",
        ),
        ("%FF=1", "\u{fffd}: there is no such parameter"),
    ] {
        let answer = exporter.get(&format!("/api/v1/vms?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_as_described("/api/v1/vms", &answer);
        let body = answer.json();
        assert_eq!(
            (&body["status"], &body["errorType"]),
            (&json!("error"), &json!("bad_data"))
        );
        let error = body["error"].as_str().unwrap();
        assert!(error.starts_with(said), "{query}: {error}");
    }
    let posted = exporter.send(Method::POST, "/api/v1/vms", &[]).await;
    assert_eq!(posted.status, 405);
}

#[test]
fn a_page_of_long_names_ends_early() {
    let mut entities = Entities::new();
    for number in 0..100 {
        *entities.vm(&format!("vm-{number:03}")) = VmRecord {
            name: "x".repeat(100_000).into(),
            power_state: Some(PowerState::PoweredOn),
            ..VmRecord::default()
        };
    }
    let full_read = FullReadStamp {
        number: 1,
        at: at(0),
    };
    let inventory = Arc::new(entities.resolve(&Filter::default(), full_read));
    let vcenters = [vcenter(Some(SnapshotBuilder::new(inventory, None).build()))];
    let (mut seen, mut pages, mut query) = (Vec::new(), 0, "limit=1000".to_owned());
    loop {
        let page = VmPage::of(&vcenters, &VmQuery::parse(&query, &vcenters).unwrap());
        let text = serde_json::to_string(&page).unwrap();
        assert!(text.len() < 5 << 20, "{}", text.len());
        let page: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(page["total"], 100);
        let vms = page["vms"].as_array().unwrap().iter();
        seen.extend(vms.map(|vm| vm["moref"].as_str().unwrap().to_owned()));
        pages += 1;
        match page["next"].as_str() {
            Some(next) => query = format!("limit=1000&next={next}"),
            None => break,
        }
    }
    let all: Vec<String> = (0..100).map(|number| format!("vm-{number:03}")).collect();
    assert_eq!((seen, pages), (all, 3));
}
