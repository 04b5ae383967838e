//! Samples that no disk has, hosts that stamp them by a wrong clock, and hosts that keep them when a machine moves.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};
use mock_vcenter::{Change, HostClock, MockVcenter, OddSamples, Settings};

use crate::client::{Client, all, logged_in, small};
use crate::query_perf::{csv, csv_stamps};

/// Stamps and write rates of one disk.
async fn rates(client: &mut Client, moref: &str, times: &str) -> (Vec<Timestamp>, Vec<String>) {
    let reply = csv(client, moref, times, &[(182, "scsi0:0")]).await;
    let entity = reply.one("returnval");
    let (_, series) = entity.split_once("<value><id>").unwrap();
    let values = all(series, "value")[0].split(',').map(str::to_owned);
    (csv_stamps(entity), values.collect())
}

fn odd(vm: &str, text: &str, every: u32) -> OddSamples {
    OddSamples {
        vm: vm.to_owned(),
        text: text.to_owned(),
        every: NonZeroU32::new(every).unwrap(),
    }
}

#[tokio::test]
async fn odd_samples_are_sent_instead_of_those_of_one_machine() {
    let (mock, mut client) = logged_in(small()).await;
    let (_, plain) = rates(&mut client, "vm-1002", "").await;
    mock.add_odd_samples(odd("vm-1001", "9223372036854775807", 1));
    let (_, values) = rates(&mut client, "vm-1001", "").await;
    assert!(values.iter().all(|it| it == "9223372036854775807"));
    mock.add_odd_samples(odd("vm-1001", "odd", 3));
    let (stamps, values) = rates(&mut client, "vm-1001", "").await;
    for (stamp, value) in stamps.iter().zip(&values) {
        let is_third = stamp.as_second() / 20 % 3 == 0;
        assert_eq!(value == "odd", is_third, "{stamp} {value}");
    }
    let (_, others) = rates(&mut client, "vm-1002", "").await;
    assert!(!others.contains(&"odd".to_owned()));
    assert_eq!(others.len(), plain.len());
    mock.clear_odd_samples();
    let (_, values) = rates(&mut client, "vm-1001", "").await;
    assert!(!values.contains(&"odd".to_owned()));
}

fn set_clock(mock: &MockVcenter, host: &str, offset_seconds: i64) {
    let host = host.to_owned();
    let clock = HostClock {
        host,
        offset_seconds,
    };
    mock.set_host_clock(&clock).unwrap();
}

#[tokio::test]
async fn a_host_stamps_samples_by_its_clock_from_then_on() {
    let (mock, mut client) = logged_in(small()).await;
    let vms = mock.world().vms();
    let vm = vms.iter().find(|vm| vm.moref == "vm-1001").unwrap();
    let elsewhere = vms
        .iter()
        .find(|it| it.sampled && it.host_id != vm.host_id)
        .unwrap();
    set_clock(&mock, &vm.host_id, -600);
    // Ten minutes later there are ten minutes of samples by the new clock.
    mock.advance_clock(600);
    let (stamps, _) = rates(&mut client, "vm-1001", "").await;
    let steps_back = stamps.windows(2).filter(|pair| pair[1] < pair[0]);
    assert_eq!(steps_back.count(), 1);
    let newest = *stamps.last().unwrap();
    let behind = mock.now().duration_since(newest);
    assert!(behind >= SignedDuration::from_secs(600), "{behind}");
    assert!(behind < SignedDuration::from_secs(700), "{behind}");

    // Times in a query are by that clock.
    let times = format!("<startTime>{newest}</startTime>");
    let (stamps, _) = rates(&mut client, "vm-1001", &times).await;
    assert_eq!(stamps[0], newest);

    let (stamps, _) = rates(&mut client, &elsewhere.moref, "").await;
    assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]));

    mock.set_host_clocks_right();
    // Less at once than the session may idle, an hour in all.
    for _ in 0..3 {
        mock.advance_clock(1_200);
        rates(&mut client, "vm-1001", "").await;
    }
    let (stamps, _) = rates(&mut client, "vm-1001", "").await;
    assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(mock.now().duration_since(*stamps.last().unwrap()) < SignedDuration::from_secs(60));
}

#[tokio::test]
async fn only_hosts_have_such_clocks() {
    let mock = MockVcenter::with_vms(1).await.unwrap();
    for (host, expected) in [
        ("host-9999", "there is no object host-9999"),
        ("vm-1001", "vm-1001 is no HostSystem"),
    ] {
        let clock = HostClock {
            host: host.to_owned(),
            offset_seconds: 60,
        };
        let error = mock.set_host_clock(&clock).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn samples_of_the_future_hide_those_that_a_host_takes() {
    let (mock, mut client) = logged_in(small()).await;
    mock.set_settings(Settings {
        samples_by_stamp: true,
        ..mock.settings()
    });
    let vms = mock.world().vms();
    let vm = vms.iter().find(|vm| vm.moref == "vm-1001").unwrap();
    set_clock(&mock, &vm.host_id, 1_200);
    mock.advance_clock(600);
    mock.set_host_clocks_right();
    mock.advance_clock(300);
    let newest = "<maxSample>6</maxSample>";
    let (stamps, _) = rates(&mut client, "vm-1001", newest).await;
    assert!(stamps.len() == 6 && stamps.iter().all(|stamp| *stamp > mock.now()));
    // In whole seconds, which are all that the mock reads of a time.
    let now = Timestamp::from_second(mock.now().as_second()).unwrap();
    let from = now - SignedDuration::from_secs(200);
    let times = format!("<startTime>{from}</startTime><endTime>{now}</endTime>");
    let (stamps, _) = rates(&mut client, "vm-1001", &times).await;
    assert!(stamps.len() >= 8 && stamps.iter().all(|stamp| (from..=now).contains(stamp)));
}

#[tokio::test]
async fn samples_stay_on_the_host_that_took_them() {
    let (mock, mut client) = logged_in(small()).await;
    mock.set_settings(Settings {
        samples_stay_on_hosts: true,
        ..mock.settings()
    });
    let vms = mock.world().vms();
    let vm = vms.iter().find(|vm| vm.moref == "vm-1001").unwrap();
    let elsewhere = vms.iter().find(|other| other.host_id != vm.host_id);
    let migrate = |host: &str| {
        let migrate = Change::Migrate {
            vm: vm.moref.clone(),
            host: host.to_owned(),
        };
        mock.apply(&migrate).unwrap();
    };
    // It stays where it is.
    migrate(&vm.host_id);
    let (stamps, _) = rates(&mut client, "vm-1001", "").await;
    assert_eq!(stamps.len(), 180);

    migrate(&elsewhere.unwrap().host_id);
    let moved_at = mock.now();
    let reply = csv(&mut client, "vm-1001", "", &[(182, "scsi0:0")]).await;
    assert_eq!(reply.all("returnval"), [""; 0]);
    mock.advance_clock(120);
    let (stamps, values) = rates(&mut client, "vm-1001", "").await;
    assert!((3..=6).contains(&stamps.len()), "{stamps:?}");
    assert!(stamps.iter().all(|stamp| *stamp > moved_at));
    assert!(!values.contains(&"-1".to_owned()));
}
