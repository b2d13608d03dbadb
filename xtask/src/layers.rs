//! The order of modules within a crate: which may import which.
//!
//! The table is the one of the design (ARCHITECTURE.md). The check reads paths that begin with
//! `crate::` or `super::` in the sources, comments and test modules left out.

use std::path::{Component, Path};

use crate::tidy::sources;

/// The modules of a crate's root, the lowest first: each may import itself and those before it.
/// `lib.rs` is not a module; it may name them all.
struct Order {
    source: &'static str,
    modules: &'static [&'static str],
}

const ORDERS: [Order; 2] = [
    Order {
        source: "crates/exact-kernels/src",
        // `error` and `operand` are the words of every kernel's signature; they need no arithmetic.
        modules: &[
            "error",
            "operand",
            "number",
            "dispatch",
            "ziv",
            "functions",
            "sums",
            "kernels",
        ],
    },
    Order {
        source: "crates/ops-nn/src",
        // An op's file uses only what an op is; the registry collects the files; `nn` holds the
        // typed functions over all of it.
        modules: &[
            "error",
            "suggest",
            "op",
            "ops",
            "registry",
            "call",
            "graph",
            "tensorflow",
            "nn",
        ],
    },
];

/// What `#[macro_export]` puts into the root, whatever module defines it.
const MACROS: [&str; 1] = ["kernels"];

/// What several functions are made of, in the folder of functions.
const SHARED: &str = "shared";

/// The folder in which one function is one file.
const FUNCTIONS: &str = "crates/exact-kernels/src/functions";

/// All upward imports, and all imports of one function by another.
pub(crate) fn problems(root: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for order in &ORDERS {
        let source = root.join(order.source);
        for (path, text) in sources(&source) {
            let module = module(path.strip_prefix(&source).unwrap_or(&path));
            let found = upward(order.modules, &module, &text);
            problems.extend(found.iter().map(|problem| place(root, &path, problem)));
        }
    }
    let folder = root.join(FUNCTIONS);
    let files = sources(&folder);
    let files: Vec<(Vec<String>, &Path, &str)> = files
        .iter()
        .map(|(path, text)| {
            let module = module(path.strip_prefix(&folder).unwrap_or(path));
            (module, path.as_path(), text.as_str())
        })
        .collect();
    let listing = files.iter().find(|(module, ..)| module.is_empty());
    let exceptions = exceptions(listing.map_or("", |(.., text)| text));
    let names: Vec<&str> = files
        .iter()
        .filter_map(|(module, ..)| Some(module.first()?.as_str()))
        .collect();
    for (module, path, text) in &files {
        let found = sideways(&names, &exceptions, module, text);
        problems.extend(found.iter().map(|problem| place(root, path, problem)));
    }
    problems
}

fn place(root: &Path, path: &Path, (line, problem): &(usize, String)) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    format!("{}:{line}: {problem}", path.display())
}

