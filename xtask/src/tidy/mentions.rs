//! What a source file says of other modules: the paths it imports or names, and the modules it declares.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprLit, File, Item, ItemMod, ItemUse, Lit, Meta, MetaList, UseTree,
    VisRestricted,
};

/// A path that code names, such as `super::Thing`.
pub(super) struct Mention {
    /// The module whose code names it.
    pub(super) module: usize,
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
}

pub(super) struct Place {
    /// The modules between braces around it, from the outside.
    pub(super) inline_path: Vec<String>,
    pub(super) what: Found,
}

pub(super) enum Found {
    Path {
        segments: Vec<String>,
        line: usize,
    },
    /// `mod name;`
    ModuleFile {
        name: String,
        /// What `#[path = "..."]` gives.
        path: Option<String>,
    },
}

/// Everything of that kind in a file, except for what is compiled for unit tests only.
pub(super) fn find(file: &File) -> Vec<Place> {
    let mut finder = Finder::default();
    finder.visit_file(file);
    finder.places
}

#[derive(Default)]
struct Finder {
    inline_path: Vec<String>,
    places: Vec<Place>,
}

impl Finder {
    fn add(&mut self, what: Found) {
        self.places.push(Place {
            inline_path: self.inline_path.clone(),
            what,
        });
    }

    fn add_path(&mut self, segments: Vec<String>, line: usize) {
        self.add(Found::Path { segments, line });
    }

    fn add_use(&mut self, before: &[String], tree: &UseTree) {
        let extended = |ident: &syn::Ident| {
            let mut path = before.to_vec();
            path.push(ident.to_string());
            path
        };
        match tree {
            UseTree::Path(path) => self.add_use(&extended(&path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|it| self.add_use(before, it)),
            UseTree::Name(name) if name.ident == "self" => {
                self.add_path(before.to_vec(), line(&name.ident));
            }
            UseTree::Name(name) => self.add_path(extended(&name.ident), line(&name.ident)),
            UseTree::Rename(name) => self.add_path(extended(&name.ident), line(&name.ident)),
            UseTree::Glob(glob) => {
                let at = glob.star_token.spans.first();
                self.add_path(before.to_vec(), at.map_or(0, |span| span.start().line));
            }
        }
    }

    /// The paths in what a macro or an attribute is given: its grammar is its own, but paths look the same everywhere.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path = TokenPath::default();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if path.colons != 2 {
                        self.end_path(&mut path);
                    }
                    if path.segments.is_empty() {
                        path.line = line(&ident);
                    }
                    path.segments.push(ident.to_string());
                    path.colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => path.colons += 1,
                TokenTree::Group(group) => {
                    self.end_path(&mut path);
                    self.add_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => self.end_path(&mut path),
            }
        }
        self.end_path(&mut path);
    }

    fn end_path(&mut self, path: &mut TokenPath) {
        let TokenPath { segments, line, .. } = std::mem::take(path);
        if segments.len() > 1 {
            self.add_path(segments, line);
        }
    }
}

/// A path as far as it is read from tokens.
#[derive(Default)]
struct TokenPath {
    segments: Vec<String>,
    line: usize,
    /// After the last segment.
    colons: usize,
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item(&mut self, item: &'ast Item) {
        if !attributes(item).iter().any(is_for_tests) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let name = module.ident.to_string();
        match &module.content {
            Some((_, items)) => {
                self.inline_path.push(name);
                for item in items {
                    self.visit_item(item);
                }
                self.inline_path.pop();
            }
            None => self.add(Found::ModuleFile {
                name,
                path: module.attrs.iter().find_map(path_attribute),
            }),
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // With a leading `::` it names another crate.
        if item.leading_colon.is_none() {
            self.add_use(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let segments = path.segments.iter().map(|it| it.ident.to_string());
            let at = path.segments.first().map_or(0, |it| line(&it.ident));
            self.add_path(segments.collect(), at);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        visit::visit_macro(self, called);
        self.add_tokens(called.tokens.clone());
    }

    fn visit_meta_list(&mut self, attribute: &'ast MetaList) {
        self.add_tokens(attribute.tokens.clone());
    }

    /// Who may see an item says nothing of what the item needs.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}

fn line(ident: &syn::Ident) -> usize {
    ident.span().start().line
}

fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

/// The value of `#[path = "..."]`.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    let Expr::Lit(ExprLit {
        lit: Lit::Str(value),
        ..
    }) = &meta.value
    else {
        return None;
    };
    meta.path.is_ident("path").then(|| value.value())
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(syn::ItemConst { attrs, .. })
        | Item::Enum(syn::ItemEnum { attrs, .. })
        | Item::Fn(syn::ItemFn { attrs, .. })
        | Item::Impl(syn::ItemImpl { attrs, .. })
        | Item::Macro(syn::ItemMacro { attrs, .. })
        | Item::Mod(syn::ItemMod { attrs, .. })
        | Item::Static(syn::ItemStatic { attrs, .. })
        | Item::Struct(syn::ItemStruct { attrs, .. })
        | Item::Trait(syn::ItemTrait { attrs, .. })
        | Item::Type(syn::ItemType { attrs, .. })
        | Item::Use(syn::ItemUse { attrs, .. }) => attrs,
        _ => &[],
    }
}
