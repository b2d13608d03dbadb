//! Splits the text form into tokens.

/// A token of the text form.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// The name of a field or of a value, or a number without its sign.
    Word(&'a str),
    /// A quoted text with its escapes resolved.
    Quoted(Vec<u8>),
    /// A single character such as `{`.
    Mark(char),
    End,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    /// Where the last token started.
    start: usize,
    /// Where the next one is searched for.
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            start: 0,
            at: 0,
        }
    }

    /// `line 3, column 5`: where the last token started.
    pub(super) fn place(&self) -> String {
        let before = &self.text[..self.start];
        let line = before.matches('\n').count() + 1;
        let newline = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before[newline..].chars().count() + 1;
        format!("line {line}, column {column}")
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, String> {
        let first = self.peek();
        self.start = self.at;
        let rest = &self.text[self.at..];
        let Some(first) = first else {
            return Ok(Token::End);
        };
        if first == '"' || first == '\'' {
            return self.quoted(first);
        }
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "_.+".contains(c)))
            .unwrap_or(rest.len());
        let length = with_exponent(rest, length);
        if length == 0 {
            self.at += first.len_utf8();
            return Ok(Token::Mark(first));
        }
        self.at += length;
        Ok(Token::Word(&rest[..length]))
    }

    /// Skips the next token if it is this mark; whether it was.
    pub(super) fn accept(&mut self, mark: char) -> bool {
        let is_next = self.peek() == Some(mark);
        if is_next {
            self.at += mark.len_utf8();
        }
        is_next
    }

    /// Whether the next token is a quoted text.
    pub(super) fn is_quote(&mut self) -> bool {
        matches!(self.peek(), Some('"' | '\''))
    }

    /// The next character after spaces and comments, which are skipped.
    fn peek(&mut self) -> Option<char> {
        loop {
            let rest = self.text[self.at..].trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return rest.chars().next();
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Token<'a>, String> {
        let bytes = self.text.as_bytes();
        let mut content = Vec::new();
        let mut at = self.at + 1;
        loop {
            match bytes.get(at) {
                None | Some(b'\n') => return Err("a quoted text does not end".to_owned()),
                Some(&byte) if byte == quote as u8 => break,
                Some(b'\\') => {
                    let (byte, length) = escape(&bytes[at + 1..])?;
                    content.push(byte);
                    at += 1 + length;
                }
                Some(&byte) => {
                    content.push(byte);
                    at += 1;
                }
            }
        }
        self.at = at + 1;
        Ok(Token::Quoted(content))
    }
}

/// The length of a word, extended if it is a number whose exponent has a sign, as in `1e-5`.
fn with_exponent(rest: &str, length: usize) -> usize {
    let (word, after) = rest.split_at(length);
    let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !is_number || word.starts_with("0x") || !word.ends_with(['e', 'E']) {
        return length;
    }
    let Some(digits) = after.strip_prefix('-') else {
        return length;
    };
    let end = digits.find(|c: char| !c.is_ascii_alphanumeric());
    length + 1 + end.unwrap_or(digits.len())
}

/// The byte that an escape means, and the length of the escape after its backslash.
fn escape(rest: &[u8]) -> Result<(u8, usize), String> {
    let simple = |byte| Ok((byte, 1));
    let unknown = || Err("an escape in a quoted text is not known".to_owned());
    match rest.first() {
        Some(b'n') => simple(b'\n'),
        Some(b'r') => simple(b'\r'),
        Some(b't') => simple(b'\t'),
        Some(b'a') => simple(7),
        Some(b'b') => simple(8),
        Some(b'v') => simple(11),
        Some(b'f') => simple(12),
        Some(&byte @ (b'"' | b'\'' | b'\\' | b'?')) => simple(byte),
        Some(b'x' | b'X') => {
            digits(&rest[1..], 16, 2).map_or_else(unknown, |(b, n)| Ok((b, n + 1)))
        }
        Some(b'0'..=b'7') => digits(rest, 8, 3).map_or_else(unknown, Ok),
        _ => unknown(),
    }
}

/// A byte of up to `max` digits, and how many there are.
fn digits(rest: &[u8], radix: u32, max: usize) -> Option<(u8, usize)> {
    let digits = rest.iter().take(max);
    let digits = digits.map_while(|&byte| char::from(byte).to_digit(radix));
    let (value, count) = digits.fold((0, 0), |(value, count), digit| {
        (value * radix + digit, count + 1)
    });
    if count == 0 {
        return None;
    }
    Some((u8::try_from(value).ok()?, count))
}
