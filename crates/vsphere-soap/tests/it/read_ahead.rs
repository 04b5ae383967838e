//! Retrievals that ask for the next page while the last one is decoded.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use vsphere_soap::{Client, ContainerView, Error, ObjectContent, Retrieval};

use crate::properties::{names_in, vm_names, vm_view};
use crate::server::{calls, client_for, small_vcenter};

const CONTINUE: &str = "ContinueRetrievePropertiesEx";
const CANCEL: &str = "CancelRetrievePropertiesEx";

fn retrieval(client: &Client, view: &ContainerView, page: u32) -> Retrieval {
    let retrieval = client.retrieve_properties(names_in(view), NonZeroU32::new(page));
    retrieval.read_ahead()
}

async fn asked_for(mock: &MockVcenter, pages: u64) {
    while calls(mock, CONTINUE) < pages {
        tokio::task::yield_now().await;
    }
}

fn names(objects: &[ObjectContent]) -> impl Iterator<Item = String> {
    let name = |object: &ObjectContent| {
        object
            .property("name")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    objects.iter().map(name)
}

#[tokio::test]
async fn each_page_is_asked_for_before_it_is_wanted_and_no_other() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let expected = vm_names(&client, &view, None).await.unwrap();
    let mut retrieval = retrieval(&client, &view, 3);
    let mut found = BTreeSet::new();
    for asked in [1, 2, 3, 3] {
        let page = retrieval.next_page().await.unwrap().unwrap();
        found.extend(names(&page));
        asked_for(&mock, asked).await;
        assert_eq!(calls(&mock, CONTINUE), asked);
    }
    assert!(retrieval.next_page().await.unwrap().is_none());
    assert_eq!(found, expected);
    assert_eq!(calls(&mock, CONTINUE), 3);
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_cancelled_retrieval_ends_after_the_page_on_its_way() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    for (page_objects, cancelled) in [(3, 1), (5, 1)] {
        let mut retrieval = retrieval(&client, &view, page_objects);
        retrieval.next_page().await.unwrap().unwrap();
        retrieval.cancel().await.unwrap();
        // With 5 objects the page on its way is the last one.
        assert_eq!(calls(&mock, CANCEL), cancelled, "{page_objects}");
    }
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_page_that_fails_ends_the_retrieval_after_the_one_before() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let fault = Effect::Fault {
        fault_type: "SystemError".to_owned(),
        message: String::new(),
        fields_xml: String::new(),
    };
    mock.add_fault(FaultRule::on(CONTINUE, fault).times(1));
    let mut retrieval = retrieval(&client, &view, 4);
    assert_eq!(retrieval.next_page().await.unwrap().unwrap().len(), 4);
    let error = retrieval.next_page().await.unwrap_err();
    assert!(error.fault().is_some(), "{error}");
    assert!(retrieval.next_page().await.unwrap().is_none());
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_session_lost_on_the_way_is_reported() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    mock.add_fault(FaultRule::on(CONTINUE, Effect::NotAuthenticated).times(1));
    let mut retrieval = retrieval(&client, &view, 4);
    assert_eq!(retrieval.next_page().await.unwrap().unwrap().len(), 4);
    let error = retrieval.next_page().await.unwrap_err();
    assert!(matches!(error, Error::SessionLost { .. }), "{error:?}");
    retrieval.cancel().await.unwrap();
    assert_eq!(calls(&mock, CANCEL), 0, "the rest died with the session");
    client.logout().await.unwrap();
}

#[tokio::test]
async fn a_token_that_does_not_come_first_takes_turns() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let view = vm_view(&client).await;
    let object = "<objects><obj type=\"VirtualMachine\">vm-1</obj></objects>";
    let body = format!(
        "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>\
         <RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval>{object}<token>more</token></returnval>\
         </RetrievePropertiesExResponse></soapenv:Body></soapenv:Envelope>"
    );
    let effect = Effect::Status {
        code: 200,
        content_type: "text/xml".to_owned(),
        body,
    };
    mock.add_fault(FaultRule::on("RetrievePropertiesEx", effect).times(1));
    let mut retrieval = retrieval(&client, &view, 4);
    assert_eq!(retrieval.next_page().await.unwrap().unwrap().len(), 1);
    assert_eq!(calls(&mock, CONTINUE), 0);
    // The mock vCenter does not know this token.
    retrieval.next_page().await.unwrap_err();
    assert_eq!(calls(&mock, CONTINUE), 1);
    client.logout().await.unwrap();
}
