//! DNS names as Kubernetes takes them (RFC 1123).
//!
//! *Not here*: turning an ECS name into one ([`crate::names`]).

/// Whether a text is a DNS label: at most 63 of `[a-z0-9-]`, no dash at either end
#[must_use]
pub fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether a text is a DNS subdomain: labels joined by dots, at most 253 characters
#[must_use]
pub fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_are_lower_case_labels_joined_by_dots() {
        for good in ["a", "a-b.c0", "0.0"] {
            assert!(is_subdomain(good), "{good}");
        }
        for bad in ["", ".", "a.", "A", "a_b", "-a", "a-", "a..b"] {
            assert!(!is_subdomain(bad), "{bad}");
        }
    }
}
