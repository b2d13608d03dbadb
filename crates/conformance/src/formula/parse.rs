//! A recursive-descent parser for the documentation's notation.
//!
//! ```text
//! text    = sum { "," name "=" sum }
//! sum     = product { ("+" | "-") product }
//! product = unary { ("*" | "/") unary }
//! unary   = "-" unary | atom
//! atom    = number | name | name "(" sum [ "," sum ] ")" | "(" sum ")"
//! ```
//! `qz` is the product `q * z`, as the documentation prints it.

use super::{Expression, Operation, Variable};
use crate::ConformanceError;

const FUNCTIONS: [(&str, Operation, usize); 6] = [
    ("exp", Operation::Exp, 1),
    ("log", Operation::Log, 1),
    ("log1p", Operation::Log1p, 1),
    ("sigmoid", Operation::Sigmoid, 1),
    ("abs", Operation::Abs, 1),
    ("max", Operation::Maximum, 2),
];

/// The factors of `qz`.
const LABELS: Variable = Variable(2);
const POS_WEIGHT: Variable = Variable(3);

/// The variables of the documentation, by all their names.
pub(super) const DOCUMENTED: [(&str, Variable); 8] = [
    ("x", Variable(0)),
    ("logits", Variable(0)),
    ("y", Variable(1)),
    ("z", LABELS),
    ("labels", LABELS),
    ("targets", LABELS),
    ("q", POS_WEIGHT),
    ("pos_weight", POS_WEIGHT),
];

/// Functions that are read as formulas of others.
const COMPOSED: [&str; 3] = ["softplus", "expm1", "tanh"];

/// The product `q * z`.
const PRODUCT: &str = "qz";

/// Deeper nesting and longer formulas are refused rather than overflowing the stack.
const DEEPEST: usize = 200;
const MOST_OPERATIONS: usize = 500;

/// Reads a formula in these names of variables.
pub(super) fn parse(
    text: &str,
    variables: &[(&str, Variable)],
) -> Result<Expression, ConformanceError> {
    let mut parser = Parser {
        text,
        variables,
        position: 0,
        depth: 0,
        operations: 0,
        definitions: Vec::new(),
    };
    // Definitions follow the formula that uses them, so they are read first.
    let body_end = parser.read_definitions()?;
    parser.text = &text[..body_end];
    parser.position = 0;
    let body = parser.sum()?;
    parser.expect_end()?;
    Ok(body)
}

struct Parser<'a> {
    text: &'a str,
    variables: &'a [(&'a str, Variable)],
    position: usize,
    depth: usize,
    operations: usize,
    definitions: Vec<(&'a str, Expression)>,
}

impl<'a> Parser<'a> {
    /// Reads all `, name = sum` and returns where the first of them starts.
    fn read_definitions(&mut self) -> Result<usize, ConformanceError> {
        let mut level = 0_i32;
        let mut ends = Vec::new();
        for (position, letter) in self.text.char_indices() {
            match letter {
                '(' => level += 1,
                ')' => level -= 1,
                ',' if level == 0 => ends.push(position),
                _ => {}
            }
        }
        let whole = self.text;
        for (index, &start) in ends.iter().enumerate().rev() {
            let end = ends.get(index + 1).copied().unwrap_or(whole.len());
            self.text = &whole[..end];
            self.position = start + 1;
            let name = self.new_name()?;
            self.expect("=")?;
            let value = self.sum()?;
            self.expect_end()?;
            // Definitions cost as operations do, so that a long list of them is refused and not
            // searched.
            self.charge(1)?;
            self.definitions.push((name, value));
        }
        Ok(ends.first().copied().unwrap_or(whole.len()))
    }

