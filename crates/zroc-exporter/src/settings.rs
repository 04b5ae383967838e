//! Settings: gathered once from flags, environment and file, checked all together, then only passed along.

mod collection;
mod effective;
mod example;
mod file;
mod given;
mod history;
mod http;
mod layer_counts;
mod layers;
mod log;
mod nearest;
mod origin;
mod parse;
mod password;
mod problem;
mod reference;
mod schema;
mod setting;
mod table;
mod toml_value;
mod values;
mod vcenter;

use std::collections::BTreeSet;
use std::time::Duration;

use planner_core::inventory::filter::Filter;

use self::table::{NAME, STATE_FILE, VCENTER_LABEL};
use self::values::{Checked, Values};
use crate::state_file::end_of_links;

pub use self::collection::CollectionSettings;
pub use self::effective::{Effective, LineInForce, TableInForce};
pub use self::example::example;
pub use self::given::Given;
pub use self::history::HistorySettings;
pub use self::http::{HttpSettings, ListenAddress};
pub use self::layer_counts::LayerCounts;
pub use self::layers::Layers;
pub use self::log::{LogFormat, LogSettings};
pub use self::nearest::UnknownVariable;
pub use self::origin::{Origin, Place};
pub use self::password::{Oddity, Password};
pub use self::problem::{Problem, SettingsError};
pub use self::reference::reference;
pub use self::schema::schema;
pub use self::setting::{Form, Section, Setting};
pub use self::table::SETTINGS;
pub use self::vcenter::VcenterSettings;

/// All settings of the exporter, valid.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The vCenters to read from: at least one, and no two with the same name or the same file of totals.
    pub vcenters: Vec<VcenterSettings>,
    /// Whether series say which vCenter they are from.
    pub labelled: bool,
    /// Where to listen.
    pub http: HttpSettings,
    /// What to log.
    pub log: LogSettings,
    /// Environment variables that were probably meant to be settings.
    pub unknown_variables: Vec<UnknownVariable>,
}

impl Settings {
    /// Reads all settings, the file among them, and checks them. Blocks as long as the files that settings name do.
    ///
    /// # Errors
    /// Lists everything that cannot be used.
    pub fn load(given: Given) -> Result<Self, SettingsError> {
        Self::of(&Layers::gather(given))
    }

    /// Reads all settings for a command that does its work once: without a pause between queries unless `BATCH_DELAY` is
    /// given, and without totals and history, which belong to the exporter that runs all day. Blocks like
    /// [`load`](Self::load).
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn load_once(given: Given) -> Result<Self, SettingsError> {
        let layers = Layers::gather(given);
        Ok(Self::of(&layers)?.for_once(&layers))
    }

    /// The same for a command that does its work once, as [`load_once`](Self::load_once) reads them.
    #[must_use]
    pub fn for_once(mut self, layers: &Layers) -> Self {
        for (index, vcenter) in self.vcenters.iter_mut().enumerate() {
            let collection = &mut vcenter.collection;
            if !layers.gives_batch_delay(index) {
                collection.batch_delay = Duration::ZERO;
            }
            collection.state_file = None;
            collection.history = None;
        }
        self
    }

    /// Checks settings that are already gathered.
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn of(layers: &Layers) -> Result<Self, SettingsError> {
        Values::check(layers, layers.file_problems(), Self::read)
    }

    fn read(values: &mut Values<'_>) -> Checked<Self> {
        let vcenters = vcenters(values);
        let labelled = labelled(values);
        let http = HttpSettings::read_with_web_config(values);
        let log = LogSettings::read(values);
        Ok(Self {
            vcenters: vcenters?,
            labelled: labelled?,
            http: http?,
            log: log?,
            unknown_variables: values.layers().unknown_variables(),
        })
    }
}

impl HttpSettings {
    /// Reads only where the exporter listens, for commands that need nothing else.
    ///
    /// # Errors
    /// Lists what is wrong with these settings, and why the file cannot be understood. The web config file is not looked at.
    pub fn load(given: Given) -> Result<Self, SettingsError> {
        let layers = Layers::gather(given);
        let problems = if layers.is_file_whole() {
            &[]
        } else {
            layers.file_problems()
        };
        Values::check(&layers, problems, Self::read)
    }
}

/// Reads only which VMs to observe, of each vCenter, for commands that ask none.
///
/// # Errors
/// Lists what is wrong with these settings and with the form of the file.
pub fn filters(given: Given) -> Result<Vec<Filter>, SettingsError> {
    let layers = Layers::gather(given);
    Values::check(&layers, layers.file_problems(), |values| {
        let Some(count) = values.layers().vcenters() else {
            return Ok(vec![collection::filter(values)?]);
        };
        let filters: Vec<_> = (0..count)
            .map(|index| values.of_vcenter(index, collection::filter))
            .collect();
        filters.into_iter().collect()
    })
}

fn vcenters(values: &mut Values<'_>) -> Checked<Vec<VcenterSettings>> {
    let Some(count) = values.layers().vcenters() else {
        return Ok(vec![VcenterSettings::read(values)?]);
    };
    let apart = refuse_beside_tables(values);
    let vcenters: Vec<_> = (0..count)
        .map(|index| values.of_vcenter(index, VcenterSettings::read))
        .collect();
    let vcenters: Vec<VcenterSettings> = vcenters.into_iter().collect::<Checked<_>>()?;
    let mut names = BTreeSet::new();
    let mut state_files = BTreeSet::new();
    let mut unique = apart;
    for (index, vcenter) in vcenters.iter().enumerate() {
        unique = unique.and(values.of_vcenter(index, |values| {
            if !names.insert(vcenter.name.clone()) {
                let name = vcenter.name.as_str();
                return values.refuse(&NAME, format!("is {name:?}, like another `[[vcenter]]`"));
            }
            let Some(file) = &vcenter.collection.state_file else {
                return Ok(());
            };
            let path = file.path();
            let target = end_of_links(path).unwrap_or_else(|_| path.to_owned());
            if state_files.insert(target) {
                return Ok(());
            }
            let path = path.display().to_string();
            let fault = format!("is {path:?}, where another `[[vcenter]]` keeps its totals");
            values.refuse(&STATE_FILE, fault)
        }));
    }
    unique.map(|()| vcenters)
}

/// Flags and variables about one vCenter cannot be meant for one of several.
fn refuse_beside_tables(values: &mut Values<'_>) -> Checked<()> {
    let given = SETTINGS
        .iter()
        .filter(|setting| setting.is_of_one_vcenter());
    let mut apart = Ok(());
    for setting in given {
        if values.layers().find_outside(setting).is_some() {
            let fault = "is given beside `[[vcenter]]`: put it into the file, or take it away";
            apart = apart.and(values.refuse_alone(setting, fault));
        }
    }
    apart
}

fn labelled(values: &mut Values<'_>) -> Checked<bool> {
    let asked_for = values.required(&VCENTER_LABEL, parse::switch)?;
    let has_tables = values.layers().vcenters().is_some();
    if has_tables && !asked_for && values.origin(&VCENTER_LABEL) > Some(Origin::Default) {
        let fault = "is false, but with `[[vcenter]]` series need the label";
        return values.refuse_alone(&VCENTER_LABEL, fault);
    }
    Ok(asked_for || has_tables)
}
