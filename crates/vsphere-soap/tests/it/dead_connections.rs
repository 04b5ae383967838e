//! Kept-alive connections that died unnoticed: a firewall forgot them, or vCenter's proxy restarted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;
use mock_vcenter::MockVcenter;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use vsphere_soap::{Client, Error};

use crate::server::{config_for, small_vcenter};

/// Forwards connections. Those opened before the latest [`Forwarder::forget_all`] break at the next byte that the client
/// sends, and not before.
struct Forwarder {
    address: SocketAddr,
    generation: Arc<AtomicU32>,
    opened: Arc<AtomicU32>,
}

impl Forwarder {
    async fn to(mock: &MockVcenter) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let forwarder = Self {
            address: listener.local_addr().unwrap(),
            generation: Arc::default(),
            opened: Arc::default(),
        };
        let (vcenter, generation) = (mock.address(), Arc::clone(&forwarder.generation));
        let opened = Arc::clone(&forwarder.opened);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                opened.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(forward(client, vcenter, Arc::clone(&generation)));
            }
        });
        forwarder
    }

    fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    fn opened(&self) -> u32 {
        self.opened.load(Ordering::Relaxed)
    }
}

async fn forward(client: TcpStream, vcenter: SocketAddr, generation: Arc<AtomicU32>) {
    let born = generation.load(Ordering::Relaxed);
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_vcenter, mut to_vcenter) =
        TcpStream::connect(vcenter).await.unwrap().into_split();
    let answers = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_vcenter, &mut to_client).await;
    });
    let mut bytes = vec![0; 64 * 1_024];
    while let Ok(length @ 1..) = from_client.read(&mut bytes).await
        && born == generation.load(Ordering::Relaxed)
    {
        to_vcenter.write_all(&bytes[..length]).await.unwrap();
    }
    answers.abort();
}

async fn several_at_once(client: &Client) -> Vec<Error> {
    let calls = (0..8).map(|_| client.current_time());
    let results = join_all(calls).await;
    results.into_iter().filter_map(Result::err).collect()
}

#[tokio::test]
async fn a_call_survives_a_pool_of_dead_connections() {
    let mock = small_vcenter().await;
    let forwarder = Forwarder::to(&mock).await;
    let mut config = config_for(&mock);
    config.port = forwarder.address.port();
    let client = Client::new(config).unwrap();
    client.session().await.unwrap();
    assert_eq!(several_at_once(&client).await.len(), 0);
    let kept = forwarder.opened();
    assert!(kept >= 2, "{kept} connections are no pool");

    // One call after the other meets them, then several at once.
    forwarder.forget_all();
    for _ in 0..kept {
        client.current_time().await.unwrap();
    }
    assert_eq!(several_at_once(&client).await.len(), 0);
    forwarder.forget_all();
    let failed = several_at_once(&client).await;
    assert_eq!(failed.len(), 0, "{failed:?}");
    client.logout().await.unwrap();
}
