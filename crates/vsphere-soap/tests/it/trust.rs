//! Which certificates are accepted.

use std::io::Write as _;

use vsphere_soap::{BadThumbprint, Client, Error, Trust};

use crate::server::{config_for, small_vcenter};

fn file_with(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

async fn connect(mock: &mock_vcenter::MockVcenter, trust: Trust) -> Result<(), Error> {
    let mut config = config_for(mock);
    config.trust = trust;
    let client = Client::new(config)?;
    client.session().await?;
    client.logout().await.map(drop)
}

#[tokio::test]
async fn every_way_of_trusting() {
    let mock = small_vcenter().await;
    let own = file_with(mock.certificate_pem());
    connect(&mock, Trust::CaFile(own.path().to_owned()))
        .await
        .unwrap();
    connect(&mock, Trust::AcceptAny).await.unwrap();
    let pin = mock.thumbprint();
    connect(&mock, Trust::parse_thumbprint(pin).unwrap())
        .await
        .unwrap();
    let plain = pin.replace(':', "").to_lowercase();
    connect(&mock, Trust::parse_thumbprint(&plain).unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_wrong_pin_names_the_certificate_shown() {
    let mock = small_vcenter().await;
    let error = connect(&mock, Trust::Sha256Thumbprint([7; 32]))
        .await
        .unwrap_err();
    assert!(error.is_certificate() && !error.is_transient(), "{error:?}");
    let mut chain = Vec::new();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        chain.push(error.to_string());
        cause = error.source();
    }
    let expected = format!(
        "the server's certificate has the SHA-256 thumbprint {}, expected {}",
        mock.thumbprint(),
        ["07"; 32].join(":")
    );
    assert_eq!(chain, [expected]);
    assert_eq!(mock.failed_logins(), 0);
}

#[tokio::test]
async fn a_foreign_authority_is_refused() {
    let mock = small_vcenter().await;
    let other = small_vcenter().await;
    let file = file_with(other.certificate_pem());
    let error = connect(&mock, Trust::CaFile(file.path().to_owned()))
        .await
        .unwrap_err();
    assert!(error.is_certificate(), "{error:?}");
    let error = connect(&mock, Trust::SystemRoots).await.unwrap_err();
    assert!(
        error.is_certificate() || matches!(error, Error::Config { .. }),
        "{error:?}"
    );
}

/// Why a CA file with this content is refused; `None` if it is accepted.
fn problem_with(content: &[u8]) -> Option<String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    let trust = Trust::CaFile(file.path().to_owned());
    let problem = trust.check().err()?;
    let source = std::error::Error::source(&problem).map(ToString::to_string);
    Some(format!("{problem} {}", source.unwrap_or_default()))
}

fn authority() -> String {
    let made = rcgen::generate_simple_self_signed(["vc".to_owned()]).unwrap();
    made.cert.pem()
}

#[tokio::test]
async fn no_certificate_of_a_ca_file_is_lost_whatever_people_made_of_it() {
    let mock = small_vcenter().await;
    let (own, other) = (mock.certificate_pem(), authority());
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let indented = |text: &str| text.replace('\n', "\n    ");
    for content in [
        format!("{}{own}", other.trim_end()),
        format!("{}{own}", other.trim_end()).replace('\n', "\r\n"),
        format!("\u{feff}{own}"),
        format!("{other}\u{feff}{own}"),
        format!("subject=CN = x\n{other}\n\nissuer=CN = y\n{own}\nthe end"),
        indented(&format!("{other}{own}")),
        format!("{key}{other}{}", own.trim_end()),
        own.replace("-----\n", "-----").replace("\n-----", "-----"),
    ] {
        let file = file_with(&content);
        let trust = Trust::CaFile(file.path().to_owned());
        connect(&mock, trust).await.unwrap();
    }
}

#[test]
fn a_ca_file_that_cannot_be_used_is_refused_with_a_reason() {
    let der = rcgen::generate_simple_self_signed(["vc".to_owned()]).unwrap();
    let utf16: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(authority().encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let cut = authority().replace("-----END CERTIFICATE-----", "");
    let trusted = authority().replace(" CERTIFICATE", " TRUSTED CERTIFICATE");
    let endless = vec![b'\n'; (1 << 20) + 1];
    for (content, reason) in [
        (&b""[..], "holds no certificate"),
        (b"nonsense", "holds no certificate"),
        (der.cert.der(), "openssl x509 -inform der"),
        (&utf16, "UTF-16"),
        (cut.as_bytes(), "cannot use the CA file"),
        (trusted.as_bytes(), "only 0 of its 1 certificates"),
        (&endless, "longer than 1024 KiB"),
    ] {
        let problem = problem_with(content).unwrap();
        assert!(problem.contains(reason), "{problem}");
    }
    assert_eq!(problem_with(authority().as_bytes()), None);
}

#[test]
fn a_ca_file_that_cannot_be_read_is_named() {
    for path in ["/nowhere/ca.pem", "/dev/zero", "/"] {
        let mut config = vsphere_soap::ClientConfig::new("vc", "u", "p");
        config.trust = Trust::CaFile(path.into());
        let error = Client::new(config).unwrap_err();
        assert!(error.to_string().contains(path), "{error}");
    }
}

#[tokio::test]
async fn a_ca_file_that_has_changed_counts_from_the_next_connection_on() {
    let (before, after) = (small_vcenter().await, small_vcenter().await);
    let file = file_with(before.certificate_pem());
    let mut config = config_for(&after);
    config.trust = Trust::CaFile(file.path().to_owned());
    let client = Client::new(config).unwrap();
    assert!(client.session().await.unwrap_err().is_certificate());
    assert!(!client.reload_ca_file().unwrap());

    std::fs::write(file.path(), after.certificate_pem()).unwrap();
    assert!(client.reload_ca_file().unwrap());
    client.session().await.unwrap();

    // What cannot be used changes nothing.
    std::fs::write(file.path(), "nonsense").unwrap();
    client.reload_ca_file().unwrap_err();
    client.current_time().await.unwrap();
    client.logout().await.unwrap();
}

#[test]
fn a_thumbprint_is_read_as_tools_write_it() {
    let colons = ["AB"; 32].join(":");
    for text in [
        colons.clone(),
        colons.to_lowercase(),
        "ab".repeat(32),
        "AB".repeat(32),
        ["ab"; 32].join(" "),
        ["ABAB"; 16].join(" "),
        ["AB"; 32].join("-"),
        format!("sha256 Fingerprint={colons}"),
        format!("SHA256 Fingerprint={colons}\n"),
        format!("SHA-256 Fingerprint = {colons}"),
        format!("\u{200e}{}", "ab ".repeat(32)),
        format!("\u{feff}{colons} "),
    ] {
        let read = Trust::parse_thumbprint(&text);
        assert_eq!(read, Ok(Trust::Sha256Thumbprint([0xab; 32])), "{text:?}");
    }
}

#[test]
fn what_is_not_a_thumbprint_is_refused_with_the_reason() {
    for (bad, reason) in [
        (String::new(), BadThumbprint::Length { digits: 0 }),
        ("AB:CD".to_owned(), BadThumbprint::Length { digits: 4 }),
        ("AB".repeat(33), BadThumbprint::Length { digits: 66 }),
        ("AB".repeat(16), BadThumbprint::Length { digits: 32 }),
        ("g".repeat(64), BadThumbprint::NotHexadecimal),
        ("+1".repeat(32), BadThumbprint::NotHexadecimal),
        ("ä".repeat(32), BadThumbprint::NotHexadecimal),
        (["ABC"; 32].join(":"), BadThumbprint::NotPairs),
        (["ABC"; 20].join(":") + ":ABCD", BadThumbprint::NotPairs),
        (["AB"; 20].join(":"), BadThumbprint::Sha1),
        (
            format!("SHA1 Fingerprint={}", ["AB"; 20].join(":")),
            BadThumbprint::Sha1,
        ),
    ] {
        assert_eq!(Trust::parse_thumbprint(&bad), Err(reason), "{bad:?}");
    }
}
