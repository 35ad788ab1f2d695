//! Moments as other products write them, turned into UTC milliseconds. What names no time zone says so.
use assize_domain::{
    draft::{Moment, Zone},
    time::Stamp,
};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A moment in text; `assumed` is how many minutes east of UTC a source is that does not say. None where the text is no
/// moment, or where day and month cannot be told apart.
pub(crate) fn read(text: &str, assumed: i32) -> Option<Moment> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.contains(|c| c != '.') {
        // A bare year or day of a month is no moment.
        let (whole, _) = text.split_once('.').unwrap_or((text, ""));
        return (whole.len() >= 9).then(|| text.parse().ok()).flatten().and_then(counted);
    }
    by_number(text, assumed).or_else(|| by_name(text, assumed))
}

/// Seconds, milli-, micro- or nanoseconds since 1970, told apart by their size.
pub(crate) fn counted(number: f64) -> Option<Moment> {
    let ms = match number {
        n if n < 0.0 => return None,
        n if n < 1e11 => n * 1e3,
        n if n < 1e14 => n,
        n if n < 1e17 => n / 1e3,
        n if n < 1e20 => n / 1e6,
        _ => return None,
    };
    // A fraction that is a hair below its decimal digits is meant as these.
    Some(Moment { at: Stamp((ms + 1e-3).floor() as i64), zone: Zone::Stated })
}

fn digits(bytes: &[u8], at: &mut usize, least: usize, most: usize) -> Option<i64> {
    let begin = *at;
    let mut value = 0;
    while *at - begin < most && bytes.get(*at).is_some_and(u8::is_ascii_digit) {
        value = value * 10 + i64::from(bytes[*at] - b'0');
        *at += 1;
    }
    (*at - begin >= least).then_some(value)
}

fn skip(bytes: &[u8], at: &mut usize, any: &[u8]) -> bool {
    let there = bytes.get(*at).is_some_and(|b| any.contains(b));
    *at += usize::from(there);
    there
}

/// `2026-01-05T10:00:00.123+0100` and its like; `05/01/2026 10:00` where it is clear which number is the day.
fn by_number(text: &str, assumed: i32) -> Option<Moment> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let first = digits(bytes, &mut at, 1, 4)?;
    let year_first = at == 4;
    if !skip(bytes, &mut at, b"-/.") {
        return None;
    }
    let second = digits(bytes, &mut at, 1, 2)?;
    if !skip(bytes, &mut at, b"-/.") {
        return None;
    }
    let third = digits(bytes, &mut at, 1, 4)?;
    let (year, month, day) = match year_first {
        true => (first, second, third),
        false if first > 12 && second <= 12 => (third, second, first),
        false if second > 12 && first <= 12 || first == second => (third, first, second),
        // 05/01: nobody can say.
        false => return None,
    };
    let date = days(year, month, day)?;
    while skip(bytes, &mut at, b"T t,") {}
    let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) else {
        return Some(placed(date * DAY, None, assumed));
    };
    let (time, zone) = clock(rest)?;
    Some(placed(date * DAY + time, zone, assumed))
}

/// `Thu Jun  4 16:48:00 2026 UTC`, `Feb 10, 2024 5:45:10 AM`, `Tue, 10 Feb 2026 05:45:10 +0100`.
fn by_name(text: &str, assumed: i32) -> Option<Moment> {
    let (mut year, mut month, mut day, mut time, mut zone) = (None, None, None, None, None);
    let mut afternoon = None;
    for word in text.split([' ', ',', '\t']).filter(|w| !w.is_empty()).take(10) {
        let number = || word.parse::<i64>().ok();
        if word.contains(':') {
            let (ms, said) = clock(word)?;
            time = Some(ms);
            zone = zone.or(said);
        } else if let Some(n) = number().filter(|_| word.len() == 4 && word.as_bytes()[0].is_ascii_digit()) {
            year = Some(n);
        } else if let Some(n) = number().filter(|_| word.len() <= 2) {
            day = Some(n);
        } else if let Some(named) = month_named(word) {
            month = Some(named);
        } else if word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm") {
            afternoon = Some(word.eq_ignore_ascii_case("pm"));
        } else if let Some(said) = offset(word) {
            zone = Some(said);
        } else if !word.chars().all(|c| c.is_ascii_alphabetic() || c == '.') {
            return None;
        }
    }
    let date = days(year?, month?, day?)?;
    let time = twelve(time.unwrap_or_default(), afternoon)?;
    Some(placed(date * DAY + time, zone, assumed))
}

/// The time of day with what stands behind it: `10:00:00.123456Z`, `10:00 PM +01:00`.
fn clock(text: &str) -> Option<(i64, Option<i32>)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let hour = digits(bytes, &mut at, 1, 2)?;
    if !skip(bytes, &mut at, b":") {
        return None;
    }
    let minute = digits(bytes, &mut at, 2, 2)?;
    let mut ms = 0;
    if skip(bytes, &mut at, b":") {
        let second = digits(bytes, &mut at, 2, 2)?;
        ms = second * 1000;
        if second > 60 {
            return None;
        }
        if skip(bytes, &mut at, b".,") {
            let begin = at;
            let fraction = digits(bytes, &mut at, 1, 3)?;
            ms += fraction * [100, 10, 1][at - begin - 1];
            while digits(bytes, &mut at, 1, 9).is_some() {}
        }
    }
    if hour > 24 || minute > 59 {
        return None;
    }
    let time = (hour * 60 + minute) * MINUTE + ms;
    let mut rest = text.get(at..)?.trim();
    let mut afternoon = None;
    for (mark, pm) in [("AM", false), ("PM", true), ("am", false), ("pm", true)] {
        if let Some(after) = rest.strip_prefix(mark) {
            afternoon = Some(pm);
            rest = after.trim();
        }
    }
    let zone = if rest.is_empty() { None } else { Some(offset(rest)?) };
    Some((twelve(time, afternoon)?, zone))
}

