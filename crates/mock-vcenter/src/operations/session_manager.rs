//! Login, logout and the probe of a session.

use super::call::Call;
use crate::properties;
use crate::session::Session;
use crate::soap::{Fields, SoapFault};
use crate::world::Kind;

/// `Login`. A caller who is logged in already is refused like one with a wrong password.
pub(super) fn login(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.on(Kind::SessionManager)?;
    if call.sight.session.is_some() {
        call.server.sessions.refuse();
        return Err(SoapFault::invalid_login());
    }
    let user = call.argument("userName")?;
    // Unlike other arguments, a password may begin or end with blanks.
    let password = call
        .request
        .body
        .child("password")
        .map_or("", |child| child.text.as_str());
    let options = &call.server.options;
    let fits = user.eq_ignore_ascii_case(&options.user) && password == options.password;
    let session = Session {
        key: call.server.random_key(),
        user: domain_first(&options.user),
        user_agent: call.user_agent.to_owned(),
        address: call.address.clone(),
        login_time: call.sight.now,
    };
    if !call
        .server
        .sessions
        .open(call.new_cookie, fits, session.clone())
    {
        return Err(SoapFault::invalid_login());
    }
    out.push_str("<returnval>");
    properties::user_session(&mut Fields::nested(out), &session);
    out.push_str("</returnval>");
    Ok(())
}

/// `Logout`.
pub(super) fn logout(call: &Call<'_>, _out: &mut String) -> Result<(), SoapFault> {
    let cookie = call.authenticated()?;
    call.on(Kind::SessionManager)?;
    call.server.sessions.close(cookie);
    Ok(())
}

/// `SessionIsActive`.
pub(super) fn session_is_active(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.authenticated()?;
    call.on(Kind::SessionManager)?;
    let active = call.server.sessions.has_key(call.argument("sessionID")?);
    Fields::nested(out).boolean("returnval", active);
    Ok(())
}

/// vCenter turns `someone@vsphere.local` into `VSPHERE.LOCAL\someone`.
fn domain_first(user: &str) -> String {
    match user.split_once('@') {
        Some((name, domain)) => format!("{}\\{name}", domain.to_uppercase()),
        None => user.to_owned(),
    }
}
