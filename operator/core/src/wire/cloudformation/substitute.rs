//! The texts of `Fn::Sub`: `${Name}`, `${Resource.Attribute}`, and `${!Name}` for a literal `${Name}`.
//!
//! *Not here*: what the names refer to.

/// A part of such a text
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Stands for itself
    Text(&'a str),
    /// The name between `${` and `}`
    Name(&'a str),
}

/// The parts of a text, in order; a `${` without its `}` is text
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        let (before, name, after) = (&rest[..start], &rest[start + 2..start + length], &rest[start + length + 1..]);
        parts.push(Part::Text(before));
        match name.strip_prefix('!') {
            // The `!` is dropped, the rest stays
            Some(_) => parts.extend([Part::Text("${"), Part::Text(&rest[start + 3..=start + length])]),
            None => parts.push(Part::Name(name.trim())),
        }
        rest = after;
    }
    parts.push(Part::Text(rest));
    parts.retain(|part| *part != Part::Text(""));
    parts
}

#[cfg(test)]
mod tests {
    use super::Part::{Name, Text};
    use super::*;

    #[test]
    fn a_text_is_its_parts() {
        let cases: &[(&str, &[Part<'_>])] = &[
            ("", &[]),
            ("a", &[Text("a")]),
            ("${A}", &[Name("A")]),
            ("a${ B.C }d${AWS::Region}", &[Text("a"), Name("B.C"), Text("d"), Name("AWS::Region")]),
            ("${!A}b", &[Text("${"), Text("A}"), Text("b")]),
            ("a${b", &[Text("a${b")]),
            ("$A $${B}", &[Text("$A $"), Name("B")]),
            ("ä${ö}ü", &[Text("ä"), Name("ö"), Text("ü")]),
        ];
        for (text, expected) in cases {
            assert_eq!(&parts(text), expected, "{text}");
        }
    }
}
