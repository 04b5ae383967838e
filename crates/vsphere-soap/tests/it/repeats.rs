//! Which calls the client sends again when a kept-alive connection breaks.

use std::num::NonZeroU32;

use mock_vcenter::{Effect, FaultRule, MockVcenter};
use vsphere_soap::{
    Client, ContainerView, Error, MoRef, ObjectSelection, Operation, PropertyFilter,
    PropertyFilterSpec, PropertySpec, UpdateVersion, WaitOptions,
};

use crate::server::{calls, client_for, small_vcenter};

const NO_WAIT: WaitOptions = WaitOptions {
    max_wait_seconds: Some(0),
    max_object_updates: None,
};

/// Breaks the connection at the next `operation`. Returns how often the client has sent the call, and
/// how it ended.
async fn with_a_broken_connection<T>(
    mock: &MockVcenter,
    operation: Operation,
    call: impl Future<Output = Result<T, Error>>,
) -> (u64, Result<T, Error>) {
    let before = calls(mock, operation.name());
    let rule = FaultRule::on(operation.name(), Effect::CloseConnection).times(1);
    mock.add_fault(rule);
    let result = call.await;
    mock.clear_faults();
    (calls(mock, operation.name()) - before, result)
}

async fn is_sent_again<T>(
    mock: &MockVcenter,
    operation: Operation,
    call: impl Future<Output = Result<T, Error>>,
) {
    let (sent, result) = with_a_broken_connection(mock, operation, call).await;
    assert_eq!((sent, result.err().map(|it| it.to_string())), (2, None));
    assert!(operation.is_repeatable(), "{operation}");
}

async fn is_sent_once<T>(
    mock: &MockVcenter,
    operation: Operation,
    call: impl Future<Output = Result<T, Error>>,
) {
    let (sent, result) = with_a_broken_connection(mock, operation, call).await;
    let error = result.err();
    assert!(
        sent == 1 && matches!(error, Some(Error::Interrupted { .. })),
        "{operation} was sent {sent} times: {error:?}"
    );
    assert!(!operation.is_repeatable(), "{operation}");
}

fn names(objects: ObjectSelection) -> PropertyFilterSpec {
    PropertyFilterSpec {
        properties: vec![PropertySpec {
            kind: "VirtualMachine",
            paths: &["name"],
        }],
        objects,
    }
}

async fn view(client: &Client) -> ContainerView {
    let root = MoRef::new("Folder", "group-d1");
    let types = &["VirtualMachine"];
    client
        .create_container_view(&root, types, true)
        .await
        .unwrap()
}

async fn filter(client: &Client) -> PropertyFilter {
    let spec = names(ObjectSelection::View(view(client).await));
    client.create_filter(spec).await.unwrap()
}

#[tokio::test]
async fn what_only_reads_is_sent_again() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let vm = MoRef::new("VirtualMachine", &mock.world().vms()[0].moref);

    is_sent_again(&mock, Operation::RETRIEVE_SERVICE_CONTENT, client.session()).await;
    is_sent_again(&mock, Operation::CURRENT_TIME, client.current_time()).await;
    let objects = ObjectSelection::Objects(vec![vm.clone()]);
    let mut retrieval = client.retrieve_properties(names(objects), None);
    is_sent_again(&mock, Operation::RETRIEVE_PROPERTIES, retrieval.next()).await;
    is_sent_again(&mock, Operation::QUERY_PERF, client.query_perf(&[])).await;
    let summary = client.query_perf_provider_summary(&vm);
    is_sent_again(&mock, Operation::QUERY_PERF_PROVIDER_SUMMARY, summary).await;
    let metrics = client.query_available_perf_metric(&vm, Some(20));
    is_sent_again(&mock, Operation::QUERY_AVAILABLE_PERF_METRIC, metrics).await;
    let counters = client.query_perf_counter(&[]);
    is_sent_again(&mock, Operation::QUERY_PERF_COUNTER, counters).await;
    let (filter, version) = (filter(&client).await, UpdateVersion::initial());
    let updates = client.wait_for_updates(&filter, &version, NO_WAIT);
    is_sent_again(&mock, Operation::WAIT_FOR_UPDATES, updates).await;
    client.logout().await.unwrap();
}

#[tokio::test]
async fn what_leaves_something_on_the_server_is_sent_once() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    is_sent_once(&mock, Operation::LOGIN, client.session()).await;

    let root = MoRef::new("Folder", "group-d1");
    let create = client.create_container_view(&root, &[], true);
    is_sent_once(&mock, Operation::CREATE_CONTAINER_VIEW, create).await;
    let spec = names(ObjectSelection::View(view(&client).await));
    let destroy = client.destroy_filter(filter(&client).await);
    is_sent_once(&mock, Operation::DESTROY_FILTER, destroy).await;
    let create = client.create_filter(spec.clone());
    is_sent_once(&mock, Operation::CREATE_FILTER, create).await;
    let create = client.create_filter(spec.clone());
    is_sent_once(&mock, Operation::CREATE_PROPERTY_COLLECTOR, create).await;
    let destroy = client.destroy_filter(filter(&client).await);
    is_sent_once(&mock, Operation::DESTROY_PROPERTY_COLLECTOR, destroy).await;
    let destroy = client.destroy_view(view(&client).await);
    is_sent_once(&mock, Operation::DESTROY_VIEW, destroy).await;

    let page_of_one = NonZeroU32::new(1);
    let mut retrieval = client.retrieve_properties(spec.clone(), page_of_one);
    retrieval.next_page().await.unwrap();
    let next = retrieval.next_page();
    is_sent_once(&mock, Operation::CONTINUE_RETRIEVE_PROPERTIES, next).await;
    let mut retrieval = client.retrieve_properties(spec, page_of_one);
    retrieval.next_page().await.unwrap();
    let cancel = retrieval.cancel();
    is_sent_once(&mock, Operation::CANCEL_RETRIEVE_PROPERTIES, cancel).await;
    client.logout().await.unwrap();
}
