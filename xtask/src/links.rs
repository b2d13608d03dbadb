//! Links and images of the pages: each relative one leads to a file that
//! exists, each `#fragment` to a heading of it, and no page of the book is
//! missing in `docs/SUMMARY.md`. Other sites are not asked.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Pages outside `docs/` and the READMEs of the crates.
const PAGES: [&str; 4] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "data/README.md",
];
const BOOK: &str = "docs";
const SUMMARY: &str = "docs/SUMMARY.md";

/// All links that lead nowhere, and pages that no link of the summary leads to.
pub(crate) fn problems(root: &Path) -> Vec<String> {
    let mut pages: BTreeMap<PathBuf, Page> = BTreeMap::new();
    let mut problems = Vec::new();
    for path in page_paths(root) {
        match fs::read_to_string(root.join(&path)) {
            Ok(text) => drop(pages.insert(path, Page::read(&text))),
            Err(error) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    for (path, page) in &pages {
        let wrong = page.links.iter().filter_map(|link| {
            let reason = fault(root, &pages, path, link)?;
            Some(format!("{}: the link '{link}' {reason}", path.display()))
        });
        problems.extend(wrong);
    }
    problems.extend(missing_in_summary(&pages));
    problems
}

/// What of a page takes part in links.
struct Page {
    /// Where links and images lead, as written.
    links: Vec<String>,
    /// What fragments can name.
    slugs: Vec<String>,
}

impl Page {
    fn read(text: &str) -> Self {
        let (mut links, mut slugs) = (Vec::new(), Vec::new());
        let mut heading: Option<String> = None;
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
        for event in Parser::new_ext(text, options) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let plain = slug(&heading.take().unwrap_or_default());
                    slugs.push(unused(&slugs, plain));
                }
                _ => {}
            }
        }
        Self { links, slugs }
    }
}

/// A heading as a fragment, by GitHub's rule: lower case, spaces as hyphens,
/// punctuation left out.
fn slug(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// A heading that comes again gets a number.
fn unused(taken: &[String], slug: String) -> String {
    let is_free = |candidate: &String| !taken.contains(candidate);
    let numbered = (1..).map(|n| format!("{slug}-{n}"));
    let mut candidates = std::iter::once(slug.clone()).chain(numbered);
    candidates.find(is_free).unwrap_or(slug)
}

/// Why a link of the page at `from` leads nowhere, if it does.
fn fault(
    root: &Path,
    pages: &BTreeMap<PathBuf, Page>,
    from: &Path,
    link: &str,
) -> Option<&'static str> {
    // An empty link is a chapter of the book that is still to be written.
    if link.is_empty() || link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() {
        Some(from.to_owned())
    } else {
        resolve(from, path)
    };
    let Some(target) = target else {
        return Some("leaves the repository");
    };
    if !root.join(&target).exists() {
        return Some("leads to no file");
    }
    let slugs = pages.get(&target).map(|page| &page.slugs);
    let leads_to_heading = slugs.is_none_or(|slugs| slugs.iter().any(|slug| slug == fragment));
    (!fragment.is_empty() && !leads_to_heading).then_some("leads to no heading of that page")
}

/// The path, relative to the root, that `link` means on the page at `from`.
fn resolve(from: &Path, link: &str) -> Option<PathBuf> {
    let mut target = from.parent().unwrap_or(from).to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::Normal(name) => target.push(name),
            Component::ParentDir if !target.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(target)
}

fn missing_in_summary(pages: &BTreeMap<PathBuf, Page>) -> Vec<String> {
    let summary = Path::new(SUMMARY);
    let links = pages.get(summary).map_or(&[][..], |page| &page.links);
    let listed: Vec<_> = links.iter().filter_map(|l| resolve(summary, l)).collect();
    let of_book = |path: &&PathBuf| path.starts_with(BOOK) && *path != summary;
    let missing = pages.keys().filter(of_book).filter(|p| !listed.contains(p));
    missing
        .map(|path| format!("{}: not in {SUMMARY}; add it there", path.display()))
        .collect()
}

/// The pages to check, relative to the root.
pub(crate) fn page_paths(root: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = PAGES.map(PathBuf::from).into();
    let in_book = markdown(&root.join(BOOK));
    let mut of_crates = markdown(&root.join("crates"));
    of_crates.retain(|path| path.file_name().is_some_and(|name| name == "README.md"));
    for path in in_book.into_iter().chain(of_crates) {
        paths.extend(path.strip_prefix(root).map(Path::to_owned));
    }
    paths
}

/// Every Markdown file below `folder`, but not among what cargo builds.
fn markdown(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "target" {
            found.extend(markdown(&path));
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_of_the_pages_leads_somewhere() {
        let found = problems(&crate::root());
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// The faults of the links in a page `docs/SUMMARY.md` with this text.
    fn faults(text: &str) -> Vec<&'static str> {
        let root = crate::root();
        let from = PathBuf::from(SUMMARY);
        let page = Page::read(text);
        let pages = BTreeMap::from([
            (from.clone(), Page::read(text)),
            (PathBuf::from("README.md"), Page::read("# Two words\n")),
        ]);
        let faults = page.links.iter().map(|l| fault(&root, &pages, &from, l));
        faults.flatten().collect()
    }

    #[test]
    fn links_to_nothing_are_found() {
        assert_eq!(faults("[x](nowhere.md)"), ["leads to no file"]);
        assert_eq!(faults("![x](nowhere.svg)"), ["leads to no file"]);
        assert_eq!(faults("[x][y]\n\n[y]: nowhere.md"), ["leads to no file"]);
        assert_eq!(faults("[x](../../etc)"), ["leaves the repository"]);
        assert_eq!(faults("[x](/README.md)"), ["leaves the repository"]);
        let heading = "leads to no heading of that page";
        assert_eq!(faults("[x](../README.md#three-words)"), [heading]);
        assert_eq!(faults("[x](#nowhere)"), [heading]);
    }

    #[test]
    fn links_to_something_are_fine() {
        let none: [&str; 0] = [];
        assert_eq!(faults("[x](../README.md#two-words) [y](../crates)"), none);
        assert_eq!(faults("# Here `it` is!\n[x](#here-it-is)"), none);
        assert_eq!(faults("# A\n# A\n[x](#a-1)"), none);
        assert_eq!(faults("[x](https://example.org/a#b) [y]()"), none);
        assert_eq!(faults("`[x](nowhere.md)`"), none);
    }

    #[test]
    fn a_page_that_the_summary_does_not_list_is_found() {
        let page = |path: &str, text: &str| (PathBuf::from(path), Page::read(text));
        let summary = page(SUMMARY, "- [A](a.md)\n- [Sub](ops/b.md)");
        let mut pages = BTreeMap::from([
            summary,
            page("docs/a.md", ""),
            page("docs/ops/b.md", ""),
            page("README.md", ""),
        ]);
        assert!(missing_in_summary(&pages).is_empty());
        pages.extend([page("docs/c.md", "")]);
        let found = missing_in_summary(&pages);
        assert_eq!(found, ["docs/c.md: not in docs/SUMMARY.md; add it there"]);
    }
}
