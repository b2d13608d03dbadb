//! `cargo xtask pictures`: docs/pictures from stored measurements, from the
//! ops themselves and from the training example.

mod accuracy;
mod gradient;
mod losses;
mod measured;
mod scoreboard;
mod training;

use std::path::Path;

use crate::generated::Generated;
use measured::Measured;
pub(crate) use scoreboard::svg as scoreboard;

/// What to do with the pictures.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Draw nothing: check that the stored pictures are what the data give.
    #[arg(long, conflicts_with = "measure")]
    check: bool,
    /// Ask this project and the peers anew for the numbers behind the pictures.
    #[arg(long)]
    measure: bool,
    /// The Python that has the peers' packages.
    #[arg(long, default_value = "python3")]
    python: String,
    /// A contestant to leave out, such as one whose build takes minutes (may be repeated).
    #[arg(long, value_name = "NAME")]
    without: Vec<String>,
}

/// Does it, and returns what went wrong.
pub(crate) fn run(root: &Path, options: &Options) -> Vec<String> {
    let measured = if options.measure {
        Measured::measure(root, &options.python, &options.without)
            .and_then(|measured| measured.write(root))
    } else {
        Ok(())
    };
    let pictures = measured.and_then(|()| {
        let mut pictures = from_data(root)?;
        pictures.file("docs/pictures/pos_weight.svg", training::draw(root)?);
        Ok(pictures)
    });
    match pictures {
        Ok(pictures) if options.check => pictures.check(root, "cargo xtask pictures"),
        Ok(pictures) => pictures.write(root),
        Err(problem) => vec![problem],
    }
}

/// The pictures that need no other program.
fn from_data(root: &Path) -> Result<Generated, String> {
    let measured = Measured::read(root)?;
    let mut pictures = Generated::default();
    pictures.file("docs/pictures/accuracy.svg", accuracy::draw(&measured)?);
    pictures.file(
        "docs/pictures/gradient_at_zero.svg",
        gradient::draw(&measured)?,
    );
    pictures.file("docs/pictures/losses.svg", losses::draw()?);
    Ok(pictures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_pictures_are_what_the_data_give() {
        let root = crate::root();
        let problems = from_data(&root)
            .unwrap()
            .check(&root, "cargo xtask pictures");
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
