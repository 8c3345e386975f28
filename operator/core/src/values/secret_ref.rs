//! References to secrets, as `valueFrom` and `credentialsParameter` hold them (R-SECRET): a Secrets Manager ARN with what is
//! wanted of it, or a parameter of Systems Manager.
//!
//! *Not here*: the secret; nobody here ever sees one.

use std::str::FromStr;

/// What a reference names
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretRef {
    /// The service that holds it, and its name there
    pub source: Source,
    /// The region that an ARN names
    pub region: Option<String>,
    /// The account that an ARN names
    pub account: Option<String>,
}

/// The service that holds a secret, and its name there
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Secrets Manager
    SecretsManager {
        /// The ARN without extras, or the name
        id: String,
        /// The one key of a secret that is a JSON object; none: the whole secret
        json_key: Option<String>,
        /// Which version; none: the current one
        version: Option<Version>,
    },
    /// Parameter Store of Systems Manager
    ParameterStore {
        /// The name
        name: String,
        /// The number of the version; none: the latest
        version: Option<String>,
    },
}

/// A version of a Secrets Manager secret
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// The label of a stage, such as `AWSPREVIOUS`
    Stage(String),
    /// The ID of a version
    Id(String),
}

/// Why a text refers to no secret
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotASecretRef {
    /// Nothing is named
    #[error("nothing is named; write the ARN of a secret, or the ARN or name of a parameter")]
    Empty,
    /// An ARN of something else
    #[error("this ARN is neither of a Secrets Manager secret nor of a Systems Manager parameter; write one that is")]
    Elsewhere,
    /// More parts than `json-key:version-stage:version-id`
    #[error("behind the ARN stand more than `:json-key:version-stage:version-id`; remove the rest")]
    TooManyParts,
    /// A stage and an ID
    #[error("a version stage and a version ID exclude each other; leave one empty")]
    StageAndId,
    /// A character that no name has
    #[error("the name has white space or one of `${{}}<>`, which no secret's name has; fill in what stands for them")]
    IllegalName,
}

/// The parts of a secret's ARN: `arn:aws:secretsmanager:region:account:secret:name`
const SECRET_ARN_PARTS: usize = 7;

impl FromStr for SecretRef {
    type Err = NotASecretRef;

    fn from_str(text: &str) -> Result<Self, NotASecretRef> {
        read(text, parameter)
    }
}

impl SecretRef {
    /// Reads a `credentialsParameter`, whose bare names are of Secrets Manager
    ///
    /// # Errors
    ///
    /// A text that refers to no secret.
    pub fn of_credentials(text: &str) -> Result<Self, NotASecretRef> {
        read(text, |name| Source::SecretsManager { id: name.to_owned(), json_key: None, version: None })
    }
}

fn read(text: &str, bare: impl Fn(&str) -> Source) -> Result<SecretRef, NotASecretRef> {
    if text.is_empty() {
        return Err(NotASecretRef::Empty);
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || "${}<>".contains(c)) {
        return Err(NotASecretRef::IllegalName);
    }
    let parts: Vec<&str> = text.split(':').collect();
    let (service, region, account) = match parts.as_slice() {
        ["arn", _, service, region, account, _, ..] => (*service, *region, *account),
        ["arn", ..] => return Err(NotASecretRef::Elsewhere),
        _ => return Ok(SecretRef { source: bare(text), region: None, account: None }),
    };
    let source = match service {
        "secretsmanager" => secret(&parts)?,
        "ssm" => {
            let resource = text.splitn(SECRET_ARN_PARTS - 1, ':').last().unwrap_or_default();
            let rest = resource.strip_prefix("parameter/").filter(|rest| !rest.is_empty());
            let rest = rest.ok_or(NotASecretRef::Elsewhere)?;
            parameter(&if rest.contains('/') { format!("/{rest}") } else { rest.to_owned() })
        }
        _ => return Err(NotASecretRef::Elsewhere),
    };
    let said = |part: &str| (!part.is_empty()).then(|| part.to_owned());
    Ok(SecretRef { source, region: said(region), account: said(account) })
}

