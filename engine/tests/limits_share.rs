//! Water filling: nothing is given that is not there, wanted and allowed; nothing is kept back that
//! somebody could have; nobody has more than another who wants more.

use engine::limits::share;
use proptest::prelude::*;

proptest! {
    #[test]
    fn it_is_bounded_complete_and_fair(
        tokens in 0_u64..100_000,
        who in prop::collection::vec((0_u64..20_000, 0_u64..20_000), 0..12),
    ) {
        let (demands, caps): (Vec<u64>, Vec<u64>) = who.iter().copied().unzip();
        let grants = share(tokens, &demands, &caps);
        prop_assert_eq!(grants.len(), demands.len());
        let given: u64 = grants.iter().sum();
        prop_assert!(given <= tokens);
        let unmet = |at: usize| grants[at] < demands[at].min(caps[at]);
        for at in 0..grants.len() {
            prop_assert!(grants[at] <= demands[at].min(caps[at]));
            if unmet(at) {
                prop_assert!(tokens - given < grants.len() as u64, "kept back");
                let most = grants.iter().max().copied().unwrap_or_default();
                prop_assert!(grants[at] + 1 >= most, "{grants:?}: {at} wants more");
            }
        }
    }
}

#[test]
fn what_the_modest_leave_goes_to_the_others() {
    assert_eq!(share(90, &[10, 100, 100], &[]), [10, 40, 40]);
    assert_eq!(share(90, &[100, 100, 100], &[u64::MAX, 20, u64::MAX]), [35, 20, 35]);
    assert_eq!(share(u64::MAX, &[1, 2], &[]), [1, 2]);
}
