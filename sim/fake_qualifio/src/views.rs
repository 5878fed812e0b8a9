//! What the stage may see of websites and campaigns without asking by API.

use crate::Qualifio;
use crate::campaign::{Campaign, ChannelKind};

impl Qualifio {
    /// Whether some website has this domain.
    pub fn serves(&self, host: &str) -> bool {
        self.websites.values().any(|site| site.domain.eq_ignore_ascii_case(host))
    }

    /// The numbers of the campaigns that are made for other pages.
    pub fn widgets(&self) -> impl Iterator<Item = u64> {
        let first = |campaign: &Campaign| campaign.channels.first().map(|channel| channel.kind);
        let widgets = self.campaigns.values().filter(move |it| first(it) == Some(ChannelKind::Widget));
        widgets.map(|campaign| campaign.id)
    }

    /// The number of the campaign with this title.
    pub fn campaign_of(&self, title: &str) -> Option<u64> {
        self.campaigns.values().find(|campaign| campaign.title == title).map(|campaign| campaign.id)
    }

    /// The titles of all campaigns.
    pub fn campaign_titles(&self) -> Vec<String> {
        self.campaigns.values().map(|campaign| campaign.title.clone()).collect()
    }
}
