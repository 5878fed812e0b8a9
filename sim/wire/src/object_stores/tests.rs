//! The three services as their REST references describe them, as far as files of dataflows go.

use super::*;
use http::{Method, StatusCode, header};
use pollster::block_on;
use standin_ports::{HttpError, Request, Response, Secret};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, mpsc};
use std::thread;
use tokio::runtime::Builder;

const MODIFIED: &str = "Mon, 05 Jan 2026 08:00:00 GMT";

/// Objects by path, and what was asked.
#[derive(Default)]
struct Cloud {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    parts: Mutex<Vec<u8>>,
    asked: Mutex<Vec<String>>,
    broken: Mutex<usize>,
}

fn query(request: &Request) -> BTreeMap<String, String> {
    let text = request.uri().query().unwrap_or_default();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .collect()
}

#[async_trait::async_trait]
impl Http for Cloud {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let host = request.uri().host().unwrap().to_owned();
        let proof = request.headers().get(header::AUTHORIZATION).map_or("", |value| value.to_str().unwrap());
        let proof = proof.split([',', ':']).next().unwrap_or_default();
        // The date stands in the middle of Amazon's scope.
        let proof =
            proof.split('/').filter(|part| part.parse::<u32>().is_err()).collect::<Vec<_>>().join("/");
        let line = format!("{} {host}{} {proof}", request.method(), request.uri().path());
        self.asked.lock().unwrap().push(line.trim_end().to_owned());
        let mut broken = self.broken.lock().unwrap();
        if *broken > 0 {
            *broken -= 1;
            return Err(HttpError::Broken { host, why: "cut".to_owned() });
        }
        Ok(self.answer(&request, &host))
    }
}

fn answer(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::ETAG, "\"e\"".parse().unwrap());
    headers.insert(header::LAST_MODIFIED, MODIFIED.parse().unwrap());
    response
}

