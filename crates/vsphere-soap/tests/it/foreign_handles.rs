//! Views and filters in the hands of a client that did not make them.

use mock_vcenter::MockVcenter;
use vsphere_soap::{Client, ContainerView, Error, PropertyFilter, UpdateVersion, WaitOptions};

use crate::properties::{names_in, vm_names, vm_view};
use crate::server::{calls, client_for, small_vcenter};

const AT_ONCE: WaitOptions = WaitOptions {
    max_wait_seconds: Some(0),
    max_object_updates: None,
};

/// A vCenter, a client of it, and what that client made there.
struct Side {
    mock: MockVcenter,
    client: Client,
    view: ContainerView,
    filter: PropertyFilter,
}

impl Side {
    async fn new() -> Self {
        let mock = small_vcenter().await;
        let client = client_for(&mock);
        let view = vm_view(&client).await;
        let filter = client.create_filter(names_in(&view)).await.unwrap();
        Self {
            mock,
            client,
            view,
            filter,
        }
    }

    /// What this side's client answers to everything that can be asked with the handles of `other`.
    async fn refusals_of(&self, other: &Self) -> Vec<Error> {
        let spec = names_in(&other.view);
        let mut retrieval = self.client.retrieve_properties(spec.clone(), None);
        let version = UpdateVersion::initial();
        let updates = self
            .client
            .wait_for_updates(&other.filter, &version, AT_ONCE);
        vec![
            retrieval.next_page().await.unwrap_err(),
            self.client.create_filter(spec).await.unwrap_err(),
            updates.await.unwrap_err(),
            self.client
                .destroy_filter(other.filter.clone())
                .await
                .unwrap_err(),
            self.client
                .destroy_view(other.view.clone())
                .await
                .unwrap_err(),
        ]
    }

    async fn works(&self) {
        let names = vm_names(&self.client, &self.view, None).await.unwrap();
        assert_eq!(names.len(), 10);
        let version = UpdateVersion::initial();
        let updates = self
            .client
            .wait_for_updates(&self.filter, &version, AT_ONCE);
        assert_eq!(updates.await.unwrap().unwrap().updates.len(), 10);
        assert_eq!(calls(&self.mock, "Login"), 1);
    }
}

#[tokio::test]
async fn are_refused_and_cost_no_session() {
    let (a, b) = (Side::new().await, Side::new().await);
    assert_eq!(a.view.session_id(), b.view.session_id());
    assert_eq!(a.filter.session_id(), b.filter.session_id());
    assert_ne!(a.view, b.view);
    assert_ne!(a.filter, b.filter);
    for (own, other) in [(&a, &b), (&b, &a)] {
        let before = own.mock.calls();
        for error in own.refusals_of(other).await {
            assert!(matches!(error, Error::ForeignHandle { .. }), "{error:?}");
            assert!(
                !error.is_session_lost() && !error.is_transient(),
                "{error:?}"
            );
        }
        assert_eq!(own.mock.calls(), before, "no call was made");
    }
    a.works().await;
    b.works().await;
}
