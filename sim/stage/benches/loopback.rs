//! What the fake Gigya answers over loopback beside a bare axum handler that answers a constant body of the
//! same size: same client, same connections, same run, in turns.
//!
//! `cargo bench -p standin-stage`

#![expect(clippy::disallowed_methods, reason = "a bench measures by the machine's clock")]

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use serde_json::{Value, json};
use standin_fake_gigya::{DEFAULT_API_KEY, DEFAULT_SECRET, DEFAULT_USER_KEY};
use standin_stage::{Transport, World, WorldSpec};
use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ACCOUNTS: usize = 1_000;
const CONNECTIONS: usize = 16;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1_000);

type Failure = Box<dyn Error + Send + Sync>;

#[expect(clippy::print_stdout, reason = "a bench tells its figures there")]
fn main() -> Result<(), Failure> {
    let spec = WorldSpec { sections: [("gigya".to_owned(), section())].into(), ..WorldSpec::default() };
    let world = World::open(&spec, Transport::Wire)?;
    let ours = world.sockets().ok_or("the world has sockets")?.gigya;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    println!(
        "call              bare/s     ours/s   share (median of {ROUNDS} rounds, {CONNECTIONS} connections)"
    );
    for (name, requests) in
        [("getAccountInfo", gets()), ("setAccountInfo", sets()), ("search by UID", searches())]
    {
        let sample = runtime.block_on(sample(ours, &requests[0]))?;
        let bare = runtime.block_on(bare(sample))?;
        let (mut bare_rates, mut our_rates) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            bare_rates.push(runtime.block_on(rate(bare, &requests))?);
            our_rates.push(runtime.block_on(rate(ours, &requests))?);
        }
        let (bare, ours) = (median(bare_rates), median(our_rates));
        println!("{name:<14} {bare:>9.0}  {ours:>9.0}  {:>5.0} %", ours / bare * 100.0);
    }
    Ok(())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn section() -> Value {
    let person = |n: usize| {
        json!({
            "UID": format!("{n:032x}"),
            "profile": {
                "email": format!("person.{n}@mail.example.org"), "firstName": "Annelies", "lastName": "Vandenbroucke",
                "gender": "f", "birthDay": n % 28 + 1, "birthMonth": n % 12 + 1, "birthYear": 1940 + n % 70,
                "city": "Diest", "zip": "3290", "country": "BE", "locale": "nl", "bio": "Reads, cycles, travels.",
            },
            "data": {"club": {"tier": "gold", "points": n % 1000}, "newsletter": n.is_multiple_of(2), "tags": ["news", "sport"]},
        })
    };
    json!({"accounts": (0..ACCOUNTS).map(person).collect::<Vec<_>>()})
}

/// A request as its bytes on the wire.
fn request(method: &str, params: &[(&str, &str)]) -> Bytes {
    let known = [("apiKey", DEFAULT_API_KEY), ("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];
    let form =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(known).extend_pairs(params).finish();
    let head = format!(
        "POST /{method} HTTP/1.1\r\nHost: accounts.eu1.gigya.com\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        form.len()
    );
    Bytes::from(head + form.as_str())
}

fn gets() -> Vec<Bytes> {
    let uids = (0..ACCOUNTS).map(|n| format!("{n:032x}"));
    uids.map(|uid| request("accounts.getAccountInfo", &[("UID", &uid)])).collect()
}

fn sets() -> Vec<Bytes> {
    let each = (0..ACCOUNTS).map(|n| {
        let (uid, profile) = (format!("{n:032x}"), format!(r#"{{"city":"Hasselt {n}"}}"#));
        request("accounts.setAccountInfo", &[("UID", &uid), ("profile", &profile)])
    });
    each.collect()
}

fn searches() -> Vec<Bytes> {
    let each = (0..ACCOUNTS).map(|n| {
        let query = format!("SELECT UID, profile, data FROM accounts WHERE UID = '{n:032x}'");
        request("accounts.search", &[("query", &query)])
    });
    each.collect()
}

/// One answer of the fake, which the bare handler then gives.
async fn sample(addr: SocketAddr, request: &Bytes) -> Result<Bytes, Failure> {
    let mut stream = TcpStream::connect(addr).await?;
    let mut buffer = Vec::new();
    stream.write_all(request).await?;
    let (head, length) = answer(&mut stream, &mut buffer).await?;
    let body = Bytes::copy_from_slice(&buffer[head..head + length]);
    match serde_json::from_slice::<Value>(&body)?["errorCode"] == 0 {
        true => Ok(body),
        false => Err(String::from_utf8_lossy(&body).into_owned().into()),
    }
}

/// The bare handler: it takes the whole body in and answers the same bytes each time.
async fn bare(body: Bytes) -> Result<SocketAddr, Failure> {
    let handler = move |_body: Bytes| {
        let body = body.clone();
        async move { ([("content-type", "text/javascript; charset=utf-8")], body) }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let app = Router::new().route("/{*method}", post(handler));
    let served =
        axum::serve(axum::serve::ListenerExt::tap_io(listener, |stream| _ = stream.set_nodelay(true)), app);
    // It has threads of its own, as many as the world has.
    drop(std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async { served.await })
    }));
    Ok(addr)
}

/// Requests that were answered in a second.
async fn rate(addr: SocketAddr, requests: &[Bytes]) -> Result<f64, Failure> {
    let begun = Instant::now();
    let each = (0..CONNECTIONS).map(|n| tokio::spawn(connection(addr, requests.to_vec(), n, begun + ROUND)));
    let mut answered = 0;
    for task in each.collect::<Vec<_>>() {
        answered += task.await??;
    }
    Ok(f64::from(answered) / begun.elapsed().as_secs_f64())
}

async fn connection(
    addr: SocketAddr,
    requests: Vec<Bytes>,
    first: usize,
    end: Instant,
) -> Result<u32, Failure> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(64 * 1024);
    let mut answered = 0;
    for request in requests.iter().cycle().skip(first * 61) {
        if Instant::now() >= end {
            break;
        }
        stream.write_all(request).await?;
        answer(&mut stream, &mut buffer).await?;
        answered += 1;
    }
    Ok(answered)
}

/// Reads one answer: where its body begins and how long it is.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(usize, usize), Failure> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the connection ended".into());
        }
        let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..end])?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.ok_or("the answer tells no length")?;
        while buffer.len() < end + 4 + length {
            if stream.read_buf(buffer).await? == 0 {
                return Err("the connection ended".into());
            }
        }
        return Ok((end + 4, length));
    }
}
