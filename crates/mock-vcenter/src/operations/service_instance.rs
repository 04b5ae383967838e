//! The service instance: what there is, and what time it is.

use super::call::Call;
use crate::properties;
use crate::soap::{Fields, SoapFault};
use crate::world::Kind;

/// `RetrieveServiceContent`, open to anybody.
pub(super) fn retrieve_content(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.on(Kind::ServiceInstance)?;
    out.push_str("<returnval>");
    properties::service_content(call.sight.world().seed(), &mut Fields::nested(out));
    out.push_str("</returnval>");
    Ok(())
}

/// `CurrentTime`.
pub(super) fn current_time(call: &Call<'_>, out: &mut String) -> Result<(), SoapFault> {
    call.authenticated()?;
    call.on(Kind::ServiceInstance)?;
    Fields::nested(out).time("returnval", call.sight.now);
    Ok(())
}
