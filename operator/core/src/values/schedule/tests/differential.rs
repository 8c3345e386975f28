//! Other implementations of AWS's cron as judges: a sample of their answers always, all of them by hand.
//!
//! `tests/differential/run.sh` asks the oracles, then runs the ignored test here; its README tells who they are and lists
//! their faults. A difference that none of those faults explains fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use super::*;

/// How many times are asked for
const COUNT: usize = 5;

/// An expression and a moment, in minutes since the epoch
struct Case {
    /// The six fields
    text: String,
    minute: i64,
    cron: Cron,
    /// Our answer: minutes since the epoch
    ours: Vec<i64>,
}

impl Case {
    fn new(line: &str) -> Self {
        let (text, minute) = line.split_once('\t').unwrap();
        let minute: i64 = minute.parse().unwrap();
        let expression = parsed(&format!("cron({text})"));
        let fires = expression.fires(&TimeZone::UTC, Anchor::FiresAt(Timestamp::UNIX_EPOCH));
        let from = Timestamp::from_second(minute * 60).unwrap();
        let ours = fires.after(from).take(COUNT).map(|time| time.as_second() / 60).collect();
        let ScheduleExpression::Cron(cron) = expression else { panic!("{text}") };
        Self { text: text.to_owned(), minute, cron, ours }
    }

    /// Our answer as the oracles write theirs
    fn answer(&self) -> String {
        let mut words: Vec<String> = self.ours.iter().map(i64::to_string).collect();
        if words.len() < COUNT {
            words.push("end".to_owned());
        }
        words.join(" ")
    }

    fn field(&self, field: Field) -> &str {
        self.text.split(' ').nth(field as usize).unwrap()
    }

    fn any(&self, test: impl Fn(Field, &str) -> bool) -> bool {
        [Field::Minute, Field::Hour, Field::DayOfMonth, Field::Month, Field::DayOfWeek, Field::Year]
            .into_iter()
            .any(|field| test(field, self.field(field)))
    }

    /// Whether the set of days of the month has one that not every month has
    fn late_days(&self) -> bool {
        matches!(self.cron.day, Day::OfMonth(days) if days.days.iter().any(|day| day > 28)
            && self.field(Field::DayOfMonth) != "*")
    }

    /// Whether the special days `LW#` stand in a list with others
    fn special_in_list(&self) -> bool {
        let (month, week) = (self.field(Field::DayOfMonth), self.field(Field::DayOfWeek));
        month.contains(',') && month.contains(['L', 'W']) || week.contains(',') && week.contains('L')
    }
}

/// The items of a list, each as its first and last number and whether it has a step; `*` has none
fn items(field: Field, text: &str) -> Vec<(u16, u16, bool)> {
    let number = |text: &str| field.number(text);
    let item = |item: &str| {
        let (base, step) = item.split_once('/').map_or((item, false), |(base, _)| (base, true));
        let (first, last) = base.split_once('-').unwrap_or((base, base));
        Some((number(first)?, number(last)?, step))
    };
    text.split(',').filter_map(item).collect()
}

fn backwards(field: Field, text: &str) -> bool {
    items(field, text).iter().any(|(first, last, _)| first > last)
}

/// A fault of an oracle: it explains a difference where it applies
struct Fault {
    oracles: &'static [&'static str],
    what: &'static str,
    applies: fn(&Case, &str) -> bool,
}

const BEEMHQ: &[&str] = &["aws-cron-parser", "pyawscron", "aws-croniter"];
const ORACLES: [&str; 5] = ["aws-cron-parser", "pyawscron", "aws-croniter", "cronosjs", "cronplan"];

