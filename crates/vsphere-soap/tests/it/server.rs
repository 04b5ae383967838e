//! What the tests share: fixtures, a scripted HTTP server, clients of it and of the mock vCenter.

use mock_vcenter::{MockVcenter, Options};
use vsphere_soap::{Client, ClientConfig, Trust};
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const FIXTURES: &[&str] = &[
    "service_versions.xml",
    "service_content.xml",
    "login.xml",
    "page.xml",
    "page_empty.xml",
    "devices.xml",
    "perf_manager.xml",
    "query_perf_csv.xml",
    "query_perf_normal.xml",
    "query_options.xml",
    "create_filter.xml",
    "updates_truncated.xml",
    "updates_simulator.xml",
    "updates_none.xml",
    "updates_empty_filter_set.xml",
    "updates_no_filter.xml",
    "updates_unauthenticated.xml",
    "fault_collector_version.xml",
    "fault_not_authenticated.xml",
    "fault_invalid_login.xml",
    "fault_without_detail.xml",
    "fault_declared_type.xml",
];

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) const COOKIE: &str = r#"vmware_soap_session="0123abcd""#;

pub(crate) fn xml(status: u16, body: Vec<u8>) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "text/xml; charset=utf-8")
}

pub(crate) fn call(operation: &str) -> wiremock::MockBuilder {
    Mock::given(method("POST"))
        .and(path("/sdk"))
        .and(body_string_contains(format!("<{operation} xmlns=")))
}

/// A plain HTTP server that lets anybody log in. What else it answers is up to the test.
pub(crate) async fn scripted_server() -> MockServer {
    let server = server_without_login().await;
    let cookie = format!("{COOKIE}; Path=/; HttpOnly; Secure;");
    call("Login")
        .respond_with(xml(200, fixture("login.xml")).insert_header("Set-Cookie", cookie))
        .mount(&server)
        .await;
    server
}

/// The same before it is known what becomes of a login.
pub(crate) async fn server_without_login() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/sdk/vimServiceVersions.xml"))
        .respond_with(xml(200, fixture("service_versions.xml")))
        .mount(&server)
        .await;
    call("RetrieveServiceContent")
        .respond_with(xml(200, fixture("service_content.xml")))
        .mount(&server)
        .await;
    let logged_out = b"<Envelope><Body><LogoutResponse/></Body></Envelope>";
    call("Logout")
        .respond_with(xml(200, logged_out.to_vec()))
        .mount(&server)
        .await;
    server
}

pub(crate) fn config_of(server: &MockServer) -> ClientConfig {
    let address = server.address();
    let mut config = ClientConfig::new(address.ip().to_string(), "reader", "pa<ss>&word");
    config.port = address.port();
    config.trust = Trust::PlainHttp;
    config
}

pub(crate) fn client_of(server: &MockServer) -> Client {
    Client::new(config_of(server)).unwrap()
}

/// A mock vCenter with few machines.
pub(crate) async fn small_vcenter() -> MockVcenter {
    MockVcenter::with_vms(10).await.unwrap()
}

pub(crate) fn config_for(mock: &MockVcenter) -> ClientConfig {
    let options = Options::default();
    let address = mock.address();
    let mut config = ClientConfig::new(address.ip().to_string(), options.user, options.password);
    config.port = address.port();
    config.trust = Trust::parse_thumbprint(mock.thumbprint()).unwrap();
    config
}

pub(crate) fn client_for(mock: &MockVcenter) -> Client {
    Client::new(config_for(mock)).unwrap()
}

/// Calls of `operation` that the mock vCenter has counted.
pub(crate) fn calls(mock: &MockVcenter, operation: &str) -> u64 {
    mock.calls().get(operation).copied().unwrap_or(0)
}
