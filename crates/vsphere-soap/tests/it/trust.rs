//! Which certificates are accepted.

use std::io::Write as _;

use vsphere_soap::{Client, Error, Trust};

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
    client.logout().await
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

#[test]
fn unusable_authorities_are_told_at_once() {
    for file in [file_with(""), file_with("nonsense")] {
        let mut config = vsphere_soap::ClientConfig::new("vc", "u", "p");
        config.trust = Trust::CaFile(file.path().to_owned());
        let error = Client::new(config).unwrap_err();
        assert!(
            error.to_string().contains("holds no certificate"),
            "{error}"
        );
        let trust = Trust::CaFile(file.path().to_owned());
        assert!(trust.check().is_err());
    }
    let mut config = vsphere_soap::ClientConfig::new("vc", "u", "p");
    config.trust = Trust::CaFile("/nowhere/ca.pem".into());
    let error = Client::new(config).unwrap_err();
    assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
}

#[test]
fn thumbprints() {
    let colons = ["AB"; 32].join(":");
    assert_eq!(
        Trust::parse_thumbprint(&colons),
        Ok(Trust::Sha256Thumbprint([0xab; 32]))
    );
    assert_eq!(
        Trust::parse_thumbprint(&"ab".repeat(32)),
        Ok(Trust::Sha256Thumbprint([0xab; 32]))
    );
    for bad in [
        "",
        "AB:CD",
        &"g".repeat(64),
        &"+1".repeat(32),
        &["ABC"; 32].join(":"),
    ] {
        assert!(Trust::parse_thumbprint(bad).is_err(), "{bad:?}");
    }
}
