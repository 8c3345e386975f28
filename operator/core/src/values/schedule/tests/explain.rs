//! What expressions mean in words.

use super::*;

#[test]
fn an_expression_is_told_in_words() {
    for (text, expected) in [
        ("cron(15 10 ? * 6L 2019-2022)", "at 10:15 on the last Friday of each month from 2019 to 2022"),
        ("cron(0 10 * * ? *)", "at 10:00 every day"),
        ("cron(15 12 * * ? *)", "at 12:15 every day"),
        ("cron(0 18 ? * MON-FRI *)", "at 18:00 on Mondays to Fridays"),
        ("cron(0 8 1 * ? *)", "at 08:00 on day 1 of each month"),
        ("cron(0/15 * * * ? *)", "every 15 minutes"),
        ("cron(0/10 * ? * MON-FRI *)", "every 10 minutes on Mondays to Fridays"),
        ("cron(0/5 8-17 ? * MON-FRI *)", "every 5 minutes in the hours 8 to 17 on Mondays to Fridays"),
        ("cron(0/30 20-2 ? * MON-FRI *)", "every 30 minutes in the hours 0 to 2 and 20 to 23 on Mondays to Fridays"),
        ("cron(1/10 * * * ? *)", "at minutes 1, 11, 21, 31, 41 and 51 of every hour every day"),
        ("cron(5 * * * ? *)", "at minute 5 of every hour every day"),
        ("cron(5 8-17 * * ? *)", "at minute 5 in the hours 8 to 17 every day"),
        ("cron(* * * * ? *)", "every minute"),
        ("cron(* 10 * * ? *)", "every minute from 10:00 to 10:59"),
        ("cron(* * * 7 ? *)", "every minute every day in July"),
        ("cron(0,30 8,20 * * ? *)", "at 08:00, 08:30, 20:00 and 20:30 every day"),
        ("cron(0 9 ? * 2#1 *)", "at 09:00 on the first Monday of each month"),
        ("cron(0 9 ? JAN,MAR-MAY 2,6L *)", "at 09:00 on Mondays and on the last Friday of January and March to May"),
        ("cron(0 0 LW * ? 2027)", "at 00:00 on the last weekday (Monday to Friday) of each month in 2027"),
        (
            "cron(0 0 15W,L,1-3 6 ? 2027,2029)",
            "at 00:00 on days 1 to 3, the weekday (Monday to Friday) nearest to day 15 and the last day of June in 2027 and 2029",
        ),
        ("cron(0 0 ? * L *)", "at 00:00 on Saturdays"),
        ("at(2026-12-01T09:00:00)", "once, at 09:00 on 1 December 2026"),
    ] {
        assert_eq!(parsed(text).explain("Europe/Berlin"), format!("{expected}, Europe/Berlin"), "{text}");
    }
    for (text, expected) in [
        ("rate(5 minutes)", "every 5 minutes, counted from when the schedule starts, in any time zone"),
        ("rate(1 hour)", "every hour, counted from when the schedule starts, in any time zone"),
        ("rate(2 days)", "every 2 days of 24 hours each, counted from when the schedule starts, in any time zone"),
    ] {
        assert_eq!(parsed(text).explain("Europe/Berlin"), expected, "{text}");
    }
}
