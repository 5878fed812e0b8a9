//! One channel in the words of a feed.

use crate::campaign::{Campaign, Channel, ChannelKind, Mode};
use crate::qualifio::Qualifio;
use serde_json::{Value, json};

/// A channel's entry. Who made the campaign is left out where nobody knows.
pub(super) fn of(qualifio: &Qualifio, campaign: &Campaign, channel: &Channel) -> Value {
    let website = qualifio.websites.get(&channel.website);
    let (starts, ends) = channel.schedule(campaign);
    let code = qualifio.embed(channel, &campaign.public_name);
    let mut about = json!({
        "campaignId": campaign.id,
        "campaignTitle": campaign.title,
        "campaignType": match campaign.mode {
            Mode::Identified => "Quizz ou concours identifié",
            Mode::Anonymous => "Sondage ou vote anonyme",
        },
    });
    if let Some(creator) = &campaign.creator {
        about["creator"] = creator.as_str().into();
    }
    json!({
        "channelId": channel.guid,
        "website": {"id": channel.website, "name": website.map(|website| website.name.as_str())},
        "channel": match channel.kind {
            ChannelKind::Minisite => "MINI_SITE",
            ChannelKind::Widget => "WIDGET",
            ChannelKind::Mobile => "MOBILE",
        },
        "id": channel.id,
        "dateCreated": campaign.created.to_string(),
        "dateLastModified": campaign.modified.to_string(),
        "campaign": about,
        "schedule": {
            "startDate": starts.to_string(), "endDate": ends.to_string(), "hourlyLimitation": false,
        },
        "integration": {"javascript": code.javascript, "webview": code.webview, "html": code.html},
    })
}
