//! Texts of a server that repeat a secret are not shown, whatever the operation and the spelling.

use vsphere_soap::{Client, Error};
use wiremock::ResponseTemplate;

use crate::server::{call, config_of, scripted_server, xml};

const PASSWORD: &str = "Tr0ub4dor&3-xkcd";
/// The cookie of [`scripted_server`] without its name and quotes.
const COOKIE: &str = "0123abcd";
const RENEWED: &str = "9f8e7d6c-5b4a-3928-1706-f5e4d3c2b1a0";

fn fault(type_name: &str, message: &str) -> Vec<u8> {
    format!(
        "<Envelope><Body><Fault><faultcode>ServerFaultCode</faultcode><faultstring>{message}</faultstring><detail>\
         <F xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{type_name}\"><reason>{message}</reason>\
         <name>{message}</name></F></detail></Fault></Body></Envelope>"
    )
    .into()
}

/// All that is shown of the error of a call that is answered like this, and of the next one.
async fn shown(answer: ResponseTemplate) -> String {
    let server = scripted_server().await;
    let renewing = answer.insert_header("Set-Cookie", format!("vmware_soap_session=\"{RENEWED}\""));
    call("CurrentTime")
        .respond_with(renewing)
        .mount(&server)
        .await;
    let mut config = config_of(&server);
    config.password = PASSWORD.into();
    let client = Client::new(config).unwrap();
    let mut shown = String::new();
    for _ in 0..2 {
        let error = client.current_time().await.unwrap_err();
        shown.push_str(&chain(&error));
    }
    shown
}

fn chain(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn no_fault_page_or_value_shows_a_secret() {
    for secret in [
        PASSWORD,
        "Tr0ub4dor&amp;3-xkcd",
        "TR0UB4DOR",
        "Tr0ub4dor%263-xkcd",
        "VHIwdWI0ZG9yJjMteGtjZA==",
        "dXNlcjpUcjB1YjRkb3ImMy14a2Nk",
        COOKIE,
        "0123ABCD",
        RENEWED,
        "9F8E7D6C-5B4A",
        "9f8e7d6c..",
    ] {
        let in_xml = secret.replace("&3", "&amp;3");
        let answers = [
            xml(500, fault("SystemError", &format!("no session {in_xml}"))),
            xml(500, fault("InvalidProperty", &in_xml)),
            xml(500, fault(&in_xml.replace('&', ""), "a message")),
            xml(503, format!("<html><body>upstream {secret}</body></html>").into()),
            xml(404, format!("no such page: {secret}").into()),
            xml(
                200,
                format!("<Envelope><Body><CurrentTimeResponse><returnval>{in_xml}</returnval></CurrentTimeResponse></Body></Envelope>")
                    .into(),
            ),
            xml(
                200,
                format!("<Envelope><Body><{0}/></Body></Envelope>", secret.replace(['&', ';', '%', '=', '.'], "_")).into(),
            ),
        ];
        for answer in answers {
            let shown = shown(answer).await.to_lowercase();
            for part in ["tr0ub4", "xkcd", "vhiwdw", "cjb1yj", "0123abcd", "9f8e7d6c"] {
                assert!(!shown.contains(part), "{secret}: {shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_text_that_is_cut_within_a_secret_is_not_shown() {
    // Of a fault 300 characters are kept, of a page 198.
    for length in 150..=300 {
        if !(188..=198).contains(&length) && !(290..=300).contains(&length) {
            continue;
        }
        let text = "x ".repeat(length / 2) + if length % 2 == 0 { "" } else { "x" };
        let text = format!("{text}{}", PASSWORD.replace('&', "&amp;"));
        for answer in [
            xml(500, fault("SystemError", &text)),
            xml(404, text.clone().into()),
        ] {
            let shown = shown(answer).await;
            assert!(
                !shown.contains("xTr0") && !shown.contains(" Tr0"),
                "{length}: {shown}"
            );
        }
    }
}

#[tokio::test]
async fn what_repeats_no_secret_is_shown() {
    let shown = shown(xml(500, fault("SystemError", "the database is full"))).await;
    assert!(shown.contains("the database is full"), "{shown}");
    let shown = self::shown(xml(404, "no such page".into())).await;
    assert!(shown.contains("no such page"), "{shown}");
}
