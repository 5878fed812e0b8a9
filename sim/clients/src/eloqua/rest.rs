//! Contacts and contact fields, one by one.

use super::{EloquaClient, EloquaError};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// A contact field as Eloqua made it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactField {
    /// Its id.
    pub id: String,
    /// The database name that Eloqua gave it, `C_Gigya_UID1`.
    pub internal_name: String,
}

/// One page of contacts.
#[derive(Clone, PartialEq, Debug)]
pub struct ContactPage {
    /// The contacts of this page.
    pub elements: Vec<Value>,
    /// How many there are in all.
    pub total: u64,
}

/// The largest page there is.
pub const PAGE_SIZE: u64 = 1000;

const CONTACT: &str = "/api/REST/1.0/data/contact";

impl EloquaClient {
    /// Adds a text field to contacts. Eloqua chooses the database name; a name asked for would be ignored.
    pub async fn create_field(&self, name: &str) -> Result<ContactField, EloquaError> {
        let path = "/api/REST/1.0/assets/contact/field";
        let body = json!({ "name": name, "dataType": "text", "displayType": "text", "updateType": "always" });
        let field = self.post(path, &body).await?;
        let text = |member: &str| field.get(member).and_then(Value::as_str).map(str::to_owned);
        match (text("id"), text("internalName")) {
            (Some(id), Some(internal_name)) => Ok(ContactField { id, internal_name }),
            _ => Err(self.lacking(&Method::POST, path, "id and internalName", &field)),
        }
    }

    /// Finds contacts: `C_EmailAddress='ann@example.org'`, page from 1, whole contacts.
    pub async fn search_contacts(&self, search: &str, page: u64) -> Result<ContactPage, EloquaError> {
        let search = utf8_percent_encode(search, NON_ALPHANUMERIC);
        let path = format!(
            "/api/REST/1.0/data/contacts?search={search}&depth=complete&count={PAGE_SIZE}&page={page}"
        );
        let mut body = self.get(&path).await?;
        let total = body.get("total").and_then(Value::as_u64);
        match (body.get_mut("elements").map(Value::take), total) {
            (Some(Value::Array(elements)), Some(total)) => Ok(ContactPage { elements, total }),
            _ => Err(self.lacking(&Method::GET, &path, "elements and total", &body)),
        }
    }

    /// One contact, whole.
    pub async fn contact(&self, id: &str) -> Result<Value, EloquaError> {
        self.get(&contact_path(id)).await
    }

    /// Makes a contact and returns it whole.
    pub async fn create_contact(&self, contact: &Value) -> Result<Value, EloquaError> {
        self.post(CONTACT, contact).await
    }

    /// Replaces a contact: members left out may end up blank, so send them all.
    pub async fn update_contact(&self, id: &str, contact: &Value) -> Result<Value, EloquaError> {
        self.put(&contact_path(id), contact).await
    }

    /// Removes a contact.
    pub async fn delete_contact(&self, id: &str) -> Result<(), EloquaError> {
        self.delete(&contact_path(id)).await
    }
}

fn contact_path(id: &str) -> String {
    format!("{CONTACT}/{}", utf8_percent_encode(id, NON_ALPHANUMERIC))
}

/// The text of a search for contacts whose `field` is `value`.
///
/// The search language has no way to write a quote inside a value, so a value with one cannot be searched.
pub fn equals(field: &str, value: &str) -> Option<String> {
    (!value.contains(['\'', '*'])).then(|| format!("{field}='{value}'"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{logged_in, ok};
    use super::*;

    #[test]
    fn a_new_field_gets_its_name_from_eloqua() {
        let (http, client) = logged_in(vec![ok(201, r#"{"id":"100313","internalName":"C_Gigya_UID1"}"#)]);
        let field = pollster::block_on(client.create_field("Gigya UID"));
        assert_eq!(
            field,
            Ok(ContactField { id: "100313".to_owned(), internal_name: "C_Gigya_UID1".to_owned() })
        );
        let request = http.requests().pop().unwrap();
        assert!(
            request.starts_with("POST https://secure.p04.eloqua.com/api/REST/1.0/assets/contact/field\n")
        );
        assert!(request.ends_with(
            r#"{"name":"Gigya UID","dataType":"text","displayType":"text","updateType":"always"}"#
        ));
    }

    #[test]
    fn a_field_without_a_name_is_no_field() {
        let (_, client) = logged_in(vec![ok(201, r#"{"id":"100313"}"#)]);
        let error = pollster::block_on(client.create_field("X")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "POST /api/REST/1.0/assets/contact/field at secure.p04.eloqua.com: no id and internalName in `{\"id\":\"100313\"}`"
        );
    }

    #[test]
    fn searching_keeps_every_character() {
        let (http, client) = logged_in(vec![ok(200, r#"{"elements":[{"id":"1"}],"page":1,"total":7}"#)]);
        let page = pollster::block_on(client.search_contacts("C_EmailAddress='a+b@é.example'", 2));
        assert_eq!(page, Ok(ContactPage { elements: vec![json!({ "id": "1" })], total: 7 }));
        let request = http.requests().pop().unwrap();
        assert_eq!(
            request.lines().next(),
            Some(
                "GET https://secure.p04.eloqua.com/api/REST/1.0/data/contacts?search=C%5FEmailAddress%3D%27a%2Bb%40%C3%A9%2Eexample%27&depth=complete&count=1000&page=2"
            )
        );
    }

    #[test]
    fn a_page_without_elements_is_refused() {
        let (_, client) = logged_in(vec![ok(200, r#"{"items":[]}"#)]);
        assert!(pollster::block_on(client.search_contacts("x", 1)).is_err());
    }

    #[test]
    fn contacts_one_by_one() {
        let (http, client) = logged_in(vec![ok(200, r#"{"id":"1"}"#)]);
        pollster::block_on(async {
            client.create_contact(&json!({ "emailAddress": "a@b.be" })).await.unwrap();
            client.update_contact("1", &json!({ "id": "1" })).await.unwrap();
            client.contact("../2").await.unwrap();
            client.delete_contact("1").await.unwrap();
        });
        let lines: Vec<String> =
            http.requests()[1..].iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
        let at = "https://secure.p04.eloqua.com/api/REST/1.0/data/contact";
        assert_eq!(
            lines,
            [
                format!("POST {at}"),
                format!("PUT {at}/1"),
                format!("GET {at}/%2E%2E%2F2"),
                format!("DELETE {at}/1")
            ]
        );
    }

    #[test]
    fn search_texts() {
        for (value, expected) in [("ann", Some("C_X='ann'")), ("o'neil", None), ("a*", None)] {
            assert_eq!(equals("C_X", value).as_deref(), expected);
        }
    }
}
