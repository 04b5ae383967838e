//! Views, retrievals, and properties of single objects.

use std::num::NonZeroU32;

use super::Client;
use crate::custom_field::CustomField;
use crate::decode;
use crate::error::Error;
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::property_collector::{ObjectSelection, PropertyFilterSpec, PropertySpec, PropertyValue};
use crate::request::Request;
use crate::retrieval::Retrieval;
use crate::service_content::ServiceContent;
use crate::session::Session;
use crate::view::ContainerView;

impl Client {
    /// Makes a view of the objects of `types` in `container`, with `recursive` at any depth below.
    ///
    /// No types means all. The container itself is not a member. The view follows the inventory, and
    /// it ends with the session or at [`destroy_view`](Self::destroy_view).
    ///
    /// # Errors
    /// Any failure of the call.
    pub async fn create_container_view(
        &self,
        container: &MoRef,
        types: &[&str],
        recursive: bool,
    ) -> Result<ContainerView, Error> {
        const OPERATION: Operation = Operation::CREATE_CONTAINER_VIEW;
        let build = |session: &Session| {
            let manager = session.content().view_manager.as_ref();
            let manager = self.manager(OPERATION, "ViewManager", manager)?;
            Ok(Request::new(OPERATION, manager, |arguments| {
                arguments.moref("container", container);
                for kind in types {
                    arguments.text("type", kind);
                }
                arguments.value("recursive", recursive);
            }))
        };
        let (moref, session) = self
            .call(OPERATION, build, decode::create_container_view)
            .await?;
        Ok(ContainerView::new(moref, session.owner()))
    }

    /// Ends a view. If it ended before, alone or with its session, that is a success.
    ///
    /// # Errors
    /// [`Error::ForeignHandle`] when another client made the view; any other failure of the call.
    pub async fn destroy_view(&self, view: ContainerView) -> Result<(), Error> {
        const OPERATION: Operation = Operation::DESTROY_VIEW;
        let decode = |body: &[u8]| decode::void(body, OPERATION.name());
        self.destroy(OPERATION, view.moref(), view.owner(), decode)
            .await
    }

    /// Reads properties of many objects, page by page. Nothing is sent before the first page is
    /// asked for.
    ///
    /// `max_objects` bounds a page; the server may choose to send less.
    pub fn retrieve_properties(
        &self,
        spec: PropertyFilterSpec,
        max_objects: Option<NonZeroU32>,
    ) -> Retrieval {
        Retrieval::new(self.clone(), spec, max_objects)
    }

    /// The custom attributes that are defined. Their keys stay the same as long as the server is the same.
    ///
    /// # Errors
    /// Any failure of the call; [`Error::MissingManager`] where the server has no custom attributes;
    /// [`Error::MissingProperty`] when the list is withheld.
    pub async fn custom_fields(&self) -> Result<Vec<CustomField>, Error> {
        let manager = |content: &ServiceContent| content.custom_fields_manager.clone();
        let property = self
            .manager_property("CustomFieldsManager", manager, "field", &["field"])
            .await;
        match property {
            Ok(PropertyValue::CustomFields(fields)) => Ok(fields),
            // Unset where nothing is defined.
            Err(Error::MissingProperty { fault: None, .. }) => Ok(Vec::new()),
            Ok(_) => Err(self.missing_property(Operation::RETRIEVE_PROPERTIES, "field", None)),
            Err(error) => Err(error),
        }
    }

    /// A property of one of the server's managers.
    pub(super) async fn manager_property(
        &self,
        kind: &'static str,
        manager: fn(&ServiceContent) -> Option<MoRef>,
        property: &'static str,
        paths: &'static [&'static str],
    ) -> Result<PropertyValue, Error> {
        const OPERATION: Operation = Operation::RETRIEVE_PROPERTIES;
        let session = self.session().await?;
        let manager = manager(session.content());
        let manager = self.manager(OPERATION, kind, manager.as_ref())?.clone();
        let spec = PropertyFilterSpec {
            properties: vec![PropertySpec { kind, paths }],
            objects: ObjectSelection::Objects(vec![manager]),
        };
        let mut fault = None;
        if let Some(object) = self.retrieve_properties(spec, None).next().await? {
            let mut properties = object.properties.into_iter();
            if let Some(found) = properties.find(|found| &*found.name == property) {
                return Ok(found.value);
            }
            fault = object
                .missing
                .into_iter()
                .next()
                .map(|missing| missing.fault);
        }
        Err(self.missing_property(OPERATION, property, fault))
    }
}
