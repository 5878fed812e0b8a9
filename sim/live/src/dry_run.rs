//! A run that reads and transforms, and only shows what it would write.

use bytes::Bytes;
use standin_ports::journal::masked;
use standin_ports::{
    FileEntry, FileError, FileReader, FileWriter, Files, FilesTarget, Http, HttpError, Login, Request,
    Response, Store, StoreTarget, Stores,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Calls of one method that are shown whole.
const SHOWN: usize = 10;
/// Files that are shown.
const FILES: usize = 100;
/// Bytes of a file of which the start is shown.
const START: usize = 4096;
/// Lines of a file that are shown.
const LINES: usize = 5;

/// What a run would write.
#[derive(Clone, Default)]
pub struct Plan(Arc<Mutex<Written>>);

#[derive(Clone, Default)]
struct Written {
    calls: BTreeMap<String, Calls>,
    files: Vec<File>,
    more_files: u64,
}

/// Calls of one method.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Calls {
    /// How many.
    pub count: u64,
    /// The first of them, as their parameters, secrets masked.
    pub shown: Vec<String>,
}

/// One file.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct File {
    /// The server's name.
    pub host: String,
    /// Where it would stand.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// Its first lines, secrets masked; nothing if it is no text.
    pub start: Vec<String>,
}

impl Plan {
    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls by method, in the methods' order.
    pub fn calls(&self) -> Vec<(String, Calls)> {
        self.written().calls.clone().into_iter().collect()
    }

    /// Files that would stand whole under their names, in the order in which they were finished.
    pub fn files(&self) -> Vec<File> {
        self.written().files.clone()
    }

    /// How many files beyond those there would be.
    pub fn more_files(&self) -> u64 {
        self.written().more_files
    }

    /// Lets reads through to `http` and notes everything else.
    pub fn http(&self, http: Arc<dyn Http>) -> Arc<dyn Http> {
        Arc::new(DryHttp { http, plan: self.clone() })
    }

    /// Lets reads through to `stores` and notes everything else.
    pub fn stores(&self, stores: Arc<dyn Stores>) -> Arc<dyn Stores> {
        Arc::new(DryStores { stores, plan: self.clone() })
    }

    fn note(&self, host: String, path: String, draft: &Draft) {
        let mut written = self.written();
        if written.files.len() == FILES {
            written.more_files += 1;
            return;
        }
        written.files.push(File { host, path, bytes: draft.bytes, start: lines(&draft.start) });
    }

    /// Lets reads through to `login` and notes everything else.
    pub fn login(&self, login: Arc<dyn Login>) -> Arc<dyn Login> {
        Arc::new(DryLogin { login, plan: self.clone() })
    }
}

/// Whether a call changes nothing: Gigya's methods say so in their last word, other servers in the HTTP method.
fn reads(request: &Request) -> bool {
    if request.method().is_safe() {
        return true;
    }
    let method = request.uri().path().rsplit(['/', '.']).next().unwrap_or_default();
    ["get", "search", "is"].iter().any(|word| {
        method
            .strip_prefix(word)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_uppercase()))
    })
}

struct DryHttp {
    http: Arc<dyn Http>,
    plan: Plan,
}

#[async_trait::async_trait]
impl Http for DryHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        if reads(&request) {
            return self.http.send(request).await;
        }
        let own = ["apiKey", "userKey", "secret", "format", "httpStatusCodes", "sig", "timestamp", "nonce"];
        let params = form_urlencoded::parse(request.body()).filter(|(name, _)| !own.contains(&name.as_ref()));
        // Each value is masked as the parameter of its name.
        let shown: Vec<String> = params.map(|(name, value)| parameter(&name, &value)).collect();
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let mut written = self.plan.written();
        let calls = written.calls.entry(method).or_default();
        calls.count += 1;
        if calls.shown.len() < SHOWN {
            calls.shown.push(shown.join(" "));
        }
        let answer =
            r#"{"callId":"dry-run","errorCode":0,"apiVersion":2,"statusCode":200,"statusReason":"OK"}"#;
        Ok(Response::new(Bytes::from_static(answer.as_bytes())))
    }
}

fn parameter(name: &str, value: &str) -> String {
    let form = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    let masked = masked(form.as_bytes());
    let value = form_urlencoded::parse(masked.as_bytes()).next().map(|(_, value)| value.into_owned());
    format!("{name}={}", value.unwrap_or_default())
}

struct DryLogin {
    login: Arc<dyn Login>,
    plan: Plan,
}

#[async_trait::async_trait]
impl Login for DryLogin {
    async fn login(&self, target: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
        let files = self.login.login(target).await?;
        Ok(Box::new(DryFiles {
            files,
            host: target.host.clone(),
            plan: self.plan.clone(),
            open: Arc::default(),
        }))
    }
}

