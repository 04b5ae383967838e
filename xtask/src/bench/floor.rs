//! The floor: `curl` downloads what the exporter downloads, over one connection, and throws it away.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::exporter::FIRST_SAMPLES;
use super::report::{Cost, Halves};
use super::stage::Mock;
use super::{requests, timed};
use crate::repository;

/// Whether answers are asked for in gzip, and decompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    None,
}

/// What curl's downloads cost.
pub(super) struct Floor {
    pub(super) halves: Halves,
    /// What came with the second of them, as it was sent.
    pub(super) steady_bytes: f64,
}

/// Downloads a full and a steady cycle. `pages` is the number of answers that the inventory takes, `steady_samples` what
/// the exporter asks for once it is at work.
pub(super) async fn run(
    mock: &Mock,
    vms: u32,
    pages: u64,
    steady_samples: u64,
    compression: Compression,
) -> anyhow::Result<Floor> {
    let curl = Curl::new(mock, compression)?;
    let vcenter = &mock.vcenter;
    curl.bodies(
        "login",
        &[requests::login(&vcenter.user, &vcenter.password)],
    )
    .await?;
    let (view, _) = curl.kept("view", &requests::create_view()).await?;
    let view = view
        .split_once("type=\"ContainerView\">")
        .and_then(|(_, rest)| rest.split('<').next())
        .context("no view in the answer to CreateContainerView")?;
    curl.bodies("filter", &[requests::create_filter(view)])
        .await?;

    // The mock numbers the parts of the first report.
    let mut full = vec![requests::wait_for_updates("")];
    full.extend((1..pages).map(|part| requests::wait_for_updates(&format!("0_{part}"))));
    full.extend(requests::queries(vms, FIRST_SAMPLES));
    let (full, _) = curl.bodies("full", &full).await?;

    let mut steady = vec![requests::wait_for_updates("1")];
    steady.extend(requests::queries(vms, steady_samples));
    let (steady, steady_bytes) = curl.bodies("steady", &steady).await?;
    Ok(Floor {
        halves: Halves { full, steady },
        steady_bytes,
    })
}

struct Curl {
    folder: PathBuf,
    url: String,
    compression: Compression,
}

impl Curl {
    fn new(mock: &Mock, compression: Compression) -> anyhow::Result<Self> {
        let folder = repository::scratch("bench/floor")?;
        let vcenter = &mock.vcenter;
        let url = format!("https://{}:{}/sdk", vcenter.host, vcenter.port);
        fs::write(folder.join("cookies"), "")?;
        Ok(Self {
            folder,
            url,
            compression,
        })
    }

    /// Sends bodies in one process, one after the other. Returns the bytes of the answers too, as they were sent.
    async fn bodies(&self, name: &str, bodies: &[String]) -> anyhow::Result<(Cost, f64)> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        let mut config = String::new();
        for (number, body) in bodies.iter().enumerate() {
            let file = folder.join(format!("{number}.xml"));
            fs::write(&file, body)?;
            if number > 0 {
                config.push_str("next\n");
            }
            self.transfer(&mut config, &file, Path::new("/dev/null"));
        }
        let (printed, cost) = self.run(&folder, &config).await?;
        let lengths = printed.lines().map(|line| {
            let length = line.strip_prefix("200 ")?;
            length.parse::<f64>().ok()
        });
        let lengths: Option<Vec<f64>> = lengths.collect();
        let lengths = lengths.filter(|lengths| lengths.len() == bodies.len());
        let lengths = lengths.with_context(|| format!("curl got for {name}: {printed}"))?;
        Ok((cost, lengths.into_iter().sum()))
    }

    /// Sends one body and returns the answer.
    async fn kept(&self, name: &str, body: &str) -> anyhow::Result<(String, Cost)> {
        let folder = self.folder.join(name);
        fs::create_dir_all(&folder)?;
        let (file, answer) = (folder.join("0.xml"), folder.join("answer.xml"));
        fs::write(&file, body)?;
        let mut config = String::new();
        self.transfer(&mut config, &file, &answer);
        let (_, cost) = self.run(&folder, &config).await?;
        Ok((fs::read_to_string(&answer)?, cost))
    }

    fn transfer(&self, config: &mut String, body: &Path, answer: &Path) {
        if self.compression == Compression::Gzip {
            config.push_str("compressed\n");
        }
        let (url, body, answer) = (&self.url, body.display(), answer.display());
        let cookies = self.folder.join("cookies");
        let cookies = cookies.display();
        // Writing to a String cannot fail.
        let _ = writeln!(
            config,
            "silent\ninsecure\nurl = \"{url}\"\ndata-binary = \"@{body}\"\n\
             header = \"Content-Type: text/xml; charset=utf-8\"\nheader = \"SOAPAction: urn:vim25/8.0.2.0\"\n\
             cookie = \"{cookies}\"\ncookie-jar = \"{cookies}\"\noutput = \"{answer}\"\n\
             write-out = \"%{{http_code}} %{{size_download}}\\n\""
        );
    }

    async fn run(&self, folder: &Path, config: &str) -> anyhow::Result<(String, Cost)> {
        let file = folder.join("curl.conf");
        fs::write(&file, config)?;
        timed::run(["curl".as_ref(), "--config".as_ref(), file.as_os_str()]).await
    }
}
