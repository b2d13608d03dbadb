//! The two places where a run-time dtype becomes a compile-time type.

/// Runs `$body` with `$inner` bound to what the variant of `$enum` holds, whatever its type.
macro_rules! for_variant {
    ($enum:ident, $value:expr, $inner:ident => $body:expr) => {
        match $value {
            $enum::Bool($inner) => $body,
            $enum::F16($inner) => $body,
            $enum::BF16($inner) => $body,
            $enum::F32($inner) => $body,
            $enum::F64($inner) => $body,
        }
    };
}

/// Runs `$body` with `$type` standing for the element type of `$dtype`.
macro_rules! for_dtype {
    ($dtype:expr, $type:ident => $body:expr) => {
        match $dtype {
            $crate::DType::Bool => {
                type $type = bool;
                $body
            }
            $crate::DType::F16 => {
                type $type = $crate::f16;
                $body
            }
            $crate::DType::BF16 => {
                type $type = $crate::bf16;
                $body
            }
            $crate::DType::F32 => {
                type $type = f32;
                $body
            }
            $crate::DType::F64 => {
                type $type = f64;
                $body
            }
        }
    };
}

pub(crate) use {for_dtype, for_variant};
