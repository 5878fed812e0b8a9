//! From a request to the function that answers it.

use crate::bulk::endpoints as bulk;
use crate::bulk::family::{self, Family, UNBOUGHT};
use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::{
    authorize, bulk_group, login, oauth, rest_activity, rest_contact, rest_empty, rest_field, rest_group,
    rest_list, rest_option, rest_segment, rest_subscription, setup, user,
};
use http::{HeaderValue, header};
use serde_json::Value;
use standin_fake_kit::EndpointDoc;
use standin_fake_kit::form::Form;
use standin_model::{Evidence, Instant};
use standin_ports::http::Oversized;
use standin_ports::{Request, Response};

/// Part of the platform that an endpoint belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Area {
    /// The login host.
    Login,
    /// `/api/rest/1.0` and `/api/rest/2.0`.
    Rest,
    /// `/api/bulk/2.0`.
    Bulk,
}

/// A request on its way.
pub(crate) struct Call<'r> {
    pub(crate) now: Instant,
    pub(crate) request: &'r Request,
    /// Whose definitions a Bulk path speaks of.
    pub(crate) family: Family,
    /// What stands in place of the template's braces.
    pub(crate) ids: Vec<String>,
    pub(crate) query: Form,
    /// Whether the path said version 2.0.
    pub(crate) second: bool,
    /// The id of the user who calls; the own user's where nobody has logged in yet.
    pub(crate) user: u64,
}

impl Call<'_> {
    /// The first number in the path; a word there is nothing that exists.
    pub(crate) fn id(&self) -> Option<u64> {
        self.number(0)
    }

    /// A number in the path.
    pub(crate) fn number(&self, at: usize) -> Option<u64> {
        let text = self.ids.get(at)?;
        if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
    }

    /// The number in the path of a REST call, or the refusal of a word there.
    pub(crate) fn rest_id(&self) -> Result<u64, Refused> {
        self.id().ok_or_else(|| {
            let requirement = serde_json::json!({ "type": "IdRequirement", "isRelativeAllowed": false });
            reply::bad_parameter("id", &requirement, self.ids.first().map(String::as_str).unwrap_or_default())
        })
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<serde_json::Map<String, Value>, Refused> {
        match serde_json::from_slice(self.request.body()) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(_) => Err(reply::unusable()),
            Err(_) => Err(reply::unreadable()),
        }
    }
}

