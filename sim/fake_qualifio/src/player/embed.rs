//! The code that operators put into other pages.

use super::files::KIT;
use crate::campaign::{Channel, ChannelKind};
use crate::qualifio::Qualifio;
use serde_json::{Value, json};
use standin_fake_kit::html::escaped;

/// How tall the frame is made.
const HEIGHT: &str = "1200";

/// What an operator gets for a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Embed {
    /// The JavaScript tag: a place in the page and the script that puts a frame there.
    pub javascript: String,
    /// The frame alone.
    pub html: String,
    /// The address alone, for apps and phones.
    pub webview: String,
}

impl Qualifio {
    /// The code for the channel of a campaign that is made for other pages; without one, for its first.
    pub fn embed_code(&self, campaign: u64) -> Option<Embed> {
        let campaign = self.campaigns.get(&campaign)?;
        let widget = campaign.channels.iter().find(|channel| channel.kind == ChannelKind::Widget);
        Some(self.embed(widget.or(campaign.channels.first())?, &campaign.public_name))
    }

    /// The code for a channel of a campaign of this name.
    pub(crate) fn embed(&self, channel: &Channel, public_name: &str) -> Embed {
        let webview = self.channel_url(channel);
        let domain = self.websites.get(&channel.website).map_or("", |site| site.domain.as_str());
        let (id, title) = (channel.id, escaped(public_name));
        let source = escaped(webview.strip_prefix("https:").unwrap_or(&webview));
        let html = format!(
            "<iframe class=\"qualifio_iframe_tag\" id=\"qualifio{id}\" src=\"{source}\" title=\"{title}\" \
             width=\"100%\" height=\"{HEIGHT}\" style=\"border:0\"></iframe>"
        );
        let javascript = format!(
            "<div id=\"{place}\" class=\"qualifio_iframe_wrapper\" data-title=\"{title}\"></div>\n<script>\n\
             var _qual_async = _qual_async || [];\n_qual_async.push({command});\n</script>\n\
             <script src=\"//{domain}{KIT}\" async></script>",
            place = place(channel),
            command = command(channel, domain),
        );
        Embed { javascript, html, webview }
    }
}

fn place(channel: &Channel) -> String {
    format!("qualifio_insert_place_{}", channel.id)
}

/// The command that waits in the page for the script.
fn command(channel: &Channel, domain: &str) -> Value {
    json!([
        "createIframe",
        place(channel),
        domain,
        "20",
        channel.guid,
        "100%",
        HEIGHT,
        "",
        "",
        "",
        "max-width:810px;margin:0 auto",
    ])
}
