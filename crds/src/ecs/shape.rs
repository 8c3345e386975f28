//! `ecs_shape!`: the one way to write down a structure of the AWS API.
//!
//! *Guarantees*: every member is optional and nullable, as in AWS's own JSON; members that this version does not
//! know are kept in `unknown` and written back, so reading and writing a document loses nothing; the
//! schema is structural and keeps unknown fields (decisions §1).
//!
//! *Not here*: any judgement of values. ECS values are open strings here and judged in `ecs-core`.

use std::collections::BTreeMap;

use serde_json::Value;

/// Members of an AWS structure that this version does not know, by name
pub type Unknown = BTreeMap<String, Value>;

/// Declares AWS structures: plain fields in, serde and JSON schema behaviour added
macro_rules! ecs_shape {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident: $ty:ty, )*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase")]
        #[schemars(extend("x-kubernetes-preserve-unknown-fields" = true))]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: $ty,
            )*
            /// Members that this version does not know, kept as they are
            #[serde(flatten)]
            #[schemars(skip)]
            pub unknown: $crate::ecs::Unknown,
        }
    )*};
}
pub(crate) use ecs_shape;

/// The schema of a member that takes any JSON
pub(crate) fn any_json(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "x-kubernetes-preserve-unknown-fields": true, "nullable": true })
}
