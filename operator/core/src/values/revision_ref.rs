//! What an ECS user writes as `taskDefinition`: `web`, `web:7`, or the ARN of either.
//!
//! *Guarantees*: a reference that parses names a legal family and, where it has one, a legal revision; it prints as it was
//! written.
//!
//! *Not here*: which revision a bare family stands for, and whether the account of an ARN is the bound one.

use std::fmt;
use std::str::FromStr;

/// The longest name of a family
const FAMILY_MAX: usize = 255;

/// A reference to a task definition
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionRef {
    /// The family
    pub family: String,
    /// The pinned revision, at least 1; none follows the newest one
    pub revision: Option<i64>,
    /// Where the reference was an ARN: the rest of it
    pub arn: Option<RevisionArn>,
}

/// What the ARN of a task definition says beside family and revision
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionArn {
    /// `aws`, `aws-cn`, `aws-us-gov` …
    pub partition: String,
    /// The region: `eu-central-1`
    pub region: String,
    /// The account: twelve digits
    pub account: String,
}

/// Why a text is no reference to a task definition
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevisionRefError {
    /// Nothing is written
    #[error("the reference is empty; write family, family:revision or a task definition ARN")]
    Empty,
    /// The family has other characters than ECS allows, or too many
    #[error("`{0}` is no family: a family has 1 to 255 letters, digits, hyphens and underscores")]
    Family(String),
    /// The text after the colon is not a positive whole number
    #[error(
        "`{0}` is no revision: a revision is a whole number from 1; ECS has no such word as `latest`, write the bare \
         family to follow the newest revision"
    )]
    Revision(String),
    /// An ARN, but not that of a task definition
    #[error(
        "`{0}` is not the ARN of a task definition, which reads \
         arn:aws:ecs:region:account:task-definition/family:revision"
    )]
    Arn(String),
}

impl RevisionRef {
    /// The reference as this cluster names it: `family` or `family:revision`, without the ARN's head
    #[must_use]
    pub fn local(&self) -> String {
        match self.revision {
            Some(revision) => format!("{}:{revision}", self.family),
            None => self.family.clone(),
        }
    }
}

impl FromStr for RevisionRef {
    type Err = RevisionRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(RevisionRefError::Empty);
        }
        let (arn, local) = match text.strip_prefix("arn:") {
            Some(rest) => split_arn(rest)
                .map(|(arn, local)| (Some(arn), local))
                .ok_or_else(|| RevisionRefError::Arn(text.to_owned()))?,
            None => (None, text),
        };
        let (family, revision) = match local.split_once(':') {
            Some((family, revision)) => (family, Some(parse_revision(revision)?)),
            None => (local, None),
        };
        if !is_family(family) {
            return Err(RevisionRefError::Family(family.to_owned()));
        }
        Ok(Self { family: family.to_owned(), revision, arn })
    }
}

/// Splits what follows `arn:` into its head and `family[:revision]`
fn split_arn(rest: &str) -> Option<(RevisionArn, &str)> {
    let mut parts = rest.splitn(5, ':');
    let (partition, service, region, account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_word =
        |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let is_account = account.len() == 12 && account.chars().all(|c| c.is_ascii_digit());
    if !(is_word(partition) && service == "ecs" && is_word(region) && is_account) {
        return None;
    }
    let arn = RevisionArn { partition: partition.to_owned(), region: region.to_owned(), account: account.to_owned() };
    Some((arn, resource.strip_prefix("task-definition/")?))
}

/// A revision: digits without a leading zero, so that what is printed is what was written
fn parse_revision(text: &str) -> Result<i64, RevisionRefError> {
    let digits = !text.starts_with('0') && text.chars().all(|c| c.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits => Ok(number),
        _ => Err(RevisionRefError::Revision(text.to_owned())),
    }
}

/// Whether ECS takes this text as the name of a family
#[must_use]
pub fn is_family(text: &str) -> bool {
    (1..=FAMILY_MAX).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

impl fmt::Display for RevisionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(RevisionArn { partition, region, account }) = &self.arn {
            write!(f, "arn:{partition}:ecs:{region}:{account}:task-definition/")?;
        }
        f.write_str(&self.local())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_and_printed_as_written() {
        let arn = "arn:aws-cn:ecs:cn-north-1:123456789012:task-definition/";
        for (text, family, revision, has_arn) in [
            ("web", "web", None, false),
            ("Web_2-x", "Web_2-x", None, false),
            ("web:7", "web", Some(7), false),
            (&format!("{arn}web:7"), "web", Some(7), true),
            (&format!("{arn}web"), "web", None, true),
        ] {
            let parsed: RevisionRef = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((parsed.family.as_str(), parsed.revision, parsed.arn.is_some()), (family, revision, has_arn));
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn a_text_that_is_no_reference_is_refused_with_its_reason() {
        use RevisionRefError as E;
        let (long, colon) = ("a".repeat(256), "arn:aws:ecs:eu-west-1:1:task-definition/web:1");
        for (text, error) in [
            ("", E::Empty),
            (":7", E::Family(String::new())),
            ("we b", E::Family("we b".into())),
            ("repo/web:1", E::Family("repo/web".into())),
            (long.as_str(), E::Family(long.clone())),
            ("web:", E::Revision(String::new())),
            ("web:latest", E::Revision("latest".into())),
            ("web:0", E::Revision("0".into())),
            ("web:07", E::Revision("07".into())),
            ("web:+7", E::Revision("+7".into())),
            ("web:7:8", E::Revision("7:8".into())),
            ("web:99999999999999999999", E::Revision("99999999999999999999".into())),
            (colon, E::Arn(colon.into())),
            (
                "arn:aws:ecs:eu-west-1:123456789012:service/web",
                E::Arn("arn:aws:ecs:eu-west-1:123456789012:service/web".into()),
            ),
        ] {
            assert_eq!(text.parse::<RevisionRef>(), Err(error), "{text}");
        }
    }
}
