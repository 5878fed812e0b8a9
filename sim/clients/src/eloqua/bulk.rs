//! Imports and exports of many contacts.
//!
//! Define, put the rows, start a sync, ask how it is: each is a call of its own. Between two questions the
//! caller lets its own clock run.

use super::{EloquaClient, EloquaError};
use http::Method;
use serde_json::{Value, json};

/// A sync as Eloqua tells of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sync {
    /// Where it is asked for, `/syncs/1039`.
    pub uri: String,
    /// How far it is.
    pub status: SyncStatus,
}

/// How far a sync is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncStatus {
    /// Not begun.
    Pending,
    /// At work.
    Active,
    /// Done, every row.
    Success,
    /// Done, but something was left out or left over: ask for rejects and logs. Accepted rows are stored.
    Warning,
    /// Not done, or not wholly: ask for logs.
    Error,
}

impl SyncStatus {
    /// Whether asking again can tell anything new.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Active)
    }

    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "pending" => Self::Pending,
            "active" => Self::Active,
            "success" => Self::Success,
            "warning" => Self::Warning,
            "error" => Self::Error,
            _ => return None,
        })
    }
}

/// One page of rows, log entries or rejects.
#[derive(Clone, PartialEq, Debug)]
pub struct BulkPage {
    /// The rows; Eloqua leaves the member out where there are none.
    pub items: Vec<Value>,
    /// Whether another page follows.
    pub has_more: bool,
}

/// The largest body of one data POST, in bytes: above it Eloqua answers 404.
pub const POST_LIMIT: usize = 32_000_000;

/// How many data POSTs one sync takes.
pub const POSTS_PER_SYNC: usize = 500;

/// How many rows a page of exported data may have.
pub const DATA_PAGE: u64 = 50_000;

/// How many log entries or rejects a page has.
pub const LOG_PAGE: u64 = 1000;

/// URIs inside Bulk bodies are relative to this.
const ROOT: &str = "/api/bulk/2.0";

impl EloquaClient {
    /// Defines an import of contacts; returns its URI, `/contacts/imports/1232`.
    ///
    /// `isSyncTriggeredOnImport` is set to false unless the definition says otherwise: what Eloqua does where
    /// it is missing differs between its documentation and its clients.
    pub async fn define_import(&self, definition: &Value) -> Result<String, EloquaError> {
        let mut definition = definition.clone();
        if let Some(members) = definition.as_object_mut() {
            members.entry("isSyncTriggeredOnImport").or_insert(Value::Bool(false));
        }
        self.define("/contacts/imports", &definition).await
    }

    /// Defines an export of contacts; returns its URI.
    pub async fn define_export(&self, definition: &Value) -> Result<String, EloquaError> {
        self.define("/contacts/exports", definition).await
    }

    /// Adds rows to what an import's next sync will read, in as many POSTs as their size needs.
    ///
    /// Nothing is sent where a row alone is too large for a POST or all together need too many.
    pub async fn put_data(&self, import: &str, rows: &[Value]) -> Result<(), EloquaError> {
        let path = format!("{ROOT}{import}/data");
        let posts = posts(rows, POST_LIMIT)
            .map_err(|why| EloquaError::Unsendable { call: format!("POST {path}"), why: why.to_string() })?;
        for post in posts {
            self.post(&path, &Value::Array(post.to_vec())).await?;
        }
        Ok(())
    }

    /// Starts a sync of a definition.
    pub async fn start_sync(&self, definition: &str) -> Result<Sync, EloquaError> {
        let path = format!("{ROOT}/syncs");
        let body = self.post(&path, &json!({ "syncedInstanceUri": definition })).await?;
        self.sync_in(Method::POST, &path, &body)
    }

    /// Asks how far a sync is.
    pub async fn sync_status(&self, sync: &str) -> Result<Sync, EloquaError> {
        let path = format!("{ROOT}{sync}");
        let body = self.get(&path).await?;
        self.sync_in(Method::GET, &path, &body)
    }

    /// What a sync said about itself.
    pub async fn sync_logs(&self, sync: &str, offset: u64) -> Result<BulkPage, EloquaError> {
        self.page(&format!("{ROOT}{sync}/logs?limit={LOG_PAGE}&offset={offset}")).await
    }

    /// The rows that a sync refused, each with its reason.
    pub async fn sync_rejects(&self, sync: &str, offset: u64) -> Result<BulkPage, EloquaError> {
        self.page(&format!("{ROOT}{sync}/rejects?limit={LOG_PAGE}&offset={offset}")).await
    }

