//! How busy the machine is with other things. It must not decide anything.

use std::time::{Duration, Instant};
use sysinfo::{CpuRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

/// The operating systems count in ticks: a shorter time says nothing.
const LEAST_INTERVAL: Duration = Duration::from_millis(250);

/// Watches the machine.
pub(crate) struct Load {
    system: System,
    process: Option<Pid>,
    cores: f32,
    looked: Instant,
    others: Option<f32>,
}

impl Load {
    pub(crate) fn new() -> Self {
        let refresh = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_cpu_usage());
        let mut load = Self {
            system: System::new_with_specifics(refresh),
            process: sysinfo::get_current_pid().ok(),
            cores: 1.0,
            looked: Instant::now(),
            others: None,
        };
        #[allow(clippy::cast_precision_loss)] // A few hundred at most.
        let cores = load.system.cpus().len().max(1) as f32;
        load.cores = cores;
        load.refresh();
        load
    }

    /// How many processors were at work for other processes since the last look, 0 to all; none before it is known.
    pub(crate) fn others(&mut self) -> Option<f32> {
        if self.looked.elapsed() >= LEAST_INTERVAL {
            self.others = Some(self.refresh());
        }
        self.others
    }

    fn refresh(&mut self) -> f32 {
        self.looked = Instant::now();
        self.system.refresh_cpu_usage();
        let all = self.system.global_cpu_usage() / 100.0 * self.cores;
        let own = self.process.map_or(0.0, |process| {
            let wanted = ProcessRefreshKind::nothing().with_cpu().without_tasks();
            self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), false, wanted);
            self.system.process(process).map_or(0.0, sysinfo::Process::cpu_usage) / 100.0
        });
        (all - own).clamp(0.0, self.cores)
    }
}
