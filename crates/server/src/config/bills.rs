//! `[bills]`: on unless it is switched off. WeChat's checklist asks every merchant for the comparison.

use serde::Deserialize;

use crate::bills::Bills;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    #[serde(default = "on")]
    enabled: bool,
}

const fn on() -> bool {
    true
}

impl Default for Section {
    fn default() -> Self {
        Self { enabled: on() }
    }
}

impl From<Section> for Bills {
    fn from(section: Section) -> Self {
        if section.enabled { Self::EveryDay } else { Self::WhenAsked }
    }
}