/// A session that writes nothing. What was written and not yet named waits in `open`.
struct DryFiles {
    files: Box<dyn Files>,
    host: String,
    plan: Plan,
    open: Arc<Mutex<BTreeMap<String, Draft>>>,
}

/// A file without a server.
#[derive(Clone, Default)]
struct Draft {
    bytes: u64,
    start: Vec<u8>,
}

impl Draft {
    fn add(&mut self, bytes: &Bytes) {
        self.bytes += bytes.len() as u64;
        let room = START - self.start.len().min(START);
        self.start.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[async_trait::async_trait]
impl Files for DryFiles {
    async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
        self.files.list(folder).await
    }

    async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError> {
        self.files.open(path).await
    }

    async fn open_at(&self, path: &str, from: u64) -> Result<Box<dyn FileReader>, FileError> {
        self.files.open_at(path, from).await
    }

    /// The folder has to be there, as it would have to be.
    async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let folder =
            path.rsplit_once('/').map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder });
        self.files.list(folder).await?;
        Ok(Box::new(DryWriter { path: path.to_owned(), draft: Draft::default(), open: self.open.clone() }))
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let draft = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(from);
        let draft = draft.ok_or_else(|| FileError::NotFound(from.to_owned()))?;
        self.plan.note(self.host.clone(), to.to_owned(), &draft);
        Ok(())
    }

    async fn remove(&self, path: &str) -> Result<(), FileError> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
        Ok(())
    }
}

/// The first lines of a text; nothing of what is none.
fn lines(start: &[u8]) -> Vec<String> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // It may have been cut within a letter.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or("")
        }
        Err(_) => return Vec::new(),
    };
    text.lines().take(LINES).map(|line| masked(line.as_bytes())).collect()
}

struct DryWriter {
    path: String,
    draft: Draft,
    open: Arc<Mutex<BTreeMap<String, Draft>>>,
}

#[async_trait::async_trait]
impl FileWriter for DryWriter {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        self.draft.add(&bytes);
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(self.path, self.draft);
        Ok(())
    }
}

struct DryStores {
    stores: Arc<dyn Stores>,
    plan: Plan,
}

#[async_trait::async_trait]
impl Stores for DryStores {
    async fn store(&self, target: &StoreTarget) -> Result<Box<dyn Store>, FileError> {
        let store = self.stores.store(target).await?;
        Ok(Box::new(DryStore { store, url: target.url(), plan: self.plan.clone() }))
    }
}

struct DryStore {
    store: Box<dyn Store>,
    url: String,
    plan: Plan,
}

#[async_trait::async_trait]
impl Store for DryStore {
    async fn list(&self, prefix: &str) -> Result<Vec<FileEntry>, FileError> {
        self.store.list(prefix).await
    }

    async fn open(&self, key: &str) -> Result<Box<dyn FileReader>, FileError> {
        self.store.open(key).await
    }

    async fn create(&self, key: &str) -> Result<Box<dyn FileWriter>, FileError> {
        let (host, path, plan) = (self.url.clone(), format!("/{key}"), self.plan.clone());
        Ok(Box::new(DryObject { host, path, draft: Draft::default(), plan }))
    }
}

struct DryObject {
    host: String,
    path: String,
    draft: Draft,
    plan: Plan,
}

#[async_trait::async_trait]
impl FileWriter for DryObject {
    async fn write(&mut self, bytes: Bytes) -> Result<(), FileError> {
        self.draft.add(&bytes);
        Ok(())
    }

    async fn close(self: Box<Self>) -> Result<(), FileError> {
        let Self { host, path, draft, plan } = *self;
        plan.note(host, path, &draft);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pollster::block_on;

    #[async_trait::async_trait]
    impl Stores for Nobody {
        async fn store(&self, _: &StoreTarget) -> Result<Box<dyn Store>, FileError> {
            Ok(Box::new(Nobody))
        }
    }

    #[async_trait::async_trait]
    impl Store for Nobody {
        async fn list(&self, _: &str) -> Result<Vec<FileEntry>, FileError> {
            Ok(Vec::new())
        }
        async fn open(&self, key: &str) -> Result<Box<dyn FileReader>, FileError> {
            Err(FileError::NotFound(key.to_owned()))
        }
        async fn create(&self, key: &str) -> Result<Box<dyn FileWriter>, FileError> {
            Err(FileError::Denied(key.to_owned()))
        }
    }

    #[test]
    fn objects_are_shown_and_not_written() {
        let plan = Plan::default();
        let target = StoreTarget::AmazonS3 {
            bucket: "b".to_owned(),
            region: None,
            access_key: "AK".to_owned(),
            secret_key: standin_ports::Secret::new("s"),
        };
        block_on(async {
            let store = plan.stores(Arc::new(Nobody)).store(&target).await.unwrap();
            assert_eq!(store.list("").await, Ok(Vec::new()));
            assert_eq!(store.open("k").await.err(), Some(FileError::NotFound("k".to_owned())));
            let mut writer = store.create("cdc/a.csv").await.unwrap();
            writer.write(Bytes::from_static(b"UID\nann\n")).await.unwrap();
            writer.close().await.unwrap();
            drop(store.create("half.csv").await.unwrap());
        });
        let (host, path, bytes) = ("s3://b".to_owned(), "/cdc/a.csv".to_owned(), 8);
        let start = vec!["UID".to_owned(), "ann".to_owned()];
        assert_eq!(plan.files(), [File { host, path, bytes, start }]);
    }

    struct Nobody;

    #[async_trait::async_trait]
    impl Http for Nobody {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            Err(HttpError::Timeout { host: request.uri().path().to_owned() })
        }
    }

