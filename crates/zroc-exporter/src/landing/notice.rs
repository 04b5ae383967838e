//! What went wrong, and what to do about it.

use tokio::time::Instant;

use super::grid::{name, seconds};
use crate::printable::printable;
use crate::status::{Course, Trouble, VcenterStatus};

/// Something that went wrong, or that is not as it should be.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) is_warning: bool,
    pub(super) heading: String,
    /// When it concerns what was collected: since when nothing was.
    pub(super) since: String,
    /// What was said.
    pub(super) what: String,
    pub(super) cure: String,
}

/// All there is, the worst first.
pub(super) fn all(
    vcenters: &[VcenterStatus],
    now: Instant,
    reload_problem: Option<&str>,
) -> Vec<Notice> {
    let troubles = vcenters.iter().flat_map(|vcenter| {
        let course = vcenter.course(now);
        let troubles = vcenter.collection.troubles.iter();
        troubles.map(move |trouble| of(vcenter, course, trouble, now))
    });
    let overdue = vcenters.iter().filter_map(|it| overdue(it, now));
    let unverified = vcenters.iter().filter(|it| !it.tls_verified);
    let reload = reload_problem.map(not_reloaded);
    let mut all: Vec<Notice> = troubles.chain(overdue).chain(reload).collect();
    all.extend(unverified.map(certificate));
    all.sort_by_key(|notice| notice.is_warning);
    all
}

fn of(vcenter: &VcenterStatus, course: Course, trouble: &Trouble, now: Instant) -> Notice {
    let is_warning = course != Course::Failing;
    let since = match &vcenter.collection.last_success {
        _ if is_warning => String::new(),
        None => "No cycle has read values since the exporter was started.".to_owned(),
        Some(success) => {
            let age = now.saturating_duration_since(success.ended);
            let age = seconds(age.as_secs_f64().round());
            format!("The last cycle with values ended {age} ago.")
        }
    };
    let kind = trouble.kind.replace('_', " ");
    Notice {
        is_warning,
        heading: match trouble.operation {
            Some(operation) => format!("{}: {kind} in {operation}", name(vcenter)),
            None => format!("{}: {kind}", name(vcenter)),
        },
        since,
        what: printable(&trouble.what),
        cure: printable(trouble.cure.as_deref().unwrap_or_default()),
    }
}

fn overdue(vcenter: &VcenterStatus, now: Instant) -> Option<Notice> {
    (vcenter.course(now) == Course::Stale).then(|| Notice {
        is_warning: true,
        heading: format!("{}: no cycle has ended for three intervals", name(vcenter)),
        since: String::new(),
        what: "What /metrics shows is that old.".to_owned(),
        cure: "the log says what the cycle waits for; CYCLE_TIMEOUT bounds it".to_owned(),
    })
}

fn certificate(vcenter: &VcenterStatus) -> Notice {
    Notice {
        is_warning: true,
        heading: format!("{}: the certificate is not verified", name(vcenter)),
        since: String::new(),
        what: "Somebody between could read the password.".to_owned(),
        cure: "set VCENTER_THUMBPRINT, VCENTER_CA_FILE or VCENTER_SSL_VERIFY; zroc-exporter check shows the certificate"
            .to_owned(),
    }
}

fn not_reloaded(problem: &str) -> Notice {
    Notice {
        is_warning: true,
        heading: "the settings could not be read again".to_owned(),
        since: "Those before stay in force.".to_owned(),
        what: printable(problem),
        cure: String::new(),
    }
}
