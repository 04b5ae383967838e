//! Prometheus' standard metrics about a process, read from Linux' `/proc`.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

/// Reads the values when a page is made. On other systems than Linux there are none.
#[derive(Debug)]
pub(super) struct ProcessMetrics;

impl Collector for ProcessMetrics {
    #[cfg(target_os = "linux")]
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        linux::encode(&mut encoder)
    }

    #[cfg(not(target_os = "linux"))]
    fn encode(&self, _encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fmt;

    use procfs::process::{LimitValue, Process, Stat};
    use procfs::{CurrentSI as _, ProcResult, WithCurrentSystemInfo as _};
    use prometheus_client::encoding::DescriptorEncoder;

    use crate::exposition::descriptor::{counter, gauge};

    pub(super) fn encode(encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Ok((process, stat)) = own_process() else {
            return Ok(());
        };
        let cpu_seconds = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        counter(
            encoder,
            "process_cpu_seconds",
            "User and system CPU time spent.",
            cpu_seconds,
        )?;
        gauge(
            encoder,
            "process_resident_memory_bytes",
            "Resident memory size.",
            Some(stat.rss_bytes().get() as f64),
        )?;
        gauge(
            encoder,
            "process_virtual_memory_bytes",
            "Virtual memory size.",
            Some(stat.vsize as f64),
        )?;
        gauge(
            encoder,
            "process_start_time_seconds",
            "Start time of the process since the Unix epoch.",
            start_time(&stat).ok(),
        )?;
        let open_files = process.fd_count().ok().map(|count| count as f64);
        gauge(
            encoder,
            "process_open_fds",
            "Open file descriptors.",
            open_files,
        )?;
        gauge(
            encoder,
            "process_max_fds",
            "Most open file descriptors allowed.",
            most_open_files(&process),
        )
    }

    fn own_process() -> ProcResult<(Process, Stat)> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        Ok((process, stat))
    }

    fn start_time(stat: &Stat) -> ProcResult<f64> {
        let boot = procfs::KernelStats::current()?.btime;
        Ok(boot as f64 + stat.starttime as f64 / procfs::ticks_per_second() as f64)
    }

    fn most_open_files(process: &Process) -> Option<f64> {
        match process.limits().ok()?.max_open_files.soft_limit {
            LimitValue::Value(limit) => Some(limit as f64),
            LimitValue::Unlimited => None,
        }
    }
}