type Run = fn(&mut Eloqua, &Call<'_>) -> Result<Response, Refused>;

/// One endpoint.
pub(crate) struct Endpoint {
    method: &'static str,
    area: Area,
    path: &'static str,
    run: Run,
    pub(crate) doc: EndpointDoc,
}

macro_rules! endpoint {
    ($area:ident $method:literal $path:literal, $run:expr, $summary:literal, $level:ident($source:literal, $test:literal)) => {
        Endpoint {
            method: $method,
            area: Area::$area,
            path: $path,
            run: $run,
            doc: EndpointDoc {
                name: concat!($method, " ", $path),
                summary: $summary,
                evidence: Evidence::$level($source, $test),
            },
        }
    };
}

/// All endpoints; of two that fit a path the first answers.
pub(crate) const ENDPOINTS: &[Endpoint] = &[
    endpoint!(Login "GET" "/id", login::id, "Tells who calls, and the base address of the instance.",
        recorded("grouparoo recordings; Determining base URLs", "login_tells_the_base")),
    endpoint!(Login "GET" "/auth/oauth2/authorize", authorize::authorize, "Asks a person to let an application in.",
        documented("Responses: Authorization Code Grant Request", "a_code_is_good_for_one_token")),
    endpoint!(Login "POST" "/auth/oauth2/authorize", authorize::authorize, "Is the button of the page that asks.",
        inferred("the page of any authorization server", "a_person_may_be_asked")),
    endpoint!(Login "POST" "/auth/oauth2/token", oauth::token, "Gives tokens for a code, a password or a refresh token.",
        documented("Authenticate using OAuth 2.0", "a_refresh_token_works_once")),
    endpoint!(Login "GET" "/", setup::front, "Shows the page on which people sign in, or the instance to who is signed in.",
        decided("the page is known, its markup is our own", "people_sign_in_and_out")),
    endpoint!(Login "POST" "/login", setup::sign_in, "Signs a person in with company, user name and password.",
        decided("the page is known, the call behind it is not", "people_sign_in_and_out")),
    endpoint!(Login "GET" "/setup/session", setup::told, "Tells a page who is signed in, and the token that its writes need.",
        decided("the page is known, the call behind it is not", "people_sign_in_and_out")),
    endpoint!(Login "DELETE" "/setup/session", setup::sign_out, "Signs a person out.",
        decided("the page is known, the call behind it is not", "people_sign_in_and_out")),
    endpoint!(Login "GET" "/setup/runs", setup::runs, "Tells a page what the instance's own imports and exports did.",
        decided("the page is known, the call behind it is not", "runs_are_told_without_passwords")),
    endpoint!(Login "GET" "/setup/{id}", setup::file, "Serves a file of the pages.",
        decided("files have to be somewhere", "files_of_the_pages_are_served")),
    endpoint!(Login "GET" "/console/{id}", setup::file, "Serves a file that all consoles share.",
        decided("files have to be somewhere", "files_of_the_pages_are_served")),
    endpoint!(Rest "GET" "/assets/contact/fields", rest_field::list, "Lists contact fields.",
        documented("REST 1.0 Contact fields", "a_new_field_is_everywhere")),
    endpoint!(Rest "POST" "/assets/contact/field", rest_field::create, "Makes a contact field.",
        recorded("grouparoo recordings", "a_new_field_is_everywhere")),
    endpoint!(Rest "GET" "/assets/contact/field/{id}", rest_field::read, "Reads a contact field.",
        documented("REST 1.0 Contact fields", "fields_are_renamed_and_deleted")),
    endpoint!(Rest "PUT" "/assets/contact/field/{id}", rest_field::update, "Changes a contact field.",
        documented("REST 1.0 Contact fields", "fields_are_renamed_and_deleted")),
    endpoint!(Rest "DELETE" "/assets/contact/field/{id}", rest_field::delete, "Deletes a contact field that nothing uses.",
        documented("REST 1.0 Contact fields", "fields_are_renamed_and_deleted")),
    endpoint!(Rest "GET" "/data/contacts", rest_contact::search, "Searches contacts.",
        recorded("grouparoo recordings; Using the search URL parameter", "contacts_are_searched")),
    endpoint!(Rest "POST" "/data/contacts", rest_contact::by_ids, "Reads up to 200 contacts by id.",
        documented("REST 2.0 Contacts", "contacts_are_read_by_ids")),
    endpoint!(Rest "POST" "/data/contact", rest_contact::create, "Makes a contact.",
        recorded("grouparoo recordings", "contacts_are_written_and_read")),
    endpoint!(Rest "GET" "/data/contact/{id}", rest_contact::read, "Reads a contact.",
        recorded("grouparoo recordings", "contacts_are_written_and_read")),
    endpoint!(Rest "PUT" "/data/contact/{id}", rest_contact::update, "Changes a contact.",
        recorded("grouparoo recordings", "contacts_are_written_and_read")),
    endpoint!(Rest "DELETE" "/data/contact/{id}", rest_contact::delete, "Deletes a contact; its address is remembered.",
        recorded("grouparoo recordings", "contacts_are_written_and_read")),
    endpoint!(Rest "GET" "/data/contact/{id}/membership", rest_contact::membership, "Lists the lists that a contact is on.",
        recorded("grouparoo recordings", "lists_have_members")),
    endpoint!(Rest "GET" "/data/contacts/list/{id}", rest_contact::members, "Lists the contacts on a list.",
        documented("REST 1.0 Contacts", "lists_have_members")),
    endpoint!(Rest "GET" "/assets/contact/lists", rest_list::list, "Lists shared contact lists.",
        recorded("grouparoo recordings", "lists_have_members")),
    endpoint!(Rest "POST" "/assets/contact/list", rest_list::create, "Makes a shared contact list.",
        recorded("grouparoo recordings", "lists_have_members")),
    endpoint!(Rest "GET" "/assets/contact/list/{id}", rest_list::read, "Reads a shared contact list.",
        recorded("grouparoo recordings", "lists_have_members")),
    endpoint!(Rest "PUT" "/assets/contact/list/{id}", rest_list::update, "Changes a list and its members.",
        recorded("grouparoo recordings", "lists_have_members")),
    endpoint!(Rest "DELETE" "/assets/contact/list/{id}", rest_list::delete, "Deletes a list, not its members.",
        recorded("grouparoo recordings", "lists_have_members")),
    endpoint!(Rest "GET" "/assets/contact/field/{id}/dependencies", rest_field::dependencies, "Lists what uses a contact field.",
        documented("REST 1.0 Contact fields", "fields_are_used")),
    endpoint!(Rest "GET" "/assets/email/groups", rest_group::list, "Lists e-mail groups.",
        documented("REST 2.0 Email groups; elomentary", "groups_are_kept")),
    endpoint!(Rest "POST" "/assets/email/group", rest_group::create, "Makes an e-mail group.",
        documented("REST 2.0 Email groups; elomentary", "groups_are_kept")),
    endpoint!(Rest "GET" "/assets/email/group/{id}", rest_group::read, "Reads an e-mail group.",
        documented("REST 2.0 Email groups; elomentary", "groups_are_kept")),
    endpoint!(Rest "PUT" "/assets/email/group/{id}", rest_group::update, "Changes an e-mail group.",
        documented("REST 2.0 Email groups; elomentary", "groups_are_kept")),
    endpoint!(Rest "DELETE" "/assets/email/group/{id}", rest_group::delete, "Deletes an e-mail group.",
        documented("REST 2.0 Email groups; elomentary", "groups_are_kept")),
    endpoint!(Rest "GET" "/data/contact/{id}/email/groups/subscription", rest_subscription::list, "Lists a contact's subscriptions by e-mail group.",
        documented("REST 2.0 Contacts: email subscriptions; elomentary", "subscriptions_by_group")),
    endpoint!(Rest "GET" "/data/contact/{id}/email/group/{id}/subscription", rest_subscription::read, "Reads a contact's subscription to one e-mail group.",
        documented("REST 2.0 Contacts: email subscriptions; elomentary", "subscriptions_by_group")),
    endpoint!(Rest "PUT" "/data/contact/{id}/email/group/{id}/subscription", rest_subscription::update, "Subscribes a contact to one e-mail group or not.",
        documented("REST 2.0 Contacts: email subscriptions; elomentary", "subscriptions_by_group")),
    endpoint!(Rest "GET" "/assets/optionLists", rest_option::list, "Lists option lists.",
        documented("REST 2.0 Option lists", "option_lists_are_kept")),
    endpoint!(Rest "POST" "/assets/optionList", rest_option::create, "Makes an option list.",
        documented("REST 2.0 Option lists", "option_lists_are_kept")),
    endpoint!(Rest "GET" "/assets/optionList/{id}", rest_option::read, "Reads an option list.",
        documented("REST 2.0 Option lists", "option_lists_are_kept")),
    endpoint!(Rest "PUT" "/assets/optionList/{id}", rest_option::update, "Changes an option list.",
        documented("REST 2.0 Option lists", "option_lists_are_kept")),
    endpoint!(Rest "DELETE" "/assets/optionList/{id}", rest_option::delete, "Deletes an option list that no field offers.",
        documented("REST 2.0 Option lists", "option_lists_are_kept")),
    endpoint!(Rest "GET" "/assets/campaigns", rest_empty::list, "Lists campaigns, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/campaign/{id}", rest_empty::read, "Reads one of the campaigns, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/emails", rest_empty::list, "Lists e-mails, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/folders", rest_empty::list, "Lists folders of e-mails, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/folder/{id}", rest_empty::read, "Reads one of the folders of e-mails, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/headers", rest_empty::list, "Lists headers of e-mails, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/header/{id}", rest_empty::read, "Reads one of the headers of e-mails, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/footers", rest_empty::list, "Lists footers of e-mails, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/footer/{id}", rest_empty::read, "Reads one of the footers of e-mails, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/templates", rest_empty::list, "Lists templates of e-mails, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/template/{id}", rest_empty::read, "Reads one of the templates of e-mails, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/email/{id}", rest_empty::read, "Reads one of the e-mails, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/forms", rest_empty::list, "Lists forms, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/form/{id}", rest_empty::read, "Reads one of the forms, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/landingPages", rest_empty::list, "Lists landing pages, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/landingPage/{id}", rest_empty::read, "Reads one of the landing pages, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/microsites", rest_empty::list, "Lists microsites, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/microsite/{id}", rest_empty::read, "Reads one of the microsites, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/images", rest_empty::list, "Lists images, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/image/{id}", rest_empty::read, "Reads one of the images, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/importedFiles", rest_empty::list, "Lists imported files, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/importedFile/{id}", rest_empty::read, "Reads one of the imported files, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/externals", rest_empty::list, "Lists external assets, of which there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/external/{id}", rest_empty::read, "Reads one of the external assets, of which there are none.",
        documented("REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/data/visitors", rest_empty::list, "Lists visitors of tracked pages, of whom there are none.",
        documented("tap-eloqua 1.3.0; REST 2.0", "a_site_without_campaigns")),
    endpoint!(Rest "GET" "/assets/contact/segments", rest_segment::segments, "Lists segments.",
        documented("REST 2.0 Segments; MadKudu's eloqua 1.3.5", "segments_have_members")),
    endpoint!(Rest "GET" "/assets/contact/segment/{id}", rest_segment::one_segment, "Reads a segment.",
        documented("REST 2.0 Segments; MadKudu's eloqua 1.3.5", "segments_have_members")),
    endpoint!(Rest "GET" "/assets/contact/filters", rest_segment::filters, "Lists shared filters.",
        documented("REST 2.0 Segments; MadKudu's eloqua 1.3.5", "segments_have_members")),
    endpoint!(Rest "GET" "/assets/contact/filter/{id}", rest_segment::one_filter, "Reads a shared filter.",
        documented("REST 2.0 Segments; MadKudu's eloqua 1.3.5", "segments_have_members")),
    endpoint!(Rest "GET" "/data/contacts/segment/{id}", rest_segment::in_segment, "Lists the contacts in a segment.",
        documented("REST 2.0 Segments; MadKudu's eloqua 1.3.5", "segments_have_members")),
    endpoint!(Rest "GET" "/data/contacts/filter/{id}", rest_segment::in_filter, "Lists the contacts that a shared filter finds.",
        documented("REST 2.0 Segments; MadKudu's eloqua 1.3.5", "segments_have_members")),
    endpoint!(Rest "GET" "/data/activities/contact/{id}", rest_activity::list, "Lists what a contact did.",
        inferred("REST 1.0 Activities; the shape is not recorded", "a_contact_did_things")),
    endpoint!(Bulk "GET" "/emailGroups", bulk_group::list, "Lists e-mail groups.",
        documented("Bulk API 2.0 emailGroups", "groups_are_in_the_bulk_api")),
    endpoint!(Bulk "GET" "/emailGroups/{id}", bulk_group::read, "Reads an e-mail group.",
        documented("Bulk API 2.0 emailGroups", "groups_are_in_the_bulk_api")),
    endpoint!(Bulk "GET" "/{family}/fields", bulk::fields, "Lists the fields of contacts, accounts, a custom object or activities.",
        recorded("grouparoo recordings; pyeloqua 0.5.11; tap-eloqua 1.3.0", "a_new_field_is_everywhere")),
    endpoint!(Bulk "GET" "/{family}/fields/{id}", bulk::field, "Reads a field.",
        documented("Bulk API Fields (metadata)", "a_new_field_is_everywhere")),
    endpoint!(Bulk "GET" "/{family}/lists", bulk::lists, "Lists shared lists.",
        documented("Bulk API 2.0 contacts", "lists_have_members")),
    endpoint!(Bulk "GET" "/{family}/lists/{id}", bulk::one_list, "Reads a shared list.",
        documented("Bulk API 2.0 contacts", "lists_have_members")),
    endpoint!(Bulk "GET" "/{family}/segments", bulk::segments, "Lists segments.",
        documented("Bulk API 2.0 contacts; pyeloqua 0.5.11", "segments_and_filters_are_found_by_name")),
    endpoint!(Bulk "GET" "/{family}/segments/{id}", bulk::one_segment, "Reads a segment.",
        documented("Bulk API 2.0 contacts; pyeloqua 0.5.11", "segments_and_filters_are_found_by_name")),
    endpoint!(Bulk "GET" "/{family}/filters", bulk::filters, "Lists shared filters.",
        documented("Bulk API 2.0 contacts; pyeloqua 0.5.11", "segments_and_filters_are_found_by_name")),
    endpoint!(Bulk "GET" "/{family}/filters/{id}", bulk::one_filter, "Reads a shared filter.",
        documented("Bulk API 2.0 contacts; pyeloqua 0.5.11", "segments_and_filters_are_found_by_name")),
    endpoint!(Bulk "GET" "/contacts/scoring/models", bulk::models, "Lists lead score models.",
        documented("Bulk API 2.0 contacts; pyeloqua 0.5.11", "lead_scores_are_exported")),
    endpoint!(Bulk "GET" "/contacts/scoring/models/{id}", bulk::one_model, "Reads a lead score model.",
        documented("Bulk API 2.0 contacts; pyeloqua 0.5.11", "lead_scores_are_exported")),
    endpoint!(Bulk "GET" "/customObjects", bulk::objects, "Lists custom objects.",
        documented("Bulk API 2.0 custom objects; tap-eloqua 1.3.0", "custom_objects_are_discovered")),
    endpoint!(Bulk "GET" "/customObjects/{id}", bulk::one_object, "Reads a custom object.",
        documented("Bulk API 2.0 custom objects", "custom_objects_are_discovered")),
    endpoint!(Bulk "GET" "/activities/types", bulk::types, "Lists types of activities.",
        documented("Bulk API 2.0 activities", "activities_are_discovered_by_type")),
    endpoint!(Bulk "GET" "/activities/types/{id}", bulk::one_type, "Reads a type of activity.",
        inferred("Bulk API 2.0 activities", "activities_are_discovered_by_type")),
    endpoint!(Bulk "GET" "/imports", bulk::list_all_imports, "Lists import definitions of all families.",
        documented("Bulk API 2.0 imports", "definitions_of_all_families_are_listed")),
    endpoint!(Bulk "GET" "/exports", bulk::list_all_exports, "Lists export definitions of all families.",
        documented("Bulk API 2.0 exports", "definitions_of_all_families_are_listed")),
    endpoint!(Bulk "GET" "/imports/priorities", bulk::priorities, "Lists import priorities.",
        documented("Bulk API 2.0 imports", "definitions_of_all_families_are_listed")),
    endpoint!(Bulk "GET" "/imports/priorities/{id}", bulk::one_priority, "Reads an import priority.",
        documented("Bulk API 2.0 imports", "definitions_of_all_families_are_listed")),
    endpoint!(Bulk "GET" "/{unbought}", bulk::unbought, "Says that a service is not enabled: events, campaigns, campaign responses, opportunities, phone numbers.",
        documented("HTTP status codes", "families_that_are_not_bought_say_so")),
    endpoint!(Bulk "POST" "/{unbought}", bulk::unbought, "Says that a service is not enabled.",
        documented("HTTP status codes", "families_that_are_not_bought_say_so")),
    endpoint!(Bulk "PUT" "/{unbought}", bulk::unbought, "Says that a service is not enabled.",
        documented("HTTP status codes", "families_that_are_not_bought_say_so")),
    endpoint!(Bulk "DELETE" "/{unbought}", bulk::unbought, "Says that a service is not enabled.",
        documented("HTTP status codes", "families_that_are_not_bought_say_so")),
    endpoint!(Bulk "GET" "/{family}/imports", bulk::list_imports, "Lists import definitions.",
        documented("Bulk API 2.0 imports", "definitions_live_and_die")),
    endpoint!(Bulk "POST" "/{family}/imports", bulk::create_import, "Stores an import definition.",
        recorded("grouparoo recordings; Import characteristics", "definitions_live_and_die")),
    endpoint!(Bulk "GET" "/{family}/imports/{id}", bulk::read_import, "Reads an import definition.",
        documented("Bulk API 2.0 imports", "definitions_live_and_die")),
    endpoint!(Bulk "PUT" "/{family}/imports/{id}", bulk::replace_import, "Replaces an import definition.",
        documented("Bulk API 2.0 imports", "definitions_live_and_die")),
    endpoint!(Bulk "DELETE" "/{family}/imports/{id}", bulk::delete_import, "Deletes an import definition and what is staged.",
        recorded("rudder-server", "definitions_live_and_die")),
    endpoint!(Bulk "POST" "/{family}/imports/{id}/data", bulk::post_data, "Stages rows for an import.",
        recorded("grouparoo recordings: 204 in 18 of 18", "posting_data_may_start_a_sync")),
    endpoint!(Bulk "DELETE" "/{family}/imports/{id}/data", bulk::delete_import_data, "Drops staged rows.",
        documented("Bulk API 2.0 imports", "staged_rows_are_dropped")),
    endpoint!(Bulk "GET" "/{family}/exports", bulk::list_exports, "Lists export definitions.",
        documented("Bulk API 2.0 exports", "definitions_live_and_die")),
    endpoint!(Bulk "POST" "/{family}/exports", bulk::create_export, "Stores an export definition.",
        documented("Bulk API 2.0 exports; tap-eloqua 1.3.0", "exports_hold_what_contacts_hold")),
    endpoint!(Bulk "GET" "/{family}/exports/{id}", bulk::read_export, "Reads an export definition.",
        documented("Bulk API 2.0 exports", "definitions_live_and_die")),
    endpoint!(Bulk "PUT" "/{family}/exports/{id}", bulk::replace_export, "Replaces an export definition.",
        documented("WSO2 connector tests", "definitions_live_and_die")),
    endpoint!(Bulk "DELETE" "/{family}/exports/{id}", bulk::delete_export, "Deletes an export definition and its data.",
        documented("Bulk API 2.0 exports", "definitions_live_and_die")),
    endpoint!(Bulk "GET" "/{family}/exports/{id}/data", bulk::export_data, "Reads the rows of the latest sync of an export.",
        documented("Bulk API 2.0 exports", "exports_hold_what_contacts_hold")),
    endpoint!(Bulk "DELETE" "/{family}/exports/{id}/data", bulk::delete_export_data, "Drops the rows of the latest sync of an export.",
        documented("WSO2 connector tests", "export_data_is_dropped")),
    endpoint!(Bulk "GET" "/{family}/syncActions", bulk::list_actions, "Lists sync action definitions.",
        documented("Bulk API Sync actions", "sync_actions_unsubscribe")),
    endpoint!(Bulk "POST" "/{family}/syncActions", bulk::create_action, "Stores a sync action definition.",
        documented("Bulk API Sync actions", "sync_actions_unsubscribe")),
    endpoint!(Bulk "GET" "/{family}/syncActions/{id}", bulk::read_action, "Reads a sync action definition.",
        documented("Bulk API Sync actions", "sync_actions_unsubscribe")),
    endpoint!(Bulk "PUT" "/{family}/syncActions/{id}", bulk::replace_action, "Replaces a sync action definition.",
        documented("Bulk API Sync actions", "sync_actions_unsubscribe")),
    endpoint!(Bulk "DELETE" "/{family}/syncActions/{id}", bulk::delete_action, "Deletes a sync action definition.",
        documented("Bulk API Sync actions", "sync_actions_unsubscribe")),
    endpoint!(Bulk "POST" "/{family}/syncActions/{id}/data", bulk::post_action_data, "Stages rows for sync actions.",
        documented("Bulk API Sync actions", "sync_actions_unsubscribe")),
    endpoint!(Bulk "DELETE" "/{family}/syncActions/{id}/data", bulk::delete_action_data, "Drops rows staged for sync actions.",
        documented("Bulk API Sync actions", "sync_actions_unsubscribe")),
    endpoint!(Bulk "GET" "/syncs", bulk::list_syncs, "Lists syncs.",
        documented("Bulk API 2.0 syncs", "a_sync_moves_on_the_agenda")),
    endpoint!(Bulk "POST" "/syncs", bulk::create_sync, "Starts a sync.",
        recorded("grouparoo recordings; eloqua_api", "a_sync_moves_on_the_agenda")),
    endpoint!(Bulk "GET" "/syncs/{id}", bulk::read_sync, "Reads a sync.",
        recorded("grouparoo recordings", "a_sync_moves_on_the_agenda")),
    endpoint!(Bulk "GET" "/syncs/{id}/logs", bulk::sync_logs, "Lists the log of a sync.",
        recorded("pyeloqua 0.5.11 fixture", "repeated_identifiers_are_dropped")),
    endpoint!(Bulk "GET" "/syncs/{id}/rejects", bulk::sync_rejects, "Lists the rejected rows of a sync.",
        recorded("grouparoo recordings", "a_bad_address_is_one_reject")),
    endpoint!(Bulk "GET" "/syncs/{id}/data", bulk::sync_data, "Reads the rows of a sync of an export.",
        documented("Bulk API 2.0 syncs", "exports_hold_what_contacts_hold")),
    endpoint!(Bulk "DELETE" "/syncs/{id}/data", bulk::delete_sync_data, "Drops the rows of a sync of an export.",
        documented("Bulk API 2.0 syncs", "export_data_is_dropped")),
];

/// The area of a path and its parts below the version, and whether the version is 2.0.
fn split(path: &str) -> (Area, Vec<String>, bool) {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let lower: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let head: Vec<&str> = lower.iter().take(3).map(String::as_str).collect();
    match head.as_slice() {
        ["api", "rest", version @ ("1.0" | "2.0")] => (Area::Rest, lower[3..].to_vec(), *version == "2.0"),
        ["api", "bulk", "2.0"] => (Area::Bulk, family::joined(&lower[3..]), true),
        _ => (Area::Login, lower, false),
    }
}

fn fits(template: &str, parts: &[String]) -> Option<Vec<String>> {
    let wanted: Vec<&str> = template.split('/').filter(|part| !part.is_empty()).collect();
    if wanted.len() != parts.len() {
        return None;
    }
    let mut ids = Vec::new();
    for (wanted, part) in wanted.iter().zip(parts) {
        match *wanted {
            "{family}" if Family::read(part).is_some() => {}
            "{unbought}" if UNBOUGHT.contains(&part.as_str()) => {}
            "{family}" | "{unbought}" => return None,
            place if place.starts_with('{') => ids.push(part.clone()),
            word if word.eq_ignore_ascii_case(part) => {}
            _ => return None,
        }
    }
    Some(ids)
}

/// The method that counts: a POST may say in a header that it stands for another. SEARCH is the POST of the
/// endpoint that knows it.
fn method_of(request: &Request) -> &str {
    let meant = request.headers().get("x-http-method-override").and_then(|name| name.to_str().ok());
    let known = ["GET", "PUT", "DELETE"];
    match meant.and_then(|meant| known.into_iter().find(|known| known.eq_ignore_ascii_case(meant.trim()))) {
        Some(method) if request.method() == http::Method::POST => method,
        _ => request.method().as_str(),
    }
}

fn find(request: &Request) -> Option<(&'static Endpoint, Vec<String>, bool)> {
    let (area, parts, second) = split(request.uri().path());
    let method = method_of(request);
    ENDPOINTS
        .iter()
        .filter(|endpoint| endpoint.area == area && endpoint.method == method)
        .find_map(|endpoint| fits(endpoint.path, &parts).map(|ids| (endpoint, ids, second)))
}

fn family_of(request: &Request) -> Family {
    let (_, parts, _) = split(request.uri().path());
    parts.first().and_then(|part| Family::read(part)).unwrap_or(Family::Contacts)
}

/// The name of the endpoint of a request, or its method and path.
pub(crate) fn call_name(request: &Request) -> String {
    match find(request) {
        Some((endpoint, _, _)) => endpoint.doc.name.replace("{family}", &family_of(request).template()),
        None => format!("{} {}", request.method(), request.uri().path()),
    }
}

/// Answers a request.
pub(crate) fn handle(eloqua: &mut Eloqua, now: Instant, request: &Request) -> Response {
    let id = eloqua.request_id();
    let response = answer(eloqua, now, request);
    forced_ok(request, reply::with_request_id(response, &id))
}

/// The answer to a request that is to fail in this way; whoever wants tokens reads an object in any case.
pub(crate) fn refuse(eloqua: &mut Eloqua, request: &Request, status: u16) -> Response {
    let id = eloqua.request_id();
    let tokens = find(request).is_some_and(|(endpoint, _, _)| endpoint.path == "/auth/oauth2/token");
    let response = if tokens { oauth::refusal(status) } else { reply::refusal(status) };
    forced_ok(request, reply::with_request_id(response, &id))
}

fn answer(eloqua: &mut Eloqua, now: Instant, request: &Request) -> Response {
    if eloqua.knobs.on("eloqua.maintenance") {
        return reply::bare(503);
    }
    let (area, _, _) = split(request.uri().path());
    let found = find(request);
    let open = matches!(&found, Some((endpoint, _, _)) if endpoint.area == Area::Login);
    let endpoint = found.as_ref().map(|(endpoint, _, _)| *endpoint);
    let mut user = user::OWN;
    if !open {
        match admitted(eloqua, now, request, area, endpoint) {
            Ok(admitted) => user = admitted,
            Err(refused) => return *refused,
        }
    }
    let Some((endpoint, ids, second)) = found else { return reply::bare(404) };
    // The limit on postings of data has this answer; above it nothing else is read either.
    if !open && request.extensions().get::<Oversized>().is_some() {
        return reply::bare(404);
    }
    let family = family_of(request);
    let call = Call { now, request, family, ids, query: Form::query(request), second, user };
    let mut response = (endpoint.run)(eloqua, &call).unwrap_or_else(|refused| *refused);
    if !open && !request.headers().contains_key(header::AUTHORIZATION) {
        // What a page of the instance reads with its session stays out of the browser's store.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// What stands in the way before an endpoint is asked; the id of the user if nothing does.
fn admitted(
    eloqua: &mut Eloqua,
    now: Instant,
    request: &Request,
    area: Area,
    endpoint: Option<&Endpoint>,
) -> Result<u64, Refused> {
    let most = eloqua.knobs.number("eloqua.rest_limit");
    if area == Area::Rest && !eloqua.limits.rest.admits(now, most) {
        return Err(Box::new(reply::bare(429)));
    }
    if login::is_elsewhere(eloqua, request) {
        return Err(Box::new(reply::bare_as(401, "Login required")));
    }
    let user = login::caller(eloqua, now, request).ok_or_else(|| Box::new(login::stranger(request)))?;
    if !user.api {
        return Err(Box::new(reply::bare(401)));
    }
    setup::session::check_page(eloqua, now, request)?;
    let Some(endpoint) = endpoint else { return Ok(user.id) };
    if user::listed(&eloqua.site.without, endpoint.doc.name) {
        return Err(Box::new(reply::bare_as(403, "This service has not been enabled for your site.")));
    }
    if user::listed(&user.without, endpoint.doc.name) {
        let status = if eloqua.knobs.text("eloqua.no_right") == "401" { 401 } else { 403 };
        return Err(Box::new(reply::bare(status)));
    }
    if eloqua.knobs.on("eloqua.storage_full") && endpoint.stores(request) {
        return Err(Box::new(reply::bare(413)));
    }
    speaks_json(eloqua, request, area)?;
    Ok(user.id)
}

impl Endpoint {
    /// Whether a call may need room: a new object of the REST API, or rows of the Bulk API.
    fn stores(&self, request: &Request) -> bool {
        let searching = request.headers().contains_key("x-http-method-override");
        self.method == "POST"
            && match self.area {
                Area::Login => false,
                Area::Rest => !searching,
                Area::Bulk => self.path.ends_with("/data"),
            }
    }
}

/// A body says what it is, and is no XML.
fn speaks_json(eloqua: &Eloqua, request: &Request, area: Area) -> Result<(), Refused> {
    let writes = ["POST", "PUT"].contains(&method_of(request)) && !request.body().is_empty();
    if !writes || area == Area::Login {
        return Ok(());
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    let absent = kind.is_empty() && eloqua.knobs.text("eloqua.content_type") == "compulsory";
    if absent || kind.contains("xml") { Err(reply::unusable()) } else { Ok(()) }
}

/// Callers that cannot read other statuses ask for 200 and find the true one in a header.
fn forced_ok(request: &Request, mut response: Response) -> Response {
    if request.headers().contains_key("x-http-status-code-override") {
        let status = response.status().as_u16();
        response.headers_mut().insert("x-http-original-status-code", HeaderValue::from(status));
        *response.status_mut() = http::StatusCode::OK;
        return standin_fake_kit::answer::with_reason(response, "OK");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_endpoint_stands_before_another() {
        for endpoint in ENDPOINTS {
            let root = match endpoint.area {
                Area::Login => "",
                Area::Rest => "/api/rest/2.0",
                Area::Bulk => "/api/bulk/2.0",
            };
            let part = |part: &str| match part {
                "{family}" => "contacts".to_owned(),
                "{unbought}" => UNBOUGHT[0].to_owned(),
                place if place.starts_with('{') => "1".to_owned(),
                word => word.to_owned(),
            };
            let path = endpoint.path.split('/').map(part).collect::<Vec<_>>().join("/");
            let request = crate::caller::request(endpoint.method, &format!("{root}{path}"), &[], "");
            let found = find(&request).map(|(found, _, _)| found.doc.name);
            assert_eq!(found, Some(endpoint.doc.name));
        }
    }
}
