//! What libFuzzer's log says.

/// Figures of a run
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stats {
    /// Inputs tried
    pub(super) executions: u64,
    /// Edges of the program reached
    pub(super) edges: u64,
    /// Inputs kept, each for code that it alone reaches
    pub(super) inputs: u64,
}

/// The figures of the last line that has them
pub(super) fn stats(log: &str) -> Stats {
    let mut stats = Stats::default();
    for line in log.lines() {
        if let Some(units) = line.strip_prefix("stat::number_of_executed_units:") {
            stats.executions = units.trim().parse().unwrap_or(stats.executions);
        }
        let Some(line) = line.strip_prefix('#') else { continue };
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |name: &str| {
            let value = words.iter().skip_while(|word| **word != name).nth(1)?;
            value.split('/').next()?.parse().ok()
        };
        stats.executions = words.first().and_then(|n| n.parse().ok()).unwrap_or(stats.executions);
        stats.edges = after("cov:").unwrap_or(stats.edges);
        stats.inputs = after("corp:").unwrap_or(stats.inputs);
    }
    stats
}

/// The lines that say what broke and where the input is
pub(super) fn reason(log: &str) -> String {
    let panicked = log.lines().skip_while(|line| !line.contains("panicked at")).take(3);
    let told = log.lines().filter(|line| line.starts_with("==") || line.contains("Test unit written to"));
    panicked.chain(told).map(shortened).collect::<Vec<_>>().join("\n")
}

/// An assertion shows whole documents
fn shortened(line: &str) -> String {
    const MOST: usize = 600;
    if line.chars().count() <= MOST { line.to_owned() } else { line.chars().take(MOST).chain(" …".chars()).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_end() {
        let log = "INFO: Seed: 1\n#2\tINITED cov: 8 ft: 8 corp: 1/1b exec/s: 0 rss: 27Mb\n\
                   #3000\tDONE   cov: 11 ft: 12 corp: 4/19b lim: 4096 exec/s: 3000000 rss: 27Mb\n\
                   stat::number_of_executed_units: 3001\n";
        assert_eq!(stats(log), Stats { executions: 3001, edges: 11, inputs: 4 });
        assert_eq!(stats("thread panicked"), Stats::default());
    }

    #[test]
    fn what_broke_is_told_with_the_file_that_breaks_it() {
        let log = "#7 NEW cov: 1\n\nthread '<unnamed>' (1) panicked at a.rs:1:2:\nno name\nstack backtrace:\n   0: x\n\
                   ==1== ERROR: libFuzzer: deadly signal\nartifact_prefix='c/'; Test unit written to c/crash-1\n";
        let told = reason(log);
        assert!(told.starts_with("thread '<unnamed>' (1) panicked at a.rs:1:2:\nno name\n"), "{told}");
        assert!(told.contains("deadly signal") && told.ends_with("Test unit written to c/crash-1"), "{told}");
    }
}
