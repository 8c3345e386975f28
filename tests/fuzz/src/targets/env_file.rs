//! Environment files of tasks: every variable stands in the file as it is, the first to set one wins, and what is read is the
//! same when it is written down and read again.

use ecs_core::values::env_file::{is_secret_key, merged, variables};

pub(crate) fn check(data: &[u8]) {
    let text = super::text(data);
    let read = variables(&text);
    for (name, value) in &read {
        assert!(!name.is_empty() && text.contains(&format!("{name}={value}")), "{name:?} in {text:?}");
        assert!(!is_secret_key(name) || !name.contains(['=', '\n', ' ']), "{name:?}");
    }
    let plain = |(name, value): (&String, &String)| format!("{name}={value}\n");
    let carriage = read.values().any(|value| value.ends_with('\r'));
    assert!(carriage || variables(&read.iter().map(plain).collect::<String>()) == read, "{text:?}");
    let (one, other) = text.split_once("\n--\n").unwrap_or((&text, ""));
    let both = merged([("A", "first")], [one, other]);
    assert_eq!(both.get("A").map(String::as_str), Some("first"));
    assert!(variables(one).iter().all(|(name, value)| name == "A" || both.get(name) == Some(value)), "{text:?}");
}
