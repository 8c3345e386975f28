//! Memory: ECS's MiB and Kubernetes' binary quantities (R-MEM).
//!
//! *Not here*: what a memory figure means for requests and limits (R-RES, in `translate`).

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// A quantity's suffixes from MiB upwards, each 1024 of the one before
const SUFFIXES: &[&str] = &["Mi", "Gi", "Ti", "Pi", "Ei"];

/// An amount of memory in MiB, at least 1
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mebibytes(u32);

impl Mebibytes {
    /// An amount in MiB; none for 0 (which ECS reads as absent), negative or absurd ones
    #[must_use]
    pub fn new(mib: i64) -> Option<Self> {
        u32::try_from(mib).ok().filter(|n| *n >= 1 && i32::try_from(*n).is_ok()).map(Self)
    }

    /// An amount in GiB
    #[must_use]
    pub fn from_gib(gib: i64) -> Option<Self> {
        Self::new(gib.checked_mul(1024)?)
    }

    /// The smallest whole number of MiB that holds so many bytes
    #[must_use]
    pub fn from_bytes(bytes: u64) -> Option<Self> {
        Self::new(i64::try_from(bytes.div_ceil(1 << 20)).ok()?)
    }

    /// The MiB
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// The quantity as the API server stores it: `512Mi`, and `1Gi` rather than `1024Mi`
    #[must_use]
    pub fn quantity(self) -> Quantity {
        let mut number = self.0;
        let mut suffixes = SUFFIXES.iter();
        let mut suffix = suffixes.next().copied().unwrap_or_default();
        while number.is_multiple_of(1024) {
            let Some(larger) = suffixes.next() else { break };
            number /= 1024;
            suffix = larger;
        }
        Quantity(format!("{number}{suffix}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantities_are_written_as_the_api_server_stores_them() {
        for (mib, quantity) in [(6, "6Mi"), (512, "512Mi"), (1024, "1Gi"), (1536, "1536Mi"), (1 << 20, "1Ti")] {
            assert_eq!(Mebibytes::new(mib).unwrap().quantity().0, quantity);
        }
        assert_eq!(Mebibytes::new(0), None);
        assert_eq!(Mebibytes::from_gib(50).unwrap().quantity().0, "50Gi");
        assert_eq!(Mebibytes::from_gib(i64::MAX), None);
    }

    proptest! {
        #[test]
        fn whole_mib_survive_the_way_to_bytes_and_back_and_parts_round_up(mib in 1u32..1_000_000, part in 0u64..(1 << 20)) {
            let bytes = u64::from(mib) << 20;
            prop_assert_eq!(Mebibytes::from_bytes(bytes).unwrap().get(), mib);
            prop_assert_eq!(Mebibytes::from_bytes(bytes - part).map(Mebibytes::get), Some(mib));
        }
    }
}
