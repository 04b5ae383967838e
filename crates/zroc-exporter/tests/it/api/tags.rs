//! Answers that a client has already, and compressed ones.

use std::io::Read as _;

use mock_vcenter::MockVcenter;

use super::ONE_CYCLE;
use crate::exporter::{Answer, Exporter};

#[tokio::test]
async fn an_answer_that_the_client_has_is_not_sent_again() {
    let mock = MockVcenter::with_vms(30).await.unwrap();
    let exporter = Exporter::collecting(&mock, &[ONE_CYCLE]).await;
    for path in ["/api/v1/status", "/api/v1/vms", "/api/v1/vms?limit=3"] {
        let answer = exporter.get(path).await;
        assert_eq!(answer.headers["cache-control"], "no-cache");
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        let strong = tag.trim_start_matches("W/").to_owned();
        for known in [&tag, &strong, &format!("\"other\", {tag}"), "*"] {
            let again = exporter.get_with(path, &[("if-none-match", known)]).await;
            assert_eq!(again.status, 304, "{path} {known}");
            assert!(again.body.is_empty());
            assert_eq!(again.headers["etag"], tag.as_str());
        }
        let other = exporter
            .get_with(path, &[("if-none-match", "\"other\"")])
            .await;
        assert_eq!(other.body, answer.body, "{path}");

        let gzip = exporter
            .get_with(path, &[("accept-encoding", "gzip")])
            .await;
        assert_eq!(gzip.headers["etag"], tag.as_str());
        assert_eq!(gzip.headers["content-encoding"], "gzip", "{path}");
        let mut plain = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&*gzip.body);
        decoder.read_to_end(&mut plain).unwrap();
        assert_eq!(plain, answer.body, "{path}");
    }
    let list = exporter.get("/api/v1/vms").await;
    let another = exporter.get("/api/v1/vms?limit=3").await;
    assert_ne!(list.headers["etag"], another.headers["etag"]);
}

#[tokio::test]
async fn what_changes_with_a_cycle_has_another_tag() {
    let mock = MockVcenter::with_vms(3).await.unwrap();
    let exporter = Exporter::collecting(&mock, &[("POLL_INTERVAL", "0.2")]).await;
    let before = exporter.get("/api/v1/status").await;
    exporter.page_after_cycles(2).await;
    let tag = before.headers["etag"].to_str().unwrap();
    let after = exporter
        .get_with("/api/v1/status", &[("if-none-match", tag)])
        .await;
    assert_eq!(after.status, 200);
    let cycles = |answer: &Answer| answer.json()["data"]["vcenters"][0]["cycles"].as_u64();
    assert!(cycles(&after) > cycles(&before));
}