impl Cloud {
    fn answer(&self, request: &Request, host: &str) -> Response {
        // Google's keys come with every sign encoded.
        let path = request.uri().path().replace("%2F", "/").replace("%2E", ".");
        let query = query(request);
        let mut objects = self.objects.lock().unwrap();
        if host == "s3.amazonaws.com" {
            let status = if path == "/gone" { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
            let mut told = answer(status, "");
            told.headers_mut().insert("x-amz-bucket-region", "eu-west-1".parse().unwrap());
            return told;
        }
        if query.contains_key("list-type") || query.get("comp").is_some_and(|comp| comp == "list") {
            let root = if host.starts_with("b.s3") { "/" } else { "/c/" };
            return answer(StatusCode::OK, listing(&objects, root, &query));
        }
        let mut parts = self.parts.lock().unwrap();
        let part = query.contains_key("partNumber") || query.contains_key("blockid");
        match *request.method() {
            Method::PUT if part => {
                // They come one after another, whatever a service calls them.
                parts.extend_from_slice(request.body());
                answer(StatusCode::CREATED, "")
            }
            Method::POST if query.contains_key("uploads") => answer(
                StatusCode::OK,
                "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>u1</UploadId></InitiateMultipartUploadResult>",
            ),
            Method::POST | Method::PUT
                if query.contains_key("uploadId")
                    || query.get("comp").is_some_and(|it| it == "blocklist") =>
            {
                objects.insert(path, std::mem::take(&mut *parts));
                answer(
                    StatusCode::CREATED,
                    "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
                )
            }
            Method::DELETE => {
                parts.clear();
                answer(StatusCode::NO_CONTENT, "")
            }
            Method::PUT => {
                objects.insert(path, request.body().to_vec());
                answer(StatusCode::CREATED, "")
            }
            _ => match objects.get(&path) {
                Some(bytes) => served(request, bytes),
                None => answer(StatusCode::NOT_FOUND, ""),
            },
        }
    }
}

fn served(request: &Request, bytes: &[u8]) -> Response {
    let range = request.headers().get(header::RANGE).map(|value| value.to_str().unwrap().to_owned());
    let mut told = match &range {
        Some(range) => {
            let (from, to) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            let mut told = answer(StatusCode::PARTIAL_CONTENT, bytes[from..=to].to_vec());
            let span = format!("bytes {from}-{to}/{}", bytes.len());
            told.headers_mut().insert(header::CONTENT_RANGE, span.parse().unwrap());
            told.headers_mut().insert(header::CONTENT_LENGTH, (to - from + 1).into());
            told
        }
        None => {
            let mut told = answer(StatusCode::OK, "");
            told.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
            told
        }
    };
    if request.method() == Method::HEAD {
        *told.body_mut() = Bytes::new();
    }
    told
}

fn listing(objects: &BTreeMap<String, Vec<u8>>, root: &str, query: &BTreeMap<String, String>) -> String {
    let prefix = query.get("prefix").map(|prefix| prefix.replace("%2F", "/")).unwrap_or_default();
    let mut xml = String::new();
    let microsoft = query.contains_key("comp");
    for (path, bytes) in objects {
        let Some(key) = path.strip_prefix(root).filter(|key| key.starts_with(&prefix)) else { continue };
        let size = bytes.len();
        if microsoft {
            write!(xml, "<Blob><Name>{key}</Name><Properties><Last-Modified>{MODIFIED}</Last-Modified><Etag>e</Etag><Content-Length>{size}</Content-Length><Content-Type>text/csv</Content-Type></Properties></Blob>").unwrap();
        } else {
            write!(xml, "<Contents><Key>{key}</Key><LastModified>2026-01-05T08:00:00.000Z</LastModified><ETag>\"e\"</ETag><Size>{size}</Size></Contents>").unwrap();
        }
    }
    if microsoft {
        format!("<EnumerationResults><Blobs>{xml}</Blobs><NextMarker/></EnumerationResults>")
    } else {
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{xml}</ListBucketResult>")
    }
}

fn network() -> Handle {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        sender.send(runtime.handle().clone()).unwrap();
        runtime.block_on(std::future::pending::<()>());
    });
    receiver.recv().unwrap()
}

fn stores_at(handle: &Handle, cloud: &Arc<Cloud>) -> ObjectStores {
    let cloud = Arc::clone(cloud);
    ObjectStores::new(handle.clone(), Arc::new(move || Ok(Arc::clone(&cloud) as Arc<dyn Http>)))
}

fn targets() -> Vec<StoreTarget> {
    let pem = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/keys/application.pem");
    let pem = std::fs::read_to_string(pem).unwrap();
    let (bucket, container) = ("b".to_owned(), "c".to_owned());
    let region = Some("us-east-2".to_owned());
    let s3 = |region| StoreTarget::AmazonS3 {
        bucket: bucket.clone(),
        region,
        access_key: "AK".to_owned(),
        secret_key: Secret::new("s"),
    };
    let token = |base_uri: &str, token: &str| StoreTarget::AzureToken {
        base_uri: base_uri.to_owned(),
        token: Secret::new(token),
        container: container.clone(),
    };
    vec![
        s3(None),
        s3(region),
        StoreTarget::AzureBlob {
            account: "acct".to_owned(),
            key: Secret::new("a2V5"),
            container: container.clone(),
        },
        token("https://acct.blob.core.windows.net/", "?sv=2024-01-01&sig=abc%3D"),
        token("acct.blob.core.windows.net", "entra-token"),
        StoreTarget::GoogleCloud {
            bucket: "c".to_owned(),
            client_email: "e@p.example".to_owned(),
            private_key: Secret::new(pem),
        },
    ]
}

