//! Makes a module of every page that has Rust blocks, so that no page can be
//! forgotten.

use std::env;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let mut pages = vec![root.join("README.md")];
    collect(&root.join("docs"), &mut pages)?;
    pages.sort();

    let mut modules = String::new();
    for page in pages {
        println!("cargo::rerun-if-changed={}", page.display());
        if fs::read_to_string(&page)?.contains("```rust") {
            let name = module_name(page.strip_prefix(&root).unwrap_or(&page));
            let page = page.to_string_lossy();
            let _ = writeln!(
                modules,
                "#[doc = include_str!({page:?})]\npub mod {name} {{}}"
            );
        }
    }
    println!("cargo::rerun-if-changed={}", root.join("docs").display());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("pages.rs"), modules)
}

/// Every Markdown file below `folder`.
fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|e| e == "md") {
            pages.push(path);
        }
    }
    Ok(())
}

/// `docs/quick-start.md` as a name of Rust: `docs_quick_start`.
fn module_name(page: &Path) -> String {
    let text = page.with_extension("").to_string_lossy().to_lowercase();
    text.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}
