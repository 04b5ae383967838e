//! No file of a crate may import from itself by way of others.

use std::fmt::Write as _;
use std::path::Path;

use super::file_graph::{Edge, FileGraph};

/// A problem for each circle of a crate. `name` says which crate.
pub(super) fn problems(name: &str, graph: &FileGraph, root: &Path) -> Vec<String> {
    let circles = graph.circles();
    let problem = |circle: &Vec<Edge<'_>>| problem(name, circle, root);
    circles.iter().map(problem).collect()
}

fn problem(name: &str, circle: &[Edge<'_>], root: &Path) -> String {
    let shown = |file: &Path| {
        file.strip_prefix(root)
            .unwrap_or(file)
            .display()
            .to_string()
    };
    let mut text = format!(
        "{name}: {} files import each other in a circle\n",
        circle.len()
    );
    for Edge { from, to, import } in circle {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  {}:{} imports {}, which is in {}",
            shown(from),
            import.line,
            import.path,
            shown(to)
        );
    }
    text + "  open it at one of these lines: import from the file that defines the item, move the item to a file of its \
            own, or pass the value as an argument"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::problems;
    use crate::tidy::file_graph::FileGraph;
    use crate::tidy::module_tree::ModuleTree;

    /// The circles of a crate with these files.
    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let files: BTreeMap<&Path, &str> = files
            .iter()
            .map(|(name, text)| (Path::new(name), *text))
            .collect();
        let read = |path: &Path| files.get(path).map(|text| (*text).to_owned());
        let tree = ModuleTree::read(Path::new("src/lib.rs"), &read).expect("a crate");
        problems("shop", &FileGraph::new(tree), Path::new("src"))
    }

    /// What is wrong with a crate of two modules, a and b.
    fn circles_of_two(a: &str, b: &str) -> Vec<String> {
        circles(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", a),
            ("src/b.rs", b),
        ])
    }

    #[test]
    fn imports_in_one_direction_make_no_circle() {
        let found = circles(&[
            (
                "src/lib.rs",
                "mod a; mod b; mod c; pub use a::A; pub use c::C;",
            ),
            (
                "src/a.rs",
                "use crate::b::B; use crate::c::C; pub struct A(B, C);",
            ),
            ("src/b.rs", "use super::c::C; pub struct B(C);"),
            ("src/c.rs", "use std::fmt; pub struct C;"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn two_files_that_import_each_other_are_named_with_their_lines() {
        let found = circles_of_two("use std::fmt;\nuse crate::b::B;", "\n\nuse crate::a::A;");
        let [text] = &found[..] else {
            panic!("{found:?}");
        };
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "shop: 2 files import each other in a circle");
        assert!(
            lines.contains(&"  a.rs:2 imports crate::b::B, which is in b.rs"),
            "{text}"
        );
        assert!(
            lines.contains(&"  b.rs:3 imports crate::a::A, which is in a.rs"),
            "{text}"
        );
        assert!(
            text.contains("move the item to a file of its own"),
            "{text}"
        );
    }

    #[test]
    fn three_files_can_make_a_circle() {
        let found = circles(&[
            ("src/lib.rs", "mod a; mod b; mod c;"),
            ("src/a.rs", "use crate::b::{self, B};"),
            ("src/b.rs", "use crate::{c::{C as Renamed}};"),
            ("src/c.rs", "use crate::a::*;"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("shop: 3 files"), "{found:?}");
    }

    #[test]
    fn each_circle_is_reported_and_a_longer_way_round_is_not() {
        let found = circles(&[
            ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
            ("src/a.rs", "use crate::b::B;"),
            ("src/b.rs", "use crate::{a::A, c::C};"),
            ("src/c.rs", "use crate::{a::A, d::D};"),
            ("src/d.rs", "use crate::c::C;"),
        ]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_child_that_imports_what_its_parent_declares_makes_one_with_a_parent_that_uses_the_child() {
        let child = ("src/a/child.rs", "use super::A; pub struct Part(A);");
        let uses = "mod child; pub use self::child::Part; pub struct A;";
        let calls = "mod child; pub struct A; fn f() { child::part() }";
        let only_declares = "mod child; pub struct A;";
        for (parent, expected) in [(uses, 1), (calls, 1), (only_declares, 0)] {
            let found = circles(&[("src/lib.rs", "mod a;"), ("src/a.rs", parent), child]);
            assert_eq!(found.len(), expected, "{parent}: {found:?}");
        }
    }

    #[test]
    fn what_is_reexported_counts_as_the_file_that_reexports_it() {
        let found = circles(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "mod x; pub use self::x::Y;"),
            ("src/a/x.rs", "use crate::b::B; pub struct Y(B);"),
            ("src/b.rs", "use crate::a::Y;"),
        ]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("b.rs:1 imports crate::a::Y, which is in a.rs"),
            "{found:?}"
        );
        assert!(found[0].starts_with("shop: 3 files"), "{found:?}");
    }

    #[test]
    fn siblings_that_import_each_other_by_super_make_a_circle() {
        let found = circles_of_two("use super::b::B;", "use super::{a::A};");
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn paths_in_code_in_macros_and_in_attributes_count() {
        for code in [
            "fn f() -> crate::b::B { todo() }",
            "fn f() { let b = crate::b::B::new(); }",
            "fn f() { use crate::b::B; }",
            "fn f() { println!(\"{}\", 1 + crate::b::number()); }",
            "impl<T> crate::b::Trait for Vec<T> {}",
            "#[derive(crate::b::Derived)] struct A;",
            "macro_rules! m { () => { $crate::b::B } }",
        ] {
            let found = circles_of_two(code, "use crate::a::A;");
            assert_eq!(found.len(), 1, "{code}");
        }
    }

    #[test]
    fn visibility_and_other_crates_do_not_count() {
        for code in [
            "pub(in crate::b) struct A;",
            "use b::B;",
            "use ::b::B;",
            "fn f() { b::go() }",
            "/// Like [`crate::b::B`].\nstruct A;",
            "fn f() -> &'static str { \"crate::b::B\" }",
        ] {
            let found = circles_of_two(code, "use crate::a::A;");
            assert_eq!(found, [""; 0], "{code}");
        }
    }

    #[test]
    fn unit_tests_may_import_what_they_like() {
        for code in [
            "#[cfg(test)] mod tests { use super::*; use crate::b::B; }",
            "#[cfg(test)] use crate::b::B;",
            "#[cfg(test)] mod missing;",
            "mod inline { use super::A; use super::super::a::A as Same; }",
        ] {
            let found = circles_of_two(code, "use crate::a::A;");
            assert_eq!(found, [""; 0], "{code}");
        }
    }

    #[test]
    fn modules_in_other_places_are_found() {
        let found = circles(&[
            (
                "src/lib.rs",
                "#[path = \"elsewhere/q.rs\"] mod q; mod a { pub mod b; }",
            ),
            ("src/elsewhere/q.rs", "mod beside; use crate::a::b::B;"),
            ("src/elsewhere/beside.rs", ""),
            ("src/a/b.rs", "use crate::q::Q; mod folder;"),
            ("src/a/b/folder/mod.rs", "mod leaf;"),
            ("src/a/b/folder/leaf.rs", "use crate::q;"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
