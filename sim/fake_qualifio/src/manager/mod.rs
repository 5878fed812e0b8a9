//! The operators' JSON API: who may call what, and in which words it answers.
//!
//! - [`session`]: who calls, by cookie or by bearer token.
//! - [`integrations`]: the Gigya SSO integration.
//! - [`websites`]: websites and their domains.
//! - [`campaigns`]: campaigns and their single sign-on.
//! - [`channels`]: where campaigns are published.
//! - [`editing`]: what an editor needs besides the campaign itself.
//! - [`data`]: statistics, participations, CRM profiles, the push log.
//! - [`paging`]: long lists, a part at a time.
//! - `typed`: what operators type, made safe where it enters.

pub mod campaigns;
pub mod channels;
pub mod data;
pub mod editing;
pub mod integrations;
pub mod paging;
pub mod session;
pub(crate) mod typed;
pub mod websites;

use crate::account::Allowed;
use crate::gdpr::toolbox;
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::turn::Turn;
use crate::webhooks::settings as webhooks;
use crate::{feed, mapping, summary};
use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use session::Operator;
use standin_fake_kit::form::Form;
use standin_fake_kit::{EndpointDoc, answer, asset};
use standin_model::{Evidence, Instant};
use standin_ports::{Request, Response};

/// Where the API stands.
pub const ROOT: &str = "/manager/api/";

/// The longest body.
pub const LONGEST_BODY: usize = 1 << 20;

/// A call whose operator and path are known.
pub struct Call<'r> {
    /// What stood in place of `{id}`.
    pub id: &'r str,
    /// The query.
    pub query: Form,
    /// The body; null if there is none.
    pub body: Value,
    /// The present time.
    pub now: Instant,
    /// Who calls, if that is known.
    pub operator: Option<Operator>,
    /// The call as it came.
    pub request: &'r Request,
}

impl Call<'_> {
    /// The number in the path.
    pub fn number(&self, what: &str) -> Result<u64, Problem> {
        self.id.parse().map_err(|_| Problem::NotFound(format!("{what} `{}`", self.id)))
    }
}

type Act = fn(&mut Qualifio, &Call<'_>) -> Result<Turn, Problem>;

/// One call of the API.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// How it describes itself; the name is method, space, path.
    pub doc: EndpointDoc,
    allowed: Allowed,
    act: Act,
}

const INTEGRATION: Evidence =
    Evidence::documented("Qualifio help: How to integrate Gigya SSO with Qualifio", "roles");

const MAPPING: Evidence = Evidence::documented("Qualifio help: About mapping variables", "mapping_variables");
const WEBHOOKS: Evidence =
    Evidence::documented("Qualifio developers: Webhook overview", "webhooks_are_configured");
const FEEDS: Evidence =
    Evidence::documented("Qualifio developers: About Campaign Feeds", "feeds_are_managed");
const TOOLBOX: Evidence =
    Evidence::documented("Qualifio help: How do I delete personal data", "forgotten_after_approval");

const fn endpoint(
    name: &'static str,
    summary: &'static str,
    evidence: Evidence,
    allowed: Allowed,
    act: Act,
) -> Endpoint {
    Endpoint { doc: EndpointDoc { name, summary, evidence }, allowed, act }
}

