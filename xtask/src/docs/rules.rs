//! What an op takes and gives, in words.

use ops_nn::{DTypeRule, DTypes, Domain, OpDef, Param, ParamKind, Presence, ShapeRule};

/// What a parameter takes.
pub(super) fn takes(param: &Param) -> String {
    match param.kind() {
        ParamKind::Tensor(DTypes::Bool) => "a bool tensor".to_owned(),
        ParamKind::Tensor(dtypes) => format!("a tensor or a number, {}", dtypes.expected()),
        kind => kind.expected().to_owned(),
    }
}

/// What a parameter is if it is left out.
pub(super) fn default(param: &Param) -> &'static str {
    match param.default() {
        Presence::Required => "",
        Presence::Flag(true) => "`True`",
        Presence::Flag(false) => "`False`",
        _ => "`None`",
    }
}

/// What a checked call accepts.
pub(super) fn domain(param: &Param) -> &'static str {
    match param.domain() {
        Domain::Any => "",
        domain => domain.description(),
    }
}

/// The element type of the result.
pub(super) fn dtype(definition: &OpDef) -> String {
    match definition.dtype() {
        DTypeRule::Shared => "the one that the tensors share".to_owned(),
        DTypeRule::Fixed(dtype) => dtype.to_string(),
        DTypeRule::Argument => {
            "the one given as `dtype`; without it, the one of the tensors".to_owned()
        }
        DTypeRule::Like(param) => format!("that of `{param}`"),
        other => format!("{other:?}"),
    }
}

/// The shape of the result.
pub(super) fn shape(definition: &OpDef) -> String {
    match definition.shape() {
        ShapeRule::Broadcast => match &tensors(definition).collect::<Vec<_>>()[..] {
            [one] => format!("that of `{one}`"),
            _ => "the tensors broadcast together".to_owned(),
        },
        ShapeRule::Like { argument, same } => {
            let same_as = |name: &str| same.contains(&name);
            let quoted: Vec<String> = same.iter().map(|name| format!("`{name}`")).collect();
            let equal = match &quoted[..] {
                [] => String::new(),
                [one] => format!("; {one} must have the same"),
                several => format!("; {} must have the same", several.join(", ")),
            };
            let has_rest = tensors(definition).any(|name| name != *argument && !same_as(name));
            let rest = if has_rest {
                "; other tensors must broadcast to it and never enlarge it"
            } else {
                ""
            };
            format!("that of `{argument}`{equal}{rest}")
        }
        _ => "the op's own rule: see the arguments and the formula".to_owned(),
    }
}

/// The names of the parameters that take tensors.
fn tensors(definition: &OpDef) -> impl Iterator<Item = &str> {
    let params = definition.parameters().iter();
    let tensors = params.filter(|param| matches!(param.kind(), ParamKind::Tensor(_)));
    tensors.map(Param::name)
}

/// Text for a cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
