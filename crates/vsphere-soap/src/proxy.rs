//! The HTTP proxy between client and server, as environment variables name it.

mod exceptions;

use std::fmt;

use reqwest::Url;

use self::exceptions::excepts;
use crate::percent::percent_decoded;

/// The variables that may name a proxy, in the order in which they count.
const NAMES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The variables that may name exceptions.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// An HTTP proxy between client and server.
///
/// Displays its address and the variable that names it, without user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    variable: &'static str,
    url: Url,
}

impl Proxy {
    /// The variables that [`on_the_way_to`](Self::on_the_way_to) looks up.
    pub const VARIABLES: [&str; 6] = {
        let ([first, second, third, fourth], [fifth, sixth]) = (NAMES, EXCEPTIONS);
        [first, second, third, fourth, fifth, sixth]
    };

    /// The proxy on the way to this server, if any. `variable` looks an environment variable up.
    ///
    /// The first of `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY` and `all_proxy` that has a value names the proxy. `NO_PROXY` or
    /// `no_proxy` lists exceptions: `*`, names with all below them, addresses and networks, each with or without a port.
    ///
    /// # Errors
    /// [`BadProxy`] if the value is not the URL of an HTTP proxy, unless the server is an exception.
    pub fn on_the_way_to(
        host: &str,
        port: u16,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, BadProxy> {
        let given = |name: &'static str| {
            let value = variable(name)?;
            let value = value.trim();
            (!value.is_empty()).then(|| (name, value.to_owned()))
        };
        let exceptions = EXCEPTIONS.into_iter().find_map(given);
        if exceptions.is_some_and(|(_, exceptions)| excepts(&exceptions, host, port)) {
            return Ok(None);
        }
        let Some((name, value)) = NAMES.into_iter().find_map(given) else {
            return Ok(None);
        };
        let with_scheme = if value.contains("://") {
            value
        } else {
            format!("http://{value}")
        };
        let url = Url::parse(&with_scheme).map_err(|_| BadProxy::NotAUrl { variable: name })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BadProxy::NotHttp { variable: name });
        }
        Ok(Some(Self {
            variable: name,
            url,
        }))
    }

    /// The environment variable that names the proxy.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// Name or address of the proxy.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Its password, as in the URL and decoded.
    pub(crate) fn secrets(&self) -> [String; 2] {
        let password = self.url.password().unwrap_or_default();
        [password.to_owned(), percent_decoded(password)]
    }
}

/// The value of a variable names no usable proxy. It may hold a password, so the text does not quote it.
///
/// Displays as a predicate that follows the variable's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadProxy {
    /// It cannot be read as a URL.
    #[error(
        "cannot be read as a URL; characters such as `@`, `#` and `/` in a password must be percent-encoded"
    )]
    NotAUrl {
        /// The variable.
        variable: &'static str,
    },
    /// It names a proxy of another protocol, such as SOCKS.
    #[error("names a proxy that is not an HTTP proxy")]
    NotHttp {
        /// The variable.
        variable: &'static str,
    },
}

impl BadProxy {
    /// The variable.
    pub fn variable(self) -> &'static str {
        match self {
            Self::NotAUrl { variable } | Self::NotHttp { variable } => variable,
        }
    }
}

/// `the proxy http://***@proxy.corp:3128 of HTTPS_PROXY`
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_user = !self.url.username().is_empty() || self.url.password().is_some();
        let user = if has_user { "***@" } else { "" };
        write!(f, "the proxy {}://{user}{}", self.url.scheme(), self.host())?;
        if let Some(port) = self.url.port() {
            write!(f, ":{port}")?;
        }
        write!(f, " of {}", self.variable)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Proxy::on_the_way_to("vc1.corp", 443, variable)
            .map(|proxy| proxy.map(|proxy| proxy.to_string()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_first_variable_with_a_value_names_the_proxy() {
        for (variables, shown) in [
            (&[][..], None),
            (&[("HTTP_PROXY", "http://p:1")], None),
            (&[("HTTPS_PROXY", " "), ("ALL_PROXY", "")], None),
            (
                &[("HTTPS_PROXY", "http://p:3128"), ("ALL_PROXY", "http://q")],
                Some("the proxy http://p:3128 of HTTPS_PROXY"),
            ),
            (
                &[("https_proxy", "p:3128")],
                Some("the proxy http://p:3128 of https_proxy"),
            ),
            (
                &[("ALL_PROXY", "https://p")],
                Some("the proxy https://p of ALL_PROXY"),
            ),
            (
                &[("all_proxy", "[fd00::1]:8080")],
                Some("the proxy http://[fd00::1]:8080 of all_proxy"),
            ),
            (
                &[("HTTPS_PROXY", "http://user:s3cret@p:3128/")],
                Some("the proxy http://***@p:3128 of HTTPS_PROXY"),
            ),
            (&[("HTTPS_PROXY", "http://p"), ("NO_PROXY", ".corp")], None),
            (
                &[
                    ("HTTPS_PROXY", "http://p"),
                    ("NO_PROXY", ""),
                    ("no_proxy", "*"),
                ],
                None,
            ),
        ] {
            assert_eq!(
                way(variables),
                Ok(shown.map(str::to_owned)),
                "{variables:?}"
            );
        }
    }

    #[test]
    fn a_value_that_names_no_usable_proxy_is_refused_and_not_quoted() {
        for value in [
            "http://user:s3cret#@p:1",
            "socks5://user:s3cret@p",
            "http://",
            "http://p:99999",
        ] {
            let refused = way(&[("HTTPS_PROXY", value)]).unwrap_err();
            assert!(
                !refused.contains("s3cret") && !refused.contains("user:"),
                "{refused}"
            );
            let excepted = way(&[("HTTPS_PROXY", value), ("NO_PROXY", "vc1.corp")]);
            assert_eq!(excepted, Ok(None));
        }
    }
}