/// The path of a module, by its file: `a/b.rs` and `a/b/mod.rs` are `a::b`, `lib.rs` is the root.
fn module(file: &Path) -> Vec<String> {
    let stem = file.with_extension("");
    let names = stem.components().filter_map(|component| match component {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    if names
        .last()
        .is_some_and(|name| name == "mod" || name == "lib")
    {
        names.pop();
    }
    names
}

/// The imports of a file that go to a later module of the order, with their lines.
fn upward(order: &[&str], module: &[String], text: &str) -> Vec<(usize, String)> {
    let rank = |name: &str| order.iter().position(|known| *known == name);
    let Some(own) = module.first() else {
        return Vec::new();
    };
    let Some(own_rank) = rank(own) else {
        let problem = format!("the module {own} is not in the order of xtask/src/layers.rs");
        return vec![(1, problem)];
    };
    let mut problems = Vec::new();
    for (line, path) in imports(module, text) {
        let name = &path[0];
        match rank(name) {
            Some(rank) if rank <= own_rank => {}
            None if MACROS.contains(&name.as_str()) => {}
            Some(_) => problems.push((
                line,
                format!(
                    "{own} must not import {}: {name} is above it",
                    path.join("::")
                ),
            )),
            // What the root exports again hides the module that it is from.
            None => problems.push((
                line,
                format!("crate::{name}: import it from the module that defines it"),
            )),
        }
    }
    problems
}

/// The imports of a function's file, by another file in the folder of functions. `module` is
/// relative to that folder. A function may import `shared`, which imports no function, and the
/// exceptions may import functions, which do not import them: so there is no circle.
fn sideways(
    names: &[&str],
    exceptions: &[&str],
    module: &[String],
    text: &str,
) -> Vec<(usize, String)> {
    let Some(own) = module.first() else {
        return Vec::new();
    };
    if own != SHARED && exceptions.contains(&own.as_str()) {
        return Vec::new();
    }
    let is_function = |name: &str| names.contains(&name) && name != SHARED;
    let whole = [&["functions".to_owned()], module].concat();
    let found = imports(&whole, text).into_iter();
    found
        .filter(|(_, path)| path[0] == "functions")
        .filter_map(|(line, path)| Some((line, path.get(1)?.clone())))
        // A glob has no name: all functions are among what it brings.
        .filter(|(_, name)| name != own && (name.is_empty() || is_function(name)))
        .map(|(line, name)| {
            let problem = format!(
                "{own} must not import the function {name}; see the documentation of \
                 functions/mod.rs"
            );
            (line, problem)
        })
        .collect()
}

/// The exceptions that the documentation of `functions/mod.rs` lists: its items that begin with a
/// name in backquotes.
fn exceptions(listing: &str) -> Vec<&str> {
    let items = listing
        .lines()
        .filter_map(|line| line.strip_prefix("//! - `"));
    items
        .filter_map(|item| Some(item.split_once('`')?.0))
        .collect()
}

/// The absolute paths that a file names, from the crate's root, with their lines.
fn imports(module: &[String], text: &str) -> Vec<(usize, Vec<String>)> {
    let code = code(text);
    let mut found = Vec::new();
    for (start, word) in words(&code) {
        let before = &code[..start];
        // A macro of the public interface names what the root exports: `$crate`.
        let is_start = !before.ends_with("::")
            && !before.ends_with('$')
            && matches!(word, "crate" | "super" | "self");
        if is_start && code[start + word.len()..].starts_with("::") {
            let mut paths = Vec::new();
            expand(&mut &code[start..], &[], &mut paths);
            let line = 1 + before.matches('\n').count();
            let absolute = paths.iter().filter_map(|path| absolute(module, path));
            found.extend(absolute.map(|path| (line, path)));
        }
    }
    found
}

/// The text without comments and without test modules, in as many lines.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let item = lines.next().unwrap_or_default();
            code.push_str("\n\n");
            // rustfmt puts the closing brace of an item below its beginning.
            let indent = &item[..item.len() - item.trim_start().len()];
            if item.ends_with('{') {
                for line in lines.by_ref() {
                    code.push('\n');
                    if line.strip_prefix(indent) == Some("}") {
                        break;
                    }
                }
            }
            continue;
        }
        if !line.trim_start().starts_with("//") {
            code.push_str(line);
        }
        code.push('\n');
    }
    code
}

/// The words of a text with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let starts = text.char_indices().scan(false, move |is_within, (at, c)| {
        let is_first = is_part(c) && !*is_within;
        *is_within = is_part(c);
        Some((at, is_first))
    });
    starts
        .filter(|(_, is_first)| *is_first)
        .map(move |(at, _)| (at, word(&text[at..])))
}

/// The word that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// Reads the path that a text begins with; one with a group in braces is several.
fn expand<'a>(rest: &mut &'a str, prefix: &[&'a str], found: &mut Vec<Vec<&'a str>>) {
    *rest = rest.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        *rest = group;
        while !rest.is_empty() && !rest.trim_start().starts_with('}') {
            expand(rest, prefix, found);
            // What else a member may have: `as name`, `*`.
            let end = rest.find([',', '}']).unwrap_or(rest.len());
            *rest = rest[end..].trim_start_matches(',');
        }
        *rest = rest.trim_start().trim_start_matches('}');
        return;
    }
    let name = word(rest);
    *rest = &rest[name.len()..];
    let path = [prefix, &[name]].concat();
    match rest.strip_prefix("::") {
        Some(more) if !more.starts_with('<') => {
            *rest = more;
            expand(rest, &path, found);
        }
        _ => found.push(path),
    }
}

