//! Following changes gives the inventory that somebody finds who reads it afresh.

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{Denial, DenyRule};
use proptest::prelude::*;
use proptest::sample::select;

use crate::staging::{at, odd_mock, read_afresh, vcenter};

/// What may happen to an inventory between two looks.
#[derive(Debug, Clone)]
enum Step {
    Changes {
        seed: u64,
        count: usize,
    },
    Deny(DenyRule),
    Allow,
    LoseSession,
    /// A whole read is due in the next look.
    Age,
}

fn step() -> impl Strategy<Value = Step> {
    // Machines, ordinary and odd, and some of what is above them; an id that does not exist changes nothing.
    let machines = (1_001..1_060).prop_map(|number| format!("vm-{number}"));
    let above = select(
        &[
            "datacenter-2",
            "group-v3",
            "group-v7",
            "group-v8",
            "group-h9",
        ][..],
    );
    let object = prop_oneof![machines, above.prop_map(str::to_owned)];
    let path = select(
        &[
            "*",
            "name",
            "parent",
            "runtime",
            "config.hardware",
            "config",
        ][..],
    );
    let kind = select(&[Denial::Unset, Denial::NoPermission, Denial::Hidden][..]);
    let rule = (object, path, kind).prop_map(|(object, path, kind)| DenyRule {
        object,
        path: path.to_owned(),
        kind,
    });
    prop_oneof![
        4 => (any::<u64>(), 1_usize..40).prop_map(|(seed, count)| Step::Changes { seed, count }),
        4 => rule.prop_map(Step::Deny),
        3 => Just(Step::Allow),
        1 => Just(Step::LoseSession),
        1 => Just(Step::Age),
    ]
}

async fn follow(looks: Vec<Vec<Step>>) {
    let chosen = [("INCLUDE_FOLDERS", "*e*"), ("EXCLUDE_VMS", "*7*")];
    let mock = odd_mock(30, 17).await;
    let mut following = vcenter(&mock, &chosen);
    let mut now = Timestamp::UNIX_EPOCH;
    following.refresh(at(now)).await.unwrap();
    for steps in looks {
        for step in &steps {
            match step {
                Step::Changes { seed, count } => {
                    for change in mock.random_changes(*seed, *count) {
                        mock.apply(&change).unwrap();
                    }
                }
                Step::Deny(rule) => drop(mock.deny(rule)),
                Step::Allow => mock.clear_denials(),
                Step::LoseSession => mock.drop_sessions(),
                Step::Age => now += SignedDuration::from_secs(600),
            }
        }
        let followed = following.refresh(at(now)).await.unwrap();
        assert_eq!(
            followed.vms(),
            read_afresh(&mock, &chosen).await,
            "{steps:?}"
        );
    }
    following.logout().await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn following_changes_and_reading_afresh_give_the_same(
        looks in prop::collection::vec(prop::collection::vec(step(), 1..3), 2..8)
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(follow(looks));
    }
}
