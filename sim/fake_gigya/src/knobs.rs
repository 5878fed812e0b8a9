//! What the sources leave open, as settings with defaults.

use standin_fake_kit::Knob;
use standin_fake_kit::knobs::Takes;
use standin_model::Evidence;

/// Every setting of this fake.
pub const KNOBS: &[Knob] = &[
    Knob {
        name: "gigya.index_delay",
        default: "1s",
        takes: Takes::Span,
        summary: "how long after a write accounts.search sees it; 30s is the documented maximum",
        evidence: Evidence::documented(
            "accounts.search REST: average 1 s, maximum 30 s",
            "index_lags_behind_writes",
        ),
    },
    Knob {
        name: "gigya.array_mode",
        default: "replace",
        takes: Takes::Word(&["replace", "append"]),
        summary: "what setAccountInfo does with an array in profile or data",
        evidence: Evidence::decided(
            "no page says; ds.store names arrayPush and arraySet",
            "arrays_replace_or_append",
        ),
    },
    Knob {
        name: "gigya.phones_shape",
        default: "stored",
        takes: Takes::Word(&["stored", "array", "single"]),
        summary: "profile.phones as it was written, always as a list, or a list of one as an object",
        evidence: Evidence::recorded(
            "gigya-android-sdk repairs objects into lists",
            "phones_have_three_shapes",
        ),
    },
    Knob {
        name: "gigya.strict_default_include",
        default: "false",
        takes: Takes::Bool,
        summary: "getAccountInfo without include gives profile and data only",
        evidence: Evidence::documented(
            "accounts.getAccountInfo REST; recordings show more",
            "default_include",
        ),
    },
    Knob {
        name: "gigya.uid_signature_on_s2s",
        default: "false",
        takes: Takes::Bool,
        summary: "server-to-server answers carry UIDSignature too, as those of 2013 and 2016 did",
        evidence: Evidence::recorded("recorded getAccountInfo answers", "uid_signature_is_for_clients"),
    },
    Knob {
        name: "gigya.accept_ms_timestamp",
        default: "true",
        takes: Takes::Bool,
        summary: "a request timestamp in milliseconds is understood",
        evidence: Evidence::recorded(
            "the `gigya` client for Node signs every call so, and is in wide use",
            "millisecond_timestamps",
        ),
    },
    Knob {
        name: "gigya.accept_partner_secret",
        default: "false",
        takes: Takes::Bool,
        summary: "the partner secret without a user key authenticates",
        evidence: Evidence::documented(
            "Security Best Practices: refused since 31 January 2023",
            "partner_secret_is_refused",
        ),
    },
    Knob {
        name: "gigya.refuse_http_secret",
        default: "false",
        takes: Takes::Bool,
        summary: "a secret sent over plain http is refused with 403006; loopback is plain http",
        evidence: Evidence::documented("Response Codes and Errors, 403006", "secret_over_http"),
    },
    Knob {
        name: "gigya.public_base_url",
        default: "",
        takes: Takes::Text,
        summary: "scheme, host and port that clients sign, where a proxy hides them; else what the request says",
        evidence: Evidence::decided(
            "proxies that do not forward scheme and host",
            "signed_address_behind_a_silent_proxy",
        ),
    },
    Knob {
        name: "gigya.request_window",
        default: "120s",
        takes: Takes::Span,
        summary: "how far the time of a signed request may be off; nonces are kept for twice as long",
        evidence: Evidence::documented("Using Gigya's REST API, 403002", "signed_requests"),
    },
    Knob {
        name: "gigya.uid_signature_lasts",
        default: "180s",
        takes: Takes::Span,
        summary: "how old the UIDSignature may be with which a browser notifies a login",
        evidence: Evidence::recorded("gigya-php-sdk, SigUtils", "uid_signature_of_a_browser"),
    },
    Knob {
        name: "gigya.exchange_lasts",
        default: "60s",
        takes: Takes::Span,
        summary: "how old the UIDSignature may be that is exchanged",
        evidence: Evidence::documented(
            "accounts.exchangeUIDSignature REST",
            "signature_is_exchanged_within_a_minute",
        ),
    },
    Knob {
        name: "gigya.access_token_lasts",
        default: "1h",
        takes: Takes::Span,
        summary: "how long a token of socialize.getToken lasts",
        evidence: Evidence::decided(
            "the page names expires_in without a value",
            "access_tokens_authenticate_until_they_end",
        ),
    },
    Knob {
        name: "gigya.gzip",
        default: "true",
        takes: Takes::Bool,
        summary: "answers are compressed for clients that accept gzip",
        evidence: Evidence::recorded("gigya-java-sdk asks for gzip", "answers_may_be_compressed"),
    },
    Knob {
        name: "gigya.rate_profile",
        default: "off",
        takes: Takes::Word(&["off", "5M", "10M", "20M", "50M", "more"]),
        summary: "calls in a second by the size of the licence; more are refused with 403048",
        evidence: Evidence::documented("Rate limits", "rates_by_class_and_licence"),
    },
    Knob {
        name: "gigya.client_rate",
        default: "0",
        takes: Takes::Number,
        summary: "client-side calls in a second from one address; 0 is no limit",
        evidence: Evidence::decided(
            "Rate limits says much lower, and no number",
            "browsers_are_counted_by_address",
        ),
    },
    Knob {
        name: "gigya.control_limit",
        default: "100",
        takes: Takes::Number,
        summary: "characters in context and in cid; more are refused with 400006, 0 is no limit",
        evidence: Evidence::documented("Using Gigya's REST API, context and cid", "sizes_of_a_call"),
    },
    Knob {
        name: "gigya.url_limit",
        default: "16384",
        takes: Takes::Number,
        summary: "characters in path and query; more are refused with 414000, 0 is no limit but that of the socket",
        evidence: Evidence::decided("Response Codes and Errors, 414000, names no number", "sizes_of_a_call"),
    },
    Knob {
        name: "gigya.body_limit",
        default: "33554432",
        takes: Takes::Number,
        summary: "bytes in a body; more are refused with 413001, 0 is no limit but that of the socket",
        evidence: Evidence::decided("Response Codes and Errors, 413001, names no number", "sizes_of_a_call"),
    },
    Knob {
        name: "gigya.check_origin",
        default: "true",
        takes: Takes::Bool,
        summary: "client-side calls with an Origin or Referer outside trustedSiteURLs are refused",
        evidence: Evidence::inferred(
            "admin.setSiteConfig REST, trustedSiteURLs",
            "untrusted_origin_is_refused",
        ),
    },
    Knob {
        name: "gigya.untrusted_error",
        default: "400120",
        takes: Takes::Word(&["400120", "403007"]),
        summary: "the code with which a call from an untrusted page is refused",
        evidence: Evidence::decided(
            "Response Codes and Errors, 400120; what today's service answers is not published",
            "how_an_untrusted_page_is_refused",
        ),
    },
    Knob {
        name: "gigya.strict_localhost",
        default: "false",
        takes: Takes::Bool,
        summary: "pages on localhost and loopback addresses have to be in trustedSiteURLs too",
        evidence: Evidence::documented(
            "the documentation says that localhost works with most methods",
            "places_on_this_machine_are_trusted",
        ),
    },
    Knob {
        name: "gigya.need_referrer",
        default: "false",
        takes: Takes::Bool,
        summary: "client-side calls without Origin, Referer and pageURL are refused with 403015",
        evidence: Evidence::documented(
            "Response Codes and Errors, 403015",
            "a_browser_may_have_to_name_its_page",
        ),
    },
    Knob {
        name: "gigya.unknown_screen_set",
        default: "left_out",
        takes: Takes::Word(&["left_out", "400006"]),
        summary: "what accounts.getScreenSets does with an id that no screen-set has",
        evidence: Evidence::inferred(
            "the Web SDK reports an empty list as 500001",
            "an_unknown_screen_set_is_left_out",
        ),
    },
    Knob {
        name: "gigya.sdk_flags",
        default: "",
        takes: Takes::Text,
        summary: "switches of the Web SDK that the site has on, and off behind a `-`: a,-b",
        evidence: Evidence::recorded(
            "Web SDK builds in public repositories: dispatchLoginEventWhenHandlerAdded, \
             setProviderFromResponse, updateAccountInfoAsync, keepSessionOnSSOLogin, sessionCookieLax, string_network_error",
            "a_site_has_switches_of_the_sdk",
        ),
    },
    Knob {
        name: "gigya.gmid_required",
        default: "false",
        takes: Takes::Bool,
        summary: "a browser without machine id is refused until it has fetched one",
        evidence: Evidence::recorded(
            "Web SDK builds in public repositories: they bootstrap anew on this refusal",
            "a_browser_may_have_to_introduce_itself",
        ),
    },
    Knob {
        name: "gigya.fake_token_first",
        default: "false",
        takes: Takes::Bool,
        summary: "the login of a browser without machine id gives a placeholder token, with ffs in it",
        evidence: Evidence::recorded(
            "Web SDK builds in public repositories: they bootstrap and log in anew then",
            "the_first_token_may_be_a_placeholder",
        ),
    },
    Knob {
        name: "gigya.sanitise_html",
        default: "true",
        takes: Takes::Bool,
        summary: "textual profile fields lose scripts and unknown tags, and & becomes &amp;",
        evidence: Evidence::documented("Profile REST", "sanitising_on_write"),
    },
    Knob {
        name: "gigya.ignored_params",
        default: "true",
        takes: Takes::Bool,
        summary: "unknown parameters are reported in ignoredParams",
        evidence: Evidence::recorded("recorded answers", "unknown_parameter_is_reported"),
    },
    Knob {
        name: "gigya.profile_unknown_field",
        default: "reject",
        takes: Takes::Word(&["reject", "ignore"]),
        summary: "what happens to a profile field that the schema does not know",
        evidence: Evidence::inferred(
            "profileSchema.dynamicSchema is false on live sites",
            "unknown_profile_field",
        ),
    },
    Knob {
        name: "gigya.imports_per_minute",
        default: "5",
        takes: Takes::Number,
        summary: "how often one UID may be imported in a minute before 503001; 0 is without end",
        evidence: Evidence::documented(
            "accounts.importFullAccount REST",
            "more_than_five_imports_a_minute_are_too_many",
        ),
    },
    Knob {
        name: "gigya.password_change_unit",
        default: "days",
        takes: Takes::Word(&["days", "seconds"]),
        summary: "what the policy security.passwordChangeInterval counts",
        evidence: Evidence::decided("accounts.setPolicies REST names no unit", "old_passwords_must_change"),
    },
    Knob {
        name: "gigya.search_batch_jitter",
        default: "0",
        takes: Takes::Number,
        summary: "cursor pages are shorter than LIMIT by up to this many records",
        evidence: Evidence::documented(
            "accounts.search REST: batch size is not guaranteed",
            "cursor_pages_may_be_short",
        ),
    },
    Knob {
        name: "gigya.search_takes",
        default: "0s",
        takes: Takes::Span,
        summary: "how long accounts.search takes; where `timeout` (20 s) is shorter it answers 504001",
        evidence: Evidence::documented("accounts.search REST, timeout", "a_search_may_take_too_long"),
    },
    Knob {
        name: "gigya.audit_scope",
        default: "documented",
        takes: Takes::Word(&["documented", "all"]),
        summary: "which calls the audit log keeps: those of the documented methods, or all",
        evidence: Evidence::documented("Using the Audit Log", "every_call_is_logged_on_demand"),
    },
    Knob {
        name: "gigya.webhook_delay",
        default: "1s",
        takes: Takes::Span,
        summary: "how long events are collected before they are delivered",
        evidence: Evidence::documented(
            "Webhooks: near real time, in batches",
            "failed_deliveries_are_tried_again",
        ),
    },
    Knob {
        name: "gigya.webhook_copies",
        default: "1",
        takes: Takes::Number,
        summary: "how often every batch is delivered: at least once is the promise, and no more",
        evidence: Evidence::documented("Webhooks: at least once", "a_test_may_ask_for_copies_and_disorder"),
    },
    Knob {
        name: "gigya.webhook_order",
        default: "kept",
        takes: Takes::Word(&["kept", "reversed"]),
        summary: "whether events are delivered in their order, or the newest first",
        evidence: Evidence::documented(
            "Webhooks: in order for one UID",
            "a_test_may_ask_for_copies_and_disorder",
        ),
    },
    Knob {
        name: "gigya.webhook_v1",
        default: "false",
        takes: Takes::Bool,
        summary: "webhooks of version 1.0, signed with HMAC-SHA1, can still be set",
        evidence: Evidence::documented(
            "Webhooks: versions 1.0 and 1.1 ended on 5 July 2021",
            "the_old_version_signs_with_the_keys_secret",
        ),
    },
    Knob {
        name: "gigya.idx_job_attempts",
        default: "3",
        takes: Takes::Number,
        summary: "how often a dataflow's job is tried that failed since something could not be reached",
        evidence: Evidence::decided(
            "a failed export restarts by itself, says a guide of others; how often is not said",
            "a_job_is_tried_again_under_its_id",
        ),
    },
    Knob {
        name: "gigya.console_session",
        default: "8h",
        takes: Takes::Span,
        summary: "how long an operator stays signed in to the console",
        evidence: Evidence::decided("nothing is said of it", "a_session_of_the_console_ends"),
    },
    Knob {
        name: "gigya.idx_retry_pause",
        default: "5min",
        takes: Takes::Span,
        summary: "how long a dataflow's job waits for its next attempt",
        evidence: Evidence::decided("nothing is said of it", "a_job_is_tried_again_under_its_id"),
    },
];
