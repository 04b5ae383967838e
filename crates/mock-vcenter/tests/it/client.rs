//! A client of the simplest sort: one connection, hand-written requests, answers as text.

use std::sync::Arc;

use mock_vcenter::{MockVcenter, Options};
use quick_xml::events::Event;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A world of ten VMs with two disks each, and all oddities.
pub(crate) fn small() -> Options {
    let mut options = Options::with_vms(10).with_oddities();
    options.world.seed = 7;
    options
}

pub(crate) async fn started(options: Options) -> MockVcenter {
    MockVcenter::start(options).await.unwrap()
}

/// A small world and a client that is logged in to it.
pub(crate) async fn logged_in(options: Options) -> (MockVcenter, Client) {
    let mock = started(options).await;
    let mut client = Client::connect(&mock).await;
    client.login("mock-password").await.ok();
    (mock, client)
}

pub(crate) struct Client {
    stream: BufReader<TlsStream<TcpStream>>,
    /// Sent as it is in the `Cookie` header.
    pub(crate) cookie: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) bytes: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(mock: &MockVcenter) -> Self {
        Self::try_connect(mock).await.unwrap()
    }

    pub(crate) async fn try_connect(mock: &MockVcenter) -> std::io::Result<Self> {
        let certificate = CertificateDer::from_pem_slice(mock.certificate_pem().as_bytes());
        let mut roots = RootCertStore::empty();
        roots.add(certificate.unwrap()).unwrap();
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(mock.address()).await?;
        // Head and body are written apart; without this the body waits for an acknowledgement.
        stream.set_nodelay(true)?;
        let name = ServerName::from(mock.address().ip());
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await?;
        Ok(Self {
            stream: BufReader::new(stream),
            cookie: None,
        })
    }

    /// The body that arrives before the connection breaks; `None` if not even a head does.
    pub(crate) async fn broken_body(&mut self) -> Option<Vec<u8>> {
        self.head().await?;
        let mut body = Vec::new();
        self.stream.read_to_end(&mut body).await.unwrap_err();
        Some(body)
    }

    /// Sends nothing more, and says how the connection ends.
    pub(crate) async fn end_of_connection(&mut self) -> std::io::Result<usize> {
        self.stream.read_to_end(&mut Vec::new()).await
    }

    /// Logs in and keeps the cookie that came, whatever the outcome.
    pub(crate) async fn login(&mut self, password: &str) -> Reply {
        let reply = self
            .call(
                "Login",
                "SessionManager",
                "SessionManager",
                &format!(
                    "<userName>Administrator@vsphere.local</userName><password>{password}</password>"
                ),
            )
            .await;
        self.cookie = reply.header("set-cookie");
        reply
    }

    /// Calls an operation of an object.
    pub(crate) async fn call(
        &mut self,
        operation: &str,
        kind: &str,
        moref: &str,
        arguments: &str,
    ) -> Reply {
        self.post(&envelope(operation, kind, moref, arguments))
            .await
    }

    pub(crate) async fn retrieve(&mut self, spec: &str, options: &str) -> Reply {
        let arguments = format!("<specSet>{spec}</specSet><options>{options}</options>");
        let collector = "PropertyCollector";
        self.call(
            "RetrievePropertiesEx",
            collector,
            "propertyCollector",
            &arguments,
        )
        .await
    }

    /// Makes a view of everything of a type below the root and returns its id.
    pub(crate) async fn view(&mut self, kind: &str) -> String {
        let arguments = format!(
            "<container type=\"Folder\">group-d1</container><type>{kind}</type>\
             <recursive>true</recursive>"
        );
        let reply = self.call(
            "CreateContainerView",
            "ViewManager",
            "ViewManager",
            &arguments,
        );
        reply.await.ok().one("returnval").to_owned()
    }

    pub(crate) async fn query_perf(&mut self, specs: &str) -> Reply {
        self.call("QueryPerf", "PerformanceManager", "PerfMgr", specs)
            .await
    }

    pub(crate) async fn post(&mut self, body: &str) -> Reply {
        self.send("POST", "/sdk", "", body).await.unwrap()
    }

    /// Sends a request and reads the answer; `None` if the connection ends before its announced
    /// end.
    pub(crate) async fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Option<Reply> {
        self.announce(method, path, headers, body.len()).await?;
        self.write(body).await?;
        self.receive().await
    }

    /// Sends the body that was announced.
    pub(crate) async fn write(&mut self, body: &str) -> Option<()> {
        self.stream.write_all(body.as_bytes()).await.ok()?;
        self.stream.flush().await.ok()
    }

    /// Sends the head of a request whose body has a length.
    pub(crate) async fn announce(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        length: usize,
    ) -> Option<()> {
        let cookie = self
            .cookie
            .as_ref()
            .map(|c| format!("Cookie: {c}\r\n"))
            .unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: mock\r\nContent-Type: text/xml; charset=UTF-8\r\n\
             SOAPAction: \"urn:vim25/8.0.2.0\"\r\n{cookie}{headers}Content-Length: {length}\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await.ok()?;
        self.stream.flush().await.ok()
    }

    /// Reads one answer.
    pub(crate) async fn receive(&mut self) -> Option<Reply> {
        let headers = self.head().await?;
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        let mut reply = Reply {
            status,
            headers,
            bytes: Vec::new(),
        };
        reply
            .bytes
            .resize(reply.header("content-length").unwrap().parse().unwrap(), 0);
        self.stream.read_exact(&mut reply.bytes).await.ok()?;
        Some(reply)
    }

    /// The head of an answer in lower case.
    async fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await.ok()?);
        }
        Some(String::from_utf8(head).unwrap().to_lowercase())
    }
}

