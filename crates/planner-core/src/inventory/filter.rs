//! Which VMs the operator wants to see.

use wildmatch::WildMatch;

/// A name with `*` for any characters and `?` for one; upper and lower case are the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern(WildMatch);

impl Pattern {
    /// Any text is a pattern.
    pub fn new(text: &str) -> Self {
        Self(WildMatch::new_case_insensitive(text))
    }

    /// Whether a name fits.
    pub fn matches(&self, name: &str) -> bool {
        self.0.matches(name)
    }
}

/// Patterns for one property of a VM.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// When there are any, one of them must fit.
    pub include: Vec<Pattern>,
    /// None of them may fit.
    pub exclude: Vec<Pattern>,
}

impl Selection {
    fn admits(&self, name: &str) -> bool {
        let fits = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
        (self.include.is_empty() || fits(&self.include)) && !fits(&self.exclude)
    }
}

/// What a VM is chosen by.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'v> {
    /// Display name.
    pub name: &'v str,
    /// Name of its cluster, or of its host's compute resource.
    pub cluster: &'v str,
    /// Name of its datacenter.
    pub datacenter: &'v str,
    /// Names of the VM folders from the datacenter down, joined by `/`; empty right below the datacenter.
    pub folder: &'v str,
}

/// The operator's choice of VMs. The default admits all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// By display name.
    pub names: Selection,
    /// By cluster.
    pub clusters: Selection,
    /// By datacenter.
    pub datacenters: Selection,
    /// By folder path.
    pub folders: Selection,
}

impl Filter {
    /// Whether a VM is wanted: all selections must admit it.
    pub fn admits(&self, vm: Candidate<'_>) -> bool {
        self.names.admits(vm.name)
            && self.clusters.admits(vm.cluster)
            && self.datacenters.admits(vm.datacenter)
            && self.folders.admits(vm.folder)
    }
}