fn twelve(time: i64, afternoon: Option<bool>) -> Option<i64> {
    let noon = 12 * 60 * MINUTE;
    match afternoon {
        None => Some(time),
        Some(_) if time >= noon + 60 * MINUTE => None,
        Some(pm) => Some(time % noon + if pm { noon } else { 0 }),
    }
}

/// Minutes east of UTC. `Z+2` is what some sources write for UTC.
fn offset(text: &str) -> Option<i32> {
    let upper = text.to_ascii_uppercase();
    if matches!(upper.as_str(), "Z" | "UTC" | "GMT") || upper.starts_with("Z+") || upper.starts_with("Z-") {
        return Some(0);
    }
    let upper = upper.trim_start_matches("UTC").trim_start_matches("GMT");
    let (sign, digits) = upper.split_at_checked(1)?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let digits = digits.replace(':', "");
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = if digits.len() > 2 { digits.split_at(digits.len() - 2) } else { (digits.as_str(), "0") };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 15 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn month_named(word: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start = word.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|m| *m == start)?;
    i64::try_from(month + 1).ok()
}

fn placed(local: i64, said: Option<i32>, assumed: i32) -> Moment {
    let (minutes, zone) = match said {
        Some(said) => (said, Zone::Stated),
        None => (assumed, Zone::Assumed),
    };
    Moment { at: Stamp(local - i64::from(minutes) * MINUTE), zone }
}

/// Days since 1970-01-01 of the calendar we use.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let long = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    if !(1600..=9999).contains(&year) || !(1..=long).contains(&day) {
        return None;
    }
    // The year is counted from March, so that the leap day is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<(String, Zone)> {
        read(text, 0).map(|m| (m.at.to_string(), m.zone))
    }

    #[test]
    fn moments_are_read_in_every_spelling_of_the_products() {
        for (text, expected) in [
            ("2026-01-05T10:00:00.000000000Z", "2026-01-05T10:00:00.000Z"),
            ("2025-12-05T11:12:16.827+0100", "2025-12-05T10:12:16.827Z"),
            ("2017-03-25T16:49:58.856335-0600", "2017-03-25T22:49:58.856Z"),
            ("2021-04-13T20:58:00.746609046Z+2", "2021-04-13T20:58:00.746Z"),
            ("2023-09-19T11:05:22.487-04:00", "2023-09-19T15:05:22.487Z"),
            ("Thu Jun  4 16:48:00 2026 UTC", "2026-06-04T16:48:00.000Z"),
            ("Tue, 10 Feb 2026 05:45:10 +0100", "2026-02-10T04:45:10.000Z"),
            ("1780591680", "2026-06-04T16:48:00.000Z"),
            ("1739178940698757000", "2025-02-10T09:15:40.698Z"),
            ("1729064044.5", "2024-10-16T07:34:04.500Z"),
            ("2000-02-29 23:59:59,9 UTC", "2000-02-29T23:59:59.900Z"),
        ] {
            assert_eq!(shown(text), Some((expected.to_owned(), Zone::Stated)), "{text}");
        }
    }

    #[test]
    fn a_moment_without_a_zone_says_so_and_takes_the_one_that_was_chosen() {
        for (text, expected) in [
            ("2019-01-02T03:50:11.315110", "2019-01-02T03:50:11.315Z"),
            ("2016-08-29", "2016-08-29T00:00:00.000Z"),
            ("2016/8/29 7:05", "2016-08-29T07:05:00.000Z"),
            ("Feb 10, 2024 5:45:10 PM", "2024-02-10T17:45:10.000Z"),
            ("12/31/2024 12:00 AM", "2024-12-31T00:00:00.000Z"),
            ("31.12.2024 12:00", "2024-12-31T12:00:00.000Z"),
        ] {
            assert_eq!(shown(text), Some((expected.to_owned(), Zone::Assumed)), "{text}");
        }
        assert_eq!(read("2019-01-02T03:50:11", 60).unwrap().at.to_string(), "2019-01-02T02:50:11.000Z");
        assert_eq!(read("2019-01-02T03:50:11Z", 60).unwrap().at.to_string(), "2019-01-02T03:50:11.000Z");
    }

    #[test]
    fn what_is_no_moment_or_not_a_clear_one_is_not_read() {
        for text in ["", "{timestamp}", "05/01/2026 10:00", "2026", "2026-13-01", "2026-02-30", "yesterday", "1", "."] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_the_calendar_is_where_the_rules_put_it() {
        for ms in (-11_644_473_600_000_i64..253_402_300_799_000).step_by(86_400_000 * 97) {
            let text = Stamp(ms).to_string();
            assert_eq!(read(&text, 0).map(|m| m.at), Some(Stamp(ms)), "{text}");
        }
    }
}
