//! Clients that are slow, silent or many.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use mock_vcenter::{MockVcenter, Options};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, prlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use zroc_exporter::http;
use zroc_exporter::http::web_config::WebConfigSource;

use crate::exporter::Exporter;
use crate::staging::settings;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const HALF_A_REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nhost: local";
/// Far more than the exporter serves at a time.
pub(crate) const MANY: usize = 2_000;
/// More than the buffers of two sockets hold.
const LONG: usize = 32 << 20;

/// Lets this process have that many connections.
pub(crate) fn allow_many_files() {
    let before = getrlimit(Resource::Nofile);
    let many = Rlimit {
        current: before.maximum.or(Some(16_384)),
        ..before
    };
    setrlimit(Resource::Nofile, many).unwrap();
}

/// The server with a short page at `/` and a long one at `/long`, on a clock that jumps when there is nothing to do.
struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start() -> Self {
        let router = Router::new()
            .route("/", get(|| async { "short" }))
            .route("/long", get(|| async { vec![b'x'; LONG] }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let web_config = Arc::new(WebConfigSource::open(None).unwrap());
        let serving = http::serve(vec![listener], router, web_config, shutdown.clone());
        let serving = tokio::spawn(serving);
        Self {
            address,
            shutdown,
            serving,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A client that has got an answer, and may ask for more.
    async fn client(&self) -> TcpStream {
        let mut client = self.connect().await;
        assert!(answers(&mut client).await);
        client
    }

    /// A client that has read the beginning of the long page.
    async fn reader(&self) -> TcpStream {
        let mut client = self.connect().await;
        let request = b"GET /long HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        client.write_all(request).await.unwrap();
        client.read_u8().await.unwrap();
        client
    }
}

/// Whether one more request is answered.
async fn answers(client: &mut TcpStream) -> bool {
    let mut answer = [0; 1_024];
    client.write_all(REQUEST).await.is_ok()
        && client.read(&mut answer).await.is_ok_and(|length| {
            let answer = &answer[..length];
            answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"short")
        })
}

/// Reads until the server ends the connection.
async fn rest(client: &mut TcpStream) -> usize {
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    while let Ok(length @ 1..) = client.read(&mut buffer).await {
        total += length;
    }
    total
}

#[tokio::test(start_paused = true)]
async fn who_connects_and_asks_for_nothing_is_dropped_after_10_seconds() {
    let server = Server::start().await;
    for sent in [&b""[..], HALF_A_REQUEST] {
        let mut client = server.connect().await;
        client.write_all(sent).await.unwrap();
        let start = Instant::now();
        assert_eq!(rest(&mut client).await, 0);
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_scraper_keeps_its_connection_from_scrape_to_scrape() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for _ in 0..3 {
        sleep(Duration::from_secs(5 * 60)).await;
        assert!(answers(&mut client).await);
    }
    let start = Instant::now();
    assert_eq!(rest(&mut client).await, 0);
    assert_eq!(start.elapsed().as_secs(), 600);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_everything_and_a_stalled_one_is_cut_off() {
    let server = Server::start().await;
    let mut slow = server.reader().await;
    let mut piece = vec![0; LONG / 32];
    for _ in 0..31 {
        slow.read_exact(&mut piece).await.unwrap();
        sleep(Duration::from_secs(3)).await;
    }
    assert!(rest(&mut slow).await >= LONG / 32);

    let mut still = server.reader().await;
    sleep(Duration::from_secs(31)).await;
    assert!(rest(&mut still).await < LONG);
}

#[tokio::test(start_paused = true)]
async fn the_quietest_client_gives_way_to_a_new_one() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for _ in 0..128 {
        clients.push(server.client().await);
        sleep(Duration::from_millis(1)).await;
    }
    assert!(answers(&mut clients[0]).await);
    let start = Instant::now();
    let mut newcomer = server.client().await;
    assert_eq!(rest(&mut clients[1]).await, 0);
    assert_eq!(start.elapsed().as_secs(), 0);
    for client in [&mut newcomer].into_iter().chain(&mut clients[2..]) {
        assert!(answers(client).await);
    }
    assert!(answers(&mut clients[0]).await);
}

#[tokio::test(start_paused = true)]
async fn the_end_waits_a_second_for_answers_under_way_and_not_at_all_for_idle_clients() {
    let server = Server::start().await;
    let _idle = server.client().await;
    let start = Instant::now();
    server.shutdown.cancel();
    server.serving.await.unwrap();
    assert_eq!(start.elapsed().as_millis(), 0);

    let server = Server::start().await;
    let mut reader = server.reader().await;
    server.shutdown.cancel();
    assert!(rest(&mut reader).await > LONG);
    server.serving.await.unwrap();

    let server = Server::start().await;
    let _still = server.reader().await;
    let start = Instant::now();
    server.shutdown.cancel();
    server.serving.await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 1);
}

#[tokio::test]
async fn many_clients_that_stop_in_the_middle_disturb_neither_scrapes_nor_collection() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    let few_files = Rlimit {
        current: Some(256),
        maximum: Some(256),
    };
    prlimit(Some(exporter.pid()), Resource::Nofile, few_files).unwrap();
    allow_many_files();
    let mut clients = Vec::new();
    for _ in 0..MANY {
        let mut client = TcpStream::connect(exporter.address()).await.unwrap();
        // The exporter may have dropped it already.
        let _ = client.write_all(&[REQUEST, HALF_A_REQUEST].concat()).await;
        clients.push(client);
    }
    let page = exporter.page_after_cycles(2).await;
    assert_eq!(page.value("vcenter_up"), Some(1.0), "{}", exporter.log());
    let open_files = page.value("process_open_fds").unwrap();
    assert!(open_files < 200.0, "{open_files}");
}

#[tokio::test]
async fn a_half_request_keeps_neither_the_logout_nor_the_end_waiting() {
    let mock = MockVcenter::start(Options::default()).await.unwrap();
    let exporter = Exporter::start(&settings(&mock, &[])).await;
    exporter
        .health_when(|health| health["status"] == "ok")
        .await;
    let mut client = TcpStream::connect(exporter.address()).await.unwrap();
    client.write_all(HALF_A_REQUEST).await.unwrap();
    // Later clients are served later.
    exporter.get("/-/healthy").await;
    let (status, log) = exporter.end(Signal::TERM).await;
    assert_eq!((status.code(), mock.open_sessions()), (Some(0), 0), "{log}");
    assert!(log.contains("\"logged out\""), "{log}");
    assert!(!log.contains("did not end in time"), "{log}");
}
