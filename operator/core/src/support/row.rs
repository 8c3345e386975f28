//! A row of the support table, and the words that rows are written in.
//!
//! *Not here*: any row.

use std::fmt;

pub(super) use ecs_crds::status::Class::{self, Advisory, Approximate, Equivalent, Exact, Unsupported};
pub(super) use ecs_crds::status::Severity::{self, Block, Info, Warn};

pub(super) use Handling::{Translated, WithParent};

/// What becomes of one input path
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The path as AWS's model spells it: `containerDefinitions[].portMappings[].hostPort`
    pub path: &'static str,
    /// What may stand there
    pub field: Field,
    /// How faithfully it is translated
    pub class: Class,
    /// The rule (`R-…`) or section (`§…`) of the mapping specification
    pub rule: &'static str,
    /// Who handles it, and what is found where it is present
    pub handling: Handling,
    /// What becomes of it, in one sentence; of a [`Handling::Pending`] row, what follows from its not being translated yet
    pub says: &'static str,
}

/// Who handles a path, and what is found where it holds something
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// `check` and `translate` take it, and find what there is to find
    Translated,
    /// The row of the structure around it speaks for it
    WithParent,
    /// Present, it is a finding
    Reported {
        /// The code of the finding
        code: &'static str,
        /// The severity of the finding
        severity: Severity,
        /// The value, or `member=value`, that is no finding
        unless: &'static str,
    },
    /// Present, it is the finding `TranslationPending`: a later version translates it
    Pending {
        /// The severity of the finding
        severity: Severity,
        /// The value, or `member=value`, that is no finding
        unless: &'static str,
    },
}

impl Handling {
    /// The value, or `member=value`, that is as good as absent
    pub(super) const fn unless(self, value: &'static str) -> Self {
        match self {
            Self::Reported { code, severity, .. } => Self::Reported { code, severity, unless: value },
            Self::Pending { severity, .. } => Self::Pending { severity, unless: value },
            Self::Translated | Self::WithParent => self,
        }
    }
}

pub(super) const fn reported(code: &'static str, severity: Severity) -> Handling {
    Handling::Reported { code, severity, unless: "" }
}

pub(super) const fn pending(severity: Severity) -> Handling {
    Handling::Pending { severity, unless: "" }
}

/// The type of a value
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string
    Text,
    /// A string that people also write as a number: CPU units or MiB
    Size,
    /// A whole number
    Integer,
    /// Any number
    Double,
    /// true or false
    Boolean,
    /// A point in time
    Timestamp,
    /// An object with known members
    Structure,
    /// Any JSON
    Json,
    /// An object from text to text
    Map,
    /// A list of strings
    Texts,
    /// A list of whole numbers
    Integers,
    /// A list of objects with known members
    Structures,
    /// A list of objects from text to text
    Maps,
}

impl Kind {
    /// The type of the elements of a list
    #[must_use]
    pub fn element(self) -> Option<Self> {
        match self {
            Self::Texts => Some(Self::Text),
            Self::Integers => Some(Self::Integer),
            Self::Structures => Some(Self::Structure),
            Self::Maps => Some(Self::Map),
            Self::Text
            | Self::Size
            | Self::Integer
            | Self::Double
            | Self::Boolean
            | Self::Timestamp
            | Self::Structure
            | Self::Json
            | Self::Map => None,
        }
    }
}

impl Kind {
    /// What stands behind the name of a list or map in paths
    #[must_use]
    pub fn mark(self) -> &'static str {
        match self {
            Self::Map => "{}",
            other if other.element().is_some() => "[]",
            _ => "",
        }
    }
}

impl fmt::Display for Kind {
    /// As AWS's models name it
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text | Self::Size => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Timestamp => "timestamp",
            Self::Structure | Self::Json => "structure",
            Self::Map => "map",
            Self::Texts => "list of string",
            Self::Integers => "list of integer",
            Self::Structures => "list of structure",
            Self::Maps => "list of map",
        })
    }
}

/// From and to, both included; none: no bound on that side
pub type Range = (Option<i64>, Option<i64>);

/// What may stand at a path
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The type
    pub kind: Kind,
    /// Whether the structure around it needs it
    pub required: bool,
    /// Bounds of a number, of the length of a string in characters, or of a list or map in elements
    pub range: Option<Range>,
    /// Bounds of the elements of a list or map
    pub each: Option<Range>,
    /// The allowed values, separated by `|`; empty: any
    pub one_of: &'static str,
    /// The regular expression of AWS's model; empty: any
    pub pattern: &'static str,
}

