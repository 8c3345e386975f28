//! R-CPS: how many tasks each capacity provider runs, where a service keeps its shares exactly.

use crate::model::placement::Share;

/// The tasks of each provider, in their order: first the bases, then by weight, and what is left by the largest fraction
#[must_use]
pub fn divide(desired: i32, shares: &[Share]) -> Vec<i32> {
    let mut left = desired.max(0);
    let mut counts: Vec<i32> = Vec::with_capacity(shares.len());
    for share in shares {
        let base = share.base.min(left);
        left -= base;
        counts.push(base);
    }
    let weights: i64 = shares.iter().map(|share| i64::from(share.weight)).sum();
    if weights == 0 {
        // What no weight divides is the first one's
        counts.iter_mut().take(1).for_each(|first| *first += left);
        return counts;
    }
    let rest = i64::from(left);
    let mut fractions = Vec::with_capacity(shares.len());
    for ((index, share), count) in shares.iter().enumerate().zip(&mut counts) {
        let product = rest * i64::from(share.weight);
        let whole = i32::try_from(product / weights).unwrap_or(left);
        *count += whole;
        left -= whole;
        fractions.push((std::cmp::Reverse(product % weights), index));
    }
    fractions.sort_unstable();
    for (_, index) in fractions.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        counts.iter_mut().skip(index).take(1).for_each(|count| *count += 1);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::placement::NodeSet;
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    fn shares(of: &[(i32, i32)]) -> Vec<Share> {
        let share = |(index, (base, weight)): (usize, &(i32, i32))| Share {
            provider: index.to_string(),
            base: *base,
            weight: *weight,
            nodes: NodeSet::every(),
        };
        of.iter().enumerate().map(share).collect()
    }

    #[test]
    fn v105_tasks_are_divided_as_ecs_divides_them() {
        for (desired, of, expected) in [
            (10, &[(2, 1), (0, 3)][..], &[4, 6][..]),
            (5, &[(0, 1), (0, 1)], &[3, 2]),
            (1, &[(2, 1), (0, 1)], &[1, 0]),
            (7, &[(0, 1), (0, 1), (0, 2)], &[2, 2, 3]),
            (4, &[(1, 0), (0, 1)], &[1, 3]),
            (0, &[(2, 1), (0, 3)], &[0, 0]),
        ] {
            assert_eq!(divide(desired, &shares(of)), expected, "V105: {desired} over {of:?}");
        }
    }

    proptest! {
        #[test]
        fn no_task_is_lost_and_bases_come_first(
            desired in 0..5_000i32,
            of in proptest::collection::vec((0..50i32, 0..1_000i32), 1..6),
        ) {
            let counts = divide(desired, &shares(&of));
            prop_assert_eq!(counts.iter().sum::<i32>(), desired);
            let bases: i32 = of.iter().map(|(base, _)| *base).sum();
            let kept = counts.iter().zip(&of).all(|(count, (base, _))| count >= base);
            prop_assert!(bases > desired || kept, "{counts:?}");
        }
    }
}
