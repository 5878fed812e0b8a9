//! Behaviour that a user may set.

use standin_fake_kit::Knob;
use standin_fake_kit::knobs::Takes;
use standin_model::Evidence;

/// All knobs.
pub const KNOBS: &[Knob] = &[
    Knob {
        name: "qualifio.participation_lifetime",
        default: "60min",
        takes: Takes::Span,
        summary: "how long a participant has from start to submit",
        evidence: Evidence::documented("Qualifio help: Incomplete participations", "unfinished_ones_expire"),
    },
    Knob {
        name: "qualifio.max_redirects",
        default: "3",
        takes: Takes::Number,
        summary: "after how many returns without a session the redirect is given up",
        evidence: Evidence::decided("a login page that sends people back must not loop", "redirect_walk"),
    },
    Knob {
        name: "qualifio.redirect",
        default: "by_channel",
        takes: Takes::Word(&["by_channel", "button", "automatic"]),
        summary: "whether the redirect waits for a button; by_channel is automatic in a minisite",
        evidence: Evidence::decided(
            "both exist; a button gives the top-level navigation a user gesture",
            "automatic_or_button",
        ),
    },
    Knob {
        name: "qualifio.domain_security",
        default: "Default",
        takes: Takes::Word(&["Default", "Loose", "Strict"]),
        summary: "which hosts serve a campaign: any, the account's websites', its own website's",
        evidence: Evidence::documented("Qualifio help: Domain Security Feature", "domain_security"),
    },
    Knob {
        name: "qualifio.force_https",
        default: "false",
        takes: Takes::Bool,
        summary: "whether http is redirected to https as the platform does",
        evidence: Evidence::decided("off, so that a browser can play over loopback", "https_can_be_forced"),
    },
    Knob {
        name: "qualifio.operator_session",
        default: "8h",
        takes: Takes::Span,
        summary: "how long an operator stays signed in",
        evidence: Evidence::decided("a working day; the platform's own is not published", "sessions_end"),
    },
    Knob {
        name: "qualifio.block_third_party_cookies",
        default: "false",
        takes: Takes::Bool,
        summary: "whether the participant's browser hides the Gigya session from a campaign on another domain",
        evidence: Evidence::documented("Gigya: Blocked Third-Party Cookies", "third_party_cookies"),
    },
    Knob {
        name: "qualifio.webhook_secret_cache",
        default: "30min",
        takes: Takes::Span,
        summary: "how long deliveries are still signed with a webhook's former secret",
        evidence: Evidence::documented(
            "Qualifio developers: Checking the webhook signatures",
            "a_changed_secret_is_cached",
        ),
    },
    Knob {
        name: "qualifio.webhook_body",
        default: "compact",
        takes: Takes::Word(&["compact", "indented"]),
        summary: "how the JSON of deliveries is laid out; the signature is that of the bytes that are sent",
        evidence: Evidence::decided(
            "the raw body is signed, and nothing promises how it is laid out",
            "a_delivery_is_signed_as_it_is_laid_out",
        ),
    },
    Knob {
        name: "qualifio.webhook_signature",
        default: "whole",
        takes: Takes::Word(&["whole", "cut", "empty"]),
        summary: "how much of the hash a delivery's signature has: all of it, its first half, nothing after `sha256=`",
        evidence: Evidence::decided(
            "anybody can send what begins as a signature does: whoever receives it compares the whole",
            "a_signature_may_be_cut",
        ),
    },
    Knob {
        name: "qualifio.feed_cache",
        default: "15min",
        takes: Takes::Span,
        summary: "how long a campaign feed answers the same, whatever has changed",
        evidence: Evidence::documented("Qualifio developers: Campaign Feeds", "a_feed_is_cached"),
    },
    Knob {
        name: "qualifio.gdpr_delay",
        default: "0s",
        takes: Takes::Span,
        summary: "how long after its approval a GDPR rule is carried out",
        evidence: Evidence::decided(
            "how long the platform takes is not published",
            "forgotten_after_approval",
        ),
    },
    Knob {
        name: "qualifio.api_rate_limit",
        default: "0",
        takes: Takes::Number,
        summary: "how many calls a minute the API for feeds and GDPR takes; 0 is no limit",
        evidence: Evidence::decided("no limit is published", "calls_may_be_limited"),
    },
];