/// Every call of the API. Paths are ours: the platform's back office has no public one.
pub const ENDPOINTS: &[Endpoint] = &[
    endpoint(
        "GET /manager/api/operators",
        "lists the operators that one may sign in as",
        Evidence::decided("operators of a fake have names and roles but no passwords", "signing_in_and_out"),
        Allowed::EVERYBODY,
        session::operators,
    ),
    endpoint(
        "POST /manager/api/session",
        "signs an operator in: the answer sets a cookie",
        Evidence::decided("how operators sign in at Qualifio is out of scope", "signing_in_and_out"),
        Allowed::EVERYBODY,
        session::sign_in,
    ),
    endpoint(
        "DELETE /manager/api/session",
        "signs the operator out",
        Evidence::decided("how operators sign in at Qualifio is out of scope", "signing_in_and_out"),
        Allowed::EVERYBODY,
        session::sign_out,
    ),
    endpoint(
        "GET /manager/api/me",
        "tells who is signed in, with what role, and what that role may do",
        Evidence::documented("Qualifio help: User role permissions", "what_a_role_may_do"),
        Allowed::ANYONE,
        session::me,
    ),
    endpoint(
        "GET /manager/api/integrations/gigya-sso",
        "shows the integration, keys masked",
        INTEGRATION,
        Allowed::ADMIN,
        integrations::get,
    ),
    endpoint(
        "PUT /manager/api/integrations/gigya-sso",
        "saves name and global block",
        INTEGRATION,
        Allowed::ADMIN,
        integrations::save,
    ),
    endpoint(
        "PUT /manager/api/integrations/gigya-sso/draft",
        "keeps what was typed without saving it",
        Evidence::documented(
            "Qualifio help: How to integrate Gigya SSO with Qualifio",
            "changes_count_from_save_on",
        ),
        Allowed::ADMIN,
        integrations::draft,
    ),
    endpoint(
        "POST /manager/api/integrations/gigya-sso/draft/save",
        "saves what was typed",
        Evidence::documented(
            "Qualifio help: How to integrate Gigya SSO with Qualifio",
            "changes_count_from_save_on",
        ),
        Allowed::ADMIN,
        integrations::save_draft,
    ),
    endpoint(
        "DELETE /manager/api/integrations/gigya-sso/draft",
        "forgets what was typed and not saved",
        Evidence::documented(
            "Qualifio help: How to integrate Gigya SSO with Qualifio",
            "a_draft_is_shown_masked",
        ),
        Allowed::ADMIN,
        integrations::forget_draft,
    ),
    endpoint(
        "PUT /manager/api/integrations/gigya-sso/switch",
        "switches the integration ON or OFF; OFF keeps what is stored",
        Evidence::documented(
            "Qualifio help: How to integrate Gigya SSO with Qualifio",
            "off_is_the_ordinary_form",
        ),
        Allowed::ADMIN,
        integrations::switch,
    ),
    endpoint(
        "GET /manager/api/integrations/gigya-sso/expert",
        "shows what only Qualifio's staff sets",
        Evidence::documented(
            "Qualifio help: How to integrate Gigya SSO with Qualifio",
            "only_an_expert_sets_push_back",
        ),
        Allowed::EXPERT,
        integrations::expert_shown,
    ),
    endpoint(
        "PUT /manager/api/integrations/gigya-sso/expert",
        "sets push back, phone policy and what else only Qualifio's staff sets",
        Evidence::documented(
            "Qualifio help: How to integrate Gigya SSO with Qualifio",
            "only_an_expert_sets_push_back",
        ),
        Allowed::EXPERT,
        integrations::expert,
    ),
    endpoint(
        "PUT /manager/api/integrations/gigya-sso/sites/{id}",
        "saves a site's own block, its mode, or both",
        INTEGRATION,
        Allowed::ADMIN,
        integrations::site,
    ),
    endpoint(
        "POST /manager/api/integrations/gigya-sso/mapping",
        "refuses a row that the mapping to Gigya does not have",
        Evidence::documented(
            "Qualifio help: How to integrate Gigya SSO with Qualifio",
            "mapping_takes_no_custom_variable",
        ),
        Allowed::ADMIN,
        integrations::map,
    ),
    endpoint(
        "GET /manager/api/websites",
        "lists the websites",
        Evidence::documented("Qualifio help: Websites management", "websites_and_domains"),
        Allowed::ANYONE,
        websites::list,
    ),
    endpoint(
        "POST /manager/api/websites",
        "creates a website",
        Evidence::documented("Qualifio help: Websites management", "websites_and_domains"),
        Allowed::ADMIN,
        websites::create,
    ),
    endpoint(
        "PUT /manager/api/websites/{id}",
        "changes a website, its domain included",
        Evidence::documented("Qualifio help: Websites management", "websites_and_domains"),
        Allowed::ADMIN,
        websites::change,
    ),
    endpoint(
        "GET /manager/api/campaigns",
        "lists the campaigns",
        Evidence::documented("Qualifio help: User role permissions", "campaigns_are_created_and_edited"),
        Allowed::ANYONE,
        campaigns::list,
    ),
    endpoint(
        "POST /manager/api/campaigns",
        "creates a campaign",
        Evidence::documented("Qualifio help: User role permissions", "campaigns_are_created_and_edited"),
        Allowed::CAMPAIGNS,
        campaigns::create,
    ),
    endpoint(
        "GET /manager/api/campaigns/{id}",
        "shows a campaign",
        Evidence::documented("Qualifio help: User role permissions", "campaigns_are_created_and_edited"),
        Allowed::ANYONE,
        campaigns::get,
    ),
    endpoint(
        "PUT /manager/api/campaigns/{id}",
        "changes what is given of a campaign",
        Evidence::documented("Qualifio help: User role permissions", "campaigns_are_created_and_edited"),
        Allowed::CAMPAIGNS,
        campaigns::change,
    ),
    endpoint(
        "POST /manager/api/campaigns/{id}/channels",
        "publishes a campaign in one more place",
        Evidence::documented("Qualifio help: Publication channels", "channels_are_added_and_dated"),
        Allowed::CAMPAIGNS,
        channels::add,
    ),
    endpoint(
        "PUT /manager/api/channels/{id}",
        "changes language, dates and embedding page of a channel",
        Evidence::documented("Qualifio help: Publication channels", "channels_are_added_and_dated"),
        Allowed::CAMPAIGNS,
        channels::change,
    ),
    endpoint(
        "GET /manager/api/campaigns/{id}/sso",
        "tells whether single sign-on is on, and what would be said to it now",
        Evidence::decided(
            "an operator who comes back to the tab reads the same advice as whoever switched it on",
            "single_sign_on_is_looked_at",
        ),
        Allowed::CAMPAIGNS,
        campaigns::look_at_sso,
    ),
    endpoint(
        "PUT /manager/api/campaigns/{id}/sso",
        "switches single sign-on in the campaign's form step",
        Evidence::documented(
            "Qualifio help: How to integrate Gigya SSO with Qualifio",
            "enabling_single_sign_on",
        ),
        Allowed::CAMPAIGNS,
        campaigns::sso,
    ),
    endpoint(
        "GET /manager/api/campaigns/{id}/statistics",
        "lists the campaign's participations",
        Evidence::documented("Qualifio help: Campaign statistics dashboard", "row_as_submitted"),
        Allowed::DATA,
        data::statistics,
    ),
    endpoint(
        "GET /manager/api/campaigns/{id}/statistics.csv",
        "exports the campaign's participations",
        Evidence::decided("the export's captions are not published; a stable superset of them", "csv_export"),
        Allowed::DATA,
        data::csv,
    ),
    endpoint(
        "GET /manager/api/campaigns/{id}/statistics.xlsx",
        "exports the campaign's participations as a workbook",
        Evidence::documented("Qualifio help: Campaign statistics dashboard", "a_workbook_holds_text"),
        Allowed::DATA,
        data::workbook,
    ),
    endpoint(
        "GET /manager/api/participations",
        "lists the participations under way with what was noticed",
        Evidence::documented("Qualifio help: Incomplete participations", "unfinished_ones_expire"),
        Allowed::DATA,
        data::participations,
    ),
    endpoint(
        "GET /manager/api/crm/profiles",
        "lists the CRM's profiles",
        Evidence::documented("Qualifio developers: GDPR profiles", "one_profile_for_each_trigram"),
        Allowed::DATA,
        data::profiles,
    ),
    endpoint(
        "GET /manager/api/pushes",
        "lists the push log",
        Evidence::decided(
            "the platform's own log is not published",
            "the_push_log_tells_whether_gigya_takes_the_keys",
        ),
        Allowed::DATA,
        data::pushes,
    ),
    endpoint(
        "GET /manager/api/campaigns/{id}/summary",
        "counts the campaign's participations, unique participants, consents",
        Evidence::documented("Qualifio help: Campaign statistics dashboard", "figures_of_a_campaign"),
        Allowed::ANYONE,
        summary::campaign,
    ),
    endpoint(
        "GET /manager/api/statistics/summary",
        "counts participations and unique participants over all campaigns",
        Evidence::documented("Qualifio help: Global Stats documentation", "figures_of_the_account"),
        Allowed::ANYONE,
        summary::account,
    ),
    endpoint(
        "GET /manager/api/mapping-variables",
        "lists the mapping variables",
        MAPPING,
        Allowed::ANYONE,
        mapping::list,
    ),
    endpoint(
        "POST /manager/api/mapping-variables",
        "creates a mapping variable",
        MAPPING,
        Allowed::DATA,
        mapping::create,
    ),
    endpoint(
        "PUT /manager/api/mapping-variables/{id}",
        "changes the display label of a mapping variable",
        MAPPING,
        Allowed::DATA,
        mapping::change,
    ),
    endpoint(
        "GET /manager/api/integrations/webhooks",
        "lists the webhooks of participations, header values and secrets masked",
        WEBHOOKS,
        Allowed::ADMIN,
        webhooks::list,
    ),
    endpoint(
        "POST /manager/api/integrations/webhooks",
        "creates a webhook; it hears once of each participation: at the form, wherever that stands, and at the questions of a campaign without one",
        WEBHOOKS,
        Allowed::ADMIN,
        webhooks::create,
    ),
    endpoint(
        "PUT /manager/api/integrations/webhooks/{id}",
        "changes what is given of a webhook",
        WEBHOOKS,
        Allowed::ADMIN,
        webhooks::change,
    ),
    endpoint(
        "DELETE /manager/api/integrations/webhooks/{id}",
        "removes a webhook; what waits for it is given up",
        WEBHOOKS,
        Allowed::ADMIN,
        webhooks::delete,
    ),
    endpoint(
        "GET /manager/api/webhook-deliveries",
        "lists what became of each delivery",
        Evidence::decided("the platform's own log is not published", "failed_deliveries_are_tried_again"),
        Allowed::DATA,
        webhooks::deliveries,
    ),
    endpoint("GET /manager/api/feeds", "lists the campaign feeds", FEEDS, Allowed::ADMIN, feed::list),
    endpoint("POST /manager/api/feeds", "creates a campaign feed", FEEDS, Allowed::ADMIN, feed::create),
    endpoint(
        "DELETE /manager/api/feeds/{id}",
        "removes a campaign feed",
        FEEDS,
        Allowed::ADMIN,
        feed::delete,
    ),
    endpoint(
        "GET /manager/api/gdpr",
        "shows the GDPR Toolbox, tokens masked",
        TOOLBOX,
        Allowed::ANYONE,
        toolbox::get,
    ),
    endpoint(
        "PUT /manager/api/gdpr",
        "sets retention and whether anonymous data goes too",
        Evidence::documented(
            "Qualifio help: How do I delete personal data",
            "people_are_forgotten_after_a_while",
        ),
        Allowed::ANYONE,
        toolbox::save,
    ),
    endpoint(
        "POST /manager/api/gdpr/tokens",
        "makes a token for the GDPR API and shows it once",
        Evidence::documented("Postman: GDPR Api Documentation", "tokens_belong_to_accounts"),
        Allowed::ADMIN,
        toolbox::create_token,
    ),
    endpoint("GET /manager/api/gdpr/rules", "lists the rules", TOOLBOX, Allowed::ANYONE, toolbox::rules),
    endpoint(
        "GET /manager/api/gdpr/profiles",
        "finds people by e-mail address, first name, last name",
        Evidence::documented(
            "Qualifio help: How do I delete personal data",
            "operators_find_export_and_forget",
        ),
        Allowed::ANYONE,
        toolbox::profiles,
    ),
    endpoint(
        "POST /manager/api/gdpr/exports",
        "asks for everything about people",
        Evidence::decided(
            "the toolbox's own calls are not published; rules are those of the GDPR API",
            "operators_find_export_and_forget",
        ),
        Allowed::ANYONE,
        toolbox::export,
    ),
    endpoint(
        "POST /manager/api/gdpr/erasures",
        "asks for profiles, or whoever took part between two moments, to be forgotten",
        Evidence::documented("Qualifio help: How do I delete personal data", "forgotten_by_date"),
        Allowed::ANYONE,
        toolbox::erase,
    ),
    endpoint(
        "PUT /manager/api/gdpr/rules/{id}/approve",
        "lets the Data Protection Officer approve a rule",
        TOOLBOX,
        Allowed::ANYONE,
        toolbox::approve_rule,
    ),
];

