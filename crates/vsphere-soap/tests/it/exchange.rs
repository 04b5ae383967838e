//! Single exchanges: what goes out, and what odd answers turn into.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use vsphere_soap::{Client, Error, MoRef, Operation};
use wiremock::ResponseTemplate;

use crate::server::{call, client_of, config_of, fixture, scripted_server, xml};

const TIME: &str = "<Envelope><Body><CurrentTimeResponse><returnval>2026-01-02T03:04:05Z\
                    </returnval></CurrentTimeResponse></Body></Envelope>";

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

async fn current_time_with(answer: ResponseTemplate) -> Result<String, Error> {
    let server = scripted_server().await;
    call("CurrentTime")
        .respond_with(answer)
        .mount(&server)
        .await;
    client_of(&server)
        .current_time()
        .await
        .map(|time| time.to_string())
}

#[tokio::test]
async fn requests_carry_version_type_and_escaped_arguments() {
    let server = scripted_server().await;
    client_of(&server).session().await.unwrap();
    let requests = server.received_requests().await.unwrap();
    let [versions, content, login] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert_eq!(versions.url.path(), "/sdk/vimServiceVersions.xml");
    for request in [content, login] {
        assert_eq!(request.headers["SOAPAction"], "urn:vim25/8.0.2.0");
        assert_eq!(request.headers["Content-Type"], "text/xml; charset=utf-8");
        assert_eq!(request.headers["Accept-Encoding"], "gzip");
        let agent = request.headers["User-Agent"].to_str().unwrap();
        assert!(agent.starts_with("vsphere-soap/"), "{agent}");
    }
    let body = String::from_utf8(login.body.clone()).unwrap();
    let arguments = "<Login xmlns=\"urn:vim25\">\
                     <_this type=\"SessionManager\">SessionManager</_this>\
                     <userName>reader</userName><password>pa&lt;ss&gt;&amp;word</password>";
    assert!(body.contains(arguments), "{body}");
}

#[tokio::test]
async fn compressed_answers_are_read() {
    for encoding in ["gzip", "x-gzip", "X-GZip", " gzip "] {
        let answer = xml(200, gzipped(TIME.as_bytes())).insert_header("Content-Encoding", encoding);
        let time = current_time_with(answer).await;
        assert_eq!(time.unwrap(), "2026-01-02T03:04:05Z", "{encoding}");
    }
}

#[tokio::test]
async fn compressed_answers_may_be_long_and_have_several_members() {
    let (head, tail) = TIME.split_at(TIME.len() / 2);
    let padding = " ".repeat(1 << 20);
    let members = [head, tail, &padding].map(|member| gzipped(member.as_bytes()));
    let answer = xml(200, members.concat()).insert_header("Content-Encoding", "gzip");
    assert_eq!(
        current_time_with(answer).await.unwrap(),
        "2026-01-02T03:04:05Z"
    );
}

