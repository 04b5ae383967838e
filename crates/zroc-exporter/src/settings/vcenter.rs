//! How to reach a vCenter.

use std::path::Path;
use std::time::Duration;

use planner_core::collection::VcenterName;
use vsphere_soap::{Proxy, Trust};

use super::collection::CollectionSettings;
use super::origin::Origin;
use super::parse::{self, Unfit};
use super::password::{Password, fault};
use super::setting::Setting;
use super::table::{
    ALL_PROXY, HTTPS_PROXY, NAME, NO_PROXY, VCENTER_CA_FILE, VCENTER_CONNECT_TIMEOUT, VCENTER_HOST,
    VCENTER_PASSWORD, VCENTER_PASSWORD_FILE, VCENTER_PORT, VCENTER_REQUEST_TIMEOUT,
    VCENTER_SSL_VERIFY, VCENTER_THUMBPRINT, VCENTER_USER,
};
use super::values::{Checked, Values};

/// How to reach a vCenter, and what to collect from it.
#[derive(Debug, Clone, PartialEq)]
pub struct VcenterSettings {
    /// How the operator calls it: its host unless the file names it.
    pub name: VcenterName,
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
    /// What to collect, and how often.
    pub collection: CollectionSettings,
}

impl VcenterSettings {
    /// Whether vCenter's certificate is verified.
    pub fn is_tls_verified(&self) -> bool {
        self.trust != Trust::AcceptAny
    }

    pub(super) fn read(values: &mut Values<'_>) -> Checked<Self> {
        let name = values.optional(&NAME, parse::name);
        let host = host(values);
        let port = values.required(&VCENTER_PORT, parse::port);
        let user = values.required(&VCENTER_USER, parse::user);
        let password = password(values);
        let trust = trust(values);
        let connect_timeout = values.required(&VCENTER_CONNECT_TIMEOUT, parse::period);
        let request_timeout = values.required(&VCENTER_REQUEST_TIMEOUT, parse::period);
        let collection = CollectionSettings::read(values);
        let (host, port) = (host?, port?);
        let proxy = proxy(values, &host, port);
        Ok(Self {
            name: name?.unwrap_or_else(|| VcenterName::new(&host)),
            host,
            port,
            proxy: proxy?,
            user: user?,
            password: password?,
            trust: trust?,
            connect_timeout: connect_timeout?,
            request_timeout: request_timeout?,
            collection: collection?,
        })
    }
}

/// A `[[vcenter]]` must say which one it is.
fn host(values: &mut Values<'_>) -> Checked<String> {
    if values.is_in_table() && values.origin(&VCENTER_HOST) == Some(Origin::Default) {
        return values.missing(&VCENTER_HOST);
    }
    values.required(&VCENTER_HOST, parse::host)
}

fn password(values: &mut Values<'_>) -> Checked<Password> {
    let value = if values.is_in_table() {
        Ok(None)
    } else {
        values.text(&VCENTER_PASSWORD)
    };
    let file = values.text(&VCENTER_PASSWORD_FILE);
    match (value?, file?) {
        (Some(value), Some(file)) => {
            let counts = values.stronger(&VCENTER_PASSWORD, &VCENTER_PASSWORD_FILE)?;
            if *counts == VCENTER_PASSWORD {
                password_value(values, value)
            } else {
                password_file(values, &file)
            }
        }
        (Some(value), None) => password_value(values, value),
        (None, Some(file)) => password_file(values, &file),
        (None, None) if values.is_in_table() => values.missing(&VCENTER_PASSWORD_FILE),
        (None, None) => values.missing(&VCENTER_PASSWORD),
    }
}

fn password_value(values: &mut Values<'_>, value: String) -> Checked<Password> {
    match fault(&value) {
        Some(fault) => values.refuse(&VCENTER_PASSWORD, fault.to_owned()),
        None => Ok(Password::Value(value.into())),
    }
}

