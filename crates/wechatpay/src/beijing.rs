//! Times: v2 and the bills write Beijing's without saying so.

/// `20141111170043` or `2014-11-11 17:00:43`, as RFC 3339.
pub(crate) fn to_rfc3339(time: &str) -> Option<String> {
    let digits: String = match time.len() {
        14 => time.to_owned(),
        19 if separators(time) == ['-', '-', ' ', ':', ':'] => time.chars().filter(char::is_ascii_digit).collect(),
        _ => return None,
    };
    if digits.len() != 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| &digits[from..to];
    let [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
    let [hour, minute, second] = [part(8, 10), part(10, 12), part(12, 14)];
    Some(format!("{year}-{month}-{day}T{hour}:{minute}:{second}+08:00"))
}

/// RFC 3339 in Beijing's time and whole seconds, as `20141111170043`.
pub(crate) fn from_rfc3339(time: &str) -> Option<String> {
    let local = time.strip_suffix("+08:00")?;
    if local.len() != 19 || separators(local) != ['-', '-', 'T', ':', ':'] {
        return None;
    }
    let digits: String = local.chars().filter(char::is_ascii_digit).collect();
    (digits.len() == 14).then_some(digits)
}

fn separators(time: &str) -> Vec<char> {
    time.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::{from_rfc3339, to_rfc3339};

    #[test]
    fn both_spellings_of_v2_become_rfc_3339_and_go_back() {
        let expected = "2014-11-11T17:00:43+08:00";
        assert_eq!(to_rfc3339("20141111170043").as_deref(), Some(expected));
        assert_eq!(to_rfc3339("2014-11-11 17:00:43").as_deref(), Some(expected));
        assert_eq!(from_rfc3339(expected).as_deref(), Some("20141111170043"));
    }

    #[test]
    fn anything_else_is_no_time() {
        for bad in
            ["", "-", "2014111117004", "2014111117004x", "2014-11-11T17:00:43", "年年年年00", "----- :: 00000000000"]
        {
            assert_eq!(to_rfc3339(bad), None, "{bad:?}");
        }
        for bad in ["", "2014-11-11T17:00:43Z", "2014-11-11T17:00:43.5+08:00", "2014-11-11 17:00:43+08:00"] {
            assert_eq!(from_rfc3339(bad), None, "{bad:?}");
        }
    }
}