#[test]
fn every_service_is_read_and_written() {
    let handle = network();
    let proofs = [
        "AWS4-HMAC-SHA256 Credential=AK/eu-west-1/s3/aws4_request",
        "AWS4-HMAC-SHA256 Credential=AK/us-east-2/s3/aws4_request",
        "SharedKey acct",
        "",
        "Bearer entra-token",
        "Bearer ",
    ];
    for (target, proof) in targets().into_iter().zip(proofs) {
        let url = target.url();
        let cloud = Arc::new(Cloud::default());
        let stores = stores_at(&handle, &cloud);
        let store = block_on(stores.store(&target)).unwrap();
        let write = |key: &str, pieces: &[&[u8]]| {
            let mut writer = block_on(store.create(key)).unwrap();
            for piece in pieces {
                block_on(writer.write(Bytes::copy_from_slice(piece))).unwrap();
            }
            block_on(writer.close())
        };
        let large = vec![b'x'; PIECE + 5];
        write("in/a.csv", &[b"a,b\n", b"1,2\n"]).unwrap();
        write("in/large.csv", &[&large, b"end"]).unwrap();
        write("inner.csv", &[]).unwrap();
        write("in", &[]).unwrap();
        let listed = |prefix: &str| {
            let entries = block_on(store.list(prefix)).unwrap();
            assert!(entries.iter().all(|entry| entry.modified == Instant::START), "{entries:?}");
            entries.into_iter().map(|entry| (entry.name, entry.size)).collect::<Vec<_>>()
        };
        let entry = |name: &str, size: u64| (name.to_owned(), size);
        let whole = large.len() as u64 + 3;
        assert_eq!(
            listed("in"),
            [entry("in/a.csv", 8), entry("in/large.csv", whole), entry("inner.csv", 0)],
            "{url}"
        );
        assert_eq!(listed("in/l"), [entry("in/large.csv", whole)]);
        let read = |key: &str| {
            let (mut reader, mut all) = (block_on(store.open(key))?, Vec::new());
            loop {
                let bytes = block_on(reader.read(1 << 20))?;
                if bytes.is_empty() {
                    return Ok(all);
                }
                assert!(bytes.len() <= 1 << 20);
                all.extend_from_slice(&bytes);
            }
        };
        assert_eq!(read("in/a.csv"), Ok(b"a,b\n1,2\n".to_vec()));
        assert!(read("in/large.csv").unwrap() == [large.as_slice(), b"end"].concat(), "{url}");
        assert_eq!(read("inner.csv"), Ok(Vec::new()));
        assert_eq!(read("gone.csv"), Err(FileError::NotFound(format!("{url}/gone.csv"))));
        let asked = cloud.asked.lock().unwrap();
        let last = asked.last().unwrap();
        assert!(last.contains(proof) && !last.contains("sig="), "{last}");
    }
}

#[test]
fn half_an_object_is_none_and_a_cut_is_tried_again() {
    let cloud = Arc::new(Cloud::default());
    let stores = stores_at(&network(), &cloud);
    let target = &targets()[1];
    let store = block_on(stores.store(target)).unwrap();
    let mut writer = block_on(store.create("a.csv")).unwrap();
    block_on(writer.write(vec![b'x'; PIECE + 1].into())).unwrap();
    drop(writer);
    assert_eq!(block_on(store.list("")).unwrap(), []);
    *cloud.broken.lock().unwrap() = 2;
    let mut writer = block_on(store.create("a.csv")).unwrap();
    block_on(writer.write(Bytes::from_static(b"1"))).unwrap();
    assert_eq!(block_on(writer.close()), Ok(()));
    *cloud.broken.lock().unwrap() = 100;
    match block_on(store.open("a.csv")).err() {
        Some(FileError::Lost(told)) if told.starts_with("s3://b/a.csv: ") && told.contains("cut") => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bucket_that_is_not_there_is_said_so() {
    let stores = stores_at(&network(), &Arc::new(Cloud::default()));
    let target = StoreTarget::AmazonS3 {
        bucket: "gone".to_owned(),
        region: None,
        access_key: "AK".to_owned(),
        secret_key: Secret::new("s"),
    };
    assert_eq!(block_on(stores.store(&target)).err(), Some(FileError::NotFound("s3://gone".to_owned())));
}
