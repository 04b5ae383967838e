//! The limit on historical queries and the option that moves it.

use mock_vcenter::{Options, Settings};

use crate::client::{Client, Reply, logged_in, small};

fn with_limit(metrics: i64) -> Settings {
    Settings {
        max_query_metrics: Some(metrics),
        ..Settings::default()
    }
}

/// Queries one VM with many metrics.
async fn query(client: &mut Client, metrics: usize, interval: u32) -> Reply {
    let metrics =
        "<metricId><counterId>182</counterId><instance>*</instance></metricId>".repeat(metrics);
    let spec = format!(
        "<querySpec><entity type=\"VirtualMachine\">vm-1001</entity><maxSample>1</maxSample>\
         {metrics}<intervalId>{interval}</intervalId></querySpec>"
    );
    client.query_perf(&spec).await
}

async fn option(client: &mut Client) -> Reply {
    let name = "<name>config.vpxd.stats.maxQueryMetrics</name>";
    client
        .call("QueryOptions", "OptionManager", "VpxSettings", name)
        .await
}

#[tokio::test]
async fn without_the_option_the_limit_is_256() {
    let (_mock, mut client) = logged_in(small()).await;
    let unset = option(&mut client).await;
    assert_eq!(unset.fault(), "InvalidName");
    query(&mut client, 256, 300).await.ok();
    let refused = query(&mut client, 257, 300).await;
    assert_eq!(refused.fault(), "RestrictedByAdministrator");
    assert_eq!(refused.one("details"), "vpxd.stats.maxQueryMetrics");
    query(&mut client, 257, 20).await.ok();
}

#[tokio::test]
async fn the_option_moves_or_lifts_the_limit() {
    for (limit, allowed, refused) in [(64, 64, Some(65)), (-1, 300, None)] {
        let options = Options {
            settings: with_limit(limit),
            ..small()
        };
        let (_mock, mut client) = logged_in(options).await;
        let set = option(&mut client).await.ok();
        assert!(
            set.text()
                .contains(&format!("<value xsi:type=\"xsd:string\">{limit}</value>"))
        );
        query(&mut client, allowed, 300).await.ok();
        if let Some(refused) = refused {
            query(&mut client, refused, 300).await.fault();
        }
    }
}

#[tokio::test]
async fn a_prefix_asks_for_a_subtree() {
    let (_mock, mut client) = logged_in(Options {
        settings: with_limit(9),
        ..small()
    })
    .await;
    let reply = client.call(
        "QueryOptions",
        "OptionManager",
        "VpxSettings",
        "<name>config.</name>",
    );
    assert_eq!(reply.await.ok().all("key").len(), 2);
}
