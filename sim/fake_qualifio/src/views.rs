//! What the stage may see of websites and campaigns without asking by API.

use crate::Qualifio;

impl Qualifio {
    /// Whether some website has this domain.
    pub fn serves(&self, host: &str) -> bool {
        self.websites.values().any(|site| site.domain.eq_ignore_ascii_case(host))
    }

    /// The number of the campaign with this title.
    pub fn campaign_of(&self, title: &str) -> Option<u64> {
        self.campaigns.values().find(|campaign| campaign.title == title).map(|campaign| campaign.id)
    }
}