    /// A name that means nothing yet.
    fn new_name(&mut self) -> Result<&'a str, ConformanceError> {
        self.skip_spaces();
        let start = self.position;
        let name = self.name().ok_or_else(|| self.error("a name to define"))?;
        let is_taken = (name == PRODUCT && self.knows_product())
            || COMPOSED.contains(&name)
            || FUNCTIONS.iter().any(|row| row.0 == name)
            || self.variables.iter().any(|row| row.0 == name)
            || self.definitions.iter().any(|row| row.0 == name);
        if is_taken {
            self.position = start;
            return Err(self.error("a name that means nothing else"));
        }
        Ok(name)
    }

    fn sum(&mut self) -> Result<Expression, ConformanceError> {
        self.chain(
            [("+", Operation::Add), ("-", Operation::Subtract)],
            Self::product,
        )
    }

    fn product(&mut self) -> Result<Expression, ConformanceError> {
        self.chain(
            [("*", Operation::Multiply), ("/", Operation::Divide)],
            Self::unary,
        )
    }

    fn chain(
        &mut self,
        operators: [(&str, Operation); 2],
        operand: fn(&mut Self) -> Result<Expression, ConformanceError>,
    ) -> Result<Expression, ConformanceError> {
        let mut left = operand(self)?;
        while let Some(operation) = operators
            .iter()
            .find(|(symbol, _)| self.accept(symbol))
            .map(|(_, operation)| *operation)
        {
            let right = operand(self)?;
            left = self.apply(operation, vec![left, right])?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, ConformanceError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("at most 200 levels of nesting"));
        }
        let result = if self.accept("-") {
            let operand = self.unary()?;
            self.apply(Operation::Negative, vec![operand])?
        } else {
            self.atom()?
        };
        self.depth -= 1;
        Ok(result)
    }

    fn atom(&mut self) -> Result<Expression, ConformanceError> {
        if self.accept("(") {
            let inner = self.sum()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let start = self.position;
        if let Some(number) = self.number() {
            if number.is_finite() {
                return Ok(Expression::Constant(number));
            }
            self.position = start;
            return Err(self.error("a number in the range of f64"));
        }
        let Some(name) = self.name() else {
            return Err(self.error("a number, a name or an opening parenthesis"));
        };
        if let Some(&(_, operation, arity)) = FUNCTIONS.iter().find(|row| row.0 == name) {
            return self.call(operation, arity);
        }
        if COMPOSED.contains(&name) {
            return self.composed(name);
        }
        if let Some(index) = self.definitions.iter().position(|row| row.0 == name) {
            self.charge(self.definitions[index].1.operations())?;
            return Ok(self.definitions[index].1.clone());
        }
        if name == PRODUCT && self.knows_product() {
            let operands = [POS_WEIGHT, LABELS].map(Expression::Variable);
            return Ok(Expression::Apply(Operation::Multiply, operands.to_vec()));
        }
        if let Some(&(_, variable)) = self.variables.iter().find(|row| row.0 == name) {
            return Ok(Expression::Variable(variable));
        }
        self.position = start;
        let names = if self.knows_product() {
            "labels (z), logits (x), pos_weight (q), y,".to_owned()
        } else {
            let names: Vec<&str> = self.variables.iter().map(|row| row.0).collect();
            names.join(", ")
        };
        Err(self.error(&format!(
            "{names} or a function among exp, log, log1p, sigmoid, softplus, expm1, tanh, abs, max"
        )))
    }

    /// Whether the names are those of the documentation, which prints `qz`.
    fn knows_product(&self) -> bool {
        *self.variables == DOCUMENTED
    }

    /// Softplus as `log1p(exp(x))`, expm1 as `exp(x) - 1`, tanh as `2 * sigmoid(2 * x) - 1`.
    fn composed(&mut self, name: &str) -> Result<Expression, ConformanceError> {
        self.expect("(")?;
        let x = self.sum()?;
        self.expect(")")?;
        let (one, two) = (Expression::Constant(1.0), Expression::Constant(2.0));
        if name == "tanh" {
            let doubled = self.apply(Operation::Multiply, vec![two.clone(), x])?;
            let sigmoid = self.apply(Operation::Sigmoid, vec![doubled])?;
            let doubled = self.apply(Operation::Multiply, vec![two, sigmoid])?;
            return self.apply(Operation::Subtract, vec![doubled, one]);
        }
        let exp = self.apply(Operation::Exp, vec![x])?;
        if name == "expm1" {
            return self.apply(Operation::Subtract, vec![exp, one]);
        }
        self.apply(Operation::Log1p, vec![exp])
    }

    fn call(&mut self, operation: Operation, arity: usize) -> Result<Expression, ConformanceError> {
        self.expect("(")?;
        let mut operands = vec![self.sum()?];
        while operands.len() < arity {
            self.expect(",")?;
            operands.push(self.sum()?);
        }
        self.expect(")")?;
        self.apply(operation, operands)
    }

    fn apply(
        &mut self,
        operation: Operation,
        operands: Vec<Expression>,
    ) -> Result<Expression, ConformanceError> {
        self.charge(1)?;
        Ok(Expression::Apply(operation, operands))
    }

    /// Counts operations, those of definitions each time they are used.
    fn charge(&mut self, operations: usize) -> Result<(), ConformanceError> {
        self.operations += operations;
        if self.operations > MOST_OPERATIONS {
            return Err(self.error("at most 500 operations, definitions written out"));
        }
        Ok(())
    }

    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn skip_spaces(&mut self) {
        self.position += self.rest().len() - self.rest().trim_start().len();
    }

    fn accept(&mut self, symbol: &str) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(symbol);
        if found {
            self.position += symbol.len();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ConformanceError> {
        if self.accept(symbol) {
            Ok(())
        } else {
            Err(self.error(&format!("{symbol:?}")))
        }
    }

    fn expect_end(&mut self) -> Result<(), ConformanceError> {
        self.skip_spaces();
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(self.error("the end of the formula"))
        }
    }

    /// The longest run of characters that `belongs` accepts.
    fn run(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|letter| !belongs(letter)).unwrap_or(rest.len());
        self.position += end;
        &rest[..end]
    }

    fn name(&mut self) -> Option<&'a str> {
        self.skip_spaces();
        self.rest()
            .starts_with(char::is_alphabetic)
            .then(|| self.run(|letter| letter.is_alphanumeric() || letter == '_'))
    }

    fn number(&mut self) -> Option<f64> {
        self.skip_spaces();
        let start = self.position;
        let number = self
            .run(|letter| letter.is_ascii_digit() || letter == '.')
            .parse()
            .ok();
        if number.is_none() {
            self.position = start;
        }
        number
    }

    fn error(&self, expected: &str) -> ConformanceError {
        let found = self.rest().chars().next();
        ConformanceError::Formula {
            formula: self.text.to_owned(),
            position: self.text[..self.position].chars().count() + 1,
            expected: expected.to_owned(),
            found: found.map_or_else(|| "the end".to_owned(), |letter| format!("{letter:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Formula;

    fn check(text: &str, expected: &str) {
        let shown = match Formula::parse(text) {
            Ok(formula) => formula.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn formulas_are_printed_with_the_parentheses_they_need() {
        check(
            "labels * -log(sigmoid(logits)) * pos_weight",
            "z * -log(sigmoid(x)) * q",
        );
        check("(qz +  1 - z)", "q * z + 1 - z");
        check("x - (y - z) - (1 - -x)", "x - (y - z) - (1 - -x)");
        check("x/(y*z)*q", "x / (y * z) * q");
        check("-(x + 1)", "-(x + 1)");
        check("l * l,  l = k + 1, k = q", "(q + 1) * (q + 1)");
        check("max(-x, 0.5)", "max(-x, 0.5)");
    }

    #[test]
    fn errors_name_the_place_and_the_way_out() {
        check(
            "(1 - z) * (x + log(1 + exp(-x))",
            "cannot read the formula \"(1 - z) * (x + log(1 + exp(-x))\" at character 32: expected \")\", found the end",
        );
        check(
            "x + ",
            "cannot read the formula \"x + \" at character 5: expected a number, a name or an opening parenthesis, found the end",
        );
        check(
            "x y",
            "cannot read the formula \"x y\" at character 3: expected the end of the formula, found 'y'",
        );
        assert!(
            Formula::parse("sin(x)")
                .unwrap_err()
                .to_string()
                .contains("expected labels (z)")
        );
        assert!(Formula::parse(&"(".repeat(100_000)).is_err());
        assert!(Formula::parse(&"x + ".repeat(100_000)).is_err());
        assert!(Formula::parse("x, = 3").is_err());
        assert!(Formula::parse("max(x)").is_err());
        assert!(Formula::parse("é").is_err());
    }

    #[test]
    fn short_texts_of_long_formulas_are_refused() {
        // Each name doubles the one before: 2^60 operations in 600 characters.
        let double = |index: u32| format!("a{index} = a{0} + a{0}", index + 1);
        let doubled: Vec<String> = (1..60).map(double).collect();
        let doubled = format!("a1, {}, a60 = x + x", doubled.join(", "));
        let error = Formula::parse(&doubled).unwrap_err();
        assert!(error.to_string().contains("definitions written out"));
        let many: Vec<String> = (0..100_000)
            .map(|index| format!(", b{index} = x"))
            .collect();
        let many = many.concat();
        assert!(Formula::parse(&format!("x{many}")).is_err());
    }

    #[test]
    fn names_and_numbers_mean_one_thing() {
        check(
            "x, x = 3",
            "cannot read the formula \"x, x = 3\" at character 4: expected a name that means nothing else, found 'x'",
        );
        for text in [
            "x, log = 3",
            "x, qz = 3",
            "x, labels = 3",
            "l, l = x, l = z",
        ] {
            assert!(Formula::parse(text).is_err(), "{text}");
        }
        let huge = "9".repeat(400);
        let error = Formula::parse(&format!("x + {huge}"))
            .unwrap_err()
            .to_string();
        let part = "character 5: expected a number in the range of f64";
        assert!(error.contains(part), "{error}");
    }
}
