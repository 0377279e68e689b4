//! Natural order: `Episode 2` before `Episode 10`.

use std::cmp::Ordering;

/// Compares two names as people do: runs of digits by value, letters without case, and exact
/// spelling last so that the order is total.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) {
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (n, rest) = digits(left);
            let (m, other) = digits(right);
            match n.len().cmp(&m.len()).then_with(|| n.cmp(m)) {
                Ordering::Equal => (left, right) = (rest, other),
                unequal => return unequal,
            }
        } else {
            match x.to_lowercase().cmp(y.to_lowercase()) {
                Ordering::Equal => {
                    left = left.get(x.len_utf8()..).unwrap_or_default();
                    right = right.get(y.len_utf8()..).unwrap_or_default();
                }
                unequal => return unequal,
            }
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The leading digits without their zeros, and what follows.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    let (run, rest) = text.split_at(end);
    (run.trim_start_matches('0'), rest)
}
