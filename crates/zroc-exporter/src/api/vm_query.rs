//! Which VMs a client asks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use planner_core::collection::VcenterName;
use planner_core::inventory::filter::Pattern;
use planner_core::snapshot::SnapshotVm;
use planner_core::vm_state::VmState;

use super::error::ApiError;
use super::words::reasons;
use crate::status::VcenterStatus;

/// VMs on a page, unless the client says how many.
const DEFAULT_LIMIT: usize = 100;
/// Most VMs on a page.
const MOST: usize = 1_000;
/// Longest pattern, in bytes.
const LONGEST_PATTERN: usize = 256;

const PARAMETERS: [&str; 6] = ["state", "reason", "vcenter", "match", "limit", "next"];

/// Which VMs a client asks for, and from where on.
#[derive(Debug)]
pub struct VmQuery {
    state: Option<VmState>,
    reason: Option<String>,
    vcenter: Option<VcenterName>,
    pattern: Option<Pattern>,
    limit: usize,
    /// The place of a vCenter and the reference of its last VM that the client has.
    after: Option<(usize, String)>,
}

/// A VM among all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position<'p> {
    pub(super) vcenter: &'p str,
    pub(super) moref: &'p str,
}

impl Position<'_> {
    pub(super) fn token(self) -> String {
        let both = serde_json::Value::from(vec![self.vcenter, self.moref]);
        URL_SAFE_NO_PAD.encode(both.to_string())
    }
}

impl VmQuery {
    /// Reads the part of a URL behind `?`.
    ///
    /// # Errors
    /// Names the parameter that is unknown, given twice, or has a value that it cannot have.
    pub fn parse(query: &str, vcenters: &[VcenterStatus]) -> Result<Self, ApiError> {
        let mut parsed = Self {
            state: None,
            reason: None,
            vcenter: None,
            pattern: None,
            limit: DEFAULT_LIMIT,
            after: None,
        };
        let mut seen = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let known = PARAMETERS.into_iter().find(|it| *it == name);
            let Some(name) = known else {
                let all = PARAMETERS.join(", ");
                let fault = format!("there is no such parameter; there are {all}");
                return Err(ApiError::bad(&name, fault));
            };
            if seen.contains(&name) {
                return Err(ApiError::bad(name, "is given more than once"));
            }
            seen.push(name);
            let set = parsed.set(name, &value, vcenters);
            set.map_err(|fault| ApiError::bad(name, fault))?;
        }
        Ok(parsed)
    }

    fn set(&mut self, name: &str, value: &str, vcenters: &[VcenterStatus]) -> Result<(), String> {
        match name {
            "state" => self.state = Some(state(value)?),
            "reason" => self.reason = Some(reason(value)?),
            "vcenter" => self.vcenter = Some(vcenter(value, vcenters)?.1.clone()),
            "match" if value.len() > LONGEST_PATTERN => {
                return Err(format!("is longer than {LONGEST_PATTERN} bytes"));
            }
            "match" => self.pattern = Some(Pattern::new(value)),
            "limit" => self.limit = limit(value)?,
            _ => self.after = Some(after(value, vcenters)?),
        }
        Ok(())
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn wants_vcenter(&self, name: &VcenterName) -> bool {
        self.vcenter.as_ref().is_none_or(|wanted| wanted == name)
    }

    /// Whether a VM is wanted that is without fresh values for a reason of this kind.
    pub(super) fn wants_vm(&self, row: SnapshotVm<'_>, reason: Option<&str>) -> bool {
        let fits = |pattern: &Pattern| pattern.matches(&row.vm.name);
        self.state.is_none_or(|state| state == row.state)
            && self.reason.as_deref().is_none_or(|it| reason == Some(it))
            && self.pattern.as_ref().is_none_or(fits)
    }

    /// Whether the client has not seen this VM on a page before.
    pub(super) fn is_ahead(&self, vcenter: usize, moref: &str) -> bool {
        self.after
            .as_ref()
            .is_none_or(|(place, seen)| (vcenter, moref) > (*place, seen.as_str()))
    }
}

fn state(value: &str) -> Result<VmState, String> {
    let mut all = VmState::ALL.iter().copied();
    let found = all.find(|state| state.as_str() == value);
    found.ok_or_else(|| {
        let all: Vec<&str> = VmState::ALL.iter().map(|state| state.as_str()).collect();
        format!("{value:?} is not a state; states are {}", all.join(", "))
    })
}

fn reason(value: &str) -> Result<String, String> {
    if reasons().any(|reason| reason == value) {
        return Ok(value.to_owned());
    }
    Err(format!(
        "{value:?} is not a reason; /api/v1/openapi.json lists all"
    ))
}

fn vcenter<'v>(
    value: &str,
    vcenters: &'v [VcenterStatus],
) -> Result<(usize, &'v VcenterName), String> {
    let mut names = vcenters.iter().map(|vcenter| &vcenter.name).enumerate();
    let found = names.find(|(_, name)| name.as_str() == value);
    found.ok_or_else(|| format!("the settings name no vCenter {value:?}; /api/v1/status lists all"))
}

fn limit(value: &str) -> Result<usize, String> {
    let limit = value.parse().ok();
    limit
        .filter(|limit| (1..=MOST).contains(limit))
        .ok_or_else(|| format!("{value:?} is not a whole number from 1 to {MOST}"))
}

fn after(value: &str, vcenters: &[VcenterStatus]) -> Result<(usize, String), String> {
    let token = URL_SAFE_NO_PAD.decode(value).ok();
    let token = token.and_then(|token| serde_json::from_slice::<[String; 2]>(&token).ok());
    let [name, moref] = token.ok_or_else(|| "is not what an answer had as `next`".to_owned())?;
    let (place, _) = vcenter(&name, vcenters)
        .map_err(|_| format!("the settings no longer name {name:?}: begin with the first page"))?;
    Ok((place, moref))
}
