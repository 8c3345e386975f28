//! CPU: ECS's units (1024 are one vCPU) and Kubernetes' milli-CPUs (R-CPU).
//!
//! *Not here*: what a CPU figure means for requests and limits (R-RES, in `translate`).

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// An amount of CPU in ECS units, at least 1
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuUnits(u32);

impl CpuUnits {
    /// ECS's own ceiling for a task: 192 vCPU
    pub const MAX: u32 = 196_608;

    /// An amount of units; none for 0 (which ECS reads as absent), negative or above what any task may have
    #[must_use]
    pub fn new(units: i64) -> Option<Self> {
        u32::try_from(units).ok().filter(|n| (1..=Self::MAX).contains(n)).map(Self)
    }

    /// The units
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// The nearest number of milli-CPUs, at least 1: Kubernetes measures no finer
    #[must_use]
    pub fn millis(self) -> u32 {
        ((self.0 * 1000 + 512) / 1024).max(1)
    }

    /// The smallest number of units that becomes this many milli-CPUs; none for 0
    #[must_use]
    pub fn from_millis(millis: u32) -> Option<Self> {
        let twice = (2 * u64::from(millis)).checked_sub(1)?;
        Self::new(i64::try_from((twice * 512).div_ceil(1000)).ok()?)
    }

    /// Whether the way to milli-CPUs and back ends at the same number of units
    #[must_use]
    pub fn survives_rounding(self) -> bool {
        Self::from_millis(self.millis()) == Some(self)
    }
}

/// Milli-CPUs as the API server stores them: `500m`, and `2` rather than `2000m`
#[must_use]
pub fn cpu_quantity(millis: u32) -> Quantity {
    Quantity(if millis.is_multiple_of(1000) { (millis / 1000).to_string() } else { format!("{millis}m") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn v1_v2_v3_v4_v6_units_become_milli_cpus_and_come_back() {
        for (units, quantity, back) in
            [(256, "250m", 256), (10, "10m", 10), (64, "63m", 64), (65, "63m", 64), (1, "1m", 1), (1024, "1", 1024)]
        {
            let cpu = CpuUnits::new(units).unwrap();
            assert_eq!(cpu_quantity(cpu.millis()).0, quantity, "{units}");
            assert_eq!(CpuUnits::from_millis(cpu.millis()), CpuUnits::new(back), "{units}");
            assert_eq!(cpu.survives_rounding(), units == back, "{units}");
        }
        assert_eq!(CpuUnits::new(0), None);
        assert_eq!(CpuUnits::new(-5), None);
        assert_eq!(CpuUnits::from_millis(0), None);
    }

    #[test]
    fn of_the_first_4096_units_96_lose_one_to_rounding() {
        let lost: Vec<u32> =
            (1..=4096).filter(|n| !CpuUnits::new(*n).unwrap().survives_rounding()).map(|n| n as u32).collect();
        assert_eq!(lost.len(), 96);
        assert_eq!(lost[..6], [22, 65, 107, 150, 193, 235]);
    }

    proptest! {
        #[test]
        fn every_milli_cpu_survives_the_way_to_units_and_back(millis in 1u32..190_000) {
            prop_assert_eq!(CpuUnits::from_millis(millis).unwrap().millis(), millis);
        }

        #[test]
        fn multiples_of_sixteen_units_survive_the_way_to_milli_cpus_and_back(n in 1i64..12_288) {
            prop_assert!(CpuUnits::new(n * 16).unwrap().survives_rounding());
        }
    }
}
