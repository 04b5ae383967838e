//! What can go wrong with a call.

use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::time::Duration;

use mock_vcenter::Effect;

/// Whether a fault lasts until it is lifted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasting {
    UntilLifted,
    /// The same, and each call that it meets takes until its time is up.
    Silence,
    /// It meets one call.
    Once,
}

pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) lasting: Lasting,
    /// `None` where the fault makes no sense for the operation.
    pub(super) effect: fn(operation: &str) -> Option<Effect>,
}

/// All that the exporter calls while it runs, in the order of a session.
pub(super) const OPERATIONS: [&str; 11] = [
    "vimServiceVersions.xml",
    "RetrieveServiceContent",
    "Login",
    "CreateContainerView",
    "CreateFilter",
    "WaitForUpdatesEx",
    "RetrievePropertiesEx",
    "ContinueRetrievePropertiesEx",
    "QueryOptions",
    "CurrentTime",
    "QueryPerf",
];

const STARTING: &str = "503 Service Unavailable (Failed to connect to endpoint: [N7Vmacore4Http20NamedPipeServiceSpecE:0x7f] \
     _serverNamespace = / action = Allow _pipeName =/var/run/vmware/vpxd-webserver-pipe)";
const HTML: &str = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Bad gateway</h1></body></html>";
const NOT_AUTHENTICATED: &str = "<fault xsi:type=\"NotAuthenticated\"><object type=\"Folder\">group-d1</object>\
     <privilegeId>System.View</privilegeId></fault><localizedMessage>The session is not authenticated.</localizedMessage>";

macro_rules! faults {
    ($($name:literal, $lasting:ident, $effect:expr;)*) => {
        &[$(Fault {
            name: $name,
            lasting: Lasting::$lasting,
            effect: $effect,
        }),*]
    };
}

pub(super) const FAULTS: &[Fault] = faults![
    // These take longest, so they begin first.
    "nothing comes", Silence, |_| Some(Effect::Delay(Duration::from_secs(3_600)));
    "one byte a second", Silence, |_| Some(Effect::Drip(NonZeroU32::MIN));
    "connection refused", UntilLifted, |_| Some(Effect::Unreachable);
    "reset before the first byte", UntilLifted, |_| Some(Effect::Reset(0));
    "reset after the first byte", UntilLifted, |_| Some(Effect::Reset(1));
    "502, text", UntilLifted, |_| Some(Effect::status(502, "text/plain", "no healthy upstream"));
    "502, HTML", UntilLifted, |_| Some(Effect::status(502, "text/html", HTML));
    "503, text", UntilLifted, |_| Some(Effect::status(503, "text/plain", STARTING));
    "503, HTML", UntilLifted, |_| Some(Effect::status(503, "text/html", HTML));
    "504, text", UntilLifted, |_| Some(Effect::status(504, "text/plain", "upstream request timeout"));
    "504, HTML", UntilLifted, |_| Some(Effect::status(504, "text/html", HTML));
    "500, empty", UntilLifted, |_| Some(Effect::status(500, "text/xml; charset=utf-8", ""));
    "407 of a proxy", UntilLifted, |_| Some(Effect::status(407, "text/html", HTML));
    "cut off somewhere", UntilLifted, |operation| Some(Effect::TruncateBody(place_in(operation)));
    "gzip bomb", UntilLifted, |_| Some(Effect::GzipBomb(128));
    "broken gzip", UntilLifted, |_| Some(Effect::GzipGarbage(2_000));
    "longer than 64 MiB", UntilLifted, |_| Some(Effect::Bloat(65));
    "200 with a fault", UntilLifted, |operation| Some(Effect::xml(soap_fault(operation)));
    "bytes that are no UTF-8", UntilLifted, |_| Some(Effect::Garbage(5_000));
    "UTF-16", UntilLifted, |operation| Some(Effect::xml(utf_16(&soap_fault(operation))));
    "wrong charset named", UntilLifted, |_| Some(content_type("text/xml; charset=utf-16"));
    "wrong content type", UntilLifted, |_| Some(content_type("text/html"));
    "document type", UntilLifted, |operation| Some(Effect::xml(format!("<!DOCTYPE a SYSTEM \"file:///etc/passwd\">{}", soap_fault(operation))));
    "a million nested elements", UntilLifted, |_| Some(Effect::xml("<a>".repeat(1_000_000)));
    "billion laughs", UntilLifted, |operation| Some(Effect::xml(billion_laughs(operation)));
    "NotAuthenticated", Once, |_| Some(Effect::NotAuthenticated);
    "NotAuthenticated in missingSet", Once, missing_set;
    "RequestCanceled", UntilLifted, |_| Some(Effect::fault_with("RequestCanceled", "The task was canceled by a user.", ""));
    "SystemError", UntilLifted, |_| Some(Effect::fault_with("SystemError", "A general system error occurred: tired", "<reason>tired</reason>"));
    "another certificate", UntilLifted, |_| Some(Effect::OtherCertificate);
    "clock an hour ahead", Once, |_| Some(Effect::AdvanceClock(3_600));
    "clock an hour back", Once, |_| Some(Effect::AdvanceClock(-3_600));
];

fn content_type(content_type: &str) -> Effect {
    Effect::ContentType(content_type.to_owned())
}

/// Another place for each operation, within the shortest answer there is.
fn place_in(operation: &str) -> usize {
    let draw = operation
        .bytes()
        .fold(17_usize, |seed, byte| seed * 31 % 1_009 + usize::from(byte));
    draw % 300
}

fn envelope(body: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    )
}

fn soap_fault(operation: &str) -> String {
    envelope(&format!(
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{operation} failed</faultstring><detail>\
         <RuntimeFaultFault xmlns=\"urn:vim25\" xsi:type=\"SystemError\"><reason>tired</reason></RuntimeFaultFault>\
         </detail></soapenv:Fault>"
    ))
}

/// Little-endian, without the mark in front that could not be written as text here.
fn utf_16(text: &str) -> String {
    text.chars()
        .flat_map(|character| [character, '\0'])
        .collect()
}

fn billion_laughs(operation: &str) -> String {
    let mut document = String::from("<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">");
    for level in 1..10 {
        let before = format!("&lol{};", level - 1).repeat(10);
        write!(document, "<!ENTITY lol{level} \"{before}\">").unwrap();
    }
    document + "]>" + &soap_fault(operation).replace("tired", "&lol9;")
}

/// The answer of a vCenter that has forgotten the session, to an operation that needs none.
fn missing_set(operation: &str) -> Option<Effect> {
    let missing =
        format!("<missingSet><path>name</path><fault>{NOT_AUTHENTICATED}</fault></missingSet>");
    let object = "<obj type=\"Folder\">group-d1</obj>";
    let value = match operation {
        "RetrievePropertiesEx" | "ContinueRetrievePropertiesEx" => {
            format!("<returnval><objects>{object}{missing}</objects></returnval>")
        }
        "WaitForUpdatesEx" => format!(
            "<returnval><version>1</version><filterSet><filter type=\"PropertyFilter\">session[1]2</filter><objectSet>\
             <kind>enter</kind>{object}{missing}</objectSet></filterSet></returnval>"
        ),
        _ => return None,
    };
    Some(Effect::answer(operation, &value))
}
