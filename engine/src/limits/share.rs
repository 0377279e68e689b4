//! Who gets how much of what there is.

/// Divides `tokens` among those who want `demands`, nobody getting more than its cap (a missing cap
/// is none): everybody gets the same, except who wants or may have less, and what such leave goes to
/// the others (max-min fairness, "water filling"). Less than one token each is left over.
pub fn share(tokens: u64, demands: &[u64], caps: &[u64]) -> Vec<u64> {
    let caps = caps.iter().copied().chain(std::iter::repeat(u64::MAX));
    let wants: Vec<u64> = demands.iter().zip(caps).map(|(demand, cap)| cap.min(*demand)).collect();
    let mut smallest_first: Vec<usize> = (0..wants.len()).collect();
    smallest_first.sort_unstable_by_key(|at| wants.get(*at));
    let (mut left, mut grants) = (tokens, vec![0; wants.len()]);
    for (served, at) in smallest_first.iter().enumerate() {
        let level = left / (wants.len() - served) as u64;
        if let (Some(grant), Some(want)) = (grants.get_mut(*at), wants.get(*at)) {
            *grant = level.min(*want);
            left -= *grant;
        }
    }
    grants
}
