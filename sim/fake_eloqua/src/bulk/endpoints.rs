//! The handlers of the Bulk API, by the sort of definition that their path speaks of.

pub(crate) use crate::bulk::catalogue::*;
use crate::bulk::{Sort, definitions, staging, sync};
use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::router::Call;
use standin_ports::Response;

macro_rules! handlers {
    ($($name:ident = $what:path $(, $sort:ident)?;)*) => {
        $(
            pub(crate) fn $name(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
                $what(eloqua, call $(, Sort::$sort)?)
            }
        )*
    };
}

handlers! {
    list_imports = definitions::list, Import;
    list_all_imports = definitions::list_all, Import;
    create_import = definitions::create, Import;
    read_import = definitions::read, Import;
    replace_import = definitions::replace, Import;
    delete_import = definitions::delete, Import;
    post_data = staging::post, Import;
    delete_import_data = staging::drop_data, Import;
    list_exports = definitions::list, Export;
    list_all_exports = definitions::list_all, Export;
    create_export = definitions::create, Export;
    read_export = definitions::read, Export;
    replace_export = definitions::replace, Export;
    delete_export = definitions::delete, Export;
    export_data = sync::latest_data;
    delete_export_data = sync::delete_latest_data;
    list_actions = definitions::list, SyncAction;
    create_action = definitions::create, SyncAction;
    read_action = definitions::read, SyncAction;
    replace_action = definitions::replace, SyncAction;
    delete_action = definitions::delete, SyncAction;
    post_action_data = staging::post, SyncAction;
    delete_action_data = staging::drop_data, SyncAction;
    list_syncs = sync::list;
    create_sync = sync::create;
    read_sync = sync::read;
    sync_logs = sync::logs;
    sync_rejects = sync::rejects;
    sync_data = sync::data;
    delete_sync_data = sync::delete_data;
}

/// What a service answers that the site has not bought.
pub(crate) fn unbought(_eloqua: &mut Eloqua, _call: &Call<'_>) -> Result<Response, Refused> {
    Err(Box::new(reply::bare_as(403, "This service has not been enabled for your site.")))
}