impl Field {
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) const fn range(mut self, from: i64, to: i64) -> Self {
        self.range = Some((Some(from), Some(to)));
        self
    }

    pub(super) const fn at_least(mut self, from: i64) -> Self {
        self.range = Some((Some(from), None));
        self
    }

    pub(super) const fn at_most(mut self, to: i64) -> Self {
        self.range = Some((None, Some(to)));
        self
    }

    pub(super) const fn each(mut self, from: i64, to: i64) -> Self {
        self.each = Some((Some(from), Some(to)));
        self
    }

    pub(super) const fn each_at_least(mut self, from: i64) -> Self {
        self.each = Some((Some(from), None));
        self
    }

    pub(super) const fn each_at_most(mut self, to: i64) -> Self {
        self.each = Some((None, Some(to)));
        self
    }

    pub(super) const fn one_of(mut self, values: &'static str) -> Self {
        self.one_of = values;
        self
    }

    pub(super) const fn pattern(mut self, pattern: &'static str) -> Self {
        self.pattern = pattern;
        self
    }

    /// The allowed values; none where any is allowed
    pub fn allowed(self) -> impl Iterator<Item = &'static str> {
        self.one_of.split('|').filter(|value| !value.is_empty())
    }

    /// The limits as AWS's models state them: `min=1 max=128 pattern=…`
    #[must_use]
    pub fn limits(self) -> String {
        let range = |(from, to): Range| {
            let bounds = [from.map(|from| format!("min={from}")), to.map(|to| format!("max={to}"))];
            bounds.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        let named = |name: &str, text: &str| (!text.is_empty()).then(|| format!("{name}={text}"));
        [self.range.map(range), self.each.map(range), named("enum", self.one_of), named("pattern", self.pattern)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Whether a text has only characters that the pattern allows; patterns that say more than that allow everything here
    #[must_use]
    pub fn matches(self, text: &str) -> bool {
        let allowed: fn(char) -> bool = match self.pattern {
            TAG_TEXT => |c| c.is_alphabetic() || c.is_numeric() || c.is_whitespace() || "_.:/=+-@".contains(c),
            SCHEDULE_NAME | RULE_NAME => |c| c.is_ascii_alphanumeric() || "-_.".contains(c),
            TOKEN => |c| c.is_ascii_alphanumeric() || "-_".contains(c),
            PLAIN_TEXT | PRINTABLE => |c| !c.is_control() || "\r\n\t".contains(c),
            _ => |_| true,
        };
        text.chars().all(allowed)
    }
}

/// One word per type: `text()`, `integer()` …
macro_rules! words {
    ($($word:ident = $kind:ident;)*) => {$(
        pub(super) const fn $word() -> Field {
            Field { kind: Kind::$kind, required: false, range: None, each: None, one_of: "", pattern: "" }
        }
    )*};
}

words! {
    text = Text;
    size = Size;
    integer = Integer;
    double = Double;
    flag = Boolean;
    time = Timestamp;
    structure = Structure;
    json = Json;
    map = Map;
    texts = Texts;
    integers = Integers;
    structures = Structures;
    maps = Maps;
}

/// Tag keys and values
pub(super) const TAG_TEXT: &str = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)";
/// Names of schedules and their groups
pub(super) const SCHEDULE_NAME: &str = r"[0-9a-zA-Z-_.]+";
/// Names of rules and their targets
pub(super) const RULE_NAME: &str = r"[\.\-_A-Za-z0-9]+";
/// Tokens of requests
pub(super) const TOKEN: &str = r"[a-zA-Z0-9-_]+";
/// Text without control characters
pub(super) const PLAIN_TEXT: &str = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*";
/// Names of scaling policies
pub(super) const PRINTABLE: &str = r"\p{Print}+";

/// Declares a table: `at "parent." { "member", value, class, rule, handling, sentence; … }`
macro_rules! rows {
    ($name:ident = $operation:ident; $(at $parent:literal {$(
        $member:literal, $field:expr, $class:ident, $rule:literal, $handling:expr, $says:literal;
    )*})*) => {
        #[doc = concat!("The rows of ", stringify!($operation))]
        pub(super) const $name: &[Row] = &[$($(Row {
            path: concat!($parent, $member),
            field: $field,
            class: $class,
            rule: $rule,
            handling: $handling,
            says: $says,
        },)*)*];
    };
}
pub(super) use rows;
