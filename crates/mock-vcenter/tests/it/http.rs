//! The HTTP side: versions, compression, odd requests.

use std::io::Read;

use flate2::read::GzDecoder;
use mock_vcenter::Options;

use crate::client::{Client, envelope, logged_in, small, started};

#[tokio::test]
async fn the_version_list_leads_with_an_id_that_is_no_number() {
    let mock = started(small()).await;
    let mut client = Client::connect(&mock).await;
    let reply = client
        .send("GET", "/sdk/vimServiceVersions.xml", "", "")
        .await
        .unwrap()
        .ok();
    let versions = reply.all("version");
    assert!(versions[0].starts_with('u'), "{versions:?}");
    let content = client
        .call(
            "RetrieveServiceContent",
            "ServiceInstance",
            "ServiceInstance",
            "",
        )
        .await
        .ok();
    assert_eq!(content.one("apiVersion"), versions[1]);
    assert_eq!(content.one("rootFolder"), "group-d1");
    assert_eq!(mock.calls()["vimServiceVersions.xml"], 1);
    assert_eq!(mock.calls()["RetrieveServiceContent"], 1);
    mock.reset_calls();
    assert!(mock.calls().is_empty());
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_ask() {
    let (_mock, mut client) = logged_in(small()).await;
    let body = envelope(
        "Fetch",
        "PerformanceManager",
        "PerfMgr",
        "<prop>perfCounter</prop>",
    );
    let asked = "Accept-Encoding: gzip, deflate\r\n";
    let plain = client.send("POST", "/sdk", "", &body).await.unwrap().ok();
    assert_eq!(plain.header("content-encoding"), None);
    let packed = client.send("POST", "/sdk", asked, &body).await.unwrap();
    assert_eq!(packed.header("content-encoding").as_deref(), Some("gzip"));
    let mut unpacked = Vec::new();
    GzDecoder::new(&packed.bytes[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.bytes);

    let (_mock, mut client) = logged_in(Options {
        gzip: None,
        ..small()
    })
    .await;
    let reply = client
        .send("POST", "/sdk", asked, &body)
        .await
        .unwrap()
        .ok();
    assert_eq!(reply.header("content-encoding"), None);
}

#[tokio::test]
async fn odd_requests_are_refused() {
    let (_mock, mut client) = logged_in(small()).await;
    for (method, path, status) in [
        ("GET", "/sdk", 405),
        ("GET", "/", 404),
        ("POST", "/api", 404),
    ] {
        assert_eq!(
            client.send(method, path, "", "").await.unwrap().status,
            status
        );
    }
    let deep = "<a>".repeat(200) + &"</a>".repeat(200);
    for body in [
        "",
        "no xml",
        "<a/>",
        "<a><b></a>",
        "<a>&nonsense;</a>",
        deep.as_str(),
    ] {
        assert_eq!(client.post(body).await.fault(), "InvalidRequest", "{body}");
    }
    let reply = client
        .call("PowerOffVM_Task", "VirtualMachine", "vm-1001", "")
        .await;
    assert_eq!(reply.fault(), "MethodNotFound");
    let reply = client
        .call("QueryPerf", "ViewManager", "ViewManager", "")
        .await;
    assert_eq!(reply.fault(), "MethodNotFound");
    client
        .announce("POST", "/sdk", "", (16 << 20) + 1)
        .await
        .unwrap();
    let reply = client.receive().await.unwrap();
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn names_of_operations_cannot_fill_the_memory() {
    let (mock, mut client) = logged_in(small()).await;
    for number in 0..150 {
        client
            .call(&format!("Nonsense{number}"), "Folder", "group-d1", "")
            .await
            .fault();
    }
    assert_eq!(mock.calls().len(), 101);
    assert_eq!(mock.calls().values().sum::<u64>(), 151);
}

#[tokio::test]
async fn a_stopped_server_is_gone() {
    let (mock, mut client) = logged_in(small()).await;
    let address = mock.address();
    mock.stop().await;
    assert!(
        client
            .send("GET", "/sdk/vimServiceVersions.xml", "", "")
            .await
            .is_none()
    );
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_thumbprint_is_that_of_the_certificate() {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use sha2::{Digest, Sha256};

    let mock = started(small()).await;
    let der = CertificateDer::from_pem_slice(mock.certificate_pem().as_bytes()).unwrap();
    let hex: Vec<String> = Sha256::digest(&der)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    assert_eq!(mock.thumbprint(), hex.join(":"));
}
