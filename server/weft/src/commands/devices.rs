//! `weft devices`: what llama.cpp can compute with on this machine, in this build. It must not load a model.

use super::megabytes;
use anyhow::Result;
use engine_llama::{Device, DeviceKind};
use serde_json::{Value, json};
use std::process::ExitCode;

/// What a build can use besides the processor, by its features.
const BUILT_FOR: [(&str, bool); 4] = [
    ("cuda", cfg!(feature = "cuda")),
    ("metal", cfg!(any(feature = "metal", all(target_os = "macos", target_arch = "aarch64")))),
    ("rocm", cfg!(feature = "rocm")),
    ("vulkan", cfg!(feature = "vulkan")),
];

pub(crate) fn run(as_json: bool) -> Result<ExitCode> {
    let devices = engine_llama::devices();
    let built_for: Vec<&str> = BUILT_FOR.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    let unused = engine_llama::unused_modules(&devices);
    if as_json {
        let devices: Vec<Value> = devices.iter().map(as_value).collect();
        let unused: Vec<Value> =
            unused.iter().map(|it| json!({ "file": it.file, "reason": it.reason })).collect();
        say!("{:#}", json!({ "devices": devices, "built_for": built_for, "unused": unused }));
        return Ok(ExitCode::SUCCESS);
    }
    say!("{:<10} {:<15} {:>10} {:>10}  NAME", "DEVICE", "KIND", "MEMORY", "FREE");
    for device in &devices {
        let (total, free) = (megabytes(device.memory_total as u64), megabytes(device.memory_free as u64));
        say!("{:<10} {:<15} {total:>10} {free:>10}  {}", device.name, kind(device), device.description);
    }
    let has_gpu = devices.iter().any(|it| matches!(it.kind, DeviceKind::Gpu | DeviceKind::IntegratedGpu));
    match (has_gpu, built_for.is_empty()) {
        (true, _) => {}
        (false, true) => say!(
            "\nThis build computes on the processor alone. docs/gpu.md says how to build one for a graphics card."
        ),
        (false, false) => say!(
            "\nThis build is for {}, but found no card for it: its driver may be missing. docs/gpu.md says what each needs.",
            built_for.join(" and ")
        ),
    }
    for module in &unused {
        say!("Not used: {}: {}", module.file, module.reason);
    }
    Ok(ExitCode::SUCCESS)
}

fn kind(device: &Device) -> &'static str {
    match device.kind {
        DeviceKind::Cpu => "cpu",
        DeviceKind::Gpu => "gpu",
        DeviceKind::IntegratedGpu => "integrated gpu",
        DeviceKind::Other => "other",
    }
}

fn as_value(device: &Device) -> Value {
    json!({
        "device": device.name,
        "kind": kind(device),
        "name": device.description,
        "memory_bytes": device.memory_total,
        "free_bytes": device.memory_free,
    })
}
