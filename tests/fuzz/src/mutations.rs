//! Inputs grown from seeds by changes that chance chooses. The chance is counted from a number, so the inputs are the same on
//! every machine and in every build; libFuzzer's depend on the code that a build lays out.
//!
//! *Not here*: the seeds and the words, and what is done with an input.

/// Numbers that look like chance and are the same for the same seed (xorshift)
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Chance that begins with a number
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    /// A number below a bound, which is not 0
    fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound
    }

    /// One of what there is; none of nothing
    fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        (!of.is_empty()).then(|| &of[self.below(of.len())])
    }

    /// Bytes without meaning
    #[must_use]
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

/// How long an input may grow, in bytes
const LONGEST: usize = 8192;
/// How many changes an input has at most
const CHANGES: usize = 6;
/// What parsers give a meaning of its own
const SIGNS: &[&str] = &[
    "\"", "\\", "{", "}", "[", "]", "<", ">", "$(", "${", ":", ",", "\n", "\0", "-1", "1e999", "é", "\u{feff}", "null",
    "%",
];

/// Inputs of one target, without an end
pub struct Mutations<'a> {
    chance: Chance,
    seeds: &'a [Vec<u8>],
    words: &'a [&'a str],
}

impl<'a> Mutations<'a> {
    /// Inputs grown from seeds, with words that are put into them
    #[must_use]
    pub fn new(seed: u64, seeds: &'a [Vec<u8>], words: &'a [&'a str]) -> Self {
        Self { chance: Chance::new(seed), seeds, words }
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let chance = &mut self.chance;
        let from = chance.below(input.len() + 1);
        let to = (from + chance.below(17)).min(input.len());
        let put: Vec<u8> = match chance.below(8) {
            0 => Vec::new(),
            1 => chance.bytes(to - from),
            2 => input[from..to].repeat(2),
            3 => input.get(from).map(|byte| byte ^ (1 << chance.below(8))).into_iter().collect(),
            4 => chance.one(SIGNS).map(|sign| sign.as_bytes().to_vec()).unwrap_or_default(),
            5 => (i64::from(chance.next()) - (1 << 31)).to_string().into_bytes(),
            6 => chance.one(self.words).map(|word| word.as_bytes().to_vec()).unwrap_or_default(),
            _ => {
                let other = chance.one(self.seeds).map(Vec::as_slice).unwrap_or_default();
                let start = chance.below(other.len() + 1);
                other[start..(start + chance.below(257)).min(other.len())].to_vec()
            }
        };
        let end = if chance.below(2) == 0 { to } else { from };
        input.splice(from..end, put);
        input.truncate(LONGEST);
    }
}

impl Iterator for Mutations<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut input = self.chance.one(self.seeds).cloned().unwrap_or_default();
        for _ in 0..=self.chance.below(CHANGES) {
            self.change(&mut input);
        }
        Some(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_gives_the_same_inputs_and_another_gives_others() {
        let seeds = [b"cron(0 9 * * ? *)".to_vec(), b"rate(5 minutes)".to_vec()];
        let of = |seed| Mutations::new(seed, &seeds, &["cron"]).take(200).collect::<Vec<_>>();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        let changed = of(1).iter().filter(|input| !seeds.contains(input)).count();
        assert!(changed > 150, "{changed} of 200 differ from the seeds");
    }
}
