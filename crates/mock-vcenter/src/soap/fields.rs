//! Writes the fields of a data object, either all of them or the one that a property path names.
//!
//! Each structure is described once, as a sequence of calls on [`Fields`]; whether `runtime` as a
//! whole, `runtime.host` or every property is wanted is decided here.

use std::fmt::{Display, Write};
use std::ops::Range;

use super::xml::escape;

/// Where the fields of one structure go.
pub(crate) struct Fields<'a> {
    out: &'a mut String,
    mode: Mode<'a>,
}

enum Mode<'a> {
    /// Every field, as a child element.
    Nested,
    /// The field at the end of a path, as the element of a property value.
    Select {
        path: &'a str,
        element: &'a str,
        found: Found,
    },
    /// Every field as a property value, with what became of it and where in the text it is.
    Each(Vec<Property>),
}

/// One property of an object: its name, what became of it and where its value is.
pub(crate) type Property = (String, Found, Range<usize>);

/// What became of a property path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The type has no such property.
    Unknown,
    /// It has, but this object has no value there.
    Unset,
    /// A structure that holds it is unset on this object.
    UnsetAbove,
    /// Written.
    Set,
    /// The account may not read it.
    Withheld,
}

/// How a field that is wanted is to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Child,
    Value,
    /// Only something inside it is wanted.
    Inside,
}

