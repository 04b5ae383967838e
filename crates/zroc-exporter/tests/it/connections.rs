//! Connections that break, and a vCenter that stops during a cycle.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use tokio::net::{TcpListener, TcpStream};

use crate::exporter::Exporter;
use crate::staging::{faults, settings, state};

const IOPS: &str = "vcenter_vm_disk_write_iops";

/// Forwards connections to a mock, but closes the one with this number before the TLS handshake.
async fn refusing_proxy(mock: &MockVcenter, refused: u32) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, vcenter) = (listener.local_addr().unwrap(), mock.address());
    let connections = Arc::new(AtomicU32::new(0));
    tokio::spawn(async move {
        while let Ok((mut inward, _)) = listener.accept().await {
            if connections.fetch_add(1, Ordering::Relaxed) + 1 == refused {
                continue;
            }
            tokio::spawn(async move {
                let mut outward = TcpStream::connect(vcenter).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut inward, &mut outward).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_connection_refused_once_costs_nothing() {
    let mock = MockVcenter::with_vms(50).await.unwrap();
    let closed = FaultRule::on("QueryPerf", Effect::CloseConnection);
    mock.add_fault(closed.skip(2).times(1));
    let proxy = refusing_proxy(&mock, 2).await.port().to_string();
    let through_proxy = [
        ("VCENTER_PORT", &*proxy),
        ("BATCH_SIZE", "10"),
        ("POLL_INTERVAL", "600"),
    ];
    let exporter = Exporter::start(&settings(&mock, &through_proxy)).await;
    let health = exporter.first_cycle().await;
    assert_eq!(
        (&health["last_vm_count"], &health["status"]),
        (&50.into(), &"ok".into())
    );
    let page = exporter.page().await;
    assert_eq!(
        page.labelled("vcenter_collector_batches_total", "outcome", "retried"),
        Some(1.0)
    );
}

#[tokio::test]
async fn a_vcenter_that_stops_ends_the_cycle_and_what_was_answered_stays() {
    let mock = MockVcenter::with_vms(200).await.unwrap();
    let forever = Effect::Delay(Duration::from_secs(600));
    mock.add_fault(FaultRule::on("QueryPerf", forever).skip(3).times(1));
    let slowly = [("BATCH_SIZE", "10"), ("POLL_INTERVAL", "600")];
    let exporter = Exporter::start(&settings(&mock, &slowly)).await;
    mock.called("QueryPerf", 4).await;
    mock.stop().await;
    let health = exporter.first_cycle().await;
    let error = health["last_error"].as_str().unwrap();
    assert!(error.starts_with("170 of 200 VMs failed ("), "{error}");
    assert!(error.contains("cannot reach vCenter"), "{error}");
    let page = exporter.page().await;
    assert_eq!(
        (state(&page, "sampled"), page.series(IOPS).len()),
        (30.0, 30)
    );
    assert!(faults(&page) <= 4.0, "{}", faults(&page));
}

#[tokio::test]
async fn concurrent_queries_start_a_delay_apart() {
    let mock = MockVcenter::with_vms(100).await.unwrap();
    let settings = settings(
        &mock,
        &[
            ("BATCH_SIZE", "10"),
            ("BATCH_DELAY", "1.2"),
            ("COLLECT_CONCURRENCY", "4"),
            ("CYCLE_TIMEOUT", "2"),
            ("POLL_INTERVAL", "600"),
        ],
    );
    let exporter = Exporter::start(&settings).await;
    exporter.first_cycle().await;
    assert!(mock.calls()["QueryPerf"] <= 2, "{:?}", mock.calls());
}
