//! Components that IdentitySync has and this engine does not run: known by name, parameters and edges, so that a
//! flow with them can be checked and explained. A job with one is refused at that step before anything is read.

use crate::component::{Carries, Component, ComponentDoc, ParamDoc, Setup, optional, required};
use standin_model::Evidence;

use Carries::{Files, Nothing, Records};

const fn known(
    kind: &'static str,
    summary: &'static str,
    (input, output): (Carries, Carries),
    params: &'static [ParamDoc],
) -> ComponentDoc {
    let evidence = Evidence::recorded(
        "dataflows and templates of sap-customer-data-cloud-toolkit and gigya-dataflow-tool",
        "what_does_not_run_here_is_known_and_refused",
    );
    ComponentDoc { kind, summary, params, input, output, evidence, build: refuse }
}

/// A component that the documentation describes without its type's exact name.
const fn unnamed(doc: ComponentDoc) -> ComponentDoc {
    let evidence = Evidence::inferred(
        "IdentitySync page of the vendor; the type's name is deduced",
        "what_does_not_run_here_is_known_and_refused",
    );
    ComponentDoc { evidence, ..doc }
}

fn refuse(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Err(format!(
        "`{}` is known by name and parameters only: a job with it does not run here unless a stub stands in its place{}",
        setup.step.component.kind,
        why(setup.step.component.kind)
    ))
}

/// What keeps a component from running that is no other vendor's connector.
fn why(kind: &str) -> &'static str {
    match kind {
        "datasource.read.azure.sas" | "datasource.write.azure.sas" => {
            ", since nothing is known of how it asks for its signature"
        }
        _ => "",
    }
}

const READER: (Carries, Carries) = (Nothing, Records);
const WRITER: (Carries, Carries) = (Records, Records);
const FETCHER: (Carries, Carries) = (Nothing, Files);
const STORE: (Carries, Carries) = (Files, Nothing);

const RETRY: ParamDoc = optional("retryIntervalSeconds", "", "seconds between two attempts");
const TIMEOUT: ParamDoc = optional("timeout", "", "seconds to wait for an answer");
const CONNECTIONS: ParamDoc = optional("maxConnections", "", "calls at once");
const CLIENT_ID: ParamDoc = required("clientId", "the application");
const CLIENT_SECRET: ParamDoc = required("clientSecret", "the application's secret");
const API_KEY: ParamDoc = required("apiKey", "the account's key");
const LIST: ParamDoc = required("listId", "the list");
const NEWSLETTER: ParamDoc =
    optional("newsletterField", "", "the field that tells whether someone subscribed");
const SECRET_KEY: ParamDoc = required("secretKey", "the access key's secret");
const ACCESS_TOKEN: ParamDoc = required("accessToken", "the token");
const USERNAME: ParamDoc = required("username", "the login");
const PASSWORD: ParamDoc = required("password", "the login's password");

const SAS: &[ParamDoc] = &[
    required("authenticationUrl", "where the token comes from"),
    required("blobUri", "the storage's address"),
    CLIENT_ID,
    CLIENT_SECRET,
    optional("loginUrl", "", "where to log in"),
];
const SILVERPOP: &[ParamDoc] = &[
    CLIENT_ID,
    CLIENT_SECRET,
    required("refreshToken", "the token"),
    optional("podNumber", "", "the vendor's server"),
    optional("host", "", "the file server"),
    optional("username", "", "the login"),
    optional("password", "", "the login's password"),
    LIST,
    optional("columns", "", "the columns to read"),
];

/// A reader that is in no list.
pub(crate) const READER_KIND: &str = "datasource.read.*";
/// A writer that is in no list.
pub(crate) const WRITER_KIND: &str = "datasource.write.*";

const fn unlisted(kind: &'static str, summary: &'static str, edges: (Carries, Carries)) -> ComponentDoc {
    let evidence = Evidence::decided(
        "no list of connectors is complete",
        "connectors_that_nobody_knows_are_read_as_they_are_connected",
    );
    ComponentDoc { evidence, ..known(kind, summary, edges, &[]) }
}

