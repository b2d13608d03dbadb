//! Name scopes and unique names, by TensorFlow's rules.

use std::collections::HashMap;

use crate::error::OpError;
use crate::op::tf_node::{is_name_char, is_node_name};

/// The names of a graph's nodes and scopes, and the scope that is open.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Without a slash at the end; empty at the root.
    scope: String,
    /// How often each name was requested, by the name in lower case.
    used: HashMap<String, usize>,
}

impl Names {
    /// The open scope, without a slash at the end; empty at the root.
    pub(super) fn scope(&self) -> &str {
        &self.scope
    }

    /// Makes `scope`, as [`scope_for`](Self::scope_for) gave it, the open one;
    /// returns the one before.
    pub(super) fn replace_scope(&mut self, scope: String) -> String {
        std::mem::replace(&mut self.scope, scope)
    }

    /// The scope that `name` opens here: the root for none or `""`, the scope of that name for a
    /// name with a slash at the end, else a new one.
    pub(super) fn scope_for(&mut self, name: Option<&str>) -> Result<String, OpError> {
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            return Ok(String::new());
        };
        let is_valid = match self.scope.as_str() {
            "" => is_node_name(name),
            _ => name.chars().all(is_name_char),
        };
        if !is_valid {
            return Err(OpError::InvalidScopeName {
                name: name.to_owned(),
            });
        }
        Ok(match name.strip_suffix('/') {
            Some(scope) => scope.to_owned(),
            None => self.unique(name),
        })
    }

    /// The name of a node requested as `name` here: exactly that name if it ends with a slash,
    /// else a new one in the open scope. The name is not taken yet.
    pub(super) fn node_name(&self, name: &str) -> Result<String, OpError> {
        let full = match name.strip_suffix('/') {
            Some(name) => name.to_owned(),
            None => self.peek(name),
        };
        if name.is_empty() || !is_node_name(&full) {
            return Err(OpError::InvalidNodeName {
                name: name.to_owned(),
            });
        }
        Ok(full)
    }

    /// Takes the name that [`node_name`](Self::node_name) returns.
    pub(super) fn take(&mut self, name: &str) -> Result<String, OpError> {
        let full = self.node_name(name)?;
        if !name.ends_with('/') {
            self.unique(name);
        }
        Ok(full)
    }

    /// Takes the name that [`peek`](Self::peek) returns.
    fn unique(&mut self, name: &str) -> String {
        let unique = self.peek(name);
        *self.used.entry(self.key(name)).or_insert(0) += 1;
        self.mark(&unique);
        unique
    }

    /// `name` in the open scope; if that is taken, with the first suffix `_1`, `_2`, … that makes
    /// it new. Case is ignored.
    fn peek(&self, name: &str) -> String {
        let key = self.key(name);
        let full = self.under_scope(name);
        let Some(&count) = self.used.get(&key) else {
            return full;
        };
        let mut suffix = count;
        while self.used.contains_key(&format!("{key}_{suffix}")) {
            suffix += 1;
        }
        format!("{full}_{suffix}")
    }

    /// Takes a whole name, if it is not taken already.
    pub(super) fn mark(&mut self, full: &str) {
        self.used.entry(full.to_lowercase()).or_insert(1);
    }

    fn key(&self, name: &str) -> String {
        self.under_scope(name).to_lowercase()
    }

    fn under_scope(&self, name: &str) -> String {
        match self.scope.as_str() {
            "" => name.to_owned(),
            scope => format!("{scope}/{name}"),
        }
    }
}