/// The README says the same in sentences, with AWS's documentation
const FAULTS: &[Fault] = &[
    Fault {
        oracles: BEEMHQ,
        what: "LW, and special days in lists, are not understood",
        applies: |case, _| case.field(Field::DayOfMonth) == "LW" || case.special_in_list(),
    },
    Fault {
        oracles: BEEMHQ,
        what: "a lone L as day of the week never comes",
        applies: |case, theirs| case.field(Field::DayOfWeek) == "L" && !theirs.contains(' '),
    },
    Fault {
        oracles: &["aws-cron-parser", "pyawscron"],
        what: "a list with a step is read as one item",
        applies: |case, _| case.any(|_, text| text.contains(',') && text.contains('/')),
    },
    Fault {
        oracles: &["aws-cron-parser", "pyawscron"],
        what: "a range that wraps around is empty",
        applies: |case, _| case.any(backwards),
    },
    Fault {
        oracles: &["aws-cron-parser", "pyawscron"],
        what: "a day that the month lacks rolls over or throws",
        applies: |case, _| case.late_days(),
    },
    Fault {
        oracles: &["aws-cron-parser"],
        what: "nW in a month without day n",
        applies: |case, _| ["29W", "30W", "31W"].contains(&case.field(Field::DayOfMonth)),
    },
    Fault {
        oracles: &["aws-cron-parser"],
        what: "a list is searched without being sorted",
        applies: |case, _| case.any(|field, text| items(field, text).windows(2).any(|pair| pair[1].0 < pair[0].1)),
    },
    Fault {
        oracles: &["aws-cron-parser"],
        what: "of a name that comes twice only the first is replaced",
        applies: |case, _| {
            case.any(|_, text| {
                let upper = text.to_ascii_uppercase();
                upper
                    .split(|c: char| !c.is_ascii_alphabetic())
                    .any(|name| name.len() == 3 && upper.matches(name).count() > 1)
            })
        },
    },
    Fault {
        oracles: &["aws-croniter"],
        what: "a step in years or in days of the week is refused",
        applies: |case, theirs| {
            theirs == "error" && (case.field(Field::Year).contains('/') || case.field(Field::DayOfWeek).contains('/'))
        },
    },
    Fault {
        oracles: BEEMHQ,
        what: "gives up after ten steps",
        applies: |case, theirs| {
            let (times, end) = theirs.rsplit_once(' ').unwrap_or(("", theirs));
            let times: Vec<i64> = times.split_whitespace().filter_map(|time| time.parse().ok()).collect();
            let last = times.last().copied().unwrap_or(case.minute);
            let next = case.ours.get(times.len()).copied().unwrap_or(i64::MAX);
            ["end", "error"].contains(&end) && case.ours.starts_with(&times) && next - last > 180 * 24 * 60
        },
    },
    Fault {
        oracles: &["cronosjs"],
        what: "`*/1` in a list of days is left out",
        applies: |case, _| {
            let left_out = |days: &str| days.contains(',') && days.split(',').any(|item| item == "*/1");
            left_out(case.field(Field::DayOfMonth)) || left_out(case.field(Field::DayOfWeek))
        },
    },
    Fault {
        oracles: &["cronosjs"],
        what: "days of the month that wrap around are refused",
        applies: |case, theirs| theirs == "error" && backwards(Field::DayOfMonth, case.field(Field::DayOfMonth)),
    },
    Fault {
        oracles: &["cronosjs"],
        what: "nW in a month without day n is taken for its last weekday",
        applies: |case, _| ["29W", "30W", "31W"].iter().any(|day| case.field(Field::DayOfMonth).contains(day)),
    },
    Fault {
        oracles: &["cronplan"],
        what: "a range of days throws in a month that lacks the first of them",
        applies: |case, theirs| {
            let days = items(Field::DayOfMonth, case.field(Field::DayOfMonth));
            theirs.ends_with("error") && days.iter().any(|(first, _, _)| *first > 28)
        },
    },
    Fault {
        oracles: &["cronplan"],
        what: "a range that wraps around is empty where it has a step",
        applies: |case, _| case.any(|field, text| items(field, text).iter().any(|(a, b, step)| a > b && *step)),
    },
];

/// Of `vectors.tsv`, each line an expression, a moment and what at least two independent oracles answered
#[test]
fn fire_times_are_those_of_other_implementations() {
    let vectors: Vec<&str> = include_str!("vectors.tsv").lines().filter(|line| !line.starts_with('#')).collect();
    assert!(vectors.len() >= 500, "{} vectors", vectors.len());
    for line in vectors {
        let (case, expected) = line.rsplit_once('\t').unwrap();
        assert_eq!(Case::new(case).answer(), expected, "{line}");
    }
}

/// `tests/differential/run.sh` runs this
#[test]
#[ignore = "asks other implementations first: tests/differential/run.sh"]
fn every_difference_from_other_implementations_is_explained() {
    let place = PathBuf::from(std::env::var_os("ECS_DIFFERENTIAL").unwrap());
    let read = |name: &str| std::fs::read_to_string(place.join(name)).unwrap();
    let cases: Vec<Case> = read("cases.tsv").lines().map(Case::new).collect();
    let mut report = format!("{} cases, {COUNT} times each\n", cases.len());
    let mut unexplained = 0;
    let mut confirmed = vec![BTreeSet::new(); cases.len()];
    for oracle in ORACLES {
        let lineage = if BEEMHQ.contains(&oracle) { "beemhq" } else { oracle };
        let Ok(answers) = std::fs::read_to_string(place.join(format!("{oracle}.txt"))) else { continue };
        assert_eq!(answers.lines().count(), cases.len(), "{oracle}");
        writeln!(report, "{oracle}").unwrap();
        let mut same = 0;
        let mut differences: BTreeMap<&str, usize> = BTreeMap::new();
        for ((case, theirs), confirmed) in cases.iter().zip(answers.lines()).zip(&mut confirmed) {
            if case.answer() == theirs {
                same += 1;
                confirmed.insert(lineage);
                continue;
            }
            let fault = FAULTS.iter().find(|fault| fault.oracles.contains(&oracle) && (fault.applies)(case, theirs));
            let what = fault.map_or("UNEXPLAINED", |fault| fault.what);
            *differences.entry(what).or_default() += 1;
            if fault.is_none() {
                unexplained += 1;
                if differences["UNEXPLAINED"] <= 8 {
                    writeln!(report, "  {} after {}: ours {}, theirs {theirs}", case.text, case.minute, case.answer())
                        .unwrap();
                }
            }
        }
        writeln!(report, "  {same:6} the same").unwrap();
        for (what, count) in differences {
            writeln!(report, "  {count:6} {what}").unwrap();
        }
    }
    for lineages in (0..=3).rev() {
        let count = confirmed.iter().filter(|confirmed| confirmed.len() == lineages).count();
        writeln!(report, "{count:8} cases answered like ours by {lineages} independent oracles").unwrap();
    }
    for (case, _) in cases.iter().zip(&confirmed).filter(|(_, confirmed)| confirmed.is_empty()).take(8) {
        writeln!(report, "  {} after {}: ours {}", case.text, case.minute, case.answer()).unwrap();
    }
    println!("{report}");
    assert_eq!(unexplained, 0, "{report}");
}
