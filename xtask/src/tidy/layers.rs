//! Which module of zroc-exporter may import which.

mod table;

use std::collections::BTreeSet;
use std::path::Path;

use self::table::{FILE, LAYERS};
use super::file_graph::{Edge, FileGraph, Import};

/// The crate with these layers.
pub(super) const CRATE: &str = "zroc-exporter";

/// These put the layers together, so they may import from all of them. So may the root of the crate.
const ON_TOP: [&str; 1] = ["serve"];

/// Where a module belongs.
enum Layer<'m> {
    Top,
    Row {
        name: &'static str,
        allowed: &'static [&'static str],
    },
    /// In no row; its outermost module.
    None(&'m str),
}

pub(super) fn problems(graph: &FileGraph, root: &Path) -> BTreeSet<String> {
    graph
        .edges()
        .filter_map(|edge| problem(&edge, root))
        .collect()
}

fn problem(edge: &Edge<'_>, root: &Path) -> Option<String> {
    let Import {
        line,
        path,
        from_module,
        to_module,
    } = edge.import;
    let (name, allowed, target) = match (layer(from_module), layer(to_module)) {
        (Layer::None(module), _) | (_, Layer::None(module)) => {
            return Some(format!(
                "{CRATE}: the module {module} is in no layer: add it to the list in {FILE}"
            ));
        }
        (Layer::Top, _) => return None,
        (Layer::Row { name, allowed }, Layer::Row { name: target, .. }) => (name, allowed, target),
        (Layer::Row { name, allowed }, Layer::Top) => (name, allowed, "the top layer"),
    };
    let file = edge.from.strip_prefix(root).unwrap_or(edge.from);
    (target != name && !allowed.contains(&target)).then(|| {
        format!(
            "{}:{line}: {name} must not import {path}, which is in {target}: move what both need to a layer below \
             {name}, or let a layer above pass the value as an argument ({FILE} lists who may import whom)",
            file.display()
        )
    })
}

fn layer(module: &[String]) -> Layer<'_> {
    let Some(outermost) = module.first() else {
        return Layer::Top;
    };
    if ON_TOP.contains(&&**outermost) {
        return Layer::Top;
    }
    let applies = |name: &str| {
        let mut rest = module.iter();
        name.split("::")
            .all(|part| rest.next().is_some_and(|it| it == part))
    };
    let rows = LAYERS.iter().copied().filter(|(name, _)| applies(name));
    match rows.max_by_key(|(name, _)| name.len()) {
        Some((name, allowed)) => Layer::Row { name, allowed },
        None => Layer::None(outermost),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{LAYERS, problems};
    use crate::tidy::file_graph::FileGraph;
    use crate::tidy::module_tree::ModuleTree;

    /// What the layers forbid in a crate whose modules are a vcenter with a catalogue, the settings, http with its
    /// `web_config`, and one that is in no layer. One of them has this code.
    fn found(file: &str, code: &str) -> Vec<String> {
        let read = |path: &Path| {
            let declarations = match path.to_str()? {
                "src/lib.rs" => "mod vcenter; mod settings; mod http; mod serve; mod novelty;",
                "src/vcenter.rs" => "mod catalogue;",
                "src/http.rs" => "mod web_config;",
                "src/vcenter/catalogue.rs"
                | "src/settings.rs"
                | "src/http/web_config.rs"
                | "src/serve.rs"
                | "src/novelty.rs" => "",
                _ => return None,
            };
            let is_meant = path == Path::new("src").join(file);
            Some(format!(
                "{declarations}\n{}",
                if is_meant { code } else { "" }
            ))
        };
        let tree = ModuleTree::read(Path::new("src/lib.rs"), &read).expect("a crate");
        Vec::from_iter(problems(&FileGraph::new(tree), Path::new("src")))
    }

    #[test]
    fn a_row_names_only_rows_before_it() {
        for (number, (name, allowed)) in LAYERS.iter().enumerate() {
            for below in *allowed {
                let position = LAYERS.iter().position(|(it, _)| it == below);
                assert!(position.is_some_and(|it| it < number), "{name}: {below}");
            }
        }
    }

    #[test]
    fn what_is_allowed_goes_unnoticed() {
        for (file, code) in [
            ("vcenter/catalogue.rs", "use crate::settings::Settings;"),
            ("vcenter/catalogue.rs", "use super::Vcenter;"),
            ("settings.rs", "use crate::http::web_config::WebConfig;"),
            ("http.rs", "use self::web_config::WebConfig;"),
            ("serve.rs", "use crate::{http::serve, vcenter};"),
            ("lib.rs", "pub use http::serve;"),
        ] {
            assert_eq!(found(file, code), [""; 0], "{file}: {code}");
        }
    }

    #[test]
    fn the_gateway_must_not_know_http() {
        let found = found("vcenter/catalogue.rs", "use crate::http::Page;");
        let [text] = &found[..] else {
            panic!("{found:?}");
        };
        assert!(
            text.starts_with(
                "vcenter/catalogue.rs:2: vcenter must not import crate::http::Page, which is in http: move"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_module_inside_another_can_be_a_layer_of_its_own() {
        assert_eq!(found("settings.rs", "use crate::http::Page;").len(), 1);
        assert_eq!(
            found("http/web_config.rs", "use crate::settings::Settings;").len(),
            1
        );
        assert_eq!(found("http/web_config.rs", "use super::Page;").len(), 1);
    }

    #[test]
    fn nothing_imports_from_the_top() {
        for code in ["use crate::serve::run;", "use crate::Anything;"] {
            let found = found("settings.rs", code);
            assert!(
                found[0].contains("which is in the top layer: move"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_module_in_no_layer_is_named_once() {
        let expected = "zroc-exporter: the module novelty is in no layer: add it";
        for (file, code) in [
            ("novelty.rs", "use crate::{settings::Settings, http::Page};"),
            ("settings.rs", "use crate::novelty::Thing;"),
            ("serve.rs", "use crate::novelty::Thing;"),
        ] {
            let found = found(file, code);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(expected), "{found:?}");
        }
    }
}
