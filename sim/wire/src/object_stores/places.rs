//! From what a dataflow says to a client of that service.

use http_body_util::BodyExt;
use object_store::aws::AmazonS3Builder;
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use standin_ports::stores::account_of;
use standin_ports::{FileError, Http, HttpError as PortError, Request, StoreTarget};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Where a bucket is sought whose region nobody knows.
const FIRST_REGION: &str = "us-east-1";

pub(super) async fn open(
    http: Arc<dyn Http>,
    target: &StoreTarget,
) -> Result<Arc<dyn ObjectStore>, FileError> {
    let wrong = |error: object_store::Error| FileError::Failed(format!("{}: {error}", target.url()));
    let over = Over(Arc::clone(&http));
    Ok(match target {
        StoreTarget::AmazonS3 { bucket, region, access_key, secret_key } => {
            let region = match region {
                Some(region) => region.clone(),
                None => region_of(http.as_ref(), bucket, &target.url()).await?,
            };
            let store = AmazonS3Builder::new()
                .with_bucket_name(bucket)
                .with_region(region)
                .with_access_key_id(access_key)
                .with_secret_access_key(secret_key.reveal())
                // A name with dots would be no host that a certificate covers.
                .with_virtual_hosted_style_request(!bucket.contains('.'))
                .with_retry(retry())
                .with_http_connector(over)
                .build();
            Arc::new(store.map_err(wrong)?)
        }
        StoreTarget::AzureBlob { account, key, container } => {
            let builder = MicrosoftAzureBuilder::new().with_account(account).with_access_key(key.reveal());
            let builder = builder.with_container_name(container).with_retry(retry());
            Arc::new(builder.with_http_connector(over).build().map_err(wrong)?)
        }
        StoreTarget::AzureToken { base_uri, token, container } => {
            let scheme = if base_uri.contains("://") { "" } else { "https://" };
            let builder = MicrosoftAzureBuilder::new()
                .with_account(account_of(base_uri))
                .with_endpoint(format!("{scheme}{}", base_uri.trim_end_matches('/')))
                .with_container_name(container);
            // Both kinds of token are called by that name; only a signature is a query.
            let builder = if token.reveal().contains("sig=") {
                builder.with_config(AzureConfigKey::SasKey, token.reveal())
            } else {
                builder.with_bearer_token_authorization(token.reveal())
            };
            Arc::new(builder.with_retry(retry()).with_http_connector(over).build().map_err(wrong)?)
        }
        StoreTarget::GoogleCloud { bucket, client_email, private_key } => {
            let account = serde_json::json!({
                "client_email": client_email, "private_key": private_key.reveal(), "private_key_id": "",
            });
            let builder = GoogleCloudStorageBuilder::new().with_bucket_name(bucket);
            let builder = builder.with_service_account_key(account.to_string()).with_retry(retry());
            Arc::new(builder.with_http_connector(over).build().map_err(wrong)?)
        }
    })
}

fn retry() -> RetryConfig {
    RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(120), ..RetryConfig::default() }
}

/// Whoever asks any region for a bucket is told its own, allowed in or not.
async fn region_of(http: &dyn Http, bucket: &str, url: &str) -> Result<String, FileError> {
    let mut request = Request::default();
    *request.method_mut() = http::Method::HEAD;
    *request.uri_mut() = format!("https://s3.amazonaws.com/{bucket}")
        .parse()
        .map_err(|_| FileError::Failed(format!("`{bucket}` is no name for a bucket")))?;
    let unreachable =
        |error: PortError| FileError::Unreachable { host: url.to_owned(), why: error.to_string() };
    let answer = http.send(request).await.map_err(unreachable)?;
    if answer.status() == http::StatusCode::NOT_FOUND {
        return Err(FileError::NotFound(url.to_owned()));
    }
    let region = answer.headers().get("x-amz-bucket-region").and_then(|value| value.to_str().ok());
    Ok(region.unwrap_or(FIRST_REGION).to_owned())
}

/// The library's HTTP over ours.
#[derive(Clone)]
struct Over(Arc<dyn Http>);

impl fmt::Debug for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Over")
    }
}

impl HttpConnector for Over {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait::async_trait]
impl HttpService for Over {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let answer = self.0.send(Request::from_parts(parts, body)).await;
        let (parts, body) = answer.map_err(told)?.into_parts();
        Ok(HttpResponse::from_parts(parts, body.into()))
    }
}

fn told(error: PortError) -> HttpError {
    let kind = match &error {
        PortError::Unreachable { .. } => HttpErrorKind::Connect,
        PortError::Broken { .. } => HttpErrorKind::Interrupted,
        PortError::Timeout { .. } => HttpErrorKind::Timeout,
    };
    HttpError::new(kind, error)
}
