//! Dollar escaping (R-DOLLAR): Kubernetes expands `$(VAR)` and collapses `$$`, ECS expands nothing.
//!
//! *Not here*: values that come from Secrets or ConfigMaps; Kubernetes expands those never, so they are never escaped.

/// The text that Kubernetes turns back into `text`
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        escaped.push(c);
        if c == '$' && matches!(rest.peek(), Some('$' | '(')) {
            escaped.push('$');
        }
    }
    escaped
}

/// What Kubernetes makes of a text where no variable is defined
#[must_use]
pub fn unescape(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        read.push(c);
        if c == '$' {
            // `$$` is one dollar whatever follows; `$(NAME)` of an unknown name stays as it is
            rest.next_if_eq(&'$');
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn v24_v26_v179_dollars_are_escaped_and_read_back() {
        // R-DOLLAR's own examples, and what the vectors add
        for (ecs, kubernetes) in [
            ("$(date)", "$$(date)"),
            ("$$", "$$$"),
            ("$$(", "$$$$("),
            ("$HOME", "$HOME"),
            ("echo $(date) $$ $HOME", "echo $$(date) $$$ $HOME"),
            ("$(FOO)", "$$(FOO)"),
            ("$(x)", "$$(x)"),
            ("plain", "plain"),
        ] {
            assert_eq!(escape(ecs), kubernetes);
            assert_eq!(unescape(kubernetes), ecs);
        }
    }

    proptest! {
        #[test]
        fn what_kubernetes_reads_is_what_ecs_meant(text in "[$()a-z ]{0,30}") {
            prop_assert_eq!(unescape(&escape(&text)), text);
        }
    }
}
