use standin_fake_sftp::Drop;
use standin_model::Instant;
use standin_ports::clock::VirtualClock;
use standin_ports::{Journal, What};
use std::sync::{Arc, Mutex};
struct Print;
impl Journal for Print { fn record(&self, what: What) { println!("{what:?}"); } }
fn main() {
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut drop = Drop::new();
    let key = std::env::args().nth(1).unwrap();
    drop.seed(Instant::START, &serde_json::json!({"folders":["/in","/eloqua/out"], "users":[{"name":"robot","public_key":key},{"name":"elq","password":"elq","root":"/eloqua"}], "files":[{"path":"/in/hello.csv","text":"UID\nann\n"}]})).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:2299").unwrap();
    rt.block_on(async {
        let s = standin_serve::sftp::spawn(listener, Arc::new(Mutex::new(drop)), Arc::new(VirtualClock::new(Instant::START)), Arc::new(Print), &[7;32]).unwrap();
        println!("{} {}", s.addr, standin_serve::sftp::host_key_fingerprint(&[7;32]));
        tokio::time::timeout(std::time::Duration::from_secs(40), std::future::pending::<()>()).await.ok();
    });
}
