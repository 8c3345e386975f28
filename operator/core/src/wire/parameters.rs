//! What is given for a template beside its text: `--parameter KEY=VALUE`.
//!
//! A key is the name of a parameter, a pseudo parameter (`AWS::Region`), a resource (`Cluster`, what `!Ref` gives), an
//! attribute of a resource (`TaskRole.Arn`, what `!GetAtt` gives) or an export (what `!ImportValue` gives).
//!
//! *Not here*: defaults, which the template has; evaluation.

use std::collections::BTreeMap;

/// Values by what they are given for
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

/// A parameter that is not written as `KEY=VALUE`
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no parameter; write KEY=VALUE, as in ImageUri=nginx:1.27, AWS::Region=eu-west-1 or TaskRole.Arn=arn:…"
)]
pub struct ParameterError(String);

impl Parameters {
    /// Reads `KEY=VALUE` texts; of one key given twice, the last counts
    ///
    /// # Errors
    ///
    /// Where a text has no `=` or nothing before it. The message shows only what stands before an `=`.
    pub fn parse<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, ParameterError> {
        let pair = |text: T| match text.as_ref().split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
            Some(_) => Err(ParameterError("=…".to_owned())),
            None => Err(ParameterError(text.as_ref().to_owned())),
        };
        texts.into_iter().map(pair).collect::<Result<_, _>>().map(Self)
    }

    /// The value that is given for a key
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_key_and_a_value() {
        let given =
            Parameters::parse(["A=1", "AWS::Region=eu-west-1", "Role.Arn=arn:aws:iam::1:role/a=b", "A=2", "E="]);
        let given = given.unwrap_or_default();
        for (key, expected) in [
            ("A", Some("2")),
            ("AWS::Region", Some("eu-west-1")),
            ("Role.Arn", Some("arn:aws:iam::1:role/a=b")),
            ("E", Some("")),
            ("B", None),
        ] {
            assert_eq!(given.get(key), expected, "{key}");
        }
        for text in ["A", "=1", " =1"] {
            assert!(Parameters::parse([text]).is_err(), "{text}");
        }
    }
}
