//! Performance queries, against a mock vCenter whose truth is known.

use vsphere_soap::{MoRef, PerfFormat, PerfMetricId, PerfQuerySpec};

use crate::server::{call, client_for, client_of, scripted_server, small_vcenter, xml};

const WRITES: &str = "virtualDisk.numberWriteAveraged.average";

#[tokio::test]
async fn both_formats_agree_with_the_world() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let counters = client.perf_counters().await.unwrap();
    let key = counters
        .iter()
        .find(|counter| counter.full_name() == WRITES)
        .unwrap()
        .key;
    let vms = mock.world().vms();
    let morefs: Vec<_> = vms
        .iter()
        .map(|vm| MoRef::new("VirtualMachine", &vm.moref))
        .collect();
    let metrics = [PerfMetricId {
        counter_id: key,
        instance: "*".into(),
    }];
    let end = client.current_time().await.unwrap();
    for format in [PerfFormat::Csv, PerfFormat::Normal] {
        let specs: Vec<_> = morefs
            .iter()
            .map(|entity| PerfQuerySpec {
                entity,
                start_time: None,
                end_time: Some(end),
                max_sample: Some(15),
                metric_ids: &metrics,
                interval_id_seconds: Some(20),
                format,
            })
            .collect();
        let answer = client.query_perf(&specs).await.unwrap();
        assert_eq!(answer.len(), vms.len());
        let mut compared = 0;
        for entity in &answer {
            for series in entity.series() {
                assert_eq!(series.counter_id, key);
                for (time, value) in series.samples() {
                    let (vm, world) = (entity.entity.value(), mock.world());
                    assert_eq!(value, world.sample(vm, series.instance, WRITES, time));
                    compared += 1;
                }
            }
        }
        let disks: usize = vms.iter().map(|vm| vm.instances.len()).sum();
        assert_eq!(compared, disks * 15);
    }
    client.logout().await.unwrap();
}

#[tokio::test]
async fn what_exists() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let vm = MoRef::new("VirtualMachine", &mock.world().vms()[0].moref);
    let intervals = client.historical_intervals().await.unwrap();
    let periods: Vec<_> = intervals
        .iter()
        .map(|it| it.sampling_period_seconds)
        .collect();
    assert_eq!(periods, [300, 1800, 7200, 86400]);

    let summary = client.query_perf_provider_summary(&vm).await.unwrap();
    assert_eq!(
        (summary.entity, summary.refresh_rate_seconds),
        (vm.clone(), Some(20))
    );

    let counters = client.perf_counters().await.unwrap();
    let wanted = counters.iter().find(|it| it.full_name() == WRITES).unwrap();
    let found = client.query_perf_counter(&[wanted.key]).await.unwrap();
    assert_eq!(found, std::slice::from_ref(wanted));

    let available = client
        .query_available_perf_metric(&vm, Some(20))
        .await
        .unwrap();
    assert!(
        available
            .iter()
            .any(|it| it.counter_id == wanted.key && !it.instance.is_empty())
    );
    client.logout().await.unwrap();
}

#[tokio::test]
async fn an_unset_option_is_a_fault() {
    let mock = small_vcenter().await;
    let client = client_for(&mock);
    let name = "config.vpxd.stats.maxQueryMetrics";
    let error = client.query_options(name).await.unwrap_err();
    let kind = &error.fault().unwrap().kind;
    assert_eq!(
        kind,
        &vsphere_soap::FaultKind::InvalidName {
            name: name.to_owned()
        }
    );
    client.logout().await.unwrap();
}

#[tokio::test]
async fn intervals_that_are_not_set_are_none() {
    let answer = |content: &str| {
        let body = format!(
            "<Envelope xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Body>\
             <RetrievePropertiesExResponse><returnval><objects><obj type=\"PerformanceManager\">PerfMgr\
             </obj>{content}</objects></returnval></RetrievePropertiesExResponse></Body></Envelope>"
        );
        xml(200, body.into())
    };
    let empty =
        "<propSet><name>historicalInterval</name><val xsi:type=\"ArrayOfPerfInterval\"/></propSet>";
    let withheld = "<missingSet><path>historicalInterval</path><fault><fault xsi:type=\"NoPermission\"/>\
                    </fault></missingSet>";
    for (content, is_known) in [("", true), (empty, true), (withheld, false)] {
        let server = scripted_server().await;
        call("RetrievePropertiesEx")
            .respond_with(answer(content))
            .mount(&server)
            .await;
        let intervals = client_of(&server).historical_intervals().await;
        assert_eq!(intervals.ok(), is_known.then(Vec::new), "{content}");
    }
}
