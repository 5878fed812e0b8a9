//! A customer's site that is somebody else's program on this machine.

use crate::parts::Parts;
use http::header;
use standin_fake_kit::answer;
use standin_ports::{Http, Request, Response};
use standin_wire::HttpClient;
use std::net::SocketAddr;
use std::sync::Arc;

impl Parts {
    /// Hands a request on to the program that listens at `address`, with the host that the participant sees.
    pub(super) async fn handed_on(&self, address: SocketAddr, request: Request) -> Response {
        let Some(handle) = self.outside.get() else {
            return trouble("a login page with `at` needs the transport wire");
        };
        let client = HttpClient::new(handle.clone(), Arc::new(move |_: &str| Some(address)));
        match client.send(request).await {
            Ok(mut response) => {
                // The answer is whole here: how it came is no concern of whom it goes to.
                for hop in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
                    response.headers_mut().remove(hop);
                }
                response
            }
            Err(error) => trouble(&format!("the login page at {address} does not answer: {error}")),
        }
    }
}

fn trouble(why: &str) -> Response {
    answer::with_body(502, "text/plain; charset=utf-8", format!("{why}\n"))
}
