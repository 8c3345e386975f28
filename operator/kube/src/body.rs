//! The body of a server-side apply.
//!
//! The API server reads it as YAML, of which JSON is nearly a part: YAML refuses some characters that JSON takes as they are
//! in a string, and folds others as line breaks, which would change a value in silence. Written as escapes, both read the same.

use serde::Serialize;
use serde_json::value::RawValue;

/// The body for a manifest
///
/// # Errors
///
/// None in practice: manifests are plain data.
pub(crate) fn body(manifest: &impl Serialize) -> Result<Box<RawValue>, serde_json::Error> {
    let text = serde_json::to_string(manifest)?;
    if !text.contains(differs) {
        return RawValue::from_string(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if differs(c) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    RawValue::from_string(escaped)
}

/// Whether YAML reads a character of a JSON string otherwise than JSON. All of them stand in strings only, and none is
/// above U+FFFF, where a JSON escape would be a pair that YAML does not know
fn differs(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_yaml_reads_otherwise_is_escaped_and_means_the_same() {
        let manifest = json!({"a": "x\u{7f}\u{85}\u{2028}\u{feff}y", "b": "grün 🚀 \n\t\"\\"});
        let body = body(&manifest).expect("plain data");
        assert!(!body.get().contains(differs), "{body}");
        assert!(body.get().contains("\\u0085") && body.get().contains("grün 🚀"));
        let back: Value = serde_json::from_str(body.get()).expect("JSON");
        assert_eq!(back, manifest);
        let yaml: Value = serde_yaml_ng::from_str(body.get()).expect("YAML");
        assert_eq!(yaml, manifest);
    }
}
