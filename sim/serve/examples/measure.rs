use standin_fake_sftp::{Drop, DEFAULT_HOST, DEFAULT_USER, DEFAULT_PASSWORD};
use standin_model::Instant;
use standin_ports::clock::VirtualClock;
use standin_ports::journal::Silent;
use standin_ports::{files, Http, HttpError, Request, Response, FilesTarget, Credential, Secret, Login};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as I};
struct S;
#[async_trait::async_trait]
impl Http for S { async fn send(&self, _r: Request) -> Result<Response, HttpError> { Ok(Response::new("ok".into())) } }
fn main() {
    let (tx, rx) = std::sync::mpsc::channel();
    std::thread::spawn(move || { let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(); tx.send(rt.handle().clone()).unwrap(); rt.block_on(std::future::pending::<()>()); });
    let h = rx.recv().unwrap();
    for _ in 0..3 {
    let t = I::now();
    let l = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let http = standin_serve::http::spawn_on(&h, l, Arc::new(S)).unwrap();
    println!("http spawn {:?}", t.elapsed());
    let t = I::now();
    let l = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut drop = Drop::new(); drop.seed(Instant::START, &serde_json::json!({"folders":["/in"]})).unwrap();
    let sftp = standin_serve::sftp::spawn_on(&h, l, Arc::new(Mutex::new(drop)), Arc::new(VirtualClock::new(Instant::START)), Arc::new(Silent), &[7;32]).unwrap();
    println!("sftp spawn {:?}", t.elapsed());
    let a = http.addr;
    let t = I::now();
    let c = standin_wire::HttpClient::new(h.clone(), Arc::new(move |_: &str| Some(a)));
    println!("http client new {:?}", t.elapsed());
    let req = || ::http::Request::get("https://a.example/x").body(bytes::Bytes::new()).unwrap();
    let t = I::now(); pollster::block_on(c.send(req())).unwrap(); println!("first request {:?}", t.elapsed());
    let t = I::now(); for _ in 0..1000 { pollster::block_on(c.send(req())).unwrap(); } println!("1000 requests {:?}", t.elapsed());
    let a = sftp.addr;
    let login = standin_wire::SshLogin::new(h.clone(), Arc::new(move |_: &str, _| Some(a)));
    let target = FilesTarget { host: DEFAULT_HOST.into(), port: 22, username: DEFAULT_USER.into(), credential: Credential::Password(Secret::new(DEFAULT_PASSWORD)), timeout: Duration::from_secs(10) };
    let t = I::now();
    let f = pollster::block_on(login.login(&target)).unwrap();
    let t2 = t.elapsed();
    pollster::block_on(files::write_whole(&*f, "/in/a.csv", "UID\nann\n".into())).unwrap();
    println!("login {:?} login+put {:?}", t2, t.elapsed());
    let big = bytes::Bytes::from(vec![1u8; 30_000_000]);
    let t = I::now();
    pollster::block_on(files::write_whole(&*f, "/in/b.csv", big)).unwrap();
    println!("30 MB put {:?}", t.elapsed());
    let t = I::now();
    pollster::block_on(files::read_whole(&*f, "/in/b.csv", 40_000_000)).unwrap();
    println!("30 MB get {:?}", t.elapsed());
    }
}