    fn send(plan: &Plan, method: &str, body: &'static str) -> Result<Response, HttpError> {
        let request = http::Request::post(format!("https://accounts.eu1.gigya.com/{method}"));
        block_on(plan.http(Arc::new(Nobody)).send(request.body(Bytes::from_static(body.as_bytes())).unwrap()))
    }

    #[test]
    fn reads_pass_and_everything_else_is_noted() {
        let plan = Plan::default();
        for method in ["accounts.search", "accounts.getAccountInfo", "accounts.isAvailableLoginID", "ds.get"]
        {
            assert!(send(&plan, method, "").is_err(), "{method} was to pass");
        }
        for method in ["accounts.setAccountInfo", "accounts.deleteAccount", "ds.store", "accounts.issue"] {
            assert!(send(&plan, method, "").is_ok(), "{method} was not to pass");
        }
        let body = "apiKey=3_K&userKey=AU&secret=S&UID=ann&profile=%7B%22city%22%3A%22Diest%22%7D&newPassword=geheim&format=json";
        send(&plan, "accounts.setAccountInfo", body).unwrap();
        let calls = plan.calls();
        assert_eq!(calls.len(), 4);
        let (method, calls) = &calls[2];
        assert_eq!((method.as_str(), calls.count), ("accounts.setAccountInfo", 2));
        assert_eq!(calls.shown[1], r#"UID=ann profile={"city":"Diest"} newPassword=********"#);
    }

    struct Server;

    #[async_trait::async_trait]
    impl Login for Server {
        async fn login(&self, _: &FilesTarget) -> Result<Box<dyn Files>, FileError> {
            Ok(Box::new(Server))
        }
    }

    #[async_trait::async_trait]
    impl Files for Server {
        async fn list(&self, folder: &str) -> Result<Vec<FileEntry>, FileError> {
            if folder == "/out" { Ok(Vec::new()) } else { Err(FileError::NotFound(folder.to_owned())) }
        }
        async fn open(&self, path: &str) -> Result<Box<dyn FileReader>, FileError> {
            Err(FileError::NotFound(path.to_owned()))
        }
        async fn create(&self, path: &str) -> Result<Box<dyn FileWriter>, FileError> {
            Err(FileError::Denied(path.to_owned()))
        }
        async fn rename(&self, path: &str, _: &str) -> Result<(), FileError> {
            Err(FileError::Denied(path.to_owned()))
        }
        async fn remove(&self, path: &str) -> Result<(), FileError> {
            Err(FileError::Denied(path.to_owned()))
        }
    }

    #[test]
    fn files_are_shown_and_not_written() {
        let plan = Plan::default();
        let target = FilesTarget {
            host: "h".to_owned(),
            port: 22,
            username: "u".to_owned(),
            credential: standin_ports::Credential::Password(standin_ports::Secret::new("p")),
            timeout: std::time::Duration::from_secs(1),
        };
        block_on(async {
            let files = plan.login(Arc::new(Server)).login(&target).await.unwrap();
            let missing = files.create("/no/a.csv").await.err();
            assert_eq!(missing, Some(FileError::NotFound("/no".to_owned())));
            for (name, text) in [("a.csv", "UID,city\nann,Diest\n".as_bytes()), ("b.gz", b"\x1f\x8b\x08\xff")]
            {
                let part = format!("/out/{name}.uploading");
                let mut writer = files.create(&part).await.unwrap();
                writer.write(Bytes::copy_from_slice(text)).await.unwrap();
                writer.close().await.unwrap();
                files.rename(&part, &format!("/out/{name}")).await.unwrap();
            }
            let mut broken = files.create("/out/c.csv").await.unwrap();
            broken.write(Bytes::from_static(b"half")).await.unwrap();
        });
        let file = |path: &str, bytes, start: &[&str]| File {
            host: "h".to_owned(),
            path: path.to_owned(),
            bytes,
            start: start.iter().map(|line| (*line).to_owned()).collect(),
        };
        assert_eq!(
            plan.files(),
            [file("/out/a.csv", 19, &["UID,city", "ann,Diest"]), file("/out/b.gz", 4, &[])]
        );
    }
}
