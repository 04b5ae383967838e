//! How to reach a vCenter.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vsphere_soap::{Proxy, Trust};

use super::parse::{self, Unfit};
use super::password::{Password, fault};
use super::values::{Checked, Values};

/// How to reach a vCenter.
#[derive(Debug, Clone)]
pub struct VcenterSettings {
    /// Host name or IP address, IPv6 without brackets.
    pub host: String,
    /// HTTPS port.
    pub port: u16,
    /// Account.
    pub user: String,
    /// Its password.
    pub password: Password,
    /// Which certificates to accept.
    pub trust: Trust,
    /// The HTTP proxy on the way to it.
    pub proxy: Option<Proxy>,
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time for one call.
    pub request_timeout: Duration,
}

impl VcenterSettings {
    /// Whether vCenter's certificate is verified.
    pub fn is_tls_verified(&self) -> bool {
        self.trust != Trust::AcceptAny
    }

    pub(super) fn read(values: &mut Values) -> Checked<Self> {
        let host = values.required("VCENTER_HOST", parse::host);
        let port = values.required("VCENTER_PORT", parse::port);
        let user = values.required("VCENTER_USER", parse::user);
        let password = password(values);
        let trust = trust(values);
        let connect_timeout = values.required("VCENTER_CONNECT_TIMEOUT", parse::period);
        let request_timeout = values.required("VCENTER_REQUEST_TIMEOUT", parse::period);
        let (host, port) = (host?, port?);
        let proxy = proxy(values, &host, port);
        Ok(Self {
            host,
            port,
            proxy: proxy?,
            user: user?,
            password: password?,
            trust: trust?,
            connect_timeout: connect_timeout?,
            request_timeout: request_timeout?,
        })
    }
}

fn password(values: &mut Values) -> Checked<Password> {
    let value = values.text("VCENTER_PASSWORD");
    let path = values.text("VCENTER_PASSWORD_FILE");
    match (value?, path?.map(PathBuf::from)) {
        (Some(_), Some(_)) => values.refuse(
            "VCENTER_PASSWORD",
            "is given beside VCENTER_PASSWORD_FILE".to_owned(),
        ),
        (Some(value), None) => match fault(&value) {
            Some(fault) => values.refuse("VCENTER_PASSWORD", fault.to_owned()),
            None => Ok(Password::Value(value.into())),
        },
        (None, None) => values.refuse("VCENTER_PASSWORD", "is missing".to_owned()),
        (None, Some(path)) => {
            let password = Password::File(path.clone());
            match password.read() {
                Ok(_) => Ok(password),
                Err(error) if is_surely_a_path(&path) => {
                    values.unusable("VCENTER_PASSWORD_FILE", &path.display().to_string(), &error)
                }
                Err(error) => values.refuse(
                    "VCENTER_PASSWORD_FILE",
                    format!("cannot be used ({error}), and is not shown because it may be the password itself"),
                ),
            }
        }
    }
}

/// Whether this is a path, and not a password in its place: a file that exists, or the name of one in a folder that exists. A
/// password may begin with `/`, but hardly with the name of a folder.
fn is_surely_a_path(path: &Path) -> bool {
    let is_folder = |folder: &Path| folder.parent().is_some() && folder.is_dir();
    path.exists() || path.parent().is_some_and(is_folder)
}

fn proxy(values: &mut Values, host: &str, port: u16) -> Checked<Option<Proxy>> {
    for name in ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        values.text(name)?;
    }
    let found = Proxy::on_the_way_to(host, port, |name| values.proxy_variable(name));
    found.or_else(|problem| values.refuse(problem.variable(), problem.to_string()))
}

fn trust(values: &mut Values) -> Checked<Trust> {
    let verify = values.required("VCENTER_SSL_VERIFY", parse::switch);
    let ca_file = ca_file(values);
    let thumbprint = values.optional("VCENTER_THUMBPRINT", |text| {
        Trust::parse_thumbprint(text).map_err(|fault| Unfit::Because(fault.to_string().into()))
    });
    match (ca_file?, thumbprint?) {
        (Some(_), Some(_)) => values.refuse(
            "VCENTER_THUMBPRINT",
            "is given beside VCENTER_CA_FILE".to_owned(),
        ),
        (Some(trust), None) | (None, Some(trust)) => Ok(trust),
        (None, None) if verify? => usable(values, "VCENTER_SSL_VERIFY", Trust::SystemRoots),
        (None, None) => Ok(Trust::AcceptAny),
    }
}

fn ca_file(values: &mut Values) -> Checked<Option<Trust>> {
    let Some(path) = values.text("VCENTER_CA_FILE")? else {
        return Ok(None);
    };
    let trust = usable(values, "VCENTER_CA_FILE", Trust::CaFile(path.into()))?;
    Ok(Some(trust))
}

/// Refuses the setting that asks for this trust if there are no certificates to start from.
fn usable(values: &mut Values, name: &'static str, trust: Trust) -> Checked<Trust> {
    match trust.check() {
        Ok(()) => Ok(trust),
        Err(error) => {
            let value = values.text(name)?.unwrap_or_default();
            values.unusable(name, &value, &error)
        }
    }
}