    /// The rows that an export's sync brought.
    pub async fn sync_data(&self, sync: &str, offset: u64) -> Result<BulkPage, EloquaError> {
        self.page(&format!("{ROOT}{sync}/data?limit={DATA_PAGE}&offset={offset}")).await
    }

    /// Defines an import, puts its rows and starts the sync.
    pub async fn bulk_import(&self, definition: &Value, rows: &[Value]) -> Result<Sync, EloquaError> {
        let import = self.define_import(definition).await?;
        self.put_data(&import, rows).await?;
        self.start_sync(&import).await
    }

    /// Defines an export and starts its sync.
    pub async fn bulk_export(&self, definition: &Value) -> Result<Sync, EloquaError> {
        let export = self.define_export(definition).await?;
        self.start_sync(&export).await
    }

    async fn define(&self, collection: &str, definition: &Value) -> Result<String, EloquaError> {
        let path = format!("{ROOT}{collection}");
        let body = self.post(&path, definition).await?;
        match body.get("uri").and_then(Value::as_str).filter(|uri| uri.starts_with('/')) {
            Some(uri) => Ok(uri.to_owned()),
            None => Err(self.lacking(&Method::POST, &path, "uri", &body)),
        }
    }

    async fn page(&self, path: &str) -> Result<BulkPage, EloquaError> {
        let mut body = self.get(path).await?;
        let has_more = body.get("hasMore").and_then(Value::as_bool);
        match (body.get_mut("items").map(Value::take), has_more) {
            (Some(Value::Array(items)), Some(has_more)) => Ok(BulkPage { items, has_more }),
            (None, Some(has_more)) => Ok(BulkPage { items: Vec::new(), has_more }),
            _ => Err(self.lacking(&Method::GET, path, "items and hasMore", &body)),
        }
    }

    fn sync_in(&self, method: Method, path: &str, body: &Value) -> Result<Sync, EloquaError> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let uri = text("uri").filter(|uri| uri.starts_with('/'));
        match (uri, text("status").and_then(SyncStatus::from_word)) {
            (Some(uri), Some(status)) => Ok(Sync { uri: uri.to_owned(), status }),
            _ => Err(self.lacking(&method, path, "sync", body)),
        }
    }
}

/// Why rows fit into no sync.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
enum TooMuch {
    #[error("row {0} alone is larger than {POST_LIMIT} bytes")]
    Row(usize),
    #[error("the rows need {0} data posts, more than the {POSTS_PER_SYNC} of one sync")]
    Posts(usize),
}

