//! The page `/planner`.

use axum::http::Method;
use mock_vcenter::{Effect, FaultRule, MockVcenter, Options};

use super::Stage;
use crate::exporter::{Answer, Exporter};
use crate::staging::{running, settings};

/// The text between two marks.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap().0
}

/// The sentences of the answer, as text.
fn sentence(page: &str) -> String {
    let shown = between(page, "aria-live=\"polite\">", "</div>");
    let shown = shown.replace("</p>\n<p class=\"verdict next\">", " ");
    let shown = shown.replace("<p class=\"verdict\">", "");
    let shown = shown.replace("</p>", "").replace('\u{a0}', " ");
    shown.replace("<strong>", "").replace("</strong>", "")
}

/// Names of the VMs that the table lists.
fn listed(page: &str) -> Vec<String> {
    let table = between(page, "<section id=\"vms\">", "</section>");
    let rows = table.split("<th scope=\"row\">").skip(1);
    rows.map(|row| row.split('<').next().unwrap().to_owned())
        .collect()
}

fn assert_is_page(answer: &Answer) {
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(
        answer.headers["content-security-policy"],
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let page = answer.text();
    for word in [
        " style=",
        "<style",
        "javascript:",
        "onload=",
        "http://",
        "https://",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .map(|it| it.split('"').next().unwrap())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{ids:?}");
    assert!(page.contains("<form class=\"whatif\" id=\"inputs\" method=\"get\""));
}

#[tokio::test]
async fn the_page_says_what_the_document_says() {
    let stage = Stage::start(Options::with_vms(40)).await;
    let query = format!("{}&link=20Mbit&rpo=10s&compression=0.4", stage.window());
    let document = stage
        .exporter
        .get(&format!("/planner/plan.json?{query}"))
        .await
        .json();
    let answer = stage.exporter.get(&format!("/planner?{query}")).await;
    assert_eq!(answer.status, 200);
    assert_is_page(&answer);
    let page = answer.text();
    assert_eq!(sentence(page), document["sentence"]);
    assert!(page.contains("value=\"20Mbit\"") && page.contains("value=\"0.4\""));
    assert!(page.contains("20.0 Mbit/s (2.50 MB/s)") || page.contains("20 Mbit/s (2.5 MB/s)"));
    for document in ["report", "plan.json", "plan.csv", "plan.xlsx"] {
        assert!(
            page.contains(&format!("href=\"planner/{document}?start=")),
            "{document}"
        );
    }
    for file in ["/planner.css", "/planner.js"] {
        let loaded = stage.exporter.get(file).await;
        assert_eq!(loaded.status, 200);
        assert!(file != "/planner.js" || loaded.body.len() <= 10_000);
        let tag = loaded.headers["etag"].to_str().unwrap();
        let again = stage
            .exporter
            .get_with(file, &[("if-none-match", tag)])
            .await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    }
    let head = stage
        .exporter
        .send(Method::HEAD, &format!("/planner?{query}"), &[])
        .await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test]
async fn vms_are_sorted_filtered_and_paged_by_the_address() {
    let stage = Stage::start(Options::with_vms(140)).await;
    let count = running(&stage.mock).len();
    let get = async |query: &str| {
        let answer = stage.exporter.get(&format!("/planner?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        answer.text().to_owned()
    };
    let first = get("sort=name").await;
    assert!(
        first.contains(&format!("1 to 50 of {count} VMs")),
        "{count}"
    );
    assert!(first.contains("aria-sort=\"ascending\""));
    let second = get("sort=name&page=2").await;
    let names = [listed(&first), listed(&second)].concat();
    assert_eq!(names.len(), 100);
    assert!(names.is_sorted(), "{names:?}");
    let descending = get("sort=-name").await;
    assert!(listed(&descending).iter().rev().is_sorted());
    // Beyond the last page is the last page.
    let last = get("sort=name&page=99999").await;
    assert_eq!(listed(&last).len(), count - 100);
    let name = &names[7];
    let found = get(&format!("find={}", name.to_uppercase())).await;
    assert!(!listed(&found).is_empty());
    assert!(listed(&found).iter().all(|it| it.contains(name)));
    let none = get("find=no-such-name&link=20Mbit").await;
    assert!(none.contains("No VM has a name that fits"));
    assert!(none.contains("href=\"planner?link=20Mbit#vms\">Show all"));
}

#[tokio::test]
async fn inputs_that_cannot_be_are_marked_and_stay() {
    let stage = Stage::start(Options::with_vms(5)).await;
    for (query, code, id) in [
        ("link=fast&rpo=30s", 400, "in-link"),
        ("rpo=30s&compression=2", 400, "in-compression"),
        ("rpo=30s&growth=0.3", 400, "in-growth"),
        ("rpo=30s&sort=sideways", 400, ""),
        ("rpo=30s&page=0", 400, ""),
        ("rpo=30s&colour=red", 400, ""),
    ] {
        let answer = stage.exporter.get(&format!("/planner?{query}")).await;
        assert_eq!(answer.status.as_u16(), code, "{query}");
        assert_is_page(&answer);
        let page = answer.text();
        assert!(page.contains("name=\"rpo\" value=\"30s\""), "{query}");
        assert!(page.contains("an input cannot be used"));
        let marked = page.matches("aria-invalid=\"true\"").count();
        assert_eq!(marked, usize::from(!id.is_empty()), "{query}");
        if !id.is_empty() {
            let field = between(page, &format!("id=\"{id}\""), ">");
            assert!(field.contains("aria-invalid"), "{field}");
            let problem = between(page, &format!("id=\"{id}-problem\" data-part>"), "<");
            assert!(problem.starts_with(&id[3..]), "{problem}");
        }
    }
    let long = format!("/planner?include-vms={}", "x".repeat(9_000));
    let answer = stage.exporter.get(&long).await;
    assert_eq!(answer.status, 414);
    assert_is_page(&answer);
}

#[tokio::test]
async fn what_is_hostile_stays_text() {
    let mock = MockVcenter::with_vms(4).await.unwrap();
    let names: Vec<String> = running(&mock).iter().map(|vm| vm.name.clone()).collect();
    let long = "w".repeat(3_000);
    let hostile = [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "\u{202e}gnp.exe\u{2066}",
        "a&quot;b&apos;c &amp;amp; &lt;/title&gt;",
        &long,
    ];
    for (name, hostile) in names.iter().zip(hostile) {
        let effect = Effect::replace(&format!(">{name}<"), format!(">{hostile}<").into_bytes());
        for operation in [
            "WaitForUpdatesEx",
            "RetrievePropertiesEx",
            "ContinueRetrievePropertiesEx",
        ] {
            mock.add_fault(FaultRule::on(operation, effect.clone()));
        }
    }
    let stage = Stage::with(mock).await;
    let query = "find=%3Cscript%3E&include-vms=*%2C%22%3E%3Cscript%3E&time-zone=UTC";
    for path in [
        "/planner".to_owned(),
        format!("/planner?{query}"),
        "/planner?include-vms=%3Cscript%3Ealert(2)%3C/script%3E&count=%E2%80%AE".to_owned(),
        "/planner?link=%3Cscript%3E".to_owned(),
        "/planner?%3Cscript%3E=1&rpo=%22+autofocus+onfocus=alert(1)+%22".to_owned(),
    ] {
        let answer = stage.exporter.get(&path).await;
        assert_is_page(&answer);
        let page = answer.text();
        assert!(!page.contains("<script>"), "{path}");
        assert!(!page.contains("alert(2)<") && !page.contains("\" autofocus"));
        assert!(!page.contains('\u{2066}'));
        assert!(page.len() < 400_000, "{path}: {}", page.len());
    }
    let page = stage.exporter.get("/planner").await;
    let names = listed(page.text());
    assert!(
        names.contains(&"&#60;script&#62;alert(1)&#60;/script&#62;".to_owned()),
        "{names:?}"
    );
    assert!(!page.text().contains('\u{202e}'));
    assert!(
        names.contains(&"\u{fffd}gnp.exe\u{fffd}".to_owned()),
        "{names:?}"
    );
    assert!(names.iter().all(|name| name.len() < 300), "{names:?}");
    let report = stage.exporter.get("/planner/report").await;
    assert!(!report.text().contains("<script"));
}

#[tokio::test]
async fn an_answer_that_is_known_is_not_made_again() {
    let mock = MockVcenter::with_vms(4).await.unwrap();
    let more = [("POLL_INTERVAL", "3600")];
    let exporter = Exporter::start(&settings(&mock, &more)).await;
    exporter.first_cycle().await;
    let path = "/planner?link=20Mbit";
    let first = exporter.get(path).await;
    assert_eq!(first.status, 200, "{}", first.text());
    let tag = first.headers["etag"].to_str().unwrap();
    let same = exporter.get_with(path, &[("if-none-match", tag)]).await;
    assert_eq!((same.status.as_u16(), same.body.len()), (304, 0));
    let other = "/planner?link=30Mbit";
    let other = exporter.get_with(other, &[("if-none-match", tag)]).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn each_state_says_what_to_do() {
    let stage = Stage::start(Options::with_vms(5)).await;
    let empty = stage
        .exporter
        .get("/planner?include-vms=prdo*&link=9Mbit")
        .await;
    assert_eq!(empty.status, 200);
    assert_is_page(&empty);
    assert!(sentence(empty.text()).contains("No VM is chosen."));
    assert!(
        empty
            .text()
            .contains("include-vms &#34;prdo*&#34;: fits_no_vm")
    );
    assert!(
        empty
            .text()
            .contains("href=\"planner?link=9Mbit\">Choose all")
    );
    let past = stage.exporter.get("/planner?start=1&end=1000").await;
    assert!(sentence(past.text()).contains("There is no sample in the time of the plan"));
    assert!(
        past.text()
            .contains("href=\"planner\">Plan for all the time")
    );

    let mock = MockVcenter::with_vms(3).await.unwrap();
    let off = Exporter::collecting(&mock, &[("HISTORY_HOURS", "0")]).await;
    let answer = off.get("/planner").await;
    assert_eq!(answer.status, 200);
    assert_is_page(&answer);
    assert!(sentence(answer.text()).contains("This exporter keeps no history."));
    assert!(answer.text().contains("Set HISTORY_HOURS above 0"));

    mock.add_fault(FaultRule::on("Login", Effect::fault("InvalidLogin")));
    let early = Exporter::start(&settings(&mock, &[])).await;
    let answer = early.get("/planner").await;
    assert_eq!(answer.status, 200);
    assert_is_page(&answer);
    assert!(sentence(answer.text()).contains("Nothing has been collected yet."));
}