static READS_RECORDS: ComponentDoc = unlisted(READER_KIND, "Reads records of another vendor", READER);
static READS_FILES: ComponentDoc = unlisted(READER_KIND, "Reads files of another vendor", FETCHER);
static WRITES_RECORDS: ComponentDoc = unlisted(WRITER_KIND, "Writes records to another vendor", WRITER);
static WRITES_FILES: ComponentDoc = unlisted(WRITER_KIND, "Writes files to another vendor", STORE);
static LOOKS_UP: ComponentDoc = unlisted("datasource.lookup.*", "Looks records up at another vendor", WRITER);

/// The component of a connector's type that is in no list and no slip in one that is.
pub(crate) fn connector(kind: &str) -> Option<&'static ComponentDoc> {
    let found = match kind.splitn(3, '.').collect::<Vec<_>>()[..] {
        ["datasource", "read", name] if !name.is_empty() => &READS_RECORDS,
        ["datasource", "write", name] if !name.is_empty() => &WRITES_RECORDS,
        ["datasource", "lookup", name] if !name.is_empty() => &LOOKS_UP,
        _ => return None,
    };
    let listed = crate::COMPONENTS.iter().chain(LIST_OF_KNOWN).map(|known| known.kind);
    let slip = |known: &str| strsim::damerau_levenshtein(kind, known) <= 2;
    (!kind.contains(".gigya") && kind.len() <= 100 && !listed.into_iter().any(slip)).then_some(found)
}

