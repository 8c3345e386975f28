//! The grammar of a task's `cpu` and `memory` (R-TASKSIZE): `256`, `"1 vCPU"`, `"2GB"`.
//!
//! *Not here*: which sizes Fargate offers (R-FARGATE, in `check`).

use super::cpu::CpuUnits;
use super::memory::Mebibytes;

/// Reads a task's `cpu`: units, or a number of vCPUs that is a whole number of units
#[must_use]
pub fn task_cpu(text: &str) -> Option<CpuUnits> {
    CpuUnits::new(plain_or_times_1024(text, "vcpu")?)
}

/// Reads a task's `memory`: MiB, or a number of GB that is a whole number of MiB
#[must_use]
pub fn task_memory(text: &str) -> Option<Mebibytes> {
    Mebibytes::new(plain_or_times_1024(text, "gb")?)
}

/// A whole number as it is; a decimal number with the unit times 1024, if that is whole
fn plain_or_times_1024(text: &str, unit: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    match text.strip_suffix(unit) {
        Some(number) => times_1024(number.trim_end()),
        None if is_digits(&text) => text.parse().ok(),
        None => None,
    }
}

/// A decimal number (`2`, `0.5`, `.25`) times 1024, if that is whole
fn times_1024(number: &str) -> Option<i64> {
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
        None => (number, ""),
    };
    let last = number.split('.').next_back()?;
    if !is_digits(last) || !(whole.is_empty() || is_digits(whole)) {
        return None;
    }
    // 1024 is 2^10: a fraction of more than ten digits cannot become whole
    let scale = 10_i64.checked_pow(u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 10)?)?;
    let digits: i64 = format!("{whole}{fraction}").parse().or(if whole.is_empty() { Ok(0) } else { Err(()) }).ok()?;
    let product = digits.checked_mul(1024)?;
    (product % scale == 0).then_some(product / scale)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn task_sizes_are_read_as_ecs_reads_them() {
        let cpus = [
            ("256", Some(256)),
            (" 1024 ", Some(1024)),
            ("1 vCPU", Some(1024)),
            (".25vcpu", Some(256)),
            ("0.5 VCPU", Some(512)),
            ("1.50 vCPU", Some(1536)),
            ("0.3 vCPU", None),
            ("1. vCPU", None),
            ("vCPU", None),
            ("-1", None),
            ("+1", None),
            ("0", None),
            ("1.2.3 vCPU", None),
            ("", None),
            (".0 vCPU", None),
            ("99999999999999999999", None),
        ];
        for (text, units) in cpus {
            assert_eq!(task_cpu(text).map(CpuUnits::get), units, "{text:?}");
        }
        let memories = [
            ("512", Some(512)),
            ("2GB", Some(2048)),
            ("0.5 gb", Some(512)),
            ("2 GiB", None),
            ("1e3", None),
            ("1MB", None),
        ];
        for (text, mib) in memories {
            assert_eq!(task_memory(text).map(Mebibytes::get), mib, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,40}") {
            let _ = (task_cpu(&text), task_memory(&text));
        }

        #[test]
        fn whole_vcpus_and_gigabytes_are_1024_of_the_small_unit(n in 1u32..190) {
            prop_assert_eq!(task_cpu(&format!("{n} vCPU")).map(CpuUnits::get), Some(n * 1024));
            prop_assert_eq!(task_memory(&format!("{n}GB")).map(Mebibytes::get), Some(n * 1024));
        }
    }
}
