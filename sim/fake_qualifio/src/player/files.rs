//! The files that campaign pages and the pages around them load.

use standin_fake_kit::EndpointDoc;
use standin_fake_kit::asset::{Asset, CSS, JAVASCRIPT, find};
use standin_model::Evidence;
use standin_ports::{Request, Response};

/// Style and script of the pages, and the script that puts campaigns into other pages.
const FILES: &[Asset] = &[
    Asset { path: "/player/player.css", kind: CSS, text: include_str!("files/player.css") },
    Asset { path: "/player/player.js", kind: JAVASCRIPT, text: include_str!("files/player.js") },
    Asset { path: KIT, kind: JAVASCRIPT, text: include_str!("files/qualp.2.min.js") },
];

/// Where the script for embedding pages is; the platform has a minified one under this name.
pub const KIT: &str = "/kit/qualp.2.min.js";

/// How they describe themselves.
pub const DOC: EndpointDoc = EndpointDoc {
    name: "player file",
    summary: "style and script of campaign pages, and the script that embeds campaigns",
    evidence: Evidence::recorded("public pages that embed campaigns", "files_of_the_pages"),
};

/// The file that is asked for, if it is one of these.
pub fn answer(request: &Request) -> Option<Response> {
    find(FILES, request.uri().path()).map(Asset::answer)
}

/// The hosts of Gigya's data centre whose scripts, calls and frames a page needs.
pub fn gigya_hosts(data_center: &str) -> [String; 3] {
    let zone = if data_center == "cn1" { "sapcdm.cn" } else { "gigya.com" };
    ["cdns", "accounts", "socialize"].map(|name| format!("{name}.{data_center}.{zone}"))
}

/// The address of Gigya's script for an API key, which has to be the first parameter.
pub fn gigya_script(data_center: &str, api_key: &str) -> String {
    let [cdn, ..] = gigya_hosts(data_center);
    let key: String = form_urlencoded::byte_serialize(api_key.as_bytes()).collect();
    format!("https://{cdn}/js/gigya.js?apikey={key}")
}
