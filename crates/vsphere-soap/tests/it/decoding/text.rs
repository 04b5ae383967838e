//! No text is fatal, wherever it is and whatever bytes it consists of.

use vsphere_soap::decode;

use crate::server::fixture;

/// What is sent as a text, and how it reads.
const ODD_TEXTS: &[(&[u8], &str)] = &[
    (b"M\xfcller", "M\u{FFFD}ller"),
    (b"cut\xc3", "cut\u{FFFD}"),
    (b"cut\xe2\x82", "cut\u{FFFD}"),
    (b"\xff\xfe", "\u{FFFD}\u{FFFD}"),
    (b"a\xc0\x80b", "a\u{FFFD}\u{FFFD}b"),
    (b"\xed\xa0\x80", "\u{FFFD}\u{FFFD}\u{FFFD}"),
    (b"a&#0;b", "a\u{FFFD}b"),
    (b"a&#x0;b", "a\u{FFFD}b"),
    (b"a&#xD800;b", "a\u{FFFD}b"),
    (b"a&#x110000;b", "a\u{FFFD}b"),
    (b"a&#99999999999999999999;b", "a\u{FFFD}b"),
    (b"a&#8;b", "a\u{FFFD}b"),
    (b"a&nbsp;b", "a\u{FFFD}b"),
    (b"a&custom;\xe4&#1;b", "a\u{FFFD}\u{FFFD}\u{FFFD}b"),
    (b"R & D", "R & D"),
    (b"R&D", "R&D"),
    (b"a&;b", "a&;b"),
    (b"a\x00b\x1bc", "a\u{FFFD}b\u{FFFD}c"),
    (b"a\xef\xbf\xbfb", "a\u{FFFD}b"),
    (b"a\xef\xbb\xbfb", "a\u{FEFF}b"),
    (b"<![CDATA[M\xfc & \x01]]>ller", "M\u{FFFD} & \u{FFFD}ller"),
    (b"<!-- \xff -->a<?b \xff?>", "a"),
    (
        b"gr\xc3\xbc\xc3\x9fe \xf0\x9f\x9a\x80",
        "gr\u{fc}\u{df}e \u{1f680}",
    ),
];

fn with(body: &[u8], old: &str, new: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(body).unwrap();
    let (before, after) = text.split_once(old).unwrap();
    [before.as_bytes(), new, after.as_bytes()].concat()
}

/// Reads a text out of an answer.
type Reader = fn(&[u8]) -> String;

/// Where odd texts may be: the fixture, the text that is replaced, and how to read it. The rest of the answer must read as
/// usual.
const PLACES: &[(&str, &str, Reader)] = &[
    (
        "page.xml",
        "a &lt;b&gt; &#x1F600;<![CDATA[ & c]]>!",
        |body| {
            let page = decode::retrieve_properties(body).unwrap();
            assert_eq!((page.objects.len(), page.unreadable.count), (3, 0));
            page.objects[0]
                .property("name")
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        },
    ),
    ("updates_truncated.xml", "a &amp; b", |body| {
        let updates = decode::update_set(body).unwrap().unwrap();
        assert_eq!(updates.filters[0].updates.len(), 2);
        let change = &updates.filters[0].updates[0].changes[0];
        change.value.as_ref().unwrap().as_str().unwrap().to_owned()
    }),
    ("query_perf_csv.xml", "scsi0:1", |body| {
        let entities = decode::query_perf(body).unwrap();
        assert_eq!(entities.len(), 3);
        entities[0].series().next().unwrap().instance.to_owned()
    }),
];

#[test]
fn odd_text_reads_with_replacement_characters() {
    for (name, old, read) in PLACES {
        for (odd, expected) in ODD_TEXTS {
            let body = with(&fixture(name), old, odd);
            assert_eq!(read(&body), *expected, "{name}: {}", odd.escape_ascii());
        }
    }
}

/// These are shown to people, so odd characters become blanks as well. The answer must be read, whatever it says.
#[test]
fn what_a_server_says_of_itself_is_never_fatal() {
    for (odd, _) in ODD_TEXTS {
        let body = with(&fixture("login.xml"), "Reader &amp; Co", odd);
        let session = decode::login(&body).unwrap();
        assert_eq!(&*session.user_name, r"TEST.LOCAL\reader");
        let body = with(
            &fixture("service_content.xml"),
            "Test vCenter 8.0.2 build-1",
            odd,
        );
        let about = decode::service_content(&body).unwrap().about;
        assert_eq!(&*about.version, "8.0.2");
        let body = with(&fixture("fault_invalid_login.xml"), "Cannot log in.", odd);
        let fault = decode::fault(&body).unwrap();
        assert!(fault.is_invalid_login(), "{}", odd.escape_ascii());
    }
}