/// A path from the crate's root; `None` for one that ends at the root or leaves it.
fn absolute(module: &[String], path: &[&str]) -> Option<Vec<String>> {
    let names = path
        .iter()
        .skip_while(|name| matches!(**name, "crate" | "super" | "self"));
    let start = if path[0] == "crate" {
        &[]
    } else {
        let ups = path.iter().filter(|name| **name == "super").count();
        &module[..module.len().checked_sub(ups)?]
    };
    let names = names.map(|name| (*name).to_owned());
    let whole: Vec<String> = start.iter().cloned().chain(names).collect();
    (!whole.is_empty()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &[&str] = &["error", "number", "ziv"];

    fn names(path: &str) -> Vec<String> {
        module(Path::new(path))
    }

    fn upward_lines(file: &str, text: &str) -> Vec<usize> {
        let found = upward(ORDER, &names(file), text);
        found.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn the_modules_keep_their_order() {
        let found = problems(&crate::root());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn an_upward_import_is_found_in_every_form() {
        let none: [usize; 0] = [];
        for (text, expected) in [
            ("use crate::error::E;\nuse crate::number::limbs;", &none[..]),
            ("use crate::ziv::driver;", &[1]),
            (
                "use crate::{\n    error::E,\n    ziv::{a, b as c},\n};",
                &[1, 1],
            ),
            ("fn f() {\n    crate::ziv::run::<f32>();\n}", &[2]),
            ("use super::super::ziv::driver;", &[1]),
            ("use super::limbs;", &[]),
            ("use self::ziv::inner;", &[]),
            ("use crate::Tier;", &[1]),
            ("use crate::exp;", &[1]),
            ("use crate::*;", &[1]),
            ("use super::super::*;", &[1]),
            ("macro_rules! m { () => { $crate::Tier } }", &[]),
            ("// crate::ziv::driver\n/// [`crate::ziv`]", &[]),
            (
                "#[cfg(test)]\nmod tests {\n    use crate::ziv::x;\n}\n",
                &[],
            ),
            ("#[cfg(test)]\nmod tests {\n}\nuse crate::ziv::x;", &[4]),
        ] {
            assert_eq!(upward_lines("number/format.rs", text), expected, "{text}");
        }
        assert_eq!(upward_lines("number/mod.rs", "use super::ziv::a;"), [1]);
        assert_eq!(upward_lines("ziv.rs", "use crate::number::a;"), none);
        assert_eq!(upward_lines("lib.rs", "pub use crate::ziv::a;"), none);
        assert_eq!(upward_lines("stranger.rs", ""), [1]);
    }

    #[test]
    fn a_function_that_uses_another_ones_file_is_found() {
        let listing = "//! No file here uses another one, except\n//! - `shared`: what is left\n//! - \
                       `fused`: more.\n\nmod exp;\n";
        let exceptions = exceptions(listing);
        assert_eq!(exceptions, ["shared", "fused"]);
        let all = ["exp", "fused", "log1p", "shared", "tanh"];
        let count = |file: &str, text: &str| sideways(&all, &exceptions, &names(file), text).len();
        for (file, text, expected) in [
            ("tanh.rs", "use super::exp::estimate;", 1),
            (
                "tanh.rs",
                "use crate::functions::{shared, exp::E, log1p};",
                2,
            ),
            ("tanh.rs", "use super::{Function, shared::terms::T};", 0),
            ("tanh.rs", "use crate::number::exp;\nuse super::tanh::x;", 0),
            ("tanh.rs", "use super::*;", 1),
            ("tanh.rs", "use super::fused::x;", 1),
            ("fused.rs", "use super::exp::estimate;", 0),
            ("shared/terms.rs", "use super::super::exp::estimate;", 1),
            ("shared/terms.rs", "use super::tails;", 0),
        ] {
            assert_eq!(count(file, text), expected, "{file}: {text}");
        }
        assert_eq!(count("mod.rs", "pub(crate) use self::exp::Exp;"), 0);
    }
}
