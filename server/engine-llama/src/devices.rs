//! What llama.cpp can compute with on this machine, for `weft doctor`.
//! It must not advise: it reports.

use llama_cpp_2::{LlamaBackendDeviceType, list_llama_ggml_backend_devices};
use llama_cpp_sys_2 as sys;
use std::ffi::CStr;

/// A device that llama.cpp found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its kind.
    pub kind: DeviceKind,
    /// Such as `Vulkan0`.
    pub name: String,
    /// Such as the graphics card's name.
    pub description: String,
    /// Bytes in all.
    pub memory_total: usize,
    /// Bytes free now.
    pub memory_free: usize,
}

/// The kinds of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor.
    Cpu,
    /// A graphics card with memory of its own.
    Gpu,
    /// A graphics unit that shares the processor's memory.
    IntegratedGpu,
    /// Anything else.
    Other,
}

/// The processor features that this build of llama.cpp uses, as it prints them (`AVX2 = 1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuFeatures {
    /// The names of the features in use.
    pub used: Vec<String>,
}

/// A part of this program for graphics cards that is not in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedModule {
    /// Its file's name.
    pub file: String,
    /// Why, such as what the system's loader said.
    pub reason: String,
}

/// The modules for cards that give none of `devices`; none in a build without modules.
pub fn unused_modules(devices: &[Device]) -> Vec<UnusedModule> {
    #[cfg(feature = "dynamic-backends")]
    return crate::modules::unused(devices);
    #[cfg(not(feature = "dynamic-backends"))]
    return {
        let _ = devices;
        Vec::new()
    };
}

/// All devices, the processor included. Empty when llama.cpp cannot be initialised.
pub fn devices() -> Vec<Device> {
    if crate::model::backend().is_err() {
        return Vec::new();
    }
    list_llama_ggml_backend_devices()
        .into_iter()
        .map(|device| Device {
            kind: match device.device_type {
                LlamaBackendDeviceType::Cpu => DeviceKind::Cpu,
                LlamaBackendDeviceType::Gpu => DeviceKind::Gpu,
                LlamaBackendDeviceType::IntegratedGpu => DeviceKind::IntegratedGpu,
                _ => DeviceKind::Other,
            },
            name: device.name,
            description: device.description,
            memory_total: device.memory_total,
            memory_free: device.memory_free,
        })
        .collect()
}

/// The processor features in use; none when llama.cpp cannot be initialised.
pub fn cpu_features() -> CpuFeatures {
    // Where modules are loaded at run time, only a loaded one can say what it uses.
    if crate::model::backend().is_err() {
        return CpuFeatures { used: Vec::new() };
    }
    // SAFETY: returns a pointer to a static, zero-terminated string.
    let line = unsafe { CStr::from_ptr(sys::llama_print_system_info()) }.to_string_lossy();
    let used = line
        .split(['|', ':'])
        .filter_map(|item| item.split_once('='))
        .filter(|(_, value)| value.trim() == "1")
        .map(|(name, _)| name.trim().to_owned())
        .collect();
    CpuFeatures { used }
}
