//! The modules of a crate, the files they are written in, and the paths that their code names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::mentions::{self, Found, Mention};

/// One target of a package: a library, a program, or a test with its own root file.
pub(super) struct ModuleTree {
    /// The first one is the root.
    pub(super) files: Vec<PathBuf>,
    /// The first one is the root.
    pub(super) modules: Vec<Module>,
    pub(super) mentions: Vec<Mention>,
}

pub(super) struct Module {
    /// As written after `crate::`, empty for the root.
    pub(super) path: Vec<String>,
    /// Its place in [`ModuleTree::files`].
    pub(super) file: usize,
    /// Its place in [`ModuleTree::modules`]; `None` for the root.
    pub(super) parent: Option<usize>,
    children: BTreeMap<String, usize>,
}

/// A `mod name;`.
struct Declared {
    name: String,
    parent: usize,
    /// The file, and whether its children lie beside it rather than in a folder named after it.
    file: PathBuf,
    is_folder_root: bool,
}

impl ModuleTree {
    /// Follows the `mod` declarations from a root file. `source` reads a file; code for unit tests is left out.
    pub(super) fn read(
        root: &Path,
        source: &impl Fn(&Path) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let mut tree = Self {
            files: Vec::new(),
            modules: Vec::new(),
            mentions: Vec::new(),
        };
        tree.add_module(Vec::new(), 0, None);
        let mut declared = tree.add_file(root, true, 0, source)?;
        while let Some(next) = declared.pop() {
            let Declared {
                name,
                parent,
                file,
                is_folder_root,
            } = next;
            let module = tree.add_child(parent, &name, tree.files.len());
            declared.extend(tree.add_file(&file, is_folder_root, module, source)?);
        }
        Ok(tree)
    }

    /// The module where the way along a mentioned path ends: the one that names what is mentioned. `None` if the path
    /// leads out of the crate, or starts with a name that is no module.
    pub(super) fn target(&self, mention: &Mention) -> Option<usize> {
        let (first, rest) = mention.segments.split_first()?;
        let mut at = match first.as_str() {
            "crate" => 0,
            "self" => mention.module,
            "super" => self.parent(mention.module)?,
            name => self.child(mention.module, name)?,
        };
        for segment in rest {
            let next = match segment.as_str() {
                "super" => self.parent(at),
                name => self.child(at, name),
            };
            let Some(next) = next else { break };
            at = next;
        }
        Some(at)
    }

    fn parent(&self, module: usize) -> Option<usize> {
        self.modules.get(module)?.parent
    }

    fn child(&self, module: usize, name: &str) -> Option<usize> {
        self.modules.get(module)?.children.get(name).copied()
    }

    /// Reads a file whose content is `module`, and returns the modules it declares in files of their own.
    fn add_file(
        &mut self,
        path: &Path,
        is_folder_root: bool,
        module: usize,
        source: &impl Fn(&Path) -> Option<String>,
    ) -> anyhow::Result<Vec<Declared>> {
        let text = source(path).with_context(|| format!("cannot read {}", path.display()))?;
        let syntax =
            syn::parse_file(&text).with_context(|| format!("cannot parse {}", path.display()))?;
        let folder = path.parent().context("a file without a folder")?;
        let folder = match path.file_stem() {
            Some(stem) if !is_folder_root => folder.join(stem),
            _ => folder.to_owned(),
        };
        let file = self.files.len();
        self.files.push(path.to_owned());
        let mut declared = Vec::new();
        for found in mentions::find(&syntax) {
            let inline = self.inline_module(module, &found.inline_path, file);
            match found.what {
                Found::Path { segments, line } => self.mentions.push(Mention {
                    module: inline,
                    segments,
                    line,
                }),
                Found::ModuleFile { name, path: given } => {
                    let folder = found
                        .inline_path
                        .iter()
                        .fold(folder.clone(), |it, name| it.join(name));
                    let beside = path.parent().unwrap_or(&folder);
                    let (file, is_folder_root) =
                        module_file(&name, given, &folder, beside, source)?;
                    declared.push(Declared {
                        name,
                        parent: inline,
                        file,
                        is_folder_root,
                    });
                }
            }
        }
        Ok(declared)
    }

    /// The module below `module` that is written in the same file between braces.
    fn inline_module(&mut self, module: usize, path: &[String], file: usize) -> usize {
        path.iter()
            .fold(module, |at, name| self.add_child(at, name, file))
    }

    fn add_child(&mut self, parent: usize, name: &str, file: usize) -> usize {
        if let Some(known) = self.child(parent, name) {
            return known;
        }
        let mut path = match self.modules.get(parent) {
            Some(parent) => parent.path.clone(),
            None => Vec::new(),
        };
        path.push(name.to_owned());
        let child = self.add_module(path, file, Some(parent));
        if let Some(parent) = self.modules.get_mut(parent) {
            parent.children.insert(name.to_owned(), child);
        }
        child
    }

    fn add_module(&mut self, path: Vec<String>, file: usize, parent: Option<usize>) -> usize {
        self.modules.push(Module {
            path,
            file,
            parent,
            children: BTreeMap::new(),
        });
        self.modules.len() - 1
    }
}

/// The file of a `mod name;`, and whether the modules below it lie beside it.
fn module_file(
    name: &str,
    given: Option<String>,
    folder: &Path,
    beside: &Path,
    source: &impl Fn(&Path) -> Option<String>,
) -> anyhow::Result<(PathBuf, bool)> {
    if let Some(path) = given {
        return Ok((beside.join(path), true));
    }
    let candidates = [
        (folder.join(format!("{name}.rs")), false),
        (folder.join(name).join("mod.rs"), true),
    ];
    match candidates
        .into_iter()
        .find(|(file, _)| source(file).is_some())
    {
        Some(found) => Ok(found),
        None => bail!(
            "there is no file for the module {name} in {}",
            folder.display()
        ),
    }
}
