//! The grammar of the cluster query language, as data.

use proptest::prelude::*;

use super::*;

/// An expression with every pair of parentheses that its precedence implies
fn shown(expression: &Expression) -> String {
    let joined = |parts: &[Expression], word: &str| {
        let parts: Vec<_> = parts.iter().map(shown).collect();
        format!("({})", parts.join(word))
    };
    match expression {
        Expression::Or(any) => joined(any, " or "),
        Expression::And(all) => joined(all, " and "),
        Expression::Not(inner) => format!("not {}", shown(inner)),
        Expression::Is(Comparison { subject, test, at: _ }) => match test {
            Test::Exists => format!("{subject} exists"),
            Test::NotExists => format!("{subject} !exists"),
            Test::Compare(operator, literal) => format!("{subject} {operator:?} {literal:?}"),
            Test::In(list) => format!("{subject} in {list:?}"),
            Test::NotIn(list) => format!("{subject} !in {list:?}"),
        },
    }
}

fn check(text: &str, expected: &str) {
    let parsed = text.parse::<Expression>().map_or_else(|error| error.to_string(), |e| shown(&e));
    assert!(parsed.starts_with(expected) && !expected.is_empty(), "{text}\n  is: {parsed}\nnot: {expected}");
}

#[test]
fn expressions_mean_what_the_grammar_says() {
    for (text, expected) in [
        ("attribute:stack == prod", r#"attribute:stack Equal "prod""#),
        ("attribute:stack==prod", r#"attribute:stack Equal "prod""#),
        ("ATTRIBUTE:stack EQUALS Prod", r#"attribute:stack Equal "Prod""#),
        ("attribute:s not_equals a", r#"attribute:s NotEqual "a""#),
        ("attribute:t >= 3", r#"attribute:t GreaterEqual "3""#),
        ("attribute:t greater_than_equal 3", r#"attribute:t GreaterEqual "3""#),
        ("attribute:t<3", r#"attribute:t Less "3""#),
        ("attribute:s exists", "attribute:s exists"),
        ("attribute:s !exists", "attribute:s !exists"),
        ("attribute:s NOT_EXISTS", "attribute:s !exists"),
        ("attribute:s in [a, 'b c' ,\"d\"]", r#"attribute:s in ["a", "b c", "d"]"#),
        ("attribute:s !in [a]", r#"attribute:s !in ["a"]"#),
        ("attribute:s not_in[a,b]", r#"attribute:s !in ["a", "b"]"#),
        ("attribute:ecs.instance-type =~ g2.*", r#"attribute:ecs.instance-type Matches "g2.*""#),
        ("attribute:ecs.instance-type !~ \"(t2|t3).*\"", r#"attribute:ecs.instance-type NotMatches "(t2|t3).*""#),
        ("(attribute:t =~ (t2|t3).*)", r#"attribute:t Matches "(t2|t3).*""#),
        ("attribute:t matches [cm]5.[^,]+", r#"attribute:t Matches "[cm]5.[^,]+""#),
        (r"(attribute:t =~ a\(b)", r#"attribute:t Matches "a\\(b""#),
        ("task:group == service:web", r#"task:group Equal "service:web""#),
        ("not(task:group == database)", r#"not task:group Equal "database""#),
        ("!(agentConnected == true)", r#"not agentConnected Equal "true""#),
        ("! attribute:a exists && attribute:b exists", "(not attribute:a exists and attribute:b exists)"),
        ("runningTasksCount == 1", r#"runningTasksCount Equal "1""#),
        ("ec2InstanceId in [i-1]", r#"ec2InstanceId in ["i-1"]"#),
        ("registeredAt < 2018-02-18", r#"registeredAt Less "2018-02-18""#),
        (
            "attribute:a exists or attribute:b exists AND not attribute:c exists",
            "(attribute:a exists or (attribute:b exists and not attribute:c exists))",
        ),
        (
            "attribute:a exists||attribute:b exists||attribute:c exists",
            "(attribute:a exists or attribute:b exists or attribute:c exists)",
        ),
        (
            "(attribute:a exists or attribute:b exists) and attribute:c exists",
            "((attribute:a exists or attribute:b exists) and attribute:c exists)",
        ),
        ("attribute:android == 1 and attribute:notary == 2", "(attribute:android Equal"),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_is_no_expression_is_an_error_where_it_goes_wrong() {
    for (text, expected) in [
        ("", "at character 1: a subject is expected"),
        ("stack == prod", "at character 1: a subject is expected"),
        ("attribute: == prod", "at character 11: the name of an attribute is expected"),
        ("attribute:s = prod", "at character 13: an operator is expected"),
        ("attribute:s !matches a", "at character 13: an operator is expected"),
        ("attribute:s", "at character 12: an operator is expected"),
        ("attribute:s ==", "at character 15: a value is expected"),
        ("attribute:s == 'a", "at character 18: the quotation mark that ends this value is missing"),
        ("attribute:s in a", "at character 16: a list in brackets is expected"),
        ("attribute:s in []", "at character 17: a value is expected"),
        ("attribute:s in [a b]", "at character 19: `,` or `]` is expected"),
        ("(attribute:s exists", "at character 20: `and`, `or` or `)` is expected"),
        ("attribute:s exists)", "at character 19: this `)` closes nothing"),
        ("attribute:s == a b", "at character 18: `and`, `or` or the end is expected"),
        ("attribute:s exists and", "at character 23: a subject is expected"),
    ] {
        check(text, expected);
    }
    check(&"(".repeat(100_000), "at character 102: the expression is nested too deeply");
    check(&"!".repeat(100_000), "at character 102: the expression is nested too deeply");
}

proptest! {
    #[test]
    fn any_text_is_an_expression_or_an_error_within_it(text in ".{0,60}") {
        if let Err(error) = text.parse::<Expression>() {
            prop_assert!(error.at <= text.chars().count() + 1);
        }
    }

    #[test]
    fn any_row_of_the_languages_own_words_is_an_expression_or_an_error_within_it(
        words in prop::collection::vec(prop::sample::select(vec![
            "attribute:", "attribute:a", "task:group", "==", "!=", "=~", "!~", "!", "in", "!in", "[", "]", "(", ")", ",",
            "and", "or", "&&", "||", "not", "exists", "'", "\"", "a", "[a", "(b", "\\", "é", " ",
        ]), 0..30),
    ) {
        let text = words.concat();
        if let Err(error) = text.parse::<Expression>() {
            prop_assert!(error.at <= text.chars().count() + 1);
        }
    }
}