/// The name of a call to the API.
pub fn call_name(request: &Request) -> Option<String> {
    let (endpoint, _) = find(request.method(), request.uri().path())?;
    Some(endpoint.doc.name.to_owned())
}

fn find<'r>(method: &Method, path: &'r str) -> Option<(&'static Endpoint, &'r str)> {
    ENDPOINTS.iter().find_map(|endpoint| Some((endpoint, endpoint.doc.id_in(method, path)?)))
}

/// Answers a call to the API.
pub fn handle(qualifio: &mut Qualifio, now: Instant, request: &Request) -> Turn {
    match answered(qualifio, now, request) {
        Ok(turn) => turn,
        Err(problem) => Turn::Reply(refused(&problem)),
    }
}

/// What browsers are told about an answer that is no page.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// An answer of the API, which no browser keeps or takes for something else.
pub fn plain(status: u16, kind: &'static str, body: impl Into<bytes::Bytes>) -> Response {
    let mut response = answer::with_body(status, kind, body);
    asset::guard(response.headers_mut(), POLICY);
    response
}

/// A refusal as the API writes it.
pub fn refused(problem: &Problem) -> Response {
    plain(problem.status(), "application/json", problem.to_json().to_string())
}

/// An answer in JSON.
pub fn json_reply(status: u16, body: &Value) -> Turn {
    Turn::Reply(plain(status, "application/json", body.to_string()))
}