#[test]
fn odd_text_that_nobody_needs_changes_nothing() {
    for (name, old) in [
        ("login.xml", "<locale>en</locale>"),
        ("service_content.xml", "<vendor>Nobody</vendor>"),
        ("page.xml", "\n  <propSet>"),
        ("query_perf_csv.xml", "<value><id>"),
    ] {
        for (odd, _) in ODD_TEXTS {
            let unknown = [b"<unknown a='b'>", *odd, b"</unknown>", old.as_bytes()].concat();
            let body = fixture(name);
            let spoiled = with(&body, old, &unknown);
            assert_eq!(
                everything(&spoiled),
                everything(&body),
                "{name}: {}",
                odd.escape_ascii()
            );
        }
    }
}

fn everything(body: &[u8]) -> String {
    let login = decode::login(body).ok();
    let content = decode::service_content(body).ok();
    let page = decode::retrieve_properties(body).ok();
    let samples = decode::query_perf(body).ok();
    assert!(login.is_some() || content.is_some() || page.is_some() || samples.is_some());
    format!("{login:?}{content:?}{page:?}{samples:?}")
}

#[test]
fn odd_attributes_are_text_too() {
    for (odd, expected) in [
        (&b"Data\xe4"[..], "Data\u{FFFD}"),
        (b"&#0;", "\u{FFFD}"),
        (b"&x;", "\u{FFFD}"),
        (b"a&b", "a&b"),
        (b"a\x02", "a\u{FFFD}"),
    ] {
        let body = with(&fixture("page.xml"), "Datastore", odd);
        let page = decode::retrieve_properties(&body).unwrap();
        let kinds = format!("{:?}", page.objects[0].property("datastore"));
        assert!(
            kinds.contains(&format!("{expected}:datastore-1")),
            "{kinds}"
        );
    }
    let body = with(
        &fixture("page.xml"),
        "xsi:type=\"xsd:string\"",
        b"xsi:type=\"\xff\"",
    );
    assert_eq!(decode::retrieve_properties(&body).unwrap().objects.len(), 3);
}

#[test]
fn an_entity_that_the_document_defines_is_not_expanded() {
    let body = with(
        &fixture("login.xml"),
        "<soapenv:Envelope",
        b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><soapenv:Envelope",
    );
    let error = decode::login(&body).unwrap_err().to_string();
    assert!(
        error.ends_with("a document type declaration is not accepted"),
        "{error}"
    );
}

#[test]
fn an_object_without_a_usable_reference_is_left_out_and_counted() {
    for obj in [
        "",
        "<obj/>",
        "<obj>vm-1</obj>",
        "<obj type=\"VirtualMachine\"/>",
        "<obj type=\"VirtualMachine\"><a/></obj>",
    ] {
        let reference = "<obj type=\"VirtualMachine\">vm-1</obj>";
        let page =
            decode::retrieve_properties(&with(&fixture("page.xml"), reference, obj.as_bytes()))
                .unwrap();
        assert_eq!(page.objects.len(), 2, "{obj}");
        assert_eq!(page.unreadable.count, 1);
        assert_eq!(*page.unreadable.names[0], *"a <b> \u{1F600} & c!");
        let updates = with(&fixture("updates_truncated.xml"), reference, obj.as_bytes());
        let updates = decode::update_set(&updates).unwrap().unwrap();
        assert_eq!(updates.filters[0].updates.len(), 1, "{obj}");
        assert_eq!(*updates.filters[0].unreadable.names[0], *"a & b");
    }
}

#[test]
fn byte_order_marks_before_the_document_do_not_matter() {
    for mark in ["\u{FEFF}", "\u{FEFF}\u{FEFF}", "\u{FEFF} \u{FEFF}\n"] {
        let body = fixture("login.xml");
        let body = [mark.as_bytes(), body.as_slice()].concat();
        assert_eq!(&*decode::login(&body).unwrap().full_name, "Reader & Co");
    }
}

/// A server must not make us keep a much longer copy of what it sends.
#[test]
fn a_body_of_nothing_but_odd_bytes_is_refused() {
    let odd = [0xff; 10_000];
    let body = with(&fixture("login.xml"), "Reader &amp; Co", &odd);
    decode::login(&body).unwrap_err();
}