#[tokio::test]
async fn what_is_no_gzip_or_damaged_is_interrupted() {
    let mut damaged = gzipped(TIME.as_bytes());
    let crc = damaged.len() - 8;
    damaged[crc] ^= 1;
    let mut trailed = gzipped(TIME.as_bytes());
    trailed.extend_from_slice(b"trailing");
    for body in [TIME.as_bytes().to_vec(), damaged, trailed] {
        let answer = xml(200, body).insert_header("Content-Encoding", "gzip");
        let error = current_time_with(answer).await.unwrap_err();
        assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_cut_compressed_answer_is_interrupted() {
    let mut cut = gzipped(TIME.as_bytes());
    cut.truncate(cut.len() / 2);
    let answer = xml(200, cut).insert_header("Content-Encoding", "gzip");
    let error = current_time_with(answer).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn an_answer_may_not_exceed_the_limit_compressed_or_not() {
    let bomb = vec![b' '; 1 << 20];
    let small = gzipped(&bomb);
    assert!(small.len() < 100_000);
    let compressed = xml(200, small).insert_header("Content-Encoding", "gzip");
    for answer in [xml(200, bomb), compressed] {
        let server = scripted_server().await;
        call("CurrentTime")
            .respond_with(answer)
            .mount(&server)
            .await;
        let mut config = config_of(&server);
        config.max_body_bytes = 100_000;
        let error = Client::new(config)
            .unwrap()
            .current_time()
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::TooLarge { limit: 100_000, .. }),
            "{error:?}"
        );
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_fault_is_a_fault_whatever_the_status() {
    for status in [200, 500] {
        let answer = xml(status, fixture("fault_without_detail.xml"));
        let error = current_time_with(answer).await.unwrap_err();
        assert_eq!(error.fault().unwrap().message, "Something happened");
    }
}

#[tokio::test]
async fn other_statuses_show_the_beginning_of_the_body() {
    let html = format!(
        "<html>\r\n<h1>Service\u{7} Unavailable</h1>{}</html>",
        "x".repeat(500)
    );
    let answer = ResponseTemplate::new(503).set_body_raw(html, "text/html");
    let error = current_time_with(answer).await.unwrap_err();
    let Error::Http {
        operation: Operation::CURRENT_TIME,
        status: 503,
        excerpt,
        ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert!(
        excerpt.starts_with("a web page: Service  Unavailable x"),
        "{excerpt}"
    );
    assert_eq!(excerpt.chars().count(), 200);
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_500_without_soap_is_no_fault() {
    for body in [
        "",
        "Internal Server Error",
        "<html></html>",
        "<!DOCTYPE html><html></html>",
    ] {
        let error = current_time_with(ResponseTemplate::new(500).set_body_string(body)).await;
        assert!(
            matches!(error, Err(Error::Http { status: 500, .. })),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = ResponseTemplate::new(302).insert_header("Location", "http://127.0.0.1:9/");
    let error = current_time_with(elsewhere).await;
    assert!(
        matches!(error, Err(Error::Http { status: 302, .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_slow_answer_is_a_timeout() {
    let server = scripted_server().await;
    let slow = xml(200, TIME.into()).set_delay(Duration::from_secs(600));
    call("CurrentTime").respond_with(slow).mount(&server).await;
    let mut config = config_of(&server);
    config.request_timeout = Duration::from_millis(500);
    let error = Client::new(config)
        .unwrap()
        .current_time()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Timeout {
                operation: Operation::CURRENT_TIME,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn nobody_listening_is_a_connect_error_with_its_cause() {
    let server = scripted_server().await;
    let mut config = config_of(&server);
    drop(server);
    // Nothing listens on the discard port of a test machine.
    config.port = 9;
    let error = Client::new(config).unwrap().session().await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "vimServiceVersions: cannot reach vCenter at 127.0.0.1:9"
    );
    assert!(error.is_transient() && !error.is_certificate());
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn an_unreadable_answer_names_the_place() {
    let error = current_time_with(xml(200, TIME.replace("2026", "MMXXVI").into()))
        .await
        .unwrap_err();
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "CurrentTimeResponse > returnval at byte 48: \
         expected a dateTime, found \"MMXXVI-01-02T03:04:05Z\""
    );
}

#[tokio::test]
async fn a_server_without_common_version_is_refused() {
    let server = wiremock::MockServer::start().await;
    let list = "<namespaces><namespace><name>urn:vim25</name><version>6.0</version></namespace></namespaces>";
    wiremock::Mock::given(wiremock::matchers::method("GET"))
        .respond_with(xml(200, list.into()))
        .mount(&server)
        .await;
    let error = client_of(&server).session().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::UnsupportedVersion {
                newest: Some(_),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("the server at most 6.0"),
        "{error}"
    );
}

#[test]
fn plain_http_is_for_loopback_only() {
    let mut config = vsphere_soap::ClientConfig::new("vc.example.test", "u", "p");
    config.trust = vsphere_soap::Trust::PlainHttp;
    assert!(matches!(Client::new(config), Err(Error::Config { .. })));
}

#[test]
fn hosts_are_names_or_addresses() {
    for bad in [
        "",
        "https://vc",
        "vc/sdk",
        "user@vc",
        "vc:443:1",
        "a b",
        "[::1]",
    ] {
        let mut config = vsphere_soap::ClientConfig::new(bad, "u", "p");
        config.trust = vsphere_soap::Trust::AcceptAny;
        assert!(Client::new(config).is_err(), "{bad:?}");
    }
    for good in ["vc.example.test", "192.0.2.1", "::1", "2001:db8::1"] {
        let mut config = vsphere_soap::ClientConfig::new(good, "u", "p");
        config.trust = vsphere_soap::Trust::AcceptAny;
        assert!(Client::new(config).is_ok(), "{good:?}");
    }
}

#[tokio::test]
async fn any_text_survives_the_way_out() {
    let server = scripted_server().await;
    let client = client_of(&server);
    let odd = "a\r\n\t<&>\"' ]]> \u{1F600} \u{85}";
    let _ = client
        .create_container_view(&MoRef::new("Folder", odd), &[odd], true)
        .await;
    let requests = server.received_requests().await.unwrap();
    let body = String::from_utf8(requests.last().unwrap().body.clone()).unwrap();
    // The request itself, dressed up as an answer, is read back by the decoder.
    let (_, container) = body.split_once("<container ").unwrap();
    let (container, _) = container.split_once("</container>").unwrap();
    let answer = format!(
        "<Envelope><Body><CreateContainerViewResponse><returnval {container}</returnval>\
         </CreateContainerViewResponse></Body></Envelope>"
    );
    let read = vsphere_soap::decode::create_container_view(answer.as_bytes()).unwrap();
    assert_eq!(read, MoRef::new("Folder", odd));
}
