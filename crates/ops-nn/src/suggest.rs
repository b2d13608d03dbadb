//! Names near to a name that is not known.

/// How many names an error suggests.
const SUGGESTIONS: usize = 3;
/// How alike (0 to 1, Jaro-Winkler) a name must be to be suggested.
const SUGGEST_FROM: f64 = 0.75;

/// The known names nearest to `name`, best first; the part behind the last dot
/// counts as well as the whole.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    fn last_part(name: &str) -> &str {
        name.rsplit('.').next().unwrap_or(name)
    }
    let mut scored: Vec<(f64, &str)> = known
        .map(|candidate| {
            let whole = strsim::jaro_winkler(name, candidate);
            let last = strsim::jaro_winkler(last_part(name), last_part(candidate));
            (whole.max(last * 0.99), candidate)
        })
        .filter(|(score, _)| *score >= SUGGEST_FROM)
        .collect();
    scored.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| a.1.len().cmp(&b.1.len()))
            .then_with(|| a.1.cmp(b.1))
    });
    scored
        .into_iter()
        .take(SUGGESTIONS)
        .map(|(_, n)| n.to_owned())
        .collect()
}
