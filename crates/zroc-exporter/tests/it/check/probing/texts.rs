//! What people read: sentences, and the document about the fields.

use serde_json::Value;

use super::{change_settings, hurry, move_meanwhile, output, said};
use crate::check::stage::Stage;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/PROBE.md");

#[tokio::test]
async fn people_read_sentences_with_names() {
    let stage = Stage::new(3).await;
    let expect = async |phrases: &[&str]| {
        let output = output(&stage, "text").await;
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        for phrase in phrases {
            assert!(text.contains(phrase), "{phrase}:\n{text}");
        }
    };
    hurry(&stage);
    expect(&[
        "looks at 3 VMs in 18",
        "√ the newest sample is 23 to 4",
        "values was there when its slot was first listed",
        "√ there is no series over all disks",
        "in order, 20 s apart",
        "√ clocks agree with vCenter's within a minute: 3 hosts",
        "√ no VM moved",
        "VM 1 is web-00000 (vm-1001)",
        "host A is ",
    ])
    .await;
    change_settings(&stage, |settings| {
        settings.late_disk_seconds = 40;
        settings.aggregate_series = true;
    });
    expect(&[
        "in 9 of 27 series) were missing when their slot was first listed",
        "the exporter asks for the last 120 s again in each cycle",
        "! a series over all disks is beside those of the disks: IOPS, latency, rate; it is their sum in",
    ])
    .await;
}

#[tokio::test]
async fn the_document_explains_every_field() {
    let documented = std::fs::read_to_string(DOCUMENT).unwrap();
    let stage = Stage::new(3).await;
    change_settings(&stage, |settings| settings.late_disk_seconds = 40);
    let found = move_meanwhile(&stage).await;
    let mut fields = vec![
        "schema".to_owned(),
        "exporter".to_owned(),
        "vcenters".to_owned(),
    ];
    gather(&found, &mut fields);
    for field in fields {
        let explained = format!("`{field}`");
        assert!(
            documented.contains(&explained),
            "{field} is not in docs/PROBE.md"
        );
    }
}

fn gather(value: &Value, fields: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                fields.push(name.clone());
                gather(value, fields);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, fields)),
        _ => {}
    }
}
