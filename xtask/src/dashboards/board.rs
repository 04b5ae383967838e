//! A dashboard, in the form that Grafana 10 imports.

use serde_json::{Value, json};

/// Grafana's grid is this wide.
const WIDTH: u64 = 24;
/// Which series of the exporter's own a panel shows.
pub(super) const OF_EXPORTER: &str = r#"job=~"$job", instance=~"$instance", vcenter=~"$vcenter""#;
/// Which series of VMs.
pub(super) const OF_VMS: &str = r#"job=~"$job", instance=~"$instance", vcenter=~"$vcenter", datacenter=~"$datacenter", cluster=~"$cluster""#;
/// What stands for a variable of which everything is chosen; for a label that may be missing, also nothing.
const ALL: &str = ".+";
const ALL_OR_NONE: &str = ".*";

/// A dashboard.
pub(crate) struct Board {
    uid: &'static str,
    title: &'static str,
    description: &'static str,
    variables: Vec<Variable>,
    panels: Vec<Value>,
    /// Where the next panel is placed.
    at: (u64, u64),
    row_height: u64,
    /// What the panels ask.
    queries: Vec<String>,
}

/// What a user chooses from.
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    /// The metric whose label has this name, and what is chosen already.
    pub(super) of: &'static str,
    pub(super) may_be_missing: bool,
}

/// A panel.
pub(super) struct Panel {
    pub(super) kind: Kind,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    /// Grafana's name of it.
    pub(super) unit: &'static str,
    /// Width and height on the grid.
    pub(super) size: (u64, u64),
    /// Expressions, and what their series are called.
    pub(super) queries: Vec<(String, &'static str)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Stat,
    Lines,
    /// Lines on top of each other.
    Stack,
    Table,
}

impl Board {
    pub(super) fn new(uid: &'static str, title: &'static str, description: &'static str) -> Self {
        Self {
            uid,
            title,
            description,
            variables: vec![
                Variable {
                    name: "job",
                    label: "Job",
                    of: "vcenter_up",
                    may_be_missing: false,
                },
                Variable {
                    name: "instance",
                    label: "Exporter",
                    of: r#"vcenter_up{job=~"$job"}"#,
                    may_be_missing: false,
                },
                Variable {
                    name: "vcenter",
                    label: "vCenter",
                    of: r#"vcenter_up{job=~"$job", instance=~"$instance"}"#,
                    may_be_missing: true,
                },
            ],
            panels: Vec::new(),
            at: (0, 0),
            row_height: 0,
            queries: Vec::new(),
        }
    }

    pub(super) fn variable(mut self, variable: Variable) -> Self {
        self.variables.push(variable);
        self
    }

    /// Adds a row of panels with a heading.
    pub(super) fn row(
        mut self,
        title: &'static str,
        panels: impl IntoIterator<Item = Panel>,
    ) -> Self {
        let y = self.at.1 + self.row_height;
        let id = self.panels.len() + 1;
        self.panels.push(json!({
            "id": id, "type": "row", "title": title, "collapsed": false, "panels": [],
            "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": y},
        }));
        self.at = (0, y + 1);
        self.row_height = 0;
        for panel in panels {
            self.add(&panel);
        }
        self
    }

    /// Adds a panel beside the last one, or below if there is no room.
    fn add(&mut self, panel: &Panel) {
        let (width, height) = panel.size;
        if self.at.0 + width > WIDTH {
            self.at = (0, self.at.1 + self.row_height);
            self.row_height = 0;
        }
        let (x, y) = self.at;
        self.at.0 += width;
        self.row_height = self.row_height.max(height);
        let id = self.panels.len() + 1;
        let place = json!({"h": height, "w": width, "x": x, "y": y});
        self.queries
            .extend(panel.queries.iter().map(|(query, _)| query.clone()));
        self.panels.push(panel.json(id, &place));
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}.json", self.uid)
    }

    /// The expressions of all panels.
    pub(crate) fn queries(&self) -> &[String] {
        &self.queries
    }

    pub(crate) fn json(&self) -> String {
        let mut variables = vec![json!({
            "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
            "current": {}, "hide": 0, "includeAll": false, "multi": false, "refresh": 1,
        })];
        variables.extend(self.variables.iter().map(Variable::json));
        let board = json!({
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["zroc", "vmware", "zerto"],
            "schemaVersion": 39,
            "version": 1,
            "editable": false,
            "timezone": "browser",
            "refresh": "1m",
            "graphTooltip": 1,
            "time": {"from": "now-24h", "to": "now"},
            "templating": {"list": variables},
            "annotations": {"list": []},
            "links": [{
                "title": "zroc-exporter", "type": "dashboards", "tags": ["zroc"], "asDropdown": true,
                "includeVars": true, "keepTime": true, "icon": "external link", "targetBlank": false,
                "tooltip": "", "url": "",
            }],
            "panels": self.panels,
        });
        format!("{board:#}\n")
    }
}

impl Variable {
    fn json(&self) -> Value {
        let query = format!("label_values({}, {})", self.of, self.name);
        let all = if self.may_be_missing {
            ALL_OR_NONE
        } else {
            ALL
        };
        json!({
            "name": self.name,
            "label": self.label,
            "type": "query",
            "datasource": data_source(),
            "query": {"query": query, "refId": "A"},
            "definition": query,
            "includeAll": true,
            "allValue": all,
            "multi": true,
            "refresh": 2,
            "sort": 1,
            "current": {"text": "All", "value": "$__all"},
        })
    }
}

impl Panel {
    fn json(&self, id: usize, place: &Value) -> Value {
        let is_table = self.kind == Kind::Table;
        let targets = self.queries.iter().zip('A'..='Z');
        let targets: Vec<Value> = targets
            .map(|((query, name), letter)| {
                json!({
                    "refId": letter.to_string(),
                    "datasource": data_source(),
                    "expr": query,
                    "legendFormat": name,
                    // Data sources that claim another scrape interval than ours make rate windows too short otherwise.
                    "interval": "1m",
                    "instant": is_table,
                    "range": !is_table,
                    "format": if is_table { "table" } else { "time_series" },
                })
            })
            .collect();
        let custom = match self.kind {
            Kind::Lines => json!({"fillOpacity": 0, "lineWidth": 1, "showPoints": "never"}),
            Kind::Stack => json!({
                "fillOpacity": 20, "lineWidth": 1, "showPoints": "never", "stacking": {"mode": "normal", "group": "A"},
            }),
            Kind::Stat | Kind::Table => json!({}),
        };
        let options = match self.kind {
            Kind::Stat => json!({
                "colorMode": "none", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
            }),
            Kind::Lines | Kind::Stack => json!({
                "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["mean", "max"], "showLegend": true},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Kind::Table => {
                json!({"showHeader": true, "sortBy": [{"displayName": "Value", "desc": true}]})
            }
        };
        let mut panel = json!({
            "id": id,
            "type": match self.kind {
                Kind::Stat => "stat",
                Kind::Lines | Kind::Stack => "timeseries",
                Kind::Table => "table",
            },
            "title": self.title,
            "description": self.description,
            "datasource": data_source(),
            "gridPos": place,
            "fieldConfig": {"defaults": {"unit": self.unit, "custom": custom}, "overrides": []},
            "options": options,
            "targets": targets,
        });
        if is_table && let Some(panel) = panel.as_object_mut() {
            let hidden = json!({"excludeByName": {"Time": true, "job": true, "instance": true}});
            let transformations = json!([{"id": "organize", "options": hidden}]);
            panel.insert("transformations".to_owned(), transformations);
        }
        panel
    }
}

fn data_source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}
