//! A server that is gone, that resets connections, that shows another certificate.

use std::io::{ErrorKind, Read as _};

use flate2::read::GzDecoder;
use mock_vcenter::{Effect, FaultRule};

use crate::client::{Client, Reply, envelope, logged_in, small};

fn always(effect: Effect) -> FaultRule {
    FaultRule::on("CurrentTime", effect)
}

fn request() -> String {
    envelope("CurrentTime", "ServiceInstance", "ServiceInstance", "")
}

async fn answer(client: &mut Client) -> Option<Reply> {
    client.send("POST", "/sdk", "", &request()).await
}

#[tokio::test]
async fn a_connection_can_be_reset_before_and_within_an_answer() {
    let (mock, client) = logged_in(small()).await;
    for after in [0, 40] {
        mock.add_fault(always(Effect::Reset(after)));
        let mut broken = Client::connect(&mock).await;
        broken.cookie.clone_from(&client.cookie);
        let length = request().len();
        broken.announce("POST", "/sdk", "", length).await.unwrap();
        broken.write(&request()).await.unwrap();
        let ended = broken.end_of_connection().await;
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
        mock.clear_faults();
    }
}

#[tokio::test]
async fn a_server_that_is_gone_comes_back_when_the_rules_go() {
    let (mock, mut client) = logged_in(small()).await;
    let mut bystander = Client::connect(&mock).await;
    mock.add_fault(always(Effect::Unreachable));
    assert!(answer(&mut client).await.is_none());
    assert!(bystander.end_of_connection().await.is_err());
    let refused = Client::try_connect(&mock).await.err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    mock.clear_faults();
    mock.listening().await;
    let mut again = Client::connect(&mock).await;
    again.cookie.clone_from(&client.cookie);
    answer(&mut again).await.unwrap().ok();
}

#[tokio::test]
async fn another_certificate_is_shown_until_the_rules_go() {
    let (mock, mut client) = logged_in(small()).await;
    mock.add_fault(always(Effect::OtherCertificate));
    assert!(answer(&mut client).await.is_none());
    let refused = Client::try_connect(&mock).await.err().unwrap();
    assert!(refused.to_string().contains("certificate"), "{refused}");
    mock.clear_faults();
    Client::connect(&mock).await;
}

#[tokio::test]
async fn an_answer_can_have_another_content_type() {
    let (mock, mut client) = logged_in(small()).await;
    mock.add_fault(always(Effect::ContentType("text/html".to_owned())));
    let reply = answer(&mut client).await.unwrap();
    assert_eq!(reply.header("content-type").as_deref(), Some("text/html"));
    assert!(reply.ok().one("returnval").ends_with('Z'));
}

#[tokio::test]
async fn a_bomb_is_small_until_it_is_opened() {
    let (mock, mut client) = logged_in(small()).await;
    mock.add_fault(always(Effect::GzipBomb(3)));
    let reply = answer(&mut client).await.unwrap();
    assert_eq!(reply.header("content-encoding").as_deref(), Some("gzip"));
    assert!(reply.bytes.len() < 64 << 10, "{}", reply.bytes.len());
    let mut opened = String::new();
    GzDecoder::new(&*reply.bytes)
        .read_to_string(&mut opened)
        .unwrap();
    assert_eq!(opened.len(), (3 << 20) + "<a></a>".len());
}

#[tokio::test]
async fn the_clock_can_jump_between_two_calls() {
    let (mock, mut client) = logged_in(small()).await;
    let before = mock.now();
    mock.add_fault(always(Effect::AdvanceClock(-3_600)));
    answer(&mut client).await.unwrap().ok();
    assert!(mock.now() < before);
}
