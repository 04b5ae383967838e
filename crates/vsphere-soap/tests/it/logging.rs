//! What the most talkative log level shows, and what it never does.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::filter::LevelFilter;

use crate::server::{call, client_of, scripted_server, xml};

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn bodies_but_no_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // The runtime of this test has one thread, so the login's own task is heard as well.
    let _listening = tracing::subscriber::set_default(subscriber);

    let server = scripted_server().await;
    let time = "<Envelope><Body><CurrentTimeResponse><returnval>2026-01-02T03:04:05Z</returnval>\
                </CurrentTimeResponse></Body></Envelope>";
    call("CurrentTime")
        .respond_with(xml(200, time.into()))
        .mount(&server)
        .await;
    let quotes_cookie = "<html>cookie was 0123abcd</html>";
    call("QueryOptions")
        .respond_with(xml(200, quotes_cookie.into()))
        .mount(&server)
        .await;
    let client = client_of(&server);
    client.current_time().await.unwrap();
    client.query_options("a").await.unwrap_err();
    let _ = client.logout().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("soap{operation=\"CurrentTime\"}"), "{log}");
    assert!(log.contains("vsphere_soap::wire"), "{log}");
    assert!(log.contains(time), "{log}");
    assert!(log.contains("logged in"), "{log}");
    assert!(log.contains("<CurrentTime "), "{log}");
    // Neither the bodies of confidential operations, nor the password as it is and as it is sent, the cookie, and the answer to the login.
    for secret in [
        "<Login ",
        "LoginResponse",
        "<Logout ",
        "LogoutResponse",
        "pa<ss>",
        "pa&lt;ss",
        "0123abcd",
        "52aa-key",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