/// Rows cut into runs of at most `limit` bytes of JSON.
fn posts(rows: &[Value], limit: usize) -> Result<Vec<&[Value]>, TooMuch> {
    let mut posts = Vec::new();
    let (mut start, mut size) = (0, 2);
    for (at, row) in rows.iter().enumerate() {
        let bytes = row.to_string().len() + 1;
        if bytes + 2 > limit {
            return Err(TooMuch::Row(at + 1));
        }
        if size + bytes > limit {
            posts.push(&rows[start..at]);
            (start, size) = (at, 2);
        }
        size += bytes;
    }
    if start < rows.len() {
        posts.push(&rows[start..]);
    }
    if posts.len() > POSTS_PER_SYNC { Err(TooMuch::Posts(posts.len())) } else { Ok(posts) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{logged_in, ok};
    use super::*;
    use proptest::prelude::*;

    const PENDING: &str =
        r#"{"syncedInstanceUri":"/contacts/imports/12","status":"pending","uri":"/syncs/39"}"#;

    #[test]
    fn an_import_is_three_calls() {
        let uri = r#"{"uri":"/contacts/imports/12"}"#;
        let (http, client) = logged_in(vec![ok(201, uri), ok(204, ""), ok(201, PENDING)]);
        let definition = json!({ "name": "n", "identifierFieldName": "email" });
        let rows = [json!({ "email": "a@b.be" }), json!({ "email": "c@d.be" })];
        let sync = pollster::block_on(client.bulk_import(&definition, &rows));
        assert_eq!(sync, Ok(Sync { uri: "/syncs/39".to_owned(), status: SyncStatus::Pending }));
        let seen: Vec<(String, String)> = http.requests()[1..]
            .iter()
            .map(|request| {
                let (line, rest) = request.split_once('\n').unwrap();
                (
                    line.replace("https://secure.p04.eloqua.com", ""),
                    rest.rsplit('\n').next().unwrap().to_owned(),
                )
            })
            .collect();
        let call = |line: &str, body: &str| (line.to_owned(), body.to_owned());
        assert_eq!(
            seen,
            [
                call(
                    "POST /api/bulk/2.0/contacts/imports",
                    r#"{"name":"n","identifierFieldName":"email","isSyncTriggeredOnImport":false}"#
                ),
                call(
                    "POST /api/bulk/2.0/contacts/imports/12/data",
                    r#"[{"email":"a@b.be"},{"email":"c@d.be"}]"#
                ),
                call("POST /api/bulk/2.0/syncs", r#"{"syncedInstanceUri":"/contacts/imports/12"}"#),
            ]
        );
    }

    #[test]
    fn statuses() {
        for (word, expected) in [
            ("pending", Some((SyncStatus::Pending, false))),
            ("active", Some((SyncStatus::Active, false))),
            ("success", Some((SyncStatus::Success, true))),
            ("warning", Some((SyncStatus::Warning, true))),
            ("error", Some((SyncStatus::Error, true))),
            ("Success", None),
        ] {
            let (http, client) = logged_in(vec![ok(200, &PENDING.replace("pending", word))]);
            let got = pollster::block_on(client.sync_status("/syncs/39"));
            assert_eq!(got.ok().map(|sync| (sync.status, sync.status.is_final())), expected);
            let line = http.requests()[1].lines().next().map(str::to_owned);
            assert_eq!(line.as_deref(), Some("GET https://secure.p04.eloqua.com/api/bulk/2.0/syncs/39"));
        }
    }

    #[test]
    fn pages_with_and_without_items() {
        for (body, expected) in [
            (r#"{"items":[{"a":"1"}],"hasMore":true}"#, Some((1, true))),
            (r#"{"totalResults":0,"hasMore":false}"#, Some((0, false))),
            (r#"{"items":[]}"#, None),
            (r#"{"items":{},"hasMore":false}"#, None),
        ] {
            let (_, client) = logged_in(vec![ok(200, body)]);
            let page = pollster::block_on(client.sync_data("/syncs/39", 0));
            assert_eq!(page.ok().map(|page| (page.items.len(), page.has_more)), expected, "{body}");
        }
    }

    #[test]
    fn a_uri_to_another_host_is_not_followed() {
        let (http, client) = logged_in(vec![ok(201, r#"{"uri":"https://evil.example/x"}"#)]);
        assert!(pollster::block_on(client.bulk_export(&json!({}))).is_err());
        assert_eq!(http.requests().len(), 2);
    }

    #[test]
    fn a_row_that_fits_into_no_post_is_refused() {
        let (http, client) = logged_in(vec![]);
        let rows = [json!("x"), json!("x".repeat(POST_LIMIT))];
        let error = pollster::block_on(client.put_data("/contacts/imports/1", &rows)).unwrap_err();
        let expected =
            "POST /api/bulk/2.0/contacts/imports/1/data: row 2 alone is larger than 32000000 bytes";
        assert_eq!(error.to_string(), expected);
        assert_eq!(http.requests().len(), 1);
    }

    proptest! {
        #[test]
        fn cutting_loses_nothing(sizes in proptest::collection::vec(0_usize..30, 0..60)) {
            let limit = 40;
            let rows: Vec<Value> = sizes.iter().map(|size| json!("x".repeat(*size))).collect();
            let posts = posts(&rows, limit).unwrap();
            prop_assert_eq!(posts.concat(), rows.clone());
            for post in posts {
                prop_assert!(Value::Array(post.to_vec()).to_string().len() <= limit);
            }
        }

        #[test]
        fn no_rows_panic(sizes in proptest::collection::vec(0_usize..30, 0..600), limit in 0_usize..50) {
            let rows: Vec<Value> = sizes.iter().map(|size| json!("x".repeat(*size))).collect();
            let _ = posts(&rows, limit);
        }
    }

    #[test]
    fn rows_for_more_posts_than_a_sync_takes_are_refused() {
        let rows = vec![json!("x"); POSTS_PER_SYNC + 1];
        assert_eq!(posts(&rows, 6), Err(TooMuch::Posts(POSTS_PER_SYNC + 1)));
        assert_eq!(posts(&rows[1..], 6).map(|posts| posts.len()), Ok(POSTS_PER_SYNC));
    }
}
