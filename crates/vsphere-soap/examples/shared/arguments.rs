//! What the examples are told: by arguments, and the password by the environment.

use std::error::Error;

use vsphere_soap::{ClientConfig, Trust};

/// Takes the next argument.
pub(crate) fn next(
    arguments: &mut impl Iterator<Item = String>,
    what: &str,
) -> Result<String, Box<dyn Error>> {
    Ok(arguments
        .next()
        .ok_or_else(|| format!("{what} is missing"))?)
}

/// Takes `HOST[:PORT] USER THUMBPRINT`.
pub(crate) fn client_config(
    arguments: &mut impl Iterator<Item = String>,
) -> Result<ClientConfig, Box<dyn Error>> {
    let server = next(arguments, "HOST")?;
    let user = next(arguments, "USER")?;
    let thumbprint = next(arguments, "THUMBPRINT")?;
    #[expect(
        clippy::disallowed_methods,
        reason = "this belongs to the main of a program"
    )]
    let password = std::env::var("VCENTER_PASSWORD")?;
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) => (host, port.parse()?),
        None => (server.as_str(), 443),
    };
    let mut config = ClientConfig::new(host, user, password);
    config.port = port;
    config.trust = match thumbprint.as_str() {
        "any" => Trust::AcceptAny,
        thumbprint => Trust::parse_thumbprint(thumbprint)?,
    };
    Ok(config)
}
