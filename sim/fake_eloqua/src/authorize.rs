//! The page on which a person lets an application in.
//!
//! Until the application and its address are known, faults are sentences on a page, with status 200;
//! afterwards they travel to that address.

use crate::eloqua::Eloqua;
use crate::oauth::ACCESS_LIFE;
use crate::reply::Refused;
use crate::router::Call;
use standin_fake_kit::answer::{html, redirect};
use standin_fake_kit::form::Form;
use standin_fake_kit::html::escaped;
use standin_ports::Response;

/// What an application asks for.
struct Wish {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    scope: String,
    state: Option<String>,
}

impl Wish {
    fn read(form: &Form) -> Self {
        let of = |name: &str| form.get(name).unwrap_or_default().to_owned();
        Self {
            response_type: of("response_type"),
            client_id: of("client_id"),
            redirect_uri: of("redirect_uri"),
            scope: of("scope"),
            state: form.get("state").map(str::to_owned),
        }
    }

    /// The sentence about what cannot be trusted yet.
    fn fault(&self, eloqua: &Eloqua) -> Option<&'static str> {
        let is_identifier =
            self.client_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if self.client_id.is_empty() {
            return Some("The \"client_id\" parameter is required.");
        }
        if !is_identifier {
            return Some("The \"client_id\" value is not a valid client identifier.");
        }
        if self.client_id != eloqua.site.client_id {
            return Some("The \"client_id\" value is not a known client identifier.");
        }
        if self.redirect_uri.is_empty() {
            return Some("The \"redirect_uri\" parameter is required.");
        }
        let uri = self.redirect_uri.parse::<http::Uri>().ok();
        let is_whole = uri.is_some_and(|uri| uri.scheme().is_some() && uri.host().is_some());
        if !is_whole || self.redirect_uri.contains('#') {
            return Some("The \"redirect_uri\" value is not a valid URI.");
        }
        let registered = &eloqua.site.redirect_uri;
        if !registered.is_empty() && *registered != self.redirect_uri {
            return Some("The \"redirect_uri\" value does not match the registered redirection endpoint.");
        }
        None
    }

    /// Back to the application, in the query or behind the `#`.
    fn back(&self, sign: char, mut pairs: Vec<(&str, String)>) -> Response {
        if let Some(state) = &self.state {
            pairs.push(("state", state.clone()));
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let sign = if sign == '?' && self.redirect_uri.contains('?') { '&' } else { sign };
        redirect(302, &format!("{}{sign}{query}", self.redirect_uri))
    }

    fn error(&self, error: &str) -> Response {
        let sign = if self.response_type == "token" { '#' } else { '?' };
        self.back(sign, vec![("error", error.to_owned())])
    }

    fn granted(&self, eloqua: &mut Eloqua, call: &Call<'_>, user: &str) -> Response {
        if self.response_type == "token" {
            let token = eloqua.tokens.access(&mut eloqua.ids, call.now, user);
            eloqua.plan_end_of_tokens();
            let life = ACCESS_LIFE.as_secs().to_string();
            return self.back(
                '#',
                vec![("access_token", token), ("token_type", "bearer".to_owned()), ("expires_in", life)],
            );
        }
        let end = call.now.plus(eloqua.knobs.span("eloqua.code_life"));
        let code = eloqua.tokens.code(&mut eloqua.ids, end, user, &self.redirect_uri);
        eloqua.plan_end_of_tokens();
        self.back('?', vec![("code", code)])
    }
}

fn page(form: &Form, sentence: &str) -> Response {
    let kept = ["response_type", "client_id", "redirect_uri", "scope", "state"];
    let hidden = |name: &&str| {
        let value = form.get(name)?;
        Some(format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value)))
    };
    let hidden: String = kept.iter().filter_map(hidden).collect();
    html(
        200,
        format!(
            "<!DOCTYPE html><title>Sign In</title><p>{}</p><form method=\"post\">{hidden}\
             <input name=\"sitename\"><input name=\"username\"><input name=\"password\" type=\"password\">\
             <button name=\"decision\" value=\"accept\">Accept</button>\
             <button name=\"decision\" value=\"refuse\">Cancel</button></form>",
            escaped(sentence)
        ),
    )
}

/// `GET` and `POST /auth/oauth2/authorize`: the first shows the page, the second is its button.
pub(crate) fn authorize(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let posted = call.request.method() == http::Method::POST;
    let mut form = call.query.clone();
    if posted {
        form.extend(Form::parse(call.request.body()));
    }
    let wish = Wish::read(&form);
    if let Some(sentence) = wish.fault(eloqua) {
        return Ok(html(200, sentence));
    }
    if !["code", "token"].contains(&wish.response_type.as_str()) {
        let error =
            if wish.response_type.is_empty() { "invalid_request" } else { "unsupported_response_type" };
        return Ok(wish.error(error));
    }
    if !wish.scope.is_empty() && wish.scope != "full" {
        return Ok(wish.error("invalid_scope"));
    }
    if !posted {
        return Ok(match eloqua.knobs.text("eloqua.consent") {
            "accept" => {
                let user = eloqua.site.user.clone();
                wish.granted(eloqua, call, &user)
            }
            "refuse" => wish.error("access_denied"),
            _ => page(&form, "An application asks for access to your Eloqua account."),
        });
    }
    let of = |name: &str| form.get(name).unwrap_or_default();
    if of("decision") == "refuse" {
        return Ok(wish.error("access_denied"));
    }
    let name = format!("{}\\{}", of("sitename"), of("username"));
    match eloqua.site.login(&name, of("password")).filter(|_| eloqua.lets_in()) {
        Some(user) => Ok(wish.granted(eloqua, call, &user.name)),
        None => Ok(page(&form, "The company, user name or password is wrong.")),
    }
}
