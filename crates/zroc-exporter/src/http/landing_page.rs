//! `GET /`: what this is and where to go.

use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{Html, IntoResponse};

const PAGE: &str = concat!(
    r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>zroc-exporter</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 40rem; padding: 0 1rem }
dt { font-weight: bold }
</style>
</head>
<body>
<h1>zroc-exporter</h1>
<p>How much every VMware VM writes, for Prometheus. Version "#,
    env!("CARGO_PKG_VERSION"),
    r#".</p>
<dl>
<dt><a href="/metrics">/metrics</a></dt><dd>The values of the last collection cycle.</dd>
<dt><a href="/health">/health</a></dt><dd>How collection goes, as JSON.</dd>
<dt><a href="/-/healthy">/-/healthy</a></dt><dd>Whether the process answers.</dd>
<dt><a href="/-/ready">/-/ready</a></dt><dd>Whether there are values yet.</dd>
</dl>
</body>
</html>
"#
);

pub(super) async fn landing_page() -> impl IntoResponse {
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(PAGE))
}
