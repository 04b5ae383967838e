//! A vCenter that reports ever more objects does not fill the memory.

use std::fmt::Write as _;

use jiff::Timestamp;
use mock_vcenter::{Effect, FaultRule, MockVcenter};
use zroc_exporter::vcenter::CollectError;

use crate::staging::{at, odd_mock, vcenter};

/// A debug build reads this many objects slowly, and all of them must be read in one cycle.
const PATIENT: [(&str, &str); 1] = [("CYCLE_TIMEOUT", "3600")];

/// More than any inventory has. What an upkeep does beyond its bound, also with an inventory that it has published, is
/// tested in memory.
const OBJECTS: usize = 250_001;

/// How a page or a part of the updates is answered.
fn answer(operation: &str, content_xml: &str) -> FaultRule {
    FaultRule::on(operation, Effect::answer(operation, content_xml))
}

/// Makes clients read the inventory page by page.
fn without_updates(mock: &MockVcenter) {
    mock.add_fault(FaultRule::on(
        "CreateFilter",
        Effect::fault("MethodNotFound"),
    ));
}

fn objects(before: &str, after: &str) -> String {
    let mut objects = String::new();
    for number in 0..OBJECTS {
        write!(objects, "{before}group-v{number}{after}").unwrap();
    }
    objects
}

/// Repeats one answer. It names another filter than the real one, so that it can be prepared.
fn endless_updates(mock: &MockVcenter) {
    let filter = "type=\"PropertyFilter\">filter-1<";
    mock.add_fault(answer(
        "CreateFilter",
        &format!("<returnval {filter}/returnval>"),
    ));
    let objects = objects(
        "<objectSet><kind>enter</kind><obj type=\"Folder\">",
        "</obj></objectSet>",
    );
    mock.add_fault(answer("WaitForUpdatesEx", &format!(
            "<returnval><version>1</version><filterSet><filter {filter}/filter>{objects}</filterSet>\
             <truncated>true</truncated></returnval>"
        )));
}

/// Only the first page is replaced: the next retrieval asks for counters.
fn endless_pages(mock: &MockVcenter) {
    without_updates(mock);
    let objects = objects("<objects><obj type=\"Folder\">", "</obj></objects>");
    mock.add_fault(
        answer(
            "RetrievePropertiesEx",
            &format!("<returnval><token>more</token>{objects}</returnval>"),
        )
        .times(1),
    );
}

#[tokio::test]
async fn an_endless_inventory_is_refused() {
    for endless in [endless_updates, endless_pages] {
        let mock = odd_mock(20, 100).await;
        endless(&mock);
        let mut vcenter = vcenter(&mock, &PATIENT);
        let error = vcenter
            .refresh(at(Timestamp::UNIX_EPOCH))
            .await
            .unwrap_err();
        assert!(
            matches!(error, CollectError::TooManyObjects { .. }),
            "{error}"
        );
        mock.clear_faults();
        let inventory = vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
        assert_eq!(inventory.vms().len(), mock.world().vms().len());
    }
}

/// Names and references may not be arbitrarily long either.
#[tokio::test]
async fn what_is_kept_of_a_text_is_bounded() {
    let mock = odd_mock(20, 100).await;
    let long = "\u{e4}".repeat(100_000);
    let object = |moref: &str, kind: &str| {
        format!(
            "<objects><obj type=\"VirtualMachine\">{moref}</obj><propSet><name>name</name><val xsi:type=\"xsd:string\">{long}\
             </val></propSet><propSet><name>runtime.host</name><val type=\"HostSystem\" xsi:type=\"ManagedObjectReference\">\
             {kind}</val></propSet></objects>"
        )
    };
    let (vm, other) = (object("vm-1", &long), object(&long, "host-1"));
    without_updates(&mock);
    mock.add_fault(
        answer(
            "RetrievePropertiesEx",
            &format!(
                "<returnval xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">{vm}{other}</returnval>"
            ),
        )
        .times(1),
    );
    let mut vcenter = vcenter(&mock, &PATIENT);
    let inventory = vcenter.refresh(at(Timestamp::UNIX_EPOCH)).await.unwrap();
    let [vm] = inventory.vms() else {
        panic!("{} VMs", inventory.vms().len());
    };
    assert_eq!(vm.id.as_str(), "vm-1");
    assert_eq!(vm.name.len(), 512);
}
