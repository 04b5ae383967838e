//! Versions, service content, sessions, views.

use jiff::Timestamp;

use super::envelope::{Refusal, single_value};
use crate::moref::MoRef;
use crate::service_content::{About, ServiceContent, UserSession};
use crate::untrusted_text::shown;
use crate::version::ApiVersion;
use crate::xml::error::Problem;
use crate::xml::values::parse_timestamp;
use crate::xml::{Cursor, DecodeError, Element, read};

/// Reads the version list at `/sdk/vimServiceVersions.xml`: the numbered versions of `urn:vim25` in
/// the order of the document. Private names are left out.
///
/// # Errors
/// [`DecodeError`] when the body is not such a list.
pub fn service_versions(body: &[u8]) -> Result<Vec<ApiVersion>, DecodeError> {
    read(body, |cursor| {
        let root = cursor.root()?;
        if root.name() != "namespaces" {
            let problem = Problem::unexpected("a version list", root.name());
            return Err(cursor.error_in(&root, problem));
        }
        let mut versions = Vec::new();
        while let Some(namespace) = cursor.child(&root)? {
            if namespace.name() == "namespace" {
                read_namespace(cursor, &namespace, &mut versions)?;
            }
        }
        Ok(versions)
    })
}

fn read_namespace<'a>(
    cursor: &mut Cursor<'a>,
    namespace: &Element<'a>,
    versions: &mut Vec<ApiVersion>,
) -> Result<(), DecodeError> {
    let mut found = Vec::new();
    let mut is_vim25 = false;
    while let Some(child) = cursor.child(namespace)? {
        match child.name() {
            "name" => is_vim25 = cursor.text(&child)?.trim() == "urn:vim25",
            "version" => found.extend(cursor.text(&child)?.trim().parse()),
            "priorVersions" => {
                while let Some(prior) = cursor.child(&child)? {
                    if prior.name() == "version" {
                        found.extend(cursor.text(&prior)?.trim().parse());
                    }
                }
            }
            _ => {}
        }
    }
    if is_vim25 {
        versions.append(&mut found);
    }
    Ok(())
}

/// Reads the answer to `RetrieveServiceContent`.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn service_content(body: &[u8]) -> Result<ServiceContent, Refusal> {
    read(body, |cursor| {
        let value = single_value(cursor, "RetrieveServiceContent")?;
        let mut root_folder = None;
        let mut property_collector = None;
        let mut about = None;
        let [
            mut view_manager,
            mut setting,
            mut session_manager,
            mut perf_manager,
            mut custom_fields_manager,
        ] = [const { None }; 5];
        while let Some(child) = cursor.child(&value)? {
            match child.name() {
                "rootFolder" => root_folder = Some(cursor.moref(&child)?),
                "propertyCollector" => property_collector = Some(cursor.moref(&child)?),
                "viewManager" => view_manager = cursor.moref_if(&child)?,
                "setting" => setting = cursor.moref_if(&child)?,
                "sessionManager" => session_manager = cursor.moref_if(&child)?,
                "perfManager" => perf_manager = cursor.moref_if(&child)?,
                "customFieldsManager" => custom_fields_manager = cursor.moref_if(&child)?,
                "about" => about = Some(read_about(cursor, &child)?),
                _ => {}
            }
        }
        Ok(ServiceContent {
            root_folder: root_folder.ok_or_else(|| cursor.missing(&value, "rootFolder"))?,
            property_collector: property_collector
                .ok_or_else(|| cursor.missing(&value, "propertyCollector"))?,
            about: about.ok_or_else(|| cursor.missing(&value, "about"))?,
            view_manager,
            setting,
            session_manager,
            perf_manager,
            custom_fields_manager,
        })
    })
}

fn read_about<'a>(cursor: &mut Cursor<'a>, about: &Element<'a>) -> Result<About, DecodeError> {
    let [mut name, mut full_name, mut version, mut build] = [const { None }; 4];
    let [mut api_type, mut api_version, mut instance_uuid] = [const { None }; 3];
    while let Some(child) = cursor.child(about)? {
        let field = match child.name() {
            "name" => &mut name,
            "fullName" => &mut full_name,
            "version" => &mut version,
            "build" => &mut build,
            "apiType" => &mut api_type,
            "apiVersion" => &mut api_version,
            "instanceUuid" => &mut instance_uuid,
            _ => continue,
        };
        *field = Some(description(cursor, &child)?);
    }
    Ok(About {
        name: name.unwrap_or_default(),
        full_name: full_name.unwrap_or_default(),
        version: version.unwrap_or_default(),
        build: build.unwrap_or_default(),
        api_type: api_type.unwrap_or_default(),
        api_version: api_version.unwrap_or_default(),
        instance_uuid,
    })
}

/// What the server says about itself is logged and shown.
fn description<'a>(
    cursor: &mut Cursor<'a>,
    element: &Element<'a>,
) -> Result<Box<str>, DecodeError> {
    const MOST_CHARS: usize = 200;
    let text = cursor.text_or_children(element)?.unwrap_or_default();
    Ok(shown(&text, MOST_CHARS).into())
}

/// Reads the answer to `Login`. Nothing in it is needed to use the session.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn login(body: &[u8]) -> Result<UserSession, Refusal> {
    read(body, |cursor| {
        let value = single_value(cursor, "Login")?;
        let [mut key, mut user_name, mut full_name, mut message_locale] = [const { None }; 4];
        let mut login_time = None;
        while let Some(child) = cursor.child(&value)? {
            let field = match child.name() {
                "key" => &mut key,
                "userName" => &mut user_name,
                "fullName" => &mut full_name,
                "messageLocale" => &mut message_locale,
                "loginTime" => {
                    login_time = cursor.value_if(&child, parse_timestamp)?;
                    continue;
                }
                _ => continue,
            };
            *field = Some(description(cursor, &child)?);
        }
        Ok(UserSession {
            key: key.unwrap_or_default(),
            user_name: user_name.unwrap_or_default(),
            full_name: full_name.unwrap_or_default(),
            login_time: login_time.unwrap_or_default(),
            message_locale: message_locale.unwrap_or_default(),
        })
    })
}

/// Reads the answer to `CurrentTime`: the server's clock.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn current_time(body: &[u8]) -> Result<Timestamp, Refusal> {
    read(body, |cursor| {
        let value = single_value(cursor, "CurrentTime")?;
        Ok(cursor.timestamp(&value)?)
    })
}

/// Reads the answer to `CreateContainerView`: the view's reference.
///
/// # Errors
/// [`Refusal`] when the server refused or the body is malformed.
pub fn create_container_view(body: &[u8]) -> Result<MoRef, Refusal> {
    read(body, |cursor| {
        let value = single_value(cursor, "CreateContainerView")?;
        Ok(cursor.moref(&value)?)
    })
}