/// The same connector where files come or go.
pub(crate) fn of_files(component: &'static ComponentDoc) -> &'static ComponentDoc {
    match component.kind {
        READER_KIND => &READS_FILES,
        WRITER_KIND => &WRITES_FILES,
        _ => component,
    }
}

/// Every component that is known and does not run here, by type.
pub(crate) const LIST_OF_KNOWN: &[ComponentDoc] = &[
    known("datasource.lookup.gender", "Guesses a gender by first name; withdrawn by the vendor", WRITER, &[]),
    known(
        "datasource.lookup.gigya.gm",
        "Adds what a user achieved in challenges; withdrawn by the vendor",
        WRITER,
        &[
            optional("includeChallenges", "", "list of challenges, or `*`"),
            optional("excludeChallenges", "", "list of challenges"),
            optional("maxConnections", "10", "calls at once, from 1 to 100"),
        ],
    ),
    known("datasource.read.azure.sas", "Reads blobs with a signature asked for at the start", FETCHER, SAS),
    known(
        "datasource.read.campaignmonitor",
        "Reads subscribers of a list",
        READER,
        &[
            API_KEY,
            LIST,
            optional("status", "", "only subscribers in this state"),
            optional("targetField", "", "where the state goes"),
        ],
    ),
    known(
        "datasource.read.constantcontact",
        "Reads contacts of a list",
        READER,
        &[API_KEY, ACCESS_TOKEN, LIST],
    ),
    known(
        "datasource.read.gigya.comment",
        "Reads comments; withdrawn by the vendor",
        READER,
        &[
            optional("from", "", "`streams` or `comments`"),
            optional("where", "", "a condition"),
            optional("batchSize", "300", "records of one page"),
            optional("keepFieldNamesWithDotAsIs", "false", "whether names with dots stay flat"),
        ],
    ),
    known(
        "datasource.read.mailchimp",
        "Reads members of an audience",
        READER,
        &[required("apiUrl", "the account's address"), API_KEY, LIST],
    ),
    known(
        "datasource.read.marketo",
        "Reads leads",
        READER,
        &[
            required("baseUrl", "the account's address"),
            CLIENT_ID,
            CLIENT_SECRET,
            optional("fields", "", "the fields to read, with commas"),
            RETRY,
            TIMEOUT,
            CONNECTIONS,
        ],
    ),
    known("datasource.read.silverpop", "Reads contacts of a database", READER, SILVERPOP),
    known("datasource.write.azure.sas", "Puts files with a signature asked for at the start", STORE, SAS),
    known(
        "datasource.write.bluekai",
        "Sends profiles to a data platform",
        WRITER,
        &[
            required("domain", "the platform's address"),
            SECRET_KEY,
            required("siteId", "the site"),
            optional("version", "", "the interface's version"),
            required("bkuid", "the account"),
            required("uniqueIdField", "the field that tells people apart"),
        ],
    ),
    known("datasource.write.campaignmonitor", "Writes subscribers", WRITER, &[API_KEY, LIST, NEWSLETTER]),
    known("datasource.write.constantcontact", "Writes contacts", WRITER, &[API_KEY, ACCESS_TOKEN, LIST]),
    known(
        "datasource.write.exacttarget",
        "Writes rows of a data extension",
        WRITER,
        &[
            CLIENT_ID,
            CLIENT_SECRET,
            required("dataExtension", "the table"),
            required("primaryKeys", "the table's keys, with commas"),
        ],
    ),
    unnamed(known(
        "datasource.write.external.generic",
        "Calls the interface of any other platform",
        WRITER,
        &[],
    )),
    known(
        "datasource.write.mailchimp",
        "Writes members of an audience",
        WRITER,
        &[
            required("apiUrl", "the account's address"),
            API_KEY,
            LIST,
            NEWSLETTER,
            RETRY,
            optional("maxRetry", "30", "attempts"),
            TIMEOUT,
            CONNECTIONS,
        ],
    ),
    known(
        "datasource.write.marketo",
        "Writes leads",
        WRITER,
        &[
            required("baseUrl", "the account's address"),
            CLIENT_ID,
            CLIENT_SECRET,
            RETRY,
            TIMEOUT,
            CONNECTIONS,
        ],
    ),
    known(
        "datasource.write.salesforce",
        "Writes objects of a customer platform; `#N/A` clears a field",
        WRITER,
        &[
            USERNAME,
            PASSWORD,
            required("token", "the login's token"),
            optional("authEndpoint", "", "where to log in"),
            required("objectType", "the kind of object"),
            optional("primaryId", "", "the object's key"),
            optional("lookupId", "", "the field to find it by"),
        ],
    ),
    known("datasource.write.silverpop", "Uploads a file of contacts", STORE, SILVERPOP),
];

#[cfg(test)]
mod tests {
    use crate::testing::World;
    use crate::{Document, ELSEWHERE, Severity};
    use serde_json::{Value, json};

    /// The smallest flow around a component that connects to nothing else.
    fn alone(kind: &str) -> Value {
        let server = json!({"host": "h", "username": "u", "password": "p"});
        let reads = json!({"id": "read", "type": "datasource.read.sftp", "params": server, "next": ["x"]});
        let parse = json!({"id": "parse", "type": "file.parse.json", "next": ["x"]});
        let mut feeds = reads.clone();
        feeds["next"] = json!(["parse"]);
        let x = json!({"id": "x", "type": kind, "params": {}});
        let steps = match ELSEWHERE.iter().find(|known| known.kind == kind).unwrap().input {
            super::Nothing => json!([x]),
            super::Files => json!([reads, x]),
            super::Records => json!([feeds, parse, x]),
        };
        json!({"name": "f", "steps": steps})
    }

    fn reason(kind: &str) -> &'static str {
        if kind.ends_with(".sas") { ", since nothing is known of how it asks for its signature" } else { "" }
    }

    #[test]
    fn what_does_not_run_here_is_known_and_refused() {
        for known in ELSEWHERE {
            let flow = alone(known.kind).to_string();
            let (_, warnings) = Document::parse(&flow).unwrap_or_else(|problems| panic!("{problems:?}"));
            let told = format!("`{}` is known by name and parameters only", known.kind);
            assert!(
                warnings.iter().any(
                    |problem| problem.severity == Severity::Warning && problem.message.starts_with(&told)
                ),
                "{warnings:?}"
            );
            let mut world = World::new();
            world.file("/a.json", b"[]");
            assert_eq!(
                world.run(&flow).failure,
                Some(format!(
                    "{} `x`: {told}: a job with it does not run here unless a stub stands in its place{}",
                    known.kind,
                    reason(known.kind)
                ))
            );
            assert_eq!((world.calls(), world.operations()), (vec![], vec![]));
        }
    }
}