/// Warnings as the API writes them.
pub fn warnings_json(warnings: &[crate::problem::Warning]) -> Value {
    warnings.iter().map(crate::problem::Warning::to_json).collect()
}

fn answered(qualifio: &mut Qualifio, now: Instant, request: &Request) -> Result<Turn, Problem> {
    let path = request.uri().path();
    let found = find(request.method(), path);
    let operator = session::operator(qualifio, now, request)?;
    let open = found.is_some_and(|(endpoint, _)| endpoint.allowed.is_everybody());
    if operator.is_none() && !open {
        return Err(Problem::Unauthorized);
    }
    let (endpoint, id) =
        found.ok_or_else(|| Problem::NotFound(format!("call {} {path}", request.method())))?;
    if let Some(operator) = &operator {
        endpoint.allowed.check(operator.role)?;
    }
    let id = percent_decode_str(id).decode_utf8_lossy();
    let call = Call { id: &id, query: Form::query(request), body: body(request)?, now, operator, request };
    (endpoint.act)(qualifio, &call)
}

fn body(request: &Request) -> Result<Value, Problem> {
    let malformed = |message: String| Problem::Malformed { field: String::new(), message, hint: None };
    if request.body().len() > LONGEST_BODY {
        return Err(malformed("the body is longer than 1 MiB".to_owned()));
    }
    if request.body().is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(request.body())
        .map_err(|error| malformed(format!("the body is not JSON: {error}")))
}