fn password_file(values: &mut Values<'_>, written: &str) -> Checked<Password> {
    let Some(path) = values.path(&VCENTER_PASSWORD_FILE)? else {
        return values.missing(&VCENTER_PASSWORD_FILE);
    };
    let password = Password::File(path.clone());
    match password.read() {
        Ok(_) => Ok(password),
        Err(error) if path.exists() || is_surely_a_path(Path::new(written)) => {
            values.unusable(&VCENTER_PASSWORD_FILE, &path.display().to_string(), &error)
        }
        Err(error) => values.refuse(
            &VCENTER_PASSWORD_FILE,
            format!(
                "cannot be used ({error}), and is not shown because it may be the password itself"
            ),
        ),
    }
}

/// Whether this is a path, and not a password in its place: the name of a file in a folder that exists. A password may begin
/// with `/`, but hardly with the name of a folder.
fn is_surely_a_path(path: &Path) -> bool {
    let is_folder = |folder: &Path| folder.parent().is_some() && folder.is_dir();
    path.parent().is_some_and(is_folder)
}

fn proxy(values: &mut Values<'_>, host: &str, port: u16) -> Checked<Option<Proxy>> {
    let settings = [&HTTPS_PROXY, &ALL_PROXY, &NO_PROXY];
    let mut texts = Vec::new();
    for setting in settings {
        let name = match values.origin(setting) {
            Some(Origin::Variable(name)) => name,
            _ => setting.name,
        };
        texts.push((name, values.text(setting)?));
    }
    let variable = |name: &str| {
        let found = texts.iter().find(|(given, _)| *given == name);
        found.and_then(|(_, text)| text.clone())
    };
    let found = Proxy::on_the_way_to(host, port, variable);
    found.or_else(|problem| {
        let variable = problem.variable();
        let setting = settings
            .into_iter()
            .find(|setting| setting.name.eq_ignore_ascii_case(variable));
        values.refuse(setting.unwrap_or(&HTTPS_PROXY), problem.to_string())
    })
}

fn trust(values: &mut Values<'_>) -> Checked<Trust> {
    let verify = values.required(&VCENTER_SSL_VERIFY, parse::switch);
    let ca_file = ca_file(values);
    let thumbprint = values.optional(&VCENTER_THUMBPRINT, |text| {
        Trust::parse_thumbprint(text).map_err(|fault| Unfit::Because(fault.to_string().into()))
    });
    match (ca_file?, thumbprint?) {
        (Some(ca_file), Some(thumbprint)) => {
            let counts = values.stronger(&VCENTER_THUMBPRINT, &VCENTER_CA_FILE)?;
            verify?;
            Ok(if *counts == VCENTER_CA_FILE {
                ca_file
            } else {
                thumbprint
            })
        }
        (Some(trust), None) | (None, Some(trust)) => Ok(trust),
        (None, None) if verify? => {
            let trust = Trust::SystemRoots;
            match trust.check() {
                Ok(()) => Ok(trust),
                Err(error) => unusable(values, &VCENTER_SSL_VERIFY, &error),
            }
        }
        (None, None) => Ok(Trust::AcceptAny),
    }
}

fn ca_file(values: &mut Values<'_>) -> Checked<Option<Trust>> {
    let Some(path) = values.path(&VCENTER_CA_FILE)? else {
        return Ok(None);
    };
    let trust = Trust::CaFile(path.clone());
    match trust.check() {
        Ok(()) => Ok(Some(trust)),
        Err(error) => values.unusable(&VCENTER_CA_FILE, &path.display().to_string(), &error),
    }
}

/// Refuses the setting that asks for certificates that do not exist.
fn unusable<T>(
    values: &mut Values<'_>,
    setting: &'static Setting,
    error: &vsphere_soap::Error,
) -> Checked<T> {
    let value = values.text(setting)?.unwrap_or_default();
    values.unusable(setting, &value, error)
}