impl<'a> Fields<'a> {
    /// Writes only what `path` names, as `<element xsi:type=..>`, and says what became of it.
    pub(crate) fn select(
        out: &mut String,
        path: &str,
        element: &str,
        describe: impl FnOnce(&mut Fields<'_>),
    ) -> Found {
        let mode = Mode::Select {
            path,
            element,
            found: Found::Unknown,
        };
        let mut fields = Fields { out, mode };
        describe(&mut fields);
        match fields.mode {
            Mode::Select { found, .. } => found,
            Mode::Nested | Mode::Each(_) => Found::Unknown,
        }
    }

    /// Writes every field as `<val xsi:type=..>` and says what became of each.
    pub(crate) fn each(out: &mut String, describe: impl FnOnce(&mut Fields<'_>)) -> Vec<Property> {
        let mode = Mode::Each(Vec::new());
        let mut fields = Fields { out, mode };
        describe(&mut fields);
        match fields.mode {
            Mode::Each(all) => all,
            Mode::Nested | Mode::Select { .. } => Vec::new(),
        }
    }

    /// Writes every field as a child of an element that the caller has opened.
    pub(crate) fn nested(out: &'a mut String) -> Self {
        Self {
            out,
            mode: Mode::Nested,
        }
    }

    /// Whether a field would be written or marked, for those that are dear to work out.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.enter(name).is_some()
    }

    pub(crate) fn string(&mut self, name: &str, text: &str) {
        self.simple(name, "xsd:string", |out| escape(out, text));
    }

    /// A value of an enumerated type.
    pub(crate) fn enumeration(&mut self, name: &str, type_name: &str, value: &str) {
        self.simple(name, type_name, |out| out.push_str(value));
    }

    pub(crate) fn boolean(&mut self, name: &str, value: bool) {
        self.simple(name, "xsd:boolean", |out| {
            out.push_str(if value { "true" } else { "false" });
        });
    }

    pub(crate) fn int(&mut self, name: &str, value: u32) {
        self.simple(name, "xsd:int", |out| number(out, value));
    }

    pub(crate) fn long(&mut self, name: &str, value: impl Display) {
        self.simple(name, "xsd:long", |out| number(out, value));
    }

    /// A moment, in whole seconds unless the timestamp has a fraction.
    pub(crate) fn time(&mut self, name: &str, at: jiff::Timestamp) {
        self.simple(name, "xsd:dateTime", |out| number(out, at));
    }

    /// A reference to a managed object.
    pub(crate) fn reference(&mut self, name: &str, kind: &str, moref: &str) {
        let Some(form) = self.enter(name) else { return };
        match form {
            Form::Child => super::xml::reference(self.out, name, kind, moref),
            Form::Value => self.value(name, |out, element| {
                open_reference(out, element, kind);
                out.push_str(moref);
                close(out, element);
            }),
            Form::Inside => {}
        }
    }

    /// A list of references, each a kind and a moref.
    pub(crate) fn references(
        &mut self,
        name: &str,
        all: impl IntoIterator<Item = (&'static str, String)>,
    ) {
        self.list(name, "ManagedObjectReference", |items| {
            for (kind, moref) in all {
                if items.typed {
                    open_reference(items.out, items.element, kind);
                    items.out.push_str(&moref);
                    close(items.out, items.element);
                } else {
                    super::xml::reference(items.out, items.element, kind, &moref);
                }
            }
        });
    }

    /// A structure inside this one, whose actual type is its declared type.
    pub(crate) fn data(
        &mut self,
        name: &str,
        type_name: &str,
        describe: impl FnOnce(&mut Fields<'_>),
    ) {
        self.derived(name, type_name, false, describe);
    }

    /// A structure whose declared type is an ancestor of `type_name`, so the type is spelt out.
    pub(crate) fn subtype(
        &mut self,
        name: &str,
        type_name: &str,
        describe: impl FnOnce(&mut Fields<'_>),
    ) {
        self.derived(name, type_name, true, describe);
    }

    fn derived(
        &mut self,
        name: &str,
        type_name: &str,
        typed: bool,
        describe: impl FnOnce(&mut Fields<'_>),
    ) {
        let Some(form) = self.enter(name) else { return };
        match form {
            Form::Child => {
                open(self.out, name, typed.then_some(type_name));
                describe(&mut Fields::nested(self.out));
                close(self.out, name);
            }
            Form::Value => self.value(name, |out, element| {
                open(out, element, Some(type_name));
                describe(&mut Fields::nested(out));
                close(out, element);
            }),
            Form::Inside => {
                if let Mode::Select {
                    path,
                    element,
                    found,
                } = &mut self.mode
                {
                    let rest = path.get(name.len() + 1..).unwrap_or_default();
                    *found = Fields::select(self.out, rest, element, describe);
                }
            }
        }
    }

    /// A list of strings. As a property value its type is `ArrayOfString`, its items are `string`.
    pub(crate) fn strings<'t>(&mut self, name: &str, all: impl Iterator<Item = &'t str>) {
        let write = |out: &mut String, element: &str| {
            for text in all {
                open(out, element, None);
                escape(out, text);
                close(out, element);
            }
        };
        match self.enter(name) {
            Some(Form::Child) => write(self.out, name),
            Some(Form::Value) => self.value(name, |out, element| {
                open(out, element, Some("ArrayOfString"));
                write(out, "string");
                close(out, element);
            }),
            Some(Form::Inside) | None => {}
        }
    }

    /// A list of structures declared as `item_type`.
    pub(crate) fn list(
        &mut self,
        name: &str,
        item_type: &str,
        describe: impl FnOnce(&mut Items<'_>),
    ) {
        let Some(form) = self.enter(name) else { return };
        match form {
            Form::Child => describe(&mut Items {
                out: self.out,
                element: name,
                declared: item_type,
                typed: false,
            }),
            Form::Value => self.value(name, |out, element| {
                out.push('<');
                out.push_str(element);
                out.push_str(" xsi:type=\"ArrayOf");
                out.push_str(item_type);
                out.push_str("\">");
                let declared = item_type;
                describe(&mut Items {
                    out,
                    element: item_type,
                    declared,
                    typed: true,
                });
                close(out, element);
            }),
            Form::Inside => {}
        }
    }

    /// A property that the type has and this object has not.
    pub(crate) fn unset(&mut self, name: &str) {
        match self.enter(name) {
            Some(Form::Inside) => self.mark(name, Found::UnsetAbove),
            Some(Form::Value | Form::Child) => self.mark(name, Found::Unset),
            None => {}
        }
    }

    /// A property that the account may not read.
    pub(crate) fn withheld(&mut self, name: &str) {
        if self.enter(name).is_some() {
            self.mark(name, Found::Withheld);
        }
    }

    fn simple(&mut self, name: &str, type_name: &str, write: impl FnOnce(&mut String)) {
        let Some(form) = self.enter(name) else { return };
        match form {
            Form::Child => {
                open(self.out, name, None);
                write(self.out);
                close(self.out, name);
            }
            Form::Value => self.value(name, |out, element| {
                open(out, element, Some(type_name));
                write(out);
                close(out, element);
            }),
            Form::Inside => {}
        }
    }

    fn value(&mut self, name: &str, write: impl FnOnce(&mut String, &str)) {
        match &mut self.mode {
            Mode::Select { element, found, .. } => {
                write(self.out, element);
                *found = Found::Set;
            }
            Mode::Each(all) => {
                let start = self.out.len();
                write(self.out, "val");
                all.push((name.to_owned(), Found::Set, start..self.out.len()));
            }
            Mode::Nested => {}
        }
    }

    fn mark(&mut self, name: &str, as_found: Found) {
        match &mut self.mode {
            Mode::Select { found, .. } => *found = as_found,
            Mode::Each(all) => all.push((name.to_owned(), as_found, 0..0)),
            Mode::Nested => {}
        }
    }

    fn enter(&self, name: &str) -> Option<Form> {
        match &self.mode {
            Mode::Nested => Some(Form::Child),
            Mode::Each(_) => Some(Form::Value),
            Mode::Select { path, .. } => match path.strip_prefix(name)? {
                "" => Some(Form::Value),
                rest => rest.starts_with('.').then_some(Form::Inside),
            },
        }
    }
}

/// Where the items of a list go.
pub(crate) struct Items<'a> {
    out: &'a mut String,
    element: &'a str,
    declared: &'a str,
    /// Items of a property value carry their type, items of a field only where it is not the
    /// declared one.
    typed: bool,
}

impl Items<'_> {
    /// One structure of the list.
    pub(crate) fn data(&mut self, type_name: &str, describe: impl FnOnce(&mut Fields<'_>)) {
        let typed = self.typed || type_name != self.declared;
        open(self.out, self.element, typed.then_some(type_name));
        describe(&mut Fields::nested(self.out));
        close(self.out, self.element);
    }
}

fn open(out: &mut String, element: &str, type_name: Option<&str>) {
    out.push('<');
    out.push_str(element);
    if let Some(type_name) = type_name {
        out.push_str(" xsi:type=\"");
        out.push_str(type_name);
        out.push('"');
    }
    out.push('>');
}

fn close(out: &mut String, element: &str) {
    out.push_str("</");
    out.push_str(element);
    out.push('>');
}

fn open_reference(out: &mut String, element: &str, kind: &str) {
    out.push('<');
    out.push_str(element);
    out.push_str(" type=\"");
    out.push_str(kind);
    out.push_str("\" xsi:type=\"ManagedObjectReference\">");
}

fn number(out: &mut String, value: impl Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}