pub(crate) fn envelope(operation: &str, kind: &str, moref: &str, arguments: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <e:Body><{operation} xmlns=\"urn:vim25\"><_this type=\"{kind}\">{moref}</_this>{arguments}\
         </{operation}></e:Body></e:Envelope>"
    )
}

/// An `objectSet` and `propSet` over a view.
pub(crate) fn view_spec(view: &str, kind: &str, paths: &[&str]) -> String {
    let paths = path_set(paths);
    format!(
        "<propSet><type>{kind}</type>{paths}</propSet><objectSet>\
         <obj type=\"ContainerView\">{view}</obj><skip>true</skip><selectSet \
         xsi:type=\"TraversalSpec\"><name>v</name><type>ContainerView</type><path>view</path>\
         <skip>false</skip></selectSet></objectSet>"
    )
}

fn path_set(paths: &[&str]) -> String {
    paths
        .iter()
        .flat_map(|path| ["<pathSet>", path, "</pathSet>"])
        .collect()
}

/// A `propSet` of one object.
pub(crate) fn object_spec(kind: &str, moref: &str, paths: &[&str]) -> String {
    let paths = path_set(paths);
    format!(
        "<propSet><type>{kind}</type>{paths}</propSet><objectSet>\
         <obj type=\"{kind}\">{moref}</obj></objectSet>"
    )
}

impl Reply {
    /// The reply, which must be a success.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{}", self.text());
        self
    }

    /// The type of the fault that the reply must be.
    #[track_caller]
    pub(crate) fn fault(&self) -> String {
        assert_eq!(self.status, 500, "{}", self.text());
        let detail = self.one("detail");
        detail
            .split("xsi:type=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    }

    /// The body, which must be well-formed XML.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        let text = std::str::from_utf8(&self.bytes).unwrap();
        let mut reader = quick_xml::Reader::from_str(text);
        while !matches!(reader.read_event().unwrap(), Event::Eof) {}
        text
    }

    /// The contents of all elements of a name.
    #[track_caller]
    pub(crate) fn all(&self, element: &str) -> Vec<&str> {
        all(self.text(), element)
    }

    /// The content of the only element of a name.
    #[track_caller]
    pub(crate) fn one(&self, element: &str) -> &str {
        let all = self.all(element);
        assert_eq!(all.len(), 1, "{element} in {}", self.text());
        all[0]
    }

    /// A header in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers
            .lines()
            .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()))
    }
}

/// The contents of all elements of a name that does not nest in itself.
pub(crate) fn all<'t>(text: &'t str, element: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    text.split(&open)
        .skip(1)
        .filter(|rest| rest.starts_with([' ', '>']))
        .map(|rest| {
            rest.split_once('>')
                .unwrap()
                .1
                .split(&close)
                .next()
                .unwrap()
        })
        .collect()
}
