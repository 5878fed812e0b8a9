//! A request before the platform sees it, and an answer once the platform is done with it.

use crate::call::{Form, endpoint_of, has_csv, is_callback, is_preflight};
use crate::envelope::{self, Later, Object, Reply};
use crate::gigya::Gigya;
use crate::params::Params;
use http::HeaderValue;
use jiff::fmt::rfc2822::DateTimePrinter;
use standin_fake_kit::answer::{redirect, with_body, with_reason};
use standin_model::Instant;
use standin_ports::http::Compressible;
use standin_ports::{Request, Response};
use std::sync::Arc;

/// A request with its parameters decoded.
#[derive(Debug)]
pub struct Incoming {
    pub(crate) request: Request,
    pub(crate) params: Arc<Params>,
}

impl Incoming {
    /// Decodes the parameters of a request.
    pub fn read(request: Request) -> Self {
        let params = Arc::new(Params::of(&request));
        Self { request, params }
    }
}

/// An answer that nobody has written yet.
#[derive(Debug)]
pub struct Outgoing {
    now: Instant,
    request: Request,
    params: Arc<Params>,
    reply: Reply,
    call_id: String,
    form: Form,
    later: Later,
    cookies: Vec<String>,
    compressible: bool,
    /// A file for browsers, which has no envelope.
    file: Option<Response>,
}

impl Gigya {
    /// Takes from the platform all that an answer needs.
    pub(crate) fn outgoing(
        &mut self,
        now: Instant,
        request: Request,
        params: Arc<Params>,
        reply: Reply,
    ) -> Outgoing {
        Outgoing {
            now,
            request,
            params,
            reply,
            call_id: self.call_id.take().unwrap_or_else(|| self.ids.hex(32)),
            form: std::mem::take(&mut self.form),
            later: std::mem::take(&mut self.later),
            cookies: std::mem::take(&mut self.cookies),
            compressible: self.knobs.on("gigya.gzip"),
            file: None,
        }
    }
}

impl Outgoing {
    /// A file in the place of an envelope.
    pub(crate) fn file(now: Instant, request: Request, params: Arc<Params>, file: Response) -> Self {
        Self {
            now,
            request,
            params,
            reply: Ok(Object::new()),
            call_id: String::new(),
            form: Form::default(),
            later: Later::default(),
            cookies: Vec::new(),
            compressible: false,
            file: Some(file),
        }
    }

    /// The envelope and the transport around the reply.
    pub fn write(self) -> Response {
        if let Some(file) = self.file {
            return file;
        }
        let params = &self.params;
        let succeeded = self.reply.is_ok();
        let code = self.reply.as_ref().err().map_or(0, |refusal| refusal.code);
        let wanted =
            |name: &str, value: &str| params.get(name).is_some_and(|it| it.eq_ignore_ascii_case(value));
        let honest = wanted("httpStatusCodes", "true")
            || wanted("httpStatusCodes", "1")
            || (wanted("format", "csv") && has_csv(endpoint_of(&self.request)));
        let status = if honest { envelope::status(code).max(200) } else { 200 };
        let mut response = match self.form {
            Form::Redirect(place) if succeeded => redirect(302, &place),
            Form::Csv(table) if succeeded => with_body(status, "text/csv; charset=utf-8", table),
            form => {
                let code_is_told = !(succeeded && form == Form::WithoutCode);
                let later = if succeeded { self.later } else { Later::default() };
                let context = params.raw("context");
                let mut text =
                    envelope::wrap(self.now, &self.call_id, context, later, &self.reply, code_is_told);
                let callback = params.get("callback").filter(|name| is_callback(name));
                if let Some(callback) = callback.filter(|_| wanted("format", "jsonp")) {
                    text = [callback.as_bytes(), b"(", &text, b");"].concat();
                }
                with_body(status, "text/javascript; charset=utf-8", text)
            }
        };
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.now.timestamp());
        if let Some(date) = date.ok().and_then(|date| HeaderValue::try_from(date).ok()) {
            response.headers_mut().insert(http::header::DATE, date);
        }
        response.headers_mut().insert("x-server", HeaderValue::from_static("standin"));
        for cookie in &self.cookies {
            if let Ok(cookie) = HeaderValue::from_str(cookie) {
                response.headers_mut().append(http::header::SET_COOKIE, cookie);
            }
        }
        share_with_page(&self.request, &mut response);
        if self.compressible {
            response.extensions_mut().insert(Compressible);
        }
        if honest { with_reason(response, envelope::reason(status)) } else { response }
    }
}

/// Lets the page that calls read the answer, whatever it is: it has to learn of a refusal, too.
fn share_with_page(request: &Request, response: &mut Response) {
    let Some(origin) = request.headers().get(http::header::ORIGIN) else { return };
    let headers = response.headers_mut();
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(http::header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.append(http::header::VARY, HeaderValue::from_static("Origin"));
    if is_preflight(request) {
        let methods = HeaderValue::from_static("GET, POST");
        headers.insert(http::header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        if let Some(wanted) = request.headers().get(http::header::ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(http::header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
    }
}
