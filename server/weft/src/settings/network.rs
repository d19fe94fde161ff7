//! The setting `network`. It must not apply itself: it is only read here.

use super::Setting;
use assist::mentions::Network;

/// what `@url` in a chat may read
pub(crate) struct NetworkUse;

impl Setting for NetworkUse {
    type Value = Network;
    const KEY: &'static str = "network";
    const ENVIRONMENT: &'static str = "WEFT_NETWORK";
    const DOC: &'static str = "what `@url` in a chat may read: `off` for nothing, `public` for pages of the public network, `any` for those of this machine and private networks too";

    fn default() -> Self::Value {
        Network::Off
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        match text.trim() {
            "off" => Ok(Network::Off),
            "public" => Ok(Network::Public),
            "any" => Ok(Network::Any),
            _ => Err("`off`, `public` or `any` is expected".to_owned()),
        }
    }
}

impl NetworkUse {
    /// A value as the configuration spells it.
    pub(crate) fn name(value: Network) -> &'static str {
        match value {
            Network::Off => "off",
            Network::Public => "public",
            Network::Any => "any",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(NetworkUse::parse("public"), Ok(Network::Public));
        assert_eq!(NetworkUse::parse("any"), Ok(Network::Any));
        assert_eq!(NetworkUse::default(), Network::Off);
        assert!(NetworkUse::parse("on").is_err());
    }
}
