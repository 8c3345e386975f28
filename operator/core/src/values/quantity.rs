//! Kubernetes quantities: `500m`, `1536Mi`, `2e3`.
//!
//! *Not here*: writing them; cpu and memory each write their own.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// Suffixes and what they multiply with
const SUFFIXES: &[(&str, f64)] = &[
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// The number that a quantity means, in its base unit; none where it is no quantity, negative or endless
#[must_use]
pub fn number(quantity: &Quantity) -> Option<f64> {
    let text = quantity.0.as_str();
    let (digits, factor) = match SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, factor)))
    {
        Some((digits, factor)) => (digits, *factor),
        None => (text, 1.0),
    };
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    let number = digits.parse::<f64>().ok().filter(|_| plain)? * factor;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// Milli-CPUs, rounded up
#[must_use]
pub fn millis(quantity: &Quantity) -> Option<u32> {
    whole(number(quantity)? * 1000.0)
}

/// MiB, rounded up
#[must_use]
pub fn mebibytes(quantity: &Quantity) -> Option<u32> {
    whole(number(quantity)? / 1_048_576.0)
}

/// Rounded up, but for what the arithmetic of fractions adds
fn whole(number: f64) -> Option<u32> {
    let up = (number - 1e-9 * number.max(1.0)).ceil().max(0.0);
    (up <= f64::from(u32::MAX)).then_some(up as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_means_them() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("300m", Some(300)),
            ("0.1", Some(100)),
            ("1.5", Some(1500)),
            ("2e3", Some(2_000_000)),
            ("1u", Some(1)),
            ("0", Some(0)),
            ("", None),
            ("m", None),
            ("-1", None),
            ("1x", None),
            ("nan", None),
            ("inf", None),
        ] {
            assert_eq!(millis(&Quantity(text.into())), expected, "{text}");
        }
        for (text, expected) in [("700Mi", 700), ("1Gi", 1024), ("1G", 954), ("1", 1), ("128974848", 123)] {
            assert_eq!(mebibytes(&Quantity(text.into())), Some(expected), "{text}");
        }
    }
}
