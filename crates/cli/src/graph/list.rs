//! Nested lists of numbers on the command line: `[[1, 2], [3, 4]]`.

use crate::value::{NotANumber, number};

/// The numbers of a list, row-major, and its dimensions.
#[derive(Debug, PartialEq)]
pub(super) struct List {
    pub(super) dims: Vec<usize>,
    pub(super) values: Vec<f64>,
}

/// Why a text is no list, in words.
pub(super) type Fault = &'static str;

const UNCLOSED: Fault = "a '[' or ']' is missing or too many";
const RAGGED: Fault = "lists of one length beside each other";

/// How deep lists may be nested.
const DEEPEST: usize = 254;

/// Reads a list; none if the text does not start with a bracket.
pub(super) fn parse(text: &str) -> Option<Result<List, Fault>> {
    text.starts_with('[').then(|| Reader::default().read(text))
}

/// A list that is being read.
#[derive(Default)]
struct Reader {
    values: Vec<f64>,
    /// How many items each open list has so far, outermost first.
    open: Vec<usize>,
    /// The lengths of lists by their depth, once one has been closed.
    dims: Vec<Option<usize>>,
    /// The depth at which numbers stand.
    depth: Option<usize>,
}

impl Reader {
    fn read(mut self, text: &str) -> Result<List, Fault> {
        let mut rest = text;
        while let Some(mark) = rest.find(['[', ']', ',']) {
            self.item(&rest[..mark])?;
            match &rest[mark..=mark] {
                "[" => self.open()?,
                "]" => self.close()?,
                _ if self.open.is_empty() => return Err(UNCLOSED),
                _ => {}
            }
            rest = &rest[mark + 1..];
        }
        if !rest.trim().is_empty() || !self.open.is_empty() {
            return Err(UNCLOSED);
        }
        let dims = self.dims.into_iter().map(Option::unwrap_or_default);
        Ok(List {
            dims: dims.collect(),
            values: self.values,
        })
    }

    /// A number between two marks, if there is one.
    fn item(&mut self, text: &str) -> Result<(), Fault> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let value = number(text).map_err(|fault| match fault {
            NotANumber::Text => "numbers",
            NotANumber::TooLarge => crate::value::IN_RANGE,
        })?;
        if *self.depth.get_or_insert(self.open.len()) != self.open.len() {
            return Err(RAGGED);
        }
        *self.open.last_mut().ok_or(UNCLOSED)? += 1;
        self.values.push(value);
        Ok(())
    }

    fn open(&mut self) -> Result<(), Fault> {
        if self.open.is_empty() && !self.dims.is_empty() {
            return Err(UNCLOSED);
        }
        if let Some(items) = self.open.last_mut() {
            *items += 1;
        }
        self.open.push(0);
        if self.open.len() > self.dims.len() {
            self.dims.push(None);
        }
        let is_too_deep = self.depth.is_some_and(|depth| self.open.len() > depth);
        if is_too_deep || self.open.len() > DEEPEST {
            return Err(RAGGED);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let items = self.open.pop().ok_or(UNCLOSED)?;
        let length = self.dims[self.open.len()].get_or_insert(items);
        if *length == items {
            Ok(())
        } else {
            Err(RAGGED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&[usize], &[f64])>) {
        let found = parse(text).and_then(Result::ok);
        let expected = expected.map(|(dims, values)| List {
            dims: dims.to_vec(),
            values: values.to_vec(),
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn lists_are_tensors() {
        check("[1, -0.5,2e3]", Some((&[3], &[1.0, -0.5, 2000.0])));
        check("[[1,2],[3,4]]", Some((&[2, 2], &[1.0, 2.0, 3.0, 4.0])));
        check("[ [ [ inf ] ] ]", Some((&[1, 1, 1], &[f64::INFINITY])));
        check("[]", Some((&[0], &[])));
        check("[[], []]", Some((&[2, 0], &[])));
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "1",
            "[1",
            "1]",
            "[1]]",
            "[[1, 2], [3]]",
            "[1, [2]]",
            "[[1], 2]",
            "[x]",
            "[1e400]",
            "[1] [2]",
            "[1], 2",
            "[[1], []]",
            "[1][",
            "[[[1]], [2]]",
        ] {
            check(text, None);
        }
    }
}
