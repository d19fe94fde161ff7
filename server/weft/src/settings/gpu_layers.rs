//! The setting `gpu_layers`. It must not apply itself: it is only read here.

use super::{Setting, number};

/// how many of a model's layers the graphics cards compute at most; 0 leaves them alone
pub(crate) struct GpuLayers;

impl Setting for GpuLayers {
    type Value = Option<u32>;
    const KEY: &'static str = "gpu_layers";
    const ENVIRONMENT: &'static str = "WEFT_GPU_LAYERS";
    const DOC: &'static str = "how many of a model's layers the graphics cards compute at most, where this build can use them; 0 leaves them alone, by default there is no limit";

    fn default() -> Self::Value {
        None
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        number(text, 0, 1000).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!((GpuLayers::parse("0"), GpuLayers::parse("24")), (Ok(Some(0)), Ok(Some(24))));
        assert!(GpuLayers::parse("-1").is_err());
    }
}
