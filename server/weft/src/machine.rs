//! What this machine has for models: memory, graphics cards, and how quickly it reads memory. It must not decide what fits.

use engine_llama::DeviceKind;
use std::time::{Duration, Instant};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Bytes of the graphics cards that this build computes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GpuMemory {
    pub(crate) free: u64,
    pub(crate) total: u64,
}

/// The graphics cards; none where this build can use none. Starts llama.cpp.
pub(crate) fn gpu_memory() -> Option<GpuMemory> {
    let is_gpu = |kind| matches!(kind, DeviceKind::Gpu | DeviceKind::IntegratedGpu);
    let devices = engine_llama::devices().into_iter().filter(|device| is_gpu(device.kind));
    let sum = |memory: GpuMemory, device: engine_llama::Device| GpuMemory {
        free: memory.free.saturating_add(device.memory_free as u64),
        total: memory.total.saturating_add(device.memory_total as u64),
    };
    Some(devices.fold(GpuMemory { free: 0, total: 0 }, sum)).filter(|memory| memory.total > 0)
}

/// Bytes that could be had now without swapping, within the limits of a container.
pub(crate) fn free_memory() -> Option<u64> {
    let system = system();
    let container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
    Some(system.available_memory().min(container)).filter(|&free| free > 0)
}

/// All memory, within the limits of a container.
pub(crate) fn total_memory() -> Option<u64> {
    let system = system();
    let container = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    Some(system.total_memory().min(container)).filter(|&total| total > 0)
}

/// Bytes of memory that a model may have on this machine when nothing else is asked of it: what the user allows, else the larger of the
/// machine's memory and the graphics cards'.
pub(crate) fn memory_for_models() -> Option<u64> {
    allowed_memory().or_else(|| {
        let gpu = gpu_memory().map(|memory| memory.total);
        [total_memory(), gpu].into_iter().flatten().max()
    })
}

/// Bytes that the user allows (`WEFT_MEMORY_MB`).
pub(crate) fn allowed_memory() -> Option<u64> {
    let megabytes: u64 = std::env::var("WEFT_MEMORY_MB").ok()?.parse().ok()?;
    Some(megabytes.saturating_mul(1_000_000))
}

/// How long it is measured at most.
const MEASURE_FOR: Duration = Duration::from_millis(150);
/// More than any processor's cache for one core.
const BLOCK_BYTES: usize = 64 << 20;

/// Bytes of memory that all cores together read in a second: what limits how quickly a model writes, which reads its weights once for each
/// token. Takes some tenths of a second.
pub(crate) fn memory_bandwidth() -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get).min(8);
    let read = || {
        let block = vec![1_u64; BLOCK_BYTES / size_of::<u64>()];
        let started = Instant::now();
        let mut bytes = 0.0;
        while started.elapsed() < MEASURE_FOR {
            std::hint::black_box(block.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word)));
            #[expect(clippy::cast_precision_loss, reason = "64 MB")]
            let read = BLOCK_BYTES as f64;
            bytes += read;
        }
        bytes / started.elapsed().as_secs_f64()
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..threads).map(|_| scope.spawn(read)).collect();
        readers.into_iter().filter_map(|reader| reader.join().ok()).sum()
    })
}

fn system() -> System {
    System::new_with_specifics(RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_memory_and_reads_it() {
        let (free, total) = (free_memory().unwrap(), total_memory().unwrap());
        assert!(free <= total, "{free} of {total}");
        assert!(memory_bandwidth() > 1e8);
    }
}