fn secret(parts: &[&str]) -> Result<Source, NotASecretRef> {
    if parts.len() < SECRET_ARN_PARTS || parts.get(5) != Some(&"secret") {
        return Err(NotASecretRef::Elsewhere);
    }
    let (arn, extras) = parts.split_at(SECRET_ARN_PARTS);
    let extra = |at: usize| extras.get(at).filter(|part| !part.is_empty()).map(|part| (*part).to_owned());
    if extras.len() > 3 {
        return Err(NotASecretRef::TooManyParts);
    }
    let version = match (extra(1), extra(2)) {
        (Some(_), Some(_)) => return Err(NotASecretRef::StageAndId),
        (Some(stage), None) => Some(Version::Stage(stage)),
        (None, id) => id.map(Version::Id),
    };
    Ok(Source::SecretsManager { id: arn.join(":"), json_key: extra(0), version })
}

/// A parameter by its name, with `:version` behind it where one is wanted
fn parameter(text: &str) -> Source {
    let version = text.rsplit_once(':').filter(|(_, version)| version.bytes().all(|b| b.is_ascii_digit()));
    match version {
        Some((name, version)) if !version.is_empty() => {
            Source::ParameterStore { name: name.to_owned(), version: Some(version.to_owned()) }
        }
        _ => Source::ParameterStore { name: text.to_owned(), version: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "arn:aws:secretsmanager:us-east-1:1:secret:app-AbCdEf";

    fn shown(read: Result<SecretRef, NotASecretRef>) -> String {
        match read.map(|read| read.source) {
            Ok(Source::SecretsManager { id, json_key, version }) => {
                let version = version.map(|version| match version {
                    Version::Stage(stage) => format!("stage {stage}"),
                    Version::Id(id) => format!("id {id}"),
                });
                format!("secret {id} key {} {}", json_key.unwrap_or_default(), version.unwrap_or_default())
            }
            Ok(Source::ParameterStore { name, version }) => {
                format!("parameter {name} {}", version.unwrap_or_default())
            }
            Err(error) => format!("{error:?}"),
        }
    }

    /// (vector, text, what it refers to)
    #[test]
    fn references_are_read_as_the_agent_reads_them() {
        let behind = |extras: &str| format!("{APP}{extras}");
        for (vector, text, expected) in [
            ("V31", behind(":password::"), format!("secret {APP} key password ")),
            ("V32", behind("::AWSPREVIOUS:"), format!("secret {APP} key  stage AWSPREVIOUS")),
            ("V33", behind(":k:AWSCURRENT:uuid1"), "StageAndId".to_owned()),
            ("V34", behind(":db.host::"), format!("secret {APP} key db.host ")),
            ("V35", "arn:aws:ssm:eu-west-1:1:parameter/prod/db".to_owned(), "parameter /prod/db ".to_owned()),
            ("V35", "arn:aws:ssm:eu-west-1:1:parameter/plain".to_owned(), "parameter plain ".to_owned()),
            ("V35", "token".to_owned(), "parameter token ".to_owned()),
            ("", behind(""), format!("secret {APP} key  ")),
            ("", behind(":::"), format!("secret {APP} key  ")),
            ("", behind(":::uuid1"), format!("secret {APP} key  id uuid1")),
            ("", behind("::::"), "TooManyParts".to_owned()),
            ("", "arn:aws:ssm:eu-west-1:1:parameter/prod/db:3".to_owned(), "parameter /prod/db 3".to_owned()),
            ("", "/prod/db".to_owned(), "parameter /prod/db ".to_owned()),
            ("", "arn:aws:s3:::bucket/x".to_owned(), "Elsewhere".to_owned()),
            ("", "arn:aws:ssm:eu-west-1:1:document/x".to_owned(), "Elsewhere".to_owned()),
            ("", "arn:aws:secretsmanager:us-east-1:1:app".to_owned(), "Elsewhere".to_owned()),
            ("", "arn:aws".to_owned(), "Elsewhere".to_owned()),
            ("", "${TOKEN}".to_owned(), "IllegalName".to_owned()),
            ("", String::new(), "Empty".to_owned()),
        ] {
            assert_eq!(shown(text.parse()), expected, "{vector} {text}");
        }
    }

    #[test]
    fn an_arn_tells_region_and_account_and_a_name_does_not() {
        let read: Result<SecretRef, _> = APP.parse();
        let place = read.map(|read| (read.region, read.account));
        assert_eq!(place, Ok((Some("us-east-1".to_owned()), Some("1".to_owned()))));
        let read: Result<SecretRef, _> = "token".parse();
        assert_eq!(read.map(|read| (read.region, read.account)), Ok((None, None)));
    }

    #[test]
    fn a_bare_name_of_registry_credentials_is_a_secret() {
        assert_eq!(shown(SecretRef::of_credentials("registry/prod")), "secret registry/prod key  ");
    }
}
